"""The text search: rows that match a query, ranked by BM25 or by what PostgreSQL has built in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.ctes import with_ctes
from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.items.where import SOONER, Where, where_of
from pgrecall._statements.parameters import Parameters
from pgrecall._statements.rendered import rendered
from pgrecall._statements.search import bm25, textsearch
from pgrecall._statements.search.compared import sent
from pgrecall._statements.search.drawing import sample
from pgrecall._statements.search.sending import (
    REPLANNED,
    effort,
    sending_of_words,
    written_out,
)
from pgrecall._statements.search.snippets import snippet_of
from pgrecall._statements.search.text_arm import (
    CAPS,
    fitted,
    sample_percent,
    text_arm,
    text_values,
)
from pgrecall._statements.search.text_query import share_of
from pgrecall._statements.search.trust import FILTER_SHARE
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.bm25 import Frequencies
    from pgrecall._statements.search.sending import Numbers
    from pgrecall._statements.search.text_query import TextQuery
    from pgrecall.filters import Filter

TEXT_GUCS = {"enable_seqscan": "off", "jit": "off", "max_parallel_workers_per_gather": "0"}
"""PostgreSQL's settings for a text search: a sequential scan reads every text; compiling costs more
than the search, and so do parallel workers."""


_HITS = sql.SQL(
    "SELECT {item.id_text}, texts.text_score, {item.text}, {item.metadata_text}, {snippet}"
    "{vector}, {item.times}, {share} FROM texts JOIN {table} AS item ON {item.id = texts.id}"
    " ORDER BY texts.text_score DESC, {item.id}"
)


def text(  # the search's own arguments
    stored: Stored,
    words: str,
    limit: int,
    filter_: Filter | None,
    query: TextQuery,
    known: Frequencies,
    *,
    highlight: bool,
    include_vectors: bool = False,
) -> Statement:
    """Find the best rows: id, text score, text, metadata, snippet, vector if asked, times, share.

    ``share`` is the part of the table's sampled rows that match the filter, where the statement
    sampled.
    """
    query = fitted(stored, query, limit, known)
    parameters = Parameters()
    where = where_of(stored, filter_, parameters, within=SOONER)
    values = {
        **parameters.values,
        **text_values(stored, words, limit, query, known),
        "limit": limit,
    }
    if query.share is None:
        values["sample_percent"] = sample_percent(stored)
    sending = sending_of_words("text", stored, filtered=filter_ is not None, rows=limit)
    numbers: Numbers = ()
    if sending.is_within:
        numbers = tuple((name, values[name]) for name in ("limit", *CAPS) if name in values)
    made = _text(stored, query, numbers, where, highlight, include_vectors)
    before = None
    if sending.is_before:
        before = text_settings(stored, replanned=sending.replanned)
    return Statement(made, values, prepare=sending.prepare, before=before)


@rendered
def _text(
    stored: Stored,
    query: TextQuery,
    numbers: Numbers,
    where: Where,
    highlight: bool,
    include_vectors: bool,
) -> sql.Composable:
    ctes = text_arm(stored, where, query, limit=sql.Placeholder("limit"))
    sampled = query.share is None
    if sampled:
        ctes.insert(0, sample(stored, sql.SQL(where.test)))
    if numbers:
        ctes.insert(0, effort({}))
    item = stored.columns.of("item")
    vector = sql.SQL(", {}").format(sent(stored, item.embedding))
    hits = _HITS.format(
        **item.holes,
        snippet=snippet_of(stored, item, wanted=highlight),
        vector=vector if include_vectors else sql.SQL(""),
        share=FILTER_SHARE if sampled else sql.SQL("NULL"),
        table=stored.relation,
    )
    return written_out(with_ctes(ctes, hits), numbers)


def asks_index(
    stored: Stored, words: str, limit: int, query: TextQuery, known: Frequencies
) -> Statement:
    """Ask whether an extension's index is asked, where the filter lets enough rows through."""
    query = replace(query, share=1.0 if query.share is None else query.share)
    values = text_values(stored, words, limit, query, known)
    return Statement(_asks_index(stored, query), values)


@rendered
def _asks_index(stored: Stored, query: TextQuery) -> sql.Composable:
    ctes = [*bm25.terms(stored, of_query=False), textsearch.question(stored, share_of(query))]
    return with_ctes(ctes, sql.SQL("SELECT count(*) > 0 FROM index_question"))


def text_settings(stored: Stored, *, replanned: bool = False) -> Statement:
    """Set for one transaction what a text search needs; ``replanned`` as ``Sending`` has it."""
    return dialect_of(stored).set_local(TEXT_GUCS | REPLANNED if replanned else TEXT_GUCS)
