"""A search on an adopted table beside a collection of the same rows, and beside SQL by hand.

The table is one that an application has: a key of text, real columns with indexes of their own,
what else there is as jsonb, a generated tsvector with GIN, an HNSW index. The collection declares
as fields what the table has as columns. All three sides ask for the same rows on one server, by
turns within one loop, so that noise meets all of them. What is asked by hand is a statement of the
user's own, prepared, whose rows are left as they come.
"""

from __future__ import annotations

import argparse
import os
import statistics
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
from common import (
    DATA_VARIABLE,
    TENANT,
    Rows,
    add_arguments,
    items,
    read_rows,
    seconds,
    server,
    show,
    table,
    table_of,
    vectors,
    verdict,
    without_analysis,
)
from pgvector.psycopg import register_vector
from psycopg.types.json import Jsonb
from vector_sets import read

from pgrecall import Collection, Hnsw, Store, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

LIMIT, EF, REAL = 10, 60, "pypi50k"
BAR, FILTER_BAR = 1.1, 1.0
NOISE = 0.05
"""What a ratio of two sides that do the same differs by from one run to another."""

NATIVE, ADOPTED, BY_HAND = "collection", "adopted", "by hand"
FIELDS = {"kind": "text", "year": "number", "length": "number", "public": "boolean"}

_TABLE = """
CREATE TABLE articles (
    slug text PRIMARY KEY, body text NOT NULL, embedding vector({dimensions}) NOT NULL,
    kind text, year integer, length integer, public boolean, tags text[],
    attributes jsonb NOT NULL DEFAULT '{{}}', author_id bigint,
    created timestamptz NOT NULL DEFAULT now(),
    tsv tsvector GENERATED ALWAYS AS (to_tsvector('english', body)) STORED)
"""
_INDEXES = (
    "CREATE INDEX ON articles USING hnsw (embedding vector_cosine_ops)",
    "CREATE INDEX ON articles USING gin (tsv)",
    "CREATE INDEX ON articles (kind)",
    "CREATE INDEX ON articles (year)",
    "CREATE INDEX ON articles (length)",
    "CREATE INDEX ON articles USING gin (tags)",
    "VACUUM ANALYZE articles",
)
CANDIDATES = 100
_NEAREST = (
    "SELECT {given}, embedding <=> %(query)s AS distance FROM articles WHERE {where}"
    " ORDER BY embedding <=> %(query)s LIMIT {limit}"
)
_FITTING = (
    "SELECT {given}, ts_rank_cd(tsv, asked) AS rank FROM articles,"
    " CAST(replace(plainto_tsquery('english', %(words)s)::text, '&', '|') AS tsquery) AS asked"
    " WHERE tsv @@ asked AND {where} ORDER BY rank DESC LIMIT {limit}"
)
_BOTH = (
    "WITH near AS (SELECT slug, row_number() OVER (ORDER BY distance) AS place"
    " FROM ({near}) AS n), fit AS (SELECT slug, row_number() OVER (ORDER BY rank DESC)"
    " AS place FROM ({fit}) AS f) SELECT {given} FROM articles JOIN (SELECT slug,"
    " sum(1.0 / (60 + place)) AS score FROM (TABLE near UNION ALL TABLE fit) AS both_"
    " GROUP BY slug ORDER BY score DESC LIMIT {limit}) AS best USING (slug)"
    " ORDER BY score DESC"
)
_GIVEN = "slug, body, kind, year, length, public, tags, attributes"


@dataclass(frozen=True)
class Case:
    """What is asked.

    Attributes:
        name: What the table calls it.
        bar: How much longer than a collection it may take.
        filter: The filter.
        where: The same by hand.
        kind: ``vector``, ``text`` or ``both``.
        options: More of the search's options.
    """

    name: str
    bar: float = BAR
    filter: Mapping[str, Any] | None = None
    where: str = "true"
    kind: str = "vector"
    options: Mapping[str, Any] = field(default_factory=dict)


