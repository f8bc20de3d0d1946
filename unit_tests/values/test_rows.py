"""Items on the wire: the bytes of arrays and of COPY, cut, ordered, and read back."""

from __future__ import annotations

import json
import struct
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgrecall._values.conversions import MAX_DEPTH
from pgrecall._values.groups import BATCH_BYTES, CHUNK_BYTES, CHUNK_ROWS, GROUP, GROUP_BYTES, groups
from pgrecall._values.rows import Batch, Columns, Kind
from pgrecall._values.single import Single
from pgrecall._values.strings import check_id, check_name
from pgrecall._values.vectors import Shape, decode
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Item, Metric

if TYPE_CHECKING:
    from collections.abc import Iterator

VECTOR_OID = 70_001
TEXT_OID, JSONB_OID = 25, 3802


def kind(dimensions: int = 2, storage: str = "vector", text_fields: tuple[str, ...] = ()) -> Kind:
    return Kind(Shape("docs", dimensions, Metric.L2, storage), VECTOR_OID, text_fields)


def closed(items: list[Item], of: Kind | None = None) -> Batch:
    batch = Batch(of or kind())
    for start in range(0, len(items), GROUP):
        batch.add(items[start : start + GROUP])
    return batch.closed()


# readers of what PostgreSQL would read


def read_array(data: bytes, oid: int) -> list[bytes | None]:
    """array_recv: dimensions, flag, type, length, lower bound, then the elements."""
    dimensions, _flag, found, length, lower = struct.unpack_from(">iiIii", data)
    assert (dimensions, found, lower) == (1, oid, 1)
    values, place = [], 20
    for _ in range(length):
        value, place = read_field(data, place)
        values.append(value)
    assert place == len(data)
    return values


def read_field(data: bytes, place: int) -> tuple[bytes | None, int]:
    (size,) = struct.unpack_from(">i", data, place)
    place += 4
    if size == -1:
        return None, place
    assert place + size <= len(data)
    return data[place : place + size], place + size


def read_copy(data: bytes) -> Iterator[list[bytes | None]]:
    assert data.startswith(b"PGCOPY\n\xff\r\n\0" + bytes(8))
    place = 19
    while True:
        (fields,) = struct.unpack_from(">h", data, place)
        place += 2
        if fields == -1:
            break
        row = []
        for _ in range(fields):
            value, place = read_field(data, place)
            row.append(value)
        yield row
    assert place == len(data)


def read_item(row: list[bytes | None], storage: str) -> Item:
    id_, text, vector, metadata = row
    assert id_ is not None
    assert text is not None
    assert metadata is not None
    assert metadata[:1] == b"\1"
    return Item(
        id_.decode(), decode(storage, vector), text.decode(), json.loads(metadata[1:].decode())
    )


def items_of_columns(batch: Batch, storage: str = "vector") -> list[Item]:
    items = []
    for chunk in batch.columns():
        columns = [
            read_array(chunk.ids, TEXT_OID),
            read_array(chunk.texts, TEXT_OID),
            read_array(chunk.vectors, VECTOR_OID),
            read_array(chunk.metadata, JSONB_OID),
        ]
        items += [
            read_item(list(row), storage)
            for row in zip(*columns, strict=True)  # type: ignore[arg-type]
        ]
    return items


def items_of_copy(batch: Batch, storage: str = "vector") -> list[Item]:
    return [read_item(row, storage) for row in read_copy(b"".join(batch.copy_blocks()))]


# layout


def test_columns_are_binary_arrays() -> None:
    (columns,) = closed([Item("é", [1, -2.5], "hi", {"a": 1})]).columns()

    one = "00000001 00000001"  # one dimension; the flag that PostgreSQL ignores
    assert columns == Columns(
        bytes.fromhex(f"{one} 00000019 00000001 00000001 00000002 c3a9"),
        bytes.fromhex(f"{one} 00000019 00000001 00000001 00000002 6869"),
        bytes.fromhex(f"{one} 00011171 00000001 00000001 0000000c 0002 0000 3f800000 c0200000"),
        bytes.fromhex(f"{one} 00000eda 00000001 00000001 00000008 01 7b2261223a317d"),
    )


def test_copy_blocks_are_a_binary_stream() -> None:
    data = b"".join(closed([Item("a", [1, 2], "hi")]).copy_blocks())

    assert data == (
        b"PGCOPY\n\xff\r\n\0"
        + bytes(8)
        + bytes.fromhex("0004 00000001 61 00000002 6869")
        + bytes.fromhex("0000000c 0002 0000 3f800000 40000000 00000003 01 7b7d ffff")
    )


