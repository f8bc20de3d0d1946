"""Find the extension whose index ranks a collection's texts, or say what is missing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._statements.collections import textsearch
from pgrecall._statements.collections.textsearch import EXTENSION
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from pgrecall._operations.work import Steps
    from pgrecall.models import Collection


def textsearch_schema(wanted: Collection) -> Steps[str]:
    """Name the extension's schema.

    Raises:
        InvalidArgumentError: The database lacks it, or the server has not loaded it.
    """
    found = yield textsearch.look()
    schema, is_available, is_loaded = found.rows[0]
    if schema is not None and is_loaded:
        return str(schema)
    todo = []
    if schema is None and not is_available:
        todo.append("install it on the server (PostgreSQL 17 or newer)")
    if not is_loaded:
        todo.append(f"add {EXTENSION} to shared_preload_libraries and restart the server")
    if schema is None:
        todo.append(f"run CREATE EXTENSION {EXTENSION} in the database")
    lacking = "this database does not have" if schema is None else "this server has not loaded"
    msg = (
        f"text_index={wanted.text_index!r} of collection {wanted.name!r} needs the extension"
        f" {EXTENSION}, which {lacking}: {', '.join(todo)}; or leave text_index=None, which"
        " searches by what PostgreSQL has"
    )
    raise InvalidArgumentError(msg)
