"""Bring a database to where the store can use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._operations.work import Work, one
from pgrecall._statements import registry
from pgrecall.errors import DatabaseError

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps


# unique_violation, duplicate_object, duplicate_schema, duplicate_table: CREATE ... IF NOT EXISTS
# looks before it waits
_MADE_ELSEWHERE = {"23505", "42710", "42P06", "42P07"}


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
        yield from _create(context)
        row = yield from _inspect(context)
        server = registry.server_from(row)
    found = yield one(registry.schema_version(context.schema))
    version = found.rows[0][0] or 0
    if version > registry.SCHEMA_VERSION:
        msg = (
            f"the registry in schema {context.schema!r} has version {version}; this pgrecall knows"
            f" {registry.SCHEMA_VERSION}: upgrade the package"
        )
        raise DatabaseError(msg)
    context.server = server


def _inspect(context: Context) -> Operation[tuple[object, ...]]:
    result = yield one(registry.inspect(context.schema))
    row: tuple[object, ...] = result.rows[0]
    return row


def _create(context: Context) -> Operation[None]:
    def body() -> Steps[None]:
        for statement in registry.set_up(context.schema):
            yield statement

    try:
        yield Work(body, writes=True, transaction=True)
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) not in _MADE_ELSEWHERE:
            raise _explained(context, error) from error.__cause__
        # what another client was making is there now
        yield Work(body, writes=True, transaction=True)


def _explained(context: Context, error: DatabaseError) -> DatabaseError:
    state = getattr(error.__cause__, "sqlstate", None)
    if state in {"0A000", "58P01"}:  # feature_not_supported, undefined_file: no such extension
        return DatabaseError(
            "this server has no pgvector: install it there (package postgresql-NN-pgvector, or an"
            " image such as pgvector/pgvector), then try again"
        )
    if state == "42501":  # insufficient_privilege
        return DatabaseError(
            "this role may not set up pgrecall: let the database's owner run CREATE EXTENSION"
            f" vector and open a store with setup=True once, then grant USAGE on schema"
            f" {context.schema!r} and rights on its tables ({error})"
        )
    return error