def test_a_missing_vector_is_null_in_both_forms() -> None:
    batch = closed([Item("a", None), Item("b", [1, 2])])

    (columns,) = batch.columns()
    assert [value is None for value in read_array(columns.vectors, VECTOR_OID)] == [True, False]
    rows = list(read_copy(b"".join(batch.copy_blocks())))
    assert [row[2] is None for row in rows] == [True, False]


def test_a_halfvec_takes_two_bytes_a_number() -> None:
    (columns,) = closed([Item("a", [1, -2.5])], kind(storage="halfvec")).columns()

    assert read_array(columns.vectors, VECTOR_OID) == [bytes.fromhex("0002 0000 3c00 c100")]


@pytest.mark.parametrize(
    ("metadata", "stored"),
    [
        (None, b"{}"),
        ({}, b"{}"),
        ({"a": [1, 1.5, True, None, "é"]}, '{"a":[1,1.5,true,null,"é"]}'.encode()),
        ({"a": 2**53 + 1}, b'{"a":9007199254740993}'),
        ({"a": 1.0}, b'{"a":1.0}'),
        ({"a": (1, (2,))}, b'{"a":[1,[2]]}'),
        ({"a": '"\\\n\x01'}, b'{"a":"\\"\\\\\\n\\u0001"}'),
    ],
    ids=repr,
)
def test_metadata_is_its_shortest_json_after_the_version(metadata: Any, stored: bytes) -> None:
    (columns,) = closed([Item("a", None, "", metadata)]).columns()

    assert read_array(columns.metadata, JSONB_OID) == [b"\1" + stored]


# order and repetition


def test_rows_are_in_the_order_of_code_points() -> None:
    ids = ["b", "B", "ä", "\U0001f600", "\ufffd", "", "a", "10", "9", "aa", "\x7f"]
    batch = closed([Item(id_, None) for id_ in ids if id_])

    # UTF-8's bytes, which COLLATE "C" compares, and code points have one order
    assert batch.ids == sorted(id_ for id_ in ids if id_)
    assert batch.ids == sorted(batch.ids, key=str.encode)


def test_of_a_repeated_id_the_last_row_stays() -> None:
    items = [Item(id_, [place, 0], str(place)) for place, id_ in enumerate("abacab")]

    batch = closed(items)

    assert len(batch) == 3
    assert [(item.id, item.text, item.vector[0]) for item in items_of_columns(batch)] == [  # type: ignore[index]
        ("a", "4", 4),
        ("b", "5", 5),
        ("c", "3", 3),
    ]


def test_of_an_id_repeated_across_groups_the_last_row_stays() -> None:
    items = [Item(f"{number % 700}", [number, 0]) for number in range(3 * GROUP)]

    found = {item.id: item.vector[0] for item in items_of_copy(closed(items))}  # type: ignore[index]

    assert found == {f"{number % 700}": number for number in range(3 * GROUP)}


def test_an_empty_batch_has_no_rows() -> None:
    batch = Batch(kind()).closed()

    assert len(batch) == 0
    assert batch.ids == []
    assert list(batch.columns()) == []
    assert list(read_copy(b"".join(batch.copy_blocks()))) == []


@pytest.mark.parametrize("base", [str, StrEnum])
def test_an_id_of_a_subclass_of_str_is_its_own_text(base: Any) -> None:
    made = Enum("Ids", {"A": "a"}, type=str) if base is str else StrEnum("Ids", {"A": "a"})

    assert closed([Item(made.A, None)]).ids == ["a"]


# chunks


def test_a_chunk_ends_after_so_many_rows() -> None:
    batch = closed([Item(f"{number:05}", [1, 2]) for number in range(2 * CHUNK_ROWS + 1)])

    sizes = [len(read_array(chunk.ids, TEXT_OID)) for chunk in batch.columns()]

    assert sizes == [CHUNK_ROWS, CHUNK_ROWS, 1]
    assert batch.needs_several_statements


