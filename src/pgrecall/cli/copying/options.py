"""The options that every command of ``pgrecall import`` has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from pgrecall._values.said import UNSAID, given
from pgrecall.cli.shared import options  # noqa: TC001  # typer reads the types
from pgrecall.cli.shared.layouts import read_text_index, read_text_search
from pgrecall.indexes import Hnsw
from pgrecall.models import Collection, Metric

if TYPE_CHECKING:
    from pgrecall._statements.copying.source import Source


class IndexKind(StrEnum):
    """The approximate indexes that a new collection can be given."""

    HNSW = "hnsw"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the commands have in common, as options of each."""

    dsn: options.Dsn = None
    schema: options.Schema = "pgrecall"
    tenant: options.Tenant = "default"
    collection: Annotated[
        str | None, typer.Option(help="Collection to copy into; the source's name.")
    ] = None
    embedding_model: Annotated[
        str | None, typer.Option(help="Model that made the vectors, to be pinned.")
    ] = None
    metric: Annotated[
        Metric | None, typer.Option(help="How vectors are compared; cosine where left out.")
    ] = None
    index: Annotated[
        IndexKind | None, typer.Option(help="Approximate index of a new collection.")
    ] = None
    text_search: Annotated[
        str | None,
        typer.Option(
            help="Text search configuration, none, or by a key of the metadata,"
            " lang:de=german,en=english,otherwise=simple; of a new collection english where left"
            " out."
        ),
    ] = None
    title: options.Title = None
    text_index: options.TextIndexOption = None
    dimensions: Annotated[
        int | None, typer.Option(min=1, help="Length of the vectors to copy; the first row's.")
    ] = None
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out rows that no collection can hold.")
    ] = False
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace rows that are there but differ.")
    ] = False
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look at every row and copy none.")] = (
        False
    )
    build_memory: options.BuildMemory = None
    as_json: options.Json = False

    def wanted(self, source: Source, keys: dict[str, str] | None) -> Collection:
        """Describe the target of one source."""
        return Collection(
            self.collection or source.name,
            self.dimensions,
            given(self.embedding_model),
            self.metric,
            index=Hnsw() if self.index else UNSAID,
            text_search=UNSAID if self.text_search is None else read_text_search(self.text_search),
            title=None if self.title == "none" else given(self.title),
            text_index=UNSAID if self.text_index is None else read_text_index(self.text_index),
            fields=given(keys),
        )
