"""Search by text."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

from pgrecall._operations.context import resolve
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.search.checks import checked, served
from pgrecall._operations.search.explain import Reasons
from pgrecall._operations.search.reranking import reranking
from pgrecall._operations.search.running import run_search
from pgrecall._operations.search.scope import holding
from pgrecall._operations.search.shares import FilterShare
from pgrecall._operations.search.staging import Way, first_reach, run_staged
from pgrecall._operations.tracing import traced
from pgrecall._operations.watching.noting import note_search, watched
from pgrecall._operations.work import one
from pgrecall._statements.search import frequencies, staged, text_arm, text_query, textsearch
from pgrecall._statements.search import text as statements
from pgrecall._statements.search.text_query import TextQuery
from pgrecall._values.instants import utc_sent
from pgrecall._values.json_text import read_metadata
from pgrecall._values.snippets import restored
from pgrecall._values.strings import check_text
from pgrecall._values.tsquery import error_place
from pgrecall._values.vectors import decode
from pgrecall.errors import DatabaseError, InvalidArgumentError
from pgrecall.models.matches import new_match

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.search.options import TextOptions
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.bm25 import Frequencies
    from pgrecall._statements.search.stages import Asked
    from pgrecall.models import Match, Matches

T = TypeVar("T")

MAX_AGE = 60.0
"""Seconds for which a client keeps a collection's word frequencies, its rows and average length."""
ROWS_A_SECOND = 1_000
"""They are kept one second for every 1,000 rows: what changes fast is read again soon."""
_SHOWN = 30  # characters of a query on either side of its error


@watched("text")
@traced("search_text")
def search_text(
    context: Context, tenant: str, name: str, text: str, options: TextOptions
) -> Operation[Matches]:
    """Find the items whose text matches best."""
    check_text("the query text", text)
    asked, words = checked(options), str(text)
    return (
        yield from reranking(
            context, asked, lambda one: _matching(context, tenant, name, words, one), words
        )
    )


def _matching(
    context: Context, tenant: str, name: str, text: str, asked: TextOptions
) -> Operation[Matches]:
    stored = yield from resolve(context, tenant, name)
    check_searchable(stored)
    note_search(context, stored, asked, text=str(text))
    asked = holding(stored, asked)
    where = asked.where
    asked = served(asked, stored)
    frequencies_ = yield from known_frequencies(context, stored)
    share = FilterShare(context.estimates, stored, where, paged=asked.is_paged)
    query = TextQuery(asked.syntax, asked.ranking, share.value, asked.language)
    statement = statements.text(
        stored,
        text,
        asked.limit,
        where,
        query,
        frequencies_,
        highlight=asked.highlight,
        include_vectors=asked.include_vectors,
    )
    reasons = None
    if asked.explain:
        reason = f"a text search: syntax {asked.syntax!r} finds by the index, {asked.ranking} ranks"
        if asked.language is not None:
            reason += f"; the query is analysed by {stored.config_of(asked.language)!r}"
        reason += yield from said_of_words(context, stored, text, query)
        rows = first_reach(asked, asked.pool).rows if asked.is_staged else asked.limit
        plan, by_index = yield from said_of_index(context, stored, text, rows, query, frequencies_)
        sets = asked.is_staged or statement.before is not None
        gucs = statements.TEXT_GUCS if sets else {}
        reasons = Reasons(plan, reason + by_index, share.value, gucs)
    if asked.is_staged:

        def write(of: Asked, rows: Sequence[int]) -> Way:
            made = staged.by_text(stored, text, of, query, frequencies_, rows[0])
            return Way(made, None, reasons, rows)

        reaches = [first_reach(asked, asked.pool)]
        searching = run_staged(context, stored, asked, reaches, write, share=share, vectors=False)
        return (yield from told(searching, asked.syntax, text))
    storage = stored.collection.storage

    def read(row: Sequence[Any]) -> Match:
        id_, score, text_, metadata, snippet, *vector, created, updated, _ = row
        return new_match(
            id_,
            None,
            score,
            text_,
            read_metadata(metadata),
            decode(storage, vector[0]) if vector else None,
            text_score=score,
            snippet=snippet if stored.analysis is None else restored(text_, snippet, text),
            created_at=utc_sent(created),
            updated_at=utc_sent(updated),
        )

    searching = run_search(
        context,
        stored,
        statement,
        read=read,
        share=share,
        reasons=reasons,
        vectors=False,
    )
    return (yield from told(searching, asked.syntax, text))


def told(searching: Operation[T], syntax: str, text: str) -> Operation[T]:
    """Run a search, and say of a ``raw`` query what is wrong with it."""
    try:
        return (yield from searching)
    except DatabaseError as error:
        raise explained(error, syntax, text) from error.__cause__


def said_of_words(
    context: Context, stored: Stored, text: str, query: TextQuery, others: str = "nothing is found"
) -> Operation[str]:
    """Say of a question without a word that can be found that it has none, and what comes of it."""
    asking = one(text_query.has_words(stored, text, query), replica=True)
    found = yield from told(on_collection(context, stored, asking), query.syntax, text)
    if found.rows[0][0]:
        return ""
    config: object = stored.collection.text_search
    if query.language is not None:
        config = stored.config_of(query.language)
    return f"; the text has no words under text_search={config!r}, so {others}"


def said_of_index(
    context: Context,
    stored: Stored,
    text: str,
    limit: int,
    query: TextQuery,
    known: Frequencies,
) -> Operation[tuple[str, str]]:
    """Name a text search's plan, and say what part an extension's index has in it, if there is one.

    The plan is ``text`` where it has none, ``bm25`` where it is asked, and ``bm25 or text`` where
    the statement decides by what it samples of the filter.
    """
    index = stored.collection.text_index
    if index is None:
        return "text", ""
    if not textsearch.serves(stored, query):
        why = "serves syntax='any' with ranking='bm25' alone"
        return "text", f"; text_index={index!r} {why}, so the tsvector's index finds"
    if query.share is not None and query.share < textsearch.LEAST_SHARE:
        return "text", f"; {query.share:.2%} of the rows match the filter, too few for {index!r}"
    if text_arm.fitted(stored, query, limit, known).whole:
        return "text", f"; so few rows can match that each with a word is ranked, without {index!r}"
    asking = one(statements.asks_index(stored, text, limit, query, known), replica=True)
    found = yield from on_collection(context, stored, asking)
    if not found.rows[0][0]:
        why = "has nothing to choose (few rows hold the words, or there are none, one, too many or"
        why += " single characters), or is not built"
        return "text", f"; {index!r} {why}, so the tsvector's index finds"
    plan = "bm25" if query.share is not None else "bm25 or text"
    where = "" if query.share is not None else f" where {textsearch.LEAST_SHARE:.0%} of rows match"
    ranked = f"; {index!r} chooses what is ranked{where}, and where that is too few the tsvector's"
    return plan, ranked


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
    found = frequencies.read_from(result.rows[0])
    seconds = min(MAX_AGE, found.rows / ROWS_A_SECOND)
    context.frequencies.put(stored.id, (time.monotonic() + seconds, found))
    return found


def check_searchable(stored: Stored) -> None:
    """Raise InvalidArgumentError where the collection's texts are not searched."""
    if stored.collection.text_search is None:
        msg = (
            f"collection {stored.collection.name!r} was made with text_search=None: its texts are"
            " not searched; a new collection with text_search='english' (or another text search"
            " configuration) would hold the same items with an index on their texts"
        )
        raise InvalidArgumentError(msg)


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
