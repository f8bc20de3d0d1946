"""Whether what was read of an adopted table is each item once, where no index tells of its ids."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pgrecall._statements.names import qualified_name
from pgrecall._values.strings import shown
from pgrecall.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgrecall._statements.layout import Stored


def check_distinct(stored: Stored, ids: Iterable[str], asked: Iterable[str] = ()) -> None:
    """Raise DatabaseError where rows that were read together have one id.

    Adopting looked at that; rows of a view, and of tables without the index, may come later.

    Args:
        stored: The collection.
        ids: The ids that came.
        asked: What was asked for, where some may come twice since they were asked for twice.
    """
    adopted, met = stored.adopted, set[str]()
    if adopted is None:
        return
    repeated = {id_ for id_, times in Counter(asked).items() if times > 1}
    for id_ in ids:
        if id_ in met and id_ not in repeated:
            table = qualified_name(adopted.schema, adopted.name)
            raise DatabaseError(
                f"collection {stored.collection.name!r}: several rows of {table} have the id"
                f" {shown(id_)} by now, and items are told apart by it: see to it that each has"
                " its own, or adopt a view that has each once, or more columns as id"
            )
        met.add(id_)
