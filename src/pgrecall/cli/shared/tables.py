"""Tables for people, at any width: where columns have no room, rows become lines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from pgrecall.cli.shared.output import cell, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

_GAP = 2  # between two columns
_NARROWEST = 12  # what a column that is cut or goes over several lines needs to be read


@dataclass(frozen=True, slots=True)
class Column:
    """A heading with its cells.

    Attributes:
        heading: What stands above.
        cells: One for each row.
        style: A style of rich's.
        right: Whether they end at the same place, as numbers do.
        folds: Whether a long one may go over several lines.
        spare: Whether a table without room for it does without.
    """

    heading: str
    cells: Sequence[str]
    style: str = ""
    right: bool = False
    folds: bool = False
    spare: bool = False

    @property
    def width(self) -> int:
        """Characters of the widest cell, the gap after it included."""
        return max(cell_len(cell(text).plain) for text in (self.heading, *self.cells)) + _GAP


def print_table(out: Console, columns: Sequence[Column]) -> None:
    """Print a table; where its columns have no room, each row as lines of its own, with all."""
    kept = [column for column in columns if not column.spare]
    needed = sum(
        min(column.width, _NARROWEST + _GAP) if column.folds else column.width for column in kept
    )
    if needed - _GAP > out.width:
        _print_rows(out, columns)
    else:
        _print_columns(out, [*kept, *_spare(out, kept, columns)])


def _spare(out: Console, kept: Sequence[Column], columns: Sequence[Column]) -> Iterator[Column]:
    room = out.width - sum(column.width for column in kept)
    for column in columns:
        if column.spare and room >= _NARROWEST:
            fitting = replace(column, cells=[shortened(text, room - _GAP) for text in column.cells])
            room -= fitting.width
            yield fitting


def _print_columns(out: Console, columns: Sequence[Column]) -> None:
    shown = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="bold",
    )
    for column in columns:
        shown.add_column(
            column.heading,
            style=column.style,
            justify="right" if column.right else "left",
            no_wrap=not column.folds,
            overflow="fold",
        )
    for cells in zip(*(column.cells for column in columns), strict=True):
        shown.add_row(*map(cell, cells))
    out.print(shown)


def _print_rows(out: Console, columns: Sequence[Column]) -> None:
    for place in range(len(columns[0].cells)):
        if place:
            out.print()
        for column in columns:
            value = cell(column.cells[place], column.style)
            out.print(Text.assemble((f"{column.heading}  ", "dim"), value))
