"""DSNs as people have them: libpq's two forms, and what other programs write in the same place."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from pgrecall.errors import InvalidArgumentError

EMBEDDED_PREFIX = "embedded:"

SERVER_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE", "PGDATABASE", "PGUSER")
"""libpq's environment variables any of which says where a server is."""

# SQLAlchemy's "postgresql+psycopg://", JDBC's "jdbc:postgresql://", and capitals
_SCHEME = re.compile(r"(?:jdbc:)?postgres(?:ql)?(?:\+\w+)?://", re.IGNORECASE)
# libpq takes the pieces of a password that is not percent-encoded for host, port or database
_PASSWORD_IN_PIECES = re.compile(r"postgres(?:ql)?://[^@/]*[@/][^?]*@")
_URIS = ("postgresql://", "postgres://")
_LINE_BREAKS = frozenset("\r\n")
_PORTS = re.compile(r"[0-9, ]*\Z")
# after an empty value, as in "user= password=...", it takes the next word for the value
_ANOTHER_IN_VALUE = re.compile(r"://|pass\w*\s*=", re.IGNORECASE)
_SHOWN = ("host", "hostaddr", "port", "dbname", "user")
# what str() of an SQLAlchemy URL has in place of the password
_MASKED = "***"
_SSLMODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
# notes of other programs to themselves that say nothing about the server
_LEFT_OUT = frozenset({"pgbouncer", "supa", "workaround"})
_REMEDIES = {
    "connection_limit": "say max_connections=... in its place",
    "pool_size": "say max_connections=... in its place",
    "max_overflow": "say max_connections=... in its place",
    "pool_timeout": "say connection_timeout=... in its place",
    "socket_timeout": "set the role's statement_timeout in its place",
    "statement_cache_size": "leave it out: pgrecall finds out for itself whether it may prepare",
    "prepared_statement_cache_size": "leave it out: pgrecall finds out for itself whether it may"
    " prepare",
    "prepare_threshold": "leave it out: pgrecall finds out for itself whether it may prepare",
    "async_fallback": "leave it out: AsyncStore is async whatever the DSN says",
    "currentSchema": "say the store's own argument schema=... in its place",
    "search_path": "leave it out: pgrecall names its tables with their schema, which schema= says",
    "targetServerType": "say target_session_attrs=... in its place",
    "ApplicationName": "say application_name=... in its place",
    "command_timeout": "set the role's statement_timeout in its place",
    "sslaccept": "say sslmode=... in its place",
    "charset": "leave it out: pgrecall speaks UTF-8",
    "serverVersion": "leave it out: the server says it",
}
_KNOWN = frozenset({each.keyword.decode() for each in pq.Conninfo.get_defaults()} | {"ssl"})


def checked_dsn(name: str, dsn: str, schema: str) -> str:
    """Give a DSN as libpq takes it, or ``embedded:PATH``.

    White space and quotes around it go, as a file or a variable may have them. Of an SQLAlchemy or
    JDBC URL the driver's name goes; of parameters those that are notes of other programs.

    Args:
        name: What messages call it.
        dsn: A libpq URI or conninfo, or such a URL; "" leaves all to libpq's variables.
        schema: The store's schema: Prisma's ``?schema=`` may say the same.

    Raises:
        InvalidArgumentError: It is none; the message holds no piece of it.
    """
    dsn = _unwrapped(dsn)
    if dsn.startswith(EMBEDDED_PREFIX):
        return dsn
    dsn = _SCHEME.sub("postgresql://", dsn, count=1) if _SCHEME.match(dsn) else dsn
    if dsn.startswith("postgresql://"):
        dsn = _with_libpq_parameters(name, dsn, schema)
    given = _pieces(dsn)
    if given is None:
        msg = (
            f"{name} is no libpq URI (postgresql://user:password@host:5432/database, special"
            " characters percent-encoded) and no conninfo (host=... dbname=...);"
            " 'embedded:PATH' starts the bundled server"
        )
        raise InvalidArgumentError(msg)
    if given.get("password") == _MASKED:
        msg = (
            f"the password in {name} is {_MASKED}: SQLAlchemy hides it in str(url);"
            " url.render_as_string(hide_password=False) does not"
        )
        raise InvalidArgumentError(msg)
    return dsn


def names_a_server(dsn: str) -> bool:
    """Tell whether a DSN or one of libpq's variables says where the server is."""
    return bool(dsn.strip()) or any(os.environ.get(name) for name in SERVER_VARIABLES)


def _pieces(dsn: str) -> dict[str, str] | None:
    """Read a DSN as libpq does; None where that cannot be what was meant.

    libpq's own error may repeat a piece of the password: no error of ours comes out of it.
    """
    try:
        given = {key: str(value) for key, value in conninfo_to_dict(dsn).items()}
    except (psycopg.Error, UnicodeError):
        return None
    # without a host, user:password reads as host:port
    is_cut = "\0" in dsn or not _PORTS.match(given.get("port", ""))
    # a line break that a URI's last part swallowed, as of a file with two lines
    is_cut = is_cut or (dsn.startswith(_URIS) and not _LINE_BREAKS.isdisjoint(dsn))
    is_mixed = any(_ANOTHER_IN_VALUE.search(given.get(key, "")) for key in _SHOWN)
    return None if is_cut or is_mixed or _PASSWORD_IN_PIECES.match(dsn) else given


def _unwrapped(dsn: str) -> str:
    dsn = dsn.strip("\ufeff \t\r\n\f\v")
    # a variable's quotes that no shell took off; no DSN begins with one
    if len(dsn) > 1 and dsn[0] == dsn[-1] and dsn[0] in "'\"":
        return dsn[1:-1].strip()
    return dsn


def _with_libpq_parameters(name: str, dsn: str, schema: str) -> str:
    address, mark, query = dsn.partition("?")
    if not mark or "@" in query:
        # what follows an @ is the host: the question mark belongs to a password
        return dsn
    kept = []
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        value = unquote(value)
        if key == "ssl" and value in _SSLMODES:
            kept.append(f"sslmode={value}")  # asyncpg's name
        elif key == "schema" and value == schema:
            continue
        elif key == "schema":
            msg = (
                f"{name} has the parameter 'schema', which is Prisma's and says where its tables"
                f" are: leave it out; those of pgrecall are in schema {schema!r}, which the"
                " store's own argument schema= says"
            )
            raise InvalidArgumentError(msg)
        elif key in _REMEDIES:
            msg = f"{name} has the parameter {key!r}, which libpq does not know: {_REMEDIES[key]}"
            raise InvalidArgumentError(msg)
        elif key in _LEFT_OUT:
            continue
        elif unquote(key) in _KNOWN or not key.isidentifier():
            kept.append(pair)
        else:
            # not its name, which may be a piece of a password that holds & and =
            msg = (
                f"{name} has, after its question mark, a parameter that libpq does not know: leave"
                " it out; one of another program may stand there, or a & of a password, which is"
                " %26"
            )
            raise InvalidArgumentError(msg)
    return f"{address}?{'&'.join(kept)}" if kept else address
