"""What a filter may be, what it is brought to, and what its errors say."""

from __future__ import annotations

import copy
import datetime as dt
import enum
import pickle
import uuid
from collections import OrderedDict
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from pgrecall._values.filter_constants import matches_everything
from pgrecall._values.instants import read
from pgrecall.errors import FilterError, InvalidArgumentError
from pgrecall.filters import MAX_DEPTH, And, Condition, Not, Or, parse


class Colour(enum.StrEnum):
    RED = "red"


class Label(str, enum.Enum):  # noqa: UP042 - its str() is not its value
    BLUE = "blue"


class Level(enum.IntEnum):
    HIGH = 3


class Loud(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "LOUD"


def test_no_filter_and_the_empty_mapping_are_none() -> None:
    assert parse(None) is None
    assert parse({}) is None


def test_a_bare_scalar_is_equality() -> None:
    assert parse({"page": 5}) == Condition("page", "eq", 5)
    assert parse({"page": None}) == Condition("page", "eq", None)


def test_several_keys_and_several_operators_all_hold() -> None:
    assert parse({"page": {"$gte": 5, "$lt": 9}, "lang": "de"}) == And(
        Condition("page", "gte", 5), Condition("page", "lt", 9), Condition("lang", "eq", "de")
    )


def test_the_example_of_the_documentation_parses() -> None:
    assert parse(
        {
            "page": {"$gte": 5, "$lt": 9},
            "$or": [{"lang": "en"}, {"lang": {"$in": ["de", "fr"]}}],
        }
    ) == And(
        Condition("page", "gte", 5),
        Condition("page", "lt", 9),
        Or(Condition("lang", "eq", "en"), Condition("lang", "in", ("de", "fr"))),
    )


def test_mappings_and_filters_mix() -> None:
    expected = And(Condition("a", "eq", 1), Not(Condition("b", "eq", 2)))
    assert parse(And({"a": 1}, Not({"b": 2}))) == expected
    assert parse({"$and": [Condition("a", "eq", 1), {"$not": {"b": 2}}]}) == expected
    assert parse(MappingProxyType(OrderedDict({"a": 1, "$not": {"b": 2}}))) == expected


def test_empty_logic_is_kept() -> None:
    assert parse({"$and": []}) == And()
    assert parse({"$or": ()}) == Or()
    assert parse({"$not": {}}) == Not(And())
    assert parse({"$or": [{}]}) == Or(And())


def test_parts_come_as_arguments_or_as_one_list() -> None:
    one, two = Condition("a", "eq", 1), Condition("b", "eq", 2)
    assert And([one, two]) == And(one, two)
    assert Or((one, two)).parts == (one, two)


def test_operators_build_flat_trees() -> None:
    one, two, three = (Condition(key, "eq", 1) for key in "abc")
    assert one & two & three == And(one, two, three)
    assert one | two | three == Or(one, two, three)
    assert ~one == Not(one)
    assert one & {"d": 1} == And(one, {"d": 1})
    assert {"d": 1} & one == And({"d": 1}, one)
    assert {"d": 1} | one == Or({"d": 1}, one)
    assert (one | two) & three == And(Or(one, two), three)
    chain = one
    for _ in range(5 * MAX_DEPTH):
        chain = chain | two
    assert len(parse(chain).parts) == 5 * MAX_DEPTH + 1


def test_nested_logic_of_one_kind_is_flattened() -> None:
    one, two, three = (Condition(key, "eq", 1) for key in "abc")
    assert parse(And(one, And(two, And(three)))) == And(one, two, three)
    assert parse({"$or": [{"a": 1}, {"$or": [{"b": 1}, {"c": 1}]}]}) == Or(one, two, three)


def test_filters_are_values() -> None:
    filter_ = And(Condition("a", "eq", 1), Or(Not(Condition("b", "in", (1, 2)))))
    assert pickle.loads(pickle.dumps(filter_)) == filter_  # noqa: S301 - our own bytes
    assert copy.deepcopy(filter_) == filter_
    assert eval(repr(filter_)) == filter_  # noqa: S307 - our own text
    assert hash(filter_) == hash(copy.deepcopy(filter_))
    with pytest.raises(AttributeError):
        filter_.parts = ()


def test_making_a_filter_never_raises() -> None:
    And(5, None)
    Not("x")
    Or([[1]])
    Condition("", "no such operator", object())


@pytest.mark.parametrize("op", ["nin", "not_in"])
def test_nin_is_another_name_of_not_in(op: str) -> None:
    expected = Condition("a", "not_in", (1,))
    assert parse(Condition("a", op, [1])) == expected
    assert parse({"a": {f"${op}": [1]}}) == expected


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float32(0.5), 0.5),
        (np.float64(0.1), 0.1),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.array(3), 3),
        (Colour.RED, "red"),
        (Label.BLUE, "blue"),
        (Level.HIGH, 3),
        (Loud("quiet"), "quiet"),
        (Decimal("1.50"), Decimal("1.50")),
        (np.longdouble(1), 1.0),
        (dt.date(2026, 1, 2), read("2026-01-02")),
        (dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC), read("2026-01-02T03:00:00Z")),
        (np.datetime64("2026-01-02T03:00"), read("2026-01-02T03:00:00")),
        (dt.time(3, 4), "03:04:00"),
        (dt.timedelta(hours=1), 3600.0),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (PurePosixPath("/a/b"), "/a/b"),
    ],
)
def test_values_become_plain(value: object, plain: object) -> None:
    for filter_ in ({"a": value}, Condition("a", "eq", value)):
        parsed = parse(filter_)
        assert isinstance(parsed, Condition)
        assert parsed.value == plain
        assert type(parsed.value) is type(plain)


