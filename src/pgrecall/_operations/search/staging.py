"""Searches with more than a limit after their arms: how far the arms go, and what is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from pgrecall._operations.search.boosting import check_there
from pgrecall._operations.search.diversity import diverse
from pgrecall._operations.search.options import MAX_CANDIDATES
from pgrecall._operations.search.running import run_rows
from pgrecall._statements.items.fields import declared_kind
from pgrecall._statements.search.stages import Asked
from pgrecall._values.filter_values import Whole
from pgrecall._values.instants import utc_sent
from pgrecall._values.json_text import read_json, read_metadata
from pgrecall._values.snippets import restored
from pgrecall._values.vectors import decode
from pgrecall.errors import InvalidArgumentError
from pgrecall.filters import And, Condition, Or
from pgrecall.models import Match, Matches
from pgrecall.models.matches import new_match

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._operations.context import Context
    from pgrecall._operations.search.explain import Reasons
    from pgrecall._operations.search.options import SearchOptions
    from pgrecall._operations.search.shares import FilterShare
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.plan import Plan
    from pgrecall._statements.statement import Statement
    from pgrecall.filters import Filter

EVERY_ROW = 2**31 - 1
"""A limit that leaves nothing out."""
_FIRST_ROWS = 100
"""Rows that an arm brings at first to find groups in, at least."""
_ROWS_A_GROUP = 3
"""And so many for each group."""
_EXACT_ROWS = 1_000
_FURTHER = 10
"""How many times as far an arm goes where its rows made too few groups."""
_COUNTS = 3
_NAMED_GROUPS = 500
"""Groups whose items a filter names at most: of more, all items are looked at."""


class Way(NamedTuple):
    """How one statement of a search runs.

    Attributes:
        statement: The search.
        plan: How its vector arm runs, or None.
        reasons: Why, where it is to be explained.
        rows: Rows of each arm: all, where it compares every item anyway.
    """

    statement: Statement
    plan: Plan | None
    reasons: Reasons | None
    rows: Sequence[int]


class Reach(NamedTuple):
    """How far each arm of a search goes.

    Attributes:
        rows: Rows that it brings at most.
        groups: Groups that these shall make, where there are groups.
    """

    rows: int
    groups: int


def asked_of(options: SearchOptions) -> Asked:
    """Give what the stages of a search are asked."""
    return Asked(
        filter=options.where,
        group_by=options.group_by,  # type: ignore[arg-type]  # checked: no list
        boosts=options.boosts,
        min_score=options.min_score,
        offset=int(options.offset),
        limit=options.limit,
        pool=options.pool,
        per_group=options.per_group,
        is_diverse=options.is_diverse,
        include_vectors=options.include_vectors,
        highlight=getattr(options, "highlight", False),
    )


def first_reach(options: SearchOptions, pool: int) -> Reach:
    """Tell how far an arm goes at first for a pool of items, or of groups."""
    if options.group_by is None:
        return Reach(pool, pool)
    return Reach(max(_FIRST_ROWS, _ROWS_A_GROUP * pool), pool)


def rows_of(reach: int, plan: Plan, *, grouped: bool) -> int:
    """Tell how many rows a vector arm brings: one that compares every item may as well bring more.

    Args:
        reach: How far it goes.
        plan: How it runs.
        grouped: Whether groups are made of its rows.
    """
    return max(reach, _EXACT_ROWS) if grouped and plan.exact else reach


def further(reach: Reach, plan: Plan | None) -> Reach:
    """Tell how far an arm goes where its rows made too few groups."""
    if plan is not None and plan.exact:
        return reach._replace(rows=EVERY_ROW)
    rows = reach.rows * _FURTHER
    return reach._replace(rows=rows if rows <= MAX_CANDIDATES else EVERY_ROW)


def run_staged(
    context: Context,
    stored: Stored,
    options: SearchOptions,
    reaches: Sequence[Reach],
    write: Callable[[Asked, Sequence[int]], Way],
    *,
    share: FilterShare,
    vectors: bool,
) -> Operation[Matches]:
    """Run a search, its arms further and further where groups are short.

    Args:
        context: The store's view.
        stored: The collection.
        options: What is asked, checked.
        reaches: How far each arm goes at first.
        write: Writes the search, of so many rows of each arm.
        share: Of the search's filter.
        vectors: Whether a vector of the caller's is in it, as ``on_collection`` takes it.
    """
    check_there(options.boosts, stored)
    asked = asked_of(options)
    # the best of each group are among all its items, of which an arm brings some
    whole = options.group_by is not None and options.per_group > 1
    whole = whole and not options.is_chosen and len(reaches) == 1
    named = asked
    if whole and options.pool > _NAMED_GROUPS:
        reaches = [reaches[0]._replace(rows=EVERY_ROW)]
    elif whole and options.is_paged:
        named = asked.every_group()  # each page orders all of them: so pages fit one another
    while True:
        way = write(named, [reach.rows for reach in reaches])
        found, counts, explanation = yield from _run(context, stored, way, share, vectors=vectors)
        reaches = [one._replace(rows=rows) for one, rows in zip(reaches, way.rows, strict=True)]
        plans = (way.plan, None)  # the vector arm stands first, and words have no plan
        short = [
            _is_short(reach, counts[_COUNTS * place : _COUNTS * (place + 1)], plans[place])
            for place, reach in enumerate(reaches)
        ]
        if options.group_by is None or not any(short):
            break
        reaches = [
            further(reach, plans[place]) if short[place] else reach
            for place, reach in enumerate(reaches)
        ]
    went_on = reaches[0].rows < EVERY_ROW
    if whole and found and (went_on or named is not asked):
        if went_on:
            asked = replace(asked, filter=_of_groups(asked, found))
        way = write(asked, [EVERY_ROW])
        # what part of all rows is in these groups is nothing to learn of the filter
        found, _, explanation = yield from _run(context, stored, way, None, vectors=vectors)
    matches = Matches(
        diverse(found, options, stored.metric)
        if options.is_diverse
        else (match for match, _ in found)
    )
    _check_groups(stored, options, matches)
    matches.explanation = explanation
    return matches


def _run(
    context: Context, stored: Stored, way: Way, share: FilterShare | None, *, vectors: bool
) -> Operation[tuple[list[tuple[Match, str | None]], list[int], Any]]:
    rows, explanation = yield from run_rows(
        context,
        stored,
        way.statement,
        share=share,
        reasons=way.reasons,
        vectors=vectors,
    )
    counts = [int(one) for one in (rows[0][-2] or "").split()] if rows else []
    question = str(way.statement.parameters.get("text", ""))
    found = [(_match(stored, row, question), row[10]) for row in rows if row[0] is not None]
    return found, counts, explanation


def _is_short(reach: Reach, counts: Sequence[int], plan: Plan | None) -> bool:
    """Tell whether an arm made too few groups, and may make more if it goes further."""
    if not counts or reach.rows >= EVERY_ROW:
        return False
    rows, groups, kept = counts
    if groups >= reach.groups or rows < reach.rows or kept < rows:
        return False
    # what asks the index alone is not compared with every item
    asks_index_alone = plan is not None and not plan.exact and not plan.fall_back
    return not (asks_index_alone and reach.rows >= MAX_CANDIDATES)


def _match(stored: Stored, row: Sequence[Any], question: str) -> Match:
    id_, distance, score, text, metadata, vector_rank, text_rank, text_score, *rest = row
    vector, snippet, group, created, updated, _, _ = rest
    return new_match(
        id_,
        distance,
        score,
        text,
        read_metadata(metadata),
        decode(stored.collection.storage, vector),
        vector_rank,
        text_rank,
        text_score,
        snippet if stored.analysis is None else restored(text, snippet, question),
        group=None if group is None else read_json(group),
        created_at=utc_sent(created),
        updated_at=utc_sent(updated),
    )


def _of_groups(asked: Asked, found: Sequence[tuple[Match, str | None]]) -> Filter:
    """Name the groups that were found: by their values, and by their ids where there is none."""
    values = dict.fromkeys(group for _, group in found if group is not None)
    ids = tuple(match.id for match, group in found if group is None)
    field = asked.group_by
    if field == "id":
        named: list[Filter] = [Condition("id", "in", tuple(map(read_json, values)))]
    else:
        path = (field,) if isinstance(field, str) else tuple(field or ())
        # strings are one list to look in; a number keeps every digit of its own
        words = tuple(read_json(value) for value in values if value.startswith('"'))
        named = [Condition(path, "eq", Whole(one)) for one in values if not one.startswith('"')]
        if words:
            named.append(Condition(path, "in", words))
    if ids:
        named.append(Condition("id", "in", ids))
    one = Or(*named)
    return one if asked.filter is None else And(asked.filter, one)


def _check_groups(stored: Stored, options: SearchOptions, matches: Matches) -> None:
    field = options.group_by
    if field is None:
        return
    kind = declared_kind(stored, field if isinstance(field, str) else tuple(field))
    if kind is None:
        return
    for match in matches:
        if isinstance(match.group, list | dict):
            what = "a list" if isinstance(match.group, list) else "an object"
            msg = (
                f"group_by={field!r} is declared {kind!r}, and item {match.id!r} has {what} there:"
                " a group is one value; filter such items out, or store one value"
            )
            raise InvalidArgumentError(msg)
