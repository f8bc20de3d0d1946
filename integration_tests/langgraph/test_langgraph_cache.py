"""PgRecallCache as LangGraph's cache of nodes, held to LangGraph's own in memory."""

from __future__ import annotations

import logging
import operator
import pickle
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import psycopg
import pytest
from integration_tests.shared.calls import Calls
from integration_tests.shared.words import HOSTILE
from langgraph.cache.memory import InMemoryCache
from langgraph.graph import START, StateGraph
from langgraph.types import CachePolicy

from pgrecall import AsyncStore, InvalidArgumentError, Store
from pgrecall.langgraph import PgRecallCache

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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


def test_a_cache_shows_no_password(tenant: str) -> None:
    cache: PgRecallCache[int] = PgRecallCache("postgresql://u:secret@nowhere/app", tenant)

    assert tenant in repr(cache)
    assert "secret" not in repr(cache)
