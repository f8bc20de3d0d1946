"""LangChain on PostgreSQL: the classes of ``pgrecall.langchain`` by the name people look for."""

from pgrecall.langchain import (
    PgRecallByteStore,
    PgRecallCache,
    PgRecallChatMessageHistory,
    PgRecallDocStore,
    PgRecallDocumentIndex,
    PgRecallRecordManager,
    PgRecallRetriever,
    PgRecallSemanticCache,
    PgRecallTranslator,
    PgRecallVectorStore,
    StoredMessage,
    aattribute_info,
    attribute_info,
)

__all__ = [
    "PgRecallByteStore",
    "PgRecallCache",
    "PgRecallChatMessageHistory",
    "PgRecallDocStore",
    "PgRecallDocumentIndex",
    "PgRecallRecordManager",
    "PgRecallRetriever",
    "PgRecallSemanticCache",
    "PgRecallTranslator",
    "PgRecallVectorStore",
    "StoredMessage",
    "aattribute_info",
    "attribute_info",
]
