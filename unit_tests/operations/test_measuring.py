"""The least effort that meets a target is found by questions, few or many."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from unit_tests.operations.indexed import (
    BINARY,
    PIN,
    no_answer,
    stored,
    value_of,
)

from pgrecall import Hnsw, IvfFlat, Metric
from pgrecall._operations.indexes.asking import Question
from pgrecall._operations.indexes.budget import TimeIsUpError
from pgrecall._operations.indexes.fitting import _first_look, questions_for
from pgrecall._operations.indexes.least import _between, least_for, next_to, times
from pgrecall._operations.indexes.measuring import Measured, border_of
from pgrecall._operations.indexes.questions import made
from pgrecall._operations.indexes.truth import Truth
from pgrecall._operations.indexes.under_filters import without_chance
from pgrecall._operations.search import effort
from pgrecall._statements.statement import Result
from pgrecall._values.vectors import Encoded


def test_where_no_effort_meets_the_target_the_least_that_finds_as_much_is_taken() -> None:
    asked = Measured(stored(), [Question(Encoded(b""))] * 100, lambda _: iter(()), 10)
    known = {40: 0.7, 64: 0.897, 102: 0.9, 1_000: 0.901}

    assert _between(asked, known, 0.98) == (64.0, 0.897)


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
    return Truth(
        one.stored, one.questions, one.send, one.limit, one.parts, one.bytes_, worst, math.inf
    )


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


@pytest.mark.parametrize(
    ("target", "misses"),
    [
        *((1.0, 7), (0.99, 7), (0.98, 7), (0.95, 7), (0.9, 7)),
        *((0.88, 8), (0.85, 9), (0.8, 10), (0.75, None), (0.7, None), (0.5, None), (0.1, None)),
    ],
)
def test_the_more_a_target_lets_be_missed_the_more_a_question_misses_that_is_led_astray(
    target: float, misses: int | None
) -> None:
    one = Measured(stored(), [Question(Encoded(b""))] * 110, no_answer, 10)
    one.truths = [known_of(one, [1.0] * 110)]
    # one question for each number of misses, and a hundred that miss none
    hits = [*range(10, -1, -1), *[10] * 99]
    one.found[20] = [
        [(0.5 if place < hit else 2.0, str(place)) for place in range(10)] for hit in hits
    ]

    led = range(11) if misses is None else range(misses, 11)
    assert one.astray(target) == (frozenset() if misses is None else frozenset(led))


def test_where_a_target_lets_half_be_missed_those_that_miss_most_decide_a_factor() -> None:
    look = partly_astray({10: (60, 1.0), 40: (45, 1.0), 60: (35, 1.0)})

    assert look.astray(0.6) == frozenset()
    assert 1.1 < value_of(times(look, 0.6, 60, 40, look.astray(0.6))) < 1.4
    # set aside they would let the filter seem to take no more than none
    assert value_of(times(look, 0.6, 60, 40, frozenset(range(45)))) == 1.0


def test_where_a_first_look_ends_in_haste_what_it_tried_counts() -> None:
    def too_late(_: Any) -> Any:
        raise TimeIsUpError
        yield

    look = missing({40: 0.97, 64: 0.99})
    look.truths = [replace(look.truths[0], effort=256, answers=[[]] * 10, send=too_late)]

    assert value_of(_first_look(look, 0.98, 64.0)) == (64, 0.98, 0.98)


def test_under_a_filter_no_more_effort_is_taken_for_chance() -> None:
    assert without_chance([(0.5, 1.5), (0.01, 6.0)], 1.25) == ((0.5, 1.2), (0.01, 4.8))
    assert without_chance([(0.5, 0.55)], 1.25) == ((0.5, 0.5),)  # a half of the effort at least


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


def test_a_row_that_the_index_hides_is_no_answer_and_no_other_comes_in_its_place() -> None:
    sent: list[Any] = []

    def send(statements: Any) -> Any:
        sent.append(statements[-1].parameters)
        return [Result([(0, "row", 0.0), (0, "a", 0.1)], 0)]
        yield

    hidden = Question(Encoded(b""), "row", is_held=False)
    every = Measured(stored(), [hidden, Question(Encoded(b""))], send, 2)
    value_of(every.ask(3))

    assert sent[0]["limit"] == 2
    assert every.found[3][0] == [(0.1, "a")]


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


def test_a_step_is_never_less_than_one_list() -> None:
    asked = missing({1: 0.8, 2: 0.9, 4: 0.99}, IvfFlat(), lists=70)

    least, reached = value_of(least_for(asked, 0.98, 1, 1.25))

    assert 2 < least <= 4
    assert reached >= 0.98


def test_between_two_efforts_by_bits_the_greater_is_taken() -> None:
    known = {100: 0.95, 120: 0.99}

    assert value_of(least_for(missing(known, BINARY), 0.98, 100)) == (120, pytest.approx(0.99))
    assert 100 < value_of(least_for(missing(known), 0.98, 100))[0] < 120


def partly_astray(of: dict[int, tuple[int, float]]) -> Measured:
    """A hundred questions: how many found nothing with an effort, and the others' recall."""
    one = Measured(stored(), [Question(Encoded(b""))] * 100, no_answer, 10)
    one.truths = [known_of(one, [1.0] * 100)]
    for tried, (lost, share) in of.items():
        hits = [0] * lost + [10] * (100 - lost)
        for miss in range(round((100 - lost) * 10 * (1 - share))):
            hits[lost + miss] -= 1
        one.found[tried] = [
            [(0.5 if place < hit else 2.0, str(place)) for place in range(10)] for hit in hits
        ]
    return one


