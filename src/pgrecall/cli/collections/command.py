"""``pgrecall collections`` and ``pgrecall drop``."""

from __future__ import annotations

from typing import Annotated

import typer

from pgrecall._adapters.pair import Pair
from pgrecall._operations.adopted.adopting import registered
from pgrecall._operations.health import gathering
from pgrecall.cli.collections.facts import facts_json, rows_of, whole
from pgrecall.cli.collections.printing import print_list, print_whole
from pgrecall.cli.shared import completing, options  # typer reads annotations
from pgrecall.cli.shared.confirm import confirm
from pgrecall.cli.shared.connect import opened
from pgrecall.cli.shared.output import cell, console, plural, print_json
from pgrecall.errors import CollectionNotFoundError, InvalidArgumentError


def collections(
    *,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[COLLECTION]",
            help="One to be told whole.",
            show_default=False,
            autocompletion=completing.collections,
        ),
    ] = None,
    tenant: Annotated[
        str | None,
        typer.Option(
            "--tenant",
            "-t",
            show_default=False,
            help="Whose; without one, everyone's, or of one collection, default's.",
        ),
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
    """List collections, or tell one whole: what it is, its fields, sizes, indexes and recall.

    Example: `pgrecall collections notes`
    """
    if name is not None:
        if limit is not None or after is not None:
            msg = "--limit and --after go with the list, not with one collection"
            raise InvalidArgumentError(msg)
        owner = "default" if tenant is None else tenant
        with opened(dsn, schema, owner) as store:
            one = whole(store, owner, name)
        if as_json:
            print_json(one)
        else:
            print_whole(one)
        return
    if after is not None and tenant is None:
        msg = "--after names a collection of one tenant: give its --tenant too"
        raise InvalidArgumentError(msg)
    with opened(dsn, schema) as store:
        pair = Pair(store)
        shown = pair.run(gathering.listed(pair.context, tenant, limit=limit, after=after))
        rows = [facts_json(one, rows_of(store, one)) for one in shown]
    if as_json:
        print_json(rows)
    elif not rows and after is not None:
        console().print(cell(f"{tenant!r} has no collection behind {after!r}"))
    elif not rows:
        whose = "there is no collection" if tenant is None else f"{tenant!r} has no collection"
        console().print(cell(f"{whose} yet: pgrecall load FILE makes one"))
    else:
        print_list(rows)


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
