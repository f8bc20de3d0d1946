"""langchain-postgres, both of its stores, used as its documentation does."""

from __future__ import annotations

from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_postgres import PGEngine, PGVector, PGVectorStore
from rows import read, report


def main() -> None:
    """Ingest and search with either store."""
    data = read()
    url = data.url("psycopg")
    embedding = DeterministicFakeEmbedding(size=data.dimensions)  # asked for nothing here

    old = PGVector(embeddings=embedding, collection_name="rows", connection=url, use_jsonb=True)
    report(
        "langchain-postgres PGVector",
        data,
        lambda: old.add_embeddings(data.texts, data.vectors, data.metadata, data.ids),
        lambda query: old.similarity_search_with_score_by_vector(query, k=10),
    )

    engine = PGEngine.from_connection_string(url=url)
    engine.init_vectorstore_table(
        table_name="rows",
        vector_size=data.dimensions,
        id_column={"name": "langchain_id", "data_type": "TEXT", "nullable": False},
    )
    new = PGVectorStore.create_sync(engine=engine, table_name="rows", embedding_service=embedding)
    report(
        "langchain-postgres PGVectorStore",
        data,
        lambda: new.add_embeddings(data.texts, data.vectors, data.metadata, data.ids),
        lambda query: new.similarity_search_with_score_by_vector(query, k=10),
    )


if __name__ == "__main__":
    main()
