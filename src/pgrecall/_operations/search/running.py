"""Runs a search that is written: with its settings, in one round trip, and explained on request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall._operations.adopted.distinct import check_distinct
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.search.explain import explanation
from pgrecall._operations.work import Work, one
from pgrecall._statements.search.explain import analyze
from pgrecall._statements.search.near import asked_by
from pgrecall._statements.statement import Many
from pgrecall.models import Matches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.search.explain import Reasons
    from pgrecall._operations.search.shares import FilterShare
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Result, Statement
    from pgrecall.models import Explanation, Match


def run_search(
    context: Context,
    stored: Stored,
    statement: Statement,
    *,
    read: Callable[[Sequence[Any]], Match],
    share: FilterShare | None,
    reasons: Reasons | None,
    vectors: bool,
    left: list[Sequence[Any]] | None = None,
) -> Operation[Matches]:
    """Run a search, and learn from it what its filter lets through.

    Args:
        context: The store's view.
        stored: The collection.
        statement: The search; the last column of its rows is the share of rows that match.
        read: Makes a match of a row.
        share: Of the search's filter; None where nothing is to be learned.
        reasons: Why it runs so, where it is to be explained: it then runs a second time, under
            EXPLAIN ANALYZE in the same transaction.
        vectors: Whether a vector of the caller's is in it, as ``on_collection`` takes it.
        left: Receives a row without an id, in whose place there is nothing else.
    """
    rows, explained = yield from run_rows(
        context, stored, statement, share=share, reasons=reasons, vectors=vectors
    )
    if left is not None and rows and rows[0][0] is None:
        left.append(rows.pop(0))
    found = Matches(map(read, rows))
    if explained is not None:
        found.explanation = explained
    return found


def run_rows(
    context: Context,
    stored: Stored,
    statement: Statement,
    *,
    share: FilterShare | None,
    reasons: Reasons | None,
    vectors: bool,
) -> Operation[tuple[list[tuple[Any, ...]], Explanation | None]]:
    """Run a search as ``run_search`` does; give its rows, and how it ran where that is asked.

    Where ``share`` is None, nothing is learned.
    """
    statement = asked_by(stored, statement)
    results: list[Result]
    # most are one request, which needs no body around it
    if reasons is None and statement.before is None:
        work = one(statement, replica=True)
        results = [(yield from on_collection(context, stored, work, vectors=vectors))]
    else:
        more = () if reasons is None else (analyze(statement),)
        trip = in_one_trip(statement, *more)
        results = yield from on_collection(context, stored, trip, vectors=vectors)
    found_by = results[0]
    if stored.adopted is not None:
        check_distinct(stored, (row[0] for row in found_by.rows if row[0] is not None))
    if share is not None:
        share.learn(found_by.rows)
    if reasons is None:
        return found_by.rows, None
    return found_by.rows, explanation(stored, reasons, statement, results[-1])


def in_one_trip(statement: Statement, *more: Statement) -> Work[list[Result]]:
    """Run a search and what goes with it, in one trip: give their results.

    What has to be set before it goes first, and gives none. A single one is its own transaction.
    """
    before = statement.before

    def body() -> Steps[list[Result]]:
        if before is None and not more:
            return [(yield statement)]
        sent = (statement, *more) if before is None else (before, statement, *more)
        results: list[Result] = yield Many(sent)
        return results[len(sent) - len(more) - 1 :]

    return Work(body, replica=True, settings=before)
