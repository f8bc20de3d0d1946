"""How a store reaches its server, and what it says where it cannot."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import traceback
import uuid
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
import pytest
from integration_tests.shared.faults import (
    closing,
    execute,
    fill,
    is_async,
    make_items,
    own_folder,
    start,
    start_own,
    until,
    use_every_verb,
    use_items,
)
from integration_tests.shared.proxy import proxy_to
from pgvector.psycopg import register_vector, register_vector_async
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads
from psycopg_pool import (
    AsyncConnectionPool,
    AsyncNullConnectionPool,
    ConnectionPool,
    NullConnectionPool,
)
from typer.testing import CliRunner

from pgrecall import (
    Collection,
    CollectionConflictError,
    ConnectionFailedError,
    DatabaseError,
    InvalidArgumentError,
    Store,
    embedded,
)
from pgrecall.cli.app import app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    Opener = Callable[..., Any]

PASSWORD = "s3cr3t-Wörd"  # noqa: S105  # of a role on a server that lives as long as this file
# what of it a message could show, percent-encoding and cutting included
TELLTALE = "3cr3t"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """The data folder of a server whose roles and settings are this file's to change."""
    with own_folder() as made:
        start_own(made)
        yield made


@pytest.fixture(scope="module")
def owner_dsn(folder: Path) -> str:
    return embedded.start(folder)


