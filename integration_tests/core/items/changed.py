"""What a change of metadata does, in Python: what the store's answers are held to."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any


class RefusedError(Exception):
    """A parent of a field that is set is no object."""


def changed(
    metadata: Mapping[str, Any],
    set_: Mapping[Any, Any] | None = None,
    remove: Iterable[Any] = (),
) -> dict[str, Any]:
    """Give metadata as it is after a change."""
    made = copy.deepcopy(dict(metadata))
    for field, value in (set_ or {}).items():
        *parents, last = path(field)
        place: Any = made
        for key in parents:
            place = place.setdefault(key, {})
            if not isinstance(place, dict):
                raise RefusedError(field)
        place[last] = copy.deepcopy(value)
    for field in remove:
        *parents, last = path(field)
        place = made
        for key in parents:
            place = place.get(key) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place.pop(last, None)
    return made


def path(field: Any) -> tuple[str, ...]:
    return (field,) if isinstance(field, str) else tuple(field)
