"""The one progress bar: on stderr, and on a terminal alone unless a command says otherwise."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from pgrecall.cli.shared.output import messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import ProgressColumn

    from pgrecall.models import IndexProgress


def bars(*counts: ProgressColumn, transient: bool = False, always: bool = False) -> Progress:
    """Make bars, to be entered by ``with``: what is done, a bar, the counts, the time.

    Args:
        counts: Columns between the bar and the time, such as rich's ``MofNCompleteColumn``.
        transient: Whether they go when all is done.
        always: Whether their end is written where no terminal is, too.
    """
    out = messages()
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        *counts,
        TimeElapsedColumn(),
        console=out,
        disable=not (always or out.is_terminal),
        transient=transient,
    )


@contextmanager
def index_bar() -> Iterator[Callable[[IndexProgress], object]]:
    """Show one bar for an index that is built; give what the store tells its steps to."""
    with bars(TaskProgressColumn(), transient=True) as progress:
        task = progress.add_task("Building the index", total=None)
        yield lambda step: progress.update(task, total=step.total or None, completed=step.done)