@pytest.fixture
def database(owner_dsn: str) -> str:
    """A new database of that server with nothing in it, as its owner sees it."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    execute(owner_dsn, f"CREATE DATABASE {name}")
    return make_conninfo(owner_dsn, dbname=name)


@pytest.fixture
def role(owner_dsn: str) -> str:
    """A role that may log in and nothing else."""
    name = f"role_{uuid.uuid4().hex[:12]}"
    execute(owner_dsn, f"CREATE ROLE {name} LOGIN")
    return name


@pytest.fixture(scope="module")
def keeper(owner_dsn: str, folder: Path) -> str:
    """A role that must give its password."""
    execute(owner_dsn, f"CREATE ROLE keeper LOGIN SUPERUSER PASSWORD '{PASSWORD}'")
    rules = folder / "pg_hba.conf"
    rules.write_text(
        "local all keeper scram-sha-256\nlocal all barred reject\n" + rules.read_text()
    )
    execute(owner_dsn, "CREATE ROLE barred LOGIN", "SELECT pg_reload_conf()")
    return "keeper"


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine that nobody listens on, kept from everyone else."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("PG"):
            monkeypatch.delenv(name)


async def failure_of(store: Any, expected: type[Exception]) -> Any:
    """What a store that cannot work says, sync and async."""
    async with closing(store):
        with pytest.raises(expected) as caught:
            await store.list_collections("tenant")
    assert type(caught.value) is expected
    return caught.value


def everything_told(error: BaseException) -> str:
    """All that a log could hold of an error: messages, arguments and causes."""
    told = traceback.format_exception(error)
    chain: BaseException | None = error
    while chain is not None:
        told += [repr(chain), repr(chain.args)]
        # a tracker of errors may show a context that `from None` hides
        chain = chain.__cause__ or chain.__context__
    return "\n".join(told)


# --- the forms of a DSN


async def test_a_uri_may_percent_encode_its_socket_folder(open_store: Opener, folder: Path) -> None:
    host = quote(str(folder), safe="")
    async with closing(open_store(f"postgresql://postgres@{host}/postgres?port=5432")) as store:
        assert await store.list_collections("tenant") == []


async def test_a_conninfo_works(open_store: Opener, folder: Path) -> None:
    conninfo = f"host='{folder}' user=postgres dbname=postgres connect_timeout=7"
    async with closing(open_store(conninfo)) as store:
        assert await store.list_collections("tenant") == []


async def test_without_a_dsn_pgrecall_dsn_is_read(
    open_store: Opener, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGRECALL_DSN", database)
    async with closing(open_store()) as store:
        assert await store.list_collections("tenant") == []


async def test_without_pgrecall_dsn_the_variables_of_libpq_are_read(
    open_store: Opener, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = conninfo_to_dict(database)
    monkeypatch.setenv("PGHOST", given["host"])
    monkeypatch.setenv("PGDATABASE", given["dbname"])
    monkeypatch.setenv("PGUSER", given["user"])
    async with closing(open_store()) as store:
        assert await store.list_collections("tenant") == []
    assert execute(database, "SELECT count(*) FROM pgrecall.collections") == [(0,)]


async def test_a_given_dsn_wins_over_the_environment(
    open_store: Opener, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGRECALL_DSN", "host=/nowhere")
    monkeypatch.setenv("PGHOST", "/nowhere")
    async with closing(open_store(database)) as store:
        assert await store.list_collections("tenant") == []


async def test_embedded_and_a_path_starts_the_bundled_server(open_store: Opener) -> None:
    with own_folder() as folder:
        assert embedded.dsn(folder) is None
        async with closing(open_store(f"embedded:{folder}")) as store:
            await fill(store, "tenant")
            assert await store.count("tenant", "docs") == 3
        assert embedded.dsn(folder) is not None


async def test_the_server_sees_who_connects(open_store: Opener, database: str) -> None:
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = '{}' AND datname = '{}'"
    name = conninfo_to_dict(database)["dbname"]
    async with closing(open_store(database)) as store:
        await store.list_collections("tenant")
        assert execute(database, query.format("pgrecall", name)) > [(0,)]
    async with closing(open_store(make_conninfo(database, application_name="mine"))) as store:
        await store.list_collections("tenant")
        assert execute(database, query.format("mine", name)) > [(0,)]


@pytest.mark.parametrize(
    "dsn",
    [
        "host=x password=s3cr3t ss=q",
        "host=x password=s3cr3t pass word",
        "host=x password='s3cr3t",
        "postgresql://u:s3cr3t@[::1/db",
        "postgresql://u:s3cr3t%zz@h/db",
        "postgresql://u:p@3cr3t/word@h/db",
        "postgresql://u:p@3cr3t@h/db",
        "postgresql://u:p/3cr3t@h/db",
        "postgresql://u@h/db?password=s3cr3t&passwort=3cr3t",
        "not a dsn 3cr3t",
        "s3cr3t",
    ],
)
def test_a_bad_dsn_is_refused_without_a_piece_of_the_password(open_store: Opener, dsn: str) -> None:
    with pytest.raises(InvalidArgumentError, match="dsn") as caught:
        open_store(dsn)

    assert TELLTALE not in everything_told(caught.value)


def test_a_dsn_must_be_a_string(open_store: Opener) -> None:
    with pytest.raises(InvalidArgumentError, match="dsn must be a string"):
        open_store(b"host=x")


@pytest.mark.parametrize(
    "dsn",
    [
        f"host=example.org user=me password='{PASSWORD}' dbname=docs sslpassword=3cr3t",
        f"postgresql://me:{quote(PASSWORD)}@example.org/docs?sslpassword=3cr3t",
    ],
)
def test_repr_shows_the_server_and_no_password(
    open_store: Opener, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    shown = repr(open_store(dsn))

    assert "example.org" in shown
    assert "user=me" in shown
    assert TELLTALE not in shown
    assert TELLTALE not in repr(open_store(dsn)._driver.settings)


@pytest.mark.parametrize(
    "arguments",
    [
        {"min_connections": -1},
        {"min_connections": 3, "max_connections": 2},
        {"min_connections": 0, "max_connections": 0},
        {"max_connections": "ten"},
        {"max_connections": None},
        {"min_connections": 0.5},
        {"max_connections": 10.5},
        {"connection_timeout": 0},
        {"connection_timeout": -1},
        {"connection_timeout": float("nan")},
        {"connection_timeout": float("inf")},
        {"connection_timeout": "5"},
        {"connection_timeout": None},
        {"schema": ""},
        {"schema": "nul\0"},
        {"schema": "x" * 64},
        {"schema": None},
        {"read_dsn": "postgresql://u:p@ss/w@h/db"},
        {"read_dsn": 5},
        {"consistency": "read_your_writes"},
        {"consistency": "strong"},
    ],
)
def test_an_argument_that_cannot_be_used_is_refused_at_once(
    open_store: Opener, arguments: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgumentError, match=next(iter(arguments))):
        open_store("host=x", **arguments)


async def test_a_pool_may_start_at_no_connection_and_have_one(
    open_store: Opener, database: str
) -> None:
    async with closing(open_store(database, min_connections=0, max_connections=1)) as store:
        await fill(store, "tenant")
        assert await store.count("tenant", "docs") == 3


# --- servers that cannot be reached, or refuse


async def test_a_closed_port_is_a_server_that_is_not_there(
    open_store: Opener, closed_port: int
) -> None:
    dsn = f"host=127.0.0.1 port={closed_port} user=u password={PASSWORD}"
    error = await failure_of(open_store(dsn), ConnectionFailedError)

    assert f"cannot reach PostgreSQL at 127.0.0.1:{closed_port}" in str(error)
    assert TELLTALE not in everything_told(error)
    assert isinstance(error.__cause__, psycopg.OperationalError)


async def test_a_missing_socket_folder_is_a_server_that_is_not_there(open_store: Opener) -> None:
    error = await failure_of(open_store("host=/no/such/folder"), ConnectionFailedError)

    assert "cannot reach PostgreSQL at /no/such/folder:5432" in str(error)


async def test_a_wrong_password_is_told_from_a_missing_server(
    open_store: Opener, owner_dsn: str, keeper: str
) -> None:
    dsn = make_conninfo(owner_dsn, user=keeper, password=PASSWORD + "x")
    error = await failure_of(open_store(dsn), ConnectionFailedError)

    assert "refused the credentials: check user and password" in str(error)
    assert TELLTALE not in everything_told(error)


async def test_a_missing_password_is_told_from_a_missing_server(
    open_store: Opener, owner_dsn: str, keeper: str
) -> None:
    error = await failure_of(
        open_store(make_conninfo(owner_dsn, user=keeper)), ConnectionFailedError
    )

    assert "refused the credentials: check user and password" in str(error)


async def test_the_right_password_works(open_store: Opener, owner_dsn: str, keeper: str) -> None:
    async with closing(
        open_store(make_conninfo(owner_dsn, user=keeper, password=PASSWORD))
    ) as store:
        assert await store.list_collections("tenant") == []


@pytest.mark.usefixtures("keeper")
async def test_a_user_whom_the_server_rejects_is_told(open_store: Opener, owner_dsn: str) -> None:
    error = await failure_of(
        open_store(make_conninfo(owner_dsn, user="barred")), ConnectionFailedError
    )

    assert "refused" in str(error)
    assert "pg_hba.conf" in str(error)


async def test_a_user_who_does_not_exist_is_told(open_store: Opener, owner_dsn: str) -> None:
    error = await failure_of(
        open_store(make_conninfo(owner_dsn, user="nobody")), ConnectionFailedError
    )

    assert "refused the connection" in str(error)
    assert 'role "nobody" does not exist' in str(error)


async def test_a_database_that_does_not_exist_is_told_and_may_come_later(
    open_store: Opener, owner_dsn: str
) -> None:
    name = f"late_{uuid.uuid4().hex[:12]}"
    async with closing(open_store(make_conninfo(owner_dsn, dbname=name))) as store:
        with pytest.raises(ConnectionFailedError, match=f'"{name}" does not exist'):
            await store.list_collections("tenant")
        execute(owner_dsn, f"CREATE DATABASE {name}")
        assert await store.list_collections("tenant") == []


async def test_a_server_that_takes_no_more_connections_is_told(
    open_store: Opener, database: str, role: str
) -> None:
    execute(database, f"ALTER ROLE {role} CONNECTION LIMIT 0")
    error = await failure_of(open_store(make_conninfo(database, user=role)), ConnectionFailedError)

    assert "too many connections" in str(error)


async def test_sslmode_require_fails_on_a_server_without_tls(
    open_store: Opener, database: str
) -> None:
    # libpq speaks no TLS over a socket file
    with proxy_to(database) as proxy:
        dsn = make_conninfo(proxy.dsn, sslmode="require")
        error = await failure_of(open_store(dsn), ConnectionFailedError)

    assert "server does not support SSL" in str(error)


async def test_sslmode_disable_works_on_a_server_without_tls(
    open_store: Opener, database: str
) -> None:
    with proxy_to(database) as proxy:
        async with closing(open_store(make_conninfo(proxy.dsn, sslmode="disable"))) as store:
            assert await store.list_collections("tenant") == []


async def test_a_full_pool_is_told_and_works_again(open_store: Opener, database: str) -> None:
    store = open_store(database, min_connections=1, max_connections=1, connection_timeout=0.5)
    async with closing(store):
        table = await fill(store, "tenant")
        with psycopg.connect(database) as other:
            other.execute(sql.SQL(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
            waiting = start(store, store.count("tenant", "docs"))
            await until(lambda: others_who_wait(database))
            with pytest.raises(ConnectionFailedError, match="all 1 of the pool are in use"):
                await store.count("tenant", "docs")
        assert await waiting == 3
        assert await store.count("tenant", "docs") == 3


def others_who_wait(dsn: str) -> list[tuple[Any, ...]]:
    """Sessions of this database that wait for a lock."""
    return execute(
        dsn,
        "SELECT pid FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'",
    )


# --- a pool of the caller's own


@asynccontextmanager
async def pool_like(store: Any, dsn: str, **options: Any) -> AsyncIterator[Any]:
    """A pool of the kind that the store takes."""
    options = {"min_size": 1, "max_size": 4, **options}
    if is_async(store):
        async with AsyncConnectionPool(dsn, open=False, **options) as pool:
            yield pool
    else:
        with ConnectionPool(dsn, open=True, **options) as pool:
            yield pool


async def state_of(pool: Any) -> tuple[bool, bool, TransactionStatus]:
    """What the pool's next user gets: alive, autocommit, transaction."""
    if isinstance(pool, AsyncConnectionPool):
        async with pool.connection() as connection:
            return connection.closed, connection.autocommit, connection.info.transaction_status
    with pool.connection() as connection:
        return connection.closed, connection.autocommit, connection.info.transaction_status


