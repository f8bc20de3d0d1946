"""The caller's model is called with no connection held, and where it can take its time."""

from __future__ import annotations

import asyncio
import threading
import warnings
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.calls import Calls

from pgrecall import (
    AsyncStore,
    Collection,
    CollectionNotFoundError,
    InvalidArgumentError,
    Item,
    Store,
)

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = "docs"
TEXTS = {"a": "apple pie", "b": "apple", "c": "apple pie with cream"}
BY_LENGTH = ["c", "a", "b"]


def by_length(_: str, texts: list[str]) -> list[int]:
    return [len(text) for text in texts]


async def by_length_in_a_loop(question: str, texts: list[str]) -> list[int]:
    await asyncio.sleep(0)
    return by_length(question, texts)


class Model:
    """A model as an object that is awaited."""

    async def __call__(self, question: str, texts: list[str]) -> list[int]:
        return await by_length_in_a_loop(question, texts)

    async def rank(self, _: None, question: str, texts: list[str]) -> list[int]:
        return await self(question, texts)


ASYNC: dict[str, Any] = {
    "a function": by_length_in_a_loop,
    "an object": Model(),
    "a part of a function": partial(Model().rank, None),
    "what gives one": lambda *asked: by_length_in_a_loop(*asked),  # noqa: PLW0108  # no async function
}


@pytest.fixture
async def docs(one_store: Any, tenant: str) -> str:
    await one_store.ensure_collection(tenant, Collection(DOCS, 2))
    await one_store.upsert(tenant, DOCS, [Item(id_, [1, 0], text) for id_, text in TEXTS.items()])
    return tenant


def ids(found: Any) -> list[str]:
    return [match.id for match in found]


async def test_a_model_may_search_the_same_store_of_one_connection(
    dsn: str, docs: str, open_store: Callable[..., Any]
) -> None:
    store = open_store(dsn, min_connections=1, max_connections=1, connection_timeout=2)
    found_within: list[Any] = []

    def within(question: str, texts: list[str]) -> list[int]:
        found_within.append(ids(store.target.search_text(docs, DOCS, "cream")))
        return by_length(question, texts)

    async def within_a_loop(question: str, texts: list[str]) -> list[int]:
        found_within.append(ids(await store.search_text(docs, DOCS, "cream")))
        return by_length(question, texts)

    model = within if isinstance(store, Calls) else within_a_loop
    try:
        found = [
            await store.search_text(docs, DOCS, "apple", rerank=model),
            await store.search(docs, DOCS, [1, 0], rerank=model, rerank_text="apple"),
            await store.search_hybrid(docs, DOCS, [1, 0], "apple", rerank=model, explain=True),
            *await store.search_many(
                docs, DOCS, [[1, 0], [0, 1]], rerank=model, rerank_text="apple"
            ),
        ]
    finally:
        await store.close()
    assert list(map(ids, found)) == [BY_LENGTH] * 5
    assert found_within == [["c"]] * 5


@pytest.mark.parametrize("model", ASYNC.values(), ids=ASYNC)
async def test_an_async_model_is_awaited_by_an_async_store_and_refused_by_a_sync_one(
    dsn: str, docs: str, sync_store: Store, model: Any
) -> None:
    async with AsyncStore(dsn) as store:
        assert ids(await store.search_text(docs, DOCS, "apple", rerank=model)) == BY_LENGTH
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a coroutine that nobody awaits is told by one
        with pytest.raises(InvalidArgumentError, match="rerank is an async function"):
            sync_store.search_text(docs, DOCS, "apple", rerank=model)


async def test_a_sync_model_leaves_the_event_loop_to_others(dsn: str, docs: str) -> None:
    begun, others, threads = threading.Event(), threading.Event(), []
    of_caller: ContextVar[str] = ContextVar("of_caller", default="nobody")
    of_caller.set("the caller")

    def slow(question: str, texts: list[str]) -> list[int]:
        begun.set()
        threads.append((threading.current_thread(), of_caller.get()))
        assert others.wait(60)
        return by_length(question, texts)

    async with AsyncStore(dsn, max_connections=1) as store:
        task = asyncio.create_task(store.search_text(docs, DOCS, "apple", rerank=slow))
        assert await asyncio.to_thread(begun.wait, 60)
        # neither the loop nor the only connection waits for the model
        assert await store.count(docs, DOCS) == 3
        others.set()
        assert ids(await task) == BY_LENGTH
    [(thread, caller)] = threads
    assert thread is not threading.current_thread()
    assert caller == "the caller"


