"""The vector search: compared exactly, by the index, or as one statement that decides."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from psycopg import sql

from pgrecall._statements import probing
from pgrecall._statements.columns import TIMES_CARRIED
from pgrecall._statements.ctes import with_ctes
from pgrecall._statements.distributed import Forms
from pgrecall._statements.indexes.indexes import distance_by_index
from pgrecall._statements.items.where import where_of
from pgrecall._statements.names import identifier
from pgrecall._statements.parameters import Parameters
from pgrecall._statements.rendered import rendered
from pgrecall._statements.search import trust
from pgrecall._statements.search.compared import (
    dear,
    distance_of,
    in_part,
    kept,
    may_be_undirected,
    present,
    sent,
)
from pgrecall._statements.search.drawing import sample
from pgrecall._statements.search.grouping import value_of
from pgrecall._statements.search.scanning import (
    gucs,
    looks,
    plan_values,
    scan_gucs,
    sending_of,
    set_values,
    settings,
    within_values,
)
from pgrecall._statements.search.sending import BEFORE, BEGUN, effort, takes_hash, written_out
from pgrecall._statements.search.trust import FILTER_SHARE
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._statements.items.where import Where
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.grouping import Keys
    from pgrecall._statements.search.near import Examples
    from pgrecall._statements.search.plan import Plan
    from pgrecall._statements.search.sending import Numbers, Sending
    from pgrecall._values.vectors import Encoded
    from pgrecall.filters import Filter
    from pgrecall.indexes import Index

P = ParamSpec("P")

# text and metadata of the hits alone leave their rows; "+ 0" keeps an approximate index away
_EXACT_ARM = sql.SQL(
    "SELECT {given}, ({distance}) + 0 AS distance"
    " FROM {items} WHERE {present} AND {where}{guard}"
    " ORDER BY distance, id LIMIT {limit}"
)

# what stands of the candidates, re-ranked by full vectors, where the index holds less than those
_STANDING_ARM = sql.SQL(
    "SELECT {carried}, distance FROM tried WHERE {stands} ORDER BY distance, id LIMIT {limit}"
)

# what the index gives, in the same way
_INDEX_ARM = Forms(
    local=sql.SQL(
        "SELECT {carried}, {carried_distance} AS distance FROM"
        " (SELECT {candidate} FROM {items}"
        " WHERE {kept} AND {where}{guard}"
        " ORDER BY {index_distance} LIMIT %(fetch)s) AS candidates"
        " ORDER BY distance, id LIMIT {limit}"
    ),
    # the distance is computed where the vector is: no vector travels
    spread=sql.SQL(
        "SELECT * FROM (SELECT {given}, {distance} AS distance FROM {items}"
        " WHERE {kept} AND {where}{guard}"
        " ORDER BY {index_distance} LIMIT %(fetch)s) AS candidates"
        " ORDER BY distance, id LIMIT {limit}"
    ),
)

_ROWS = sql.SQL(
    "SELECT {id}, {distance}, {text}, {metadata}, {vector}, {times}, {share} FROM {source}"
    " ORDER BY distance, {tie}"
)

# a vector without a direction, which only somebody else's table can have, is nobody's neighbour: it
# stands behind all others, and what is made of its distance would stand before them
_DIRECTED = sql.SQL("SELECT * FROM ({}) AS compared WHERE distance <> 'NaN'::float8")

_NOT_LACKING = sql.SQL(" WHERE distance IS NOT NULL")


_NOTHING = sql.SQL("")


_CARRIED = ("id", "text", "metadata", "created_at", "updated_at")
_CARRIED_WITH_VECTORS = (*_CARRIED, "embedding")
_ID, _EMBEDDING, _METADATA = sql.SQL("id"), sql.SQL("embedding"), sql.SQL("metadata")


def vector(
    stored: Stored,
    query: Encoded | Examples | None,
    limit: int,
    filter_: Filter | None,
    plan: Plan,
    *,
    include_vectors: bool,
) -> Statement:
    """Find the nearest rows as the plan says: id, distance, text, metadata, vector, times, share.

    ``share`` is the part of the table's sampled rows that match, where the statement sampled. One
    row without an id comes where nothing was found, or what the index brought does not stand: it
    has in its distance how many candidates there were, if the rows asked for are among them. A
    ``query`` of None is for the caller to put in.
    """
    parameters = Parameters()
    where = where_of(stored, filter_, parameters)
    values = {**parameters.values, "query": query}
    sending = sending_of(stored, plan, limit, filtered=filter_ is not None)
    numbers: Numbers = ()
    if sending.is_written_out:
        values |= within_values(stored, plan)
        numbers = (("limit", limit), ("fetch", plan.fetch))
    else:
        values |= {"limit": limit, **plan_values(stored, plan)}
    if sending.is_looked:
        values |= set_values(gucs(stored, plan, sending))
    text = _vector(stored, plan, numbers, where, sending, include_vectors)
    before = settings(stored, plan) if sending.is_before else None
    is_long = not plan.exact and takes_hash(parameters.values.values(), plan.bound)
    prepare = False if is_long else sending.prepare
    return Statement(text, values, prepare=prepare, before=before)


@rendered
def _vector(
    stored: Stored,
    plan: Plan,
    numbers: Numbers,
    where: Where,
    sending: Sending,
    include_vectors: bool,
) -> sql.Composable:
    wanted = _CARRIED_WITH_VECTORS if include_vectors else _CARRIED
    carried = stored.columns.carried(*wanted)
    ctes = vector_arm(
        stored,
        plan,
        where,
        carried=carried,
        limit=sql.Placeholder("limit"),
        sending=sending,
        may_leave=True,
        may_lack=plan.exact,
    )
    sampled = plan.sample_percent is not None
    distance: sql.Composable = sql.SQL("distance")
    name, last = ctes[-1]
    source: sql.Composable = identifier(name)
    if len(ctes) == 1 or numbers:  # one arm alone needs no CTE
        ctes, source = ctes[:-1], sql.SQL("({}) AS {}").format(last, source)
    if looks(stored, plan):
        if numbers:
            source = sql.Composed([source, trust.stood(stored)])
        else:
            source, distance = sql.SQL("looked LEFT JOIN nearest ON true"), trust.REACHED
    if plan.exact:
        source = sql.Composed([source, _NOT_LACKING])
    rows = _ROWS.format(
        id=stored.columns.id_text(_ID),
        distance=distance,
        text=stored.columns.sent("text"),
        metadata=stored.columns.sent("metadata"),
        vector=sent(stored, _EMBEDDING, wanted=include_vectors),
        times=TIMES_CARRIED,
        share=FILTER_SHARE if sampled else sql.SQL("NULL"),
        source=source,
        tie=sql.SQL(stored.columns.tie("nearest")),
    )
    return written_out(with_ctes(ctes, rows), numbers)


def _leaving_undirected(
    arm: Callable[Concatenate[Stored, P], list[tuple[str, sql.Composable]]],
) -> Callable[Concatenate[Stored, P], list[tuple[str, sql.Composable]]]:
    """Leave out of what an arm brings what has no direction, where that is compared."""

    @wraps(arm)
    def write(
        stored: Stored, /, *arguments: P.args, **keywords: P.kwargs
    ) -> list[tuple[str, sql.Composable]]:
        ctes = arm(stored, *arguments, **keywords)
        if may_be_undirected(stored):
            name, last = ctes[-1]
            ctes[-1] = (name, _DIRECTED.format(last))
        return ctes

    return write


@_leaving_undirected
def vector_arm(
    stored: Stored,
    plan: Plan,
    where: Where,
    *,
    carried: tuple[str, ...],
    limit: sql.Placeholder,
    keys: Keys | None = None,
    sending: Sending = BEFORE,
    has_other_way: bool = False,
    may_leave: bool = False,
    may_lack: bool = False,
) -> list[tuple[str, sql.Composable]]:
    """Write the CTEs that find the nearest ``limit`` rows; the last is named ``nearest``.

    Its columns are those ``carried``, the value ``grp`` of the field that ``keys`` stand for, and
    distance; the parameters are ``query``, the limit's and those of ``plan_values``.

    Args:
        stored: The collection.
        plan: How the arm runs.
        where: The filter.
        carried: Columns that come along.
        limit: Stands for the rows at most.
        keys: Stand for the keys of the field that makes groups.
        sending: How it goes to the server: whether the statement sets what its index reads.
        has_other_way: Whether it then compares exactly all the same where that comes short.
        may_leave: Whether what the index brought and does not stand is left out, for another
            statement to compare every row.
        may_lack: Whether rows without a vector, and so without a distance, may come last of an
            exact search: to ask each row of a table takes longer than to leave those out.
    """
    columns = stored.columns
    given, words = columns.given(*carried), sql.SQL(", ".join(carried))
    every = columns.carried(*_CARRIED_WITH_VECTORS)
    if keys is not None:
        every = tuple(dict.fromkeys((*every, "metadata")))
        group = value_of(keys, columns.id_text(), columns.metadata)
        carried_group = value_of(keys, columns.id_text(_ID), _METADATA)
        given = sql.SQL(f"{given.as_string()}, {group.as_string()} AS grp")
        words = sql.SQL(f"{words.as_string()}, {carried_group.as_string()} AS grp")
    common: dict[str, sql.Composable] = {
        **columns.holes,
        "items": stored.items,
        "where": sql.SQL(where.test),
        "limit": limit,
        "present": present(stored),
        "kept": kept(stored),
        "given": given,
        "distance": distance_of(stored, columns.embedding),
        "candidate": columns.given(*every),
        "carried": words,
        "carried_distance": distance_of(stored, _EMBEDDING),
    }
    index = stored.collection.index
    if plan.exact or index is None:
        if may_lack:
            common["present"] = in_part(stored)
        return [("nearest", _exact(common, where))]
    ctes: list[tuple[str, sql.Composable]] = []
    guard: sql.Composable = _NOTHING
    is_within = sending.is_written_out
    if sending.is_within:
        common["kept"] = dear(stored)
    if is_within:
        before = trust.given(stored) if looks(stored, plan) else None
        ctes.append(effort(scan_gucs(stored, plan, within=True), before))
        guard = BEGUN
    if plan.sample_percent is not None:
        ctes.append(sample(stored, common["where"]))
        guard = trust.MANY
    indexed = _INDEX_ARM.of(stored).format(
        **common, index_distance=distance_by_index(stored, index), guard=guard
    )
    if not plan.fall_back or (is_within and not has_other_way):
        return [*ctes, ("nearest", indexed)]
    if looks(stored, plan):
        if is_within:
            exact = _exact(common, where, trust.FALLEN)
            standing = sql.SQL("SELECT * FROM by_index WHERE {}").format(trust.STANDS)
            return [
                *ctes,
                ("by_index", indexed),
                trust.looked_within(stored, limit),
                ("nearest", sql.SQL("{} UNION ALL ({})").format(standing, exact)),
            ]
        ways = _looking(
            stored, plan, common, where, index, guard, sending=sending, may_leave=may_leave
        )
        return [*ctes, *ways]
    short = sql.SQL(" AND (SELECT count(*) FROM by_index) < {}").format(limit)
    return [
        *ctes,
        ("by_index", indexed),
        (
            "nearest",
            sql.SQL(
                "SELECT * FROM by_index WHERE (SELECT count(*) FROM by_index) >= {} UNION ALL ({})"
            ).format(limit, _exact(common, where, short)),
        ),
    ]


def _exact(
    common: dict[str, sql.Composable], where: Where, guard: sql.Composable = _NOTHING
) -> sql.Composable:
    """Write the arm that compares every row that matches: those that a probe found, if it did."""

    def arm(test: str, *guards: sql.Composable) -> sql.Composable:
        holes = {**common, "where": sql.SQL(test)}
        return _EXACT_ARM.format(**holes, guard=sql.Composed([guard, *guards]))

    if where.each:
        common = {**common, "items": sql.SQL(where.each)}
        return arm(where.among)
    if not where.probe:
        return arm(where.every)
    # what stands behind a guard has no parallel workers, and is not to be probed for before it
    is_guarded = guard is not _NOTHING
    every = arm(where.test, probing.MANY) if is_guarded else arm(where.test)
    few = arm(where.among, probing.FEW, probing.AMONG)
    probe = where.probe
    if where.asked is not None:
        holes = [common[name] for name in ("items", "metadata", "distance", "limit", "present")]
        probe = where.asked.nearest(*holes, sql.SQL(where.among))
    return probing.either(sql.SQL(probe), few, every, is_guarded=is_guarded)


def _looking(
    stored: Stored,
    plan: Plan,
    common: dict[str, sql.Composable],
    where: Where,
    index: Index,
    guard: sql.Composable,
    *,
    sending: Sending,
    may_leave: bool,
) -> list[tuple[str, sql.Composable]]:
    """Write the CTEs of a search by index that looks whether what it brought is right."""
    holes = {**common, "index_distance": distance_by_index(stored, index)}
    nearest: sql.Composable = _STANDING_ARM.format(**common, stands=trust.STANDS)
    if plan.sample_percent is not None or not may_leave:
        few = trust.FEW if may_leave else trust.FALLEN
        exact = _exact(common, where, few)
        nearest = sql.SQL("({}) UNION ALL ({})").format(nearest, exact)
    return [
        trust.before(stored, plan, gucs(stored, plan, sending) if sending.is_within else {}),
        trust.tried(stored, plan, holes, guard, is_within=sending.is_within),
        trust.looked(stored, plan, common["limit"], goes_on=may_leave),
        ("nearest", nearest),
    ]
