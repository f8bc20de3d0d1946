"""Tables of HTML for notebooks: escaped, without a script, readable on light and on dark.

What users stored is shown by its beginning and set apart (``bdi``), so that no mark of direction in
it turns the rest around. Colours are the notebook's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from pgrecall._notebooks import short
from pgrecall._values.marked import pieces_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

MOST_ROWS = 50
MOST_LETTERS = 300
_MOST_CODE = 20_000
_MOST_PARTS = 12
_LONG_WORD = re.compile(r"\S{40}")
_LONG = 10**15
_FIGURES, _LEAST = {"distance", "score", "text_score", "rerank_score"}, 1e-3
# not of XML, or half of a pair: no message to a browser holds them
_UNSHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

_LINE = "border:0;border-bottom:1px solid rgba(128,128,128,.35);padding:.3em .7em"
_CELL = f"{_LINE};vertical-align:top;max-width:44em;white-space:normal"
_LEFT, _RIGHT = f"{_CELL};text-align:left", f"{_CELL};text-align:right;white-space:nowrap"
_TABLE = "border-collapse:collapse;margin:.3em 0"
_CAPTION = "caption-side:top;text-align:left;font-weight:bold;padding:.3em .7em"
_CODE = "max-height:24em;overflow:auto;white-space:pre;font-size:.85em;text-align:left"


class Html(str):
    """What is HTML already."""

    __slots__ = ()


class Number(NamedTuple):
    """What stands to the right of its column."""

    text: str


def text(of: str, most: int = MOST_LETTERS) -> Html:
    """Write a text of somebody's."""
    shown = short.cut(of, most)
    # what breaks anywhere makes a narrow column of what need not
    breaks = ' style="overflow-wrap:anywhere"' if _LONG_WORD.search(shown) else ""
    return Html(f'<bdi dir="auto"{breaks}>{_escaped(shown)}</bdi>')


def snippet(of: str) -> Html:
    """Write a passage with its matching words marked."""
    whole, parts = pieces_of(of), pieces_of(of, 4 * MOST_LETTERS)
    made = [
        f"<mark>{_escaped(part)}</mark>" if is_marked else _escaped(part)
        for part, is_marked in parts
    ]
    more = "" if parts == whole else "\N{HORIZONTAL ELLIPSIS}"
    return Html(f'<bdi dir="auto">{"".join(made)}{more}</bdi>')


def _escaped(of: str) -> str:
    return escape(_UNSHOWN.sub("\N{REPLACEMENT CHARACTER}", of))


def cell(of: Any) -> Html | Number:
    """Write a value as a cell has it."""
    for kinds, written in _CELLS:
        if isinstance(of, kinds):
            return written(of)
    return text(short.vector(of) if type(of).__name__ == "ndarray" else short.value(of))


def _number(of: float) -> Number:
    return Number(f"{of:,}" if isinstance(of, int) and abs(of) < _LONG else short.rounded(of))


def _object(of: Mapping[Any, Any]) -> Html:
    keys = list(of)[:_MOST_PARTS]
    parts = [f"{text(str(key), 60)}: {text(short.value(of[key]))}" for key in keys]
    return Html(", ".join(parts + ["..."] * (len(of) > len(parts))))


def _list(of: Sequence[Any]) -> Html:
    parts = [text(one if isinstance(one, str) else short.value(one)) for one in of[:_MOST_PARTS]]
    return Html(", ".join(parts + ["..."] * (len(of) > len(parts))))


