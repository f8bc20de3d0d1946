"""A web application that has used its store when its server forks."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from pgrecall import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

store = Store(os.environ["DSN"])
store.count(os.environ["TENANT"], "docs")


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer ``/TENANT`` with what a search of that tenant finds, and by which process."""
    found = store.search(environ["PATH_INFO"].removeprefix("/"), "docs", [1, 0], limit=3)
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps([os.getpid(), [match.text for match in found]]).encode()]
