"""The first words of a documentation: what a hit shows, and what counts most in a vector."""

from __future__ import annotations

import re

_CALL = re.compile(r"[\w.]+\([^\n]*\)( ->[^\n]*)?")


def summary(item_text: str) -> str:
    """Return the first sentence or paragraph of a documentation, on one line."""
    _, *paragraphs = item_text.split("\n\n")
    if len(paragraphs) > 1 and _CALL.fullmatch(paragraphs[0]):
        del paragraphs[0]
    lines = (line.strip() for line in paragraphs[0].splitlines())
    return " ".join(line for line in lines if line)
