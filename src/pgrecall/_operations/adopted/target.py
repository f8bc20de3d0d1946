"""What an adopted table is as what is written to, asked for at most so often."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pgrecall._operations.context import CACHE_SECONDS
from pgrecall._operations.moved import MovedError
from pgrecall._operations.work import Work
from pgrecall._statements.adopted import target as statements
from pgrecall._statements.distributed import LOCAL
from pgrecall._statements.names import qualified_name
from pgrecall._statements.statement import Many
from pgrecall.errors import DatabaseError, InvalidArgumentError

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.adopted.adopted import Adopted
    from pgrecall._statements.adopted.target import Target
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Result


# invalid_column_reference: no such unique index; generated_always; not_null_violation
_ALTERED = ("42P10", "428C9", "23502")
"""What a statement fails with that was written for what the table was."""


def writable_of(stored: Stored, verb: str) -> Adopted:
    """Give the table that a collection stands on.

    Raises:
        InvalidArgumentError: It was adopted to be read.
    """
    adopted = stored.adopted
    assert adopted is not None  # noqa: S101  # the verbs branch by it
    if not adopted.writable:
        table = qualified_name(adopted.schema, adopted.name)
        msg = (
            f"collection {stored.collection.name!r} is {table}, adopted to be read: {verb} needs it"
            " adopted with Table(..., writable=True): drop_collection forgets it and removes no"
            " row, then adopt_collection takes it so"
        )
        raise InvalidArgumentError(msg)
    return adopted


def target_of(context: Context, stored: Stored, verb: str) -> Operation[Target]:
    """Give what the table says of its columns.

    Raises:
        InvalidArgumentError: It was adopted to be read.
        DatabaseError: It is gone.
    """
    adopted = writable_of(stored, verb)
    known = context.targets.get(stored.id)
    is_fresh = known is not None and time.monotonic() - known[0] <= CACHE_SECONDS
    if known is not None and is_fresh and (known[1] is adopted or known[1] == adopted):
        return known[2]

    def body() -> Steps[Result]:
        plainly = LOCAL.set_local({"search_path": ""})
        results = yield Many([plainly, statements.look(adopted)])
        found: Result = results[-1]
        return found

    result = yield Work(body, transaction=True)
    if not result.rows:
        table = qualified_name(adopted.schema, adopted.name)
        msg = f"table {table}, which collection {stored.collection.name!r} stands on, is gone"
        raise DatabaseError(msg)
    made = statements.target_of(adopted, result.rows[0])
    context.targets.put(stored.id, (time.monotonic(), adopted, made))
    return made


def target_anew(context: Context, stored: Stored, before: Target, verb: str) -> Operation[Target]:
    """Give what the table is by now, for rows that are encoded for what it was.

    Raises:
        MovedError: They have no place there as they are.
    """
    context.targets.pop(stored.id)
    now = yield from target_of(context, stored, verb)
    if now.slots.places != before.slots.places:
        raise MovedError(stored.tenant, stored.collection.name)
    return now


def check_unaltered(
    context: Context, stored: Stored, target: Target, verb: str, error: DatabaseError
) -> Operation[None]:
    """Raise MovedError where a statement failed because the table was altered since it was met."""
    context.targets.pop(stored.id)
    if error.sqlstate not in _ALTERED:
        return
    now = yield from target_of(context, stored, verb)
    if (now.shape, now.slots) != (target.shape, target.slots):
        raise MovedError(stored.tenant, stored.collection.name) from error