async def test_a_search_is_cancelled_while_its_model_works(dsn: str, docs: str) -> None:
    begun, ends = threading.Event(), threading.Event()

    def slow(question: str, texts: list[str]) -> list[int]:
        begun.set()
        assert ends.wait(60)
        return by_length(question, texts)

    async with AsyncStore(dsn, max_connections=1) as store:
        task = asyncio.create_task(store.search_text(docs, DOCS, "apple", rerank=slow))
        assert await asyncio.to_thread(begun.wait, 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await store.count(docs, DOCS) == 3
        ends.set()


@pytest.mark.parametrize(
    "error",
    [
        ValueError("mine"),
        CollectionNotFoundError("t", "c"),
        psycopg.errors.SyntaxError("mine"),
        psycopg.OperationalError("the server is gone"),
        KeyError("mine"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_a_model_raises_is_raised(store: Any, docs: str, error: Exception) -> None:
    calls: list[int] = []

    def failing(_: str, texts: list[str]) -> Any:
        calls.append(len(texts))
        raise error

    for search in (
        lambda: store.search(docs, DOCS, [1, 0], rerank=failing, rerank_text="apple"),
        lambda: store.search_text(docs, DOCS, "apple", syntax="raw", rerank=failing),
        lambda: store.search_hybrid(docs, DOCS, [1, 0], "apple", rerank=failing),
        lambda: store.search_many(docs, DOCS, [[1, 0]], rerank=failing, rerank_text="apple"),
        lambda: store.search_near(docs, DOCS, ["a"], rerank=failing, rerank_text="apple"),
    ):
        with pytest.raises(type(error)) as raised:
            await search()
        assert raised.value is error
    assert calls == [3, 3, 3, 3, 2]  # it is not tried again


async def test_a_model_that_raises_stopiteration_does_not_end_the_search(
    store: Any, docs: str
) -> None:
    def stopping(_: str, texts: list[str]) -> Any:
        return [next(iter(())) for _ in texts]

    with pytest.raises(RuntimeError, match="StopIteration"):
        await store.search_text(docs, DOCS, "apple", rerank=stopping)


async def test_a_models_wrong_answer_is_told(store: Any, docs: str) -> None:
    with pytest.raises(InvalidArgumentError, match="rerank gave 1 scores for 3 texts"):
        await store.search_text(docs, DOCS, "apple", rerank=lambda *_: [1.0])


async def test_a_model_is_called_within_the_callers_own_transaction(dsn: str, docs: str) -> None:
    with psycopg.connect(dsn) as connection, Store(dsn) as store:
        mine = store.on(connection)

        def within(question: str, texts: list[str]) -> list[int]:
            assert ids(mine.search_text(docs, DOCS, "cream")) == ["c"]
            return by_length(question, texts)

        assert ids(mine.search_text(docs, DOCS, "apple", rerank=within)) == BY_LENGTH
    async with await psycopg.AsyncConnection.connect(dsn) as other, AsyncStore(dsn) as store:
        found = await store.on(other).search_text(docs, DOCS, "apple", rerank=by_length)
        assert ids(found) == BY_LENGTH


@pytest.mark.parametrize("is_autocommit", [True, False])
async def test_an_async_model_searches_and_writes_within_the_callers_own_transaction(
    dsn: str, docs: str, is_autocommit: bool
) -> None:
    loop = asyncio.get_running_loop()
    left: list[asyncio.Task[Any]] = []
    connecting = psycopg.AsyncConnection.connect(dsn, autocommit=is_autocommit)
    async with await connecting as connection, AsyncStore(dsn) as store:
        mine = store.on(connection)

        async def search() -> None:
            assert ids(await mine.search_text(docs, DOCS, "cream")) == ["c"]

        async def awaited(question: str, texts: list[str]) -> list[int]:
            await mine.upsert(docs, DOCS, [Item("new", [1, 0], "a new one")])
            await asyncio.gather(*[search() for _ in range(4)])
            await mine.delete(docs, DOCS, ["new"])
            return by_length(question, texts)

        async def deeper(question: str, texts: list[str]) -> list[int]:
            found = await mine.search_text(docs, DOCS, "apple", rerank=awaited)
            assert ids(found) == BY_LENGTH
            return by_length(question, texts)

        async def leaving(question: str, texts: list[str]) -> list[int]:
            left.extend(asyncio.create_task(search()) for _ in range(4))
            await asyncio.sleep(0)
            return by_length(question, texts)

        def in_thread(question: str, texts: list[str]) -> list[int]:
            asyncio.run_coroutine_threadsafe(search(), loop).result(30)
            return by_length(question, texts)

        for model in (awaited, deeper, leaving, in_thread):
            async with asyncio.timeout(30):
                found = await mine.search_text(docs, DOCS, "apple", rerank=model)
                assert ids(found) == BY_LENGTH
        await asyncio.gather(*left)

        is_at_work = asyncio.Event()

        async def slow(*_: object) -> None:
            await search()
            is_at_work.set()
            await asyncio.Event().wait()

        searching = asyncio.create_task(mine.search_text(docs, DOCS, "apple", rerank=slow))
        async with asyncio.timeout(30):
            await is_at_work.wait()
            searching.cancel()
            with pytest.raises(asyncio.CancelledError):
                await searching
            await search()
