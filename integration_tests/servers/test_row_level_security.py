"""Tenants that PostgreSQL itself keeps apart: the SQL of the page on row-level security holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from integration_tests.docs.blocks import ROOT, blocks
from integration_tests.langchain.langchain_fakes import DIMENSIONS, Words
from integration_tests.shared.faults import closing, execute, own_folder, start_own
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrecall import (
    Change,
    Collection,
    CollectionNotFoundError,
    DatabaseError,
    Hnsw,
    InvalidArgumentError,
    Item,
    RecallReport,
    Store,
    embedded,
)
from pgrecall._adapters.pair import Pair
from pgrecall._operations.entries import entries, records
from pgrecall._statements.entries.records import Place
from pgrecall.langchain import PgRecallVectorStore
from pgrecall.langgraph import PgRecallStore
from pgrecall.models import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Opener = Callable[..., Any]

PAGE = ROOT / "docs" / "how-to" / "row-level-security.md"
VECTOR = [1.0, 0.0]
DENIED = r"permission denied.*\[42501\]"
KEEP_BLOB = (
    "INSERT INTO pgrecall.blobs (tenant, space, namespace, key, value)"
    " VALUES ('{tenant}', 's', ARRAY['n'], 'k', '\\x00')"
    " ON CONFLICT (tenant, space, namespace, key) DO UPDATE SET value = excluded.value"
)
KEEP_LOG = "INSERT INTO pgrecall.log (tenant, kind, document) VALUES ('{tenant}', 'search', '[]')"
MEASURED = RecallReport(1.0, 0.9, 1.0, 10, 100, {"ef_search": 40}, 2.0, 1.0)
POLICED = r"violates row-level security policy.*\[42501\]"


class World(NamedTuple):
    """A database with the page's policies: how its owner and its roles connect."""

    owner: str
    superuser: str

    def dsn(self, role: str) -> str:
        return make_conninfo(self.owner, user=role)


def page_sql(title: str) -> str:
    """Give a block of the page."""
    [code] = [block.code for block in blocks(PAGE) if block.title == title]
    return code


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A server whose roles are this file's."""
    with own_folder() as made:
        start_own(made)
        yield made


@pytest.fixture(scope="module")
def world(folder: Path) -> World:
    """The page's recipe, run by an owner who is no superuser."""
    superuser = embedded.start(folder)
    execute(
        superuser,
        "CREATE ROLE keeper LOGIN CREATEROLE",
        "CREATE ROLE bystander LOGIN",
        "CREATE DATABASE kept OWNER keeper",
    )
    inside = make_conninfo(superuser, dbname="kept")
    execute(inside, "CREATE EXTENSION vector")
    made = World(make_conninfo(inside, user="keeper"), inside)
    with Store(made.owner) as owner:
        # globex has a collection before it has a role
        fill(owner, "globex")
        execute(made.owner, page_sql("policies.sql"), page_sql("tenants.sql"))
        fill(owner, "acme")
    return made


def fill(owner: Store, tenant: str, name: str = "docs") -> str:
    """Make a collection with one item; gives its table."""
    made = owner.ensure_collection(tenant, Collection(name, 2, index=Hnsw()))
    owner.upsert(tenant, name, [Item("1", VECTOR, f"belongs to {tenant}", {"of": tenant})])
    assert made.table_name
    return made.table_name


@pytest.fixture(params=["acme", "globex"])
def pairs(request: pytest.FixtureRequest, world: World) -> Iterator[tuple[str, str, Pair]]:
    """A tenant, another one, and a pair of stores under the role of the first."""
    other = {"acme": "globex", "globex": "acme"}[request.param]
    pair = Pair.of({"dsn": world.dsn(request.param), "setup": False})
    yield request.param, other, pair
    pair.close()


