"""Find the relation that is to be adopted, and say why one cannot be."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pgrecall._operations.work import one
from pgrecall._statements.adopted import catalog, looking
from pgrecall._statements.names import qualified_name
from pgrecall.errors import DatabaseError, InvalidArgumentError

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.adopted.described import Relation

_OTHERS = {
    "i": "an index",
    "I": "an index",
    "S": "a sequence",
    "c": "a type",
    "t": "a TOAST table",
}
_SYSTEM = ("pg_catalog", "information_schema", "pg_toast")
_ADOPTED = "a table, view, materialized view, partitioned or foreign table is what can be adopted"

# no such schema, no syntax of a name, too many parts, another database
_NOT_FOUND = ("3F000", "42602", "42601", "22023", "0A000")
_NAME_PARTS = 2


def found_relation(context: Context, name: str) -> Operation[Relation]:
    """Look at the relation of a name, as SQL writes it, that can be adopted.

    Raises:
        InvalidArgumentError: There is none, or it is something that cannot be.
    """
    relation = None
    try:
        result = yield one(catalog.describe(context.schema, name))
        relation = catalog.read_relation(result.rows[0])
    except DatabaseError as error:
        if error.sqlstate not in _NOT_FOUND:
            raise
        if error.sqlstate == "0A000":  # feature_not_supported
            raise _elsewhere(name) from error
    if relation is None:
        raise (yield from _missing(context, name))
    yield from _check_kind(relation)
    return relation


def _check_kind(relation: Relation) -> Operation[None]:
    shown = relation.shown
    if relation.schema in _SYSTEM:
        raise InvalidArgumentError(f"{shown} is of PostgreSQL's own catalog: {_ADOPTED}")
    if relation.kind is None:
        what = _OTHERS.get(relation.relkind, "no table")
        raise InvalidArgumentError(f"{shown} is {what}: {_ADOPTED}")
    if relation.is_temporary:
        msg = f"{shown} is a temporary table, which no other connection sees: {_ADOPTED}"
        raise InvalidArgumentError(msg)
    if relation.is_own:
        msg = (
            f"{shown} is pgrecall's own: bind or search the collection that it belongs to, or adopt"
            " a view of it"
        )
        raise InvalidArgumentError(msg)
    if relation.has_citus:
        spread = yield one(looking.is_spread(relation.oid))
        if spread.rows[0][0]:
            msg = (
                f"Citus has spread {shown} over several servers, and only a collection of"
                " pgrecall's own can be: Collection(..., distributed=True)"
            )
            raise InvalidArgumentError(msg)


def _elsewhere(name: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"{name!r} is of another database: a store sees the tables of its own, as schema.table; a"
        " foreign table of postgres_fdw can stand for one that is elsewhere"
    )


def _missing(context: Context, name: str) -> Operation[InvalidArgumentError]:
    try:
        result = yield one(looking.near(context.schema, name))
    except DatabaseError as error:
        if error.sqlstate not in _NOT_FOUND:
            raise
        return InvalidArgumentError(
            f"{name!r} is no name of a table as SQL writes it: write public.articles, and in quotes"
            ' what is not all lower case: public."Articles"'
        )
    parts, schemas, tables = result.rows[0]
    if len(parts) > _NAME_PARTS:
        return _elsewhere(name)
    there = {qualified_name(*names): names for names in json.loads(tables)}
    hint = _hint(parts, there)
    if len(parts) == _NAME_PARTS and parts[0] not in schemas:
        return InvalidArgumentError(
            f"{name!r} is not there: the database has no schema {parts[0]!r} that this role may"
            f" use{hint}"
        )
    where = f"in schema {parts[0]!r}" if len(parts) == _NAME_PARTS else "on the search_path"
    return InvalidArgumentError(
        f"{name!r} is not there: no table or view {where} is called so{hint}"
    )


def _hint(parts: list[str], there: dict[str, list[str]]) -> str:
    """Name tables that may have been meant: of the same name elsewhere, or of one much alike."""
    wanted = parts[-1].lower()
    # those of the schema that was named come first
    at = {shown: names for shown, names in there.items() if names[0] == parts[0]}
    for some in (at, there):
        same = [shown for shown, (_, name) in some.items() if name.lower() == wanted]
        bare = {name.lower(): shown for shown, (_, name) in some.items()}
        near = same or [bare[name] for name in get_close_matches(wanted, bare, 3)]
        if near:
            return f"; did you mean {' or '.join(near[:3])}?"
    return ""
