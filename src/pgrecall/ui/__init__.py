"""Pages that show a tenant's collections and what a search does: ``pgrecall ui`` serves them.

They are plain HTML, made on the server: ``app.py`` puts them together, ``pages/`` has a module for
each and ``templates/`` what it looks like, ``guard.py`` who may read them, ``serving.py`` how they
are reached. They call the store's public verbs; what no verb tells is given to them
(``place.py``).
"""

from pgrecall._extras import needs

try:
    import jinja2 as _jinja2  # noqa: F401  # asked for first, to say what is missing
    import starlette as _starlette  # noqa: F401
    import uvicorn as _uvicorn  # noqa: F401
except ImportError as error:
    raise ImportError(needs("pgrecall.ui", str(error.name), "pgrecall[ui]")) from error
