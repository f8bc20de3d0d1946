"""LangGraph's conventional place for a store; the class is ``pgrecall.langgraph``'s."""

from pgrecall.langgraph import PgRecallStore

__all__ = ["PgRecallStore"]
