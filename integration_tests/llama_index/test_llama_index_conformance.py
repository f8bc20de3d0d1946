"""The public suite for LlamaIndex vector stores, run on the one of this package."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from integration_tests.shared.adapters import adapters
from llama_index.core.vector_stores.types import VectorStoreQueryMode as Mode

from pgrecall.llama_index.testing import VectorStoreConformance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_index.core.vector_stores.types import BasePydanticVectorStore

    from pgrecall import Store

PgRecallVectorStore = adapters("pgrecall.llama_index").PgRecallVectorStore


@pytest.fixture(scope="module")
def tenant() -> str:
    """A tenant of the suite: each test empties what it used, for the next one."""
    return f"tenant-{uuid.uuid4().hex}"


def emptied(store: Store, tenant: str, collection: str) -> None:
    """Take the rows out, where the test made the collection; the table costs more than they do."""
    if store.describe_collection(tenant, collection) is not None:
        store.clear(tenant, collection)


@pytest.mark.one_in(3)
class TestPgRecallVectorStore(VectorStoreConformance):
    modes = frozenset({Mode.DEFAULT, Mode.SPARSE, Mode.TEXT_SEARCH, Mode.HYBRID, Mode.MMR})

    @pytest.fixture
    def vector_store(self, sync_store: Store, tenant: str) -> Iterator[PgRecallVectorStore]:
        """On connections that the run shares; new to the first test, and empty for the others."""
        yield PgRecallVectorStore(sync_store, "docs", tenant)
        emptied(sync_store, tenant, "docs")

    @pytest.fixture(params=["another collection", "another tenant"])
    def another_vector_store(
        self, request: pytest.FixtureRequest, sync_store: Store, tenant: str
    ) -> Iterator[PgRecallVectorStore]:
        """On the same server, kept apart by its collection's or by its tenant's name alone."""
        collection = "docs"
        if request.param == "another collection":
            collection = "more"
        else:
            tenant = f"{tenant}-other"
        yield PgRecallVectorStore(sync_store, collection, tenant)
        emptied(sync_store, tenant, collection)

    async def release(self, vector_store: BasePydanticVectorStore) -> None:
        """Close what the test's loop holds; the run's sync connections stay open."""
        assert isinstance(vector_store, PgRecallVectorStore)
        await vector_store._collection.pair.async_store.close()
