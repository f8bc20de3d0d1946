"""Which ways of searching a command compares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pgrecall.errors import InvalidArgumentError
from pgrecall.fusion import Rrf, WeightedSum

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pgrecall.fusion import Fusion
    from pgrecall.models import Collection

_MODES = ("vector", "text", "hybrid")
_EXACT: Mapping[str, Any] = {"mode": "vector", "exact": True}


def named_modes(
    names: Sequence[str] | None, fusions: Sequence[str] | None
) -> dict[str, Mapping[str, Any] | None] | None:
    """Give those that were named; None where none was."""
    modes: dict[str, Mapping[str, Any] | None] = {
        name: _EXACT if name == "exact" else None for name in names or ()
    }
    for text in fusions or ():
        modes[f"fusion {text}"] = {"mode": "hybrid", "fusion": _fusion(text)}
    return modes or None


def with_reranked(
    modes: Iterable[str] | Mapping[str, Mapping[str, Any] | None], reranking: Mapping[str, Any]
) -> dict[str, Mapping[str, Any] | None]:
    """Give each way without and with a model of the user's, side by side."""
    given = modes if isinstance(modes, Mapping) else dict.fromkeys(modes)
    both: dict[str, Mapping[str, Any] | None] = {}
    for name, options in given.items():
        both[name] = options
        both[f"{name} reranked"] = {"mode": name, **(options or {}), **reranking}
    return both


def _fusion(text: str) -> Fusion:
    if text == "rrf":
        return Rrf()
    try:
        return WeightedSum(float(text))
    except ValueError:
        msg = f"--fusion takes a weight from 0 to 1, or rrf, not {text!r}"
        raise InvalidArgumentError(msg) from None


def all_modes(collection: Collection, *, can_embed: bool) -> Sequence[str]:
    """Give all that the collection can answer."""
    has_text = collection.text_search is not None
    modes = [mode for mode in _MODES if (has_text or mode == "vector")]
    if not can_embed:
        modes = [mode for mode in modes if mode == "text"]
    if not modes:
        raise InvalidArgumentError(
            f"collection {collection.name!r} has no text search and no model that is known here:"
            " --embed module:function says how to embed the questions"
        )
    return modes
