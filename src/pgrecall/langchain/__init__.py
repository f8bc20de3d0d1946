"""LangChain on pgrecall: a vector store, a retriever, and what goes with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall._extras import needs

try:
    import langchain_core as _langchain_core  # noqa: F401  # asked for first, to say what is missing
except ImportError as error:
    raise ImportError(
        needs("pgrecall.langchain", "langchain-core", "pgrecall[langchain]")
    ) from error

from pgrecall._adapters.chat_messages import StoredMessage
from pgrecall.langchain.attributes import aattribute_info, attribute_info
from pgrecall.langchain.caches import PgRecallCache, PgRecallSemanticCache
from pgrecall.langchain.chat_history import PgRecallChatMessageHistory
from pgrecall.langchain.document_index import PgRecallDocumentIndex
from pgrecall.langchain.record_manager import PgRecallRecordManager
from pgrecall.langchain.retriever import PgRecallRetriever
from pgrecall.langchain.stores import PgRecallByteStore, PgRecallDocStore
from pgrecall.langchain.translator import PgRecallTranslator
from pgrecall.langchain.vector_store import PgRecallVectorStore

if TYPE_CHECKING:
    from pgrecall.langgraph import PgRecallStore

__all__ = [
    "PgRecallByteStore",
    "PgRecallCache",
    "PgRecallChatMessageHistory",
    "PgRecallDocStore",
    "PgRecallDocumentIndex",
    "PgRecallRecordManager",
    "PgRecallRetriever",
    "PgRecallSemanticCache",
    "PgRecallStore",
    "PgRecallTranslator",
    "PgRecallVectorStore",
    "StoredMessage",
    "aattribute_info",
    "attribute_info",
]


def __getattr__(name: str) -> Any:
    """Import LangGraph's store when it is asked for: it needs an extra of its own."""
    if name != "PgRecallStore":
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from pgrecall.langgraph import PgRecallStore  # noqa: PLC0415  # only who asks needs it

    return PgRecallStore
