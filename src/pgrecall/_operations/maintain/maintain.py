"""Do what is due: collection by collection, step by step, and report it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from pgrecall._operations.adopted.refusals import by_hand
from pgrecall._operations.context import check_names, check_own_transaction
from pgrecall._operations.indexes.aside import LOCK_TIMEOUT
from pgrecall._operations.items.ahead import check_not_within
from pgrecall._operations.maintain import expired
from pgrecall._operations.maintain.allowance import Allowance
from pgrecall._operations.maintain.due import DEFAULT
from pgrecall._operations.maintain.tasks import ALREADY, LOCKED, TASKS, Turn, looked_at
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import PROGRESS, Call, Work, one
from pgrecall._statements.distributed import LOCAL
from pgrecall._statements.maintain import maintain as statements
from pgrecall.errors import (
    CollectionNotFoundError,
    ConnectionFailedError,
    DatabaseError,
    InvalidArgumentError,
    PgRecallError,
)
from pgrecall.models import MaintenanceFinding, MaintenanceReport

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.health.facts import CollectionFacts
    from pgrecall._operations.indexes.parts import Counted
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored

DUE, DONE, LEFT, REFUSED, FAILED, TOLD = "due", "done", "left", "refused", "failed", "told"

NOT_OWNED = "this role does not own the table"
_LOOK = "look"
_LOCKED_STATE = "55P03"  # lock_not_available
_NO_TABLE = "42P01"  # undefined_table
_NOT_ALLOWED = {"42501", "25006"}  # insufficient_privilege, read_only_sql_transaction


@dataclass(slots=True)
class _Run:
    """One call: what it may do, and what it found."""

    context: Context
    dry_run: bool
    deadline: float
    progress: Callable[[MaintenanceFinding], object] | None
    findings: list[MaintenanceFinding] = field(default_factory=list)

    def is_over(self) -> bool:
        return time.monotonic() >= self.deadline

    def tell(self, finding: MaintenanceFinding) -> Operation[None]:
        self.findings.append(finding)
        if self.progress is not None:
            yield Call(self.progress, (finding,), PROGRESS)


@traced("maintain", collection=None)
def maintain(
    context: Context,
    tenant: str | None,
    *,
    dry_run: bool,
    seconds: float | None,
    progress: Callable[[MaintenanceFinding], object] | None,
) -> Operation[MaintenanceReport]:
    """Find what is due and do it, one bounded step after the other."""
    check_own_transaction(context, "maintain")
    started = time.monotonic()
    if tenant is not None:
        check_names(tenant, "-")
    if not isinstance(dry_run, bool):
        msg = f"dry_run must be True or False, not {dry_run!r}"
        raise InvalidArgumentError(msg)
    if progress is not None and not callable(progress):
        msg = f"progress must be a function that takes a finding, or None, not {progress!r}"
        raise InvalidArgumentError(msg)
    run = _Run(context, dry_run, started + _checked_seconds(seconds), progress)
    named = yield one(statements.collections(context.schema, tenant))
    # where the time ends before the last of them, other ones come first at the next call
    begin = secrets.randbelow(len(named.rows)) if named.rows and seconds is not None else 0
    unseen = 0
    for owner, name in [*named.rows[begin:], *named.rows[:begin]]:
        if run.is_over():
            unseen += 1
        else:
            yield from _maintain_one(run, owner, name)
    for kind in expired.KINDS:
        for found in (yield from _expired(run, kind, tenant)):
            yield from _remove_expired(run, kind, found)
    looked = len(named.rows) - unseen
    return MaintenanceReport(tuple(run.findings), looked, unseen, time.monotonic() - started)


def _checked_seconds(seconds: object) -> float:
    if seconds is None:
        return float("inf")
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not number or not seconds > 0:  # type: ignore[operator]  # a number
        msg = f"seconds must be a number above 0, or None for as long as it takes, not {seconds!r}"
        raise InvalidArgumentError(msg)
    return float(seconds)  # type: ignore[arg-type]  # a number


def _maintain_one(run: _Run, tenant: str, name: str) -> Operation[None]:
    tried: set[tuple[str, str]] = set()
    counted: Counted | None = None
    allowance = Allowance()
    while True:
        work = Work(partial(_looking, run.context, tenant, name, counted), transaction=True)
        try:
            seen: tuple[Stored, CollectionFacts] | None = yield work
        except DatabaseError as error:
            if error.sqlstate == _NO_TABLE:
                return  # dropped meanwhile
            what = "its table could not be looked at"
            outcome, reason = _outcome(error)
            if reason == LOCKED:
                what = "its table is locked"
            yield from run.tell(MaintenanceFinding(tenant, name, _LOOK, what, outcome, reason))
            return
        if seen is None or seen[1].table is None:
            return
        stored, facts = seen
        counted = facts.counted
        check_not_within(stored)
        # what one step does may be what another waits for: look anew after each
        turns = [
            Turn(run.context, stored, task, due, counted)
            for task in TASKS
            for due in task.find(facts, DEFAULT)
            if (task.name, due.index) not in tried
        ]
        if not turns:
            return
        for turn in turns if run.dry_run else [allowance.given(turns)]:
            tried.add((turn.task.name, turn.due.index))
            started = time.monotonic()
            yield from _do(run, turn, owned=facts.owned)
            allowance.take(turn, time.monotonic() - started)


def _looking(
    context: Context, tenant: str, name: str, counted: Counted | None
) -> Steps[tuple[Stored, CollectionFacts] | None]:
    yield LOCAL.set_local({"lock_timeout": LOCK_TIMEOUT})
    return (yield from looked_at(context, tenant, name, counted=counted, counts=True))


def _do(run: _Run, turn: Turn, *, owned: bool) -> Operation[None]:
    task, due, stored = turn.task, turn.due, turn.stored
    started = time.monotonic()
    if task.do is None:
        outcome, reason = TOLD, due.why
    elif task.owner and stored.adopted is not None:
        outcome, reason = TOLD, by_hand(stored, task.name, due.index)
    elif run.dry_run:
        outcome, reason = DUE, ""
    elif task.owner and not owned:
        outcome, reason = REFUSED, NOT_OWNED
    elif run.is_over():
        outcome, reason = LEFT, "the time was over"
    else:
        judged = yield from _judged(task.do(turn))
        if judged is None:
            return
        outcome, reason = judged
    name, seconds = stored.collection.name, time.monotonic() - started
    yield from run.tell(
        MaintenanceFinding(
            stored.tenant, name, task.name, due.what, outcome, reason, task.verb, seconds
        )
    )


def _expired(run: _Run, kind: expired.Kind, tenant: str | None) -> Operation[list[expired.Expired]]:
    try:
        found: list[expired.Expired] = yield from kind.find(run.context, tenant)
    except DatabaseError as error:
        what = f"whether {kind.what} have expired could not be looked at"
        outcome, reason = _outcome(error)
        yield from run.tell(
            MaintenanceFinding(tenant or "", None, kind.name, what, outcome, reason, kind.verb)
        )
        return []
    return found


def _remove_expired(run: _Run, kind: expired.Kind, found: expired.Expired) -> Operation[None]:
    started = time.monotonic()
    judged: tuple[str, str] | None = (DUE, "")
    if not run.dry_run:
        judged = LEFT, expired.OVER
        if not run.is_over():
            judged = yield from _judged(kind.remove(run.context, found, run.is_over))
    if judged is None:
        return
    outcome, reason = judged
    yield from run.tell(
        MaintenanceFinding(
            found.tenant,
            None,
            kind.name,
            found.what,
            outcome,
            reason,
            kind.verb,
            time.monotonic() - started,
        )
    )


def _judged(operation: Operation[str]) -> Operation[tuple[str, str] | None]:
    """Do a task, and tell what became of it; None where there is nothing to tell."""
    try:
        reason = yield from operation
    except CollectionNotFoundError:
        return None  # dropped meanwhile
    except ConnectionFailedError:
        raise
    except PgRecallError as error:
        return _outcome(error)
    if reason == ALREADY:
        return None
    return (LEFT, reason) if reason else (DONE, "")


def _outcome(error: PgRecallError) -> tuple[str, str]:
    """Tell an error as what became of a step, and why."""
    state = error.sqlstate if isinstance(error, DatabaseError) else None
    if state == _LOCKED_STATE:
        return LEFT, LOCKED
    return (REFUSED if state in _NOT_ALLOWED else FAILED), str(error)
