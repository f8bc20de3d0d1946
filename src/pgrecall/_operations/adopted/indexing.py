"""Build an approximate index of somebody else's table, because its user asked for one by name."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pgrecall._operations.adopted.refusals import serving_index
from pgrecall._operations.context import look_up
from pgrecall._operations.gone import dropped
from pgrecall._operations.indexes import promise
from pgrecall._operations.indexes.aside import index_settings
from pgrecall._operations.indexes.claims import at_build, carried, claim, forget_claim
from pgrecall._operations.indexes.memory import in_memory
from pgrecall._operations.search import calibration
from pgrecall._operations.work import Work, one
from pgrecall._statements.adopted import indexing as statements
from pgrecall._statements.adopted.adopted import KINDS
from pgrecall._statements.collections import loaders, registry
from pgrecall._statements.collections.settings import Kept, without
from pgrecall.errors import DatabaseError, InvalidArgumentError, PgRecallError
from pgrecall.indexes import IvfFlat

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._operations.context import Context
    from pgrecall._operations.indexes.memory import Grant
    from pgrecall._operations.work import Build, Operation, Steps
    from pgrecall._statements.adopted.adopted import Adopted
    from pgrecall._statements.adopted.indexing import Ground
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Statement
    from pgrecall.indexes import Index
    from pgrecall.models import IndexProgress

_logger = logging.getLogger("pgrecall")

_HOLDS = {"r": "table", "m": "materialized view", "p": "partitioned table"}
_SHOWN = 12  # statements that a message has


def create(
    context: Context,
    stored: Stored,
    index: Index,
    *,
    watched: Callable[[Grant, Statement], Build],
    progress: Callable[[IndexProgress], object] | None,
    dry_run: bool,
) -> Operation[list[str] | None]:
    """Build an index unless one serves; give the statements that would, where nothing is to be run.

    Args:
        context: The store's.
        stored: The collection, as it was just looked up.
        index: What to build.
        watched: Gives a build with what it needs of its session.
        progress: Told how far it is.
        dry_run: Whether nothing is run.
    """
    began = time.monotonic()
    adopted = stored.adopted
    if adopted is None or adopted.vector is None:
        raise InvalidArgumentError(
            f"{_of(stored)} was adopted without a column of vectors: an index is of vectors alone"
        )
    if _serves(stored, index):
        _logger.info("%s serves %s already: nothing is built", serving_index(stored), _of(stored))
        return [] if dry_run else None
    result = yield one(statements.ground(stored, index))
    if not result.rows:
        raise dropped(stored.tenant, stored.collection.name)
    ground = statements.read_ground(result.rows[0])
    _check_kind(stored, ground)
    base = statements.base_name(stored, index)
    leftovers = [name for name in ground.leftovers if statements.is_of_base(name, base)]
    name = statements.free_name(base, set(ground.names) - set(leftovers))
    definition = statements.definition(stored, adopted.vector, index)
    if ground.relkind == "p":
        found = yield one(statements.partitions(stored))
        parts = [statements.Partition(*row) for row in found.rows]
        needed = statements.over_partitions(stored, index, name, parts, definition)
        if dry_run:
            return needed
        raise _partitioned(stored, needed)
    sweeps = [statements.drop(adopted, left) for left in leftovers]
    statement = statements.create(adopted, name, definition)
    if dry_run:
        return [*sweeps, statement]
    _check_owner(stored, ground, statement)
    with at_build(context) as token:
        yield Work(partial(claim, context, stored, token), writes=True, transaction=True)
        wanted = replace(stored, collection=replace(stored.collection, index=index))
        try:
            for sweep in sweeps:
                yield one(statements.run(sweep), writes=True)
            beside = partial(_build, wanted, name, statement, token, watched)
            yield from in_memory(context, wanted, beside, progress, alone=True)
            yield from _note(wanted, index)
        except PgRecallError:
            yield from forget_claim(stored, token)
            raise
    tenant, collection = stored.tenant, stored.collection.name
    yield from look_up(context, tenant, collection)
    yield from calibration.keep_after(context, tenant, collection)
    yield from promise.keep_after(context, tenant, collection, began, progress=progress)
    return None


def _serves(stored: Stored, index: Index) -> bool:
    """Tell whether there is such an index.

    Raises:
        InvalidArgumentError: There is another one, which is not pgrecall's to drop.
    """
    there, name, adopted = stored.collection.index, serving_index(stored), stored.adopted
    if there is None or name is None or adopted is None:
        return False
    is_any = isinstance(index, IvfFlat) and isinstance(there, IvfFlat) and index.lists is None
    if there == index or is_any:
        return True
    how = "" if adopted.kind == "partitioned table" else " CONCURRENTLY"
    raise InvalidArgumentError(
        f"{name} serves {_of(stored)} already, as {there!r}, and it is yours: keep it, or DROP"
        f" INDEX{how} {name} first"
    )


def _check_kind(stored: Stored, ground: Ground) -> None:
    table = stored.holder
    if ground.relkind not in _HOLDS:
        kind = KINDS.get(ground.relkind, "relation")
        where = "the server that has its rows" if kind == "foreign table" else "the table it reads"
        raise InvalidArgumentError(
            f"{table} is a {kind}, which can have no index: build one on {where}"
        )
    if ground.has_children:
        raise InvalidArgumentError(
            f"other tables inherit from {table}, and an index of it has its own rows alone: no"
            " index serves a search of all; adopt a table without children, or a partitioned one"
        )


def _check_owner(stored: Stored, ground: Ground, statement: str) -> None:
    if not ground.is_owned:
        msg = (
            f"this role does not own {stored.holder}: let {ground.owner!r} call create_index(), or"
            f" run {statement}"
        )
        raise DatabaseError(msg, sqlstate="42501")
    if not ground.may_create:
        msg = (
            f"this role owns {stored.holder}, and may not create anything in its schema: GRANT"
            " CREATE ON SCHEMA to it, or let a role that may run "
        )
        raise DatabaseError(msg + statement, sqlstate="42501")


def _partitioned(stored: Stored, needed: list[str]) -> InvalidArgumentError:
    shown = "; ".join(needed[:_SHOWN]) + (
        "" if len(needed) <= _SHOWN else "; ... (dry_run=True gives all)"
    )
    return InvalidArgumentError(
        f"{stored.holder} is partitioned, and PostgreSQL builds no index of all its partitions"
        f" beside readers and writers by one statement: run {shown}"
    )


def _build(
    wanted: Stored,
    name: str,
    statement: str,
    token: str,
    watched: Callable[[Grant, Statement], Build],
    grant: Grant,
) -> Operation[None]:
    adopted = wanted.adopted
    try:
        yield carried(watched(grant, statements.run(statement)), wanted, token)
    except DatabaseError as error:
        if error.sqlstate == "42P07":  # duplicate_table: what has the name is another's
            raise error.explained(
                f"another index took the name {name!r} meanwhile: call create_index() again"
            ) from error.__cause__
        if adopted is not None:
            yield from _clean(wanted, adopted, name)
        if error.sqlstate == "22000":  # data_exception
            raise error.explained(
                f"the index of {_of(wanted)} cannot be built: vectors of another length than"
                f" {wanted.dimensions:,} are in {wanted.holder}, within what was adopted or beyond"
            ) from error.__cause__
        raise


def _clean(wanted: Stored, adopted: Adopted, name: str) -> Operation[None]:
    """Drop what a build that failed left under the name that was free before it."""
    index = wanted.collection.index
    if index is None:
        return
    with suppress(PgRecallError):  # the next call of create_index() does it
        found = yield one(statements.ground(wanted, index))
        if found.rows and name in statements.read_ground(found.rows[0]).leftovers:
            yield one(statements.run(statements.drop(adopted, name)), writes=True)


def _note(wanted: Stored, index: Index) -> Operation[None]:
    """Tell every client how the index is asked: what was measured of another holds no more."""

    def body() -> Steps[None]:
        found = yield registry.lock(wanted)
        if not found.rows:
            raise dropped(wanted.tenant, wanted.collection.name)
        now = registry.stored_from(wanted.schema, wanted.server, found.rows[0])
        kept = without(now.settings, Kept.WITH_INDEX)
        kept.pop(loaders.BUILDER, None)
        yield registry.update_index(wanted, index, {**kept, **index_settings(wanted)})

    yield Work(body, writes=True, transaction=True)


def _of(stored: Stored) -> str:
    return f"collection {stored.collection.name!r} on {stored.holder}"
