"""Ask the searches of the log again, and compare what they find with what they found then."""

from __future__ import annotations

import time
from array import array
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pgrecall._operations.context import resolve
from pgrecall._operations.evaluate.asking import (
    AT_ONCE,
    FailedModelError,
    check_functions,
    made_vectors,
    present_ids,
)
from pgrecall._operations.evaluate.modes import Mode, Wanted, of_each_question, wanted_modes
from pgrecall._operations.search.checks import checked, checked_limit
from pgrecall._operations.search.options import KINDS, names_of
from pgrecall._operations.setup import needing_version
from pgrecall._operations.watching.documents import MOST_KEPT, Logged, logged_from
from pgrecall._operations.work import PROGRESS, Call, one
from pgrecall._statements.collections import log
from pgrecall.errors import InvalidArgumentError
from pgrecall.evaluation.replay import MEASURES, LoggedSearch, Replay, ReplayedMode, compared

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.evaluate.asking import Embed
    from pgrecall._operations.evaluate.modes import Modes
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored

AS_THEN = "as then"
"""The name of asking as it was asked."""

_NEWEST = 2**63 - 1
_BY_WORDS, _BY_VECTORS = {"text", "hybrid"}, {"vector", "hybrid"}

_NO_QUESTION = "logged without their question (search_questions=True of the store keeps it)"
_UNREADABLE = "written by something else"
_BY_EXAMPLES = "by example, which the log does not keep"
_UNSAID = "with options that the log does not keep, such as boosts"
_NO_WORDS = "without words, which a mode needs"
_NO_VECTOR = "without a vector of the collection's model, which a mode needs (embed= makes it)"
_REFUSED = "that the collection cannot answer any more"


class _Again(NamedTuple):
    """A search that is asked again, and its vector."""

    logged: Logged
    vector: Any


@dataclass(slots=True)
class _Found:
    """What was compared so far, by mode and measure in the order of the searches."""

    k: int
    searches: list[LoggedSearch] = field(default_factory=list)
    per_search: dict[tuple[str, str], array[float]] = field(default_factory=dict)
    ms: dict[str, array[float]] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    missing: int = 0
    refusal: InvalidArgumentError | None = None
    failure: Exception | None = None

    def leave_out(self, why: str) -> None:
        self.left_out[why] = self.left_out.get(why, 0) + 1

    def depth(self, logged: Logged) -> int:
        """Tell how many answers of a search are compared."""
        return min(self.k, logged.limit, MOST_KEPT)

    def add(
        self, logged: Logged, then: Sequence[str], answers: Sequence[tuple[str, list[str], float]]
    ) -> None:
        """Compare the answers of one search, by mode."""
        at = datetime.fromtimestamp(logged.at, UTC)
        self.searches.append(LoggedSearch(at, logged.mode, logged.question_hash, logged.text))
        for mode, now, seconds in answers:
            self.ms.setdefault(mode, array("d")).append(1_000 * seconds)
            for measure, value in compared(then, now).items():
                self.per_search.setdefault((mode, measure), array("d")).append(value)

    def report(self) -> Replay:
        """Give it as callers see it."""
        modes = {
            mode: ReplayedMode(
                mode,
                {name: np.array(self.per_search[mode, name]) for name in MEASURES},
                np.array(ms),
            )
            for mode, ms in self.ms.items()
        }
        return Replay(
            k=self.k,
            searches=self.searches,
            modes=modes,
            left_out=self.left_out,
            missing=self.missing,
            failure=self.failure,
        )


def replay(
    context: Context,
    tenant: str,
    name: str,
    *,
    modes: Modes | None,
    k: int,
    most: int,
    since: datetime | None,
    embed: Embed | None,
    progress: Callable[[int], object] | None,
) -> Operation[Replay]:
    """Ask the newest searches of the log again, some hundred in memory at a time."""
    context = context.unwatched()
    k, most = checked_limit(k, "k"), checked_limit(most, "most")
    wanted = [] if modes is None else wanted_modes(modes)
    for each in wanted:
        each.mode(k)  # what cannot be asked is told before anything is
    if any(each.name == AS_THEN for each in wanted):
        msg = f"a mode cannot be called {AS_THEN!r}: so is each search as it was asked"
        raise InvalidArgumentError(msg)
    began = _seconds(since)
    check_functions(embed=embed, progress=progress)
    stored = yield from resolve(context, tenant, name)
    found, before, done = _Found(k), _NEWEST, 0
    while done < most:
        reading = log.read(
            context.schema,
            tenant,
            log.SEARCH,
            collection_id=stored.id,
            collection=name,
            since=began,
            before=before,
            most=min(AT_ONCE, most - done),
        )
        rows = (yield from needing_version(context, 3, one(reading))).rows
        if not rows:
            break
        before, done = rows[-1][0], done + len(rows)
        try:
            asked = yield from _askable(stored, found, rows, wanted, embed)
            yield from _ask(context, tenant, name, found, asked, wanted)
        except FailedModelError as error:
            if not found.searches:
                raise error.cause from None
            found.failure = error.cause
            break
        if progress is not None:
            yield Call(progress, (done,), PROGRESS)
    if not found.searches:
        raise found.refusal or _nothing(name, found)
    return found.report()


