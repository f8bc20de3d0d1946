"""Collections of the tests of bad input: one of a test's own, and one that all find unchanged."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.core.items.bad_input.refusing import DOCS, KEPT

if TYPE_CHECKING:
    from pgrecall import Store


@pytest.fixture
async def docs(store: Any, tenant: str) -> Any:
    """An empty collection compared by cosine, by either store."""
    bound = store.bind(tenant, "docs")
    await bound.ensure_collection(DOCS)
    return bound


@pytest.fixture(scope="module")
def kept_by(sync_store: Store) -> str:
    """The tenant of a collection with the item KEPT, that every test finds unchanged."""
    tenant = f"tenant-{uuid.uuid4().hex}"
    sync_store.ensure_collection(tenant, DOCS)
    sync_store.upsert(tenant, "docs", [KEPT])
    return tenant


@pytest.fixture
def kept(one_store: Any, kept_by: str) -> Any:
    """A collection with the item KEPT alone, of all tests: what is refused leaves it as it is."""
    return one_store.bind(kept_by, "docs")
