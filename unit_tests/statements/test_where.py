"""Which ways a filter of many values is compiled for, by how many and how long the rows are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from unit_tests.operations.indexed import stored

from pgrecall import FilterError, filters
from pgrecall._statements import comparisons, probing
from pgrecall._statements.items import items
from pgrecall._statements.items import where as compiled
from pgrecall._statements.items.where import where_of
from pgrecall._statements.parameters import Parameters

if TYPE_CHECKING:
    from pgrecall._statements.items.where import Where
    from pgrecall._statements.layout import Stored

SHORT, IN_A_PAGE, ELSEWHERE = 3, 1_536, 2_000


def of(dimensions: int, rows: float = 4_000) -> Stored:
    made = stored()
    return replace(made, rows=rows, collection=replace(made.collection, dimensions=dimensions))


def of_values(count: int, where: Stored, **more: object) -> Where:
    parsed = filters.parse({"kind": {"$in": [f"k{n}" for n in range(count)]}, **more})
    return where_of(where, parsed, Parameters())


@pytest.mark.parametrize("more", [{}, {"size": {"$gt": 3}}])
@pytest.mark.parametrize("count", [4, 10])
def test_a_row_that_no_index_found_is_tested_for_some_values_by_a_hash(
    count: int, more: dict[str, object]
) -> None:
    where = of_values(count, of(SHORT), **more)

    assert where.narrow.count("@>") == count
    assert where.narrow.endswith(f" AND {where.test}")
    assert "jsonb_array_elements" in where.test
    assert where.each


def test_what_each_value_finds_is_counted_as_it_is_found() -> None:
    parsed = filters.parse({"kind": {"$in": list("abcdefgh")}})
    assert parsed is not None

    statement = items.count(of(SHORT), parsed)

    text = statement.sql.decode() if isinstance(statement.sql, bytes) else ""
    assert "CROSS JOIN LATERAL" in text
    assert compiled.testing(of(SHORT), parsed, Parameters()) not in text


def test_long_rows_are_asked_for_by_more_values_and_found_in_greater_number() -> None:
    short, long = (of_values(300, of(dimensions)) for dimensions in (SHORT, IN_A_PAGE))
    documents = [f'{{"kind":{n}}}' for n in range(100)]

    def most(length: float) -> int:
        parameters = Parameters()
        assert probing.probe(documents, 4_000, parameters, length=length) is not None
        return next(one for one in parameters.values.values() if isinstance(one, int))

    assert not short.probe
    assert long.probe
    assert most(1.0) == 4_000 / probing.ROWS_A_FIND < most(2.0) < most(10.0) < 4_000


def test_a_vector_is_read_with_its_row_where_it_stands_in_it() -> None:
    short, long, elsewhere = (
        probing.length_of(of(dimensions)) for dimensions in (SHORT, IN_A_PAGE, ELSEWHERE)
    )

    assert 1 <= short < 1.1
    assert long > 5
    assert elsewhere == 1


def test_a_page_that_is_soon_full_is_asked_for_as_if_rows_were_short() -> None:
    parsed = filters.parse({"kind": {"$in": list(range(300))}})

    assert not where_of(of(IN_A_PAGE), parsed, Parameters(), most=0.1).probe


def test_values_that_are_longer_than_a_server_takes_are_told_before_they_are_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(comparisons, "MOST_BYTES", 200)
    assert of_values(12, of(SHORT)).probe

    with pytest.raises(FilterError, match=r"are 2\d\d bytes of JSON; a filter takes 200 at most"):
        of_values(20, of(SHORT))


DECLARED = {"kind": "text", "size": "number"}


def declaring(rows: float = 4_000) -> Stored:
    made = of(IN_A_PAGE, rows)
    return replace(made, collection=replace(made.collection, fields=DECLARED))


def test_values_of_a_declared_field_are_left_to_its_own_index() -> None:
    names, numbers = [f"k{n}" for n in range(300)], list(range(300))
    for filter_ in (
        {"kind": {"$in": names}},
        {"size": {"$in": numbers}},
        {"$or": [{"kind": {"$in": names}}, {"size": 3}]},
        {"$or": [{"kind": {"$in": names}}, {"size": {"$in": numbers}}]},
    ):
        parsed = filters.parse(filter_)
        assert where_of(of(IN_A_PAGE), parsed, Parameters()).probe
        assert not where_of(declaring(), parsed, Parameters()).probe


def test_values_that_the_index_of_a_declared_field_does_not_have_are_probed_for() -> None:
    names, numbers = [f"k{n}" for n in range(300)], list(range(300))
    for filter_ in (
        {"size": {"$in": names}},
        {"size": {"$in": [*numbers, "k"]}},
        {"$or": [{"kind": {"$in": names}}, {"else": 3}]},
    ):
        assert where_of(declaring(), filters.parse(filter_), Parameters()).probe
