"""What text search finds and what it costs: nDCG@10 on four judged sets, p50, ingest.

The reference BM25 (bm25s: Lucene's formula, Snowball, English stop words) is recomputed by the
``reference.py`` beside the data; its figures stand here, since it needs packages of its own.
Latency is compared with what PostgreSQL does by itself, the words OR-ed and ranked by ``ts_rank``,
on one prepared psycopg cursor with the same settings; the sides take turns query by query.
Ingest is compared with that into a table whose texts go to ``to_tsvector`` as they are, by turns.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
from common import (
    DATA_VARIABLE,
    TENANT,
    add_arguments,
    seconds,
    server,
    show,
    table,
    table_of,
    verdict,
    without_analysis,
)
from psycopg import sql

from pgrecall import Collection, Hnsw, Item, Store
from pgrecall._statements.analysis_1.characters import WRITTEN_ANEW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REFERENCE = {"scifact": 0.6791, "cosqa": 0.3385, "cranfield": 0.3597, "npl": 0.4361}
QUALITY_BAR, RATIO_BAR, INGEST_BAR = -0.01, 1.25, 0.9
ROUNDS, INGESTED = 5, 20_000
LIMIT = 10
SPEED_SET, DIMENSIONS = "pypi50k", 384
COMMON_TERM, TWO_COMMON = "python", "python library"
_PLAIN = sql.SQL(
    "WITH asked AS MATERIALIZED (SELECT string_agg('''' || replace(replace(lexeme, '\\', '\\\\'),"
    " '''', '''''') || '''', '|')::tsquery AS query FROM unnest(to_tsvector('english', %s)))"
    " SELECT id, ts_rank(tsv, query) AS score, text, metadata::text FROM {}, asked"
    " WHERE tsv @@ query ORDER BY score DESC, id LIMIT %s"
)

_LOOKED_AT = sql.SQL("CASE WHEN text ~ {} COLLATE \"C\" THEN text || '' ELSE text END").format(
    sql.Literal(WRITTEN_ANEW)
)


def read(path: Path) -> list[dict[str, Any]]:
    """Read a file of one JSON object a line."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def judgements(path: Path) -> dict[str, dict[str, int]]:
    """Read the grades of each query's documents."""
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        query, document, grade = line.split("\t")
        grades[query][document] = int(grade)
    return grades


def ndcg(ids: Sequence[str], grades: Mapping[str, int]) -> float:
    """Compute nDCG@10 as trec_eval does: linear gain, the ideal from all judged documents."""

    def gain(values: Sequence[int]) -> float:
        return sum(value / np.log2(place + 2) for place, value in enumerate(values[:LIMIT]))

    ideal = gain(sorted((grade for grade in grades.values() if grade > 0), reverse=True))
    return gain([max(grades.get(id_, 0), 0) for id_ in ids]) / ideal


def fill(store: Store, name: str, folder: Path, *, titled: bool = False) -> None:
    """Load a set: title and text together, as the reference has them, or apart."""
    documents = read(folder / "corpus.jsonl.gz")
    vectors = np.load(folder / "corpus.minilm.npy").astype(np.float32)
    store.ensure_collection(TENANT, Collection(name, DIMENSIONS, title="title" if titled else None))

    def item(row: dict[str, Any], vector: Any) -> Item:
        title = row.get("title", "")
        if titled:
            return Item(row["id"], vector, row["text"], {"title": title})
        return Item(row["id"], vector, f"{title} {row['text']}".strip())

    store.load(
        TENANT, name, (item(row, vector) for row, vector in zip(documents, vectors, strict=True))
    )


def quality(store: Store, name: str, folder: Path) -> dict[str, float]:
    """Give the mean nDCG@10 of each ranking over the set's judged queries."""
    grades = judgements(folder / "qrels.tsv")
    judged = [
        query
        for query in read(folder / "queries.jsonl.gz")
        if any(grade > 0 for grade in grades.get(query["id"], {}).values())
    ]
    means = {}
    for ranking in ("bm25", "ts_rank", "ts_rank_cd"):
        values = []
        for query in judged:
            found = store.search_text(TENANT, name, query["text"], limit=LIMIT, ranking=ranking)
            values.append(ndcg([match.id for match in found], grades[query["id"]]))
        means[ranking] = statistics.fmean(values)
    return means


def latencies(
    store: Store, bare: psycopg.Connection[Any], texts: Sequence[str]
) -> dict[str, list[float]]:
    """Time both sides by turns, in milliseconds."""
    name = sql.Identifier(*table_of(store, SPEED_SET).split("."))
    plain = _PLAIN.format(name)
    times: dict[str, list[float]] = {"plain": [], "ours": []}

    def run_plain(text: str) -> None:
        bare.execute(plain, (text, LIMIT), prepare=True, binary=True).fetchall()

    def run_ours(text: str) -> None:
        store.search_text(TENANT, SPEED_SET, text, limit=LIMIT)

    for text in texts[:10]:
        run_plain(text)
        run_ours(text)
    for turn, text in enumerate(texts):
        pair = [("plain", run_plain), ("ours", run_ours)]
        for side, run in pair if turn % 2 else reversed(pair):
            times[side].append(1_000 * seconds(partial(run, text)))
    return times


