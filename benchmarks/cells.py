"""No peer is faster anywhere: ``adapters.py --cells``.

Cells are numbers of rows, exactly compared or by an HNSW index, sync or async, with a filter (the
key of one row in five) or without. Everyone has the same lists of floats, answers one query after
the other, and takes turns with the others: some queries each, in an order that is drawn anew for
each round. Each peer runs in a process and an environment of its own, on the same server. An index
looks as hard as its store says, or all peers' as ``--peer-ef-search`` does; so recall stands beside
the times, of the ten that were asked for. A query by hand looks as hard as the core: ``bare.py``.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import psycopg
from bare import Bare
from common import SEED, TENANT, items, read_rows, server, table, table_of, verdict
from langchain_core.embeddings import DeterministicFakeEmbedding
from llama_index.core.vector_stores.types import (
    ExactMatchFilter,
    MetadataFilters,
    VectorStoreQuery,
)
from pace import read_questions
from peers import FOLDER, PEERS, database, environment, write_data

from pgrecall import AsyncStore, Collection, Hnsw, Store
from pgrecall.langchain import PgRecallVectorStore as LangChainStore
from pgrecall.llama_index import PgRecallVectorStore as LlamaIndexStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

K, KEY, VALUE = 10, "kind", "tool"
NAME = "cells"
CORE, ADAPTERS, BY_HAND = "core", ("LangChain", "LlamaIndex"), "by hand"
CORE_BAR, ADAPTER_BAR = 1.0, 1.05
SIDES = {
    "langchain_postgres": ("langchain-postgres PGVector", "langchain-postgres PGVectorStore"),
    "llama_index_postgres": ("llama-index PGVectorStore",),
}
"""The stores that each peer's environment has."""


class Side(Protocol):
    """Who answers queries: milliseconds and ids of each, by its place."""

    def ask(self, places: Sequence[int], *, filtered: bool, is_async: bool) -> dict[str, Any]:
        """Answer some of the queries, one after the other."""


