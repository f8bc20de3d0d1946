"""What commands print: tables for people, JSON for programs, messages on stderr."""

from __future__ import annotations

import errno
import os
import re
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.text import Text

from pgrecall._values.figures import bytes_text as bytes_text  # noqa: PLC0414  # of this room, too
from pgrecall._values.figures import plural as plural  # noqa: PLC0414
from pgrecall._values.figures import rounded as rounded  # noqa: PLC0414
from pgrecall._values.figures import seconds_text as seconds_text  # noqa: PLC0414
from pgrecall._values.json_text import to_text
from pgrecall.cli.shared.escaping import clean, escape_json, takes_all
from pgrecall.cli.shared.streams import tell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall.models import Item


class _Console(Console):
    """A console that leaves it to the command's end what a broken pipe means."""

    def on_broken_pipe(self) -> None:
        """Say it as any other output does; rich would exit here."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def console() -> Console:
    """Make a console for what was asked for."""
    return _Console(highlight=False)


def messages() -> Console:
    """Make a console for what is told beside: progress, notes, errors."""
    return _Console(highlight=False, stderr=True)


def note(message: str) -> None:
    """Tell something beside the answer, in one line on stderr."""
    tell(one_line(message))


def one_line(message: str) -> str:
    """Take the line breaks and control characters out of a message."""
    return clean(" ".join(message.split()), lines=False)


def shortened(text: str, room: int) -> str:
    """Cut a text that has no room."""
    return text if len(text) <= room else f"{text[: room - 1]}\N{HORIZONTAL ELLIPSIS}"


def print_line(text: str) -> None:
    """Print what a shell takes as it is; on a terminal, so that nothing in it is obeyed."""
    sys.stdout.write(f"{clean(text) if sys.stdout.isatty() else text}\n")


def print_json(value: object) -> None:
    """Print one JSON document."""
    text = json_text(value, indent=2, ascii_only=not takes_all(sys.stdout))
    sys.stdout.write(f"{text}\n")


def json_text(value: object, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """Write JSON in which a terminal finds nothing to obey."""
    return escape_json(to_text(value, indent=indent, default=_plain, ascii_only=ascii_only))


def value_text(value: object) -> str:
    """Write a value that was read as JSON in one line, a time by ISO 8601."""
    return to_text(value, default=_plain)


def cell(value: object, style: str = "", *, lines: bool = False) -> Text:
    """Give a value as a cell, which no markup in it can change.

    Args:
        value: What to show.
        style: A style of rich's.
        lines: Whether its line breaks are meant, as in an item's text.
    """
    return Text(clean(str(value), lines=lines), style=style)


def numbers(vector: Any, most: int = 4) -> str:
    """Show the beginning of a vector and its length: ``[0.12, -0.5, ...] 256 numbers``."""
    shown = ", ".join(f"{number:.4g}" for number in vector[:most])
    more = ", ..." if len(vector) > most else ""
    return f"[{shown}{more}] {plural(len(vector), 'number')}"


def pairs(metadata: Mapping[str, Any]) -> str:
    """Show metadata in one line: ``page=3 source="a b.txt"``."""
    return "  ".join(f"{key}={_shown(value)}" for key, value in metadata.items())


def _shown(value: object) -> str:
    if isinstance(value, str) and value and not re.search(r"\s", value):
        return value
    return value_text(value)


def vector_json(vector: Any) -> list[float] | None:
    """Give a float32 vector with no more digits than it has: 0.1, not 0.10000000149011612."""
    return None if vector is None else [float(number) for number in map(str, vector)]


def item_json(item: Item, *, vectors: bool, times: bool = False) -> dict[str, Any]:
    """Give an item as ``load`` reads it back."""
    plain: dict[str, Any] = {"id": item.id, "text": item.text, "metadata": item.metadata or {}}
    if vectors:
        plain["embedding"] = vector_json(item.vector)
    if times:
        for name in ("created_at", "updated_at"):
            time = getattr(item, name)
            plain[name] = None if time is None else time.isoformat()
    return plain


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray):
        return vector_json(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
