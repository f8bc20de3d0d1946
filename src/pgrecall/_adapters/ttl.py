"""How long an adapter lets what it keeps live."""

from __future__ import annotations

from datetime import timedelta

from pgrecall._operations.entries.entries import MAX_TTL_MINUTES
from pgrecall._values.numbers import real_number, show
from pgrecall.errors import InvalidArgumentError


def minutes_of(ttl: object) -> float | None:
    """Give a time to live in minutes.

    Args:
        ttl: A ``timedelta``, or seconds; None for good.

    Raises:
        InvalidArgumentError: It is neither, or no time above 0.
    """
    if ttl is None:
        return None
    seconds = ttl.total_seconds() if isinstance(ttl, timedelta) else real_number(ttl)
    if seconds is None or not 0 < seconds <= MAX_TTL_MINUTES * 60:
        msg = f"ttl must be a timedelta, or seconds, above 0; not {show(ttl)}"
        raise InvalidArgumentError(msg)
    return seconds / 60
