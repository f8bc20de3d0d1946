"""``pgrecall forget``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pgrecall.cli.shared import keys, options
from pgrecall.cli.shared.confirm import confirm
from pgrecall.cli.shared.connect import opened
from pgrecall.cli.shared.output import cell, console, print_json

if TYPE_CHECKING:
    from pgrecall.filters import FilterLike
    from pgrecall.models import Forgotten
    from pgrecall.store import Store

_LOOKED_AT = 20  # collections where a key that was found nowhere is looked for


def forget(
    *,
    tenant: Annotated[str, typer.Option("--tenant", "-t", help="Of whom to forget.")],
    filter_: Annotated[
        str | None,
        typer.Option(
            "--filter",
            "-f",
            metavar="JSON",
            show_default=False,
            help='Items of every collection, with what they make searchable: \'{"user": "ada"}\'.',
        ),
    ] = None,
    where: options.Where = None,
    namespace: Annotated[
        str | None,
        typer.Option(
            "--namespace",
            metavar="NAME",
            show_default=False,
            help='Entries and blobs below it; one of several parts as JSON: \'["users", "ada"]\'.',
        ),
    ] = None,
    threads: Annotated[
        list[str] | None,
        typer.Option("--thread", metavar="ID", help="A thread. It may be given again."),
    ] = None,
    sessions: Annotated[
        list[str] | None,
        typer.Option("--session", metavar="ID", help="A chat. It may be given again."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would go.")] = False,
    yes: options.Yes = False,
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Remove everything of a tenant, or what is named of it; counts it and asks before.

    With --tenant alone: collections, entries, blobs, threads, chats, records and the search log.
    Of several options all that each names goes. Rows of your own tables stay. Where nobody can be
    asked it needs --yes. Broken off, it goes on when it is called again.

    Example: `pgrecall forget --tenant acme --where 'user = ada' --yes`
    """
    named: dict[str, Any] = {}
    wanted = options.filter_from(filter_, where)
    if wanted is not None:
        named["filter"] = wanted
    if namespace is not None:
        named["namespace"] = options.namespace_from(namespace)
    named |= {"threads": threads} if threads else {}
    named |= {"sessions": sessions} if sessions else {}
    with opened(dsn, schema, tenant) as store:
        if dry_run or not yes:
            would = store.forget(tenant, **named, dry_run=True)
            _tell_keys(store, tenant, wanted, would)
            if dry_run:
                _show(tenant, would, as_json=as_json)
                return
            if any(would.counts.values()):
                confirm(f"Remove {would.told} of {tenant!r}?")
        removed = store.forget(tenant, **named)
        if yes:
            _tell_keys(store, tenant, wanted, removed)
    _show(tenant, removed, as_json=as_json)


def _tell_keys(store: Store, tenant: str, wanted: FilterLike | None, found: Forgotten) -> None:
    """Say where no collection's items have a key that the filter names."""
    if wanted is not None:
        names = [one.name for one in store.list_collections(tenant, limit=_LOOKED_AT)]
        keys.tell(store, tenant, names, filter_=wanted, found=any(found.counts.values()))


def _show(tenant: str, found: Forgotten, *, as_json: bool) -> None:
    if as_json:
        kept = {"tables_kept": list(found.tables_kept), "dry_run": found.dry_run}
        print_json({"tenant": tenant, **found.counts, **kept})
    else:
        console().print(cell(f"{tenant}: {found}"))
