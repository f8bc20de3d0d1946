"""Chat stores by both of LlamaIndex's interfaces, which answer as its own do."""

from __future__ import annotations

import asyncio
import pickle
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from integration_tests.llama_index.llama_fakes import WordEmbedding
from integration_tests.shared.calls import Calls
from integration_tests.shared.faults import execute
from llama_index.core.llms import ChatMessage
from llama_index.core.memory import ChatMemoryBuffer, Memory
from llama_index.core.storage.chat_store import SimpleChatStore
from llama_index.core.storage.chat_store.base_db import MessageStatus
from llama_index.core.storage.chat_store.sql import SQLAlchemyChatStore
from sqlalchemy import select

from pgrecall import DatabaseError, InvalidArgumentError, Store
from pgrecall.llama_index import PgRecallAsyncChatStore, PgRecallChatStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

ACTIVE, ARCHIVED = MessageStatus.ACTIVE, MessageStatus.ARCHIVED


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def store(sync_store: Store, tenant: str) -> AsyncIterator[PgRecallChatStore]:
    made = PgRecallChatStore(sync_store, tenant, search=True)
    yield made
    await made.aclose()


@pytest.fixture
def chats(store: PgRecallChatStore, kind: str) -> Calls:
    return Calls(store, kind)


@pytest.fixture
async def queue(sync_store: Store, tenant: str) -> AsyncIterator[PgRecallAsyncChatStore]:
    made = PgRecallAsyncChatStore(sync_store, tenant, search=True)
    yield made
    await made.aclose()


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


def says(*texts: str) -> list[ChatMessage]:
    return [ChatMessage(text) for text in texts]


def texts_of(messages: list[ChatMessage]) -> str:
    return "".join(message.content or "" for message in messages)


KEYS = st.sampled_from(["", "a", "\0'"])
MESSAGES = st.builds(
    ChatMessage,
    st.text(max_size=5) | st.sampled_from(["", "\0"]),
    role=st.sampled_from(["user", "assistant", "tool", "system"]),
    additional_kwargs=st.dictionaries(
        st.sampled_from("xy"), st.text(max_size=3) | st.integers() | st.none()
    ),
)
LISTS = st.lists(MESSAGES, max_size=3)
INDEXES = st.integers(-5, 5)
CALLS = st.one_of(
    st.tuples(st.just("set_messages"), KEYS, LISTS),
    st.tuples(st.just("add_message"), KEYS, MESSAGES),
    st.tuples(st.just("add_message"), KEYS, MESSAGES, st.none() | INDEXES),
    st.tuples(st.just("get_messages"), KEYS),
    st.tuples(st.just("delete_messages"), KEYS),
    st.tuples(st.just("delete_message"), KEYS, INDEXES),
    st.tuples(st.just("delete_last_message"), KEYS),
    st.tuples(st.just("get_keys")),
)


def answer(store: Any, name: str, *arguments: Any) -> Any:
    """Give what a call gives, or the class of what it raises."""
    try:
        found = getattr(store, name)(*arguments)
    except IndexError:
        return IndexError
    return list(found) if isinstance(found, list) else found


@settings(max_examples=20, deadline=None, derandomize=True, database=None)
@given(calls=st.lists(CALLS, min_size=5, max_size=15))
def test_it_answers_as_llamaindex_s_own_in_memory(sync_store: Store, calls: list[Any]) -> None:
    ours, theirs = PgRecallChatStore(sync_store, uuid.uuid4().hex), SimpleChatStore()
    for call in calls:
        assert answer(ours, *call) == answer(theirs, *call), call
    assert ours.get_keys() == theirs.get_keys()
    for key in theirs.get_keys():
        assert ours.get_messages(key) == theirs.get_messages(key)


