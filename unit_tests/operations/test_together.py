"""Operations side by side: one round trip for what they ask at once, and each its own answers."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import pytest

from pgrecall._operations.together import together
from pgrecall._operations.work import PAUSE, Work, one
from pgrecall._statements.statement import Many, Statement
from pgrecall.errors import ConnectionFailedError, DatabaseError, PgRecallError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._operations.work import Operation, Steps


def statement(text: str) -> Statement:
    return Statement(text.encode())


CURRENT = ContextVar("CURRENT", default="none")
SET_10, SET_20 = statement("set 10"), statement("set 20")


def search(text: str, settings: Statement | None = None) -> Operation[str]:
    def body() -> Steps[str]:
        if settings is None:
            answer: str = yield statement(text)
            return answer
        of_settings, answer = yield Many([settings, statement(text)])
        assert of_settings == "did set"
        return answer

    return (yield Work(body, replica=True, settings=settings))


class Server:
    """Answers what is sent, and notes each round trip."""

    def __init__(self, refuses: str = "", error: type[PgRecallError] = DatabaseError) -> None:
        self.trips: list[list[str]] = []
        self._refuses = refuses
        self._error = error

    def run(self, operation: Operation[Any]) -> Any:
        return drive(operation, self._perform)

    def _perform(self, work: Any) -> Any:
        return drive(work.body(), self._answer) if isinstance(work, Work) else None

    def _answer(self, request: Any) -> Any:
        several = isinstance(request, Many)
        sent = [one.sql.decode() for one in (request.statements if several else [request])]
        self.trips.append(sent)
        if self._refuses in sent:
            raise self._error(f"no {self._refuses}")
        answers = ["did set" if text.startswith("set") else f"found {text}" for text in sent]
        return answers if several else answers[0]


def drive(steps: Any, perform: Callable[[Any], Any]) -> Any:
    try:
        step = next(steps)
        while True:
            try:
                reply = perform(step)
            except PgRecallError as error:
                step = steps.throw(error)
            else:
                step = steps.send(reply)
    except StopIteration as finished:
        return finished.value


def test_what_is_asked_at_once_is_one_round_trip_with_one_setting() -> None:
    server = Server()

    found = server.run(together([search(text, SET_10) for text in "abc"]))

    assert found == ["found a", "found b", "found c"]
    assert server.trips == [["set 10", "a", "b", "c"]]


def test_no_setting_reaches_a_search_that_has_another_or_none() -> None:
    server = Server()

    searches = [search("a", SET_10), search("b"), search("c", SET_20), search("d")]
    found = server.run(together(searches))

    assert found == ["found a", "found b", "found c", "found d"]
    assert server.trips == [["set 10", "a"], ["b", "d"], ["set 20", "c"]]


def test_operations_of_different_lengths_go_on_until_the_last_has_ended() -> None:
    def chain(count: int) -> Operation[list[str]]:
        found = []
        for number in range(count):
            found.append((yield from search(f"{count}-{number}")))
            yield PAUSE
        return found

    server = Server()

    found = server.run(together([chain(count) for count in (0, 2, 1)]))

    assert found == [[], ["found 2-0", "found 2-1"], ["found 1-0"]]
    assert server.trips == [["2-0", "1-0"], ["2-1"]]


def test_writes_and_transactions_run_by_themselves() -> None:
    def write(text: str, **kind: bool) -> Operation[Any]:
        return (yield one(statement(text), **kind))

    server = Server()

    server.run(together([write("a", writes=True), write("b", writes=True), write("c")]))

    assert server.trips == [["a"], ["b"], ["c"]]


def test_an_error_is_of_the_one_that_it_belongs_to() -> None:
    def forgiving(text: str) -> Operation[str]:
        try:
            return (yield from search(text))
        except DatabaseError:
            return (yield from search(f"{text} again"))

    server = Server(refuses="b")

    found = server.run(together([forgiving(text) for text in "abc"]))

    assert found == ["found a", "found b again", "found c"]
    assert server.trips == [["a", "b", "c"], ["a"], ["b"], ["c"], ["b again"]]


def test_where_one_fails_all_end() -> None:
    ended = []

    def other() -> Operation[str]:
        try:
            return (yield from search("a"))
        finally:
            ended.append("a")

    with pytest.raises(DatabaseError, match="no b"):
        Server(refuses="b").run(together([search("b"), other()]))
    assert ended == ["a"]


def test_no_server_is_told_to_each_at_once() -> None:
    server = Server(refuses="b", error=ConnectionFailedError)

    with pytest.raises(ConnectionFailedError):
        server.run(together([search("a"), search("b")]))
    assert server.trips == [["a", "b"]]


def test_what_one_makes_current_is_no_others() -> None:
    def current(text: str) -> Operation[str]:
        token = CURRENT.set(text)
        yield from search(text)
        seen = CURRENT.get()
        CURRENT.reset(token)
        return seen

    assert Server().run(together([current("a"), current("b")])) == ["a", "b"]
    assert CURRENT.get() == "none"


def test_nothing_is_nothing() -> None:
    assert Server().run(together([])) == []
