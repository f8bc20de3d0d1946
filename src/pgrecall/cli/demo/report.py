"""What the demo prints."""

from __future__ import annotations

import platform
import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

from rich import box
from rich.table import Table
from rich.text import Text

from pgrecall.cli.shared import output
from pgrecall.cli.shared.output import cell
from pgrecall.demo.summary import summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from pgrecall.models import Match


_SECOND, _TWO_DIGITS = 1000, 10
_WIDE = 100  # columns of a terminal that has room for one more
_NARROW = 60  # columns of one that has room for no table


class Answer(NamedTuple):
    """A question with its hits, and the milliseconds that each part took."""

    question: str
    matches: Sequence[Match]
    parts: Mapping[str, float]


class Outcome(NamedTuple):
    """A run: how many documents were searched, the milliseconds of its parts, the answers."""

    documents: int
    parts: Mapping[str, float]
    answers: Sequence[Answer]


def print_tables(outcome: Outcome) -> None:
    """Print a table for each question."""
    console = output.console()
    for answer in outcome.answers:
        console.print()
        console.print(cell(answer.question, "bold cyan"))
        if console.width < _NARROW:
            _print_lines(answer.matches, console)
        else:
            console.print(_table(answer.matches, console.width))
        console.print(Text(_timing(answer.parts), style="dim"))
    console.print()
    version = platform.python_version()
    console.print(f"{outcome.documents:,} documents of Python {version}, by vector and by text")
    console.print(Text(_timing(outcome.parts), style="dim"))


def print_json(outcome: Outcome) -> None:
    """Print everything as one JSON object."""
    answers = [
        {
            "question": answer.question,
            "milliseconds": _rounded(answer.parts),
            "matches": [
                {
                    "id": match.id,
                    "score": round(match.score, 4),
                    "vector_rank": match.vector_rank,
                    "text_rank": match.text_rank,
                    "kind": match.metadata["kind"],
                    "module": match.metadata["module"],
                    "summary": summary(match.text),
                }
                for match in answer.matches
            ],
        }
        for answer in outcome.answers
    ]
    document: dict[str, Any] = {
        "documents": outcome.documents,
        "milliseconds": _rounded(outcome.parts),
        "answers": answers,
    }
    output.print_json(document)


def _table(matches: Sequence[Match], width: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, show_edge=False, pad_edge=False)
    table.add_column("", justify="right", style="dim", width=2)
    table.add_column("score", justify="right", width=5)
    table.add_column("vector", justify="right", style="dim", width=6)
    table.add_column("text", justify="right", style="dim", width=4)
    table.add_column("name", style="bold", overflow="fold", max_width=width * 2 // 5)
    if width >= _WIDE:
        table.add_column("kind", style="dim", width=8)
    table.add_column("what it does", ratio=1)
    for rank, match in enumerate(matches, start=1):
        places = [_place(match.vector_rank), _place(match.text_rank)]
        cells: list[str | Text] = [str(rank), f"{match.score:.3f}", *places, cell(match.id)]
        if width >= _WIDE:
            cells.append(str(match.metadata["kind"]))
        words = textwrap.shorten(summary(match.text), width, placeholder=" …")
        table.add_row(*cells, cell(words))
    return table


def _print_lines(matches: Sequence[Match], console: Console) -> None:
    for rank, match in enumerate(matches, start=1):
        console.print()
        console.print(Text.assemble(f"{rank}  {match.score:.3f}  ", cell(match.id, "bold")))
        places = f"vector {_place(match.vector_rank)}, text {_place(match.text_rank)}"
        console.print(Text(f"{places}, {match.metadata['kind']}", style="dim"))
        console.print(cell(" ".join(summary(match.text).split())))


def _place(rank: int | None) -> str:
    return "-" if rank is None else str(rank)


def _timing(parts: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {_readable(value)}" for name, value in parts.items())


def _readable(milliseconds: float) -> str:
    if milliseconds >= _SECOND:
        return f"{milliseconds / _SECOND:.1f} s"
    return f"{milliseconds:.{0 if milliseconds >= _TWO_DIGITS else 1}f} ms"


def _rounded(parts: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in parts.items()}
