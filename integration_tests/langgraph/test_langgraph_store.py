"""PgRecallStore as LangGraph's BaseStore: values by key, namespaces, filters, times to live."""

from __future__ import annotations

import asyncio
import json
import pickle
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration_tests.shared.adapters import adapters
from integration_tests.shared.calls import Calls
from integration_tests.shared.exhaustive import IS_EXHAUSTIVE
from integration_tests.shared.words import HOSTILE
from langchain_core.embeddings import Embeddings
from langgraph.store.base import (
    GetOp,
    InvalidNamespaceError,
    ListNamespacesOp,
    MatchCondition,
    PutOp,
    SearchOp,
)
from langgraph.store.memory import InMemoryStore

from pgrecall import AsyncStore, FilterError, InvalidArgumentError, Store
from pgrecall._adapters.pair import Pair
from pgrecall._operations.entries import entries

if TYPE_CHECKING:
    from collections.abc import Iterator

PgRecallStore = adapters("pgrecall.langgraph").PgRecallStore


@pytest.fixture(scope="module")
def core(dsn: str) -> Iterator[Store]:
    with Store(dsn) as store:
        yield store


@pytest.fixture(params=["sync", "async"])
async def make(request, core: Store, tenant: str) -> Any:
    """Make a store of this test's tenant, called by either kind of method."""

    def made(**keywords: Any) -> Calls:
        return Calls(PgRecallStore(core, **{"tenant": tenant, **keywords}), request.param)

    yield made
    await Pair(core).async_store.close()


@pytest.fixture
def memory(make: Any) -> Any:
    return make()


def expire(dsn: str, tenant: str, key: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "UPDATE pgrecall.entries SET expires_at = now() - interval '1 second'"
            " WHERE tenant = %s AND id = %s",
            (tenant, key),
        )


def keys(found: list[Any]) -> list[str]:
    return sorted(item.key for item in found)


USER = ("users", "ann")


async def test_what_was_put_comes_back_with_its_times(memory: Any) -> None:
    await memory.put(USER, "prefs", {"theme": "dark", "sizes": [1, 2.5, None]})

    item = await memory.get(USER, "prefs")

    assert item.value == {"theme": "dark", "sizes": [1, 2.5, None]}
    assert (item.namespace, item.key) == (USER, "prefs")
    assert item.created_at == item.updated_at
    assert item.created_at.utcoffset().total_seconds() == 0
    assert await memory.get(USER, "other") is None
    assert await memory.get(("users",), "prefs") is None


async def test_putting_again_replaces_the_value_and_keeps_when_it_was_made(memory: Any) -> None:
    await memory.put(USER, "k", {"n": 1})
    first = await memory.get(USER, "k")
    await memory.put(USER, "k", {"m": 2})
    again = await memory.get(USER, "k")

    assert again.value == {"m": 2}
    assert again.created_at == first.created_at < again.updated_at


async def test_a_deleted_item_is_gone_and_deleting_it_again_is_no_error(memory: Any) -> None:
    await memory.put(USER, "k", {"n": 1})
    await memory.delete(USER, "k")
    await memory.delete(USER, "k")

    assert await memory.get(USER, "k") is None
    assert await memory.list_namespaces() == []


async def test_stores_of_one_name_share_and_others_are_apart(make: Any) -> None:
    await make().put(USER, "k", {"n": 1})

    assert (await make().get(USER, "k")).value == {"n": 1}
    assert await make(collection="other").get(USER, "k") is None
    assert await make(tenant="nobody").get(USER, "k") is None


async def test_what_cannot_be_stored_is_named_by_its_namespace_and_key(make: Any) -> None:
    memory = make()
    for namespace, key, value, says in [
        (USER, "", {}, r"\(\('users', .*\), ''\): a key must not be empty"),
        (USER, "the key", {"n": "\0"}, "the value of key 'the key' holds NUL"),
    ]:
        with pytest.raises(InvalidArgumentError, match=says):
            await memory.put(namespace, key, value)


