"""What became of a collection that is not where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._operations.moved import MovedError
from pgrecall._operations.work import one
from pgrecall._statements.collections import registry
from pgrecall._statements.reembed import reembed
from pgrecall.errors import CollectionNotFoundError

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall.errors import DatabaseError


def missing(
    context: Context, tenant: str, name: str, error: DatabaseError | None = None
) -> Operation[CollectionNotFoundError]:
    """Say that there is no collection of a name, and what became of the one that had it.

    Args:
        context: The store's view.
        tenant: The tenant.
        name: The name.
        error: What the server said of its table, where it was there.
    """
    found = yield one(registry.renamed(context.schema, tenant, name))
    if found.rows:
        return renamed_to(tenant, name, found.rows[0][0])
    return CollectionNotFoundError(tenant, name) if error is None else dropped(tenant, name, error)


def renamed_to(tenant: str, name: str, now: str) -> CollectionNotFoundError:
    """Say that a collection has another name by now."""
    detail, remedy = f" any more (it was renamed to {now!r})", f"ask for {now!r}"
    return CollectionNotFoundError(tenant, name, detail, remedy, renamed=now)


def became(stored: Stored, error: DatabaseError | None = None) -> Steps[CollectionNotFoundError]:
    """Say what became of a collection that is not where it was."""
    tenant, name = stored.tenant, stored.collection.name
    found = yield reembed.name_of(stored)
    for now, table_name in found.rows:
        if now != name:
            return renamed_to(tenant, name, now)
        if table_name != stored.table_name:
            return MovedError(tenant, name)
    return dropped(tenant, name, error)


def dropped(tenant: str, name: str, error: DatabaseError | None = None) -> CollectionNotFoundError:
    """Say that a collection was there; the server's words tell which table it misses."""
    said = "" if error is None else f"; the server says: {error}"
    return CollectionNotFoundError(tenant, name, f" any more (it was dropped{said})")
