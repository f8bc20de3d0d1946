"""Figures as people read them: counts, sizes, durations, ages."""

from __future__ import annotations

import math
from datetime import UTC, datetime

_UNITS = ("kB", "MB", "GB", "TB")
_KILO = 1024
_TEN, _MINUTE = 10, 60
_MINUTES, _HOURS, _DAYS = 60, 48, 1_440


def plural(count: int, word: str) -> str:
    """Count something: ``1 row``, ``2,000 rows``."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def rounded(count: float) -> str:
    """Show an estimate by its first two digits: ``12,000``."""
    if count < _TEN:
        return f"{max(0, round(count)):,}"
    step = 10 ** (math.floor(math.log10(count)) - 1)
    return f"{round(count / step) * step:,}"


def bytes_text(size: float) -> str:
    """Show a size as PostgreSQL does, in powers of 1024."""
    value, power = size / _KILO, 0
    while value >= _KILO and power < len(_UNITS) - 1:
        value, power = value / _KILO, power + 1
    unit = _UNITS[power]
    return f"{value:.1f} {unit}" if value < _TEN and unit != "kB" else f"{value:.0f} {unit}"


def seconds_text(seconds: float) -> str:
    """Show a duration: ``0.8 s``, ``42 s``, ``3 min 5 s``."""
    if seconds < _TEN:
        return f"{seconds:.1f} s"
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    minutes, left = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {left} s"


def age_text(since: datetime | None) -> str:
    """Show how long ago something was: ``12 min``, ``5 h``, ``8 days``."""
    if since is None:
        return "-"
    minutes = max(0, round((datetime.now(UTC) - since).total_seconds() / 60))
    if minutes < _MINUTES:
        return f"{minutes} min"
    hours = round(minutes / 60)
    return f"{hours} h" if hours < _HOURS else f"{round(minutes / _DAYS)} days"
