"""Registries of older versions are read, migrated and shared, from dumps that older code made."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.faults import closing, execute, use_items
from integration_tests.shared.registries import (
    NEWEST,
    TENANT,
    missing_tables,
    restore,
    structure,
    version_of,
)
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrecall import (
    AsyncStore,
    Collection,
    DatabaseError,
    Hnsw,
    Item,
    IvfFlat,
    Store,
)
from pgrecall._adapters.pair import Pair
from pgrecall._operations.entries import entries, records
from pgrecall._operations.health import gathering
from pgrecall._operations.setup import needing_version
from pgrecall._operations.work import one
from pgrecall._statements.collections import versions
from pgrecall._statements.collections.settings import SETTINGS
from pgrecall._statements.entries.records import Place
from pgrecall._statements.statement import Statement
from pgrecall.models import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = (("a", "b"), "k")
PLACE = Place(TENANT, "namespace", "docs")
QUERY = [1, 0.3, 0.4]

every_version = pytest.mark.parametrize("version", [1, 2, 3, 4, 5, 6])


async def check_old_rows(store: Any, version: int) -> None:
    """Fail unless what the dump has is there and found in every way."""
    made = {each.name: each for each in await store.list_collections(TENANT)}
    assert len(made) == (3 if version == 1 else 5)
    docs = made["docs"]
    assert (docs.dimensions, docs.embedding_model, docs.metric) == (3, "model", "cosine")
    assert (docs.index, docs.fields) == (Hnsw(m=8), {"page": "number", "source": "text"})
    assert made["own"].table_name == 'pgrecall."My ""t"""'
    assert (made["own"].storage, made["own"].text_search) == ("halfvec", None)
    assert made["lists"].index == IvfFlat(lists=2)
    assert [await store.count(TENANT, name) for name in ("docs", "own", "lists")] == [24, 5, 10]
    assert await store.count("other", "docs") == 0

    exact = await store.search(TENANT, "docs", QUERY, limit=5, exact=True)
    assert [m.id for m in await store.search(TENANT, "docs", QUERY, limit=5, exact=False)] == [
        match.id for match in exact
    ]
    assert (await store.measure_recall(TENANT, "docs", k=3)).settings["ef_search"] >= 10
    assert await store.count(TENANT, "docs", {"page": {"$lt": 5}}) == 5
    assert len(await store.search_text(TENANT, "docs", "cherry", limit=30)) == 6
    hybrid = await store.search_hybrid(TENANT, "docs", QUERY, "cherry", filter={"page": 2})
    assert [match.id for match in hybrid] == ["id-02"]
    (item,) = await store.get(TENANT, "own", ["id-03"])
    assert item.metadata == {"page": 3, "source": "book 0"}
    if version >= 2:
        assert (made["texts"].dimensions, made["texts"].embedding_model) == (2, "second")
        [kept] = [name for name in made if name.startswith("texts (")]
        assert await store.count(TENANT, kept) == 4


async def use_old_collections(store: Any) -> None:
    """Fail unless what the dump has can be written, indexed and dropped."""
    await store.ensure_collection(TENANT, Collection("docs", 3, "model"))
    assert await store.upsert(TENANT, "docs", [Item("new", [1, 2, 3], "new cherry")]) == 1
    assert await store.delete(TENANT, "docs", ["new"]) == 1
    await store.tune(TENANT, "docs", k=3)
    await store.reindex(TENANT, "lists")
    await store.create_index(TENANT, "own", Hnsw())
    await store.drop_index(TENANT, "own")
    assert await store.clear(TENANT, "own") == 5
    for made in await store.list_collections(TENANT):
        if made.name.startswith("texts ("):
            with pytest.raises(ValueError, match="read, not written"):
                await store.upsert(TENANT, made.name, [Item("new", [1, 2, 3])])
        await store.drop_collection(TENANT, made.name)
    await store.ensure_collection(TENANT, Collection("new", 3, fields={"page": "number"}))
    await use_items(store, TENANT, "new")


