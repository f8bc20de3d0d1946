"""Keeps options of the command line whole where a line ends: a browser breaks behind each dash."""

# ruff: noqa: INP001  # MkDocs loads it by its path
from __future__ import annotations

import re
from typing import Any

_CODE = re.compile("(?<!<pre>)<code>([^<]*)</code>")
_OPTION = re.compile(r"(?<![\w-])--?\w[\w-]*")


def on_page_content(html: str, **_: Any) -> str:
    """Mark the options in a page's code within text; MkDocs calls it for every page."""
    return _CODE.sub(_marked, html)


def _marked(code: re.Match[str]) -> str:
    marked = _OPTION.sub(r'<span class="option">\g<0></span>', code[1])
    return f"<code>{marked}</code>"