@pytest.mark.parametrize("autocommit", [False, True])
async def test_a_pool_of_the_callers_own_is_left_as_it_was(
    open_store: Opener, database: str, autocommit: bool
) -> None:
    kind = open_store("host=x")
    options = {"max_size": 1, "kwargs": {"autocommit": autocommit}}
    async with pool_like(kind, database, **options) as pool:
        async with closing(open_store(pool=pool)) as store:
            await use_every_verb(store, "tenant")
            with pytest.raises(InvalidArgumentError, match="text_search"):
                await store.ensure_collection("tenant", Collection("d", 3, text_search="Klingon"))
            with pytest.raises(CollectionConflictError):
                await store.ensure_collection(
                    "tenant", Collection("d", 3, table_name="collections")
                )
        assert await state_of(pool) == (False, autocommit, TransactionStatus.IDLE)
        assert not pool.closed


async def register_vector_of(connection: Any) -> None:
    await register_vector_async(connection)


async def read_json_in_a_way_of_its_own_async(connection: Any) -> None:
    read_json_in_a_way_of_its_own(connection)


def read_json_in_a_way_of_its_own(connection: Any) -> None:
    set_json_loads(lambda data: ["not", "what", "was", "stored", json.loads(data)], connection)


async def test_a_pool_may_have_habits_of_its_own(open_store: Opener, database: str) -> None:
    kind = open_store("host=x")
    options = {
        "kwargs": {
            "row_factory": dict_row,
            "cursor_factory": psycopg.AsyncClientCursor if is_async(kind) else psycopg.ClientCursor,
            "prepare_threshold": 0,
        },
        "configure": read_json_in_a_way_of_its_own_async
        if is_async(kind)
        else read_json_in_a_way_of_its_own,
    }
    async with (
        pool_like(kind, database, **options) as pool,
        closing(open_store(pool=pool)) as store,
    ):
        await use_every_verb(store, "tenant")


