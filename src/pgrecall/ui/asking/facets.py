"""Values of fields to choose from, each with an address that asks for it or no longer does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgrecall.ui.asking.asked import Chosen, read_chosen
from pgrecall.ui.rendering import link

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.datastructures import QueryParams

    from pgrecall.models import Collection, Field
    from pgrecall.ui.place import Place

SAMPLE = 300
"""Items that tell the fields."""

FEW = 10_000
"""Rows up to which values are counted unasked."""

_FIELDS, _VALUES = 8, 8
_KINDS = {"text", "number", "boolean", "array"}


@dataclass(frozen=True, slots=True)
class Value:
    """A value, how many items have it where that was counted, and where it leads."""

    value: Any
    count: int | None
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A field with some of its values."""

    path: tuple[str, ...]
    values: Sequence[Value]


async def facets(
    place: Place,
    collection: Collection,
    fields: Iterable[Field],
    params: QueryParams,
    *,
    chosen: Sequence[Chosen],
    filter_: Any,
    counts: bool,
) -> list[Facet]:
    """Give the fields whose values tell items apart, and their commonest values."""
    useful = [one for one in fields if one.examples and _KINDS & set(one.types)][:_FIELDS]

    async def of(one: Field) -> Facet:
        found: list[tuple[Any, int | None]] = [(value, None) for value in one.examples]
        if counts:
            counted = await place.store.facet(
                place.tenant, collection.name, one.path, filter=filter_, limit=_VALUES
            )
            found = [(each.value, each.count) for each in counted]
        in_arrays = "array" in one.types
        values = [
            _value(params, chosen, Chosen(one.path, value, in_arrays), count)
            for value, count in found
            if isinstance(value, str | bool | int | float)
        ]
        return Facet(one.path, values)

    made = await asyncio.gather(*map(of, useful))
    return [one for one in made if one.values]


def without(params: QueryParams, one: Chosen) -> str:
    """Give the address that no longer asks for a value."""
    return _address(
        params,
        [text for text in params.getlist("f") if read_chosen(text).written() != one.written()],
    )


def _value(params: QueryParams, chosen: Sequence[Chosen], one: Chosen, count: int | None) -> Value:
    # by what is written: True and 1 are equal in Python
    if one.written() in {each.written() for each in chosen}:
        return Value(one.value, count, without(params, one), is_chosen=True)
    return Value(
        one.value, count, _address(params, [*params.getlist("f"), one.written()]), is_chosen=False
    )


def _address(params: QueryParams, chosen: Sequence[str]) -> str:
    rest = {key: params.getlist(key) for key in params if key != "f"}
    return link("/ask", **rest, f=list(chosen))
