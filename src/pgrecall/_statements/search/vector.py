"""The vector search: compared exactly, by the index, or as one statement that decides."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from psycopg import sql

from pgrecall._statements import probing
from pgrecall._statements.columns import TIMES_CARRIED
from pgrecall._statements.distributed import Forms, dialect_of
from pgrecall._statements.indexes.indexes import distance_by_index
from pgrecall._statements.indexes.parts import index_test, part_test
from pgrecall._statements.items.items import where_of
from pgrecall._statements.names import identifier
from pgrecall._statements.parameters import Parameters
from pgrecall._statements.rendered import rendered
from pgrecall._statements.sampling import sampled
from pgrecall._statements.search import trust
from pgrecall._statements.search.grouping import value_of
from pgrecall._statements.search.plan import goes_on
from pgrecall._statements.search.sending import (
    BEFORE,
    BEGUN,
    DEAR,
    SENDINGS,
    SETTABLE,
    Sending,
    effort,
    shape_of,
    written_out,
)
from pgrecall._statements.search.trust import FILTER_SHARE
from pgrecall._statements.statement import Statement
from pgrecall.indexes import IvfFlat
from pgrecall.models import Metric

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._statements.items.items import Where
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.grouping import Keys
    from pgrecall._statements.search.near import Examples
    from pgrecall._statements.search.plan import Plan
    from pgrecall._statements.search.sending import Numbers
    from pgrecall._values.vectors import Encoded
    from pgrecall.filters import Filter
    from pgrecall.indexes import Index

P = ParamSpec("P")

# text and metadata of the hits alone leave their rows; "+ 0" keeps an approximate index away
_EXACT_ARM = sql.SQL(
    "SELECT {given}, ({distance}) + 0 AS distance"
    " FROM {items} WHERE {present} AND {where}{narrow}{guard}"
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

_SAMPLE = sql.SQL(
    "SELECT (count(*) FILTER (WHERE {where}))::float8 / nullif(count(*), 0) AS filter_share"
    " FROM {sampled}"
)
_SAMPLE_OF_PART = sql.SQL(
    "SELECT (count(*) FILTER (WHERE {part} AND {where}))::float8 / nullif(count(*), 0)"
    " AS filter_share, (count(*) FILTER (WHERE {part} AND {where}))::float8"
    " / nullif(count(*) FILTER (WHERE {part}), 0) AS part_share FROM {sampled}"
)

_NOTHING = sql.SQL("")
_KEPT = sql.SQL("{embedding} IS NOT NULL")

MOST_VISITED = 40_000
"""Vectors that an HNSW index compares at most, where nothing looks at how far it went."""

PART_SAMPLED = 3
"""Times the rows of a part that are wanted of it, which are to be among those sampled."""

SAMPLED_FROM = 20_000
"""Rows from which a few are drawn at random, at least."""
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
    if sending.is_within:
        values |= within_values(stored, plan)
        numbers = (("limit", limit), ("fetch", plan.fetch))
    else:
        values |= {"limit": limit, **plan_values(stored, plan)}
    text = _vector(stored, plan, numbers, where, include_vectors)
    before = settings(stored, plan) if sending.is_before else None
    return Statement(text, values, prepare=sending.prepare, before=before)


@rendered
def _vector(
    stored: Stored, plan: Plan, numbers: Numbers, where: Where, include_vectors: bool
) -> sql.Composable:
    wanted = _CARRIED_WITH_VECTORS if include_vectors else _CARRIED
    carried = stored.columns.carried(*wanted)
    ctes = vector_arm(
        stored,
        plan,
        sql.SQL(where.test),
        carried=carried,
        narrow=sql.SQL(where.narrow),
        probe=sql.SQL(where.probe),
        limit=sql.Placeholder("limit"),
        is_within=bool(numbers),
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
    where: sql.Composable,
    *,
    carried: tuple[str, ...],
    limit: sql.Placeholder,
    narrow: sql.SQL = _NOTHING,
    probe: sql.SQL = _NOTHING,
    keys: Keys | None = None,
    is_within: bool = False,
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
        narrow: Stands behind the filter where every row that matches is looked for.
        probe: Finds those rows by many values instead; or nothing.
        keys: Stand for the keys of the field that makes groups.
        is_within: Whether the statement sets what its index reads.
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
        "where": where,
        "narrow": narrow,
        "probe": probe,
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
            common["present"] = _in_part(stored)
        return [("nearest", _exact(common))]
    ctes: list[tuple[str, sql.Composable]] = []
    guard: sql.Composable = _NOTHING
    if is_within:
        before = trust.given(stored) if looks(stored, plan) else None
        ctes.append(effort(scan_gucs(stored, plan, within=True), before))
        guard, common["kept"] = BEGUN, _dear(stored)
    if plan.sample_percent is not None:
        ctes.append(sample(stored, where))
        guard = trust.MANY
    indexed = _INDEX_ARM.of(stored).format(
        **common, index_distance=distance_by_index(stored, index), guard=guard
    )
    if not plan.fall_back or (is_within and not has_other_way):
        return [*ctes, ("nearest", indexed)]
    if looks(stored, plan):
        if is_within:
            exact = _exact(common, trust.FALLEN)
            standing = sql.SQL("SELECT * FROM by_index WHERE {}").format(trust.STANDS)
            return [
                *ctes,
                ("by_index", indexed),
                trust.looked_within(stored, limit),
                ("nearest", sql.SQL("{} UNION ALL ({})").format(standing, exact)),
            ]
        return [*ctes, *_looking(stored, plan, common, index, guard, may_leave=may_leave)]
    short = sql.SQL(" AND (SELECT count(*) FROM by_index) < {}").format(limit)
    return [
        *ctes,
        ("by_index", indexed),
        (
            "nearest",
            sql.SQL(
                "SELECT * FROM by_index WHERE (SELECT count(*) FROM by_index) >= {} UNION ALL ({})"
            ).format(limit, _exact(common, short)),
        ),
    ]


def _exact(common: dict[str, sql.Composable], guard: sql.Composable = _NOTHING) -> sql.Composable:
    """Write the arm that compares every row that matches: those that a probe found, if it did."""
    if not common["probe"].as_string(None):
        return _EXACT_ARM.format(**common, guard=guard)

    def arm(*guards: sql.Composable) -> sql.Composable:
        return _EXACT_ARM.format(**common, guard=sql.Composed([guard, *guards]))

    # what stands behind a guard has no parallel workers, and is not to be probed for before it
    is_guarded = guard is not _NOTHING
    every = arm(probing.MANY) if is_guarded else arm()
    few = arm(probing.FEW, probing.AMONG)
    return probing.either(common["probe"], few, every, is_guarded=is_guarded)


def looks(stored: Stored, plan: Plan) -> bool:
    """Tell whether a search looks if what its index brought is right."""
    return plan.is_bounded and not stored.collection.distributed


def _looking(
    stored: Stored,
    plan: Plan,
    common: dict[str, sql.Composable],
    index: Index,
    guard: sql.Composable,
    *,
    may_leave: bool,
) -> list[tuple[str, sql.Composable]]:
    """Write the CTEs of a search by index that looks whether what it brought is right."""
    candidates = trust.CANDIDATES.format(
        **common,
        index_distance=distance_by_index(stored, index),
        guard=sql.Composed([guard, trust.BEGUN]),
        bound=trust.bound(stored, plan),
    )
    nearest: sql.Composable = _STANDING_ARM.format(**common, stands=trust.STANDS)
    if plan.sample_percent is not None or not may_leave:
        few = trust.FEW if may_leave else trust.FALLEN
        exact = _exact(common, few)
        nearest = sql.SQL("({}) UNION ALL ({})").format(nearest, exact)
    return [
        trust.before(stored, plan),
        ("tried", candidates),
        trust.looked(stored, plan, common["limit"]),
        ("nearest", nearest),
    ]


def sample(stored: Stored, where: sql.Composable) -> tuple[str, sql.Composable]:
    """Write the CTE ``sampled``: the share of some rows, ``sample_percent`` of them, that match."""
    # an index passes over rows that an adopted table is not held to, and the filter leaves them out
    taken = sampled(stored, sql.Placeholder("sample_percent"), scoped=False)
    holes = {"where": where, "sampled": taken}
    if stored.part is None:
        return ("sampled", _SAMPLE.format(**holes))
    return ("sampled", _SAMPLE_OF_PART.format(**holes, part=index_test(stored, stored.part)))


def present(stored: Stored) -> sql.Composable:
    """Write what is true of the rows that have a vector, of the part that is searched, if any."""
    made: sql.Composable = _KEPT.format(**stored.columns.holes)
    if stored.part is None:
        return made
    return sql.SQL("{} AND {}").format(made, _in_part(stored))


def kept(stored: Stored) -> sql.Composable:
    """Write what is true of the rows that the index has, in the index's own words."""
    return _indexed(stored, _KEPT)


