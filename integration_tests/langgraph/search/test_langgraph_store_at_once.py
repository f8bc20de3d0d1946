"""Calls that threads and tasks make at the same time: together, in order, each with its own end."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.langgraph.search.memories import Words, keys, words
from langgraph.store.base import GetOp, PutOp

from pgrecall import InvalidArgumentError, OutcomeUnknownError, Store
from pgrecall._adapters.pair import Pair
from pgrecall.langgraph import PgRecallStore
from pgrecall.langgraph._calls import LANES
from pgrecall.langgraph._queueing import _LANES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

USER = ("users", "ann")
FIRST = "the first, which takes its time"
FIRSTS = [FIRST, *(f"first {n}" for n in range(1, LANES["writes"]))]
"""Keys of as many as threads write at a time."""


class Slow(Words):
    """Embeds the first text when it is let; some texts do as they say."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.let = threading.Semaphore(0), threading.Event()
        self.inside: Callable[[], object] = lambda: None

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if FIRST in texts:
            self.began.release()
            assert self.let.wait(60)
        if "interrupt" in texts:
            raise KeyboardInterrupt
        if "inside" in texts:
            self.inside()
        return [self.vector(text)[: 3 if text == "short" else None] for text in texts]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.to_thread(self.embed_documents, texts)


class Made:
    """A store whose first write waits to be let, and what its operations were."""

    def __init__(
        self, core: Store, tenant: str, monkeypatch: pytest.MonkeyPatch, **options: Any
    ) -> None:
        self.embed = Slow()
        self.store = PgRecallStore(core, tenant=tenant, index=words(embed=self.embed), **options)
        self.performed: list[int] = []
        operations = type(self.store._operations)
        perform = operations.perform

        def counted(this: Any, batch: Any, vectors: Any) -> Any:
            self.performed.append(batch.count)
            return perform(this, batch, vectors)

        monkeypatch.setattr(operations, "perform", counted)

    def put(self, text: str, key: str | None = None, **value: Any) -> None:
        self.store.put(USER, key or text, {"text": text, **value})

    def firsts(self, kind: str) -> list[str]:
        """Give the keys of what was written alone."""
        return FIRSTS if kind == "sync" else FIRSTS[:1]

    def wait_for(self, count: int) -> None:
        """Wait until so many writes of threads wait."""
        lane = _LANES.of(self.store)["writes"]
        limit = time.monotonic() + 60
        while len(lane.waiting) < count:
            assert time.monotonic() < limit
            time.sleep(0.001)


@pytest.fixture
async def made(core: Store, tenant: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Made]:
    yield Made(core, tenant, monkeypatch)
    await Pair(core).async_store.close()


def in_threads(made: Made, texts: list[str], **options: Any) -> list[Any]:
    """Put texts one after the other while the first are written; give what each call gave."""
    with ThreadPoolExecutor(len(texts) + len(FIRSTS)) as threads:
        firsts = [threads.submit(made.put, FIRST, key) for key in FIRSTS]
        assert all(made.embed.began.acquire(timeout=60) for _ in firsts)
        calls = []
        for count, text in enumerate(texts, 1):
            calls.append(threads.submit(made.put, text, n=count, **options))
            made.wait_for(count)
        made.embed.let.set()
        assert [first.result(60) for first in firsts] == [None] * len(FIRSTS)
        return [call.exception(60) for call in calls]


async def in_tasks(made: Made, texts: list[str], **options: Any) -> list[Any]:
    """Do the same in tasks."""

    async def put(text: str, count: int = 0, key: str | None = None) -> None:
        await made.store.aput(USER, key or text, {"text": text, "n": count})

    first = asyncio.create_task(put(FIRST))
    await asyncio.to_thread(made.embed.began.acquire, timeout=60)
    calls = [put(text, count, **options) for count, text in enumerate(texts, 1)]
    running = asyncio.gather(*calls, return_exceptions=True)
    await asyncio.sleep(0)
    made.embed.let.set()
    await first
    return list(await running)


async def put_all(made: Made, kind: str, texts: list[str], **options: Any) -> list[Any]:
    if kind == "sync":
        return await asyncio.to_thread(in_threads, made, texts, **options)
    return await in_tasks(made, texts, **options)


both = pytest.mark.parametrize("kind", ["sync", "async"])


@both
async def test_writes_that_come_while_one_is_written_go_together(made: Made, kind: str) -> None:
    errors = await put_all(made, kind, [f"word{n}" for n in range(20)])

    assert errors == [None] * 20
    firsts = made.firsts(kind)
    assert sorted(made.performed) == [*([1] * len(firsts)), 20]
    assert len(made.store.search(USER, limit=50)) == 20 + len(firsts)


@both
async def test_of_writes_to_one_key_the_one_that_was_called_last_stays(
    made: Made, kind: str
) -> None:
    await put_all(made, kind, [f"word{n}" for n in range(8)], key="k")

    item = made.store.get(USER, "k")
    assert item is not None
    assert item.value == {"text": "word7", "n": 8}
    assert sorted(made.performed)[-2:] == [1, 8]


@both
async def test_each_call_has_its_own_error_and_spoils_no_other(made: Made, kind: str) -> None:
    bad = {"nul\0": "NUL", "short": "3 dimensions"}
    texts = ["a", "nul\0", "b", "c", "short", "d"]

    errors = await put_all(made, kind, texts)

    for text, error in zip(texts, errors, strict=True):
        assert (error is None) == (text not in bad)
        if error is not None:
            assert isinstance(error, InvalidArgumentError)
            assert bad[text] in str(error)
    assert sorted(keys(made.store.search(USER))) == sorted(["a", "b", "c", "d", *made.firsts(kind)])


