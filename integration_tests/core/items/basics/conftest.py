"""The collection that the tests of items write to."""

from __future__ import annotations

from typing import Any

import pytest

from pgrecall import Collection


@pytest.fixture
async def docs(store: Any, tenant: str) -> Any:
    """A collection of two dimensions with every kind of index."""
    bound = store.bind(tenant, "docs")
    fields = {"page": "number", "source": "text"}
    await bound.ensure_collection(Collection("docs", 2, fields=fields))
    return bound
