"""What was measured of an index, as commands show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall.cli.shared.promises import promise_cells
from pgrecall.cli.shared.tables import Column, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from pgrecall.models import RecallReport

_PINNED = ("target", "measured", "age")


def print_recalls(out: Console, reports: Sequence[RecallReport]) -> None:
    """Print a table with a row for each."""
    values = {
        "recall": [f"{report.recall:.3f}" for report in reports],
        "95 % interval": [f"{report.low:.3f} - {report.high:.3f}" for report in reports],
        "k": [f"{report.k:,}" for report in reports],
        "queries": [f"{report.sample:,}" for report in reports],
        "index": [f"{report.index_ms:.1f} ms" for report in reports],
        "exact": [f"{report.exact_ms:.1f} ms" for report in reports],
    }
    settings = [
        " ".join(f"{name}={value}" for name, value in report.settings.items()) for report in reports
    ]
    numbers = [Column(heading, cells, right=True) for heading, cells in values.items()]
    told = [{} if one.promise is None else promise_cells(one.promise) for one in reports]
    more = [
        Column(f"pinned {name}", [cells.get(name, "-") for cells in told], right=True)
        for name in _PINNED
        if any(name in cells for cells in told)
    ]
    print_table(out, [*numbers, Column("settings", settings), *more])
