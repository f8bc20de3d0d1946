"""What an adopted table is as what is written to, asked for at most so often."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pgrecall._operations.context import CACHE_SECONDS
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
