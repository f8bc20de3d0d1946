"""Runs a search that is written: with its settings, in one round trip, and explained on request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall._operations.context import on_collection
from pgrecall._operations.search.explain import explanation
from pgrecall._operations.work import Work
from pgrecall._statements.search.explain import analyze
from pgrecall._statements.search.near import asked_by
from pgrecall._statements.statement import Many
from pgrecall.models import Matches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.search.explain import Reasons
    from pgrecall._operations.search.planning import FilterShare
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Result, Statement
    from pgrecall.models import Explanation, Match


def run_search(
    context: Context,
    stored: Stored,
    settings: Statement | None,
    statement: Statement,
    *,
    read: Callable[[Sequence[Any]], Match],
    share: FilterShare,
    reasons: Reasons | None,
    vectors: bool,
) -> Operation[Matches]:
    """Run a search, and learn from it what its filter lets through.

    Args:
        context: The store's view.
        stored: The collection.
        settings: What the search sets for its transaction; None for nothing.
        statement: The search; the last column of its rows is the share of rows that match.
        read: Makes a match of a row.
        share: Of the search's filter.
        reasons: Why it runs so, where it is to be explained: it then runs a second time, under
            EXPLAIN ANALYZE in the same transaction.
        vectors: Whether a vector of the caller's is in it, as ``on_collection`` takes it.
    """
    rows, explained = yield from run_rows(
        context, stored, settings, statement, share=share, reasons=reasons, vectors=vectors
    )
    found = Matches(map(read, rows))
    if explained is not None:
        found.explanation = explained
    return found


def run_rows(
    context: Context,
    stored: Stored,
    settings: Statement | None,
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
    more = () if reasons is None else (analyze(statement),)
    work = in_one_trip(settings, statement, *more)
    results = yield from on_collection(context, stored, work, vectors=vectors)
    found_by = results[1 if settings is not None else 0]
    if share is not None:
        share.learn(found_by.rows)
    if reasons is None:
        return found_by.rows, None
    return found_by.rows, explanation(stored, reasons, statement, results[-1])


def in_one_trip(settings: Statement | None, *statements: Statement) -> Work[list[Result]]:
    """Run statements and their settings; a single one without any is its own transaction."""
    sent = statements if settings is None else (settings, *statements)

    def body() -> Steps[list[Result]]:
        if len(sent) == 1:
            return [(yield sent[0])]
        results: list[Result] = yield Many(sent)
        return results

    return Work(body, replica=True, settings=settings)
