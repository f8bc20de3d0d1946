"""The vector store's methods: what they take, and which operation each runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_index.core.vector_stores.types import BasePydanticVectorStore

from pgrecall._adapters.async_running import AsyncPairMixin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llama_index.core.schema import BaseNode
    from llama_index.core.vector_stores.types import (
        MetadataFilters,
        VectorStoreQuery,
        VectorStoreQueryResult,
    )

    from pgrecall.llama_index._node_operations import NodeOperations


class AsyncNodeMixin(AsyncPairMixin, BasePydanticVectorStore):
    """The async methods of ``PgRecallVectorStore``."""

    _operations: NodeOperations

    async def async_add(
        self, nodes: Sequence[BaseNode], *, clean: bool | None = None, **_: Any
    ) -> list[str]:
        """Store nodes with their embeddings, replacing those whose id exists.

        A node whose text is blank, empty or nothing that shows (white space, a byte order mark),
        and whose embedding is zero or missing is stored without a vector; the logger ``pgrecall``
        says how many.

        Args:
            nodes: Nodes with embeddings. Of an id that comes twice the last stays.
            clean: As the class has it; None is the store's own.
            **_: Not used.

        Returns:
            The nodes' ids, in the order given.

        Raises:
            DimensionMismatchError: An embedding has another length than the collection's.
            InvalidArgumentError: A node cannot be stored, for want of an embedding or for what it
                holds; nothing of its batch of 5,000 was sent.
        """
        return await self._arun(self._operations.add(nodes, clean=clean))

    async def aupdate_nodes(self, nodes: Sequence[BaseNode], *, clean: bool | None = None) -> int:
        """Change nodes where they are: their text, metadata and relationships.

        Take them from ``aget_nodes``, change them and give them back: a node without an embedding
        keeps the stored one, so nothing is embedded. Of a node whose text is another one, give the
        new text's embedding too.

        Args:
            nodes: Nodes, with embeddings or without. One that is not there is left out, never
                added.
            clean: As the class has it; None is the store's own.

        Returns:
            The nodes that were there and are changed.

        Raises:
            DimensionMismatchError: An embedding has another length than the collection's.
            InvalidArgumentError: A node cannot be stored; nothing of its batch of 5,000 was sent.
        """
        return await self._arun(self._operations.update(nodes, clean=clean))

    async def adelete(self, ref_doc_id: str, **_: Any) -> None:
        """Remove the nodes of one source; ``"None"`` names those without a source."""
        await self._arun(self._operations.delete_of(ref_doc_id))

    async def adelete_nodes(
        self,
        node_ids: list[str] | None = None,
        filters: MetadataFilters | None = None,
        **_: Any,
    ) -> None:
        """Remove nodes by id, by filter, or those with one of the ids that match.

        Without ids and filters, or with an empty list of either, nothing happens: ``aclear``
        removes everything.

        Raises:
            FilterError: The filter cannot be used.
            InvalidArgumentError: The filter matches every node by its form alone.
        """
        await self._arun(self._operations.delete(node_ids, filters))

    async def aget_nodes(
        self,
        node_ids: list[str] | None = None,
        filters: MetadataFilters | None = None,
        *,
        include_embeddings: bool = False,
    ) -> list[BaseNode]:
        """Give nodes by id, by filter, or both.

        Args:
            node_ids: None asks for every node that matches, an empty list for none.
            filters: None, or one without conditions, leaves none out.
            include_embeddings: Bring the embeddings, which take several times a node's memory.

        Returns:
            The nodes in the order of ``node_ids``, ids that are not there left out; without
            ``node_ids`` by id.

        Raises:
            FilterError: The filter cannot be used.
        """
        wanted = self._operations.get(node_ids, filters, embeddings=include_embeddings)
        return await self._arun(wanted)

    async def aclear(self) -> None:
        """Remove every node of this tenant's collection; the collection stays."""
        await self._arun(self._operations.clear())

    async def aquery(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """Find nodes.

        Args:
            query: What to find. ``node_ids``, ``doc_ids`` and ``filters`` all hold; an empty
                ``node_ids`` restricts nothing, an empty ``doc_ids`` leaves no node.
                ``output_fields`` and ``embedding_field`` have no meaning here.
            **kwargs: The store's defaults, for this query.

        Returns:
            Nodes without embeddings, best first (under ``mmr`` in the order they were chosen),
            with their ids and similarities.

        Raises:
            ValueError: The mode is not supported, or the query lacks what it needs.
            FilterError: The filter cannot be used.
            TypeError: A keyword is unknown.
        """
        return await self._arun(self._operations.query(query, kwargs))
