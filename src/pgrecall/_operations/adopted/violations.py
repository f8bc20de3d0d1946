"""What an adopted table refuses, told with the item that it refuses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pgrecall._values.strings import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall.errors import DatabaseError

_OF_ROWS = ("21", "22", "23", "44", "45", "P0")
"""Classes of errors that a row has caused; a trigger says P0001 unless it says otherwise."""
_POLICY = "ExecWithCheckOptions"
_KEYS = re.compile(r"\((.+?)\)=\(").search

_WORDS = {
    "23505": "another row has its {key}, by the unique constraint {constraint}",
    "23502": "column {column} of {table} is NOT NULL and got no value",
    "23514": "the check constraint {constraint} does not hold",
    "23503": "the foreign key {constraint} on its {key} does not hold",
    "23P01": "the exclusion constraint {constraint} on its {key} does not hold",
    "22": "a column cannot hold its value",
    "44": "the view would not show it (WITH CHECK OPTION)",
    "21": "the table takes two of the ids for the same",
}
"""What an error says, by its code or class."""

_NAMES = "a trigger, a rule or a default of it names what is not there"
_OF_TABLES = {
    "42501": "this role lacks a privilege; a write needs SELECT, INSERT and UPDATE of the columns"
    " that were adopted, and a removal DELETE and UPDATE",
    "42P01": _NAMES,
    "42703": _NAMES,
    "42883": _NAMES,
    "0A000": "it has what does not let a row be written so, such as a rule",
}
"""What an error says that no row has caused, by its code."""


def is_of_a_row(error: DatabaseError) -> bool:
    """Tell whether a row has caused an error, so that one of several can be named."""
    state = error.sqlstate or ""
    return state.startswith(_OF_ROWS) or is_of_policy(error)


def is_of_policy(error: DatabaseError) -> bool:
    """Tell whether row-level security has refused a row."""
    return error.sqlstate == "42501" and _of(error, "source_function") == _POLICY


def of_table(error: DatabaseError, table: str, what: str) -> DatabaseError:
    """Name the table, where it and not a row is why a statement failed; else it stays.

    Args:
        error: What the server said.
        table: The table.
        what: What could not be done: ``stored``.
    """
    _without_rows(error)
    words = _OF_TABLES.get(error.sqlstate or "")
    if words is None:
        return error
    return error.explained(f"nothing can be {what} in {table}: {words}")


def told(error: DatabaseError, table: str, ids: Sequence[str], what: str) -> DatabaseError:
    """Tell which item a table refuses, and by what.

    Args:
        error: What the server said.
        table: The table.
        ids: The item, where it is known which.
        what: What could not be done: ``stored``.
    """
    _without_rows(error)
    which = f"item {shown(ids[0])}" if len(ids) == 1 else "one of the items"
    return error.explained(f"{which} cannot be {what} in {table}: {_why(error)}")


def _without_rows(error: DatabaseError) -> None:
    """Leave the server's words on an error alone in its cause's text: details have whole rows.

    A traceback is logged more often than it is read. ``diag`` has them still.
    """
    said = _of(error, "message_primary")
    if said and error.__cause__ is not None:
        error.__cause__.args = (said,)


def _why(error: DatabaseError) -> str:
    state = error.sqlstate or ""
    if is_of_policy(error):
        return "row-level security does not let this role write the row"
    words = _WORDS.get(state) or _WORDS.get(state[:2], "the database refuses it")
    constraint, of = _of(error, "constraint_name"), _of(error, "table_name")
    if constraint is None and "{constraint}" in words:  # no partition takes it
        words = "the table has no place for it"
    named = f"{constraint} of {of}" if of else f"{constraint}"
    column = _of(error, "column_name")
    return words.format(constraint=named, column=column, table=of, key=_key(error))


def _key(error: DatabaseError) -> str:
    # the columns alone: the detail has their values behind them
    found = _KEYS(_of(error, "message_detail") or "")
    return f"({found[1]})" if found else "key"


def _of(error: DatabaseError, name: str) -> Any:
    return getattr(getattr(error.__cause__, "diag", None), name, None)
