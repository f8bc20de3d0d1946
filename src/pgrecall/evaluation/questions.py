"""Questions with the items that answer them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

from pgrecall._values.strings import check_text
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SHOWN = 60
"""Characters of a question that an error shows."""
_MOST_GRADE = 1e100
"""Grades of as many items as there can be add up to a number."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A question, and which items answer it.

    Attributes:
        text: The question, as a user would ask it.
        relevant: Ids of the items that answer it, or ``{id: grade}`` where some answer it better:
            grades are 0 (does not answer it) or more.
        vector: The question's embedding, as many numbers as the collection has dimensions; None
            where it has to be made of the text, or is not needed.
        id: What the question is called in reports and run files; None is its number, from 1.
        known_item: Whether the question was written from the item that answers it. Such questions
            use the item's words more than users do, which flatters search by text: every report
            says how many there are.
    """

    text: str
    relevant: Iterable[str] | Mapping[str, float] = ()
    vector: Sequence[float] | NDArray[Any] | None = field(default=None, repr=False)
    id: str | None = None
    known_item: bool = False


class Judged(NamedTuple):
    """A question that was read: what is asked, and the grades above 0 of the items by their ids.

    Nothing is known to answer it where there is no grade.
    """

    id: str
    text: str
    grades: dict[str, float]
    vector: Sequence[float] | NDArray[Any] | None
    known_item: bool


_WORKS = (
    'a question is Question("who?", ["id-1"]), a text, or a text with its relevant ids:'
    ' ("who?", ["id-1", "id-2"]), or with grades: ("who?", {"id-1": 2, "id-2": 1})'
)


def check_are_several(questions: object) -> None:
    """Raise InvalidArgumentError where one question was given for a list of them."""
    if isinstance(questions, str | Question | Mapping) or not isinstance(questions, Iterable):
        msg = f"questions must be a list of questions, not one {type(questions).__name__}: {_WORKS}"
        raise InvalidArgumentError(msg)


def judged(question: object, number: int) -> Judged:
    """Read a question.

    Args:
        question: What the caller gave.
        number: Its number, from 1.

    Raises:
        InvalidArgumentError: It cannot be read.
    """
    match question:
        case Question():
            read = question
        case str():
            read = Question(question)
        case (str(text), relevant):
            read = Question(text, relevant)  # type: ignore[arg-type]  # checked below
        case _:
            msg = f"question {number:,} is a {type(question).__name__}; {_WORKS}"
            raise InvalidArgumentError(msg)
    check_text(f"the text of question {number:,}", read.text)
    named = f"question {number:,} ({str(read.text)[:_SHOWN]!r})"
    if read.id is None:
        name = str(number)
    else:
        check_text(f"the id of {named}", read.id)
        name = str(read.id)
    if not name or name.split() != [name]:
        msg = f"the id of {named} must be a word without blanks, as run files need it, not {name!r}"
        raise InvalidArgumentError(msg)
    grades = _grades(named, read.relevant)
    return Judged(name, str(read.text), grades, read.vector, bool(read.known_item))


def _grades(named: str, relevant: object) -> dict[str, float]:
    if isinstance(relevant, str) or not isinstance(relevant, Iterable):
        msg = (
            f"relevant of {named} must be a list of ids or {{id: grade}}, not"
            f" {type(relevant).__name__}: write [{relevant!r}]"
            if isinstance(relevant, str)
            else f"relevant of {named} must be a list of ids or {{id: grade}}, not"
            f" {type(relevant).__name__}"
        )
        raise InvalidArgumentError(msg)
    given = relevant.items() if isinstance(relevant, Mapping) else ((id_, 1) for id_ in relevant)
    grades: dict[str, float] = {}
    for id_, grade in given:
        if not isinstance(id_, str) or not id_:
            msg = f"a relevant id of {named} must be a string that is not empty, not {id_!r}"
            raise InvalidArgumentError(msg)
        check_text(f"a relevant id of {named}", id_)
        value = _number(grade)
        if value is None:
            shown = repr(grade) if not isinstance(grade, int) else "one so large"
            msg = f"the grade of {id_!r} in {named} must be a number, not {shown}"
            raise InvalidArgumentError(msg)
        if value < 0:
            msg = (
                f"the grade of {id_!r} in {named} is {grade!r}: grades are 0 (not relevant) or more"
            )
            raise InvalidArgumentError(msg)
        if value > _MOST_GRADE:
            msg = (
                f"the grade of {id_!r} in {named} is {grade!r}: grades are {_MOST_GRADE:g} or less"
            )
            raise InvalidArgumentError(msg)
        if value > 0:
            grades[id_] = value
    return grades


def _number(grade: object) -> float | None:
    """Read a grade; None where it is no number that can be counted with."""
    # numpy's numbers are such too, and are what a data frame holds
    if not isinstance(grade, Real):
        return None
    try:
        value = float(grade)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None
