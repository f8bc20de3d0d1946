"""Whether what an index brought is right: how far it had to go for it tells, within the statement.

A filter that lies far from the question, and rows that are deleted and not vacuumed, both let an
index pass over many rows before it meets what is asked for. What it brings then comes from the edge
of what it has seen, and ``limit`` such rows prove nothing; going on costs more than comparing
every row that matches. So the candidates are bounded, and how many the index gave, those included
that no longer live, decides whether they stand or every row is compared.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.indexes.indexes import index_name
from pgrecall._statements.names import literal, qualified_name
from pgrecall._statements.search.sending import LONGEST, setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.plan import Plan

FILTER_SHARE = sql.SQL("(SELECT filter_share FROM sampled)")
"""What part of the table's rows a filter lets through, where the statement samples it."""

MANY = sql.SQL(
    " AND (SELECT filter_share FROM sampled) * %(table_rows)s::float8 > %(index_threshold)s::float8"
)
"""Lets an arm run where many rows match: by what the statement samples."""

FEW_CANDIDATES = 20.0
"""Up to so many, where all match, whether they came at once is chance."""

FEW = sql.SQL(
    " AND ((SELECT filter_share FROM sampled) * %(table_rows)s::float8"
    " > %(index_threshold)s::float8) IS NOT TRUE"
)
"""The opposite."""

ANYWHERE, CHANCE = 0.2, 0.7
"""What the rows that are asked for have, each the fourth power of the part of the way where it
stands, on average, where they stand anywhere; and what chance adds, over the root of their number:
three deviations. If more, the index has just reached where many of them lie, though some lay near,
and nearer ones are still to come."""

LATE_BY_BITS = 0.06
"""The same where the index's order is a guess: in a right one they stand at the beginning."""

TOLD_BITS_BY = 10
"""So many of the best have to stand there: one may by chance, where the order tells nothing."""

_ANY_NUMBER = 2**31 - 1

# rows that an index gave in this transaction, dead ones too; none where they are not counted
_GIVEN = sql.SQL(
    "coalesce(pg_catalog.pg_stat_get_xact_tuples_returned(pg_catalog.to_regclass({index})), 0)"
)
# among many dead rows the index ends early: it would go through all of them in one step
_BEFORE = sql.SQL(
    "SELECT given, worn{settings} FROM (SELECT {given} AS given,"
    " coalesce(pg_catalog.pg_stat_get_dead_tuples(pg_catalog.to_regclass({table})), 0)"
    " > {bound} AS worn) AS counted"
)
_VISITED = sql.SQL(
    "pg_catalog.set_config('hnsw.max_scan_tuples', CASE WHEN worn THEN %(visited_worn)s::text"
    " ELSE %(visited)s::text END, true) AS visited"
)

BEGUN = sql.SQL(" AND (SELECT given FROM before) >= 0")
"""Lets a scan wait for the CTE ``before``."""

# what the index gives one by one, until so many pass or the bound is met
_CANDIDATES = sql.SQL(
    "SELECT *, {carried_distance} AS distance FROM (SELECT *, row_number() OVER () AS place FROM"
    " ({in_order} LIMIT {bound}) AS given) AS placed"
    " WHERE passes LIMIT %(fetch)s"
)
_IN_ORDER = sql.SQL(
    "SELECT {candidate}, ({where}) AS passes FROM {items}"
    " WHERE {kept}{guard}"
    " ORDER BY {index_distance}"
)
# the planner takes an unknown limit to be a tenth of all rows
_AT_MOST = sql.SQL("SELECT * FROM ({in_order} LIMIT {most}) AS first")

