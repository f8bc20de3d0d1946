"""The store beside bare statements of its server: a part of ``search.py``.

The bare query is what one would write by hand, ``SELECT ... ORDER BY embedding <=> $1 LIMIT 10``,
prepared, in a session that is set up for it, with what a hit needs in its rows: nothing of the
store's is in it. A search by text or by both has no such query; it is put beside its own statement
in a session with its settings, and a hybrid one beside its two arms, too. All sides take turns, in
an order that is drawn anew for each query.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import statistics
import time
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import psycopg
from common import (
    DATA_VARIABLE,
    SEED,
    TENANT,
    collection,
    items,
    read_rows,
    seconds,
    table,
    table_of,
    verdict,
)
from pgvector.psycopg import register_vector
from writes import ONE_ITEM_BAR, one_item

from pgrecall import Hnsw
from pgrecall._operations.items.items import shape_of
from pgrecall._operations.search import hybrid, text, vector
from pgrecall._operations.search.options import HybridOptions, TextOptions, VectorOptions
from pgrecall._pools.sessions import dumping_encoded
from pgrecall._statements.statement import Many
from pgrecall._values.vectors import encode_query

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from pgrecall import Store
    from pgrecall._statements.statement import Statement

NAME, LIMIT, CANDIDATES = "pace", 10, 100
_TOPICS, _NOISE = 500, 0.4
_BARE = (
    "SELECT id, text, metadata::text, embedding <=> $1::vector AS distance FROM {table}"
    " ORDER BY embedding <=> $1::vector LIMIT {limit}"
)


_ALL_COLUMNS = (
    "SELECT id, embedding <=> $1::vector AS distance, text, metadata::text, NULL,"
    " timestamptz_send(created_at), timestamptz_send(updated_at), NULL FROM {table}"
    " ORDER BY embedding <=> $1::vector LIMIT {limit}"
)
_PAIRED = {
    "bare 40": "the bare query",
    "columns 40": "the same with every column that a match has",
    "statement 40": "the store's own statement on a bare cursor",
    "ef 40": "search(exact=False, ef_search=40)",
    "search": "search(), at the ef it chose",
}
"""What is measured alone, by the sides' names."""


class Bar(NamedTuple):
    """What one side may take: so many times the others' sum, or so many milliseconds more."""

    name: str
    ours: str
    others: tuple[str, ...]
    ratio: float
    more_ms: float = 0.0


BARS = [
    Bar("search(exact=False, ef_search=40), to the bare query", "ef 40", ("bare 40",), 1.2, 0.25),
    Bar("search(), to the bare query at the same ef", "search", ("bare chosen",), 1.25),
    Bar("search_text(), to its statement", "text", ("bare text",), 1.15),
    Bar("search_hybrid(), to its statement", "hybrid", ("bare hybrid",), 1.2),
    Bar("search_hybrid(), to its arms", "hybrid", ("vector arm", "text arm"), 1.15),
]


class Questions(NamedTuple):
    """Queries as vectors and as words, and the rows they are asked of."""

    vectors: NDArray[Any]
    texts: Sequence[str]
    corpus: NDArray[Any]


def read_questions(rows: int, dimensions: int, count: int) -> Questions:
    """Read real vectors and questions, or make vectors about topics, as real ones are."""
    folder = os.environ.get(DATA_VARIABLE)
    if folder and dimensions == 384:  # what the real vectors have
        data = Path(folder) / "pypi50k"
        corpus = np.load(data / "corpus.minilm.npy").astype(np.float32)
        queries = np.load(data / "queries.minilm.npy").astype(np.float32)[:count]
        with gzip.open(data / "queries.jsonl.gz", "rt", encoding="utf-8") as lines:
            texts = [json.loads(line)["text"] for line in islice(lines, count)]
        return Questions(queries, texts, np.resize(corpus, (rows, dimensions)))
    drawn = np.random.default_rng(SEED)
    topics = drawn.standard_normal((_TOPICS, dimensions), dtype=np.float32)

    def about(number: int) -> NDArray[Any]:
        noise = drawn.standard_normal((number, dimensions), dtype=np.float32)
        return topics[drawn.integers(0, _TOPICS, number)] + _NOISE * noise

    texts = [" ".join(one.split()[:8]) for one in read_rows(count).texts]
    return Questions(about(count), texts, about(rows))


