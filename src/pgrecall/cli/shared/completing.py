"""What is offered when TAB is pressed, beside what typer knows by itself."""

from __future__ import annotations

import os
import re
import sys
import threading
from contextlib import suppress
from typing import Any

import typer  # typer reads annotations

from pgrecall import embedded
from pgrecall._connections.dsn import EMBEDDED_PREFIX, names_a_server
from pgrecall.store import Store

VARIABLE = "_PGRECALL_COMPLETE"
"""Environment variable by which a shell asks; typer derives it from the command's name."""

TIMEOUT = "PGRECALL_COMPLETION_TIMEOUT"
"""Environment variable with the seconds that a server has to answer."""

_SECONDS = 0.6  # where it is not set: who types waits
_MOST = 1_000  # collections that are looked through
# what every shell takes as it is: a name from a database must not be a command
_SAFE = re.compile(r"\w[\w.,+/-]*")


def is_asked() -> bool:
    """Tell whether a shell asks what could stand at its cursor."""
    return VARIABLE in os.environ


def prepare() -> None:
    """Let typer answer, and let nothing be told beside: it would stand in the user's line."""
    from typer import completion  # noqa: PLC0415  # only here

    completion.completion_init()  # type: ignore[attr-defined]  # no other name is typer's own
    os.environ["COLUMNS"] = "10000"  # what goes with a word stays in its line
    sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  # for good


def collections(ctx: typer.Context, incomplete: str) -> list[str]:
    """Name the collections that begin so; none where no server answers at once."""
    found: list[str] = []

    def look() -> None:
        with suppress(Exception):  # whatever it is, there is nothing to offer
            found.extend(_names(ctx.params))

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    looking.join(_patience())
    return [name for name in found if name.startswith(incomplete) and _SAFE.fullmatch(name)]


def _patience() -> float:
    try:
        return min(max(float(os.environ[TIMEOUT]), 0.0), threading.TIMEOUT_MAX)
    except (KeyError, ValueError):
        return _SECONDS


def _names(given: dict[str, Any]) -> list[str]:
    dsn = _running(given.get("dsn") or os.environ.get("PGRECALL_DSN"))
    schema, tenant = given.get("schema") or "pgrecall", given.get("tenant") or "default"
    if dsn is None and not names_a_server(""):
        return []
    with Store(dsn, schema=schema, min_connections=1, max_connections=1, setup=False) as store:
        return [one.name for one in store.list_collections(tenant, limit=_MOST)]


def _running(dsn: str | None) -> str | None:
    """Give the DSN; of a bundled server, where it runs: none is started for this."""
    if dsn is not None and not dsn.strip().startswith(EMBEDDED_PREFIX):
        return dsn
    if dsn is None and names_a_server(""):
        return None
    return embedded.dsn(dsn.strip().removeprefix(EMBEDDED_PREFIX) if dsn else None)
