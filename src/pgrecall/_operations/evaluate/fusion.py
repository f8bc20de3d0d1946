"""Learn a collection's fusion from questions whose answers are known, and pin it."""

from __future__ import annotations

from array import array
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall._operations.context import look_up, resolve
from pgrecall._operations.evaluate.asking import Asked, ask_each, check_functions
from pgrecall._operations.evaluate.ways import checked_candidates, checked_title_weights, ways
from pgrecall._operations.search import fusing
from pgrecall._operations.search.fusing import Fusing
from pgrecall._operations.search.hybrid import search_hybrid
from pgrecall._operations.search.options import HybridOptions
from pgrecall._operations.work import Work
from pgrecall._statements.collections import registry
from pgrecall.errors import CollectionNotFoundError, InvalidArgumentError, PgRecallError
from pgrecall.evaluation.fusion_report import FusionReport
from pgrecall.evaluation.intervals import mean_of
from pgrecall.evaluation.weights import ARMS, TRIED, by_weight, chosen
from pgrecall.fusion import WeightedSum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.evaluate.asking import Embed
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall.evaluation.questions import Judged, Question


def tune_fusion(
    context: Context,
    tenant: str,
    name: str,
    questions: Iterable[Any] | None,
    *,
    candidates: bool | Iterable[int],
    title_weight: bool | Iterable[float],
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
    depths, weights = checked_candidates(candidates), checked_title_weights(title_weight)
    if questions is None:
        return (yield from _reset(context, tenant, name))
    # what is learned is of the model and the analysis that there are now
    stored = yield from resolve(context, tenant, name)
    tried, rows = ways(stored, depths, weights), array("f")

    def ask(question: Judged, vector: Any, _: Question) -> Operation[None]:
        for way in tried:
            found = []
            for alpha in ARMS:
                options = HybridOptions(
                    limit=2 * way.candidates,
                    candidates=way.candidates,
                    text_candidates=way.candidates,
                    fusion=WeightedSum(alpha),
                )
                searching = search_hybrid(
                    context,
                    tenant,
                    name,
                    vector,
                    question.text,
                    options,
                    title_weight=way.title_weight,
                )
                found.append((yield from searching))
            rows.extend(by_weight(question.grades, *found))

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
    ndcg = np.frombuffer(rows, np.float32).reshape(-1, len(tried), len(TRIED))
    return (yield from _learned(context, stored, asked, tried, ndcg))


def _learned(
    context: Context, stored: Stored, asked: Asked, tried: Sequence[Fusing], ndcg: Any
) -> Operation[FusionReport]:
    alpha, gain, way = chosen(ndcg, [(one.candidates, one.title_weight) for one in tried])
    taken, before = tried[way]._replace(alpha=alpha), fusing.learned(stored)
    changed = taken != Fusing()
    if changed:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        known = {"gain": round(gain.value, 4), "questions": len(ndcg), "at": at}
        yield from pin(context, stored, fusing.to_pin(stored, taken, **known))
    kept = taken if changed else before or taken
    means = ndcg.mean(axis=0, dtype=np.float64)
    return _report(
        stored,
        kept,
        pinned=changed or before is not None,
        changed=changed,
        gain=gain,
        questions=len(ndcg),
        curve=dict(zip(TRIED, means[way].tolist(), strict=True)),
        ways={
            (one.candidates, _of_title(stored, one)): float(mean.max())
            for one, mean in zip(tried, means, strict=True)
        },
        unjudged=asked.unjudged,
        missing=asked.missing,
        missing_ids=asked.missing_ids,
    )


def _reset(context: Context, tenant: str, name: str) -> Operation[FusionReport]:
    stored = yield from resolve(context, tenant, name)
    changed = stored.settings.get(fusing.FUSION) is not None
    # another client may have learned one that this one has not met
    yield from pin(context, stored, {fusing.FUSION: None})
    return _report(
        stored,
        Fusing(),
        pinned=False,
        changed=changed,
        gain=mean_of(np.zeros(0)),
        questions=0,
        curve={},
        ways={},
    )


def _report(stored: Stored, kept: Fusing, **told: Any) -> FusionReport:
    return FusionReport(
        alpha=kept.alpha,
        candidates=kept.candidates,
        title_weight=_of_title(stored, kept),
        **told,
    )


def _of_title(stored: Stored, way: Fusing) -> float | None:
    return None if stored.collection.title is None else way.title_weight


def pin(context: Context, stored: Stored, settings: Mapping[str, Any]) -> Operation[None]:
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