def measure(store: Store, dsn: str, rows: int, dimensions: int, queries: int) -> dict[str, Any]:
    """Time every side on one collection with HNSW; give milliseconds and recalls."""
    asked = read_questions(rows, dimensions, queries)
    _stock(store, rows, dimensions, asked)
    with psycopg.connect(dsn, autocommit=True) as admin:
        _settle(store, admin)
        sides = _Sides(store, dsn, asked).made()
        times: dict[str, list[float]] = {side: [] for side in sides}
        found: dict[str, list[set[str]]] = {side: [] for side in sides}
        for run in sides.values():
            for place in range(min(10, queries)):  # prepared from then on, and by a generic plan
                run(place)
        turns = random.Random(SEED)  # noqa: S311  # an order, no secret
        for place in range(queries):
            for side in turns.sample(list(sides), len(sides)):
                run = sides[side]
                kept: list[Any] = []
                times[side].append(1_000 * seconds(lambda: kept.append(run(place))))  # noqa: B023  # called at once
                found[side].append({_id_of(hit) for hit in kept[0]})
        exact = [
            {match.id for match in store.search(TENANT, NAME, query, exact=True)}
            for query in asked.vectors
        ]
        recalls = {
            side: statistics.fmean(
                len(one & true) / len(true) for one, true in zip(ids, exact, strict=True)
            )
            for side, ids in found.items()
            if side in {"bare 40", "ef 40", "bare chosen", "search"}
        }
        register_vector(admin)
        single = one_item(store, admin, items(read_rows(200), asked.corpus[:200]))
    store.drop_collection(TENANT, NAME)
    return {"times_ms": times, "recall": recalls, "one_item_ms": single}


def pairs(store: Store, dsn: str, rows: int, dimensions: int, queries: int) -> dict[str, Any]:
    """Time the search by index alone beside bare queries: give milliseconds, and those of CPU.

    Nothing else runs between: no text, no fusion. What the client computes is told beside it, by
    the processor's clock of its thread, so what psycopg takes of it is seen.
    """
    asked = read_questions(rows, dimensions, queries)
    _stock(store, rows, dimensions, asked)
    with psycopg.connect(dsn, autocommit=True) as admin:
        _settle(store, admin)
    sides = _Sides(store, dsn, asked).paired()
    for run in sides.values():
        for place in range(min(20, queries)):
            run(place)
    times: dict[str, list[float]] = {side: [] for side in sides}
    computed: dict[str, list[float]] = {side: [] for side in sides}
    turns = random.Random(SEED)  # noqa: S311  # an order, no secret
    for place in range(queries):
        for side in turns.sample(list(sides), len(sides)):
            start = time.thread_time()
            times[side].append(1_000 * seconds(partial(sides[side], place)))
            computed[side].append(1_000 * (time.thread_time() - start))
    store.drop_collection(TENANT, NAME)
    return {"times_ms": times, "client_ms": computed}


def shown_pairs(results: dict[str, Any], rows: int, dimensions: int) -> Any:
    """Make the table of the pairs."""
    made = table(
        f"{rows:,} x {dimensions}, HNSW, ef 40, top {LIMIT}, p50 ms, nothing else between",
        *("", "ms", "client's CPU", "ratio", "difference", "bar", ""),
    )
    medians = {side: statistics.median(times) for side, times in results["times_ms"].items()}
    bare, allowed = medians["bare 40"], BARS[0]
    for side, median in medians.items():
        met = median <= allowed.ratio * bare or median - bare <= allowed.more_ms
        barred = side == allowed.ours
        made.add_row(
            _PAIRED[side],
            f"{median:.3f}",
            f"{statistics.median(results['client_ms'][side]):.3f}",
            f"{median / bare:.2f}",
            f"{median - bare:+.3f}",
            f"<= {allowed.ratio} or +{allowed.more_ms}" if barred else "",
            verdict(met=met) if barred else "",
        )
    return made


def _stock(store: Store, rows: int, dimensions: int, asked: Questions) -> None:
    store.ensure_collection(TENANT, collection(NAME, dimensions))
    store.load(TENANT, NAME, items(read_rows(rows), asked.corpus))
    store.create_index(TENANT, NAME, Hnsw())


def _settle(store: Store, admin: psycopg.Connection[Any]) -> None:
    admin.execute(f"VACUUM ANALYZE {table_of(store, NAME)}")
    admin.execute("CHECKPOINT")


def shown(results: dict[str, Any], rows: int, dimensions: int) -> Any:
    """Make the table of the bars."""
    made = table(
        f"{rows:,} x {dimensions}, HNSW, top {LIMIT}, p50 ms: the store beside its server",
        *("", "recall, bare", "recall", "bare", "store", "ratio", "difference", "bar", ""),
    )
    medians = {side: statistics.median(times) for side, times in results["times_ms"].items()}
    for bar in BARS:
        bare, ours = sum(medians[side] for side in bar.others), medians[bar.ours]
        met = ours <= bar.ratio * bare or (bar.more_ms > 0 and ours - bare <= bar.more_ms)
        allowed = f"<= {bar.ratio}" + (f" or +{bar.more_ms}" if bar.more_ms else "")
        recalls = [results["recall"].get(side) for side in (bar.others[0], bar.ours)]
        made.add_row(
            bar.name,
            *("" if one is None else f"{one:.3f}" for one in recalls),
            *_compared(bare, ours),
            allowed,
            verdict(met=met),
        )
    for kind, times in results["one_item_ms"].items():
        bare, ours = (statistics.median(times[side]) for side in ("bare", "ours"))
        met = verdict(met=ours <= ONE_ITEM_BAR * bare)
        name = f"one item upserted, {kind}, to a bound INSERT"
        made.add_row(name, "", "", *_compared(bare, ours), f"<= {ONE_ITEM_BAR}", met)
    return made


