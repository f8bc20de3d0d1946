"""What the golden cases are made for: a collection, and values to show in its statements."""

from __future__ import annotations

import datetime as dt
import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pgrecall import Bm25, ByField, Collection, Hnsw
from pgrecall._statements.copying import langchain, llama_index
from pgrecall._statements.copying.pages import Range, Wanted
from pgrecall._statements.copying.source import Column
from pgrecall._statements.layout import Server, Stored
from pgrecall._statements.parts import Part
from pgrecall._statements.search.bm25 import Frequencies
from pgrecall._statements.search.plan import Plan
from pgrecall._values.arrays import text_array
from pgrecall._values.rows import Columns
from pgrecall._values.vectors import Encoded
from pgrecall.filters import Filter, parse
from pgrecall.models import Metric

if TYPE_CHECKING:
    from pgrecall.indexes import Index

SERVER = Server(180006, "0.8.6", "public", 16_500, 16_600)
OLD_SERVER = Server(150000, "0.7.4", "public", 16_500, 16_600)
STORED = Stored(
    7,
    "acme",
    Collection("docs", 3, "model", "cosine", index=Hnsw(), fields={"page": "number"}),
    "pgrecall",
    "items_acme_docs_7",
    SERVER,
    rows=50_000.0,
)
"""A collection of a local table, with an index."""
SPREAD = replace(STORED, collection=replace(STORED.collection, distributed=True))
"""The same, spread over several servers by Citus."""

HOT = Part("team", "text", "it's 100% \\ {us}", 20_000.0, Hnsw())


def local(stored: Stored) -> Stored:
    """Give the collection as Citus does not spread it."""
    return replace(stored, collection=replace(stored.collection, distributed=False))


def part_of(stored: Stored) -> Stored:
    """Give the rows of a hot value; Citus spreads none."""
    return local(stored).as_part(HOT)


VECTOR = Encoded(struct.pack(">HHfff", 3, 0, 1.0, 0.5, 0.25))
COLUMNS = Columns(text_array(["a"]), text_array(["A cat"]), Encoded(b"\0" * 36), Encoded(b"{}"))
WITH_UPDATED = COLUMNS._replace(updated=Encoded(b"\0" * 32))
WITH_TIMES = WITH_UPDATED._replace(created=Encoded(b"\0" * 32))
KNOWN = Frequencies(50_000.0, 0.001, 75.0)
WORDS = "a cat and a dog"

INDEXED = Plan(
    exact=False, fetch=20, effort=100, near=100, bound=400, visited=4_800, visited_worn=1
)
UNSHORTENED = Plan(exact=False, fetch=20, effort=100, fall_back=False)
DECIDED = Plan(
    exact=False,
    sample_percent=2.5,
    threshold=1_000.0,
    fetch=20,
    effort=100,
    near=100,
    expected=40.0,
    bound=400.0,
    visited=4_800,
    visited_worn=1,
)


def filter_of(mapping: Any) -> Filter:
    parsed = parse(mapping)
    if parsed is None:
        raise ValueError("an empty filter is none")
    return parsed


KINDS = {"page": "number", "at": "datetime", "draft": "boolean"}
LANG = filter_of({"lang": "de"})
MANY = filter_of({"lang": {"$in": [f"l{number}" for number in range(101)]}})
PAGES = filter_of({"page": {"$gte": 5, "$lt": 9}})
FILTERS = {
    "eq": {"lang": "de"},
    "eq-declared": {"page": 5},
    "eq-none": {"lang": None},
    "eq-id": {"id": "a"},
    "in": {"page": {"$in": [1, 2, "a", None]}},
    "in-many": {"lang": {"$in": list(range(101))}},
    "ne": {"lang": {"$ne": "de"}},
    "range": {"page": {"$between": [1, 5]}},
    "range-text": {"source": {"$gt": "a"}},
    "exists": {"lang": {"$exists": True}},
    "is_empty": {"lang": {"$is_empty": True}},
    "contains": {"tags": {"$contains": "a"}},
    "any": {"tags": {"$any": ["a", "b"]}},
    "all": {"tags": {"$all": ["a", "b"]}},
    "like": {"source": {"$like": "a%"}},
    "ilike": {"source": {"$ilike": "a%"}},
    "text_match": {"source": {"$text_match": "a"}},
    "text_match_insensitive": {"source": {"$text_match_insensitive": "a"}},
    "instant": {"day": {"$gte": dt.date(2024, 5, 1)}},
    "instant-declared": {"at": {"$between": ["2024-05-01", "2024-05-02T00:00:00Z"]}},
    "instant-in": {"at": {"$in": [dt.date(2024, 5, 1), "now", None, 7]}},
    "created": {"$created_at": {"$gte": dt.date(2024, 5, 1)}},
    "boolean-declared": {"draft": True},
    "path": {"requester": {"name": "Ada"}},
    "and-or-not": {"$or": [{"a": 1}, {"$and": [{"b": 2}, {"$not": {"c": 3}}]}]},
}

RANGE = Range("a", "b", 2)
WANTED = Wanted(3, "vector", is_cosine=True, text_fields=("source",))


def _columns(**types: str) -> dict[str, Column]:
    return {
        name: Column(name, type_, None, is_required=True, is_unique=name == "id")
        for name, type_ in types.items()
    }


PGVECTOR = langchain.pgvector(
    "public",
    "docs",
    "0b9c",
    _columns(
        id="text", document="text", embedding="vector", cmetadata="jsonb", collection_id="uuid"
    ),
)
PGVECTORSTORE = langchain.pgvectorstore(
    "public",
    "docs",
    _columns(
        langchain_id="uuid",
        content="text",
        embedding="halfvec",
        langchain_metadata="json",
        page="integer",
    ),
    langchain.Columns(),
)
LLAMA_INDEX = llama_index.data_table(
    "public",
    "data_docs",
    _columns(id="bigint", node_id="text", text="text", embedding="vector", metadata_="json"),
)


def titled(stored: Stored) -> Stored:
    """Give a collection whose titles are searched."""
    return replace(stored, collection=replace(stored.collection, title="the 'title'"))


def in_languages(stored: Stored, analysis: int | None = None) -> Stored:
    """Give a collection in several languages."""
    by = ByField("the 'lang'", {"de": "german", "en": "english", 'a "b"\\': "german"})
    collection = replace(stored.collection, text_search=by)
    return replace(stored, collection=collection, analysis=analysis)


def indexed_by_extension(stored: Stored) -> Stored:
    """Give a collection whose texts an index of pg_textsearch has."""
    settings = {"text_index": {"kind": "Bm25", "schema": "the extension's"}}
    collection = replace(stored.collection, text_index=Bm25(), distributed=False, k1=0.0)
    return replace(stored, collection=collection, settings=settings, analysis=1)


def changed(
    stored: Stored,
    *,
    index: Index | None = None,
    storage: str = "vector",
    metric: Metric = Metric.COSINE,
) -> Stored:
    """Give a collection of another kind."""
    collection = replace(
        stored.collection, index=index or Hnsw(), storage=storage, metric=str(metric)
    )
    return replace(stored, collection=collection)
