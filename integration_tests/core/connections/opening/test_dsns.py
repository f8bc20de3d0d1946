"""Where a store connects to, and what of it is shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from integration_tests.shared.faults import closing, execute, fill, own_folder
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgrecall import InvalidArgumentError, embedded

if TYPE_CHECKING:
    from collections.abc import Callable

    Opener = Callable[..., Any]
from integration_tests.core.connections.opening.telling import PASSWORD, TELLTALE, everything_told


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
