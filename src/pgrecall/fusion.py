"""How a hybrid search makes one ranking of two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class WeightedSum:
    """Adds what each arm's score says, each on a scale of its own.

    A distance is measured against the spread of distances between the collection's own items, a
    text score against the spread over the query's candidates. Both become odds, which are added:
    strong evidence of one arm is enough, and a weak arm's middle field cannot reshuffle a strong
    arm's top. The score is ``odds / (odds + 4)``, within 0 and 1.

    Attributes:
        alpha: Weight of the vector arm, 0 (text alone) to 1 (vectors alone). 0.7 measured best over
            four sets of questions and two embedding models; 0.70 to 0.75 held for all of them.
    """

    alpha: float = 0.7


@dataclass(frozen=True, slots=True)
class Rrf:
    """Reciprocal rank fusion: adds ``weight / (k + rank)`` over the arms, scores left aside.

    Cormack, Clarke and Buettcher (2009): Reciprocal rank fusion outperforms Condorcet and
    individual rank learning methods. The score is divided by the most it can be, so 1 means
    first in both arms.

    Attributes:
        k: How flat the ranks' weights are, above 0; 60 is the paper's.
        vector_weight: Weight of the vector arm, 0 or more.
        text_weight: Weight of the text arm, 0 or more.
    """

    k: float = 60
    vector_weight: float = 1
    text_weight: float = 1


Fusion: TypeAlias = WeightedSum | Rrf
