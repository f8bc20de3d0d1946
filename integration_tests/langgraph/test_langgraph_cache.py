"""PgRecallCache as LangGraph's cache of nodes, held to LangGraph's own in memory."""

from __future__ import annotations

import logging
import operator
import pickle
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import ormsgpack
import psycopg
import pytest
from integration_tests.shared.calls import Calls
from integration_tests.shared.words import HOSTILE
from langchain_core.documents import Document
from langchain_core.messages import HumanMessage
from langgraph.cache.memory import InMemoryCache
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph import START, StateGraph
from langgraph.types import CachePolicy, Send

from pgrecall import AsyncStore, InvalidArgumentError, Store
from pgrecall.langgraph import PgRecallCache

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PRIVATE = "what a node has written"
LONG = "é" * 5_000
KEYS = [
    *(((word, "n"), word) for word in HOSTILE),
    ((), ""),
    (("",), "\0"),
    (("a",), "k"),
    (("a", "b"), "k"),
    (("a\0",), "k"),
    ((LONG, "1"), LONG),
    ((LONG, "2"), LONG + "2"),
    (("\ud800",), "\udfff"),
]


@dataclass
class Own:
    """A class that LangGraph does not know."""

    number: int


class State(TypedDict):
    """What the graphs of these tests work on."""

    number: int
    seen: Annotated[list[int], operator.add]


@pytest.fixture(params=["sync", "async"])
async def cache(
    request: pytest.FixtureRequest, sync_store: Store, tenant: str
) -> AsyncIterator[Calls]:
    made: PgRecallCache[Any] = PgRecallCache(sync_store, tenant)
    yield Calls(made, request.param)
    await made.aclose()


async def test_a_node_runs_once_for_an_input_until_its_cache_is_cleared(cache: Calls) -> None:
    runs: list[int] = []

    def double(state: State) -> dict[str, Any]:
        runs.append(state["number"])
        return {"seen": [state["number"] * 2]}

    builder = StateGraph(State)
    builder.add_node("double", double, cache_policy=CachePolicy(ttl=60))
    builder.add_edge(START, "double")
    graph = Calls(builder.compile(cache=cache.target), cache.kind)

    said = [await graph.invoke({"number": n, "seen": []}) for n in (1, 1, 2)]

    assert [one["seen"] for one in said] == [[2], [2], [4]]
    assert runs == [1, 2]
    await graph.clear_cache(nodes=["double"])
    await graph.invoke({"number": 1, "seen": []})
    assert runs == [1, 2, 1]


async def test_it_does_what_the_cache_in_memory_does(cache: Calls) -> None:
    ours, theirs = cache, Calls(InMemoryCache(), cache.kind)
    values = [None, b"\0", "Zoë \0", {"at": datetime(2026, 1, 1, tzinfo=UTC)}, [uuid.UUID(int=1)]]
    pairs = {key: (values[n % len(values)], None) for n, key in enumerate(KEYS)}
    asked = [*KEYS, (("none",), "k"), (["a"], "k"), KEYS[0]]
    for each in (ours, theirs):
        await each.set({})
        await each.set(pairs)

    assert await ours.get([]) == {}
    assert await ours.get(asked) == await theirs.get([(tuple(ns), key) for ns, key in asked])
    assert len(await ours.get(asked)) == len(KEYS)
    for namespaces in ([], [("none",)], [("a",)], [(), (LONG, "1"), ("a\0",), ("a",)], None):
        for each in (ours, theirs):
            await each.clear(namespaces)
        assert await ours.get(KEYS) == await theirs.get(KEYS)
    assert await ours.get(KEYS) == {}


async def test_a_value_lives_for_its_seconds(cache: Calls, dsn: str, tenant: str) -> None:
    pairs = {((), f"{ttl}"): (ttl, ttl) for ttl in (None, 0, 90, 10**6)}
    await cache.set(pairs)

    assert await cache.get(list(pairs)) == {
        key: value for key, (value, ttl) in pairs.items() if ttl != 0
    }
    with psycopg.connect(dsn, autocommit=True) as connection:
        query = "UPDATE pgrecall.blobs SET expires_at = now() WHERE tenant = %s AND key = '90'"
        connection.execute(query, [tenant])
    assert list(await cache.get(list(pairs))) == [((), "None"), ((), "1000000")]
    with pytest.raises(InvalidArgumentError, match="ttl must be a timedelta, or seconds, above 0"):
        await cache.set({((), "k"): (1, -1)})


async def test_what_cannot_be_read_counts_as_none_and_is_told_without_its_words(
    cache: Calls, dsn: str, tenant: str, caplog: pytest.LogCaptureFixture
) -> None:
    await cache.set({(("a",), "k"): (PRIVATE, None), (("a",), "l"): (1, None)})
    with psycopg.connect(dsn, autocommit=True) as connection:
        query = "UPDATE pgrecall.blobs SET value = %s WHERE tenant = %s AND key = 'k'"
        connection.execute(query, [b"\xc1" + PRIVATE.encode(), tenant])

    with caplog.at_level(logging.WARNING, "pgrecall"):
        found = await cache.get([(("a",), "k"), (("a",), "l")])

    assert found == {(("a",), "l"): 1}
    assert "has a value that cannot be read" in caplog.text
    assert PRIVATE not in caplog.text
    assert tenant not in caplog.text


async def test_no_pickle_is_read(cache: Calls, dsn: str, tenant: str) -> None:
    await cache.set({((), "k"): (1, None)})
    with psycopg.connect(dsn, autocommit=True) as connection:
        query = "UPDATE pgrecall.blobs SET value = %s, content_type = 'pickle' WHERE tenant = %s"
        connection.execute(query, [pickle.dumps(2), tenant])

    assert await cache.get([((), "k")]) == {}


