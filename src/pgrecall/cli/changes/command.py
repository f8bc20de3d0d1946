"""``pgrecall update``, ``delete`` and ``clear``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pgrecall import Change, filters
from pgrecall._progress.showing import is_terminal
from pgrecall._values.filter_constants import matches_everything
from pgrecall.cli.shared import keys, options
from pgrecall.cli.shared.confirm import confirm
from pgrecall.cli.shared.connect import found, opened
from pgrecall.cli.shared.fields import field as parsed_field
from pgrecall.cli.shared.output import cell, console, plural, print_json
from pgrecall.cli.shared.where import assignment
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgrecall.filters import FilterLike
    from pgrecall.store import Store

_Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of items.")]


def delete(
    *,
    collection: options.CollectionName,
    ids: _Ids = None,
    filter_: options.FilterText = None,
    where: options.Where = None,
    tenant: options.Tenant = "default",
    yes: options.Yes = False,
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Remove items by id or by a filter; asks before on a terminal, elsewhere a filter needs --yes.

    Ids that are not there are no error. `pgrecall clear` removes all, `pgrecall drop` the
    collection too.

    Example: `pgrecall delete notes --where 'source = old.txt' --yes`
    """
    by_filter = _filter_of(filter_, where, _REMOVES_ALL)
    wanted = _one_of("delete", ids, by_filter)
    with opened(dsn, schema, tenant) as store:
        found(store, tenant, collection)
        if by_filter is not None:
            _confirm(store, tenant, collection, by_filter, None if yes else "Remove")
            removed = store.delete_where(tenant, collection, by_filter)
        else:
            # ids name what goes, so a script need not say it twice
            if not yes and is_terminal(sys.stdin):
                there = len(store.get(tenant, collection, wanted))
                confirm(f"Remove {plural(there, 'item')} of {collection!r}?")
            removed = store.delete(tenant, collection, wanted)
    if as_json:
        print_json({"tenant": tenant, "collection": collection, "removed": removed})
    else:
        console().print(cell(f"{plural(removed, 'item')} of {collection} removed"))


def update(
    *,
    collection: options.CollectionName,
    ids: _Ids = None,
    filter_: options.FilterText = None,
    where: options.Where = None,
    sets: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="A field and its new value: 'page = 3', 'by.name = Ada', 'tags = [\"new\"]'; or"
            " fields as JSON: '{\"page\": 3}'. It may be given again.",
        ),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(
            "--remove",
            metavar="FIELD",
            help="A field to remove, or by.name for one inside another. It may be given again.",
        ),
    ] = None,
    tenant: options.Tenant = "default",
    yes: options.Yes = False,
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Change metadata of items by id or by a filter; texts and vectors stay as they are.

    With a filter it asks before on a terminal, and needs --yes elsewhere. Ids that are not there
    are left out. All items are changed, or none.

    Example: `pgrecall update notes note-1 --set 'reviewed = true' --remove draft`
    """
    by_filter = _filter_of(filter_, where, _CHANGES_ALL)
    wanted = _one_of("update", ids, by_filter)
    set_ = dict(pair for text in sets or [] for pair in _fields(text))
    removed = [parsed_field(text) for text in remove or []]
    if not set_ and not removed:
        raise InvalidArgumentError("update changes nothing: give --set or --remove")
    with opened(dsn, schema, tenant) as store:
        found(store, tenant, collection)
        if by_filter is None:
            changes = [Change(id_, set=set_, remove=removed) for id_ in wanted]
            changed = store.update(tenant, collection, changes, batch_size=len(changes))
        else:
            _confirm(store, tenant, collection, by_filter, None if yes else "Change")
            changed = store.update_where(tenant, collection, by_filter, set=set_, remove=removed)
    if as_json:
        print_json({"tenant": tenant, "collection": collection, "changed": changed})
    else:
        console().print(cell(f"{plural(changed, 'item')} of {collection} changed"))


def clear(
    *,
    collection: options.CollectionName,
    tenant: options.Tenant = "default",
    yes: options.Yes = False,
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Remove all items of a collection, which stays; asks before on a terminal, else needs --yes.

    Example: `pgrecall clear notes --yes`
    """
    with opened(dsn, schema, tenant) as store:
        found(store, tenant, collection)
        if not yes:
            there = plural(store.count(tenant, collection), "item")
            confirm(f"Remove all of {collection!r}, {there}?")
        removed = store.clear(tenant, collection)
    if as_json:
        print_json({"tenant": tenant, "collection": collection, "removed": removed})
    else:
        console().print(cell(f"{collection} is empty: {plural(removed, 'item')} removed"))


_REMOVES_ALL = "remove every item (`pgrecall clear` does)"
_CHANGES_ALL = "change every item (`pgrecall update` takes ids, too)"


def _one_of(command: str, ids: list[str] | None, by_filter: FilterLike | None) -> list[str]:
    """Give the ids, each once; none where there is a filter."""
    wanted = list(dict.fromkeys(ids or []))
    if bool(wanted) == (by_filter is not None):
        msg = f"{command} takes ids, or --where or --filter in their place: one of the two"
        raise InvalidArgumentError(msg)
    return wanted


def _filter_of(filter_: str | None, where: list[str] | None, otherwise: str) -> FilterLike | None:
    given = options.filter_from(filter_, where)
    if given is not None and matches_everything(filters.parse(given)):
        raise InvalidArgumentError(
            f"--where and --filter need what can leave rows: an empty one would {otherwise}"
        )
    return given


def _confirm(
    store: Store, tenant: str, collection: str, filter_: FilterLike, verb: str | None
) -> None:
    """Tell keys that no item has, then ask; without a verb nobody is asked."""
    there = store.count(tenant, collection, filter_)
    keys.tell(store, tenant, collection, filter_=filter_, found=there > 0)
    if verb is not None:
        confirm(f"{verb} {plural(there, 'item')} of {collection!r}?")


def _fields(text: str) -> Iterable[tuple[Any, Any]]:
    """Read a ``--set``: fields with their values.

    Raises:
        InvalidArgumentError: It is none.
    """
    if not text.lstrip().startswith(("{", "[")):
        return [assignment(text)]
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
        "--set takes a field and its value, 'by.name = Ada', or a mapping, '{\"page\": 3}',"
        f" not {text}"
    )
    raise InvalidArgumentError(msg)
