"""llama-index-vector-stores-postgres, used as its documentation does."""

from __future__ import annotations

from typing import Any

from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import VectorStoreQuery
from llama_index.vector_stores.postgres import PGVectorStore
from rows import read, report


def main() -> None:
    """Ingest and search."""
    data = read()
    store = PGVectorStore.from_params(
        connection_string=data.url("psycopg2"),
        async_connection_string=data.url("asyncpg"),
        table_name="rows",
        embed_dim=data.dimensions,
    )
    nodes = [
        TextNode(id_=id_, text=text, metadata=metadata, embedding=vector)
        for id_, text, metadata, vector in zip(
            data.ids, data.texts, data.metadata, data.vectors, strict=True
        )
    ]

    def search(query: list[float]) -> list[Any]:
        found = store.query(VectorStoreQuery(query_embedding=query, similarity_top_k=10))
        return list(found.nodes or [])

    report("llama-index PGVectorStore", data, lambda: store.add(nodes), search)


if __name__ == "__main__":
    main()
