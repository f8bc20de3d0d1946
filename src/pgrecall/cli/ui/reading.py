"""Sessions that write nothing, where the server lets a session begin so."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgrecall.async_store import AsyncStore

if TYPE_CHECKING:
    from pgrecall.store import Store

_READ_ONLY = "-c default_transaction_read_only=on"
_LEAST, _MOST = 1, 8
"""Connections: what a page asks at once."""


def reading_store(store: Store) -> tuple[AsyncStore, bool]:
    """Give an async store on a store's server whose sessions are read-only.

    A pooler may refuse to let a client begin a session so; the store then reads all the same.

    Returns:
        The store, and whether its sessions are read-only.
    """
    settings = replace(
        store._driver.settings,  # noqa: SLF001  # what it was made of
        setup=False,
        min_connections=_LEAST,
        max_connections=_MOST,
    )
    arguments: dict[str, Any] = settings.arguments()
    plain = settings.conninfo()
    given = conninfo_to_dict(plain).get("options") or os.environ.get("PGOPTIONS") or ""
    reading = make_conninfo(plain, options=f"{given} {_READ_ONLY}".strip())
    try:
        with psycopg.connect(reading, autocommit=True) as connection:
            found = connection.execute("SHOW default_transaction_read_only").fetchone()
    except psycopg.Error:
        found = None
    is_read_only = found == ("on",)
    arguments["dsn"] = reading if is_read_only else plain
    return AsyncStore(**arguments), is_read_only
