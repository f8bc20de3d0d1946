"""A server of the Model Context Protocol on collections of one tenant: ``pgrecall mcp`` runs it.

A tool's words and arguments stand in ``reading.py`` and ``writing.py``, what a model is shown in
``answers.py``, how it is asked in ``server.py``, and how it is reached in ``serving.py``.
"""

from pgrecall._extras import needs

try:
    import mcp.server.lowlevel as _server  # noqa: F401  # asked for first, to say what is missing
except ImportError as error:
    raise ImportError(needs("pgrecall.mcp", "mcp", "pgrecall[mcp]")) from error
