"""Bars of tqdm's: in a notebook, and on a terminal where rich is not there."""

from __future__ import annotations

import importlib
from typing import Any


class TqdmBar:
    """One call's bar."""

    def __init__(self, what: str, unit: str, total: int | None, *, widgets: bool = False) -> None:
        """Show it.

        Args:
            what: What the call does.
            unit: What it counts.
            total: How many, where that is known.
            widgets: Whether a notebook draws it.
        """
        # a notebook's needs ipywidgets
        bars: Any = importlib.import_module("tqdm.notebook" if widgets else "tqdm").tqdm
        self._of = total
        self._bar = bars(desc=what, total=total, unit=f" {unit}", dynamic_ncols=True)

    def update(self, done: int, total: int | None, detail: str) -> None:
        """Show how far it is."""
        if detail:
            self._bar.set_postfix_str(detail, refresh=False)
        self._bar.total = total or self._of
        if done < self._bar.n:  # another phase
            self._bar.reset(total or self._of)
        self._bar.update(done - self._bar.n)
        self._bar.refresh()

    def close(self, *, is_done: bool) -> None:
        """Leave the bar as it is at the end."""
        if is_done:
            self._bar.total = self._bar.n
        self._bar.close()
