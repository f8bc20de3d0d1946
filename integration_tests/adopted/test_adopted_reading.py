"""Every verb that reads gives of an adopted table what it gives of a collection of its rows."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from integration_tests.adopted.tables import DIMENSIONS, KINDS, Kind, item_of, make, rows
from integration_tests.shared.exhaustive import IS_EXHAUSTIVE

from pgrecall import Collection, Rrf

QUERY = np.array([3.0, -2.0, 5.0, 1.0], dtype=np.float32)
FIELDS = {
    "lang": "text",
    "published": "datetime",
    "seen": "datetime",
    "page": "number",
    "rating": "number",
    "public": "boolean",
}
FILTERS: list[Any] = [
    None,
    {"lang": "en"},
    {"lang": {"$ne": "en"}},
    {"lang": None},
    {"page": {"$gte": 20, "$lt": 60}},
    {"published": {"$gte": "2026-03-01T00:00:00Z"}},
    {"public": True, "rating": {"$gt": 0.5}},
    {"tags": {"$any": ["t3"]}},
    {"author": {"name": "n2"}},
    {"k": {"$in": [1, 5]}},
    {"id": {"$in": ["a001", "105", "no such"]}},
    {"$or": [{"lang": "de"}, {"$not": {"k": {"$lt": 6}}}]},
]


WHOLE = {"indexed table", "part of a table"}
"""Kinds that every filter is tried on: the others differ in how rows are told apart, or read."""


def filters_for(kind: Kind) -> list[Any]:
    """Give the filters that a kind is tried with."""
    is_whole = IS_EXHAUSTIVE or any(kind is KINDS[name] for name in WHOLE)
    return FILTERS if is_whole else FILTERS[::5]


@pytest.fixture(params=KINDS, scope="module")
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture(scope="module")
def both(kind: Kind, dsn: str, sync_store: Any) -> tuple[Any, Any]:
    """Handles of the adopted table, and of a collection of its rows."""
    tenant = f"tenant-{uuid.uuid4().hex}"
    table = make(dsn, kind, f"s_{uuid.uuid4().hex[:12]}")
    adopted = sync_store.adopt_collection(tenant, "adopted", table)
    made = Collection("native", DIMENSIONS, fields=FIELDS, storage=adopted.storage)
    sync_store.ensure_collection(tenant, made)
    numbered = [(row, kind.key(number)) for number, row in enumerate(rows()) if kind.has(row)]
    sync_store.load(tenant, "native", [item_of(*one) for one in numbered])
    return sync_store.bind(tenant, "adopted"), sync_store.bind(tenant, "native")


def plain(found: Any) -> Any:
    """Leave out what differs: times, and what is read as arrays."""
    if isinstance(found, list | tuple):
        return [plain(one) for one in found]
    if hasattr(found, "created_at"):
        found = replace(found, created_at=None, updated_at=None)
        vector = None if found.vector is None else found.vector.tolist()
        rounded = {
            name: round(value, 5)
            for name in ("distance", "score", "text_score")
            if isinstance(value := getattr(found, name, None), float)
        }
        return replace(found, vector=vector, **rounded)
    return found


def test_every_reading_verb_gives_what_a_collection_of_the_same_rows_gives(
    both: Any, kind: Kind
) -> None:
    def asked(docs: Any) -> Any:
        for filter_ in filters_for(kind):
            yield "count", filter_, docs.count(filter_)
            for exact in (None, True):
                found = docs.search(QUERY, limit=7, filter=filter_, exact=exact)
                yield "search", filter_, [round(one.distance, 5) for one in found]
            yield "exactly", filter_, docs.search(QUERY, limit=7, filter=filter_, exact=True)
            for options in ({}, {"syntax": "web"}, {"ranking": "ts_rank"}):
                found = docs.search_text("a singing cat", limit=9, filter=filter_, **options)
                yield "text", filter_, found
            for options in ({}, {"fusion": Rrf()}):
                found = docs.search_hybrid(QUERY, "red birds", filter=filter_, **options)
                yield "hybrid", filter_, found
            yield "facet", filter_, docs.facet("lang", filter=filter_)
            yield "facet of tags", filter_, docs.facet("tags", filter=filter_)
            yield "range", filter_, docs.field_range("page", filter=filter_)
            yield "times", filter_, docs.field_range("published", filter=filter_)
            yield (
                "listed",
                filter_,
                sorted(one.id for one in docs.list_items(filter=filter_, limit=None)),
            )
            page = docs.list_items(filter=filter_, order_by="rating", limit=5, descending=True)
            yield "ordered", filter_, [one.metadata["rating"] for one in page]
        one, two, *_ = docs.list_ids()
        yield "got", one, docs.get([two, "no such", one])
        yield "near", one, docs.search_near([one], limit=3, away_from=[two])
        yield "many", 0, docs.search_many([QUERY, -QUERY], limit=3)
        yield "groups", 0, docs.search(QUERY, limit=3, group_by="lang")
        yield "snippets", 0, docs.search_text("cats", highlight=True, limit=3)
        yield "vectors", 0, docs.search(QUERY, limit=2, include_vectors=True)
        yield "ids", 0, len(docs.list_ids())
        yield "sample", 0, len(docs.sample(5, filter={"lang": "de"}))
        drawn = docs.map_collection(color_by="lang", filter={"page": {"$lt": 30}})
        yield "map", drawn.ids, drawn.values
        yield "fields", 0, sorted(one.path for one in docs.describe_fields())

    adopted, native = both
    for ours, theirs in zip(asked(adopted), asked(native), strict=True):
        assert (ours[:2], plain(ours[2])) == (theirs[:2], plain(theirs[2]))


def test_pages_go_through_all_rows_in_the_order_of_the_id(both: Any, kind: Kind) -> None:
    adopted, _ = both
    seen: list[str] = []
    while page := adopted.list_items(limit=70, after=seen[-1] if seen else None):
        seen += [one.id for one in page]

    assert seen == [one.id for one in adopted.list_items(limit=None)]
    assert sorted(seen) == sorted(kind.key(n) for n, row in enumerate(rows()) if kind.has(row))
    assert seen == sorted(seen)
