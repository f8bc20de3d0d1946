"""How a store reaches its server: the DSN, and what a new connection needs."""

from __future__ import annotations

import math
import os
import re
import threading
import weakref
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import psycopg
from psycopg import pq, sql
from psycopg.adapt import Dumper
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgrecall import embedded
from pgrecall._rows import check_name
from pgrecall._statements.layout import MAX_IDENTIFIER_BYTES
from pgrecall._statements.statement import Statement
from pgrecall._vectors import Encoded
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import PoolStatistics

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from psycopg.abc import Buffer

CONSISTENCIES = ("eventual", "read_your_writes")
"""How a read from a replica relates to the writes before it."""

DEFAULT_MIN = 2
"""The pool's least connections where the caller names none."""

EMBEDDED_PREFIX = "embedded:"

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

BACKEND_PID = Statement(sql.SQL("SELECT pg_backend_pid()"))
"""Differs from what libpq was told where a pooler stands between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to connect, checked. Its repr shows no password."""

    dsn: str | None
    schema: str
    min_connections: int
    max_connections: int
    connection_timeout: float
    read_dsn: str | None
    consistency: str
    setup: bool

    def of_replicas(self) -> Settings | None:
        """Give how to reach the replicas; libpq takes any of several hosts, a standby first."""
        if self.read_dsn is None:
            return None
        given = conninfo_to_dict(self.read_dsn)
        defaults = {"target_session_attrs": "prefer-standby", "load_balance_hosts": "random"}
        asked = {key: value for key, value in defaults.items() if key not in given}
        return replace(
            self,
            dsn=make_conninfo(self.read_dsn, **asked),
            read_dsn=None,
            min_connections=0,
            connection_timeout=min(self.connection_timeout, REPLICA_TIMEOUT),
        )

    def conninfo(self) -> str:
        """Give libpq's connection string; starts the bundled server where the DSN asks for it."""
        dsn = self.dsn or ""
        if dsn.startswith(EMBEDDED_PREFIX):
            dsn = embedded.start(dsn.removeprefix(EMBEDDED_PREFIX) or None)
        extra: dict[str, Any] = {"client_encoding": "utf8"}
        given = conninfo_to_dict(dsn)
        if "application_name" not in given:
            extra["fallback_application_name"] = "pgrecall"
        if "connect_timeout" not in given and "PGCONNECT_TIMEOUT" not in os.environ:
            # libpq takes whole seconds, and reads 1 as 2
            extra["connect_timeout"] = max(2, round(self.connection_timeout))
        extra |= {name: value for name, value in SILENCE.items() if name not in given}
        return make_conninfo(dsn, **extra)

    def arguments(self) -> dict[str, Any]:
        """Give what a store is made of; the DSN has its password."""
        return asdict(self)

    def where(self) -> str:
        """Name the server for messages: no password, no options."""
        dsn = self.dsn or ""
        if dsn.startswith(EMBEDDED_PREFIX):
            return dsn
        given = conninfo_to_dict(dsn)
        host = (
            given.get("host") or given.get("hostaddr") or os.environ.get("PGHOST", "local socket")
        )
        port = given.get("port") or os.environ.get("PGPORT", "5432")
        return f"PostgreSQL at {host}:{port}"

    def __repr__(self) -> str:
        """Show where the store points, and nothing secret."""
        dsn = self.dsn or ""
        if dsn.startswith(EMBEDDED_PREFIX):
            return f"{dsn!r}, schema={self.schema!r}"
        given = conninfo_to_dict(dsn)
        shown = [
            f"{key}={given[key]}" for key in ("host", "port", "dbname", "user") if given.get(key)
        ]
        return f"{' '.join(shown)!r}, schema={self.schema!r}"


def settings(
    dsn: str | None,
    *,
    schema: str,
    min_connections: int,
    max_connections: int,
    connection_timeout: float,
    read_dsn: str | None,
    consistency: str,
    setup: bool,
) -> Settings:
    """Check a store's arguments.

    Raises:
        InvalidArgumentError: One cannot be used.
    """
    dsn = dsn if dsn is not None else os.environ.get("PGRECALL_DSN")
    if dsn is not None and not isinstance(dsn, str):
        msg = f"dsn must be a string, not {type(dsn).__name__}"
        raise InvalidArgumentError(msg)
    if not (dsn or "").startswith(EMBEDDED_PREFIX):
        _check_dsn("dsn", dsn or "")
    _check_replicas(read_dsn, consistency)
    check_name("schema", schema, limit=MAX_IDENTIFIER_BYTES)
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
    )


