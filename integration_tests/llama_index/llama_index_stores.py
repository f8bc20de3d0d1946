"""A LlamaIndex store called through its sync or its async methods, and nodes to put in it."""

from __future__ import annotations

from typing import Any

from integration_tests.shared.calls import Calls
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
)


class Either(Calls):
    """Lets one async test exercise a store's sync methods or their async twins."""

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
