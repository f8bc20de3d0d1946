"""LangGraph's configs as the core names threads, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from langgraph.checkpoint.base import get_checkpoint_id

from pgrecall._operations.threads.threads import checked_labels
from pgrecall._operations.threads.values import Place, Saved
from pgrecall._statements.entries.threads import Wanted
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langchain_core.runnables import RunnableConfig

T = TypeVar("T")

_DELTAS = "counters_since_delta_snapshot"
FIRST_PAGE = 8
"""Checkpoints of a list's first page, whose sizes nothing is known of."""
_MOST, _PAGE_BYTES = 256, 16 << 20
_STRATEGIES = {"keep_latest": True, "delete": False}


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


def many(what: str, given: Iterable[T]) -> list[T]:
    """Give ids as a list: the letters of one string are none.

    Raises:
        InvalidArgumentError: They are one string.
    """
    if isinstance(given, str | bytes):
        msg = f"{what} must be a list of strings, not one {type(given).__name__}"
        raise InvalidArgumentError(msg)
    return list(given)


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
        checked_labels(labels) if labels else None,
    )


def of_one(config: RunnableConfig) -> Wanted:
    """Say which checkpoint a config names: the last where it says no id."""
    return Wanted(*place_of(config), get_checkpoint_id(config) or None)


def checkpoint_of(config: RunnableConfig) -> str:
    """Give the id of the checkpoint that a config names.

    Raises:
        InvalidArgumentError: It names none.
    """
    id_ = _configurable(config).get("checkpoint_id")
    if not id_:
        msg = "the config names no checkpoint: pass the one that put() gave"
        raise InvalidArgumentError(msg)
    return str(id_)


def config_of(place: Place, id_: str) -> RunnableConfig:
    """Name a checkpoint."""
    thread, scope = place
    return {"configurable": {"thread_id": thread, "checkpoint_ns": scope, "checkpoint_id": id_}}


def needed(saved: Saved) -> set[str]:
    """Give the delta channels of a checkpoint, whose values may be made of ancestors' writes."""
    return set(saved.labels.get(_DELTAS) or ())


def next_page(found: Sequence[Saved], size: int) -> int:
    """Tell how many checkpoints the page after one of ``size`` shall have, by what they took."""
    seen = sum(
        len(typed[1])
        for one in found
        for typed in (one.value, *one.values.values(), *(write.value for write in one.writes))
    )
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


def _configurable(config: RunnableConfig) -> Mapping[str, Any]:
    given = config.get("configurable")
    return given if type(given) is dict or isinstance(given, Mapping) else {}
