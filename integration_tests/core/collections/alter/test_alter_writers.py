"""What clients write and read while a collection is altered is right, and nothing is lost."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import psycopg
import pytest
from integration_tests.core.collections.reembed.models import leftovers, numbered, old_docs
from integration_tests.shared.calls import Calls
from integration_tests.shared.faults import closing, start, until

from pgrecall import (
    Change,
    Collection,
    DatabaseError,
    Hnsw,
    InvalidArgumentError,
    Item,
    PgRecallError,
    Store,
)
from pgrecall._operations.alter import rewrite

HALF = Collection("docs", storage="halfvec", text_search="simple", title="new")


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewrite, "PAGE", 10)


class Between:
    """Does something at one of the calls of ``progress``."""

    def __init__(self, at: int, action: Any) -> None:
        self.calls, self._at, self._action = 0, at, action

    def __call__(self, _: Any) -> None:
        self.calls += 1
        if self.calls == self._at:
            self._action()


async def test_what_is_written_meanwhile_is_there_afterwards(
    store: Any, sync_store: Store, tenant: str
) -> None:
    await old_docs(store, tenant, 60)

    def interfere() -> None:
        # behind and ahead of where the copy is
        sync_store.upsert(tenant, "docs", numbered(3, words="changed"))
        sync_store.upsert(tenant, "docs", numbered(30, start=55, words="added"))
        sync_store.load(tenant, "docs", numbered(5, start=200, words="loaded"))
        sync_store.upsert(tenant, "docs", [Item("id-00004", [3, 2, 1], "text 4", {"new": "gnu"})])
        sync_store.upsert(tenant, "docs", [Item("id-00005", None, "text 5")])
        sync_store.delete(tenant, "docs", ["id-00006", "id-00058"])
        sync_store.delete_where(tenant, "docs", {"page": 7})
        expected.extend(sync_store.list_items(tenant, "docs", limit=None))

    expected: list[Item] = []
    await store.alter_collection(tenant, HALF, progress=Between(2, interfere))

    assert await store.list_items(tenant, "docs", limit=None) == expected
    assert len(expected) == 60 + 25 + 5 - 3
    found = await store.search_text(tenant, "docs", "loaded", limit=9)
    assert len(found) == 5
    assert [one.id for one in await store.search_text(tenant, "docs", "gnu")] == ["id-00004"]


async def test_a_collection_that_is_cleared_meanwhile_is_empty(
    store: Any, sync_store: Store, tenant: str
) -> None:
    await old_docs(store, tenant, 60)

    def clear() -> None:
        sync_store.clear(tenant, "docs")
        sync_store.upsert(tenant, "docs", numbered(2, words="after"))

    await store.alter_collection(tenant, HALF, progress=Between(3, clear))

    found = await store.list_items(tenant, "docs", limit=None)
    assert [item.text for item in found] == ["after 0", "after 1"]


async def test_a_collection_that_is_dropped_meanwhile_leaves_nothing(
    open_store: Any, fresh_dsn: str
) -> None:
    with Store(fresh_dsn) as other:
        async with closing(open_store(fresh_dsn)) as store:
            await old_docs(store, "t", 60)
            drop = Between(3, lambda: other.drop_collection("t", "docs"))
            with pytest.raises(PgRecallError):
                await store.alter_collection("t", HALF, progress=drop)
            assert await store.list_collections("t") == []
            assert leftovers(fresh_dsn) == []


@pytest.mark.one_in(4)
@pytest.mark.parametrize("own", [False, True])
async def test_an_upsert_and_a_load_at_work_go_on_into_the_new_table(
    store: Any,
    dsn: str,
    sync_store: Store,
    tenant: str,
    own: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rewrite, "PAGE", 1_000)
    table = {"table_name": f"Own {tenant}"[:60]} if own else {}
    await old_docs(store, tenant, 5, **table)

    def alter(_: int) -> None:
        sync_store.alter_collection(tenant, next(changes, Collection("docs")))

    for write, first in (("upsert", 100), ("load", 10_000)):
        changes = iter([HALF, Collection("docs", storage="vector", text_search="english")])
        batch = {"batch_size": 10} if write == "upsert" else {}
        count = 30 if write == "upsert" else 5_100
        call = getattr(store, write)
        rows = iter(numbered(count, start=first))
        assert await call(tenant, "docs", rows, progress=alter, **batch) == count
    assert await store.count(tenant, "docs") == 5 + 30 + 5_100
    changes = iter([HALF, Collection("docs", storage="vector")])
    edits = [Change(f"id-0010{n}", vector=[n, 2, 3], set={"page": -1}) for n in range(9)]
    call = store.update(tenant, "docs", iter(edits), batch_size=3, progress=alter)
    assert await call == 9
    assert await store.count(tenant, "docs", {"page": -1}) == 9
    [item] = await store.get(tenant, "docs", ["id-15050"])
    assert list(item.vector) == pytest.approx([1, 15_051, 0.5], rel=1e-3)


async def test_no_acknowledged_write_is_lost_and_no_read_is_wrong(
    store: Any, dsn: str, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewrite, "PAGE", 50)  # where few are followed at once, writers outrun it
    """Stores of their own, with caches of their own, go on from before until after the swaps."""
    await old_docs(store, tenant, 200, fields={"page": "number"})
    over = threading.Event()
    kept: dict[str, str | None] = {}
    reads = 0

    def write(worker: int) -> None:
        with Store(dsn, min_connections=1, max_connections=1) as own:
            number = after = 0
            while after < 5:
                after += over.is_set()
                id_, text = f"w{worker}-{number % 40:02}", f"worker {worker} write {number}"
                if number % 5 == 4:
                    own.delete(tenant, "docs", [id_])
                    kept[id_] = None
                else:
                    own.upsert(tenant, "docs", [Item(id_, [0.5, -1, number % 100], text)])
                    kept[id_] = text
                number += 1

    def read() -> None:
        nonlocal reads
        with Store(dsn, min_connections=1, max_connections=1) as own:
            while not over.is_set():
                [found] = own.search(tenant, "docs", [1, 100, 0.5], limit=1, filter={"page": 99})
                assert found.id == "id-00099"
                assert own.count(tenant, "docs", {"page": {"$gte": 0}}) == 200
                assert (
                    own.search_text(tenant, "docs", "text 77", syntax="phrase")[0].id == "id-00077"
                )
                reads += 1

    threads = [asyncio.to_thread(write, worker) for worker in range(2)]
    going = asyncio.gather(*threads, asyncio.to_thread(read))
    try:
        await until(lambda: len(kept) > 20 and reads > 2)
        for change in (HALF, Collection("docs", storage="vector", fields={})):
            await start(store, store.alter_collection(tenant, change))
    finally:
        over.set()
    await going

    stored = {item.id: item.text for item in await store.list_items(tenant, "docs", limit=None)}
    written = {id_: text for id_, text in kept.items() if text is not None}
    assert {id_: text for id_, text in stored.items() if id_.startswith("w")} == written
    assert len(stored) == 200 + len(written)


async def test_a_second_call_takes_over_and_both_end_in_one_table(
    store: Any, sync_store: Store, dsn: str, tenant: str
) -> None:
    await old_docs(store, tenant, 60)
    overtake = Between(3, lambda: sync_store.alter_collection(tenant, HALF))

    with pytest.raises(PgRecallError, match="has taken collection 'docs' over"):
        await store.alter_collection(tenant, HALF, progress=overtake)

    made = await store.alter_collection(tenant, HALF)
    assert (made.storage, made.text_search) == ("halfvec", "simple")
    assert await store.count(tenant, "docs") == 60
    assert len(await store.list_collections(tenant)) == 1


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"storage": "halfvec"}, {"storage": "halfvec"}),
        ({"storage": "halfvec"}, {"text_search": None}),
        ({"fields": {"page": "number"}}, {"fields": {"page": "number"}}),
        ({"fields": {"page": "number"}}, {"fields": {"page": "text"}}),
        ({"fields": {"page": "number"}}, {"storage": "halfvec"}),
    ],
)
async def test_of_two_at_once_each_is_done_or_told(
    store: Any, dsn: str, tenant: str, one: dict[str, Any], two: dict[str, Any]
) -> None:
    await old_docs(store, tenant, 60)
    async with closing(Calls(Store(dsn))) as other:
        results = await asyncio.gather(
            start(store, store.alter_collection(tenant, Collection("docs", **one))),
            start(other, other.alter_collection(tenant, Collection("docs", **two))),
            return_exceptions=True,
        )
    told = [found for found in results if isinstance(found, BaseException)]
    assert all(isinstance(error, PgRecallError) for error in told), told
    assert len(told) < 2, told
    # who was told calls again, and has it
    for change in (one, two):
        made = await store.alter_collection(tenant, Collection("docs", **change))
        assert all(getattr(made, field) == value for field, value in change.items())
    assert await store.count(tenant, "docs") == 60
    assert len(await store.list_collections(tenant)) == 1
    report = await store.maintain(tenant, dry_run=True)
    assert [found for found in report.findings if "index" in found.what] == []


@pytest.mark.parametrize("by_now", [Hnsw(m=8), None], ids=str)
async def test_an_index_that_another_makes_or_drops_meanwhile_stays_so(
    store: Any, sync_store: Store, tenant: str, by_now: Any
) -> None:
    await old_docs(store, tenant, 30, index=Hnsw(m=4))

    def interfere() -> None:
        if by_now is None:
            sync_store.drop_index(tenant, "docs")
        else:
            sync_store.create_index(tenant, "docs", by_now)

    # as its rows are copied, and when all is ready for the swap
    for target, at in (("halfvec", 2), ("vector", 4)):
        wanted = Collection("docs", storage=target)
        made = await store.alter_collection(tenant, wanted, progress=Between(at, interfere))
        assert (made.storage, made.index) == (target, by_now)
        assert (await store.maintain(tenant, dry_run=True)).findings == ()

    said = Collection("docs", storage="halfvec", index=Hnsw(m=6))
    made = await store.alter_collection(tenant, said, progress=Between(2, interfere))
    assert made.index == Hnsw(m=6)


async def test_fields_are_declared_of_no_collection_that_is_being_rewritten(
    store: Any, sync_store: Store, dsn: str, tenant: str
) -> None:
    await old_docs(store, tenant, 20)
    table = (await store.describe_collection(tenant, "docs")).table_name
    declared = Collection("docs", fields={"page": "number"})

    with psycopg.connect(dsn) as reader:
        # the index waits for it, and the other call for the index
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute(f"SELECT FROM {table} LIMIT 1".encode())
        declaring = start(store, store.alter_collection(tenant, declared))
        with psycopg.connect(dsn, autocommit=True) as watcher:
            built = f"SELECT FROM pg_index WHERE indrelid = '{table}'::regclass AND NOT indisvalid"
            await until(lambda: watcher.execute(built.encode()).fetchone() is not None)

            def then(_: Any) -> None:
                raise InterruptedError

            other = Calls(sync_store)
            rewriting = start(other, other.alter_collection(tenant, HALF, progress=then))
            waits = f"SELECT FROM pg_locks WHERE relation = '{table}'::regclass AND NOT granted"
            await until(lambda: watcher.execute(waits.encode()).fetchone() is not None)
        reader.rollback()
    with pytest.raises(InterruptedError):
        await rewriting
    with pytest.raises(InvalidArgumentError, match="has not ended"):
        await declaring
    made = await store.alter_collection(tenant, HALF)
    assert (made.storage, made.fields) == ("halfvec", None)
    assert (await store.alter_collection(tenant, declared)).fields == {"page": "number"}


async def test_a_build_or_vacuum_of_others_is_told_where_fields_are_declared(
    store: Any, dsn: str, tenant: str
) -> None:
    await old_docs(store, tenant, 5)
    table = (await store.describe_collection(tenant, "docs")).table_name
    with psycopg.connect(dsn) as other:
        other.execute(f"LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE".encode())
        with pytest.raises(DatabaseError, match="another call builds an index of collection"):
            await store.alter_collection(tenant, Collection("docs", fields={"page": "number"}))