@pytest.mark.parametrize("role", ["acme", "globex"])
async def test_a_role_reads_and_writes_the_items_of_its_own_tenant(
    open_store: Opener, world: World, role: str
) -> None:
    async with closing(open_store(world.dsn(role), setup=False)) as store:
        assert [made.name for made in await store.list_collections(role)] == ["docs"]
        assert [match.text for match in await store.search(role, "docs", VECTOR)] == [
            f"belongs to {role}"
        ]
        assert len(await store.search_hybrid(role, "docs", VECTOR, "belongs")) == 1
        # a few by one statement, many by a temporary table, and in bulk
        assert await store.upsert(role, "docs", [Item("2", VECTOR, "more")]) == 1
        many = [Item(f"n{number}", VECTOR, "many") for number in range(2_500)]
        assert await store.upsert(role, "docs", many) == 2_500
        assert await store.load(role, "docs", many[:10]) == 10
        assert await store.delete_where(role, "docs", {"id": "2"}) == 1
        assert await store.delete(role, "docs", [item.id for item in many]) == 2_500


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("search", [VECTOR]),
        ("search_text", ["belongs"]),
        ("search_hybrid", [VECTOR, "belongs"]),
        ("get", [["1"]]),
        ("count", []),
        ("list_ids", []),
        ("list_items", []),
        ("measure_recall", []),
        ("upsert", [[Item("1", VECTOR, "overwritten")]]),
        ("load", [[Item("1", VECTOR, "overwritten")]]),
        ("delete", [["1"]]),
        ("delete_where", [{"of": "globex"}]),
        ("clear", []),
        ("tune", []),
        ("create_index", [Hnsw()]),
        ("drop_index", []),
        ("reindex", []),
        ("search_near", [["1"]]),
        ("search_many", [[VECTOR]]),
        ("facet", ["of"]),
        ("field_range", ["of"]),
        ("describe_fields", []),
        ("sample", [1]),
        ("map_collection", []),
        ("analyze_text", ["belongs"]),
        ("evaluate", [[("belongs", ["1"])]]),
        ("keep_report", [MEASURED, "mine"]),
        ("list_reports", []),
        ("get_report", [1]),
        ("delete_report", [1]),
        ("update", [[Change("1", text="overwritten")]]),
        ("prewarm", []),
    ],
)
async def test_for_a_role_that_names_another_tenant_there_is_no_collection(
    open_store: Opener, world: World, verb: str, arguments: list[Any]
) -> None:
    async with closing(open_store(world.dsn("acme"), setup=False)) as store:
        with pytest.raises(CollectionNotFoundError, match="tenant 'globex'"):
            await getattr(store, verb)("globex", "docs", *arguments)

        assert await store.list_collections("globex") == []
        assert await store.describe_collection("globex", "docs") is None
    assert_untouched(world)


@pytest.mark.parametrize("role", ["acme", "globex"])
async def test_reports_are_those_of_the_roles_own_tenant(
    open_store: Opener, world: World, role: str
) -> None:
    other = {"acme": "globex", "globex": "acme"}[role]
    with Store(world.owner) as owner:
        others = owner.keep_report(other, "docs", MEASURED, f"kept by {other}")
    async with closing(open_store(world.dsn(role), setup=False)) as store:
        kept = await store.keep_report(role, "docs", MEASURED, f"kept by {role}")
        assert (await store.get_report(role, "docs", kept.number)).name == f"kept by {role}"
        names = {report.name for report in await store.list_reports(role, "docs")}
        assert names == {f"kept by {role}"}

        # the number is another tenant's
        with pytest.raises(InvalidArgumentError, match="no report"):
            await store.get_report(role, "docs", others.number)
        assert await store.delete_report(role, "docs", others.number) == 0
        assert await store.delete_report(role, "docs", kept.number) == 1
    with Store(world.owner) as owner:
        assert owner.delete_report(other, "docs", others.number) == 1


def assert_untouched(world: World) -> None:
    with Store(world.owner) as owner:
        [item] = owner.get("globex", "docs", ["1"])
        assert (item.text, owner.count("globex", "docs")) == ("belongs to globex", 1)


@pytest.mark.parametrize("tenant", ["acme", "globex", "someone"])
async def test_a_role_makes_and_drops_no_collection_for_anyone(
    open_store: Opener, world: World, tenant: str
) -> None:
    async with closing(open_store(world.dsn("acme"), setup=False)) as store:
        with pytest.raises(DatabaseError, match=DENIED):
            await store.ensure_collection(tenant, Collection("new", 2))
        with pytest.raises(DatabaseError, match=DENIED):
            await store.drop_collection(tenant, "docs")

        assert await store.count("acme", "docs") == 1
    assert_untouched(world)


async def test_a_role_changes_no_table_of_its_own_tenant(open_store: Opener, world: World) -> None:
    async with closing(open_store(world.dsn("acme"), setup=False)) as store:
        several = [Item(f"n{number}", [1.0, number]) for number in range(50)]
        await store.upsert("acme", "docs", several)
        for verb, *arguments in (("clear",), ("create_index", Hnsw()), ("reindex",), ("tune",)):
            with pytest.raises(DatabaseError, match=r"\[42501\]"):
                await getattr(store, verb)("acme", "docs", *arguments)

        await store.delete("acme", "docs", [item.id for item in several])
        assert await store.count("acme", "docs") == 1


