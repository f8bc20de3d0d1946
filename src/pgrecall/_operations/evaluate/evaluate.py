"""Ask the caller's questions in several ways, and count what is found."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from pgrecall._operations.context import on_collection, resolve
from pgrecall._operations.embedding import embedded
from pgrecall._operations.evaluate.modes import Mode, checked_modes
from pgrecall._operations.items.items import shape_of
from pgrecall._operations.search.checks import checked_limit
from pgrecall._operations.work import Call, one
from pgrecall._statements.evaluate.presence import present
from pgrecall._values.vectors import encode_query
from pgrecall.errors import InvalidArgumentError
from pgrecall.evaluation.measures import MEASURES
from pgrecall.evaluation.questions import Judged, Question, check_are_several, judged
from pgrecall.evaluation.report import Evaluation, ModeReport

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pgrecall._operations.context import Context
    from pgrecall._operations.evaluate.modes import Modes
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored
    from pgrecall.models import Matches

Embed: TypeAlias = Callable[[list[str]], Any]
OnAnswer: TypeAlias = Callable[[Question, str, "Matches"], object]

AT_ONCE = 100
"""Questions in memory at a time with their vectors, and texts that ``embed`` gets at most."""
_MISSING_SHOWN = 20


@dataclass(slots=True)
class _Found:
    """What was measured so far.

    Attributes:
        asked: The questions, without their vectors.
        per_question: By mode and measure, the values in the order of ``asked``.
        ms: By mode.
    """

    modes: Sequence[Mode]
    k: int
    asked: list[Question] = field(default_factory=list)
    per_question: dict[tuple[str, str], array[float]] = field(default_factory=dict)
    ms: dict[str, array[float]] = field(default_factory=dict)
    unjudged: int = 0
    missing: int = 0
    missing_ids: list[str] = field(default_factory=list)

    def add(self, mode: Mode, question: Judged, ids: Sequence[str], seconds: float) -> None:
        """Count an answer."""
        self.ms.setdefault(mode.name, array("d")).append(1_000 * seconds)
        for name, measure in MEASURES.items():
            values = self.per_question.setdefault((mode.name, name), array("d"))
            values.append(measure(question.grades, ids, self.k))

    def miss(self, question: Judged, there: set[str]) -> None:
        """Count the relevant items that are not stored."""
        for id_ in question.grades:
            if id_ not in there:
                self.missing += 1
                if len(self.missing_ids) < _MISSING_SHOWN and id_ not in self.missing_ids:
                    self.missing_ids.append(id_)

    def report(self, failure: Exception | None) -> Evaluation:
        """Give it as callers see it."""
        count = len(self.asked)
        reports = {
            mode.name: ModeReport(
                mode.name,
                {name: np.array(self.per_question[mode.name, name][:count]) for name in MEASURES},
                np.array(self.ms[mode.name][:count]),
            )
            for mode in self.modes
        }
        return Evaluation(
            k=self.k,
            questions=self.asked,
            modes=reports,
            unjudged=self.unjudged,
            missing=self.missing,
            missing_ids=self.missing_ids,
            failure=failure,
        )


def evaluate(
    context: Context,
    tenant: str,
    name: str,
    questions: Iterable[Any],
    *,
    modes: Modes,
    k: int,
    embed: Embed | None,
    progress: Callable[[int], object] | None,
    on_answer: OnAnswer | None,
) -> Operation[Evaluation]:
    """Ask each question in each way, one after another, and count what is found."""
    k = checked_limit(k, "k")
    found = _Found(checked_modes(modes, k), k)
    for what, function in (("embed", embed), ("progress", progress), ("on_answer", on_answer)):
        if function is not None and not callable(function):
            msg = f"{what} must be a function, not {type(function).__name__}"
            raise InvalidArgumentError(msg)
    check_are_several(questions)
    read = _read(questions)
    # of a list, what cannot be used is told before anything is asked
    all_of_them = list(read) if isinstance(questions, Sequence) else None
    stored = yield from resolve(context, tenant, name)
    if all_of_them is not None:
        _check_vectors(stored, found.modes, all_of_them)
        read = iter(all_of_them)
    done = 0
    while some := list(islice(read, AT_ONCE)):
        asked = [question for question in some if question.grades]
        found.unjudged += len(some) - len(asked)
        try:
            vectors = yield from _vectors(stored, found.modes, asked, embed)
        except _FailedModelError as error:
            if not found.asked:
                raise error.cause from None
            return found.report(error.cause)
        yield from _count_missing(context, stored, asked, found)
        for question, vector in zip(asked, vectors, strict=True):
            yield from _ask(context, (tenant, name), found, question, vector, on_answer)
        done += len(some)
        if progress is not None:
            yield Call(progress, (done,))
    if not found.asked:
        msg = (
            f"none of the {found.unjudged:,} questions has a relevant item: give the ids that"
            ' answer each, Question("who?", ["id-1"])'
        )
        raise InvalidArgumentError(msg)
    return found.report(None)


def _read(questions: Iterable[object]) -> Iterator[Judged]:
    names: set[str] = set()
    for number, question in enumerate(questions, 1):
        read = judged(question, number)
        if read.id in names:
            msg = f"two questions have the id {read.id!r}: the second is question {number:,}"
            raise InvalidArgumentError(msg)
        names.add(read.id)
        yield read


def _check_vectors(stored: Stored, modes: Sequence[Mode], questions: Iterable[Judged]) -> None:
    if any(mode.needs_vector for mode in modes):
        for question in questions:
            if question.vector is not None:
                encode_query(shape_of(stored), question.vector, _named(question.text))


def _named(text: str) -> str:
    return f"the vector of {text[:60]!r}"


class _FailedModelError(Exception):
    """The caller's model failed."""

    def __init__(self, cause: Exception) -> None:
        super().__init__()
        self.cause = cause


