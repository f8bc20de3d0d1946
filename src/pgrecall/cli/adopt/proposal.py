"""What a table would be adopted as, printed with the whole command."""

from __future__ import annotations

import csv
import io
import re
import shlex
from typing import TYPE_CHECKING

from pgrecall.cli.shared.output import cell, console, print_json, print_line, rounded
from pgrecall.cli.shared.tables import Column, print_table

if TYPE_CHECKING:
    from pgrecall._operations.adopted.proposing import Proposal

_LAST = re.compile(r'(?:[^".]|"(?:[^"]|"")*")+\Z')
_MISSING, _LEFT_OUT = "COLUMN", "(left out)"


def bare_name(table: str) -> str:
    """Give a table's own name, which SQL may write with a schema and in quotes."""
    found = _LAST.search(table.strip())
    last = found[0].strip() if found else table
    if len(last) > 1 and last.startswith('"') and last.endswith('"'):
        return last[1:-1].replace('""', '"')
    return last.lower()


def print_proposal(proposal: Proposal, others: list[str], *, as_json: bool) -> None:
    """Print what was found, and the command that would adopt the table so.

    Args:
        proposal: What was found.
        others: Words of the command that are not of the columns.
        as_json: Whether for programs.
    """
    words = ["pgrecall", "adopt", proposal.name, *_options(proposal)]
    if "--text-search" not in others and proposal.text_search != "english":
        words += ["--text-search", proposal.text_search or "none"]
    words += others
    if as_json:
        print_json(
            {
                "table": proposal.name,
                "kind": proposal.kind,
                "rows": proposal.rows,
                "chosen": proposal.chosen,
                "why": proposal.why,
                "left_out": proposal.left_out,
                "notes": proposal.notes,
                "command": words,
            }
        )
        return
    where = console()
    rows = "" if proposal.rows is None else f", some {rounded(proposal.rows)} rows"
    where.print(cell(f"{proposal.name}: {proposal.kind}{rows}"))
    chosen = proposal.chosen
    print_table(
        where,
        [
            Column("as", [*chosen, *(_LEFT_OUT for _ in proposal.left_out)]),
            Column(
                "column",
                [*map(", ".join, chosen.values()), *proposal.left_out],
                "bold",
                folds=True,
            ),
            Column(
                "why",
                [*(proposal.why[of] for of in chosen), *proposal.left_out.values()],
                folds=True,
            ),
        ],
    )
    for note in proposal.notes:
        where.print(cell(note), soft_wrap=True)
    print_line(" ".join(map(_word, words)))


def _options(proposal: Proposal) -> list[str]:
    words = []
    for of, columns in proposal.chosen.items():
        words += [f"--{of.replace('_', '-')}", _listed(of, columns)]
    if "id" not in proposal.chosen:
        words += ["--id", _MISSING]
    return words


def _listed(of: str, columns: list[str]) -> str:
    """Write columns as the option reads them."""
    if of not in {"id", "text", "metadata"}:
        return columns[0]
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(columns)
    return written.getvalue().removesuffix("\n")


def _word(word: str) -> str:
    """Write a word for a shell; what a terminal would take for more than letters is spelled out."""
    if word.isprintable():
        return shlex.quote(word)
    return f"$'{''.join(map(_spelled, word))}'"


def _spelled(letter: str) -> str:
    if letter == "\\":
        return "\\\\"
    # a quote ends the word in a shell that does not know this form
    if letter.isprintable() and letter != "'":
        return letter
    return "".join(f"\\x{byte:02x}" for byte in letter.encode())
