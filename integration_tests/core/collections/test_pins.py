"""Vectors of two models never mix, whatever time has passed since a client met a collection."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.shared.calls import ONE_STORE
from integration_tests.shared.faults import execute
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import VectorStoreQuery

from pgrecall import (
    Collection,
    CollectionConflictError,
    CollectionNotFoundError,
    Hnsw,
    InvalidArgumentError,
    Item,
    Store,
)
from pgrecall._operations import context as context_operations
from pgrecall._operations.collections import pins
from pgrecall.langchain import PgRecallDocumentIndex, PgRecallVectorStore
from pgrecall.langgraph import PgRecallStore
from pgrecall.llama_index import PgRecallVectorStore as NodeStore

if TYPE_CHECKING:
    from collections.abc import Callable

DIMENSIONS = 4


class Model(Embeddings):
    """Says its name, and embeds every text alike but for its length."""

    def __init__(self, model: str = "") -> None:
        self.model = model
        self.embedded = 0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded += len(texts)
        return [[1.0, float(len(text)), 0.5, 0.25] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        return self.embed_documents(texts)


VECTOR = Model().embed_query("late")
LATE = Item("late", VECTOR, "late")
PIN = Collection("docs", DIMENSIONS, "model-a", "cosine")
CHANGES = {
    "reembed": {"embedding_model": "model-b"},
    "model": {"embedding_model": "model-b"},
    "metric": {"metric": "l2"},
}


def age(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every cached collection be too old to use."""
    monkeypatch.setattr(context_operations, "CACHE_SECONDS", -1.0)


def fill(elsewhere: Store, tenant: str, **changes: Any) -> None:
    wanted = {"embedding_model": "model-a", "metric": "cosine", "index": Hnsw()} | changes
    elsewhere.ensure_collection(tenant, Collection("docs", DIMENSIONS, **wanted))
    texts = [f"text {'x' * n}" for n in range(5)]
    vectors = Model().embed_documents(texts)
    items = [Item(str(n), vectors[n], texts[n]) for n in range(5)]
    elsewhere.upsert(tenant, "docs", items)


def change(elsewhere: Store, tenant: str, how: str) -> None:
    """Give the collection another pin, as another client does."""
    if how == "reembed":
        embed = Model().embed_documents
        elsewhere.reembed(tenant, "docs", to=Collection("docs", DIMENSIONS, "model-b"), embed=embed)
        return
    elsewhere.drop_collection(tenant, "docs")
    fill(elsewhere, tenant, **CHANGES[how])


@pytest.fixture
def elsewhere(dsn: str) -> Any:
    """Another client."""
    with Store(dsn, min_connections=0) as made:
        yield made


WITH_VECTORS = {
    "upsert": lambda store, tenant: store.upsert(tenant, "docs", [LATE]),
    "load": lambda store, tenant: store.load(tenant, "docs", [LATE]),
    "search": lambda store, tenant: store.search(tenant, "docs", VECTOR),
    "search explained": lambda store, tenant: store.search(tenant, "docs", VECTOR, explain=True),
    "search_hybrid": lambda store, tenant: store.search_hybrid(tenant, "docs", VECTOR, "text"),
}
WITHOUT_VECTORS = {
    "get": lambda store, tenant: store.get(tenant, "docs", ["0"]),
    "count": lambda store, tenant: store.count(tenant, "docs"),
    "list_ids": lambda store, tenant: store.list_ids(tenant, "docs"),
    "list_items": lambda store, tenant: store.list_items(tenant, "docs"),
    "search_text": lambda store, tenant: store.search_text(tenant, "docs", "text"),
    "delete": lambda store, tenant: store.delete(tenant, "docs", ["no"]),
    "delete_where": lambda store, tenant: store.delete_where(tenant, "docs", {"no": 1}),
    "measure_recall": lambda store, tenant: store.measure_recall(tenant, "docs", sample=2),
}