STATUSES = st.sampled_from([ACTIVE, ARCHIVED])
ANY_STATUS = st.none() | STATUSES
COUNTS = st.integers(0, 3)
QUEUE_CALLS = st.one_of(
    st.tuples(st.just("get_messages"), KEYS, ANY_STATUS, st.none() | COUNTS, st.none() | COUNTS),
    st.tuples(st.just("count_messages"), KEYS, ANY_STATUS),
    st.tuples(st.just("add_message"), KEYS, MESSAGES, STATUSES),
    st.tuples(st.just("add_messages"), KEYS, st.lists(MESSAGES, min_size=1, max_size=3), STATUSES),
    st.tuples(st.just("set_messages"), KEYS, LISTS, STATUSES),
    st.tuples(st.just("delete_message"), KEYS, st.integers(0, 4)),
    st.tuples(st.just("delete_messages"), KEYS, ANY_STATUS),
    st.tuples(st.just("delete_oldest_messages"), KEYS, COUNTS),
    st.tuples(st.just("archive_oldest_messages"), KEYS, COUNTS),
)


async def their_ids(store: SQLAlchemyChatStore, key: str) -> list[int]:
    make, table = await store._initialize()
    query = select(table.c.id).where(table.c.key == key).order_by(table.c.timestamp, table.c.id)
    async with make() as session:
        return [row[0] for row in await session.execute(query)]


async def compare(ours: PgRecallAsyncChatStore, calls: list[Any]) -> None:
    theirs = SQLAlchemyChatStore(table_name="chats")
    for name, key, *arguments in calls:
        answers = []
        our_ids = [one.number for one in await ours.page(key)]
        for store, ids in ((ours, our_ids), (theirs, await their_ids(theirs, key))):
            given_ = arguments
            if name == "delete_message":  # each numbers messages by itself
                given_ = [dict(enumerate(ids)).get(arguments[0], 10**9)]
            answers.append(await getattr(store, name)(key, *given_))
        assert answers[0] == answers[1], (name, key, arguments)
    assert sorted(await ours.get_keys()) == sorted(await theirs.get_keys())
    for key in await theirs.get_keys():
        for status in (None, ACTIVE, ARCHIVED):
            assert await ours.get_messages(key, status) == await theirs.get_messages(key, status)
    await theirs._async_engine.dispose()  # type: ignore[union-attr]  # it was used


@settings(max_examples=8, deadline=None, derandomize=True, database=None)
@given(calls=st.lists(QUEUE_CALLS, min_size=5, max_size=12))
def test_its_queue_answers_as_llamaindex_s_own_on_sqlite(
    sync_store: Store, runner: asyncio.Runner, calls: list[Any]
) -> None:
    runner.run(compare(PgRecallAsyncChatStore(sync_store, uuid.uuid4().hex), calls))


async def test_sync_and_async_calls_and_both_interfaces_share_the_chats(
    chats: Calls, queue: PgRecallAsyncChatStore
) -> None:
    await chats.set_messages("k", says(*"abc"))
    await chats.add_message("k", *says("x"), 1)
    await queue.archive_oldest_messages("k", 2)

    assert texts_of(await chats.get_messages("k")) == "axbc"
    assert texts_of(await queue.get_messages("k")) == "bc"
    assert texts_of(await queue.get_messages("k", ARCHIVED)) == "ax"
    assert [one.number for one in await queue.page("k")] == [1, 4, 2, 3]
    assert [one.number for one in await chats.page("k", 2, after=4)] == [2, 3]
    assert texts_of([await chats.delete_message("k", -2)]) == "b"
    with pytest.raises(IndexError, match="no message -9 to remove"):
        await chats.delete_message("k", -9)
    assert texts_of([await queue.delete_message("k", 4)]) == "x"
    assert await queue.delete_message("k", 0) is None
    assert texts_of(await chats.delete_messages("k")) == "ac"
    assert await chats.delete_messages("k") is None
    assert await chats.get_keys() == await queue.get_keys() == []


