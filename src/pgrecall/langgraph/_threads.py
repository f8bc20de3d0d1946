"""LangGraph's configs and checkpoints as threads of the core have them, and back."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    CheckpointTuple,
    get_checkpoint_id,
    get_checkpoint_metadata,
)

from pgrecall._operations.entries import threads
from pgrecall._operations.entries.threads import Place, Saved, Write
from pgrecall._statements.entries.threads import Wanted
from pgrecall._values.conversions import Unusable, cleaned_deeply
from pgrecall._values.json_text import plain_json
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import (
        ChannelVersions,
        Checkpoint,
        CheckpointMetadata,
        DeltaChannelHistory,
    )
    from langgraph.checkpoint.serde.base import SerializerProtocol

_METADATA = "pgrecall:metadata"
"""Within a checkpoint: its metadata, where JSON has no place for all of it."""
_INLINE = 256
"""Characters of a text that a checkpoint has itself: a row of its own would take more."""
_KNOWN_VERSION = 4
_DELTAS = "counters_since_delta_snapshot"
_DIGITS, _RANDOM = 10, 6
FIRST_PAGE = 8
"""Checkpoints of a list's first page, whose sizes nothing is known of."""
_MOST, _PAGE_BYTES = 256, 16 << 20
_STRATEGIES = {"keep_latest": True, "delete": False}


@cache
def known_version() -> int:
    """Tell the newest version of a checkpoint that the LangGraph that is installed knows."""
    try:
        found = import_module("langgraph.pregel._checkpoint").LATEST_VERSION
    except (ImportError, AttributeError):
        return _KNOWN_VERSION
    return max(_KNOWN_VERSION, cast("int", found))


def place_of(config: RunnableConfig) -> Place:
    """Give the thread and namespace that a config names.

    Raises:
        InvalidArgumentError: It names no thread.
    """
    given = _configurable(config)
    return Place(thread_of(given.get("thread_id")), str(given.get("checkpoint_ns") or ""))


def thread_of(thread_id: object) -> str:
    """Give the name of a thread; a number or a UUID is written out.

    Raises:
        InvalidArgumentError: There is none.
    """
    if thread_id is None:
        msg = 'the config names no thread: pass {"configurable": {"thread_id": "..."}} with it'
        raise InvalidArgumentError(msg)
    return str(thread_id)


def wanted(
    config: RunnableConfig | None,
    *,
    labels: Mapping[str, Any] | None = None,
    before: RunnableConfig | None = None,
) -> Wanted:
    """Say which checkpoints a list is about; one without a config is about every thread."""
    thread = scope = id_ = None
    if config is not None:
        thread, scope = place_of(config)
        if _configurable(config).get("checkpoint_ns") is None:
            scope = None
        id_ = get_checkpoint_id(config)
    return Wanted(
        thread,
        scope,
        id_ or None,
        (get_checkpoint_id(before) if before else None) or None,
        threads.checked_labels(labels) if labels else None,
    )


def of_one(config: RunnableConfig) -> Wanted:
    """Say which checkpoint a config names: the last where it says no id."""
    return Wanted(*place_of(config), get_checkpoint_id(config) or None)


def saved_of(
    serde: SerializerProtocol,
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    new_versions: ChannelVersions,
) -> Saved:
    """Write a checkpoint and its new values as they are kept.

    Raises:
        InvalidArgumentError: It is of a version that is not known.
    """
    place = place_of(config)
    _check_version(checkpoint, place)
    inline: dict[str, Any] = {}
    versions: dict[str, str | None] = {}
    values: dict[str, threads.Typed] = {}
    for channel, value in checkpoint["channel_values"].items():
        version = new_versions.get(channel, checkpoint["channel_versions"].get(channel))
        if version is None or _is_short(value):
            inline[channel], versions[channel] = value, None
            continue
        versions[channel] = str(version)
        if channel in new_versions:
            values[channel] = serde.dumps_typed(value)
    given = get_checkpoint_metadata(config, metadata)
    labels = _labels(cast("dict[str, Any]", given))
    written: dict[str, Any] = {**checkpoint, "channel_values": inline}
    if not _is_whole(labels, given):
        written[_METADATA] = given
    parent = get_checkpoint_id(config) or None
    typed = serde.dumps_typed(written)
    return Saved(place, checkpoint["id"], parent, typed, labels, versions, values)


def writes_of(
    serde: SerializerProtocol, writes: Sequence[tuple[str, Any]], task_id: str, path: str
) -> list[Write]:
    """Write what a task wrote as it is kept."""
    return [
        Write(WRITES_IDX_MAP.get(channel, n), channel, serde.dumps_typed(value), task_id, path)
        for n, (channel, value) in enumerate(writes)
    ]


