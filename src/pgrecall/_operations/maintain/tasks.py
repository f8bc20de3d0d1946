"""The kinds of work that is due in a collection: a line each in ``TASKS``.

What does a line's work is an operation of bounded steps. Each takes the turn of the one maintainer
within its own transaction, looks anew whether the work is still due, and waits for nobody: it gives
the reason why it was left, or nothing where it is done.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from pgrecall._operations.adopted.present import present_of
from pgrecall._operations.context import look_up, rows_anywhere
from pgrecall._operations.gone import dropped
from pgrecall._operations.health import looking
from pgrecall._operations.indexes import indexes, parts, promise
from pgrecall._operations.indexes.aside import LOCK_TIMEOUT, TRIES, repair_indexes
from pgrecall._operations.indexes.budget import Budget
from pgrecall._operations.indexes.claims import at_build, claim, forget_claim
from pgrecall._operations.indexes.memory import in_memory
from pgrecall._operations.maintain import due as recognised
from pgrecall._operations.maintain.due import DEFAULT
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.search import calibration
from pgrecall._operations.work import Build, Work, one
from pgrecall._statements.collections import registry, tables
from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.indexes import indexes as index_statements
from pgrecall._statements.indexes import parts as part_statements
from pgrecall._statements.limits import lifted
from pgrecall._statements.maintain import maintain as statements
from pgrecall.errors import DatabaseError, PgRecallError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pgrecall._operations.context import Context
    from pgrecall._operations.health.facts import CollectionFacts
    from pgrecall._operations.indexes.memory import Grant
    from pgrecall._operations.indexes.parts import Counted
    from pgrecall._operations.maintain.due import Due, Limits
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored

ALREADY = "another did it meanwhile"
AT_WORK = "another call of maintain() is at work"
BUILDING = "another call builds an index of it"
IN_THE_WAY = "what an interrupted build left could not be dropped yet"
LOCKED = "a lock could not be had at once"
HELD = "a transaction, a replica or a replication slot that is older still needs the dead rows"

MEASURING_SECONDS, MOST_MEASURING_SECONDS = 60.0, 600.0
"""How long measuring may take: longer than at the end of a load, for which somebody waits; the
second of very many rows."""
MEASURED_ROWS = 500_000
"""Rows up to which the first suffices; beyond, it grows with them: the greater the index, the more
effort each question takes."""

MEASURE_HOT = "measure hot values"
"""The kind of work whose limit is that of a call, however many values there are."""

VACUUM_PATIENCE = "10min"
"""How long a vacuum may take: what it has freed by then is free."""

Find: TypeAlias = "Callable[[CollectionFacts, Limits], Iterator[Due]]"
Do: TypeAlias = "Callable[[Turn], Operation[str]]"


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of work.

    Attributes:
        name: What is done.
        find: Recognises it.
        do: Does it, and gives the reason where it was left; None where only its user can.
        verb: The call that does the same for one collection.
        owner: Whether it needs a role that owns the table.
    """

    name: str
    find: Find
    do: Do | None
    verb: str
    owner: bool = True


@dataclass(frozen=True, slots=True)
class Turn:
    """One task for one collection.

    Attributes:
        counted: The values of its hot fields, counted once for all its tasks.
        budget: What there is for measuring, where the call has a limit for all of this kind.
    """

    context: Context
    stored: Stored
    task: Task
    due: Due
    counted: Counted | None = None
    budget: Budget | None = None

    def taken(self, *, lock_timeout: str = LOCK_TIMEOUT) -> Steps[Stored | str]:
        """Begin a transaction of the task: give the collection as it is now, or why it is left."""
        context, stored = self.context, self.stored
        turn = yield statements.take_turn(context.schema)
        if not turn.rows[0][0]:
            return AT_WORK
        limits = {**lifted(stored.server), "lock_timeout": lock_timeout}
        yield dialect_of(stored).set_local(limits)
        name = stored.collection.name
        seen = yield from looked_at(context, stored.tenant, name, counted=self.counted)
        if seen is None:
            raise dropped(stored.tenant, stored.collection.name)
        now, facts = seen
        if not any(one.index == self.due.index for one in self.task.find(facts, DEFAULT)):
            return ALREADY
        if facts.building and self.task.owner:
            return BUILDING
        # before its first ANALYZE a table's rows are what its writers counted
        return replace(now, rows=max(now.rows, facts.rows))


