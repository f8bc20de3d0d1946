"""Bad input: each kind has a clear error that names the item, and nothing of it is stored."""

from __future__ import annotations

import math
import random
import uuid
from collections import OrderedDict
from decimal import Decimal
from enum import Enum, StrEnum
from itertools import product
from string import ascii_lowercase
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from pgrecall import (
    Collection,
    CollectionNotFoundError,
    Condition,
    DimensionMismatchError,
    FilterError,
    InvalidArgumentError,
    Item,
    PgRecallError,
    Store,
)

WRITERS = pytest.mark.parametrize("verb", ["upsert", "load"])
MILLION = 1_000_000
DOCS = Collection("docs", 2, fields={"page": "number", "source": "text"})
KEPT = Item("kept", [1, 0], "kept", {})


def nested(depth: int, leaf: Any = 1) -> dict[str, Any]:
    value = {"k": leaf}
    for _ in range(depth):
        value = {"k": value}
    return value


def selfish() -> dict[str, Any]:
    value: dict[str, Any] = {"page": 1}
    value["me"] = [value]
    return value


@pytest.fixture
async def docs(store: Any, tenant: str) -> Any:
    """An empty collection compared by cosine, by either store."""
    bound = store.bind(tenant, "docs")
    await bound.ensure_collection(DOCS)
    return bound


@pytest.fixture(scope="module")
def kept_by(sync_store: Store) -> str:
    """The tenant of a collection with the item KEPT, that every test finds unchanged."""
    tenant = f"tenant-{uuid.uuid4().hex}"
    sync_store.ensure_collection(tenant, DOCS)
    sync_store.upsert(tenant, "docs", [KEPT])
    return tenant


@pytest.fixture
def kept(one_store: Any, kept_by: str) -> Any:
    """A collection with the item KEPT alone, of all tests: what is refused leaves it as it is."""
    return one_store.bind(kept_by, "docs")


async def refused(kept: Any, verb: str, item: Any, match: str) -> InvalidArgumentError:
    """Write an item between good ones: it must fail, and all of them must be absent."""
    given = [Item("before", [1, 0]), item, Item(KEPT.id, [0, 1], "overwritten")]
    with pytest.raises(InvalidArgumentError, match=match) as raised:
        await getattr(kept, verb)(given)
    assert raised.value.written == 0
    assert await kept.get(await kept.list_ids()) == [KEPT]
    return raised.value


# places


@pytest.mark.parametrize("bad", [Item("", [1, 0]), Item(7, [1, 0]), {"id": "a"}])  # type: ignore[arg-type]
async def test_what_has_no_id_is_named_by_its_place_in_the_whole_call(docs: Any, bad: Any) -> None:
    good = [Item(f"id-{n}", [1, 0]) for n in range(7)]
    with pytest.raises(InvalidArgumentError, match=r"number 7 \(from 0\)") as raised:
        await docs.upsert([*good, bad], batch_size=3)
    assert raised.value.written == 6


@pytest.mark.parametrize("verb", ["get", "delete"])
async def test_an_id_that_cannot_be_one_is_named_by_its_place(kept: Any, verb: str) -> None:
    says = r"ids number 1 \(from 0\): an item id must be a string, not int"
    with pytest.raises(InvalidArgumentError, match=says):
        await getattr(kept, verb)([KEPT.id, 7])


async def test_a_collection_without_dimensions_is_told_what_it_lacks(
    store: Any, tenant: str
) -> None:
    with pytest.raises(CollectionNotFoundError) as raised:
        await store.ensure_collection(tenant, Collection("new"))
    assert str(raised.value) == (
        f"tenant {tenant!r} has no collection 'new', and creating one needs dimensions; give"
        " ensure_collection() the length of its vectors: Collection('new', dimensions=...)"
    )
    with pytest.raises(CollectionNotFoundError, match=r"; ensure_collection\(\) creates one"):
        await store.count(tenant, "new")


# vectors


@WRITERS
@pytest.mark.parametrize("vector", [[], [1], [1, 0, 0], np.ones(1_000)], ids=len)
async def test_a_vector_of_another_length_is_refused(kept: Any, verb: str, vector: Any) -> None:
    error = await refused(kept, verb, Item("bad", vector), "'bad'.*'docs'")

    assert isinstance(error, DimensionMismatchError)
    assert (error.collection, error.expected, error.got) == ("docs", 2, len(vector))


@WRITERS
@pytest.mark.parametrize(
    "vector",
    [
        [1, math.nan],
        [math.inf, 1],
        [-math.inf, 1],
        [1, 1e39],
        [10**400, 1],
        [10**30, 1],
        ["1", "2"],
        [1, "2"],
        [1, None],
        [None, None],
        [1, [2, 3]],
        [[1, 2]],
        np.ones((1, 2)),
        np.array(["1", "2"]),
        np.array([1, 2], dtype=complex),
        np.array([1, math.nan], dtype=np.float16),
        [Decimal(1), None],
        "12",
        b"12",
        12,
        1.5,
        {1: 2, 2: 3},
        {1, 2},
        object(),
        (number for number in (1, 2)),
    ],
    ids=lambda vector: f"{type(vector).__name__}",
)
async def test_what_is_no_finite_vector_is_refused(kept: Any, verb: str, vector: Any) -> None:
    await refused(kept, verb, Item("bad", vector), "the vector of item 'bad'")