def config_of(place: Place, id_: str) -> RunnableConfig:
    """Name a checkpoint."""
    thread, scope = place
    return {"configurable": {"thread_id": thread, "checkpoint_ns": scope, "checkpoint_id": id_}}


def tuple_of(serde: SerializerProtocol, saved: Saved) -> CheckpointTuple:
    """Read a checkpoint.

    Raises:
        InvalidArgumentError: It is of a version that is not known.
    """
    checkpoint: Any = serde.loads_typed(saved.value)
    _check_version(checkpoint, saved.place)
    metadata = checkpoint.pop(_METADATA, saved.labels)
    read = {channel: serde.loads_typed(value) for channel, value in saved.values.items()}
    checkpoint["channel_values"] = {**checkpoint["channel_values"], **read}
    return CheckpointTuple(
        config_of(saved.place, saved.id),
        checkpoint,
        metadata,
        config_of(saved.place, saved.parent) if saved.parent else None,
        [(one.task, one.channel, serde.loads_typed(one.value)) for one in saved.writes],
    )


def needed(saved: Saved) -> set[str]:
    """Give the delta channels of a checkpoint, whose values may be made of ancestors' writes."""
    return set(saved.labels.get(_DELTAS) or ())


def next_version(current: object) -> str:
    """Give a version that sorts behind another, and that no other branch of a thread has."""
    number = "0" if current is None else str(current).partition(".")[0]
    digits = max(len(number), _DIGITS) if isinstance(current, str) else _DIGITS
    return f"{int(number) + 1:0{digits}}.{secrets.token_hex(_RANDOM)}"


def next_page(found: Sequence[Saved], size: int) -> int:
    """Tell how many checkpoints the page after one of ``size`` shall have, by what they took."""
    seen = sum(len(typed[1]) for one in found for typed in (one.value, *one.values.values()))
    return max(1, min(_MOST, size * 32, _PAGE_BYTES * len(found) // max(seen, 1)))


def checked_strategy(strategy: str) -> bool:
    """Tell whether pruning keeps the last checkpoints.

    Raises:
        InvalidArgumentError: There is no such strategy.
    """
    if strategy not in _STRATEGIES:
        msg = f"strategy must be one of {sorted(_STRATEGIES)}, not {strategy!r}"
        raise InvalidArgumentError(msg)
    return _STRATEGIES[strategy]


def history_of(
    serde: SerializerProtocol, lines: Mapping[str, threads.Line]
) -> dict[str, DeltaChannelHistory]:
    """Read what was written to channels, and the values that it began with."""
    found: dict[str, DeltaChannelHistory] = {}
    for channel, (writes, value, holder) in lines.items():
        wrote = [(one.task, one.channel, serde.loads_typed(one.value)) for one in writes]
        found[channel] = {"writes": wrote}
        if value is not None:
            found[channel]["seed"] = serde.loads_typed(value)
        elif holder is not None:
            held = serde.loads_typed(holder)
            found[channel]["seed"] = held["channel_values"][channel]
    return found


def _configurable(config: RunnableConfig) -> Mapping[str, Any]:
    given = config.get("configurable")
    return given if isinstance(given, Mapping) else {}


def _is_short(value: object) -> bool:
    if isinstance(value, str):
        return type(value) is str and len(value) <= _INLINE
    return value is None or type(value) in {bool, int, float}


def _labels(metadata: dict[str, Any]) -> dict[str, Any]:
    """Give of metadata what JSON has a place for."""
    try:
        return cast("dict[str, Any]", plain_json(metadata, "the metadata"))
    except (InvalidArgumentError, Unusable):
        pass
    labels = {}
    for key, value in cast("dict[str, Any]", cleaned_deeply(metadata)).items():
        try:
            labels.update(plain_json({key: value}, "the metadata"))
        except (InvalidArgumentError, Unusable):
            continue
    return labels


def _is_whole(labels: dict[str, Any], metadata: object) -> bool:
    """Tell whether labels have all of the metadata; a tuple is a list to a serializer too."""
    try:
        return bool(json.loads(json.dumps(metadata)) == labels)
    except (TypeError, ValueError, RecursionError):
        return False


def _check_version(checkpoint: Checkpoint, place: Place) -> None:
    version, known = checkpoint.get("v", 0), known_version()
    if version > known:
        msg = (
            f"checkpoint {checkpoint.get('id')!r} of thread {place.thread!r} has version {version};"
            f" the langgraph that is installed knows {known}: upgrade it"
        )
        raise InvalidArgumentError(msg)
