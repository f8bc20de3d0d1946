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
from pgrecall._operations.items import changes, items, listing
from pgrecall.errors import CollectionNotFoundError, InvalidArgumentError
from pgrecall.filters import Condition
from pgrecall.llama_index._filters import SOURCE_KEY, restriction
from pgrecall.llama_index._nodes import to_item, to_node
from pgrecall.llama_index._queries import checked
from pgrecall.models import KEEP, Change, Metric

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llama_index.core.schema import BaseNode
    from llama_index.core.vector_stores.types import MetadataFilters, VectorStoreQuery

    from pgrecall._adapters.collection import AdapterCollection
    from pgrecall._operations.work import Operation
    from pgrecall.filters import Filter
    from pgrecall.llama_index._queries import QueryDefaults
    from pgrecall.models import Item


@dataclass(frozen=True, slots=True)
class NodeOperations:
    """The nodes of one collection. Its methods check their arguments and make operations."""

    collection: AdapterCollection
    defaults: QueryDefaults
    clean: bool = False

    def add(self, nodes: Sequence[BaseNode], *, clean: bool | None = None) -> Operation[list[str]]:
        """Store nodes; the first embedding tells the dimensions."""
        taken, collection = list(nodes), self.collection
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
            yield from collection.writing(
                self._dimensions(taken, clean=clean),
                lambda new: items.check_items(
                    items.kind_of_new(new), islice(made(), items.DEFAULT_BATCH)
                ),
                lambda: items.upsert(
                    *collection.place,
                    made(),
                    batch_size=items.DEFAULT_BATCH,
                    progress=None,
                ),
            )
        except CollectionNotFoundError as error:
            msg = (
                f"collection {collection.name!r} is not there, and no node has an embedding to make"
                " it by: give embed_dim, or add a node with text first"
            )
            raise InvalidArgumentError(msg) from error
        tell_blank(len(blank), len(taken), collection.name)
        return [node.node_id for node in taken]

    def update(self, nodes: Sequence[BaseNode], *, clean: bool | None = None) -> Operation[int]:
        """Change nodes that are there; the embedding stays of one that brings none."""
        collection = self.collection
        made: list[Change] = []
        for place, node in enumerate(nodes):
            item = self._item(node, place, clean=clean, embedded=False)
            vector = KEEP if item.vector is None else item.vector
            made.append(Change(item.id, vector=vector, text=item.text, metadata=item.metadata))
        return collection.reading(
            lambda: changes.update(
                *collection.place, made, batch_size=items.DEFAULT_BATCH, progress=None
            ),
            missing=0,
        )

    def _item(
        self, node: BaseNode, place: int, *, clean: bool | None, embedded: bool = True
    ) -> Item:
        metric = self.collection.metric
        return to_item(
            node,
            place,
            clean=self.clean if clean is None else clean,
            zeros=metric is not Metric.COSINE,
            embedded=embedded,
        )

    def _dimensions(self, nodes: Sequence[BaseNode], *, clean: bool | None) -> int | None:
        self._item(nodes[0], 0, clean=clean)  # what is no node is told before anything is sent
        for node in nodes:
            embedding = getattr(node, "embedding", None)
            if embedding is not None:
                return len(embedding)
        return self.collection.wanted.dimensions

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
        collection = self.collection
        return collection.reading(
            lambda: collections.clear(*collection.place),
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
        search, collection = checked(query, self.defaults.updated(given)), self.collection
        return collection.reading(
            lambda: search.operation(collection),
            missing=VectorStoreQueryResult(nodes=[], similarities=[], ids=[]),
        )

    def _delete(self, doomed: Filter | None) -> Operation[int]:
        collection = self.collection
        if doomed is None:
            return 0
        return (
            yield from collection.reading(
                lambda: items.delete_where(*collection.place, doomed),
                missing=0,
            )
        )

    def _get(
        self, node_ids: Sequence[str] | None, wanted: Filter | None, *, embeddings: bool
    ) -> Operation[list[BaseNode]]:
        if node_ids is not None and not node_ids:
            return []
        collection = self.collection
        nothing: list[Item] = []
        found = yield from collection.reading(
            lambda: listing.list_items(
                *collection.place,
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
