"""Writes: how many rows, in which batches, and what progress is told."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.calls import ONE_STORE

from pgrecall import InvalidArgumentError, Item

if TYPE_CHECKING:
    from collections.abc import Iterator
from integration_tests.core.items.basics.written import LOAD_BATCH, WRITERS, items, numbered


def transactions(dsn: str) -> int:
    """Count the store's sessions that hold a transaction open."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'pgrecall' AND state LIKE 'idle in transaction%'"
    )
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


@WRITERS
async def test_a_write_tells_how_many_rows_it_wrote(docs: Any, verb: str) -> None:
    assert await getattr(docs, verb)(items(0, 10)) == 10
    assert await docs.count() == 10


@WRITERS
async def test_writing_nothing_writes_nothing(docs: Any, verb: str) -> None:
    assert await getattr(docs, verb)([]) == 0
    assert await docs.count() == 0


@WRITERS
async def test_an_item_with_a_known_id_replaces_it_whole(docs: Any, verb: str) -> None:
    await docs.upsert([Item("a", [1, 0], "old", {"page": 1})])

    assert await getattr(docs, verb)([Item("a", None, "new")]) == 1

    assert await docs.get(["a"]) == [Item("a", None, "new", {})]


@pytest.mark.parametrize("batch_size", [1, 3, 10, 11])
async def test_the_batch_size_changes_no_result(docs: Any, batch_size: int) -> None:
    assert await docs.upsert(items(0, 10), batch_size=batch_size) == 10
    assert await docs.list_ids() == [item.id for item in items(0, 10)]


async def test_batches_are_cut_where_asked(docs: Any) -> None:
    told: list[int] = []

    await docs.upsert(items(0, 1_203), batch_size=501, progress=told.append)

    assert told == [501, 1_002, 1_203]


async def test_progress_counts_distinct_ids(docs: Any) -> None:
    told: list[int] = []

    await docs.upsert(numbered(["a", "b", "a", "c", "c", "c"]), batch_size=3, progress=told.append)

    assert told == [2, 3]


async def test_progress_of_a_load_comes_after_each_batch(docs: Any) -> None:
    told: list[int] = []

    await docs.load(items(0, LOAD_BATCH + 1), progress=told.append)

    assert told == [LOAD_BATCH, LOAD_BATCH + 1]


@WRITERS
async def test_progress_is_told_what_is_stored_already(
    docs: Any, verb: str, tenant: str, sync_store: Any
) -> None:
    seen: list[tuple[int, int]] = []

    def look(written: int) -> None:
        seen.append((written, sync_store.count(tenant, "docs")))

    await getattr(docs, verb)(items(0, 10), progress=look)

    assert seen == [(10, 10)]


@WRITERS
async def test_of_an_id_repeated_in_one_batch_the_last_stays(docs: Any, verb: str) -> None:
    assert await getattr(docs, verb)(numbered(["a", "b", "a", "b", "a"])) == 2

    assert [item.text for item in await docs.get(["a", "b"])] == ["4", "3"]


async def test_of_an_id_repeated_across_batches_the_last_stays(docs: Any) -> None:
    assert await docs.upsert(numbered(["a", "b", "a", "c", "a"]), batch_size=2) == 5

    assert [item.text for item in await docs.get(["a", "b", "c"])] == ["4", "1", "3"]


async def test_of_an_id_repeated_across_the_batches_of_a_load_the_last_stays(
    docs: Any,
) -> None:
    again = [Item("000007", [0, 1], "again"), Item("000009", [0, 1], "again")]

    assert await docs.load(items(0, LOAD_BATCH) + again) == LOAD_BATCH + 2

    assert await docs.count() == LOAD_BATCH
    assert [item.text for item in await docs.get(["000007", "000008", "000009"])] == [
        "again",
        "",
        "again",
    ]


@WRITERS
async def test_an_iterable_is_read_once_and_one_batch_ahead_at_most(docs: Any, verb: str) -> None:
    read = 0
    ahead: list[int] = []

    def produce() -> Iterator[Item]:
        nonlocal read
        for item in items(0, 2 * LOAD_BATCH + 1):
            read += 1
            yield item

    def look(written: int) -> None:
        ahead.append(read - written)

    assert await getattr(docs, verb)(produce(), progress=look) == 2 * LOAD_BATCH + 1
    assert read == 2 * LOAD_BATCH + 1
    assert max(ahead) <= LOAD_BATCH
    assert ahead[-1] == 0


@WRITERS
async def test_an_iterable_that_takes_its_time_is_not_read_in_a_transaction(
    docs: Any, dsn: str, verb: str
) -> None:
    open_meanwhile: list[int] = []

    def produce() -> Iterator[Item]:
        for item in items(0, 2 * LOAD_BATCH):
            if item.id.endswith("000"):
                time.sleep(0.06)  # as an embedding model would
                if int(item.id) > LOAD_BATCH:
                    open_meanwhile.append(transactions(dsn))
            yield item

    await getattr(docs, verb)(produce())

    assert open_meanwhile
    assert open_meanwhile.count(0) == len(open_meanwhile)


async def test_an_iterator_that_others_read_on_is_left_where_the_failure_came(docs: Any) -> None:
    endless = iter([*items(0, 4), Item("", [1, 0]), *items(4, 1_000)])

    with pytest.raises(InvalidArgumentError):
        await docs.upsert(endless, batch_size=2)

    assert [item.id for item in islice(endless, 1)] == ["000005"]


@pytest.mark.parametrize("batch_size", [0, -1, True, 1.5, "3", None])
@ONE_STORE
async def test_a_batch_size_is_a_whole_number_of_1_or_more(docs: Any, batch_size: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="batch_size"):
        await docs.upsert(items(0, 3), batch_size=batch_size)

    assert await docs.count() == 0


async def test_a_batch_larger_than_one_statement_is_stored_whole(docs: Any) -> None:
    large = [Item(f"{number:04}", [1, 0], "x " * 50_000) for number in range(40)]

    assert await docs.upsert(large) == 40

    assert await docs.get(["0000", "0039"]) == [
        Item(id_, [1, 0], "x " * 50_000, {}) for id_ in ("0000", "0039")
    ]


async def test_of_a_batch_of_several_statements_all_or_nothing_is_stored(
    docs: Any, dsn: str
) -> None:
    table = (await docs.describe_collection()).table_name
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"ALTER TABLE {table} ADD CHECK (id <> '002400')")

    with pytest.raises(Exception, match="violates check constraint"):
        await docs.upsert(items(0, 2_500))

    assert await docs.count() == 0
