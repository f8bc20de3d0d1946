"""A distributed collection on a server that has no Citus."""

from __future__ import annotations

import pytest

from pgrecall import Collection, InvalidArgumentError


async def test_a_distributed_collection_without_citus_says_what_is_missing(store, tenant) -> None:
    with pytest.raises(InvalidArgumentError, match=r"needs the Citus extension.*CREATE EXTENSION"):
        await store.ensure_collection(tenant, Collection("docs", 3, distributed=True))
    assert await store.describe_collection(tenant, "docs") is None


async def test_a_local_collection_without_citus_is_not_taken_for_a_distributed_one(
    store, tenant
) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 3))
    assert not made.distributed


async def test_distributed_is_true_or_false(store, tenant) -> None:
    with pytest.raises(InvalidArgumentError, match="distributed='yes' is unknown"):
        await store.ensure_collection(
            tenant,
            Collection("docs", 3, distributed="yes"),  # type: ignore[arg-type]  # wrong
        )
