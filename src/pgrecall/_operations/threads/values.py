"""Checkpoints of threads as they are kept, and the packing of what they stand on."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from pgrecall._operations.work import Call
from pgrecall._statements.entries.threads import CHECKPOINT, VALUE
from pgrecall._values.json_text import compact, read_metadata
from pgrecall._values.strings import any_bytes, check_text

if TYPE_CHECKING:
    from pgrecall._operations.work import Operation

Typed: TypeAlias = tuple[str, bytes]
"""What wrote the bytes, and the bytes."""

SMALL = 4 << 10
"""Bytes from which a value is compressed before it is sent."""
LARGE = 128 << 10
"""Bytes from which a thread compresses it."""
_SAMPLE = 32 << 10
_ZLIB, _WORTH = "+zlib", 0.8
_USUAL = {"msgpack", "null", "bytes", "json"}
"""What LangGraph's serializer says that it wrote."""
_SIZE = struct.Struct(">I")


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
        written: What is said of it as JSON, where that was written already.
    """

    place: Place
    id: str
    parent: str | None
    value: Typed
    labels: Mapping[str, Any]
    versions: Mapping[str, str | None]
    values: Mapping[str, Typed] = {}
    writes: Sequence[Write] = ()
    written: str | None = None

    @property
    def key(self) -> tuple[tuple[str, ...], str]:
        """Where it is kept."""
        return (self.place.thread, CHECKPOINT, self.place.scope), self.id


def said_of(
    labels: Mapping[str, Any], parent: str | None, versions: Mapping[str, str | None]
) -> dict[str, Any]:
    """Give what is said of a checkpoint, without what it is itself."""
    return {"m": labels, "p": parent, "c": versions}


def is_small(typed: Typed) -> bool:
    """Tell whether a value goes as it is without a look, as nearly every one does."""
    return type(typed[0]) is str and typed[0] in _USUAL and len(typed[1]) < SMALL


def compressed(typed: Typed) -> Operation[Typed]:
    """Compress a value where that saves something; no event loop waits long for it.

    The server would take four times as long, and somebody else's time.
    """
    type_, value = typed
    check_text("the type that a serializer gives", type_)
    # what ends so by itself is taken for what it is
    marked = type_.endswith(_ZLIB)
    sample = value[:_SAMPLE]
    made = b"" if len(value) < SMALL else zlib.compress(sample, 1)
    if not marked and (not made or len(made) > _WORTH * len(sample)):
        return typed
    if len(value) >= LARGE:
        made = yield Call(zlib.compress, (value, 1), in_thread=True)
    elif len(value) < SMALL or len(value) > _SAMPLE:
        made = zlib.compress(value, 1)
    return type_ + _ZLIB, made


def whole(typed: Typed) -> Typed:
    type_, value = typed
    if not type_.endswith(_ZLIB):
        return typed
    return type_.removesuffix(_ZLIB), zlib.decompress(value)


def runs(writes: Iterable[Write]) -> Iterable[list[Write]]:
    """Cut writes in order into those that follow one another, each special one by itself."""
    run: list[Write] = []
    for write in writes:
        if run and (run[-1].number < 0 or write.number != run[-1].number + 1):
            yield run
            run = []
        run.append(write)
    if run:
        yield run


def packed(run: Sequence[Write]) -> bytes:
    first = run[0]
    each = [[write.number, write.channel, write.value[0], len(write.value[1])] for write in run]
    head = any_bytes(compact([first.task, first.path, each]))
    return b"".join([_SIZE.pack(len(head)), head, *(write.value[1] for write in run)])


def unpacked(rows: Iterable[Sequence[Any]]) -> list[Write]:
    """Read rows of writes; of a number that is in two the first that came counts."""
    found: dict[tuple[str, int], Write] = {}
    for row in sorted(rows, key=lambda row: row[-1]):
        value = row[3]
        at = _SIZE.size + _SIZE.unpack_from(value)[0]
        task, path, each = json.loads(value[_SIZE.size : at])
        for number, channel, type_, size in each:
            typed = whole((type_, value[at : at + size]))
            write = Write(number, channel, typed, task, path)
            found.setdefault((task, number), write)
            at += size
    return sorted(found.values(), key=lambda one: (one.path, one.task, one.number))


def bare(row: Sequence[Any]) -> Saved:
    (thread, _, scope), id_, metadata = row
    said = read_metadata(metadata)
    return Saved(Place(thread, scope), id_, said["p"], ("", b""), said["m"], said["c"])


def kept_versions(saved: Saved) -> Iterable[tuple[str, str]]:
    return [(channel, one) for channel, one in saved.versions.items() if one is not None]


def namespace_of(place: Place, channel: str) -> tuple[str, ...]:
    return (place.thread, VALUE, place.scope, channel)
