"""A part of the rows that items are read from, drawn at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.adopted.adopted import SAMPLED
from pgrecall._statements.adopted.relation import alone, relation
from pgrecall._statements.distributed import dialect_of

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored

_DRAWN = sql.SQL("{} {}")
_AFTER_NAME = sql.SQL(" {}")
# what has no pages is read whole: so many of a thousand rows, the same ones each time or others
_SAME_ROWS = sql.SQL(
    "(SELECT * FROM {} WHERE (pg_catalog.hashtextextended(id::text, 0) & 65535)"
    " < 655.36 * ({})::float8) AS items"
)
_ANY_ROWS = sql.SQL("(SELECT * FROM {} WHERE pg_catalog.random() * 100 < ({})::float8) AS items")


def sampled(
    stored: Stored,
    percent: sql.Composable,
    *,
    repeatable: bool = True,
    by_row: bool = False,
    scoped: bool = True,
) -> sql.Composable:
    """Write what stands behind FROM for so many percent of the rows, by pages where there are any.

    Args:
        stored: The collection.
        percent: How many.
        repeatable: Whether the same rows come each time, where that costs nothing.
        by_row: The same, also of a table that is spread, whose pages do not.
        scoped: Whether rows beyond what an adopted table is held to are left out first.
    """
    dialect = dialect_of(stored)
    form = dialect.sample if repeatable else dialect.any_sample
    sample = (dialect.same_sample if by_row else form).format(percent=percent)
    adopted = stored.adopted
    if adopted is None:
        return _DRAWN.format(stored.table, sample)
    if adopted.kind in SAMPLED:
        return alone(relation(stored, adopted, sample=_AFTER_NAME.format(sample), scoped=scoped))
    rows = alone(relation(stored, adopted, scoped=scoped))
    return (_SAME_ROWS if repeatable or by_row else _ANY_ROWS).format(rows, percent)
