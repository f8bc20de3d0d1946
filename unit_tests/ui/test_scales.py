"""Scales have round ends, and room for all that is drawn on them."""

from __future__ import annotations

import math

import pytest

from pgrecall.ui.drawing.scales import around_zero, scale_of


@pytest.mark.parametrize(
    ("values", "ends", "words"),
    [
        ([0.93, 1.0], (0.92, 1.0), ["0.92", "0.94", "0.96", "0.98", "1.00"]),
        ([0, 1], (0, 1), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([0, 41], (0, 50), ["0", "10", "20", "30", "40", "50"]),
        ([0, 12_345], (0, 12_500), ["0", "2,500", "5,000", "7,500", "10,000", "12,500"]),
        ([0.9961, 0.9989], (0.996, 0.999), None),
    ],
)
def test_a_scale_has_round_ends(
    values: list[float], ends: tuple[float, float], words: list[str] | None
) -> None:
    scale = scale_of(values)
    assert (scale.low, scale.high) == pytest.approx(ends)
    assert scale.low <= min(values)
    assert max(values) <= scale.high
    if words is not None:
        assert [scale.text(tick) for tick in scale.ticks] == words


@pytest.mark.parametrize("values", [[], [0.5], [math.nan, None], [7, 7], [0.0], [1e-12, 2e-12]])
def test_one_value_or_none_has_room_around_it(values: list[float | None]) -> None:
    scale = scale_of(values)
    assert scale.low < scale.high
    assert len({scale.text(tick) for tick in scale.ticks}) == len(scale.ticks)


def test_places_are_in_percent_and_what_is_beyond_an_end_is_at_it() -> None:
    scale = scale_of([0, 1])
    assert [scale.at(value) for value in (0, 0.25, 1, -5, 5)] == [0, 25, 100, 0, 100]
    assert [scale.at(value) for value in (None, math.nan)] == [0, 0]


@pytest.mark.parametrize("values", [[-0.166, 0.02], [0.0, 0.0], [], [math.nan], [3.2]])
def test_zero_is_in_the_middle_where_differences_are_drawn(values: list[float]) -> None:
    scale = around_zero(values)
    assert scale.low == -scale.high
    assert scale.at(0) == 50
    assert 0 in scale.ticks
    assert all(abs(value) <= scale.high for value in values if not math.isnan(value))
