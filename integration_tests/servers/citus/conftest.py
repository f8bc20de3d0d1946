"""A coordinator, and a store on it in a schema of its own."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.servers.citus.spread import LOCAL, SHARDS, SPREAD, D, items
from integration_tests.shared.calls import Calls
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgrecall import AsyncStore, Collection, Hnsw, Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@pytest.fixture(scope="module")
def dsn() -> str:
    """The coordinator; few shards are made and dropped faster than many."""
    given_ = os.environ["PGRECALL_TEST_CITUS_DSN"]
    options = str(conninfo_to_dict(given_).get("options") or "")
    return make_conninfo(given_, options=f"{options} -c citus.shard_count={SHARDS}")


@pytest.fixture(scope="module")
def schema(dsn: str) -> Iterator[str]:
    name = f"pgrecall_{uuid.uuid4().hex[:12]}"
    yield name
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def sync_store(dsn: str, schema: str) -> Iterator[Store]:
    with Store(dsn, schema=schema) as store:
        yield store


@pytest.fixture(params=["sync", "async"])
async def store(request, dsn: str, schema: str, sync_store: Store) -> AsyncIterator[Any]:
    """Either store, called with ``await``."""
    if request.param == "sync":
        yield Calls(sync_store)
    else:
        async with AsyncStore(dsn, schema=schema) as made:
            yield made


@pytest.fixture(scope="module")
def filled(sync_store: Store) -> str:
    """A tenant with the same items in a local and in a distributed collection: read only."""
    tenant = f"tenant-{uuid.uuid4().hex}"
    for name in (LOCAL, SPREAD):
        wanted = Collection(
            name, D, index=Hnsw(), fields={"n": "number"}, distributed=name == SPREAD
        )
        sync_store.ensure_collection(tenant, wanted)
        sync_store.load(tenant, name, items())
    return tenant
