"""Adapters are told of a pin that changed, and ask for none themselves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.shared.faults import execute
from langchain_core.documents import Document
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import VectorStoreQuery

from pgrecall import Collection, CollectionConflictError, Store
from pgrecall._operations import context as context_operations
from pgrecall.langchain import PgRecallDocumentIndex, PgRecallVectorStore
from pgrecall.langgraph import PgRecallStore
from pgrecall.llama_index import PgRecallVectorStore as NodeStore

if TYPE_CHECKING:
    from collections.abc import Callable
from integration_tests.core.collections.pins.changing import (
    DIMENSIONS,
    LATE,
    PIN,
    VECTOR,
    Model,
    age,
    change,
    fill,
)


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
