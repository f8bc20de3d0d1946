"""The collection behind the vector store, as packages list it that know Chroma's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall._adapters.collection import AdapterCollection
from pgrecall._operations.items import listing
from pgrecall.langchain._queries import checked_filter

if TYPE_CHECKING:
    from pgrecall.filters import FilterLike
    from pgrecall.models import Item


class ListedCollection(AdapterCollection):
    """LangChain's interface lists no documents: mem0 asks a store's ``_collection`` for them."""

    def get(
        self, where: FilterLike | None = None, limit: int | None = None
    ) -> dict[str, list[Any]]:
        """Give documents, those that are longest there first, in Chroma's columns.

        Args:
            where: Which documents; None or empty gives all.
            limit: Documents at most, 1 or more; None for all.

        Raises:
            InvalidArgumentError: ``limit`` cannot be used.
            FilterError: The filter cannot be used.
            CollectionConflictError: The collection has another pin than the adapter expects.
        """
        parsed = checked_filter(where or None)
        nothing: list[Item] = []
        found = self.pair.run(
            self.reading(
                lambda: listing.list_items(
                    *self.place,
                    filter_=parsed,
                    limit=limit,
                    after=None,
                    include_vectors=False,
                    order_by="$created_at",
                ),
                missing=nothing,
            )
        )
        return {
            "ids": [item.id for item in found],
            "documents": [item.text for item in found],
            "metadatas": [item.metadata or {} for item in found],
        }
