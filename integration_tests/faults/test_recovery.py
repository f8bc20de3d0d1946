"""Servers that restart and connections that die: reads go on, writes say whether they happened."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import uuid
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
import pytest
from integration_tests.shared.faults import (
    closing,
    execute,
    fill,
    is_async,
    make_items,
    own_folder,
    start,
    start_own,
    until,
)
from integration_tests.shared.proxy import proxy_to
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrecall import (
    AsyncStore,
    Collection,
    ConnectionFailedError,
    DatabaseError,
    Item,
    OutcomeUnknownError,
    embedded,
)
from pgrecall._embedded import postmaster

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from integration_tests.shared.proxy import Proxy

SEVERAL = 2_500
"""Items that one batch writes in several statements, so in a transaction of its own."""

OURS = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """The data folder of a server that these tests stop and kill."""
    with own_folder() as made:
        start_own(made)
        yield made


@pytest.fixture
def database(folder: Path) -> str:
    """A database of one's own on that server."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    dsn = embedded.start(folder)
    execute(dsn, f"CREATE DATABASE {name}")
    return make_conninfo(dsn, dbname=name)


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


# --- reads


@pytest.mark.parametrize("disaster", [restart, kill_and_start])
async def test_a_restarted_server_costs_reads_no_error(
    open_store: Callable[..., Any], database: str, folder: Path, disaster: Callable[[Path], None]
) -> None:
    async with filled(open_store(database)) as store:
        await connect_several(store, database)
        disaster(folder)
        assert await store.count("tenant", "docs") == 3
        assert len(await store.search("tenant", "docs", [1, 1, 0.5])) == 3
        assert len(await store.get("tenant", "docs", ["id-00001"])) == 1


async def test_many_readers_at_once_live_through_a_restart(
    open_store: Callable[..., Any], database: str, folder: Path
) -> None:
    async with filled(open_store(database)) as store:
        await connect_several(store, database)
        restart(folder)
        calls = [start(store, store.count("tenant", "docs")) for _ in range(12)]
        assert await asyncio.gather(*calls) == [3] * 12


async def test_terminated_connections_cost_reads_no_error(
    open_store: Callable[..., Any], database: str
) -> None:
    async with filled(open_store(database)) as store:
        for _ in range(3):
            await connect_several(store, database)
            assert terminate(database) >= 6
            assert await store.count("tenant", "docs") == 3