@pytest.mark.parametrize("how", CHANGES)
@pytest.mark.parametrize("verb", WITH_VECTORS)
@ONE_STORE
async def test_a_changed_pin_is_told_once_to_whoever_brings_a_vector(
    store: Any, elsewhere: Store, tenant: str, verb: str, how: str, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    await store.count(tenant, "docs")
    change(elsewhere, tenant, how)
    age(monkeypatch)

    with pytest.raises(CollectionConflictError) as raised:
        await WITH_VECTORS[verb](store, tenant)

    expected = ("metric", "l2", "cosine")
    if how != "metric":
        expected = ("embedding_model", "model-b", "model-a")
    told = raised.value
    assert (told.field, told.existing, told.requested) == expected
    assert elsewhere.get(tenant, "docs", ["late"]) == []
    await WITH_VECTORS[verb](store, tenant)
    await WITH_VECTORS[verb](store, tenant)


@pytest.mark.parametrize("verb", WITH_VECTORS)
@ONE_STORE
async def test_a_warm_cache_of_what_was_made_anew_with_another_pin_is_one_error(
    store: Any, elsewhere: Store, tenant: str, verb: str
) -> None:
    fill(elsewhere, tenant)
    await store.count(tenant, "docs")
    change(elsewhere, tenant, "model")

    with pytest.raises(CollectionConflictError):
        await WITH_VECTORS[verb](store, tenant)

    assert elsewhere.get(tenant, "docs", ["late"]) == []
    await WITH_VECTORS[verb](store, tenant)


@pytest.mark.parametrize("verb", WITHOUT_VECTORS)
@ONE_STORE
async def test_what_has_no_vector_goes_on_and_leaves_the_change_to_be_told(
    store: Any, elsewhere: Store, tenant: str, verb: str, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    await store.count(tenant, "docs")
    change(elsewhere, tenant, "reembed")
    age(monkeypatch)

    await WITHOUT_VECTORS[verb](store, tenant)

    with pytest.raises(CollectionConflictError):
        await store.upsert(tenant, "docs", [LATE])


async def test_a_delete_that_follows_a_reembedding_leaves_the_change_to_be_told(
    store: Any, elsewhere: Store, tenant: str
) -> None:
    fill(elsewhere, tenant)
    await store.count(tenant, "docs")
    change(elsewhere, tenant, "reembed")

    assert await store.delete(tenant, "docs", ["0"]) == 1

    with pytest.raises(CollectionConflictError):
        await store.upsert(tenant, "docs", [LATE])
    assert await store.upsert(tenant, "docs", [LATE]) == 1


@pytest.mark.parametrize("verb", ["ensure", "describe", "reembed", "make"])
@ONE_STORE
async def test_whoever_was_shown_the_new_pin_is_not_told_again(
    store: Any, elsewhere: Store, tenant: str, verb: str, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    await store.count(tenant, "docs")
    age(monkeypatch)
    new = Collection("docs", DIMENSIONS, "model-b")
    if verb == "reembed":
        await store.reembed(tenant, "docs", to=new, embed=Model().embed_documents)
    elif verb == "make":
        await store.drop_collection(tenant, "docs")
        await store.ensure_collection(tenant, new)
    else:
        change(elsewhere, tenant, "reembed")
        if verb == "ensure":
            assert (await store.ensure_collection(tenant, new)).embedding_model == "model-b"
        else:
            assert (await store.describe_collection(tenant, "docs")).embedding_model == "model-b"

    assert await store.upsert(tenant, "docs", [LATE]) == 1


async def test_a_pin_that_changes_and_changes_back_is_told_where_it_was_met(
    store: Any, elsewhere: Store, tenant: str, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    await store.count(tenant, "docs")
    age(monkeypatch)
    for model in ("model-b", "model-a"):
        elsewhere.reembed(
            tenant,
            "docs",
            to=Collection("docs", DIMENSIONS, model),
            embed=Model().embed_documents,
        )
        with pytest.raises(CollectionConflictError, match=f"embedding_model='{model}'"):
            await store.search(tenant, "docs", VECTOR)
        assert await store.search(tenant, "docs", VECTOR, limit=1)


async def test_a_collection_made_anew_with_the_same_pin_is_told_of_no_pin(
    store: Any, elsewhere: Store, tenant: str, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    await store.count(tenant, "docs")
    elsewhere.drop_collection(tenant, "docs")
    fill(elsewhere, tenant)
    age(monkeypatch)

    assert await store.upsert(tenant, "docs", [LATE]) == 1


async def test_other_dimensions_under_a_table_name_of_ones_own_are_told(
    store: Any, elsewhere: Store, tenant: str
) -> None:
    name = f"own_{tenant[-12:]}"
    elsewhere.ensure_collection(tenant, Collection("docs", 4, "m", table_name=name))
    await store.count(tenant, "docs")
    elsewhere.drop_collection(tenant, "docs")
    elsewhere.ensure_collection(tenant, Collection("docs", 4, "n", table_name=name))

    with pytest.raises(CollectionConflictError):
        await store.upsert(tenant, "docs", [LATE])

    assert await store.upsert(tenant, "docs", [LATE]) == 1


@pytest.mark.parametrize("verb", ["upsert", "load"])
@ONE_STORE
async def test_a_table_of_ones_own_name_that_is_anothers_by_now_is_not_written_to(
    store: Any, elsewhere: Store, tenant: str, verb: str
) -> None:
    name = f"own_{tenant[-12:]}"
    elsewhere.ensure_collection(tenant, Collection("docs", 4, "m", table_name=name))

    def replace_it(written: int) -> None:
        if written == 5_000:
            elsewhere.drop_collection(tenant, "docs")
            elsewhere.ensure_collection("other " + tenant, Collection("docs", 4, table_name=name))

    items = [Item(f"{number:05}", VECTOR) for number in range(5_001)]
    with pytest.raises(CollectionNotFoundError) as raised:
        await getattr(store, verb)(tenant, "docs", items, progress=replace_it)

    assert raised.value.written == 5_000
    assert elsewhere.count("other " + tenant, "docs") == 0


@pytest.mark.parametrize("verb", ["search", "search explained", "search_hybrid", "get", "count"])
@ONE_STORE
async def test_a_table_of_ones_own_name_that_is_anothers_by_now_is_not_read(
    store: Any, elsewhere: Store, tenant: str, verb: str, monkeypatch: Any
) -> None:
    name = f"own_{tenant[-12:]}"
    elsewhere.ensure_collection(tenant, Collection("docs", 4, "m", table_name=name))
    look_up = context_operations.look_up

    def slow(context: Any, of: str, asked: str) -> Any:
        found = yield from look_up(context, of, asked)
        monkeypatch.undo()
        elsewhere.drop_collection(tenant, "docs")
        fill(elsewhere, "other " + tenant, table_name=name)
        return found

    monkeypatch.setattr(context_operations, "look_up", slow)
    with pytest.raises(CollectionNotFoundError):
        await (WITH_VECTORS | WITHOUT_VECTORS)[verb](store, tenant)


async def test_one_tenants_change_is_not_told_to_another(
    store: Any, elsewhere: Store, tenant: str, monkeypatch: Any
) -> None:
    for one in (tenant, f"{tenant}-other"):
        fill(elsewhere, one)
        await store.count(one, "docs")
    change(elsewhere, tenant, "reembed")
    age(monkeypatch)

    assert await store.search(f"{tenant}-other", "docs", VECTOR, limit=1)
    with pytest.raises(CollectionConflictError):
        await store.search(tenant, "docs", VECTOR)


def test_threads_at_once_never_store_a_vector_before_one_of_them_was_told(
    elsewhere: Store, dsn: str, tenant: str, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    with Store(dsn, max_connections=8) as store:
        store.count(tenant, "docs")
        change(elsewhere, tenant, "model")
        age(monkeypatch)
        start, told, stored = threading.Barrier(8), [], []

        def write(number: int) -> None:
            start.wait()
            try:
                store.upsert(tenant, "docs", [Item(f"thread {number}", VECTOR)])
            except (CollectionConflictError, CollectionNotFoundError) as error:
                told.append(error)
            else:
                stored.append(number)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert told
        assert len(told) + len(stored) == 8
        assert store.upsert(tenant, "docs", [LATE]) == 1


def test_what_is_remembered_of_many_collections_is_bounded_and_keeps_what_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pins, "MAX_BYTES", 100_000)
    remembered, pin = pins.Pins(), pins.Pin("model", 4, "cosine")
    remembered.put("tenant", "used", pin)
    for number in range(2_000):
        remembered.put("tenant", f"collection {number}", pin)
        assert remembered.get("tenant", "used") == pin

    assert remembered.get("tenant", "collection 0") is None
    assert remembered.get("tenant", "collection 1999") == pin
    assert len(remembered._kept) < 100_000 / 320 + 1


# --- handles that expect something


BOUND = {
    "upsert": lambda docs: docs.upsert([LATE]),
    "search": lambda docs: docs.search(VECTOR),
    "search_hybrid": lambda docs: docs.search_hybrid(VECTOR, "text"),
    "search_text": lambda docs: docs.search_text("text"),
    "count": lambda docs: docs.count(),
    "get": lambda docs: docs.get(["0"]),
    "delete": lambda docs: docs.delete(["0"]),
    "describe_collection": lambda docs: docs.describe_collection(),
    "ensure_collection": lambda docs: docs.ensure_collection(Collection("docs")),
    "tune": lambda docs: docs.tune(),
    "create_index": lambda docs: docs.create_index(Hnsw()),
    "clear": lambda docs: docs.clear(),
    "reembed": lambda docs: docs.reembed(
        to=Collection("docs", 4, "c"), embed=Model().embed_documents
    ),
    "drop_collection": lambda docs: docs.drop_collection(),
}


@pytest.mark.parametrize("verb", BOUND)
@ONE_STORE
async def test_a_handle_that_expects_another_pin_raises_at_every_call(
    store: Any, elsewhere: Store, tenant: str, verb: str
) -> None:
    fill(elsewhere, tenant)
    docs = store.bind(tenant, "docs", expect=Collection("docs", DIMENSIONS, "model-b"))

    for _ in range(2):
        with pytest.raises(CollectionConflictError, match="'model-a'; 'model-b' was requested"):
            await BOUND[verb](docs)

    assert elsewhere.count(tenant, "docs") == 5


@pytest.mark.parametrize("aged", [False, True])
async def test_a_handle_is_held_to_what_it_expects_at_each_call(
    store: Any, elsewhere: Store, tenant: str, aged: bool, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    docs = store.bind(tenant, "docs", expect=PIN)
    assert await docs.upsert([LATE]) == 1
    assert len(await docs.search(VECTOR)) == 6
    change(elsewhere, tenant, "reembed")
    if aged:
        age(monkeypatch)

    for _ in range(2):
        with pytest.raises(CollectionConflictError):
            await docs.upsert([LATE])
    new = store.bind(tenant, "docs", expect=Collection("docs", DIMENSIONS, "model-b"))
    assert await new.upsert([LATE]) == 1
    assert await new.search(VECTOR, limit=1)
    # those who said nothing are told all the same
    with pytest.raises(CollectionConflictError):
        await docs.search(VECTOR)


async def test_who_says_the_new_pin_needs_no_telling_and_who_says_nothing_does(
    store: Any, elsewhere: Store, tenant: str, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    await store.count(tenant, "docs")
    change(elsewhere, tenant, "reembed")
    age(monkeypatch)

    new = store.bind(tenant, "docs", expect=Collection("docs", embedding_model="model-b"))
    assert await new.upsert([LATE]) == 1
    vague = store.bind(tenant, "docs", expect=Collection("docs", DIMENSIONS))
    with pytest.raises(CollectionConflictError):
        await vague.upsert([LATE])
    assert await vague.upsert([LATE]) == 1
    assert await store.upsert(tenant, "docs", [LATE]) == 1


async def test_a_handle_makes_what_it_expects_and_nothing_else(store: Any, tenant: str) -> None:
    docs = store.bind(tenant, "docs", expect=PIN)
    with pytest.raises(CollectionConflictError):
        await docs.ensure_collection(Collection("docs", DIMENSIONS, "model-b"))
    assert await docs.describe_collection() is None
    await docs.ensure_collection(PIN)
    assert await docs.upsert([LATE]) == 1
    other = await docs.ensure_collection(Collection("others", 2, "model-b"))
    assert other.embedding_model == "model-b"


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        (Collection("other", 4), "of collection 'other', and the handle of 'docs'"),
        (Collection("docs", -1), "dimensions=-1"),
        ({"dimensions": 4}, "must be a pgrecall.Collection, not dict"),
    ],
)
async def test_what_cannot_be_expected_is_told(
    store: Any, tenant: str, expect: Any, words: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=words):
        store.bind(tenant, "docs", expect=expect)


# --- adapters


def langchain(store: Store, tenant: str, model: str) -> dict[str, Callable[[], Any]]:
    made = PgRecallVectorStore(Model(model), "docs", tenant, store)
    return {
        "similarity_search": lambda: made.similarity_search("text", k=1),
        "by_vector": lambda: made.similarity_search_by_vector(VECTOR, k=1),
        "mmr": lambda: made.max_marginal_relevance_search("text", k=1),
        "relevance": lambda: made.similarity_search_with_relevance_scores("text", k=1),
        "hybrid": lambda: made.similarity_search("text", k=1, search="hybrid"),
        "text": lambda: made.similarity_search("text", k=1, search="text"),
        "get": lambda: made.get_by_ids(["0"]),
        "add_texts": lambda: made.add_texts(["late"], ids=["late"]),
        "add_embeddings": lambda: made.add_embeddings(["late"], [VECTOR], ids=["late"]),
        "delete": lambda: made.delete(["no"]),
    }


def document_index(store: Store, tenant: str, model: str) -> dict[str, Callable[[], Any]]:
    made = PgRecallDocumentIndex(Model(model), collection="docs", tenant=tenant, store=store)
    return {
        "invoke": lambda: made.invoke("text"),
        "upsert": lambda: made.upsert([Document(id="late", page_content="late")]),
        "get": lambda: made.get(["0"]),
    }


def langgraph(store: Store, tenant: str, model: str) -> dict[str, Callable[[], Any]]:
    index: Any = {"dims": DIMENSIONS, "embed": Model(model)}
    made = PgRecallStore(store, "docs", tenant, index=index)
    return {
        "search": lambda: made.search(("a",), query="text"),
        "put": lambda: made.put(("a",), "late", {"text": "late"}),
    }


def llama_index(store: Store, tenant: str, model: str) -> dict[str, Callable[[], Any]]:
    said: dict[str, str] = {"embedding_model": model} if model else {}
    made = NodeStore(store, "docs", tenant, **said)
    return {
        "query": lambda: made.query(VectorStoreQuery(query_embedding=VECTOR, similarity_top_k=1)),
        "add": lambda: made.add([TextNode(id_="late", text="late", embedding=VECTOR)]),
        "get_nodes": lambda: made.get_nodes(["0"]),
        "delete": lambda: made.delete("none"),
    }


ADAPTERS = [langchain, document_index, langgraph, llama_index]


@pytest.mark.parametrize("how", ["reembed", "model"])
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_adapter_of_another_model_is_told_at_every_call(
    elsewhere: Store, dsn: str, tenant: str, adapter: Any, how: str, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    with Store(dsn) as store:
        calls = adapter(store, tenant, "model-a")
        for call in calls.values():
            call()
        elsewhere.delete(tenant, "docs", ["late"])
        change(elsewhere, tenant, how)
        age(monkeypatch)
        before = elsewhere.list_ids(tenant, "docs")

        for name, call in [*calls.items(), *calls.items()]:
            with pytest.raises(CollectionConflictError, match="'model-b'; 'model-a' was"):
                pytest.fail(f"{name} gave {call()}")

        assert elsewhere.list_ids(tenant, "docs") == before
        # one of the new model goes on at once, on the same store
        for call in adapter(store, tenant, "model-b").values():
            call()


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_adapter_that_names_no_model_is_told_once(
    elsewhere: Store, dsn: str, tenant: str, adapter: Any, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    with Store(dsn) as store:
        calls = adapter(store, tenant, "")
        call = next(iter(calls.values()))
        call()
        change(elsewhere, tenant, "reembed")
        age(monkeypatch)

        with pytest.raises(CollectionConflictError):
            call()

        for each in calls.values():
            each()


def test_an_adapter_is_told_before_it_pays_for_an_embedding(
    elsewhere: Store, dsn: str, tenant: str, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    model = Model()
    with Store(dsn) as store:
        made = PgRecallVectorStore(model, "docs", tenant, store)
        made.similarity_search("text")
        change(elsewhere, tenant, "reembed")
        age(monkeypatch)
        paid = model.embedded

        with pytest.raises(CollectionConflictError):
            made.similarity_search("text")

        assert model.embedded == paid


def test_an_adapters_read_of_what_was_made_anew_with_its_pin_finds_it(
    elsewhere: Store, dsn: str, tenant: str
) -> None:
    fill(elsewhere, tenant)
    with Store(dsn) as store:
        made = PgRecallVectorStore(Model("model-a"), "docs", tenant, store)
        assert made.similarity_search("text")
        elsewhere.drop_collection(tenant, "docs")
        fill(elsewhere, tenant)

        assert len(made.similarity_search("text", k=9)) == 5
        elsewhere.drop_collection(tenant, "docs")
        fill(elsewhere, tenant)
        assert made.remove(iter(["0"])) == 1
        elsewhere.drop_collection(tenant, "docs")
        assert made.similarity_search("text") == []


def test_comparing_at_every_call_asks_the_server_nothing(
    elsewhere: Store, dsn: str, tenant: str, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    asked: list[str] = []
    look_up = context_operations.look_up

    def counting(context: Any, of: str, name: str) -> Any:
        asked.append(name)
        return look_up(context, of, name)

    monkeypatch.setattr(context_operations, "look_up", counting)
    with Store(dsn) as store:
        made = PgRecallVectorStore(Model("model-a"), "docs", tenant, store)
        docs = store.bind(tenant, "docs", expect=PIN)
        for _ in range(3):
            made.similarity_search("text")
            docs.search(VECTOR)
            made.add_texts(["late"], ids=["late"])

    assert asked == ["docs"]


def test_an_adapters_read_of_a_table_that_somebody_removed_is_empty(
    elsewhere: Store, dsn: str, tenant: str
) -> None:
    fill(elsewhere, tenant)
    with PgRecallVectorStore(Model("model-a"), "docs", tenant, dsn) as made:
        assert made.similarity_search("text")
        stored = elsewhere.describe_collection(tenant, "docs")
        assert stored is not None
        execute(dsn, f"DROP TABLE {stored.table_name}")

        assert made.similarity_search("text") == []


async def test_a_client_whose_cache_lags_behind_is_not_held_to_it(
    store: Any, elsewhere: Store, tenant: str
) -> None:
    fill(elsewhere, tenant)
    await store.count(tenant, "docs")
    change(elsewhere, tenant, "reembed")

    # the cache still has the old one, which is not what this handle expects
    docs = store.bind(tenant, "docs", expect=Collection("docs", DIMENSIONS, "model-b"))
    assert await docs.upsert([LATE]) == 1
    assert len(elsewhere.get(tenant, "docs", ["late"])) == 1


def test_sync_and_async_calls_of_one_adapter_are_told_once_together(
    elsewhere: Store, dsn: str, tenant: str, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    with PgRecallVectorStore(Model(), "docs", tenant, dsn) as made:
        assert made.similarity_search("text")
        change(elsewhere, tenant, "reembed")
        age(monkeypatch)

        with pytest.raises(CollectionConflictError):
            asyncio.run(made.asimilarity_search("text"))

        assert made.similarity_search("text")
        assert asyncio.run(made.aadd_texts(["late"], ids=["late"])) == ["late"]
