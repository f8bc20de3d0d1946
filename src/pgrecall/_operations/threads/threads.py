"""Threads: the checkpoints of an agent's runs, whatever framework runs it.

Values come as bytes with the name of what they were written by. A value that many checkpoints have
is kept once; one call writes all or nothing, in one statement where it is of a usual size.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pgrecall._operations.entries import blobs
from pgrecall._operations.entries.entries import (
    checked_key,
    checked_keys,
    together,
)
from pgrecall._operations.setup import needing_version
from pgrecall._operations.threads.values import (
    Line,
    Place,
    Saved,
    Typed,
    Write,
    bare,
    compressed,
    is_small,
    kept_versions,
    namespace_of,
    packed,
    runs,
    said_of,
    unpacked,
    whole,
)
from pgrecall._operations.work import Call, one
from pgrecall._statements.entries import threads as statements
from pgrecall._statements.entries.blobs import Row
from pgrecall._statements.entries.table import BLOBS
from pgrecall._statements.entries.threads import CHECKPOINT, SPACE, SPECIAL, VALUE, WRITE, Wanted
from pgrecall._values.json_text import json_bytes
from pgrecall.errors import DatabaseError, InvalidArgumentError

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.entries.table import Key

_WRITES = "writes"


def put(
    context: Context, tenant: str, saved: Saved, value_of: Callable[[str], Typed]
) -> Operation[None]:
    """Keep a checkpoint with its new values; one of its id is replaced.

    Args:
        context: The store's.
        tenant: The tenant.
        saved: The checkpoint.
        value_of: Gives the value of a channel that is not new, for where another client removed
            what an earlier checkpoint had: none is kept without its values.
    """
    typed = saved.value if is_small(saved.value) else (yield from compressed(saved.value))
    rows = [_row(tenant, saved.key, typed, metadata_of(saved))]
    for channel, value in saved.values.items():
        key = (namespace_of(saved.place, channel), saved.versions[channel] or "")
        typed = value if is_small(value) else (yield from compressed(value))
        rows.append(_row(tenant, key, typed))
    old = {
        channel: checked_key(tenant, SPACE, namespace_of(saved.place, channel), version)
        for channel, version in kept_versions(saved)
        if channel not in saved.values
    }
    if (yield from _put(context, tenant, rows, sorted(old.values()))):
        return
    for channel, key in old.items():
        value = yield Call(value_of, (channel,), "the serializer")
        rows.append(_row(tenant, key, (yield from compressed(value))))
    yield from _put(context, tenant, rows)


def put_writes(
    context: Context, tenant: str, place: Place, id_: str, writes: Iterable[Write]
) -> Operation[None]:
    """Keep what a task wrote after a checkpoint; a number that is there stays as it is."""
    namespace = (place.thread, WRITE, place.scope, id_)
    small: list[Write] = []
    for write in sorted(writes):
        if is_small(write.value):
            small.append(write)
        else:
            small.append(write._replace(value=(yield from compressed(write.value))))
    rows = []
    for run in runs(small):
        first, last = run[0], run[-1]
        special = first.number < 0
        name = f"{first.number}" if special else f"{first.number}-{last.number}"
        typed = SPECIAL if special else _WRITES, packed(run)
        rows.append(_row(tenant, (namespace, f"{first.task}:{name}"), typed))
    if rows:
        yield from _put(context, tenant, rows)


def read(context: Context, tenant: str, wanted: Wanted, limit: int) -> Operation[list[Saved]]:
    """Read checkpoints with their values and writes, the last first."""
    check_wanted(tenant, wanted)
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
            values[thread, scope, rest[0], key] = whole((type_, value))
        else:
            writes[thread, scope, rest[0]].append(row)
    checkpoints.sort(key=lambda row: (row[1], row[0]), reverse=True)
    return [_saved(row, values, writes) for row in checkpoints]


def outline(context: Context, tenant: str, place: Place) -> Operation[dict[str, Saved]]:
    """Give a place's checkpoints by id, without any values."""
    check_wanted(tenant, Wanted(*place))
    statement = statements.outline(context.schema, tenant, *place)
    result = yield from needing_version(context, BLOBS.since, one(statement))
    return {saved.id: saved for saved in map(bare, result.rows)}


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
    return {id_: unpacked(rows) for id_, rows in found.items()}


