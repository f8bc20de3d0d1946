"""How long a measuring may take, each statement of it included."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrecall._operations.on_table import on_collection
from pgrecall._operations.work import PROGRESS, Call, Work
from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.limits import lifted
from pgrecall._statements.statement import Many
from pgrecall.errors import DatabaseError, PgRecallError
from pgrecall.models import IndexProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.indexes.asking import Ask
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Result, Statement

PHASE = "measuring recall"
_CANCELED = "57014"  # query_canceled
_CLOCKS = 0.01  # seconds by which the server's clock and this one may differ over so short a time


class TimeIsUpError(PgRecallError):
    """The measuring has taken what it may; what is known by then counts."""


@dataclass(slots=True)
class Budget:
    """How long a measuring may go on, and who is told how far it is.

    Attributes:
        deadline: By the monotonic clock.
        progress: Told before each stretch of searches.
        done: Stretches so far.
        enough: When what goes beyond a first look has to end, by the same clock.
    """

    deadline: float = math.inf
    progress: Callable[[IndexProgress], object] | None = None
    done: int = 0
    enough: float = math.inf

    def turn(self) -> Operation[None]:
        """Go on, or end it.

        Raises:
            TimeIsUpError: The time is over.
        """
        self.check()
        if self.progress is not None:
            yield Call(self.progress, (IndexProgress(PHASE, self.done, 0),), PROGRESS)
        self.done += 1

    def check(self) -> None:
        """Raise TimeIsUpError where the time is over."""
        if time.monotonic() > self.deadline:
            raise TimeIsUpError

    def go_beyond(self) -> None:
        """End the first look: what comes now has to end sooner."""
        self.deadline = min(self.deadline, self.enough)

    @property
    def left(self) -> float:
        """How many seconds there are, for more than a first look."""
        return min(self.deadline, self.enough) - time.monotonic()

    def has(self, seconds: float) -> bool:
        """Tell whether so much time is left."""
        return time.monotonic() + seconds <= self.deadline

    def affords(self, seconds: float) -> None:
        """Raise TimeIsUpError where less time is left: what cannot end in it need not begin."""
        if not self.has(seconds):
            raise TimeIsUpError

    def part(self, share: float) -> Budget:
        """Give a budget of a part of the time that is left."""
        return Budget(time.monotonic() + share * self.left)

    def limits(self, stored: Stored) -> dict[str, str]:
        """Give the settings by which the server ends a statement that goes on for longer."""
        values = lifted(stored.server)
        if math.isfinite(self.deadline):
            left = max(1, math.ceil(1000 * (self.deadline - time.monotonic())))
            values["statement_timeout"] = f"{left}ms"
        return values

    def has_ended(self, error: DatabaseError) -> bool:
        """Tell whether a statement was ended for it."""
        return error.sqlstate == _CANCELED and time.monotonic() > self.deadline - _CLOCKS


def by_works(context: Context, stored: Stored, budget: Budget) -> Ask:
    """Send statements as works of an operation, each within the budget."""

    def send(asked: Sequence[Statement]) -> Operation[list[Result]]:
        yield from budget.turn()

        def body() -> Steps[list[Result]]:
            limits = dialect_of(stored).set_local(budget.limits(stored))
            results: list[Result] = yield Many([limits, *asked])
            return results[1:]

        try:
            return (yield from on_collection(context, stored, Work(body, transaction=True)))
        except DatabaseError as error:
            if budget.has_ended(error):
                raise TimeIsUpError from error
            raise

    return send
