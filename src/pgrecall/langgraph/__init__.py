"""LangGraph on pgrecall: long-term memory for agents, and the threads of their runs."""

from pgrecall._extras import needs

try:
    import langgraph.store.base as _base  # noqa: F401  # asked for first, to say what is missing
except ImportError as error:
    raise ImportError(needs("pgrecall.langgraph", "LangGraph", "pgrecall[langgraph]")) from error

from pgrecall.langgraph.saver import PgRecallSaver
from pgrecall.langgraph.store import PgRecallStore

__all__ = ["PgRecallSaver", "PgRecallStore"]
