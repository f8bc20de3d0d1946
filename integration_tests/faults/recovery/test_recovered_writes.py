"""Writes that lost their connection happen once, or say that nobody knows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.faults import execute, make_items, start, until
from psycopg import sql

from pgrecall import (
    Collection,
    ConnectionFailedError,
    DimensionMismatchError,
    Hnsw,
    Item,
    OutcomeUnknownError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

from integration_tests.faults.recovery.losses import (
    SEVERAL,
    blocked,
    connect_several,
    filled,
    kill_and_start,
    proxied,
    restart,
    terminate,
    texts_of,
)


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


async def test_a_load_whose_indexes_cannot_be_built_at_its_end_tells_what_is_stored(
    open_store: Callable[..., Any], database: str
) -> None:
    async with proxied(open_store, database) as (store, proxy):
        await store.ensure_collection("tenant", Collection("bulk", 3, index=Hnsw()))
        rule = proxy.cut_before(b"CREATE INDEX", times=1_000)
        items = two_batches(make_items(SEVERAL))
        with pytest.raises(ConnectionFailedError, match="was lost") as caught:
            await store.load("tenant", "bulk", items)
        assert caught.value.written == 5_000 + SEVERAL
        assert rule.left < 1_000
        rule.left = 0
        assert await store.count("tenant", "bulk") == 5_000 + SEVERAL


async def test_a_bad_item_whose_load_cannot_build_its_indexes_again_hides_nothing_stored(
    open_store: Callable[..., Any], database: str
) -> None:
    async with proxied(open_store, database) as (store, proxy):
        await store.ensure_collection("tenant", Collection("bulk", 3, index=Hnsw()))
        proxy.cut_before(b"CREATE INDEX", times=1_000)
        with pytest.raises(ConnectionFailedError, match="was lost") as caught:
            await store.load("tenant", "bulk", two_batches([Item("bad", [1.0])]))
        assert caught.value.written == 5_000
        assert isinstance(caught.value.__context__, DimensionMismatchError)


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
