"""When an index that learned from its rows is too old for those there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._values.kept_numbers import MOST_ROWS, number_of

if TYPE_CHECKING:
    from collections.abc import Mapping

AGEING, AGEING_ROWS = 2.0, 1_000
"""An IVFFlat index is old when its rows have doubled, and a thousand more have come."""


def learned_from(settings: Mapping[str, object]) -> float | None:
    """Give the rows that a collection's IVFFlat index was built from; None where none was."""
    return number_of(settings, "rows_at_build", 0, MOST_ROWS)


def has_aged(settings: Mapping[str, object], rows: float) -> bool:
    """Tell whether a collection's IVFFlat index was built from far fewer rows than there are.

    It keeps the lists it learned: rows that come later lie worse in them.
    """
    learned = learned_from(settings)
    return learned is not None and rows > AGEING * learned + AGEING_ROWS
