"""What the adapters add to the core: ingest and search through LangChain and LlamaIndex.

Every round does the same through the core and through the adapter, in turn, on one store: the same
ids, texts, metadata and lists of floats, made before the clock begins, into a collection that is
made anew. ``--peers`` measures the frameworks' own PostgreSQL stores beside them, as ``peers.py``
does. ``--cells 300 5000 50000`` compares searches alone, in every way that there is: ``cells.py``.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cells
from common import (
    SEED,
    TENANT,
    Rows,
    add_arguments,
    items,
    median_and_range,
    read_rows,
    seconds,
    server,
    show,
    table,
    vectors,
    verdict,
)
from langchain_core.embeddings import DeterministicFakeEmbedding
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import VectorStoreQuery
from peers import PEERS, measure_peer, write_data

from pgrecall import Collection, Store
from pgrecall.langchain import PgRecallVectorStore as LangChainStore
from pgrecall.llama_index import PgRecallVectorStore as LlamaIndexStore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

K = 10


@dataclass(frozen=True)
class Side:
    """One way in and one way to search, and the bars of what it may cost."""

    name: str
    collection: str
    ingest: Callable[[], object]
    search: Callable[[list[float]], Sequence[Any]]
    ingest_bar: float = 0.0
    search_bar_ms: float = 0.0


def core(store: Store, rows: Rows, matrix: NDArray[Any]) -> Side:
    """Use the core as its users do."""
    given = items(rows, matrix, as_lists=True)
    name = "core"

    def ingest() -> None:
        store.ensure_collection(TENANT, Collection(name, matrix.shape[1]))
        store.upsert(TENANT, name, given)

    return Side("core", name, ingest, lambda query: store.search(TENANT, name, query, limit=K))


def langchain(store: Store, rows: Rows, matrix: NDArray[Any]) -> Side:
    """Use the LangChain side with embeddings that are there already."""
    name = "langchain"
    adapter = LangChainStore(
        embedding=DeterministicFakeEmbedding(size=matrix.shape[1]),  # asked for nothing here
        collection=name,
        tenant=TENANT,
        store=store,
    )
    embeddings = matrix.tolist()

    def ingest() -> None:
        adapter.add_texts(rows.texts, rows.metadata, ids=rows.ids, embeddings=embeddings)

    def search(query: list[float]) -> list[Any]:
        return adapter.similarity_search_by_vector(query, k=K)

    return Side("LangChain", name, ingest, search, ingest_bar=1.5, search_bar_ms=0.3)


def llama_index(store: Store, rows: Rows, matrix: NDArray[Any]) -> Side:
    """Use the LlamaIndex side with nodes that are embedded already."""
    name = "llama_index"
    adapter = LlamaIndexStore(store=store, collection=name, tenant=TENANT)
    nodes = [
        TextNode(id_=id_, text=text, metadata=metadata, embedding=vector)
        for id_, text, metadata, vector in zip(
            rows.ids, rows.texts, rows.metadata, matrix.tolist(), strict=True
        )
    ]

    def search(query: list[float]) -> Sequence[Any]:
        asked = VectorStoreQuery(query_embedding=query, similarity_top_k=K)
        return adapter.query(asked).nodes or []

    return Side(
        "LlamaIndex", name, lambda: adapter.add(nodes), search, ingest_bar=1.6, search_bar_ms=0.4
    )


def measure(
    store: Store, sides: Sequence[Side], queries: list[list[float]], rounds: int
) -> list[dict[str, Any]]:
    """Time ingest and search, each side in turn within a round or a query."""
    ingests: dict[str, list[float]] = {side.name: [] for side in sides}
    searches: dict[str, list[float]] = {side.name: [] for side in sides}
    for _ in range(rounds):
        for side in sides:
            store.drop_collection(TENANT, side.collection)
            ingests[side.name].append(seconds(side.ingest))
    for query in queries:
        for side in sides:
            searches[side.name].append(1_000 * seconds(lambda: found(side, query)))  # noqa: B023  # called at once
    return [
        {"name": side.name, "ingest_s": ingests[side.name], "search_ms": searches[side.name]}
        for side in sides
    ]


def found(side: Side, query: list[float]) -> None:
    """Search, and make sure that it was a search."""
    hits = side.search(query)
    if len(hits) != K:
        msg = f"{side.name} found {len(hits)} rows, not {K}"
        raise RuntimeError(msg)


def main() -> None:
    """Measure and print."""
    args = _arguments()
    if args.cells:
        results = cells.measure(args.dsn, args)
        turns = f"{args.queries} queries a cell, {args.turn} a turn; HNSW where there is an index"
        bars = f"bars: {cells.CORE_BAR} for the core, {cells.ADAPTER_BAR} for the adapters"
        show(results, [cells.shown(results)], [turns, bars], args)
        return
    rows, matrix = read_rows(args.rows), vectors(args.rows, args.dimensions)
    queries = vectors(args.queries, args.dimensions, seed=SEED + 1)
    with server(args.dsn) as dsn:
        with Store(dsn) as store:
            sides = [make(store, rows, matrix) for make in (core, langchain, llama_index)]
            results = measure(store, sides, queries.tolist(), args.rounds)
        peers: list[dict[str, Any]] = []
        with tempfile.TemporaryDirectory() as folder:
            write_data(Path(folder), rows, matrix, queries)
            for peer in args.peers:
                peers += measure_peer(peer, dsn, Path(folder))
    _show(args, rows, sides, results, peers)


def _show(
    args: argparse.Namespace,
    rows: Rows,
    sides: Sequence[Side],
    results: list[dict[str, Any]],
    peers: list[dict[str, Any]],
) -> None:
    made = table(
        f"{args.rows:,} rows, {args.dimensions} dimensions, no approximate index",
        *("store", "ingest, rows/s", "x core", "", "search p50, ms", "+ core, ms", ""),
    )
    base = results[0]
    base_s, base_ms = (statistics.median(base[key]) for key in ("ingest_s", "search_ms"))
    for side, result in zip(sides, results, strict=True):
        rates = [args.rows / taken for taken in result["ingest_s"]]
        times = statistics.median(taken / base_s for taken in result["ingest_s"])
        p50 = statistics.median(result["search_ms"])
        more = p50 - base_ms
        bars = bool(side.ingest_bar)
        made.add_row(
            side.name,
            median_and_range(rates),
            f"{times:.2f}" if bars else "",
            verdict(met=times <= side.ingest_bar) if bars else "",
            f"{p50:.2f}",
            f"{more:+.2f}" if bars else "",
            verdict(met=more <= side.search_bar_ms) if bars else "",
        )
    for peer in peers:
        made.add_row(
            peer["name"],
            f"{peer['rows_s']:,.0f}",
            f"{args.rows / peer['rows_s'] / base_s:.2f}",
            "",
            f"{peer['p50_ms']:.2f}",
            f"{peer['p50_ms'] - base_ms:+.2f}",
            "",
        )
    bars_are = "1.5x and +0.3 ms for LangChain, 1.6x and +0.4 ms for LlamaIndex"
    notes = [
        f"{rows.source}; lists of floats in; {args.rounds} rounds, {args.queries} queries",
        f"bars: {bars_are}",
    ]
    show({"source": rows.source, "results": results, "peers": peers}, [made], notes, args)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_arguments(parser)
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        *("--cells", "--cell"), type=int, nargs="*", default=[], help="rows: no peer is faster"
    )
    parser.add_argument("--turn", type=int, default=10, help="queries a turn in each cell")
    parser.add_argument(
        "--peer-ef-search", type=int, help="effort of the peers' indexes in cells, for their own 40"
    )
    parser.add_argument("--peers", nargs="*", default=[], choices=PEERS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