def test_questions_that_go_astray_decide_no_factor_beyond_the_base_that_stands_for_them() -> None:
    astray = frozenset(range(3))
    found = {40: 0.97, 50: 0.985, 90: 0.99, 170: 0.99, 300: 0.99, 500: 1.0, 800: 1.0}
    with_some = partly_astray({tried: (3 if tried < 800 else 1, of) for tried, of in found.items()})
    without = partly_astray({tried: (0, of) for tried, of in found.items()})

    assert value_of(least_for(with_some, 0.98, 500))[0] > 500
    assert 1.1 < value_of(times(with_some, 0.98, 500, 40, astray)) < 1.3
    assert value_of(times(with_some, 0.98, 500, 60, astray)) == 1.0
    assert value_of(times(without, 0.98, 40, 40, frozenset())) == pytest.approx(
        value_of(times(with_some, 0.98, 500, 40, astray)), rel=0.02
    )


def test_where_the_time_ends_before_the_others_are_asked_all_decide() -> None:
    def too_late(_: Any) -> Any:
        raise TimeIsUpError
        yield

    look = replace(partly_astray({500: (3, 1.0), 800: (1, 1.0)}), send=too_late)

    all_of_them = value_of(least_for(look, 0.98, 500))[0]
    assert value_of(times(look, 0.98, 500, 40, frozenset(range(3)))) == all_of_them / 40


def test_where_no_effort_meets_the_target_it_is_told_what_would() -> None:
    unmet = missing({40: 0.6, 400: 0.83, 1_000: 0.84})

    assert value_of(times(unmet, 0.98, 1_000, 40, frozenset())) == pytest.approx(
        1_000 * 4 / 40, rel=0.01
    )


def test_what_the_least_effort_finds_beyond_the_target_is_told() -> None:
    assert missing({10: 0.98}).spare(0.98) == pytest.approx(1)
    assert missing({10: 0.99}).spare(0.98) == pytest.approx(0.5 ** (1 / 1.5))
    assert missing({20: 1.0}).spare(0.98) == 1.0  # the least was not tried


def test_more_questions_are_asked_with_the_efforts_next_to_what_is_known() -> None:
    asked = missing({10: 0.9, 40: 0.97, 48: 0.99, 192: 1.0})

    assert value_of(next_to(asked, 44.0, 1.25)) == [40, 48]
    grown = value_of(asked.grown([], [40, 48]))
    assert sorted(grown.found) == [40, 48]
    assert grown.recall(40) == pytest.approx(0.97)


def test_questions_end_where_the_least_effort_surely_meets_the_target() -> None:
    assert missing({10: 1.0}).is_sure(0.98, 2)
    assert not missing({10: 0.98}).is_sure(0.98, 2)
    assert not missing({20: 1.0}).is_sure(0.98, 2)
