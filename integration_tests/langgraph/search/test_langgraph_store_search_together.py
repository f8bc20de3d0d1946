"""Many who search at once, many entries, and random ones: graphs, tasks, batches."""

from __future__ import annotations

import asyncio
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration_tests.langgraph.search.memories import DIMENSIONS, Words, keys, words
from integration_tests.shared.calls import Calls
from integration_tests.shared.exhaustive import IS_EXHAUSTIVE
from langgraph.graph import END, START, StateGraph
from langgraph.store.base import InvalidNamespaceError, PutOp, SearchOp
from langgraph.store.memory import InMemoryStore

from pgrecall import Boost, Decay, InvalidArgumentError, Store
from pgrecall._adapters.pair import Pair
from pgrecall._operations.entries import entry_items
from pgrecall._operations.work import one
from pgrecall._statements.entries.removing import remove_items
from pgrecall._statements.items import items as item_statements
from pgrecall._statements.statement import Statement
from pgrecall.filters import parse
from pgrecall.langgraph import PgRecallStore

if TYPE_CHECKING:
    from langgraph.store.base import BaseStore


class State(TypedDict):
    user: str
    said: str
    answer: str


def graph_of(memory: BaseStore) -> Any:
    """A graph whose nodes remember what a user says and answer with what fits it best."""

    def remember(state: State, *, store: BaseStore) -> dict[str, Any]:
        key = str(zlib.crc32(state["said"].encode()))
        store.put(("memories", state["user"]), key, {"text": state["said"]})
        return {}

    def recall(state: State, *, store: BaseStore) -> dict[str, Any]:
        found = store.search(("memories", state["user"]), query="tea", limit=1)
        return {"answer": found[0].value["text"]}

    async def aremember(state: State, *, store: BaseStore) -> dict[str, Any]:
        key = str(zlib.crc32(state["said"].encode()))
        await store.aput(("memories", state["user"]), key, {"text": state["said"]})
        return {}

    async def arecall(state: State, *, store: BaseStore) -> dict[str, Any]:
        found = await store.asearch(("memories", state["user"]), query="tea", limit=1)
        return {"answer": found[0].value["text"]}

    def graph(first: Any, second: Any) -> Any:
        builder = StateGraph(State)
        builder.add_node("remember", first)
        builder.add_node("recall", second)
        builder.add_edge(START, "remember")
        builder.add_edge("remember", "recall")
        builder.add_edge("recall", END)
        return builder.compile(store=memory)

    return graph(remember, recall), graph(aremember, arecall)


async def test_a_graph_remembers_for_each_user_across_threads(core: Store, tenant: str) -> None:
    memory = PgRecallStore(core, tenant=tenant, index=words())
    graph, agraph = graph_of(memory)
    for said in ("I like green tea", "my dog is old"):
        for user in ("ann", "bob"):
            graph.invoke({"user": user, "said": f"{said}, says {user}"})

    answers = await asyncio.gather(
        *(
            agraph.ainvoke({"user": user, "said": f"hello number {n}"})
            for n in range(10)
            for user in ("ann", "bob")
        )
    )

    assert {one["answer"] for one in answers} == {
        "I like green tea, says ann",
        "I like green tea, says bob",
    }
    assert all(one["answer"].endswith(one["user"]) for one in answers)
    await Pair(core).async_store.close()


async def test_a_hundred_tasks_search_one_store_at_once(core: Store, tenant: str) -> None:
    memory = PgRecallStore(core, tenant=tenant, index=words())
    await memory.abatch([PutOp(("p",), f"k{n}", {"text": f"word{n}"}) for n in range(100)])

    found = await asyncio.gather(
        *(memory.asearch(("p",), query=f"word{n}", limit=1) for n in range(100))
    )

    assert [keys(one) for one in found] == [[f"k{n}"] for n in range(100)]
    await Pair(core).async_store.close()


