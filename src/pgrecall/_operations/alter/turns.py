"""Work that needs a table for itself for a moment, done without keeping others waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._operations.indexes.indexes import SWAP_TRIES
from pgrecall.errors import DatabaseError

if TYPE_CHECKING:
    from pgrecall._operations.work import Operation, Work
    from pgrecall._statements.layout import Stored


def in_turn(stored: Stored, verb: str, work: Work[None]) -> Operation[None]:
    """Run work that waits a moment for each lock, again where readers let nobody in between them.

    Raises:
        DatabaseError: The table was in use all the time; nothing was changed.
    """
    for left in reversed(range(SWAP_TRIES)):
        try:
            yield work
        except DatabaseError as error:
            if error.sqlstate != "55P03":  # lock_not_available: those that waited go first
                raise
            if not left:
                msg = (
                    f"{verb}() could not have the table of collection {stored.collection.name!r}"
                    " for itself for a moment: a long search, a load or an index build holds it;"
                    " call it again after that"
                )
                raise error.explained(msg) from error
        else:
            return