PINNED = {"exact": False, "ef_search": EF}
CASES = (
    Case(f"vector, ef_search={EF}", options=PINNED),
    Case("vector"),
    Case("text", kind="text"),
    Case("both", kind="both"),
    Case("kind = 'tool' (a fifth)", FILTER_BAR, {"kind": "tool"}, "kind = 'tool'"),
    Case("year >= 2024 (a tenth)", FILTER_BAR, {"year": {"$gte": 2024}}, "year >= 2024"),
    Case(
        "two tags (0.3 %)",
        FILTER_BAR,
        {"tags": {"$all": ["topic-7", "team-3"]}},
        "tags @> ARRAY['topic-7', 'team-3']",
    ),
    Case(
        "public and a tag",
        BAR,
        {"public": True, "tags": {"$any": ["topic-7"]}},
        "public AND tags && ARRAY['topic-7']",
    ),
    Case("text, year >= 2024", FILTER_BAR, {"year": {"$gte": 2024}}, "year >= 2024", "text"),
    Case("both, kind = 'tool'", FILTER_BAR, {"kind": "tool"}, "kind = 'tool'", "both"),
)


def vectors_of(count: int, dimensions: int, queries: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give real vectors where there are any, of as many dimensions, else some in any direction."""
    folder = os.environ.get(DATA_VARIABLE)
    if folder:
        found, asked = read(Path(folder), REAL)
        if asked is not None and len(found) >= count and found.shape[1] == dimensions:
            return found[:count], asked[np.arange(queries) % len(asked)]
    return vectors(count, dimensions), vectors(queries, dimensions, seed=11)


def fill(store: Store, bare: psycopg.Connection[Any], count: int, matrix: NDArray[Any]) -> Rows:
    """Make the table and the collection, of the same rows."""
    rows, dimensions = read_rows(count), matrix.shape[1]
    made = Collection("docs", dimensions, index=Hnsw(), fields=FIELDS)
    store.ensure_collection(TENANT, made)
    without_analysis(bare, table_of(store, "docs"))
    store.load(TENANT, "docs", items(rows, matrix))
    bare.execute(_TABLE.format(dimensions=dimensions).encode())
    columns = ("kind", "year", "length", "public", "tags")
    listed = ", ".join(columns)
    with (
        bare.cursor() as cursor,
        cursor.copy(
            f"COPY articles (slug, body, embedding, {listed}, attributes) FROM STDIN".encode()
        ) as copy,
    ):
        for id_, text, metadata, vector in zip(
            rows.ids, rows.texts, rows.metadata, matrix, strict=True
        ):
            rest = {key: value for key, value in metadata.items() if key not in columns}
            own = [metadata[key] for key in columns]
            copy.write_row([id_, text, vector, *own, Jsonb(rest)])
    bare.execute("SET maintenance_work_mem = '1GB'")
    for statement in _INDEXES:
        bare.execute(statement.encode())
    adopted = Table(
        "public.articles",
        id="slug",
        text="body",
        vector="embedding",
        metadata=columns,
        metadata_json="attributes",
        tsvector="tsv",
    )
    store.adopt_collection(TENANT, "adopted", adopted)
    for name in ("docs", "adopted"):
        store.tune(TENANT, name)
    bare.execute("CHECKPOINT")
    return rows


def by_hand(bare: psycopg.Connection[Any], case: Case, query: NDArray[Any], words: str) -> None:
    """Ask as somebody would who knows PostgreSQL: what is filtered, ranked and limited."""
    if case.kind == "both":
        arms = {
            "near": _NEAREST.format(given="slug", where=case.where, limit=CANDIDATES),
            "fit": _FITTING.format(given="slug", where=case.where, limit=CANDIDATES),
        }
        statement = _BOTH.format(given=_GIVEN, limit=LIMIT, **arms)
    else:
        form = _NEAREST if case.kind == "vector" else _FITTING
        statement = form.format(given=_GIVEN, where=case.where, limit=LIMIT)
    cursor = bare.cursor(binary=True)
    cursor.execute(statement.encode(), {"query": query, "words": words}, prepare=True)
    cursor.fetchall()


def ours(store: Store, name: str, case: Case, query: NDArray[Any], words: str) -> list[str]:
    """Ask the store."""
    options = {"limit": LIMIT, "filter": case.filter, **case.options}
    if case.kind == "text":
        found = store.search_text(TENANT, name, words, **options)
    elif case.kind == "both":
        found = store.search_hybrid(TENANT, name, query, words, **options)
    else:
        found = store.search(TENANT, name, query, **options)
    return [match.id for match in found]


def measure(
    store: Store,
    bare: psycopg.Connection[Any],
    case: Case,
    queries: NDArray[Any],
    words: list[str],
) -> dict[str, list[float]]:
    """Time the three sides by turns, in milliseconds."""
    sides: dict[str, Callable[[NDArray[Any], str], object]] = {
        NATIVE: partial(ours, store, "docs", case),
        ADOPTED: partial(ours, store, "adopted", case),
        BY_HAND: partial(by_hand, bare, case),
    }
    times: dict[str, list[float]] = {side: [] for side in sides}
    bare.execute("SELECT set_config('hnsw.ef_search', %s, false)", (str(EF),))
    for run in sides.values():
        for place in range(10):
            run(queries[place], words[place])
    for place, (query, asked) in enumerate(zip(queries, words, strict=True)):
        turn = place % len(sides)
        order = list(sides)[turn:] + list(sides)[:turn]
        for side in order:
            times[side].append(1_000 * seconds(partial(sides[side], query, asked)))
    return times


def agreement(store: Store, case: Case, queries: NDArray[Any], words: list[str]) -> float:
    """Give the part of what one side finds that the other does too."""
    shared = []
    for query, asked in zip(queries[:50], words[:50], strict=True):
        one, two = (ours(store, name, case, query, asked) for name in ("docs", "adopted"))
        shared.append(len(set(one) & set(two)) / max(1, len(one)))
    return statistics.mean(shared)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--queries", type=int, default=300)
    add_arguments(parser)
    args = parser.parse_args()
    results: dict[str, Any] = {}
    shown = table(
        "A table of one's own beside a collection",
        "what is asked",
        "collection, ms",
        "adopted, ms",
        "by hand, ms",
        "adopted to collection",
        "same rows",
        "bar",
    )
    with server(args.dsn) as dsn, Store(dsn) as store:
        store.ensure_collection(TENANT, Collection("first", 3))
        with psycopg.connect(dsn, autocommit=True) as bare:
            register_vector(bare)
            matrix, queries = vectors_of(args.rows, args.dimensions, args.queries)
            rows = fill(store, bare, args.rows, matrix)
            words = [" ".join(text.split()[:5]) for text in rows.texts[: args.queries]]
            for case in CASES:
                times = measure(store, bare, case, queries, words)
                middle = {side: statistics.median(one) for side, one in times.items()}
                ratio = middle[ADOPTED] / middle[NATIVE]
                same = agreement(store, case, queries, words)
                bar = case.bar + (NOISE if case.bar == FILTER_BAR else 0)
                results[case.name] = {**middle, "ratio": ratio, "same": same}
                shown.add_row(
                    case.name,
                    *(f"{middle[side]:.2f}" for side in (NATIVE, ADOPTED, BY_HAND)),
                    f"{ratio:.2f}",
                    f"{same:.2f}",
                    f"{bar:.2f}: {verdict(met=ratio <= bar)}",
                )
    notes = [f"{args.rows:,} x {args.dimensions}: {rows.source}", "medians, by turns on one server"]
    show(results, [shown], notes, args)


if __name__ == "__main__":
    main()
