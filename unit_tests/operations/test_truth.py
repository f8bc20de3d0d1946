"""What a great effort finds stands for the truth of many rows, and a scan tells what it loses."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pgrecall import Collection, Hnsw, Metric
from pgrecall._operations.indexes import least
from pgrecall._operations.indexes.asking import Question
from pgrecall._operations.indexes.fitting import at_wide_limit
from pgrecall._operations.indexes.measuring import Measured
from pgrecall._operations.indexes.scans import SCANNED_BYTES
from pgrecall._operations.indexes.truth import Truth
from pgrecall._statements.layout import Server, Stored
from pgrecall._statements.statement import Result
from pgrecall._values.vectors import Encoded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.indexes.truth import Answer

MANY = Stored(
    id=1,
    tenant="t",
    collection=Collection("docs", 768, "", Metric.COSINE, index=Hnsw()),
    schema="pgrecall",
    table_name="items",
    server=Server(180000, "0.8.6", "public", 1, 2),
    rows=10_000_000.0,
)
ASKED = [Question(Encoded(b"")) for _ in range(10)]
AT_MOST_OF_NONE = 1 + math.sqrt(0.75)
"""Rows that a scan may stand for which met none."""


class Searches:
    """Answers every question with rows at 0.00, 0.01, ...; keeps what was asked for."""

    def __init__(self, without: set[int] = frozenset()) -> None:  # type: ignore[assignment]
        self.asked: list[tuple[int, int]] = []
        self.without = without

    def __call__(self, questions: Sequence[Question], effort: int, rows: int) -> Any:
        self.asked.append((effort, rows))
        near = [(n / 100, str(n)) for n in range(200) if n not in self.without]
        return [near[:rows] for _ in questions]
        yield


class Scans:
    """Finds the same rows of each question; keeps how much was looked at."""

    def __init__(self, rows: Answer) -> None:
        self.rows, self.percents = rows, []  # type: ignore[var-annotated]

    def __call__(self, statements: Sequence[Any]) -> Any:
        self.percents.append(statements[-1].parameters.get("percent"))
        rows = [(n, id_, near) for n in range(len(ASKED)) for near, id_ in self.rows]
        return [Result(rows, 0)]
        yield


def value_of(operation: Any) -> Any:
    with pytest.raises(StopIteration) as ended:
        next(operation)
    return ended.value.value


def truth(scans: Scans, stored: Stored = MANY, bytes_: float = SCANNED_BYTES) -> Truth:
    return Truth(stored, ASKED, scans, 10, 1024, bytes_)


def test_what_a_great_effort_finds_stands_for_the_truth_of_many_rows() -> None:
    scans, searches = Scans([]), Searches()
    known = truth(scans)

    value_of(known.learn(40, 1_000, [], searches))

    assert searches.asked == [(160, 50)]
    assert scans.percents == []
    assert known.worst == [pytest.approx(0.09)] * 10
    assert (known.seen, known.is_whole) == (0.0, False)


def test_few_rows_are_all_compared_by_one_scan() -> None:
    scans, searches = Scans([(0.0, "nearer"), (0.005, "too")]), Searches()
    known = truth(scans, replace(MANY, rows=1_000.0))
    answer = [(0.01 * n, str(n)) for n in range(10)]

    value_of(known.learn(40, 1_000, [answer] * 10, searches))

    assert searches.asked == []
    assert scans.percents == [None]
    assert (known.worst, known.effort) == ([0.09] * 10, math.inf)


def test_all_rows_are_compared_where_there_is_time_to() -> None:
    scans, searches = Scans([]), Searches()
    known = truth(scans, bytes_=MANY.rows * MANY.row_bytes * len(ASKED))

    value_of(known.learn(40, 1_000, [[]] * 10, searches))

    assert (searches.asked, scans.percents, known.is_whole) == ([], [None], True)


def test_an_effort_that_comes_near_the_great_one_is_judged_by_a_greater() -> None:
    searches = Searches()
    known = truth(Scans([]))

    for tried in (40, 80, 81, 300, 1_000):
        value_of(known.learn(tried, 1_000, [], searches))

    assert [effort for effort, _ in searches.asked] == [160, 324, 1_000]


def test_a_scan_of_some_rows_tells_what_a_great_effort_loses() -> None:
    scans, searches = Scans([(0.05, "lost"), (0.06, "6")]), Searches()
    measured = Measured(MANY, ASKED, scans, 10)
    measured.truths = [known] = [truth(scans)]
    value_of(known.learn(40, 1_000, [], searches))

    value_of(measured.check())
    value_of(measured.check())

    (percent,) = scans.percents
    # so many of fifty rows of ten questions are looked at
    assert known.seen == pytest.approx(percent / 100 * 50 * 10)
    assert known.missing == 10
    assert measured.lost == pytest.approx(min(1.0, 10 / known.seen))


def test_what_a_greater_effort_finds_is_lost_no_more() -> None:
    searches = Searches(without={5})
    known = truth(Scans([(0.05, "5")]))
    value_of(known.learn(40, 1_000, [], searches))
    value_of(known.check())
    assert known.missing == 10

    searches.without = set()
    value_of(known.learn(160, 1_000, [], searches))

    assert (known.missing, known.effort) == (0, 640)


def lose(known: Truth, rows: int) -> None:
    """Let a scan have met so many rows of one question that are not known."""
    known.answers = [[(1.0, "known")]]
    known.met = [[(0.5, f"lost {n}") for n in range(rows)]]


def test_what_is_lost_is_told_by_all_scans_together() -> None:
    measured = Measured(MANY, ASKED, Scans([]), 10)
    measured.truths = [truth(Scans([])), truth(Scans([]))]
    for known, missing in zip(measured.truths, (2, 0), strict=True):
        known.effort, known.seen = 160, 50.0
        lose(known, missing)

    assert measured.lost == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("seen", "met", "missing"),
    [(100.0, 4, 4), (100.0, 40, 10), (3.0, 1, 1), (3.0, 20, 0.3)],
    ids=["some of them", "more than they can be", "one of a few", "more of a few"],
)
def test_a_question_that_was_led_astray_loses_no_more_than_its_neighbours(
    seen: float, met: int, missing: float
) -> None:
    known = truth(Scans([]))
    known.effort, known.seen = 160, seen  # of ten questions
    lose(known, met)

    assert known.missing == pytest.approx(missing)


def test_of_fewer_rows_no_more_than_what_is_lost_is_added_to_a_target() -> None:
    measured = Measured(replace(MANY, rows=50_000.0), ASKED, Scans([]), 10)
    measured.truths = [known] = [truth(Scans([]))]
    known.effort, known.seen = 160, 1_000.0
    assert measured.within_reach(0.98) == pytest.approx(0.98)

    lose(known, 10)
    assert measured.within_reach(0.98) == pytest.approx(0.98 / 0.99)


def test_of_no_questions_nothing_is_lost() -> None:
    measured = Measured(MANY, [], Scans([]), 10)
    measured.truths = [Truth(MANY, [], Scans([]), 10, 1024)]

    assert measured.lost == 0


def test_what_a_great_effort_loses_is_not_chased() -> None:
    measured = Measured(MANY, ASKED, Scans([]), 10)
    measured.truths = [known] = [truth(Scans([]))]
    known.effort, known.seen = 160, 1_000.0
    # that a scan of so few met none may stand for nearly two rows
    assert measured.within_reach(0.98) == pytest.approx(0.98 + AT_MOST_OF_NONE / 1_000)
    assert measured.lost == 0

    lose(known, 10)
    assert measured.within_reach(0.98) == pytest.approx((0.98 + 0.00428) / 0.99, abs=1e-5)
    lose(known, 100)
    assert measured.within_reach(0.98) == pytest.approx(0.9975)


def test_of_few_questions_their_own_error_is_reckoned_with() -> None:
    measured = Measured(MANY, ASKED, Scans([]), 10)
    measured.truths = [known] = [truth(Scans([]))]
    known.effort, known.seen, known.worst = 160, 1_000.0, [0.09] * 10
    whole = [(n / 100, str(n)) for n in range(10)]
    without = [*whole[:8], (1.0, "far"), (1.1, "farther")]
    measured.found = {40: [whole] * 5 + [without] * 5}

    # half of ten find .8, and half all: .1 over the root of ten, twice
    wanted = 0.8 + math.hypot(2 * 0.1 / math.sqrt(10), AT_MOST_OF_NONE / 1_000)
    assert measured.within_reach(0.8) == pytest.approx(wanted)


def test_of_so_few_questions_no_more_is_reckoned_with_than_half_of_what_may_be_missed() -> None:
    measured = Measured(MANY, ASKED, Scans([]), 10)
    measured.truths = [known] = [truth(Scans([]))]
    known.effort, known.seen, known.worst = 160, 1_000.0, [0.09] * 10
    whole = [(n / 100, str(n)) for n in range(10)]
    measured.found = {40: [whole] * 9 + [[(1.0 + n, str(n)) for n in range(10)]]}

    # one of ten finds nothing: two standard errors are .19, of which no effort could find the end
    assert measured.within_reach(0.9) == pytest.approx(
        0.9 + math.hypot(0.05, AT_MOST_OF_NONE / 1_000)
    )


def test_a_scan_too_small_to_meet_a_miss_does_not_show_that_nothing_is_lost() -> None:
    measured = Measured(MANY, ASKED, Scans([]), 10)
    measured.truths = [known] = [truth(Scans([]))]
    known.effort, known.seen = 160, 7.0

    assert measured.within_reach(0.98) == pytest.approx(0.9975)  # an eighth of what may be missed
    assert measured.within_reach(0.5) == pytest.approx(0.5 + AT_MOST_OF_NONE / 7)
    assert measured.lost == 0


@pytest.mark.parametrize(
    ("found", "asked", "factor"),
    [(100.0, (0.98, 200.0), 3.0), (400.0, (0.95, 500.0), 1.2)],
    ids=["a greater one tells", "none is greater"],
)
def test_how_much_more_many_rows_take_is_found_where_a_greater_effort_tells_the_truth(
    monkeypatch: pytest.MonkeyPatch, found: float, asked: tuple[float, float], factor: float
) -> None:
    measured = Measured(MANY, ASKED, Scans([]), 10)
    measured.truths = [truth(Scans([]))]
    seen = []

    def found_with(one: Measured, tried: float) -> Any:
        assert (one.limit, tried) == (10, 250)
        return 0.95
        yield

    def least_for(one: Measured, target: float, start: float) -> Any:
        seen.append((target, start))
        assert one.limit == 100
        return 300.0, target
        yield

    monkeypatch.setattr(Measured, "found_with", found_with)
    monkeypatch.setattr(least, "least_for", least_for)

    assert value_of(at_wide_limit(measured, 0.98, found)) == factor
    assert seen[0] == asked
