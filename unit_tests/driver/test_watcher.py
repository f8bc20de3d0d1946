"""A function is told of searches in a thread of its own, and can neither slow nor fail them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from unit_tests.statements.golden_values import STORED, VECTOR

from pgrecall import (
    AsyncStore,
    Boost,
    InvalidArgumentError,
    Matches,
    SearchEvent,
    Store,
    WeightedSum,
)
from pgrecall._driver import watcher as watching
from pgrecall._driver.watcher import Watcher
from pgrecall._operations.search.checks import checked
from pgrecall._operations.search.options import HybridOptions, VectorOptions
from pgrecall._operations.watching.noting import Noted, Seen, _seen

LONG = 30.0
"""Seconds after which what does not come is taken to be lost."""


def seen(text: str = "a secret") -> Seen:
    asked = HybridOptions(limit=3, fusion=WeightedSum(0.5))
    noted = Noted("hnsw", STORED, asked, VECTOR, text)
    return Seen("acme", "hybrid", noted, time.time(), 1.5, ("a", "b"), (0.9, 0.8))


def until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + LONG
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.002)


@contextmanager
def told_to(function: Any, *, questions: bool = False) -> Iterator[Watcher]:
    made = Watcher(function, questions=questions)
    yield made
    made.close()


def threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("pgrecall-on-search")]


class Kept:
    """A function with what it was called with, and its methods' calls."""

    def __init__(self) -> None:
        self.events: list[SearchEvent] = []
        self.calls: list[str] = []

    def __call__(self, event: SearchEvent) -> None:
        self.events.append(event)

    def flush(self) -> None:
        self.calls.append("flush")

    def close(self) -> None:
        self.calls.append("close")


def test_an_event_says_what_was_found_and_a_hash_of_the_question() -> None:
    kept = Kept()
    with told_to(kept) as made:
        made.tell(seen())
        made.tell(seen())
        made.tell(seen("another"))
    first, same, other = kept.events
    assert (first.tenant, first.collection, first.collection_id) == ("acme", "docs", 7)
    assert (first.mode, first.plan, first.ms, first.limit) == ("hybrid", "hnsw", 1.5, 3)
    assert (first.ids, first.scores) == (("a", "b"), (0.9, 0.8))
    assert (first.text, first.vector, first.options) == (None, None, None)
    assert first.question_hash == same.question_hash != other.question_hash


def test_the_question_is_told_where_that_is_asked_and_is_in_no_repr() -> None:
    kept = Kept()
    with told_to(kept, questions=True) as made:
        made.tell(seen())
    (event,) = kept.events
    assert event.text == "a secret"
    assert event.vector is not None
    np.testing.assert_allclose(event.vector, [1.0, 0.5, 0.25])
    assert not event.vector.flags.writeable
    assert dict(event.options or {}) == {"fusion": WeightedSum(0.5)}
    assert "secret" not in repr(event)
    assert "0.25" not in repr(event)
    with pytest.raises(AttributeError):
        event.text = "another"  # type: ignore[misc]  # that is tested


def test_what_it_raises_is_logged_once_by_type_without_its_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    raised = iter([ValueError("a secret"), ValueError("a secret"), SystemExit("a secret")])
    told: list[SearchEvent] = []

    def failing(event: SearchEvent) -> None:
        told.append(event)
        raise next(raised)

    with told_to(failing) as made:
        for _ in range(3):
            made.tell(seen())
    assert len(told) == 3
    messages = [record.getMessage() for record in caplog.records]
    assert [message.split(";")[0] for message in messages] == [
        "on_search raised ValueError",
        "on_search raised SystemExit",
    ]
    assert "secret" not in caplog.text


def test_a_slow_one_keeps_nobody_waiting_and_is_told_what_it_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "MOST_BYTES", 3 * seen().weight)
    may_go_on = threading.Event()
    told: list[SearchEvent] = []

    def slow(event: SearchEvent) -> None:
        told.append(event)
        may_go_on.wait(LONG)

    with told_to(slow) as made:
        made.tell(seen())
        until(lambda: told)
        for _ in range(10):
            made.tell(seen())
        may_go_on.set()
        until(lambda: len(told) == 4)
        made.tell(seen())
    assert [event.dropped for event in told] == [0, 7, 0, 0, 0]


def test_a_closing_store_waits_for_a_slow_one_for_a_moment_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "CLOSE_SECONDS", 0.01)
    may_go_on = threading.Event()
    told: list[SearchEvent] = []

    def slow(event: SearchEvent) -> None:
        told.append(event)
        may_go_on.wait(LONG)

    made = Watcher(slow, questions=False)
    made.tell(seen())
    made.tell(seen())
    until(lambda: told)
    made.close()
    may_go_on.set()
    until(lambda: not threads())
    assert len(told) == 1
    made.tell(seen())
    made.close()
    assert told[1].dropped == 1


def test_what_it_gathers_is_flushed_when_it_is_quiet_and_when_the_store_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "QUIET_SECONDS", 0.001)
    kept = Kept()
    with told_to(kept) as made:
        made.tell(seen())
        until(lambda: kept.calls)
        assert kept.calls == ["flush"]
    assert kept.calls == ["flush", "flush", "close"]
    assert not threads()


