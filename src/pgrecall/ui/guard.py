"""Who may read the pages: whoever has the token, on this machine, from the pages themselves."""

from __future__ import annotations

import hashlib
import html
import secrets
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN = "token"  # noqa: S105  # the name of what holds it
_NAMES = ("127.0.0.1", "localhost", "[::1]")
_HTTP_PORT = 80
_METHODS = ("GET", "HEAD")
# whoever reads the address bar, a link of a page, or nothing: another site's page says so
_SITES = ("none", "same-origin")

_ENTERED = """<!doctype html><html lang="en"><meta charset="utf-8"><title>pgrecall</title>
<meta http-equiv="refresh" content="0;url={0}"><link rel="icon" href="{1}/static/icon.svg">
<a href="{0}">pgrecall ui</a></html>
"""

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self';"
    " img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
"""What every answer says: nothing from elsewhere, in no frame, kept nowhere."""


class Guard:
    """Lets requests through that read, by the token, from this machine's own names.

    A page of another site may know the address, but not the token; under a name of its own that
    points here (DNS rebinding) its requests say that name as their Host.

    Browsers send a cookie to every port of a machine, that of somebody else's server included. So
    the pages stand in a room whose name only they know, and the cookie is sent to no other.
    """

    def __init__(self, app: ASGIApp, *, token: str, port: int) -> None:
        """Keep what is guarded, and what opens it."""
        self._app = app
        self._token = token.encode()
        self._room = room_of(token)
        # of two servers on one machine each has its own
        self._cookie = f"pgrecall_ui_{port}"
        self._hosts = {f"{name}:{port}" for name in _NAMES}
        if port == _HTTP_PORT:
            self._hosts |= set(_NAMES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it through; each answer has ``HEADERS``."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refused = self._refused(scope)
        if refused is None:
            await self._app({**scope, "root_path": self._room}, receive, marked)
        else:
            await refused(scope, receive, marked)

    def _refused(self, scope: Scope) -> ASGIApp | None:
        headers = Headers(scope=scope)
        if scope["method"] not in _METHODS:
            return PlainTextResponse("These pages are read alone.\n", 405, {"allow": "GET, HEAD"})
        host, origin = headers.get("host", ""), headers.get("origin")
        if len(headers.getlist("host")) != 1 or host not in self._hosts:
            return _forbidden()
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == TOKEN]
        if given:
            # whoever has the token may come from anywhere
            return self._entered(scope, query) if self._is_token(given[-1]) else _forbidden()
        is_ours = headers.get("sec-fetch-site", "none") in _SITES and (
            origin is None or origin == f"http://{host}"
        )
        is_here = scope["path"].startswith(f"{self._room}/")
        has_token = any(map(self._is_token, self._kept(headers)))
        return None if is_ours and is_here and has_token else _forbidden()

    def _entered(self, scope: Scope, query: list[tuple[str, str]]) -> ASGIApp:
        """Keep the token as a cookie, and go on to the address without it.

        The page goes on, not its answer's head: where another page led here, the cookie would not
        be sent by a redirection.
        """
        rest = urlencode([one for one in query if one[0] != TOKEN])
        wanted = scope["path"].removeprefix(self._room)
        path = f"{self._room}/{quote(wanted.lstrip('/'))}"
        onward = html.escape(f"{path}?{rest}" if rest else path)
        answer = HTMLResponse(_ENTERED.format(onward, self._room))
        answer.set_cookie(
            self._cookie,
            self._token.decode(),
            httponly=True,
            samesite="strict",
            path=f"{self._room}/",
        )
        return answer

    def _kept(self, headers: Headers) -> Iterator[str]:
        """Give what our cookie holds, among those of others, which hold whatever they like."""
        for one in ";".join(headers.getlist("cookie")).split(";"):
            name, _, value = one.strip().partition("=")
            if name == self._cookie:
                yield value

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode("utf-8", "surrogatepass"), self._token)


def new_token() -> str:
    """Make a token that nobody can guess."""
    return secrets.token_urlsafe(32)


def room_of(token: str) -> str:
    """Give the path below which the pages of a token stand; nobody tells the token from it."""
    return f"/{hashlib.sha256(token.encode()).hexdigest()[:24]}"


def _forbidden() -> PlainTextResponse:
    return PlainTextResponse("Forbidden\n", 403)
