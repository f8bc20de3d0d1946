"""LangGraph's conventional place for a cache of nodes; the class is ``pgrecall.langgraph``'s."""

from pgrecall.langgraph import PgRecallCache

__all__ = ["PgRecallCache"]
