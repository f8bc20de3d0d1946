"""Checks the factors that scores are multiplied by, before anything is sent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from pgrecall import filters
from pgrecall._statements.items.fields import declared_kind
from pgrecall._values.numbers import checked_weight, real_number, show
from pgrecall._values.own_fields import TIMES
from pgrecall.boosts import Boost, Boosting, Decay
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored


FACTOR_DIGITS = 60
"""Digits by which all Boosts together may raise a score, or lower it: so many a float has room for,
beside what Decays lower it by."""


def checked_boosts(boosts: object) -> tuple[Boosting, ...]:
    """Give boosts whose values are of their own types, their filters and fields parsed.

    Raises:
        InvalidArgumentError: One cannot be used.
        FilterError: A filter or a field cannot be used.
    """
    if not boosts and isinstance(boosts, tuple):
        return boosts
    made = tuple(map(_checked, checked_boosts_list(boosts)))
    _check_product([boost.factor for boost in made if isinstance(boost, Boost)])
    return made


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
    """Raise InvalidArgumentError for times that a Decay takes for numbers, or the other way round.

    A time of the metadata is one where it is declared to be.
    """
    for boost in boosts:
        if not isinstance(boost, Decay) or boost.field in TIMES:
            continue
        is_time = declared_kind(stored, _parsed(boost.field)) == "datetime"
        if is_time and not isinstance(boost.half_life, timedelta):
            msg = (
                f"Decay({boost.field!r}, half_life={boost.half_life!r}): the field is declared"
                ' "datetime": a time needs a timedelta'
            )
            raise InvalidArgumentError(msg)
        if not is_time and isinstance(boost.half_life, timedelta):
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
    floor = checked_weight("Decay floor", decay.floor)
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
        half_life = _positive("Decay half_life", decay.half_life, ", or a timedelta for times")
        origin = real_number(decay.origin)
        if origin is None or not math.isfinite(origin):
            msg = (
                f"Decay origin={show(decay.origin)} must be a number where half_life is one; times"
                " have a timedelta as their half_life"
            )
            raise InvalidArgumentError(msg)
    return Decay(field, half_life, origin, floor)


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


def _positive(what: str, value: object, told: str = "") -> float:
    number = real_number(value)
    if number is None or not 0 < number < math.inf:
        raise InvalidArgumentError(f"{what}={show(value)} must be a number above 0{told}")
    return number


def _check_product(factors: Sequence[float]) -> None:
    """Raise InvalidArgumentError where scores would leave the range that a float has."""
    raising = sum(math.log10(one) for one in factors if one > 1)
    lowering = -sum(math.log10(one) for one in factors if one < 1)
    for together, told in ((raising, raising), (lowering, -lowering)):
        if together > FACTOR_DIGITS:
            msg = (
                f"the factors of the Boosts multiply to 1e{told:+.0f}; together they may be from"
                f" 1e-{FACTOR_DIGITS} to 1e+{FACTOR_DIGITS}"
            )
            raise InvalidArgumentError(msg)
