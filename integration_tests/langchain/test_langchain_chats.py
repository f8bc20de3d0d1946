"""Chat histories: in order under concurrent writers, by page, searched, and gone when they should.

``InMemoryChatMessageHistory`` is LangChain's own; it says what the answers are.
"""

from __future__ import annotations

import asyncio
import pickle
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from integration_tests.langchain.langchain_fakes import Mute, Words
from integration_tests.shared.calls import Calls
from integration_tests.shared.faults import execute
from integration_tests.shared.words import HOSTILE
from langchain_core.chat_history import InMemoryChatMessageHistory
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.runnables.history import RunnableWithMessageHistory
from psycopg.conninfo import make_conninfo

from pgrecall import (
    AsyncStore,
    Collection,
    CollectionConflictError,
    CollectionNotFoundError,
    DatabaseError,
    InvalidArgumentError,
    Item,
    Store,
)
from pgrecall.langchain import PgRecallChatMessageHistory

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., Calls]

pytestmark = pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainDeprecationWarning")

LIVES = "SELECT namespace, key FROM pgrecall.blobs WHERE tenant = '{}'"


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def make(sync_store: Store, tenant: str, kind: str) -> Any:
    """Make histories of this test's tenant, called with ``await``."""
    made: list[PgRecallChatMessageHistory] = []

    def history(session_id: str = "session", **keywords: Any) -> Calls:
        keywords = {"store": sync_store, "tenant": tenant, **keywords}
        made.append(PgRecallChatMessageHistory(session_id, **keywords))
        return Calls(made[-1], kind)

    yield history
    for each in made:
        await each.aclose()


def says(*texts: str) -> list[BaseMessage]:
    return [HumanMessage(text) for text in texts]


async def texts_of(history: Calls) -> list[str]:
    return [str(message.content) for message in await history.get_messages()]


WORDS = st.text(max_size=20) | st.sampled_from(["", "\0", "a\0b", "👩‍👩‍👧", "\u202e"])
METADATA = st.dictionaries(WORDS, WORDS | st.integers() | st.none() | st.lists(WORDS), max_size=2)
MESSAGES = st.one_of(
    st.builds(HumanMessage, WORDS, id=st.none() | WORDS, additional_kwargs=METADATA),
    st.builds(
        AIMessage,
        WORDS,
        response_metadata=METADATA,
        tool_calls=st.lists(
            st.fixed_dictionaries({"name": WORDS, "args": METADATA, "id": WORDS}), max_size=2
        ),
    ),
    st.builds(SystemMessage, st.lists(st.fixed_dictionaries({"type": WORDS, "text": WORDS}))),
    st.builds(ToolMessage, WORDS, tool_call_id=WORDS, artifact=st.none() | METADATA),
    st.builds(ChatMessage, WORDS, role=WORDS),
    st.builds(AIMessageChunk, WORDS),
)


@settings(max_examples=12, deadline=None, derandomize=True, database=None)
@given(calls=st.lists(st.lists(MESSAGES, max_size=3) | st.just("clear"), max_size=6))
def test_it_answers_as_langchain_s_own_in_memory(sync_store: Store, calls: list[Any]) -> None:
    ours = PgRecallChatMessageHistory(uuid.uuid4().hex, store=sync_store, tenant="oracle")
    theirs = InMemoryChatMessageHistory()
    for call in calls:
        for history in (ours, theirs):
            history.clear() if call == "clear" else history.add_messages(call)
        assert ours.messages == theirs.messages
        assert list(map(type, ours.messages)) == list(map(type, theirs.messages))
    assert str(ours) == str(theirs)


