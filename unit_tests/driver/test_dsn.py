"""DSNs in the forms that people have them in: what is taken, and what is refused in which words."""

from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from pgrecall import AsyncStore, InvalidArgumentError, Store
from pgrecall._connections.settings import Settings, settings

PLAIN = "postgresql://u:s3cr3t@h:5433/db"


def settled(dsn: str | None, **changed: object) -> Settings:
    arguments: dict[str, object] = {
        "schema": "pgrecall",
        "min_connections": 0,
        "max_connections": 1,
        "connection_timeout": 5.0,
        "read_dsn": None,
        "consistency": "eventual",
        "setup": True,
    }
    return settings(dsn, **{**arguments, **changed})  # type: ignore[arg-type]  # as a caller may


@pytest.mark.parametrize(
    "dsn",
    [
        PLAIN,
        "postgres://u:s3cr3t@h:5433/db",
        "postgresql+psycopg://u:s3cr3t@h:5433/db",
        "postgresql+psycopg2://u:s3cr3t@h:5433/db",
        "postgres+asyncpg://u:s3cr3t@h:5433/db",
        "PostgreSQL://u:s3cr3t@h:5433/db",
        "jdbc:postgresql://h:5433/db?user=u&password=s3cr3t",
        f"{PLAIN}\n",
        f"\ufeff {PLAIN}\r\n",
        f'"{PLAIN}"',
        f"'{PLAIN}'\n",
        f"{PLAIN}?pgbouncer=true",
        f"{PLAIN}?schema=pgrecall",
        f"{PLAIN}?supa=base-pooler.x",
        "host=h port=5433 dbname=db user=u password=s3cr3t\n",
    ],
)
def test_a_dsn_whose_meaning_is_plain_is_taken(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {"host": "h", "port": "5433", "dbname": "db", "user": "u", "password": "s3cr3t"}
    assert conninfo_to_dict(settled(dsn).dsn or "") == wanted
    assert conninfo_to_dict(settled(PLAIN, read_dsn=dsn).read_dsn or "") == wanted
    monkeypatch.setenv("PGRECALL_DSN", dsn)
    assert conninfo_to_dict(settled(None).dsn or "") == wanted


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("sslmode=verify-full", {"sslmode": "verify-full"}),
        ("ssl=true", {"sslmode": "require"}),
        ("ssl=verify-full", {"sslmode": "verify-full"}),
        ("pgbouncer=true&sslmode=require&connect_timeout=3", {"sslmode": "require"}),
        ("options=-c%20jit%3Doff", {"options": "-c jit=off"}),
    ],
)
def test_parameters_that_libpq_knows_stay(query: str, kept: dict[str, str]) -> None:
    assert conninfo_to_dict(settled(f"{PLAIN}?{query}").dsn or "").items() >= kept.items()


@pytest.mark.parametrize(
    ("parameter", "remedy"),
    [
        ("schema=public", "schema= says"),
        ("connection_limit=5", "max_connections"),
        ("pool_timeout=5", "connection_timeout"),
        ("prepared_statement_cache_size=0", "leave it out"),
        ("currentSchema=x", "schema="),
        ("search_path=x", "schema="),
        ("targetServerType=primary", "target_session_attrs"),
        ("charset=utf8", "leave it out"),
    ],
)
@pytest.mark.parametrize("store", [Store, AsyncStore])
def test_a_parameter_of_another_program_is_refused_with_what_to_say_instead(
    parameter: str, remedy: str, store: type[Store | AsyncStore]
) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        store(f"{PLAIN}?sslmode=require&{parameter}")
    assert f"dsn has the parameter {parameter.partition('=')[0]!r}" in str(caught.value)
    assert remedy in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql+psycopg://u:p@3cr3t/w@h/db",
        "postgresql://u:p@h/db?3cr3t=1",
        "postgresql://u:x?schema=3cr3t&y@h/db?z=1",
        "mysql://u:3cr3t@h/db",
        "sqlite:///3cr3t.db",
        "postgresql://u:3cr3t@h/%bcollections",  # a byte that is no UTF-8
    ],
)
def test_what_is_refused_is_not_repeated(dsn: str) -> None:
    with pytest.raises(InvalidArgumentError, match="dsn") as caught:
        settled(dsn)
    assert "3cr3t" not in str(caught.value)


@pytest.mark.parametrize("dsn", [f"{PLAIN}?unheard=1", f"{PLAIN}?sslmode=require&unheard="])
def test_a_parameter_that_nobody_knows_is_told_as_one(dsn: str) -> None:
    with pytest.raises(InvalidArgumentError, match="a parameter that libpq does not know") as told:
        settled(dsn)
    assert "unheard" not in str(told.value)  # it may be a piece of a password


@pytest.mark.parametrize("ending", ["\nPGUSER=x", "\r\n\r\npostgresql://h2/db"])
def test_a_line_break_within_a_url_is_refused(ending: str) -> None:
    with pytest.raises(InvalidArgumentError, match="is no libpq URI"):
        settled(f"{PLAIN}{ending}")


def test_a_question_mark_in_a_password_is_no_parameter() -> None:
    given = conninfo_to_dict(settled("postgresql://u:x?schema=y@h/db").dsn or "")
    assert (given["password"], given["host"]) == ("x?schema=y", "h")


def test_the_password_that_sqlalchemy_hides_is_told() -> None:
    with pytest.raises(InvalidArgumentError, match=r"render_as_string\(hide_password=False\)"):
        settled("postgresql+psycopg://u:***@h/db")


def test_a_variable_that_cannot_be_used_is_told_by_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGRECALL_DSN", "postgresql://h/db?schema=public")
    with pytest.raises(InvalidArgumentError, match=r"^PGRECALL_DSN has the parameter 'schema'"):
        settled(None)


def test_a_path_of_the_bundled_server_may_end_in_a_line_break() -> None:
    assert settled(" embedded:/a b/c\n").dsn == "embedded:/a b/c"


@pytest.mark.parametrize("dsn", [None, "", "\n"])
def test_where_nothing_names_a_server_the_message_says_what_does(
    dsn: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PGRECALL_DSN", "PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE", "PGDATABASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("PGUSER", raising=False)
    where = settled(dsn).where()
    for words in ("PGRECALL_DSN", "`pgrecall up`", "embedded:PATH"):
        assert words in where
    monkeypatch.setenv("PGUSER", "me")
    assert settled(dsn).where() == "PostgreSQL at local socket:5432"
    assert settled("dbname=docs").where() == "PostgreSQL at local socket:5432"


async def test_what_a_function_gives_is_taken_and_refused_as_a_dsn_is() -> None:
    made = settled(lambda: "postgres+asyncpg://u:s3cr3t@h/db\n")  # type: ignore[arg-type]
    for conninfo in (made.conninfo(), await made.conninfo_async()):
        given = conninfo_to_dict(conninfo)
        assert (given["host"], given["password"]) == ("h", "s3cr3t")
    refused = settled(lambda: "postgresql://u:s3cr3t@h/db?schema=public")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="gives has the parameter 'schema'") as caught:
        refused.conninfo()
    assert "s3cr3t" not in str(caught.value)
