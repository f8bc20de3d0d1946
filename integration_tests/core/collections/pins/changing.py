"""Collections whose pin changes under their clients."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.embeddings import Embeddings

from pgrecall import Collection, Hnsw, Item, Store
from pgrecall._operations import context as context_operations

DIMENSIONS = 4


class Model(Embeddings):
    """Says its name, and embeds every text alike but for its length."""

    def __init__(self, model: str = "") -> None:
        self.model = model
        self.embedded = 0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded += len(texts)
        return [[1.0, float(len(text)), 0.5, 0.25] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        return self.embed_documents(texts)


VECTOR = Model().embed_query("late")


LATE = Item("late", VECTOR, "late")


PIN = Collection("docs", DIMENSIONS, "model-a", "cosine")


CHANGES = {
    "reembed": {"embedding_model": "model-b"},
    "model": {"embedding_model": "model-b"},
    "metric": {"metric": "l2"},
}


def age(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every cached collection be too old to use."""
    monkeypatch.setattr(context_operations, "CACHE_SECONDS", -1.0)


def fill(elsewhere: Store, tenant: str, **changes: Any) -> None:
    wanted = {"embedding_model": "model-a", "metric": "cosine", "index": Hnsw()} | changes
    elsewhere.ensure_collection(tenant, Collection("docs", DIMENSIONS, **wanted))
    texts = [f"text {'x' * n}" for n in range(5)]
    vectors = Model().embed_documents(texts)
    items = [Item(str(n), vectors[n], texts[n]) for n in range(5)]
    elsewhere.upsert(tenant, "docs", items)


def change(elsewhere: Store, tenant: str, how: str) -> None:
    """Give the collection another pin, as another client does."""
    if how == "reembed":
        embed = Model().embed_documents
        elsewhere.reembed(tenant, "docs", to=Collection("docs", DIMENSIONS, "model-b"), embed=embed)
        return
    elsewhere.drop_collection(tenant, "docs")
    fill(elsewhere, tenant, **CHANGES[how])
