"""The effort of a search follows from what was measured, and from a formula until it is."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from psycopg import sql

from pgrecall import Collection, Hnsw, IvfFlat, Metric, RecallPromise, filters
from pgrecall._operations.indexes.budget import Budget, TimeIsUpError
from pgrecall._operations.indexes.fitting import measure, questions_for
from pgrecall._operations.indexes.measuring import Measured, border_of
from pgrecall._operations.indexes.questions import Question, made
from pgrecall._operations.indexes.truth import Truth
from pgrecall._operations.search import effort, going_on, planning
from pgrecall._operations.search.effort import Pin, default_effort, is_due, pinned, reach_of
from pgrecall._statements.layout import Server, Stored
from pgrecall._statements.search import trust
from pgrecall._statements.statement import Result
from pgrecall._values.vectors import Encoded

SERVER = Server(180000, "0.8.6", "public", 1, 2)
PIN = Pin(0.98, 0.981, 60, 10, 50_000, 1e9, 192, 1.0, ((100, 240.0),), ((0.5, 1.5), (0.1, 6.0)))
BINARY = Hnsw(quantization="binary")
RERANKED = replace(PIN, reranked=True)
NARROW = filters.parse({"source": {"$in": [1, 2]}})


def stored(settings: dict[str, Any] | None = None, index: Any = None, **kept: Any) -> Stored:
    made = Collection("docs", 3, "", Metric.COSINE, index=index or Hnsw(), **kept)
    return Stored(
        7, "tenant", made, "pgrecall", "items_7", SERVER, settings=settings or {}, rows=50_000
    )


def measured(rows: float = PIN.rows) -> Stored:
    return replace(stored(replace(PIN, rows=rows).settings(Hnsw())), rows=rows)


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


def test_that_a_filter_takes_less_than_none_is_believed_half_and_never_of_a_narrower_one() -> None:
    eased = replace(PIN, shares=((0.5, 0.64), (0.1, 0.36)))

    assert [eased.under(share) for share in (1.0, 0.5, 0.1)] == pytest.approx([1.0, 0.8, 0.8])
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
    with pytest.raises(TimeIsUpError):
        budget.go_beyond(0.0)
    with pytest.raises(TimeIsUpError):
        budget.check()
    Budget().go_beyond(1e9)


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


def test_where_no_effort_meets_the_target_the_least_that_finds_as_much_is_taken() -> None:
    asked = Measured(stored(), [Question(Encoded(b""))] * 100, lambda _: iter(()), 10)
    known = {40: 0.7, 64: 0.897, 102: 0.9, 1_000: 0.901}

    assert asked._between(known, 0.98) == (64.0, 0.897)


def test_fewer_questions_are_asked_of_few_rows_and_for_long_answers() -> None:
    few = replace(stored(), rows=3_000)

    assert [questions_for(one, 10) for one in (few, stored())] == [64, 768]
    assert [questions_for(stored(), limit) for limit in (1_000, 10_000)] == [50, 20]


@pytest.mark.parametrize("metric", list(Metric))
def test_what_counts_as_near_is_as_small_as_the_distances_are(metric: Metric) -> None:
    made = stored()
    made = replace(made, collection=replace(made.collection, metric=metric))

    assert border_of(made, 1.0) == pytest.approx(1.0 + 1e-6, abs=1e-9)
    if metric is not Metric.COSINE:
        assert border_of(made, 1e-12) < 2e-12


def known_of(one: Measured, worst: list[float]) -> Truth:
    """Every row was compared."""
    return Truth(one.stored, one.questions, one.send, one.limit, one.parts, worst, math.inf)


def missing(of: dict[int, float], index: Any = None, **settings: Any) -> Measured:
    """Questions of which an effort is known to miss a part."""
    one = Measured(stored(settings, index), [Question(Encoded(b""))] * 10, no_answer, 10)
    one.truths = [known_of(one, [1.0] * 10)]
    for tried, share in of.items():
        kept = round(share * 100)
        near = [(0.5, str(n)) for n in range(kept)] + [(2.0, str(n)) for n in range(kept, 100)]
        one.found[tried] = [near[place::10] for place in range(10)]
    return one


def led_astray(count: int, of: int, rows: float = 100_000) -> Measured:
    """Questions of which some found nothing, and the others all."""
    one = Measured(replace(stored(), rows=rows), [Question(Encoded(b""))] * of, no_answer, 10)
    one.truths = [known_of(one, [1.0] * of)]
    one.found[20] = [[(2.0 if n < count else 0.5, str(k)) for k in range(10)] for n in range(of)]
    return one


def test_where_few_questions_miss_all_chance_among_them_is_reckoned_with() -> None:
    error = math.sqrt(10) / 1_000

    more = led_astray(10, of=1_000).for_chance(0.98)

    assert more == pytest.approx((0.02 / (0.02 - error)) ** (1 / 1.5))
    assert led_astray(1, of=100).for_chance(0.98) == 1.25  # at most
    assert missing({20: 0.98}).for_chance(0.98) == 1.0  # where each misses a little, it tells them
    assert led_astray(10, of=1_000, rows=1e6).for_chance(0.98) == 1.0  # the target has it


def test_a_row_that_is_asked_is_no_answer_to_itself() -> None:
    asked = [Question(Encoded(b""), "row"), Question(Encoded(b""), "other")]
    sent: list[Any] = []
    rows = [(0, "row", 0.0), (0, "a", 0.1), (0, "b", 0.2), (1, "c", 0.1), (1, "d", 0.3)]
    scanned = [(0, "row", 0.0), (1, "e", 0.2)]

    def send(statements: Any) -> Any:
        sent.append(statements[-1].parameters)
        return [Result(rows if "limit" in sent[-1] else scanned, 0)]
        yield

    every = Measured(stored({"lists": 9}, IvfFlat()), asked, send, 2)
    value_of(every.learn(3))

    assert sent[0]["limit"] == 3  # one more than is wanted
    assert every.found[3] == [[(0.1, "a"), (0.2, "b")], [(0.1, "c"), (0.3, "d")]]
    assert every.truths[0].worst == [0.2, 0.3]


@pytest.mark.parametrize("index", [IvfFlat(), BINARY])
def test_what_no_index_knows_better_for_being_stored_is_asked_as_it_is(index: Any) -> None:
    rows = [Question(Encoded(b"1"), "1"), Question(Encoded(b"2"), "2")]

    assert value_of(made(stored(index=index), rows, no_answer)) == rows


def test_a_callers_own_questions_are_asked_as_they_are() -> None:
    own = [Question(Encoded(b"1")), Question(Encoded(b"2"))]

    assert value_of(made(stored(), own, no_answer)) == own


def test_how_hard_a_callers_own_questions_are_holds_for_one_kind_of_index() -> None:
    pin = replace(PIN, ease=2.25)
    kept = {effort.OF_QUESTIONS: effort.by_questions(pin, Hnsw())}

    assert effort.of_questions(kept, Hnsw(quantization="half")) == 2.25
    assert effort.of_questions(kept, BINARY) is None
    assert effort.of_questions(kept, IvfFlat()) is None
    for unknown in (None, "text", {"index": "hnsw"}, {"index": "hnsw", "factor": "much"}):
        assert effort.of_questions({effort.OF_QUESTIONS: unknown}, Hnsw()) is None


def no_answer(_: object) -> Any:
    raise AssertionError("an effort was asked that was not known")
    yield


def value_of(operation: Any) -> Any:
    with pytest.raises(StopIteration) as ended:
        next(operation)
    return ended.value.value


def test_a_step_is_never_less_than_one_list() -> None:
    asked = missing({1: 0.8, 2: 0.9, 4: 0.99}, IvfFlat(), lists=70)

    least, reached = value_of(asked.least_for(0.98, 1, 1.25))

    assert 2 < least <= 4
    assert reached >= 0.98


def test_what_the_least_effort_finds_beyond_the_target_is_told() -> None:
    assert missing({10: 0.98}).spare(0.98) == pytest.approx(1)
    assert missing({10: 0.99}).spare(0.98) == pytest.approx(0.5 ** (1 / 1.5))
    assert missing({20: 1.0}).spare(0.98) == 1.0  # the least was not tried


def test_more_questions_are_asked_with_the_efforts_next_to_what_is_known() -> None:
    asked = missing({10: 0.9, 40: 0.97, 48: 0.99, 192: 1.0})

    assert value_of(asked.next_to(44.0, 1.25)) == [40, 48]
    grown = value_of(asked.grown([], [40, 48]))
    assert sorted(grown.found) == [40, 48]
    assert grown.recall(40) == pytest.approx(0.97)


def test_questions_end_where_the_least_effort_surely_meets_the_target() -> None:
    assert missing({10: 1.0}).is_sure(0.98, 2)
    assert not missing({10: 0.98}).is_sure(0.98, 2)
    assert not missing({20: 1.0}).is_sure(0.98, 2)


def test_where_every_row_is_asked_whether_it_matches_the_index_is_the_better_way_sooner() -> None:
    kind, year = (filters.parse(one) for one in ({"kind": "a"}, {"year": {"$gt": 3}}))
    easy = stored(replace(PIN, shares=((0.5, 1.1), (0.1, 1.2))).settings(Hnsw()))
    thresholds = [planning.threshold_of(easy, 10, one) for one in (None, kind, year)]

    assert thresholds[0] == thresholds[1] == pytest.approx(7_071, abs=1)
    assert thresholds[2] == pytest.approx(1_289, abs=1)
    assert planning.plan(easy, 10, 0.1, kind).exact
    assert not planning.plan(easy, 10, 0.1, year).exact
    # by this index a narrow filter takes far more effort, and perhaps more than there is
    assert planning.plan(measured(), 10, 0.1, year).exact


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
