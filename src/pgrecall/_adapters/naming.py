"""How people are told what a collection is kept by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall.indexes import Hnsw

if TYPE_CHECKING:
    from pgrecall.indexes import Index


def index_text(index: Index | None) -> str:
    """Name an index in a word or two: ``hnsw``, ``hnsw half``, ``ivfflat``, ``none``."""
    if index is None:
        return "none"
    if isinstance(index, Hnsw):
        return f"hnsw {index.quantization}" if index.quantization else "hnsw"
    return "ivfflat"
