"""A LlamaIndex store called through its sync or its async methods, and nodes to put in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
)

if TYPE_CHECKING:
    from pgrecall.llama_index import PgRecallVectorStore

TWINS = {"add": "async_add"}


class Either:
    """Lets one async test exercise a store's sync methods or their async twins."""

    def __init__(self, store: PgRecallVectorStore, kind: str) -> None:
        self.inner = store
        self.kind = kind

    def __getattr__(self, name: str) -> Any:
        twin = getattr(self.inner, TWINS.get(name, f"a{name}") if self.kind == "async" else name)

        async def call(*arguments: Any, **keywords: Any) -> Any:
            result = twin(*arguments, **keywords)
            return await result if self.kind == "async" else result

        return call

    async def ids(self, **query: Any) -> list[str]:
        """The ids that a query finds."""
        result = await self.query(VectorStoreQuery(**query))
        return list(result.ids)


def node(id_: str, embedding: list[float], text: str = "", **metadata: Any) -> TextNode:
    return TextNode(id_=id_, embedding=embedding, text=text, metadata=metadata)


def of_source(made: TextNode, source: str) -> TextNode:
    made.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=source)
    return made


def where(key: str, value: Any, operator: str = "==") -> MetadataFilters:
    return group(one(key, value, operator))


def one(key: str, value: Any, operator: str = "==") -> MetadataFilter:
    return MetadataFilter(key=key, value=value, operator=FilterOperator(operator))


def group(*filters: Any, condition: str | None = "and") -> MetadataFilters:
    known = None if condition is None else FilterCondition(condition)
    return MetadataFilters(filters=list(filters), condition=known)
