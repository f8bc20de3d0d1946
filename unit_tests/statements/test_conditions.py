"""The SQL of each family of operators."""

from __future__ import annotations

import json
from typing import Any

import pytest
from psycopg import sql

from pgrecall._statements.conditions import MAX_PARAMETERS, compile_filter
from pgrecall._statements.expressions import field_expression
from pgrecall._statements.parameters import Parameters, Template, joined
from pgrecall.errors import FilterError
from pgrecall.filters import And, Condition, Not, Or, parse

FIELDS = {"page": "number", "source": "text"}
PAGE = (
    "(CASE WHEN jsonb_typeof(metadata -> %(p0)s::text) = 'number'"
    " THEN (metadata -> %(p0)s::text)::numeric END)"
)
SOURCE = (
    "((CASE WHEN jsonb_typeof(metadata -> %(p0)s::text) = 'string'"
    ' THEN metadata ->> %(p0)s::text END) COLLATE "C")'
)
HOSTILE = ["'; DROP TABLE items; --", "%s", "%(p0)s", "{}", "{0}", '"', "\\", "$1", ":x", "a\nb"]


def compiled(filter_: Any, fields: dict[str, str] = FIELDS) -> tuple[str, dict[str, Any]]:
    parsed = parse(filter_)
    assert parsed is not None
    parameters = Parameters()
    return compile_filter(parsed, fields, parameters).as_string(), parameters.values


def test_equality_is_containment_that_the_metadata_index_serves() -> None:
    assert compiled({"lang": "de"}) == ("metadata @> %(p0)s::jsonb", {"p0": '{"lang":"de"}'})


def test_a_path_is_containment_in_nested_objects() -> None:
    assert compiled({("a", "b"): 1})[1] == {"p0": '{"a":{"b":1}}'}


def test_equality_of_a_declared_field_goes_by_its_expression() -> None:
    assert compiled({"page": 5}) == (f"{PAGE} = %(p1)s::numeric", {"p0": "page", "p1": "5"})
    assert compiled({"source": "a"}) == (f"{SOURCE} = %(p1)s::text", {"p0": "source", "p1": "a"})


@pytest.mark.parametrize("value", ["5", True])
def test_a_value_of_another_type_than_declared_is_containment(value: object) -> None:
    assert compiled({"page": value})[0] == "metadata @> %(p0)s::jsonb"


def test_none_is_null_or_missing() -> None:
    assert compiled({"page": None}) == (
        "coalesce(jsonb_typeof(metadata -> %(p0)s::text), 'null') = 'null'",
        {"p0": "page"},
    )


def test_negations_hold_where_the_test_is_null() -> None:
    assert compiled({"page": {"$ne": 5}})[0] == f"(({PAGE} = %(p1)s::numeric) IS NOT TRUE)"
    assert compiled(Not({"lang": "de"}))[0] == "((metadata @> %(p0)s::jsonb) IS NOT TRUE)"


def test_in_is_one_array_for_the_declared_type_and_containment_for_the_rest() -> None:
    assert compiled({"page": {"$in": [1, 2.5, "a"]}}) == (
        f"({PAGE} = ANY(%(p1)s::numeric[]) OR metadata @> %(p2)s::jsonb)",
        {"p0": "page", "p1": ["1", "2.5"], "p2": '{"page":"a"}'},
    )


def test_in_with_none_tests_for_null_too() -> None:
    text, values = compiled({"lang": {"$in": ["de", None]}})
    assert text.startswith("(metadata @> %(p0)s::jsonb OR coalesce(")
    assert values == {"p0": '{"lang":"de"}', "p1": "lang"}


def test_many_values_are_one_array() -> None:
    text, values = compiled({"lang": {"$in": list(range(3))}})
    assert text.count("@>") == 3
    text, values = compiled({"lang": {"$in": list(range(4))}})
    hashed = "IN (SELECT pg_catalog.jsonb_array_elements(%(p1)s::jsonb))) IS TRUE"
    assert text == f"((((metadata -> %(p0)s::text) {hashed}))"
    assert values["p1"] == "[0,1,2,3]"
    text, values = compiled({"lang": {"$any": list(range(11))}})
    assert "jsonb_array_elements" in text
    assert len(values) == 2