async def test_a_vector_that_cannot_be_stored_is_named_by_its_key_and_path(make: Any) -> None:
    class Zero(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [[0.0, 0.0] for _ in texts]

        def embed_query(self, text: str) -> list[float]:
            return [0.0, float(len(text))]

    memory = make(index={"dims": 2, "embed": Zero(), "fields": ["note"]})
    says = r"the vector of key 'the key' \(text at 'note'\) is zero"
    with pytest.raises(InvalidArgumentError, match=says):
        await memory.put(USER, "the key", {"note": "words"})


@pytest.mark.parametrize("label", HOSTILE)
async def test_a_hostile_label_names_its_own_namespace_alone(memory: Any, label: str) -> None:
    await memory.put(("users", label), label, {label: label})
    await memory.put(("users", "x"), "x", {})

    assert (await memory.get(("users", label), label)).value == {label: label}
    assert keys(await memory.search(("users", label))) == [label]
    assert await memory.list_namespaces(prefix=("users",)) == sorted(
        [("users", "x"), ("users", label)]
    )


@pytest.mark.parametrize("namespace", [(), ("langgraph",), ("a.b",), ("",), (1,), ("a\0",)])
async def test_a_namespace_that_langgraph_refuses_is_refused(memory: Any, namespace: Any) -> None:
    with pytest.raises(InvalidNamespaceError):
        await memory.put(namespace, "k", {})


async def test_one_string_is_no_namespace_of_letters(memory: Any) -> None:
    for call in (
        memory.put("users", "k", {}),
        memory.get("users", "k"),
        memory.delete("users", "k"),
        memory.search("users"),
    ):
        with pytest.raises(InvalidArgumentError, match="must be a tuple of strings, not str"):
            await call


async def test_values_that_are_no_json_are_refused(memory: Any) -> None:
    for value in ({"a": float("nan")}, {"a": "\0"}, {"a": {1}}, {1: 2}, [1]):
        with pytest.raises(InvalidArgumentError):
            await memory.put(USER, "k", value)

    assert await memory.get(USER, "k") is None


async def test_memory_of_two_users_is_apart_and_of_one_user_is_found_by_prefix(memory: Any) -> None:
    for user in ("ann", "ann2", "bob"):
        await memory.put(("users", user), "name", {"name": user})
        await memory.put(("users", user, "threads", "1"), "last", {"name": user})

    found = await memory.search(("users", "ann"))

    assert [item.value["name"] for item in found] == ["ann", "ann"]
    assert len(await memory.search(("users",))) == 6
    assert len(await memory.search(())) == 6


PEOPLE = [
    {"name": "ann", "age": 30, "tags": ["a"], "home": {"city": "Rome", "zip": 1}, "id": "x"},
    {"name": "bob", "age": 1000, "tags": ["a", "b"], "home": {"city": "Oslo"}, "id": "y"},
    {"name": "cat", "age": "1000", "tags": [], "home": None},
    {"name": "dan", "age": None, "home": "Rome", "ok": True},
    {"name": "eve", "age": 7.5, "home": {}, "ok": False},
]


async def add_people(memory: Any) -> None:
    for person in PEOPLE:
        await memory.put(("people",), person["name"], person)


@pytest.mark.parametrize(
    ("filter_", "wanted"),
    [
        ({"age": {"$gt": 30}}, ["bob"]),
        ({"age": {"$gte": 30, "$lt": 1000}}, ["ann"]),
        ({"age": {"$lt": 30}}, ["eve"]),
        ({"age": {"$lte": 7.5}}, ["eve"]),
        ({"age": 30.0}, ["ann"]),
        ({"age": {"$eq": "1000"}}, ["cat"]),
        ({"age": {"$ne": 30}}, ["bob", "cat", "dan", "eve"]),
        ({"age": None}, ["dan"]),
        ({"ok": None}, ["ann", "bob", "cat"]),
        ({"ok": True}, ["dan"]),
        ({"id": "x"}, ["ann"]),
        ({"id": {"$in": ["x", "y", "ann"]}}, ["ann", "bob"]),
        ({"home": {"city": "Rome"}}, ["ann"]),
        ({"home": {"city": {"$in": ["Rome", "Oslo"]}}}, ["ann", "bob"]),
        ({"home": {"zip": None}}, ["bob", "eve"]),
        ({"home": {}}, ["ann", "bob", "eve"]),
        ({"tags": {"$any": ["b", "z"]}}, ["bob"]),
        ({"tags": ["a", "b"]}, ["bob"]),
        ({"tags": []}, ["cat"]),
        ({"tags": {"$contains": "a"}, "age": 30}, ["ann"]),
        ({"name": {"$like": "%a%"}}, ["ann", "cat", "dan"]),
        ({"$or": [{"name": "ann"}, {"home": {"city": "Oslo"}}]}, ["ann", "bob"]),
        ({"$and": [{"age": {"$gt": 1}}, {"age": {"$lt": 31}}]}, ["ann", "eve"]),
        ({"$not": {"name": {"$in": ["ann", "bob"]}}}, ["cat", "dan", "eve"]),
        ({}, ["ann", "bob", "cat", "dan", "eve"]),
        (None, ["ann", "bob", "cat", "dan", "eve"]),
    ],
    ids=str,
)
async def test_a_filter_finds(memory: Any, filter_: Any, wanted: list[str]) -> None:
    await add_people(memory)

    assert keys(await memory.search(("people",), filter=filter_)) == wanted


@pytest.mark.parametrize(
    "filter_",
    [
        {"age": {"$near": 3}},
        {"tags": {"a"}},
        {"age": {"$gt": 1, "b": 2}},
        {"age": {"$gt": None}},
        {"$or": {"a": 1}},
        {"": 1},
        "age",
    ],
    ids=str,
)
async def test_a_filter_that_cannot_be_used_is_refused(memory: Any, filter_: Any) -> None:
    with pytest.raises(FilterError):
        await memory.search(("people",), filter=filter_)


async def test_filters_apply_before_the_limit_and_offsets_page_through(memory: Any) -> None:
    ops = [PutOp(("notes",), f"n{n:03d}", {"n": n, "even": n % 2 == 0}) for n in range(100)]
    await memory.batch(ops)

    found = await memory.search(("notes",), filter={"even": True, "n": {"$gte": 90}}, limit=3)
    assert keys(found) == ["n090", "n092", "n094"]
    pages = [await memory.search(("notes",), limit=10, offset=10 * n) for n in range(11)]
    assert [len(page) for page in pages] == [10] * 10 + [0]
    assert sorted(item.key for page in pages for item in page) == [op.key for op in ops]
    assert len(await memory.search(("notes",), offset=30)) == 10
    assert await memory.search(("notes",), limit=0) == []


@pytest.mark.parametrize("page", [{"limit": -1}, {"offset": -1}, {"limit": 1.5}])
async def test_a_page_that_makes_no_sense_is_refused(memory: Any, page: Any) -> None:
    with pytest.raises(InvalidArgumentError):
        await memory.search((), **page)
    with pytest.raises(InvalidArgumentError):
        await memory.list_namespaces(**page)


async def test_namespaces_are_listed_as_langgraphs_example_says(memory: Any) -> None:
    for name in ("a/b/c", "a/b/d/e", "a/b/d/i", "a/b/f", "a/c/f"):
        await memory.put(tuple(name.split("/")), "k", {})

    assert await memory.list_namespaces(prefix=("a", "b"), max_depth=3) == [
        ("a", "b", "c"),
        ("a", "b", "d"),
        ("a", "b", "f"),
    ]
    assert await memory.list_namespaces(suffix=("f",)) == [("a", "b", "f"), ("a", "c", "f")]
    assert await memory.list_namespaces(prefix=("a", "*", "f")) == [
        ("a", "b", "f"),
        ("a", "c", "f"),
    ]
    assert await memory.list_namespaces(limit=2, offset=3) == [("a", "b", "f"), ("a", "c", "f")]
    assert await memory.list_namespaces(limit=0) == []


async def test_reads_of_a_batch_see_what_was_there_before_its_writes(memory: Any) -> None:
    await memory.put(("a",), "k", {"n": 1})

    results = await memory.batch(
        [
            PutOp(("a",), "k", {"n": 2}),
            GetOp(("a",), "k"),
            PutOp(("b",), "new", {"n": 3}),
            SearchOp(("b",)),
            ListNamespacesOp(),
            PutOp(("a",), "k", {"n": 4}),
            GetOp(("none",), "k"),
        ]
    )

    assert results[1].value == {"n": 1}
    assert results[3] == []
    assert results[4] == [("a",)]
    assert [results[n] for n in (0, 2, 5, 6)] == [None] * 4
    assert (await memory.get(("a",), "k")).value == {"n": 4}
    assert (await memory.get(("b",), "new")).value == {"n": 3}


async def test_of_a_put_and_a_delete_of_one_key_in_a_batch_the_last_counts(memory: Any) -> None:
    await memory.batch([PutOp(("a",), "k", {}), PutOp(("a",), "k", None)])
    assert await memory.get(("a",), "k") is None

    await memory.batch([PutOp(("a",), "k", None), PutOp(("a",), "k", {})])
    assert (await memory.get(("a",), "k")).value == {}


async def test_a_batch_is_written_whole_or_not_at_all(memory: Any) -> None:
    with pytest.raises(InvalidArgumentError):
        await memory.batch([PutOp(("a",), "k", {}), PutOp(("a",), "bad", {"a": "\0"})])

    assert await memory.search(()) == []
    assert await memory.batch([]) == []


async def test_an_unknown_operation_is_refused(memory: Any) -> None:
    with pytest.raises(ValueError, match="unknown operation"):
        await memory.batch([MatchCondition("prefix", ("a",))])


async def test_what_has_expired_is_never_seen_and_a_sweep_removes_it(
    make: Any, tenant: str, dsn: str
) -> None:
    memory = make(ttl={"default_ttl": 5})
    await memory.put(("a",), "gone", {"n": 1})
    await memory.put(("a",), "kept", {"n": 1}, ttl=None)
    expire(dsn, tenant, "gone")

    assert await memory.get(("a",), "gone") is None
    assert keys(await memory.search(("a",))) == ["kept"]
    assert await memory.sweep_ttl() == 1
    assert await memory.sweep_ttl() == 0
    assert keys(await memory.search(("a",))) == ["kept"]


def expiry(dsn: str, tenant: str) -> Any:
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "SELECT expires_at, ttl_minutes FROM pgrecall.entries WHERE tenant = %s", (tenant,)
        ).fetchone()


