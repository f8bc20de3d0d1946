"""The public suite for LlamaIndex vector stores, run on the one of this package."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from llama_index.core.vector_stores.types import VectorStoreQueryMode as Mode

from pgrecall.llama_index import PgRecallVectorStore
from pgrecall.llama_index.testing import VectorStoreConformance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_index.core.vector_stores.types import BasePydanticVectorStore

    from pgrecall import Store


class TestPgRecallVectorStore(VectorStoreConformance):
    modes = frozenset({Mode.DEFAULT, Mode.SPARSE, Mode.TEXT_SEARCH, Mode.HYBRID, Mode.MMR})

    @pytest.fixture
    def vector_store(self, sync_store: Store) -> Iterator[PgRecallVectorStore]:
        """A tenant of its own, on connections that the run shares."""
        store = PgRecallVectorStore(sync_store, "docs", f"tenant-{uuid.uuid4().hex}")
        yield store
        sync_store.drop_collection(store.tenant, "docs")

    @pytest.fixture(params=["another collection", "another tenant"])
    def another_vector_store(
        self,
        request: pytest.FixtureRequest,
        vector_store: PgRecallVectorStore,
        sync_store: Store,
    ) -> Iterator[PgRecallVectorStore]:
        """On the same server, kept apart by its collection's or by its tenant's name alone."""
        tenant, collection = vector_store.tenant, "docs"
        if request.param == "another collection":
            collection = "more"
        else:
            tenant = f"{tenant}-other"
        store = PgRecallVectorStore(sync_store, collection, tenant)
        yield store
        sync_store.drop_collection(tenant, collection)

    async def release(self, vector_store: BasePydanticVectorStore) -> None:
        """Close what the test's loop holds; the run's sync connections stay open."""
        assert isinstance(vector_store, PgRecallVectorStore)
        await vector_store._collection.pair.async_store.close()
