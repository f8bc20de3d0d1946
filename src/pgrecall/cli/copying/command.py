"""``pgrecall import``: copy what other vector stores hold in the same database."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from pgrecall._adapters.pair import Pair
from pgrecall._operations.copying import copying, langgraph, sources
from pgrecall._statements.copying import langchain, llama_index
from pgrecall._values.said import given
from pgrecall.cli.copying.options import ImportOptions  # noqa: TC001  # typer reads the types
from pgrecall.cli.copying.report import print_copied, print_report
from pgrecall.cli.shared import options as shared  # noqa: TC001  # typer reads the types
from pgrecall.cli.shared.connect import opened
from pgrecall.cli.shared.escaping import clean
from pgrecall.cli.shared.option_groups import with_options
from pgrecall.cli.shared.progress import bars
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Collection

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.copying.source import Source

app = typer.Typer(
    no_args_is_help=True,
    help="Copy vectors, texts, metadata and ids of another store's tables, inside the server.",
)

Find: TypeAlias = Callable[["Context"], "Operation[list[Source]]"]

FromSchema = Annotated[str, typer.Option(help="Schema of the tables to copy.")]


@app.command("langchain-pgvector")
@with_options
def langchain_pgvector(
    options: ImportOptions,
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
    if every and options.collection is not None:
        raise InvalidArgumentError("--collection names one target: give --from NAME with it")
    names = None if name is None else [name]
    _run(options, lambda _: sources.find_pgvector(from_schema, names))


@app.command("langchain-pgvectorstore")
@with_options
def langchain_pgvectorstore(
    options: ImportOptions,
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
    find = sources.find_pgvectorstore
    _run(options, lambda context: find(context, from_schema, table, columns))


@app.command("llama-index")
@with_options
def llama_index_(
    options: ImportOptions,
    *,
    table: Annotated[str, typer.Option(help="The store's table_name, with or without data_.")],
    from_schema: FromSchema = "public",
) -> None:
    """Copy a table of LlamaIndex's PGVectorStore; of a node added twice the last row counts.

    Example: `pgrecall import llama-index --table my_docs --collection docs`
    """
    find = sources.find_llama_index
    keys = {llama_index.SOURCE_KEY: "text"}
    _run(options, lambda context: find(context, from_schema, table), keys)


@app.command("langgraph-postgres")
def langgraph_postgres(
    *,
    dsn: shared.Dsn = None,
    schema: shared.Schema = "pgrecall",
    tenant: shared.Tenant = "default",
    collection: Annotated[
        str, typer.Option(help="Collection of the PgRecallStore that gets the memories.")
    ] = "memory",
    embedding_model: Annotated[
        str | None, typer.Option(help="Model that made the vectors, to be pinned.")
    ] = None,
    from_schema: FromSchema = "public",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what is there, copy none.")] = (
        False
    ),
    as_json: shared.Json = False,
) -> None:
    """Copy the threads of LangGraph's PostgresSaver and the memories of its PostgresStore.

    Example: `pgrecall import langgraph-postgres --tenant acme`
    """
    with opened(dsn, schema, writes=True) as store, bars("count") as progress:
        pair = Pair(store)
        copied = pair.run(
            langgraph.copy_all(
                pair.context,
                tenant,
                from_schema,
                Collection(collection, embedding_model=given(embedding_model)),
                dry_run=dry_run,
                progress=_shown(progress, "threads"),
            )
        )
    print_copied(copied, tenant, dry_run=dry_run, as_json=as_json)


def _run(options: ImportOptions, find: Find, keys: dict[str, str] | None = None) -> None:
    """Copy what ``find`` finds, ``keys`` declared as fields, and print what came of it."""
    with (
        opened(
            options.dsn, options.schema, writes=True, build_memory=options.build_memory
        ) as store,
        bars("count") as progress,
    ):
        pair = Pair(store)
        outcomes = [
            pair.run(
                copying.copy_rows(
                    pair.context,
                    options.tenant,
                    options.wanted(source, keys),
                    source,
                    skip_bad=options.skip_bad,
                    overwrite=options.overwrite,
                    dry_run=options.dry_run,
                    progress=_shown(progress, source.name),
                )
            )
            for source in pair.run(find(pair.context))
        ]
    print_report(options, outcomes)


def _shown(progress: Progress, name: str) -> Callable[[str, int, int], None]:
    tasks: dict[str, TaskID] = {}

    def show(phase: str, done: int, total: int) -> None:
        if phase not in tasks:
            tasks[phase] = progress.add_task(f"{phase} {clean(name, lines=False)}", total=total)
        progress.update(tasks[phase], completed=done, total=total)

    return show