async def test_a_pool_may_have_pgvectors_own_types_registered(
    open_store: Opener, database: str
) -> None:
    execute(database, "CREATE EXTENSION vector")
    kind = open_store("host=x")
    options = {
        "kwargs": {"autocommit": True},
        "configure": register_vector_of if is_async(kind) else register_vector,
    }
    async with (
        pool_like(kind, database, **options) as pool,
        closing(open_store(pool=pool)) as store,
    ):
        await use_every_verb(store, "tenant")


async def test_a_pool_may_keep_no_connection(open_store: Opener, database: str) -> None:
    if is_async(open_store("host=x")):
        async with AsyncNullConnectionPool(database, open=False) as pool:
            await use_every_verb(open_store(pool=pool), "tenant")
    else:
        with NullConnectionPool(database, open=True) as pool:
            await use_every_verb(open_store(pool=pool), "tenant")


async def test_a_pool_that_is_closed_is_told(open_store: Opener, database: str) -> None:
    async with pool_like(open_store("host=x"), database) as pool:
        store = open_store(pool=pool)
        await store.list_collections("tenant")

    with pytest.raises(ConnectionFailedError, match="pool is closed"):
        await store.list_collections("tenant")


async def test_a_pool_that_was_never_opened_is_told(open_store: Opener, database: str) -> None:
    kind = AsyncConnectionPool if is_async(open_store("host=x")) else ConnectionPool
    with pytest.raises(ConnectionFailedError, match="never opened"):
        await open_store(pool=kind(database, open=False)).list_collections("tenant")


