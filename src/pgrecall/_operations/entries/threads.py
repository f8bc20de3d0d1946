"""Threads: the checkpoints of an agent's runs, whatever framework runs it.

Values come as bytes with the name of what they were written by. A value that many checkpoints have
is kept once; one call writes all or nothing, in one statement where it is of a usual size.
"""

from __future__ import annotations

import json
import struct
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from pgrecall._operations.entries import blobs
from pgrecall._operations.entries.entries import checked_keys, together
from pgrecall._operations.setup import needing_version
from pgrecall._operations.work import Work, one
from pgrecall._statements.entries import threads as statements
from pgrecall._statements.entries.entries import BLOBS
from pgrecall._statements.entries.threads import CHECKPOINT, SPACE, SPECIAL, VALUE, WRITE, Wanted
from pgrecall._values.json_text import json_bytes, read_metadata
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Blob

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.statement import Statement

Typed: TypeAlias = tuple[str, bytes]
"""What wrote the bytes, and the bytes."""

_SIZE = struct.Struct(">I")
_WRITES = "writes"


class Place(NamedTuple):
    """A thread, and a part of it that has checkpoints of its own."""

    thread: str
    scope: str


class Write(NamedTuple):
    """One value that a task wrote.

    Attributes:
        number: Its place among the task's; one below zero replaces one that is there.
        channel: Whose value it is.
        value: The value.
        task: The task.
        path: The task's place among those of a step.
    """

    number: int
    channel: str
    value: Typed
    task: str = ""
    path: str = ""


class Line(NamedTuple):
    """What became of a channel on the way to a checkpoint.

    Attributes:
        writes: What was written to it, the oldest first.
        value: The value that it had before all of them, where it had one of its own.
        holder: The checkpoint that has that value itself.
    """

    writes: list[Write]
    value: Typed | None
    holder: Typed | None


class Saved(NamedTuple):
    """A checkpoint.

    Attributes:
        place: Where it is.
        id: Its id; those of a place are in the order of their ids.
        parent: The id of the one before, if there is one.
        value: The checkpoint itself, without what ``values`` has.
        labels: What it is found by: anything of a JSON object.
        versions: Of each channel that has a value, the version under which it is kept; None where
            ``value`` has it.
        values: The channels' values: of those written, the new ones alone.
        writes: What was written after it, in the order of path, task and number.
    """

    place: Place
    id: str
    parent: str | None
    value: Typed
    labels: Mapping[str, Any]
    versions: Mapping[str, str | None]
    values: Mapping[str, Typed] = {}
    writes: Sequence[Write] = ()

    @property
    def key(self) -> tuple[tuple[str, ...], str]:
        """Where it is kept."""
        return (self.place.thread, CHECKPOINT, self.place.scope), self.id


def put(context: Context, tenant: str, saved: Saved) -> Operation[None]:
    """Keep a checkpoint with its new values; one of its id is replaced."""
    said = {"m": saved.labels, "p": saved.parent, "c": saved.versions}
    kept = [Blob(*saved.key, saved.value[1], saved.value[0], said)]
    for channel, (type_, value) in saved.values.items():
        version = saved.versions[channel]
        assert version is not None  # noqa: S101  # for the type checker
        kept.append(Blob(_of_value(saved.place, channel), version, value, type_))
    yield from _put(context, tenant, kept)


def put_writes(
    context: Context, tenant: str, place: Place, id_: str, writes: Iterable[Write]
) -> Operation[None]:
    """Keep what a task wrote after a checkpoint; a number that is there stays as it is."""
    namespace = (place.thread, WRITE, place.scope, id_)
    kept = []
    for run in _runs(sorted(writes)):
        first, last = run[0], run[-1]
        special = first.number < 0
        name = f"{first.number}" if special else f"{first.number}-{last.number}"
        kept.append(
            Blob(namespace, f"{first.task}:{name}", _packed(run), SPECIAL if special else _WRITES)
        )
    if kept:
        yield from _put(context, tenant, kept)


def read(context: Context, tenant: str, wanted: Wanted, limit: int) -> Operation[list[Saved]]:
    """Read checkpoints with their values and writes, the last first."""
    _check(tenant, wanted)
    statement = statements.read(context.schema, tenant, wanted, limit)
    result = yield from needing_version(context, BLOBS.since, one(statement))
    checkpoints: list[Sequence[Any]] = []
    values: dict[tuple[str, str, str, str], Typed] = {}
    writes: dict[tuple[str, str, str], list[Sequence[Any]]] = defaultdict(list)
    for row in result.rows:
        (thread, kind, scope, *rest), key, type_, value, *_ = row
        if kind == CHECKPOINT:
            checkpoints.append(row)
        elif kind == VALUE:
            values[thread, scope, rest[0], key] = type_, value
        else:
            writes[thread, scope, rest[0]].append(row)
    checkpoints.sort(key=lambda row: (row[1], row[0]), reverse=True)
    return [_saved(row, values, writes) for row in checkpoints]


