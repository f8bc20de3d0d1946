"""What a load did, and how it is told."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgrecall._adapters.naming import index_text
from pgrecall.cli.shared.output import (
    cell,
    console,
    note,
    plural,
    print_json,
    seconds_text,
    shortened,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall.cli.documents.inputs import LeftOut
    from pgrecall.cli.documents.loading import Documents
    from pgrecall.cli.load.rows import RowsLoaded
    from pgrecall.errors import PgRecallError
    from pgrecall.indexes import Index
    from pgrecall.models import Collection

_SHOWN = 5  # rejected rows, and files, that are told by name
_LISTED = 100  # files of a kind that JSON names
_ROOM = 60  # characters of a file's name


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did.

    Attributes:
        collection: As it is now.
        is_new: Whether the load made it.
        files: What came of each file of rows.
        documents: What came of the documents, if there were any.
        skipped: What a folder or pattern has beside.
        refused: Files that could not be loaded.
        rows: Rows of the collection now.
        seconds: How long it took, the index apart.
        built: The index that was built at the end.
        index_seconds: How long that took.
        not_built: Why an index was not built that should have been: the rows are there all the
            same.
    """

    collection: Collection
    is_new: bool
    files: Sequence[RowsLoaded]
    documents: Documents | None
    skipped: Sequence[LeftOut]
    refused: Sequence[LeftOut]
    rows: int
    seconds: float
    built: Index | None
    index_seconds: float
    not_built: PgRecallError | None = None

    @property
    def rejected(self) -> int:
        """Rows that could not be stored."""
        return sum(one.rejected for one in self.files)


def print_report(report: LoadReport, tenant: str, *, as_json: bool) -> None:
    """Print what a load did."""
    if as_json:
        print_json({"tenant": tenant, **_as_json(report)})
    else:
        _print(report, tenant)


def _as_json(report: LoadReport) -> dict[str, Any]:
    collection, documents = report.collection, report.documents
    paths = [str(one.reject_path) for one in report.files if one.reject_path is not None]
    return {
        "collection": collection.name,
        "created": report.is_new,
        "written": sum(one.written for one in report.files)
        + (documents.written if documents else 0),
        "unchanged": sum(one.unchanged for one in report.files)
        + (documents.unchanged if documents else 0),
        "rejected": report.rejected,
        "reject_file": paths[0] if paths else None,
        "reasons": [
            {"file": file.file, "line": one.number, "reason": one.reason}
            for file in report.files
            for one in file.told
        ],
        "files": len(report.files) + (documents.files if documents else 0),
        "moved": documents.moved if documents else 0,
        "removed": documents.removed if documents else 0,
        "gone_files": documents.gone[:_LISTED] if documents else [],
        "refused_files": _listed(report.refused),
        "skipped_files": _listed(report.skipped),
        "rows": report.rows,
        "dimensions": collection.dimensions,
        "embedding_model": collection.embedding_model,
        "index": index_text(collection.index),
        "seconds": round(report.seconds + report.index_seconds, 3),
    }


def _listed(files: Sequence[LeftOut]) -> list[dict[str, str]]:
    return [{"file": one.path, "reason": one.reason} for one in files[:_LISTED]]


def _print(report: LoadReport, tenant: str) -> None:
    name, out = report.collection.name, console()
    lines = []
    if report.files:
        written = sum(one.written for one in report.files)
        unchanged = sum(one.unchanged for one in report.files)
        lines.append(_stored("row", written, unchanged, len(report.files)))
    if report.documents is not None:
        done = report.documents
        line = _stored("chunk", done.written, done.unchanged, done.files, always=True)
        lines.append(f"{line}, {done.removed:,} gone" if done.removed else line)
    lines[-1] += f" in {seconds_text(report.seconds)}"
    told = f"{name}: {', '.join(lines)}; {plural(report.rows, 'row')} in all"
    out.print(cell(told), soft_wrap=True)
    if report.built is not None:
        seconds = seconds_text(report.index_seconds)
        out.print(cell(f"{name}: {index_text(report.built)} index built in {seconds}"))
    if report.is_new and report.collection.embedding_model:
        out.print(cell(f"now: {_search(name, tenant)}", "dim"))


def _stored(what: str, written: int, unchanged: int, files: int, *, always: bool = False) -> str:
    of = f" of {plural(files, 'file')}" if always or files > 1 else ""
    there = f" ({unchanged:,} there already)" if unchanged else ""
    return f"{plural(written, what)}{of} stored{there}"


def tell_left_out(report: LoadReport) -> None:
    """Tell what was not loaded, and why."""
    for file in report.files:
        if file.rejected:
            _tell_rejected(file, of_several=len(report.files) > 1)
    for one in report.refused[:_SHOWN]:
        note(one.reason)
    if len(report.refused) > _SHOWN:
        note(f"{plural(len(report.refused) - _SHOWN, 'more file')} cannot be read")
    if report.skipped:
        note(f"left out: {_skipped(report.skipped)}")
    if report.documents is not None:
        _tell_documents(report.documents)


def _tell_rejected(file: RowsLoaded, *, of_several: bool) -> None:
    shown = [f"{one.number:,} ({one.reason})" for one in file.told[:_SHOWN]]
    more = file.rejected - len(shown)
    lines = ", ".join(shown) + (f" and {more:,} more" if more else "")
    count = plural(file.rejected, file.line_word)
    of = f" of {file.file}" if of_several else ""
    were = "was" if file.rejected == 1 else "were"
    note(f"{count}{of} {were} rejected: {lines}; kept in {file.reject_path}: mend it and load it")


def _tell_documents(done: Documents) -> None:
    if done.empty:
        note(f"without a word of text: {_named(done.empty)}")
    for path, count in done.textless[:_SHOWN]:
        note(f"{path}: {plural(count, 'page')} without text, as scans have")
    if done.doubles is not None:
        old, new = done.doubles
        note(f"{old} and {new} say the same: is it one file? --base names files from one folder")
    if done.gone:
        end = "their chunks are removed" if done.pruned else "--prune removes their chunks"
        note(f"no longer there: {_named(done.gone)}; {end}")


def _skipped(skipped: Sequence[LeftOut]) -> str:
    """Say it by reason, the commonest first: a folder may have thousands."""
    reasons = Counter(one.reason for one in skipped)
    told = []
    for reason, _ in reasons.most_common(_SHOWN):
        paths = [one.path for one in skipped if one.reason == reason]
        told.append(f"{_named(paths)} ({reason})")
    more = len(reasons) - _SHOWN
    return "; ".join(told) + (f"; and more for {plural(more, 'other reason')}" if more > 0 else "")


def _named(paths: Sequence[str]) -> str:
    shown = ", ".join(shortened(path, _ROOM) for path in paths[:_SHOWN])
    more = len(paths) - _SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


def _search(name: str, tenant: str) -> str:
    """Give the command that asks a collection, as a shell takes it."""
    whose = "" if tenant == "default" else f" --tenant {shlex.quote(tenant)}"
    asked = f'{shlex.quote(name)} "a question of yours"'
    # what begins with a dash is an option, but behind two
    ordered = f"{whose} -- {asked}" if name.startswith("-") else f" {asked}{whose}"
    return f"pgrecall search{ordered}"
