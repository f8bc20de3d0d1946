"""One question, side by side: by vector, by text and by both, and why each went as it did."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pgrecall.errors import InvalidArgumentError
from pgrecall.ui.asking.answers import answer
from pgrecall.ui.asking.asked import LIMIT, MOST, Asked, asked_in
from pgrecall.ui.asking.facets import FEW, SAMPLE, facets, without
from pgrecall.ui.pages.page import Page, described
from pgrecall.ui.rendering import link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import QueryParams

    from pgrecall.models import Collection, Field
    from pgrecall.ui.asking.answers import Answer
    from pgrecall.ui.place import Place

_HOW = ("n", "filter", "least", "group", "per", "fusion", "alpha", "k", "exact", "near", "half")
_HOW_ELSE = ("unit", "origin", "boost", "factor", "rerank")
_TIMES = ("$created_at", "$updated_at")


async def show(place: Place, asked: QueryParams) -> dict[str, Any]:
    """Give the answers to a question, or what is wrong with it."""
    started = time.perf_counter()
    collection = await described(place, asked)
    values: dict[str, Any] = {
        "collection": collection,
        "wanted": Asked(),
        "answer": None,
        "fault": "",
        "facets": [],
        "fields": [],
        "reranks": place.reranker is not None,
        "limit": LIMIT,
        "most": MOST,
        "is_set": any(asked.get(name) for name in (*_HOW, *_HOW_ELSE)),
        "times": _TIMES,
        "count_address": "",
    }
    try:
        wanted = asked_in(asked, place)
        values["wanted"] = wanted
        fields, found = await asyncio.gather(
            place.store.describe_fields(place.tenant, collection.name, sample=SAMPLE),
            _answered(place, collection, wanted),
        )
        values |= {"fields": fields, "answer": found}
        values |= await _facets(place, collection, asked, wanted, fields, found)
    except InvalidArgumentError as error:
        values |= {"fault": place.told(error), "status": HTTPStatus.BAD_REQUEST, "answer": None}
    values["chips"] = [(one, without(asked, one)) for one in values["wanted"].chosen]
    values["took"] = (time.perf_counter() - started) * 1000
    return values


async def _answered(place: Place, collection: Collection, wanted: Asked) -> Answer | None:
    return await answer(place, collection, wanted) if wanted.question else None


async def _facets(
    place: Place,
    collection: Collection,
    asked: QueryParams,
    wanted: Asked,
    fields: Sequence[Field],
    found: Answer | None,
) -> dict[str, Any]:
    is_small = found is not None and found.rows <= FEW
    counts = bool(asked.get("counts")) or is_small
    made = await facets(
        place,
        collection,
        fields,
        asked,
        chosen=wanted.chosen,
        filter_=wanted.options.get("filter"),
        counts=counts,
    )
    rest = {key: asked.getlist(key) for key in asked}
    return {
        "facets": made,
        "count_address": "" if counts else link("/ask", **rest, counts=1),
    }


PAGE = Page("ask", "/ask", show, menu="Ask")
