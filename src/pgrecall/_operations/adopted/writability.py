"""Whether items can be written to a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._operations.work import one
from pgrecall._statements.adopted import looking
from pgrecall._statements.names import quoted_name
from pgrecall.errors import DatabaseError, InvalidArgumentError

if TYPE_CHECKING:
    from pgrecall._operations.work import Operation
    from pgrecall._statements.adopted.adopted import Adopted
    from pgrecall._statements.adopted.described import Relation


def check_writable(relation: Relation, adopted: Adopted) -> None:
    """Raise InvalidArgumentError where ``writable=True`` is said, and rows cannot be written."""
    if not adopted.writable:
        return
    if not relation.takes_writes:
        msg = (
            f"writable=True, and {relation.shown} is a {relation.kind} that takes no INSERT, UPDATE"
            " and DELETE: leave it at False, or adopt the table that it reads"
        )
        raise InvalidArgumentError(msg)
    for column in adopted.id:
        found = relation.columns[column.name]
        if found.generated:
            msg = (
                f"writable=True, and id column {column.name!r} of {relation.shown} is computed from"
                " others: leave it at False"
            )
            raise InvalidArgumentError(msg)
    lacking = _lacking(relation, adopted)
    if lacking:
        msg = (
            f"writable=True, and this role may not write {relation.shown}: its owner can GRANT"
            f" {', '.join(lacking)} ON {relation.shown} to it; or leave writable at False"
        )
        raise InvalidArgumentError(msg)


def check_lockable(relation: Relation, adopted: Adopted) -> Operation[None]:
    """Raise InvalidArgumentError where items are to be written, and rows cannot be locked.

    That is so of a view whose rows are none of a table's, such as one that groups, whatever its
    triggers do with what is written to it.
    """
    if not adopted.writable or relation.kind != "view":
        return
    try:
        yield one(looking.locked(adopted))
    except DatabaseError as error:
        if error.sqlstate != "0A000":  # feature_not_supported
            raise
        msg = (
            f"writable=True, and a write locks the rows that it is about, which {relation.shown}"
            f" does not let it: leave it at False, or adopt the table that it reads (the server"
            f" says: {error})"
        )
        raise InvalidArgumentError(msg) from error


def _lacking(relation: Relation, adopted: Adopted) -> list[str]:
    """Give the privileges that are needed and not there, as GRANT takes them."""
    mapped = [*adopted.id, *adopted.text, *adopted.metadata]
    mapped += [one for one in (adopted.vector, adopted.json) if one is not None]
    names = dict.fromkeys(column.name for column in mapped)
    columns = [one for name in names if not (one := relation.columns[name]).generated]
    no_insert = [quoted_name(one.name) for one in columns if not one.may_insert]
    ids = {column.name for column in adopted.id}
    no_update = [
        quoted_name(one.name) for one in columns if not one.may_update and one.name not in ids
    ]
    found = [f"INSERT ({', '.join(no_insert)})"] if no_insert else []
    found += [f"UPDATE ({', '.join(no_update)})"] if no_update else []
    return found if relation.may_delete else [*found, "DELETE"]
