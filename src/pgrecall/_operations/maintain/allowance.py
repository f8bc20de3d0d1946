"""How long one call measures the indexes of a collection's hot values: so long in all."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pgrecall._operations.indexes import promise
from pgrecall._operations.indexes.budget import Budget
from pgrecall._operations.maintain.tasks import MEASURE_HOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.maintain.tasks import Turn


@dataclass(slots=True)
class Allowance:
    """What a load may take, for all hot values together: building many takes no longer for it.

    Attributes:
        began: When the call came to the collection, by the monotonic clock.
        used: Seconds that it took so far.
    """

    began: float = field(default_factory=time.monotonic)
    used: float = 0.0

    def given(self, turns: Sequence[Turn]) -> Turn:
        """Give the first of the turns that are left, with its time where it measures a hot value.

        Each has a part by its rows. A first look that needs more may take half of what is left: so
        none takes the time of all others, call after call.
        """
        turn = turns[0]
        if turn.task.name != MEASURE_HOT:
            return turn
        now = time.monotonic()
        left = max(promise.SECONDS, promise.SHARE * (now - self.began)) - self.used
        rows = [one.due.part.rows for one in turns if one.task is turn.task and one.due.part]
        part = left * rows[0] / max(1.0, sum(rows))
        whole = left if len(rows) == 1 else max(part, left / 2)
        enough = now + max(promise.LEAST_SECONDS, part)
        return replace(turn, budget=Budget(now + whole, enough=enough))

    def take(self, turn: Turn, seconds: float) -> None:
        """Count what a turn took."""
        if turn.budget is not None:
            self.used += seconds
