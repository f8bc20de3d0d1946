"""The options of ``pgrecall load``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from pgrecall.cli.documents.formats import LoadFormat  # noqa: TC001  # typer reads annotations
from pgrecall.cli.load.target import IndexChoice  # noqa: TC001  # typer reads annotations
from pgrecall.cli.shared import completing, options  # typer reads annotations
from pgrecall.cli.shared.layouts import (
    Storage,
    read_fields,
    read_text_index,
    read_text_search,
    split_names,
)

MetricChoice = Literal["cosine", "l2", "ip", "l1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """What a load is asked for; None leaves the choice to the file, or to the usual."""

    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Markdown, text, PDF, JSON lines, CSV, Parquet or Arrow: files, folders, patterns"
            " in quotes; - is standard input.",
        ),
    ]
    collection: Annotated[
        str | None,
        typer.Option(
            "--collection",
            "-c",
            help="Where to; else the file's name, or the folder's.",
            autocompletion=completing.collections,
        ),
    ] = None
    chunk: Annotated[
        int | None,
        typer.Option(
            "--chunk", min=50, max=50_000, help="Characters of a document's chunk at most; 800."
        ),
    ] = None
    overlap: Annotated[
        int | None,
        typer.Option("--overlap", min=0, help="Characters that a chunk has of the one before; 0."),
    ] = None
    base: Annotated[
        Path | None,
        typer.Option(
            "--base",
            metavar="FOLDER",
            help="Documents are named from here; else as they are given.",
        ),
    ] = None
    prune: Annotated[
        bool,
        typer.Option("--prune", help="Remove the chunks of files that a folder no longer has."),
    ] = False
    text: Annotated[
        str | None,
        typer.Option(
            "--text",
            metavar="COLUMN,...",
            help="The text; else text, content, body, ... Several are joined by a blank line.",
        ),
    ] = None
    id_: Annotated[
        str | None,
        typer.Option(
            "--id",
            metavar="COLUMN,...",
            help="The id; else id, or derived from the row's content. Several are a JSON array.",
        ),
    ] = None
    metadata: Annotated[
        str | None,
        typer.Option(
            "--metadata", metavar="COLUMN,...", help="The metadata; else every other column."
        ),
    ] = None
    vectors: Annotated[
        str | None,
        typer.Option("--vectors", metavar="COLUMN", help="The vectors, where the file has them."),
    ] = None
    embed: options.Embed = None
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME", help="The name to pin of what made the vectors."),
    ] = None
    format_: Annotated[
        LoadFormat | None, typer.Option("--format", help="What the files are; else by their names.")
    ] = None
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="NAME:TYPE",
            help="What a column's values are, once a column: text, number, number:, (a decimal"
            " comma), boolean, date:%d.%m.%Y, datetime, json, list:; or skip, to leave it out.",
        ),
    ] = None
    encoding: Annotated[
        str | None,
        typer.Option(
            "--encoding",
            metavar="NAME",
            help="Of CSV, JSON lines and texts: cp1252, utf-16, ...; else by the file's mark, or"
            " UTF-8.",
        ),
    ] = None
    metric: Annotated[
        MetricChoice | None, typer.Option("--metric", help="How vectors are compared; cosine.")
    ] = None
    index: Annotated[
        IndexChoice | None,
        typer.Option("--index", help="Built at the end; auto, the usual: from 10,000 rows on."),
    ] = None
    fields: Annotated[
        str | None,
        typer.Option(
            "--fields",
            metavar="KEY:TYPE,...",
            help="Indexed metadata: page:number, source:text, on:datetime, team:hot-text.",
        ),
    ] = None
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            help="Of the texts: english, as PostgreSQL names it, none, or by a key of the metadata,"
            " lang:de=german,en=english,otherwise=simple.",
        ),
    ] = None
    storage: Annotated[
        Storage | None,
        typer.Option("--storage", help="vector: 4 bytes a number; halfvec: 2. vector."),
    ] = None
    distributed: Annotated[
        bool | None,
        typer.Option("--distributed/--local", help="Spread over Citus' servers, or on one."),
    ] = None
    title: options.Title = None
    text_index: options.TextIndexOption = None
    target_recall: options.TargetRecall = None
    k1: options.K1 = None
    b: options.B = None
    build_memory: options.BuildMemory = None
    reject: Annotated[
        Path | None,
        typer.Option("--reject", help="Keeps bad lines; else FILE.rejected.* beside FILE."),
    ] = None
    stop_on_error: Annotated[
        bool, typer.Option("--stop-on-error", help="Stop at the first bad line.")
    ] = False
    clean: Annotated[
        bool,
        typer.Option(
            "--clean",
            help="Take NUL and lone surrogates out of texts and metadata; else such a line is bad.",
        ),
    ] = False
    tenant: options.Tenant = "default"
    as_json: options.Json = False
    dsn: options.Dsn = None
    schema: options.Schema = "pgrecall"

    def metadata_columns(self) -> list[str] | None:
        """Give the columns of ``--metadata``."""
        return None if self.metadata is None else split_names(self.metadata)

    def collection_fields(self) -> dict[str, Any]:
        """Give the fields of ``Collection`` that options name.

        Raises:
            InvalidArgumentError: ``--fields`` or ``--language`` cannot be read.
        """
        given: dict[str, Any] = {
            "embedding_model": self.model,
            "metric": self.metric,
            "fields": None if self.fields is None else read_fields(self.fields),
            "storage": self.storage,
            "distributed": self.distributed,
            "title": self.title,
            "target_recall": self.target_recall,
            "k1": self.k1,
            "b": self.b,
        }
        said = {name: value for name, value in given.items() if value is not None}
        if self.language is not None:
            said["text_search"] = read_text_search(self.language)
        if self.title == "none":
            said["title"] = None
        if self.text_index is not None:
            said["text_index"] = read_text_index(self.text_index)
        return said
