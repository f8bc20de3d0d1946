"""Questions of many rows are drawn from around them, as far as rows lie from one another."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from unit_tests.operations.indexed import BINARY, no_answer, stored, value_of

from pgrecall import IvfFlat, Metric
from pgrecall._operations.indexes import around
from pgrecall._operations.indexes.around import Around
from pgrecall._operations.indexes.asking import AT_ONCE, Question
from pgrecall._operations.indexes.budget import Budget
from pgrecall._operations.indexes.questions import made
from pgrecall._operations.items.items import shape_of
from pgrecall._statements.statement import Result
from pgrecall._values.vectors import decode, encode_query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pgrecall._statements.layout import Stored

DIMENSIONS, ROWS = 24, 1_000


def many(metric: Metric = Metric.L2, index: Any = None, dimensions: int = DIMENSIONS) -> Stored:
    one = stored(index=index)
    kept = replace(one.collection, metric=metric, dimensions=dimensions)
    return replace(one, collection=kept, rows=around.MANY_ROWS)


class Rows:
    """A server whose index finds all but what it hides: each question is compared with the rest."""

    def __init__(self, of: Stored, vectors: NDArray[Any], hidden: Sequence[int] = ()) -> None:
        self.of, self.asked, self.hidden = of, 0, list(hidden)
        self.data = [encode_query(shape_of(of), one) for one in vectors]
        self.vectors = self.decoded(self.data)

    def decoded(self, data: Sequence[bytes]) -> NDArray[Any]:
        storage = self.of.collection.storage
        return np.array([decode(storage, one) for one in data], dtype=np.float64)

    def questions(self, count: int = 64) -> list[Question]:
        return [Question(self.data[n], str(n)) for n in range(count)]

    def far(self, questions: NDArray[Any]) -> NDArray[Any]:
        if self.of.metric is Metric.IP:
            return -questions @ self.vectors.T
        if self.of.metric is Metric.L2:
            squares = (questions**2).sum(1)[:, None] + (self.vectors**2).sum(1)
            far: NDArray[Any] = np.sqrt(np.maximum(squares - 2 * questions @ self.vectors.T, 0))
            return far
        units = self.vectors / np.linalg.norm(self.vectors, axis=1, keepdims=True)
        cosine: NDArray[Any] = (
            1 - (questions @ units.T) / np.linalg.norm(questions, axis=1)[:, None]
        )
        return cosine

    def __call__(self, statements: Sequence[Any]) -> Any:
        values = statements[-1].parameters
        queries = [values[f"query{n}"] for n in range(AT_ONCE) if f"query{n}" in values]
        self.asked += len(queries)
        rows = []
        for number, far in enumerate(self.far(self.decoded(queries))):
            far[self.hidden] = np.inf
            nearest = np.argsort(far, kind="stable")[: values["limit"]]
            rows += [(number, str(n), float(far[n]), self.data[n]) for n in nearest]
        return [Result(rows, 0)]
        yield


def farther(server: Rows, questions: Sequence[Question]) -> float:
    """Give how many questions' tenth neighbour is farther than their row's, itself left out."""
    rows = server.far(server.vectors[: len(questions)])
    asked = server.far(server.decoded([one.vector for one in questions]))
    for far in (rows, asked):
        far[np.arange(len(far)), np.arange(len(far))] = np.inf
    tenth = [np.partition(far, 9, axis=1)[:, 9] for far in (rows, asked)]
    return float(np.mean(tenth[1] > tenth[0]))


def alike() -> NDArray[Any]:
    return np.random.default_rng(1).standard_normal((ROWS, DIMENSIONS))


def in_groups() -> NDArray[Any]:
    """33 groups of thirty, far from one another."""
    random = np.random.default_rng(2)
    centres = 30 * random.standard_normal((33, DIMENSIONS))
    return centres[np.arange(ROWS) % 33] + random.standard_normal((ROWS, DIMENSIONS))


@pytest.mark.parametrize("metric", [Metric.L2, Metric.COSINE, Metric.IP], ids=str)
def test_a_question_is_as_far_from_its_tenth_neighbour_as_its_row_as_often_as_not(
    metric: Metric,
) -> None:
    server = Rows(many(metric), alike())
    rows = server.questions()

    far = value_of(around.found(server.of, rows, server))
    questions = value_of(made(server.of, rows, server, None, far))

    assert 0.35 <= farther(server, questions) <= 0.65
    assert all(one.id is None for one in questions)
    # by few neighbours alone they would lie too near
    assert farther(server, value_of(made(server.of, rows, server, None, Around(16)))) < 0.35


def test_questions_are_drawn_within_groups_where_rows_lie_in_groups() -> None:
    grouped, spread = Rows(many(), in_groups()), Rows(many(), alike())

    reaches = [
        value_of(around.found(one.of, one.questions(), one)).reach for one in (grouped, spread)
    ]

    assert reaches[0] < 35 < reaches[1]


def test_where_no_number_of_neighbours_is_enough_questions_are_drawn_from_farther_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(around, "_MOST", 20)
    server = Rows(many(), alike())

    reach, stretch = value_of(around.found(server.of, server.questions(), server))

    assert reach == 20
    assert stretch > 1


def test_a_question_is_the_same_each_time_and_another_for_each_row() -> None:
    server = Rows(many(), alike())
    rows = server.questions(40)

    first, again = (value_of(made(server.of, rows, server, None, Around(64))) for _ in range(2))

    assert first == again
    assert len({bytes(one.vector) for one in first}) == 40


def test_a_question_of_an_inner_product_is_as_long_as_its_row() -> None:
    lengths = np.random.default_rng(3).lognormal(0, 0.5, (ROWS, 1))
    server = Rows(many(Metric.IP), alike() * lengths)
    rows = server.questions(8)

    questions = value_of(made(server.of, rows, server, None, Around(64)))

    of_questions, of_rows = (
        np.linalg.norm(server.decoded([one.vector for one in each]), axis=1)
        for each in (questions, rows)
    )
    assert of_questions == pytest.approx(of_rows, rel=1e-3)


def test_among_duplicates_alone_nothing_tells_how_far() -> None:
    server = Rows(many(), np.tile(alike()[:20], (50, 1)))

    assert value_of(around.found(server.of, server.questions(), server)) is None
    questions = value_of(made(server.of, server.questions(40), server, None, Around(16)))
    assert not {bytes(one.vector) for one in questions} & {bytes(one) for one in server.data}


@pytest.mark.parametrize("metric", [Metric.L2, Metric.COSINE, Metric.IP], ids=str)
def test_a_row_that_its_own_search_does_not_find_is_asked_itself(metric: Metric) -> None:
    server = Rows(many(metric), alike(), hidden=range(0, 64, 2))
    rows = server.questions()

    far = value_of(around.found(server.of, rows, server))
    questions = value_of(made(server.of, rows, server, None, far))

    is_itself = [one.vector == row.vector for one, row in zip(questions, rows, strict=True)]
    beaten = [
        own < np.partition(far, 399)[399]
        for own, far in zip(
            np.diag(server.far(server.vectors[:64])), server.far(server.vectors[:64]), strict=True
        )
    ]
    # by inner product a short row is none of its own neighbours, hidden or not
    assert is_itself == [n % 2 == 0 and bool(near) for n, near in enumerate(beaten)]
    # it is no answer to itself, and no other answer comes in its place
    assert [one.id for one in questions if one.id] == [
        row.id for row, itself in zip(rows, is_itself, strict=True) if itself
    ]
    assert not any(one.is_held for one in questions if one.id)


def test_of_rows_that_were_left_out_questions_are_drawn() -> None:
    server = Rows(many(), alike(), hidden=range(64))
    rows = [one._replace(is_held=False) for one in server.questions()]

    assert all(one.id is None for one in value_of(made(server.of, rows, server, None, Around(64))))


def test_of_groups_of_a_few_rows_questions_are_not_drawn() -> None:
    random = np.random.default_rng(4)
    centres = 30 * random.standard_normal((90, DIMENSIONS))
    server = Rows(
        many(), np.repeat(centres, 12, axis=0) + random.standard_normal((1_080, DIMENSIONS))
    )

    assert value_of(around.found(server.of, server.questions(), server)) is None


def test_what_takes_too_long_is_given_up_after_one_stretch() -> None:
    server, none_left = Rows(many(), alike()), Budget(time.monotonic())

    with pytest.raises(around.TooSlowError):
        next(around.found(server.of, server.questions(), server, none_left))
    assert server.asked == AT_ONCE


@pytest.mark.parametrize(
    ("one", "is_drawn"),
    [
        (many(), True),
        (replace(many(), rows=around.MANY_ROWS - 1), False),
        (many(Metric.L1), False),
        (many(index=IvfFlat()), False),
        (many(index=BINARY), False),
    ],
)
def test_questions_are_drawn_of_many_rows_by_a_graph(one: Stored, is_drawn: bool) -> None:
    assert around.is_for(one) is is_drawn
    if not is_drawn:
        assert value_of(around.wanted(one, [], no_answer)) is None


def test_neighbours_in_memory_are_bounded() -> None:
    wide = many(dimensions=16_000)

    most = around._most(wide)

    assert AT_ONCE * most * wide.row_bytes <= 64 << 20
    assert around._most(many()) == 400