def looked_at(
    context: Context,
    tenant: str,
    name: str,
    *,
    counted: Counted | None = None,
    counts: bool = False,
) -> Steps[tuple[Stored, CollectionFacts] | None]:
    """Read what there is to know of a collection, as ``looking.look``; None where it is gone."""
    found = yield registry.find(context.schema, tenant, name)
    if not found.rows:
        return None
    stored = registry.stored_from(context.schema, context.ready_server(), found.rows[0])
    stored = yield from rows_anywhere(stored)
    if stored.adopted is not None:
        stored = yield from present_of(stored)
    return stored, (yield from looking.look(context, stored, counted=counted, counts=counts))


def _restore(turn: Turn) -> Operation[str]:
    take = statements.take_turn(turn.context.schema)
    back = yield from repair_indexes(turn.context, turn.stored, turn=take)
    if back:
        return ""
    free = yield one(take)
    return LOCKED if free.rows[0][0] else AT_WORK


def _drop_invalid(turn: Turn) -> Operation[str]:
    def body() -> Steps[str]:
        now = yield from turn.taken()
        if isinstance(now, str):
            return now
        yield index_statements.drop_by_name(now, turn.due.index)
        return ""

    return (yield from _tried(Work(body, writes=True, transaction=True)))


def _build_missing(turn: Turn) -> Operation[str]:
    """Build an index under its own name; the approximate one is built beside and then renamed."""
    if turn.due.index == index_statements.index_name(turn.stored):
        return (yield from _build_ann(turn))
    with at_build(turn.context) as token:
        now = yield from _claimed(turn, token)
        if isinstance(now, str):
            return now
        try:
            yield from in_memory(turn.context, now, partial(_build_named, turn.due.index))
        except PgRecallError:
            yield from forget_claim(now, token)
            raise
        yield from forget_claim(now, token)
    return ""


def _build_named(name: str, grant: Grant) -> Operation[None]:
    build = statements.build_missing(grant.stored, name)
    try:
        yield indexes.watched(grant, build, patient=False)
    except PgRecallError:
        yield from indexes.discard(grant.stored, name)
        raise


def _index_part(turn: Turn) -> Operation[str]:
    """Build the index of a hot value, unless it is there, and tell every client."""
    part = turn.due.part
    with at_build(turn.context) as token:
        now = yield from _claimed(turn, token)
        if isinstance(now, str) or part is None:
            return now if isinstance(now, str) else ""
        try:
            yield from parts.build(turn.context, now, part)
        except PgRecallError:
            yield from forget_claim(now, token)
            raise
        yield from forget_claim(now, token)
    yield from look_up(turn.context, now.tenant, now.collection.name)
    return ""


def _measure_part(turn: Turn) -> Operation[str]:
    """Measure what the index of a hot value finds, and tell every client."""
    now = yield from _pinnable(turn)
    if isinstance(now, str) or turn.due.part is None:
        return now if isinstance(now, str) else ""
    budget = turn.budget or _for_measuring(now)
    left = yield from parts.measure(turn.context, now, turn.due.part, budget)
    yield from look_up(turn.context, now.tenant, now.collection.name)
    return left


def _drop_part(turn: Turn) -> Operation[str]:
    def body() -> Steps[str]:
        now = yield from turn.taken()
        if isinstance(now, str):
            return now
        for statement in part_statements.drops(now, [turn.due.index]):
            yield statement
        return ""

    left = yield from _tried(Work(body, writes=True, transaction=True))
    yield from look_up(turn.context, turn.stored.tenant, turn.stored.collection.name)
    return left


def _build_ann(turn: Turn) -> Operation[str]:
    with at_build(turn.context) as token:
        now = yield from _claimed(turn, token)
        if isinstance(now, str) or now.collection.index is None:
            return now if isinstance(now, str) else ""
        yield from indexes.build(turn.context, now, token, now.collection.index, patient=False)
    return ""