def test_there_is_no_thread_before_a_search_nor_long_after_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "QUIET_SECONDS", 0.001)
    monkeypatch.setattr(watching, "REST_SECONDS", 0.001)
    kept = Kept()
    made = Watcher(kept.__call__, questions=False)
    assert not threads()
    for number in (1, 2):
        made.tell(seen())
        until(lambda: not threads())
        assert len(kept.events) == number
    made.close()
    made.tell(seen())
    made.close()
    assert len(kept.events) == 3


def test_it_is_closed_with_the_store_though_its_thread_has_gone_to_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "QUIET_SECONDS", 0.001)
    monkeypatch.setattr(watching, "REST_SECONDS", 0.001)
    kept = Kept()
    made = Watcher(kept, questions=False)
    made.tell(seen())
    until(lambda: kept.calls)
    until(lambda: not threads())
    made.close()
    made.close()
    assert kept.calls == ["flush", "flush", "close"]


def test_it_is_closed_once_with_a_store_that_was_never_asked_but_not_in_a_forked_process() -> None:
    kept = Kept()
    made = Watcher(kept, questions=False)
    made.close()
    made.close()
    assert kept.calls == ["flush", "close"]
    made.renew()  # as a fork does
    made.close()
    assert kept.calls == ["flush", "close"]


def test_it_is_closed_where_no_thread_can_be_started_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(_: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    kept = Kept()
    made = Watcher(kept, questions=False)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refused)
        made.tell(seen())
        made.close()
    assert kept.calls == ["flush", "close"]
    with told_to(kept):
        made.tell(seen())
        made.close()
    assert [event.dropped for event in kept.events] == [1]


class Odd(Kept):
    """A function whose method cannot even be got."""

    @property
    def flush(self) -> Any:
        raise LookupError("a secret")


def test_nothing_that_it_does_ends_its_thread_for_good(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watching, "QUIET_SECONDS", 0.001)
    odd = Odd()
    with told_to(odd) as made:
        for number in (1, 2):
            made.tell(seen())
            until(lambda number=number: len(odd.events) == number)
            until(lambda: caplog.messages)
    assert odd.calls == ["close"]
    assert caplog.messages == ["on_search raised LookupError; this is logged once"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_a_log_handler_ends_is_followed_by_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("the disk is full")

    told: list[int] = []

    def failing(event: SearchEvent) -> None:
        told.append(event.dropped)
        raise KeyError

    with told_to(failing) as made:
        with monkeypatch.context() as patch:
            patch.setattr(watching._logger, "warning", refuse)
            made.tell(seen())
            until(lambda: told and not threads())
        made.tell(seen())
        until(lambda: len(told) == 2)


def test_long_filters_count_among_what_waits_and_once_where_searches_share_them() -> None:
    texts = [f"{n:050}" for n in range(1_000)]
    filters = [
        {"n": {"$in": texts}},
        {"$or": [{"$not": {"n": {"$in": texts}}}, {"$and": [{"n": 1}, {"n": {"$nin": texts}}]}]},
    ]
    asked = [checked(VectorOptions(filter=one)) for one in filters]
    asked += [checked(VectorOptions(boosts=[Boost(filters[0], 2.0)]))]
    asked += [checked(VectorOptions(rerank=len, rerank_text=texts))]
    for options in asked:
        noted = Noted("hnsw", STORED, options, VECTOR)
        alone = _seen("acme", "vector", noted, 1.0, Matches())
        assert alone.weight > 90_000
        shared = _seen("acme", "vector", noted, 1.0, Matches(), shared_by=1_000)
        assert shared.weight < 5_000
    assert seen().weight < 5_000


def test_a_search_of_the_function_itself_is_not_told() -> None:
    told: list[SearchEvent] = []

    def searching(event: SearchEvent) -> None:
        told.append(event)
        made.tell(seen())

    with told_to(searching) as made:
        made.tell(seen())
    assert len(told) == 1


def test_a_forked_process_tells_nothing_of_its_parent_s_searches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "QUIET_SECONDS", 0.001)
    monkeypatch.setattr(watching, "REST_SECONDS", 0.001)
    may_go_on = threading.Event()
    told: list[SearchEvent] = []

    def slow(event: SearchEvent) -> None:
        told.append(event)
        may_go_on.wait(LONG)

    made = Watcher(slow, questions=True)
    for text in ("first", "waits", "waits"):
        made.tell(seen(text))
    until(lambda: told)
    made.renew()  # as a fork does, where the parent's thread is not
    made.tell(seen("of the child"))
    until(lambda: len(told) == 2)
    assert [event.text for event in told] == ["first", "of the child"]
    may_go_on.set()
    made.close()
    until(lambda: not threads())


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"on_search": 3}, "on_search must be a function, not int"),
        ({"search_questions": 1}, "search_questions must be True or False"),
        ({"search_questions": True}, "is for on_search"),
    ],
)
@pytest.mark.parametrize("store", [Store, AsyncStore])
def test_what_cannot_be_told_is_an_error(store: Any, given: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidArgumentError, match=told):
        store(**given)


def test_an_async_function_is_an_error_that_says_what_works() -> None:
    async def asynchronous(_: SearchEvent) -> None: ...

    with pytest.raises(InvalidArgumentError, match="run_coroutine_threadsafe"):
        AsyncStore(on_search=asynchronous)
