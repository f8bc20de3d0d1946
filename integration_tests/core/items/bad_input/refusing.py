"""What every test of bad input is held to: nothing of it is stored."""

from __future__ import annotations

from typing import Any

import pytest

from pgrecall import Collection, InvalidArgumentError, Item

WRITERS = pytest.mark.parametrize("verb", ["upsert", "load"])


DOCS = Collection("docs", 2, fields={"page": "number", "source": "text"})


KEPT = Item("kept", [1, 0], "kept", {})


async def refused(kept: Any, verb: str, item: Any, match: str) -> InvalidArgumentError:
    """Write an item between good ones: it must fail, and all of them must be absent."""
    given = [Item("before", [1, 0]), item, Item(KEPT.id, [0, 1], "overwritten")]
    with pytest.raises(InvalidArgumentError, match=match) as raised:
        await getattr(kept, verb)(given)
    assert raised.value.written == 0
    assert await kept.get(await kept.list_ids()) == [KEPT]
    return raised.value