def read_values(
    context: Context, tenant: str, place: Place, versions: Mapping[str, str]
) -> Operation[dict[str, Typed]]:
    """Read values by channel and version; what is missing is left out."""
    asked = [(namespace_of(place, channel), version) for channel, version in versions.items()]
    found = yield from blobs.get(context, tenant, SPACE, asked)
    return {
        blob.namespace[3]: whole((blob.content_type or "", blob.value or b""))
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


def check_tenant(tenant: str) -> None:
    """Raise InvalidArgumentError unless there can be one of this name."""
    check_wanted(tenant, Wanted())


def check_wanted(tenant: str, wanted: Wanted) -> None:
    """Raise InvalidArgumentError where a name is none: nothing is kept below it."""
    parts = [part for part in (wanted.thread, wanted.scope) if part is not None]
    names = [name for name in (wanted.id, wanted.before) if name is not None]
    checked_keys(tenant, SPACE, [(tuple(parts), name) for name in names or ["any"]])


def checked_labels(labels: Mapping[str, Any]) -> str:
    """Write what checkpoints shall be found by.

    Raises:
        InvalidArgumentError: It is no JSON object.
    """
    if not isinstance(labels, Mapping):
        msg = f"a filter of checkpoints is a mapping of their metadata, not {type(labels).__name__}"
        raise InvalidArgumentError(msg)
    return json_bytes(labels, "the filter", "filter").decode()


def metadata_of(saved: Saved) -> str:
    """Write what a checkpoint is found by, and what it stands on."""
    if saved.written is not None:
        return saved.written
    said = said_of(saved.labels, saved.parent, saved.versions)
    return json_bytes(said, "the metadata of a checkpoint").decode()


def _row(tenant: str, key: Key, typed: Typed, labels: str | None = None) -> Row:
    namespace, name = checked_key(tenant, SPACE, *key)
    return Row(namespace, name, blobs.checked_value(typed[1]), typed[0], labels, None)


def _put(
    context: Context, tenant: str, rows: Sequence[Row], held: Sequence[Key] = ()
) -> Operation[bool]:
    """Write rows, or none where one of ``held`` is missing; tell whether any was written."""
    ordered = rows
    if len(rows) > 1:
        # a special write that comes twice counts once; the order is that of their locks
        each = {(row.namespace, row.key): row for row in rows}
        ordered = [each[key] for key in sorted(each)]
    writes = list(blobs.puts(context, tenant, SPACE, ordered, statements.PUT_NEW, held=held))
    if len(writes) > 1:
        return bool((yield from needing_version(context, BLOBS.since, together(writes))))
    done = yield from needing_version(context, BLOBS.since, one(writes[0], writes=True))
    return bool(done.touched)


def _saved(
    row: Sequence[Any],
    values: Mapping[tuple[str, str, str, str], Typed],
    writes: Mapping[tuple[str, str, str], list[Sequence[Any]]],
) -> Saved:
    namespace, id_, type_, value, metadata, _ = row
    seen = bare((namespace, id_, metadata))
    thread, scope = seen.place
    found, lost = {}, []
    for channel, version in kept_versions(seen):
        if (value_ := values.get((thread, scope, channel, version))) is None:
            lost.append(channel)
        else:
            found[channel] = value_
    if lost:
        msg = (
            f"checkpoint {id_!r} of thread {thread!r} has lost the values of its channels"
            f" {', '.join(map(repr, sorted(lost)))}: something else than the methods of a saver"
            " removed them; an earlier checkpoint may have its own, or delete the thread"
        )
        raise DatabaseError(msg)
    wrote = unpacked(writes.get((thread, scope, id_), ()))
    return seen._replace(value=whole((type_, value)), values=found, writes=wrote)
