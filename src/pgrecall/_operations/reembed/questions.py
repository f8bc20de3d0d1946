"""The caller's questions, asked of a collection and of its successor."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from pgrecall._operations.context import on_collection
from pgrecall._operations.items.items import shape_of
from pgrecall._operations.search import planning
from pgrecall._operations.search.running import in_one_trip
from pgrecall._operations.work import Call
from pgrecall._statements.search import vector as statements
from pgrecall._statements.search.plan import EXACT
from pgrecall._values.strings import check_text
from pgrecall._values.vectors import encode_query
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored
    from pgrecall.models import Questions

K = 10
"""Answers of each collection that are compared."""


class Question(NamedTuple):
    """A text with the grades of the items that answer it; none are known where it is empty."""

    text: str
    grades: Mapping[str, float]


def checked_questions(questions: Questions | None) -> list[Question]:
    """Read what the caller asks.

    Raises:
        InvalidArgumentError: A question cannot be read.
    """
    if isinstance(questions, str):
        msg = "questions must be a list of questions, not one string"
        raise InvalidArgumentError(msg)
    return [_question(question) for question in questions or ()]


def _question(question: object) -> Question:
    if isinstance(question, str):
        check_text("a question", question)
        return Question(question, {})
    match question:
        case (str(text), relevant) if not isinstance(relevant, str):
            check_text("a question", text)
            grades = _grades(relevant)
            if grades is not None:
                return Question(text, grades)
    msg = (
        'a question is a text, or a text with its relevant ids: ("who?", ["id-1", "id-2"]), or with'
        f' grades above 0: ("who?", {{"id-1": 2, "id-2": 1}}); not {type(question).__name__}'
    )
    raise InvalidArgumentError(msg)


def _grades(relevant: object) -> dict[str, float] | None:
    if isinstance(relevant, Mapping):
        grades = dict(relevant)
    elif isinstance(relevant, Iterable):
        grades = dict.fromkeys(relevant, 1.0)
    else:
        return None
    whole = all(
        isinstance(id_, str) and isinstance(grade, int | float) and grade > 0
        for id_, grade in grades.items()
    )
    return grades if whole else None


def ask(
    context: Context,
    stored: Stored,
    questions: Sequence[Question],
    embed: Callable[[list[str]], Any],
) -> Operation[list[list[str]]]:
    """Give the ids of each question's first answers, as a search of the store finds them."""
    vectors = yield Call(embed, ([question.text for question in questions],))
    check_count(vectors, len(questions))
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


def check_count(vectors: object, count: int) -> None:
    """Raise InvalidArgumentError unless there is a vector for every text."""
    try:
        given = len(vectors)  # type: ignore[arg-type]  # what has no length is told below
    except TypeError:
        msg = f"embed must give a sequence of vectors, not {type(vectors).__name__}"
        raise InvalidArgumentError(msg) from None
    if given != count:
        msg = f"embed gave {given} vectors for {count} texts: it must give one for each, in order"
        raise InvalidArgumentError(msg)


def compared(
    questions: Sequence[Question], old: list[list[str]] | None, new: list[list[str]]
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
            found[f"{which}_recall"] = statistics.fmean(recall(*pair) for pair in judged)
            found[f"{which}_ndcg"] = statistics.fmean(ndcg(*pair) for pair in judged)
    return found


def recall(grades: Mapping[str, float], ids: Sequence[str]) -> float:
    """Give the share of the relevant items that are among the answers."""
    return sum(id_ in grades for id_ in ids) / len(grades)


def ndcg(grades: Mapping[str, float], ids: Sequence[str]) -> float:
    """Give the answers' discounted gain against that of the best order.

    Järvelin, K., and Kekäläinen, J. (2002): Cumulated gain-based evaluation of IR techniques.
    """
    best = sorted(grades.values(), reverse=True)[:K]
    return _gain([grades.get(id_, 0.0) for id_ in ids]) / _gain(best)


def _gain(grades: Sequence[float]) -> float:
    return sum(grade / math.log2(place + 2) for place, grade in enumerate(grades))
