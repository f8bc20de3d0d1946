"""What is said of how a collection is kept is brought about; nothing else changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import psycopg
import pytest
from integration_tests.core.collections.reembed.models import (
    NEW,
    Model,
    leftovers,
    numbered,
    old_docs,
)
from integration_tests.shared.calls import Calls
from integration_tests.shared.faults import closing, execute
from psycopg.conninfo import make_conninfo

from pgrecall import (
    ByField,
    Change,
    Collection,
    CollectionConflictError,
    CollectionNotFoundError,
    DatabaseError,
    Hnsw,
    InvalidArgumentError,
    Item,
    IvfFlat,
    PgRecallError,
    Store,
)
from pgrecall._operations.alter import turns

PINNED = {"dimensions": 3, "embedding_model": "old"}


async def everything(store: Any, tenant: str, name: str = "docs") -> list[Any]:
    items = await store.list_items(tenant, name, limit=None)
    return [(one.id, one.text, one.metadata, list(one.vector)) for one in items]


def times(dsn: str, table: str) -> list[Any]:
    return execute(dsn, f"SELECT id, created_at, updated_at FROM {table} ORDER BY id")


CHANGES = [
    {"text_search": "simple"},
    {"text_search": None},
    {"storage": "halfvec"},
    {"storage": "halfvec", "text_search": "german", "index": Hnsw(m=8), "fields": {}},
    {"fields": {"page": "text", "odd % \"key'": "number"}},
    {"fields": None},
    {"index": None},
    {"index": IvfFlat(2)},
]


@pytest.mark.parametrize("change", CHANGES, ids=",".join)
async def test_what_is_said_is_done_and_what_is_not_said_stays(
    store: Any, dsn: str, tenant: str, change: dict[str, Any]
) -> None:
    await old_docs(store, tenant, 40, index=Hnsw(), fields={"page": "number"})
    before = await store.describe_collection(tenant, "docs")
    items, kept = await everything(store, tenant), times(dsn, before.table_name)
    async with closing(Calls(Store(dsn))) as other:
        await other.search(tenant, "docs", [1, 2, 3])

        made = await store.alter_collection(tenant, Collection("docs", **change))

        # who knew it goes on, without an error, with whatever it does
        assert await everything(other, tenant) == items
        assert times(dsn, made.table_name) == kept
        assert await other.upsert(tenant, "docs", numbered(2, start=100)) == 2
        assert await other.delete(tenant, "docs", ["id-00100"]) == 1
        found = await other.search(tenant, "docs", [1, 102, 0.5], limit=1, include_vectors=True)
        assert found[0].id == "id-00101"
        np.testing.assert_allclose(found[0].vector, [1, 102, 0.5])
        assert await other.count(tenant, "docs", {"page": {"$gte": 100}}) == 1
    for field in ("dimensions", "embedding_model", "metric", "index", "storage", "text_search"):
        assert getattr(made, field) == change.get(field, getattr(before, field))
    assert (made.fields or {}) == (change.get("fields", before.fields) or {})
    assert made == await store.describe_collection(tenant, "docs")
    report = await store.maintain(tenant, dry_run=True)
    assert [one for one in report.findings if "index" in one.what] == []
    assert [one.name for one in await store.list_collections(tenant)] == ["docs"]
    again = await store.alter_collection(tenant, Collection("docs", **change))
    assert again == made


async def test_texts_are_searched_as_the_new_configuration_has_it(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, text_search=None))
    await store.upsert(tenant, "docs", [Item("a", [1, 2], "Die Häuser liefen")])

    await store.alter_collection(tenant, Collection("docs", text_search="german"))
    assert [one.id for one in await store.search_text(tenant, "docs", "Haus")] == ["a"]
    await store.alter_collection(tenant, Collection("docs", text_search="simple"))
    assert await store.search_text(tenant, "docs", "Haus") == []
    assert len(await store.search_text(tenant, "docs", "häuser")) == 1


async def test_each_text_is_searched_in_its_own_language_from_then_on(
    store: Any, tenant: str
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2))
    await store.upsert(tenant, "docs", [Item("a", [1, 2], "Die Häuser liefen", {"lang": "de"})])
    by_field = ByField("lang", {"de": "german"}, otherwise="english")

    made = await store.alter_collection(tenant, Collection("docs", text_search=by_field))

    assert made.text_search == by_field
    for options in ({}, {"language": "de"}):
        assert [
            one.id for one in await store.search_text(tenant, "docs", "Häusern", **options)
        ] == ["a"]
        [one] = await store.search_hybrid(tenant, "docs", [1, 2], "Häusern", **options)
        assert one.text_rank == 1
    assert await store.search_text(tenant, "docs", "Häusern", language="en") == []
    await store.update(tenant, "docs", [Change("a", set={"lang": "en"})])
    assert await store.search_text(tenant, "docs", "Häusern") == []
    assert len(await store.search_text(tenant, "docs", "Häuser", language="en")) == 1


async def test_what_was_tuned_and_recorded_goes_with_it(store: Any, dsn: str, tenant: str) -> None:
    await old_docs(store, tenant, 40, index=Hnsw())
    await store.tune(tenant, "docs", k=5)
    before = execute(dsn, f"SELECT settings FROM pgrecall.collections WHERE tenant = '{tenant}'")

    await store.alter_collection(tenant, Collection("docs", text_search="simple"))

    [(settings,)] = execute(
        dsn, f"SELECT settings FROM pgrecall.collections WHERE tenant = '{tenant}'"
    )
    assert before[0][0]["ef_search"] == settings["ef_search"]
    assert [key for key in settings if key.startswith("reembed")] == []


@pytest.mark.parametrize(
    ("field", "value", "way"),
    [
        ("dimensions", 4, "reembed"),
        ("embedding_model", "new", "reembed"),
        ("metric", "l2", "reembed"),
        ("table_name", "another", "rename_collection"),
        ("distributed", True, "rename_collection"),
    ],
)
async def test_what_it_cannot_change_is_refused_by_name(
    one_store: Any, tenant: str, field: str, value: Any, way: str
) -> None:
    await old_docs(one_store, tenant, 3)
    before = await one_store.describe_collection(tenant, "docs")

    with pytest.raises(CollectionConflictError, match=rf"{field} is .*{way}\(\)") as raised:
        await one_store.alter_collection(
            tenant, Collection("docs", text_search=None, **{field: value})
        )
    assert raised.value.field == field
    assert await one_store.describe_collection(tenant, "docs") == before
    # as it is already, it is no change
    await one_store.alter_collection(tenant, Collection("docs", **PINNED, text_search="simple"))


async def test_ensure_names_what_would_change_it(one_store: Any, tenant: str) -> None:
    await old_docs(one_store, tenant, 1)
    wanted = {"fields": {"page": "number"}, "storage": "halfvec", "text_search": None}
    for field, value in wanted.items():
        with pytest.raises(CollectionConflictError, match=r"alter_collection\(\) changes it$"):
            await one_store.ensure_collection(tenant, Collection("docs", **{field: value}))
    with pytest.raises(CollectionConflictError, match=r"was requested$"):
        await one_store.ensure_collection(tenant, Collection("docs", 4))


async def test_a_text_that_its_field_cannot_take_is_told_before_anything_is_done(
    one_store: Any, tenant: str
) -> None:
    await old_docs(one_store, tenant, 3)
    await one_store.upsert(
        tenant, "docs", [Item("long", None, "", {"source": "é" * 1001, "page": "x" * 5_000})]
    )
    for more in ({}, {"text_search": None}):
        with pytest.raises(InvalidArgumentError, match=r"'source'\] of item 'long' has 2,002"):
            await one_store.alter_collection(
                tenant, Collection("docs", fields={"source": "text", "page": "number"}, **more)
            )
    assert (await one_store.describe_collection(tenant, "docs")).fields is None
    made = await one_store.alter_collection(tenant, Collection("docs", fields={"page": "number"}))
    assert made.fields == {"page": "number"}


async def test_a_number_too_large_for_halfvec_leaves_it_as_it_was(
    open_store: Any, fresh_dsn: str
) -> None:
    async with closing(open_store(fresh_dsn)) as store:
        await store.ensure_collection("t", Collection("docs", 2, metric="l2"))
        await store.upsert("t", "docs", [Item("a", [1e6, 1], "a"), Item("b", [1, 1], "b")])

        with pytest.raises(DatabaseError, match="stays as it is"):
            await store.alter_collection("t", Collection("docs", storage="halfvec"))

        assert leftovers(fresh_dsn) == []
        assert [one.name for one in await store.list_collections("t")] == ["docs"]
        assert await store.upsert("t", "docs", [Item("c", [1, 1], "c")]) == 1


async def test_what_somebody_put_on_the_table_is_named_and_not_lost(
    one_store: Any, dsn: str, tenant: str
) -> None:
    await old_docs(one_store, tenant, 3)
    table = (await one_store.describe_collection(tenant, "docs")).table_name
    view = f"pgrecall.view_{tenant[-12:]}"
    execute(
        dsn,
        f"CREATE VIEW {view} AS SELECT id FROM {table}",
        f"ALTER TABLE {table} ADD COLUMN extra int, ENABLE ROW LEVEL SECURITY",
        f"CREATE INDEX ON {table} (extra)",
    )
    with pytest.raises(InvalidArgumentError, match=r"row-level security, view pgrecall\.view") as e:
        await one_store.alter_collection(tenant, Collection("docs", storage="halfvec"))
    assert "column extra, index " in str(e.value)
    # what needs no other table is done all the same
    await one_store.alter_collection(tenant, Collection("docs", fields={"page": "number"}))
    assert execute(dsn, f"SELECT count(*) FROM {view}") == [(3,)]
    assert len(await one_store.list_collections(tenant)) == 1


async def test_a_table_of_ones_own_name_keeps_it(store: Any, dsn: str, tenant: str) -> None:
    own = f"My table {tenant}"[:60]
    await old_docs(store, tenant, 5, table_name=own, index=Hnsw())
    bound = store.bind(tenant, "docs")
    assert await bound.count() == 5
    before = await store.describe_collection(tenant, "docs")

    made = await store.alter_collection(tenant, Collection("docs", storage="halfvec"))

    assert made.table_name == before.table_name
    assert await bound.upsert(numbered(1, start=9)) == 1
    report = await store.maintain(tenant, dry_run=True)
    assert [one for one in report.findings if "index" in one.what] == []


async def test_a_role_that_does_not_own_the_table_is_told_before_anything_is_done(
    store: Any, open_store: Any, dsn: str, tenant: str
) -> None:
    await old_docs(store, tenant, 3)
    role = f"user_{tenant[-12:]}"
    execute(
        dsn,
        f"CREATE ROLE {role} LOGIN",
        f"GRANT USAGE ON SCHEMA pgrecall TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA pgrecall TO {role}",
    )
    try:
        async with closing(open_store(make_conninfo(dsn, user=role), setup=False)) as theirs:
            for change in ({"storage": "halfvec"}, {"fields": {"page": "number"}}):
                with pytest.raises(DatabaseError, match="does not own the table") as raised:
                    await theirs.alter_collection(tenant, Collection("docs", **change))
                assert raised.value.sqlstate == "42501"
            with pytest.raises(DatabaseError, match="does not own the table"):
                await theirs.rename_collection(tenant, "docs", "other")
            # its rights are the same on the table that takes the place
            assert await theirs.count(tenant, "docs") == 3
            await store.alter_collection(tenant, Collection("docs", storage="halfvec"))
            assert await theirs.upsert(tenant, "docs", numbered(1, start=9)) == 1
            assert len(await store.list_collections(tenant)) == 1
    finally:
        execute(dsn, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


async def test_an_owner_with_the_least_rights_can_and_stays_the_owner(
    one_store: Any, dsn: str, tenant: str
) -> None:
    await old_docs(one_store, tenant, 3)
    role = f"owner_{tenant[-12:]}"
    table = (await one_store.describe_collection(tenant, "docs")).table_name
    execute(
        dsn,
        f"CREATE ROLE {role} LOGIN",
        f"GRANT USAGE, CREATE ON SCHEMA pgrecall TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON pgrecall.collections, pgrecall.schema_version"
        f" TO {role}",
        f"GRANT USAGE ON SEQUENCE pgrecall.collections_id_seq TO {role}",
        f"ALTER TABLE {table} OWNER TO {role}",
    )
    try:
        async with closing(Calls(Store(make_conninfo(dsn, user=role), setup=False))) as theirs:
            made = await theirs.alter_collection(tenant, Collection("docs", storage="halfvec"))
        # a superuser's call leaves it theirs
        made = await one_store.alter_collection(tenant, Collection("docs", text_search="simple"))
        owner = f"SELECT relowner::regrole::text FROM pg_class WHERE oid = '{made.table_name}'"
        assert execute(dsn, f"{owner}::regclass") == [(role,)]
        assert await one_store.count(tenant, "docs") == 3
    finally:
        await one_store.drop_collection(tenant, "docs")
        execute(dsn, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


async def test_what_is_no_collection_or_no_part_to_alter_is_refused(
    one_store: Any, tenant: str
) -> None:
    with pytest.raises(CollectionNotFoundError):
        await one_store.alter_collection(tenant, Collection("docs", fields={}))
    with pytest.raises(InvalidArgumentError, match="Collection"):
        await one_store.alter_collection(tenant, "docs")
    await old_docs(one_store, tenant, 3)
    with pytest.raises(InvalidArgumentError, match="no text search configuration"):
        await one_store.alter_collection(tenant, Collection("docs", text_search="nope"))
    with pytest.raises(InvalidArgumentError, match="m=1000"):
        await one_store.alter_collection(tenant, Collection("docs", index=Hnsw(m=1000)))
    await one_store.reembed(tenant, "docs", to=NEW, embed=Model(), accept=lambda _: False)
    for change in ({"storage": "halfvec"}, {"fields": {"page": "number"}}):
        with pytest.raises(InvalidArgumentError, match="abandon_reembed"):
            await one_store.alter_collection(tenant, Collection("docs", **change))
    with pytest.raises(InvalidArgumentError, match="the one that serves"):
        await one_store.alter_collection(tenant, Collection("docs (next)", storage="halfvec"))
    report = await one_store.reembed(tenant, "docs", to=NEW, embed=Model())
    with pytest.raises(InvalidArgumentError, match="drop_collection"):
        await one_store.alter_collection(tenant, Collection(report.kept, fields={"a": "text"}))


async def test_a_reader_who_stays_is_named_and_nothing_is_lost(
    store: Any, dsn: str, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await old_docs(store, tenant, 3)
    table = (await store.describe_collection(tenant, "docs")).table_name
    monkeypatch.setattr(turns, "SWAP_TRIES", 2)
    with psycopg.connect(dsn) as reader:
        reader.execute(f"SELECT FROM {table}".encode())
        with pytest.raises(DatabaseError, match="for itself for a moment"):
            await store.alter_collection(tenant, Collection("docs", storage="halfvec"))
        assert await store.upsert(tenant, "docs", numbered(1, start=9)) == 1
    told: list[Any] = []
    made = await store.alter_collection(
        tenant, Collection("docs", storage="halfvec"), progress=told.append
    )
    assert made.storage == "halfvec"
    assert told[-1].phase.startswith("writers waited")
    assert await store.count(tenant, "docs") == 4


async def test_of_an_iterator_of_ids_nothing_is_asked_twice(
    one_store: Any, dsn: str, tenant: str
) -> None:
    await old_docs(one_store, tenant, 3)
    async with closing(Calls(Store(dsn))) as other:
        await other.count(tenant, "docs")
        await one_store.alter_collection(tenant, Collection("docs", storage="halfvec"))
        with pytest.raises(PgRecallError, match="call it again"):
            await other.get(tenant, "docs", iter(["id-00001"]))
        assert len(await other.get(tenant, "docs", iter(["id-00001"]))) == 1
