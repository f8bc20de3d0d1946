"""Collections: made once, pinned, described, listed, dropped, and apart by tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.calls import ONE_STORE
from integration_tests.shared.words import HOSTILE
from psycopg import sql

from pgrecall import (
    Collection,
    CollectionConflictError,
    CollectionNotFoundError,
    Condition,
    DimensionMismatchError,
    Hnsw,
    InvalidArgumentError,
    Item,
    IvfFlat,
    Metric,
    Store,
)

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = [
    *HOSTILE,
    "docs",
    "\U0001f600" * 50,
    "x" * 200,
    "é" * 200,
    ".",
    "pgrecall.docs",
    "\u202e\ufeff",
    "x" * 1_000,
]
PINNED = Collection(
    "docs",
    3,
    "model-a",
    Metric.L2,
    storage="halfvec",
    text_search="simple",
    fields={"page": "number", "source": "text"},
)


def execute(dsn: str, query: sql.SQL | sql.Composed) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def relation(table_name: str) -> sql.SQL:
    """What describe_collection calls the table, as SQL, unchanged."""
    return sql.SQL(table_name)  # type: ignore[arg-type]  # that it is SQL is what is tested


# creating, verifying


async def test_ensure_creates_with_every_default_filled_in(store: Any, tenant: str) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 3))

    assert made.metric is Metric.COSINE
    assert (made.name, made.dimensions, made.embedding_model) == ("docs", 3, "")
    assert (made.index, made.storage, made.text_search) == (None, "vector", "english")
    assert made.fields is None
    assert made.table_name.startswith("pgrecall.items_")


async def test_ensure_gives_what_describe_gives(store: Any, tenant: str) -> None:
    made = await store.ensure_collection(tenant, PINNED)

    assert await store.describe_collection(tenant, "docs") == made


async def test_ensure_with_what_describe_gave_changes_nothing(store: Any, tenant: str) -> None:
    made = await store.ensure_collection(tenant, PINNED)

    assert await store.ensure_collection(tenant, made) == made


async def test_ensure_again_keeps_the_items(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 3))
    await store.upsert(tenant, "docs", [Item("a", [1, 0, 0])])

    await store.ensure_collection(tenant, Collection("docs", 3))

    assert await store.count(tenant, "docs") == 1


async def test_a_field_left_at_its_default_asks_for_nothing(store: Any, tenant: str) -> None:
    made = await store.ensure_collection(tenant, PINNED)

    assert await store.ensure_collection(tenant, Collection("docs")) == made


@pytest.mark.parametrize(
    ("field", "requested", "existing"),
    [
        ("dimensions", 4, 3),
        ("embedding_model", "model-b", "model-a"),
        ("metric", Metric.IP, Metric.L2),
        ("metric", "cosine", Metric.L2),
        ("text_search", "german", "simple"),
        ("text_search", None, "simple"),
        ("fields", {"page": "text"}, {"page": "number", "source": "text"}),
        ("table_name", "another", None),
    ],
)
@ONE_STORE
async def test_another_value_conflicts_and_says_which(
    store: Any, tenant: str, field: str, requested: Any, existing: Any
) -> None:
    made = await store.ensure_collection(tenant, PINNED)

    with pytest.raises(CollectionConflictError) as raised:
        await store.ensure_collection(tenant, Collection("docs", **{field: requested}))

    error = raised.value
    assert (error.field, error.requested) == (field, requested)
    if field != "table_name":
        assert error.existing == existing
    assert str(error.existing) in str(error)
    assert repr(requested) in str(error)
    assert await store.describe_collection(tenant, "docs") == made


async def test_another_storage_conflicts(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 3))

    with pytest.raises(CollectionConflictError) as raised:
        await store.ensure_collection(tenant, Collection("docs", storage="halfvec"))

    error = raised.value
    assert (error.field, error.existing, error.requested) == ("storage", "vector", "halfvec")


async def test_fields_given_where_there_are_none_conflict(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 3))

    with pytest.raises(CollectionConflictError) as raised:
        await store.ensure_collection(tenant, Collection("docs", fields={"page": "number"}))

    assert (raised.value.field, raised.value.existing) == ("fields", None)


async def test_empty_fields_are_no_fields(store: Any, tenant: str) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 3, fields={}))

    assert made.fields is None


async def test_another_index_is_not_touched(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 3, index=Hnsw(m=8)))

    again = await store.ensure_collection(tenant, Collection("docs", 3, index=IvfFlat(10)))

    assert again.index == Hnsw(m=8)


async def test_creating_needs_dimensions(store: Any, tenant: str) -> None:
    with pytest.raises(CollectionNotFoundError, match="dimensions") as raised:
        await store.ensure_collection(tenant, Collection("docs"))

    assert (raised.value.tenant, raised.value.collection) == (tenant, "docs")


async def test_changing_what_describe_gave_changes_no_other_call(store: Any, tenant: str) -> None:
    made = await store.ensure_collection(tenant, PINNED)
    made.fields["lang"] = "text"

    await store.upsert(tenant, "docs", [Item("a", [1, 0, 0], metadata={"lang": "x" * 3_000})])

    assert (await store.describe_collection(tenant, "docs")).fields == PINNED.fields


# metrics, storage, text search, fields, dimensions


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

    rows = execute(dsn, sql.SQL("SELECT tsv::text FROM {}").format(relation(made.table_name)))
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


# names


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@ONE_STORE
async def test_any_text_can_name_a_collection_and_a_tenant(
    store: Any, tenant: str, name: str
) -> None:
    tenant = (tenant + name)[:1_000].encode()[:1_000].decode(errors="ignore")
    await store.ensure_collection(tenant, Collection(name, 2))
    await store.upsert(tenant, name, [Item("a", [1, 0], name)])

    assert [made.name for made in await store.list_collections(tenant)] == [name]
    assert [match.text for match in await store.search(tenant, name, [1, 0])] == [name]
    assert await store.drop_collection(tenant, name) == 1


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "empty"),
        ("nul\0", "NUL"),
        ("\ud800", "surrogate"),
        ("x" * 1_001, "1,001 bytes"),
        ("\U0001f600" * 251, "1,004 bytes"),
        (5, "string, not int"),
        (None, "string, not NoneType"),
        (b"docs", "string, not bytes"),
        (["docs"], "string, not list"),
    ],
    ids=ascii,
)
@ONE_STORE
async def test_what_names_nothing_is_refused_by_every_verb(
    store: Any, tenant: str, name: Any, told: str
) -> None:
    calls: list[Callable[[Any, Any], Any]] = [
        lambda tenant, name: store.ensure_collection(tenant, Collection(name, 3)),
        store.describe_collection,
        store.drop_collection,
        lambda tenant, name: store.upsert(tenant, name, []),
        lambda tenant, name: store.load(tenant, name, []),
        lambda tenant, name: store.get(tenant, name, ["a"]),
        lambda tenant, name: store.delete(tenant, name, ["a"]),
        lambda tenant, name: store.delete_where(tenant, name, {"a": 1}),
        store.list_ids,
        store.count,
        lambda tenant, name: store.search(tenant, name, [1, 0, 0]),
    ]
    for call in calls:
        with pytest.raises(InvalidArgumentError, match=told):
            await call(tenant, name)
        with pytest.raises(InvalidArgumentError, match=told):
            await call(name, "docs")
    with pytest.raises(InvalidArgumentError, match=told):
        await store.list_collections(name)


def test_bind_refuses_what_names_nothing(sync_store: Store) -> None:
    with pytest.raises(InvalidArgumentError, match="NUL"):
        sync_store.bind("tenant", "nul\0")


# the item table


async def test_the_described_table_name_is_sql_as_it_stands(
    store: Any, tenant: str, dsn: str
) -> None:
    made = await store.ensure_collection(tenant, Collection('Quo"ted; %s', 3))
    await store.upsert(tenant, 'Quo"ted; %s', [Item("a", [1, 0, 0])])

    assert execute(dsn, sql.SQL("SELECT id FROM {}").format(relation(made.table_name))) == [("a",)]


@pytest.mark.parametrize(
    "suffix",
    ["", "My Table", 'a"b', "order", "x.y", "semi;colon", "100%s", "%(query)s", "é", "{}", "'"],
)
@ONE_STORE
async def test_a_table_name_of_ones_own_is_used(
    store: Any, tenant: str, dsn: str, suffix: str
) -> None:
    name = f"own_{tenant[-12:]}{suffix}"
    collection = Collection("docs", 3, table_name=name, fields={"page": "number"})
    made = await store.ensure_collection(tenant, collection)
    await store.load(tenant, "docs", [Item("a", [1, 0, 0], metadata={"page": 1})])
    await store.upsert(tenant, "docs", [Item("b", [1, 0, 0], metadata={"page": 2})])

    assert await store.count(tenant, "docs", {"page": 2}) == 1
    assert [match.id for match in await store.search(tenant, "docs", [1, 0, 0])] == ["a", "b"]
    assert execute(dsn, sql.SQL("SELECT id FROM {}").format(sql.Identifier("pgrecall", name))) == [
        ("a",),
        ("b",),
    ]
    assert execute(dsn, sql.SQL("SELECT count(*) FROM {}").format(relation(made.table_name))) == [
        (2,)
    ]
    assert await store.ensure_collection(tenant, collection) == made
    assert await store.ensure_collection(tenant, made) == made
    assert await store.drop_collection(tenant, "docs") == 2


async def test_a_reserved_word_can_be_the_table_name(store: Any, tenant: str, dsn: str) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 3, table_name="select"))

    assert made.table_name == 'pgrecall."select"'
    assert execute(dsn, sql.SQL("SELECT id FROM {}").format(relation(made.table_name))) == []
    await store.drop_collection(tenant, "docs")


async def test_a_table_name_of_63_bytes_is_kept_whole(store: Any, tenant: str) -> None:
    name = (tenant[-12:] + "é" * 32)[: 12 + 25] + "x"
    assert len(name.encode()) == 63
    first = Collection("one", 3, table_name=name, fields={"a": "text", "b": "text"})
    second = Collection("two", 3, table_name=name[:-1] + "y", fields={"a": "text", "b": "text"})

    made = await store.ensure_collection(tenant, first)
    await store.ensure_collection(tenant, second)

    assert made.table_name == f'pgrecall."{name}"'
    assert await store.load(tenant, "two", [Item("a", [1, 0, 0])]) == 1


async def test_the_table_of_another_collection_is_refused(store: Any, tenant: str) -> None:
    name = f"own_{tenant[-12:]}"
    await store.ensure_collection(tenant, Collection("docs", 3, table_name=name))

    with pytest.raises(CollectionConflictError) as raised:
        await store.ensure_collection(tenant, Collection("more", 3, table_name=name))

    assert (raised.value.field, raised.value.requested) == ("table_name", name)
    assert await store.describe_collection(tenant, "more") is None


@pytest.mark.parametrize("kind", ["TABLE {} (x int)", "VIEW {} AS SELECT 1", "SEQUENCE {}"])
async def test_what_stands_under_the_name_already_is_refused_and_left_alone(
    store: Any, tenant: str, dsn: str, kind: Any
) -> None:
    name = f"foreign_{tenant[-12:]}"
    foreign = sql.Identifier("pgrecall", name)
    execute(dsn, sql.SQL("CREATE {}").format(sql.SQL(kind).format(foreign)))

    with pytest.raises(CollectionConflictError) as raised:
        await store.ensure_collection(tenant, Collection("docs", 3, table_name=name))

    assert raised.value.field == "table_name"
    assert await store.describe_collection(tenant, "docs") is None
    execute(dsn, sql.SQL("SELECT * FROM {}").format(foreign))


@pytest.mark.parametrize(
    "name", ["collections", "schema_version", "entries", "records", "blobs", "log"]
)
@ONE_STORE
async def test_the_registry_is_no_item_table(store: Any, tenant: str, name: str) -> None:
    with pytest.raises(CollectionConflictError):
        await store.ensure_collection(tenant, Collection("docs", 3, table_name=name))

    assert await store.list_collections(tenant) == []


async def test_collections_whose_names_look_alike_have_tables_of_their_own(
    store: Any, tenant: str
) -> None:
    names = ["my docs", "my-docs", "my_docs", "MY DOCS", "文", "書"]

    made = [await store.ensure_collection(tenant, Collection(name, 3)) for name in names]

    assert len({collection.table_name for collection in made}) == len(names)


async def test_a_row_tells_when_it_was_made_and_when_it_was_last_written(
    store: Any, tenant: str, dsn: str
) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 3))
    query = sql.SQL("SELECT id, created_at, updated_at, now() FROM {} ORDER BY id").format(
        relation(made.table_name)
    )
    await store.upsert(tenant, "docs", [Item("a", [1, 0, 0]), Item("b", [1, 0, 0])])
    before = {id_: times for id_, *times in execute(dsn, query)}

    await store.upsert(tenant, "docs", [Item("a", [0, 1, 0])])

    after = {id_: times for id_, *times in execute(dsn, query)}
    assert before["a"][0] == before["a"][1] <= before["a"][2]
    assert after["a"][0] == before["a"][0]
    assert after["a"][1] > before["a"][1]
    assert after["b"][:2] == before["b"][:2]


# describing, listing, dropping


@ONE_STORE
async def test_a_missing_collection_is_described_as_none(store: Any, tenant: str) -> None:
    assert await store.describe_collection(tenant, "docs") is None


async def test_collections_are_listed_by_name(store: Any, tenant: str) -> None:
    names = ["b", "a", "B", "ä", "\U0001f600", "\ufffd", "_"]
    for name in names:
        await store.ensure_collection(tenant, Collection(name, 3))

    listed = await store.list_collections(tenant)

    assert [collection.name for collection in listed] == sorted(names)
    assert listed[0] == await store.describe_collection(tenant, listed[0].name)


async def test_a_dropped_collection_is_gone_with_its_table(
    store: Any, tenant: str, dsn: str
) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 3))
    await store.upsert(tenant, "docs", [Item(str(number), None) for number in range(7)])

    assert await store.drop_collection(tenant, "docs") == 7

    assert await store.describe_collection(tenant, "docs") is None
    assert await store.list_collections(tenant) == []
    with pytest.raises(psycopg.errors.UndefinedTable):
        execute(dsn, sql.SQL("SELECT FROM {}").format(relation(made.table_name)))


async def test_dropping_a_missing_collection_removes_nothing(store: Any, tenant: str) -> None:
    assert await store.drop_collection(tenant, "docs") == 0


async def test_a_collection_whose_table_someone_removed_can_be_dropped(
    store: Any, tenant: str, dsn: str
) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 3))
    execute(dsn, sql.SQL("DROP TABLE {}").format(relation(made.table_name)))

    assert await store.drop_collection(tenant, "docs") == 0

    assert await store.describe_collection(tenant, "docs") is None


async def test_a_collection_can_be_made_anew_with_other_pins(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 3))
    await store.upsert(tenant, "docs", [Item("a", [1, 0, 0])])
    await store.drop_collection(tenant, "docs")

    made = await store.ensure_collection(tenant, Collection("docs", 2, metric="l1"))

    assert (made.dimensions, made.metric) == (2, Metric.L1)
    assert await store.upsert(tenant, "docs", [Item("a", [1, 0])]) == 1


CALLS: dict[str, Callable[[Any, str], Any]] = {
    "upsert": lambda store, tenant: store.upsert(tenant, "docs", [Item("a", [1, 0, 0])]),
    "load": lambda store, tenant: store.load(tenant, "docs", [Item("a", [1, 0, 0])]),
    "get": lambda store, tenant: store.get(tenant, "docs", ["a"]),
    "delete": lambda store, tenant: store.delete(tenant, "docs", ["a"]),
    "delete_where": lambda store, tenant: store.delete_where(tenant, "docs", {"page": 1}),
    "list_ids": lambda store, tenant: store.list_ids(tenant, "docs"),
    "count": lambda store, tenant: store.count(tenant, "docs"),
    "search": lambda store, tenant: store.search(tenant, "docs", [1, 0, 0]),
}


@pytest.mark.parametrize("verb", CALLS)
@ONE_STORE
async def test_a_missing_collection_is_an_error_that_names_it(
    store: Any, tenant: str, verb: str
) -> None:
    with pytest.raises(CollectionNotFoundError, match="ensure_collection") as raised:
        await CALLS[verb](store, tenant)

    assert (raised.value.tenant, raised.value.collection) == (tenant, "docs")


@pytest.mark.parametrize("verb", CALLS)
@ONE_STORE
async def test_dropped_and_made_anew_elsewhere_fails_loudly_once_and_then_works(
    store: Any, tenant: str, dsn: str, verb: str
) -> None:
    collection = Collection("docs", 3)
    await store.ensure_collection(tenant, collection)
    await store.upsert(tenant, "docs", [Item("old", [1, 0, 0])])
    with Store(dsn, min_connections=0) as elsewhere:
        elsewhere.drop_collection(tenant, "docs")
        elsewhere.ensure_collection(tenant, collection)

    with pytest.raises(CollectionNotFoundError) as raised:
        await CALLS[verb](store, tenant)

    assert (raised.value.tenant, raised.value.collection) == (tenant, "docs")
    await CALLS[verb](store, tenant)
    assert "old" not in await store.list_ids(tenant, "docs")


@pytest.mark.parametrize("verb", CALLS)
@ONE_STORE
async def test_dropped_elsewhere_fails_loudly_every_time(
    store: Any, tenant: str, dsn: str, verb: str
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 3))
    with Store(dsn, min_connections=0) as elsewhere:
        elsewhere.drop_collection(tenant, "docs")

    for _ in range(2):
        with pytest.raises(CollectionNotFoundError):
            await CALLS[verb](store, tenant)


async def test_old_dimensions_are_not_used_for_a_table_made_anew_elsewhere(
    store: Any, tenant: str, dsn: str
) -> None:
    # the name stays: only the registry tells that it is another table
    name = f"own_{tenant[-12:]}"
    await store.ensure_collection(tenant, Collection("docs", 3, table_name=name))
    with Store(dsn, min_connections=0) as elsewhere:
        elsewhere.drop_collection(tenant, "docs")
        elsewhere.ensure_collection(tenant, Collection("docs", 2, table_name=name))

    with pytest.raises(CollectionConflictError, match="dimensions=2; 3 was requested"):
        await store.upsert(tenant, "docs", [Item("a", [1, 0, 0])])

    with pytest.raises(DimensionMismatchError):
        await store.upsert(tenant, "docs", [Item("a", [1, 0, 0])])
    assert await store.upsert(tenant, "docs", [Item("a", [1, 0])]) == 1


async def test_an_old_metric_is_not_used_for_a_table_made_anew_elsewhere(
    store: Any, tenant: str, dsn: str
) -> None:
    name = f"own_{tenant[-12:]}"
    await store.ensure_collection(tenant, Collection("docs", 2, metric="ip", table_name=name))
    with Store(dsn, min_connections=0) as elsewhere:
        elsewhere.drop_collection(tenant, "docs")
        elsewhere.ensure_collection(tenant, Collection("docs", 2, metric="l2", table_name=name))
        elsewhere.upsert(tenant, "docs", [Item("near", [1, 0]), Item("large", [9, 0])])

    with pytest.raises(CollectionConflictError, match="metric='l2'; 'ip' was requested"):
        await store.search(tenant, "docs", [1, 0])

    matches = await store.search(tenant, "docs", [1, 0])
    assert [match.id for match in matches] == ["near", "large"]


# tenants


async def test_tenants_with_the_same_names_ids_and_filters_never_meet(
    store: Any, tenant: str
) -> None:
    tenants = [tenant, tenant.upper(), f"{tenant} ", f"{tenant}%", f"{tenant}' OR '1'='1"]
    for number, one in enumerate(tenants):
        await store.ensure_collection(one, Collection("docs", 2))
        item = Item("a", [1, 0], one, {"owner": number, "page": 1})
        await store.upsert(one, "docs", [item])

    await store.delete(tenants[1], "docs", ["a"])
    await store.delete_where(tenants[2], "docs", {"page": 1})
    await store.drop_collection(tenants[3], "docs")

    for one in (tenants[0], tenants[4]):
        assert [match.text for match in await store.search(one, "docs", [1, 0])] == [one]
        assert [item.text for item in await store.get(one, "docs", ["a"])] == [one]
        assert await store.count(one, "docs", {"page": 1}) == 1
        assert [made.name for made in await store.list_collections(one)] == ["docs"]
    assert await store.list_ids(tenants[1], "docs") == []
    assert await store.list_ids(tenants[2], "docs") == []
    assert await store.list_collections(tenants[3]) == []


async def test_tenant_and_name_are_not_run_together(store: Any, tenant: str) -> None:
    await store.ensure_collection(f"{tenant}_a", Collection("b", 2))
    await store.ensure_collection(tenant, Collection("a_b", 2))
    await store.upsert(tenant, "a_b", [Item("x", [1, 0])])

    assert await store.count(f"{tenant}_a", "b") == 0


async def test_a_hostile_filter_reaches_no_other_tenant(store: Any, tenant: str) -> None:
    other = f"{tenant}-other"
    for one in (tenant, other):
        await store.ensure_collection(one, Collection("docs", 2))
    await store.upsert(other, "docs", [Item("secret", [1, 0], metadata={"a": 1})])
    hostile = [
        {"a' = '1' OR true --": 1},
        {"a": {"$in": ["') OR true --", "%(query)s", "%s"]}},
        {"$or": [{"a": 1}, {"id": "secret"}]},
        {"$not": {"b": 1}},
        Condition(("a", "' || (SELECT 1) || '"), "exists", False),
    ]

    for filter_ in hostile:
        assert await store.search(tenant, "docs", [1, 0], filter=filter_) == []
        assert await store.count(tenant, "docs", filter_) == 0
        assert await store.delete_where(tenant, "docs", filter_) == 0
    assert await store.count(other, "docs") == 1


async def test_a_bound_handle_has_the_same_verbs_for_its_own_collection(
    store: Any, tenant: str
) -> None:
    docs = store.bind(tenant, "docs")
    made = await docs.ensure_collection(Collection("docs", 2))

    assert await docs.upsert([Item("a", [1, 0]), Item("b", [0, 1], metadata={"page": 2})]) == 2
    assert await docs.load([Item("c", [1, 1])]) == 1
    assert [item.id for item in await docs.get(["b", "a"])] == ["b", "a"]
    assert [match.id for match in await docs.search([1, 0], limit=1)] == ["a"]
    assert (await docs.count(), await docs.count({"page": 2})) == (3, 1)
    assert await docs.delete(["a"]) == 1
    assert await docs.delete_where({"page": 2}) == 1
    assert await docs.list_ids() == ["c"]
    assert await docs.describe_collection() == made
    assert await docs.list_collections() == [made]
    assert await docs.drop_collection() == 1
    assert await store.list_collections(tenant) == []


async def test_schemas_are_registries_of_their_own(
    open_store: Callable[..., Any], sync_store: Store, tenant: str, dsn: str
) -> None:
    schema = f'Other "{tenant[-6:]}" 100%s'
    other = open_store(dsn, schema=schema, min_connections=0)
    try:
        made = await other.ensure_collection(tenant, Collection("docs", 2))
        await other.upsert(tenant, "docs", [Item("a", [1, 0])])

        assert execute(dsn, sql.SQL("SELECT id FROM {}").format(relation(made.table_name))) == [
            ("a",)
        ]
        assert sync_store.list_collections(tenant) == []
    finally:
        await other.close()
