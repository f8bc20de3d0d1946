"""``pgrecall get``, ``list``, ``head``, ``sample`` and ``count``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer
from rich.padding import Padding

from pgrecall._values.own_fields import TIMES
from pgrecall.cli.shared import keys, options
from pgrecall.cli.shared.connect import opened
from pgrecall.cli.shared.fields import field as parsed_field
from pgrecall.cli.shared.output import (
    cell,
    console,
    item_json,
    note,
    numbers,
    pairs,
    print_json,
    print_line,
)
from pgrecall.cli.shared.streams import MISTAKE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall.cli.shared.fields import Field
    from pgrecall.models import Item


_Vectors = Annotated[bool, typer.Option("--vectors", help="With --json: whole vectors.")]


def get(
    *,
    collection: options.CollectionName,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of items.")],
    tenant: options.Tenant = "default",
    vectors: _Vectors = False,
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Show items by id; exit code 2 where one is not there.

    Example: `pgrecall get notes note-1 note-2 --json`
    """
    with opened(dsn, schema, tenant) as store:
        items = store.get(tenant, collection, ids)
    if as_json:
        print_json([item_json(item, vectors=vectors) for item in items])
    else:
        _print(items)
    there = {item.id for item in items}
    missing = [id_ for id_ in dict.fromkeys(ids) if id_ not in there]
    if missing:
        note(f"{collection!r} has no item {', '.join(map(repr, missing))}")
        raise typer.Exit(MISTAKE)


def list_(
    *,
    collection: options.CollectionName,
    limit: options.Limit = 20,
    filter_: options.FilterText = None,
    where: options.Where = None,
    order_by: Annotated[
        str | None,
        typer.Option(
            "--order-by",
            metavar="FIELD",
            show_default=False,
            help="A metadata key, or by.name for one inside another; without one, by id.",
        ),
    ] = None,
    descending: Annotated[
        bool, typer.Option("--descending", help="The greatest first, missing ones last.")
    ] = False,
    tenant: options.Tenant = "default",
    vectors: _Vectors = False,
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """List the first items by id or by a metadata field; `pgrecall export` writes all of them.

    Example: `pgrecall list notes --order-by page --descending --limit 5`
    """
    wanted = options.filter_from(filter_, where)
    field = None if order_by is None else parsed_field(order_by)
    with opened(dsn, schema, tenant) as store:
        items = store.list_items(
            tenant,
            collection,
            filter=wanted,
            limit=limit,
            include_vectors=vectors or not as_json,
            order_by=field,
            descending=descending,
        )
        ordered = (
            [field] if field is not None and not any(_has(one, field) for one in items) else []
        )
        keys.tell(store, tenant, collection, filter_=wanted, fields=ordered, found=bool(items))
    _show(collection, items, vectors=vectors, as_json=as_json)


def head(
    *,
    collection: options.CollectionName,
    limit: options.Limit = 5,
    tenant: options.Tenant = "default",
    vectors: _Vectors = False,
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Show the first items, by id, to see what is in a collection.

    Example: `pgrecall head notes -n 3`
    """
    with opened(dsn, schema, tenant) as store:
        items = store.list_items(
            tenant, collection, limit=limit, include_vectors=vectors or not as_json
        )
    _show(collection, items, vectors=vectors, as_json=as_json)


def count(
    *,
    collection: options.CollectionName,
    filter_: options.FilterText = None,
    where: options.Where = None,
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Count the items of a collection, or those that a filter matches.

    Example: `pgrecall count notes --where 'page >= 3' --where 'lang in en, de'`
    """
    wanted = options.filter_from(filter_, where)
    with opened(dsn, schema, tenant) as store:
        found = store.count(tenant, collection, wanted)
        keys.tell(store, tenant, collection, filter_=wanted, found=found > 0)
    if as_json:
        print_json({"tenant": tenant, "collection": collection, "count": found})
    else:
        print_line(str(found))


def sample(
    *,
    collection: options.CollectionName,
    size: options.Limit = 10,
    filter_: options.FilterText = None,
    where: options.Where = None,
    tenant: options.Tenant = "default",
    vectors: _Vectors = False,
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Show items drawn at random.

    Example: `pgrecall sample notes -n 3 --where 'lang = en'`
    """
    wanted = options.filter_from(filter_, where)
    with opened(dsn, schema, tenant) as store:
        items = store.sample(tenant, collection, size, filter=wanted)
        keys.tell(store, tenant, collection, filter_=wanted, found=bool(items))
    _show(collection, items, vectors=vectors, as_json=as_json)


def _has(item: Item, field: Field) -> bool:
    """Tell whether an item has a field; every one has its id and its times."""
    if field in ("id", *TIMES):
        return True
    found: object = item.metadata or {}
    for key in (field,) if isinstance(field, str) else field:
        if not isinstance(found, Mapping) or key not in found:
            return False
        found = found[key]
    return True


def _show(collection: str, items: Sequence[Item], *, vectors: bool, as_json: bool) -> None:
    if as_json:
        print_json([item_json(item, vectors=vectors) for item in items])
    elif items:
        _print(items)
    else:
        console().print(cell(f"{collection} has no such item"))


def _print(items: Sequence[Item]) -> None:
    out = console()
    for place, item in enumerate(items):
        if place:
            out.print()
        out.print(cell(item.id, "bold"), soft_wrap=True)
        if item.text:
            out.print(Padding(cell(item.text, lines=True), (0, 0, 0, 2)))
        if item.metadata:
            out.print(Padding(cell(pairs(item.metadata), "cyan"), (0, 0, 0, 2)))
        vector = "no vector" if item.vector is None else numbers(item.vector)
        out.print(Padding(cell(vector, "dim"), (0, 0, 0, 2)))