@pytest.mark.parametrize("values", [[1, 2], (1, 2), {1, 2}, frozenset({1, 2}), np.array([1, 2])])
def test_lists_become_tuples(values: object) -> None:
    assert parse({"a": {"$in": values}}) == Condition("a", "in", (1, 2))


def test_keys_are_literal_and_tuples_are_paths() -> None:
    assert parse(Condition("$where", "eq", 1)) == Condition("$where", "eq", 1)
    assert parse({("a", "$b"): {"$gt": 1}}) == Condition(("a", "$b"), "gt", 1)
    assert parse({Label.BLUE: 1}) == Condition("blue", "eq", 1)
    assert parse({"a.b[0]": 1}) == Condition("a.b[0]", "eq", 1)


def test_a_mapping_without_operators_is_a_path() -> None:
    assert parse({"by": {"name": "Ada"}}) == Condition(("by", "name"), "eq", "Ada")
    assert parse({"a": {"b": {"$gt": 1, "$lt": 3}, "c.d": None}}) == And(
        Condition(("a", "b"), "gt", 1),
        Condition(("a", "b"), "lt", 3),
        Condition(("a", "c.d"), "eq", None),
    )
    assert parse({("a", "b"): {"c": 1}}) == Condition(("a", "b", "c"), "eq", 1)
    assert parse({("id",): {"id": 1}}) == Condition(("id", "id"), "eq", 1)


def test_a_path_in_mappings_has_as_many_levels_as_a_tuple() -> None:
    def nested(levels: int) -> dict[str, Any]:
        filter_: Any = 1
        for _ in range(levels):
            filter_ = {"a": filter_}
        return filter_

    assert parse(nested(MAX_DEPTH)) == Condition(("a",) * MAX_DEPTH, "eq", 1)
    with pytest.raises(FilterError, match="deeper than 100 levels"):
        parse(nested(MAX_DEPTH + 1))
    endless: dict[str, Any] = {}
    endless["a"] = endless
    with pytest.raises(FilterError, match="deeper than 100 levels"):
        parse(endless)


def test_not_of_a_list_is_none_of_them() -> None:
    one, two = Condition("a", "eq", 1), Condition("b", "eq", 2)
    assert parse({"$not": [{"a": 1}, two]}) == Not(Or(one, two))
    assert parse({"$not": [{"a": 1, "b": 2}]}) == Not(Or(And(one, two)))
    assert parse({"$not": ()}) == Not(Or())


@pytest.mark.parametrize(
    "test",
    [
        5,
        None,
        {"$ne": 5},
        {"$ne": None},
        {"$in": ["a", 5]},
        {"$nin": [7, 8]},
        {"$gt": 5},
        {"$between": ["a", 5]},
        {"$contains": 5},
        {"$any": [None]},
        {"$all": [True]},
    ],
    ids=repr,
)
def test_an_id_is_compared_with_strings_only(test: Any) -> None:
    with pytest.raises(FilterError, match=r"an item's id is compared with strings only, not"):
        parse({"id": test})
    assert parse({("id",): test}) is not None
    assert parse({"id": test}, metadata_only=True) == parse({("id",): test})


def test_what_becomes_a_string_is_compared_with_an_id() -> None:
    assert parse({"id": uuid.UUID(int=1)}) == Condition("id", "eq", str(uuid.UUID(int=1)))
    assert parse({"id": {"$exists": True}}) == Condition("id", "exists", True)


