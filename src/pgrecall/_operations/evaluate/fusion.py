"""Learn a collection's fusion from questions whose answers are known, and pin it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall._operations.context import look_up, resolve
from pgrecall._operations.evaluate.asking import Asked, ask_each, check_functions
from pgrecall._operations.search import fusing
from pgrecall._operations.search.hybrid import search_hybrid
from pgrecall._operations.search.options import DEFAULT_CANDIDATES, HybridOptions
from pgrecall._operations.work import Work
from pgrecall._statements.collections import registry
from pgrecall._statements.search.fuse import ODDS_PRIOR
from pgrecall.errors import CollectionNotFoundError, InvalidArgumentError, PgRecallError
from pgrecall.evaluation.fusion_report import FusionReport
from pgrecall.evaluation.intervals import mean_of
from pgrecall.evaluation.measures import ndcg
from pgrecall.evaluation.weights import DEFAULT, TRIED, chosen
from pgrecall.fusion import WeightedSum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.evaluate.asking import Embed
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall.evaluation.questions import Judged, Question

K = 10
"""Answers that count."""
_ARMS = (1.0, 0.0)


def tune_fusion(
    context: Context,
    tenant: str,
    name: str,
    questions: Iterable[Any] | None,
    *,
    embed: Embed | None,
    reset: bool,
    progress: Callable[[int], object] | None,
) -> Operation[FusionReport]:
    """Ask each question by either arm alone, and weigh the two in every way that is tried."""
    context = context.unwatched()
    check_functions(embed=embed, progress=progress)
    if not isinstance(reset, bool):
        msg = f"reset must be True or False, not {reset!r}"
        raise InvalidArgumentError(msg)
    if reset == (questions is not None):
        msg = "give questions to learn from, or reset=True to go back to the default, not both"
        raise InvalidArgumentError(msg)
    if questions is None:
        return (yield from _reset(context, tenant, name))
    # what is learned is of the model and the analysis that there are now
    stored = yield from resolve(context, tenant, name)
    rows: list[list[float]] = []

    def ask(question: Judged, vector: Any, _: Question) -> Operation[None]:
        odds: dict[str, list[float]] = {}
        for arm, alpha in enumerate(_ARMS):
            options = HybridOptions(
                limit=2 * DEFAULT_CANDIDATES,
                candidates=DEFAULT_CANDIDATES,
                text_candidates=DEFAULT_CANDIDATES,
                fusion=WeightedSum(alpha),
            )
            found = yield from search_hybrid(context, tenant, name, vector, question.text, options)
            for match in found:
                odds.setdefault(match.id, [0.0, 0.0])[arm] = _odds(match.score)
        rows.append(_by_weight(question.grades, odds))

    asked = yield from ask_each(
        context,
        tenant,
        name,
        questions,
        ask,
        needing="a hybrid search",
        embed=embed,
        progress=progress,
    )
    if asked.failure is not None:
        raise asked.failure  # a weight by the first of the questions is none of all
    return (yield from _learned(context, stored, asked, np.array(rows)))


def _odds(score: float) -> float:
    """Give the odds that a score was made of."""
    return ODDS_PRIOR * score / max(1.0 - score, np.finfo(float).tiny)


def _by_weight(grades: Mapping[str, float], odds: Mapping[str, Sequence[float]]) -> list[float]:
    """Give the nDCG of the order that each weight makes of the candidates, ties by id."""
    ids = sorted(odds)
    arms = np.array([odds[id_] for id_ in ids]).reshape(len(ids), 2)
    found = []
    for alpha in TRIED:
        order = np.argsort(-(alpha * arms[:, 0] + (1 - alpha) * arms[:, 1]), kind="stable")[:K]
        found.append(ndcg(grades, [ids[place] for place in order], K))
    return found


def _learned(context: Context, stored: Stored, asked: Asked, rows: Any) -> Operation[FusionReport]:
    alpha, gain = chosen(rows)
    before = fusing.learned(stored)
    changed = alpha != DEFAULT
    if changed:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        pin = fusing.to_pin(stored, alpha, gain=round(gain.value, 4), questions=len(rows), at=at)
        yield from _write(context, stored, pin)
    kept = alpha if changed else DEFAULT if before is None else before.alpha
    return FusionReport(
        alpha=kept,
        pinned=changed or before is not None,
        changed=changed,
        gain=gain,
        questions=len(rows),
        curve=dict(zip(TRIED, rows.mean(axis=0).tolist(), strict=True)),
        unjudged=asked.unjudged,
        missing=asked.missing,
        missing_ids=asked.missing_ids,
    )


def _reset(context: Context, tenant: str, name: str) -> Operation[FusionReport]:
    stored = yield from resolve(context, tenant, name)
    changed = stored.settings.get(fusing.FUSION) is not None
    # another client may have learned one that this one has not met
    yield from _write(context, stored, {fusing.FUSION: None})
    return FusionReport(
        alpha=DEFAULT,
        pinned=False,
        changed=changed,
        gain=mean_of(np.zeros(0)),
        questions=0,
        curve={},
    )


def _write(context: Context, stored: Stored, settings: Mapping[str, Any]) -> Operation[None]:
    """Write for every client how the collection is searched, if it is the one that was asked.

    Raises:
        CollectionNotFoundError: It was dropped meanwhile.
        PgRecallError: It has another model, analysis or title by now, or another one took its name.
    """

    def body() -> Steps[None]:
        found = yield registry.lock(stored)
        if not found.rows:
            raise CollectionNotFoundError(stored.tenant, stored.collection.name)
        now = registry.stored_from(stored.schema, stored.server, found.rows[0])
        if not fusing.is_alike(now, stored):
            msg = (
                f"collection {stored.collection.name!r} was re-embedded, altered or renamed while"
                " the questions were asked: nothing is changed; ask them again"
            )
            raise PgRecallError(msg)
        yield registry.update_settings(stored, settings)

    yield Work(body, writes=True, transaction=True)
    yield from look_up(context, stored.tenant, stored.collection.name)