async def test_a_chain_remembers_its_session(make: Make, kind: str) -> None:
    model = FakeListChatModel(responses=["one", "two", "three"])
    chain = RunnableWithMessageHistory(model, lambda session_id: make(session_id).target)
    for session, question in (("a", "first?"), ("a", "second?"), ("b", "third?")):
        config: Any = {"configurable": {"session_id": session}}
        asked = [HumanMessage(question)]
        await (
            chain.ainvoke(asked, config)
            if kind == "async"
            else chain_in_thread(chain, asked, config)
        )

    assert await texts_of(make("a")) == ["first?", "one", "second?", "two"]
    assert await texts_of(make("b")) == ["third?", "three"]
    assert await make("b").sessions() == ["a", "b"]


async def chain_in_thread(chain: Any, asked: Any, config: Any) -> Any:
    return await asyncio.to_thread(chain.invoke, asked, config)


NAMES = [
    "",
    "\0",
    "a\0b",
    "\ud800",
    "x" * 10_000,
    "x" * 9_999 + "y",
    "sha256:" + "0" * 64,
    *HOSTILE,
]


async def test_a_session_may_be_called_anything(make: Make) -> None:
    for name in NAMES:
        await make(name, search=True).add_messages(says(f"banana {NAMES.index(name)}"))

    assert await make().sessions() == NAMES
    assert await make().sessions(limit=2, offset=1) == NAMES[1:3]
    for name in NAMES:
        own = [f"banana {NAMES.index(name)}"]
        assert await texts_of(make(name)) == own
        found = await make(name, search=True).search("banana")
        assert [(one.session_id, one.message.content) for one in found] == [(name, *own)]


async def test_no_tenant_sees_another_s_session(make: Make, sync_store: Store, tenant: str) -> None:
    await make(search=True).add_messages(says("the secret"))
    other = make(tenant=f"{tenant}-other", search=True)
    await other.add_messages(says("nothing"))

    assert await texts_of(other) == ["nothing"]
    assert await other.search("secret", everywhere=True) == []
    await other.clear()
    assert await other.sessions() == []
    assert await texts_of(make()) == ["the secret"]


def test_a_message_of_ten_megabytes_comes_back(sync_store: Store, tenant: str) -> None:
    whole = [HumanMessage("é" * 5_000_000), AIMessage("\0"), HumanMessage("short")]
    history = PgRecallChatMessageHistory("big", store=sync_store, tenant=tenant)
    history.add_messages(whole)

    assert history.messages == whole


class Note(BaseMessage):
    """A class of a user's own."""

    type: str = "note"
    weight: int = 1


class Shouting(HumanMessage):
    """One that would be read as another class."""


async def test_a_class_that_is_not_known_is_refused_and_one_that_is_told_is_kept(
    make: Make,
) -> None:
    history = make()
    for message in (Note(content="n"), Shouting("S")):
        with pytest.raises(InvalidArgumentError, match=r"number 1 .*message_types=\["):
            await history.add_messages([*says("good"), message])
    with pytest.raises(InvalidArgumentError, match=r"number 0 .* is a str, not a message"):
        await history.add_messages(["text"])
    for one in (HumanMessage("one"), "one"):
        with pytest.raises(InvalidArgumentError, match="must be a list of messages, not one"):
            await history.add_messages(one)
    assert await texts_of(history) == []

    whole = [Note(content="n", weight=3), Shouting("S")]
    known = make(message_types=[Note, Shouting])
    await known.add_messages(whole)
    assert await known.get_messages() == whole
    with pytest.raises(InvalidArgumentError, match="message 1 of session 'session' is a Note"):
        await history.get_messages()


async def test_what_is_no_json_comes_back_as_json_or_is_refused(make: Make) -> None:
    history = make()
    await history.add_messages(
        [HumanMessage("x", additional_kwargs={"at": datetime(1, 2, 3, tzinfo=UTC)})]
    )
    (message,) = await history.get_messages()
    assert message.additional_kwargs["at"].startswith("0001-02-03")
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    for value in (object(), deep, {1j: 2}):
        with pytest.raises(InvalidArgumentError, match=r"number 0 .*human.* cannot be written"):
            await history.add_messages([HumanMessage("y", additional_kwargs={"it": value})])


