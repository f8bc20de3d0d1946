"""A store among others: two stores, two kinds of callers, other loops and processes, an index."""

from __future__ import annotations

import asyncio
import pickle
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.vector_stores.types import BasePydanticVectorStore

from pgrecall.llama_index.testing._base import Base, Calls, found


class _Same(BaseEmbedding):
    """Embeds every text as one vector: an index needs some model to be made."""

    vector: list[float]

    def _get_text_embedding(self, text: str) -> list[float]:  # noqa: ARG002  # all are one
        return self.vector

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


class Living(Base):
    """What a store owes those around it."""

    def _both(
        self, store: Calls, another_vector_store: BasePydanticVectorStore
    ) -> tuple[Calls, Calls]:
        another = Calls(another_vector_store)
        store.add([self.node("same", similarity=0.9, source="doc", metadata={"k": 1})])
        another.add([self.node("same", similarity=0.1, source="doc", metadata={"k": 1})])
        another.add([self.node("more")])
        return store, another

    def test_two_stores_share_no_nodes(
        self, store: Calls, another_vector_store: BasePydanticVectorStore
    ) -> None:
        first, second = self._both(store, another_vector_store)
        assert self.ids(first) == {"same"}
        assert self.ids(second) == {"same", "more"}

    def test_delete_leaves_another_store_alone(
        self, store: Calls, another_vector_store: BasePydanticVectorStore
    ) -> None:
        first, second = self._both(store, another_vector_store)
        first.delete("doc")
        assert self.ids(first) == set()
        assert self.ids(second) == {"same", "more"}

    def test_delete_nodes_leaves_another_store_alone(
        self, store: Calls, another_vector_store: BasePydanticVectorStore
    ) -> None:
        self.needs_delete_nodes()
        first, second = self._both(store, another_vector_store)
        first.delete_nodes(["same", "more"])
        assert self.ids(second) == {"same", "more"}

    def test_clear_leaves_another_store_alone(
        self, store: Calls, another_vector_store: BasePydanticVectorStore
    ) -> None:
        self.needs_clear()
        first, second = self._both(store, another_vector_store)
        first.clear()
        assert self.ids(first) == set()
        assert self.ids(second) == {"same", "more"}

    def test_one_store_serves_sync_and_async_callers(
        self, vector_store: BasePydanticVectorStore
    ) -> None:
        vector_store.add([self.node("sync")])

        async def run() -> list[str]:
            await vector_store.async_add([self.node("async")])
            result = found(await vector_store.aquery(self.request()))
            await self.release(vector_store)
            return result

        with asyncio.Runner(loop_factory=self.new_event_loop) as runner:
            assert set(runner.run(run())) == {"sync", "async"}
        assert self.ids(Calls(vector_store)) == {"sync", "async"}

    def test_one_store_serves_one_event_loop_after_another(
        self, vector_store: BasePydanticVectorStore
    ) -> None:
        # sync wrappers of the framework run a fresh loop for every call
        for number in range(3):
            with asyncio.Runner(loop_factory=self.new_event_loop) as runner:
                runner.run(vector_store.async_add([self.node(f"{number}")]))
        with asyncio.Runner(loop_factory=self.new_event_loop) as runner:
            result = runner.run(vector_store.aquery(self.request()))
            runner.run(self.release(vector_store))
        assert set(found(result)) == {"0", "1", "2"}

    def test_async_adds_may_run_at_once(self, vector_store: BasePydanticVectorStore) -> None:
        async def run() -> list[str]:
            adds = [vector_store.async_add([self.node(f"{number}")]) for number in range(20)]
            await asyncio.gather(*adds)
            result = found(await vector_store.aquery(self.request(limit=50)))
            await self.release(vector_store)
            return result

        with asyncio.Runner(loop_factory=self.new_event_loop) as runner:
            assert set(runner.run(run())) == {f"{number}" for number in range(20)}

    def test_a_pickled_store_answers_as_the_store_does(
        self, vector_store: BasePydanticVectorStore
    ) -> None:
        vector_store.add([self.node("a", similarity=0.9), self.node("b", similarity=0.2)])
        copy = pickle.loads(pickle.dumps(vector_store))  # noqa: S301  # made one line before
        assert found(copy.query(self.request())) == ["a", "b"]
        assert copy.add([self.node("c")]) == ["c"]

    def test_persist_does_no_harm(
        self, vector_store: BasePydanticVectorStore, tmp_path: Path
    ) -> None:
        vector_store.add([self.node("a")])
        vector_store.persist(str(tmp_path / "store" / "vectors.json"))
        assert self.ids(Calls(vector_store)) == {"a"}

    def test_a_store_tells_what_it_is(self, vector_store: BasePydanticVectorStore) -> None:
        assert isinstance(vector_store.stores_text, bool)
        assert isinstance(vector_store.is_embedding_query, bool)
        assert vector_store.class_name() not in ("", "base_component")

    def test_an_index_retrieves_and_deletes_through_the_store(
        self, vector_store: BasePydanticVectorStore
    ) -> None:
        index = self._index(vector_store)
        index.insert_nodes(
            [
                self.node("a", similarity=0.9, source="doc-1"),
                self.node("b", similarity=0.2, source="doc-1"),
                self.node("c", similarity=0.5, source="doc-2"),
            ]
        )
        retriever = index.as_retriever(similarity_top_k=2)
        assert [scored.node.node_id for scored in retriever.retrieve("anything")] == ["a", "c"]
        index.delete_ref_doc("doc-1")
        assert self.ids(Calls(vector_store)) == {"c"}

    def test_an_index_over_a_filled_store_retrieves(
        self, vector_store: BasePydanticVectorStore
    ) -> None:
        if not vector_store.stores_text:
            pytest.skip("the store keeps no text: stores_text is False")
        vector_store.add([self.node("a", similarity=0.9), self.node("b", similarity=0.2)])
        index = VectorStoreIndex.from_vector_store(vector_store, embed_model=self._model())
        ids = [scored.node.node_id for scored in index.as_retriever().retrieve("anything")]
        assert ids == ["a", "b"]

    def _model(self) -> BaseEmbedding:
        return _Same(vector=self.vector(1))

    def _index(self, vector_store: BasePydanticVectorStore) -> VectorStoreIndex:
        keywords: dict[str, Any] = {"embed_model": self._model()}
        context = StorageContext.from_defaults(vector_store=vector_store)
        return VectorStoreIndex(nodes=[], storage_context=context, **keywords)