async def test_a_read_whose_connection_dies_under_it_runs_again(
    open_store: Callable[..., Any], database: str
) -> None:
    async with filled(open_store(database)) as store:
        table = (await store.describe_collection("tenant", "docs")).table_name
        with psycopg.connect(database) as other:
            other.execute(sql.SQL(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
            reading = start(store, store.count("tenant", "docs"))
            for _ in range(3):
                terminate(database, await until(lambda: blocked(database)))
        assert await reading == 3


async def test_a_read_that_dies_each_time_is_told(
    open_store: Callable[..., Any], database: str
) -> None:
    async with filled(open_store(database)) as store:
        with proxy_to(database) as proxy:
            async with closing(open_store(proxy.dsn)) as through:
                assert await through.count("tenant", "docs") == 3
                rule = proxy.cut_before(b"count(*)", times=1_000)
                with pytest.raises(
                    ConnectionFailedError, match="connection to the server was lost"
                ):
                    await through.count("tenant", "docs")
                assert rule.left > 900
                rule.left = 0
                assert await through.count("tenant", "docs") == 3
                await check_pool(through)
        assert await store.count("tenant", "docs") == 3


async def test_a_server_that_takes_connections_and_drops_them_is_told(
    open_store: Callable[..., Any], database: str
) -> None:
    with proxy_to(database) as proxy:
        async with closing(open_store(proxy.dsn, connection_timeout=2)) as store:
            await fill(store, "tenant")
            # a pooler in trouble does so: it lets clients in, and drops each at its first query
            rule = proxy.cut_before(b"pg_backend_pid", times=200)
            terminate(database)
            with pytest.raises(ConnectionFailedError):
                await store.count("tenant", "docs")
            assert rule.left > 150


async def test_a_server_that_is_gone_is_told_and_found_again(
    open_store: Callable[..., Any], database: str, folder: Path
) -> None:
    store = open_store(database, connection_timeout=0.5)
    async with closing(store):
        await fill(store, "tenant")
        embedded.stop(folder)
        try:
            # long enough for the pool to try ever more seldom
            for _ in range(2):
                with pytest.raises(ConnectionFailedError, match="cannot reach"):
                    await store.count("tenant", "docs")
                with pytest.raises(ConnectionFailedError, match="cannot reach"):
                    await store.upsert("tenant", "docs", make_items(4))
        finally:
            embedded.start(folder)
        assert await store.count("tenant", "docs") == 3
        assert await store.upsert("tenant", "docs", make_items(4)) == 4


async def test_an_embedded_server_with_a_long_path_is_found_again(
    open_store: Callable[..., Any],
) -> None:
    with own_folder() as short:
        # its socket does not fit in the folder, and is elsewhere after each start
        folder = short.parent / ("long" * 25) / "data"
        async with closing(open_store(f"embedded:{folder}", connection_timeout=1)) as store:
            try:
                await fill(store, "tenant")
                restart(folder)
                assert await store.count("tenant", "docs") == 3
            finally:
                embedded.stop(folder)


# --- writes


@pytest.mark.parametrize(("disaster", "count"), [(restart, 1), (kill_and_start, SEVERAL)])
async def test_a_write_after_a_restart_happens_once(
    open_store: Callable[..., Any],
    database: str,
    folder: Path,
    disaster: Callable[[Path], None],
    count: int,
) -> None:
    async with filled(open_store(database)) as store:
        await connect_several(store, database)
        disaster(folder)
        assert await store.upsert("tenant", "docs", make_items(count, text="new")) == count
        assert await store.count("tenant", "docs") == max(3, count)
        assert (await store.get("tenant", "docs", ["id-00000"]))[0].text == "new"


async def test_every_write_after_terminated_connections_happens_once(
    open_store: Callable[..., Any], database: str
) -> None:
    async with filled(open_store(database)) as store:
        for write, expected in (
            (lambda: store.upsert("tenant", "docs", make_items(4)), 4),
            (lambda: store.load("tenant", "docs", make_items(5)), 5),
            (lambda: store.delete("tenant", "docs", ["id-00004"]), 1),
            (lambda: store.delete_where("tenant", "docs", {"page": 3}), 1),
            (lambda: store.drop_collection("tenant", "docs"), 3),
        ):
            await connect_several(store, database, 3)
            terminate(database)
            assert await write() == expected
        assert await store.list_collections("tenant") == []


async def test_a_write_killed_before_commit_runs_again_whole(
    open_store: Callable[..., Any], database: str
) -> None:
    async with filled(open_store(database)) as store:
        with psycopg.connect(database) as other:
            # the second of its statements waits here
            table = (await store.describe_collection("tenant", "docs")).table_name
            await store.upsert("tenant", "docs", make_items(SEVERAL, text="old"))
            other.execute(sql.SQL(f"SELECT FROM {table} WHERE id = 'id-01500' FOR UPDATE"))
            items = make_items(SEVERAL, text="new")
            writing = start(store, store.upsert("tenant", "docs", items))
            terminate(database, await until(lambda: blocked(database)))
            await until(lambda: blocked(database))
            assert (await store.get("tenant", "docs", ["id-00000"]))[0].text == "old"
        assert await writing == SEVERAL
        assert await store.count("tenant", "docs") == SEVERAL
        assert await texts_of(store) == {"new"}


async def test_a_write_that_cannot_come_to_commit_stores_nothing(
    open_store: Callable[..., Any], database: str
) -> None:
    async with proxied(open_store, database) as (store, proxy):
        rule = proxy.cut_before(b"INSERT INTO", times=1_000)
        with pytest.raises(ConnectionFailedError, match="was lost") as caught:
            await store.upsert("tenant", "docs", make_items(SEVERAL, text="new"))
        assert not isinstance(caught.value, OutcomeUnknownError)
        assert caught.value.written == 0
        assert rule.left > 900
        rule.left = 0
        assert await texts_of(store) == {"some text"}
        assert await store.count("tenant", "docs") == 3


async def test_a_copy_cut_in_its_middle_runs_again_whole(
    open_store: Callable[..., Any], database: str
) -> None:
    async with proxied(open_store, database) as (store, proxy):
        items = [Item(f"new-{n:05}", [1, n, 1], "text " * 50) for n in range(SEVERAL - 500)]
        items += [Item(f"new-{n:05}", [1, n, 1], "cut here") for n in range(SEVERAL - 500, SEVERAL)]
        rule = proxy.cut_before(b"cut here")
        assert await store.load("tenant", "docs", items) == SEVERAL
        assert rule.met.is_set()
        assert await store.count("tenant", "docs") == SEVERAL + 3


@pytest.mark.parametrize("happened", [False, True])
async def test_a_connection_lost_at_commit_leaves_the_outcome_unknown(
    open_store: Callable[..., Any], database: str, happened: bool
) -> None:
    async with proxied(open_store, database) as (store, proxy):
        items = make_items(SEVERAL, text="new")
        rule = proxy.cut_after(b"COMMIT") if happened else proxy.cut_before(b"COMMIT")
        with pytest.raises(OutcomeUnknownError, match="stored whole or not at all") as caught:
            await store.upsert("tenant", "docs", items)
        assert rule.met.is_set()
        assert isinstance(caught.value.__cause__, psycopg.OperationalError)
        assert caught.value.written == 0
        assert await store.count("tenant", "docs") == (SEVERAL if happened else 3)
        assert await store.upsert("tenant", "docs", items) == SEVERAL
        assert await store.count("tenant", "docs") == SEVERAL
        assert await texts_of(store) == {"new"}


@pytest.mark.parametrize("happened", [False, True])
async def test_a_lost_load_may_be_run_again(
    open_store: Callable[..., Any], database: str, happened: bool
) -> None:
    async with proxied(open_store, database) as (store, proxy):
        await store.ensure_collection("tenant", Collection("bulk", 3))
        items = make_items(SEVERAL)

        def lose_commit(_: int) -> None:
            # the first batch is stored, and so is putting the indexes aside
            (proxy.cut_after if happened else proxy.cut_before)(b"COMMIT")

        with pytest.raises(OutcomeUnknownError) as caught:
            await store.load("tenant", "bulk", two_batches(items), progress=lose_commit)
        assert caught.value.written == 5_000
        assert await store.load("tenant", "bulk", two_batches(items)) == 5_000 + SEVERAL
        assert await store.count("tenant", "bulk") == 5_000 + SEVERAL
        assert indexes_of(database, store_table(await store.describe_collection("tenant", "bulk")))


def two_batches(second: list[Item]) -> list[Item]:
    """Items of which the first batch is stored before the second begins."""
    return [Item(f"first-{n:05}", [1, n, 2]) for n in range(5_000)] + second


def store_table(collection: Collection) -> str:
    assert collection.table_name is not None
    return collection.table_name


def indexes_of(dsn: str, table: str) -> bool:
    """Whether the secondary indexes are there."""
    query = sql.SQL("SELECT count(*) FROM pg_index WHERE indrelid = {}::regclass").format(
        sql.Literal(table)
    )
    return execute(dsn, query) == [(3,)]


@pytest.mark.parametrize("happened", [False, True])
async def test_a_lost_write_of_one_statement_leaves_the_outcome_unknown(
    open_store: Callable[..., Any], database: str, happened: bool
) -> None:
    async with proxied(open_store, database) as (store, proxy):
        rule = (proxy.cut_after if happened else proxy.cut_before)(b"INSERT INTO")
        with pytest.raises(OutcomeUnknownError):
            await store.upsert("tenant", "docs", make_items(4))
        assert rule.met.is_set()
        assert await store.count("tenant", "docs") == (4 if happened else 3)
        assert await store.upsert("tenant", "docs", make_items(4)) == 4
        assert await store.count("tenant", "docs") == 4


async def test_a_write_of_one_statement_that_is_terminated_says_so(
    open_store: Callable[..., Any], database: str
) -> None:
    async with filled(open_store(database)) as store:
        table = (await store.describe_collection("tenant", "docs")).table_name
        with psycopg.connect(database) as other:
            other.execute(sql.SQL(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
            writing = start(store, store.upsert("tenant", "docs", make_items(4)))
            terminate(database, await until(lambda: blocked(database)))
            with pytest.raises(OutcomeUnknownError):
                await writing
        assert await store.count("tenant", "docs") == 3


@pytest.mark.parametrize("happened", [False, True])
async def test_a_collection_whose_creation_was_lost_can_be_ensured_again(
    open_store: Callable[..., Any], database: str, happened: bool
) -> None:
    async with proxied(open_store, database) as (store, proxy):
        (proxy.cut_after if happened else proxy.cut_before)(b"COMMIT")
        with pytest.raises(OutcomeUnknownError):
            await store.ensure_collection("tenant", Collection("new", 3))
        made = await store.ensure_collection("tenant", Collection("new", 3))
        assert made.dimensions == 3
        assert await store.upsert("tenant", "new", make_items(2)) == 2


async def test_a_later_batch_that_is_lost_tells_how_many_rows_are_stored(
    open_store: Callable[..., Any], database: str
) -> None:
    async with proxied(open_store, database) as (store, proxy):
        with pytest.raises(OutcomeUnknownError) as caught:
            await store.upsert(
                "tenant",
                "docs",
                make_items(30),
                batch_size=10,
                progress=lambda written: written == 20 and proxy.cut_before(b"INSERT INTO"),
            )
        assert caught.value.written == 20
        assert await store.count("tenant", "docs") == 20


@asynccontextmanager
async def proxied(open_store: Callable[..., Any], dsn: str) -> AsyncIterator[tuple[Any, Proxy]]:
    """A filled store that reaches its server through a proxy."""
    with proxy_to(dsn) as proxy:
        async with filled(open_store(proxy.dsn)) as store:
            yield store, proxy


async def texts_of(store: Any) -> set[str]:
    ids = await store.list_ids("tenant", "docs")
    return {item.text for item in await store.get("tenant", "docs", ids)}


# --- statements that the server ends


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


# --- cancelled tasks


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
