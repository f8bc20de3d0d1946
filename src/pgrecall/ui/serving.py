"""How the pages are served, on a port that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_GRACE = 1  # seconds that answers under way have at the end
_LONGEST = 1 << 16  # bytes of a request's first lines: a question and a filter may be long


def over_http(app: ASGIApp) -> uvicorn.Server:
    """Give what serves the pages on an open port: ``serve(sockets=[port])``."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            # pages tell of what fails themselves, and no stranger writes on the terminal
            log_level="critical",
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=_LONGEST,
            timeout_graceful_shutdown=_GRACE,
        )
    )
