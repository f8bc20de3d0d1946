"""Open an address in the browser, and show it to nobody else on this machine."""

from __future__ import annotations

import contextlib
import html
import os
import tempfile
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGE = """<!doctype html>
<meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0;url={url}">
<title>pgrecall</title><p><a href="{url}">pgrecall ui</a></p>
"""


@contextlib.contextmanager
def opened_in_browser(url: str) -> Iterator[None]:
    """Open an address in the user's browser; its file is there until the body ends.

    What a program is started with, everyone on the machine may read, so the browser is given a file
    that leads on and that this user alone may read.
    """
    if not _has_window():
        yield
        return
    folder = os.environ.get("XDG_RUNTIME_DIR")
    is_usable = folder is not None and os.access(folder, os.W_OK)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", suffix=".html", prefix="pgrecall-", dir=folder if is_usable else None
    ) as file:
        file.write(_PAGE.format(url=html.escape(url)))
        file.flush()
        address = Path(file.name).as_uri()
        # some wait until the browser ends
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        yield


def _has_window() -> bool:
    """Tell a browser with a window from one that would take over the terminal."""
    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return False
    return "BROWSER" in os.environ or type(found) is not webbrowser.GenericBrowser
