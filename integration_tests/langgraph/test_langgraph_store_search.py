"""PgRecallStore with an index: what a value means finds it, and its vectors live as it does."""

from __future__ import annotations

import asyncio
import re
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration_tests.shared.calls import Calls
from integration_tests.shared.exhaustive import IS_EXHAUSTIVE
from integration_tests.shared.words import HOSTILE
from langchain_core.embeddings import Embeddings
from langgraph.graph import END, START, StateGraph
from langgraph.store.base import PutOp, SearchOp
from langgraph.store.memory import InMemoryStore

from pgrecall import (
    Boost,
    CollectionConflictError,
    DatabaseError,
    Decay,
    DimensionMismatchError,
    Hnsw,
    InvalidArgumentError,
    Store,
)
from pgrecall._adapters.pair import Pair
from pgrecall._operations.entries import entry_items
from pgrecall._operations.work import one
from pgrecall._statements.entries.entries import remove_items
from pgrecall._statements.items import items as item_statements
from pgrecall._statements.statement import Statement
from pgrecall.filters import parse
from pgrecall.langgraph import PgRecallStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langgraph.store.base import BaseStore

DIMENSIONS = 32


class Words(Embeddings):
    """Texts that share words are near; it counts its calls."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.async_calls = 0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.calls.append(list(texts))
        return [self.vector(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.vector(text)

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        self.async_calls += 1
        return self.embed_documents(texts)

    async def aembed_query(self, text: str) -> list[float]:
        self.async_calls += 1
        return self.vector(text)

    def vector(self, text: str) -> list[float]:
        total = np.full(DIMENSIONS, 1e-3)
        for word in re.findall(r"\w+", text.lower()):
            total += np.random.default_rng(zlib.crc32(word.encode())).normal(size=DIMENSIONS)
        vector: list[float] = (total / np.linalg.norm(total)).tolist()
        return vector


def words(**config: Any) -> Any:
    """An IndexConfig."""
    return {"dims": DIMENSIONS, "embed": Words(), "fields": ["text"], **config}


@pytest.fixture(scope="module")
def core(dsn: str) -> Iterator[Store]:
    with Store(dsn) as store:
        yield store


@pytest.fixture(params=["sync", "async"])
async def make(request, core: Store, tenant: str) -> Any:
    def made(**keywords: Any) -> Calls:
        keywords = {"tenant": tenant, "index": words(), **keywords}
        return Calls(PgRecallStore(core, **keywords), request.param)

    yield made
    await Pair(core).async_store.close()


@pytest.fixture
def memory(make: Any) -> Any:
    return make()


def keys(found: list[Any]) -> list[str]:
    return [item.key for item in found]


def count(core: Store, tenant: str) -> int:
    return core.count(tenant, "memory")


NOTES = {
    "fox": {"text": "the quick brown fox", "n": 1000, "kind": "animal"},
    "dog": {"text": "the lazy dog sleeps", "n": 30, "kind": "animal"},
    "tea": {"text": "green tea with lemon", "n": 7, "kind": "drink"},
    "cat": {"text": "a cat and a dog", "n": 40, "kind": "animal"},
}


async def add_notes(memory: Any, namespace: tuple[str, ...] = ("notes",)) -> None:
    for key, value in NOTES.items():
        await memory.put(namespace, key, value)


async def test_the_best_match_comes_first_with_its_cosine(memory: Any) -> None:
    await add_notes(memory)

    found = await memory.search(("notes",), query="lemon tea")

    assert keys(found)[0] == "tea"
    assert len(found) == 4
    embed = Words()
    wanted = np.dot(embed.vector("lemon tea"), embed.vector(NOTES["tea"]["text"]))  # type: ignore[arg-type]  # a text
    assert found[0].score == pytest.approx(float(wanted), abs=1e-5)
    assert [item.score for item in found] == sorted((i.score for i in found), reverse=True)
    assert found[0].value == NOTES["tea"]


async def test_prefix_and_filter_apply_before_the_limit(memory: Any) -> None:
    await add_notes(memory)
    await add_notes(memory, ("notes", "deep"))
    await add_notes(memory, ("notes2",))

    found = await memory.search(("notes",), query="dog", filter={"n": {"$gt": 100}}, limit=2)
    assert [(item.namespace, item.key) for item in found] == [
        (("notes",), "fox"),
        (("notes", "deep"), "fox"),
    ] or {item.key for item in found} == {"fox"}
    assert len(found) == 2
    assert keys(await memory.search(("notes2",), query="dog", filter={"kind": "drink"})) == ["tea"]
    assert await memory.search(("nowhere",), query="dog") == []
    assert len(await memory.search((), query="dog", limit=50)) == 12


async def test_offsets_page_through_what_a_query_finds(memory: Any) -> None:
    await memory.batch([PutOp(("p",), f"k{n:02d}", {"text": f"word{n} common"}) for n in range(45)])

    everything = await memory.search(("p",), query="common word3", limit=100)
    pages = [await memory.search(("p",), query="common word3", limit=10, offset=n) for n in (0, 30)]

    assert len(everything) == 45
    assert keys(pages[0]) == keys(everything[:10])
    assert keys(pages[1]) == keys(everything[30:40])
    assert await memory.search(("p",), query="common", limit=10, offset=45) == []


async def test_an_item_with_several_vectors_counts_once_by_its_best(make: Any) -> None:
    memory = make(index=words(fields=["title", "parts[*].text"]))
    for n in range(12):
        parts = [{"text": f"apple pie number {n} part {m}"} for m in range(5)]
        await memory.put(("p",), f"k{n:02d}", {"title": "apple pie", "parts": parts})

    found = await memory.search(("p",), query="apple pie", limit=10)

    assert len(set(keys(found))) == 10
    assert [item.score for item in found] == pytest.approx([1.0] * 10, abs=1e-4)


async def test_put_says_which_paths_are_embedded(make: Any, core: Store, tenant: str) -> None:
    memory = make()
    value = {"text": "apples", "other": "pears", "tags": ["red", "green"], "empty": ""}
    await memory.put(("p",), "default", value)
    await memory.put(("p",), "none", value, index=False)
    await memory.put(("p",), "paths", value, index=["other", "tags[*]", "missing", "empty"])

    ids = core.list_ids(tenant, "memory")
    stored = sorted(
        (i.metadata["key"], i.metadata["path"], i.text) for i in core.get(tenant, "memory", ids)
    )  # type: ignore[index]  # it is there
    assert stored == [
        ("default", "text", "apples"),
        ("paths", "other", "pears"),
        ("paths", "tags[*].0", "red"),
        ("paths", "tags[*].1", "green"),
    ]
    assert keys(await memory.search(("p",), query="pears"))[0] == "paths"


async def test_an_item_without_a_vector_comes_last_and_has_no_score(memory: Any) -> None:
    await add_notes(memory)
    await memory.put(("notes",), "plain", {"text": "dog"}, index=False)

    found = await memory.search(("notes",), query="dog")

    assert keys(found)[-1] == "plain"
    assert found[-1].score is None
    assert len(found) == 5
    assert keys(await memory.search(("notes",), query="dog", limit=4, offset=4)) == ["plain"]


async def test_without_fields_the_whole_value_is_embedded(make: Any) -> None:
    memory = make(index={"dims": DIMENSIONS, "embed": Words()})
    await memory.put(("p",), "a", {"deep": {"er": "lemon"}})
    await memory.put(("p",), "b", {"deep": {"er": "apple"}})

    assert keys(await memory.search(("p",), query="lemon", limit=1)) == ["a"]


async def test_writing_again_replaces_the_vectors(make: Any, core: Store, tenant: str) -> None:
    memory = make(index=words(fields=["tags[*]"]))
    await memory.put(("p",), "k", {"tags": ["lemon", "apple", "pear"]})
    assert count(core, tenant) == 3
    await memory.put(("p",), "k", {"tags": ["fox"]})
    assert count(core, tenant) == 1
    await memory.put(("p",), "k", {"tags": ["fox"]}, index=False)
    assert count(core, tenant) == 0


async def test_deleting_removes_the_vectors(memory: Any, core: Store, tenant: str) -> None:
    await add_notes(memory)
    await memory.delete(("notes",), "fox")

    assert count(core, tenant) == 3
    assert "fox" not in keys(await memory.search(("notes",), query="fox"))


def expire(dsn: str, tenant: str, names: list[str]) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "UPDATE pgrecall.entries SET expires_at = now() - interval '1 second'"
            " WHERE tenant = %s AND id = ANY(%s)",
            (tenant, names),
        )


async def test_maintenance_removes_what_has_expired_with_its_items(
    memory: Any, core: Store, tenant: str, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgrecall._operations.maintain.expired.BATCH", 2)
    for key, value in NOTES.items():
        await memory.put(("notes",), key, value, ttl=5)
    expire(dsn, tenant, ["fox", "tea", "cat"])

    (due,) = core.maintain(tenant, dry_run=True).findings
    assert (due.collection, due.task) == (None, "remove expired entries")
    assert due.what == "3 entries of space 'langgraph:memory' have expired and are still kept"
    assert count(core, tenant) == len(NOTES)

    (done,) = core.maintain(tenant).findings
    assert done.outcome == "done"
    assert count(core, tenant) == 1
    assert keys(await memory.search(("notes",), query="a dog")) == ["dog"]
    assert core.maintain(tenant).findings == ()


async def test_what_has_expired_takes_no_place_of_what_has_not(
    make: Any, core: Store, tenant: str, dsn: str
) -> None:
    memory = make(ttl={"default_ttl": 5})
    near = [PutOp(("p",), f"near{n:02d}", {"text": "lemon tea"}, ttl=5) for n in range(60)]
    far = [PutOp(("p",), f"far{n:02d}", {"text": f"lemon {n}"}) for n in range(20)]
    await memory.batch([*near, *far])
    expire(dsn, tenant, [op.key for op in near])

    found = await memory.search(("p",), query="lemon tea", limit=15)

    assert len(found) == 15
    assert {key[:3] for key in keys(found)} == {"far"}
    assert await memory.sweep_ttl() == 60
    assert count(core, tenant) == 20


async def test_a_search_refreshes_what_it_found(make: Any, dsn: str, tenant: str) -> None:
    memory = make(ttl={"default_ttl": 5})
    await add_notes(memory)

    def expiries() -> dict[str, Any]:
        with psycopg.connect(dsn) as connection:
            rows = connection.execute(
                "SELECT id, expires_at FROM pgrecall.entries WHERE tenant = %s", (tenant,)
            ).fetchall()
        return dict(rows)

    before = expiries()
    await memory.search(("notes",), query="tea", limit=1)
    after = expiries()

    assert [key for key in before if after[key] > before[key]] == ["tea"]


async def test_entry_and_vectors_are_written_together_or_not_at_all(
    make: Any, core: Store, tenant: str
) -> None:
    memory = make()
    await add_notes(memory)
    table = core.describe_collection(tenant, "memory").table_name  # type: ignore[union-attr]  # it is there
    with psycopg.connect(core._driver.settings.conninfo(), autocommit=True) as connection:
        connection.execute(f"ALTER TABLE {table} ADD CHECK (text <> 'refused')")  # type: ignore[arg-type]  # its own name
    with pytest.raises(DatabaseError):
        await memory.batch(
            [PutOp(("notes",), "new", {"text": "refused"}), PutOp(("notes",), "fox", None)]
        )

    assert await memory.get(("notes",), "new") is None
    assert (await memory.get(("notes",), "fox")).value == NOTES["fox"]
    assert count(core, tenant) == 4


async def test_vectors_of_another_length_are_refused_and_nothing_is_written(make: Any) -> None:
    memory = make(index=words(dims=3))
    with pytest.raises(DimensionMismatchError):
        await memory.put(("p",), "k", {"text": "apple"})

    assert await memory.get(("p",), "k") is None


async def test_before_anything_is_written_nothing_is_found_and_nothing_is_made(
    memory: Any, core: Store, tenant: str
) -> None:
    assert await memory.search(("p",), query="apple") == []
    assert await memory.sweep_ttl() == 0
    assert core.list_collections(tenant) == []


async def test_after_its_collection_was_dropped_values_stay_and_are_searched_again_when_written(
    memory: Any, core: Store, tenant: str
) -> None:
    await add_notes(memory)
    core.drop_collection(tenant, "memory")

    assert (await memory.get(("notes",), "fox")).value == NOTES["fox"]
    found = await memory.search(("notes",), query="fox")
    assert [item.score for item in found] == [None] * 4
    await memory.put(("notes",), "dog", NOTES["dog"])
    assert keys(await memory.search(("notes",), query="fox", limit=1)) == ["dog"]


async def test_a_batch_embeds_its_texts_in_one_call_each_once(make: Any) -> None:
    embed = Words()
    memory = make(index=words(embed=embed))
    await memory.batch(
        [
            *(PutOp(("p",), f"k{n}", {"text": f"text {n % 10}"}) for n in range(50)),
            SearchOp(("p",), query="text 1"),
            SearchOp(("p",), query="text 1"),
        ]
    )

    assert [len(call) for call in embed.calls] == [10]
    assert embed.async_calls == (2 if memory.kind == "async" else 0)
    assert len(await memory.search(("p",), limit=100)) == 50


async def test_a_plain_function_embeds(make: Any) -> None:
    embed = Words()
    memory = make(index=words(embed=embed.embed_documents))
    await add_notes(memory)

    assert keys(await memory.search(("notes",), query="lemon", limit=1)) == ["tea"]


async def test_an_async_function_embeds_for_async_callers(core: Store, tenant: str) -> None:
    embed = Words()
    memory = PgRecallStore(core, tenant=tenant, index=words(embed=embed.aembed_documents))
    await add_notes(Calls(memory, "async"))

    found = await memory.asearch(("notes",), query="lemon", limit=1)

    assert keys(found) == ["tea"]
    await Pair(core).async_store.close()


async def test_hybrid_finds_a_word_that_vectors_do_not_know(make: Any) -> None:
    blind = Words()
    blind.vector = lambda _: [1.0] * DIMENSIONS  # type: ignore[method-assign]  # texts are alike
    memory = make(index=words(embed=blind), search="hybrid")
    await add_notes(memory)

    found = await memory.search(("notes",), query="lemon", limit=2)

    assert keys(found)[0] == "tea"
    assert all(0 <= item.score <= 1 for item in found)
    assert len(await memory.search(("notes",), query="lemon", filter={"n": {"$lt": 50}})) == 3


async def test_text_finds_by_words_alone_and_embeds_no_query(make: Any) -> None:
    embed = Words()
    memory = make(index=words(embed=embed), search="text")
    await add_notes(memory)
    embed.embed_query = None  # type: ignore[assignment,method-assign]  # whoever calls it fails
    embed.aembed_query = None  # type: ignore[assignment,method-assign]  # the same

    assert keys(await memory.search(("notes",), query="sleeping dogs")) == ["dog", "cat"]
    assert await memory.search(("notes",), query="absent") == []
    assert len(await memory.search(("notes",))) == 4


async def test_another_embedding_model_than_the_memorys_is_told(
    make: Any, core: Store, tenant: str
) -> None:
    class Named(Words):
        model = "words-1"

    class Other(Words):
        model = "words-2"

    await make(index=words(embed=Named())).put(("a",), "k", {"text": "one"})

    found = core.describe_collection(tenant, "memory")
    assert found is not None
    assert found.embedding_model == "words-1"
    with pytest.raises(CollectionConflictError, match="words-1"):
        await make(index=words(embed=Other())).search(("a",), query="one")


async def test_an_approximate_index_serves_a_store(make: Any) -> None:
    memory = make(vector_index=Hnsw())
    await memory.batch([PutOp(("p",), f"k{n}", {"text": f"word{n}"}) for n in range(300)])

    assert keys(await memory.search(("p",), query="word123", limit=1)) == ["k123"]


# a filter asks for keys that begin with $ in another way
@pytest.mark.parametrize("label", [word for word in HOSTILE if word[0] != "$"])
async def test_a_hostile_namespace_is_searched_alone(memory: Any, label: str) -> None:
    await memory.put(("users", label), label, {"text": "apple", label: label})
    await memory.put(("users", "x"), "x", {"text": "apple"})

    assert keys(await memory.search(("users", label), query="apple")) == [label]
    assert keys(await memory.search(("users",), query="apple", filter={label: label})) == [label]


async def test_two_users_find_their_own_memories_alone(memory: Any) -> None:
    for user in ("ann", "bob"):
        await memory.put(("memories", user), "drink", {"text": f"{user} likes green tea"})

    for user in ("ann", "bob"):
        found = await memory.search(("memories", user), query="what tea?")
        assert [item.value["text"] for item in found] == [f"{user} likes green tea"]


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
        owners = [entry_items._owner((("users", f"user-{n}"), f"k{n}")) for n in range(20)]
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
