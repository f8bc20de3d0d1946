"""What a load did, and how it is told."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgrecall.cli.shared.output import cell, console, note, plural, print_json, seconds_text
from pgrecall.cli.shared.wording import index_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pgrecall.cli.load.rejects import Rejected
    from pgrecall.indexes import Index
    from pgrecall.models import Collection

_SHOWN = 5  # rejected rows whose reasons are printed


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did.

    Attributes:
        collection: As it is now.
        is_new: Whether the load made it.
        written: Rows stored.
        unchanged: Rows that were stored before, just so.
        rejected: Rows that could not be stored.
        told: The first of those, with reasons.
        line_word: What the file calls one of them.
        reject_path: The file that keeps them, if there are any.
        rows: Rows of the collection now.
        seconds: How long it took, the index apart.
        built: The index that was built at the end.
        index_seconds: How long that took.
    """

    collection: Collection
    is_new: bool
    written: int
    unchanged: int
    rejected: int
    told: Sequence[Rejected]
    line_word: str
    reject_path: Path | None
    rows: int
    seconds: float
    built: Index | None
    index_seconds: float


def print_report(report: LoadReport, tenant: str, *, as_json: bool) -> None:
    """Print what a load did."""
    if as_json:
        print_json({"tenant": tenant, **_as_json(report)})
    else:
        _print(report, tenant)


def _as_json(report: LoadReport) -> dict[str, Any]:
    collection = report.collection
    return {
        "collection": collection.name,
        "created": report.is_new,
        "written": report.written,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
        "reject_file": None if report.reject_path is None else str(report.reject_path),
        "reasons": [{"line": one.number, "reason": one.reason} for one in report.told],
        "rows": report.rows,
        "dimensions": collection.dimensions,
        "embedding_model": collection.embedding_model,
        "index": index_text(collection.index),
        "seconds": round(report.seconds + report.index_seconds, 3),
    }


def _print(report: LoadReport, tenant: str) -> None:
    name, out = report.collection.name, console()
    told = f"{name}: {plural(report.written, 'row')} stored in {seconds_text(report.seconds)}"
    if report.unchanged:
        told += f", {report.unchanged:,} there already"
    out.print(cell(f"{told}; {plural(report.rows, 'row')} in all"))
    if report.built is not None:
        seconds = seconds_text(report.index_seconds)
        out.print(cell(f"{name}: {index_text(report.built)} index built in {seconds}"))
    if report.is_new and report.collection.embedding_model:
        whose = "" if tenant == "default" else f" --tenant {shlex.quote(tenant)}"
        question = f'{shlex.quote(name)} "a question of yours"{whose}'
        out.print(cell(f"now: pgrecall search {question}", "dim"))


def tell_rejected(report: LoadReport) -> None:
    """Tell which rows were not stored, and where they are kept."""
    shown = [f"{one.number:,} ({one.reason})" for one in report.told[:_SHOWN]]
    more = report.rejected - len(shown)
    lines = ", ".join(shown) + (f" and {more:,} more" if more else "")
    count = plural(report.rejected, report.line_word)
    were = "was" if report.rejected == 1 else "were"
    note(f"{count} {were} rejected: {lines}; kept in {report.reject_path}: mend it and load it")