def test_equal_values_are_tested_once_and_true_is_not_one() -> None:
    assert compiled({"lang": {"$in": [1, 1, True, "1"]}})[1] == {
        "p0": '{"lang":1}',
        "p1": '{"lang":true}',
        "p2": '{"lang":"1"}',
    }


def test_ranges_compare_numbers_as_numeric_and_strings_by_code_point() -> None:
    assert compiled({"page": {"$gt": 1e23}}) == (
        f"{PAGE} > %(p1)s::numeric",
        {"p0": "page", "p1": "1e+23"},
    )
    assert compiled({"source": {"$between": ["a", "b"]}}) == (
        f"{SOURCE} BETWEEN %(p1)s::text AND %(p2)s::text",
        {"p0": "source", "p1": "a", "p2": "b"},
    )


def test_a_key_is_bound_once_however_often_it_is_named() -> None:
    text, values = compiled({"page": {"$gte": 5, "$lt": 9}})
    assert text == f"({PAGE} >= %(p1)s::numeric AND {PAGE} < %(p2)s::numeric)"
    assert values == {"p0": "page", "p1": "5", "p2": "9"}


def test_membership_is_containment() -> None:
    assert compiled({"tags": {"$contains": 1}})[1] == {"p0": '{"tags":[1]}'}
    assert compiled({"tags": {"$all": [1, "a"]}})[1] == {"p0": '{"tags":[1,"a"]}'}
    text, values = compiled({"tags": {"$any": [1, "a"]}})
    assert text == "(metadata @> %(p0)s::jsonb OR metadata @> %(p1)s::jsonb)"
    assert values == {"p0": '{"tags":[1]}', "p1": '{"tags":["a"]}'}


def test_containing_a_string_is_membership_or_substring() -> None:
    text, _ = compiled({"source": {"$contains": "a"}})
    assert text.startswith("(metadata @> %(p0)s::jsonb OR strpos(")


def test_all_of_nothing_is_every_array() -> None:
    assert compiled({"tags": {"$all": []}})[0] == (
        "jsonb_typeof(metadata -> %(p0)s::text) = 'array'"
    )


def test_existence_is_not_null_as_json() -> None:
    assert compiled({"a": {"$exists": True}})[0] == "(metadata -> %(p0)s::text) IS NOT NULL"
    assert compiled({("a", "b"): {"$exists": False}})[0] == (
        "(metadata -> %(p0)s::text -> %(p1)s::text) IS NULL"
    )


def test_the_insensitive_tests_leave_the_c_collation_which_knows_ascii_only() -> None:
    assert compiled({"id": {"$ilike": "a%"}})[0] == '(id COLLATE "default") ILIKE %(p0)s::text'
    assert compiled({"id": {"$text_match_insensitive": "a"}})[0] == (
        'strpos(lower(id COLLATE "default"), lower(%(p0)s::text)) > 0'
    )


def test_the_id_is_the_column_and_its_path_the_metadata_key() -> None:
    assert compiled({"id": "a"}) == ("id = %(p0)s::text", {"p0": "a"})
    assert compiled({("id",): "a"}) == ("metadata @> %(p0)s::jsonb", {"p0": '{"id":"a"}'})
    assert compiled({"id": {"$in": ["a", "b"]}}) == (
        "id = ANY(%(p0)s::text[])",
        {"p0": ["a", "b"]},
    )


def test_a_path_of_mappings_is_the_path_of_a_tuple() -> None:
    for test in (1, None, {"$gt": 1}, {"$exists": True}):
        assert compiled({"a": {"b.c": test}}) == compiled({("a", "b.c"): test})


def test_an_own_field_of_the_core_is_a_declared_key_by_its_path() -> None:
    assert compiled({("page",): {"$gt": 1}}) == compiled({"page": {"$gt": 1}})


