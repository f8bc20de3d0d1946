"""LlamaIndex on pgrecall."""

from pgrecall.llama_index.kv_store import (
    PgRecallDocumentStore,
    PgRecallIndexStore,
    PgRecallKVStore,
)
from pgrecall.llama_index.vector_store import PgRecallVectorStore

__all__ = [
    "PgRecallDocumentStore",
    "PgRecallIndexStore",
    "PgRecallKVStore",
    "PgRecallVectorStore",
]