@pytest.mark.parametrize("read", ["get", "search"])
async def test_a_read_refreshes_the_time_to_live_unless_told_not_to(
    make: Any, tenant: str, dsn: str, read: str
) -> None:
    memory = make(ttl={"default_ttl": 5})
    await memory.put(("a",), "k", {"n": 1})
    first = expiry(dsn, tenant)
    arguments = (("a",), "k") if read == "get" else (("a",),)

    assert await getattr(memory, read)(*arguments, refresh_ttl=False)
    assert expiry(dsn, tenant) == first
    assert await getattr(memory, read)(*arguments)
    assert expiry(dsn, tenant) > first

    second = expiry(dsn, tenant)
    quiet = make(ttl={"refresh_on_read": False})
    assert await getattr(quiet, read)(*arguments)
    assert expiry(dsn, tenant) == second


async def test_put_has_a_time_to_live_of_its_own(make: Any, tenant: str, dsn: str) -> None:
    await make().put(("a",), "k", {}, ttl=0.5)

    assert expiry(dsn, tenant)[1] == 0.5


async def test_writes_sweep_when_the_interval_is_over(make: Any, tenant: str, dsn: str) -> None:
    memory = make(ttl={"default_ttl": 5, "sweep_interval_minutes": 0})
    await memory.put(("a",), "gone", {})
    expire(dsn, tenant, "gone")
    await memory.put(("a",), "kept", {})

    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT id FROM pgrecall.entries WHERE tenant = %s", (tenant,)
        ).fetchall()
    assert rows == [("kept",)]


