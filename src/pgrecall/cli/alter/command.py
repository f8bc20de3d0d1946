"""``pgrecall alter`` and ``pgrecall rename``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pgrecall._adapters.naming import index_text
from pgrecall.cli.shared import options  # noqa: TC001  # typer reads annotations
from pgrecall.cli.shared.connect import found, opened
from pgrecall.cli.shared.layouts import (
    Storage,
    fields_text,
    read_fields,
    read_text_index,
    read_text_search,
    text_index_text,
    text_search_text,
)
from pgrecall.cli.shared.output import cell, console, print_json, seconds_text
from pgrecall.cli.shared.progress import step_bar
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Collection

if TYPE_CHECKING:
    from pgrecall.models import IndexProgress

_NONE = "none"


def alter(
    *,
    collection: options.CollectionName,
    fields: Annotated[
        str | None,
        typer.Option(
            "--fields",
            metavar="KEY:TYPE,...",
            help="All the metadata to be indexed: page:number,team:hot-text; none for none.",
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            help="Of the texts, as PostgreSQL names it, none, or by a key of the metadata,"
            " lang:de=german,en=english,otherwise=simple.",
        ),
    ] = None,
    storage: Annotated[
        Storage | None,
        typer.Option("--storage", help="vector: 4 bytes a number; halfvec: 2."),
    ] = None,
    title: options.Title = None,
    text_index: options.TextIndexOption = None,
    target_recall: options.TargetRecall = None,
    k1: options.K1 = None,
    b: options.B = None,
    build_memory: options.BuildMemory = None,
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Change how a collection is kept while others read and write; no vector is made anew.

    What is interrupted goes on with the same command. `pgrecall index` changes the index.

    Example: `pgrecall alter notes --fields page:number,source:text --language german`
    """
    said: dict[str, Any] = {}
    if fields is not None:
        said["fields"] = {} if fields == _NONE else read_fields(fields)
    if language is not None:
        said["text_search"] = read_text_search(language)
    if title is not None:
        said["title"] = None if title == _NONE else title
    if text_index is not None:
        said["text_index"] = read_text_index(text_index)
    if storage is not None:
        said["storage"] = storage
    numbers = {"target_recall": target_recall, "k1": k1, "b": b}
    said |= {name: number for name, number in numbers.items() if number is not None}
    if not said:
        raise InvalidArgumentError(
            "alter takes --fields, --language, --storage, --title, --text-index, --target-recall,"
            " --k1 or --b: what to change"
        )
    told: list[IndexProgress] = []
    with opened(dsn, schema, tenant, build_memory=build_memory) as store:
        before = found(store, tenant, collection)
        started = time.perf_counter()
        with step_bar(f"Altering {collection}") as step:

            def progress(done: IndexProgress) -> None:
                told[:] = [done]
                step(done)

            after = store.alter_collection(
                tenant, Collection(collection, **said), progress=progress
            )
        seconds = time.perf_counter() - started
    changed = [name for name in said if getattr(before, name) != getattr(after, name)]
    if as_json:
        print_json({**_plain(tenant, after), "changed": changed, "seconds": round(seconds, 3)})
    elif not changed:
        console().print(cell(f"{collection} is so already"))
    else:
        waited = [step.phase for step in told if step.phase.startswith("writers")]
        done = f"{collection}: {', '.join(changed)} changed in {seconds_text(seconds)}"
        console().print(cell("; ".join([done, *waited])))


def rename(
    *,
    collection: options.CollectionName,
    new: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")],
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Give a collection another name, at once; calls under the old one are told the new one.

    Example: `pgrecall rename notes archive`
    """
    with opened(dsn, schema, tenant) as store:
        found(store, tenant, collection)
        after = store.rename_collection(tenant, collection, new)
    if as_json:
        print_json({**_plain(tenant, after), "before": collection})
    else:
        console().print(cell(f"{collection} is {after.name} from here on"))


def _plain(tenant: str, after: Collection) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "collection": after.name,
        "fields": fields_text(after.fields),
        "text_search": text_search_text(after.text_search),
        "storage": after.storage,
        "index": index_text(after.index),
        "target_recall": after.target_recall,
        "title": after.title,
        "text_index": text_index_text(after.text_index),
        "k1": after.k1,
        "b": after.b,
        "table": after.table_name,
    }
