"""What the tests of items write, and what they look at on the server."""

from __future__ import annotations

import pytest

from pgrecall import Item

LOAD_BATCH = 5_000  # rows that one transaction of load writes


WRITERS = pytest.mark.parametrize("verb", ["upsert", "load"])


def items(start: int, stop: int, text: str = "") -> list[Item]:
    return [Item(f"{number:06}", [1, number], text) for number in range(start, stop)]


def numbered(ids: list[str]) -> list[Item]:
    """Items whose text tells their place."""
    return [Item(id_, [1, place], str(place)) for place, id_ in enumerate(ids)]