@pytest.mark.parametrize(
    "keywords",
    [
        {"ttl": {"minutes": 5}},
        {"index": {"dims": 3}},
        {"index": {"dims": 3, "embed": len, "fields": "text"}},
        {"search": "semantic"},
        {"collection": ""},
        {"tenant": "\0"},
        {"store": 3},
    ],
    ids=str,
)
def test_arguments_that_cannot_be_used_are_refused(dsn: str, keywords: Any) -> None:
    with pytest.raises(InvalidArgumentError):
        PgRecallStore(**{"store": dsn, **keywords})


@pytest.mark.parametrize("kind", [str, Store, AsyncStore, Pair])
def test_any_kind_of_store_serves_and_one_object_serves_both_kinds_of_callers(
    kind: Any, dsn: str, tenant: str
) -> None:
    with PgRecallStore(kind(dsn), tenant=tenant) as memory:
        memory.put(("a",), "k", {"n": 1})
        for _ in range(2):
            assert asyncio.run(memory.aget(("a",), "k")).value == {"n": 1}  # type: ignore[union-attr]  # it is there
        again = pickle.loads(pickle.dumps(memory))  # noqa: S301  # its own bytes
        assert again.get(("a",), "k").value == {"n": 1}
        again.close()


def test_a_repr_shows_no_password() -> None:
    memory = PgRecallStore("postgresql://user:secret@host/db")

    assert "secret" not in repr(memory)
    assert "memory" in repr(memory)


