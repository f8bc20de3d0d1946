"""Limits of a role or a database that would end what takes long by its nature."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgrecall._statements.layout import Server

HAS_TRANSACTION_TIMEOUT = 170_000


def lifted(server: Server) -> dict[str, str]:
    """Give the settings under which a build or a load takes the time that it takes.

    ``lock_timeout`` stays: who set it does not want to wait behind others.
    """
    names = ["statement_timeout"]
    if server.version >= HAS_TRANSACTION_TIMEOUT:
        names.append("transaction_timeout")
    return dict.fromkeys(names, "0")