def _vectors(
    stored: Stored, modes: Sequence[Mode], asked: Sequence[Judged], embed: Embed | None
) -> Operation[list[Any]]:
    """Give each question's vector, from the model where it has none; None where none is needed."""
    vectors: list[Any] = [question.vector for question in asked]
    needing = next((mode.name for mode in modes if mode.needs_vector), None)
    places = [place for place, vector in enumerate(vectors) if vector is None]
    if needing is None or not places:
        return vectors
    if embed is None:
        msg = (
            f"question {asked[places[0]].text[:60]!r} has no vector, which the mode {needing!r}"
            " searches by: give embed=, a function of a list of texts, or each question its"
            ' vector, or compare modes=("text",) alone'
        )
        raise InvalidArgumentError(msg)
    texts = [asked[place].text for place in places]
    try:
        made = list((yield from embedded(embed, texts)))
        for text, vector in zip(texts, made, strict=True):
            encode_query(shape_of(stored), vector, _named(text))
    except Exception as error:  # whatever it is, it is the caller's, or what came of it
        raise _FailedModelError(error) from error
    for place, vector in zip(places, made, strict=True):
        vectors[place] = vector
    return vectors


def _count_missing(
    context: Context, stored: Stored, asked: Sequence[Judged], found: _Found
) -> Operation[None]:
    ids = {id_ for question in asked for id_ in question.grades}
    if ids:
        rows = (yield from on_collection(context, stored, one(present(stored, sorted(ids))))).rows
        there = {row[0] for row in rows}
        for question in asked:
            found.miss(question, there)


def _ask(
    context: Context,
    of: tuple[str, str],
    found: _Found,
    question: Judged,
    vector: Any,
    on_answer: OnAnswer | None,
) -> Operation[None]:
    """Ask one question in each way, by turns: what the machine does besides meets all alike."""
    kept = Question(question.text, question.grades, id=question.id, known_item=question.known_item)
    if not found.asked:  # what a first search looks up is no part of how quick one is
        for mode in found.modes:
            yield from mode.search(context, *of, vector, question.text)
    for mode in found.modes:
        started = time.perf_counter()
        matches = yield from mode.search(context, *of, vector, question.text)
        seconds = time.perf_counter() - started
        found.add(mode, question, [match.id for match in matches], seconds)
        if on_answer is not None:
            yield Call(on_answer, (kept, mode.name, matches))
    found.asked.append(kept)
