"""A map: a sample of the collection's vectors on a plane, a question in it, and its hits."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from anyio import to_thread

from pgrecall._values.json_text import to_text
from pgrecall.errors import InvalidArgumentError
from pgrecall.ui.asking.answers import Clock, passage_of, question_vector
from pgrecall.ui.asking.asked import field_in, question_in
from pgrecall.ui.drawing.plane import plane_of
from pgrecall.ui.pages.page import Page, described

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import QueryParams

    from pgrecall.models import Collection, CollectionMap, Field, Match, Matches
    from pgrecall.ui.place import Place

_SAMPLES = (500, 2_000, 5_000)
_USUAL = 2_000
_FIELD_SAMPLE = 1_000  # items that tell the fields
_HITS = 10
_OWN = ("$created_at", "$updated_at")
_NO_COLOURS = {"object", "null"}


async def show(place: Place, asked: QueryParams) -> dict[str, Any]:
    """Give a map, coloured by a field, with a question's hits where one is asked."""
    one = await described(place, asked)
    field, sample = _field(asked.get("by")), _sample(asked.get("n"))
    question = question_in(asked)
    if not one.dimensions:
        return {"collection": one, "plane": None, "fields": [], "question": question}
    laid_out, fields, (vector, hits, why) = await asyncio.gather(
        place.store.map_collection(place.tenant, one.name, color_by=field, sample=sample),
        place.store.describe_fields(place.tenant, one.name, sample=_FIELD_SAMPLE),
        _found(place, one, question),
    )
    plane = await to_thread.run_sync(partial(_drawn, laid_out, vector, hits))
    return {
        "collection": one,
        "plane": plane,
        "explained": laid_out.explained,
        "fields": _choices(fields, field),
        "by": field,
        "samples": _SAMPLES,
        "sample": sample,
        "question": question,
        "hits": hits,
        "passages": [passage_of(hit.text, None) for hit in hits],
        "why": why,
    }


def _field(text: str | None) -> tuple[str, ...] | None:
    """Read the field to colour by: a key, or a JSON array of keys."""
    if not text:
        return None
    field = field_in(text)
    return (field,) if isinstance(field, str) else tuple(field)


def _sample(text: str | None) -> int:
    if not text:
        return _USUAL
    if text not in map(str, _SAMPLES):
        known = ", ".join(map(str, _SAMPLES))
        raise InvalidArgumentError(f"n, how many items are drawn, is one of {known}")
    return int(text)


def _choices(
    fields: Sequence[Field], chosen: tuple[str, ...] | None
) -> list[tuple[str, tuple[str, ...]]]:
    """Give the fields that can be chosen, as an address has them and as they are."""
    paths = [field.path for field in fields if not _NO_COLOURS.issuperset(field.types)]
    paths += [(key,) for key in _OWN]
    if chosen is not None and chosen not in paths:
        paths.append(chosen)
    return [(to_text(list(path)), path) for path in paths]


async def _found(place: Place, one: Collection, question: str) -> tuple[Any, Sequence[Match], str]:
    """Give the question's vector, its hits, by vector or else by text, and what is to be told."""
    if not question:
        return None, (), ""
    _, vector, missing = await question_vector(place, one, question, Clock())
    if not missing:
        found: Matches = await place.store.search(
            place.tenant, one.name, vector, limit=_HITS, include_vectors=True
        )
        return vector, found, ""
    if one.text_search is None:
        return None, (), missing
    found = await place.store.search_text(
        place.tenant, one.name, question, limit=_HITS, include_vectors=True
    )
    told = f"{missing} So the question itself has no place, and its hits are those by text."
    return None, found, told


def _drawn(laid_out: CollectionMap, vector: Any, hits: Sequence[Match]) -> Any:
    there = None if vector is None else laid_out.project(np.asarray(vector))
    places = [None if hit.vector is None else laid_out.project(hit.vector) for hit in hits]
    return plane_of(laid_out, there, places)


PAGE = Page("map", "/map", show, menu="Map")
