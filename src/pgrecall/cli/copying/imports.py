"""``pgrecall import``: copy what other vector stores hold in the same database."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, get_type_hints

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pgrecall._adapters.pair import Pair
from pgrecall._operations.copying import copying as imports
from pgrecall._operations.copying import sources as import_sources
from pgrecall._statements.copying import langchain, llama_index
from pgrecall._values.said import UNSAID, given
from pgrecall.cli.shared import options  # noqa: TC001  # typer reads the types
from pgrecall.cli.shared.connect import opened
from pgrecall.cli.shared.output import cell, console, messages, plural, print_json
from pgrecall.cli.shared.safe import clean
from pgrecall.cli.shared.tables import Column, print_table
from pgrecall.errors import InvalidArgumentError
from pgrecall.indexes import Hnsw
from pgrecall.models import Collection, Metric

if TYPE_CHECKING:
    from rich.progress import TaskID

    from pgrecall._operations.context import Context
    from pgrecall._operations.copying.copying import Outcome
    from pgrecall._operations.work import Operation
    from pgrecall._statements.copying.source import Source

app = typer.Typer(
    no_args_is_help=True,
    help="Copy vectors, texts, metadata and ids of another store's tables, inside the server.",
)


class IndexKind(StrEnum):
    """The approximate indexes that a new collection can be given."""

    HNSW = "hnsw"


Find: TypeAlias = Callable[["Context"], "Operation[list[Source]]"]


@dataclass(frozen=True, slots=True)
class Settings:
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
            help="Text search configuration, or none; of a new collection english where left out."
        ),
    ] = None
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
    as_json: options.Json = False

    def wanted(self, source: Source, keys: dict[str, str] | None) -> Collection:
        """Describe the target of one source."""
        return Collection(
            self.collection or source.name,
            self.dimensions,
            given(self.embedding_model),
            self.metric,
            index=Hnsw() if self.index else UNSAID,
            text_search=None if self.text_search == "none" else given(self.text_search),
            fields=given(keys),
        )


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the ``Settings`` beside its own, which it gets as its first argument."""
    hints, shared = (get_type_hints(one, include_extras=True) for one in (command, Settings))

    @functools.wraps(command)
    def with_all(**chosen: Any) -> None:
        settings = Settings(**{one.name: chosen.pop(one.name) for one in fields(Settings)})
        command(settings, **chosen)

    keyword = inspect.Parameter.KEYWORD_ONLY
    _, *own = inspect.signature(command).parameters.values()
    parameters = [
        *(one.replace(kind=keyword, annotation=hints[one.name]) for one in own),
        *(
            inspect.Parameter(one.name, keyword, default=one.default, annotation=shared[one.name])
            for one in fields(Settings)
        ),
    ]
    with_all.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # PEP 362
    with_all.__annotations__ = {one.name: one.annotation for one in parameters}
    return with_all


FromSchema = Annotated[str, typer.Option(help="Schema of the tables to copy.")]


@app.command("langchain-pgvector")
@with_options
def langchain_pgvector(
    settings: Settings,
    *,
    name: Annotated[
        str | None, typer.Option("--from", metavar="NAME", help="Collection of PGVector to copy.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Copy every collection.")] = False,
    from_schema: FromSchema = "public",
) -> None:
    """Copy collections of langchain-postgres' PGVector.

    Example: `pgrecall import langchain-pgvector --from my_docs --index hnsw`
    """
    if (name is None) is not every:
        raise InvalidArgumentError("give either --from NAME or --all")
    if every and settings.collection is not None:
        raise InvalidArgumentError("--collection names one target: give --from NAME with it")
    names = None if name is None else [name]
    run(settings, lambda _: import_sources.find_pgvector(from_schema, names))


@app.command("langchain-pgvectorstore")
@with_options
def langchain_pgvectorstore(
    settings: Settings,
    *,
    table: Annotated[str, typer.Option(help="Table of the PGVectorStore.")],
    from_schema: FromSchema = "public",
    id_column: Annotated[str, typer.Option(help="Column of the id.")] = "langchain_id",
    content_column: Annotated[str, typer.Option(help="Column of the text.")] = "content",
    embedding_column: Annotated[str, typer.Option(help="Column of the vector.")] = "embedding",
    metadata_json_column: Annotated[
        str, typer.Option(help="Column of the metadata that have no column.")
    ] = "langchain_metadata",
    metadata_column: Annotated[
        list[str] | None,
        typer.Option(help="Column of metadata; again for more. All others where left out."),
    ] = None,
    ignore_metadata_column: Annotated[
        list[str] | None, typer.Option(help="Column to leave out; again for more.")
    ] = None,
) -> None:
    """Copy a table of langchain-postgres' PGVectorStore, its columns of metadata too.

    Example: `pgrecall import langchain-pgvectorstore --table my_docs --collection docs`
    """
    columns = langchain.Columns(
        id_column,
        content_column,
        embedding_column,
        metadata_json_column,
        tuple(metadata_column) if metadata_column else None,
        tuple(ignore_metadata_column or ()),
    )
    find = import_sources.find_pgvectorstore
    run(settings, lambda context: find(context, from_schema, table, columns))


