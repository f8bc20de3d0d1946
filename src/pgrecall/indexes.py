"""The approximate indexes a collection can have."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias


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
    """An inverted-list index: quick to build from the rows that are there.

    Attributes:
        lists: Number of lists, 1 to 32,768; the square root of the rows at the build where None.
    """

    lists: int | None = None


Index: TypeAlias = Hnsw | IvfFlat


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
