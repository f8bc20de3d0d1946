"""Which fusion a hybrid search takes where none is said: what was learned, or the default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall.fusion import WeightedSum

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored

FUSION = "fusion"
"""Key of a collection's settings for the weight that was learned from a caller's questions."""
_ALPHA, _OF = "alpha", "of"


def learned(stored: Stored) -> WeightedSum | None:
    """Give the fusion that was learned, unless the model or the text's analysis is another now."""
    pinned = stored.settings.get(FUSION)
    if pinned is None or pinned[_OF] != _of(stored):
        return None
    return WeightedSum(pinned[_ALPHA])


def to_pin(stored: Stored, alpha: float, **known: Any) -> dict[str, Any]:
    """Give the settings that pin a weight, with what else is known of it."""
    return {FUSION: {_ALPHA: alpha, _OF: _of(stored), **known}}


def is_alike(one: Stored, other: Stored) -> bool:
    """Tell whether what is learned with one holds for the other, under the same name."""
    return one.collection.name == other.collection.name and _of(one) == _of(other)


def _of(stored: Stored) -> list[Any]:
    """Give what the weight was learned with: of anything else it says nothing."""
    collection = stored.collection
    return [collection.embedding_model, stored.config, stored.analysis, collection.title]
