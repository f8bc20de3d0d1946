"""What is not done to a collection on somebody else's table, why, and what can be done instead.

Nothing of such a table is changed but what the caller asked for by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall._operations.collections.fields import FIELDS, Kind
from pgrecall._statements.names import qualified_name
from pgrecall.errors import CREATE_INDEX, InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pgrecall._statements.adopted.adopted import Adopted
    from pgrecall._statements.layout import Stored

REFUSED: Mapping[str, str] = {
    "load": "load() fills a table of pgrecall's own, whose indexes it puts aside meanwhile:"
    " upsert() writes items to {table}, where that was adopted with writable=True",
    "clear": "clear() would empty {table}, which is yours: SQL of your own does that;"
    " delete_where() removes the rows that a filter says, where it was adopted with writable=True",
    "reembed": "reembed() fills a second table that takes the first one's place, and {table} is"
    " yours: write the vectors of the new model to another column of it, then adopt_collection()"
    " with that column under another name",
    "drop_index": "an index of {table} is yours to drop: {drop}",
    "reindex": "an index of {table} is yours to build anew: {rebuild}",
    "import": "rows of other stores are copied to tables of pgrecall's own, and {table} is yours:"
    " name a collection that is not there yet",
}
"""What is refused, by its verb or the command's name."""

ALTERED = tuple(name for name, field in FIELDS.items() if field.kind is Kind.SETTING)[1:]
"""The fields of ``Collection`` that alter_collection() changes: the registry alone has them."""

_ANEW = (
    "{field} follows from {table} as it was adopted: drop_collection() forgets the collection and"
    " leaves the table as it is, adopt_collection() adopts it anew"
)
_OWN_TABLE = "{field} is of collections on a table of pgrecall's own"
_WHY = {
    "index": "create_index() builds an index of {table}, and its owner drops one",
    "distributed": _OWN_TABLE,
    "title": _OWN_TABLE,
    "text_index": _OWN_TABLE,
}


BY_HAND: Mapping[str, str] = {
    "vacuum": "VACUUM (ANALYZE) {table}",
    "analyze": "ANALYZE {table}",
    "rebuild aged indexes": "REINDEX INDEX CONCURRENTLY {index}",
    "drop half-built indexes": "DROP INDEX CONCURRENTLY {index}",
}
"""What maintain() does to a table of pgrecall's own, and its owner to one that was adopted."""


def by_hand(stored: Stored, task: str, index: str = "") -> str:
    """Say of a piece of maintenance that is due that it is left, and what would do it."""
    adopted = stored.adopted
    of = "" if adopted is None else qualified_name(adopted.schema, index)
    statement = BY_HAND[task].format(table=stored.holder, index=of)
    return f"{stored.holder} is yours, and left as it is: {statement}"


def refuse_adopted(stored: Stored, verb: str) -> None:
    """Raise InvalidArgumentError where the collection stands on somebody else's table.

    Args:
        stored: The collection.
        verb: What is asked, of ``REFUSED``.
    """
    adopted = stored.adopted
    if adopted is None:
        return
    holes = {
        "table": stored.holder,
        "drop": _dropping(stored, adopted),
        "rebuild": _rebuilding(stored),
    }
    raise InvalidArgumentError(f"{_standing(stored)}: {REFUSED[verb].format(**holes)}")


def refuse_fields(stored: Stored, said: Mapping[str, Any]) -> None:
    """Raise InvalidArgumentError where a field is to be another that an adopted table fixes.

    Args:
        stored: The collection.
        said: What is said of it, by field.
    """
    if stored.adopted is None:
        return
    for field, value in said.items():
        if field not in ALTERED and getattr(stored.collection, field) != value:
            why = _WHY.get(field, _ANEW).format(field=field, table=stored.holder)
            raise InvalidArgumentError(
                f"{_standing(stored)}: alter_collection() changes {_listed(ALTERED)} of it alone;"
                f" {why}"
            )


def _standing(stored: Stored) -> str:
    return f"collection {stored.collection.name!r} was adopted from {stored.holder}"


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}"


def serving_index(stored: Stored) -> str | None:
    """Name the index that serves searches by vector, as SQL needs it, where one does."""
    adopted, present = stored.adopted, stored.present
    return None if adopted is None or present is None else present.serving(adopted)


def _dropping(stored: Stored, adopted: Adopted) -> str:
    name = serving_index(stored)
    if name is None:
        return "none serves searches by vector, which compare every row"
    # PostgreSQL drops one of a partitioned table in no other way
    how = "" if adopted.kind == "partitioned table" else " CONCURRENTLY"
    return f"DROP INDEX{how} {name}"


def _rebuilding(stored: Stored) -> str:
    name = serving_index(stored)
    if name is None:
        return f"none serves searches by vector; {CREATE_INDEX}"
    return f"REINDEX INDEX CONCURRENTLY {name}"
