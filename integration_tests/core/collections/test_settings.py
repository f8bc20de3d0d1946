"""Metrics, storage, text search, fields and dimensions: what is taken, and what is refused."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from integration_tests.core.collections.relations import execute, relation
from integration_tests.shared.calls import ONE_STORE
from psycopg import sql

from pgrecall import Collection, Condition, Hnsw, InvalidArgumentError, Item, Metric


@pytest.mark.parametrize("metric", [*Metric, *map(str, Metric)], ids=repr)
@ONE_STORE
async def test_a_metric_is_taken_as_a_member_and_as_text(
    store: Any, tenant: str, metric: Metric | str
) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 3, metric=metric))

    assert made.metric is Metric(metric)
    assert await store.ensure_collection(tenant, Collection("docs", metric=metric)) == made


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("metric", "euclid"),
        ("metric", "COSINE"),
        ("metric", 1),
        ("storage", "bit"),
        ("storage", None),
        ("index", "hnsw"),
        ("index", Hnsw),
        ("embedding_model", None),
        ("embedding_model", "nul\0"),
        ("text_search", 5),
        ("text_search", ""),
        ("text_search", "no_such_configuration"),
        ("text_search", "english'); DROP TABLE pgrecall.collections; --"),
        ("text_search", "0"),
        ("text_search", "-"),
        ("text_search", "4294967295"),
        ("fields", ["page"]),
        ("fields", {"page": "integer"}),
        ("fields", {"page": None}),
        ("fields", {1: "number"}),
        ("fields", {"": "number"}),
        ("fields", {"nul\0": "text"}),
        ("fields", {"\ud800": "text"}),
        ("table_name", 5),
        ("table_name", ""),
        ("table_name", "x" * 64),
        ("table_name", "é" * 32),
        ("table_name", "nul\0"),
    ],
)
@ONE_STORE
async def test_a_setting_that_cannot_be_used_is_refused_by_name(
    store: Any, tenant: str, field: str, value: Any
) -> None:
    with pytest.raises(InvalidArgumentError, match=field):
        await store.ensure_collection(tenant, Collection("docs", 3, **{field: value}))

    assert await store.list_collections(tenant) == []


@pytest.mark.parametrize("dimensions", [0, -1, 16_001, 2**70, True, 3.0, "3", float("nan")])
@ONE_STORE
async def test_dimensions_are_a_whole_number_from_1_to_16000(
    store: Any, tenant: str, dimensions: Any
) -> None:
    with pytest.raises(InvalidArgumentError, match="dimensions"):
        await store.ensure_collection(tenant, Collection("docs", dimensions))

    assert await store.list_collections(tenant) == []


@pytest.mark.parametrize("storage", ["vector", "halfvec"])
async def test_the_most_dimensions_can_be_stored(store: Any, tenant: str, storage: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 16_000, storage=storage))
    await store.upsert(tenant, "docs", [Item("a", [0.5] * 16_000)])

    (item,) = await store.get(tenant, "docs", ["a"])

    assert item.vector.shape == (16_000,)


async def test_something_else_than_a_collection_is_refused(store: Any, tenant: str) -> None:
    with pytest.raises(InvalidArgumentError, match=r"pgrecall\.Collection, not str"):
        await store.ensure_collection(tenant, "docs")


async def test_without_text_search_there_is_no_tsvector(store: Any, tenant: str, dsn: str) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 3, text_search=None))

    rows = execute(dsn, sql.SQL("SELECT * FROM {} LIMIT 0").format(relation(made.table_name)))
    assert rows == []
    with pytest.raises(psycopg.errors.UndefinedColumn):
        execute(dsn, sql.SQL("SELECT tsv FROM {}").format(relation(made.table_name)))


async def test_text_search_uses_the_configuration_named(store: Any, tenant: str, dsn: str) -> None:
    made = await store.ensure_collection(
        tenant, Collection("docs", 3, text_search="pg_catalog.german")
    )
    await store.upsert(tenant, "docs", [Item("a", [1, 0, 0], "die Häuser")])

    words = "SELECT ts_filter(tsv, '{{a,b,c,d}}')::text FROM {}"  # what has no place is no word
    rows = execute(dsn, sql.SQL(words).format(relation(made.table_name)))
    assert rows == [("'haus':2",)]


@pytest.mark.parametrize(
    "key",
    ["page", "O'Brien", 'a"b', "50% %s %(x)s", "{}", "back\\slash", "文書", "x" * 3_000, "id"],
)
@pytest.mark.parametrize("kind", ["number", "text"])
@ONE_STORE
async def test_any_key_can_be_a_declared_field(
    store: Any, tenant: str, key: str, kind: str
) -> None:
    value = 7 if kind == "number" else "seven"
    await store.ensure_collection(tenant, Collection("docs", 3, fields={key: kind}))
    await store.upsert(tenant, "docs", [Item("a", None, metadata={key: value}), Item("b", None)])

    assert await store.count(tenant, "docs", Condition((key,), "eq", value)) == 1
