"""Filters of many values: what the index on metadata finds by each, unless that becomes too much.

Each value is asked for by itself, so no row that is found is compared with all of them. How many
rows a value has, and what is written but not yet in order in the index, the planner cannot know: so
the asking has a bound of rows and one of time, and where it meets one every row is read instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from psycopg import sql

from pgrecall._statements.columns import OWN
from pgrecall._statements.comparisons import json_array
from pgrecall._statements.layout import PAGE_BYTES, ROW_BYTES
from pgrecall._statements.parameters import Template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.items.where import Where
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.parameters import Parameters

PROBED_FROM = 11
"""Values that are asked for so, at least: fewer stand in the condition itself."""
ROWS_A_PROBE, ROWS_A_FIND = 16, 8
"""Short rows that are read in the time that one value is asked for in, and one row more brought: 10
to 16 and 4 of 8 dimensions, in memory, and a row that is no match is brought, too."""
ROWS_A_PAGE = 10
"""Short rows that are tested in the time that a page takes to be read, be it of few long rows."""
LEAST_PATIENCE, PATIENCE_A_ROW = 1_000.0, 0.3
"""How long the asking may take at least, and for each short row of the table, in microseconds."""

NAME = sql.SQL("probed")
"""The CTE that a probe is."""

# a value that is not asked any more is NULL, which tells that some are missing even if the clock is
# set back; the number of values keeps the planner from taking them to be a hundred
_ASKED = Template(
    "(SELECT CASE WHEN clock_timestamp() <"
    " (SELECT clock_timestamp() + {}::float8 * interval '1 microsecond') THEN document END"
    " AS document FROM pg_catalog.jsonb_array_elements({}::jsonb) AS given (document)"
    " LIMIT {}::bigint OFFSET 0) AS asked"
)
# by where they are, which holds within one statement; no scan is begun for what is not asked: of
# an index with much that is not in order yet, the planner reads every row for each value
_FOUND = Template(
    "SELECT found.* FROM {} CROSS JOIN LATERAL (SELECT ctid AS place{} FROM {}"
    " WHERE asked.document IS NOT NULL AND {} @> asked.document"
    " UNION ALL SELECT NULL{} WHERE asked.document IS NULL OFFSET 0) AS found LIMIT {}::bigint + 1"
)
_PLACES = Template(
    "SELECT places, cardinality(places) <= {}::bigint AND array_position(places, NULL) IS NULL"
    " AS is_few FROM (SELECT ARRAY({}) AS places OFFSET 0) AS probing"
)
_DISTANCE = Template(", CASE WHEN {} AND {} THEN {} END AS distance")
_OF_COMPARED = Template(
    "WITH compared AS MATERIALIZED ({}) SELECT ARRAY(SELECT place FROM compared ORDER BY distance"
    " FETCH FIRST ({}) ROWS WITH TIES) AS places, (SELECT count(*) <= {}::bigint"
    " AND count(place) = count(*) FROM compared) AS is_few"
)

AMONG = sql.SQL(" AND ctid = ANY((SELECT places FROM probed)::pg_catalog.tid[])")
"""Takes the rows that were found, where they are few."""
FEW = sql.SQL(" AND (SELECT is_few FROM probed)")
"""Lets an arm run where they are."""
MANY = sql.SQL(" AND (SELECT is_few FROM probed) IS NOT TRUE")
"""Lets an arm run where they are not."""
UNLESS_FEW = sql.SQL(" LIMIT CASE WHEN (SELECT is_few FROM probed) THEN 0 END")
"""Lets a subquery run where they are not, and start no parallel workers where they are."""


_EITHER = sql.SQL("WITH {name} AS MATERIALIZED ({probe}) ({few}) UNION ALL ({every})")
_BEFORE = sql.SQL("WITH {name} AS MATERIALIZED ({probe}) {statement}")
_ROWS = sql.SQL("{} WHERE {}")
_OF_EITHER = sql.SQL("(SELECT * FROM {} UNION ALL SELECT * FROM {}) AS matching")
_UNLESS_FEW = sql.SQL("SELECT * FROM ({}) AS every{}")


def either(
    probe: sql.Composable,
    few: sql.Composable,
    every: sql.Composable,
    *,
    is_guarded: bool = False,
) -> sql.Composed:
    """Write a query in both its ways, of which one is run: its rows come in that one's order.

    Args:
        probe: The CTE.
        few: The query among what was found, with ``FEW`` and ``AMONG``.
        every: The same of all rows.
        is_guarded: Whether it has ``MANY`` behind a guard that keeps it from being run at all.
    """
    if not is_guarded:
        every = _UNLESS_FEW.format(every, UNLESS_FEW)
    return _EITHER.format(name=NAME, probe=probe, few=few, every=every)


def before(statement: sql.Composable, probe: str) -> sql.Composable:
    """Write a statement that reads ``source``, with what finds its rows."""
    if not probe:
        return statement
    return _BEFORE.format(name=NAME, probe=sql.SQL(probe), statement=statement)


def source(table: sql.Composable, where: Where) -> sql.Composable:
    """Write the rows that match, for a FROM: those among what was found, or among all.

    Args:
        table: Where the rows are.
        where: The filter.
    """
    if not where.probe:
        return _ROWS.format(table, sql.SQL(where.every))
    few = _ROWS.format(table, sql.Composed([sql.SQL(where.among), FEW, AMONG]))
    every = _ROWS.format(table, sql.Composed([sql.SQL(where.test), MANY]))
    return _OF_EITHER.format(few, every)


class Probe(NamedTuple):
    """What finds the rows that contain one of some documents, unless they are too many.

    Attributes:
        asked: The documents, for a FROM, each as long as there is time.
        most: Stands for the rows that it may find.
    """

    asked: str
    most: str

    def places(self, table: sql.Composable, metadata: sql.SQL = OWN.metadata) -> str:
        """Write the CTE: where all of them are."""
        nothing = sql.SQL("")
        asked, most = sql.SQL(self.asked), sql.SQL(self.most)
        found = _FOUND(asked, nothing, table, metadata, nothing, most)
        return _PLACES(most, found).as_string(None)

    def nearest(
        self,
        table: sql.Composable,
        metadata: sql.Composable,
        distance: sql.Composable,
        limit: sql.Composable,
        *tests: sql.Composable,
    ) -> str:
        """Write the CTE: where the nearest are, and what is as far as the last of them.

        Each is compared as it is found, and only those are read again. No row may contain two of
        the documents: it would count twice.

        Args:
            table: Where the rows are.
            metadata: The column of metadata.
            distance: What is compared.
            limit: Stands for how many are wanted.
            tests: Two that those have to meet besides.
        """
        more, none = _DISTANCE(*tests, distance), sql.SQL(", NULL")
        asked, most = sql.SQL(self.asked), sql.SQL(self.most)
        found = _FOUND(asked, more, table, metadata, none, most)
        return _OF_COMPARED(found, limit, most).as_string(None)


def probe(
    documents: Sequence[str] | None,
    rows: float,
    parameters: Parameters,
    *,
    within: float = 1.0,
    most: float = 1.0,
    length: float = 1.0,
) -> Probe | None:
    """Give what finds the rows that contain one of some documents; None where it is no gain.

    Args:
        documents: What ``narrowing.contained`` gave: its documents.
        rows: How many rows there are: for too many values they are all read sooner.
        parameters: Receives the values.
        within: What it may cost, as a part of what is allowed where every row is read otherwise.
        most: How many rows it may find, as a part of that; for each value one in any case.
        length: How much longer than a short row one of them takes to be read; see ``length_of``.
    """
    allowed = within * rows
    if documents is None or not PROBED_FROM <= len(documents) <= allowed * length / ROWS_A_PROBE:
        return None
    # what is brought is read, too
    a_find = 1 + (ROWS_A_FIND - 1) / length
    places = parameters.add(max(len(documents), round(allowed * most / a_find)))
    patience = parameters.add(max(LEAST_PATIENCE, allowed * length * PATIENCE_A_ROW))
    given, count = parameters.add(json_array(documents)), parameters.add(len(documents))
    return Probe(_ASKED(patience, given, count).as_string(None), places.as_string(None))


def length_of(stored: Stored) -> float:
    """Give how much longer than a short row one of a collection takes to be read.

    A long text or vector is kept elsewhere and left there; a vector in its row is read with it.
    """
    row_bytes = ROW_BYTES + (stored.vector_bytes if stored.is_plain else 0)
    pages = 1 / max(1, PAGE_BYTES // row_bytes)
    short = 1 / (PAGE_BYTES // ROW_BYTES)
    return 1 + ROWS_A_PAGE * (pages - short)
