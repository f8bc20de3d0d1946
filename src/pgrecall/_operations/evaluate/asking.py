"""Ask a caller's questions one after another, some hundred in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from pgrecall._operations.context import resolve
from pgrecall._operations.embedding import embedded
from pgrecall._operations.items.items import shape_of
from pgrecall._operations.moved import following
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.work import PROGRESS, Call, one
from pgrecall._statements.evaluate.presence import present
from pgrecall._values.vectors import encode_query
from pgrecall.errors import InvalidArgumentError
from pgrecall.evaluation.questions import Judged, Question, check_are_several, judged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored

Embed: TypeAlias = Callable[[list[str]], Any]
Ask: TypeAlias = "Callable[[Judged, Any, Question], Operation[None]]"
"""Asks a question, with its vector, and how callers see it; ``FailedModelError`` ends the rest."""

AT_ONCE = 100
"""Questions in memory at a time with their vectors, and texts that ``embed`` gets at most."""
_MISSING_SHOWN = 20


@dataclass(slots=True)
class Asked:
    """What was asked so far.

    Attributes:
        questions: The questions, without their vectors.
        unjudged: Questions that were left out, for nothing is known to answer them.
        missing: Relevant items that are not stored.
        missing_ids: Some of them.
        failure: What ended it after the first questions: what the caller's model raised, or what
            came of a question that was read only then.
    """

    questions: list[Question] = field(default_factory=list)
    unjudged: int = 0
    missing: int = 0
    missing_ids: list[str] = field(default_factory=list)
    failure: Exception | None = None

    def miss(self, question: Judged, there: set[str]) -> None:
        """Count the relevant items that are not stored."""
        for id_ in question.grades:
            if id_ not in there:
                self.missing += 1
                if len(self.missing_ids) < _MISSING_SHOWN and id_ not in self.missing_ids:
                    self.missing_ids.append(id_)


class FailedModelError(Exception):
    """The caller's model failed."""

    def __init__(self, cause: Exception) -> None:
        """Keep what it raised, or what came of what it gave."""
        super().__init__()
        self.cause = cause


def check_functions(**functions: object) -> None:
    """Raise InvalidArgumentError unless what is given is functions."""
    for what, function in functions.items():
        if function is not None and not callable(function):
            msg = f"{what} must be a function, not {type(function).__name__}"
            raise InvalidArgumentError(msg)


def ask_each(
    context: Context,
    tenant: str,
    name: str,
    questions: Iterable[Any],
    ask: Ask,
    *,
    needing: str | None,
    embed: Embed | None,
    progress: Callable[[int], object] | None,
) -> Operation[Asked]:
    """Ask each question that something is known to answer.

    Args:
        context: The store's.
        tenant: The tenant.
        name: The collection's name.
        questions: What the caller gave.
        ask: Asks one.
        needing: What needs a vector of each question; None where nothing does.
        embed: Makes those that are not there.
        progress: Told how many are done.

    Raises:
        InvalidArgumentError: A question cannot be used, or none has a relevant item.
    """
    read, stored = yield from _reading(
        context, tenant, name, questions, needing=needing, can_embed=embed is not None
    )
    found, done, failure = Asked(), 0, None
    while failure is None:
        some, failure = _next(read)
        if not some:
            break
        asked = [question for question in some if question.grades]
        found.unjudged += len(some) - len(asked)
        try:
            vectors = yield from _vectors(stored, needing, asked, embed)
            ids = {id_ for question in asked for id_ in question.grades}
            there = yield from present_ids(context, tenant, name, ids)
            for question, vector in zip(asked, vectors, strict=True):
                kept = Question(
                    question.text, question.grades, id=question.id, known_item=question.known_item
                )
                yield from ask(question, vector, kept)
                found.miss(question, there)
                found.questions.append(kept)
        except FailedModelError as error:
            if not found.questions:
                raise error.cause from None
            found.failure = error.cause
            return found
        done += len(some)
        if progress is not None:
            yield Call(progress, (done,), PROGRESS)
    if not found.questions:
        raise failure or _unanswerable(found)
    found.failure = failure
    return found


