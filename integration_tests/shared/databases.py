"""New databases, many and small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

if TYPE_CHECKING:
    from typing import LiteralString

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