@both
async def test_where_the_outcome_is_unknown_nothing_is_written_twice(
    made: Made, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    perform = type(made.store._operations).perform

    def lost(this: Any, batch: Any, vectors: Any) -> Any:
        found = yield from perform(this, batch, vectors)
        if batch.count > 1:
            raise OutcomeUnknownError("the connection died")
        return found

    monkeypatch.setattr(type(made.store._operations), "perform", lost)
    errors = await put_all(made, kind, ["a", "b", "c"])

    assert [type(error) for error in errors] == [OutcomeUnknownError] * 3
    assert len({id(error) for error in errors}) == 3
    assert sorted(made.performed)[-2:] == [1, 3]


@both
async def test_a_call_from_within_the_embedding_waits_for_nobody(made: Made, kind: str) -> None:
    made.embed.inside = lambda: made.store.put(USER, "b", {"text": "from within"})

    errors = await put_all(made, kind, ["inside"])

    assert errors == [None]
    assert sorted(keys(made.store.search(USER))) == sorted(["b", "inside", *made.firsts(kind)])


def test_a_thread_that_is_interrupted_leaves_the_calls_it_ran_to_their_own(made: Made) -> None:
    errors = in_threads(made, ["interrupt", "a", "b"])

    assert isinstance(errors[0], KeyboardInterrupt)
    assert errors[1:] == [None, None]
    assert sorted(keys(made.store.search(USER))) == sorted(["a", "b", *FIRSTS])
    made.put("after")


async def test_a_cancelled_call_is_not_begun_and_harms_no_other(made: Made) -> None:
    calls = [
        asyncio.create_task(made.store.aput(USER, text, {"text": text}))
        for text in (FIRST, "gone", "kept")
    ]
    await asyncio.to_thread(made.embed.began.acquire, timeout=60)
    late = [
        asyncio.create_task(made.store.aput(USER, text, {"text": text}))
        for text in ("late and gone", "late")
    ]
    await asyncio.sleep(0)
    late[0].cancel()
    calls[1].cancel()
    made.embed.let.set()
    await asyncio.wait([*calls, *late])

    assert [call.cancelled() for call in (*calls, *late)] == [False, True, False, True, False]
    found = keys(made.store.search(USER))
    assert {FIRST, "kept", "late"} <= set(found)
    assert "late and gone" not in found


async def test_who_cancels_the_task_that_runs_calls_stops_none_that_wait(made: Made) -> None:
    await made.store.aput(USER, "a", {"text": "a"})
    first = asyncio.create_task(made.store.aput(USER, "b", {"text": FIRST}))
    await asyncio.to_thread(made.embed.began.acquire, timeout=60)
    second = asyncio.create_task(made.store.aput(USER, "c", {"text": "c"}))
    await asyncio.sleep(0)
    (runner,) = (task for task in asyncio.all_tasks() if "_arun_lane" in repr(task.get_coro()))
    runner.cancel()
    made.embed.let.set()

    with pytest.raises(asyncio.CancelledError):
        await first
    await second
    assert await made.store.aget(USER, "c") is not None


def test_a_store_whose_event_loop_was_closed_serves_the_next(made: Made) -> None:
    async def leave_one() -> None:
        asyncio.create_task(made.store.aput(USER, "left", {"text": "left"}))  # noqa: RUF006  # it is left
        await made.store.aput(USER, "a", {"text": "a"})
        await Pair(made.store.store).async_store.close()

    async def ask() -> Any:
        found = await made.store.aget(USER, "a")
        await Pair(made.store.store).async_store.close()
        return found

    asyncio.run(leave_one())
    assert asyncio.run(ask()).key == "a"


async def test_the_same_read_of_many_is_made_once_and_is_each_one_s_own(made: Made) -> None:
    made.embed.let.set()
    await made.store.aput(USER, "a", {"text": "a", "tags": ["x"]})
    made.performed.clear()

    async def read(filter_: Any) -> Any:
        return await made.store.asearch(USER, filter=filter_)

    found = await asyncio.gather(
        *(read({"tags": ["x"]}) for _ in range(3)),
        read({"n": 1}),
        read({"n": True}),
        *(made.store.aget(USER, "a") for _ in range(2)),
        *(made.store.alist_namespaces() for _ in range(2)),
    )
    assert made.performed == [9]
    [[one], [other], [third], none, nothing, item, same, spaces, again] = found
    assert none == nothing == []
    one.value["tags"].append("mine")
    item.value["tags"].clear()
    spaces.clear()
    assert other.value == third.value == same.value == {"text": "a", "tags": ["x"]}
    assert other.score is None
    assert again == [USER]


async def test_what_reads_and_writes_runs_by_itself_in_its_turn(made: Made) -> None:
    made.embed.let.set()
    mixed = [PutOp(USER, "a", {"text": "a"}), GetOp(USER, "a")]
    await asyncio.gather(made.store.abatch(mixed), made.store.abatch(mixed))

    assert sorted(made.performed) == [2, 2]
    made.performed.clear()
    put = made.store.aput(USER, "a", {"text": "new"})
    _, [_, found], last = await asyncio.gather(
        put, made.store.abatch(mixed), made.store.aput(USER, "a", {"text": "last"})
    )
    assert made.performed == [1, 2, 1]
    assert found.value == {"text": "new"}
    assert last is None
    assert (await made.store.aget(USER, "a")).value == {"text": "last"}