def _dear(stored: Stored) -> sql.Composable:
    """Write the same, where asking the index has to look cheaper than sorting all rows."""
    dear = _indexed(stored, DEAR)
    if stored.present is None or not stored.present.is_partial:
        return dear
    # it takes the index's own words to show the planner that it has every row
    return sql.SQL("{} AND {}").format(kept(stored), dear)


def _in_part(stored: Stored) -> sql.Composable:
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


def _directed(stored: Stored) -> sql.Composable:
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


def plan_values(stored: Stored, plan: Plan) -> dict[str, object]:
    """Give the parameters that ``vector_arm`` uses beside ``query`` and the limit."""
    if plan.exact:
        return {}
    values: dict[str, object] = {"fetch": plan.fetch}
    if plan.sample_percent is not None:
        values |= {
            "sample_percent": plan.sample_percent,
            "table_rows": stored.table_rows,
            "index_threshold": plan.threshold,
        }
    if looks(stored, plan):
        values |= trust.trust_values(plan)
    return values


def within_values(stored: Stored, plan: Plan) -> dict[str, object]:
    """Give those of a statement that sets what its index reads, where numbers are written out."""
    values: dict[str, object] = {
        "effort": str(plan.effort),
        "near_rows": max(plan.near, round(plan.expected)),
    }
    gucs = scan_gucs(stored, plan, within=True)
    return values | {SETTABLE[name]: gucs[name] for name in gucs if name in SETTABLE}


