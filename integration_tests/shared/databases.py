"""New databases, many and small: empty ones, and ones that a store has been used on."""

from __future__ import annotations

import functools
import time
import uuid
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrecall import Store

if TYPE_CHECKING:
    from typing import LiteralString

PATIENCE = 60.0

BY_FILES = 150_000
"""The version from which on a database may be made by copying files, as every earlier one does."""


def create_database(dsn: str, name: str, options: LiteralString = "") -> str:
    """Make an empty database on a server, and give its DSN."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        # by way of the log, which is how it is done otherwise, takes twice as long
        by_files = "STRATEGY file_copy" if connection.info.server_version >= BY_FILES else ""
        connection.execute(
            sql.SQL("CREATE DATABASE {} {} {}").format(
                sql.Identifier(name), sql.SQL(by_files), sql.SQL(options)
            )
        )
    return make_conninfo(dsn, dbname=name)


def ready_database(dsn: str) -> str:
    """Make a database with pgvector and an empty registry, where not their making is tested."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(_ready(dsn))
            )
        )
    return make_conninfo(dsn, dbname=name)


@functools.cache
def _ready(dsn: str) -> str:
    """Make what a server's others are copied of, once."""
    name = f"ready_{uuid.uuid4().hex[:12]}"
    with Store(create_database(dsn, name)) as store:
        store.list_collections("nobody")
    with psycopg.connect(dsn, autocommit=True) as connection:
        # a session leaves a moment after it is closed, and nobody may be in what is copied
        there = sql.SQL("SELECT pid FROM pg_stat_activity WHERE datname = {}").format(name)
        deadline = time.monotonic() + PATIENCE
        while connection.execute(there).fetchone():
            assert time.monotonic() < deadline, "a session does not leave"
            time.sleep(0.01)
    return name