@app.command("llama-index")
@with_options
def llama_index_(
    settings: Settings,
    *,
    table: Annotated[str, typer.Option(help="The store's table_name, with or without data_.")],
    from_schema: FromSchema = "public",
) -> None:
    """Copy a table of LlamaIndex's PGVectorStore; of a node added twice the last row counts.

    Example: `pgrecall import llama-index --table my_docs --collection docs`
    """
    find = import_sources.find_llama_index
    keys = {llama_index.SOURCE_KEY: "text"}
    run(settings, lambda context: find(context, from_schema, table), keys)


def run(settings: Settings, find: Find, keys: dict[str, str] | None = None) -> None:
    """Copy what ``find`` finds, ``keys`` declared as fields, and print what came of it."""
    with opened(settings.dsn, settings.schema, writes=True) as store, _progress() as progress:
        pair = Pair(store)
        outcomes = [
            pair.run(
                imports.copy_rows(
                    pair.context,
                    settings.tenant,
                    settings.wanted(source, keys),
                    source,
                    skip_bad=settings.skip_bad,
                    overwrite=settings.overwrite,
                    dry_run=settings.dry_run,
                    progress=_shown(progress, source.name),
                )
            )
            for source in pair.run(find(pair.context))
        ]
    if settings.as_json:
        found = [_as_json(outcome) for outcome in outcomes]
        print_json({"tenant": settings.tenant, "dry_run": settings.dry_run, "imports": found})
    else:
        _print(settings, outcomes)


def _progress() -> Progress:
    where = messages()
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=where,
        disable=not where.is_terminal,
    )


def _shown(progress: Progress, name: str) -> Callable[[str, int, int], None]:
    tasks: dict[str, TaskID] = {}

    def show(phase: str, done: int, total: int) -> None:
        if phase not in tasks:
            tasks[phase] = progress.add_task(f"{phase} {clean(name, lines=False)}", total=total)
        progress.update(tasks[phase], completed=done, total=total)

    return show


def _as_json(outcome: Outcome) -> dict[str, Any]:
    tally = outcome.tally
    return {
        "source": outcome.source,
        "collection": outcome.collection.name,
        "dimensions": outcome.collection.dimensions,
        "rows": tally.rows,
        "copied": tally.copied,
        "same": tally.same,
        "different": tally.different,
        "older": tally.older,
        "without_vector": tally.without_vector,
        "skipped": tally.skipped,
        "bad": [{"reason": why, "rows": count, "ids": ids} for why, count, ids in outcome.bad],
    }


def _print(settings: Settings, outcomes: list[Outcome]) -> None:
    tallies = [outcome.tally for outcome in outcomes]
    counts = {
        "rows": [tally.rows for tally in tallies],
        "to copy" if settings.dry_run else "copied": [tally.copied for tally in tallies],
        "there": [tally.same + tally.different for tally in tallies],
        "left out": [tally.skipped + tally.older for tally in tallies],
    }
    where = console()
    print_table(
        where,
        [
            Column("from", [outcome.source for outcome in outcomes], folds=True),
            Column(
                "collection", [outcome.collection.name for outcome in outcomes], "bold", folds=True
            ),
            *(
                Column(heading, [f"{number:,}" for number in numbers], right=True)
                for heading, numbers in counts.items()
            ),
        ],
    )
    for outcome in outcomes:
        for line in _notes(settings, outcome):
            where.print(cell(line), soft_wrap=True)


def _notes(settings: Settings, outcome: Outcome) -> list[str]:
    tally, name = outcome.tally, outcome.source
    notes = [
        f"{name}: {plural(count, 'row')} left out with {reason}: {', '.join(map(ascii, ids))}"
        for reason, count, ids in outcome.bad
    ]
    if tally.older:
        notes.append(f"{name}: {plural(tally.older, 'row')} left out for a later one of the id")
    if tally.without_vector:
        rows = plural(tally.without_vector, "row")
        notes.append(f"{name}: {rows} without a vector, which only text finds")
    if tally.different:
        does = "replaced" if settings.overwrite else "kept; --overwrite replaces it"
        rows = plural(tally.different, "row")
        notes.append(f"{name}: {rows} of another content in the collection: {does}")
    return notes
