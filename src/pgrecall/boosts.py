"""What a search's scores are multiplied by: how far a value is from where it counts most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from pgrecall.filters import FilterLike


@dataclass(frozen=True, slots=True)
class Decay:
    """A factor that is 1 at ``origin`` and half of it one half life away, on either side.

    Attributes:
        field: ``"$created_at"`` or ``"$updated_at"``, the item's own times; a metadata key that is
            declared a ``"datetime"``; or one that holds numbers, where a tuple or list of keys is
            a path into nested objects.
        half_life: How far from ``origin`` the factor is 0.5: a ``timedelta`` above 0 for times, a
            number above 0 for numbers. Beyond 600 half lives, of all of a search's together, it
            falls no further.
        origin: Where the factor is 1: a ``datetime`` or ``date`` for times, where None is now by
            the database's clock; a number for numbers. What has no time zone is UTC.
        floor: The factor is never below it, 0 to 1; an item without such a value has it.
    """

    field: str | tuple[str, ...] | list[str]
    half_life: timedelta | float
    origin: datetime | float | None = None
    floor: float = 0.0


@dataclass(frozen=True, slots=True)
class Boost:
    """A factor for the items that match a filter; the others keep their score.

    Attributes:
        filter: A filter or a mapping.
        factor: Above 0; below 1 it makes a score less. All of a search's together may raise a score
            by 1e60 and lower it as much.
    """

    filter: FilterLike
    factor: float


Boosting: TypeAlias = Decay | Boost
