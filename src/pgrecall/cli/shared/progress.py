"""The one progress bar: on stderr, and on a terminal alone unless a command says otherwise."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from pgrecall._progress.showing import is_terminal
from pgrecall.cli.shared.output import messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress

    from pgrecall.models import IndexProgress


ROWS = "{task.fields[rows]:,} rows"
"""A column for what a bar counts beside its own measure: ``update(task, rows=...)``."""


def bars(
    shown: Literal["percent", "count"],
    *more: str,
    transient: bool = False,
    always: bool = False,
) -> Progress:
    """Make bars, to be entered by ``with``: what is done, a bar, how far it is, rate and time.

    Args:
        shown: How far it is: ``37%``, or ``37/100``.
        more: Formats of further columns, such as ``ROWS``, of which the rate is then.
        transient: Whether they go when all is done.
        always: Whether their end is written where no terminal is, too.
    """
    from rich import progress as rich  # noqa: PLC0415  # every command would wait for it

    from pgrecall._progress import rich_columns as columns  # noqa: PLC0415  # the same

    out = messages()
    counts = shown == "count"
    return rich.Progress(
        columns.described(),
        columns.bar(),
        columns.Count() if counts else rich.TaskProgressColumn(),
        *map(rich.TextColumn, more),
        *([columns.Rate()] if counts or more else []),
        columns.Time(),
        console=out,
        expand=True,
        # what a model of the user's prints into a file must get there
        redirect_stdout=is_terminal(sys.stdout),
        disable=not (always or out.is_terminal),
        transient=transient,
    )


@contextmanager
def count_bar(what: str, total: int | None) -> Iterator[Callable[[int], object]]:
    """Show one bar for things that are counted; give what is told how many are done."""
    with bars("count", transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)


@contextmanager
def index_bar() -> Iterator[Callable[[IndexProgress], object]]:
    """Show one bar for an index that is built; give what the store tells its steps to."""
    with step_bar("Building the index") as step:
        yield step


@contextmanager
def step_bar(what: str) -> Iterator[Callable[[IndexProgress], object]]:
    """Show one bar for what the store does in steps; give what it tells them to."""
    with bars("percent", transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda step: progress.update(task, total=step.total or None, completed=step.done)
