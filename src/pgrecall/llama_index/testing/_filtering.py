"""Filters: every operator and condition, held equal to llama-index-core's own reference."""

from __future__ import annotations

from typing import Any

import pytest
from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
)
from llama_index.core.vector_stores.utils import build_metadata_filter_fn

from pgrecall.llama_index.testing._base import Base, Calls
from pgrecall.llama_index.testing._hostile import HOSTILE

Op = FilterOperator

ROWS: dict[str, dict[str, Any]] = {
    "fox": {
        "lang": "en",
        "year": 2001,
        "rating": 1.5,
        "day": "2024-01-05",
        "title": "The red Fox",
        "code": 7,
    },
    "wool": {
        "lang": "de",
        "year": 1999,
        "rating": 2.0,
        "day": "2023-11-30",
        "title": "100% wool",
        "code": "7",
    },
    "snake": {
        "lang": "en",
        "year": 2010,
        "rating": 3,
        "day": "2024-10-01",
        "title": "snake_case",
        "code": "abc",
    },
    "quote": {"year": 10, "title": "O'Brien's", "note": ""},
    "null": {"lang": None, "year": None, "title": None, "code": None},
    "bare": {},
}
LISTS: dict[str, dict[str, Any]] = {
    "both": {"tags": ["red", "blue"], "sizes": [1, 2]},
    "blue": {"tags": ["blue"], "sizes": [2, 3]},
    "hollow": {"tags": []},
    "bare": {},
}
EVERYTHING = "fox wool snake quote null bare"

# operator, key, value, ids of the rows that match
SCALAR_CASES: list[tuple[FilterOperator, str, Any, str]] = [
    (Op.EQ, "lang", "en", "fox snake"),
    (Op.EQ, "lang", "EN", ""),
    (Op.EQ, "absent", "en", ""),
    (Op.EQ, "year", 2001, "fox"),
    (Op.EQ, "rating", 2, "wool"),
    (Op.EQ, "rating", 3.0, "snake"),
    (Op.EQ, "code", 7, "fox"),
    (Op.EQ, "code", "7", "wool"),
    (Op.EQ, "title", "O'Brien's", "quote"),
    (Op.NE, "lang", "en", "wool quote null bare"),
    (Op.NE, "year", 10, "fox wool snake null bare"),
    (Op.NE, "code", 7, "wool snake quote null bare"),
    (Op.NE, "absent", "x", EVERYTHING),
    (Op.GT, "year", 9, "fox wool snake quote"),
    (Op.GT, "year", 2001, "snake"),
    (Op.GT, "rating", 1.5, "wool snake"),
    (Op.GT, "day", "2023-12-31", "fox snake"),
    (Op.GTE, "year", 2001, "fox snake"),
    (Op.GTE, "rating", 2, "wool snake"),
    (Op.LT, "year", 2001, "wool quote"),
    (Op.LT, "day", "2024-01-05", "wool"),
    (Op.LTE, "year", 2001, "fox wool quote"),
    (Op.LTE, "rating", 1.5, "fox"),
    (Op.IN, "lang", ["en", "fr"], "fox snake"),
    (Op.IN, "year", [1999, 10], "wool quote"),
    (Op.IN, "rating", [1.5, 2.0], "fox wool"),
    (Op.IN, "code", [7], "fox"),
    (Op.IN, "code", ["7"], "wool"),
    (Op.IN, "title", ["O'Brien's", "50%"], "quote"),
    (Op.IN, "lang", [], ""),
    (Op.NIN, "lang", ["en"], "wool quote null bare"),
    (Op.NIN, "year", [1999, 10], "fox snake null bare"),
    (Op.NIN, "lang", [], EVERYTHING),
    (Op.CONTAINS, "title", "wool", "wool"),
    (Op.CONTAINS, "title", "'", "quote"),
    (Op.CONTAINS, "title", "wo%l", ""),
    (Op.TEXT_MATCH, "title", "red", "fox"),
    (Op.TEXT_MATCH, "title", "Red", ""),
    (Op.TEXT_MATCH, "title", "%", "wool"),
    (Op.TEXT_MATCH, "title", "_", "snake"),
    (Op.TEXT_MATCH, "title", "O'Br", "quote"),
    (Op.TEXT_MATCH_INSENSITIVE, "title", "RED f", "fox"),
    (Op.TEXT_MATCH_INSENSITIVE, "title", "E_C", "snake"),
    (Op.IS_EMPTY, "lang", None, "quote null bare"),
    (Op.IS_EMPTY, "note", None, EVERYTHING),
    (Op.IS_EMPTY, "year", None, "null bare"),
]
LIST_CASES: list[tuple[FilterOperator, str, Any, str]] = [
    (Op.ANY, "tags", ["red", "green"], "both"),
    (Op.ANY, "tags", ["blue"], "both blue"),
    (Op.ANY, "tags", ["re"], ""),
    (Op.ANY, "tags", ["O'Brien"], ""),
    (Op.ANY, "tags", [], ""),
    (Op.ALL, "tags", ["red", "blue"], "both"),
    (Op.ALL, "tags", ["blue"], "both blue"),
    (Op.ALL, "tags", ["blue", "green"], ""),
    (Op.ALL, "tags", [], "both blue hollow"),
    (Op.CONTAINS, "tags", "red", "both"),
    (Op.CONTAINS, "tags", "re", ""),
    (Op.CONTAINS, "sizes", 2, "both blue"),
    (Op.CONTAINS, "sizes", 3, "blue"),
    (Op.CONTAINS, "tags", "O'Brien", ""),
    (Op.IS_EMPTY, "tags", None, "hollow bare"),
]


