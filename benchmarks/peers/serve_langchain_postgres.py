"""Searches of both stores of langchain-postgres, for ``cells.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_postgres import Column, PGEngine, PGVector, PGVectorStore
from serve import KEY, VALUE, K, Peer, serve

if TYPE_CHECKING:
    from rows import Data


class OldLangChain(Peer):
    """PGVector of langchain-postgres."""

    def __init__(self, data: Data) -> None:
        """Connect twice: it is sync or async."""
        super().__init__(data)
        said: dict[str, Any] = {
            "embeddings": DeterministicFakeEmbedding(size=data.dimensions),
            "embedding_length": data.dimensions,
            "collection_name": "rows",
            "connection": data.url("psycopg"),
            "use_jsonb": True,
        }
        self.sync = PGVector(**said)
        self.other = PGVector(**said, async_mode=True)

    def ingest(self) -> None:
        """Store every row."""
        of = self.data
        for part in self.parts():
            self.sync.add_embeddings(
                of.texts[part], of.vectors[part], of.metadata[part], of.ids[part]
            )

    def search(self, query: list[float], *, filtered: bool) -> list[str]:
        """Give the ids of the nearest rows."""
        where = {KEY: VALUE} if filtered else None
        found = self.sync.similarity_search_by_vector(query, k=K, filter=where)
        return [str(one.id) for one in found]

    async def asearch(self, query: list[float], *, filtered: bool) -> list[str]:
        """Give the same."""
        where = {KEY: VALUE} if filtered else None
        found = await self.other.asimilarity_search_by_vector(query, k=K, filter=where)
        return [str(one.id) for one in found]


class NewLangChain(Peer):
    """PGVectorStore of langchain-postgres, the filter's key in a column of its own."""

    def __init__(self, data: Data) -> None:
        """Connect, and create the table."""
        super().__init__(data)
        engine = PGEngine.from_connection_string(url=data.url("psycopg"))
        engine.init_vectorstore_table(
            table_name="rows",
            vector_size=data.dimensions,
            id_column={"name": "langchain_id", "data_type": "TEXT", "nullable": False},
            metadata_columns=[Column(KEY, "TEXT")],
        )
        self.store = PGVectorStore.create_sync(
            engine=engine,
            table_name="rows",
            embedding_service=DeterministicFakeEmbedding(size=data.dimensions),
            metadata_columns=[KEY],
        )

    def ingest(self) -> None:
        """Store every row."""
        of = self.data
        for part in self.parts():
            self.store.add_embeddings(
                of.texts[part], of.vectors[part], of.metadata[part], of.ids[part]
            )

    def search(self, query: list[float], *, filtered: bool) -> list[str]:
        """Give the ids of the nearest rows."""
        where = {KEY: VALUE} if filtered else None
        found = self.store.similarity_search_by_vector(query, k=K, filter=where)
        return [str(one.id) for one in found]

    async def asearch(self, query: list[float], *, filtered: bool) -> list[str]:
        """Give the same."""
        where = {KEY: VALUE} if filtered else None
        found = await self.store.asimilarity_search_by_vector(query, k=K, filter=where)
        return [str(one.id) for one in found]


if __name__ == "__main__":
    serve(
        {
            "langchain-postgres PGVector": OldLangChain,
            "langchain-postgres PGVectorStore": NewLangChain,
        }
    )
