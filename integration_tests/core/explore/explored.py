"""Items unlike one another, and what each verb that looks around must say of them."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall import Item

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MISSING: Any = object()
VALUES: list[Any] = [
    MISSING,
    None,
    True,
    False,
    1,
    1.0,
    "1",
    0,
    -3.5,
    10,
    9,
    2**60,
    "",
    "a",
    "B",
    "é",
    "z",
    "\U0001f600",
    "\uffff",
    [],
    ["a", "a", 1],
    ["a", None, True, [1]],
    {"a": 1},
    {},
]


def mixed_items(count: int = 120) -> list[Item]:
    """Items whose field "f", and ("deep", "er") too, has every type; many are equal."""
    choose = np.random.default_rng(5)
    made = []
    for number in range(count):
        value = VALUES[choose.integers(len(VALUES))]
        metadata: dict[str, Any] = {"even": number % 2 == 0, "f.g": number % 3}
        if value is not MISSING:
            metadata |= {"f": value, "deep": {"er": value}}
        made.append(Item(f"{choose.integers(10_000):04}-{number}", [1, number], "", metadata))
    return made


def value_of(item: Item, path: Sequence[str]) -> Any:
    found: Any = item.metadata
    for key in path:
        if not isinstance(found, dict) or key not in found:
            return MISSING
        found = found[key]
    return found


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def rank(value: Any) -> int:
    return 0 if is_number(value) else 1 if isinstance(value, str) else 2


def ordered(items: Iterable[Item], path: Sequence[str], *, descending: bool) -> list[str]:
    """Ids in the order that the contract has, written without the package."""
    by_id = sorted(items, key=lambda item: item.id)
    parts: list[list[Item]] = [[], [], []]
    for item in by_id:
        parts[rank(value_of(item, path))].append(item)
    for part in parts[:2]:
        # both ways the sort is stable: equal ones stay by id
        part.sort(key=lambda item: value_of(item, path), reverse=descending)
    return [item.id for part in parts for item in part]


def facets(items: Iterable[Item], path: Sequence[str]) -> list[tuple[str, int]]:
    """Each value as JSON, a number as one, with the items that have it."""
    counts: Counter[str] = Counter()
    values: dict[str, Any] = {}
    for item in items:
        value = value_of(item, path)
        elements = value if isinstance(value, list) else [value]
        present = [one for one in elements if one is not MISSING and one is not None]
        keys = {as_key(one): one for one in present}
        counts.update(keys.keys())
        values |= keys

    def place(key: str) -> Any:
        value = values[key]
        kind = rank(value)
        other = ("bool", str(value)) if isinstance(value, bool) else (type(value).__name__, key)
        return (-counts[key], kind, value if kind < 2 else (other[0] != "bool", other))

    return [(key, counts[key]) for key in sorted(counts, key=place)]


def as_key(value: Any) -> str:
    return json.dumps(float(value) if is_number(value) else value, sort_keys=True)
