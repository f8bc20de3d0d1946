"""Which filters an index finds the items of."""

from __future__ import annotations

from typing import Any

import pytest

from pgrecall import filters
from pgrecall._statements.narrowing import is_found

FIELDS = {"page": "number", "lang": "text"}

FOUND: list[Any] = [
    {"kind": "a"},
    {"kind": {"$in": list(range(1_000))}},
    {"tags": {"$contains": 3}},
    {"tags": {"$all": ["a"]}},
    {"page": {"$gte": 5}},
    {"id": {"$in": ["a"]}},
    {"kind": "a", "year": {"$gt": 3}},
    {"$or": [{"kind": "a"}, {"page": 3}]},
    {"$not": {"kind": {"$ne": "a"}}},
]
ASKED: list[Any] = [
    {"year": {"$gt": 3}},
    {"kind": {"$ne": "a"}},
    {"kind": None},
    {"kind": {"$in": ["a", None]}},
    {"kind": {"$exists": True}},
    {"tags": {"$contains": "a"}},
    {"tags": {"$all": []}},
    {"page": {"$ne": 3}},
    {"$or": [{"kind": "a"}, {"year": {"$gt": 3}}]},
    {"$not": {"kind": "a"}},
    {"$created_at": {"$gt": "2024-01-01T00:00:00Z"}},
]


@pytest.mark.parametrize(
    ("filter_", "found"), [(one, True) for one in FOUND] + [(one, False) for one in ASKED]
)
def test_a_filter_is_found_by_an_index_or_every_row_is_asked(filter_: Any, found: bool) -> None:
    parsed = filters.parse(filter_)

    assert parsed is not None
    assert is_found(parsed, FIELDS) is found
