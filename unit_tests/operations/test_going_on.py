"""How far an index goes on under a filter, and when every row is compared instead."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from unit_tests.operations.indexed import (
    NARROW,
    PIN,
    measured,
    stored,
)

from pgrecall import Hnsw, filters
from pgrecall._operations.search import going_on, planning
from pgrecall._operations.search.effort import default_effort, wanted_effort
from pgrecall._operations.search.explain import why
from pgrecall._operations.search.pin import more_for
from pgrecall._statements.layout import Server, Stored
from pgrecall._statements.search import trust


def test_of_many_rows_chance_explains_less_of_how_late_they_come() -> None:
    few, many = (planning.approximate(measured(), limit, 0.5) for limit in (10, 1_000))

    assert trust.trust_values(few)["late"] == pytest.approx(0.42, 0.01)
    # that begin at a third of the way have 0.3
    assert 0.2 < trust.trust_values(many)["late"] < 0.25  # type: ignore[operator]


def test_the_index_looks_harder_once_where_that_costs_a_part_of_comparing_all() -> None:
    plan = planning.approximate(measured(), 10, 1.0)
    again = going_on.harder(measured(), plan)

    assert again is not None
    assert (again.effort, again.fetch) == (480, 10)
    assert again.near == 200
    assert going_on.harder(measured(), again) is None
    assert going_on.harder(replace(measured(), rows=5_000), plan) is None


def test_an_index_goes_on_as_far_as_it_was_measured_to_take() -> None:
    large = measured(1_000_000)
    plan = planning.approximate(large, 10, 0.5)

    near = going_on.further(large, plan, 50, 0.5, NARROW)
    far = going_on.further(large, plan, 600, 0.5, NARROW)

    assert near is not None
    assert far is not None
    # twice as many in one step, in order; beyond what a step can bring, 240 for each hundred
    assert (near.effort, near.fetch, near.near) == (240, 10, 63)
    assert (far.effort, far.fetch, far.bound, far.near) == (1_000, 1_440, 1_440, 1)


def test_where_going_on_costs_a_third_of_comparing_all_that_match_these_are_compared() -> None:
    large = measured(1_000_000)
    plan, of_one = planning.approximate(large, 10, 0.03), filters.parse({"source": 1})

    assert going_on.further(large, plan, 600, 0.03, of_one) is None
    assert going_on.further(large, plan, 600, None, of_one) is not None  # nobody knows how many
    assert going_on.further(large, plan, 600, 0.5, of_one) is not None


def test_until_filters_are_measured_an_index_that_goes_on_takes_less_under_them() -> None:
    bare = replace(PIN, shares=()).settings(Hnsw())
    made = stored(bare)
    old = replace(made, server=Server(180000, "0.7.4", "public", 1, 2))

    assert [default_effort(one, 10, 0.25) for one in (made, old)] == [120, 240]


def test_where_every_row_is_asked_whether_it_matches_the_index_is_the_better_way_sooner() -> None:
    kind, year = (filters.parse(one) for one in ({"kind": "a"}, {"year": {"$gt": 3}}))
    easy = stored(replace(PIN, shares=((0.5, 1.1), (0.1, 1.2))).settings(Hnsw()))
    thresholds = [planning.threshold_of(easy, 10, one) for one in (None, kind, year)]

    assert thresholds[0] == thresholds[1] == pytest.approx(7_071, abs=1)
    assert thresholds[2] == pytest.approx(1_289, abs=1)
    assert planning.plan(easy, 10, 0.1, kind).exact
    assert not planning.plan(easy, 10, 0.1, year).exact
    # nobody measured it at such a limit
    assert planning.threshold_of(easy, 1_000, year) == planning.threshold_of(easy, 1_000, kind)
    # by this index a narrow filter takes far more effort, and perhaps more than there is
    assert planning.plan(measured(), 10, 0.1, year).exact


def test_where_the_effort_costs_more_than_all_rows_do_they_are_compared() -> None:
    hard = replace(PIN, limits=((100, 9_000.0),))
    kept, more = (
        replace(stored(replace(hard, rows=rows).settings(Hnsw())), rows=rows)
        for rows in (50_000.0, 500_000.0)
    )

    assert [planning.plan(kept, limit, 1.0).exact for limit in (10, 100)] == [False, True]
    assert not planning.plan(more, 100, 1.0).exact
    # it is not known how many match: the statement itself finds out
    told = [planning.plan(kept, limit, None, NARROW) for limit in (10, 100)]
    assert not any(plan.exact for plan in told)
    assert told[0].threshold == planning.threshold_of(kept, 10, NARROW)
    assert told[1].threshold > 50_000
    assert "takes the index above 7,071 " in why(kept, told[0], 10, None, where=NARROW)
    assert f"above {told[1].threshold:,.0f} " in why(kept, told[1], 100, None, where=NARROW)


def test_beyond_the_limits_that_were_measured_comparing_has_to_be_faster_surely() -> None:
    rows = 100_000.0
    pin = replace(PIN, rows=rows, limits=((100, 240.0),))
    kept = replace(stored(pin.settings(Hnsw())), rows=rows)
    at_it = replace(stored(replace(pin, limits=((1_000, 2_400.0),)).settings(Hnsw())), rows=rows)

    # 2,400 are out of reach: to compare 100,000 rows costs more, but no more than twice as much
    assert not planning.plan(kept, 1_000, 1.0).exact
    assert planning.plan(at_it, 1_000, 1.0).exact


def test_where_no_effort_meets_the_target_so_much_more_is_taken_as_is_missed() -> None:
    met, unmet = (
        replace(stored(replace(PIN, effort=1_000, recall=recall).settings(Hnsw())), rows=50_000)
        for recall in (0.98, 0.82)
    )

    assert [planning.plan(one, 10, 1.0).exact for one in (met, unmet)] == [False, True]
    assert more_for(0.16, 0.02) == pytest.approx(4)
    told = why(unmet, planning.plan(unmet, 10, 1.0), 10, 1.0)
    assert told == (
        "there are 50,000 rows (estimated): at limit 10 the index takes so much effort for the"
        " target recall, as it was measured, that they are all compared"
    )


def test_of_several_thousand_an_index_is_asked_among_more_rows_and_for_twice_as_many() -> None:
    few, many = (replace(stored(), rows=rows) for rows in (200_000, 1_000_000))

    assert planning.plan(few, 5_000, 1.0).exact
    assert planning.plan(many, 5_000, 1.0).fetch == 10_000
    assert planning.plan(many, 1_000, 1.0).fetch == 1_000


def test_under_a_filter_enough_rows_are_taken_to_tell_how_late_they_come() -> None:
    filtered, bare = (planning.approximate(measured(), 1, share) for share in (0.5, 1.0))

    assert (filtered.fetch, bare.fetch) == (10, 1)
    assert trust.trust_values(filtered)["late"] == pytest.approx(0.42, 0.01)
    # what the index alone is asked for stays what it was
    assert planning.approximate(measured(), 1, 0.5, fall_back=False).fetch == 1


def look_of(kept: Stored, limit: int, share: float | None) -> Any:
    assert NARROW is not None
    plan = planning.plan(kept, limit, share, NARROW)
    return going_on.look(kept, plan, limit, share, NARROW)


def test_what_lies_nearest_is_looked_at_where_that_costs_little_beside_comparing() -> None:
    large = replace(measured(), rows=200_000)

    assert look_of(large, 1_000, 0.2) is not None
    assert look_of(large, 1_000, None).sample_percent is not None
    assert look_of(large, 1_000, 0.01) is None  # 2,000 rows are compared sooner
    assert look_of(large, 1_000, 0.6) is None  # the index is asked anyway
    assert look_of(large, 10_000, 0.2) is None  # so many are compared sooner than the index gives
    # a filter that matches anywhere is asked of the index: a look would come on top
    assert look_of(large, 10, None) is None
    bits = replace(stored(index=Hnsw(quantization="binary")), rows=200_000)
    assert look_of(bits, 1_000, 0.2) is None


@pytest.mark.parametrize(("near", "asks"), [(1.0, True), (0.6, True), (0.2, False), (0.0, False)])
def test_the_index_is_asked_where_the_nearest_match_more_often_than_all(
    near: float, asks: bool
) -> None:
    large = replace(measured(), rows=200_000)
    assert NARROW is not None
    assert planning.plan(large, 1_000, 0.2, NARROW).exact

    plan = going_on.closer(large, 1_000, 0.2, near, NARROW)

    assert (plan is not None) == asks
    assert plan is None or plan.is_bounded


def test_nothing_is_asked_of_the_index_where_no_row_that_was_looked_at_matches() -> None:
    large = replace(measured(), rows=200_000)
    assert NARROW is not None
    assert going_on.closer(large, 1_000, 0.0, 0.0, NARROW) is None  # a sample met none either


def test_what_the_greatest_effort_misses_takes_more_than_that_however_little_is_pinned() -> None:
    lost = replace(PIN, recall=0.92, effort=100)
    few, many = (
        replace(stored(replace(lost, rows=rows).settings(Hnsw())), rows=rows)
        for rows in (50_000.0, 500_000.0)
    )

    # four times what may be missed, by the power of 1.5
    assert wanted_effort(few, lost, 10, 1.0) == pytest.approx(2_520, abs=1)
    assert planning.plan(few, 10, 1.0).exact
    assert not planning.plan(many, 10, 1.0).exact
    assert planning.plan(few, 10, None, NARROW).threshold > 50_000


@pytest.mark.parametrize("dimensions", [3, 24, 96, 384, 1_536, 2_500])
@pytest.mark.parametrize("rows", [9_000, 20_000, 50_000, 200_000])
def test_a_sample_is_of_some_pages_however_many_rows_one_holds(dimensions: int, rows: int) -> None:
    made = replace(measured(), rows=rows)
    made = replace(made, collection=replace(made.collection, dimensions=dimensions))

    percent = planning.plan(made, 10, None, NARROW).sample_percent

    assert percent is not None
    row_bytes = 100 + (4 * dimensions if made.is_plain else 0)
    assert rows * percent / 100 >= 399.9
    assert rows * row_bytes / 8_192 * percent / 100 >= 7.8