def test_every_key_but_a_time_can_mean_metadata() -> None:
    parsed = parse(
        {
            "id": {"$nin": [7, 8]},
            "$created_at": {"$gt": "2024-05-01"},
            ("$created_at",): 1,
            "$or": [{"page": 1}, {"id": {"id": 2}}],
            "$not": Condition("$updated_at", "eq", "id"),
        },
        metadata_only=True,
    )
    assert parsed == And(
        Condition(("id",), "not_in", (7, 8)),
        Condition("$created_at", "gt", read("2024-05-01")),
        Condition(("$created_at",), "eq", 1),
        Or(Condition("page", "eq", 1), Condition(("id", "id"), "eq", 2)),
        Not(Condition("$updated_at", "eq", "id")),
    )
    assert parse(parsed) == parsed


def test_a_parsed_filter_parses_to_itself() -> None:
    parsed = parse({"a": {"$nin": [1], "$between": [1, 2]}, "$or": [{"b": None}]})
    assert parse(parsed) == parsed


def test_mixed_types_in_a_range_are_legal() -> None:
    assert parse({"a": {"$between": [1, "b"]}}) == Condition("a", "between", (1, "b"))


@pytest.mark.parametrize(
    ("filter_", "message"),
    [
        # not a filter at all
        (5, "5 is not a filter: write a mapping"),
        ("page > 5", "is not a filter"),
        ([{"a": 1}], "is not a filter"),
        (And(None), "None is not a filter"),
        (And({"a": 1}, 5), "5 is not a filter"),
        (Not(None), "None is not a filter"),
        ({"$and": [[{"a": 1}]]}, "is not a filter"),
        # fields
        ({"": 1}, "'' is not a key"),
        ({5: 1}, "5 is not a field"),
        ({None: 1}, "None is not a field"),
        ({(): 1}, r"\(\) is not a field"),
        ({("a", ""): 1}, "'' is not a key"),
        ({("a", 0): 1}, "0 is not a key"),
        (Condition([], "eq", 1), r"\[\] is not a field"),
        (Condition(("a",) * 101, "eq", 1), "deeper than 100 levels"),
        ({"a\0": 1}, "NUL"),
        ({"a\ud800": 1}, "lone surrogate"),
        ({b"a": 1}, "b'a' is not a field"),
        # operators
        ({"a": {"$near": 1}}, r"'a': 'near' is not an operator; write eq, ne, in"),
        (Condition("a", "near", 1), "'near' is not an operator"),
        (Condition("a", "$eq", 1), r"'\$eq' is not an operator; write eq$"),
        (Condition("a", None, 1), "None is not an operator"),
        (Condition("a", [], 1), r"\[\] is not an operator"),
        ({"a": {5: 5}}, "5 is not a key"),
        ({"a": {"b": {"": 5}}}, "'' is not a key"),
        ({"a": {"$gte": 5, "b": 1}}, r"'b' stands beside \$gte.*not both; write \{\"\$and\": \["),
        ({"a": {"b": {"c": 1, "$lt": 5}}}, r"'c' stands beside \$lt"),
        ({"a": {"$gte": 5, 5: 1}}, r"5 stands beside \$gte"),
        ({"a": {"b": {}}}, r"\('a', 'b'\): an empty mapping tests nothing"),
        ({"a": {"b": [1]}}, "a bare list is ambiguous"),
        ({"id": {"name": "Ada"}}, r"'id': it is a string, not an object; \(\"id\",\) is the"),
        ({"a": {}}, r"\{\"\$exists\": True\}"),
        ({"a": [1, 2]}, r"a bare list is ambiguous; write \{\"\$in\": \[...\]\}"),
        ({"a": (1, 2)}, "a bare list"),
        ({"a": {1}}, "a bare list"),
        ({"a": {"$not": {"$gt": 1}}}, r"\$not goes outside"),
        ({"$nor": []}, r"'\$nor' is not one of \$and, \$or, \$not; .*Condition"),
        ({"$and": {"a": 1}}, r"\"\$and\" takes a list"),
        ({"$or": "ab"}, r"\"\$or\" takes a list"),
        ({"$not": [5]}, "5 is not a filter"),
        ({"$not": {("a",), ("b",)}}, "is not a filter"),
        ({"$not": 5}, "5 is not a filter"),
        # scalars
        ({"a": float("nan")}, "'a', operator 'eq': it is nan, which is not a number"),
        ({"a": float("-inf")}, "-inf, which is not a number"),
        ({"a": Decimal("NaN")}, "NaN, which is not a number"),
        ({"a": Decimal("sNaN")}, "sNaN, which is not a number"),
        ({"a": Decimal("Infinity")}, "Infinity, which is not a number"),
        ({"a": np.float32("nan")}, "nan, which is not a number"),
        ({"a": "x\0"}, "NUL"),
        ({"a": "x\udfff"}, "lone surrogate"),
        ({"a": b"x"}, "of type bytes"),
        ({"a": bytearray(b"x")}, "of type bytearray"),
        ({"a": np.datetime64("NaT", "s")}, "is NaT, which is no time: write None"),
        ({"a": Fraction(1, 2)}, "of type Fraction"),
        ({"a": 1j}, "of type complex"),
        ({"a": object()}, "of type object"),
        ({"a": np.array([1])}, "a bare list"),
        ({"a": {"$eq": np.array([1])}}, "it takes one value"),
        ({"a": np.array([{1}], dtype=object)[0]}, "a bare list"),
        ({"a": (part for part in "ab")}, "of type generator"),
        ({"a": 10**4300}, "more than 4,300 digits"),
        ({"a": -(10**5000)}, "more than 4,300 digits"),
        ({"a": Decimal("1E+4300")}, "more than 4,300 digits"),
        ({"a": Decimal("1E-4301")}, "more than 4,300 digits"),
        ({"a": {"$eq": [1]}}, r"operator 'eq': it takes one value, not \[1\]"),
        ({"a": {"$ne": {"b": 1}}}, "operator 'ne': it takes one value"),
        ({"a": {"$contains": [1]}}, "operator 'contains': it takes one value"),
        # lists
        ({"a": {"$in": "abc"}}, "operator 'in': it takes a list of values, not 'abc'"),
        ({"a": {"$nin": 5}}, "operator 'not_in': it takes a list"),
        ({"a": {"$any": None}}, "operator 'any': it takes a list"),
        ({"a": {"$all": {"b": 1}}}, "operator 'all': it takes a list"),
        ({"a": {"$in": (part for part in "ab")}}, "it takes a list"),
        ({"a": {"$in": [[1]]}}, r"it takes one value, not \[1\]"),
        ({"a": {"$in": [1, float("nan")]}}, "nan, which is not a number"),
        ({"a": {"$in": ["\0"]}}, "NUL"),
        ({"a": {"$in": 10**5000}}, "not a value of type int"),
        # ranges
        (
            {"a": {"$gt": True}},
            "operator 'gt': it takes a number or a string, or a datetime, not True",
        ),
        (
            {"a": {"$lte": None}},
            "operator 'lte': it takes a number or a string, or a datetime, not None",
        ),
        ({"a": {"$gte": [1]}}, "operator 'gte': it takes one value"),
        ({"a": {"$between": [1]}}, r"operator 'between': it takes \[low, high\]"),
        ({"a": {"$between": [1, 2, 3]}}, r"it takes \[low, high\]"),
        ({"a": {"$between": "ab"}}, r"it takes \[low, high\]"),
        ({"a": {"$between": {1, 2}}}, r"it takes \[low, high\]"),
        ({"a": {"$between": [1, False]}}, "a number or a string, or a datetime, not False"),
        # flags
        ({"a": {"$exists": 1}}, "operator 'exists': it takes True or False, not 1"),
        ({"a": {"$is_empty": None}}, "operator 'is_empty': it takes True or False"),
        # strings
        ({"a": {"$like": 5}}, "operator 'like': it takes a string, not 5"),
        ({"a": {"$ilike": None}}, "operator 'ilike': it takes a string"),
        ({"a": {"$text_match": ["a"]}}, "operator 'text_match': it takes one value"),
        ({"a": {"$text_match_insensitive": True}}, "it takes a string"),
        ({"a": {"$like": "a\\"}}, "lone backslash"),
        ({"a": {"$ilike": "\\\\\\"}}, "lone backslash"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(filter_: Any, message: str) -> None:
    with pytest.raises(FilterError, match=message):
        parse(filter_)


def test_a_filter_error_is_an_invalid_argument() -> None:
    with pytest.raises(InvalidArgumentError):
        parse({"a": [1]})


@pytest.mark.parametrize(
    "values",
    [
        ["a", "b\0"],
        ["a", "\ud800"],
        ["\ud83d", "\ude00"],
        [1.0, float("nan")],
        [1.0, float("-inf")],
        [1, -(10**4301)],
    ],
    ids=["NUL", "a surrogate", "two", "NaN", "infinity", "digits"],
)
@pytest.mark.parametrize("op", ["$in", "$nin", "$any", "$all"])
def test_one_of_many_values_that_cannot_be_used_is_refused_as_it_is_alone(
    values: list[Any], op: str
) -> None:
    first = [one for one in values if one == "\ud83d"] or values[1:]
    with pytest.raises(FilterError) as alone:
        parse({"a": {op: first[:1]}})
    with pytest.raises(FilterError) as among:
        parse({"a": {op: values}})
    assert str(among.value) == str(alone.value)


def test_many_floats_whose_sum_is_no_float_are_taken() -> None:
    assert parse({"a": {"$in": [1.7e308] * 4}}) == Condition("a", "in", (1.7e308,) * 4)


def test_equals_of_one_key_in_a_list_are_what_each_is_alone() -> None:
    parts: list[Any] = [
        *({"a": value} for value in (1, 2.5, "b", True, None, Decimal(1), np.int64(3), Level.HIGH)),
        {"a": {"b": 1}},
        {"a": {"$gt": 1}},
        {"a": 1, "b": 2},
        Condition("$or", "eq", 1),
        {"$or": [{"a": 1}, {"a": 2}]},
        {"id": "x"},
        {"id": "y"},
    ]

    alone = [parse(part) for part in parts]
    flat = [one for part in alone for one in (part.parts if isinstance(part, Or) else (part,))]
    assert parse({"$or": parts}) == Or(*flat)  # type: ignore[arg-type]  # none is None


@pytest.mark.parametrize(
    "value", ["\0", float("nan"), [1], 10**4301], ids=["NUL", "NaN", "a list", "digits"]
)
def test_a_later_equal_of_a_key_is_checked_as_the_first_is(value: Any) -> None:
    with pytest.raises(FilterError) as alone:
        parse({"a": value})
    with pytest.raises(FilterError) as later:
        parse({"$or": [{"a": 1}, {"a": value}]})
    assert str(later.value) == str(alone.value)


def test_values_at_the_limits_are_taken() -> None:
    for value in (10**4300 - 1, 5e-324, Decimal("1E+4299"), Decimal("1E-4300"), "\x01\x7f\uffff"):
        assert parse({"a": value}) == Condition("a", "eq", value)
    assert parse({"a": {"$like": "\\\\"}}) == Condition("a", "like", "\\\\")
    assert parse({"a": {"$like": ""}}) == Condition("a", "like", "")


def test_a_filter_that_nests_too_deep_is_refused() -> None:
    def nested(levels: int) -> dict[str, Any]:
        filter_: dict[str, Any] = {"a": 1}
        for _ in range(levels):
            filter_ = {"$not": filter_}
        return filter_

    assert parse(nested(MAX_DEPTH - 1)) is not None
    with pytest.raises(FilterError, match="deeper than 100"):
        parse(nested(MAX_DEPTH))
    endless: dict[str, Any] = {}
    endless["$and"] = [endless]
    with pytest.raises(FilterError, match="deeper than 100"):
        parse(endless)


@pytest.mark.parametrize(
    "filter_",
    [
        None,
        {},
        And(),
        And(And(), {}),
        Or(And(), {"a": 1}),
        Not(Or()),
        {"$and": []},
        {"$not": {"$or": []}},
        {"$not": []},
        {"$not": {"a": {"$in": []}}},
        {"a": {"$nin": []}},
        {"a": {"$nin": []}, "b": {"$nin": []}},
        Not(Condition("a", "any", [])),
        Not(Condition("a", "between", [1, "b"])),
        Not(And(Or(), {"a": 1})),
        {"id": {"$exists": True}},
        {"id": {"$is_empty": False}},
        {"$not": {"id": {"$any": ["a"]}}},
    ],
)
def test_a_filter_that_is_always_true_is_known_as_such(filter_: Any) -> None:
    assert matches_everything(parse(filter_))


@pytest.mark.parametrize(
    "filter_",
    [
        Or(),
        Not(And()),
        And({"a": {"$nin": []}}, {"b": 1}),
        Or({"a": 1}, Or()),
        {"a": {"$in": []}},
        {"a": {"$any": []}},
        {"a": {"$all": []}},
        {"a": {"$not_in": [1]}},
        {"a": {"$ne": 5}},
        {"a": {"$exists": True}},
        {"a": {"$between": ["b", "a"]}},
        {"id": {"$ne": "5"}},
        {"id": {"$is_empty": True}},
        {"id": {"$between": ["a", "b"]}},
        {"id": {"$like": "%"}},
        {("id",): {"$ne": 5}},
    ],
)
def test_a_filter_that_depends_on_the_data_is_not(filter_: Any) -> None:
    assert not matches_everything(parse(filter_))