class CountedPool(Protocol):
    """What both kinds of psycopg_pool's pools and ours can tell."""

    @property
    def max_size(self) -> int:
        """Connections at most."""

    def get_stats(self) -> Mapping[str, int]:
        """Count connections and callers."""


def statistics_of(pool: CountedPool | None, maximum: int) -> PoolStatistics:
    """Read a pool's own counters; ``maximum`` is that of a pool not opened yet."""
    if pool is None:
        return PoolStatistics(0, 0, 0, maximum)
    counted = pool.get_stats()
    return PoolStatistics(
        counted.get("pool_size", 0),
        counted.get("pool_available", 0),
        counted.get("requests_waiting", 0),
        pool.max_size,
    )


class Lent:
    """How many connections of each pool are in use; psycopg_pool counts those it only tries."""

    def __init__(self) -> None:
        """Begin with none."""
        self._counts: weakref.WeakKeyDictionary[CountedPool, int] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def took(self, pool: CountedPool) -> None:
        """Count one more."""
        with self._lock:
            self._counts[pool] = self._counts.get(pool, 0) + 1

    def gave(self, pool: CountedPool) -> None:
        """Count one less."""
        with self._lock:
            self._counts[pool] -= 1

    def all_of(self, pool: CountedPool) -> bool:
        """Tell whether every connection that the pool may open is in use: its server is there."""
        return self._counts.get(pool, 0) >= pool.max_size


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
    if not isinstance(read_dsn, str):
        msg = f"read_dsn must be a string, not {type(read_dsn).__name__}"
        raise InvalidArgumentError(msg)
    _check_dsn("read_dsn", read_dsn)


def _check_types(min_connections: object, max_connections: object, timeout: object) -> None:
    for name, value in (("min_connections", min_connections), ("max_connections", max_connections)):
        if not isinstance(value, int):
            msg = f"{name} must be a whole number, not {value!r}"
            raise InvalidArgumentError(msg)
    if not isinstance(timeout, int | float):
        msg = f"connection_timeout must be a number of seconds, not {timeout!r}"
        raise InvalidArgumentError(msg)


# libpq takes the pieces of a password that is not percent-encoded for host, port or database
_PASSWORD_IN_PIECES = re.compile(r"postgres(?:ql)?://[^@/]*[@/][^?]*@")
_PORTS = re.compile(r"[0-9, ]*\Z")
# after an empty value, as in "user= password=...", it takes the next word for the value
_ANOTHER_IN_VALUE = re.compile(r"://|pass\w*\s*=", re.IGNORECASE)
_SHOWN = ("host", "hostaddr", "port", "dbname", "user")


def _check_dsn(name: str, dsn: str) -> None:
    try:
        given = {key: str(value) for key, value in conninfo_to_dict(dsn).items()}
        # without a host, user:password reads as host:port
        is_cut = "\0" in dsn or not _PORTS.match(given.get("port", ""))
        is_mixed = any(_ANOTHER_IN_VALUE.search(given.get(key, "")) for key in _SHOWN)
        if is_cut or is_mixed or _PASSWORD_IN_PIECES.match(dsn):
            raise psycopg.ProgrammingError
    except (psycopg.Error, UnicodeEncodeError):
        # libpq's own message may repeat a piece of the password
        msg = (
            f"{name} is no libpq URI (postgresql://user:password@host:5432/database, special"
            " characters percent-encoded) and no conninfo (host=... dbname=...);"
            " 'embedded:PATH' starts the bundled server"
        )
        raise InvalidArgumentError(msg) from None


class _EncodedDumper(Dumper):
    """Sends bytes that are a value already; type 0 lets the statement's cast decide."""

    format = pq.Format.BINARY
    oid = 0

    def dump(self, obj: Encoded) -> Buffer:
        return obj


class Known:
    """The connections met so far: each is made ready once."""

    def __init__(self) -> None:
        """Begin with none."""
        self._ready: weakref.WeakSet[psycopg.BaseConnection[Any]] = weakref.WeakSet()

    def __contains__(self, connection: psycopg.BaseConnection[Any]) -> bool:
        """Tell whether the connection was made ready."""
        return connection in self._ready

    def add(self, connection: psycopg.BaseConnection[Any], backend_pid: int) -> None:
        """Make a connection ready, given what ``BACKEND_PID`` answered."""
        connection.adapters.register_dumper(Encoded, _EncodedDumper)
        if connection.info.backend_pid != backend_pid:
            # behind a pooler in transaction mode a prepared statement may be on another server
            connection.prepare_threshold = None
        self._ready.add(connection)

    def __iter__(self) -> Iterator[psycopg.BaseConnection[Any]]:
        """Give the connections that are still referenced: what each was found to be."""
        return iter(list(self._ready))