_LOOKED = sql.SQL(
    "SELECT found >= %(wanted)s AND (met <= {near} AND %(in_order)s OR met <= {trusted}"
    " AND lateness <= %(late)s::float8) AS stands,"
    " CASE WHEN found >= %(wanted)s AND met <= {most} THEN met END AS reached FROM"
    " (SELECT found, met, (SELECT avg(((place + met - last)::float8 / met) ^ 4) FROM"
    " (SELECT place FROM tried ORDER BY distance, id LIMIT {best}) AS best) AS lateness FROM"
    " (SELECT found, last, greatest(given, last) AS met FROM"
    " (SELECT count(*) AS found, max(place) AS last,"
    " {given} - (SELECT given FROM before) AS given FROM tried) AS counted) AS gone) AS measured"
)

_STOOD = sql.SQL(" WHERE {given} - (SELECT given FROM effort) <= %(near_rows)s::bigint")
_LOOKED_WITHIN = sql.SQL(
    "SELECT count(*) >= {limit}"
    " AND {given} - (SELECT given FROM effort) <= %(near_rows)s::bigint AS stands FROM by_index"
)

_BEST_BY_BITS = sql.SQL("greatest({limit}, %(told_by)s::int)")

STANDS = sql.SQL("(SELECT stands FROM looked)")
"""Whether what the index brought is right, where the statement has ``looked``'s CTE."""

REACHED = sql.SQL("coalesce(distance, looked.reached::float8)")
"""A row's distance; of the row that stands for none, how far the index went, where it found all."""

FALLEN = sql.SQL(" AND NOT (SELECT stands FROM looked)")
"""Lets an arm run where it is not."""

_NEAR, _BOUND = sql.SQL("%(near_rows)s::bigint"), sql.SQL("%(most_rows)s::bigint")
# of a share that the statement itself samples: many rows match, or no arm asks
_SHARE = sql.SQL("greatest((SELECT filter_share FROM sampled), 0.001)")
# of a part, whose index has no other rows
_SHARE_OF_PART = sql.SQL("greatest((SELECT part_share FROM sampled), 0.001)")
_NEAR_SAMPLED = sql.SQL(
    "greatest(%(near_rows)s::float8, least(%(expected)s::float8, %(few)s::float8)"
    " / {share})::bigint"
)
_BOUND_SAMPLED = sql.SQL(
    "greatest(%(near_rows)s::float8, %(expected)s::float8 / {share},"
    " %(most_rows)s::float8 * {share})::bigint"
)
_TRUSTED = sql.SQL("least({bound}, %(trusted)s::bigint)")
_TRUSTED_SAMPLED = sql.SQL(
    "least({bound}, greatest(%(trusted)s::float8, %(expected)s::float8 / {share})::bigint)"
)
_UNWORN = sql.SQL("(CASE WHEN (SELECT worn FROM before) THEN {near} ELSE {bound} END)")


def before(stored: Stored, plan: Plan, gucs: Mapping[str, str]) -> tuple[str, sql.Composable]:
    """Write the CTE ``before``: what the index gave before this statement.

    Args:
        stored: The collection.
        plan: How the search runs.
        gucs: What it sets besides.
    """
    settings: list[sql.Composable] = [_VISITED] if plan.visited else []
    by_worn = {"hnsw.max_scan_tuples"} if plan.visited else set()
    settings += setting({name: gucs[name] for name in gucs if name not in by_worn})
    body = _BEFORE.format(
        given=given(stored),
        table=literal(stored.holder),
        bound=_most(stored, plan),
        settings=sql.Composed([sql.Composed([sql.SQL(", "), one]) for one in settings]),
    )
    return ("before", body)


def tried(
    stored: Stored,
    plan: Plan,
    holes: Mapping[str, sql.Composable],
    guard: sql.Composable,
    *,
    is_within: bool,
) -> tuple[str, sql.Composable]:
    """Write the CTE ``tried``: the candidates that pass, in the index's order, each in its place.

    Args:
        stored: The collection.
        plan: How the search runs.
        holes: What stands for the table, its columns, the filter and the distances.
        guard: What has to be true besides.
        is_within: Whether the planner has to know of a limit: no setting keeps it from sorting.
    """
    begun = sql.Composed([guard, BEGUN])
    in_order = _IN_ORDER.format(**holes, guard=begun)
    if is_within:
        in_order = _AT_MOST.format(in_order=in_order, most=literal(LONGEST))
    holes = {**holes, "in_order": in_order, "bound": bound(stored, plan)}
    return ("tried", _CANDIDATES.format(**holes))


