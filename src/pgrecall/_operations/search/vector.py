"""Search by vector."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from pgrecall._operations.context import resolve
from pgrecall._operations.items.items import shape_of
from pgrecall._operations.search import going_on, planning
from pgrecall._operations.search.checks import checked, served
from pgrecall._operations.search.effort import MAX_EF
from pgrecall._operations.search.explain import Reasons, name_of, why
from pgrecall._operations.search.options import VectorOptions, names_of
from pgrecall._operations.search.parsing import is_kept
from pgrecall._operations.search.reranking import reranking
from pgrecall._operations.search.running import run_rows, run_search
from pgrecall._operations.search.scope import Scope, held, holding, scope_of
from pgrecall._operations.search.shares import FilterShare
from pgrecall._operations.search.staging import EVERY_ROW, Way, first_reach, rows_of, run_staged
from pgrecall._operations.search.straight import Straight
from pgrecall._operations.tracing import note_plan, traced
from pgrecall._operations.watching.noting import note_search, watched
from pgrecall._statements.search import looking, staged
from pgrecall._statements.search.hybrid import gucs as hybrid_gucs
from pgrecall._statements.search.near import Examples
from pgrecall._statements.search.plan import EXACT
from pgrecall._values.vectors import Encoded, encode_query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.search.options import HybridOptions
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.plan import Plan
    from pgrecall._statements.search.stages import Asked
    from pgrecall._statements.statement import Statement
    from pgrecall.filters import Filter
    from pgrecall.models import Matches


@watched("vector")
@traced("search")
def search(
    context: Context, tenant: str, name: str, query: object, options: VectorOptions
) -> Operation[Matches]:
    """Find the nearest items."""
    asked = checked(options)
    return (
        yield from reranking(context, asked, lambda one: nearest(context, tenant, name, query, one))
    )


def nearest(
    context: Context, tenant: str, name: str, query: object, asked: VectorOptions
) -> Operation[Matches]:
    """Find the nearest items to a vector, encoded or not, or to examples; options are checked."""
    of_examples = isinstance(query, Examples)
    stored = yield from resolve(context, tenant, name, vectors=not of_examples)
    encoded = (
        query if isinstance(query, Encoded | Examples) else encode_query(shape_of(stored), query)
    )
    note_search(context, stored, asked, query=encoded)
    is_plain = is_kept(asked.where)
    asked = holding(stored, asked)
    where = asked.where
    scope = scope_of(stored, where)
    share = None if where is None else _share_of(context, scope, encoded, asked)
    key = None
    # what is to be checked below may be equal to what is right, 1.0 or True, or have no hash
    if not asked.explain and type(asked.ef_search) in _CHECKED and is_plain:
        known = (stored.id, asked.is_paged, *_all_but_filter(asked))
        key = known if share is None else (*known, id(where), share.value)
    way = None if key is None else context.ways.get(key)
    if way is None or way.stored is not stored or way.where is not where:
        asked = served(asked, scope.stored)
        if asked.is_staged:
            return (yield from _staged(context, scope, encoded, asked))
        share = share or _share_of(context, scope, encoded, asked)
        plan = planned(scope, asked.limit, share.value, asked)
        look = _look(scope, asked, plan, share.value)
        way = Straight.of(scope, asked, planning.at_once(scope.stored, plan), look)
        if key is not None:
            context.ways.put(key, way)
    told = ""
    if way.look is not None and share is not None:
        way, told = yield from _looked(context, scope, encoded, asked, way, share)

    left: list[Sequence[Any]] = []  # a row in whose place there is nothing else

    def run(way: Straight, reason: str = "") -> Operation[Matches]:
        note_plan(context, stored, way.name)
        reasons = None
        if asked.explain:
            value = None if share is None else share.value
            told = reason or why(
                scope.stored,
                way.plan,
                asked.limit,
                scope.share(value),
                where=scope.rest,
                exact=asked.exact,
                ef_search=asked.ef_search,
            )
            reasons = Reasons(way.name, told, value, way.gucs, scope.stored)

        return run_search(
            context,
            stored,
            way.asking(encoded),
            read=way.read,
            share=share,
            reasons=reasons,
            vectors=not of_examples,
            left=left,
        )

    found = yield from run(way, told)
    while (after := _after(scope, asked, way, found, left, share)) is not None:
        left.clear()
        way = Straight.of(scope, asked, after[0])
        found = yield from run(way, after[1])
    return found


def _look(scope: Scope, asked: VectorOptions, plan: Plan, share: float | None) -> Statement | None:
    """Give the look at the nearest rows that goes before a search, if one does."""
    if scope.rest is None or asked.exact is not None or asked.ef_search is not None:
        return None
    stored = scope.stored
    look = going_on.look(stored, plan, asked.limit, scope.share(share), scope.rest)
    return None if look is None else looking.nearest(stored, scope.rest, look)


def _looked(
    context: Context,
    scope: Scope,
    query: Encoded | Examples,
    asked: VectorOptions,
    way: Straight,
    share: FilterShare,
) -> Operation[tuple[Straight, str]]:
    """Look at the nearest rows, and tell how the search runs and, where they told it, why."""
    look = way.look
    if look is None or scope.rest is None:
        return way, ""
    look = replace(look, parameters={**look.parameters, "query": query})
    rows, _ = yield from run_rows(
        context,
        scope.whole,
        look,
        share=None,
        reasons=None,
        vectors=not isinstance(query, Examples),
    )
    (near, seen), told = rows[0], ""
    plan, stored = way.plan, scope.stored
    if seen is not None:
        share.learn(rows)
        share.value = seen
        plan = planned(scope, asked.limit, seen, asked)
    of_rows = scope.share(share.value)
    if plan.exact and of_rows is not None:
        closer = going_on.closer(stored, asked.limit, of_rows, near, scope.rest)
        if closer is not None:
            plan, told = closer, CLOSER.format(near)
    if plan is way.plan:
        return way, ""
    return Straight.of(scope, asked, planning.at_once(stored, plan)), told


def _after(
    scope: Scope,
    asked: VectorOptions,
    way: Straight,
    found: Matches,
    left: Sequence[Sequence[Any]],
    share: FilterShare | None,
) -> tuple[Plan, str] | None:
    """Tell how a search goes on, and why, that has not found what is asked for; None where not."""
    plan, stored = way.plan, scope.stored
    if len(found) < asked.limit:
        if way.is_alone:
            again = going_on.harder(stored, plan)
            return (EXACT, SHORT) if again is None else (again, HARDER)
        if way.is_at_once:
            return replace(plan, at_once=False), STEPS
    if not left:
        return None
    reached, seen = left[0][1], left[0][-1]
    if plan.sample_percent is not None and (seen or 0.0) * stored.table_rows <= plan.threshold:
        return None  # few rows match, and were all compared already
    # by bits it hardly knows what is nearer there; of many rows to go on costs what all cost
    is_worth = plan.fetch <= MAX_EF and not plan.by_bits
    if reached is not None and not plan.wanted and is_worth:
        known = seen if share is None or share.value is None else share.value
        again = going_on.further(stored, plan, reached, scope.share(known), scope.rest)
        if again is not None:
            return again, FURTHER
    return EXACT, FALLEN


CLOSER = (
    "few rows match, but of those nearest to the query {:.0%} do, as a look at them told before"
    " this search: the index finds them sooner than all are compared"
)
FURTHER = (
    "the index had just reached where the rows lie that are asked for, or gone far for them, as a"
    " search told before this one: it goes on beyond them"
)
FALLEN = (
    "what the index brought does not stand: it passed over more rows than is usual before it met"
    " those that are asked for, so every row that matches is compared"
)
HARDER = (
    "the index came short of the limit, or passed over many rows that are deleted: it looks harder"
)
STEPS = "the index came short of the limit, and goes on step by step"
SHORT = (
    "the index came short of the limit, or passed over too many rows that are deleted: every item"
    " is compared"
)


def _share_of(
    context: Context, scope: Scope, query: Encoded | Examples, options: VectorOptions
) -> FilterShare:
    # what a filter matches decides only beside an index; that examples are left out, nothing
    within = options.where
    if isinstance(query, Examples):
        within = held(scope.whole, query.within)
    return FilterShare(
        context.estimates,
        scope.whole,
        within,
        used=planning.is_built(scope.stored),
        paged=options.is_paged,
    )


def _staged(
    context: Context, scope: Scope, encoded: Encoded | Examples, options: VectorOptions
) -> Operation[Matches]:
    share = _share_of(context, scope, encoded, options)
    of_examples = isinstance(encoded, Examples)

    def write(asked: Asked, rows: Sequence[int]) -> Way:
        reach = rows[0]
        plan = EXACT
        if reach < EVERY_ROW:
            plan = planned(scope, reach, share.value, options)
        stored, _ = scope.of(plan)
        reach = rows_of(reach, plan, grouped=options.group_by is not None)
        note_plan(context, stored, name_of(stored, plan))
        reasons = None
        if options.explain:
            reason = _why_staged(scope, plan, reach, share.value, options)
            gucs = hybrid_gucs(stored, plan)
            reasons = Reasons(name_of(stored, plan), reason, share.value, gucs, scope.stored)
        return Way(staged.by_vector(stored, encoded, asked, plan, reach), plan, reasons, [reach])

    reaches = [first_reach(options, options.pool)]
    return (
        yield from run_staged(
            context, scope.whole, options, reaches, write, share=share, vectors=not of_examples
        )
    )


def _why_staged(
    scope: Scope, plan: Plan, rows: int, share: float | None, options: VectorOptions
) -> str:
    stored = scope.stored
    if rows >= EVERY_ROW and planning.is_built(stored) and options.exact is None:
        return f"all items that match are compared, to make groups by {options.group_by!r}"
    return why(
        stored,
        plan,
        rows,
        scope.share(share),
        where=scope.rest,
        exact=options.exact,
        ef_search=options.ef_search,
        wanted=f"for the {rows:,} nearest, of which {options.last:,} are asked for",
    )


def planned(
    scope: Scope, limit: int, share: float | None, options: VectorOptions | HybridOptions
) -> Plan:
    """Choose a plan within what the caller asked for; ``share`` is of the collection's rows."""
    return choose(
        scope.stored,
        limit,
        scope.share(share),
        where=scope.rest,
        exact=options.exact,
        ef=options.ef_search,
    )


def choose(
    stored: Stored,
    limit: int,
    share: float | None,
    *,
    where: Filter | None,
    exact: bool | None,
    ef: int | None = None,
) -> Plan:
    """Choose a plan within what the caller asked for; ``share`` is of these rows."""
    if exact is True:
        return EXACT
    if exact is None and ef is None:
        return planning.plan(stored, limit, share, where)
    return planning.approximate(
        stored, limit, 1.0 if where is None else share, effort=ef, fall_back=exact is None
    )


_CHECKED = (int, type(None))
"""Types of an ``ef_search`` that may have been checked before."""

_all_but_filter = attrgetter(*(name for name in names_of(VectorOptions) if name != "filter"))