async def test_booleans_are_taken_or_refused_whatever_stands_beside_them(docs: Any) -> None:
    outcomes = []
    for beside in ([], [Item("beside", [1, 0])], [Item("beside", None)]):
        try:
            await docs.upsert([Item("booleans", [True, False]), *beside])
        except InvalidArgumentError:
            outcomes.append("refused")
        else:
            outcomes.append("taken")

    assert len(set(outcomes)) == 1


@WRITERS
@pytest.mark.parametrize("vector", [[0, 0], [0.0, -0.0], [1e-30, 0], [1e30, 1e30], [1e-50, 0]])
async def test_a_vector_without_direction_is_refused_under_cosine(
    kept: Any, verb: str, vector: Any
) -> None:
    await refused(kept, verb, Item("bad", vector), r"'bad' is (zero|too large).*cosine")


@pytest.mark.parametrize("metric", ["l2", "ip", "l1"])
async def test_a_zero_vector_is_stored_where_no_direction_is_needed(
    store: Any, tenant: str, metric: str
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, metric=metric))

    assert await store.upsert(tenant, "docs", [Item("a", [0, 0])]) == 1


@WRITERS
@pytest.mark.parametrize("number", [65_520, -1e5, math.nan, math.inf])
async def test_what_overflows_a_halfvec_is_refused(
    one_store: Any, tenant: str, verb: str, number: float
) -> None:
    await one_store.ensure_collection(tenant, Collection("half", 2, metric="l2", storage="halfvec"))

    with pytest.raises(InvalidArgumentError, match=r"item 'bad'.*65,504"):
        await getattr(one_store, verb)(tenant, "half", [Item("bad", [1, number])])

    assert await one_store.count(tenant, "half") == 0


@WRITERS
async def test_what_underflows_a_halfvec_has_no_direction_under_cosine(
    one_store: Any, tenant: str, verb: str
) -> None:
    await one_store.ensure_collection(tenant, Collection("half", 2, storage="halfvec"))

    with pytest.raises(InvalidArgumentError, match="item 'bad' is zero"):
        await getattr(one_store, verb)(tenant, "half", [Item("bad", [1e-9, 0])])


# ids


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


# text


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


def _distinct_words() -> str:
    """As many different lexemes as a million characters can hold."""
    letters = ascii_lowercase + "0123456789"
    words = ("".join(word) for length in (2, 3, 4) for word in product(letters, repeat=length))
    return " ".join(word for word, _ in zip(words, range(220_000), strict=False))[:MILLION]