def test_a_chunk_ends_after_so_many_bytes() -> None:
    text = "x" * (CHUNK_BYTES // 4)
    batch = closed([Item(f"{number:05}", [1, 2], text) for number in range(10)])

    sizes = [len(read_array(chunk.ids, TEXT_OID)) for chunk in batch.columns()]

    assert sizes == [4, 4, 2]


def test_vectors_and_metadata_count_as_bytes_too() -> None:
    wide = closed([Item(f"{number:03}", np.ones(16_000)) for number in range(50)], kind(16_000))
    heavy = closed([Item(f"{number:03}", None, "", {"a": "x" * 100_000}) for number in range(50)])

    for batch in (wide, heavy):
        data = [sum(map(len, chunk.parameters().values())) for chunk in batch.columns()]
        assert len(data) > 1
        assert max(data) < CHUNK_BYTES + 110_000


def test_a_row_larger_than_a_chunk_is_a_chunk_of_its_own() -> None:
    items = [Item("a", None, "x"), Item("b", None, "x" * 2 * CHUNK_BYTES), Item("c", None, "x")]

    sizes = [len(read_array(chunk.ids, TEXT_OID)) for chunk in closed(items).columns()]

    assert sizes == [2, 1]


def test_a_small_batch_is_one_statement() -> None:
    assert not closed([Item(f"{number}", [1, 2]) for number in range(100)]).needs_several_statements


def test_blocks_of_copy_are_as_large_as_chunks() -> None:
    batch = closed([Item(f"{number:05}", [1, 2]) for number in range(2 * CHUNK_ROWS + 1)])

    assert len(list(batch.copy_blocks())) == 1 + 3 + 1


# groups


@pytest.mark.parametrize(
    ("count", "batch_size", "expected"),
    [
        (0, 10, []),
        (3, 10, [(3, False)]),
        (3, 3, [(3, True)]),
        (4, 3, [(3, True), (1, False)]),
        (3, 1, [(1, True)] * 3),
        (GROUP + 1, 10_000, [(GROUP, False), (1, False)]),
        (2 * GROUP, 2 * GROUP, [(GROUP, False), (GROUP, True)]),
        (GROUP + 5, GROUP + 2, [(GROUP, False), (2, True), (3, False)]),
    ],
)
def test_groups_end_where_batches_end(
    count: int, batch_size: int, expected: list[tuple[int, bool]]
) -> None:
    cut = list(groups(range(count), batch_size))

    assert [(len(group), ends) for group, ends in cut] == expected
    assert [one for group, _ in cut for one in group] == list(range(count))


def test_groups_read_no_further_than_they_give() -> None:
    read = iter(range(10_000))

    next(groups(read, 3))

    assert next(read) == 3


def test_groups_and_batches_end_by_bytes_too() -> None:
    text = "x" * (GROUP_BYTES // 2)
    cut = [(len(group), ends) for group, ends in groups([Item("a", None, text)] * 20, 5_000)]
    assert cut[:3] == [(2, False)] * 3
    assert sum(count for count, _ in cut) == 20
    assert [count for count, ends in cut if ends] == [2]  # eight groups are a batch
    assert [ends for _, ends in cut].index(True) == BATCH_BYTES // GROUP_BYTES - 1


@pytest.mark.parametrize(
    "metadata",
    [
        {"a": "x" * GROUP_BYTES},
        {"a": ["x" * (GROUP_BYTES // 100)] * 100},
        {"a": {"b": [[[]] * 1_000] * (GROUP_BYTES // 1_000)}},
        {"a": list(range(GROUP_BYTES // 8))},
    ],
    ids=["a text", "texts", "lists", "numbers"],
)
def test_heavy_metadata_is_a_group_of_its_own(metadata: Any) -> None:
    items = [Item("a", None, "", metadata)] * 3 + [Item("b", None, "", {"a": 1})] * 3
    assert [len(group) for group, _ in groups(items, 10)] == [1, 1, 1, 3]


def test_wide_vectors_make_a_batch_of_fewer_rows() -> None:
    cut = list(groups([Item("a", None)] * 5_000, 5_000, row_bytes=64_000))
    assert [ends for _, ends in cut].count(True) == 4
    selfish: dict[str, Any] = {}
    selfish["a"] = [selfish]
    assert len(list(groups([Item("a", None, "", selfish)], 1))) == 1


# names and ids


@pytest.mark.parametrize("name", ["a", " ", "'", "\\", "\x01", "\ud7ff\ue000", "\U0010ffff"])
def test_any_text_without_nul_and_lone_surrogates_is_a_name(name: str) -> None:
    check_name("a name", name, limit=10)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "a name must not be empty"),
        (5, "a name must be a string, not int"),
        (b"a", "a name must be a string, not bytes"),
        ("a\0b", r"a name \('a\\x00b'\) holds NUL"),
        ("ab\ud800", r"a name \('ab\\ud800'\) holds a lone surrogate at character 2"),
        ("é" * 6, "a name has 12 bytes; an index holds 10"),
    ],
    ids=ascii,
)
def test_what_is_no_name_is_told(name: Any, told: str) -> None:
    with pytest.raises(InvalidArgumentError, match=told):
        check_name("a name", name, limit=10)


def test_an_id_may_have_2000_bytes() -> None:
    check_id("é" * 1_000)
    with pytest.raises(InvalidArgumentError, match="2,001 bytes"):
        check_id("é" * 1_000 + "x")


def test_a_message_is_printable_anywhere_and_short() -> None:
    with pytest.raises(InvalidArgumentError) as raised:
        check_id("\U0001f600" * 10_000)

    assert str(raised.value).isascii()
    assert len(str(raised.value)) < 1_000


# metadata


def test_metadata_of_the_greatest_depth_is_taken_with_the_words_for_nul() -> None:
    metadata: dict[str, Any] = {"a": "\\u0000"}
    for _ in range(MAX_DEPTH - 1):
        metadata = {"a": metadata}

    assert len(closed([Item("a", None, "", metadata)])) == 1
    with pytest.raises(InvalidArgumentError, match=r"metadata of item 'a' nests deeper than 100"):
        closed([Item("a", None, "", {"a": metadata})])


@pytest.mark.parametrize("metadata", [[], "", [("a", 1)], ["ab"], set()], ids=repr)
def test_metadata_must_be_a_mapping(metadata: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="must be a mapping"):
        closed([Item("a", None, "", metadata)])


def test_a_declared_text_field_is_measured_in_bytes() -> None:
    of = kind(text_fields=("a",))

    closed([Item("a", None, "", {"a": "é" * 1_000, "b": "é" * 9_000})], of)
    closed([Item("a", None, "", {"a": ["é" * 9_000]})], of)
    with pytest.raises(InvalidArgumentError, match=r"item 'x': field 'a'.*2,002"):
        closed([Item("x", None, "", {"a": "é" * 1_001})], of)


# everything comes back

storable = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)
values = st.recursive(
    storable
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(storable, inner, max_size=3),
    max_leaves=6,
)
number = st.floats(width=16, allow_nan=False, allow_infinity=False)
items_ = st.builds(
    Item,
    storable.filter(bool),
    st.none() | st.lists(number, min_size=3, max_size=3),
    storable,
    st.none() | st.dictionaries(storable, values, max_size=4),
)


@given(given_=st.lists(items_, max_size=12), storage=st.sampled_from(["vector", "halfvec"]))
def test_columns_and_copy_hold_the_items_that_went_in(given_: list[Item], storage: str) -> None:
    last = {item.id: item for item in given_}
    expected = [
        Item(id_, last[id_].vector, last[id_].text, last[id_].metadata or {})
        for id_ in sorted(last)
    ]

    batch = closed(given_, kind(3, storage))

    assert items_of_columns(batch, storage) == expected
    assert items_of_copy(batch, storage) == expected
    assert batch.ids == [item.id for item in expected]


# one item


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    st.none() | st.dictionaries(st.text("ab"), st.integers() | st.booleans()),
)
def test_an_item_alone_is_encoded_as_in_a_batch(
    id_: str, text: str, metadata: dict[str, Any] | None
) -> None:
    item = Item(id_, [1, -2.5], text, metadata)

    single = Single.of(kind(), [item])

    assert single is not None
    (columns,) = closed([item]).columns()
    expected = {
        "id": read_array(columns.ids, TEXT_OID),
        "text": read_array(columns.texts, TEXT_OID),
        "vector": read_array(columns.vectors, VECTOR_OID),
        "metadata": read_array(columns.metadata, JSONB_OID),
    }
    assert {name: [bytes(value)] for name, value in single.values.items()} == expected
    assert len(single) == 1


@pytest.mark.parametrize(
    "items",
    [
        [],
        (Item("a", [1, 2]),),
        [Item("a", [1, 2]), Item("b", [1, 2])],
        ["a"],
        [Item("", [1, 2])],
        [Item("a" * 2_001, [1, 2])],
        [Item("a\0", [1, 2])],
        [Item("a", [1, 2], "\ud800")],
        [Item("a", [1, 2], 7)],  # type: ignore[arg-type]
        [Item("a", None)],
        [Item("a", [1, 2, 3])],
        [Item("a", [1, float("nan")])],
    ],
)
def test_any_other_list_and_item_is_left_to_a_batch(items: Any) -> None:
    assert Single.of(kind(), items) is None


@pytest.mark.parametrize("also", [{"clean": True}, {"times": True}])
def test_an_item_that_is_read_in_another_way_is_left_to_a_batch(also: Any) -> None:
    assert Single.of(kind()._replace(**also), [Item("a", [1, 2])]) is None


def test_an_items_metadata_alone_is_refused_in_the_words_of_a_batch() -> None:
    for metadata in ({"a": float("nan")}, {"a": "\0"}, {"a": object()}, {"k": "x" * 2_001}):
        item = Item("a", [1, 2], "", metadata)
        with pytest.raises(InvalidArgumentError) as batched:
            closed([item], kind(text_fields=("k",)))
        with pytest.raises(InvalidArgumentError) as alone:
            Single.of(kind(text_fields=("k",)), [item])
        assert str(alone.value) == str(batched.value)
        assert alone.value.advice == batched.value.advice
