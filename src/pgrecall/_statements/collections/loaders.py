"""Who loads into a collection or builds its index: notes in its settings, with their session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.names import identifier
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored

LOADER = "loader"
"""Key of a collection's settings while a load has put its indexes aside: whose load that is."""

BUILDER = "builder"
"""Key of a collection's settings while an index is being built: who builds it."""

# a role that may not see when another's session began takes it for the one that was noted
_LOADER_ALIVE = sql.SQL(
    "EXISTS (SELECT FROM pg_catalog.pg_stat_activity AS a"
    " WHERE a.pid = (settings -> %(loader)s::text -> 'pid')::int"
    " AND coalesce(extract(epoch FROM a.backend_start)"
    " = (settings -> %(loader)s::text -> 'since')::numeric, true))"
)
_UNLESS_ALIVE = sql.SQL(" AND indexes_pending AND NOT {}").format(_LOADER_ALIVE)
_WHERE_OWN = sql.SQL(" AND settings -> %(loader)s::text ->> 'token' = %(token)s")

_NOTE = sql.SQL(
    "UPDATE {registry} SET settings = settings || jsonb_build_object(%(loader)s::text,"
    " (SELECT jsonb_build_object('token', %(token)s::text, 'pid', pid, 'since',"
    " extract(epoch FROM backend_start), 'at', extract(epoch FROM clock_timestamp()),"
    " 'built', %(built)s::boolean)"
    " FROM pg_catalog.pg_stat_activity WHERE pid = pg_backend_pid())) WHERE id = %(id)s{where}"
)


def set_indexes_pending(stored: Stored, *, pending: bool) -> Statement:
    """Note that the collection's secondary indexes are away for a load, or are back."""
    query = sql.SQL(
        "UPDATE {} SET indexes_pending = %(pending)s, settings = settings - %(loader)s::text"
        " WHERE id = %(id)s"
    ).format(_registry(stored))
    return Statement(query, {"pending": pending, "loader": LOADER, "id": stored.id})


def note_loader(
    stored: Stored, token: str, *, unless_alive: bool = False, key: str = LOADER
) -> Statement:
    """Note which store loads into a collection, and a session of its own.

    Args:
        stored: The collection.
        token: The store's.
        unless_alive: Leave a note whose session is there.
        key: ``BUILDER`` for a store that builds an index.
    """
    query = _NOTE.format(
        registry=_registry(stored),
        where=_UNLESS_ALIVE if unless_alive else sql.SQL(""),
    )
    parameters = {"loader": key, "token": token, "built": False, "id": stored.id}
    return Statement(query, parameters)


def carry_note(stored: Stored, token: str, *, built: bool) -> Statement:
    """Let a store's own note that it builds name the session at hand, and the moment.

    Args:
        stored: The collection.
        token: Of the note.
        built: The index is there: what is left is to put it in its place, in another session.
    """
    query = _NOTE.format(registry=_registry(stored), where=_WHERE_OWN)
    parameters = {"loader": BUILDER, "token": token, "built": built, "id": stored.id}
    return Statement(query, parameters)


def forget_loader(stored: Stored, token: str, *, key: str = LOADER) -> Statement:
    """Take a store's note back, whose load has ended before its indexes were brought back."""
    query = sql.SQL(
        "UPDATE {} SET settings = settings - %(loader)s::text WHERE id = %(id)s{}"
    ).format(_registry(stored), _WHERE_OWN)
    return Statement(query, {"loader": key, "token": token, "id": stored.id})


def loader(stored: Stored, *, key: str = LOADER) -> Statement:
    """Ask who noted that it loads into a collection, and whether its session is still there.

    Then come the seconds since the note was made, None of a note that does not tell, and whether
    what it builds is there and is to be put in its place.
    """
    query = sql.SQL(
        "SELECT settings -> %(loader)s::text ->> 'token', {alive},"
        " (extract(epoch FROM clock_timestamp())"
        " - (settings -> %(loader)s::text -> 'at')::numeric)::float8,"
        " coalesce((settings -> %(loader)s::text -> 'built')::boolean, false) FROM {registry}"
        " WHERE id = %(id)s AND settings ? %(loader)s::text"
    ).format(alive=_LOADER_ALIVE, registry=_registry(stored))
    return Statement(query, {"loader": key, "id": stored.id})


def _registry(stored: Stored) -> sql.SQL:
    return identifier(stored.schema, "collections")