class Ours:
    """The core or an adapter, in this process."""

    def __init__(
        self,
        queries: Sequence[list[float]],
        search: Callable[[list[float], bool], list[str]],
        asearch: Callable[[list[float], bool], Awaitable[list[str]]],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """Take the two ways of asking."""
        self._queries, self._search, self._asearch, self._loop = queries, search, asearch, loop

    def ask(self, places: Sequence[int], *, filtered: bool, is_async: bool) -> dict[str, Any]:
        """Answer some of the queries, one after the other."""
        times: list[float] = []
        found: list[list[str]] = []
        queries = [self._queries[place] for place in places]

        async def run() -> None:
            for query in queries:
                start = time.perf_counter()
                ids = await self._asearch(query, filtered)
                times.append(1_000 * (time.perf_counter() - start))
                found.append(ids)

        if is_async:
            self._loop.run_until_complete(run())
        else:
            for query in queries:
                start = time.perf_counter()
                ids = self._search(query, filtered)
                times.append(1_000 * (time.perf_counter() - start))
                found.append(ids)
        return {"times": times, "found": found}


class Theirs:
    """A peer, in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Wait until its rows are stored."""
        self._process = process
        self._read()

    def ask(self, places: Sequence[int], *, filtered: bool, is_async: bool) -> dict[str, Any]:
        """Have some of the queries answered, one after the other."""
        asked = {"places": list(places), "filtered": filtered, "async": is_async}
        assert self._process.stdin is not None  # noqa: S101  # it is a pipe
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = self._read()
        return answer

    def _read(self) -> Any:
        assert self._process.stdout is not None  # noqa: S101  # it is a pipe
        line = self._process.stdout.readline()
        if not line:
            msg = f"a peer ended with {self._process.wait()}"
            raise RuntimeError(msg)
        return json.loads(line)


@contextmanager
def ours(
    dsn: str, rows: int, corpus: Any, queries: list[list[float]]
) -> Iterator[tuple[dict[str, Side], Callable[..., None]]]:
    """Store the rows once, for the core and for both adapters."""
    loop = asyncio.new_event_loop()
    with Store(dsn) as store:
        fields = {KEY: "text"}
        made = Collection(NAME, corpus.shape[1], fields=fields)
        store.ensure_collection(TENANT, made)
        store.load(TENANT, NAME, items(read_rows(rows), corpus))
        astore = AsyncStore(dsn)
        said: dict[str, Any] = {"collection": NAME, "tenant": TENANT}
        embedding = DeterministicFakeEmbedding(size=corpus.shape[1])  # asked for nothing here
        chain = LangChainStore(embedding=embedding, store=store, **said)
        llama = LlamaIndexStore(store=store, **said)
        where = {KEY: VALUE}
        bare = Bare(dsn, queries, where, K, loop)
        nodes_where = MetadataFilters(filters=[ExactMatchFilter(key=KEY, value=VALUE)])

        def core(query: list[float], filtered: bool) -> list[str]:
            found = store.search(TENANT, NAME, query, limit=K, filter=where if filtered else None)
            return [one.id for one in found]

        async def acore(query: list[float], filtered: bool) -> list[str]:
            asked = where if filtered else None
            return [
                one.id for one in await astore.search(TENANT, NAME, query, limit=K, filter=asked)
            ]

        def by_chain(query: list[float], filtered: bool) -> list[str]:
            asked = where if filtered else None
            return [
                str(one.id) for one in chain.similarity_search_by_vector(query, k=K, filter=asked)
            ]

        async def aby_chain(query: list[float], filtered: bool) -> list[str]:
            asked = where if filtered else None
            found = await chain.asimilarity_search_by_vector(query, k=K, filter=asked)
            return [str(one.id) for one in found]

        def nodes(query: list[float], filtered: bool) -> VectorStoreQuery:
            asked = nodes_where if filtered else None
            return VectorStoreQuery(query_embedding=query, similarity_top_k=K, filters=asked)

        def by_llama(query: list[float], filtered: bool) -> list[str]:
            return list(llama.query(nodes(query, filtered)).ids or [])

        async def aby_llama(query: list[float], filtered: bool) -> list[str]:
            return list((await llama.aquery(nodes(query, filtered))).ids or [])

        def settle(*, is_indexed: bool) -> None:
            if is_indexed:
                store.create_index(TENANT, NAME, Hnsw())
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute(f"VACUUM ANALYZE {table_of(store, NAME)}")
                connection.execute("CHECKPOINT")
            # what each knows of the collection may be half a minute old
            store.describe_collection(TENANT, NAME)
            loop.run_until_complete(astore.describe_collection(TENANT, NAME))
            bare.settle(store, NAME)

        try:
            made_of: dict[str, Side] = {
                CORE: Ours(queries, core, acore, loop),
                "LangChain": Ours(queries, by_chain, aby_chain, loop),
                "LlamaIndex": Ours(queries, by_llama, aby_llama, loop),
                BY_HAND: bare,
            }
            yield made_of, settle
        finally:
            bare.close()
            loop.run_until_complete(astore.close())
            loop.close()
            store.drop_collection(TENANT, NAME)


@contextmanager
def theirs(
    dsn: str, peer: str, side: str, folder: Path, ef_search: int | None
) -> Iterator[tuple[str, Theirs]]:
    """Start a peer in a database of its own; give that, and the peer."""
    name = "cells_" + "".join(filter(str.isalnum, side.lower()))
    with database(dsn, name) as url:
        if ef_search is not None:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"ALTER DATABASE {name} SET hnsw.ef_search = {ef_search}")
        command = [str(environment(peer)), str(FOLDER / f"serve_{peer}.py"), url, str(folder), side]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
            try:
                yield url, Theirs(process)
            finally:
                process.kill()


def measure(dsn: str | None, args: Any) -> dict[str, Any]:
    """Fill every cell: milliseconds of each side, and its recall."""
    results: dict[str, Any] = {}
    with server(dsn) as where:
        for rows in args.cells:
            asked = read_questions(rows, args.dimensions, args.queries)
            with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
                write_data(Path(folder), read_rows(rows), asked.corpus, asked.vectors)
                sides, settle = stack.enter_context(
                    ours(where, rows, asked.corpus, asked.vectors.tolist())
                )
                urls = {}
                for peer in args.peers or PEERS:
                    for side in SIDES[peer]:
                        urls[side], sides[side] = stack.enter_context(
                            theirs(where, peer, side, Path(folder), args.peer_ef_search)
                        )
                truth = _truth(rows, asked.corpus, asked.vectors)
                for kind in ("exact", "index"):
                    _prepare(urls, is_indexed=kind == "index")
                    settle(is_indexed=kind == "index")
                    for is_async in (False, True):
                        for filtered in (False, True):
                            cell = f"{rows:,}, {kind}, {'async' if is_async else 'sync'}"
                            cell += ", filter" if filtered else ""
                            found = _turns(
                                sides, args, truth[filtered], filtered=filtered, is_async=is_async
                            )
                            print(
                                cell,
                                {k: round(v["p50_ms"], 2) for k, v in found.items()},
                                file=sys.stderr,
                            )  # what it is at
                            results[cell] = found
    return results