def ext(kind: int, *parts: Any) -> ormsgpack.Ext:
    return ormsgpack.Ext(kind, ormsgpack.packb(parts))


async def test_nothing_that_stored_bytes_name_is_called(
    cache: Calls, dsn: str, tenant: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = tmp_path / "made"
    evil = ext(0, "os", "mkdir", f"{made}")
    await cache.set({((), "k"): (1, None)})
    for value in (
        evil,
        [{"a": evil}],
        ext(1, "langgraph.types", "Send", ("node", evil)),
        ormsgpack.Ext(7, ormsgpack.packb(evil)),
        ext(3, "os", "path", "x", "exists"),
        ext(5, "builtins", "eval"),
        ext(0),
    ):
        with psycopg.connect(dsn, autocommit=True) as connection:
            query = "UPDATE pgrecall.blobs SET value = %s WHERE tenant = %s"
            connection.execute(query, [ormsgpack.packb(value), tenant])

        assert await cache.get([((), "k")]) == {}
    assert not made.exists()
    assert "it holds 'os.mkdir', which is no plain data" in caplog.text


async def test_a_class_of_the_callers_is_kept_where_the_serializer_trusts_it(
    cache: Calls, tenant: str, sync_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    data = [HumanMessage("x", id="1"), Document("y"), Send("node", {1, 2}), Decimal("1.5")]
    key, trusted = ((), "k"), [(Own.__module__, Own.__name__)]

    await cache.set({key: ([Own(1)], None), ((), "l"): (data, None)})

    assert await cache.get([key, ((), "l")]) == {((), "l"): data}
    assert "Own', which is no plain data: a serializer that trusts it will do" in caplog.text
    serde = JsonPlusSerializer(allowed_msgpack_modules=trusted)
    trusting = Calls(PgRecallCache(sync_store, tenant, serde=serde), cache.kind)
    await trusting.set({key: ([Own(1)], None)})
    assert await trusting.get([key]) == {key: [Own(1)]}
    await trusting.target.aclose()


async def test_a_value_that_the_serializer_refuses_is_not_kept_and_the_others_are(
    cache: Calls, tenant: str, caplog: pytest.LogCaptureFixture
) -> None:
    pairs = {(("a",), "k"): ((n for n in PRIVATE), None), (("a",), "l"): (1, None)}

    with caplog.at_level(logging.WARNING, "pgrecall"):
        await cache.set(pairs)

    assert await cache.get(list(pairs)) == {(("a",), "l"): 1}
    assert "does not keep a value" in caplog.text
    assert PRIVATE not in caplog.text
    assert tenant not in caplog.text


async def test_a_role_that_may_only_read_has_what_is_kept_and_keeps_nothing(
    cache: Calls, dsn: str, tenant: str, caplog: pytest.LogCaptureFixture
) -> None:
    await cache.set({((), "k"): (1, None)})
    read_only = f"{dsn}{'&' if '?' in dsn else ' '}options=-cdefault_transaction_read_only=on"
    core: Any = Store(read_only, setup=False)
    if cache.kind == "async":
        core = AsyncStore(read_only, setup=False)
    reader = Calls(PgRecallCache(core, tenant), cache.kind)

    with caplog.at_level(logging.WARNING, "pgrecall"):
        await reader.set({((), "l"): (2, None)})

    assert await reader.get([((), "k"), ((), "l")]) == {((), "k"): 1}
    assert "does not keep a value, for this role may not" in caplog.text
    await reader.target.aclose()
    await core.close() if cache.kind == "async" else core.close()


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ([("abc", "k")], "a namespace must be a tuple of strings, not str"),
        ([((1,), "k")], "a part of a namespace must be a string, not int"),
        ([((), None)], "a key must be a string, not NoneType"),
    ],
)
async def test_what_is_no_key_is_refused(cache: Calls, keys: Any, says: str) -> None:
    with pytest.raises(InvalidArgumentError, match=says):
        await cache.get(keys)


def test_tenants_and_namespaces_are_apart(sync_store: Store, tenant: str) -> None:
    caches: list[PgRecallCache[str]] = [
        PgRecallCache(sync_store, tenant),
        PgRecallCache(sync_store, tenant, namespace="other"),
        PgRecallCache(sync_store, tenant + "'"),
        PgRecallCache(sync_store, uuid.uuid4().hex + "t" * 968, namespace="é" * 150),
    ]
    key = ("é" * 200,), "k" * 600
    for n, cache in enumerate(caches):
        cache.set({key: (f"{n}", None)})

    assert [cache.get([key])[key] for cache in caches] == ["0", "1", "2", "3"]
    caches[0].clear()
    assert [len(cache.get([key])) for cache in caches] == [0, 1, 1, 1]


def test_a_cache_can_be_pickled(dsn: str, tenant: str) -> None:
    cache: PgRecallCache[int] = PgRecallCache(dsn, tenant)
    cache.set({((), "k"): (1, None)})
    copy = pickle.loads(pickle.dumps(cache))  # noqa: S301  # made here

    assert copy.get([((), "k")]) == {((), "k"): 1}
    copy.close()
    cache.close()


def test_a_cache_shows_no_password(tenant: str) -> None:
    cache: PgRecallCache[int] = PgRecallCache("postgresql://u:secret@nowhere/app", tenant)

    assert tenant in repr(cache)
    assert "secret" not in repr(cache)
