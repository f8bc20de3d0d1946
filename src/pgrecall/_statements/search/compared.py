"""What a search by vector compares: rows that have one, their distance, and its binary form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.indexes.parts import index_test, part_test
from pgrecall._statements.search.sending import DEAR
from pgrecall.models import Metric

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored

_KEPT = sql.SQL("{embedding} IS NOT NULL")


def present(stored: Stored) -> sql.Composable:
    """Write what is true of the rows that have a vector, of the part that is searched, if any."""
    made: sql.Composable = _KEPT.format(**stored.columns.holes)
    if stored.part is None:
        return made
    return sql.SQL("{} AND {}").format(made, in_part(stored))


def kept(stored: Stored) -> sql.Composable:
    """Write what is true of the rows that the index has, in the index's own words."""
    return _indexed(stored, _KEPT)


def dear(stored: Stored) -> sql.Composable:
    """Write the same, where asking the index has to look cheaper than sorting all rows."""
    made = _indexed(stored, DEAR)
    if stored.present is None or not stored.present.is_partial:
        return made
    # it takes the index's own words to show the planner that it has every row
    return sql.SQL("{} AND {}").format(kept(stored), made)


def in_part(stored: Stored) -> sql.Composable:
    """Write what is true of the rows of the part that is searched, if one is."""
    if stored.part is None:
        return sql.SQL("true")
    return part_test(stored, stored.part)


def _indexed(stored: Stored, test: sql.SQL) -> sql.Composable:
    """Write a test of a row's vector, and what the index of a part is on, if one is searched."""
    made: sql.Composable = test.format(**stored.columns.holes)
    if stored.part is None:
        return made
    # in the words of the index, which a plan for any values matches too
    return sql.SQL("{} AND {}").format(made, index_test(stored, stored.part))


def distance_of(stored: Stored, vector: sql.SQL) -> sql.Composed:
    """Write the distance of a vector from ``%(query)s``."""
    return sql.SQL("{} {} %(query)s::{}").format(
        vector, stored.distance_operator, stored.vector_type
    )


def known_distance(stored: Stored, vector: sql.SQL) -> sql.Composable:
    """Write the same; NULL where the vector has no direction to compare."""
    distance = distance_of(stored, vector)
    if not may_be_undirected(stored):
        return distance
    return sql.SQL("nullif({}, 'NaN'::float8)").format(distance)


def may_be_undirected(stored: Stored) -> bool:
    """Tell whether vectors are compared by their direction, and somebody else may write zeros."""
    return stored.adopted is not None and stored.metric is Metric.COSINE


def directed(stored: Stored) -> sql.Composable:
    """Write what is true of the rows whose vector can be compared."""
    made = present(stored)
    if not may_be_undirected(stored):
        return made
    vector = stored.columns.embedding
    return sql.SQL("{} AND {} {} {} <> 'NaN'::float8").format(
        made, vector, stored.distance_operator, vector
    )


def sent(stored: Stored, vector: sql.SQL, *, wanted: bool = True) -> sql.Composable:
    """Write a vector's binary form, or NULL where none is wanted."""
    return sql.SQL("{}({})").format(stored.send_function, vector) if wanted else sql.SQL("NULL")
