"""What is drawn lies where it should be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from integration_tests.shared.reports import RECALL as MEASURED

from pgrecall.evaluation import KeptReport
from pgrecall.models import CollectionMap, RecallPromise
from pgrecall.ui.drawing.plane import MOST_HEIGHT, WIDTH, plane_of
from pgrecall.ui.drawing.plots import plots_of

RECALL = replace(MEASURED, promise=RecallPromise(0.95))


def laid_out(xy: Any, values: list[Any] | None = None) -> CollectionMap:
    places = np.array(xy, dtype=float).reshape(-1, 2)
    return CollectionMap(
        collection="docs",
        ids=[f"<{n}>" for n in range(len(places))],
        xy=places,
        color_by=None if values is None else "lang",
        values=values,
        explained=(0.5, 0.25),
        mean=np.zeros(2),
        axes=np.eye(2),
        normalised=False,
    )


def kept(number: int, **fields: Any) -> KeptReport:
    return KeptReport(
        number=number,
        name="nightly",
        kind="recall",
        at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number),
        collection="docs",
        embedding_model="",
        index="hnsw",
        rows=10,
        summary={},
        report=replace(RECALL, **fields),
    )


def test_up_is_up_and_both_axes_have_one_scale() -> None:
    plane = plane_of(laid_out([[0, 0], [2, 0], [0, 1]]), None, [])
    origin, right, up = plane.groups[0].points
    assert right.x - origin.x == pytest.approx(2 * (origin.y - up.y), abs=0.2)
    assert right.y == origin.y
    assert up.x == origin.x
    for point in (origin, right, up):
        assert 0 < point.x < WIDTH
        assert 0 < point.y < plane.height <= MOST_HEIGHT


def test_the_question_and_its_hits_have_room_too() -> None:
    plane = plane_of(laid_out([[0, 0], [1, 1]]), np.array([5.0, -5.0]), [np.array([9.0, 0]), None])
    assert plane.question is not None
    assert plane.hits[1] is None
    for x, y in (plane.question, plane.hits[0]):  # type: ignore[misc]  # it has a place
        assert 0 < x < WIDTH
        assert 0 < y < plane.height


@pytest.mark.parametrize(
    "xy", [[], [[3, 3]], [[1, 1], [1, 1]], [[0, 0], [1e-300, 0]], [[1e300, 0]]]
)
def test_a_map_of_nothing_or_of_one_place_can_be_drawn(xy: list[list[float]]) -> None:
    plane = plane_of(laid_out(xy), None, [])
    assert plane.count == len(xy)
    points = [point for group in plane.groups for point in group.points]
    assert np.isfinite([[point.x, point.y] for point in points]).all()


def test_a_point_has_its_address_and_tells_its_id_and_value() -> None:
    plane = plane_of(laid_out([[0, 0], [1, 1]], ["a\u202eb", None]), None, [])
    named, other = (group.points[0] for group in plane.groups)
    assert named.address == "item?c=docs&id=%3C0%3E"
    assert named.title == "<0>: a\\u202eb"
    assert other.title == "<1>: nothing there"


def test_recall_is_drawn_by_its_effort_and_over_time() -> None:
    reports = [
        kept(3, settings={"ef_search": 80}, recall=0.99, low=0.97),
        kept(2),
        kept(1, settings={"probes": 4}),
    ]
    by_effort, by_probes, over_time = plots_of(reports)
    assert [mark.kept.number for mark in by_effort.marks] == [2, 3]
    assert [mark.kept.number for mark in by_probes.marks] == [1]
    assert [mark.kept.number for mark in over_time.marks] == [1, 2, 3]
    assert [words for _, words in over_time.along] == ["2026-01-02 00:00", "2026-01-04 00:00"]
    low, high = by_effort.marks
    assert low.y > high.y, "more is higher"
    assert low.low > low.y > low.high
    assert by_effort.goal is not None


def test_one_measurement_is_drawn_too_and_none_is_nothing() -> None:
    assert [len(plot.marks) for plot in plots_of([kept(1)])] == [1, 1]
    assert plots_of([]) == []
