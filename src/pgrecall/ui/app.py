"""The pages put together: a route for each, and what is said where one cannot be shown."""

from __future__ import annotations

import traceback
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from pgrecall._adapters.naming import index_text
from pgrecall.errors import (
    CollectionNotFoundError,
    ConnectionFailedError,
    DatabaseError,
    InvalidArgumentError,
    PgRecallError,
)
from pgrecall.ui.background import while_asked
from pgrecall.ui.guard import Guard
from pgrecall.ui.hidden import hidden, unhidden
from pgrecall.ui.pages import PAGES
from pgrecall.ui.pages.page import NotThereError
from pgrecall.ui.rendering import environment, link, render
from pgrecall.ui.wording import ask_link, index_details, text_search

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from pgrecall.ui.pages.page import Page
    from pgrecall.ui.place import Place

_AWAY = "The database does not answer."
_TEMPLATES = environment(ask_link, hidden, index_details, index_text, text_search)


def make_app(place: Place, *, token: str, port: int, note: Callable[[str], object]) -> ASGIApp:
    """Make the pages of a place.

    Args:
        place: What they show.
        token: What opens them.
        port: Where they are served.
        note: Is told of a defect, in a line for whoever started this.
    """
    answers = _Answers(place, note)
    routes = [
        *(Route(page.path, answers.of(page), name=page.name) for page in PAGES),
        Mount("/static", StaticFiles(packages=[("pgrecall.ui", "static")])),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: answers.no_page})
    return Guard(app, token=token, port=port)


class _Answers:
    """Makes answers of pages, and of what comes in their way."""

    def __init__(self, place: Place, note: Callable[[str], object]) -> None:
        self._place = place
        self._note = note

    def of(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        """Give what answers a request for a page."""

        async def answer(request: Request) -> Response:
            try:
                work = page.show(self._place, unhidden(request.query_params))
                values = await while_asked(request, work)
                status = values.get("status", HTTPStatus.OK)
                template = f"{page.name}.html"
                return self._rendered(request, template, {"page": page, **values}, status)
            except ClientDisconnect:
                return Response()
            except Exception as error:  # noqa: BLE001  # each is told on a page of its own
                return self._failed(request, page, error)

        return answer

    async def no_page(self, request: Request, error: Exception) -> Response:
        """Say that there is no such page."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        return self._told(request, None, "There is no such page.", "", HTTPStatus(status))

    def _failed(self, request: Request, page: Page, error: Exception) -> Response:
        match error:
            case ConnectionFailedError():
                what, status = _AWAY, HTTPStatus.SERVICE_UNAVAILABLE
            case DatabaseError():
                what, status = "The database could not answer.", HTTPStatus.SERVICE_UNAVAILABLE
            case CollectionNotFoundError():
                what, status = "There is no such collection.", HTTPStatus.NOT_FOUND
            case NotThereError():
                return self._told(request, page, str(error), "", HTTPStatus.NOT_FOUND)
            case InvalidArgumentError():
                what, status = "That cannot be asked.", HTTPStatus.BAD_REQUEST
            case PgRecallError():
                what, status = "That could not be done.", HTTPStatus.CONFLICT
            case _:
                where = traceback.extract_tb(error.__traceback__)[-1]
                told = f"{type(error).__name__} at {where.filename}:{where.lineno}"
                self._note(f"a page failed, which is a defect of pgrecall: {told}")
                what, status = "This page failed.", HTTPStatus.INTERNAL_SERVER_ERROR
                return self._told(request, page, what, f"A defect of pgrecall: {told}.", status)
        return self._told(request, page, what, self._place.told(error), status)

    def _told(
        self, request: Request, page: Page | None, what: str, why: str, status: HTTPStatus
    ) -> Response:
        path, query = "" if page is None else page.path, request.url.query
        values = {
            "page": page,
            "what": what,
            "why": why,
            "again": f"{link(path)}?{query}" if query else link(path),
            "may_be_back": status is HTTPStatus.SERVICE_UNAVAILABLE,
            "is_away": what == _AWAY,
        }
        return self._rendered(request, "failure.html", values, status)

    def _rendered(
        self,
        request: Request,
        template: str,
        values: Mapping[str, Any],
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        asked = unhidden(request.query_params)
        shared = {
            # pages stand side by side; what is not there may be anywhere below them
            "up": "../" * (request.scope["path"].count("/") - 2),
            "pages": [page for page in PAGES if page.menu],
            "tenant": self._place.tenant,
            "chosen": asked.get("c"),
            "asked": asked,
        }
        text = render(_TEMPLATES, template, {**shared, **values})
        # half a character, which no encoding has, is shown by its number already
        return HTMLResponse(text.encode("utf-8", "replace"), status)
