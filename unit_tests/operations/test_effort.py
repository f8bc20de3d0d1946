"""The effort of a search follows from what was measured, and from a formula until it is."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from psycopg import sql
from unit_tests.operations.indexed import (
    BINARY,
    PIN,
    RERANKED,
    measured,
    stored,
)

from pgrecall import Collection, Hnsw, IvfFlat, RecallPromise
from pgrecall._operations.indexes.asking import Question
from pgrecall._operations.indexes.budget import Budget, TimeIsUpError
from pgrecall._operations.indexes.fitting import measure
from pgrecall._operations.search import effort, planning
from pgrecall._operations.search.effort import default_effort, is_due, reach_of
from pgrecall._operations.search.kept_effort import pinned
from pgrecall._statements.search import trust
from pgrecall._values.vectors import Encoded


def test_what_was_measured_reads_back_as_it_was_written() -> None:
    assert pinned(measured().settings, Hnsw()) == PIN


def test_the_effort_follows_a_line_between_limits_and_grows_with_those_beyond() -> None:
    efforts = [default_effort(measured(), limit, 1.0) for limit in (1, 10, 32, 100, 200, 5_000)]

    assert efforts == [60, 60, 121, 240, 480, effort.MAX_EF]


def test_the_effort_follows_a_line_between_shares_and_goes_on_beyond() -> None:
    efforts = [default_effort(measured(), 10, share) for share in (1.0, 0.5, 0.1, 0.01)]

    assert efforts[:3] == [60, 90, 360]
    assert efforts[3] == effort.MAX_EF
    # an unknown one lets a quarter through
    assert efforts[1] < default_effort(measured(), 10, None) < efforts[2]


@pytest.mark.parametrize(
    ("factors", "believed"),
    [((0.64, 0.36), (1, 1)), ((0.64, 3.0), (1, 3)), ((1.5, 0.5), (1.5, 1.5)), ((2, 6), (2, 6))],
)
def test_a_filter_takes_no_less_than_a_wider_one_or_none(
    factors: tuple[float, float], believed: tuple[float, float]
) -> None:
    pin = replace(PIN, effort=100, shares=tuple(zip((0.5, 0.1), factors, strict=True)))

    assert [pin.under(share) for share in (1.0, 0.5, 0.1)] == pytest.approx([1.0, *believed])
    efforts = [pin.under(share / 100) for share in range(100, 0, -1)]
    assert efforts == sorted(efforts)
    assert efforts[0] == 1


def test_that_a_filter_takes_less_is_believed_half_where_the_index_goes_on_in_any_case() -> None:
    eased = replace(PIN, effort=19, shares=((0.5, 0.64), (0.1, 0.36)))

    assert [eased.under(share) for share in (1.0, 0.5, 0.1)] == pytest.approx([1.0, 0.8, 0.8])
    assert replace(eased, effort=20).under(0.5) == 1.0  # the limit divided by the share
    kept = stored(replace(eased, effort=10).settings(Hnsw()))
    assert planning.approximate(kept, 10, 0.5).effort == 10  # no less than there are rows


def test_the_effort_grows_where_rows_have_outgrown_the_measuring() -> None:
    growing = [replace(measured(), rows=50_000 * times) for times in (1, 1.5, 2, 10)]

    efforts = [default_effort(one, 10, 1.0) for one in growing]

    assert efforts == [60, 60, math.ceil(60 * 2**effort.GROWN), math.ceil(60 * 10**effort.GROWN)]
    assert default_effort(growing[-1], 100, 1.0) == math.ceil(240 * 10**effort.GROWN)


def test_as_far_as_before_is_trusted_where_rows_have_outgrown_the_measuring() -> None:
    grown = replace(measured(), rows=500_000)

    assert reach_of(grown, default_effort(grown, 100, 1.0)) == pytest.approx(100, rel=0.01)


def test_more_rows_in_the_same_lists_take_no_more_lists() -> None:
    pin = replace(PIN, effort=6, limits=(), shares=())
    lists = {"lists": 200, **pin.settings(IvfFlat())}

    assert default_effort(replace(stored(lists, IvfFlat()), rows=5_000_000), 10, 1.0) == 6


def test_a_reach_is_the_limit_that_takes_an_effort() -> None:
    for limit in (10, 32, 100, 200):
        assert reach_of(measured(), default_effort(measured(), limit, 1.0)) == pytest.approx(
            limit, 0.02
        )
    assert reach_of(measured(), 30) == 5
    alone = stored(replace(PIN, limits=()).settings(Hnsw()))
    assert reach_of(alone, 60) == reach_of(stored(), 100) == 40
    assert reach_of(alone, default_effort(alone, 100, 1.0)) == pytest.approx(100, 0.02)


def test_no_more_candidates_are_trusted_than_the_effort_finds_as_promised() -> None:
    narrow = planning.approximate(measured(), 10, 0.5)

    assert narrow.effort == 90
    assert narrow.near == 40  # by chance: 20 of 10 that are asked for, and half of all match
    assert planning.approximate(measured(), 10, 0.5, effort=240).near == 100


def test_what_lies_beyond_twice_the_effort_is_not_trusted_however_evenly_it_came() -> None:
    assert planning.approximate(measured(), 10, 0.5).trusted == 62  # twice 90 are for so many
    assert trust.trust_values(planning.approximate(measured(), 10, 0.5))["trusted"] == 62
    # what a filter usually takes that lies anywhere is no sign of anything
    assert planning.approximate(measured(), 100, 0.1).trusted == 2_080
    # where nothing was measured, and of bits and lists, the bound alone holds
    for kept in (stored(), stored(RERANKED.settings(BINARY), BINARY)):
        plan = planning.approximate(kept, 10, 0.5)
        assert trust.trust_values(plan)["trusted"] == 2**31 - 1


@pytest.mark.parametrize(("probes", "trusted"), [(5, 111), (100, 40)])
def test_where_ten_lie_in_many_lists_the_first_lists_of_ivfflat_are_trusted_less(
    probes: int, trusted: int
) -> None:
    told = replace(PIN, effort=probes, limits=((100, 4.5),) if probes == 5 else ())
    kept = stored({"lists": 222, **told.settings(IvfFlat())}, IvfFlat())
    plan = planning.approximate(kept, 10, 0.5, effort=probes)

    assert plan.near == trusted  # a tenth of so many lists has 113, or 2,252


def test_a_binary_index_looks_for_as_many_as_are_compared_by_full_vectors() -> None:
    made = stored(RERANKED.settings(BINARY), BINARY)
    plans = [planning.approximate(made, limit, 1.0) for limit in (10, 100, 500)]

    assert [(one.effort, one.fetch) for one in plans] == [(60, 60), (240, 240), (1_000, 1_200)]
    assert all(one.near >= one.fetch for one in plans)
    # how late the nearest come tells under a filter whether the index went far enough
    assert planning.approximate(made, 10, 0.5).fetch == 200
    assert planning.approximate(made, 100, None).fetch == 2_000


@pytest.mark.parametrize(("asked", "fetched"), [(12, 60), (300, 300)])
def test_an_effort_that_is_asked_for_takes_no_candidate_from_full_vectors(
    asked: int, fetched: int
) -> None:
    made = stored(RERANKED.settings(BINARY), BINARY)

    plan = planning.approximate(made, 10, 1.0, effort=asked)

    assert (plan.effort, plan.fetch) == (asked, fetched)


@pytest.mark.parametrize(("asked", "fetched"), [(12, 200), (400, 400)])
def test_an_effort_that_is_asked_for_spares_candidates_where_many_were_measured_to_be_needed(
    asked: int, fetched: int
) -> None:
    many = replace(RERANKED, effort=864)
    made = replace(stored(many.settings(BINARY), BINARY), rows=many.rows)

    assert planning.approximate(made, 10, 1.0).fetch == 864
    assert planning.approximate(made, 10, 1.0, effort=asked).fetch == fetched


def test_a_binary_index_that_an_older_client_measured_has_the_candidates_it_had_there() -> None:
    made = stored(PIN.settings(BINARY), BINARY)
    plan = planning.approximate(made, 10, 1.0)

    assert (plan.effort, plan.fetch) == (60, 200)
    assert is_due(made.collection, made.settings, 50_000, 1_000)
    assert effort.told(made.settings, made.collection).reranked is None


def test_until_a_binary_index_is_measured_it_looks_for_no_more_than_are_compared() -> None:
    few, many = (
        planning.approximate(replace(stored(index=BINARY), rows=rows), 10, 1.0)
        for rows in (5_000, 1_000_000)
    )

    assert (few.effort, few.fetch) == (200, 200)
    assert 200 < many.effort == many.fetch < 500


def test_where_a_binary_index_has_to_compare_many_all_rows_are_compared_sooner() -> None:
    easy, hard = (
        planning.threshold_of(stored(replace(RERANKED, effort=most).settings(BINARY), BINARY), 10)
        for most in (60, 2_000)
    )

    assert easy < 20_000 == hard


def test_what_was_measured_in_haste_is_due_for_maintenance_alone() -> None:
    made, settings = stored().collection, replace(PIN, hurried=True).settings(Hnsw())

    assert pinned(settings, Hnsw()) == replace(PIN, hurried=True)
    assert not is_due(made, settings, 50_000, 1_000)
    assert is_due(made, settings, 50_000, 1_000, unhurried=True)
    assert not is_due(made, PIN.settings(Hnsw()), 50_000, 1_000, unhurried=True)


def test_a_first_look_has_more_time_than_what_goes_beyond_it() -> None:
    budget = Budget(enough=0.0)

    budget.check()
    budget.go_beyond()
    with pytest.raises(TimeIsUpError):
        budget.check()


def test_the_order_of_binary_vectors_is_trusted_nowhere() -> None:
    binary = replace(measured(), collection=Collection("d", 3, index=Hnsw(quantization="binary")))
    plans = [planning.approximate(kept, 10, 0.5) for kept in (measured(), binary)]

    assert [trust.trust_values(plan)["in_order"] for plan in plans] == [True, False]
    assert trust.trust_values(plans[1])["late"] < trust.trust_values(plans[0])["late"]


def test_by_bits_the_place_of_one_row_tells_nothing() -> None:
    binary = replace(measured(), collection=Collection("d", 3, index=BINARY))
    plans = [(kept, planning.approximate(kept, 1, 0.5)) for kept in (measured(), binary)]

    ordered, bits = (
        trust.looked(kept, plan, sql.Placeholder("limit"), goes_on=True)[1].as_string()
        for kept, plan in plans
    )

    assert "ORDER BY distance, id LIMIT %(limit)s)" in ordered
    assert "ORDER BY distance, id LIMIT greatest(%(limit)s, %(told_by)s::int))" in bits
    assert trust.trust_values(plans[1][1])["told_by"] == planning.TOLD_BY


def test_without_a_measurement_the_formula_serves() -> None:
    assert default_effort(stored(), 10, 1.0) == 100
    assert default_effort(stored(), 10, 0.5) == 200


def test_what_an_older_client_pinned_beside_it_holds() -> None:
    tuned = PIN.settings(Hnsw()) | {"ef_search": 33}

    assert pinned(tuned, Hnsw()) is None
    assert default_effort(stored(tuned), 10, 1.0) == 33
    assert not is_due(stored().collection, tuned, 50_000, 1_000)


@pytest.mark.parametrize("told", ["text", {}, {"effort": 60}, {"effort": 60, "target": "much"}])
def test_a_document_of_a_later_version_harms_no_search(told: object) -> None:
    settings = PIN.settings(Hnsw()) | {"measured": told}

    assert pinned(settings, Hnsw()) is None
    assert default_effort(stored(settings), 10, 1.0) == 60


def test_probes_stay_within_the_lists() -> None:
    lists = {"lists": 100, **replace(PIN, effort=50).settings(IvfFlat())}

    assert default_effort(stored(lists, IvfFlat()), 10, 1.0) == 50
    assert default_effort(stored(lists, IvfFlat()), 10, 0.01) == 100


def test_measuring_is_due_at_first_after_growth_by_half_and_for_another_target() -> None:
    made, settings = stored().collection, PIN.settings(Hnsw())

    assert is_due(made, {}, 50_000, 1_000)
    assert not is_due(made, {}, 900, 1_000)  # all rows are compared
    assert not is_due(made, settings, 75_000, 1_000)
    assert is_due(made, settings, 75_001, 1_000)
    assert is_due(replace(made, target_recall=0.9), settings, 50_000, 1_000)
    assert not is_due(made, settings | {"tuned_target": 0.98}, 50_000, 1_000)


def test_what_is_told_has_the_target_and_what_was_measured() -> None:
    told = effort.told(measured().settings, measured().collection)

    assert (told.target, told.recall, told.effort, told.limit) == (0.98, 0.981, 60, 10)
    assert told.measured_at is not None
    assert effort.told({}, stored(target_recall=0.9).collection) == RecallPromise(0.9)


def test_measuring_that_has_no_time_pins_nothing() -> None:
    def send(_: object) -> Any:
        raise TimeIsUpError
        yield

    operation = measure(stored(), [Question(Encoded(b""), "1")], send, 0.98)

    with pytest.raises(StopIteration) as ended:
        next(operation)
    assert ended.value.value is None


def test_a_tuned_target_that_an_older_client_left_behind_holds_no_more() -> None:
    tuned = PIN.settings(Hnsw()) | {"tuned_target": 0.98}
    rebuilt = {key: tuned[key] for key in ("tuned_target", "measured")}
    collection = Collection("docs", 3, index=Hnsw(), target_recall=0.9)

    assert effort.target_of(tuned, collection) == 0.98
    assert effort.target_of(rebuilt, collection) == 0.9


def test_measuring_is_due_where_far_more_rows_have_a_vector_than_had_one() -> None:
    made = stored().collection
    partly = replace(PIN, filled=0.05)
    settings = partly.settings(Hnsw())

    def is_now_due(filled: float | None) -> bool:
        return is_due(made, settings, 50_000, 1_000, filled=filled)

    assert pinned(settings, Hnsw()) == partly
    assert effort.may_fill(settings, Hnsw())
    assert [is_now_due(one) for one in (None, 0.0, 0.05, 0.07, 0.08, 1.0)] == [
        *(False, False, False, False),
        *(True, True),
    ]
    assert not effort.may_fill(PIN.settings(Hnsw()), Hnsw())


def test_measuring_is_due_where_none_had_a_vector_and_some_have() -> None:
    made, settings = stored().collection, {effort.WITHOUT_VECTORS: 50_000}

    assert effort.may_fill(settings, Hnsw())
    due = [is_due(made, settings, 50_000, 1_000, filled=one) for one in (None, 0.0, 0.1)]
    assert due == [False, False, True]


@pytest.mark.parametrize("around", [None, (400, 1.0859375), (16, 1.0)])
def test_how_far_around_rows_questions_were_drawn_is_kept_with_the_effort(
    around: tuple[int, float] | None,
) -> None:
    pin = replace(PIN, around=around)

    assert pinned(pin.settings(Hnsw()), Hnsw()) == pin


@pytest.mark.parametrize(("rows", "is_due_again"), [(50_000, True), (20_000, False)])
def test_what_an_older_version_measured_of_many_rows_is_due_where_there_is_time(
    rows: float, is_due_again: bool
) -> None:
    settings = replace(PIN, rows=rows).settings(Hnsw())
    known = stored().collection, settings, rows, 1_000
    assert not is_due(*known, unhurried=True)

    settings["measured"] = {**settings["measured"]}
    del settings["measured"]["around"]

    assert is_due(*known, unhurried=True) is is_due_again
    assert not is_due(*known)  # nobody waits for it at the end of a load
