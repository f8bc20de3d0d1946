"""The approximate indexes a collection can have."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, TypeAlias

from pgrecall._values.conversions import whole_number
from pgrecall.errors import InvalidArgumentError

MAX_M, MAX_CONSTRUCTION, MAX_LISTS = 100, 1_000, 32_768  # pgvector's limits

_LIMITS = {"vector": 2_000, "halfvec": 4_000, "bit": 64_000}
"""Dimensions that pgvector's indexes hold, by the type that is indexed."""


@dataclass(frozen=True, slots=True)
class Hnsw:
    """A graph index: high recall, slow to build, grows with the rows.

    Attributes:
        m: Neighbours kept for each vector and layer, 2 to 100; pgvector's default is 16.
        ef_construction: Candidates looked at for each new vector, 4 to 1,000, at least twice ``m``;
            pgvector's default is 64.
        quantization: None keeps full vectors in the index, ``"half"`` 2-byte numbers,
            ``"binary"`` one bit a number, re-ranked by the full vectors.
    """

    m: int = 16
    ef_construction: int = 64
    quantization: Literal["half", "binary"] | None = None


@dataclass(frozen=True, slots=True)
class IvfFlat:
    """An inverted-list index: quick to build, from the rows that are there at the build.

    Attributes:
        lists: Number of lists, 1 to 32,768; the square root of the rows at the build where None.
    """

    lists: int | None = None


Index: TypeAlias = Hnsw | IvfFlat


def settled_index(index: Any) -> Any:
    """Give an index whose whole numbers are ints; what is no index, as it is."""
    if not isinstance(index, Hnsw | IvfFlat):
        return index
    whole: dict[str, Any] = {
        one.name: whole_number(getattr(index, one.name)) for one in fields(index)
    }
    return replace(index, **{name: value for name, value in whole.items() if value is not None})


def indexed_type(index: Index, storage: str) -> str:
    """Name the type that the index holds: ``vector``, ``halfvec`` or ``bit``."""
    quantization = index.quantization if isinstance(index, Hnsw) else None
    return {"half": "halfvec", "binary": "bit"}.get(quantization or "", storage)


def lists_for(rows: float) -> int:
    """Give IVFFlat's lists for so many rows: their square root, as pgvector advises for many."""
    return max(1, min(MAX_LISTS, round(math.sqrt(rows))))


def check_index(index: object, *, dimensions: int, metric: str, storage: str) -> None:
    """Raise InvalidArgumentError unless pgvector can build the index for such vectors."""
    if isinstance(index, Hnsw):
        _check_range("Hnsw m", index.m, 2, MAX_M)
        _check_range("Hnsw ef_construction", index.ef_construction, 4, MAX_CONSTRUCTION)
        if index.ef_construction < 2 * index.m:
            _refuse(f"Hnsw ef_construction={index.ef_construction} must be at least 2 * m")
        if index.quantization not in {None, "half", "binary"}:
            _refuse(f"Hnsw quantization={index.quantization!r} can be None, 'half' or 'binary'")
    elif isinstance(index, IvfFlat):
        if index.lists is not None:
            _check_range("IvfFlat lists", index.lists, 1, MAX_LISTS)
        if metric == "l1":
            _refuse("IvfFlat has no l1: use Hnsw, or another metric")
    else:
        _refuse(f"index must be Hnsw(...), IvfFlat(...) or None, not {index!r}")
        return
    kind = indexed_type(index, storage)
    if dimensions > _LIMITS[kind]:
        _refuse(
            f"no {type(index).__name__} index holds {dimensions:,} dimensions as {kind} (at most"
            f" {_LIMITS[kind]:,}): {_what_would_work(dimensions)}"
        )


def index_to_json(index: Index | None) -> str | None:
    """Write an index as the registry keeps it."""
    if index is None:
        return None
    return json.dumps({"kind": type(index).__name__, **asdict(index)})


def index_from_json(text: str | None) -> Index | None:
    """Read an index as the registry keeps it."""
    if text is None:
        return None
    values = json.loads(text)
    kinds: dict[str, type[Index]] = {"Hnsw": Hnsw, "IvfFlat": IvfFlat}
    return kinds[values.pop("kind")](**values)


def _what_would_work(dimensions: int) -> str:
    if dimensions <= _LIMITS["halfvec"]:
        return "storage='halfvec', Hnsw(quantization='half' or 'binary') or index=None would work"
    return "Hnsw(quantization='binary') or index=None would work"


def _check_range(what: str, value: object, low: int, high: int) -> None:
    whole = whole_number(value)
    if whole is None or not low <= whole <= high:
        _refuse(f"{what}={value!r} must be a whole number from {low} to {high:,}")


def _refuse(message: str) -> None:
    raise InvalidArgumentError(message)
