"""A server that is not there is told from one that refuses."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.faults import closing, execute, fill, start, until
from integration_tests.shared.proxy import proxy_to
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrecall import ConnectionFailedError

if TYPE_CHECKING:
    from collections.abc import Callable

    Opener = Callable[..., Any]
from integration_tests.core.connections.opening.telling import (
    PASSWORD,
    TELLTALE,
    everything_told,
    failure_of,
    others_who_wait,
)


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


async def test_passwords_that_expire_are_made_anew_for_each_connection(
    open_store: Opener, owner_dsn: str, keeper: str
) -> None:
    def fresh_dsn() -> str:
        # as of a provider's tokens, the one before is worth nothing from now on
        execute(owner_dsn, f"ALTER ROLE {keeper} PASSWORD '{(token := uuid.uuid4().hex)}'")
        tokens.append(token)
        return make_conninfo(owner_dsn, user=keeper, password=token)

    tokens: list[str] = []
    of_keeper = f"FROM pg_stat_activity WHERE usename = '{keeper}'"
    store = open_store(fresh_dsn, min_connections=1, max_connections=1)
    try:
        async with closing(store):
            assert await store.list_collections("tenant") == []
            execute(owner_dsn, f"SELECT pg_terminate_backend(pid, 60000) {of_keeper}")
            assert await store.list_collections("tenant") == []
        old = make_conninfo(owner_dsn, user=keeper, password=tokens[0])
        error = await failure_of(open_store(old), ConnectionFailedError)
    finally:
        execute(owner_dsn, f"ALTER ROLE {keeper} PASSWORD '{PASSWORD}'")

    assert len(tokens) == 2
    assert "refused the credentials" in str(error)


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
