"""Check text search configurations, and make those that leave accents out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._operations.work import Work, one
from pgrecall._statements.collections import accents, tables
from pgrecall._statements.layout import MAX_IDENTIFIER_BYTES, UNACCENT
from pgrecall.errors import DatabaseError, InvalidArgumentError
from pgrecall.languages import names_of

if TYPE_CHECKING:
    from pgrecall._operations.work import Operation, Steps
    from pgrecall.languages import ByField

# classes of SQLSTATE: no such object or no right to it, no such schema, another database, no number
_ABOUT_NAMES = {"42", "3F", "0A", "22"}


def is_about_names(error: DatabaseError) -> bool:
    """Tell whether the server says that it does not know what something is named."""
    return (error.sqlstate or "")[:2] in _ABOUT_NAMES


def check_text_search(schema: str, text_search: str | ByField) -> Operation[None]:
    """Raise InvalidArgumentError unless the server has each configuration, or it can be made."""
    for name in names_of(text_search):
        yield from _check(schema, name)


def _check(schema: str, name: str) -> Operation[None]:
    base = name.removeprefix(UNACCENT)
    msg = no_text_search(base)
    try:
        found = yield one(tables.check_text_search(base))
    except DatabaseError as error:
        if not is_about_names(error):
            raise
        raise InvalidArgumentError(f"{msg}; the server says: {error}") from error
    if not found.rows[0][0]:
        raise InvalidArgumentError(msg)
    if base != name:
        yield Work(lambda: _dictionary(schema, name))


def made_without_accents(schema: str, text_search: str | ByField) -> Steps[None]:
    """Make configurations without accents where they are not there yet, in a transaction.

    Raises:
        InvalidArgumentError: The database lacks the extension, or the configuration to begin with.
    """
    for name in names_of(text_search):
        yield from _make(schema, name)


def _make(schema: str, name: str) -> Steps[None]:
    if not name.startswith(UNACCENT) or (yield from _dictionary(schema, name)) is None:
        return
    yield accents.lock(schema)
    unaccent = yield from _dictionary(schema, name)
    if unaccent is None:
        return  # another client was quicker
    base = name.removeprefix(UNACCENT)
    parent = yield accents.parent(base)
    if not parent.rows:
        raise InvalidArgumentError(no_text_search(base))
    mapped = yield accents.dictionaries(base)
    rows = [(kind, list(asked)) for kind, asked in mapped.rows]
    for statement in accents.create(schema, name, unaccent, parent.rows[0][0], rows):
        yield statement


def _dictionary(schema: str, name: str) -> Steps[str | None]:
    """Name the dictionary that takes accents off; None where the configuration is there."""
    base = name.removeprefix(UNACCENT)
    if not base:
        msg = f"text_search={name!r} lacks the name of a configuration, as in '{name}english'"
        raise InvalidArgumentError(msg)
    if len(name.encode()) > MAX_IDENTIFIER_BYTES:
        msg = (
            f"text_search={name!r} has {len(name.encode())} bytes, and is to be the name of a text"
            f" search configuration, which has {MAX_IDENTIFIER_BYTES} at most"
        )
        raise InvalidArgumentError(msg)
    found = yield accents.look(schema, name)
    is_there, dictionary, has_files = found.rows[0]
    if is_there:
        return None
    if dictionary is None:
        first = "" if has_files else "install PostgreSQL's contrib modules on the server and "
        msg = (
            f"text_search={name!r} needs the extension unaccent, which this database does not"
            f" have: {first}run CREATE EXTENSION unaccent in it, or take text_search={base!r},"
            " which keeps accents"
        )
        raise InvalidArgumentError(msg)
    return str(dictionary)


def no_text_search(name: str | None) -> str:
    """Say that there is no such configuration."""
    return (
        f"text_search={name!r} is no text search configuration of this server"
        r" (psql's \dF lists them; None searches no text)"
    )
