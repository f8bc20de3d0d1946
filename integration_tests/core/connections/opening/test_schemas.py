"""Extensions and schemas: missing, elsewhere, hostile."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.commands import Runner
from integration_tests.shared.faults import closing, execute, fill, own_folder, use_every_verb
from psycopg.conninfo import make_conninfo

from pgrecall import Collection, DatabaseError, embedded
from pgrecall.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Opener = Callable[..., Any]
from integration_tests.core.connections.opening.telling import failure_of, what_was_made_in


@pytest.fixture(scope="module")
def dsn_without_pgvector() -> Iterator[str]:
    """A server of a PostgreSQL that pgvector was never installed in."""
    wheel = embedded.installed().parents[1]
    libraries = wheel.with_name(f"{wheel.name}.libs")
    with own_folder() as folder:
        copy = folder.parent / wheel.name
        unneeded = shutil.ignore_patterns("vector*", "include", "*.a", "*.py")
        shutil.copytree(wheel, copy, ignore=unneeded, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)
        # for this one start: another server may start at any time
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(embedded, "installed", lambda: copy / "pginstall" / "bin")
            dsn = embedded.start(folder)
        yield dsn


async def test_a_server_without_pgvector_is_told_to_install_it(
    open_store: Opener, dsn_without_pgvector: str
) -> None:
    error = await failure_of(open_store(dsn_without_pgvector), DatabaseError)

    assert "this server has no pgvector: install it there" in str(error)
    assert 'extension "vector" is not available [0A000]; hint: The extension must' in str(error)
    assert error.sqlstate == "0A000"
    assert what_was_made_in(dsn_without_pgvector) == [(0, 0)]


async def test_a_provider_that_allows_no_extension_is_told_in_its_own_words(
    open_store: Opener, database: str
) -> None:
    execute(
        database,
        "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE 'extension \"vector\" is not allow-listed'"
        " USING ERRCODE = '0A000', HINT = 'see https://example.org/allow', DETAIL = 'a value';"
        " END $$",
        "CREATE EVENT TRIGGER refusing ON ddl_command_start WHEN TAG IN ('CREATE EXTENSION')"
        " EXECUTE FUNCTION refuse()",
    )
    error = await failure_of(open_store(database), DatabaseError)

    assert "this server has no pgvector" not in str(error)
    assert "this server has pgvector and did not create it" in str(error)
    assert 'extension "vector" is not allow-listed [0A000]; hint: see https://example.org/' in str(
        error
    )
    assert "a value" not in str(error)
    assert (error.sqlstate, error.hint) == ("0A000", "see https://example.org/allow")
    assert isinstance(error.__cause__, psycopg.Error)
    told = Runner().invoke(app, ["load", "-", "--dsn", database], input='{"text": "a"}\n')
    assert (told.exit_code, told.stdout) == (2, "")
    assert "hint: see https://example.org/allow" in told.stderr


async def test_what_else_an_event_trigger_says_is_told_as_it_says_it(
    open_store: Opener, database: str
) -> None:
    execute(
        database,
        "CREATE EXTENSION vector",
        "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE 'no new schemas here' USING ERRCODE = '0A000', HINT = 'ask the data team';"
        " END $$",
        "CREATE EVENT TRIGGER refusing ON ddl_command_start WHEN TAG IN ('CREATE SCHEMA')"
        " EXECUTE FUNCTION refuse()",
    )
    error = await failure_of(open_store(database), DatabaseError)

    assert str(error) == "no new schemas here [0A000]; hint: ask the data team"


async def test_pgvector_may_be_in_a_schema_outside_the_search_path(
    open_store: Opener, database: str
) -> None:
    execute(database, "CREATE SCHEMA extensions", "CREATE EXTENSION vector SCHEMA extensions")
    async with closing(open_store(database)) as store:
        await use_every_verb(store, "tenant")


async def test_pgvector_may_be_in_a_schema_with_a_weird_name(
    open_store: Opener, database: str
) -> None:
    name = '"100% of ""Ext""\'s"'
    execute(database, f"CREATE SCHEMA {name}", f"CREATE EXTENSION vector SCHEMA {name}")
    async with closing(open_store(database)) as store:
        await use_every_verb(store, "tenant")


async def test_types_operators_and_tables_of_a_hostile_schema_are_never_used(
    open_store: Opener, database: str
) -> None:
    execute(
        database,
        "CREATE EXTENSION vector",
        "CREATE SCHEMA evil",
        "CREATE DOMAIN evil.vector AS integer",
        "CREATE DOMAIN evil.halfvec AS integer",
        "CREATE TABLE evil.collections (id int)",
        "CREATE TABLE evil.schema_version (version text)",
        "CREATE FUNCTION evil.vector_send(public.vector) RETURNS bytea"
        " LANGUAGE sql AS $$ SELECT ''::bytea $$",
    )
    for kind in ("vector", "halfvec"):
        execute(
            database,
            f"CREATE FUNCTION evil.wrong(public.{kind}, public.{kind}) RETURNS float8"
            " LANGUAGE sql AS $$ SELECT 42.0::float8 $$",
        )
        for operator in ("<=>", "<->", "<#>", "<+>"):
            arguments = f"LEFTARG = public.{kind}, RIGHTARG = public.{kind}"
            execute(
                database, f"CREATE OPERATOR evil.{operator} ({arguments}, FUNCTION = evil.wrong)"
            )
    path = make_conninfo(database, options="-c search_path=evil,public")
    async with closing(open_store(path)) as store:
        await use_every_verb(store, "tenant")


async def test_functions_that_fit_better_than_postgresqls_own_are_never_called(
    open_store: Opener, database: str
) -> None:
    # CVE-2018-1058: pg_catalog comes first, and still an exact match of argument types wins
    trap = "LANGUAGE plpgsql AS $$ BEGIN RAISE 'a trap was called'; END $$"
    execute(
        database,
        f"CREATE FUNCTION public.quote_ident(name) RETURNS text {trap}",
        f"CREATE FUNCTION public.unnest(text[]) RETURNS SETOF text {trap}",
        f"CREATE FUNCTION public.to_tsvector(regconfig, varchar) RETURNS tsvector {trap}",
        f"CREATE FUNCTION public.left(text, bigint) RETURNS text {trap}",
    )
    async with closing(open_store(database)) as store:
        await use_every_verb(store, "tenant")


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    "schema", ["weird Name", 'quo"te', "100% %s %(x)s", "Größe", "select", "x" * 63, "a.b", "'; --"]
)
async def test_a_schema_may_have_any_name(open_store: Opener, database: str, schema: str) -> None:
    async with closing(open_store(database, schema=schema)) as store:
        await use_every_verb(store, "tenant")
        made = await store.ensure_collection("tenant", Collection("docs", 3, table_name="My table"))
        assert execute(database, f"TABLE {made.table_name}") == []
        assert await store.ensure_collection("tenant", made) == made


async def test_stores_in_two_schemas_of_one_database_know_nothing_of_each_other(
    open_store: Opener, database: str
) -> None:
    async with (
        closing(open_store(database, schema="one")) as one,
        closing(open_store(database, schema="two")) as two,
    ):
        await fill(one, "tenant")
        assert await two.describe_collection("tenant", "docs") is None
        await fill(two, "tenant", 5)
        assert (await one.count("tenant", "docs"), await two.count("tenant", "docs")) == (3, 5)


async def test_a_registry_of_a_later_version_is_told(open_store: Opener, shared: str) -> None:
    execute(shared, "INSERT INTO pgrecall.schema_version VALUES (1000)")
    error = await failure_of(open_store(shared), DatabaseError)

    assert "version 1000" in str(error)
    assert "upgrade the package" in str(error)


async def test_one_connection_at_most_can_be_asked_for_alone(
    open_store: Callable[..., Any], dsn: str
) -> None:
    store = open_store(dsn, max_connections=1)

    assert await store.list_collections("nobody") == []
    await store.close()
