"""What hybrid search finds and what it costs: nDCG@10 of its fusions on four judged sets.

The store's own ``evaluate`` asks them, each set's questions by every fusion and by either arm.

Each fusion is compared with the better of its own two arms, and in the mean with reciprocal rank
fusion. Where documents have titles, ``Collection(title=...)`` is compared with title and text in
one. The cost of a hybrid search is compared with the sum of its arms, each asked for as many
candidates as the hybrid takes, by turns in one run.
"""

from __future__ import annotations

import argparse
import os
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from common import DATA_VARIABLE, TENANT, add_arguments, seconds, server, show, table, verdict
from text_quality import REFERENCE, fill, judgements, read

from pgrecall import Hnsw, Rrf, Store, WeightedSum
from pgrecall.evaluation import Question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall import Fusion

LIMIT, CANDIDATES = 10, 100
TITLED = ("scifact", "cranfield")
"""The sets whose documents have titles."""
WORST_BAR, MEAN_BAR, COST_BAR = -0.01, 0.013, 1.3
FUSIONS: Mapping[str, Fusion] = {
    "WeightedSum()": WeightedSum(),
    "WeightedSum(0.5)": WeightedSum(0.5),
    "WeightedSum(0.6)": WeightedSum(0.6),
    "WeightedSum(0.8)": WeightedSum(0.8),
    "Rrf()": Rrf(),
    "Rrf(k=4)": Rrf(k=4),
}


MODES: Mapping[str, Mapping[str, Any]] = {
    "dense": {"mode": "vector", "exact": True},
    "bm25": {"mode": "text"},
    **{label: {"mode": "hybrid", "fusion": fusion} for label, fusion in FUSIONS.items()},
}


def quality(store: Store, name: str, folder: Path) -> dict[str, float]:
    """Give the mean nDCG@10 of each way over the set's judged queries."""
    found = store.evaluate(TENANT, name, questions(folder), modes=MODES, k=LIMIT)
    return {label: found[label].ndcg.value for label in found}


def questions(folder: Path) -> list[Question]:
    """Read a set's queries with their vectors, and what is relevant to each."""
    grades = judgements(folder / "qrels.tsv")
    vectors = np.load(folder / "queries.minilm.npy").astype(np.float32)
    asked = zip(read(folder / "queries.jsonl.gz"), vectors, strict=True)
    # judges of one set mark what does not answer by a grade below 0
    every = [
        Question(
            query["text"],
            {id_: grade for id_, grade in grades.get(query["id"], {}).items() if grade > 0},
            vector,
            query["id"],
        )
        for query, vector in asked
    ]
    return [question for question in every if question.relevant]


def cost(store: Store, name: str, folder: Path, queries: int) -> dict[str, float]:
    """Give the p50 in milliseconds of a hybrid search and of its arms, by turns."""
    vectors = np.load(folder / "queries.minilm.npy").astype(np.float32)[:queries]
    texts = [query["text"] for query in read(folder / "queries.jsonl.gz")[:queries]]
    times: dict[str, list[float]] = {"vector": [], "text": [], "hybrid": []}
    for vector, text in zip(vectors, texts, strict=True):
        times["vector"].append(
            seconds(lambda v=vector: store.search(TENANT, name, v, limit=CANDIDATES))
        )
        times["text"].append(
            seconds(lambda t=text: store.search_text(TENANT, name, t, limit=CANDIDATES))
        )
        times["hybrid"].append(
            seconds(lambda v=vector, t=text: store.search_hybrid(TENANT, name, v, t, limit=LIMIT))
        )
    return {part: 1_000 * statistics.median(values) for part, values in times.items()}


def main() -> None:
    """Measure and print."""
    args = _arguments()
    if DATA_VARIABLE not in os.environ:
        print(f"{DATA_VARIABLE} is not set: it names the folder of the judged sets")
        return
    folder = Path(os.environ[DATA_VARIABLE])
    found = table("nDCG@10", "ranking", *REFERENCE, "mean", "worst to better arm", "mean to RRF")
    spent = table("p50 ms of the top 10", "set", "vector arm", "text arm", "hybrid", "ratio", "bar")
    titles = table("nDCG@10", "set", "ranking", "title in the text", "title=", "difference")
    results: dict[str, Any] = {"ndcg": {}, "titled": {}, "latency_ms": {}}
    with server(args.dsn) as dsn, Store(dsn) as store:
        for name in REFERENCE:
            fill(store, name, folder / name)
            store.create_index(TENANT, name, Hnsw())
            results["ndcg"][name] = quality(store, name, folder / name)
            times = cost(store, name, folder / name, args.queries)
            results["latency_ms"][name] = times
            ratio = times["hybrid"] / (times["vector"] + times["text"])
            spent.add_row(
                name,
                *(f"{times[part]:.1f}" for part in ("vector", "text", "hybrid")),
                f"{ratio:.2f}",
                f"{COST_BAR} {verdict(met=ratio <= COST_BAR)}",
            )
            store.drop_collection(TENANT, name)
        for name in TITLED:
            fill(store, name, folder / name, titled=True)
            without, found_so = results["ndcg"][name], quality(store, name, folder / name)
            results["titled"][name] = found_so
            for label in ("bm25", "WeightedSum()"):
                gained = found_so[label] - without[label]
                both = (f"{without[label]:.4f}", f"{found_so[label]:.4f}")
                titles.add_row(name, label, *both, f"{gained:+.4f}")
            store.drop_collection(TENANT, name)
    _add_rows(found, results["ndcg"])
    show(results, [found, titles, spent], [], args)


def _add_rows(found: Any, ndcgs: Mapping[str, Mapping[str, float]]) -> None:
    means = {
        label: statistics.fmean(values[label] for values in ndcgs.values())
        for label in ("dense", "bm25", *FUSIONS)
    }
    for label, mean in means.items():
        worst = min(
            values[label] - max(values["dense"], values["bm25"]) for values in ndcgs.values()
        )
        gained = mean - means["Rrf()"]
        met = worst >= WORST_BAR and gained >= MEAN_BAR
        found.add_row(
            label,
            *(f"{values[label]:.4f}" for values in ndcgs.values()),
            f"{mean:.4f}",
            f"{worst:+.4f}",
            f"{gained:+.4f}" + (f" {verdict(met=met)}" if label == "WeightedSum()" else ""),
        )


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--queries", type=int, default=90, help="queries to time in each set")
    return parser.parse_args()


if __name__ == "__main__":
    main()
