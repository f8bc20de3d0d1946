"""Filters of many values: what the index on metadata finds by each, unless that becomes too much.

Each value is asked for by itself, so no row that is found is compared with all of them. How many
rows a value has, and what is written but not yet in order in the index, the planner cannot know: so
the asking has a bound of rows and one of time, and where it meets one every row is read instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.columns import OWN
from pgrecall._statements.parameters import Template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.parameters import Parameters

PROBED_FROM = 11
"""Values that are asked for so, at least: fewer stand in the condition itself."""
ROWS_A_PROBE = 30
"""Rows that are read in the time that one value is asked for, and one found row brought, in."""
LEAST_PATIENCE, PATIENCE_A_ROW = 1_000.0, 0.2
"""How long the asking may take at least, and for each row of the table, in microseconds."""

NAME = sql.SQL("probed")
"""The CTE that a probe is."""

# by where they are, which holds within one statement; a value that is not asked any more is NULL,
# which tells that some are missing even if the clock is set back, and no scan is begun for it: of
# an index with much that is not in order yet, the planner reads every row for each value
_PROBE = Template(
    "SELECT places, cardinality(places) <= {}::bigint AND array_position(places, NULL) IS NULL"
    " AS is_few FROM (SELECT ARRAY(SELECT found.place FROM (SELECT CASE WHEN clock_timestamp() <"
    " (SELECT clock_timestamp() + {}::float8 * interval '1 microsecond') THEN document END"
    " AS document FROM pg_catalog.unnest({}::jsonb[]) AS given (document) OFFSET 0) AS asked"
    " CROSS JOIN LATERAL (SELECT ctid AS place FROM {} WHERE asked.document IS NOT NULL"
    " AND {} @> asked.document"
    " UNION ALL SELECT NULL WHERE asked.document IS NULL OFFSET 0) AS found LIMIT {}::bigint + 1)"
    " AS places OFFSET 0) AS probing"
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
        probe: What ``probe`` gave.
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


def source(table: sql.Composable, where: str, probe: str) -> sql.Composable:
    """Write the rows that match, for a FROM: those among what was found, or among all.

    Args:
        table: Where the rows are.
        where: The filter.
        probe: What ``probe`` gave; nothing: those among all.
    """
    condition = sql.SQL(where)
    if not probe:
        return _ROWS.format(table, condition)
    few = _ROWS.format(table, sql.Composed([condition, FEW, AMONG]))
    every = _ROWS.format(table, sql.Composed([condition, MANY]))
    return _OF_EITHER.format(few, every)


def probe(
    documents: Sequence[str] | None,
    rows: float,
    table: sql.Composable,
    parameters: Parameters,
    metadata: sql.SQL = OWN.metadata,
    *,
    within: float = 1.0,
    most: float = 1.0,
) -> str:
    """Write the CTE that finds the rows which contain one of some documents; or nothing.

    Args:
        documents: What ``narrowing.documents`` gave.
        rows: How many rows there are: for too many values they are all read sooner.
        table: Where the rows are, on one server.
        parameters: Receives the values.
        metadata: The column of metadata.
        within: What it may cost, as a part of what is allowed where every row is read otherwise.
        most: How many rows it may find, as a part of that; for each value one in any case.
    """
    if documents is None or not PROBED_FROM <= len(documents) <= within * rows / ROWS_A_PROBE:
        return ""
    places = parameters.add(max(len(documents), round(within * most * rows / ROWS_A_PROBE)))
    patience = parameters.add(max(LEAST_PATIENCE, within * PATIENCE_A_ROW * rows))
    given = parameters.add(list(documents))
    return _PROBE(places, patience, given, table, metadata, places).as_string(None)
