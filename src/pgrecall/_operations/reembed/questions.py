"""The caller's questions, asked of a collection and of its successor."""

from __future__ import annotations

import statistics
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pgrecall._operations.embedding import embedded
from pgrecall._operations.items.items import shape_of
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.search import planning
from pgrecall._operations.search.running import in_one_trip
from pgrecall._statements.search import vector as statements
from pgrecall._statements.search.plan import EXACT
from pgrecall._values.vectors import encode_query
from pgrecall.evaluation.measures import ndcg, recall
from pgrecall.evaluation.questions import check_are_several, judged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored
    from pgrecall.evaluation.questions import Judged
    from pgrecall.models import Questions

K = 10
"""Answers of each collection that are compared."""


def checked_questions(questions: Questions | None) -> list[Judged]:
    """Read what the caller asks.

    Raises:
        InvalidArgumentError: A question cannot be read.
    """
    if questions is None:
        return []
    check_are_several(questions)
    return [judged(question, number) for number, question in enumerate(questions, 1)]


def ask(
    context: Context,
    stored: Stored,
    questions: Sequence[Judged],
    embed: Callable[[list[str]], Any],
) -> Operation[list[list[str]]]:
    """Give the ids of each question's first answers, as a search of the store finds them."""
    vectors = yield from embedded(embed, [question.text for question in questions])
    answers = []
    for question, vector in zip(questions, vectors, strict=True):
        encoded = encode_query(shape_of(stored), vector, f"the vector of {question.text[:80]!r}")
        plan = planning.plan(stored, K, None)
        rows: list[Any] = []
        # where the index comes short or its answer does not stand, every item is compared
        for way in (plan, EXACT) if plan.fall_back and not plan.exact else (plan,):
            if len(rows) < K:
                made = statements.vector(stored, encoded, K, None, way, include_vectors=False)
                # a replica may not have all rows yet
                work = replace(in_one_trip(made), replica=False)
                rows = (yield from on_collection(context, stored, work))[0].rows
        answers.append([row[0] for row in rows if row[0] is not None])
    return answers


def compared(
    questions: Sequence[Judged], old: list[list[str]] | None, new: list[list[str]]
) -> dict[str, Any]:
    """Give the fields of a report."""
    found: dict[str, Any] = {"questions": len(questions)}
    if old is not None:
        shares = [
            len(set(was) & set(is_)) / len(was) for was, is_ in zip(old, new, strict=True) if was
        ]
        found["overlap"] = statistics.fmean(shares) if shares else None
    for which, answers in (("old", old), ("new", new)):
        judged = [
            (question.grades, ids)
            for question, ids in zip(questions, answers or (), strict=answers is not None)
            if question.grades
        ]
        if judged:
            found[f"{which}_recall"] = statistics.fmean(recall(*pair, K) for pair in judged)
            found[f"{which}_ndcg"] = statistics.fmean(ndcg(*pair, K) for pair in judged)
    return found