async def test_two_writers_of_a_hundred_each_leave_all_in_one_order(make: Make, kind: str) -> None:
    calls = [[f"{who}{n}.{m}" for m in range(3)] for n in range(34) for who in "ab"]
    seen: list[list[str]] = []

    async def write(who: str) -> None:
        history = make()
        for n, texts in enumerate(calls):
            if texts[0].startswith(who):
                await history.add_messages(says(*texts))
            if not n % 10:
                seen.append(await texts_of(history))

    if kind == "async":
        await asyncio.gather(write("a"), write("b"))
    else:
        with ThreadPoolExecutor(2) as threads:
            for each in [threads.submit(asyncio.run, each) for each in map(write, "ab")]:
                each.result()

    seen.sort(key=len)
    seen.append(await texts_of(make()))
    whole = seen[-1]
    assert all(whole[: len(earlier)] == earlier for earlier in seen)
    assert sorted(whole[n : n + 3] for n in range(0, 204, 3)) == sorted(calls)
    for who in "ab":
        own = [text for text in whole if text.startswith(who)]
        assert own == [text for texts in calls for text in texts if text.startswith(who)]
    assert [one.number for one in await make().page(300)] == list(range(1, 205))


def holding(dsn: str, tenant: str) -> psycopg.Connection[Any]:
    """Hold the sessions of a tenant, as a writer does that has not committed."""
    connection = psycopg.connect(dsn)
    connection.execute("SELECT FROM pgrecall.blobs WHERE tenant = %s FOR UPDATE", [tenant])
    return connection


async def test_an_addition_that_is_cancelled_leaves_nothing(dsn: str, tenant: str) -> None:
    async with AsyncStore(dsn) as store:
        history = PgRecallChatMessageHistory("s", store=store, tenant=tenant, search=True)
        await history.aadd_messages(says("before"))
        with holding(dsn, tenant):
            adding = asyncio.create_task(history.aadd_messages(says(*"abc")))
            await waiting(dsn)
            adding.cancel()
            with pytest.raises(asyncio.CancelledError):
                await adding
        await history.aadd_messages(says("after"))

        assert [one.content for one in await history.aget_messages()] == ["before", "after"]
        assert await store.count(tenant, "langchain_chats") == 2