labels = st.sampled_from(["a", "b", "c", "*", "users"])
paths = st.lists(labels, min_size=1, max_size=3).map(tuple)
scalars = st.sampled_from([None, 1, 2, 2.5, "x", "1", True])
values = st.dictionaries(
    st.sampled_from(["n", "m", "id"]),
    scalars | st.dictionaries(st.sampled_from(["p", "q"]), scalars, max_size=2),
    max_size=3,
)
plain = st.sampled_from([None, 1, 2, 2.5, "x", "1"])
filters = st.none() | st.dictionaries(
    st.sampled_from(["n", "m", "id"]),
    plain
    | st.builds(lambda op, value: {op: value}, st.sampled_from(["$eq", "$ne"]), plain)
    | st.dictionaries(st.sampled_from(["p", "q"]), plain, max_size=2),
    max_size=2,
)
conditions = st.builds(MatchCondition, st.sampled_from(["prefix", "suffix"]), paths)
# fields that are not given would be drawn at random: a ttl, a negative offset
operations = st.one_of(
    st.tuples(paths, labels, st.none() | values).map(lambda given: PutOp(*given)),
    st.tuples(paths, labels).map(lambda given: GetOp(*given)),
    st.tuples(st.just(()) | paths, filters, st.just(100)).map(lambda given: SearchOp(*given)),
    st.tuples(st.lists(conditions, max_size=2).map(tuple), st.none() | st.integers(1, 3)).map(
        lambda given: ListNamespacesOp(*given)
    ),
)


def comparable(op: Any, result: Any) -> Any:
    """What the two have in common: times differ, and so does the order of a search."""
    if isinstance(op, GetOp):
        return result and (result.namespace, result.key, result.value)
    if isinstance(op, SearchOp):
        return sorted(
            (one.namespace, one.key, json.dumps(one.value, sort_keys=True)) for one in result
        )
    return result


def without_empty_namespaces(reference: InMemoryStore) -> None:
    """The reference keeps namespaces that are empty, or were asked for once, and lists them."""
    for space in [space for space, found in reference._data.items() if not found]:
        del reference._data[space]


def has_true_for_one(op: Any) -> bool:
    """Python takes True for 1, and the core does not."""
    return isinstance(op, PutOp) and "True" in repr(op.value)


@pytest.mark.parametrize("kind", ["sync", "async"])
@settings(
    max_examples=100 if IS_EXHAUSTIVE else 50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(batches=st.lists(st.lists(operations, max_size=5), max_size=8))
def test_random_batches_answer_as_langgraphs_own_store_does(
    core: Store, tenant: str, kind: str, batches: list[list[Any]]
) -> None:
    memory = PgRecallStore(core, tenant=tenant)
    context = memory._collection.pair.context
    memory._collection.pair.run(entries.clear(context, tenant, memory._operations.space))
    reference = InMemoryStore()

    with asyncio.Runner() as runner:
        try:
            for given_batch in batches:
                batch = [op for op in given_batch if not has_true_for_one(op)]
                batch.sort(key=lambda op: isinstance(op, GetOp))
                without_empty_namespaces(reference)
                wanted = reference.batch(batch)
                got = runner.run(memory.abatch(batch)) if kind == "async" else memory.batch(batch)
                for op, mine, theirs in zip(batch, got, wanted, strict=True):
                    assert comparable(op, mine) == comparable(op, theirs)
        finally:
            runner.run(memory._collection.pair.async_store.close())


class Counting(Embeddings):
    """Gives each text a vector of its length, and notes what it was asked."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.texts += texts
        return [[1.0, len(text)] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return [1.0, len(text)]


async def test_a_value_whose_indexed_texts_are_the_same_embeds_nothing(make: Any) -> None:
    embed = Counting()
    memory = make(index={"dims": 2, "embed": embed, "fields": ["text", "notes[*]"]})
    value = {"text": "likes pie", "notes": ["one", "three"], "seen": 1}
    await memory.put(USER, "a", value)
    assert embed.texts == ["likes pie", "one", "three"]

    await memory.put(USER, "a", {**value, "seen": 2})
    assert len(embed.texts) == 3
    assert (await memory.get(USER, "a")).value["seen"] == 2
    [found] = await memory.search(USER, query="likes pie", filter={"seen": 2})
    assert found.score == pytest.approx(1.0)

    await memory.put(USER, "a", {**value, "notes": ["three", "fourteen"]})
    assert embed.texts[3:] == ["fourteen"]
    await memory.put(USER, "a", {"text": "other"})
    assert embed.texts[4:] == ["other"]
    await memory.put(USER, "b", {"text": "likes pie"})
    assert embed.texts[5:] == ["likes pie"]
    await memory.delete(USER, "b")
    await memory.put(USER, "b", {"text": "likes pie"})
    assert embed.texts[6:] == ["likes pie"]
