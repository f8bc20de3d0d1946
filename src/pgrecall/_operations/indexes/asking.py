"""Ask an index some questions at once, as it is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from pgrecall._statements.indexes import measuring as statements
from pgrecall._statements.search import scanning
from pgrecall._values.vectors import Encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.plan import Plan
    from pgrecall._statements.statement import Result, Statement

Ask: TypeAlias = "Callable[[Sequence[Statement]], Generator[Any, Any, list[Result]]]"
"""Sends statements together, in one transaction: an operation's way, or a transaction's own."""

AT_ONCE = 32
"""Searches that are sent together."""


class Question(NamedTuple):
    """What an index is asked.

    Attributes:
        vector: The question.
        id: Of the row whose vector it is: that row is no answer. None where it is of no row.
        is_held: Whether the index holds that row for its own search, as it holds all but those that
            were left out and those that it hides.
    """

    vector: Encoded
    id: str | None = None
    is_held: bool = True


def of_rows(rows: Sequence[Sequence[Any]], *, are_held: bool = True) -> list[Question]:
    """Take rows of an id and a vector's binary form."""
    return [Question(Encoded(data), id_, are_held) for id_, data in rows]


def answered(
    stored: Stored,
    questions: Sequence[Encoded],
    limit: int,
    plan: Plan,
    ask: Ask,
    *,
    parts: int = statements.PARTS,
    vectors: bool = False,
) -> Generator[Any, Any, list[list[tuple[Any, ...]]]]:
    """Ask the index: give each question's rows of id, distance and vector."""
    answers: list[list[tuple[Any, ...]]] = []
    settings = scanning.settings(stored, plan)
    for place in range(0, len(questions), AT_ONCE):
        some = questions[place : place + AT_ONCE]
        if stored.collection.distributed:
            asked = [
                statements.found(stored, one, limit, plan, parts=parts, vectors=vectors)
                for one in some
            ]
            results = yield from ask([settings, *asked])
            answers += [list(result.rows) for result in results[1:]]
            continue
        together = statements.found_each(stored, some, limit, plan, parts=parts, vectors=vectors)
        results = yield from ask([settings, together])
        each: list[list[tuple[Any, ...]]] = [[] for _ in some]
        for number, *row in results[-1].rows:
            each[number].append(tuple(row))
        answers += each
    return answers