async def waiting(dsn: str) -> None:
    """Wait until a statement waits for a lock."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        while True:
            found = await connection.execute(
                "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND datname = current_database() AND query LIKE '%%blobs%%'"
            )
            if found.rowcount:
                return
            await asyncio.sleep(0.01)


async def test_what_is_added_while_another_clears_comes_before_it_or_begins_anew(
    dsn: str, make: Make, tenant: str
) -> None:
    history = make(search=True)
    await history.add_messages(says("old"))
    with ThreadPoolExecutor(3) as threads, holding(dsn, tenant):
        # who comes first is the server's to say
        calls = [history.add_messages(says("new", "newer")), make(search=True).clear()]
        running = [threads.submit(asyncio.run, each) for each in calls]
        await waiting(dsn)
    for each in running:
        each.result()

    left = [(one.number, one.message.content) for one in await history.page()]
    assert left in ([], [(1, "new"), (2, "newer")])
    found = await history.search("old new newer")
    assert sorted(one.number for one in found) == [number for number, _ in left]
    await history.clear()
    assert execute(dsn, LIVES.format(tenant)) == []


def test_clears_and_additions_of_many_leave_what_one_order_of_them_would(
    sync_store: Store, dsn: str, tenant: str
) -> None:
    stop = threading.Event()

    def clear() -> None:
        while not stop.is_set():
            PgRecallChatMessageHistory("s", store=sync_store, tenant=tenant).clear()

    def add(n: int) -> None:
        history = PgRecallChatMessageHistory("s", store=sync_store, tenant=tenant)
        for m in range(10):
            history.add_messages(says(f"{n}.{m}", f"{n}.{m}"))
            there = [one.content for one in history.messages]
            # whole additions alone, and each at most once
            assert there[::2] == there[1::2]
            assert len(set(there)) * 2 == len(there)

    with ThreadPoolExecutor(4) as threads:
        clearing = threads.submit(clear)
        for each in [threads.submit(add, n) for n in range(3)]:
            each.result()
        stop.set()
        clearing.result()
    PgRecallChatMessageHistory("s", store=sync_store, tenant=tenant).clear()
    assert execute(dsn, LIVES.format(tenant)) == []


async def test_a_session_is_read_by_page_either_way(make: Make) -> None:
    history = make()
    await history.add_messages(says(*map(str, range(100))))

    seen: list[str] = []
    last = None
    while page := await history.page(17, after=last):
        seen += [str(one.message.content) for one in page]
        last = page[-1].number
    assert seen == list(map(str, range(100)))
    for keywords, numbers in (
        ({"before": 100}, [97, 98, 99]),
        ({"before": 1_000}, [98, 99, 100]),
        ({"after": 98, "before": 100}, [99]),
        ({}, [1, 2, 3]),
    ):
        assert [one.number for one in await history.page(3, **keywords)] == numbers


def expire(dsn: str, tenant: str) -> None:
    execute(
        dsn,
        "UPDATE pgrecall.blobs SET expires_at = now() - interval '1 second'"
        f" WHERE tenant = '{tenant}' AND expires_at IS NOT NULL",
    )


async def test_a_session_expires_whole_and_begins_anew(
    make: Make, sync_store: Store, dsn: str, tenant: str
) -> None:
    history, kept = make(ttl_minutes=5, search=True), make("kept", search=True)
    await history.add_messages(says("old one", "old two"))
    await kept.add_messages(says("old three"))
    expire(dsn, tenant)

    assert await texts_of(history) == await history.page() == []
    assert await kept.sessions() == ["kept"]
    assert [one.session_id for one in await kept.search("old", everywhere=True)] == ["kept"]
    await history.add_messages(says("new one"))
    assert await texts_of(history) == ["new one"]
    assert [one.message.content for one in await history.search("one")] == ["new one"]
    assert sync_store.count(tenant, "langchain_chats") == 2
    expire(dsn, tenant)
    sync_store.maintain(tenant)
    assert sync_store.count(tenant, "langchain_chats") == 1
    assert len(execute(dsn, LIVES.format(tenant))) == 2


async def test_messages_are_found_by_words_in_a_session_or_in_all(make: Make) -> None:
    for name in ("one", "two"):
        await make(name, search=True).add_messages(
            [HumanMessage(f"Where is the whale of {name}?"), AIMessage("In the sea"), *says(" ")]
        )
    await make("three").add_messages(says("a whale that nobody finds"))

    (found,) = await make("one", search=True).search("whale")
    assert (found.session_id, found.number) == ("one", 1)
    assert found.message == HumanMessage("Where is the whale of one?")
    assert found.score > 0
    both = await make("one", search=True).search("whales", everywhere=True, limit=5)
    assert sorted(one.session_id for one in both) == ["one", "two"]
    assert len(await make("x", search=True).search("whale", everywhere=True, limit=1)) == 1
    # whoever clears a session takes what is found of it along
    await make("one").clear()
    left = await make("one", search=True).search("whale", everywhere=True)
    assert [one.session_id for one in left] == ["two"]


async def test_an_embedding_finds_messages_by_what_they_mean(make: Make) -> None:
    words = Words("words")
    history = make(search=True, embedding=words)
    await history.add_messages(says("cats purr", "dogs bark", "cats purr", "", "\0cats"))

    assert words.calls == [["cats purr", "dogs bark", "\0cats"]]
    found = await history.search("dogs", limit=2)
    assert found[0].message.content == "dogs bark"
    assert len(found) == 2
    await history.add_messages(says("  "))
    assert len(words.calls) == 2


async def test_vectors_that_do_not_fit_are_refused_and_words_are_found_without_any(
    make: Make,
) -> None:
    history = make(search=True, embedding=Words("words"))
    await history.add_messages(says("cats purr"))
    for embedding, says_ in (
        (Words("words", 3), "has 3 dimensions.* vectors of 64"),
        (Few(), "1 vectors for 2 texts"),
    ):
        with pytest.raises(InvalidArgumentError, match=says_):
            await make(search=True, embedding=embedding).add_messages(says("a", "b"))
    with pytest.raises(CollectionConflictError, match="embedding_model"):
        await make(search=True, embedding=Words("others")).add_messages(says("a"))
    assert await texts_of(history) == ["cats purr"]

    bare = make(search=True)
    await bare.add_messages(says("dogs bark"))
    assert [one.number for one in await bare.search("dogs", limit=1)] == [2]
    assert len(await history.search("dogs cats")) == 2


async def test_a_message_that_the_embedding_knows_no_word_of_is_kept(make: Make) -> None:
    history = make(search=True, embedding=Mute("words"))
    # the first ones make no collection: nothing tells its dimensions
    await history.add_messages(says("***"))
    await history.add_messages(says("cats purr"))
    await history.add_messages(says("+++"))

    assert await texts_of(history) == ["***", "cats purr", "+++"]
    assert [one.number for one in await history.search("cats", limit=1)] == [2]
    assert await history.search("!!!") == []


async def test_chats_go_with_the_name_of_what_they_are_found_in(
    make: Make, sync_store: Store, tenant: str
) -> None:
    old, new = make(search=True), make(search=True, collection="new")
    await old.add_messages(says("a whale"))
    sync_store.rename_collection(tenant, "langchain_chats", "new")

    assert await texts_of(new) == ["a whale"]
    assert [one.number for one in await new.search("whale")] == [1]
    for call in (old.get_messages(), old.add_messages(says("b")), old.search("x"), old.clear()):
        with pytest.raises(CollectionNotFoundError, match="ask for 'new'"):
            await call
    await make(collection="taken").add_messages(says("b"))
    with pytest.raises(CollectionConflictError, match="blobs are kept for a collection 'taken'"):
        sync_store.rename_collection(tenant, "new", "taken")
    await make(collection="new").clear()
    assert sync_store.count(tenant, "new") == 0


async def test_what_is_searched_of_an_expired_session_goes_when_it_begins_anew(
    make: Make, sync_store: Store, dsn: str, tenant: str
) -> None:
    await make(search=True).add_messages(says("a whale", "another whale"))
    expiry = "UPDATE pgrecall.blobs SET expires_at = now() WHERE tenant = '{}'"
    execute(dsn, expiry.format(tenant))

    await make().add_messages(says("x"))

    assert sync_store.count(tenant, "langchain_chats") == 0
    assert [one.number for one in await make().page()] == [3]
    await make(search=True).add_messages(says("a whale"))
    assert [one.number for one in await make(search=True).search("whale")] == [4]


async def test_a_session_can_be_cleared_beside_a_collection_of_something_else(
    make: Make, sync_store: Store, tenant: str
) -> None:
    history = make(search=True)
    await history.add_messages(says("a"))
    sync_store.drop_collection(tenant, "langchain_chats")
    sync_store.ensure_collection(tenant, Collection("langchain_chats", 3))
    sync_store.upsert(tenant, "langchain_chats", [Item("x", [1, 2, 3])])

    await history.clear()

    assert await texts_of(make()) == []
    assert sync_store.count(tenant, "langchain_chats") == 1


async def test_writers_take_their_turns_whatever_the_database_isolates(
    make: Make, dsn: str, tenant: str, kind: str
) -> None:
    snapshot = make_conninfo(dsn, options="-c default_transaction_isolation=serializable")
    history = make(store=snapshot)

    async def write(n: int) -> None:
        for _ in range(3):
            await history.add_messages(says(f"{n}"))

    if kind == "async":
        await asyncio.gather(*map(write, range(8)))
    else:
        with ThreadPoolExecutor(8) as threads:
            for each in [threads.submit(asyncio.run, write(n)) for n in range(8)]:
                each.result()

    assert [one.number for one in await history.page()] == list(range(1, 25))


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"no", b"\xff", b"[1]", b"{}", b'{"class": [], "data": {}}', b"[" * 3_000),
        b'{"class": "HumanMessage", "data": {"content": 1}}',
        b'{"class": "HumanMessage", "data": [1]}',
    ],
)
async def test_what_another_program_wrote_is_told_by_its_number(
    make: Make, dsn: str, tenant: str, data: bytes
) -> None:
    history = make()
    await history.add_messages(says("a", "b"))
    with psycopg.connect(dsn, autocommit=True) as connection:
        query = "UPDATE pgrecall.blobs SET value = %s WHERE tenant = %s AND key LIKE '000%%2'"
        connection.execute(query, [data, tenant])

    with pytest.raises(DatabaseError, match="message 2 of session 'session' cannot be read: anoth"):
        await history.get_messages()
    assert [one.message.content for one in await history.page(1)] == ["a"]
    await history.clear()


async def test_an_item_that_another_program_wrote_is_no_message(
    make: Make, sync_store: Store, tenant: str
) -> None:
    history = make(search=True)
    await history.add_messages(says("a whale"))
    ids = ("x", "x:", f"x:{'9' * 30}", "x:1")
    items = [Item(id_, None, "a whale", {"session_id": "session"}) for id_ in ids]
    sync_store.upsert(tenant, "langchain_chats", items)

    found = await history.search("whale")

    assert [(one.number, one.message.content) for one in found] == [(1, "a whale")]


class Few(Words):
    """An embedding that forgets one."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return super().embed_documents(texts)[1:]


