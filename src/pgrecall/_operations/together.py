"""Runs reads side by side: what they ask at the same time goes to the server in one round trip."""

from __future__ import annotations

from contextlib import ExitStack, closing
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pgrecall._operations.work import Operation, Work
from pgrecall._statements.statement import Many, Statement
from pgrecall.errors import ConnectionFailedError, PgRecallError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from pgrecall._operations.work import Build, Call, Pause, Steps

    AnyWork = Work[Any] | Build | Pause | Call

T = TypeVar("T")


def together(operations: Sequence[Operation[T]]) -> Operation[list[T]]:
    """Run operations that read side by side, and give their results in order.

    Reads that ask at the same time share a round trip, and one setting of parameters where it is
    the same. Each operation sees its own answers and errors, as if it ran alone; where one fails,
    all end, and its error is raised.
    """
    with ExitStack() as stack:
        side_by_side = _SideBySide(operations)
        stack.callback(side_by_side.close)
        side_by_side.begin()
        while side_by_side.asked:
            for places in side_by_side.groups():
                yield from side_by_side.answer(places)
        return side_by_side.results


class _SideBySide:
    """Operations on their way, by their places.

    Attributes:
        asked: What those that have not ended ask for.
        results: What the others gave.
    """

    def __init__(self, operations: Sequence[Operation[Any]]) -> None:
        self._operations = operations
        # what one makes current, such as a span, is no other's
        self._contexts = [copy_context() for _ in operations]
        self.asked: dict[int, AnyWork] = {}
        self.results: list[Any] = [None] * len(operations)

    def begin(self) -> None:
        """Let each ask for its first work."""
        for place in range(len(self._operations)):
            self._send(place, None)

    def close(self) -> None:
        """End those that have not ended."""
        with ExitStack() as stack:
            for context, operation in zip(self._contexts, self._operations, strict=True):
                stack.callback(context.run, operation.close)

    def groups(self) -> list[list[int]]:
        """Give the places whose work goes together, each group by itself."""
        found: dict[Hashable, list[int]] = {}
        for place, work in self.asked.items():
            found.setdefault(_kind(place, work), []).append(place)
        return list(found.values())

    def answer(self, places: Sequence[int]) -> Operation[None]:
        """Run the work of some places, in one where there are several."""
        works = [self.asked[place] for place in places]
        if len(places) > 1:
            try:
                replies = yield _merged(cast("list[Work[Any]]", works))
            except ConnectionFailedError as error:
                for place in places:
                    self._throw(place, error)
                return
            except PgRecallError:
                pass  # whose it is shows when each runs alone
            else:
                for place, reply in zip(places, replies, strict=True):
                    self._send(place, reply)
                return
        for place, work in zip(places, works, strict=True):
            try:
                reply = yield work
            except PgRecallError as error:
                self._throw(place, error)
            else:
                self._send(place, reply)

    def _send(self, place: int, reply: Any) -> None:
        self._go_on(place, self._operations[place].send, reply)

    def _throw(self, place: int, error: PgRecallError) -> None:
        self._go_on(place, self._operations[place].throw, error)

    def _go_on(self, place: int, step: Callable[[Any], AnyWork], told: Any) -> None:
        try:
            self.asked[place] = self._contexts[place].run(step, told)
        except StopIteration as finished:
            self.asked.pop(place, None)
            self.results[place] = finished.value


def _kind(place: int, work: AnyWork) -> Hashable:
    """Give a key that is equal for work that can share a round trip."""
    if not isinstance(work, Work) or work.writes or work.transaction:
        return place
    settings = work.settings
    # what one sets for the transaction must not reach a search that has other settings, or none
    of_settings = settings and (settings.sql, tuple(settings.parameters.items()))
    return work.replica, of_settings


def _merged(works: Sequence[Work[Any]]) -> Work[list[Any]]:
    def body() -> Steps[list[Any]]:
        results: list[Any] = [None] * len(works)
        with ExitStack() as stack:
            steps = [stack.enter_context(closing(work.body())) for work in works]
            replies: dict[int, Any] = dict.fromkeys(range(len(works)))
            while True:
                requests: dict[int, Statement | Many] = {}
                for place, reply in replies.items():
                    try:
                        requests[place] = steps[place].send(reply)  # type: ignore[assignment]
                    except StopIteration as finished:
                        results[place] = finished.value
                if not requests:
                    return results
                replies = yield from _asked_at_once(requests, works)

    return Work(body, replica=works[0].replica)


def _asked_at_once(
    requests: dict[int, Statement | Many], works: Sequence[Work[Any]]
) -> Steps[dict[int, Any]]:
    """Send the requests of several bodies in one, and give each its own answers."""
    sent: list[Statement] = []
    answers: dict[int, list[int]] = {}
    settings: int | None = None
    for place, request in requests.items():
        answers[place] = []
        for statement in request.statements if isinstance(request, Many) else [request]:
            if statement is works[place].settings:
                if settings is None:
                    settings = len(sent)
                    sent.append(statement)
                answers[place].append(settings)
            else:
                answers[place].append(len(sent))
                sent.append(statement)
    results = yield Many(sent)
    return {
        place: [results[one] for one in answers[place]]
        if isinstance(request, Many)
        else results[answers[place][0]]
        for place, request in requests.items()
    }
