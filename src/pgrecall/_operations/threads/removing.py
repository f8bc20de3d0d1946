"""What removes checkpoints, and what copies a thread.

A writer holds the values that its checkpoint stands on. Who has removed or locked them looks again:
there may be checkpoints that were written while it waited.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pgrecall._operations.setup import needing_version
from pgrecall._operations.threads.threads import check_wanted
from pgrecall._operations.threads.values import Place, Saved, bare, kept_versions, namespace_of
from pgrecall._operations.work import Work, one
from pgrecall._statements.entries import removing as entry_removing
from pgrecall._statements.entries import threads as statements
from pgrecall._statements.entries.table import BLOBS
from pgrecall._statements.entries.threads import CHECKPOINT, SPACE, WRITE, Wanted
from pgrecall._values.json_text import json_bytes

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.entries.table import Key
    from pgrecall._statements.statement import Statement


def delete(context: Context, tenant: str, thread: str) -> Operation[int]:
    """Remove all of a thread."""
    check_wanted(tenant, Wanted(thread))
    statement = entry_removing.clear(context.schema, tenant, SPACE, (thread,), BLOBS)

    def body() -> Steps[int]:
        count = 0
        while True:
            gone = yield statement
            if not gone.rows[0][0]:
                return count
            count += gone.rows[0][0]

    work = Work(body, writes=True, transaction=True)
    return (yield from needing_version(context, BLOBS.since, work))


def copy(context: Context, tenant: str, thread: str, target: str) -> Operation[None]:
    """Copy all of a thread, inside the server; nothing of the target is replaced."""
    check_wanted(tenant, Wanted(thread))
    check_wanted(tenant, Wanted(target))
    if thread != target:
        statement = statements.copy(context.schema, tenant, thread, target)
        yield from needing_version(context, BLOBS.since, one(statement, writes=True))


def keep_latest(
    context: Context, tenant: str, thread: str, needed: Callable[[Saved], Collection[str]]
) -> Operation[None]:
    """Remove all checkpoints of a thread but the last of each scope.

    Args:
        context: The store's.
        tenant: The tenant.
        thread: The thread.
        needed: Gives the channels whose values are made of what was written since an ancestor has
            one: the checkpoints from there on are kept.
    """
    check_wanted(tenant, Wanted(thread))

    def doomed(every: Sequence[Saved]) -> Iterable[Saved]:
        kept: set[str] = set()
        by_id = {saved.id: saved for saved in every}
        at = by_id.get(max(by_id, default=""))
        missing = set(needed(at)) if at else set()
        while at is not None:
            kept.add(at.id)
            missing -= at.versions.keys()
            at = by_id.get(at.parent or "") if missing and at.parent not in kept else None
        return [saved for saved in every if saved.id not in kept]

    found = statements.outline(context.schema, tenant, thread)
    yield from _dropping(context, tenant, partial(_grouped_of, found), doomed)


def delete_labelled(
    context: Context, tenant: str, labels: Sequence[Mapping[str, Any]]
) -> Operation[None]:
    """Remove the checkpoints whose labels hold one of several mappings, of whatever thread."""
    check_wanted(tenant, Wanted())
    asked = [json_bytes(each, "labels").decode() for each in labels]
    found: set[tuple[Place, str]] = set()

    def grouped() -> Steps[list[Saved]]:
        result = yield statements.labelled(context.schema, tenant, asked)
        found.update((saved.place, saved.id) for saved in map(bare, result.rows))
        every: list[Saved] = []
        for place in sorted({place for place, _ in found}):
            rest = yield statements.outline(context.schema, tenant, *place)
            every += map(bare, rest.rows)
        return every

    def doomed(every: Sequence[Saved]) -> Iterable[Saved]:
        return [saved for saved in every if (saved.place, saved.id) in found]

    if asked:
        yield from _dropping(context, tenant, grouped, doomed)


def _grouped_of(statement: Statement) -> Steps[list[Saved]]:
    result = yield statement
    return list(map(bare, result.rows))


def _dropping(
    context: Context,
    tenant: str,
    look: Callable[[], Steps[list[Saved]]],
    doomed: Callable[[Sequence[Saved]], Iterable[Saved]],
) -> Operation[None]:
    """Remove checkpoints, what was written after them, and the values that no other stands on."""

    def body() -> Steps[None]:
        found = yield from look()
        locked = _doomed_keys(found, doomed)
        if not locked:
            return
        yield statements.lock(context.schema, tenant, sorted(locked))
        found = yield from look()
        keys = sorted(_doomed_keys(found, doomed, locked))
        if keys:
            after = [
                (thread, WRITE, scope, id_)
                for (thread, kind, scope, *_), id_ in keys
                if kind == CHECKPOINT
            ]
            yield statements.drop(context.schema, tenant, keys)
            yield statements.drop_writes(context.schema, tenant, after)

    work = Work(body, writes=True, transaction=True)
    yield from needing_version(context, BLOBS.since, work)


def _doomed_keys(
    found: Sequence[Saved],
    doomed: Callable[[Sequence[Saved]], Iterable[Saved]],
    among: set[Key] | None = None,
) -> set[Key]:
    """Give the keys of checkpoints that go, of ``among`` if given, and of values of them alone."""
    keys: set[Key] = set()
    groups: dict[Place, list[Saved]] = defaultdict(list)
    for saved in found:
        groups[saved.place].append(saved)
    for place, every in groups.items():
        gone = [saved for saved in doomed(every) if among is None or saved.key in among]
        ids = {saved.id for saved in gone}
        used = {pair for saved in every if saved.id not in ids for pair in kept_versions(saved)}
        unused = {pair for saved in gone for pair in kept_versions(saved)} - used
        keys.update(saved.key for saved in gone)
        keys.update((namespace_of(place, channel), version) for channel, version in unused)
    return keys if among is None else keys & among