def outline(context: Context, tenant: str, place: Place) -> Operation[dict[str, Saved]]:
    """Give a place's checkpoints by id, without any values."""
    _check(tenant, Wanted(*place))
    statement = statements.outline(context.schema, tenant, *place)
    result = yield from needing_version(context, BLOBS.since, one(statement))
    return {saved.id: saved for saved in map(_bare, result.rows)}


def read_writes(
    context: Context, tenant: str, place: Place, ids: Sequence[str]
) -> Operation[dict[str, list[Write]]]:
    """Read what was written after several checkpoints, by their ids, each list in order."""
    if not ids:
        return {}
    statement = statements.writes(context.schema, tenant, *place, ids)
    result = yield from needing_version(context, BLOBS.since, one(statement))
    found: dict[str, list[Sequence[Any]]] = defaultdict(list)
    for row in result.rows:
        found[row[0][3]].append(row)
    return {id_: _unpacked(rows) for id_, rows in found.items()}


def read_values(
    context: Context, tenant: str, place: Place, versions: Mapping[str, str]
) -> Operation[dict[str, Typed]]:
    """Read values by channel and version; what is missing is left out."""
    asked = [(_of_value(place, channel), version) for channel, version in versions.items()]
    found = yield from blobs.get(context, tenant, SPACE, asked)
    return {
        blob.namespace[3]: (blob.content_type or "", blob.value or b"")
        for blob in found
        if blob is not None
    }


def history(
    context: Context, tenant: str, wanted: Wanted, channels: Iterable[str]
) -> Operation[dict[str, Line]]:
    """Give what was written to channels by the ancestors of a checkpoint since they had a value.

    The way goes from parent to parent, and ends for each channel at the first ancestor that has a
    value of it; what was written after that one counts.
    """
    asked = list(dict.fromkeys(channels))
    if not asked or wanted.thread is None:
        return {}
    place = Place(wanted.thread, wanted.scope or "")
    every = yield from outline(context, tenant, place)
    at = every.get(wanted.id or max(every, default=""))
    way: list[Saved] = []
    met: set[str] = set()
    ends: dict[str, int] = {}
    while (at := every.get((at and at.parent) or "")) is not None and len(ends) < len(asked):
        if at.id in met:
            break
        met.add(at.id)
        ends |= {one: len(way) for one in asked if one in at.versions and one not in ends}
        way.append(at)
    wrote = yield from read_writes(context, tenant, place, [saved.id for saved in way])
    seeds = {channel: way[end].versions[channel] for channel, end in ends.items()}
    own = {channel: version for channel, version in seeds.items() if version is not None}
    values = yield from read_values(context, tenant, place, own)
    holders: dict[str, Typed] = {}
    for id_ in {way[ends[channel]].id for channel in seeds if channel not in own}:
        found = yield from read(context, tenant, Wanted(*place, id_), 1)
        holders |= {saved.id: saved.value for saved in found}
    lines: dict[str, Line] = {}
    for channel in asked:
        end = ends.get(channel)
        path = way if end is None else way[: end + 1]
        writes = [
            write
            for saved in reversed(path)
            for write in wrote.get(saved.id, ())
            if write.channel == channel
        ]
        holder = None if end is None else holders.get(way[end].id)
        lines[channel] = Line(writes, values.get(channel), holder if channel not in own else None)
    return lines


def delete(context: Context, tenant: str, thread: str) -> Operation[int]:
    """Remove all of a thread."""
    return (yield from blobs.clear(context, tenant, SPACE, (thread,)))


def copy(context: Context, tenant: str, thread: str, target: str) -> Operation[None]:
    """Copy all of a thread, inside the server; nothing of the target is replaced."""
    _check(tenant, Wanted(thread))
    _check(tenant, Wanted(target))
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
    _check(tenant, Wanted(thread))

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
    _check(tenant, Wanted())
    asked = [json_bytes(each, "labels").decode() for each in labels]
    found: set[tuple[Place, str]] = set()

    def grouped() -> Steps[list[Saved]]:
        result = yield statements.labelled(context.schema, tenant, asked)
        found.update((saved.place, saved.id) for saved in map(_bare, result.rows))
        every: list[Saved] = []
        for place in sorted({place for place, _ in found}):
            rest = yield statements.outline(context.schema, tenant, *place)
            every += map(_bare, rest.rows)
        return every

    def doomed(every: Sequence[Saved]) -> Iterable[Saved]:
        return [saved for saved in every if (saved.place, saved.id) in found]

    if asked:
        yield from _dropping(context, tenant, grouped, doomed)


def _grouped_of(statement: Statement) -> Steps[list[Saved]]:
    result = yield statement
    return list(map(_bare, result.rows))