async def test_what_is_removed_is_not_found_either(
    chats: Calls, queue: PgRecallAsyncChatStore, sync_store: Store, tenant: str
) -> None:
    await chats.set_messages("k", says("red apple", "green apple", " "))
    await chats.add_message("k", *says("first apple"), 0)
    await queue.add_messages("l", says("blue apple", "old apple"), ARCHIVED)

    found = await chats.search("apples", key="k")
    assert sorted(one.message.content for one in found) == [
        "first apple",
        "green apple",
        "red apple",
    ]
    assert len(await queue.search("apples", limit=9)) == 5
    await chats.delete_message("k", 1)
    await queue.delete_oldest_messages("k", 1)
    await queue.delete_messages("l", ARCHIVED)
    (left,) = await chats.search("apples")
    assert (left.session_id, left.number, left.message.content) == ("k", 2, "green apple")
    # whoever removes, also without search=True
    bare = PgRecallChatStore(sync_store, tenant)
    bare.set_messages("k", says("yellow apple"))
    assert await chats.search("apples") == []
    assert sync_store.count(tenant, "llama_index_chats") == 0


async def test_a_model_finds_messages_by_what_they_mean(
    sync_store: Store, tenant: str, kind: str
) -> None:
    store = PgRecallChatStore(sync_store, tenant, search=True, embed_model=WordEmbedding())
    chats = Calls(store, kind)
    await chats.set_messages("k", says("cats purr", "dogs bark"))

    found = await chats.search("dogs")
    assert [one.message.content for one in found] == ["dogs bark", "cats purr"]
    assert found[0].score > found[1].score
    await store.aclose()


async def test_memory_archives_what_is_old_and_goes_on_after_a_restart(
    queue: PgRecallAsyncChatStore,
) -> None:
    def memory() -> Memory:
        return Memory.from_defaults(
            session_id="s",
            chat_store=queue,
            token_limit=40,
            token_flush_size=5,
            chat_history_token_ratio=0.5,
            tokenizer_fn=str.split,
        )

    for n in range(10):
        role = "assistant" if n % 2 else "user"
        await memory().aput(ChatMessage(f"the words of {n}", role=role))

    recent = await memory().aget()
    assert len(recent) < 10
    whole = await memory().aget_all()
    assert [message.content for message in whole] == [f"the words of {n}" for n in range(10)]
    assert whole[-len(recent) :] == recent
    await memory().areset()
    assert await queue.get_keys() == []


def test_a_sync_memory_keeps_its_buffer_here(store: PgRecallChatStore) -> None:
    buffer = ChatMemoryBuffer.from_defaults(
        chat_history=says("a", "b"), chat_store=store, chat_store_key="k", tokenizer_fn=str.split
    )
    buffer.put(*says("c"))

    assert texts_of(buffer.get()) == "abc"
    assert buffer.model_dump()["chat_store"]["class_name"] == "PgRecallChatStore"
    assert "pgrecall_" not in str(buffer.model_dump()["chat_store"])
    buffer.reset()
    assert store.get_keys() == []


async def test_writers_at_once_leave_whole_calls_and_pops_take_each_message_once(
    sync_store: Store, tenant: str, kind: str, queue: PgRecallAsyncChatStore
) -> None:
    store = PgRecallChatStore(sync_store, tenant)
    chats = Calls(store, kind)

    async def write(who: str) -> None:
        for n in range(25):
            await chats.add_message("k", *says(f"{who}{n}"))

    async def pop() -> list[str]:
        found = [await chats.delete_message("k", 0) for _ in range(10)]
        return [message.content for message in found]

    async def at_once(*calls: Any) -> list[Any]:
        if kind == "async":
            return list(await asyncio.gather(*calls))
        with ThreadPoolExecutor(len(calls)) as threads:
            return [each.result() for each in [threads.submit(asyncio.run, one) for one in calls]]

    await at_once(write("a"), write("b"))
    whole = [one.content for one in await chats.get_messages("k")]
    for who in "ab":
        own = [text for text in whole if text.startswith(who)]
        assert own == [f"{who}{n}" for n in range(25)]
    popped = [text for texts in await at_once(pop(), pop()) for text in texts]
    assert sorted(popped) == sorted(whole[:20])
    assert await queue.count_messages("k") == 30
    await store.aclose()