async def test_a_history_is_found_again_after_a_pickle(dsn: str, tenant: str, kind: str) -> None:
    history = PgRecallChatMessageHistory("s", store=dsn, tenant=tenant, search=True)
    history.add_messages(says("kept"))
    copy = pickle.loads(pickle.dumps(history))  # noqa: S301  # made here

    assert await texts_of(Calls(copy, kind)) == ["kept"]
    await copy.aclose()
    await history.aclose()


@pytest.mark.parametrize(
    ("keywords", "says_"),
    [
        ({"session_id": 3}, "a session id must be a string, not int"),
        ({"session_id": None}, "a session id must be a string"),
        ({"ttl_minutes": -1}, "ttl_minutes must be a number"),
        ({"embedding": Words()}, "an embedding belongs to search=True"),
        ({"embedding": print, "search": True}, "must be a langchain_core Embeddings"),
        ({"tenant": ""}, "a tenant must not be empty"),
        ({"collection": "\0"}, "a collection name .*NUL"),
        ({"message_types": [str]}, "message_types must be classes of messages"),
        ({"message_types": [type("AIMessage", (HumanMessage,), {})]}, "two classes .* AIMessage"),
    ],
)
def test_an_argument_that_cannot_be_used_is_told(keywords: dict[str, Any], says_: str) -> None:
    with pytest.raises(InvalidArgumentError, match=says_):
        PgRecallChatMessageHistory(**{"session_id": "s", "store": "dbname=x", **keywords})


async def test_a_question_that_cannot_be_asked_is_told(make: Make) -> None:
    with pytest.raises(InvalidArgumentError, match="make them with search=True"):
        await make().search("x")
    for limit in (0, True, "3"):
        with pytest.raises(InvalidArgumentError, match="limit"):
            await make(search=True).search("x", limit=limit)
        with pytest.raises(InvalidArgumentError, match="limit"):
            await make().page(limit)
    with pytest.raises(InvalidArgumentError, match="after"):
        await make().page(after=-1)
