"""Indexes that a load puts aside come back once, and nobody builds them while it goes on."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.faults import execute

from pgrecall import Collection, DatabaseError, Hnsw, Item, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL = 3  # the primary key, the approximate index, and the one on metadata


def items(count: int) -> list[Item]:
    return [Item(f"{number:05}", [1.0, float(number)]) for number in range(count)]


class Table:
    """A collection's indexes as the catalog has them."""

    def __init__(self, store: Store, dsn: str, tenant: str) -> None:
        wanted = Collection("docs", 2, index=Hnsw(), text_search=None)
        self.name = store.ensure_collection(tenant, wanted).table_name
        self._dsn, self._tenant = dsn, tenant

    def state(self) -> tuple[int, bool]:
        """How many there are, and whether the registry says that some are aside."""
        ((count,),) = execute(
            self._dsn, f"SELECT count(*) FROM pg_index WHERE indrelid = '{self.name}'::regclass"
        )
        where = f"WHERE tenant = '{self._tenant}' AND name = 'docs'"
        ((pending,),) = execute(
            self._dsn, f"SELECT indexes_pending FROM pgrecall.collections {where}"
        )
        return count, pending


@pytest.fixture
def table(sync_store: Store, dsn: str, tenant: str) -> Table:
    return Table(sync_store, dsn, tenant)


@contextmanager
def loading(store: Store, tenant: str) -> Iterator[None]:
    """Hold a load open before its first batch: its indexes are aside, and it has no lock."""
    blocked, go_on = threading.Event(), threading.Event()

    def produce() -> Iterator[Item]:
        blocked.set()
        go_on.wait()
        yield from items(3)

    thread = threading.Thread(target=lambda: store.load(tenant, "docs", produce()))
    thread.start()
    assert blocked.wait(60)
    try:
        yield
    finally:
        go_on.set()
        thread.join()


def leave_aside(store: Store, tenant: str) -> None:
    """End a load in the middle, as a statement that the server refuses ends one."""

    def produce() -> Iterator[Item]:
        yield from items(2)
        raise DatabaseError("the server is in trouble")

    with pytest.raises(DatabaseError):
        store.load(tenant, "docs", produce())


@pytest.mark.parametrize("who", ["itself", "another"])
async def test_nobody_who_ensures_builds_the_indexes_of_a_load_that_is_at_work(
    store: Any, sync_store: Store, tenant: str, table: Table, who: str
) -> None:
    with loading(sync_store, tenant):
        ensuring = sync_store if who == "itself" else store
        made = ensuring.ensure_collection(tenant, Collection("docs"))
        if who == "another":
            await made
        assert table.state() == (ALL - 1, True)

    assert table.state() == (ALL, False)
    assert sync_store.count(tenant, "docs") == 3


@pytest.mark.parametrize("verb", ["ensure_collection", "load", "create_index", "reindex"])
async def test_what_a_load_left_aside_is_brought_back(
    store: Any, dsn: str, tenant: str, table: Table, verb: str
) -> None:
    with Store(dsn) as loader:
        leave_aside(loader, tenant)
        assert table.state() == (ALL - 1, True)

        if verb == "ensure_collection":
            await store.ensure_collection(tenant, Collection("docs"))
        elif verb == "load":
            await store.load(tenant, "docs", items(1))
        elif verb == "create_index":
            await store.create_index(tenant, "docs", Hnsw(m=8))
        else:
            await store.reindex(tenant, "docs")

        assert table.state() == (ALL, False)
        await store.upsert(tenant, "docs", items(1))
        assert await store.search(tenant, "docs", [1, 0], exact=False)


async def test_what_a_load_left_aside_waits_where_its_store_goes_on_and_could_not_say_so(
    store: Any, dsn: str, tenant: str, table: Table
) -> None:
    with Store(dsn) as loader:
        leave_aside(loader, tenant)
        # as if the database had not taken the last word of a load that failed
        noted = (
            "UPDATE pgrecall.collections SET settings = settings || jsonb_build_object('loader',"
            f" jsonb_build_object('token', '{loader._driver.context.token}', 'pid', %s::int,"
            f" 'since', 0)) WHERE tenant = '{tenant}'"
        )
        with psycopg.connect(dsn, autocommit=True) as session:
            session.execute(noted, [session.info.backend_pid])
            session.execute(
                "UPDATE pgrecall.collections SET settings = jsonb_set(settings, '{loader,since}',"
                " (SELECT to_jsonb(extract(epoch FROM backend_start)) FROM pg_stat_activity"
                " WHERE pid = pg_backend_pid())) WHERE tenant = %s",
                [tenant],
            )
            await store.ensure_collection(tenant, Collection("docs"))
            assert table.state() == (ALL - 1, True)
            # the store whose load it was knows that none is at work
            loader.ensure_collection(tenant, Collection("docs"))
            assert table.state() == (ALL, False)


async def test_another_session_that_has_the_loaders_pid_is_not_the_loader(
    store: Any, dsn: str, tenant: str, table: Table
) -> None:
    with Store(dsn) as loader:
        leave_aside(loader, tenant)
    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute(
            "UPDATE pgrecall.collections SET settings = settings || jsonb_build_object('loader',"
            " jsonb_build_object('token', 'another', 'pid', pg_backend_pid(), 'since', 1))"
            " WHERE tenant = %s",
            [tenant],
        )
        await store.ensure_collection(tenant, Collection("docs"))
        assert table.state() == (ALL, False)


async def test_ensuring_waits_for_no_writer_where_indexes_are_aside(
    store: Any, dsn: str, tenant: str, table: Table
) -> None:
    with Store(dsn) as loader:
        leave_aside(loader, tenant)
    with psycopg.connect(dsn) as writer:
        writer.execute(f"LOCK TABLE {table.name} IN ROW EXCLUSIVE MODE")  # type: ignore[arg-type]  # a test's own name
        made = await store.ensure_collection(tenant, Collection("docs"))
        assert made.index == Hnsw()
        assert table.state() == (ALL - 1, True)

    await store.ensure_collection(tenant, Collection("docs"))
    assert table.state() == (ALL, False)


async def test_a_load_keeps_its_indexes_rather_than_let_readers_queue_behind_it(
    store: Any, sync_store: Store, dsn: str, tenant: str, table: Table
) -> None:
    with psycopg.connect(dsn) as reader:
        reader.execute(f"SELECT FROM {table.name}")  # type: ignore[arg-type]  # a test's own name
        assert await store.load(tenant, "docs", items(3)) == 3
    assert table.state() == (ALL, False)
    assert len(sync_store.search(tenant, "docs", [1, 0], exact=False)) == 3
