"""What stands beside a bar: how much is done, how fast it goes, how long it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.progress import BarColumn, ProgressColumn, TextColumn
from rich.table import Column
from rich.text import Text

if TYPE_CHECKING:
    from rich.progress import Task

_DESCRIBED, _BAR = 28, 4  # columns of the terminal, at most and at least
_MINUTE, _HOUR = 60, 3_600


class _InOneLine(ProgressColumn):
    """A column that is not broken where a line is short."""

    def __init__(self) -> None:
        super().__init__(Column(no_wrap=True))


class Count(_InOneLine):
    """How many are done, of how many: ``1,200/5,000 rows``."""

    def render(self, task: Task) -> Text:
        """Give it as it is now."""
        of = f"/{task.total:,.0f}" if task.total else ""
        return Text(f"{task.completed:,.0f}{of} {task.fields.get('unit', '')}".rstrip())


class Rate(_InOneLine):
    """How many a second: of late, as far as that is known."""

    def render(self, task: Task) -> Text:
        """Give it as it is now."""
        # a bar may measure bytes, or files, where rows are counted
        done = task.fields.get("rows", task.completed)
        elapsed = task.finished_time or task.elapsed
        if not done or not elapsed or not task.fields.get("has_rate", True):
            return Text("")
        rate = done / elapsed
        if task.speed and task.completed and not task.finished:
            rate = task.speed * done / task.completed
        return Text(f"{rate:,.0f}/s" if rate >= 1 else f"{rate:.1f}/s")


class Time(_InOneLine):
    """How long it takes: ``0:12, 0:40 left``."""

    def render(self, task: Task) -> Text:
        """Give it as it is now."""
        passed = _clock(task.finished_time if task.finished else task.elapsed)
        left = None if task.finished else task.time_remaining
        return Text(passed if left is None else f"{passed}, {_clock(left)} left")


def described() -> ProgressColumn:
    """Give the column that says what is done, cut where it is long."""
    shown = Column(no_wrap=True, overflow="ellipsis", max_width=_DESCRIBED)
    return TextColumn("{task.description}", markup=False, table_column=shown)


def bar() -> ProgressColumn:
    """Give the bar, which has what the others leave of a line."""
    return BarColumn(None, table_column=Column(ratio=1, min_width=_BAR))


def columns() -> tuple[ProgressColumn, ...]:
    """Give what a bar of things that are counted has."""
    return described(), bar(), Count(), Rate(), Time()


def _clock(seconds: float | None) -> str:
    """Write a duration: ``0:05``, ``1:02:03``."""
    hours, rest = divmod(int(seconds or 0), _HOUR)
    minutes, left = divmod(rest, _MINUTE)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
