"""What the vector store does, each action written once for sync and async callers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from llama_index.core.vector_stores.types import VectorStoreQueryResult

from pgrecall import filters as core_filters
from pgrecall._adapters.collection import tell_blank
from pgrecall._operations.collections import collections
from pgrecall._operations.items import items
from pgrecall.errors import CollectionNotFoundError, InvalidArgumentError
from pgrecall.filters import Condition
from pgrecall.llama_index._filters import SOURCE_KEY, restriction
from pgrecall.llama_index._nodes import to_item, to_node
from pgrecall.llama_index._queries import checked
from pgrecall.models import Metric

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llama_index.core.schema import BaseNode
    from llama_index.core.vector_stores.types import MetadataFilters, VectorStoreQuery

    from pgrecall._adapters.collection import Adapted
    from pgrecall._operations.work import Operation
    from pgrecall.filters import Filter
    from pgrecall.llama_index._queries import Options
    from pgrecall.models import Item


@dataclass(frozen=True, slots=True)
class StoredNodes:
    """The nodes of one collection. Its methods check their arguments and make operations."""

    adapted: Adapted
    options: Options
    clean: bool = False

    def add(self, nodes: Sequence[BaseNode], *, clean: bool | None = None) -> Operation[list[str]]:
        """Store nodes; the first embedding tells the dimensions."""
        taken, adapted = list(nodes), self.adapted
        if not taken:
            return []
        blank: set[int] = set()

        def made() -> Iterator[Item]:
            for place, node in enumerate(taken):
                item = self._item(node, place, clean=clean)
                if item.vector is None:
                    blank.add(place)
                yield item

        try:
            yield from adapted.writing(
                self._dimensions(taken, clean=clean),
                lambda new: items.check_items(
                    items.kind_of_new(new), islice(made(), items.DEFAULT_BATCH)
                ),
                lambda: items.upsert(
                    adapted.context,
                    adapted.tenant,
                    adapted.name,
                    made(),
                    batch_size=items.DEFAULT_BATCH,
                    progress=None,
                ),
            )
        except CollectionNotFoundError as error:
            msg = (
                f"collection {adapted.name!r} is not there, and no node has an embedding to make it"
                " by: give embed_dim, or add a node with text first"
            )
            raise InvalidArgumentError(msg) from error
        tell_blank(len(blank), len(taken), adapted.name)
        return [node.node_id for node in taken]

    def _item(self, node: BaseNode, place: int, *, clean: bool | None) -> Item:
        metric = self.adapted.metric
        return to_item(
            node,
            place,
            clean=self.clean if clean is None else clean,
            zeros=metric is not Metric.COSINE,
        )

    def _dimensions(self, nodes: Sequence[BaseNode], *, clean: bool | None) -> int | None:
        self._item(nodes[0], 0, clean=clean)  # what is no node is told before anything is sent
        for node in nodes:
            embedding = getattr(node, "embedding", None)
            if embedding is not None:
                return len(embedding)
        return self.adapted.wanted.dimensions

    def delete_of(self, ref_doc_id: str) -> Operation[int]:
        """Remove the nodes of one source."""
        return self._delete(core_filters.parse(Condition((SOURCE_KEY,), "eq", ref_doc_id)))

    def delete(
        self, node_ids: Sequence[str] | None, filters: MetadataFilters | None
    ) -> Operation[int]:
        """Remove the nodes that ids and filters name; without either there are none."""
        if node_ids is not None and not node_ids:
            return self._delete(None)
        return self._delete(core_filters.parse(restriction(filters, node_ids=node_ids)))

    def clear(self) -> Operation[int]:
        """Remove every node."""
        adapted = self.adapted
        return adapted.reading(
            lambda: collections.clear(adapted.context, adapted.tenant, adapted.name),
            missing=0,
        )

    def get(
        self,
        node_ids: Sequence[str] | None,
        filters: MetadataFilters | None,
        *,
        embeddings: bool,
    ) -> Operation[list[BaseNode]]:
        """Read the nodes that ids and filters name, in the order of the ids or by id."""
        wanted = core_filters.parse(restriction(filters, node_ids=node_ids))
        return self._get(node_ids, wanted, embeddings=embeddings)

    def query(
        self, query: VectorStoreQuery, given: dict[str, Any]
    ) -> Operation[VectorStoreQueryResult]:
        """Find nodes."""
        search, adapted = checked(query, self.options.updated(given)), self.adapted
        return adapted.reading(
            lambda: search.operation(adapted.context, adapted.tenant, adapted.name),
            missing=VectorStoreQueryResult(nodes=[], similarities=[], ids=[]),
        )

    def _delete(self, doomed: Filter | None) -> Operation[int]:
        adapted = self.adapted
        if doomed is None:
            return 0
        return (
            yield from adapted.reading(
                lambda: items.delete_where(adapted.context, adapted.tenant, adapted.name, doomed),
                missing=0,
            )
        )

    def _get(
        self, node_ids: Sequence[str] | None, wanted: Filter | None, *, embeddings: bool
    ) -> Operation[list[BaseNode]]:
        if node_ids is not None and not node_ids:
            return []
        adapted = self.adapted
        nothing: list[Item] = []
        found = yield from adapted.reading(
            lambda: items.list_items(
                adapted.context,
                adapted.tenant,
                adapted.name,
                filter_=wanted,
                limit=None,
                after=None,
                include_vectors=embeddings,
            ),
            missing=nothing,
        )
        nodes = {item.id: _node(item) for item in found}
        if node_ids is None:
            return list(nodes.values())
        return [nodes[id_] for id_ in dict.fromkeys(node_ids) if id_ in nodes]


def _node(item: Item) -> BaseNode:
    embedding = None if item.vector is None else np.asarray(item.vector).tolist()
    return to_node(item.id, item.text, dict(item.metadata or {}), embedding)
