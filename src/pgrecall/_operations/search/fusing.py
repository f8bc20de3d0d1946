"""How a hybrid search fuses where none is said: as was learned, or by the default."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from pgrecall._operations.search.options import DEFAULT_CANDIDATES, MAX_CANDIDATES
from pgrecall._statements.search.bm25 import TITLE_WEIGHT
from pgrecall._values.kept_numbers import number, whole
from pgrecall.fusion import WeightedSum

if TYPE_CHECKING:
    from pgrecall._operations.search.options import HybridOptions
    from pgrecall._statements.layout import Stored
    from pgrecall.fusion import Fusion

MOST_TITLE_WEIGHT = 100.0
"""Above it a word of the title is all there is: BM25's share of a text is full before."""
FUSION = "fusion"
"""Key of a collection's settings for what was learned from a caller's questions."""
_ALPHA, _CANDIDATES, _TITLE_WEIGHT, _OF = "alpha", "candidates", "title_weight", "of"


class Fusing(NamedTuple):
    """How two arms become one ranking.

    Attributes:
        alpha: The weight of the vectors.
        candidates: Rows of each arm, where a search does not say how many.
        title_weight: How often a word of the title counts as one of the text.
    """

    alpha: float = WeightedSum().alpha
    candidates: int = DEFAULT_CANDIDATES
    title_weight: float = TITLE_WEIGHT

    def told(self, *, titled: bool) -> str:
        """Say it, what is as ever but for the weight left out."""
        said = [f"alpha {self.alpha:g}"]
        if self.candidates != DEFAULT_CANDIDATES:
            said.append(f"{self.candidates:,} candidates of each arm")
        if titled and self.title_weight != TITLE_WEIGHT:
            said.append(f"words of the title counted {self.title_weight:g} times")
        return ", ".join(said)


def learned(stored: Stored) -> Fusing | None:
    """Give what was learned, unless the model or the text's analysis is another now."""
    pinned = stored.settings.get(FUSION)
    # what another version writes in another form is not for this one
    if not isinstance(pinned, dict) or pinned.get(_OF) != _of(stored):
        return None
    try:
        return Fusing(
            number(pinned.get(_ALPHA), 0, 1),
            whole(pinned.get(_CANDIDATES, DEFAULT_CANDIDATES), 1, MAX_CANDIDATES),
            number(pinned.get(_TITLE_WEIGHT, TITLE_WEIGHT), 1, MOST_TITLE_WEIGHT),
        )
    except ValueError:
        return None


def chosen(
    stored: Stored, asked: HybridOptions, title_weight: float | None
) -> tuple[HybridOptions, Fusion, float, Fusing | None]:
    """Give how a search is done: what it says itself, then what was learned, then the default.

    What was learned belongs together: a search that says its fusion takes nothing of it.

    Args:
        stored: The collection.
        asked: What the search says.
        title_weight: How often it counts a word of the title, where it is told.

    Returns:
        The options with the candidates to take, the fusion, the weight of the title, and what was
        learned where something of it is taken.
    """
    found = learned(stored) if asked.fusion is None else None
    taken = found or Fusing()
    if found is not None and asked.candidates is None:
        # pages reach as far as without it, which is what they were checked by
        least = DEFAULT_CANDIDATES if asked.is_paged else 0
        asked = replace(asked, candidates=max(found.candidates, asked.needed, least))
    weight = taken.title_weight if title_weight is None else title_weight
    return asked, asked.fusion or WeightedSum(taken.alpha), weight, found


def to_pin(stored: Stored, taken: Fusing, **known: Any) -> dict[str, Any]:
    """Give the settings that pin what was learned, with what else is known of it."""
    return {FUSION: {**taken._asdict(), _OF: _of(stored), **known}}


def is_alike(one: Stored, other: Stored) -> bool:
    """Tell whether what is learned with one holds for the other, under the same name."""
    return one.collection.name == other.collection.name and _of(one) == _of(other)


def _of(stored: Stored) -> list[Any]:
    """Give what it was learned with: of anything else it says nothing."""
    collection = stored.collection
    return [collection.embedding_model, stored.config, stored.analysis, collection.title]
