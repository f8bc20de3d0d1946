"""How a store reaches its server: the DSN, and what a new connection needs."""

from __future__ import annotations

import asyncio
import inspect
import math
import os
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias

from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgrecall import embedded
from pgrecall._connections.dsn import EMBEDDED_PREFIX, checked_dsn, names_a_server
from pgrecall._statements.layout import MAX_IDENTIFIER_BYTES
from pgrecall._values.memory import checked_memory
from pgrecall._values.strings import check_name
from pgrecall.errors import InvalidArgumentError

CONSISTENCIES = ("eventual", "read_your_writes")
"""How a read from a replica relates to the writes before it."""

VARIABLE = "PGRECALL_DSN"
"""Environment variable with the DSN of a store that is given none."""

DEFAULT_MIN = 2
"""The pool's least connections where the caller names none."""

REPLICA_TIMEOUT = 2.0
"""Seconds to wait for a replica at most: the primary can serve in its place."""

SILENCE = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 120_000,
}
"""How libpq notices a server's host that fell silent: within two minutes.

TCP's own defaults take 15 minutes where something was sent, and two hours where an answer is
awaited. The last is milliseconds, and also ends a connection whose server reads nothing for so
long: what may wait for a lock is sent before what fills the buffers between the two.
"""

_NOTHING_NAMED = (
    "where libpq looks if nothing names a server: set PGRECALL_DSN or give a dsn; `pgrecall up`"
    " starts a server and prints its DSN, and the dsn 'embedded:PATH' starts one too"
)

STANDBY_FIRST = {"target_session_attrs": "prefer-standby", "load_balance_hosts": "random"}
"""Which of several replicas libpq takes, where the DSN does not say."""

Dsn: TypeAlias = str | Callable[[], str] | Callable[[], Awaitable[str]]
"""A DSN, or a function that gives one for each new connection."""