def test_entries_are_those_of_the_roles_own_tenant(
    world: World, pairs: tuple[str, str, Pair]
) -> None:
    role, other, pair = pairs
    key, context = (("notes",), "k"), pair.context
    entry = Entry(*key, {"of": role})
    owner = Pair(world.owner)
    owner.run(entries.put(owner.context, other, "space", [Entry(*key, {"of": other})]))

    assert pair.run(entries.put(context, role, "space", [entry])) == 1
    with pytest.raises(DatabaseError, match=POLICED):
        pair.run(entries.put(context, other, "space", [entry]))

    [found] = pair.run(entries.get(context, role, "space", [key]))
    assert found is not None
    assert found.value == {"of": role}
    assert pair.run(entries.get(context, other, "space", [key])) == [None]
    assert pair.run(entries.find(context, other, "space", prefix=())) == []
    assert pair.run(entries.namespaces(context, other, "space")) == []
    assert pair.run(entries.delete(context, other, "space", [key])) == 0
    assert pair.run(entries.clear(context, other, "space", ())) == 0
    [kept] = owner.run(entries.get(owner.context, other, "space", [key]))
    assert kept is not None
    assert kept.value == {"of": other}
    owner.close()


def test_records_are_those_of_the_roles_own_tenant(
    world: World, pairs: tuple[str, str, Pair]
) -> None:
    role, other, pair = pairs
    own, others = Place(role, "space", "docs"), Place(other, "space", "docs")
    owner = Pair(world.owner)
    note(owner, others)

    note(pair, own)
    with pytest.raises(DatabaseError, match=POLICED):
        note(pair, others)

    assert pair.run(records.exists(pair.context, own, ["k"])) == [True]
    assert pair.run(records.exists(pair.context, others, ["k"])) == [False]
    pair.run(records.delete(pair.context, others, ["k"]))
    assert owner.run(records.exists(owner.context, others, ["k"])) == [True]
    owner.close()


def note(pair: Pair, place: Place) -> None:
    """Write one record."""
    pair.run(records.update(pair.context, place, ["k"], group_ids=None, time_at_least=None))


@pytest.mark.parametrize("table", ["entries", "records", "blobs", "log"])
def test_writes_without_a_condition_reach_the_roles_own_rows_alone(
    world: World, table: str
) -> None:
    for role in ("acme", "globex"):
        with Store(world.dsn(role), setup=False) as store:
            pair = Pair(store)
            pair.run(entries.put(pair.context, role, "kept", [Entry(("kept",), "k", 1)]))
            note(pair, Place(role, "kept", ""))
        for statement in (KEEP_BLOB, KEEP_LOG):
            execute(world.dsn(role), statement.format(tenant=role))
    with psycopg.connect(world.dsn("acme"), autocommit=True) as connection:
        for statement in ("UPDATE {} SET tenant = tenant", "DELETE FROM {}"):
            connection.execute(sql.SQL(statement).format(sql.Identifier("pgrecall", table)))

    rows = execute(world.owner, f"SELECT DISTINCT tenant FROM pgrecall.{table}")
    assert ("globex",) in rows
    assert ("acme",) not in rows


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM {table}",
        "INSERT INTO {table} (id, text, metadata) VALUES ('x', '', '{{}}')",
        "UPDATE {table} SET text = ''",
        "DELETE FROM {table}",
        "TRUNCATE {table}",
        "DROP TABLE {table}",
        "ALTER TABLE {table} OWNER TO acme",
        "GRANT ALL ON {table} TO acme",
        "CREATE INDEX ON {table} (text)",
        "CREATE RULE mine AS ON INSERT TO {table} DO INSTEAD NOTHING",
        "INSERT INTO pgrecall.collections DEFAULT VALUES",
        "UPDATE pgrecall.collections SET table_name = 'items_globex_docs_1'",
        "DELETE FROM pgrecall.collections",
        "SELECT * FROM pgrecall.collections FOR UPDATE",
        "UPDATE pgrecall.schema_version SET version = 99",
        "INSERT INTO pgrecall.entries VALUES ('globex', 's', '{{}}', 'k', '1', now(), now())",
        "UPDATE pgrecall.entries SET tenant = 'globex'",
        "UPDATE pgrecall.records SET tenant = 'globex'",
        KEEP_BLOB.format(tenant="globex"),
        KEEP_LOG.format(tenant="globex"),
        "UPDATE pgrecall.blobs SET tenant = 'globex'",
        "UPDATE pgrecall.log SET tenant = 'globex'",
        "TRUNCATE pgrecall.entries, pgrecall.records",
        "ALTER TABLE pgrecall.entries DISABLE ROW LEVEL SECURITY",
        "DROP POLICY own ON pgrecall.entries",
        "CREATE POLICY mine ON pgrecall.entries USING (true)",
        "CREATE TABLE pgrecall.mine ()",
        "CREATE OR REPLACE FUNCTION pgrecall.grant_to_tenant() RETURNS trigger LANGUAGE sql AS ''",
        "SELECT nextval('pgrecall.collections_id_seq')",
        "SET ROLE globex",
        "SET ROLE keeper",
        "SET SESSION AUTHORIZATION keeper",
        "ALTER ROLE acme BYPASSRLS",
        "SET row_security = off; SELECT * FROM pgrecall.collections",
    ],
)
def test_sql_of_a_roles_own_is_refused_on_what_is_not_its_own(world: World, statement: str) -> None:
    with Store(world.owner) as owner:
        [made] = owner.list_collections("globex")
    with Store(world.dsn("acme"), setup=False) as store:
        pair = Pair(store)
        pair.run(entries.put(pair.context, "acme", "own", [Entry((), "k", 1)]))
        note(pair, Place("acme", "own", ""))
    for own in (KEEP_BLOB, KEEP_LOG):
        execute(world.dsn("acme"), own.format(tenant="acme"))

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        execute(world.dsn("acme"), statement.format(table=made.table_name))
    assert_untouched(world)