def test_one_of_a_thousand_entries_and_its_vectors_are_found_by_index(
    make_database: Any,
) -> None:
    random = np.random.default_rng(3)

    def embed(texts: Any) -> Any:
        return random.standard_normal((len(texts), 384)).tolist()

    with PgRecallStore(make_database(), index=words(dims=384, embed=embed)) as memory:
        memory.batch(
            [
                PutOp(("users", f"user-{n % 5}"), f"k{n}", {"text": f"word{n}", "n": n})
                for n in range(5_000)
            ]
        )
        context = memory._collection.pair.context
        stored = context.known("default", "memory")
        assert stored is not None
        with psycopg.connect(memory.store._driver.settings.conninfo(), autocommit=True) as server:
            server.execute(f"ANALYZE {stored.collection.table_name}")  # type: ignore[arg-type]  # its own name

        def explain(statement: Statement) -> Any:
            assert isinstance(statement.sql, bytes)
            result = yield one(Statement(b"EXPLAIN " + statement.sql, statement.parameters))
            return "\n".join(line for (line,) in result.rows)

        below = parse(entry_items.below(("users", "user-7")))
        owners = [entry_items.owner_of((("users", f"user-{n}"), f"k{n}")) for n in range(20)]
        for statement in (item_statements.count(stored, below), remove_items(stored, owners)):
            plan = memory._collection.pair.run(explain(statement))
            assert "Seq Scan" not in plan, plan


texts = st.sampled_from(["apple", "apple pie", "pie", "fox", "brown fox", "tea", "green tea"])
operations = st.one_of(
    st.builds(
        lambda space, key, text, n: PutOp(space, key, {"text": f"{text} {key} {space}", "n": n}),
        st.sampled_from([("a",), ("a", "b"), ("b",)]),
        st.sampled_from(["k", "l", "m", "n", "o"]),
        texts,
        st.integers(0, 3),
    ),
    st.builds(
        lambda space, key: PutOp(space, key, None),
        st.sampled_from([("a",), ("b",)]),
        st.sampled_from(["k", "l"]),
    ),
)


@pytest.mark.parametrize("kind", ["sync", "async"])
@settings(
    max_examples=60 if IS_EXHAUSTIVE else 30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    ops=st.lists(operations, max_size=12),
    prefix=st.sampled_from([(), ("a",), ("a", "b"), ("c",)]),
    keywords=st.fixed_dictionaries(
        {
            "query": texts,
            "filter": st.none() | st.builds(lambda n: {"n": {"$gte": n}}, st.integers(0, 3)),
            "limit": st.integers(1, 5),
            "offset": st.integers(0, 3),
        }
    ),
)
def test_random_searches_find_what_langgraphs_own_store_finds(
    *, core: Store, tenant: str, kind: str, ops: list[Any], prefix: Any, keywords: Any
) -> None:
    memory = PgRecallStore(core, tenant=tenant, index=words())
    memory.batch([PutOp(one.namespace, one.key, None) for one in memory.search((), limit=1000)])
    reference = InMemoryStore(index=words())
    for op in ops:
        reference.batch([op])
    memory.batch(ops)

    wanted = reference.search(prefix, **keywords)
    if kind == "async":

        async def search() -> Any:
            found = await memory.asearch(prefix, **keywords)
            await Pair(core).async_store.close()
            return found

        found = asyncio.run(search())
    else:
        found = memory.search(prefix, **keywords)

    assert [item.score for item in found] == pytest.approx(
        [item.score for item in wanted], abs=1e-5
    )
    assert [(one.namespace, one.key) for one in found] == [(o.namespace, o.key) for o in wanted]


class Trips:
    """Counts the searches and round trips of a store's operations."""

    def __init__(self, memory: PgRecallStore, monkeypatch: pytest.MonkeyPatch) -> None:
        self.performed: list[int] = []
        operations = memory._operations
        perform = type(operations).perform

        def counted(this: Any, batch: Any, vectors: Any) -> Any:
            self.performed.append(batch.count)
            return perform(this, batch, vectors)

        monkeypatch.setattr(type(operations), "perform", counted)


