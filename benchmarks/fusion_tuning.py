"""What ``tune_fusion`` gains over the default on questions that it has not seen, on judged sets.

Each set is searched twice: by its vectors, and by a vector arm that is far better than BM25, made
of each question's vector and .35 of the mean of its relevant documents'. ``evaluate`` asks every
question by either arm, and each weight is tried on what both say. From these figures, weights are
chosen by draws of 20, 50 and 200 of the questions, as ``tune_fusion`` chooses them, and judged by
the questions left out, which are half of them at least: of a set with fewer than 100 half are drawn
for 50, and of one with fewer than 400 none for 200. Beside the first draw's weight stands what
``tune_fusion`` itself chose.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from common import DATA_VARIABLE, TENANT, add_arguments, server, show, table, verdict
from hybrid_quality import questions
from text_quality import REFERENCE, fill, read

from pgrecall import Hnsw, Store, WeightedSum
from pgrecall._operations.search.options import DEFAULT_CANDIDATES
from pgrecall.evaluation.weights import ARMS as WEIGHTS
from pgrecall.evaluation.weights import DEFAULT, TRIED, by_weight, chosen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pgrecall.evaluation import Question
    from pgrecall.models import Matches

ARMS, DRAWN, DRAWS = ("MiniLM", "strong"), (20, 50, 200), 20
STRENGTH = 0.35
STRONG_BAR, MEAN_BAR, WORST_BAR = 0.02, -0.002, -0.01
STRONG_COUNT = 50


def strengthened(asked: Sequence[Question], folder: Path) -> list[Question]:
    """Move each question towards the documents that are relevant to it."""
    places = {row["id"]: place for place, row in enumerate(read(folder / "corpus.jsonl.gz"))}
    vectors = np.load(folder / "corpus.minilm.npy").astype(np.float32)
    moved = []
    for one in asked:
        relevant = [places[id_] for id_, grade in dict(one.relevant).items() if grade > 0]
        vector = np.asarray(one.vector) + STRENGTH * vectors[relevant].mean(axis=0)
        moved.append(replace(one, vector=vector / np.linalg.norm(vector)))
    return moved


def curves(store: Store, name: str, asked: Sequence[Question]) -> NDArray[np.float64]:
    """Give nDCG by weight, a row for each question.

    Each question is asked by either arm alone, and every weight is tried on what the two say of
    all candidates, as ``tune_fusion`` does: a search for each weight would take ten times as long.
    """
    rows: list[list[float]] = []
    said: list[Matches] = []

    def weigh(question: Question, _: str, matches: Matches) -> None:
        said.append(matches)
        if len(said) == len(WEIGHTS):
            rows.append(by_weight(dict(question.relevant), *said))
            said.clear()

    sized = {"candidates": DEFAULT_CANDIDATES, "text_candidates": DEFAULT_CANDIDATES}
    modes = {f"{alpha:g}": {"fusion": WeightedSum(alpha), **sized} for alpha in WEIGHTS}
    store.evaluate(TENANT, name, asked, modes=modes, k=2 * DEFAULT_CANDIDATES, on_answer=weigh)
    return np.array(rows)


def drawn(rows: NDArray[np.float64], count: int) -> tuple[list[float], NDArray[np.intp], float]:
    """Give what each draw gained on the others' questions, and the first draw with its weight."""
    gains, first, weight = [], np.zeros(0, dtype=np.intp), DEFAULT
    for draw in range(DRAWS):
        order = np.random.default_rng((count, draw)).permutation(len(rows))
        taken, left_out = order[:count], order[count:]
        alpha = chosen(rows[taken]).alpha
        held = rows[left_out]
        gained = held[:, TRIED.index(alpha)] - held[:, TRIED.index(DEFAULT)]
        gains.append(float(gained.mean()))
        if not draw:
            first, weight = taken, alpha
    return gains, first, weight


def measured(store: Store, folder: Path) -> list[dict[str, Any]]:
    """Learn from draws of each set by each arm."""
    found = []
    for name in REFERENCE:
        fill(store, name, folder / name)
        store.create_index(TENANT, name, Hnsw())
        own = questions(folder / name)
        for arm in ARMS:
            asked = own if arm == ARMS[0] else strengthened(own, folder / name)
            rows = curves(store, name, asked)
            for count in DRAWN:
                if count == DRAWN[-1] > len(rows) / 2:
                    continue
                taken = min(count, len(rows) // 2)
                gains, first, weight = drawn(rows, taken)
                told = store.tune_fusion(TENANT, name, [asked[place] for place in first])
                store.tune_fusion(TENANT, name, reset=True)
                found.append(
                    {
                        "set": name,
                        "arm": arm,
                        "questions": count,
                        "taken": taken,
                        "gains": gains,
                        "weight": weight,
                        "tuned": told.alpha,
                    }
                )
        store.drop_collection(TENANT, name)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    args = parser.parse_args()
    if DATA_VARIABLE not in os.environ:
        print(f"{DATA_VARIABLE} is not set: it names the folder of the judged sets")
        return
    with server(args.dsn) as dsn, Store(dsn) as store:
        found = measured(store, Path(os.environ[DATA_VARIABLE]))
    each = table("gain in nDCG@10", "arm", "questions", "set", "mean", "worst", "first draw, tuned")
    every = table("gain in nDCG@10", "arm", "questions", "mean of sets", "worst draw", "bars")
    for arm in ARMS:
        for count in DRAWN:
            lines = [one for one in found if (one["arm"], one["questions"]) == (arm, count)]
            for one in lines:
                mean, worst = np.mean(one["gains"]), min(one["gains"])
                both = f"{one['weight']:g}, {one['tuned']:g}"
                taken = str(one["taken"])
                each.add_row(arm, taken, one["set"], f"{mean:+.4f}", f"{worst:+.4f}", both)
            if not lines:
                continue
            mean = float(np.mean([np.mean(one["gains"]) for one in lines]))
            worst = min(min(one["gains"]) for one in lines)
            told = bars(arm, count, mean, worst)
            every.add_row(arm, str(count), f"{mean:+.4f}", f"{worst:+.4f}", told)
    show({"draws": found}, [every, each], [], args)


def bars(arm: str, count: int, mean: float, worst: float) -> str:
    """Tell whether a line is as good as it has to be; nothing where no bar is set."""
    if arm == ARMS[0]:
        met = mean >= MEAN_BAR and worst >= WORST_BAR
        return f"mean {MEAN_BAR}, worst {WORST_BAR}: {verdict(met=met)}"
    if count != STRONG_COUNT:
        return ""
    return f"mean +{STRONG_BAR}: {verdict(met=mean >= STRONG_BAR)}"


if __name__ == "__main__":
    main()
