"""What every part of the suite shares: the hooks, the capabilities, nodes and queries."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import pytest
from llama_index.core.schema import BaseNode, NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    FilterCondition,
    FilterOperator,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)


class Calls:
    """A store's verbs, called in one way whether they are the sync or the async ones."""

    def __init__(
        self, vector_store: BasePydanticVectorStore, runner: asyncio.Runner | None = None
    ) -> None:
        """Call the async verbs in ``runner``, and the sync ones where it is None."""
        self.vector_store = vector_store
        self._runner = runner

    def add(self, nodes: Sequence[BaseNode]) -> list[str]:
        """Call ``add`` or ``async_add``."""
        return list(self._call("add", "async_add", nodes))

    def delete(self, ref_doc_id: str) -> None:
        """Call ``delete`` or ``adelete``."""
        self._call("delete", "adelete", ref_doc_id)

    def delete_nodes(self, *arguments: Any, **keywords: Any) -> None:
        """Call ``delete_nodes`` or ``adelete_nodes``."""
        self._call("delete_nodes", "adelete_nodes", *arguments, **keywords)

    def get_nodes(self, *arguments: Any, **keywords: Any) -> list[BaseNode]:
        """Call ``get_nodes`` or ``aget_nodes``."""
        return list(self._call("get_nodes", "aget_nodes", *arguments, **keywords))

    def clear(self) -> None:
        """Call ``clear`` or ``aclear``."""
        self._call("clear", "aclear")

    def query(self, query: VectorStoreQuery, **keywords: Any) -> VectorStoreQueryResult:
        """Call ``query`` or ``aquery``."""
        result = self._call("query", "aquery", query, **keywords)
        assert isinstance(result, VectorStoreQueryResult)
        return result

    def _call(self, name: str, async_name: str, *arguments: Any, **keywords: Any) -> Any:
        if self._runner is None:
            return getattr(self.vector_store, name)(*arguments, **keywords)
        return self._runner.run(getattr(self.vector_store, async_name)(*arguments, **keywords))


class Base:
    """The hooks and capabilities that ``VectorStoreConformance`` documents."""

    dimensions: ClassVar[int] = 8
    modes: ClassVar[frozenset[VectorStoreQueryMode]] = frozenset({VectorStoreQueryMode.DEFAULT})
    operators: ClassVar[frozenset[FilterOperator]] = frozenset(FilterOperator)
    conditions: ClassVar[frozenset[FilterCondition]] = frozenset(FilterCondition)
    nested_filters: ClassVar[bool] = True
    has_get_nodes: ClassVar[bool] = True
    has_delete_nodes: ClassVar[bool] = True
    has_clear: ClassVar[bool] = True

    @pytest.fixture
    def vector_store(self) -> BasePydanticVectorStore:
        """Give a fresh, empty store."""
        raise NotImplementedError("override the fixture vector_store: a fresh, empty store")

    @pytest.fixture
    def another_vector_store(self) -> BasePydanticVectorStore:
        """Give a second fresh, empty store, which shares a server with the first but no node."""
        raise NotImplementedError("override the fixture another_vector_store: a second empty store")

    async def release(self, vector_store: BasePydanticVectorStore) -> None:
        """Let go of what the store holds in the running event loop, which ends after this."""

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        """Make the event loop that a test's async calls run in."""
        return asyncio.new_event_loop()

    @pytest.fixture(params=["sync", "async"])
    def store(
        self, request: pytest.FixtureRequest, vector_store: BasePydanticVectorStore
    ) -> Iterator[Calls]:
        """Give the store, once with its sync and once with its async verbs."""
        if request.param == "sync":
            yield Calls(vector_store)
            return
        # a loop of the test's own: no plugin is needed, and a sync verb never meets a running loop
        with asyncio.Runner(loop_factory=self.new_event_loop) as runner:
            yield Calls(vector_store, runner)
            runner.run(self.release(vector_store))

    @pytest.fixture
    def text_store(self, store: Calls) -> Calls:
        """Give the store where it keeps the text of its nodes."""
        if not store.vector_store.stores_text:
            pytest.skip("the store keeps no text: stores_text is False")
        return store

    def vector(self, similarity: float, side: int = 1) -> list[float]:
        """Give a vector of length 1 whose cosine with the query's is ``similarity``.

        Args:
            similarity: The cosine, from -1 to 1.
            side: 1 or -1: two vectors of one cosine lie on opposite sides of the query's.
        """
        rest = side * math.sqrt(1 - similarity * similarity)
        return [similarity, rest, *[0.0] * (self.dimensions - 2)]

    def node(
        self,
        id_: str,
        text: str = "some text",
        *,
        similarity: float = 0.5,
        source: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> TextNode:
        """Make a node with an embedding.

        Args:
            id_: The node's id.
            text: Its text.
            similarity: The cosine of its embedding with the query's.
            source: The id of the document that it is a part of.
            metadata: Its metadata.
        """
        node = TextNode(
            id_=id_, text=text, metadata=metadata or {}, embedding=self.vector(similarity)
        )
        if source is not None:
            node.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=source)
        return node

    def request(
        self,
        *,
        mode: VectorStoreQueryMode = VectorStoreQueryMode.DEFAULT,
        limit: int = 20,
        text: str | None = None,
        **fields: Any,
    ) -> VectorStoreQuery:
        """Make a query: with an embedding unless the mode is one that retrievers never embed for.

        Args:
            mode: The mode.
            limit: How many nodes at most.
            text: The query's text; None is "fox" where the mode needs one.
            **fields: More fields of the query.
        """
        embeds = mode not in (VectorStoreQueryMode.SPARSE, VectorStoreQueryMode.TEXT_SEARCH)
        return VectorStoreQuery(
            query_embedding=self.vector(1) if embeds else None,
            query_str="fox" if text is None else text,
            similarity_top_k=limit,
            mode=mode,
            **fields,
        )

    def needs_mode(self, mode: VectorStoreQueryMode) -> None:
        """Skip the test where the store has no such mode."""
        if mode not in self.modes:
            pytest.skip(f"the store has no mode {mode.value}")

    def needs_get_nodes(self) -> None:
        """Skip the test where the store has no ``get_nodes``."""
        if not self.has_get_nodes:
            pytest.skip("the store has no get_nodes")

    def needs_delete_nodes(self) -> None:
        """Skip the test where the store has no ``delete_nodes``."""
        if not self.has_delete_nodes:
            pytest.skip("the store has no delete_nodes")

    def needs_clear(self) -> None:
        """Skip the test where the store has no ``clear``."""
        if not self.has_clear:
            pytest.skip("the store has no clear")

    def ids(self, store: Calls, filters: MetadataFilters | None = None) -> set[str]:
        """Give the ids of the nodes that the store holds, or of those that a filter matches."""
        return set(found(store.query(self.request(limit=1_000, filters=filters))))


def found(result: VectorStoreQueryResult) -> list[str]:
    """Give the ids of a result, best first."""
    if result.ids is not None:
        return list(result.ids)
    return [node.node_id for node in result.nodes or []]


def nodes_of(result: VectorStoreQueryResult) -> list[BaseNode]:
    """Give the nodes of a result, best first."""
    assert result.nodes is not None
    return list(result.nodes)


def scores(result: VectorStoreQueryResult) -> list[float]:
    """Give the similarities of a result."""
    assert result.similarities is not None
    return list(result.similarities)
