"""What a measuring knows so far of the effort that meets a target, which grows with questions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pgrecall._operations.indexes.least import least_for, next_to
from pgrecall._operations.indexes.questions import made

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.indexes.around import Around
    from pgrecall._operations.indexes.asking import Question
    from pgrecall._operations.indexes.measuring import Asking, Measured
    from pgrecall._operations.indexes.scans import Scans

NEAR = 1.25
"""The factor between one effort that is tried and the next, where about the right one is known."""


@dataclass(slots=True)
class Known:
    """What is known so far: of the first questions, and of all.

    Attributes:
        aim: The recall of what is known by which the target is met.
        rough: The effort that meets it with the first questions.
        found: And with all so far.
        reached: The recall there.
        limits: How much more effort other limits take.
        shares: And what part of the rows filters let through, the widest first, with theirs.
        around: How far around rows their questions are drawn; None where they are mirrored.
    """

    target: float
    aim: float
    first: Measured
    rough: float
    every: Measured
    found: float
    reached: float
    limits: list[tuple[int, float]] = field(default_factory=list)
    shares: list[tuple[float, float]] = field(default_factory=list)
    around: Around | None = None

    def refine(self, anchors: Sequence[Question], scans: Scans) -> Asking[None]:
        """Find the effort with more questions, which are asked first with those next to it."""
        asked = anchors[len(self.every.questions) :]
        more = yield from made(self.every.stored, asked, self.every.send, scans, self.around)
        efforts = yield from next_to(self.every, self.found, NEAR)
        self.every = yield from self.every.grown(more, efforts)
        self.found, self.reached = yield from least_for(self.every, self.aim, efforts[0], NEAR)
