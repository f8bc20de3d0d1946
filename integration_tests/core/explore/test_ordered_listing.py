"""Items listed by a field, and drawn at random."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from integration_tests.core.explore.explored import mixed_items, ordered
from integration_tests.shared.calls import ONE_STORE
from psycopg import sql

from pgrecall import Collection, InvalidArgumentError, Item, Match, Store
from pgrecall._operations.work import one
from pgrecall._statements.items import explore, listing
from pgrecall._statements.statement import Statement

DOCS = "docs"


async def filled(store: Any, tenant: str, items: list[Item], **options: Any) -> None:
    await store.ensure_collection(tenant, Collection(DOCS, dimensions=2, **options))
    await store.upsert(tenant, DOCS, items)


async def pages(store: Any, tenant: str, limit: int, **said: Any) -> list[str]:
    """Ids of every page, each asked for from the last item of the one before."""
    ids: list[str] = []
    last = None
    while page := await store.list_items(tenant, DOCS, limit=limit, after=last, **said):
        ids += [item.id for item in page]
        last = page[-1]
    return ids


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("fields", [None, {"f": "number"}, {"f": "text"}], ids=str)
async def test_pages_follow_the_order_of_a_field_as_python_has_it(
    store, tenant, fields, descending
) -> None:
    items = mixed_items()
    await filled(store, tenant, items, fields=fields)

    expected = ordered(items, ["f"], descending=descending)
    assert await pages(store, tenant, 13, order_by="f", descending=descending) == expected
    whole = await store.list_items(
        tenant, DOCS, limit=None, order_by=["deep", "er"], descending=descending
    )
    assert [item.id for item in whole] == expected
    assert {item.id: item for item in whole} == {item.id: item for item in items}


@ONE_STORE
async def test_a_filter_and_a_page_go_together(store, tenant) -> None:
    items = mixed_items()
    await filled(store, tenant, items)

    found = await pages(
        store, tenant, 7, order_by="f", filter={"even": True}, include_vectors=False
    )

    even = [item for item in items if (item.metadata or {})["even"]]
    assert found == ordered(even, ["f"], descending=False)


@ONE_STORE
async def test_numbers_beyond_a_floats_digits_are_neither_repeated_nor_left_out(
    store, tenant, dsn
) -> None:
    made = await store.ensure_collection(tenant, Collection(DOCS, dimensions=2))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL(
                "INSERT INTO {} (id, text, metadata) SELECT (40 - n)::text, '', jsonb_build_object("
                "'f', 0.1 + n * 1e-30::numeric) FROM generate_series(1, 30) AS n"
            ).format(sql.SQL(made.table_name))
        )

    expected = [str(40 - n) for n in range(1, 31)]
    assert await pages(store, tenant, 7, order_by="f") == expected
    assert await pages(store, tenant, 7, order_by="f", descending=True) == expected[::-1]


@ONE_STORE
async def test_numbers_that_no_float_reaches_are_neither_repeated_nor_left_out(
    store, tenant
) -> None:
    large = [f"{n}{'0' * 400}.5" for n in (1, 2)]
    small = [f"{n}e-400" for n in (-2, -1, 1, 2)]
    written = [f"-{large[1]}", f"-{large[0]}", *small, "5e-324", "1", *large]
    ascending = [Decimal(number) for number in written]
    items = [Item(f"{n:02}", [1, 2], "", {"f": f}) for n, f in enumerate(reversed(ascending))]
    await filled(store, tenant, items)

    expected = [item.id for item in reversed(items)]
    assert await pages(store, tenant, 1, order_by="f") == expected
    assert await pages(store, tenant, 1, order_by="f", descending=True) == expected[::-1]


@ONE_STORE
async def test_a_page_goes_on_where_the_one_before_ended_though_its_last_item_is_gone(
    store, tenant
) -> None:
    items = [Item(f"{n}", [1, n], "", {"f": n // 2}) for n in range(8)]
    await filled(store, tenant, items)
    first = await store.list_items(tenant, DOCS, limit=3, order_by="f")

    await store.delete(tenant, DOCS, [first[-1].id])

    second = await store.list_items(tenant, DOCS, limit=3, order_by="f", after=first[-1])
    assert [item.id for item in second] == ["3", "4", "5"]


@ONE_STORE
async def test_ids_go_both_ways_and_take_an_item_or_an_id_as_the_end_of_a_page(
    store, tenant
) -> None:
    await filled(store, tenant, mixed_items(30))
    ids = await store.list_ids(tenant, DOCS)

    assert await pages(store, tenant, 7) == ids
    assert await pages(store, tenant, 7, order_by="id") == ids
    assert await pages(store, tenant, 7, descending=True) == ids[::-1]
    last = await store.list_items(tenant, DOCS, after=ids[-2], descending=False)
    assert [item.id for item in last] == ids[-1:]


@ONE_STORE
async def test_items_are_listed_by_when_they_were_written(store, tenant) -> None:
    await filled(store, tenant, [Item("b", [1, 0])])
    await store.upsert(tenant, DOCS, [Item("a", [1, 0])])

    newest = await store.list_items(tenant, DOCS, order_by="$created_at", descending=True)

    assert [item.id for item in newest] == ["a", "b"]
    with pytest.raises(InvalidArgumentError, match="'a' has no created_at"):
        await store.list_items(tenant, DOCS, order_by="$created_at", after=Item("a", None))


@ONE_STORE
async def test_an_id_alone_does_not_tell_where_a_page_by_a_field_ended(store, tenant) -> None:
    await filled(store, tenant, [])

    with pytest.raises(InvalidArgumentError, match=r"after must be the last Item.*not the id 'a'"):
        await store.list_items(tenant, DOCS, order_by="f", after="a")


@ONE_STORE
async def test_where_a_page_begins_and_ends_is_checked_before_anything_is_sent(
    store, tenant
) -> None:
    for after in (5, Match("a", None, 1.0, "words", {})):
        with pytest.raises(InvalidArgumentError, match=r"not of type (int|Match)$"):
            await store.list_items(tenant, DOCS, order_by="f", after=after)
    with pytest.raises(InvalidArgumentError, match="limit must be at most"):
        await store.list_items(tenant, DOCS, limit=2**63)


@pytest.fixture(scope="module")
def large(sync_store: Store) -> Any:
    """A collection of 6,000 items with a declared field, as statements know it."""
    tenant = "listed"
    sync_store.ensure_collection(
        tenant, Collection(DOCS, dimensions=2, fields={"n": "number", "s": "text"})
    )
    sync_store.load(
        tenant,
        DOCS,
        (
            Item(f"{n:05}", [1, n], "word " * 20, {"n": n * 7919 % 6000, "s": f"s{n}", "k": n % 3})
            for n in range(6_000)
        ),
    )
    sync_store.count(tenant, DOCS)
    return sync_store._driver.context.known(tenant, DOCS)


def explained(store: Store, statement: Statement) -> str:
    asked = Statement(b"EXPLAIN (COSTS OFF) " + statement.sql, statement.parameters)  # type: ignore[operator]

    def operation() -> Any:
        return (yield one(asked))

    return "\n".join(row[0] for row in store._driver.run(operation()).rows)


@pytest.mark.parametrize(
    ("field", "after"),
    [
        ("n", None),
        ("n", listing.Reached("00001", listing.NUMBERS, "3000")),
        ("s", listing.Reached("00001", listing.STRINGS, "s3")),
    ],
)
@pytest.mark.parametrize("descending", [False, True])
def test_the_index_of_a_declared_field_gives_its_order(
    sync_store: Store, large: Any, field: str, after: Any, descending: bool
) -> None:
    statement = listing.list_ordered(
        large,
        None,
        field,
        limit=100,
        after=after,
        include_vectors=False,
        descending=descending,
    )

    plan = explained(sync_store, statement)

    direction = "Index Scan Backward using" if descending else "Index Scan using"
    numbered = plan.partition("CTE strings" if field == "n" else "CTE others")[0]
    assert f"{direction} {large.index_name('field_')}" in numbered, plan
    assert "Presorted Key" in numbered, plan


@pytest.mark.parametrize(("field", "kind"), [("n", "number"), ("s", "text")])
def test_the_index_of_a_declared_field_gives_its_range(
    sync_store: Store, large: Any, field: str, kind: str
) -> None:
    plan = explained(sync_store, explore.ends(large, field, (kind,), None))

    assert "Index Scan" in plan
    assert "Index Scan Backward" in plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize(
    "rows", [6_000, 3_000_000], ids=["all rows", "some pages, which come short"]
)
def test_a_sample_has_its_size_whenever_so_many_match(
    sync_store: Store, large: Any, rows: int
) -> None:
    believed = replace(large, rows=rows)

    def ids(size: int, filter_: Any = None) -> list[str]:
        def operation() -> Any:
            return (yield one(explore.sample(believed, size, filter_)))

        return [row[0] for row in sync_store._driver.run(operation()).rows]

    found = ids(50)
    assert len(set(found)) == 50
    assert set(found) != set(ids(50))
    assert len(set(ids(7_000))) == 6_000


def test_a_sample_of_a_large_table_reads_some_of_its_pages(sync_store: Store, large: Any) -> None:
    plan = explained(sync_store, explore.sample(replace(large, rows=1e8), 10, None))

    assert "Sample Scan" in plan
    assert "One-Time Filter" in plan  # the rest is read where the pages came short


async def test_a_sample_is_of_the_items_that_match(store, tenant) -> None:
    items = mixed_items()
    await filled(store, tenant, items)
    there = {item.id: item for item in items}

    found = await store.sample(tenant, DOCS, 40, filter={"even": True})

    assert len({item.id for item in found}) == 40
    assert all((item.metadata or {})["even"] for item in found)
    assert all(there[item.id] == item for item in found)
    assert len(await store.sample(tenant, DOCS)) == 10
    assert len(await store.sample(tenant, DOCS, 1000)) == len(items)