async def test_a_pool_of_the_callers_own_that_is_full_is_told(
    open_store: Opener, database: str
) -> None:
    kind = open_store("host=x")
    async with pool_like(kind, database, max_size=1, timeout=0.3) as pool:
        store = open_store(pool=pool)
        await store.list_collections("tenant")
        taken = pool.getconn()
        connection = await taken if is_async(kind) else taken
        try:
            with pytest.raises(ConnectionFailedError, match="all 1 of the pool are in use"):
                await store.list_collections("tenant")
        finally:
            given_back = pool.putconn(connection)
            if is_async(kind):
                await given_back
        assert await store.list_collections("tenant") == []


async def test_a_pool_whose_server_is_gone_is_not_called_full(
    open_store: Opener, closed_port: int
) -> None:
    dsn = f"host=127.0.0.1 port={closed_port}"
    async with pool_like(open_store("host=x"), dsn, timeout=0.3) as pool:
        error = await failure_of(open_store(pool=pool), ConnectionFailedError)

    assert "reach" in str(error)


def test_a_pool_of_the_wrong_kind_is_refused(open_store: Opener) -> None:
    asks_for_async = is_async(open_store("host=x"))
    wrong: Any = ConnectionPool if asks_for_async else AsyncConnectionPool
    wanted = "AsyncConnectionPool" if asks_for_async else "ConnectionPool"
    for pool in (wrong("host=x", open=False), wrong, object(), "host=x"):
        with pytest.raises(
            InvalidArgumentError, match=f"pool must be a psycopg_pool.{wanted}, not"
        ):
            open_store(pool=pool)


# --- least privilege


async def test_without_setup_an_empty_database_is_told_and_stays_empty(
    open_store: Opener, database: str
) -> None:
    error = await failure_of(open_store(database, setup=False), DatabaseError)

    assert "lacks pgvector, and setup=False creates nothing" in str(error)
    assert isinstance(error, DatabaseError)
    assert error.missing == "pgvector"
    assert what_was_made_in(database) == [(0, 0)]


async def test_without_setup_a_database_with_pgvector_alone_is_told_and_stays_so(
    open_store: Opener, database: str
) -> None:
    execute(database, "CREATE EXTENSION vector")

    error = await failure_of(open_store(database, setup=False, schema="mine"), DatabaseError)

    assert "lacks the schema 'mine' of pgrecall" in str(error)
    assert isinstance(error, DatabaseError)
    assert error.missing == "schema"
    assert what_was_made_in(database) == [(1, 0)]


def what_was_made_in(dsn: str) -> list[tuple[Any, ...]]:
    return execute(
        dsn,
        "SELECT (SELECT count(*) FROM pg_extension WHERE extname = 'vector'),"
        " (SELECT count(*) FROM pg_namespace WHERE nspname IN ('pgrecall', 'mine'))",
    )


@pytest.fixture
def shared(database: str) -> str:
    """A database whose owner set up a store with the collection "docs", empty."""
    with Store(database) as store:
        store.ensure_collection("tenant", Collection("docs", 3, fields={"page": "number"}))
    return database


def grant(dsn: str, rights: str, role: str) -> str:
    """Give a role rights on what the owner made; its DSN."""
    execute(
        dsn,
        f"GRANT USAGE ON SCHEMA pgrecall TO {role}",
        f"GRANT {rights} ON ALL TABLES IN SCHEMA pgrecall TO {role}",
    )
    return make_conninfo(dsn, user=role)


@pytest.mark.parametrize("setup", [False, True])
async def test_a_role_that_may_read_and_write_rows_uses_what_the_owner_made(
    open_store: Opener, shared: str, role: str, setup: bool
) -> None:
    dsn = grant(shared, "SELECT, INSERT, UPDATE, DELETE", role)
    async with closing(open_store(dsn, setup=setup)) as store:
        again = Collection("docs", 3, fields={"page": "number"})
        assert (await store.ensure_collection("tenant", again)).dimensions == 3
        await use_items(store, "tenant", "docs")
        assert [made.name for made in await store.list_collections("tenant")] == ["docs"]