def read_blobs(pair: Pair) -> Any:
    """Read of a table that came with version 3."""
    statement = Statement(sql.SQL("SELECT FROM pgrecall.blobs"))
    return pair.run(needing_version(pair.context, 3, one(statement)))


@every_version
async def test_a_dumped_registry_is_migrated_and_all_that_it_had_works(
    open_store: Callable[..., Any], fresh_dsn: str, version: int
) -> None:
    restore(fresh_dsn, version)
    assert version_of(fresh_dsn) == version
    async with closing(open_store(fresh_dsn)) as store:
        await check_old_rows(store, version)
        assert version_of(fresh_dsn) == NEWEST
        await use_old_collections(store)
    with Store(fresh_dsn) as store:
        pair = Pair(store)
        if version >= 2:
            [entry] = pair.run(entries.get(pair.context, TENANT, "langgraph:memory", [KEY]))
            assert entry.value == {"v": [1, "ü"]}
        pair.run(entries.put(pair.context, TENANT, "space", [Entry(*KEY, 1)]))
        assert read_blobs(pair).rows == []


@every_version
def test_the_records_of_a_dumped_registry_are_those_of_its_collection(
    fresh_dsn: str, version: int
) -> None:
    restore(fresh_dsn, version)
    with Store(fresh_dsn) as store:
        pair = Pair(store)
        assert pair.run(records.exists(pair.context, PLACE, ["r"])) == [version >= 2]
        store.drop_collection(TENANT, "docs")
        assert pair.run(records.exists(pair.context, PLACE, ["r"])) == [False]


@every_version
def test_a_migrated_registry_is_what_a_new_one_is(
    fresh_dsn: str, make_database: Callable[..., str], version: int
) -> None:
    restore(fresh_dsn, version)
    new = make_database()
    for dsn in (fresh_dsn, new):
        with Store(dsn) as store:
            store.list_collections(TENANT)

    assert structure(fresh_dsn) == structure(new)
    numbers = "SELECT * FROM pgrecall.schema_version ORDER BY version"
    assert execute(new, numbers) == [(2, NEWEST)]
    assert execute(fresh_dsn, numbers)[-1] == (2, NEWEST)


@every_version
async def test_a_dumped_registry_is_served_as_it_is_without_setup(
    open_store: Callable[..., Any], fresh_dsn: str, version: int
) -> None:
    restore(fresh_dsn, version)
    before = structure(fresh_dsn)
    async with closing(open_store(fresh_dsn, setup=False)) as store:
        await check_old_rows(store, version)
        await use_old_collections(store)
        # times need no function but in an index of their own
        wanted = Collection("dated", 2, fields={"day": "datetime", "draft": "boolean"})
        if version < 4:
            told = r"'day' cannot be declared .* than 4 .*setup=True"
            with pytest.raises(DatabaseError, match=told):
                await store.ensure_collection(TENANT, wanted)
            assert await store.describe_collection(TENANT, "dated") is None
            wanted = Collection("dated", 2, fields={"draft": "boolean"})
        await store.ensure_collection(TENANT, wanted)
        await store.upsert(
            TENANT, "dated", [Item("a", [1, 0], "", {"day": "2024-05-01T02:00:00Z"})]
        )
        later = {"day": {"$gt": dt.date(2024, 5, 1)}, "$created_at": {"$gt": dt.date(2024, 5, 1)}}
        assert await store.count(TENANT, "dated", later) == 1
    with Store(fresh_dsn, setup=False) as store:
        if version < 3:
            with pytest.raises(DatabaseError, match=r"older version than 3 .* blobs and log: let"):
                read_blobs(Pair(store))
        pair = Pair(store)
        put = entries.put(pair.context, TENANT, "space", [Entry(*KEY, 1)])
        if version >= 2:
            pair.run(put)
        else:
            with pytest.raises(DatabaseError, match=r"older version than 2 .* entries and records"):
                pair.run(put)
    assert structure(fresh_dsn) == before