def looked(
    stored: Stored, plan: Plan, limit: sql.Composable, *, goes_on: bool
) -> tuple[str, sql.Composable]:
    """Write the CTE ``looked``: whether what the CTE ``tried`` has is right.

    Args:
        stored: The collection.
        plan: How the search runs.
        limit: Rows asked for.
        goes_on: Whether another statement goes on where it does not stand: where this one compares
            every row instead, more of what the index brought is taken to be right.
    """
    made = _LOOKED.format(
        given=given(stored),
        near=_near(stored, plan),
        trusted=_trusted(stored, plan) if goes_on else bound(stored, plan),
        most=_most(stored, plan),
        best=_BEST_BY_BITS.format(limit=limit) if plan.by_bits else limit,
    )
    return ("looked", made)


def looked_within(stored: Stored, limit: sql.Composable) -> tuple[str, sql.Composable]:
    """Write the same for a search without a filter, whose CTE ``effort`` began it."""
    made = _LOOKED_WITHIN.format(given=given(stored), limit=limit)
    return ("looked", made)


def stood(stored: Stored) -> sql.Composable:
    """Write what lets no row of such a search pass, once it is done, where it does not stand."""
    return _STOOD.format(given=given(stored))


def bound(stored: Stored, plan: Plan) -> sql.Composable:
    """Write how many candidates are taken at most."""
    return _UNWORN.format(near=_near(stored, plan), bound=_most(stored, plan))


def trust_values(plan: Plan) -> dict[str, object]:
    """Give the parameters of those CTEs."""
    asked = plan.wanted or plan.fetch
    values: dict[str, object] = {
        "near_rows": plan.near,
        "most_rows": plan.bound,
        "trusted": plan.trusted or _ANY_NUMBER,
        "wanted": asked,
        "in_order": not plan.by_bits,
        "late": LATE_BY_BITS if plan.by_bits else ANYWHERE + CHANCE / math.sqrt(asked),
    }
    if plan.sample_percent is not None:
        values |= {"expected": plan.expected, "few": FEW_CANDIDATES}
    if plan.by_bits:
        values["told_by"] = TOLD_BITS_BY
    if plan.visited:
        values |= {"visited": str(plan.visited), "visited_worn": str(plan.visited_worn)}
    return values


def _near(stored: Stored, plan: Plan) -> sql.Composable:
    return _NEAR if plan.sample_percent is None else _NEAR_SAMPLED.format(share=_share(stored))


def _trusted(stored: Stored, plan: Plan) -> sql.Composable:
    if plan.sample_percent is None:
        return _TRUSTED.format(bound=bound(stored, plan))
    return _TRUSTED_SAMPLED.format(bound=bound(stored, plan), share=_share(stored))


def _most(stored: Stored, plan: Plan) -> sql.Composable:
    return _BOUND if plan.sample_percent is None else _BOUND_SAMPLED.format(share=_share(stored))


def _share(stored: Stored) -> sql.SQL:
    return _SHARE if stored.part is None else _SHARE_OF_PART


def given(stored: Stored) -> sql.Composable:
    """Write how many rows the index gave so far, dead ones too.

    Where a part's own may be gone by now, the collection's may be asked in its place.
    """
    names = [
        qualified_name(stored.schema, name)
        for name in dict.fromkeys((index_name(stored), stored.index_name("ann")))
    ]
    if stored.adopted is not None and stored.present is not None:
        names = [stored.present.serving(stored.adopted) or ""]
    return sql.SQL(" + ").join(_GIVEN.format(index=literal(name)) for name in names)
