"""What commands print: tables for people, JSON for programs, messages on stderr."""

from __future__ import annotations

import math
import re
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pgrecall._json import to_text

if TYPE_CHECKING:
    from collections.abc import Mapping

MISTAKE, INTERRUPTED = 2, 130
"""Exit codes: something cannot be used; Ctrl-C."""

FOUND = 1
"""Exit code of a check that found something serious."""

# a terminal obeys them: stored text must not move the cursor or set a title
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# messages of the store name its verbs
_COMMANDS = {
    "create_index()": "`pgrecall index create`",
    "reindex()": "`pgrecall index rebuild`",
    "delete_where needs": "--where needs",
    "(clear does that)": "(`pgrecall drop` removes them with the collection)",
    "ensure_collection() creates": "`pgrecall load` creates",
    "clean=True takes": "--clean takes",
}
_UNITS = ("kB", "MB", "GB", "TB")
_KILO = 1024
_TEN, _MINUTE = 10, 60


def console() -> Console:
    """Make a console for what was asked for."""
    return Console(highlight=False)


def messages() -> Console:
    """Make a console for what is told beside: progress, notes, errors."""
    return Console(highlight=False, stderr=True)


def note(message: str) -> None:
    """Tell something beside the answer, in one line on stderr."""
    typer.echo(f"pgrecall: {one_line(message)}", err=True)


def one_line(message: str) -> str:
    """Take the line breaks and control characters out of a message, and name commands for verbs."""
    for verb, command in _COMMANDS.items():
        message = message.replace(verb, command)
    return clean(" ".join(message.split()))


def shortened(text: str, room: int) -> str:
    """Cut a text that has no room."""
    return text if len(text) <= room else f"{text[: room - 1]}\N{HORIZONTAL ELLIPSIS}"


def clean(text: str) -> str:
    """Replace the control characters that a terminal would obey; line breaks and tabs stay."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def print_json(value: object) -> None:
    """Print one JSON document."""
    sys.stdout.write(to_text(value, indent=2, default=_plain) + "\n")


def table() -> Table:
    """Begin a table in the look that all commands share."""
    return Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="bold",
    )


def cell(value: object, style: str = "") -> Text:
    """Give a value as a cell, which no markup in it can change."""
    return Text(clean(str(value)), style=style)


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
    return to_text(value, default=str)


def plural(count: int, word: str) -> str:
    """Count something: ``1 row``, ``2,000 rows``."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def rounded(count: float) -> str:
    """Show an estimate by its first two digits: ``12,000``."""
    if count < _TEN:
        return f"{max(0, round(count)):,}"
    step = 10 ** (math.floor(math.log10(count)) - 1)
    return f"{round(count / step) * step:,}"


def bytes_text(size: float) -> str:
    """Show a size as PostgreSQL does, in powers of 1024."""
    value, power = size / _KILO, 0
    while value >= _KILO and power < len(_UNITS) - 1:
        value, power = value / _KILO, power + 1
    unit = _UNITS[power]
    return f"{value:.1f} {unit}" if value < _TEN and unit != "kB" else f"{value:.0f} {unit}"


def seconds_text(seconds: float) -> str:
    """Show a duration: ``0.8 s``, ``42 s``, ``3 min 5 s``."""
    if seconds < _TEN:
        return f"{seconds:.1f} s"
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    minutes, left = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {left} s"


def vector_json(vector: Any) -> list[float] | None:
    """Give a float32 vector with no more digits than it has: 0.1, not 0.10000000149011612."""
    return None if vector is None else [float(number) for number in map(str, vector)]


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray):
        return vector_json(value)
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(type(value).__name__)