def with_ctes(ctes: list[tuple[str, sql.Composable]], rows: sql.Composable) -> sql.Composed:
    """Put CTEs, each computed once, before a SELECT."""
    if not ctes:
        return sql.Composed([rows])
    written = [
        sql.SQL("{} AS MATERIALIZED ({})").format(identifier(name), body) for name, body in ctes
    ]
    return sql.SQL("WITH {} {}").format(sql.SQL(", ").join(written), rows)


def sending_of(stored: Stored, plan: Plan, limit: int, *, filtered: bool) -> Sending:
    """Tell how a search for so many rows goes to the server."""
    rows = max(limit, plan.fetch)
    return SENDINGS[shape_of(stored, exact=plan.exact, filtered=filtered, rows=rows)]


def settings(stored: Stored, plan: Plan) -> Statement:
    """Set for one transaction what a search by index needs."""
    return dialect_of(stored).set_local(gucs(stored, plan))


def gucs(stored: Stored, plan: Plan, sending: Sending = BEFORE) -> dict[str, str]:
    """Give PostgreSQL's settings for a search; an exact one needs none.

    Sorting is ruled out where the index gives the order: the planner takes vectors to be cheaper to
    sort than they are. ``relaxed_order`` recalls more than ``strict_order`` at the same cost, and
    the result is sorted again. A branch that does not run must not start parallel workers.
    """
    if plan.exact:
        return {}
    if sending.is_within:
        return scan_gucs(stored, plan, within=True)
    values = {"jit": "off", "max_parallel_workers_per_gather": "0"}
    return values | index_gucs(stored, plan)


def index_gucs(stored: Stored, plan: Plan) -> dict[str, str]:
    """Give what a search by index needs, beside what every decided search does."""
    return {"enable_sort": "off"} | scan_gucs(stored, plan)


def scan_gucs(stored: Stored, plan: Plan, *, within: bool = False) -> dict[str, str]:
    """Give what an index reads when its scan starts.

    Args:
        stored: The collection.
        plan: How the search runs.
        within: Whether its own statement sets it, which has no filter.
    """
    iterative = goes_on(stored.server.vector_version)
    if isinstance(stored.collection.index, IvfFlat):
        values = {"ivfflat.probes": str(plan.effort)}
        if iterative:
            values["ivfflat.iterative_scan"] = "relaxed_order"
            if looks(stored, plan) and plan.most_probes:
                values["ivfflat.max_probes"] = str(plan.most_probes)
    else:
        values = {"hnsw.ef_search": str(plan.effort)}
        if iterative and not (within and plan.at_once):
            values["hnsw.iterative_scan"] = "relaxed_order"
            visited = 0
            if looks(stored, plan):
                visited = plan.visited_worn if within else plan.visited
            values["hnsw.max_scan_tuples"] = str(visited or MOST_VISITED)
            values["hnsw.scan_mem_multiplier"] = "4"
    return values


def sample_vectors(stored: Stored, size: int, *, repeatable: bool = False) -> Statement:
    """Take vectors at random, or the same of the same rows: id and binary form."""
    percent = sampled_percent(stored, 20 * size, PART_SAMPLED * size)
    values = {"percent": percent, "size": size}
    return Statement(_sample_vectors(stored, repeatable), values)


def sampled_percent(stored: Stored, rows: float, of_part: float) -> float:
    """Give the percentage of the table that has so many rows, or so many of the part's.

    Whole pages come, and of few pages none may: so many rows make them many.
    """
    share = max(rows, SAMPLED_FROM) / max(stored.rows, 1.0)
    if stored.part is not None:
        few = SAMPLED_FROM / max(stored.table_rows, 1.0)
        share = max(of_part / max(stored.rows, 1.0), few)
    return min(100.0, 100.0 * share)


@rendered
def _sample_vectors(stored: Stored, repeatable: bool) -> sql.Composable:
    drawn = sampled(stored, sql.Placeholder("percent"), repeatable=repeatable, by_row=repeatable)
    id_text = stored.columns.id_text(_ID)
    # inside, so that only what is taken is sent; the coordinator of Citus would fetch all for that
    form = (
        "SELECT {sampled_id}, {send}(embedding) FROM"
        " (SELECT {given} FROM {sampled}"
        " WHERE {present}) AS sampled ORDER BY {order} LIMIT %(size)s"
        if stored.collection.distributed
        else "SELECT {sampled_id}, {send}(embedding) FROM"
        " (SELECT id, embedding FROM (SELECT {given} FROM {sampled}"
        " WHERE {present}) AS sampled ORDER BY {order} LIMIT %(size)s) AS taken"
    )
    return sql.SQL(form).format(
        sampled_id=id_text,
        given=stored.columns.given("id", "embedding"),
        present=_directed(stored),
        send=stored.send_function,
        sampled=drawn,
        order=sql.SQL("md5({}), id").format(id_text) if repeatable else sql.SQL("random()"),
    )
