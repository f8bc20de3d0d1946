"""LangGraph's conventional place for a checkpointer; the class is ``pgrecall.langgraph``'s."""

from pgrecall.langgraph import PgRecallSaver

__all__ = ["PgRecallSaver"]
