"""Bring a database to where the store can use it."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from pgrecall._operations.work import Work, one
from pgrecall._statements.collections import database, versions
from pgrecall.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.collections.database import Identity
    from pgrecall._statements.layout import Server
    from pgrecall._statements.statement import Statement

T = TypeVar("T")

_logger = logging.getLogger("pgrecall")

# unique_violation, duplicate_object, duplicate_schema, duplicate_table: CREATE ... IF NOT EXISTS
# looks before it waits
_MADE_ELSEWHERE = {"23505", "42710", "42P06", "42P07"}
# insufficient_privilege, read_only_sql_transaction: a reader, or a replica
_NOT_OURS_TO_CHANGE = {"42501", "25006"}
# lock_not_available
_IN_USE = "55P03"
_PATIENCE = "5s"
"""How long a migration waits for another client's; a new registry's maker waits as it takes."""
# undefined_table, undefined_column: the name may be a collection's of an older registry
_NO_SUCH_TABLE = {"42P01", "42703"}
# undefined_column, datatype_mismatch, undefined_function: schema_version is another program's
_NOT_OUR_VERSION = {"42703", "42804", "42883"}


def set_up(context: Context, *, allowed: bool) -> Operation[None]:
    """Find pgvector and the registry; create what is missing where that is allowed.

    Raises:
        DatabaseError: Something is missing and may not or cannot be created, or the registry is
            newer than this client can use.
    """
    row = yield from _inspect(context)
    server, has_registry = database.server_from(row), row[-1]
    if server is None or not has_registry:
        if not allowed:
            raise lacking(context, server, "setup=False creates nothing")
        # over several servers, only an owner may say it of an extension that is there
        with_vector = server is None
        first = versions.create(context.schema, with_vector=with_vector)
        yield from _grow(context, first, with_vector=with_vector)
        row = yield from _inspect(context)
        server = database.server_from(row)
    yield from _check_version(context, migrating=allowed)
    context.identity = yield from identified()
    context.server = server


def found_set_up(context: Context) -> Operation[tuple[Server | None, bool]]:
    """Find pgvector, and whether there is a registry that this client can use; create nothing.

    Raises:
        DatabaseError: The registry is newer than this client can use.
    """
    row = yield from _inspect(context)
    server, has_registry = database.server_from(row), bool(row[-1])
    if server is not None and has_registry:
        yield from _check_version(context, migrating=False)
    return server, has_registry


def identified() -> Operation[Identity | None]:
    """Tell which database of which server this is; None where this role may not know."""
    try:
        found = yield one(database.identity())
    except DatabaseError:
        return None
    return database.Identity(*found.rows[0])


def lacking(context: Context, server: Server | None, why: str) -> DatabaseError:
    """Say what a database lacks, and why it is not made."""
    missing = "pgvector" if server is None else f"the schema {context.schema!r} of pgrecall"
    return DatabaseError(
        f"this database lacks {missing}, and {why}:"
        " let its owner open a store once with setup=True",
        missing="pgvector" if server is None else "schema",
    )


def _check_version(context: Context, *, migrating: bool) -> Operation[None]:
    least, has = yield from _versions(context)
    if least > versions.SCHEMA_VERSION:
        msg = (
            f"the registry in schema {context.schema!r} has version {has}; this pgrecall knows"
            f" {versions.SCHEMA_VERSION}: upgrade the package to one that knows {least} at least"
        )
        raise DatabaseError(msg)
    if has < versions.SCHEMA_VERSION and migrating:
        yield from _migrate(context)


def needing_version(context: Context, number: int, work: Work[T]) -> Operation[T]:
    """Run work on a table that came with a version of the registry.

    Raises:
        DatabaseError: The registry is older, and this store could not or may not change it.
    """
    try:
        result: T = yield work
    except DatabaseError as error:
        if error.sqlstate not in _NO_SUCH_TABLE:
            raise
        raise older_registry(context, number, error) from error.__cause__
    return result


def older_registry(context: Context, number: int, error: DatabaseError) -> DatabaseError:
    """Say what an older registry than of a version lacks, and what the server said of it."""
    one_, other = versions.TABLES[number]
    return error.explained(
        f"the registry in schema {context.schema!r} is of an older version than {number} and has no"
        f" tables for {one_} and {other}: let its owner open a store once with setup=True (a"
        f" collection whose own table is named {one_!r} or {other!r} has to be dropped before, and"
        " what another program named so in this schema renamed)"
    )


def _inspect(context: Context) -> Operation[tuple[object, ...]]:
    result = yield one(database.inspect(context.schema))
    row: tuple[object, ...] = result.rows[0]
    return row


def _versions(context: Context) -> Operation[tuple[int, int]]:
    """Read the least version that a client must know, and that of the tables."""
    try:
        found = yield one(versions.read(context.schema))
    except DatabaseError as error:
        if error.sqlstate not in _NOT_OUR_VERSION:
            raise
        told = error.explained(_not_ours(context, "schema_version"))
        raise told from error.__cause__
    least, has = found.rows[0]
    return least, has


def _not_ours(context: Context, table: str) -> str:
    return (
        f"{table!r} in the schema {context.schema!r} is not pgrecall's: give the store another"
        " schema=, which it makes, or rename what is there"
    )


def _grow(
    context: Context, first: Sequence[Statement] = (), *, with_vector: bool = False
) -> Operation[None]:
    """Run the first statements, and bring the registry to its newest version."""
    body = partial(_growing, context, first)
    try:
        yield Work(body, writes=True, transaction=True)
    except DatabaseError as error:
        if error.sqlstate not in _MADE_ELSEWHERE:
            told = yield from _explained(context, error, with_vector=with_vector)
            raise told from error.__cause__
        # what another client was making is there now
        yield Work(body, writes=True, transaction=True)


def _growing(context: Context, first: Sequence[Statement]) -> Steps[None]:
    if not first:
        yield versions.wait_briefly(_PATIENCE)
    yield versions.lock(context.schema)
    if first:
        found = yield versions.foreign(context.schema, versions.FIRST_TABLES)
        for (table,) in found.rows:
            raise DatabaseError(_not_ours(context, table))
    for statement in first:
        yield statement
    # another client may have been here while this one waited
    found = yield versions.read(context.schema)
    missing = [each for each in versions.VERSIONS if each.number > found.rows[0][1]]
    if not missing:
        return
    found = yield versions.names_taken(context.schema)
    taken = {name for (name,) in found.rows}
    for version in missing:
        found = yield versions.foreign(context.schema, version.tables)
        if found.rows or not taken.isdisjoint(version.tables):
            return
        for statement in version.create(context.schema):
            yield statement


def _migrate(context: Context) -> Operation[None]:
    try:
        yield from _grow(context)
    except DatabaseError as error:
        # what the older registry has is served all the same; the rest says what it lacks
        if error.sqlstate == _IN_USE:
            _logger.warning(
                "the registry in schema %r stays at its older version: another session, a dump"
                " perhaps, uses it; the next store that is opened with setup=True tries again",
                context.schema,
            )
        elif error.sqlstate not in _NOT_OURS_TO_CHANGE:
            _logger.warning(
                "the registry in schema %r stays at its older version: %s", context.schema, error
            )


def _explained(
    context: Context, error: DatabaseError, *, with_vector: bool
) -> Operation[DatabaseError]:
    """Say what to do; the server's own words stay: they alone tell a provider's rules."""
    if error.sqlstate == "42501":  # insufficient_privilege
        extension = "run CREATE EXTENSION vector and " if with_vector else ""
        return error.explained(
            f"this role may not set up pgrecall: let the database's owner {extension}open a store"
            f" with setup=True once, then grant USAGE on schema {context.schema!r} and rights on"
            " its tables"
        )
    if error.sqlstate in _NOT_OUR_VERSION:
        return error.explained(_not_ours(context, "schema_version"))
    if not with_vector or error.sqlstate not in {"0A000", "58P01"}:
        return error
    # feature_not_supported, undefined_file: not installed, or not on a provider's list
    found = yield one(database.vector_is_available())
    if found.rows[0][0]:
        return error.explained(
            "this server has pgvector and did not create it: a managed server may want it on a list"
            " of allowed extensions, or created by its administrator; then try again"
        )
    return error.explained(
        "this server has no pgvector: install it there (package postgresql-NN-pgvector, or an image"
        " such as pgvector/pgvector), then try again"
    )
