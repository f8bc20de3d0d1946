"""LangGraph on pgrecall: long-term memory for agents."""

try:
    import langgraph.store.base as _base  # noqa: F401  # asked for first, to say what is missing
except ImportError as error:
    msg = 'pgrecall.langgraph needs LangGraph: pip install "pgrecall[langgraph]"'
    raise ImportError(msg) from error

from pgrecall.langgraph.store import PgRecallStore

__all__ = ["PgRecallStore"]
