"""Memories to search, and a model that embeds them by their words."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
from langchain_core.embeddings import Embeddings

if TYPE_CHECKING:
    from pgrecall import Store

DIMENSIONS = 32


class Words(Embeddings):
    """Texts that share words are near; it counts its calls."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.async_calls = 0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.calls.append(list(texts))
        return [self.vector(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.vector(text)

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        self.async_calls += 1
        return self.embed_documents(texts)

    async def aembed_query(self, text: str) -> list[float]:
        self.async_calls += 1
        return self.vector(text)

    def vector(self, text: str) -> list[float]:
        total = np.full(DIMENSIONS, 1e-3)
        for word in re.findall(r"\w+", text.lower()):
            total += np.random.default_rng(zlib.crc32(word.encode())).normal(size=DIMENSIONS)
        vector: list[float] = (total / np.linalg.norm(total)).tolist()
        return vector


def words(**config: Any) -> Any:
    """An IndexConfig."""
    return {"dims": DIMENSIONS, "embed": Words(), "fields": ["text"], **config}


def keys(found: list[Any]) -> list[str]:
    return [item.key for item in found]


def count(core: Store, tenant: str) -> int:
    return core.count(tenant, "memory")
