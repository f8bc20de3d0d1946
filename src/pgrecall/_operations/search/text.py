"""Search by text."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pgrecall import filters
from pgrecall._operations.context import on_collection, resolve
from pgrecall._operations.search import planning
from pgrecall._operations.search.explain import analyzed
from pgrecall._operations.search.vector import checked_limit
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import Work, one
from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.items.items import read_metadata
from pgrecall._statements.search import frequencies
from pgrecall._statements.search import text as statements
from pgrecall._statements.search.text import RANKINGS, SYNTAXES, TextQuery
from pgrecall._statements.search.tsquery import error_place
from pgrecall._statements.statement import Many
from pgrecall._values.rows import check_text
from pgrecall.errors import DatabaseError, InvalidArgumentError
from pgrecall.models import Match, Matches

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.bm25 import Frequencies
    from pgrecall._statements.statement import Result, Statement
    from pgrecall.filters import FilterLike

MAX_AGE = 60.0
"""Seconds for which a client keeps a collection's word frequencies, its rows and average length."""
ROWS_A_SECOND = 1_000
"""They are kept a second for so many rows: what is soon changed is soon read again."""
_SHOWN = 30  # characters of a query on either side of its error


@traced("search_text")
def search_text(
    context: Context,
    tenant: str,
    name: str,
    text: str,
    *,
    limit: int,
    filter_: FilterLike | None,
    syntax: str,
    ranking: str,
    highlight: bool,
    explain: bool = False,
) -> Operation[Matches]:
    """Find the items whose text matches best."""
    limit = checked_limit(limit)
    check_text("the query text", text)
    check_choice("syntax", syntax, SYNTAXES)
    check_choice("ranking", ranking, RANKINGS)
    parsed = filters.parse(filter_)
    stored = yield from resolve(context, tenant, name)
    check_searchable(stored)
    known = yield from known_frequencies(context, stored)
    seen = planning.digest_of(parsed)
    share = 1.0 if parsed is None else context.estimates.get(stored.id, seen)
    query = TextQuery(syntax, ranking, share)
    statement = statements.text(stored, str(text), limit, parsed, query, known, highlight=highlight)
    explanation = None
    try:
        if explain:
            reason = f"a text search: syntax {syntax!r} finds by the index, {ranking} ranks"
            before = [statements.text_settings(dialect_of(stored))]
            result, explanation = yield from analyzed(
                context, stored, before, statement, plan=None, reason=reason, share=share
            )
        else:
            result = yield from on_collection(
                context, stored, with_text_settings(stored, statement)
            )
    except DatabaseError as error:
        raise explained(error, syntax, text) from error.__cause__
    if share is None and result.rows and result.rows[0][5] is not None:
        context.estimates.put(stored.id, seen, result.rows[0][5])
    found = Matches(
        [
            Match(
                id_, None, score, text, read_metadata(metadata), text_score=score, snippet=snippet
            )
            for id_, score, text, metadata, snippet, _ in result.rows
        ]
    )
    found.explanation = explanation
    return found


def known_frequencies(
    context: Context, stored: Stored, *, vectors: bool = False
) -> Operation[Frequencies]:
    """Give what BM25 has to know of a collection, read again after ``MAX_AGE`` at the latest.

    ``vectors`` is of the search that it is for, as ``on_collection`` takes it.
    """
    kept = context.frequencies.get(stored.id)
    if kept is not None and time.monotonic() < kept[0]:
        return kept[1]
    reading = one(frequencies.read(stored), replica=True)
    result = yield from on_collection(context, stored, reading, vectors=vectors)
    known = frequencies.read_from(result.rows[0])
    seconds = min(MAX_AGE, known.rows / ROWS_A_SECOND)
    context.frequencies.put(stored.id, (time.monotonic() + seconds, known))
    return known


def with_text_settings(stored: Stored, statement: Statement) -> Work[Result]:
    """Run a text search in one round trip, its settings with it."""

    def body() -> Steps[Result]:
        settings = statements.text_settings(dialect_of(stored))
        results: list[Result] = yield Many([settings, statement])
        return results[1]

    return Work(body, replica=True)


def check_searchable(stored: Stored) -> None:
    """Raise InvalidArgumentError where the collection's texts are not searched."""
    if stored.collection.text_search is None:
        msg = (
            f"collection {stored.collection.name!r} was made with text_search=None: its texts are"
            " not searched; a new collection with text_search='english' (or another text search"
            " configuration) would hold the same items with an index on their texts"
        )
        raise InvalidArgumentError(msg)


def check_choice(what: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise InvalidArgumentError unless ``value`` is one of the choices."""
    if value not in choices:
        names = ", ".join(repr(choice) for choice in choices)
        raise InvalidArgumentError(f"{what} must be one of {names}, not {value!r}")


def explained(error: DatabaseError, syntax: str, text: str) -> DatabaseError | InvalidArgumentError:
    """Say what is wrong with a ``raw`` query, and where; any other error stays what it is."""
    state = error.sqlstate or ""
    if syntax != "raw" or not (state == "42601" or state.startswith("54")):
        return error
    # the server repeats the query, however long it is
    said = str(error) if len(text) <= 2 * _SHOWN else str(error).replace(text, "...")
    if state != "42601":
        return InvalidArgumentError(f"the query is more than PostgreSQL can take ({said})")
    place = error_place(text)
    before, after = text[max(0, place - _SHOWN) : place], text[place : place + _SHOWN]
    where = f"at character {place + 1}" if place < len(text) else "at its end"
    return InvalidArgumentError(
        f"the raw query has a syntax error {where}: {before}>>>{after} (operands are joined by"
        f" & | ! <-> and parentheses; syntax='web' takes any text; the server says: {said})"
    )
