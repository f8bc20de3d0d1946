"""A look at the nearest rows: how many of them a filter matches, before all that match are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.ctes import with_ctes
from pgrecall._statements.indexes.indexes import distance_by_index
from pgrecall._statements.items.where import testing
from pgrecall._statements.parameters import Parameters
from pgrecall._statements.rendered import rendered
from pgrecall._statements.search.compared import kept
from pgrecall._statements.search.drawing import sample
from pgrecall._statements.search.scanning import settings
from pgrecall._statements.search.trust import FILTER_SHARE
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.plan import Plan
    from pgrecall.filters import Filter

# what the index does not give, among rows that are deleted, counts as what the filter leaves out
_NEAREST = sql.SQL(
    "SELECT (count(*) FILTER (WHERE passes))::float8 / %(fetch)s::float8, {share} FROM"
    " (SELECT ({where}) AS passes FROM {items} WHERE {kept}"
    " ORDER BY {index_distance} LIMIT %(fetch)s) AS nearest"
)


def nearest(stored: Stored, filter_: Filter, plan: Plan) -> Statement:
    """Tell what part of the nearest rows, ``plan.fetch`` of them, a filter matches.

    The second value is what part of the table's rows it matches, where ``plan`` samples them. The
    query is for the caller to put in.
    """
    parameters = Parameters()
    where = testing(stored, filter_, parameters)
    values = {**parameters.values, "query": None, "fetch": plan.fetch}
    if plan.sample_percent is not None:
        values["sample_percent"] = plan.sample_percent
    text = _nearest(stored, plan, where)
    return Statement(text, values, prepare=False, before=settings(stored, plan))


@rendered
def _nearest(stored: Stored, plan: Plan, where: str) -> sql.Composable:
    index = stored.collection.index
    if index is None:
        msg = "there is no index to look by"
        raise LookupError(msg)
    test = sql.SQL(where)  # values are bound in it
    sampled = plan.sample_percent is not None
    rows = _NEAREST.format(
        where=test,
        items=stored.items,
        kept=kept(stored),
        index_distance=distance_by_index(stored, index),
        share=FILTER_SHARE if sampled else sql.SQL("NULL"),
    )
    return with_ctes([sample(stored, test)] if sampled else [], rows)