async def test_a_chat_expires_whole(sync_store: Store, dsn: str, tenant: str, kind: str) -> None:
    store = PgRecallChatStore(sync_store, tenant, ttl_minutes=5)
    chats = Calls(store, kind)
    await chats.set_messages("k", says("old"))
    execute(
        dsn,
        f"UPDATE pgrecall.blobs SET expires_at = now() WHERE tenant = '{tenant}'"
        " AND expires_at IS NOT NULL",
    )

    assert await chats.get_messages("k") == await chats.get_keys() == []
    assert await chats.delete_last_message("k") is None
    assert await chats.delete_messages("k") is None
    await chats.add_message("k", *says("new"))
    assert texts_of(await chats.get_messages("k")) == "new"
    await store.aclose()


class Shouting(ChatMessage):
    """A class that would be read as another one."""


async def test_what_cannot_be_kept_is_refused_and_nothing_is_changed(
    chats: Calls, queue: PgRecallAsyncChatStore
) -> None:
    await chats.set_messages("k", says("kept"))
    for messages, says_ in (
        ([*says("a"), Shouting("b")], r"number 1 .* is a Shouting: messages must be ChatMessage"),
        ([*says("a"), "b"], r"number 1 .* is a str"),
        (ChatMessage("a"), "must be a list of ChatMessage"),
        ([ChatMessage("a", additional_kwargs={"x": object()})], r"number 0 .* cannot be written"),
    ):
        with pytest.raises(InvalidArgumentError, match=says_):
            await chats.set_messages("k", messages)
    for key in (3, None):
        with pytest.raises(InvalidArgumentError, match="must be a string"):
            await chats.get_messages(key)
    for call in (
        chats.add_message("k", *says("a"), "0"),
        chats.delete_message("k", 1.5),
        queue.get_messages("k", limit=-1),
        queue.get_messages("k", offset=-1),
        queue.delete_oldest_messages("k", -1),
        queue.delete_message("k", "1"),
    ):
        with pytest.raises(InvalidArgumentError):
            await call
    assert texts_of(await chats.get_messages("k")) == "kept"
    with pytest.raises(InvalidArgumentError, match="embed_model must be a BaseEmbedding"):
        PgRecallChatStore("dbname=x", embed_model=print)  # type: ignore[arg-type]


@pytest.mark.parametrize("data", [b"", b"no", b"\xff", b"[1]", b'{"role": "nobody"}'])
async def test_what_another_program_wrote_is_told_by_its_number(
    chats: Calls, dsn: str, tenant: str, data: bytes
) -> None:
    await chats.set_messages("k", says("a"))
    with psycopg.connect(dsn, autocommit=True) as connection:
        query = "UPDATE pgrecall.blobs SET value = %s WHERE tenant = %s AND namespace[1] <> %s"
        connection.execute(query, [data, tenant, "sessions"])

    with pytest.raises(DatabaseError, match="message 1 of session 'k' cannot be read: another"):
        await chats.get_messages("k")


async def test_a_store_is_found_again_after_a_pickle(dsn: str, tenant: str) -> None:
    store = PgRecallChatStore(dsn, tenant)
    store.add_message("k", *says("kept"))
    queue = PgRecallAsyncChatStore(dsn, tenant)
    for made in (store, queue):
        copy = pickle.loads(pickle.dumps(made))  # noqa: S301  # made here
        found = copy.get_messages("k")
        assert texts_of(await found if made is queue else found) == "kept"
        await copy.aclose()
    await store.aclose()
    await queue.aclose()
