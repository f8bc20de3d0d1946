"""Whether the rows of a table can be told apart by an id."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pgrecall._operations.work import unhurried
from pgrecall._statements.adopted import looking
from pgrecall._statements.names import quoted_name
from pgrecall._values.strings import shown
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import sql

    from pgrecall._operations.adopted.asked import Asked
    from pgrecall._operations.work import Operation
    from pgrecall._statements.adopted.adopted import Adopted
    from pgrecall._statements.adopted.described import Relation
    from pgrecall._statements.layout import Server


def check_id(
    server: Server, asked: Asked, relation: Relation, adopted: Adopted, scope: sql.Composable
) -> Operation[None]:
    """Check that every row has an id, and no two rows the same.

    An index and NOT NULL tell of a table's; the rows of a view, of a foreign table and of one that
    others inherit from are looked at.

    Raises:
        InvalidArgumentError: It is not so; the message says what would make it so.
    """
    fixed = frozenset() if asked.scope is None else asked.scope.fixed
    is_unique = relation.indexes_cover and any(
        index.is_immediate and set(index.columns) <= {*asked.id, *fixed}
        for index in relation.unique
    )
    if (
        not is_unique
        and relation.kind in {"table", "partitioned table"}
        and (not relation.has_children)
    ):
        raise _not_unique(relation, asked.id, fixed)
    nullable = [name for name in asked.id if not relation.columns[name].is_required]
    if nullable and relation.kind in {"table", "partitioned table"}:
        raise _nullable(relation, nullable)
    if nullable:
        lacking = yield unhurried(server, looking.lacking_id(adopted, scope))
        if lacking.rows:
            raise _lacking(relation, asked.id, nullable)
    if not is_unique:
        repeated = yield unhurried(server, looking.repeated_id(adopted, scope))
        if repeated.rows:
            *values, count = repeated.rows[0]
            raise InvalidArgumentError(
                f"id: {count:,} rows of {relation.shown} have the id {_id_shown(values)}, and items"
                f" are told apart by it: {_advice_for_views(relation)}"
            )


def _not_unique(
    relation: Relation, id_: Sequence[str], fixed: frozenset[str]
) -> InvalidArgumentError:
    named = ", ".join(map(quoted_name, id_))
    msg = (
        f"id: no unique index of {relation.shown} tells that no two rows have the same {named}, and"
        " items are told apart by it"
    )
    late = [one for one in relation.unique if set(one.columns) <= {*id_, *fixed}]
    if late:
        return InvalidArgumentError(
            f"{msg}: {quoted_name(late[0].name)} is deferrable, so two may have it for a while;"
            " make it one that is NOT DEFERRABLE"
        )
    there = [one for one in relation.unique if one.is_immediate]
    others = " or ".join(f"id={_as_python(one.columns)}" for one in there[:3])
    other = f", or name what is unique: {others}" if others else ""
    if relation.kind == "partitioned table":
        return InvalidArgumentError(
            f"{msg}: a unique index of a partitioned table has the columns in it that it is"
            f" partitioned by: make one over those and {named}, and name all of them as id{other}"
        )
    return InvalidArgumentError(
        f"{msg}: CREATE UNIQUE INDEX CONCURRENTLY ON {relation.shown} ({named}) would{other}"
    )


def _nullable(relation: Relation, columns: Sequence[str]) -> InvalidArgumentError:
    changes = ", ".join(f"ALTER COLUMN {quoted_name(name)} SET NOT NULL" for name in columns)
    return InvalidArgumentError(
        f"id: column {columns[0]!r} of {relation.shown} may be NULL, and every item has an id:"
        f" ALTER TABLE {relation.shown} {changes} would see to it"
    )


def _lacking(
    relation: Relation, id_: Sequence[str], nullable: Sequence[str]
) -> InvalidArgumentError:
    named = ", ".join(map(quoted_name, id_))
    test = " AND ".join(f"{quoted_name(name)} IS NOT NULL" for name in nullable)
    return InvalidArgumentError(
        f"id: {relation.shown} has rows whose {named} is NULL, and every item has an id: adopt a"
        f" view that leaves them out, ... WHERE {test}"
    )


def _advice_for_views(relation: Relation) -> str:
    if relation.has_children:
        return "a table that others inherit from has the rows of all; adopt one of them, or a view"
    return "name more columns as id, or adopt a view that has each once"


def _id_shown(values: Sequence[str]) -> str:
    return shown(values[0] if len(values) == 1 else json.dumps(list(values)))


def _as_python(columns: Sequence[str]) -> str:
    return repr(columns[0]) if len(columns) == 1 else repr(list(columns))