def _dropping(
    context: Context,
    tenant: str,
    look: Callable[[], Steps[list[Saved]]],
    doomed: Callable[[Sequence[Saved]], Iterable[Saved]],
) -> Operation[None]:
    """Remove checkpoints, what was written after them, and the values that no other stands on."""

    def body() -> Steps[None]:
        keys: list[tuple[tuple[str, ...], str]] = []
        after: list[tuple[str, ...]] = []
        groups: dict[Place, list[Saved]] = defaultdict(list)
        found = yield from look()
        for saved in found:
            groups[saved.place].append(saved)
        for place, every in groups.items():
            gone = {saved.id: saved for saved in doomed(every)}
            used = {pair for saved in every if saved.id not in gone for pair in _pairs(saved)}
            unused = {pair for saved in gone.values() for pair in _pairs(saved)} - used
            keys += [saved.key for saved in gone.values()]
            keys += [(_of_value(place, channel), version) for channel, version in unused]
            after += [(place.thread, WRITE, place.scope, id_) for id_ in gone]
        if keys:
            yield statements.drop(context.schema, tenant, sorted(keys))
            yield statements.drop_writes(context.schema, tenant, sorted(after))

    work = Work(body, writes=True, transaction=True)
    yield from needing_version(context, BLOBS.since, work)


def _pairs(saved: Saved) -> Iterable[tuple[str, str]]:
    return [(channel, one) for channel, one in saved.versions.items() if one is not None]


def _put(context: Context, tenant: str, kept: Iterable[Blob]) -> Operation[None]:
    rows = blobs.checked_rows(tenant, SPACE, kept)
    writes = list(blobs.puts(context, tenant, SPACE, rows, statements.PUT_NEW))
    yield from needing_version(context, BLOBS.since, together(writes))


def _of_value(place: Place, channel: str) -> tuple[str, ...]:
    return (place.thread, VALUE, place.scope, channel)


def _check(tenant: str, wanted: Wanted) -> None:
    """Raise InvalidArgumentError where a name is none: nothing is kept below it."""
    parts = [part for part in (wanted.thread, wanted.scope) if part is not None]
    names = [name for name in (wanted.id, wanted.before) if name is not None]
    checked_keys(tenant, SPACE, [(tuple(parts), name) for name in names or ["any"]])


def _bare(row: Sequence[Any]) -> Saved:
    (thread, _, scope), id_, metadata = row
    said = read_metadata(metadata)
    return Saved(Place(thread, scope), id_, said["p"], ("", b""), said["m"], said["c"])


def _saved(
    row: Sequence[Any],
    values: Mapping[tuple[str, str, str, str], Typed],
    writes: Mapping[tuple[str, str, str], list[Sequence[Any]]],
) -> Saved:
    namespace, id_, type_, value, metadata, _ = row
    bare = _bare((namespace, id_, metadata))
    thread, scope = bare.place
    found = {
        channel: values[thread, scope, channel, version]
        for channel, version in _pairs(bare)
        if (thread, scope, channel, version) in values
    }
    wrote = _unpacked(writes.get((thread, scope, id_), ()))
    return bare._replace(value=(type_, value), values=found, writes=wrote)


def _runs(writes: Iterable[Write]) -> Iterable[list[Write]]:
    """Cut writes in order into those that follow one another, each special one by itself."""
    run: list[Write] = []
    for write in writes:
        if run and (run[-1].number < 0 or write.number != run[-1].number + 1):
            yield run
            run = []
        run.append(write)
    if run:
        yield run


def _packed(run: Sequence[Write]) -> bytes:
    first = run[0]
    each = [[write.number, write.channel, write.value[0], len(write.value[1])] for write in run]
    head = json.dumps([first.task, first.path, each]).encode()
    return b"".join([_SIZE.pack(len(head)), head, *(write.value[1] for write in run)])


def _unpacked(rows: Iterable[Sequence[Any]]) -> list[Write]:
    """Read rows of writes; of a number that is in two the first that came counts."""
    found: dict[tuple[str, int], Write] = {}
    for row in sorted(rows, key=lambda row: row[-1]):
        value = row[3]
        at = _SIZE.size + _SIZE.unpack_from(value)[0]
        task, path, each = json.loads(value[_SIZE.size : at])
        for number, channel, type_, size in each:
            write = Write(number, channel, (type_, value[at : at + size]), task, path)
            found.setdefault((task, number), write)
            at += size
    return sorted(found.values(), key=lambda one: (one.path, one.task, one.number))


def check_tenant(tenant: str) -> None:
    """Raise InvalidArgumentError unless there can be one of this name."""
    _check(tenant, Wanted())


def checked_labels(labels: Mapping[str, Any]) -> str:
    """Write what checkpoints shall be found by.

    Raises:
        InvalidArgumentError: It is no JSON object.
    """
    if not isinstance(labels, Mapping):
        msg = f"a filter of checkpoints is a mapping of their metadata, not {type(labels).__name__}"
        raise InvalidArgumentError(msg)
    return json_bytes(labels, "the filter", "filter").decode()