@pytest.mark.parametrize(
    ("filter_", "constant"),
    [
        ({"a": {"$in": []}}, "false"),
        ({"a": {"$nin": []}}, "true"),
        ({"a": {"$any": []}}, "false"),
        ({"a": {"$between": [1, "b"]}}, "false"),
        ({"id": {"$any": ["a"]}}, "false"),
        ({"id": {"$is_empty": True}}, "false"),
        ({"id": {"$all": []}}, "false"),
        (And(), "true"),
        (Or(), "false"),
    ],
)
def test_what_the_data_cannot_change_is_a_constant(filter_: Any, constant: str) -> None:
    assert compiled(filter_) == (constant, {})


def test_a_wide_filter_is_one_flat_list() -> None:
    text, _ = compiled(Or(*({f"a{number}": number} for number in range(1000))))
    assert text.count("(") == 1001  # the list's own, and one of each placeholder


def test_tests_of_one_field_are_one_test_however_they_are_written() -> None:
    several = compiled({"lang": {"$in": [1, "1", True, None, 4, 5]}})
    none_of = compiled({"lang": {"$nin": [1, "1", True, None, 4, 5]}})
    eq, ne = (
        [Condition("lang", op, value) for value in (1, "1", True, None, 4, 5)]
        for op in ("eq", "ne")
    )

    assert compiled(Or(*eq)) == compiled(Or(eq[0], Or(*eq[1:3]), {"lang": {"$in": [None, 4, 5]}}))
    assert compiled(Or(*eq)) == compiled(Or(*map(Not, ne))) == compiled(Not(And(*ne))) == several
    assert compiled(And(*ne)) == compiled(And(*map(Not, eq))) == compiled(Not(Or(*eq))) == none_of
    assert compiled(Not(Not(eq[0]))) == compiled(eq[0])
    assert compiled(And(Or(*eq), {"a": 1}))[0].startswith(f"({several[0]} AND ")
    assert compiled(Or({("lang",): 1}, {"lang": 2})) == compiled({"lang": {"$in": [1, 2]}})


def test_an_items_id_and_a_key_of_that_name_are_told_apart() -> None:
    assert "::jsonb" in compiled(Or({"id": "a"}, {("id",): "b"}, {"id": "c"}))[0]
    assert compiled(Or({"id": "a"}, {"id": "c"})) == compiled({"id": {"$in": ["a", "c"]}})


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_keys_and_values_are_parameters(word: str) -> None:
    calm = [Condition("key", "eq", "value"), Condition(("key", "b"), "gt", "value")]
    wild = [Condition(word, "eq", word), Condition((word, "b"), "gt", word)]
    text, values = compiled(And(*wild))
    assert text == compiled(And(*calm))[0]
    assert json.loads(values["p0"]) == {word: word}
    assert [values["p1"], values["p2"], values["p3"]] == [word, "b", word]


@pytest.mark.parametrize("word", HOSTILE)
def test_an_index_names_a_hostile_key_as_a_literal(word: str) -> None:
    text = field_expression(sql.Literal(word), "text").as_string()
    assert text.count(sql.Literal(word).as_string() + "::text") == 2


def test_an_index_is_on_the_expression_that_filters_use() -> None:
    assert field_expression(sql.Placeholder("p0"), "number").as_string() == PAGE
    assert field_expression(sql.Placeholder("p0"), "text").as_string() == SOURCE


def test_more_values_than_a_statement_can_bind_are_refused() -> None:
    with pytest.raises(FilterError, match="60,000 values"):
        compiled(Or(*({f"a{number}": number} for number in range(MAX_PARAMETERS + 1))))


def test_parameters_carry_on_after_those_of_the_statement() -> None:
    parameters = Parameters()
    first = parameters.add("x")
    compile_filter(Condition("a", "eq", 1), {}, parameters)
    assert first == sql.Placeholder("p0")
    assert parameters.values == {"p0": "x", "p1": '{"a":1}'}


def test_a_template_takes_a_part_for_every_hole() -> None:
    assert Template("{} = {}")(sql.Literal("{}"), sql.SQL("b")).as_string() == "'{}' = b"
    assert joined(" OR ", [sql.SQL("a"), sql.SQL("b")]).as_string() == "(a OR b)"
    with pytest.raises(ValueError, match="longer"):
        Template("{} = {}")(sql.SQL("a"))