def ingest(
    store: Store, bare: psycopg.Connection[Any], items: Sequence[Item], index: Hnsw | None
) -> dict[str, float]:
    """Give the median seconds of a load, its texts analysed, looked at and as they are, by turns.

    Those that are looked at go through the one expression alone that tells whether a text is to be
    written anew: what any analysis in SQL costs that leaves most texts as they are.
    """
    texts = {"plain": sql.SQL("text"), "looked at": _LOOKED_AT}
    sides = [*texts, "analysed"]
    times: dict[str, list[float]] = {side: [] for side in sides}
    for turn in range(ROUNDS):
        for side in sides[turn % len(sides) :] + sides[: turn % len(sides)]:
            store.drop_collection(TENANT, "ingest")
            store.ensure_collection(TENANT, Collection("ingest", DIMENSIONS, index=index))
            if side in texts:
                without_analysis(bare, table_of(store, "ingest"), texts[side])
            times[side].append(seconds(partial(store.load, TENANT, "ingest", items)))
    store.drop_collection(TENANT, "ingest")
    return {side: statistics.median(found) for side, found in times.items()}


def main() -> None:
    """Measure and print."""
    args = _arguments()
    if DATA_VARIABLE not in os.environ:
        print(f"{DATA_VARIABLE} is not set: it names the folder of the judged sets")
        return
    folder = Path(os.environ[DATA_VARIABLE])
    found = table(
        "nDCG@10", "set", "reference", "bm25", "difference", "bar", "", "ts_rank", "ts_rank_cd"
    )
    cost = table(
        "p50 ms of the top 10 among 50,000 texts", "queries", "OR + ts_rank", "bm25", "ratio", "bar"
    )
    results: dict[str, Any] = {"ndcg": {}, "latency_ms": {}}
    with server(args.dsn) as dsn, Store(dsn) as store:
        for name, reference in REFERENCE.items():
            fill(store, name, folder / name)
            means = quality(store, name, folder / name)
            difference = means["bm25"] - reference
            results["ndcg"][name] = {"reference": reference, **means}
            found.add_row(
                *(name, f"{reference:.4f}", f"{means['bm25']:.4f}", f"{difference:+.4f}"),
                *(f"{QUALITY_BAR:+.2f}", verdict(met=difference >= QUALITY_BAR)),
                *(f"{means['ts_rank']:.4f}", f"{means['ts_rank_cd']:.4f}"),
            )
        fill(store, SPEED_SET, folder / SPEED_SET)
        texts = [query["text"] for query in read(folder / SPEED_SET / "queries.jsonl.gz")]
        asked = {"the set's own": texts[: args.queries]}
        asked |= {f"{term!r} alone": [term] * 30 for term in (COMMON_TERM, TWO_COMMON)}
        with psycopg.connect(dsn, autocommit=True) as bare:
            bare.execute("SET jit = off")
            bare.execute("SET max_parallel_workers_per_gather = 0")
            for kind, queries in asked.items():
                times = latencies(store, bare, queries)
                plain, ours = (statistics.median(times[side]) for side in ("plain", "ours"))
                results["latency_ms"][kind] = {"plain": plain, "ours": ours}
                bar = (
                    ""
                    if "alone" in kind
                    else f"{RATIO_BAR} {verdict(met=ours / plain <= RATIO_BAR)}"
                )
                cost.add_row(kind, f"{plain:.1f}", f"{ours:.1f}", f"{ours / plain:.2f}", bar)
            written = table(
                f"load of {INGESTED:,} texts of {SPEED_SET}, rows/s",
                *("index", "texts as they are", "looked at", "ratio", "analysed", "ratio"),
                *("bar", ""),
            )
            items = store.list_items(TENANT, SPEED_SET, limit=INGESTED, include_vectors=True)
            results["ingest_s"] = {}
            for index in (None, Hnsw()):
                times = ingest(store, bare, items, index)
                ratio = times["plain"] / times["analysed"]
                results["ingest_s"][str(index)] = times
                written.add_row(
                    str(index),
                    f"{len(items) / times['plain']:,.0f}",
                    f"{len(items) / times['looked at']:,.0f}",
                    f"{times['plain'] / times['looked at']:.2f}",
                    f"{len(items) / times['analysed']:,.0f}",
                    *(f"{ratio:.2f}", f"{INGEST_BAR}", verdict(met=ratio >= INGEST_BAR)),
                )
        for name in (*REFERENCE, SPEED_SET):
            store.drop_collection(TENANT, name)
    show(results, [found, cost, written], [], args)


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--queries", type=int, default=300, help="queries to time")
    return parser.parse_args()


if __name__ == "__main__":
    main()
