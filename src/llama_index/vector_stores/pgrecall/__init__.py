"""LlamaIndex's conventional place for a vector store; the class is ``pgrecall.llama_index``'s."""

from pgrecall.llama_index import PgRecallVectorStore

__all__ = ["PgRecallVectorStore"]
