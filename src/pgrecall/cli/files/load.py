"""``pgrecall load``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pgrecall.cli.collections.collections import index_text
from pgrecall.cli.files.formats import Format  # noqa: TC001  # typer reads annotations
from pgrecall.cli.files.run import Report, Request, run
from pgrecall.cli.files.target import IndexChoice  # noqa: TC001  # typer reads annotations
from pgrecall.cli.shared import options  # noqa: TC001  # typer reads annotations
from pgrecall.cli.shared.connect import opened
from pgrecall.cli.shared.output import (
    cell,
    console,
    in_commands,
    note,
    plural,
    print_json,
    seconds_text,
)
from pgrecall.cli.shared.streams import MISTAKE
from pgrecall.errors import InvalidArgumentError, PgRecallError

if TYPE_CHECKING:
    from collections.abc import Mapping

Storage = Literal["vector", "halfvec"]
MetricChoice = Literal["cosine", "l2", "ip", "l1"]

_SHOWN = 5  # rejected rows whose reasons are printed


def load(  # noqa: PLR0913  # an option each
    *,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="JSON lines, CSV or Parquet; - is standard input.")
    ],
    collection: Annotated[
        str | None,
        typer.Option("--collection", "-c", help="Where to; without it the file's name."),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option("--text", metavar="COLUMN", help="The text; else text, content, body, ..."),
    ] = None,
    id_: Annotated[
        str | None,
        typer.Option(
            "--id", metavar="COLUMN", help="The id; else id, or derived from the row's content."
        ),
    ] = None,
    metadata: Annotated[
        str | None,
        typer.Option(
            "--metadata", metavar="COLUMN,...", help="The metadata; else every other column."
        ),
    ] = None,
    vectors: Annotated[
        str | None,
        typer.Option("--vectors", metavar="COLUMN", help="The vectors, where the file has them."),
    ] = None,
    embed: options.Embed = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME", help="The name to pin of what made the vectors."),
    ] = None,
    format_: Annotated[
        Format | None, typer.Option("--format", help="What the file is; else by its name.")
    ] = None,
    metric: Annotated[
        MetricChoice | None, typer.Option("--metric", help="How vectors are compared; cosine.")
    ] = None,
    index: Annotated[
        IndexChoice | None,
        typer.Option("--index", help="Built at the end; auto, the usual: from 10,000 rows on."),
    ] = None,
    fields: Annotated[
        str | None,
        typer.Option(
            "--fields", metavar="KEY:TYPE,...", help="Indexed metadata: page:number,source:text."
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option("--language", help="Of the texts, as PostgreSQL names it, or none; english."),
    ] = None,
    storage: Annotated[
        Storage | None,
        typer.Option("--storage", help="vector: 4 bytes a number; halfvec: 2. vector."),
    ] = None,
    distributed: Annotated[
        bool | None,
        typer.Option("--distributed/--local", help="Spread over Citus' servers, or on one."),
    ] = None,
    reject: Annotated[
        Path | None,
        typer.Option("--reject", help="Keeps bad lines; else FILE.rejected.* beside FILE."),
    ] = None,
    stop_on_error: Annotated[
        bool, typer.Option("--stop-on-error", help="Stop at the first bad line.")
    ] = False,
    clean: Annotated[
        bool,
        typer.Option(
            "--clean",
            help="Take NUL and lone surrogates out of texts and metadata; else such a line is bad.",
        ),
    ] = False,
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Load a file into a collection, which is made where it is missing.

    Run again after an interruption it goes on: what is stored is not embedded or written again.
    Of an export the collection is made as it was; an option that is given goes before the file.
    Bad lines are kept in a file, to be mended and loaded; the exit code is 2 then, and 0 where
    every line was stored. Lines that say the same and have no id are one item.

    Example: `pgrecall load notes.jsonl --collection notes --fields page:number`
    """
    request = Request(
        file=file,
        format=format_,
        tenant=tenant,
        collection=collection,
        text=text,
        id=id_,
        metadata=None if metadata is None else _names(metadata),
        vectors=vectors,
        embed=embed,
        settings=_settings(
            embedding_model=model,
            metric=metric,
            fields=None if fields is None else _fields(fields),
            storage=storage,
            distributed=distributed,
            text_search=language,
        ),
        index=index,
        reject=reject,
        stop_on_error=stop_on_error,
        clean=clean,
    )
    try:
        report = run(request, lambda: opened(dsn, schema, tenant, writes=True))
    except PgRecallError as error:
        if error.written:
            note(
                f"{plural(error.written, 'row')} stored; the same command again goes on from there"
            )
        raise
    if as_json:
        print_json({"tenant": tenant, **_as_json(report)})
    else:
        _print(report, tenant)
    if report.rejected:
        _tell_rejected(report)
        raise typer.Exit(MISTAKE)


def _settings(**given: Any) -> dict[str, Any]:
    """Keep what was said; ``none`` says that texts are not searched."""
    said = {name: value for name, value in given.items() if value is not None}
    if said.get("text_search") == "none":
        said["text_search"] = None
    return said


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _fields(text: str) -> Mapping[str, str]:
    fields = {}
    for part in _names(text):
        key, _, kind = part.rpartition(":")
        if not key or kind not in {"number", "text"}:
            raise InvalidArgumentError(
                f"--fields takes key:number and key:text, with commas between; {part!r} is neither"
            )
        fields[key] = kind
    return fields


def _as_json(report: Report) -> dict[str, Any]:
    collection = report.collection
    return {
        "collection": collection.name,
        "created": report.is_new,
        "written": report.written,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
        "reject_file": None if report.reject_path is None else str(report.reject_path),
        "reasons": [{"line": one.number, "reason": in_commands(one.reason)} for one in report.told],
        "rows": report.rows,
        "dimensions": collection.dimensions,
        "embedding_model": collection.embedding_model,
        "index": index_text(collection.index),
        "seconds": round(report.seconds + report.index_seconds, 3),
    }


def _print(report: Report, tenant: str) -> None:
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


def _tell_rejected(report: Report) -> None:
    shown = [f"{one.number:,} ({one.reason})" for one in report.told[:_SHOWN]]
    more = report.rejected - len(shown)
    lines = ", ".join(shown) + (f" and {more:,} more" if more else "")
    count = plural(report.rejected, report.line_word)
    were = "was" if report.rejected == 1 else "were"
    note(f"{count} {were} rejected: {lines}; kept in {report.reject_path}: mend it and load it")