async def test_a_role_that_may_not_create_tables_is_told_and_leaves_nothing(
    open_store: Opener, shared: str, role: str
) -> None:
    dsn = grant(shared, "SELECT, INSERT, UPDATE, DELETE", role)
    async with closing(open_store(dsn)) as store:
        with pytest.raises(DatabaseError, match="permission denied"):
            await store.ensure_collection("tenant", Collection("new", 3))
        assert await store.describe_collection("tenant", "new") is None


async def test_a_role_that_may_only_read_reads_and_writes_nothing(
    open_store: Opener, shared: str, role: str
) -> None:
    with Store(shared) as owners:
        owners.upsert("tenant", "docs", make_items(3))
    async with closing(open_store(grant(shared, "SELECT", role))) as store:
        assert [m.id for m in await store.search("tenant", "docs", [1, 1, 0.5], limit=1)]
        assert len(await store.get("tenant", "docs", ["id-00001"])) == 1
        for write in (
            lambda: store.upsert("tenant", "docs", make_items(5)),
            lambda: store.upsert("tenant", "docs", make_items(2500)),
            lambda: store.load("tenant", "docs", make_items(5)),
            lambda: store.delete("tenant", "docs", ["id-00001"]),
            lambda: store.delete_where("tenant", "docs", {"page": 1}),
            lambda: store.drop_collection("tenant", "docs"),
        ):
            with pytest.raises(DatabaseError, match=r"permission denied.*\[42501\]"):
                await write()
        assert await store.list_ids("tenant", "docs") == ["id-00000", "id-00001", "id-00002"]


async def test_a_server_that_only_reads_is_told(open_store: Opener, shared: str) -> None:
    dsn = make_conninfo(shared, options="-c default_transaction_read_only=on")
    async with closing(open_store(dsn)) as store:
        assert await store.count("tenant", "docs") == 0
        with pytest.raises(DatabaseError, match="read-only transaction"):
            await store.upsert("tenant", "docs", make_items(1))
        with pytest.raises(DatabaseError, match="read-only transaction"):
            await store.upsert("tenant", "docs", make_items(2500))
        assert await store.count("tenant", "docs") == 0


async def test_a_role_without_rights_on_the_schema_is_told(
    open_store: Opener, shared: str, role: str
) -> None:
    error = await failure_of(open_store(make_conninfo(shared, user=role)), DatabaseError)

    assert "permission denied for schema pgrecall" in str(error)


async def test_a_role_that_may_not_create_the_extension_is_told(
    open_store: Opener, database: str, role: str
) -> None:
    error = await failure_of(open_store(make_conninfo(database, user=role)), DatabaseError)

    assert "let the database's owner run CREATE EXTENSION vector" in str(error)
    assert "permission denied" in str(error)
    assert isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege)


async def test_a_role_that_may_not_create_the_schema_is_told(
    open_store: Opener, database: str, role: str
) -> None:
    execute(database, "CREATE EXTENSION vector")
    error = await failure_of(open_store(make_conninfo(database, user=role)), DatabaseError)

    assert "open a store with setup=True once" in str(error)
    assert what_was_made_in(database) == [(1, 0)]


async def test_setting_up_while_another_client_makes_the_extension_works(
    open_store: Opener, database: str
) -> None:
    async with closing(open_store(database)) as store:
        with psycopg.connect(database) as other:
            other.execute("CREATE EXTENSION vector")
            waiting = start(store, store.list_collections("tenant"))
            await until(lambda: others_who_wait(database))
        assert await waiting == []


async def test_two_stores_with_schemas_of_their_own_set_up_one_database_at_once(
    open_store: Opener, database: str
) -> None:
    # what the first does meanwhile is what a store in the schema "first" would
    async with closing(open_store(database, schema="second")) as store:
        with proxy_to(database) as proxy, Store(proxy.dsn, schema="first") as other:
            held = proxy.hold(b"CREATE SCHEMA")
            first = asyncio.ensure_future(asyncio.to_thread(other.list_collections, "tenant"))
            await until(held.met.is_set)
            second = start(store, store.list_collections("tenant"))
            await until(lambda: others_who_wait(database))
            held.go_on.set()
            assert await first == []
            assert await second == []


# --- where pgvector is, and is not


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
    told = CliRunner().invoke(app, ["load", "-", "--dsn", database], input='{"text": "a"}\n')
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
