"""Deadlocks, time limits and cancelled calls leave a connection as good as before."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.faults import execute, make_items, start, until
from integration_tests.shared.proxy import proxy_to
from psycopg import sql

from pgrecall import AsyncStore, Collection, DatabaseError, Item, OutcomeUnknownError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

from integration_tests.faults.recovery.losses import (
    OURS,
    SEVERAL,
    blocked,
    filled,
    proxied,
    terminate,
    texts_of,
)


async def test_a_deadlock_is_tried_again(open_store: Callable[..., Any], database: str) -> None:
    async with filled(open_store(database)) as store:
        table = (await store.describe_collection("tenant", "docs")).table_name
        while True:
            with psycopg.connect(database) as other:
                # the store is to be the one that gives way; where it was quicker than this test
                # to look for a deadlock, the other does, and all begins again
                other.execute("SET deadlock_timeout = '5s'")
                lock = f"SELECT FROM {table} WHERE id = '{{}}' FOR UPDATE"
                other.execute(sql.SQL(lock.format("id-00002")))
                writing = start(store, store.upsert("tenant", "docs", make_items(4, text="new")))
                await until(lambda: blocked(database))
                try:
                    await asyncio.to_thread(other.execute, sql.SQL(lock.format("id-00000")))
                except psycopg.errors.DeadlockDetected:
                    other.rollback()
                    assert await writing == 4
                    continue
            assert await writing == 4
            break
        assert execute(
            database,
            "SELECT deadlocks > 0 FROM pg_stat_database WHERE datname = current_database()",
        ) == [(True,)]
        assert await texts_of(store) == {"new"}


@pytest.mark.parametrize("count", [1, SEVERAL])
async def test_a_statement_that_takes_too_long_is_told_and_the_connection_lives(
    open_store: Callable[..., Any], database: str, count: int
) -> None:
    async with filled(open_store(database, min_connections=0, max_connections=1)) as store:
        collection = await store.describe_collection("tenant", "docs")
        name = conninfo_name(database)
        execute(database, f"ALTER DATABASE {name} SET statement_timeout = '500ms'")
        terminate(database)
        with psycopg.connect(database) as other:
            other.execute(sql.SQL(f"LOCK TABLE {collection.table_name} IN ACCESS EXCLUSIVE MODE"))
            with pytest.raises(DatabaseError, match="statement timeout"):
                await store.count("tenant", "docs")
            (pid,) = execute(database, OURS + " AND state = 'idle'")
            with pytest.raises(DatabaseError, match="statement timeout") as caught:
                await store.upsert("tenant", "docs", make_items(count))
        assert isinstance(caught.value.__cause__, psycopg.errors.QueryCanceled)
        assert await store.count("tenant", "docs") == 3
        assert execute(database, OURS + " AND state = 'idle'") == [pid]


def conninfo_name(dsn: str) -> str:
    name = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    assert isinstance(name, str)
    return name


async def test_a_refused_value_leaves_the_connection_usable(
    open_store: Callable[..., Any], database: str
) -> None:
    async with filled(open_store(database, min_connections=0, max_connections=1)) as store:
        table = (await store.describe_collection("tenant", "docs")).table_name
        execute(database, f"ALTER TABLE {table} ADD CHECK (text <> 'forbidden secret')")
        for count in (1, SEVERAL):
            items = [*make_items(count), Item("zz", [1, 1, 1], "forbidden secret")]
            with pytest.raises(
                DatabaseError, match=r"violates check constraint.*\[23514\]"
            ) as caught:
                await store.upsert("tenant", "docs", items)
            assert "secret" not in str(caught.value)
        with pytest.raises(DatabaseError, match=r"violates check constraint"):
            await store.load("tenant", "docs", items)
        assert await store.count("tenant", "docs") == 3


async def test_an_interrupted_store_is_usable_again(dsn: str, tenant: str) -> None:
    script = f"""
import os, signal, threading, time, psycopg
from pgrecall import Collection, Item, Store

dsn, tenant = {dsn!r}, {tenant!r}
WAITS = ("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name ="
         " 'interrupted'")

def interrupt_when_it_waits():
    with psycopg.connect(dsn, autocommit=True) as watching:
        while not watching.execute(WAITS).fetchall():
            time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)

store = Store(psycopg.conninfo.make_conninfo(dsn, application_name="interrupted"),
              min_connections=0, max_connections=1)
