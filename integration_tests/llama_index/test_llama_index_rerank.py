"""LlamaIndex's queries in the order of a model of the caller's, and its own postprocessors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.llama_index.llama_index_stores import Either, node
from llama_index.core import VectorStoreIndex
from llama_index.core.embeddings import MockEmbedding
from llama_index.core.vector_stores.types import VectorStoreQuery

from pgrecall.errors import InvalidArgumentError
from pgrecall.llama_index import PgRecallVectorStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

X = [1.0, 0.0]
NODES = [
    node("a", [1.0, 0.0], "apple"),
    node("b", [0.9, 0.1], "apple pie"),
    node("c", [0.8, 0.2], "apple pie with cream"),
    node("blank", [0.7, 0.3], "\ufeff"),
]


def by_length(question: str, texts: list[str]) -> list[int]:
    assert question == "apple?"
    return [len(text) for text in texts]


@pytest.fixture(params=["sync", "async"])
async def vectors(request: pytest.FixtureRequest, dsn: str, tenant: str) -> AsyncIterator[Either]:
    store = PgRecallVectorStore(dsn, tenant=tenant)
    store.add(NODES)
    yield Either(store, request.param)
    await store.aclose()


def asked(mode: str = "default", **query: Any) -> VectorStoreQuery:
    return VectorStoreQuery(
        **{
            "query_embedding": X,
            "query_str": "apple?",
            "similarity_top_k": 4,
            "mode": mode,
            **query,
        }
    )


@pytest.mark.parametrize("mode", ["default", "text_search", "hybrid"])
async def test_similarities_are_the_models_and_blank_nodes_come_last(
    vectors: Either, mode: str
) -> None:
    result = await vectors.query(asked(mode), rerank=by_length, arm_scores=True)

    assert result.ids[:3] == ["c", "b", "a"]
    assert result.similarities[:3] == [20, 9, 5]
    assert result.nodes[0].metadata["_scores"]["rerank_score"] == 20
    if mode != "text_search":
        assert (result.ids[3], result.similarities[3]) == ("blank", -math.inf)


@pytest.mark.parametrize("alpha", [0, 1])
async def test_either_arm_alone_is_reranked_too(vectors: Either, alpha: int) -> None:
    result = await vectors.query(asked("hybrid", alpha=alpha), rerank=by_length)

    assert result.ids[:3] == ["c", "b", "a"]


async def test_what_cannot_be_is_told(vectors: Either) -> None:
    for told, query, options in [
        ("rerank needs query_str", asked(query_str=None), {"rerank": by_length}),
        ("rerank cannot be used with mode 'mmr'", asked("mmr"), {"rerank": by_length}),
        ("rerank_candidates=2", asked(), {"rerank": by_length, "rerank_candidates": 2}),
        ("rerank_candidates needs rerank", asked(), {"rerank_candidates": 20}),
    ]:
        with pytest.raises(InvalidArgumentError, match=told):
            await vectors.query(query, **options)


async def test_an_index_reranks_by_its_stores_default(dsn: str, tenant: str) -> None:
    with PgRecallVectorStore(dsn, tenant=tenant, rerank=by_length) as store:
        store.add(NODES)
        index = VectorStoreIndex.from_vector_store(store, embed_model=MockEmbedding(embed_dim=2))
        retriever = index.as_retriever(similarity_top_k=4)
        found = retriever.retrieve("apple?")
        assert [(one.node_id, one.score) for one in found[:3]] == [("c", 20), ("b", 9), ("a", 5)]
        again = await retriever.aretrieve("apple?")
        assert [one.node_id for one in again] == [one.node_id for one in found]
        await store.aclose()
