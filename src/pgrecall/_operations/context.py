"""What one store knows of its database: the server, and the collections it has met."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from pgrecall._operations.planning import Estimates
from pgrecall._operations.work import Work, one
from pgrecall._rows import check_name
from pgrecall._statements import distributed, reembed, registry
from pgrecall.errors import (
    CollectionConflictError,
    CollectionNotFoundError,
    ConnectionFailedError,
    DatabaseError,
    InvalidArgumentError,
    PgRecallError,
)

if TYPE_CHECKING:
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.bm25 import Frequencies
    from pgrecall._statements.layout import Server, Stored

T = TypeVar("T")

_logger = logging.getLogger("pgrecall")

AGEING, AGEING_ROWS = 2.0, 1_000
"""An IVFFlat index is old when its rows have doubled, and a thousand more have come."""

CACHE_SECONDS = 30.0
"""How long a cached collection may lag behind a change made by another client."""

MAX_NAME_BYTES = 1_000
"""Tenant and name share one index entry of the registry, which holds 2,704 bytes."""


@dataclass(slots=True)
class Context:
    """One store's view of its database. Safe for threads: single reads and writes of a dict."""

    schema: str
    server: Server | None = None
    estimates: Estimates = field(default_factory=Estimates)
    frequencies: dict[int, tuple[float, Frequencies]] = field(default_factory=dict)
    calibrations: dict[int, dict[str, float]] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)
    _known: dict[tuple[str, str], tuple[float, Stored]] = field(default_factory=dict)

    def known(self, tenant: str, name: str) -> Stored | None:
        """Give a collection met within the last ``CACHE_SECONDS``."""
        entry = self._known.get((tenant, name))
        if entry is None or time.monotonic() - entry[0] > CACHE_SECONDS:
            return None
        return entry[1]

    def last_known(self, tenant: str, name: str) -> Stored | None:
        """Give a collection met at any time."""
        entry = self._known.get((tenant, name))
        return entry[1] if entry else None

    def remember(self, stored: Stored) -> Stored:
        """Keep what the registry said."""
        self._known[stored.tenant, stored.collection.name] = (time.monotonic(), stored)
        return stored

    def forget(self, tenant: str, name: str) -> None:
        """Ask the registry again at the next use."""
        self._known.pop((tenant, name), None)

    def renew(self) -> None:
        """Forget what was met in the process that forked this one, and its locks."""
        fresh = Context(self.schema)
        for each in fields(self):
            setattr(self, each.name, getattr(fresh, each.name))

    def ready_server(self) -> Server:
        """Give the server's facts, which the driver fetched before any operation ran."""
        if self.server is None:
            msg = "an operation ran before its store was set up"
            raise PgRecallError(msg)
        return self.server


def check_names(tenant: object, name: object) -> None:
    """Raise InvalidArgumentError unless both can name a collection."""
    check_name("a tenant", tenant, limit=MAX_NAME_BYTES)
    check_name("a collection name", name, limit=MAX_NAME_BYTES)


def look_up(context: Context, tenant: str, name: str) -> Operation[Stored | None]:
    """Ask the registry for a collection."""
    result = yield one(registry.find(context.schema, tenant, name))
    if not result.rows:
        context.forget(tenant, name)
        return None
    stored = registry.stored_from(context.schema, context.ready_server(), result.rows[0])
    if stored.collection.distributed:
        stored = yield Work(partial(rows_anywhere, stored))
    _tell_age(context, stored)
    return context.remember(stored)


def rows_anywhere(stored: Stored) -> Steps[Stored]:
    """Complete what the registry says of a collection whose rows are on other servers."""
    if not stored.collection.distributed:
        return stored
    result = yield distributed.rows(stored)
    return replace(stored, rows=result.rows[0][0])


def _tell_age(context: Context, stored: Stored) -> None:
    # an IVFFlat index keeps the lists it learned: rows that come later lie worse in them
    learned_from = stored.settings.get("rows_at_build")
    if learned_from is None or stored.rows <= AGEING * learned_from + AGEING_ROWS:
        return
    if stored.id in context.told:
        return
    context.told.add(stored.id)
    _logger.warning(
        "collection %r has some %d rows, and its IVFFlat index was built from %d: reindex() would"
        " restore its recall",
        stored.collection.name,
        stored.rows,
        learned_from,
    )


def resolve(context: Context, tenant: str, name: str) -> Operation[Stored]:
    """Give a collection from the cache or the registry.

    Raises:
        CollectionNotFoundError: There is none.
    """
    check_names(tenant, name)
    stored = context.known(tenant, name)
    # a name of the user's own may be another table by now, whose pins are not these
    if stored is None or not stored.has_derived_name:
        stored = yield from _look_up_or_recall(context, tenant, name)
    if stored is None:
        raise CollectionNotFoundError(tenant, name)
    return stored


def _look_up_or_recall(context: Context, tenant: str, name: str) -> Operation[Stored | None]:
    try:
        stored = yield from look_up(context, tenant, name)
    except ConnectionFailedError:
        # while the primary is away, replicas go on with what was known last
        last = context.last_known(tenant, name)
        if last is None or not last.has_derived_name:
            raise
        return last
    return stored


def on_collection(context: Context, stored: Stored, work: Work[T]) -> Operation[T]:
    """Run work on a collection's table; a table that is gone tells that the cache was stale.

    Raises:
        CollectionNotFoundError: The collection was dropped, and perhaps made anew; the next call
            asks the registry.
        CollectionConflictError: It was re-embedded, and this is a write; the next call asks the
            registry.
    """
    try:
        result: T = yield work
    except DatabaseError as error:
        if error.sqlstate != "42P01":  # undefined_table
            raise
        tenant, name = stored.tenant, stored.collection.name
        context.forget(tenant, name)
        diagnosis = getattr(error.__cause__, "diag", None)
        if diagnosis is not None and diagnosis.constraint_name == reembed.REFUSED:
            raise (yield from _reembedded(context, stored)) from error
        raise dropped(tenant, name, error) from error
    return result


def dropped(tenant: str, name: str, error: DatabaseError | None = None) -> CollectionNotFoundError:
    """Say that a collection was there; the server's words tell which table it misses."""
    said = "" if error is None else f"; the server says: {error}"
    return CollectionNotFoundError(tenant, name, f" any more (it was dropped{said})")


def _reembedded(context: Context, stored: Stored) -> Operation[PgRecallError]:
    # a vector of the old model has no place in the new collection: no write goes there unasked
    before = stored.collection
    found = yield from look_up(context, stored.tenant, before.name)
    if found is None:
        return dropped(stored.tenant, before.name)
    if found.id == stored.id:
        return InvalidArgumentError(
            f"collection {before.name!r} is what was before a re-embedding: it can be read, not"
            " written; drop_collection() removes it"
        )
    now = found.collection
    for pin in ("embedding_model", "dimensions", "metric", "table_name"):
        existing, requested = getattr(now, pin), getattr(before, pin)
        if existing != requested:
            break
    return CollectionConflictError(pin, existing, requested, before.name)
