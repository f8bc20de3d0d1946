"""Bad metadata: each kind has a clear error that names the item."""

from __future__ import annotations

import math
import random
from collections import OrderedDict
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from integration_tests.core.items.bad_input.refusing import WRITERS, refused

from pgrecall import Item


def nested(depth: int, leaf: Any = 1) -> dict[str, Any]:
    value = {"k": leaf}
    for _ in range(depth):
        value = {"k": value}
    return value


def selfish() -> dict[str, Any]:
    value: dict[str, Any] = {"page": 1}
    value["me"] = [value]
    return value


@WRITERS
@pytest.mark.parametrize(
    "metadata",
    [
        {"a": {1, 2}},
        {"a": frozenset()},
        {"a": b"bytes"},
        {"a": math.nan},
        {"a": [1, {"b": math.inf}]},
        {"a": -math.inf},
        {"a": Decimal("NaN")},
        {"a": 1 + 2j},
        {"a": np.datetime64("NaT", "s")},
        {"a": object()},
        {"a": np.float32("inf")},
        {"a": np.array([b"bytes"])},
        {"a": MappingProxyType({"b": {1}})},
        {"a": 10**5_000},
        {1: "int"},
        {True: "bool"},
        {None: "none"},
        {1.5: "float"},
        {("a",): "tuple"},
        {b"a": "bytes"},
        {"a": {1: 2}},
        {"a": [{"b": ({2: 3},)}]},
        {"nul\0": 1},
        {"a": "nul\0"},
        {"a": [["nul\0"]]},
        {"a": {"nul\0": 1}},
        {"a": "\\u0000 and \0"},
        {"a": "\ud800"},
        {"\udfff": 1},
        {"a": [{"b": "\ud800"}]},
        selfish(),
        nested(100),
        nested(950),
        nested(100_000),
    ],
)
async def test_metadata_that_is_not_json_is_refused(kept: Any, verb: str, metadata: Any) -> None:
    await refused(kept, verb, Item("bad", [1, 0], "", metadata), "the metadata of item 'bad'")


@WRITERS
@pytest.mark.parametrize("leaf", ["\0", ["\0"]])
async def test_nul_is_told_however_deep_it_is(kept: Any, verb: str, leaf: Any) -> None:
    metadata = nested(98, leaf)

    await refused(kept, verb, Item("bad", [1, 0], "", metadata), "metadata of item 'bad' holds NUL")


@WRITERS
@pytest.mark.parametrize(
    "metadata",
    ["", "text", b"", 0, 1, True, [], ["ab"], [("page", 1)], (), set(), {"page"}],
    ids=repr,
)
async def test_metadata_that_is_no_mapping_is_refused(kept: Any, verb: str, metadata: Any) -> None:
    await refused(
        kept,
        verb,
        Item("bad", [1, 0], "", metadata),
        "the metadata of item 'bad' must be a mapping",
    )


@WRITERS
@pytest.mark.parametrize(
    "metadata",
    [
        {"a": "\\u0000"},
        {"\\u0000": ["\\\\u0000", {"\\u0000": 1}]},
        {"a": "\x01\x1f\x7f\x80\ufffe\uffff"},
        {"": ""},
        {"a" * 3_000: "b" * 300_000},
        nested(99),
        nested(99, "\\u0000"),
        {str(number): number for number in range(5_000)},
    ],
    ids=lambda metadata: repr(metadata)[:30],
)
async def test_metadata_that_only_looks_bad_is_stored(docs: Any, verb: str, metadata: Any) -> None:
    await getattr(docs, verb)([Item("a", [1, 0], "", metadata)])

    assert (await docs.get(["a"]))[0].metadata == metadata


@pytest.mark.parametrize(
    "metadata", [OrderedDict(a=1), MappingProxyType({"a": 1})], ids=lambda one: type(one).__name__
)
async def test_any_mapping_can_be_metadata(docs: Any, metadata: Any) -> None:
    await docs.upsert([Item("a", [1, 0], "", metadata)])

    assert (await docs.get(["a"]))[0].metadata == {"a": 1}


@WRITERS
async def test_a_declared_text_field_beyond_2000_bytes_is_refused(kept: Any, verb: str) -> None:
    item = Item("bad", [1, 0], "", {"source": "é" * 1_001})

    await refused(kept, verb, item, "item 'bad': field 'source'.*2,000 bytes.*2,002")


@WRITERS
async def test_a_declared_text_field_of_2000_bytes_is_stored(docs: Any, verb: str) -> None:
    letters = random.Random(2)  # noqa: S311 - a value that compression does not shorten
    value = "".join(chr(letters.randrange(0x4E00, 0x9FA5)) for _ in range(666)) + "xy"

    await getattr(docs, verb)([Item("a", [1, 0], "", {"source": value, "other": value * 100})])

    assert await docs.count({"source": value}) == 1


@WRITERS
async def test_a_declared_number_field_takes_the_largest_numbers(docs: Any, verb: str) -> None:
    digits = random.Random(3)  # noqa: S311 - a number that compression does not shorten
    value = int("".join(digits.choices("123456789", k=4_300)))

    await getattr(docs, verb)([Item("a", [1, 0], "", {"page": value}), Item("b", [1, 0])])

    assert await docs.count({"page": {"$gte": value}}) == 1


@WRITERS
async def test_a_declared_field_of_another_type_is_stored(docs: Any, verb: str) -> None:
    metadata = {"page": "x" * 5_000, "source": [1, {"a": "y" * 5_000}]}

    await getattr(docs, verb)([Item("a", [1, 0], "", metadata)])

    assert (await docs.get(["a"]))[0].metadata == metadata