def _name(value: Any) -> str | None:
    """Give a case's part its place in the test's name; None is pytest's own choice."""
    if isinstance(value, FilterOperator):
        return value.name
    return str(value) if isinstance(value, list) else None


def _filters(
    *filters: MetadataFilter | MetadataFilters,
    condition: FilterCondition | None = FilterCondition.AND,
) -> MetadataFilters:
    return MetadataFilters(filters=list(filters), condition=condition)


def _where(key: str, value: Any, operator: FilterOperator = Op.EQ) -> MetadataFilter:
    return MetadataFilter(key=key, value=value, operator=operator)


EN, OLD = _where("lang", "en"), _where("year", 10)


class Filtering(Base):
    """What a filter owes its callers; each case is checked against the reference as well."""

    def _matches(
        self, store: Calls, rows: dict[str, dict[str, Any]], filters: MetadataFilters
    ) -> set[str]:
        store.add([self.node(id_, metadata=metadata) for id_, metadata in rows.items()])
        return self.ids(store, filters)

    def _check_operator(
        self, store: Calls, rows: dict[str, dict[str, Any]], filter_: MetadataFilter, ids: str
    ) -> None:
        filters = _filters(filter_)
        if filter_.operator not in self.operators:
            with pytest.raises((ValueError, NotImplementedError)):
                self._matches(store, rows, filters)
            return
        assert set(ids.split()) == _by_the_reference(rows, filters)
        assert self._matches(store, rows, filters) == set(ids.split())

    @pytest.mark.parametrize(("operator", "key", "value", "ids"), SCALAR_CASES, ids=_name)
    def test_an_operator_matches_what_the_reference_matches(
        self, store: Calls, operator: FilterOperator, key: str, value: Any, ids: str
    ) -> None:
        self._check_operator(store, ROWS, _where(key, value, operator), ids)

    @pytest.mark.parametrize(("operator", "key", "value", "ids"), LIST_CASES, ids=_name)
    def test_an_operator_on_lists_matches_what_the_reference_matches(
        self, store: Calls, operator: FilterOperator, key: str, value: Any, ids: str
    ) -> None:
        if getattr(store.vector_store, "flat_metadata", False):
            pytest.skip("the store keeps flat metadata alone: flat_metadata is True")
        self._check_operator(store, LISTS, _where(key, value, operator), ids)

    @pytest.mark.parametrize(
        ("condition", "ids"),
        [
            (FilterCondition.AND, ""),
            (FilterCondition.OR, "fox snake quote"),
            (FilterCondition.NOT, "wool null bare"),
        ],
        ids=lambda value: getattr(value, "name", None),
    )
    def test_a_condition_matches_what_the_reference_matches(
        self, store: Calls, condition: FilterCondition, ids: str
    ) -> None:
        filters = _filters(EN, OLD, condition=condition)
        if condition not in self.conditions:
            with pytest.raises((ValueError, NotImplementedError)):
                self._matches(store, ROWS, filters)
            return
        assert set(ids.split()) == _by_the_reference(ROWS, filters)
        assert self._matches(store, ROWS, filters) == set(ids.split())

    def test_filters_of_a_query_hold_together(self, store: Calls) -> None:
        filters = _filters(EN, _where("year", 2001, Op.GT))
        assert self._matches(store, ROWS, filters) == {"snake"}

    def test_no_condition_means_and(self, store: Calls) -> None:
        filters = _filters(EN, _where("year", 2001, Op.GT), condition=None)
        assert self._matches(store, ROWS, filters) == {"snake"}

    def test_filters_nest(self, store: Calls) -> None:
        years = _filters(_where("year", 1999), _where("year", 2010), condition=FilterCondition.OR)
        self._check_nested(store, _filters(EN, years), {"snake"})

    def test_filters_nest_to_any_depth(self, store: Calls) -> None:
        filters = _filters(EN, _where("year", 2010), condition=FilterCondition.AND)
        for _ in range(5):
            filters = _filters(filters, condition=FilterCondition.OR)
            filters = _filters(filters, EN, condition=FilterCondition.AND)
        self._check_nested(store, filters, {"snake"})

    def test_a_nested_not_matches_rows_without_the_key(self, store: Calls) -> None:
        if FilterCondition.NOT not in self.conditions:
            pytest.skip("the store has no condition NOT")
        no_english = _filters(EN, condition=FilterCondition.NOT)
        filters = _filters(no_english, _where("title", "wool", Op.CONTAINS))
        self._check_nested(store, filters, {"wool"})
        self._check_nested(store, _filters(no_english), {"wool", "quote", "null", "bare"})

    def _check_nested(self, store: Calls, filters: MetadataFilters, ids: set[str]) -> None:
        if not self.nested_filters:
            with pytest.raises((ValueError, NotImplementedError)):
                self._matches(store, ROWS, filters)
            return
        assert self._matches(store, ROWS, filters) == ids

    @pytest.mark.parametrize("operator", [Op.EQ, Op.TEXT_MATCH], ids=_name)
    @pytest.mark.parametrize("value", HOSTILE)
    def test_a_filters_value_may_hold_any_characters(
        self, store: Calls, value: str, operator: FilterOperator
    ) -> None:
        if operator not in self.operators:
            pytest.skip(f"the store has no operator {operator.name}")
        rows = {"wanted": {"name": value}, "other": {"name": "other"}, "bare": {}}
        filters = _filters(_where("name", value, operator))
        assert self._matches(store, rows, filters) == {"wanted"}

    @pytest.mark.parametrize("value", HOSTILE)
    def test_a_filters_list_may_hold_any_characters(self, store: Calls, value: str) -> None:
        rows = {"wanted": {"name": value}, "other": {"name": "other"}, "bare": {}}
        filters = _filters(_where("name", [value, "absent"], Op.IN))
        assert self._matches(store, rows, filters) == {"wanted"}

    @pytest.mark.parametrize("key", HOSTILE)
    def test_a_filters_key_may_hold_any_characters(self, store: Calls, key: str) -> None:
        rows = {"wanted": {key: "yes"}, "other": {key: "no"}, "bare": {}}
        assert self._matches(store, rows, _filters(_where(key, "yes"))) == {"wanted"}


def _by_the_reference(rows: dict[str, dict[str, Any]], filters: MetadataFilters) -> set[str]:
    matches = build_metadata_filter_fn(lambda id_: rows[id_], filters)
    return {id_ for id_ in rows if matches(id_)}
