"""LlamaIndex on pgrecall."""

from pgrecall._extras import needs

try:
    import llama_index.core as _core  # noqa: F401  # asked for first, to say what is missing
except ImportError as error:
    raise ImportError(
        needs("pgrecall.llama_index", "llama-index-core", "pgrecall[llama-index]")
    ) from error

from pgrecall._adapters.chat_messages import StoredMessage
from pgrecall.llama_index.chat_store import PgRecallAsyncChatStore, PgRecallChatStore
from pgrecall.llama_index.kv_store import (
    PgRecallDocumentStore,
    PgRecallIndexStore,
    PgRecallKVStore,
)
from pgrecall.llama_index.vector_store import PgRecallVectorStore

__all__ = [
    "PgRecallAsyncChatStore",
    "PgRecallChatStore",
    "PgRecallDocumentStore",
    "PgRecallIndexStore",
    "PgRecallKVStore",
    "PgRecallVectorStore",
    "StoredMessage",
]