def _turns(
    sides: dict[str, Side], args: Any, truth: list[set[str]], *, filtered: bool, is_async: bool
) -> dict[str, Any]:
    times: dict[str, list[float]] = {side: [] for side in sides}
    recalls: dict[str, list[float]] = {side: [] for side in sides}
    drawn = random.Random(SEED)  # noqa: S311  # an order, no secret
    for side in sides.values():
        side.ask(range(min(10, args.queries)), filtered=filtered, is_async=is_async)
    for start in range(0, args.queries, args.turn):
        places = range(start, min(start + args.turn, args.queries))
        for name in drawn.sample(list(sides), len(sides)):
            answer = sides[name].ask(places, filtered=filtered, is_async=is_async)
            times[name] += answer["times"]
            for place, ids in zip(places, answer["found"], strict=name != BY_HAND):
                recalls[name].append(len(truth[place] & set(ids)) / len(truth[place]))
    return {
        name: {"p50_ms": statistics.median(times[name]), "recall": statistics.fmean(recalls[name])}
        for name in sides
        if times[name]
    }


def _truth(rows: int, corpus: Any, queries: Any) -> dict[bool, list[set[str]]]:
    """Give the true neighbours of each query, of all rows and of those that match the filter."""
    of = read_rows(rows)
    ids = np.array(of.ids)
    unit = corpus / np.linalg.norm(corpus, axis=1, keepdims=True)
    matching = np.array([one[KEY] == VALUE for one in of.metadata])
    found: dict[bool, list[set[str]]] = {}
    for filtered in (False, True):
        kept = matching if filtered else np.ones(rows, dtype=bool)
        nearest = np.argsort(-(queries @ unit[kept].T), axis=1)[:, :K]
        found[filtered] = [set(ids[kept][row].tolist()) for row in nearest]
    return found


def _prepare(urls: dict[str, str], *, is_indexed: bool) -> None:
    """Settle every peer's table, with an HNSW index where one is asked."""
    for url in urls.values():
        with psycopg.connect(url, autocommit=True) as connection:
            if is_indexed:
                rows = connection.execute(
                    "SELECT attrelid::regclass::text, attname FROM pg_attribute a"
                    " JOIN pg_class c ON c.oid = attrelid WHERE atttypid = 'vector'::regtype"
                    " AND relkind = 'r' AND NOT attisdropped"
                ).fetchall()
                for relation, column in rows:
                    connection.execute(
                        f"CREATE INDEX ON {relation} USING hnsw ({column} vector_cosine_ops)"
                    )
            connection.execute("VACUUM ANALYZE")


def shown(results: dict[str, Any]) -> Any:
    """Make the table: each side beside the fastest peer of its cell."""
    made = table(
        "p50 ms (recall), and times the fastest peer's",
        *("rows", "fastest peer", "its ms", BY_HAND, "core", "x", "", *_adapter_columns()),
    )
    for cell, found in results.items():
        peers = {name: of for name, of in found.items() if name not in {CORE, BY_HAND, *ADAPTERS}}
        best = min(peers, key=lambda name: peers[name]["p50_ms"])
        floor = peers[best]["p50_ms"]
        by_hand = _figure(found[BY_HAND]) if BY_HAND in found else ""
        row = [cell, best, _figure(peers[best]), by_hand, _figure(found[CORE])]
        row += [f"{found[CORE]['p50_ms'] / floor:.2f}"]
        row += [verdict(met=found[CORE]["p50_ms"] <= CORE_BAR * floor)]
        for name in ADAPTERS:
            ratio = found[name]["p50_ms"] / floor
            row += [f"{ratio:.2f}", verdict(met=ratio <= ADAPTER_BAR)]
        made.add_row(*row)
    return made


def _adapter_columns() -> list[str]:
    return [column for name in ADAPTERS for column in (f"{name} x", "")]


def _figure(of: dict[str, float]) -> str:
    return f"{of['p50_ms']:.2f} ({of['recall']:.3f})"
