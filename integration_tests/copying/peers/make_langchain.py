"""Fill a database with langchain-postgres' own stores: runs in the peers' environment.

    python make_langchain.py URL

Prints as JSON what a reader of those stores gets: for each of them its documents.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from typing import Any

from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_postgres import Column, PGEngine, PGVector, PGVectorStore

ROWS = 60
HOSTILE = 'it\'s "100%" %s'


def documents(begin: str, count: int = ROWS) -> list[Document]:
    """Make documents with every kind of JSON in their metadata."""
    return [
        Document(
            id=f"{begin}-{number:04}",
            page_content=f"{begin} número {number}: a text with 'quotes', 100% and \\ {{braces}}",
            metadata={
                "page": number,
                "score": number / 7,
                "tags": ["a", f"t{number % 3}"],
                "nested": {"deep": {"odd": number % 2 == 1}, "none": None},
                'it\'s "100%" %(s)s': "hostile key",
            },
        )
        for number in range(count)
    ]


def pgvector(url: str, name: str, begin: str, size: int) -> list[Document]:
    """Make one collection; all of them share two tables."""
    embedding = DeterministicFakeEmbedding(size=size)
    store = PGVector(embeddings=embedding, collection_name=name, connection=url, use_jsonb=True)
    store.add_documents(documents(begin))
    found = store.similarity_search("anything", k=1_000)
    return sorted(found, key=lambda document: str(document.id))


def pgvectorstore(engine: PGEngine, table: str, schema: str) -> list[Document]:
    """Make a store of the newer kind, with columns of metadata."""
    engine.init_vectorstore_table(
        table_name=table,
        schema_name=schema,
        vector_size=8,
        id_column=Column("langchain_id", "TEXT", nullable=False),
        metadata_columns=[
            Column("page", "INTEGER"),
            Column("score", "DOUBLE PRECISION"),
            Column("seen", "TIMESTAMP"),
            Column("is_new", "BOOLEAN"),
        ],
    )
    store = PGVectorStore.create_sync(
        engine=engine,
        table_name=table,
        schema_name=schema,
        embedding_service=DeterministicFakeEmbedding(size=8),
        metadata_columns=["page", "score", "seen", "is_new"],
    )
    given = documents("new")
    for document in given:
        day = document.metadata["page"] % 28 + 1
        document.metadata["seen"] = dt.datetime(2026, 1, day, 12, 30)  # noqa: DTZ001  # the column has no zone
        document.metadata["is_new"] = day > 14
    del given[0].metadata["score"]
    store.add_documents(given)
    found = store.similarity_search("anything", k=1_000)
    return sorted(found, key=lambda document: str(document.id))


def main() -> None:
    """Make every store."""
    url = sys.argv[1].replace("postgresql:", "postgresql+psycopg:", 1)
    engine = PGEngine.from_connection_string(url=url)
    made = {
        "docs": pgvector(url, "docs", "doc", 8),
        HOSTILE: pgvector(url, HOSTILE, "host", 8),
        "wide": pgvector(url, "wide", "wide", 16),
        "new": pgvectorstore(engine, "new", "public"),
    }

    def plain(value: Any) -> Any:
        return value.isoformat() if isinstance(value, dt.datetime) else str(value)

    parts = {
        name: [[one.id, one.page_content, one.metadata] for one in found]
        for name, found in made.items()
    }
    print(json.dumps(parts, default=plain))  # noqa: T201  # the test reads it


if __name__ == "__main__":
    main()