def _unanswerable(found: Asked) -> InvalidArgumentError:
    msg = (
        f"none of the {found.unjudged:,} questions has a relevant item: give the ids that"
        ' answer each, Question("who?", ["id-1"])'
    )
    return InvalidArgumentError(msg)


def _reading(
    context: Context,
    tenant: str,
    name: str,
    questions: Iterable[Any],
    *,
    needing: str | None,
    can_embed: bool,
) -> Operation[tuple[Iterator[Judged], Stored]]:
    """Read questions, and the collection; of a list, what cannot be used is told at once."""
    check_are_several(questions)
    are_there = isinstance(questions, Sequence)
    read = _read(questions)
    if are_there:
        read = iter(list(read))
    stored = yield from resolve(context, tenant, name)
    if needing is not None:
        read = _searchable(stored, read, needing, can_embed=can_embed)
        if are_there:
            read = iter(list(read))
    return read, stored


def _read(questions: Iterable[object]) -> Iterator[Judged]:
    names: set[str] = set()
    for number, question in enumerate(questions, 1):
        read = judged(question, number)
        if read.id in names:
            msg = f"two questions have the id {read.id!r}: the second is question {number:,}"
            raise InvalidArgumentError(msg)
        names.add(read.id)
        yield read


def _searchable(
    stored: Stored, questions: Iterable[Judged], needing: str, *, can_embed: bool
) -> Iterator[Judged]:
    """Give questions whose vectors can be searched by, or made."""
    for question in questions:
        if question.vector is not None:
            encode_query(shape_of(stored), question.vector, _named(question.text))
        elif question.grades and not can_embed:
            msg = (
                f"question {question.text[:60]!r} has no vector, which {needing} searches by: give"
                " embed=, a function of a list of texts, or each question its vector, or search by"
                " text alone"
            )
            raise InvalidArgumentError(msg)
        yield question


def _next(questions: Iterator[Judged]) -> tuple[list[Judged], Exception | None]:
    """Give the next questions, and what kept those behind them from being read."""
    some: list[Judged] = []
    try:
        for question in islice(questions, AT_ONCE):
            some.append(question)  # noqa: PERF402  # those before an error are kept
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the caller's, and told
        return some, error
    return some, None


def _named(text: str) -> str:
    return f"the vector of {text[:60]!r}"


def _vectors(
    stored: Stored, needing: str | None, asked: Sequence[Judged], embed: Embed | None
) -> Operation[list[Any]]:
    """Give each question's vector, from the model where it has none; None where none is needed."""
    vectors: list[Any] = [question.vector for question in asked]
    places = [place for place, vector in enumerate(vectors) if vector is None]
    if needing is None or embed is None or not places:
        return vectors  # each that is needed is there
    made = yield from made_vectors(stored, [asked[place].text for place in places], embed)
    for place, vector in zip(places, made, strict=True):
        vectors[place] = vector
    return vectors


def made_vectors(stored: Stored, texts: Sequence[str], embed: Embed) -> Operation[list[Any]]:
    """Have the caller's model make a vector of each text.

    Raises:
        FailedModelError: It failed, or gave what the collection cannot be searched by.
    """
    try:
        made = list((yield from embedded(embed, list(texts))))
        for text, vector in zip(texts, made, strict=True):
            encode_query(shape_of(stored), vector, _named(text))
    except Exception as error:  # whatever it is, it is the caller's, or what came of it
        raise FailedModelError(error) from error
    return made


@following
def present_ids(context: Context, tenant: str, name: str, ids: set[str]) -> Operation[set[str]]:
    """Give which items of some are stored."""
    if not ids:
        return set()
    stored = yield from resolve(context, tenant, name)
    found = yield from on_collection(context, stored, one(present(stored, sorted(ids))))
    return {row[0] for row in found.rows}
