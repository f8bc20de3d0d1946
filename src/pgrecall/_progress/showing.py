"""Where a call shows how far it is: bars in a notebook or terminal, elsewhere lines of the log."""

from __future__ import annotations

import importlib.util
import logging
import sys
import time
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

_logger = logging.getLogger("pgrecall")

LOG_SECONDS = 10.0
"""Between two lines of the log."""

Place = Literal["notebook", "terminal", "log"]

_missing_told: list[bool] = []


class Shown(Protocol):
    """What one call's progress is shown by."""

    def update(self, done: int, total: int | None, detail: str) -> None:
        """Show how far it is.

        Args:
            done: What is done of the whole, or of the phase.
            total: How much that is, where it is known.
            detail: The phase, or what was found; empty where there is no more to say.
        """

    def close(self, *, is_done: bool) -> None:
        """Show no more."""


class Quiet:
    """Shows by another, and lets nothing that goes wrong with it end the call."""

    def __init__(self, make: Callable[[], Shown]) -> None:
        """Begin to show."""
        self._shown: Shown | None = None
        self._try(lambda: setattr(self, "_shown", make()))

    def update(self, done: int, total: int | None, detail: str) -> None:
        """Show how far it is."""
        shown = self._shown
        if shown is not None:
            self._try(lambda: shown.update(done, total, detail))

    def close(self, *, is_done: bool) -> None:
        """Show no more."""
        shown, self._shown = self._shown, None
        if shown is not None:
            self._try(lambda: shown.close(is_done=is_done))

    def _try(self, action: Callable[[], object]) -> None:
        try:
            action()
        except Exception:  # of a terminal that is gone, or of another's library
            self._shown = None
            _logger.debug("progress cannot be shown", exc_info=True)


def shown(what: str, unit: str, total: int | None) -> Shown:
    """Begin to show a call's progress.

    Args:
        what: What it does, in which no character moves a cursor.
        unit: What it counts, in the plural.
        total: How many, where that is known.
    """
    return Quiet(lambda: _made(what, unit, total))


def place() -> Place:
    """Tell where this runs: ``log`` where nobody looks."""
    ipython = sys.modules.get("IPython")
    shell: Any = None if ipython is None else ipython.get_ipython()
    if getattr(shell, "kernel", None) is not None:
        return "notebook"
    return "terminal" if is_terminal(sys.stderr) else "log"


def is_terminal(stream: Any) -> bool:
    """Tell whether somebody looks at a stream."""
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # None, or closed
        return False


def _made(what: str, unit: str, total: int | None) -> Shown:
    where = place()
    if where == "notebook" and _has("tqdm"):
        from pgrecall._progress.tqdm_bars import TqdmBar  # noqa: PLC0415  # where it is there

        return TqdmBar(what, unit, total, widgets=_has("ipywidgets"))
    # in a notebook rich draws by widgets alone
    if (where == "terminal" or (where == "notebook" and _has("ipywidgets"))) and _has("rich"):
        from pgrecall._progress.rich_bars import RichBar  # noqa: PLC0415  # where it is there

        return RichBar(what, unit, total)
    if where == "terminal" and _has("tqdm"):
        from pgrecall._progress.tqdm_bars import TqdmBar  # noqa: PLC0415  # where it is there

        return TqdmBar(what, unit, total)
    if where != "log" and not _missing_told:
        _missing_told.append(True)
        _logger.warning(
            'progress=True shows a bar by tqdm or rich: pip install "pgrecall[cli]" brings rich;'
            " until then the log pgrecall has it, at INFO"
        )
    return LogLines(what, unit, total)


def _has(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


class LogLines:
    """Lines of the log ``pgrecall``, at INFO: one in ten seconds, and one at the end."""

    def __init__(self, what: str, unit: str, total: int | None) -> None:
        """Say nothing yet."""
        self._what = what
        self._unit = unit
        self._of = total
        self._began = self._said = time.monotonic()
        self._now: tuple[int, int | None, str] = (0, total, "")

    def update(self, done: int, total: int | None, detail: str) -> None:
        """Say how far it is, now and then."""
        phase = self._now[2]
        self._now = (done, total or self._of, detail)
        now = time.monotonic()
        if now - self._said >= LOG_SECONDS or detail != phase:
            self._said = now
            _logger.info("%s: %s", self._what, self._text(now))

    def close(self, *, is_done: bool) -> None:
        """Say what was done."""
        how = "done" if is_done else "ended"
        _logger.info("%s: %s; %s", self._what, self._text(time.monotonic()), how)

    def _text(self, now: float) -> str:
        done, total, detail = self._now
        seconds = max(now - self._began, 0.001)
        of = f" of {total:,}" if total else ""
        said = f"{' '.join(f'{done:,}{of} {self._unit}'.split())} in {seconds:.0f} s"
        if not detail:
            rate = done / seconds
            said += f", {rate:,.0f} a second"
            if total and 0 < done < total:
                said += f", {(total - done) / rate:.0f} s left"
        return f"{detail}, {said}" if detail else said
