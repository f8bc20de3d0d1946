"""Facets, ranges and fields: what is in a collection."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg
import pytest
from integration_tests.core.explore.explored import as_key, facets, mixed_items
from integration_tests.shared.calls import ONE_STORE
from psycopg import sql

from pgrecall import (
    Collection,
    CollectionNotFoundError,
    Facet,
    Field,
    FilterError,
    InvalidArgumentError,
    Item,
    Store,
)

DOCS = "docs"


async def filled(store: Any, tenant: str, items: list[Item], **options: Any) -> None:
    await store.ensure_collection(tenant, Collection(DOCS, dimensions=2, **options))
    await store.upsert(tenant, DOCS, items)


async def with_values(store: Any, tenant: str, *values: Any, **options: Any) -> None:
    made = [Item(f"{n:02}", [1, n], "", {"f": value}) for n, value in enumerate(values)]
    await filled(store, tenant, made, **options)


async def test_a_facet_counts_as_the_rules_written_in_python_do(store, tenant) -> None:
    items = mixed_items()
    await filled(store, tenant, items)

    for field, path in (("f", ["f"]), (["deep", "er"], ["deep", "er"]), ("f.g", ["f.g"])):
        found = await store.facet(tenant, DOCS, field, limit=100)
        assert [(as_key(one.value), one.count) for one in found] == facets(items, path)


async def test_a_facet_keeps_the_type_of_its_values_and_breaks_ties_by_value(store, tenant) -> None:
    await with_values(store, tenant, "1", 1, True, "b", "B", 1.0, None, ["x", "x"], {"a": 1})

    found = await store.facet(tenant, DOCS, "f")

    assert found[0] == Facet(1, 2)
    assert [one.value for one in found[1:]] == ["1", "B", "b", "x", True, {"a": 1}]
    assert {one.count for one in found[1:]} == {1}


async def test_a_facet_counts_what_the_filter_lets_through_and_gives_the_first_ones(
    store, tenant
) -> None:
    await filled(store, tenant, mixed_items())

    found = await store.facet(tenant, DOCS, "f.g", filter={"even": True}, limit=2)

    assert [one.value for one in found] == [0, 1]
    for one in found:
        asked = {"even": True, "f.g": one.value}
        assert one.count == await store.count(tenant, DOCS, asked)


@ONE_STORE
async def test_a_facet_counts_ids_and_times_of_the_items_own(store, tenant) -> None:
    await with_values(store, tenant, 1, 2)

    assert await store.facet(tenant, DOCS, "id") == [Facet("00", 1), Facet("01", 1)]
    ((written),) = await store.facet(tenant, DOCS, "$created_at")
    assert isinstance(written.value, datetime)
    assert written.value.utcoffset() is not None
    assert written.count == 2
    assert await store.facet(tenant, DOCS, ("$created_at",)) == []


@ONE_STORE
async def test_the_first_of_very_many_values_are_right(store, tenant, dsn) -> None:
    made = await store.ensure_collection(tenant, Collection(DOCS, dimensions=2))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL(
                "INSERT INTO {} (id, text, metadata) SELECT n::text, '', jsonb_build_object('f',"
                " CASE WHEN n % 1000 < 3 THEN 'often-' || n % 1000 ELSE 'once-' || n END)"
                " FROM generate_series(1, 100000) AS n"
            ).format(sql.SQL(made.table_name))
        )

    found = await store.facet(tenant, DOCS, "f", limit=4)

    assert found == [*(Facet(f"often-{n}", 100) for n in range(3)), Facet("once-10", 1)]


async def test_the_range_of_a_field_is_of_one_type(store, tenant) -> None:
    await with_values(store, tenant, 3, -1.5, "z", "a", True, None, [99], {"a": 100}, 10)

    assert await store.field_range(tenant, DOCS, "f") == (-1.5, 10)
    low, high = await store.field_range(tenant, DOCS, "f", filter={"f": {"$gte": ""}})
    assert (low, high) == ("a", "z")
    assert await store.count(tenant, DOCS, {"f": {"$between": [low, high]}}) == 2
    assert await store.field_range(tenant, DOCS, "f", filter={"f": True}) is None
    assert await store.field_range(tenant, DOCS, ("f", "a")) == (100, 100)


@ONE_STORE
async def test_a_declared_type_decides_the_range_where_the_field_has_it(store, tenant) -> None:
    await with_values(store, tenant, 3, "a", "Z", fields={"f": "text"})

    assert await store.field_range(tenant, DOCS, "f") == ("Z", "a")
    assert await store.field_range(tenant, DOCS, "f", filter={"f": 3}) == (3, 3)


@ONE_STORE
async def test_the_range_of_times_is_when_the_first_and_the_last_were_written(
    store, tenant
) -> None:
    await with_values(store, tenant, 1)
    await store.upsert(tenant, DOCS, [Item("later", [1, 1])])

    first, last = await store.field_range(tenant, DOCS, "$updated_at")

    assert first < last
    assert first.utcoffset() is not None


async def test_nothing_is_told_of_an_empty_collection(store, tenant) -> None:
    await filled(store, tenant, [])

    assert await store.facet(tenant, DOCS, "f") == []
    assert await store.field_range(tenant, DOCS, "f") is None
    assert await store.field_range(tenant, DOCS, "$created_at") is None
    assert await store.describe_fields(tenant, DOCS) == []
    assert await store.sample(tenant, DOCS) == []
    assert await store.list_items(tenant, DOCS, order_by="f") == []


async def test_the_fields_are_told_with_their_paths_types_shares_and_examples(
    store, tenant
) -> None:
    items = [
        Item(
            str(n),
            None,
            "",
            {"lang": "en" if n else "de", "by": {"name": f"n{n}"}, "tags": ["x", n], "n": None}
            | ({"page": n} if n % 2 else {"page": "ix"}),
        )
        for n in range(4)
    ]
    await filled(store, tenant, [*items, Item("bare", None)])

    found = {one.path: one for one in await store.describe_fields(tenant, DOCS)}

    assert list(found) == [
        ("by",), ("by", "name"), ("lang",), ("n",), ("page",), ("tags",),
    ]  # fmt: skip
    assert {one.share for one in found.values()} == {0.8}
    assert found["by", "name"].types == ("text",)
    assert found[("lang",)] == Field(("lang",), ("text",), 0.8, ("en", "de"))
    assert found[("page",)].types == ("number", "text")
    assert found[("page",)].examples == ("ix", 1, 3)
    assert found[("tags",)] == Field(("tags",), ("array",), 0.8, ("x", 0, 1, 2, 3))
    assert found[("n",)] == Field(("n",), ("null",), 0.8, ())


@ONE_STORE
async def test_fields_are_read_from_so_many_items_as_asked(store, tenant) -> None:
    await with_values(store, tenant, *range(30))

    (field,) = await store.describe_fields(tenant, DOCS, sample=1)

    assert (field.share, len(field.examples)) == (1.0, 1)


@ONE_STORE
async def test_what_cannot_be_used_is_told_before_anything_is_sent(store, tenant) -> None:
    await filled(store, tenant, [])

    for field in ("", (), [], 3, ("a", 3), None):
        with pytest.raises(FilterError, match=r"key|field"):
            await store.facet(tenant, DOCS, field)
        with pytest.raises(FilterError, match=r"key|field"):
            await store.field_range(tenant, DOCS, field)
    with pytest.raises(FilterError, match=r"^'a\\x00' holds NUL"):
        await store.facet(tenant, DOCS, ("b", "a\0"))
    for call in (
        store.facet(tenant, DOCS, "f", limit=0),
        store.describe_fields(tenant, DOCS, sample=0),
        store.sample(tenant, DOCS, 0),
        store.sample(tenant, DOCS, 2.5),
    ):
        with pytest.raises(InvalidArgumentError, match="whole number"):
            await call
    for call in (store.facet(tenant, "none", "f"), store.describe_fields(tenant, "none")):
        with pytest.raises(CollectionNotFoundError):
            await call


async def test_a_handle_looks_around_in_its_own_collection(sync_store: Store, tenant: str) -> None:
    docs = sync_store.bind(tenant, DOCS)
    docs.ensure_collection(Collection(DOCS, dimensions=2))
    docs.upsert([Item("a", [1, 0], "", {"f": 1})])

    assert docs.facet("f") == [Facet(1, 1)]
    assert docs.field_range("f") == (1, 1)
    assert docs.describe_fields() == [Field(("f",), ("number",), 1.0, (1,))]
    assert [item.id for item in docs.sample()] == ["a"]
