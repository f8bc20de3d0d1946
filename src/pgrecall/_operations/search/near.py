"""Search by example: the nearest to stored items."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from pgrecall import filters
from pgrecall._operations.adopted.distinct import check_distinct
from pgrecall._operations.context import resolve
from pgrecall._operations.items.items import checked_ids
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.search.checks import checked
from pgrecall._operations.search.reranking import reranking
from pgrecall._operations.search.vector import nearest
from pgrecall._operations.tracing import traced
from pgrecall._operations.watching.noting import note_search, watched
from pgrecall._operations.work import one
from pgrecall._statements.items import items
from pgrecall._statements.search import near as statements
from pgrecall._statements.search.near import Examples
from pgrecall._values.strings import shown
from pgrecall._values.vectors import Encoded
from pgrecall.errors import DatabaseError, InvalidArgumentError
from pgrecall.filters import And, Condition
from pgrecall.models import Matches

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgrecall._operations.context import Context
    from pgrecall._operations.search.options import VectorOptions
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored

T = TypeVar("T")

_MOST_NAMED = 10
_OUT_OF_RANGE = "22003"


@watched("near")
@traced("search_near")
def search_near(
    context: Context,
    tenant: str,
    name: str,
    ids: Iterable[str],
    away_from: Iterable[str],
    options: VectorOptions,
) -> Operation[Matches]:
    """Find the nearest items to the mean of some, which are left out."""
    asked = checked(options)
    near, away = checked_ids(ids), checked_ids(away_from, "away_from")
    if not near:
        raise InvalidArgumentError("ids must name an item at least: what is near to none is any")
    return (
        yield from reranking(
            context, asked, lambda one: _near(context, tenant, name, near, away, one)
        )
    )


def _near(
    context: Context,
    tenant: str,
    name: str,
    near: list[str],
    away: list[str],
    asked: VectorOptions,
) -> Operation[Matches]:
    stored = yield from resolve(context, tenant, name)
    examples = Examples(tuple(near), tuple(away), asked.where)
    note_search(context, stored, asked, query=examples)
    query: Examples | Encoded = examples
    if len(stored.possible(near + away)) < len(near + away):
        yield from _tell(context, stored, examples)
    if stored.collection.distributed:
        # a worker reads no query from a CTE: it comes from the coordinator
        work = one(statements.query_of(stored, examples), replica=True)
        computed = (yield from _in_range(stored, on_collection(context, stored, work))).rows[0][0]
        if computed is None:
            yield from _tell(context, stored, examples)
            return Matches()
        query = Encoded(computed)
    others = filters.parse(Condition("id", "not_in", list(dict.fromkeys(near + away))))
    assert others is not None  # noqa: S101  # a condition is a filter
    where = others if asked.where is None else And(asked.where, others)
    searching = nearest(context, tenant, name, query, replace(asked, filter=where))
    found = yield from _in_range(stored, searching)
    if not found:
        yield from _tell(context, stored, examples)
    return found


def _in_range(stored: Stored, operation: Operation[T]) -> Operation[T]:
    """Run what computes the query, and say where it is beyond what a vector can hold."""
    try:
        return (yield from operation)
    except DatabaseError as error:
        if error.sqlstate != _OUT_OF_RANGE:
            raise
        # the server shows a number of the vector, and so does not the message
        raise InvalidArgumentError(
            "the query that the examples make has numbers beyond what a"
            f" {stored.collection.storage} of collection {stored.collection.name!r} can hold:"
            " away_from doubles their difference; search() takes a vector of your own"
        ) from error.__cause__


def _tell(context: Context, stored: Stored, examples: Examples) -> Operation[None]:
    """Raise where the examples make no query: nothing was found then."""
    asked = list(dict.fromkeys(examples.near + examples.away))
    work = one(statements.without_vectors(stored, stored.possible(asked)), replica=True)
    lacking = (yield from on_collection(context, stored, work)).rows
    missing = [id_ for id_, is_there in lacking if not is_there]
    possible = set(stored.possible(asked))
    missing += [id_ for id_ in asked if id_ not in possible]
    bare = [id_ for id_, is_there in lacking if is_there]
    collection = repr(stored.collection.name)
    if missing or bare:
        told = [f"has no item {_named(missing)}"] if missing else []
        told += [f"has no vector of item {_named(bare)}"] if bare else []
        raise InvalidArgumentError(f"collection {collection} {' and '.join(told)}")
    if stored.adopted is not None:
        work = one(items.get(stored, asked), replica=True)
        found = yield from on_collection(context, stored, work)
        check_distinct(stored, (row[0] for row in found.rows))
    work = one(statements.query_of(stored, examples), replica=True)
    query = (yield from _in_range(stored, on_collection(context, stored, work))).rows[0][0]
    if query is None:
        raise InvalidArgumentError(
            "the examples have no direction together: their vectors cancel one another out"
        )


def _named(ids: list[str]) -> str:
    more = f" and {len(ids) - _MOST_NAMED:,} more" if len(ids) > _MOST_NAMED else ""
    return f"{', '.join(map(shown, ids[:_MOST_NAMED]))}{more}"
