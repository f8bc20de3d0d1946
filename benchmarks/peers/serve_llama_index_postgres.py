"""Searches of llama-index-vector-stores-postgres, for ``cells.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import ExactMatchFilter, MetadataFilters, VectorStoreQuery
from llama_index.vector_stores.postgres import PGVectorStore
from serve import KEY, VALUE, K, Peer, serve

if TYPE_CHECKING:
    from rows import Data


class LlamaIndex(Peer):
    """PGVectorStore of llama-index-vector-stores-postgres."""

    def __init__(self, data: Data) -> None:
        """Connect."""
        super().__init__(data)
        self.asked = VectorStoreQuery
        self.where = MetadataFilters(filters=[ExactMatchFilter(key=KEY, value=VALUE)])
        self.store = PGVectorStore.from_params(
            connection_string=data.url("psycopg2"),
            async_connection_string=data.url("asyncpg"),
            table_name="rows",
            embed_dim=data.dimensions,
            use_jsonb=True,
        )

    def ingest(self) -> None:
        """Store every row."""
        of = self.data
        columns = zip(of.ids, of.texts, of.metadata, of.vectors, strict=True)
        self.store.add(
            [
                TextNode(id_=id_, text=text, metadata=metadata, embedding=vector)
                for id_, text, metadata, vector in columns
            ]
        )

    def search(self, query: list[float], *, filtered: bool) -> list[str]:
        """Give the ids of the nearest rows."""
        return list(self.store.query(self._asked(query, filtered=filtered)).ids or [])

    async def asearch(self, query: list[float], *, filtered: bool) -> list[str]:
        """Give the same."""
        found = await self.store.aquery(self._asked(query, filtered=filtered))
        return list(found.ids or [])

    def _asked(self, query: list[float], *, filtered: bool) -> Any:
        where = self.where if filtered else None
        return self.asked(query_embedding=query, similarity_top_k=K, filters=where)


if __name__ == "__main__":
    serve({"llama-index PGVectorStore": LlamaIndex})
