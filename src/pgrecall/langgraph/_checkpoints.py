"""LangGraph's checkpoints as the core keeps them, and back."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    CheckpointTuple,
    get_checkpoint_id,
    get_checkpoint_metadata,
)

from pgrecall._operations.threads.values import Saved, Write, said_of
from pgrecall._values.conversions import MAX_DEPTH, cleaned_deeply
from pgrecall._values.json_text import plain_json, plainly_json
from pgrecall._values.unusable import Unusable
from pgrecall.errors import InvalidArgumentError
from pgrecall.langgraph._threads import config_of, place_of

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import (
        ChannelVersions,
        Checkpoint,
        CheckpointMetadata,
        DeltaChannelHistory,
    )
    from langgraph.checkpoint.serde.base import SerializerProtocol

    from pgrecall._operations.threads.values import Line, Place, Typed

_METADATA = "pgrecall:metadata"
"""Within a checkpoint: its metadata, where JSON has no place for all of it."""
_INLINE = 256
"""Characters of a text that a checkpoint has itself: a row of its own would take more."""
_KNOWN_VERSION = 4
_MAX_LABEL_DEPTH = MAX_DEPTH - 1
"""The metadata of a blob has labels in an object of its own."""
_DIGITS, _RANDOM = 10, 6


@cache
def known_version() -> int:
    """Tell the newest version of a checkpoint that the LangGraph that is installed knows."""
    try:
        found = import_module("langgraph.pregel._checkpoint").LATEST_VERSION
    except (ImportError, AttributeError):
        return _KNOWN_VERSION
    return max(_KNOWN_VERSION, cast("int", found))


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
    values: dict[str, Typed] = {}
    for channel, value in checkpoint["channel_values"].items():
        version = new_versions.get(channel, checkpoint["channel_versions"].get(channel))
        if version is None or _is_short(value):
            inline[channel], versions[channel] = value, None
            continue
        versions[channel] = str(version)
        if channel in new_versions:
            values[channel] = serde.dumps_typed(value)
    parent = get_checkpoint_id(config) or None
    labels: Any = get_checkpoint_metadata(config, metadata)
    kept: dict[str, Any] = {**checkpoint, "channel_values": inline}
    said = plainly_json(said_of(labels, parent, versions))
    if said is None:
        kept[_METADATA] = labels
        labels = _labels(labels)
    typed = serde.dumps_typed(kept)
    return Saved(
        place, checkpoint["id"], parent, typed, labels, versions, values,
        written=None if said is None else said.decode(),
    )  # fmt: skip


def values_of(serde: SerializerProtocol, checkpoint: Checkpoint) -> Callable[[str], Typed]:
    """Give what writes the value of a channel of a checkpoint."""

    def value_of(channel: str) -> Typed:
        return serde.dumps_typed(checkpoint["channel_values"][channel])

    return value_of


def writes_of(
    serde: SerializerProtocol, writes: Sequence[tuple[str, Any]], task_id: str, path: str
) -> list[Write]:
    """Write what a task wrote as it is kept."""
    return [
        Write(WRITES_IDX_MAP.get(channel, n), channel, serde.dumps_typed(value), task_id, path)
        for n, (channel, value) in enumerate(writes)
    ]


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


def history_of(
    serde: SerializerProtocol, lines: Mapping[str, Line]
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


def next_version(current: object) -> str:
    """Give a version that sorts behind another, and that no other branch of a thread has."""
    number = "0" if current is None else str(current).partition(".")[0]
    digits = max(len(number), _DIGITS) if isinstance(current, str) else _DIGITS
    return f"{int(number) + 1:0{digits}}.{secrets.token_hex(_RANDOM)}"


def _is_short(value: object) -> bool:
    if isinstance(value, str):
        return type(value) is str and len(value) <= _INLINE
    return value is None or type(value) in {bool, int, float}


def _labels(metadata: dict[str, Any]) -> dict[str, Any]:
    """Give of metadata what JSON has a place for."""
    labels = {}
    for key, value in cast("dict[str, Any]", cleaned_deeply(metadata)).items():
        try:
            labels.update(plain_json({key: value}, "", max_depth=_MAX_LABEL_DEPTH))
        except (InvalidArgumentError, Unusable):
            continue
    return labels


def _check_version(checkpoint: Checkpoint, place: Place) -> None:
    version, known = checkpoint.get("v", 0), known_version()
    if version > known:
        msg = (
            f"checkpoint {checkpoint.get('id')!r} of thread {place.thread!r} has version {version};"
            f" the langgraph that is installed knows {known}: upgrade it"
        )
        raise InvalidArgumentError(msg)
