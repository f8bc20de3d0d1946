"""Bring a database to where the store can use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pgrecall._operations.work import Work, one
from pgrecall._statements.collections import registry
from pgrecall.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.statement import Statement

T = TypeVar("T")

# unique_violation, duplicate_object, duplicate_schema, duplicate_table: CREATE ... IF NOT EXISTS
# looks before it waits
_MADE_ELSEWHERE = {"23505", "42710", "42P06", "42P07"}
# insufficient_privilege, read_only_sql_transaction: a reader, or a replica
_NOT_OURS_TO_CHANGE = {"42501", "25006"}
# undefined_table, undefined_column: the name may be a collection's of an older registry
_NO_SUCH_TABLE = {"42P01", "42703"}


def set_up(context: Context, *, allowed: bool) -> Operation[None]:
    """Find pgvector and the registry; create what is missing where that is allowed.

    Raises:
        DatabaseError: Something is missing and may not or cannot be created.
    """
    row = yield from _inspect(context)
    server, has_registry = registry.server_from(row), row[-1]
    if server is None or not has_registry:
        if not allowed:
            missing = "pgvector" if server is None else f"the schema {context.schema!r} of pgrecall"
            msg = (
                f"this database lacks {missing}, and setup=False creates nothing:"
                " let its owner open a store once with setup=True"
            )
            raise DatabaseError(msg)
        # over several servers, only an owner may say it of an extension that is there
        wanted = registry.set_up(context.schema, with_vector=server is None)
        yield from _create(context, wanted, with_vector=server is None)
        row = yield from _inspect(context)
        server = registry.server_from(row)
    found = yield one(registry.schema_version(context.schema))
    version = found.rows[0][0] or 0
    if version < registry.SCHEMA_VERSION and allowed:
        yield from _migrate(context)
    if version > registry.SCHEMA_VERSION:
        msg = (
            f"the registry in schema {context.schema!r} has version {version}; this pgrecall knows"
            f" {registry.SCHEMA_VERSION}: upgrade the package"
        )
        raise DatabaseError(msg)
    context.server = server


def needing_tables(context: Context, work: Work[T]) -> Operation[T]:
    """Run work on a table that came with the registry's second version.

    Raises:
        DatabaseError: The registry is older, and this store could not or may not change it.
    """
    try:
        result: T = yield work
    except DatabaseError as error:
        if error.sqlstate not in _NO_SUCH_TABLE:
            raise
        raise older_registry(context, error) from error.__cause__
    return result


def older_registry(context: Context, error: DatabaseError) -> DatabaseError:
    """Say what an older registry lacks, and what the server said of it."""
    return error.explained(
        f"the registry in schema {context.schema!r} is of an older version and has no tables for"
        " entries and records: let its owner open a store once with setup=True (a collection whose"
        " own table is named 'entries' or 'records' has to be dropped before)"
    )


def _inspect(context: Context) -> Operation[tuple[object, ...]]:
    result = yield one(registry.inspect(context.schema))
    row: tuple[object, ...] = result.rows[0]
    return row


def _create(
    context: Context, statements: Sequence[Statement], *, with_vector: bool = False
) -> Operation[None]:
    def body() -> Steps[None]:
        for statement in statements:
            yield statement

    try:
        yield Work(body, writes=True, transaction=True)
    except DatabaseError as error:
        if error.sqlstate not in _MADE_ELSEWHERE:
            told = yield from _explained(context, error, with_vector=with_vector)
            raise told from error.__cause__
        # what another client was making is there now
        yield Work(body, writes=True, transaction=True)


def _migrate(context: Context) -> Operation[None]:
    taken = yield one(registry.new_names_taken(context.schema))
    if taken.rows[0][0]:
        return
    try:
        yield from _create(context, registry.migrate(context.schema))
    except DatabaseError as error:
        # collections are served all the same; entries and records say what they lack
        if error.sqlstate not in _NOT_OURS_TO_CHANGE:
            raise


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
    if not with_vector or error.sqlstate not in {"0A000", "58P01"}:
        return error
    # feature_not_supported, undefined_file: not installed, or not on a provider's list
    found = yield one(registry.vector_is_available())
    if found.rows[0][0]:
        return error.explained(
            "this server has pgvector and did not create it: a managed server may want it on a list"
            " of allowed extensions, or created by its administrator; then try again"
        )
    return error.explained(
        "this server has no pgvector: install it there (package postgresql-NN-pgvector, or an image"
        " such as pgvector/pgvector), then try again"
    )