def _compared(bare: float, ours: float) -> list[str]:
    return [f"{bare:.3f}", f"{ours:.3f}", f"{ours / bare:.2f}", f"{ours - bare:+.3f}"]


def _id_of(hit: Any) -> str:
    return str(hit[0] if isinstance(hit, tuple) else hit.id)


class _Sides:
    """The sides by their names, each a call that takes the place of a query."""

    def __init__(self, store: Store, dsn: str, asked: Questions) -> None:
        self._store, self._dsn, self._asked = store, dsn, asked
        # what a client keeps for a while is read once: the registry, frequencies, the spread
        store.search_hybrid(TENANT, NAME, asked.vectors[0], asked.texts[0])
        stored = store._driver.context.known(TENANT, NAME)  # noqa: SLF001  # as the store has it
        if stored is None:
            msg = f"collection {NAME!r} is gone"
            raise LookupError(msg)
        self._shape = shape_of(stored)
        self._table = table_of(store, NAME)

    def made(self) -> dict[str, Callable[[int], Any]]:
        """Make them all."""
        store, vectors, texts = self._store, self._asked.vectors, self._asked.texts
        explained = store.search(TENANT, NAME, vectors[0], explain=True).explanation
        chosen = explained.settings.get("hnsw.ef_search") if explained else None
        context = store._driver.context  # noqa: SLF001  # the store's own statements are the point
        words = TextOptions(limit=LIMIT)
        arm = VectorOptions(limit=CANDIDATES)

        def by_text(options: TextOptions, place: int) -> Any:
            return text.search_text(context, TENANT, NAME, texts[place], options)

        def by_both(place: int) -> Any:
            options = HybridOptions(limit=LIMIT)
            return hybrid.search_hybrid(
                context, TENANT, NAME, vectors[place], texts[place], options
            )

        def by_vector(place: int) -> Any:
            return vector.search(context, TENANT, NAME, vectors[place], arm)

        search = partial(store.search, TENANT, NAME)
        return {
            "bare 40": self._bare("40"),
            "bare chosen": self._bare(chosen or "40"),
            "ef 40": lambda place: search(vectors[place], exact=False, ef_search=40),
            "search": lambda place: search(vectors[place]),
            "bare text": self._statements(partial(by_text, words)),
            "text": lambda place: store.search_text(TENANT, NAME, texts[place]),
            "bare hybrid": self._statements(by_both),
            "hybrid": lambda place: store.search_hybrid(TENANT, NAME, vectors[place], texts[place]),
            "vector arm": self._statements(by_vector),
            "text arm": self._statements(partial(by_text, TextOptions(limit=CANDIDATES))),
        }

    def paired(self) -> dict[str, Callable[[int], Any]]:
        """Make those that are measured alone."""
        store, vectors = self._store, self._asked.vectors
        context = store._driver.context  # noqa: SLF001  # as above
        options = VectorOptions(limit=LIMIT, exact=False, ef_search=40)

        def by_vector(place: int) -> Any:
            return vector.search(context, TENANT, NAME, vectors[place], options)

        search = partial(store.search, TENANT, NAME)
        return {
            "bare 40": self._bare("40"),
            "columns 40": self._bare("40", _ALL_COLUMNS),
            "statement 40": self._statements(by_vector),
            "ef 40": lambda place: search(vectors[place], exact=False, ef_search=40),
            "search": lambda place: search(vectors[place]),
        }

    def _session(self, settings: dict[str, str]) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self._dsn, autocommit=True)
        dumping_encoded(connection.adapters)
        for name, value in settings.items():
            connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        return connection

    def _bare(self, effort: str, written: str = _BARE) -> Callable[[int], Any]:
        session = self._session({"hnsw.ef_search": effort})
        query = written.format(table=self._table, limit=LIMIT)
        encoded = [encode_query(self._shape, one) for one in self._asked.vectors]

        def run(place: int) -> list[Any]:
            cursor = psycopg.RawCursor(session)
            cursor.execute(query, [encoded[place]], prepare=True, binary=True)
            return cursor.fetchall()

        return run

    def _statements(self, operation: Callable[[int], Any]) -> Callable[[int], Any]:
        made = [sent(operation(place)) for place in range(len(self._asked.texts))]
        before = made[0].before
        values = list(before.parameters.values()) if before is not None else []
        session = self._session(dict(zip(values[::2], values[1::2], strict=True)))

        def run(place: int) -> list[Any]:
            query, bound = made[place].sent()
            cursor = psycopg.RawCursor(session)
            cursor.execute(query, bound, prepare=True, binary=True)
            return cursor.fetchall()

        return run


def sent(operation: Any) -> Statement:
    """Give the search that an operation sends first; the caches are warm."""
    request = next(next(operation).body())
    statement: Statement = list(request.statements)[-1] if isinstance(request, Many) else request
    return statement