_CELLS: tuple[tuple[Any, Callable[[Any], Html | Number]], ...] = (
    ((Html, Number), lambda of: of),
    (type(None), lambda _: Html("")),
    (str, text),
    (bool, lambda of: Html("yes" if of else "no")),
    ((int, float), _number),
    (datetime, lambda of: Html(escape(of.isoformat(sep=" ", timespec="seconds")))),
    (Mapping, _object),
    ((tuple, list), _list),
)


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Any]], foot: str = "") -> Html:
    """Write a table whose first column names the rows.

    Args:
        caption: What it is of.
        head: The columns' names.
        rows: Values, as ``cell`` takes them.
        foot: What is to be known beside it, a line each.
    """
    written = [list(map(cell, row)) for row in rows]
    right = [
        {type(row[place]) for row in written if row[place]} == {Number}
        for place in range(len(head))
    ]
    columns = "".join(
        f'<th scope="col" style="{_RIGHT if is_right else _LEFT}">{escape(name)}</th>'
        for name, is_right in zip(head, right, strict=True)
    )
    body = "".join(f"<tr>{_cells(row, right)}</tr>" for row in written)
    notes = "".join(
        f'<div style="padding:0 .7em">{text(line)}</div>' for line in foot.splitlines() if line
    )
    return Html(
        f'<div><table style="{_TABLE}"><caption style="{_CAPTION}">{text(caption)}</caption>'
        f"<thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table>{notes}</div>"
    )


def printed(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], notes: Sequence[str]
) -> Html:
    """Write what is printed as a table, numbers behind the first column, with its notes."""
    numbers = [(name, *map(Number, cells)) for name, *cells in rows]
    return table(caption, head, numbers, "\n".join(notes))


def facts(caption: str, told: Mapping[str, Any], code: Mapping[str, str] | None = None) -> Html:
    """Write a value by its parts, a row each.

    Args:
        caption: What it is.
        told: The parts; what is None is left out.
        code: Long texts below the table, each to be opened.
    """
    body = "".join(
        f'<tr><th scope="row" style="{_LEFT}">{escape(name)}</th>'
        f'<td style="{_LEFT}">{_plain(cell(value))}</td></tr>'
        for name, value in told.items()
        if value is not None
    )
    opened = "".join(
        f'<details><summary>{escape(name)}</summary><pre style="{_CODE}">'
        f"{text(value, _MOST_CODE)}</pre></details>"
        for name, value in (code or {}).items()
        if value
    )
    return Html(
        f'<div><table style="{_TABLE}"><caption style="{_CAPTION}">{text(caption)}</caption>'
        f"<tbody>{body}</tbody></table>{opened}</div>"
    )


def rows(of: Sequence[Any]) -> Html:
    """Write dataclasses as a table of the fields that any of them has."""
    if not of:
        return Html("<div>nothing was found</div>")
    shown = of[:MOST_ROWS]
    names = [
        field.name
        for field in fields(shown[0])
        if field.repr and any(getattr(one, field.name) is not None for one in shown)
    ]
    if "snippet" in names:  # it is of the text
        names.remove("snippet")
    kind = type(shown[0]).__name__.lower()
    kinds = {"match": "matches"}.get(kind, f"{kind}s")
    left_out = f"... and {len(of) - len(shown):,} more" if len(of) > len(shown) else ""
    caption = f"{len(of):,} {kind if len(of) == 1 else kinds}"
    return table(caption, names, [[_field(one, name) for name in names] for one in shown], left_out)


def _field(of: Any, name: str) -> Any:
    found = getattr(of, name)
    if name == "text" and (passage := getattr(of, "snippet", None)) is not None:
        return snippet(passage)
    if name == "vector" and found is not None:
        return text(short.vector(found))
    if name in _FIGURES and isinstance(found, float):
        # points stand below one another
        return Number(f"{found:.4f}" if _LEAST <= abs(found) < 1 / _LEAST else short.rounded(found))
    return found


def _cells(row: Sequence[Html | Number], right: Sequence[bool]) -> str:
    first, *others = (
        (_plain(one), _RIGHT if is_right else _LEFT)
        for one, is_right in zip(row, right, strict=True)
    )
    return f'<th scope="row" style="{first[1]};font-weight:normal">{first[0]}</th>' + "".join(
        f'<td style="{style}">{value}</td>' for value, style in others
    )


def _plain(of: Html | Number) -> str:
    return escape(of.text) if isinstance(of, Number) else of
