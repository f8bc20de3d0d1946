"""What the tests of full pools share: a role that the server refuses one session too many."""

from __future__ import annotations

import threading
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from integration_tests.shared.faults import execute
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgrecall import ConnectionFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = "max_connections or connection_timeout"
"""What who waited too long may raise."""

AWAY = "is the server up"


def limited(dsn: str, sessions: int) -> str:
    """Reach a database as a role of its own that may read, in so many sessions at once."""
    role = f"role_{uuid.uuid4().hex[:12]}"
    execute(
        dsn,
        f"CREATE ROLE {role} LOGIN CONNECTION LIMIT {sessions}",
        f"GRANT pg_read_all_data TO {role}",
    )
    return make_conninfo(dsn, user=role, application_name=role)


def sessions_of(owner_dsn: str, dsn: str) -> int:
    """How many sessions the application that a DSN names has now."""
    name = conninfo_to_dict(dsn)["application_name"]
    found = execute(
        make_conninfo(owner_dsn, application_name="watcher"),
        f"SELECT count(*)::int FROM pg_stat_activity WHERE application_name = '{name}'",
    )
    return int(found[0][0])


@contextmanager
def watched(owner_dsn: str, dsn: str) -> Iterator[list[int]]:
    """Note all the time how many sessions that application has; the list holds the highest."""
    name = conninfo_to_dict(dsn)["application_name"]
    most, stopped = [0], threading.Event()

    def watch() -> None:
        watcher = make_conninfo(owner_dsn, application_name="watcher")
        with psycopg.connect(watcher, autocommit=True) as connection:
            while not stopped.wait(0.002):
                [(count,)] = connection.execute(
                    "SELECT count(*)::int FROM pg_stat_activity WHERE application_name = %s",
                    [name],
                )
                most[0] = max(most[0], count)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield most
    finally:
        stopped.set()
        thread.join()


def told(results: list[Any]) -> dict[str, int]:
    """Count what callers got: an answer, a full pool, or what else an error said."""
    counts: dict[str, int] = {}
    for each in results:
        kind = "right"
        if isinstance(each, BaseException):
            full = isinstance(each, ConnectionFailedError) and FULL in str(each)
            kind = "full" if full else f"{type(each).__name__}: {each}"
        elif each != 3:
            kind = f"wrong: {each!r}"
        counts[kind] = counts.get(kind, 0) + 1
    return counts
