"""The adapters of frameworks stand on an adopted table as on any collection."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest
from integration_tests.adopted.tables import DIMENSIONS, KINDS, item_of, make, rows
from langchain_core.embeddings import DeterministicFakeEmbedding
from llama_index.core.vector_stores.types import (
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
)

from pgrecall import langchain, llama_index

EMBEDDING = DeterministicFakeEmbedding(size=DIMENSIONS)


@pytest.fixture(scope="module")
def tenant_of_table(dsn: str, sync_store: Any) -> str:
    """A tenant whose collection ``articles`` is a table, adopted writable by one of its texts."""
    tenant = f"tenant-{uuid.uuid4().hex}"
    table = make(dsn, KINDS["indexed table"], f"s_{uuid.uuid4().hex[:12]}")
    sync_store.adopt_collection(tenant, "articles", replace(table, text="body", writable=True))
    return tenant


async def test_langchain_reads_and_writes_rows_of_the_table(dsn: str, tenant_of_table: str) -> None:
    with langchain.PgRecallVectorStore(
        EMBEDDING, "articles", store=dsn, tenant=tenant_of_table
    ) as store:
        found = store.similarity_search("red cats", k=3, filter={"lang": "en", "page": {"$lt": 90}})
        later = await store.asimilarity_search_with_score("red cats", k=2)
        [one] = store.get_by_ids(["a007"])
        added = store.add_texts(["a new one"], [{"lang": "en"}], ids=["new"])
        [new] = store.get_by_ids(added)
        store.delete(["new"])
        gone = store.get_by_ids(["new"])

    row = rows()[7]
    assert [one.page_content, one.metadata] == [row["body"], item_of(row, "a007").metadata]
    assert [doc.metadata["lang"] for doc in found] == ["en"] * 3
    assert len(later) == 2
    assert (new.page_content, new.metadata, gone) == ("a new one", {"lang": "en"}, [])


async def test_llama_index_finds_rows_of_the_table(dsn: str, tenant_of_table: str) -> None:
    store = llama_index.PgRecallVectorStore(dsn, "articles", tenant=tenant_of_table)
    where = MetadataFilters(filters=[MetadataFilter(key="lang", value="de")])
    asked = VectorStoreQuery(
        query_embedding=[3.0, -2.0, 5.0, 1.0], similarity_top_k=4, filters=where
    )
    found = store.query(asked)
    later = await store.aquery(asked)
    await store.aclose()
    store.close()

    assert found.ids == later.ids
    assert [node.metadata["lang"] for node in found.nodes or []] == ["de"] * 4
