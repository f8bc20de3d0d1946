"""Checks the factors that scores are multiplied by, before anything is sent."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from pgrecall import filters
from pgrecall._statements.items.fields import declared_kind
from pgrecall.boosts import Boost, Boosting, Decay
from pgrecall.errors import InvalidArgumentError
from pgrecall.filters import TIMES

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored


def checked_boosts(boosts: object) -> tuple[Boosting, ...]:
    """Give boosts whose values are of their own types, their filters and fields parsed.

    Raises:
        InvalidArgumentError: One cannot be used.
        FilterError: A filter or a field cannot be used.
    """
    if not boosts and isinstance(boosts, tuple):
        return boosts
    return tuple(map(_checked, checked_boosts_list(boosts)))


def checked_boosts_list(boosts: object) -> Sequence[Any]:
    """Give boosts as a sequence of whatever there is in it.

    Raises:
        InvalidArgumentError: They are none.
    """
    if not isinstance(boosts, Sequence) or isinstance(boosts, str):
        msg = f"boosts must be a list of Decay(...) and Boost(...), not {boosts!r}"
        raise InvalidArgumentError(msg)
    return boosts


def check_there(boosts: Sequence[Boosting], stored: Stored) -> None:
    """Raise InvalidArgumentError for a time of the metadata that is not declared to be one."""
    for boost in boosts:
        if not isinstance(boost, Decay) or not isinstance(boost.half_life, timedelta):
            continue
        if declared_kind(stored, _parsed(boost.field)) != "datetime":
            msg = (
                f"Decay({boost.field!r}, {boost.half_life!r}): in collection"
                f" {stored.collection.name!r} a timedelta is for times, which are"
                ' "$created_at", "$updated_at" and fields declared as "datetime"; a number is for'
                " the numbers of a metadata key"
            )
            raise InvalidArgumentError(msg)


def _checked(boost: object) -> Boosting:
    if isinstance(boost, Boost):
        factor = _positive("Boost factor", boost.factor)
        return replace(boost, filter=filters.parse(boost.filter) or filters.And(), factor=factor)
    if isinstance(boost, Decay):
        return _decay(boost)
    raise InvalidArgumentError(f"boosts must be Decay(...) or Boost(...), not {boost!r}")


def _parsed(field: Any) -> str | tuple[str, ...]:
    return field if isinstance(field, str) else tuple(field)


def _decay(decay: Decay) -> Decay:
    field = filters.parsed_field(decay.field)
    if field == "id":
        msg = 'Decay field="id": an id is no number and no time; ("id",) is the metadata key'
        raise InvalidArgumentError(msg)
    floor = decay.floor
    if not _is_number(floor) or not 0 <= floor <= 1:
        raise InvalidArgumentError(f"Decay floor={floor!r} must be a number from 0 to 1")
    origin: Any
    if isinstance(decay.half_life, timedelta):
        if decay.half_life <= timedelta(0):
            msg = f"Decay half_life={decay.half_life!r} must be longer than 0"
            raise InvalidArgumentError(msg)
        half_life: Any = decay.half_life
        origin = _instant(decay.origin)
    elif field in TIMES:
        msg = f'Decay("{field}", half_life={decay.half_life!r}): a time needs a timedelta'
        raise InvalidArgumentError(msg)
    else:
        half_life = _positive("Decay half_life", decay.half_life)
        origin = decay.origin
        if not _is_number(origin) or not math.isfinite(origin):
            shown = "None" if origin is None else repr(origin)
            msg = (
                f"Decay origin={shown} must be a number where half_life is one; times have a"
                " timedelta as their half_life"
            )
            raise InvalidArgumentError(msg)
        origin = float(origin)
    return Decay(field, half_life, origin, float(floor))


def _instant(origin: object) -> datetime | None:
    if origin is None:
        return None
    if isinstance(origin, date) and not isinstance(origin, datetime):
        origin = datetime.combine(origin, time())
    if not isinstance(origin, datetime):
        msg = (
            f"Decay origin={origin!r} must be a datetime, a date or None where half_life is a"
            " timedelta"
        )
        raise InvalidArgumentError(msg)
    return origin if origin.tzinfo is not None else origin.replace(tzinfo=UTC)


def _positive(what: str, value: object) -> float:
    if not _is_number(value) or not 0 < value < math.inf:  # type: ignore[operator]  # a number
        raise InvalidArgumentError(f"{what}={value!r} must be a number above 0")
    return float(value)  # type: ignore[arg-type]  # a number


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