async def test_reads_that_come_at_once_go_together_and_each_has_its_own_answer(
    dsn: str, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    index: Any = {"dims": DIMENSIONS, "embed": Words()}
    with PgRecallStore(dsn, tenant=tenant, index=index) as memory:
        for n in range(12):
            await memory.aput(("notes",), f"n{n}", {"text": f"word{n} and more"})
        alone = [await memory.asearch(("notes",), query=f"word{n}", limit=3) for n in range(12)]
        trips = Trips(memory, monkeypatch)

        found = await asyncio.gather(
            *(memory.asearch(("notes",), query=f"word{n}", limit=3) for n in range(12)),
            memory.aget(("notes",), "n3"),
        )

        assert trips.performed == [13]
        assert found[:12] == alone
        assert found[12].key == "n3"  # type: ignore[union-attr]
        many = [SearchOp(("notes",), query=f"word{n}", limit=3) for n in range(12)]
        assert await memory.abatch(many) == alone
        assert memory.batch(many) == alone
        await memory.aclose()


async def test_of_reads_that_go_together_one_that_fails_or_is_cancelled_leaves_the_others(
    dsn: str, tenant: str
) -> None:
    index: Any = {"dims": DIMENSIONS, "embed": Words()}
    with PgRecallStore(dsn, tenant=tenant, index=index) as memory:
        await memory.aput(("notes",), "a", {"text": "word"})
        wrong = memory.asearch(("notes",), query="word", filter={"a": {"$near": 1}})
        gone = asyncio.ensure_future(memory.asearch(("notes",), query="word"))
        calls = asyncio.gather(
            memory.asearch(("notes",), query="word"),
            wrong,
            memory.aget(("notes",), "a"),
            gone,
            return_exceptions=True,
        )
        await asyncio.sleep(0)
        gone.cancel()

        found, error, got, cancelled = await calls

        assert [item.key for item in found] == ["a"]  # type: ignore[union-attr]
        assert isinstance(error, ValueError)
        assert got.key == "a"  # type: ignore[union-attr]
        assert isinstance(cancelled, asyncio.CancelledError)
        lonely = asyncio.ensure_future(memory.asearch(("notes",), query="word"))
        await asyncio.sleep(0)
        lonely.cancel()
        await asyncio.wait([lonely])
        assert lonely.cancelled()
        assert [item.key for item in await memory.asearch(("notes",), query="word")] == ["a"]
        await memory.aclose()


def test_boosts_are_over_the_values_that_are_stored(dsn: str, tenant: str) -> None:
    index: Any = {"dims": DIMENSIONS, "embed": Words(), "fields": ["text"]}
    boosts = [
        Boost({"kind": "fact"}, 2.0),
        Decay("age", 10, origin=0.0, floor=0.5),
        Decay("$updated_at", timedelta(days=30)),
    ]
    with (
        PgRecallStore(dsn, tenant=tenant, index=index, boosts=boosts) as boosted,
        PgRecallStore(dsn, tenant=tenant, index=index) as plain,
    ):
        for n, kind in enumerate(["note", "fact", "note"]):
            boosted.put(("m",), str(n), {"text": "red apples", "kind": kind, "age": 10 * n})

        found = {one.key: one.score for one in boosted.search(("m",), query="red apples")}
        whole = {one.key: one.score for one in plain.search(("m",), query="red apples")}

    factors = {"0": 1.0, "1": 2.0 * 0.5, "2": 0.5}
    expected = {key: whole[key] * factor for key, factor in factors.items()}
    assert found == pytest.approx(expected, rel=1e-3)
    with pytest.raises(InvalidArgumentError, match="half_life"):
        PgRecallStore(dsn, tenant=tenant, index=index, boosts=[Decay("age", 0, origin=1)])


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_one_search_has_boosts_of_its_own(core: Store, tenant: str, kind: str) -> None:
    whole = Decay("$updated_at", timedelta(days=30), floor=1.0)
    memory = PgRecallStore(core, tenant=tenant, index=words(), boosts=[Boost({"kind": "fact"}, 9)])
    calls = Calls(memory, kind)
    for n, sort in enumerate(["note", "fact", "note"]):
        await calls.put(("m",), str(n), {"text": "red apples", "kind": sort, "weight": n})

    async def found(**keywords: Any) -> dict[str, float]:
        return {
            one.key: one.score for one in await calls.search(("m",), query="red apples", **keywords)
        }

    plain = await found(boosts=())
    assert await found() == pytest.approx({**plain, "1": plain["1"] * 9}, rel=1e-3)
    assert await found(boosts=None) == pytest.approx(await found())
    important = [Boost({"weight": {"$gte": 2}}, 3.0), whole]
    assert await found(boosts=important) == pytest.approx({**plain, "2": plain["2"] * 3}, rel=1e-3)
    assert next(iter(await found(boosts=important))) == "2"
    assert await found(boosts=important, filter={"weight": 0}) == pytest.approx({"0": plain["0"]})
    for keywords, says in [
        ({"query": None}, "they need a query"),
        ({"boosts": [3]}, "Decay"),
        ({"boosts": [Decay("weight", 0, origin=1)]}, "half_life"),
    ]:
        asked = {"query": "red", "boosts": important, **keywords}
        with pytest.raises(InvalidArgumentError, match=says):
            await calls.search(("m",), **asked)
    with pytest.raises(InvalidNamespaceError):
        await calls.search(("m.n",), query="red", boosts=important)
    bare = Calls(PgRecallStore(core, tenant=tenant), kind)
    with pytest.raises(InvalidArgumentError, match=r"they need a store with an index="):
        await bare.search(("m",), query="red", boosts=important)
    await Pair(core).async_store.close()