@pytest.mark.parametrize("table", ["collections", "entries", "records", "blobs", "log"])
def test_sql_of_a_roles_own_sees_the_rows_of_its_tenant_alone(world: World, table: str) -> None:
    rows = execute(world.dsn("acme"), f"SELECT DISTINCT tenant FROM pgrecall.{table}")

    assert rows in ([], [("acme",)])


def test_the_planners_statistics_of_another_tenant_are_hidden(world: World) -> None:
    execute(world.superuser, "ANALYZE")

    rows = execute(world.dsn("acme"), "SELECT DISTINCT tablename FROM pg_stats")
    assert not [name for (name,) in rows if name.startswith("items_globex")]


def test_a_collection_that_the_owner_makes_later_is_opened_for_its_role_alone(
    world: World,
) -> None:
    with Store(world.owner) as owner:
        for _ in range(2):  # made, dropped and made anew
            fill(owner, "globex", "later")
            with Store(world.dsn("globex"), setup=False) as globex:
                assert globex.count("globex", "later") == 1
            with Store(world.dsn("acme"), setup=False) as acme:
                assert acme.list_collections("globex") == []
            assert owner.drop_collection("globex", "later") == 1


@pytest.mark.parametrize("tenant", ["bystander", "keeper", "postgres", "no role", "PUBLIC"])
def test_a_tenant_that_is_named_as_a_role_outside_the_group_opens_nothing(
    world: World, tenant: str
) -> None:
    with Store(world.owner) as owner:
        table = fill(owner, tenant)
        granted = execute(
            world.owner, f"SELECT relacl FROM pg_class WHERE oid = '{table}'::regclass"
        )
        owner.drop_collection(tenant, "docs")

    assert granted == [(None,)]