_OF_SERVICES = ("service", "servicefile")
_NO_ARGUMENTS = {"is_of_replicas", "surroundings"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to connect, checked. Its repr shows no password."""

    dsn: Dsn | None
    schema: str
    min_connections: int
    max_connections: int
    connection_timeout: float
    read_dsn: Dsn | None
    consistency: str
    setup: bool
    build_memory: int | None = None
    is_of_replicas: bool = False
    surroundings: tuple[tuple[str, str], ...] = ()

    def of_replicas(self) -> Settings | None:
        """Give how to reach the replicas; libpq takes any of several hosts, a standby first."""
        if self.read_dsn is None:
            return None
        return replace(
            self,
            dsn=self.read_dsn,
            read_dsn=None,
            min_connections=0,
            connection_timeout=min(self.connection_timeout, REPLICA_TIMEOUT),
            is_of_replicas=True,
        )

    def conninfo(self) -> str:
        """Give libpq's connection string; starts the bundled server where the DSN asks for it.

        Raises:
            InvalidArgumentError: The caller's function gave no DSN.
        """
        if callable(self.dsn):
            return self._completed(self._checked(_settled(self.dsn())))
        return self._completed(self.dsn or "")

    async def conninfo_async(self) -> str:
        """Give it in an event loop, which goes on meanwhile."""
        if callable(self.dsn):
            given = await asyncio.to_thread(self.dsn)
            if inspect.isawaitable(given):
                given = await given
            return await asyncio.to_thread(self._completed, self._checked(given))
        if (self.dsn or "").startswith(EMBEDDED_PREFIX):
            return await asyncio.to_thread(self.conninfo)
        return self._completed(self.dsn or "")

    def arguments(self) -> dict[str, Any]:
        """Give what a store is made of; the DSN has its password."""
        names = (each.name for each in fields(self) if each.name not in _NO_ARGUMENTS)
        return {name: getattr(self, name) for name in names}

    def memory_allowed(self) -> int | None:
        """Give the bytes that a build may have at most; None where nothing is known of the machine.

        What the caller said goes first; the bundled server is on this machine.
        """
        if self.build_memory is not None:
            return self.build_memory
        dsn = self.dsn if isinstance(self.dsn, str) else None
        if dsn is None:
            return None
        if dsn.startswith(EMBEDDED_PREFIX):
            return embedded.memory_for_builds()
        host = conninfo_to_dict(dsn).get("host") or dict(self.surroundings).get("host", "")
        return embedded.memory_for_builds(str(host))

    def _checked(self, given: object) -> str:
        if not isinstance(given, str):
            msg = f"{self.where()} must give a string, not {type(given).__name__}"
            raise InvalidArgumentError(msg)
        return checked_dsn(self.where(), given, self.schema)

    def _completed(self, dsn: str) -> str:
        if dsn.startswith(EMBEDDED_PREFIX):
            dsn = embedded.start(dsn.removeprefix(EMBEDDED_PREFIX) or None)
        extra: dict[str, Any] = {"client_encoding": "utf8"}
        given = conninfo_to_dict(dsn)
        if "application_name" not in given:
            extra["fallback_application_name"] = "pgrecall"
        # libpq takes whole seconds, and reads 1 as 2
        timeout = {"connect_timeout": max(2, round(self.connection_timeout))}
        defaults = timeout | SILENCE | (STANDBY_FIRST if self.is_of_replicas else {})
        defaults |= self._surroundings_of(given)
        extra |= {name: value for name, value in defaults.items() if name not in given}
        return make_conninfo(dsn, **extra)

    def _surroundings_of(self, given: Mapping[str, Any]) -> dict[str, str]:
        # a service's own file comes before the environment, and libpq reads it
        found = dict(self.surroundings)
        if "service" in given or "service" in found:
            return {name: found[name] for name in _OF_SERVICES if name in found}
        return found

    def where(self) -> str:
        """Name the server for messages: no password, no options."""
        if callable(self.dsn):
            return f"the DSN that {_name_of(self.dsn)} gives"
        dsn = self.dsn or ""
        if dsn.startswith(EMBEDDED_PREFIX):
            return dsn
        given = conninfo_to_dict(dsn)
        host = (
            given.get("host") or given.get("hostaddr") or os.environ.get("PGHOST", "local socket")
        )
        port = given.get("port") or os.environ.get("PGPORT", "5432")
        named = f"PostgreSQL at {host}:{port}"
        return named if names_a_server(dsn) else f"{named} ({_NOTHING_NAMED})"

    def __repr__(self) -> str:
        """Show where the store points, and nothing secret."""
        if callable(self.dsn):
            return f"{_name_of(self.dsn)}, schema={self.schema!r}"
        dsn = self.dsn or ""
        if dsn.startswith(EMBEDDED_PREFIX):
            return f"{dsn!r}, schema={self.schema!r}"
        given = conninfo_to_dict(dsn)
        shown = [
            f"{key}={given[key]}" for key in ("host", "port", "dbname", "user") if given.get(key)
        ]
        return f"{' '.join(shown)!r}, schema={self.schema!r}"


def settings(
    dsn: Dsn | None,
    *,
    schema: str,
    min_connections: int,
    max_connections: int,
    connection_timeout: float,
    read_dsn: Dsn | None,
    consistency: str,
    setup: bool,
    build_memory: int | str | None = None,
) -> Settings:
    """Check a store's arguments.

    Raises:
        InvalidArgumentError: One cannot be used.
    """
    name, dsn = ("dsn", dsn) if dsn is not None else (VARIABLE, os.environ.get(VARIABLE))
    if dsn is not None and not isinstance(dsn, str) and not callable(dsn):
        msg = f"dsn must be a string, or a function that gives one, not {type(dsn).__name__}"
        raise InvalidArgumentError(msg)
    check_name("schema", schema, limit=MAX_IDENTIFIER_BYTES)
    if isinstance(dsn, str):
        dsn = checked_dsn(name, dsn, schema)
    _check_replicas(read_dsn, consistency)
    if isinstance(read_dsn, str):
        read_dsn = checked_dsn("read_dsn", read_dsn, schema)
    _check_types(min_connections, max_connections, connection_timeout)
    if min_connections == DEFAULT_MIN:
        # who asks for one connection at most has not asked for two at least
        min_connections = min(min_connections, max(max_connections, 1))
    if not 0 <= min_connections <= max_connections or max_connections < 1:
        msg = (
            f"min_connections={min_connections} and max_connections={max_connections} must keep"
            " 0 <= min <= max and max >= 1"
        )
        raise InvalidArgumentError(msg)
    if not 0 < connection_timeout < math.inf:
        msg = f"connection_timeout={connection_timeout!r} must be a number of seconds above 0"
        raise InvalidArgumentError(msg)
    return Settings(
        dsn=dsn,
        schema=schema,
        min_connections=min_connections,
        max_connections=max_connections,
        connection_timeout=connection_timeout,
        read_dsn=read_dsn,
        consistency=consistency,
        setup=setup,
        build_memory=(
            None if build_memory is None else checked_memory("build_memory", build_memory)
        ),
        surroundings=_surroundings(),
    )


def _surroundings() -> tuple[tuple[str, str], ...]:
    """Read libpq's own variables once: a pool that grows later must not reach another database."""
    found = []
    for option in pq.Conninfo.get_defaults():
        value = os.environ.get((option.envvar or b"").decode())
        if value and option.keyword != b"client_encoding":
            found.append((option.keyword.decode(), value))
    return tuple(found)


def check_pool(pool: object, kind: type) -> None:
    """Raise InvalidArgumentError unless ``pool`` is None or of the store's own kind."""
    if pool is not None and not isinstance(pool, kind):
        msg = f"pool must be a psycopg_pool.{kind.__name__}, not {type(pool).__name__}"
        raise InvalidArgumentError(msg)


def _check_replicas(read_dsn: object, consistency: object) -> None:
    if consistency not in CONSISTENCIES:
        msg = f"consistency={consistency!r} is unknown; it can be {' or '.join(CONSISTENCIES)}"
        raise InvalidArgumentError(msg)
    if read_dsn is None:
        if consistency != CONSISTENCIES[0]:
            msg = f"consistency={consistency!r} is for reads from replicas: it needs a read_dsn"
            raise InvalidArgumentError(msg)
        return
    if callable(read_dsn):
        return
    if not isinstance(read_dsn, str):
        kind = type(read_dsn).__name__
        msg = f"read_dsn must be a string, or a function that gives one, not {kind}"
        raise InvalidArgumentError(msg)


def _check_types(min_connections: object, max_connections: object, timeout: object) -> None:
    for name, value in (("min_connections", min_connections), ("max_connections", max_connections)):
        if not isinstance(value, int):
            msg = f"{name} must be a whole number, not {value!r}"
            raise InvalidArgumentError(msg)
    if not isinstance(timeout, int | float):
        msg = f"connection_timeout must be a number of seconds, not {timeout!r}"
        raise InvalidArgumentError(msg)


def _settled(given: object) -> object:
    if not inspect.isawaitable(given):
        return given
    # this thread may run an event loop already: another one awaits it
    box: list[Any] = []

    async def wait() -> Any:
        return await given

    def settle() -> None:
        try:
            box.extend((asyncio.run(wait()), None))
        except BaseException as error:  # noqa: BLE001  # the caller's thread raises it
            box.extend((None, error))

    thread = threading.Thread(target=settle, name="pgrecall-dsn")
    thread.start()
    thread.join()
    value, error = box
    if error is not None:
        raise error
    return value


def _name_of(function: object) -> str:
    return f"{getattr(function, '__qualname__', type(function).__name__)}()"