@pytest.fixture
def reader(fresh_dsn: str) -> Iterator[Callable[[], str]]:
    """Make a role that may read what is there."""
    role = "reader_of_a_dumped_registry"

    def make() -> str:
        execute(
            fresh_dsn,
            f"CREATE ROLE {role} LOGIN",
            f"GRANT USAGE ON SCHEMA pgrecall TO {role}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA pgrecall TO {role}",
        )
        return make_conninfo(fresh_dsn, user=role)

    yield make
    execute(fresh_dsn, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


@pytest.mark.parametrize("setup", [True, False])
@every_version
async def test_a_role_that_may_only_read_is_served_from_a_dumped_registry(
    fresh_dsn: str, reader: Callable[[], str], version: int, setup: bool
) -> None:
    restore(fresh_dsn, version)
    async with AsyncStore(reader(), setup=setup) as store:
        await check_old_rows(store, version)
        with pytest.raises(DatabaseError, match="permission denied"):
            await store.upsert(TENANT, "docs", [Item("new", [1, 2, 3])])
    assert version_of(fresh_dsn) == version


async def test_sixteen_stores_migrate_a_dumped_registry_of_any_name_at_once(
    fresh_dsn: str,
) -> None:
    restore(fresh_dsn, 2)
    schema = 'Any "name" 100%'
    execute(fresh_dsn, sql.SQL("ALTER SCHEMA pgrecall RENAME TO {}").format(sql.Identifier(schema)))

    def sync() -> int:
        with Store(fresh_dsn, schema=schema, max_connections=1, min_connections=1) as store:
            return store.count(TENANT, "docs")

    async def not_sync() -> int:
        async with AsyncStore(fresh_dsn, schema=schema, max_connections=1) as store:
            return await store.count(TENANT, "docs")

    calls = [asyncio.to_thread(sync) if n % 2 else not_sync() for n in range(16)]

    assert await asyncio.gather(*calls) == [24] * 16
    execute(fresh_dsn, sql.SQL("ALTER SCHEMA {} RENAME TO pgrecall").format(sql.Identifier(schema)))
    assert version_of(fresh_dsn) == NEWEST


@pytest.mark.parametrize("name", ["blobs", "log"])
def test_a_collection_with_the_name_of_a_newer_table_keeps_the_registry_at_the_version_before(
    fresh_dsn: str, name: str
) -> None:
    restore(fresh_dsn, 1)
    execute(
        fresh_dsn,
        f'ALTER TABLE pgrecall."My ""t""" RENAME TO {name}',
        f"UPDATE pgrecall.collections SET table_name = '{name}' WHERE name = 'own'",
    )
    with Store(fresh_dsn) as store:
        assert store.count(TENANT, "own") == 5
        pair = Pair(store)
        assert pair.run(entries.put(pair.context, TENANT, "space", [Entry(*KEY, 1)])) == 1
    assert "entries" not in missing_tables(fresh_dsn)
    assert execute(fresh_dsn, "SELECT max(version) FROM pgrecall.schema_version") == [(2,)]
    if name == "log":
        with Store(fresh_dsn) as store, pytest.raises(DatabaseError, match="'log' has to be drop"):
            read_blobs(Pair(store))

    with Store(fresh_dsn) as store:
        assert store.drop_collection(TENANT, "own") == 5
    with Store(fresh_dsn) as store:
        assert read_blobs(Pair(store)).rows == []
    assert version_of(fresh_dsn) == NEWEST


def test_a_registry_that_another_session_reads_for_long_is_served_and_migrated_later(
    fresh_dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    restore(fresh_dsn, 2)
    with psycopg.connect(fresh_dsn) as dump:
        dump.execute("LOCK TABLE pgrecall.collections IN ACCESS SHARE MODE")
        with Store(fresh_dsn) as store, caplog.at_level(logging.WARNING, "pgrecall"):
            assert store.count(TENANT, "docs") == 24
        assert "stays at its older version" in caplog.text
        assert version_of(fresh_dsn) == 2
    with Store(fresh_dsn) as store:
        assert store.count(TENANT, "docs") == 24
    assert version_of(fresh_dsn) == NEWEST


@pytest.mark.parametrize(
    ("made", "moved"),
    [
        ("TABLE {}.log (tenant text, kind text, collection_id bigint, at timestamptz)", "TABLE"),
        ("VIEW {}.blobs AS SELECT 1 AS one", "VIEW"),
        ("TYPE {}.log AS ENUM ('a')", "TYPE"),
    ],
    ids=["table", "view", "type"],
)
def test_what_another_program_named_as_a_newer_table_is_left_alone(
    fresh_dsn: str, made: str, moved: str
) -> None:
    restore(fresh_dsn, 2)
    name = "blobs" if "blobs" in made else "log"
    for schema in ("pgrecall", "public"):
        execute(fresh_dsn, "CREATE " + made.format(schema))
        with Store(fresh_dsn, schema=schema) as store:
            store.ensure_collection(TENANT, Collection("new", 3))
            assert store.count(TENANT, "new") == 0
            if name == "log":
                with pytest.raises(DatabaseError, match="what another program named so"):
                    read_blobs(Pair(store))
    numbers = "SELECT version, max(version) FROM {}.schema_version GROUP BY 1"
    assert execute(fresh_dsn, numbers.format("pgrecall")) == [(2, 2)]

    execute(fresh_dsn, f"ALTER {moved} pgrecall.{name} RENAME TO another")
    with Store(fresh_dsn) as store:
        assert read_blobs(Pair(store)).rows == []
    assert version_of(fresh_dsn) == NEWEST


async def test_a_table_of_another_program_named_entries_is_none_that_maintain_looks_at(
    open_store: Callable[..., Any], fresh_dsn: str
) -> None:
    execute(fresh_dsn, "CREATE TABLE public.entries (id int)")
    async with closing(open_store(fresh_dsn, schema="public")) as store:
        await store.ensure_collection(TENANT, Collection("new", 3))
        assert (await store.maintain()).findings == ()
        assert await store.upsert(TENANT, "new", [Item("a", [1, 2, 3])]) == 1
    assert execute(fresh_dsn, "SELECT max(version) FROM public.schema_version") == [(None,)]


@pytest.mark.parametrize(
    ("table", "columns"),
    [("collections", "id int"), ("schema_version", "installed int, version varchar")],
)
@pytest.mark.parametrize("vector", [True, False])
def test_a_registry_is_not_made_of_tables_of_another_program(
    fresh_dsn: str, table: str, columns: str, vector: bool
) -> None:
    if vector:
        execute(fresh_dsn, "CREATE EXTENSION vector")
    execute(fresh_dsn, f"CREATE TABLE public.{table} ({columns})")
    told = f"'{table}' in the schema 'public' is not pgrecall's: give the store another"
    with Store(fresh_dsn, schema="public") as store, pytest.raises(DatabaseError, match=told):
        store.list_collections(TENANT)
    assert execute(
        fresh_dsn, "SELECT count(*)::int FROM pg_tables WHERE schemaname = 'public'"
    ) == [(1,)]


def test_the_columns_by_which_the_registrys_tables_are_known_are_theirs(dsn: str) -> None:
    known = dict(versions.FIRST_TABLES)
    for version in versions.VERSIONS:
        known.update(version.tables)
    later = {"collections": ("source",), "schema_version": ("has",)}
    for table, columns in known.items():
        rows = execute(
            dsn,
            "SELECT attname FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped"
            f" AND attrelid = 'pgrecall.{table}'::regclass ORDER BY attnum",
        )
        assert [name for (name,) in rows] == [*columns, *later.get(table, ())]


def test_a_store_waits_only_so_long_for_another_that_migrates(
    fresh_dsn: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgrecall._operations.setup._PATIENCE", "50ms")
    restore(fresh_dsn, 2)
    with psycopg.connect(fresh_dsn) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtext('pgrecall'), hashtext('pgrecall'))")
        with Store(fresh_dsn) as store, caplog.at_level(logging.WARNING, "pgrecall"):
            assert store.count(TENANT, "docs") == 24
    assert "stays at its older version" in caplog.text


def test_a_migration_that_the_server_ends_leaves_the_older_registry_served(
    fresh_dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    restore(fresh_dsn, 2)
    # a rule of the database's: no new tables
    execute(
        fresh_dsn,
        "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RAISE 'not today'; END $$",
        "CREATE EVENT TRIGGER refuse ON ddl_command_start EXECUTE FUNCTION refuse()",
    )
    with Store(fresh_dsn) as store, caplog.at_level(logging.WARNING, "pgrecall"):
        assert store.count(TENANT, "docs") == 24
    assert "stays at its older version: not today" in caplog.text
    execute(fresh_dsn, "DROP EVENT TRIGGER refuse")
    assert version_of(fresh_dsn) == 2


# --- older and newer clients beside each other

COLUMNS = (
    "id, tenant, name, dimensions, embedding_model, metric, storage, text_search, fields::text,"
    " index::text, table_name, settings::text, indexes_pending, 0::float8"
)
OLD_VERSION = "SELECT max(version) FROM pgrecall.schema_version"
OLD_FIND = (
    f"SELECT {COLUMNS} FROM pgrecall.collections WHERE tenant = %(tenant)s AND name = %(name)s"
)
OLD_INSERT = (
    "INSERT INTO pgrecall.collections (id, tenant, name, dimensions, embedding_model, metric,"
    " storage, text_search, fields, index, table_name, settings)"
    " SELECT next.id, %(tenant)s, %(name)s, 3, 'model', 'cosine', 'vector', 'english', '{}'::jsonb,"
    " NULL::jsonb, coalesce(NULL::text, 'items_old'::text || '_' || next.id), '{}'::jsonb"
    " FROM (SELECT nextval(pg_get_serial_sequence('pgrecall.collections', 'id')) AS id) AS next"
    f" ON CONFLICT (tenant, name) DO NOTHING RETURNING {COLUMNS}"
)
OLD_DELETE = (
    "DELETE FROM pgrecall.collections WHERE tenant = %(tenant)s AND name = %(name)s"
    f" RETURNING {COLUMNS}"
)
OLD_SETTINGS = (
    "UPDATE pgrecall.collections SET settings = settings || '{\"spread\": 0.5}'::jsonb"
    " WHERE tenant = %(tenant)s AND name = %(name)s"
)
OLD_MIGRATION = "INSERT INTO pgrecall.schema_version VALUES (2) ON CONFLICT DO NOTHING"
OLD_ENTRY = (
    "INSERT INTO pgrecall.entries AS e (tenant, space, namespace, id, metadata, created_at,"
    " updated_at, expires_at, ttl_minutes)"
    " SELECT %(tenant)s, 's', '{a}'::text[], 'k', '1'::jsonb, now(), now(), NULL, NULL"
)
"""What clients that know version 2 alone send, as they did when that was the newest."""


@contextmanager
def old_client(dsn: str) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """Give what runs such statements, each in a transaction of its own."""
    with psycopg.connect(dsn, autocommit=True) as connection:

        def run(statement: str, **values: object) -> list[tuple[Any, ...]]:
            cursor = connection.execute(sql.SQL(statement), {"tenant": TENANT, **values})
            return cursor.fetchall() if cursor.description else []

        yield run


@pytest.mark.parametrize("version", [1, 3, None])
def test_clients_of_version_2_use_a_migrated_or_new_registry_beside_newer_ones(
    fresh_dsn: str, version: int | None
) -> None:
    if version is not None:
        restore(fresh_dsn, version)
    with Store(fresh_dsn) as store, old_client(fresh_dsn) as old:
        new = store.ensure_collection(TENANT, Collection("new", 3)).table_name
        assert version_of(fresh_dsn) == NEWEST

        assert old(OLD_VERSION) == [(2,)]  # it refuses a higher one, and migrates a lower one
        old(OLD_MIGRATION)
        assert old(OLD_FIND, name="new")[0][1:4] == (TENANT, "new", 3)
        [made] = old(OLD_INSERT, name="old")
        old(f"CREATE TABLE pgrecall.{made[10]} (LIKE {new} INCLUDING ALL)")
        old(OLD_SETTINGS, name="old")
        old(OLD_ENTRY)

        assert store.upsert(TENANT, "old", [Item("a", [1, 2, 3])]) == 1
        pair = Pair(store)
        [entry] = pair.run(entries.get(pair.context, TENANT, "s", [(("a",), "k")]))
        assert entry.value == 1
        assert len(old(OLD_DELETE, name="old")) == 1
        assert store.describe_collection(TENANT, "old") is None
    with Store(fresh_dsn) as store:
        assert store.count(TENANT, "new") == 0
    assert execute(fresh_dsn, "SELECT max(version), max(has) FROM pgrecall.schema_version") == [
        (2, NEWEST)
    ]


@pytest.mark.parametrize("setup", [True, False])
async def test_a_newer_registry_that_lets_this_version_go_on_is_used_and_left_alone(
    open_store: Callable[..., Any], fresh_dsn: str, setup: bool
) -> None:
    restore(fresh_dsn, 2)
    with Store(fresh_dsn) as store:
        store.list_collections(TENANT)
    execute(
        fresh_dsn,
        "ALTER TABLE pgrecall.collections ADD COLUMN later text DEFAULT 'more'",
        "INSERT INTO pgrecall.schema_version (version, has) VALUES (3, 7)",
    )
    before = structure(fresh_dsn)

    async with closing(open_store(fresh_dsn, setup=setup)) as store:
        await check_old_rows(store, 2)
        await store.ensure_collection(TENANT, Collection("new", 3))
        assert await store.drop_collection(TENANT, "new") == 0
    assert structure(fresh_dsn) == before
    assert execute(fresh_dsn, "SELECT max(has) FROM pgrecall.schema_version") == [(7,)]


def test_a_client_that_is_too_old_is_told_every_version_and_what_to_do(fresh_dsn: str) -> None:
    with Store(fresh_dsn) as store:
        store.list_collections(TENANT)
    execute(fresh_dsn, "INSERT INTO pgrecall.schema_version (version, has) VALUES (8, 9)")
    told = "has version 9; this pgrecall knows 7: upgrade the package to one that knows 8 at least"
    for setup in (True, False):
        with Store(fresh_dsn, setup=setup) as store, pytest.raises(DatabaseError, match=told):
            store.list_collections(TENANT)


async def test_a_collection_on_a_table_of_a_later_versions_is_refused_and_kept(
    open_store: Callable[..., Any], fresh_dsn: str
) -> None:
    restore(fresh_dsn, 2)
    async with closing(open_store(fresh_dsn, setup=False)) as store:
        await store.count(TENANT, "own")  # it met the collection, and the registry before
        with Store(fresh_dsn) as other:
            other.list_collections(TENANT)
        execute(
            fresh_dsn,
            'UPDATE pgrecall.collections SET source = \'{"table": "public.mine"}\','
            " table_name = 'adopted_2' WHERE name = 'own'",
        )
        for call in (
            store.describe_collection(TENANT, "own"),
            store.ensure_collection(TENANT, Collection("own")),
            store.count(TENANT, "own"),
            store.upsert(TENANT, "own", [Item("a", [1, 2, 3])]),
            store.drop_collection(TENANT, "own"),
            store.clear(TENANT, "own"),
        ):
            with pytest.raises(DatabaseError, match="stands on a table of your own"):
                await call
        assert "own" in [made.name for made in await store.list_collections(TENANT)]
        assert await store.count(TENANT, "docs") == 24
    with Store(fresh_dsn) as store:
        pair = Pair(store)
        facts = pair.run(gathering.gather(pair.context))
        assert "own" not in [each.collection.name for each in facts.collections]
    assert execute(fresh_dsn, 'SELECT count(*)::int FROM pgrecall."My ""t"""') == [(5,)]


@every_version
def test_the_keys_of_settings_that_dumps_have_are_all_told(fresh_dsn: str, version: int) -> None:
    restore(fresh_dsn, version)
    rows = execute(
        fresh_dsn, "SELECT DISTINCT jsonb_object_keys(settings) FROM pgrecall.collections"
    )
    assert {key for (key,) in rows} <= SETTINGS.keys()
