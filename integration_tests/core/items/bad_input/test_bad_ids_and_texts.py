"""Bad ids and texts: each kind has a clear error that names the item."""

from __future__ import annotations

import random
from enum import Enum, StrEnum
from typing import Any

import pytest
from integration_tests.core.items.bad_input.refusing import WRITERS, refused

from pgrecall import InvalidArgumentError, Item


@WRITERS
@pytest.mark.parametrize(
    ("item_id", "told"),
    [
        ("", "empty"),
        (None, "NoneType"),
        (5, "int"),
        (b"bytes", "bytes"),
        (("a",), "tuple"),
        ("nul\0", r"nul\\x00.*NUL"),
        ("lone \ud800", "surrogate"),
        ("x" * 2_001, "2,001 bytes"),
        ("é" * 1_001, "2,002 bytes"),
        ("\U0001f600" * 501, "2,004 bytes"),
    ],
    ids=lambda value: ascii(value)[:20],
)
async def test_what_is_no_id_is_refused(kept: Any, verb: str, item_id: Any, told: str) -> None:
    await refused(kept, verb, Item(item_id, [1, 0]), f"item id.*{told}")


@WRITERS
async def test_an_id_of_2000_bytes_is_stored(docs: Any, verb: str) -> None:
    letters = random.Random(1)  # noqa: S311 - an id that compression does not shorten
    longest = "".join(chr(letters.randrange(0x4E00, 0x9FA5)) for _ in range(666)) + "xy"
    assert len(longest.encode()) == 2_000

    assert await getattr(docs, verb)([Item(longest, [1, 0])]) == 1

    assert [item.id for item in await docs.get([longest])] == [longest]


async def test_a_long_id_is_shown_short_in_the_message(kept: Any) -> None:
    with pytest.raises(InvalidArgumentError) as raised:
        await kept.upsert([Item("x" * 100_000, [1, 0])])

    assert len(str(raised.value)) < 300


@WRITERS
async def test_an_id_that_is_an_enum_is_the_text_that_it_equals(docs: Any, verb: str) -> None:
    class Plain(str, Enum):  # noqa: UP042 - the kind whose str() is another text
        ID = "plain"

    class Modern(StrEnum):
        ID = "modern"

    await getattr(docs, verb)([Item(Plain.ID, [1, 0]), Item(Modern.ID, [1, 0])])

    assert await docs.list_ids() == ["modern", "plain"]
    found = await docs.get([Plain.ID, Modern.ID])
    assert [item.id for item in found] == ["plain", "modern"]
    assert await docs.delete([Plain.ID]) == 1


@WRITERS
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nul\0inside", "NUL"),
        ("lone \udfff", "surrogate at character 5"),
        (None, "NoneType"),
        (5, "int"),
        (b"bytes", "bytes"),
    ],
    ids=ascii,
)
async def test_what_is_no_text_is_refused(kept: Any, verb: str, text: Any, told: str) -> None:
    await refused(kept, verb, Item("bad", [1, 0], text), f"the text of item 'bad'.*{told}")