def _seconds(since: object) -> float:
    if since is None:
        return float("-inf")
    if not isinstance(since, datetime):
        msg = f"since must be a datetime or None, not {type(since).__name__}"
        raise InvalidArgumentError(msg)
    return (since if since.tzinfo else since.replace(tzinfo=UTC)).timestamp()


def _nothing(name: str, found: _Found) -> InvalidArgumentError:
    told = "; ".join(f"{count:,} {why}" for why, count in found.left_out.items())
    return InvalidArgumentError(
        f"the log has no search of collection {name!r} that can be asked again"
        f" ({told or 'it has none at all'}): a store with on_search=search_log(...) and"
        " search_questions=True keeps them"
    )


def _askable(
    stored: Stored,
    found: _Found,
    rows: Sequence[tuple[int, float, str]],
    wanted: Sequence[Wanted],
    embed: Embed | None,
) -> Operation[list[_Again]]:
    """Read searches, leave out what some mode cannot ask, and embed what has no vector."""
    asked: list[_Again] = []
    for _, at, document in rows:
        again = _read(stored, at, document, wanted, can_embed=embed is not None)
        if isinstance(again, str):
            found.leave_out(again)
        else:
            asked.append(again)
    places = [
        place
        for place, (logged, vector) in enumerate(asked)
        if vector is None and _kinds(logged, wanted) & _BY_VECTORS
    ]
    if embed is not None and places:
        texts = [asked[place].logged.text or "" for place in places]
        vectors = yield from made_vectors(stored, texts, embed)
        for place, vector in zip(places, vectors, strict=True):
            asked[place] = asked[place]._replace(vector=vector)
    return asked


def _kinds(logged: Logged, wanted: Sequence[Wanted]) -> set[str]:
    return {logged.mode, *(each.kind for each in wanted)}


def _read(
    stored: Stored, at: float, document: str, wanted: Sequence[Wanted], *, can_embed: bool
) -> _Again | str:
    """Give a search that each mode can ask, or why it is left out."""
    try:
        logged = logged_from(at, document)
    except ValueError:
        return _UNREADABLE
    if logged is None:
        return _NO_QUESTION
    is_alike = logged.model == stored.collection.embedding_model
    vector = logged.vector if is_alike else None
    if vector is not None and len(vector) != stored.collection.dimensions:
        vector = None
    has_vector = vector is not None or (can_embed and logged.text is not None)
    kinds = _kinds(logged, wanted)
    needs_words = bool(kinds & _BY_WORDS) or any(each.options.get("rerank") for each in wanted)
    hindrance = _hindrance(logged, kinds, needs_words=needs_words, has_vector=has_vector)
    return hindrance or _Again(logged, vector)


def _hindrance(logged: Logged, kinds: set[str], *, needs_words: bool, has_vector: bool) -> str:
    if logged.mode not in KINDS:
        return _BY_EXAMPLES
    if logged.unsaid:
        return _UNSAID
    if logged.text is None and needs_words:
        return _NO_WORDS
    return _NO_VECTOR if kinds & _BY_VECTORS and not has_vector else ""


def _ask(
    context: Context,
    tenant: str,
    name: str,
    found: _Found,
    asked: Sequence[_Again],
    wanted: Sequence[Wanted],
) -> Operation[None]:
    ids = {id_ for logged, _ in asked for id_ in logged.ids[: found.depth(logged)]}
    there = yield from present_ids(context, tenant, name, ids)
    for logged, vector in asked:
        depth, answers = found.depth(logged), []
        try:
            modes = _modes(logged, wanted)
            if not found.ms:  # what a first search looks up is no part of how quick one is
                for mode in modes:
                    yield from mode.search(context, tenant, name, vector, logged.text or "")
            for mode in modes:
                started = time.perf_counter()
                matches = yield from mode.search(context, tenant, name, vector, logged.text or "")
                seconds = time.perf_counter() - started
                answers.append((mode.name, [match.id for match in matches][:depth], seconds))
        except InvalidArgumentError as error:
            found.refusal = error
            found.leave_out(_REFUSED)
            continue
        then = logged.ids[:depth]
        kept = [id_ for id_ in then if id_ in there]
        found.missing += len(then) - len(kept)
        found.add(logged, kept, answers)


def _modes(logged: Logged, wanted: Sequence[Wanted]) -> list[Mode]:
    """Give each way of asking: as it was, and with the options that are wanted in their place."""
    given = [Wanted(AS_THEN, logged.mode, {}), *wanted]
    return [
        Mode(
            each.name,
            checked(
                KINDS[each.kind](
                    **{
                        **_known(each.kind, logged.options),
                        **each.options,
                        **of_each_question(each.options),
                        "limit": logged.limit,
                    }
                )
            ),
        )
        for each in given
    ]


def _known(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    known = names_of(KINDS[kind])
    return {name: value for name, value in options.items() if name in known}
