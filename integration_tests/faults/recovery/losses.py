"""How the tests of recovery lose connections and servers."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
from integration_tests.shared.faults import closing, execute, fill, is_async, start, until
from integration_tests.shared.proxy import proxy_to
from psycopg import sql

from pgrecall import embedded
from pgrecall._embedded import postmaster

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from integration_tests.shared.proxy import Proxy


SEVERAL = 2_500
"""Items that one batch writes in several statements, so in a transaction of its own."""


OURS = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


def restart(folder: Path) -> None:
    embedded.stop(folder)
    embedded.start(folder)


def kill_and_start(folder: Path) -> None:
    server = postmaster.find(folder)
    assert server is not None
    psutil.Process(server.pid).kill()
    while postmaster.find(folder):
        time.sleep(0.01)
    embedded.start(folder)


def terminate(dsn: str, pids: list[tuple[Any, ...]] | None = None) -> int:
    """End sessions of this database, all unless told, and wait until they are gone."""
    doomed = execute(dsn, OURS) if pids is None else pids
    for (pid,) in doomed:
        # false: it had ended by itself
        execute(dsn, "SET statement_timeout = 0", f"SELECT pg_terminate_backend({pid}, 60000)")
    assert not set(doomed) & set(execute(dsn, OURS))
    return len(doomed)


def blocked(dsn: str) -> list[tuple[Any, ...]]:
    """Sessions of this database that wait for a lock."""
    return execute(dsn, OURS + " AND wait_event_type = 'Lock'")


async def connect_several(store: Any, dsn: str, count: int = 6) -> None:
    """Leave a store with several idle connections."""
    before = len(execute(dsn, OURS))
    table = (await store.describe_collection("tenant", "docs")).table_name
    with psycopg.connect(dsn) as other:
        other.execute(sql.SQL(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
        calls = [start(store, store.count("tenant", "docs")) for _ in range(count)]
        await until(lambda: len(blocked(dsn)) == count)
    await asyncio.gather(*calls)
    assert len(execute(dsn, OURS)) >= max(before, count)


@asynccontextmanager
async def filled(store: Any) -> AsyncIterator[Any]:
    """A store with three items in the collection "docs"; it must not leak a connection."""
    async with closing(store):
        await fill(store, "tenant")
        yield store
        await check_pool(store)


async def check_pool(store: Any) -> None:
    """Fail unless every connection came back to the pool and is idle there."""
    driver = store._driver
    pool = (
        driver._loops[asyncio.get_running_loop()].pool
        if is_async(store)
        else driver._pools["primary"]
    )

    def all_back() -> bool:
        stats = pool.counts()
        return bool(stats["pool_available"] == stats["pool_size"] and not stats["requests_waiting"])

    await until(all_back)
    idle, used = pool._slots.everything()
    assert used == []
    assert all(c.info.transaction_status == psycopg.pq.TransactionStatus.IDLE for c in idle)


@asynccontextmanager
async def proxied(open_store: Callable[..., Any], dsn: str) -> AsyncIterator[tuple[Any, Proxy]]:
    """A filled store that reaches its server through a proxy."""
    with proxy_to(dsn) as proxy:
        async with filled(open_store(proxy.dsn)) as store:
            yield store, proxy


async def texts_of(store: Any) -> set[str]:
    ids = await store.list_ids("tenant", "docs")
    return {item.text for item in await store.get("tenant", "docs", ids)}
