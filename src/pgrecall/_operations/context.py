"""What one store knows of its database: the server, and the collections it has met."""

from __future__ import annotations

import logging
import os
import time
import uuid
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pgrecall._cache import BoundedCache, Overlay
from pgrecall._operations.collections.pins import Expectation, Pins, conflict, pin_of
from pgrecall._operations.gone import missing
from pgrecall._operations.indexes.ageing import has_aged, learned_from
from pgrecall._operations.items.ahead import check_not_within
from pgrecall._operations.search.shares import Estimates
from pgrecall._operations.watching.noting import Noted
from pgrecall._operations.work import Work, one
from pgrecall._statements import distributed
from pgrecall._statements.collections import registry
from pgrecall._statements.layout import Stored
from pgrecall._statements.rendered import Rendered
from pgrecall._values.strings import check_name
from pgrecall.errors import (
    CollectionConflictError,
    ConnectionFailedError,
    DatabaseError,
    InvalidArgumentError,
    PgRecallError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._operations.search.straight import Straight
    from pgrecall._operations.watching.noting import Watch
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.adopted.adopted import Adopted
    from pgrecall._statements.adopted.target import Target
    from pgrecall._statements.collections.database import Identity
    from pgrecall._statements.layout import Server
    from pgrecall._statements.search.bm25 import Frequencies

_logger = logging.getLogger("pgrecall")

CACHE_SECONDS = 30.0
"""How long a cached collection may lag behind a change made by another client.

Its pin is remembered for longer: see ``Pins``.
"""

KNOWN_BYTES, FREQUENCIES_BYTES, SMALL_BYTES = 16 << 20, 16 << 20, 1 << 20
"""What a store may keep of the collections it met, of their words, and of each small fact."""

MAX_NAME_BYTES = 1_000
"""Tenant and name share one index entry of the registry, which holds 2,704 bytes."""


@dataclass(slots=True)
class Context:
    """One store's view of its database. Safe for threads, as its caches are.

    Attributes:
        identity: Which database of which server it is, where the server tells.
        token: Names this store where its loads note that they are at work.
        pins: The pin that each collection was last met with, however long ago.
        ways: How searches run that come again, by what they ask, query apart.
        loading: Collections that a load of this store fills right now, by the registry's id.
        building: Calls of this store that build an index right now, by the token that they note.
        expectation: What the caller expects of a collection; of the store itself, nothing.
        store: The store's own context, where this is what one caller expects on top of it.
        spoiled: Collections of arrays, some of which turned out to be no vectors.
        unmeasured: Rows of a collection when the recall of its index could not be measured.
        targets: What adopted tables are as what is written to.
        is_callers: Whether the transaction is the caller's, who ends it.
        watch: Told of searches, where somebody is.
        noted: Of one search, what is to be told of it.
        memory_allowed: Gives the bytes that a build may have at most; None where nobody knows.
    """

    schema: str
    server: Server | None = None
    identity: Identity | None = None
    estimates: Estimates = field(default_factory=Estimates)
    frequencies: BoundedCache[int, tuple[float, Frequencies]] = field(
        default_factory=lambda: BoundedCache(FREQUENCIES_BYTES)
    )
    calibrations: BoundedCache[int, dict[str, float]] = field(
        default_factory=lambda: BoundedCache(SMALL_BYTES)
    )
    ways: BoundedCache[Any, Straight] = field(
        default_factory=lambda: BoundedCache(SMALL_BYTES, besides=(Stored, Rendered))
    )
    told: BoundedCache[int, bool] = field(default_factory=lambda: BoundedCache(SMALL_BYTES))
    spoiled: BoundedCache[int, bool] = field(default_factory=lambda: BoundedCache(SMALL_BYTES))
    unmeasured: BoundedCache[int, float] = field(default_factory=lambda: BoundedCache(SMALL_BYTES))
    targets: BoundedCache[int, tuple[float, Adopted, Target]] = field(
        default_factory=lambda: BoundedCache(SMALL_BYTES)
    )
    token: str = field(default_factory=lambda: f"{os.getpid()}-{uuid.uuid4().hex}")
    pins: Pins = field(default_factory=Pins)
    loading: dict[int, int] = field(default_factory=dict)
    building: dict[str, bool] = field(default_factory=dict)
    expectation: Expectation | None = None
    store: Context | None = None
    is_callers: bool = False
    watch: Watch | None = None
    noted: Noted | None = None
    memory_allowed: Callable[[], int | None] = field(default=lambda: None, repr=False)
    _known: BoundedCache[tuple[str, str], tuple[float, Stored]] = field(
        default_factory=lambda: BoundedCache(KNOWN_BYTES)
    )

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
        """Keep what the registry said: what it said before stays, with what was made of it."""
        self.pins.meet(stored)
        key = (stored.tenant, stored.collection.name)
        before = self._known.get(key)
        if before is not None and before[1] == stored:
            return self._known.renew(key, (time.monotonic(), before[1]))[1]
        return self._known.put(key, (time.monotonic(), stored))[1]

    def expecting(self, expectation: Expectation) -> Context:
        """Give the same context for a caller who expects something of a collection."""
        return replace(self, expectation=expectation, store=self.store or self)

    def noting(self) -> Context:
        """Give the same context for one search, which is to be told of."""
        made = object.__new__(Context)
        for name in _NAMES:  # replace() takes thrice as long, for each search
            setattr(made, name, getattr(self, name))
        made.noted, made.store = Noted(), self.store or self
        return made

    def unwatched(self) -> Context:
        """Give the same context for searches that nobody is told of: they are no user's."""
        if self.watch is None:
            return self
        return replace(self, watch=None, store=self.store or self)

    def within(self, facts: Context, pins: Pins) -> Context:
        """Give a view for one call in a transaction of the caller's, which may be rolled back.

        It reads what the store knows, but the collections: those are asked for anew. What the call
        learns goes with it.

        Args:
            facts: Has what is known of the caller's connection: the server.
            pins: What the caller's calls have met.
        """
        return Context(
            self.schema,
            estimates=Estimates(self.estimates),
            frequencies=Overlay(self.frequencies, FREQUENCIES_BYTES),
            calibrations=Overlay(self.calibrations, SMALL_BYTES),
            told=self.told,
            spoiled=self.spoiled,
            targets=Overlay(self.targets, SMALL_BYTES),
            token=self.token,
            pins=pins,
            loading=self.loading,
            store=facts,
            is_callers=True,
            watch=self.watch,
            memory_allowed=self.memory_allowed,
        )

    def conflict(self, stored: Stored, *, vectors: bool) -> CollectionConflictError | None:
        """Tell what is not as the caller expects it, and for vectors as the store last met it."""
        last = self.pins.compared(stored) if vectors else None
        return conflict(stored, self.expectation, last, vectors=vectors)

    def hold(self, stored: Stored, *, vectors: bool) -> Stored:
        """Give a collection that is as it is expected to be.

        Raises:
            CollectionConflictError: It is not. A pin that changed since the store last met the
                collection is told once; what the caller said of it, at every call.
        """
        error = self.conflict(stored, vectors=vectors)
        if error is not None:
            if self.conflict(stored, vectors=False) is None:
                self.agree(stored)
            raise error
        return stored

    def agree(self, stored: Stored) -> None:
        """Go on with a collection's pin: the caller knows it."""
        self.pins.put(stored.tenant, stored.collection.name, pin_of(stored))

    def forget(self, tenant: str, name: str) -> None:
        """Ask the registry again at the next use."""
        self._known.pop((tenant, name))

    def renew(self) -> None:
        """Forget what was met in the process that forked this one, and its locks.

        The pins stay: whose vectors are of the old model was told there or is told here.
        """
        fresh = Context(
            self.schema, pins=self.pins, watch=self.watch, memory_allowed=self.memory_allowed
        )
        for each in fields(self):
            setattr(self, each.name, getattr(fresh, each.name))

    def ready_server(self) -> Server:
        """Give the server's facts, which the driver fetched before any operation ran."""
        # the context of one caller may be older than the set-up
        server = self.server if self.store is None else self.store.server
        if server is None:
            msg = "an operation ran before its store was set up"
            raise PgRecallError(msg)
        return server


_NAMES = tuple(each.name for each in fields(Context))


def check_names(tenant: object, name: object) -> None:
    """Raise InvalidArgumentError unless both can name a collection."""
    check_name("a tenant", tenant, limit=MAX_NAME_BYTES)
    check_name("a collection name", name, limit=MAX_NAME_BYTES)


def check_own_transaction(context: Context, verb: str) -> None:
    """Raise InvalidArgumentError in a transaction of the caller's, of a verb that commits."""
    if context.is_callers:
        raise commits_itself(verb)


def commits_itself(verb: str) -> InvalidArgumentError:
    """Say that a verb cannot be part of a transaction of the caller's."""
    return InvalidArgumentError(
        f"{verb} commits on its way, or waits for every other transaction, and cannot run in one of"
        " yours: call it on the store itself, not on what on() gave, once yours has ended"
    )


def look_up(context: Context, tenant: str, name: str) -> Operation[Stored | None]:
    """Ask the registry for a collection."""
    result = yield one(registry.find(context.schema, tenant, name))
    if not result.rows:
        context.forget(tenant, name)
        return None
    stored = registry.stored_from(context.schema, context.ready_server(), result.rows[0])
    check_source(stored)
    if stored.collection.distributed:
        stored = yield Work(partial(rows_anywhere, stored))
    if stored.adopted is not None:
        is_spoiled = stored.id in context.spoiled
        from pgrecall._operations.adopted.present import present_of  # noqa: PLC0415  # who adopted none needs none

        stored = yield Work(partial(present_of, stored, is_spoiled=is_spoiled))
    _tell_age(context, stored)
    return context.remember(stored)


def check_source(stored: Stored) -> None:
    """Raise DatabaseError where what a collection stands on was registered by a later version."""
    if stored.source is not None and stored.adopted is None:
        msg = (
            f"collection {stored.collection.name!r} stands on a table of your own, which this"
            " pgrecall cannot use: upgrade the package to the version that registered it"
        )
        raise DatabaseError(msg)


def rows_anywhere(stored: Stored) -> Steps[Stored]:
    """Complete what the registry says of a collection whose rows are on other servers."""
    if not stored.collection.distributed:
        return stored
    result = yield distributed.rows(stored)
    return replace(stored, rows=result.rows[0][0])


def _tell_age(context: Context, stored: Stored) -> None:
    # told alone: a reader builds nothing
    if not has_aged(stored.settings, stored.rows) or stored.id in context.told:
        return
    context.told.put(stored.id, True)
    _logger.warning(
        "collection %r has some %d rows, and its IVFFlat index was built from %d: reindex() would"
        " restore its recall, and so would maintain()",
        stored.collection.name,
        stored.rows,
        learned_from(stored.settings),
    )


def resolve(
    context: Context, tenant: str, name: str, *, vectors: bool = False, anew: bool = False
) -> Operation[Stored]:
    """Give a collection from the cache or the registry, as the caller expects it.

    Args:
        context: The store's view, or a caller's with what it expects.
        tenant: The tenant.
        name: The collection's name.
        vectors: Whether vectors of the caller's are to be written, or to be compared with.
        anew: Whether the registry is asked, as long as it can be: for what reads no table, which
            would tell that the collection is another by now.

    Raises:
        CollectionNotFoundError: There is none.
        CollectionConflictError: It is not what the caller expects, or its pin has changed since the
            store last met it, and ``vectors`` would mix.
    """
    stored = None
    if not anew and type(tenant) is str and type(name) is str:
        stored = context.known(tenant, name)  # names that are known can be used
    if stored is None:
        check_names(tenant, name)
    # a name of the user's own may be another table by now, whose pins are not these
    usable = stored is not None and stored.has_derived_name
    # where the two differ, it may be the cache that is behind
    if stored is not None and usable and context.conflict(stored, vectors=vectors) is None:
        return stored
    stored = yield from _look_up_or_recall(context, tenant, name)
    if stored is None:
        raise (yield from missing(context, tenant, name))
    return context.hold(stored, vectors=vectors)


def resolve_anew(context: Context, tenant: str, name: str) -> Operation[Stored]:
    """Give a collection from the registry, as the caller expects it.

    Raises:
        CollectionNotFoundError: There is none.
        CollectionConflictError: It is not what the caller expects.
        InvalidArgumentError: It is asked for from within the iterable of a write to it.
    """
    check_names(tenant, name)
    stored = yield from look_up(context, tenant, name)
    if stored is None:
        raise (yield from missing(context, tenant, name))
    check_not_within(stored)
    return context.hold(stored, vectors=False)


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