def _claimed(turn: Turn, token: str) -> Operation[Stored | str]:
    """Note that this call builds, where nobody else does."""

    def body() -> Steps[Stored | str]:
        now = yield from turn.taken()
        if isinstance(now, str):
            return now
        leftover = yield index_statements.invalid(now)
        if leftover.rows:
            return IN_THE_WAY
        claimed = yield from claim(turn.context, now, token, wait=False)
        # a load or another build, which the build would wait for
        yield tables.lock_builders_out(now)
        return replace(claimed, rows=now.rows)

    result: Stored | str = yield Work(body, writes=True, transaction=True)
    return result


def _analyze(turn: Turn) -> Operation[str]:
    def body() -> Steps[str]:
        now = yield from turn.taken()
        if isinstance(now, str):
            return now
        yield tables.analyze(now)
        return ""

    result: str = yield Work(body, writes=True, transaction=True)
    return result


def _vacuum(turn: Turn) -> Operation[str]:
    """Free what dead rows take; behind a lock, or beyond its time, it is left as it is."""
    now: Stored | str = yield Work(turn.taken, writes=True, transaction=True)
    if isinstance(now, str):
        return now
    yield Build(
        settings=statements.vacuum_settings(LOCK_TIMEOUT, VACUUM_PATIENCE),
        statement=statements.vacuum(now),
        poll=index_statements.progress(now),
        progress=None,
    )
    again: Stored | str = yield Work(turn.taken, writes=True, transaction=True)
    return HELD if not isinstance(again, str) else ""


def _measure_recall(turn: Turn) -> Operation[str]:
    now = yield from _pinnable(turn)
    if isinstance(now, str):
        return now
    budget = _for_measuring(now)
    return (yield from promise.keep(turn.context, turn.stored, budget, unhurried=True))


def _for_measuring(stored: Stored) -> Budget:
    seconds = MEASURING_SECONDS * max(1.0, stored.rows / MEASURED_ROWS)
    return Budget(time.monotonic() + min(MOST_MEASURING_SECONDS, seconds))


def _pinnable(turn: Turn) -> Operation[Stored | str]:
    """Take the turn of one who may pin what is found: who may not need not look."""

    def body() -> Steps[Stored | str]:
        now = yield from turn.taken()
        if not isinstance(now, str):
            yield registry.lock(now, wait=False)
        return now

    result: Stored | str = yield Work(body, writes=True, transaction=True)
    return result


def _measure_spread(turn: Turn) -> Operation[str]:
    def body() -> Steps[str]:
        now = yield from turn.taken()
        if isinstance(now, str):
            return now
        # its own estimate of the rows stands beside the spread
        now = replace(now, rows=turn.stored.rows)
        _, kept = yield from calibration.keeping(now)
        return "" if kept else LOCKED

    work = Work(body, writes=True, transaction=True)
    return (yield from on_collection(turn.context, turn.stored, work))


def _tried(work: Work[str]) -> Operation[str]:
    for _ in range(TRIES - 1):
        try:
            result: str = yield work
        except DatabaseError as error:
            if error.sqlstate != "55P03":  # lock_not_available: readers that waited go first
                raise
        else:
            return result
    result = yield work
    return result


TASKS = (
    Task("restore indexes", recognised.indexes_aside, _restore, "ensure_collection()"),
    Task("drop half-built indexes", recognised.left_by_builds, _drop_invalid, "create_index()"),
    Task("build missing indexes", recognised.missing_indexes, _build_missing, "reindex()"),
    Task("index hot values", recognised.hot_values, _index_part, "maintain()"),
    Task("drop indexes of other values", recognised.cold_values, _drop_part, "maintain()"),
    Task(MEASURE_HOT, recognised.unmeasured_values, _measure_part, "maintain()", owner=False),
    Task("rebuild aged indexes", recognised.aged_index, _build_ann, "reindex()"),
    Task("analyze", recognised.missing_statistics, _analyze, "load()"),
    Task("vacuum", recognised.dead_rows, _vacuum, "VACUUM"),
    Task("measure the recall", recognised.unmeasured_recall, _measure_recall, "reindex()",
         owner=False),
    Task("measure the spread", recognised.old_spread, _measure_spread, "reindex()", owner=False),
    Task("end a re-embedding", recognised.unfinished_reembedding, None,
         "reembed() or alter_collection(), or abandon_reembed()"),
    Task("renew the text analysis", recognised.older_analysis, None,
         "reindex() or alter_collection(), with the text_search that there is"),
)  # fmt: skip
"""In the order in which they are done: what an index needs comes before it."""