@pytest.mark.parametrize("tenant", ['O\'Neil "x"; DROP ROLE acme; --', "Größe %s %I", "$$"])
async def test_a_tenant_with_a_hostile_name_has_a_role_of_that_name(
    open_store: Opener, world: World, tenant: str
) -> None:
    role = sql.Identifier(tenant)
    create = sql.SQL("CREATE ROLE {} LOGIN IN ROLE pgrecall_tenants").format(role)
    with psycopg.connect(world.superuser, autocommit=True) as connection:
        connection.execute(create)
    with Store(world.owner) as owner:
        fill(owner, tenant)

    async with closing(open_store(world.dsn(tenant), setup=False)) as store:
        assert await store.count(tenant, "docs") == 1
        assert await store.list_collections("acme") == []

    with Store(world.owner) as owner:
        owner.drop_collection(tenant, "docs")
    with psycopg.connect(world.superuser, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP OWNED BY {}").format(role))
        connection.execute(sql.SQL("DROP ROLE {}").format(role))


def test_a_role_for_all_tenants_sees_none_until_it_has_a_policy(world: World) -> None:
    execute(
        world.superuser,
        "CREATE ROLE app LOGIN",
        "GRANT USAGE ON SCHEMA pgrecall TO app",
        "GRANT SELECT ON ALL TABLES IN SCHEMA pgrecall TO app",
    )
    with Store(world.dsn("app"), setup=False) as app:
        assert app.list_collections("acme") == []
        execute(world.owner, "CREATE POLICY every ON pgrecall.collections TO app USING (true)")
        assert [made.name for made in app.list_collections("acme")] == ["docs"]
    execute(world.superuser, "DROP OWNED BY app", "DROP ROLE app")


def test_agent_memory_and_documents_work_under_a_role(world: World) -> None:
    with Store(world.owner) as owner:
        for name in ("memory", "papers"):
            owner.ensure_collection("acme", Collection(name, DIMENSIONS))
            owner.ensure_collection("globex", Collection(name, DIMENSIONS))
    with Store(world.dsn("acme"), setup=False) as store:
        memory = PgRecallStore(
            store, tenant="acme", index={"dims": DIMENSIONS, "embed": Words(), "fields": ["text"]}
        )
        memory.put(("ann",), "1", {"text": "likes apples"})
        assert [found.key for found in memory.search(("ann",), query="apples")] == ["1"]
        papers = PgRecallVectorStore(Words(), "papers", "acme", store)
        papers.add_texts(["apples grow"])
        assert len(papers.similarity_search("apples")) == 1

        spying = PgRecallStore(store, tenant="globex")
        assert spying.search(()) == []
        with pytest.raises(DatabaseError, match=POLICED):
            spying.put(("ann",), "1", {"text": "planted"})
        forged = PgRecallVectorStore(Words(), "papers", "globex", store)
        assert forged.similarity_search("apples") == []
        with pytest.raises(DatabaseError, match=DENIED):
            forged.add_texts(["planted"])
    with Store(world.owner) as owner:
        assert owner.drop_collection("globex", "papers") == 0
        assert owner.drop_collection("globex", "memory") == 0
        owner.drop_collection("acme", "papers")
        owner.drop_collection("acme", "memory")


async def test_a_role_with_a_schema_of_its_own_makes_collections_there_and_nowhere_else(
    open_store: Opener, world: World
) -> None:
    with Store(world.superuser, schema="initech") as owner:
        owner.list_collections("initech")
    execute(world.superuser, page_sql("schema.sql"))

    async with closing(open_store(world.dsn("initech"), schema="initech", setup=False)) as store:
        await store.ensure_collection("team", Collection("docs", 2))
        await store.upsert("team", "docs", [Item("1", VECTOR, "apples")])
        await store.create_index("team", "docs", Hnsw())
        assert len(await store.search_hybrid("team", "docs", VECTOR, "apples")) == 1
        assert await store.drop_collection("team", "docs") == 1
    async with closing(open_store(world.dsn("initech"), setup=False)) as elsewhere:
        with pytest.raises(DatabaseError, match="permission denied for schema pgrecall"):
            await elsewhere.list_collections("acme")
    async with closing(open_store(world.dsn("acme"), schema="initech", setup=False)) as stranger:
        with pytest.raises(DatabaseError, match="permission denied for schema initech"):
            await stranger.list_collections("team")

    execute(world.superuser, page_sql("take_back_schema.sql"))


def test_what_is_taken_back_leaves_every_row_to_the_owner(folder: Path) -> None:
    superuser = embedded.start(folder)
    execute(superuser, "CREATE DATABASE taken_back")
    dsn = make_conninfo(superuser, dbname="taken_back")
    made = page_sql("policies.sql") + page_sql("tenants.sql")
    # this server has the page's roles already
    for name in ("acme", "globex", "pgrecall_tenants"):
        made = made.replace(name, f"other_{name}")
    taken = page_sql("take_back.sql")
    for name in ("acme", "globex", "pgrecall_tenants"):
        taken = taken.replace(name, f"other_{name}")
    with Store(dsn) as owner:
        fill(owner, "other_acme")
        execute(dsn, made)
        execute(dsn, taken)
        assert owner.count("other_acme", "docs") == 1
        fill(owner, "other_globex")
    assert execute(dsn, "SELECT FROM pg_policies") == []
    assert execute(dsn, "SELECT FROM pg_roles WHERE rolname LIKE 'other%'") == []
