"""A load builds an empty collection's indexes after its rows, and drops none where rows are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrecall import Collection, Hnsw, InvalidArgumentError, Item

if TYPE_CHECKING:
    from collections.abc import Iterator
from integration_tests.core.items.basics.written import LOAD_BATCH, items


def indexes(dsn: str, collection: Collection) -> set[str]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT indexdef FROM pg_indexes WHERE to_regclass(%s) ="
            " to_regclass(quote_ident(schemaname) || '.' || quote_ident(tablename))",
            [collection.table_name],
        )
        return {definition for (definition,) in rows}


def pending(dsn: str, tenant: str) -> bool:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT indexes_pending FROM pgrecall.collections WHERE tenant = %s", [tenant]
        ).fetchone()
    assert row is not None
    return bool(row[0])


async def test_a_load_into_an_empty_collection_builds_every_index(
    docs: Any, dsn: str, tenant: str
) -> None:
    collection = await docs.describe_collection()
    before = indexes(dsn, collection)

    await docs.load(items(0, 100))

    assert len(before) == 5
    assert indexes(dsn, collection) == before
    assert not pending(dsn, tenant)


async def test_while_an_empty_collection_is_loaded_its_approximate_index_is_away(
    docs: Any, dsn: str, tenant: str
) -> None:
    await docs.create_index(Hnsw())
    collection = await docs.describe_collection()
    seen: list[tuple[int, bool]] = []

    def look(_: int) -> None:
        seen.append((len(indexes(dsn, collection)), pending(dsn, tenant)))

    await docs.load(items(0, 100), progress=look)

    assert seen == [(5, True)]
    assert len(indexes(dsn, collection)) == 6


async def test_a_load_into_a_collection_with_rows_drops_no_index(
    docs: Any, dsn: str, tenant: str
) -> None:
    await docs.upsert(items(0, 10, "old"))
    collection = await docs.describe_collection()
    seen: list[tuple[int, bool]] = []

    def look(_: int) -> None:
        seen.append((len(indexes(dsn, collection)), pending(dsn, tenant)))

    assert await docs.load(items(5, 15, "new"), progress=look) == 10

    assert seen == [(5, False)]
    texts = [item.text for item in await docs.get(await docs.list_ids())]
    assert texts == ["old"] * 5 + ["new"] * 10


async def test_a_load_of_new_ids_into_a_collection_with_rows_keeps_both(docs: Any) -> None:
    await docs.upsert(items(0, 10))

    assert await docs.load(items(10, 20)) == 10

    assert await docs.count() == 20


@pytest.mark.parametrize("failure", ["item", "iterator"])
async def test_a_load_that_fails_midway_restores_the_indexes(
    docs: Any, dsn: str, tenant: str, failure: str
) -> None:
    collection = await docs.describe_collection()
    before = indexes(dsn, collection)

    def produce() -> Iterator[Item]:
        yield from items(0, LOAD_BATCH)
        if failure == "iterator":
            raise ZeroDivisionError
        yield Item("bad", [0, 0])

    with pytest.raises((ZeroDivisionError, InvalidArgumentError)):
        await docs.load(produce())

    assert indexes(dsn, collection) == before
    assert not pending(dsn, tenant)


async def test_what_is_loaded_is_found_by_search_and_filter(docs: Any) -> None:
    await docs.load(
        Item(str(number), [1, number], f"text {number}", {"page": number, "source": "a"})
        for number in range(100)
    )

    matches = await docs.search([1, 50], limit=1, filter={"page": {"$gte": 50}, "source": "a"})

    assert [(match.id, match.text) for match in matches] == [("50", "text 50")]
