"""Whether the store takes the right plan: recall, rows and p50 under filters of any width.

50,000 real texts of 384 dimensions with HNSW. A filter matches a share of the rows, at random or
near one another in space, by a declared field or by plain metadata. What the store chooses is
compared with the better of an exact search and of a search by the index whose effort is the least
that recalls 0.98, all three through the store and by turns.
"""

from __future__ import annotations

import argparse
import os
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from common import DATA_VARIABLE, TENANT, add_arguments, seconds, server, show, table, verdict
from text_quality import read

from pgrecall import Collection, Hnsw, Item, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from pgrecall import Match

SET, DIMENSIONS, NAME = "pypi50k", 384, "plans"
SHARES = (0.5, 0.1, 0.01, 0.001, 0.0001)
SIZES = (1_000, 5_000, 20_000, 50_000)
HOPELESS = 4.0  # times an exact search: no effort of the index can be the better one then
EFFORTS = (60, 80, 100, 130, 160, 200, 300, 400, 600, 800, 1_000)
RECALL_BAR, COST_BAR = 0.98, 1.3


def rows(folder: Path, count: int) -> Iterator[Item]:
    """Give items whose metadata says in which share of all rows each is."""
    texts = read(folder / "corpus.jsonl.gz")[:count]
    vectors = np.load(folder / "corpus.minilm.npy").astype(np.float32)[:count]
    random = np.random.default_rng(5).permutation(count) / count
    near = np.argsort(np.argsort(-(vectors @ vectors[0]))) / count
    for row, vector, spread, close in zip(texts, vectors, random, near, strict=True):
        metadata = {"random": float(spread), "near": float(close)}
        metadata |= {f"random {share}": bool(spread < share) for share in SHARES}
        metadata |= {f"near {share}": bool(close < share) for share in SHARES}
        yield Item(row["id"], vector, row["text"], metadata)


def filters() -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Give every filter with its name."""
    yield "none", None
    for share in SHARES:
        for kind in ("random", "near"):
            yield f"{share:.2%} {kind}, declared", {kind: {"$lt": share}}
            yield f"{share:.2%} {kind}, metadata", {f"{kind} {share}": True}


def measure(
    store: Store, name: str, queries: NDArray[np.float32], limit: int, filter_: Any
) -> dict[str, Any]:
    """Time the three by turns, once each query."""

    def asked(**how: Any) -> Callable[[Any], list[Match]]:
        return lambda query: store.search(TENANT, name, query, limit=limit, filter=filter_, **how)

    truth = [{match.id for match in asked(exact=True)(query)} for query in queries]
    first, exact = (
        statistics.median(seconds(lambda q=query, h=how: asked(**h)(q)) for query in queries[:5])
        for how in ({"exact": False}, {"exact": True})
    )
    hopeless = first > HOPELESS * exact
    effort = None if hopeless else _least_effort(store, name, queries, truth, limit, filter_)
    ways = {"chosen": asked(), "exact": asked(exact=True)}
    if effort is not None:
        ways["index"] = asked(exact=False, ef_search=effort)
    times: dict[str, list[float]] = {way: [] for way in ways}
    # asked once before: whoever reads a query's pages first would pay for the others
    found = [{match.id for match in ways["chosen"](query)} for query in queries]
    for turn, query in enumerate(queries):
        order = list(ways)[turn % len(ways) :] + list(ways)[: turn % len(ways)]
        for way in order:
            times[way].append(seconds(lambda s=ways[way], q=query: s(q)))
    return {
        "matching": max(map(len, truth)),
        "recall": _recall(found, truth),
        "short": sum(len(ours) < len(true) for ours, true in zip(found, truth, strict=True)),
        "effort": effort,
        **{way: 1_000 * statistics.median(values) for way, values in times.items()},
    }


def _least_effort(
    store: Store,
    name: str,
    queries: NDArray[np.float32],
    truth: Sequence[set[str]],
    limit: int,
    filter_: Any,
) -> int | None:
    for effort in EFFORTS:
        if effort < limit and effort != EFFORTS[-1]:
            continue
        found = [
            {
                match.id
                for match in store.search(
                    *(TENANT, name, query),
                    limit=limit,
                    filter=filter_,
                    exact=False,
                    ef_search=effort,
                )
            }
            for query in queries
        ]
        if _recall(found, truth) >= RECALL_BAR:
            return effort
    return None


def _recall(found: Sequence[set[str]], truth: Sequence[set[str]]) -> float:
    shares = [len(ours & true) / len(true) for ours, true in zip(found, truth, strict=True) if true]
    return statistics.fmean(shares)


def main() -> None:
    """Measure and print."""
    args = _arguments()
    if DATA_VARIABLE not in os.environ:
        print(f"{DATA_VARIABLE} is not set: it names the folder of the data")
        return
    folder = Path(os.environ[DATA_VARIABLE]) / SET
    queries = np.load(folder / "queries.minilm.npy").astype(np.float32)[: args.queries]
    results: list[dict[str, Any]] = []
    columns = ("recall", "short", "chosen ms", "exact ms", "index ms (ef)", "to better", "")
    found = table("The plan that the store chooses", "filter, limit", *columns)
    with server(args.dsn) as dsn, Store(dsn) as store:
        for count in SIZES:
            store.ensure_collection(
                TENANT,
                Collection(
                    NAME, DIMENSIONS, index=Hnsw(), fields={"random": "number", "near": "number"}
                ),
            )
            store.load(TENANT, NAME, rows(folder, count))
            every = list(filters()) if count == SIZES[-1] else [("none", None)]
            for label, filter_ in every:
                for limit in (10, 200):
                    measured = measure(store, NAME, queries, limit, filter_)
                    results.append({"rows": count, "filter": label, "limit": limit, **measured})
                    _add_row(found, results[-1])
            store.drop_collection(TENANT, NAME)
    show({"plans": results}, [found], [], args)


def _add_row(found: Any, result: dict[str, Any]) -> None:
    better = min(result["exact"], result.get("index", result["exact"]))
    ratio = result["chosen"] / better
    met = result["recall"] >= RECALL_BAR and not result["short"] and ratio <= COST_BAR
    index = f"{result['index']:.2f} ({result['effort']})" if "index" in result else "-"
    found.add_row(
        f"{result['rows']:,} rows, {result['filter']}, {result['limit']}",
        f"{result['recall']:.3f}",
        str(result["short"]),
        f"{result['chosen']:.2f}",
        f"{result['exact']:.2f}",
        index,
        f"{ratio:.2f}",
        verdict(met=met),
    )


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--queries", type=int, default=40, help="queries for each line")
    return parser.parse_args()


if __name__ == "__main__":
    main()
