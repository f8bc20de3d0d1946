"""Scans find the neighbours that an index hides, as far as there is time for them."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from unit_tests.operations.indexed import BINARY, no_answer, stored, value_of

from pgrecall import IvfFlat
from pgrecall._operations.indexes.asking import Question
from pgrecall._operations.indexes.budget import Budget
from pgrecall._operations.indexes.questions import made
from pgrecall._operations.indexes.scans import Scans
from pgrecall._operations.items.items import shape_of
from pgrecall._statements.statement import Result
from pgrecall._values.vectors import Encoded, decode, encode_query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.layout import Stored

ROW, FOUND, HIDDEN = [1.0, 0.2, 0.0], [1.0, 0.0, 0.1], [0.9, 0.0, -0.3]
ROWS = [Question(Encoded(b"%d" % n), str(n)) for n in range(768)]


def of_dimensions(count: int, rows: float = 50_000) -> Stored:
    one = stored()
    return replace(one, collection=replace(one.collection, dimensions=count), rows=rows)


def encoded(values: Sequence[float]) -> Encoded:
    return encode_query(shape_of(of_dimensions(8)), [*values, *[0.0] * 5])


class Server:
    """The index finds the row itself and one neighbour, a scan one that is nearer."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def __call__(self, statements: Sequence[Any]) -> Any:
        self.sent.append(statements[-1].parameters)
        if "limit" in self.sent[-1]:
            return [Result([(0, "row", 0.0, encoded(ROW)), (0, "a", 0.5, encoded(FOUND))], 0)]
        return [Result([(0, "row", 0.0, encoded(ROW)), (0, "b", 0.1, encoded(HIDDEN))], 0)]
        yield


def made_of(scans: Scans | None) -> tuple[Server, Any]:
    server = Server()
    rows = [Question(encoded(ROW), "row")]
    (question,) = value_of(made(of_dimensions(8), rows, server, scans))
    assert question.id is None
    return server, decode(stored().collection.storage, question.vector)


def test_a_question_is_made_of_the_nearest_neighbour_though_the_index_hides_it() -> None:
    server, image = made_of(Scans())

    own, near = (np.array([*one, *[0.0] * 5]) for one in (ROW, HIDDEN))
    own, near = own / np.linalg.norm(own), near / np.linalg.norm(near)
    assert server.sent[1]["bound0"] == 0.5  # what lies nearer than the last that was found
    assert image @ near == pytest.approx(own @ near * np.linalg.norm(image), abs=1e-6)
    assert not np.allclose(image, made_of(None)[1])


def test_without_time_for_a_scan_the_index_alone_is_asked() -> None:
    assert len(made_of(None)[0].sent) == len(made_of(Scans(left=0.0))[0].sent) == 1


def test_scans_take_a_part_of_the_time_and_a_minute_at_most() -> None:
    now = time.monotonic()

    assert Scans.within(Budget()).left == 60.0
    assert 7 < Scans.within(Budget(now + 20)).left <= 8
    assert 1 < Scans.within(Budget(now + 20, enough=now + 4)).left <= 1.6


def test_what_takes_too_long_is_not_begun() -> None:
    assert Scans(left=5.0).afford(of_dimensions(256), 64)
    assert not Scans(left=5.0).afford(of_dimensions(256, rows=1e6), 64)
    assert Scans(left=5.0, each=0.01).afford(of_dimensions(256, rows=1e6), 64)  # as it was timed
    one = of_dimensions(256)
    apart = replace(one, collection=replace(one.collection, distributed=True))
    assert not Scans().afford(apart, 1)


def test_a_first_look_scans_only_where_that_is_soon_done() -> None:
    few, many = of_dimensions(256), of_dimensions(256, rows=200_000)

    assert Scans(left=5.0).afford(few, 64, soon=True)
    assert Scans(left=5.0).afford(many, 64)
    assert not Scans(left=3.0).afford(many, 64, soon=True)


def test_there_are_as_many_questions_as_scans_have_time_for() -> None:
    enough, some, few = (Scans(left, each=0.1) for left in (math.inf, 20.0, 3.0))
    enough.left = 1e6

    assert len(enough.worth(ROWS, 64)) == 768
    assert len(some.worth(ROWS, 64)) == 264
    assert some.afford(of_dimensions(256), 200)
    assert len(few.worth(ROWS, 64)) == 768  # others, that are easier, tell more
    assert not few.afford(of_dimensions(256), 1)
    assert len(Scans(left=5.0).worth(ROWS, 0)) == 768  # none was begun


@pytest.mark.parametrize("index", [IvfFlat(), BINARY])
def test_no_scan_is_for_what_is_asked_as_it_is(index: Any) -> None:
    scans = Scans()

    assert value_of(made(stored(index=index), ROWS[:2], no_answer, scans)) == ROWS[:2]
    assert scans.each is None
