"""LangGraph on pgrecall: long-term memory, the threads of runs, and a cache of nodes."""

from pgrecall._extras import needs

try:
    import langgraph.store.base as _base  # noqa: F401  # asked for first, to say what is missing
except ImportError as error:
    raise ImportError(needs("pgrecall.langgraph", "LangGraph", "pgrecall[langgraph]")) from error

from pgrecall.langgraph.cache import PgRecallCache
from pgrecall.langgraph.saver import PgRecallSaver
from pgrecall.langgraph.store import PgRecallStore

__all__ = ["PgRecallCache", "PgRecallSaver", "PgRecallStore"]
