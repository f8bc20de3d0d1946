"""What an evaluation says is to be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall.evaluation.printing import is_shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall.evaluation import Evaluation

_HYBRID, _RERANKED = "hybrid", " reranked"


def advice(evaluation: Evaluation, collection: str) -> list[str]:
    """Say what to change, each where the questions show that it is better."""
    found = list(_advice(evaluation, collection))
    if len(evaluation) > 1 and not found:
        found = ["these questions show nothing that is to be changed"]
    return found


def _advice(evaluation: Evaluation, collection: str) -> Iterator[str]:
    if _better(evaluation, "exact", "vector"):
        yield (
            "the index misses what answers: a higher recall, `pgrecall tune"
            f" {collection} --target 0.99`, brings it back"
        )
    plain = [name for name in evaluation if not name.endswith(_RERANKED)]
    rivals = [name for name in plain if _better(evaluation, name, _HYBRID)]
    if rivals:
        best = max(rivals, key=lambda name: evaluation[name].ndcg.value)
        yield (
            f"{best} answers better than hybrid: `pgrecall tune {collection} --questions FILE`"
            " learns the weight that hybrid searches take, best from other questions than these"
        )
    for name in plain:
        if _better(evaluation, name + _RERANKED, name):
            more = evaluation[name + _RERANKED].p50 - evaluation[name].p50
            yield f"{name}: the reranking pays, for {more:,.1f} ms more"
        elif name + _RERANKED in evaluation.modes:
            yield f"{name}: these questions do not show that the reranking pays"


def _better(evaluation: Evaluation, one: str, other: str) -> bool:
    names = evaluation.modes
    return one != other and one in names and other in names and is_shown(evaluation, one, other)
