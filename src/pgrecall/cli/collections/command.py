"""``pgrecall collections`` and ``pgrecall drop``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pgrecall._adapters.pair import Pair
from pgrecall._operations import health
from pgrecall._operations.adopted.adopting import registered
from pgrecall.cli.shared import options  # noqa: TC001  # typer reads annotations
from pgrecall.cli.shared.confirm import confirm
from pgrecall.cli.shared.connect import opened
from pgrecall.cli.shared.layouts import fields_text, text_index_text, text_search_text
from pgrecall.cli.shared.output import bytes_text, cell, console, plural, print_json, rounded
from pgrecall.cli.shared.tables import Column, print_table
from pgrecall.cli.shared.wording import index_text
from pgrecall.errors import CollectionNotFoundError, InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.health import CollectionFacts
    from pgrecall.store import Store

_EXACT_ROWS = 100_000  # rows that are counted in no time


def collections(
    *,
    tenant: Annotated[
        str | None,
        typer.Option("--tenant", "-t", show_default=False, help="Whose; without one, everyone's."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", "-n", min=1, show_default=False, help="How many to list; without one, all."
        ),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(
            "--after",
            metavar="NAME",
            show_default=False,
            help="With --tenant: list those behind this name, the last one of the page before.",
        ),
    ] = None,
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """List collections: rows, dimensions, metric, index, table and size on disk.

    Example: `pgrecall collections --json`
    """
    if after is not None and tenant is None:
        msg = "--after names a collection of one tenant: give its --tenant too"
        raise InvalidArgumentError(msg)
    with opened(dsn, schema) as store:
        pair = Pair(store)
        shown = pair.run(health.listed(pair.context, tenant, limit=limit, after=after))
        rows = [_as_json(one, _rows(store, one)) for one in shown]
    if as_json:
        print_json(rows)
    elif not rows and after is not None:
        console().print(cell(f"{tenant!r} has no collection behind {after!r}"))
    elif not rows:
        whose = "there is no collection" if tenant is None else f"{tenant!r} has no collection"
        console().print(cell(f"{whose} yet: pgrecall load FILE makes one"))
    else:
        _print(rows)


def drop(
    *,
    collection: options.CollectionName,
    tenant: options.Tenant = "default",
    yes: options.Yes = False,
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Remove a collection with all its items; asks before on a terminal, elsewhere needs --yes.

    One that was adopted is forgotten, and its table stays as it is.

    Example: `pgrecall drop notes --yes`
    """
    with opened(dsn, schema, tenant) as store:
        pair = Pair(store)
        stored = pair.run(registered(pair.context, tenant, collection))
        if stored is None:
            raise CollectionNotFoundError(tenant, collection)
        # its table may be gone by now: nothing is asked of it
        stays = None if stored.adopted is None else stored.collection.table_name
        if not yes and stays is not None:
            confirm(f"Forget {collection!r}? {stays} stays as it is")
        elif not yes:
            count = plural(store.count(tenant, collection), "item")
            confirm(f"Remove {collection!r} with {count}?")
        removed = store.drop_collection(tenant, collection)
    if as_json:
        print_json({"tenant": tenant, "collection": collection, "removed": removed})
    elif stays is not None:
        console().print(cell(f"{collection} is forgotten; {stays} stays as it is"))
    else:
        console().print(cell(f"{collection} is gone, with {plural(removed, 'item')}"))


def _rows(store: Store, one: CollectionFacts) -> tuple[int, bool]:
    """Count small tables; the planner's estimate is good enough for others."""
    if one.table is None:
        return 0, True
    if one.adopted is not None and one.adopted.error:
        return 0, True
    if one.rows <= _EXACT_ROWS:
        return store.count(one.tenant, one.collection.name), True
    return round(one.rows), False


def _as_json(one: CollectionFacts, rows: tuple[int, bool]) -> dict[str, Any]:
    collection = one.collection
    return {
        "tenant": one.tenant,
        "name": collection.name,
        "rows": rows[0],
        "rows_are_exact": rows[1],
        "dimensions": collection.dimensions,
        "metric": str(collection.metric),
        "storage": collection.storage,
        "embedding_model": collection.embedding_model,
        "text_search": text_search_text(collection.text_search),
        "fields": fields_text(collection.fields),
        "index": index_text(collection.index),
        "target_recall": collection.target_recall,
        "title": collection.title,
        "text_index": text_index_text(collection.text_index),
        "k1": collection.k1,
        "b": collection.b,
        "indexes_pending": one.pending,
        "settings": dict(one.settings),
        "table": collection.table_name,
        "adopted": one.adopted is not None,
        "bytes": one.table.total_bytes if one.table else 0,
    }


def _print(rows: Sequence[dict[str, Any]]) -> None:
    tenants = [row["tenant"] for row in rows]
    columns = [
        Column("tenant", tenants, "dim", folds=True),
        Column("collection", [row["name"] for row in rows], "bold", folds=True),
        Column("rows", [_count_text(row) for row in rows], right=True),
        Column("dim", [str(row["dimensions"] or "-") for row in rows], right=True),
        Column("metric", [row["metric"] for row in rows]),
        Column("index", ["pending" if row["indexes_pending"] else row["index"] for row in rows]),
        Column("size", [bytes_text(row["bytes"]) for row in rows], right=True),
        Column("model", [row["embedding_model"] or "-" for row in rows], spare=True),
        Column("table", [_table_text(row) for row in rows], "dim", spare=True),
    ]
    if len(set(tenants)) == 1:
        del columns[0]
    print_table(console(), columns)


def _table_text(row: dict[str, Any]) -> str:
    return f"adopted from {row['table']}" if row["adopted"] else row["table"] or "-"


def _count_text(row: dict[str, Any]) -> str:
    return f"{row['rows']:,}" if row["rows_are_exact"] else f"~{rounded(row['rows'])}"
