"""The conventional import path is a namespace, and gives the same class."""

from __future__ import annotations

from pathlib import Path

from llama_index.core.vector_stores.types import BasePydanticVectorStore

import llama_index.vector_stores.pgrecall as conventional
from pgrecall.llama_index import PgRecallVectorStore

ROOT = Path(__file__).parents[2]


def test_the_conventional_import_gives_the_same_class() -> None:
    assert conventional.PgRecallVectorStore is PgRecallVectorStore
    assert conventional.__all__ == ["PgRecallVectorStore"]
    assert issubclass(PgRecallVectorStore, BasePydanticVectorStore)


def test_the_namespace_belongs_to_no_distribution() -> None:
    folder = ROOT / "src" / "llama_index"
    assert [file.relative_to(folder).as_posix() for file in folder.rglob("*.py")] == [
        "vector_stores/pgrecall/__init__.py"
    ]


def test_llama_index_is_told_what_the_store_can_do() -> None:
    store = PgRecallVectorStore("host=h")
    assert store.stores_text
    assert store.is_embedding_query
    assert not store.flat_metadata
