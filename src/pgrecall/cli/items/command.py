"""``pgrecall get``, ``list``, ``sample``, ``update`` and ``delete``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.padding import Padding

from pgrecall import Change, filters
from pgrecall.cli.shared import options
from pgrecall.cli.shared.confirm import confirm
from pgrecall.cli.shared.connect import found, opened
from pgrecall.cli.shared.output import (
    cell,
    console,
    item_json,
    note,
    numbers,
    pairs,
    plural,
    print_json,
)
from pgrecall.cli.shared.streams import MISTAKE, is_terminal
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pgrecall.models import Item


_Vectors = Annotated[bool, typer.Option("--vectors", help="With --json: whole vectors.")]
_Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of items.")]
_Where = Annotated[
    str | None,
    typer.Option("--where", metavar="JSON", help="A filter in place of ids: '{\"page\": 3}'."),
]


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
    order_by: Annotated[
        str | None,
        typer.Option(
            "--order-by",
            metavar="FIELD",
            show_default=False,
            help="A metadata key, or a path as JSON; without one, by id.",
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
    wanted = options.filter_from(filter_)
    field = None if order_by is None else options.field_from(order_by)
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
    _show(collection, items, vectors=vectors, as_json=as_json)


def sample(
    *,
    collection: options.CollectionName,
    size: options.Limit = 10,
    filter_: options.FilterText = None,
    tenant: options.Tenant = "default",
    vectors: _Vectors = False,
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Show items drawn at random.

    Example: `pgrecall sample notes -n 3 --filter '{"lang": "en"}'`
    """
    wanted = options.filter_from(filter_)
    with opened(dsn, schema, tenant) as store:
        items = store.sample(tenant, collection, size, filter=wanted)
    _show(collection, items, vectors=vectors, as_json=as_json)


def delete(
    *,
    collection: options.CollectionName,
    ids: _Ids = None,
    where: _Where = None,
    tenant: options.Tenant = "default",
    yes: options.Yes = False,
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Remove items by id or by a filter; asks before on a terminal, elsewhere --where needs --yes.

    Ids that are not there are no error. `pgrecall drop` removes a whole collection.

    Example: `pgrecall delete notes --where '{"source": "old.txt"}' --yes`
    """
    wanted = _one_of("delete", ids, where)
    filter_ = {"id": {"$in": wanted}} if where is None else _where(where, _REMOVES_ALL)
    with opened(dsn, schema, tenant) as store:
        found(store, tenant, collection)
        # ids name what goes, so a script need not say it twice
        if not yes and (where is not None or is_terminal(sys.stdin)):
            count = plural(store.count(tenant, collection, filter_), "item")
            confirm(f"Remove {count} of {collection!r}?")
        removed = (
            store.delete(tenant, collection, wanted)
            if where is None
            else store.delete_where(tenant, collection, filter_)
        )
    if as_json:
        print_json({"tenant": tenant, "collection": collection, "removed": removed})
    else:
        console().print(cell(f"{plural(removed, 'item')} of {collection} removed"))


def update(
    *,
    collection: options.CollectionName,
    ids: _Ids = None,
    where: _Where = None,
    sets: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="JSON",
            help="Fields and their new values: '{\"page\": 3}'; or a path into nested objects with"
            ' its value: \'[["by", "name"], "Ada"]\'. It may be given again.',
        ),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(
            "--remove",
            metavar="FIELD",
            help='A field to remove, or a path as JSON: \'["by", "name"]\'. It may be given again.',
        ),
    ] = None,
    tenant: options.Tenant = "default",
    yes: options.Yes = False,
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Change metadata of items by id or by a filter; texts and vectors stay as they are.

    With --where it asks before on a terminal, and needs --yes elsewhere. Ids that are not there
    are left out. All items are changed, or none.

    Example: `pgrecall update notes note-1 --set '{"reviewed": true}' --remove draft`
    """
    wanted = _one_of("update", ids, where)
    set_ = dict(pair for text in sets or [] for pair in _fields(text))
    removed = [options.field_from(text) for text in remove or []]
    if not set_ and not removed:
        raise InvalidArgumentError("update changes nothing: give --set or --remove")
    filter_ = None if where is None else _where(where, _CHANGES_ALL)
    with opened(dsn, schema, tenant) as store:
        found(store, tenant, collection)
        if filter_ is None:
            changes = [Change(id_, set=set_, remove=removed) for id_ in wanted]
            changed = store.update(tenant, collection, changes, batch_size=len(changes))
        else:
            if not yes:
                count = plural(store.count(tenant, collection, filter_), "item")
                confirm(f"Change {count} of {collection!r}?")
            changed = store.update_where(tenant, collection, filter_, set=set_, remove=removed)
    if as_json:
        print_json({"tenant": tenant, "collection": collection, "changed": changed})
    else:
        console().print(cell(f"{plural(changed, 'item')} of {collection} changed"))


_REMOVES_ALL = "remove every item (`pgrecall drop` removes them with the collection)"
_CHANGES_ALL = "change every item (`pgrecall update` takes ids, too)"


def _one_of(command: str, ids: list[str] | None, where: str | None) -> list[str]:
    """Give the ids, each once; none where there is a filter."""
    wanted = list(dict.fromkeys(ids or []))
    if bool(wanted) == (where is not None):
        msg = f"{command} takes ids, or --where with a filter: one of the two"
        raise InvalidArgumentError(msg)
    return wanted


def _fields(text: str) -> Iterable[tuple[Any, Any]]:
    """Read a ``--set``: fields with their values."""
    try:
        given = json.loads(text)
    except ValueError as error:
        raise InvalidArgumentError(f"--set is not JSON ({error}): {text!r}") from None
    match given:
        case dict():
            return given.items()
        case [list(path), value]:
            if path and all(isinstance(key, str) for key in path):
                return [(tuple(path), value)]
    msg = (
        '--set takes a mapping, {"page": 3}, or a path with its value, [["by", "name"], "Ada"],'
        f" not {text}"
    )
    raise InvalidArgumentError(msg)


def _where(text: str, otherwise: str) -> dict[str, Any]:
    given = options.parse_json(text, "--where")
    parsed = filters.parse(given)
    if parsed is None or filters.matches_everything(parsed):
        raise InvalidArgumentError(
            f"--where needs a filter that can leave rows: an empty one would {otherwise}"
        )
    return given


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