table = store.ensure_collection(tenant, Collection("docs", 3)).table_name
for count in (1, {SEVERAL}):
    items = [Item(f"id-{{n:05}}", [1, n, 1]) for n in range(count)]
    with psycopg.connect(dsn) as other:
        other.execute(f"LOCK TABLE {{table}} IN ACCESS EXCLUSIVE MODE")
        threading.Thread(target=interrupt_when_it_waits).start()
        try:
            store.upsert(tenant, "docs", items)
        except KeyboardInterrupt:
            print("interrupted")
    print(store.count(tenant, "docs"))
store.close()
"""
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.stdout.split(), done.stderr) == (["interrupted", "0"] * 2, "")


@asynccontextmanager
async def one_connection(dsn: str) -> AsyncIterator[AsyncStore]:
    """A filled async store that stands still where its one connection is lost."""
    store = AsyncStore(dsn, min_connections=0, max_connections=1)
    async with filled(store):
        yield store


async def cancel(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("count", [1, SEVERAL])
async def test_a_cancelled_write_is_undone_and_its_connection_usable(
    database: str, count: int
) -> None:
    async with one_connection(database) as store:
        table = (await store.ensure_collection("tenant", Collection("docs"))).table_name
        with psycopg.connect(database) as other:
            other.execute(sql.SQL(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
            task = asyncio.create_task(store.upsert("tenant", "docs", make_items(count, text="x")))
            await until(lambda: blocked(database))
            await cancel(task)
        assert await texts_of(store) == {"some text"}
        # what was left in the middle of something is closed, and another one opened in its place
        await until(lambda: len(execute(database, OURS)) == 1)


async def test_a_cancelled_read_leaves_its_connection_usable(database: str) -> None:
    async with one_connection(database) as store:
        table = (await store.ensure_collection("tenant", Collection("docs"))).table_name
        with psycopg.connect(database) as other:
            other.execute(sql.SQL(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
            task = asyncio.create_task(store.count("tenant", "docs"))
            await until(lambda: blocked(database))
            await cancel(task)
        assert await store.count("tenant", "docs") == 3


async def test_a_call_cancelled_while_it_waits_for_a_connection_takes_none(database: str) -> None:
    async with one_connection(database) as store:
        table = (await store.ensure_collection("tenant", Collection("docs"))).table_name
        with psycopg.connect(database) as other:
            other.execute(sql.SQL(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
            first = asyncio.create_task(store.count("tenant", "docs"))
            await until(lambda: blocked(database))
            second = asyncio.create_task(store.count("tenant", "docs"))
            await asyncio.sleep(0.05)
            await cancel(second)
        assert await first == 3
        assert await store.count("tenant", "docs") == 3


async def test_a_call_cancelled_while_its_connection_is_made_ready_gives_it_back(
    database: str,
) -> None:
    with proxy_to(database) as proxy:
        async with one_connection(proxy.dsn) as store:
            terminate(database)
            held = proxy.hold(b"pg_backend_pid")
            task = asyncio.create_task(store.count("tenant", "docs"))
            await until(held.met.is_set)
            task.cancel()
            await asyncio.sleep(0)
            held.go_on.set()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await store.count("tenant", "docs") == 3


async def test_a_call_cancelled_at_commit_leaves_its_connection_usable(database: str) -> None:
    with proxy_to(database) as proxy:
        async with one_connection(proxy.dsn) as store:
            held = proxy.hold(b"COMMIT")
            task = asyncio.create_task(store.upsert("tenant", "docs", make_items(SEVERAL)))
            await until(held.met.is_set)
            task.cancel()
            await asyncio.sleep(0)
            held.go_on.set()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await store.count("tenant", "docs") in {3, SEVERAL}


async def test_after_every_loss_no_session_stays_behind(
    open_store: Callable[..., Any], database: str
) -> None:
    async with proxied(open_store, database) as (store, proxy):
        for needle in (b"BEGIN", b"INSERT INTO", b"COMMIT", b"count(*)"):
            for cut in (proxy.cut_before, proxy.cut_after):
                cut(needle)
                with suppress(OutcomeUnknownError):
                    await store.upsert("tenant", "docs", make_items(SEVERAL))
                await store.count("tenant", "docs")
        assert len(execute(database, OURS)) <= 10
    await until(lambda: not execute(database, OURS))