def _cjk(separator: str) -> str:
    """Letters of four bytes, all different for as long as there are some."""
    letters = (chr(code) for code in range(0x20000, 0x2A6D0))
    text = separator.join(letters)
    return (text * (MILLION // len(text) + 1))[:MILLION]


def _pairs() -> str:
    """The costliest text known: letters of four bytes, two to a compound, hardly one used twice."""
    letters = [chr(code) for code in range(0x10000, 0x33480) if chr(code).isalpha()]
    pairs = map("-".join, zip(letters[::2], letters[1::2], strict=False))
    return (" ".join(pairs) + " ") * 7


LARGE = {
    "pairs of letters": _pairs()[:MILLION],
    "one letter": "x" * MILLION,
    "words": "recall " * (MILLION // 7),
    "distinct words": _distinct_words(),
    "numbers": " ".join(map(str, range(150_000))),
    "decimals": " ".join(f"{number}.{number}" for number in range(80_000)),
    "hyphenated ideographs": _cjk("-"),
    "ideographs without spaces": _cjk(""),
    "spaced ideographs": _cjk(" "),
    "ideographs with slashes": _cjk("/"),
    "one long URL": "https://example.org/" + _cjk("/"),
    "one long ASCII URL": "https://example.org/" + "/".join(map(str, range(170_000))),
    "many URLs": " ".join(f"http://x.yz/{number}" for number in range(60_000)),
    "hosts": " ".join(f"a{number}.bc.de/f" for number in range(70_000)),
    "addresses": " ".join(f"a{number}@b.cd" for number in range(90_000)),
    "hyphenated words": " ".join(f"a{number}-b{number}-c" for number in range(60_000)),
    "one hyphenated word": "-".join(f"{letter}b" for letter in ascii_lowercase * 13_000),
    "paths": " ".join(f"/a/{number}/b" for number in range(80_000)),
    "tags": " ".join(f"<a{number}>" for number in range(120_000)),
    "emoji": "\U0001f600" * MILLION,
    "every assigned letter": "".join(chr(code) for code in range(0x20, 0xD7FF)) * 19,
}


@pytest.mark.parametrize("text_search", ["english", "simple"])
@pytest.mark.parametrize("kind", LARGE)
async def test_a_text_of_a_million_characters_is_stored_whole(
    sync_store: Any, tenant: str, kind: str, text_search: str
) -> None:
    text = LARGE[kind]
    sync_store.ensure_collection(tenant, Collection("docs", 2, text_search=text_search))

    assert sync_store.upsert(tenant, "docs", [Item("a", [1, 0], text)]) == 1

    (item,) = sync_store.get(tenant, "docs", ["a"])
    assert item.text == text


@WRITERS
async def test_large_texts_go_by_either_api_and_verb(docs: Any, verb: str) -> None:
    stored = [
        Item("ideographs", [1, 0], LARGE["hyphenated ideographs"], {}),
        Item("words", [1, 0], LARGE["distinct words"], {}),
    ]

    assert await getattr(docs, verb)(stored) == 2

    assert await docs.get(["ideographs", "words"]) == stored


# metadata


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
        {"a": np.datetime64("NaT")},
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


# items


@WRITERS
@pytest.mark.parametrize(
    "item", [None, "bad", ("bad", [1, 0]), {"id": "bad", "vector": [1, 0]}, 5, Item], ids=repr
)
async def test_what_is_no_item_is_refused(kept: Any, verb: str, item: Any) -> None:
    await refused(kept, verb, item, rf"items must be pgrecall\.Item, not {type(item).__name__}")


@WRITERS
@pytest.mark.parametrize("given", ["text", b"bytes", {"a": Item("a", [1, 0])}], ids=repr)
async def test_what_holds_no_items_is_refused(kept: Any, verb: str, given: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"items must be pgrecall\.Item"):
        await getattr(kept, verb)(given)


@WRITERS
@pytest.mark.parametrize("given", [None, 5, Item("a", [1, 0])], ids=lambda one: type(one).__name__)
async def test_what_is_no_list_of_items_is_refused(kept: Any, verb: str, given: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="items must be"):
        await getattr(kept, verb)(given)


@WRITERS
async def test_a_bad_item_in_a_later_batch_loses_nothing_of_the_earlier(
    docs: Any, verb: str
) -> None:
    good = [Item(f"{number:05}", [1, 0]) for number in range(5_000)]

    with pytest.raises(InvalidArgumentError) as raised:
        await getattr(docs, verb)([*good, Item("bad", [1, 0], "", {"a": {1}})])

    assert raised.value.written == 5_000
    assert await docs.count() == 5_000


# filters


@pytest.mark.parametrize(
    "key",
    [
        "'; DROP TABLE x; --",
        'a"b',
        "a\\",
        "%s",
        "%(p0)s",
        "%%",
        "$1",
        ":x",
        "{}",
        "page' IS NULL OR true OR metadata->>'page",
        "\U0001f600",
        "\uffff",
        "x" * 10_000,
    ],
    ids=lambda key: ascii(key)[:30],
)
async def test_a_hostile_filter_key_is_only_a_key(docs: Any, key: str) -> None:
    await docs.upsert([KEPT, Item("a", [1, 0], "", {key: 1, "deep": {key: "x"}})])
    plain = Condition(key, "eq", 1)

    for filter_ in (plain, Condition((key,), "gte", 1), Condition(("deep", key), "like", "x")):
        assert await docs.count(filter_) == 1
        assert [match.id for match in await docs.search([1, 0], filter=filter_)] == ["a"]
    assert await docs.delete_where(plain) == 1
    assert await docs.list_ids() == [KEPT.id]


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({"": 1}, "''"),
        ({"nul\0": 1}, r"nul\\x00.*NUL"),
        ({"lone\ud800": 1}, "surrogate"),
        ({1: 1}, "1"),
        ({"page": "nul\0"}, "'page'.*NUL"),
        ({"page": math.nan}, "'page'.*nan"),
        ({"page": {"$gt": math.inf}}, "'page'.*inf"),
        ({"page": {"$regex": "x"}}, r"'page'.*\$?regex"),
        ({"page": {"$in": 5}}, "'page'.*list"),
        ({"page": [1]}, r"'page'.*\$in"),
        ({"$where": "1=1"}, r"\$where"),
        ({"page": {"$eq": {1}}}, "'page'"),
        ("page = 1", "page = 1"),
    ],
    ids=ascii,
)
@pytest.mark.parametrize("verb", ["count", "delete_where", "search"])
async def test_a_filter_that_cannot_be_is_refused_by_name(
    kept: Any, verb: str, broken: Any, told: str
) -> None:
    call = {
        "count": lambda: kept.count(broken),
        "delete_where": lambda: kept.delete_where(broken),
        "search": lambda: kept.search([1, 0], filter=broken),
    }[verb]

    with pytest.raises(FilterError, match=told):
        await call()

    assert await kept.list_ids() == [KEPT.id]


async def test_every_refusal_is_caught_as_one_family_and_as_a_value_error(
    store: Any, kept_by: str
) -> None:
    kept = store.bind(kept_by, "docs")
    for family in (PgRecallError, ValueError):
        with pytest.raises(family):
            await kept.upsert([Item("", [1, 0])])
        with pytest.raises(family):
            await kept.search([1, 0, 0])
        with pytest.raises(family):
            await kept.count({"page": [1]})
