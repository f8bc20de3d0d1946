"""The hybrid search: both arms, every candidate scored in both, fused, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.items.items import condition
from pgrecall._statements.parameters import Parameters
from pgrecall._statements.search.fuse import fused
from pgrecall._statements.search.text import (
    TEXT_GUCS,
    TextQuery,
    sample_percent,
    text_arm,
    text_score,
    text_values,
)
from pgrecall._statements.search.vector import (
    distance_of,
    index_settings,
    plan_values,
    sample,
    vector_arm,
    with_ctes,
)
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.bm25 import Frequencies
    from pgrecall._statements.search.plan import Plan
    from pgrecall._values.vectors import Encoded
    from pgrecall.filters import Filter
    from pgrecall.fusion import Fusion

_BY_VECTOR = sql.SQL(
    "SELECT id, distance, row_number() OVER (ORDER BY distance, id) AS vector_rank FROM nearest"
)
_BY_TEXT = sql.SQL(
    "SELECT id, text_score, row_number() OVER (ORDER BY text_score DESC, id) AS text_rank"
    " FROM texts"
)

# what one arm did not bring is scored in it all the same
_CANDIDATES = sql.SQL(
    "SELECT id, coalesce(by_vector.distance, {distance}) AS distance, text_score,"
    " vector_rank, text_rank"
    " FROM by_text JOIN {table} AS item USING (id) LEFT JOIN by_vector USING (id)"
    " UNION ALL SELECT id, distance, {score} AS text_score, vector_rank, NULL FROM"
    " (SELECT id, distance, vector_rank, item.text, ts_filter(item.tsv, '{{a,b,c,d}}') AS tsv"
    " FROM by_vector JOIN {table} AS item USING (id)"
    " WHERE NOT EXISTS (SELECT FROM by_text WHERE by_text.id = by_vector.id){fence}) AS alone"
)

_BEST = sql.SQL("SELECT * FROM ({}) AS fused ORDER BY odds DESC, id LIMIT %(hits)s")

_HITS = sql.SQL(
    "SELECT item.id, distance, score, item.text, item.metadata::text, vector_rank, text_rank,"
    " nullif(text_score, 0), {share}"
    " FROM best JOIN {table} AS item USING (id) ORDER BY odds DESC, item.id"
)


@dataclass(frozen=True, slots=True)
class HybridQuery:
    """What a hybrid search asks for.

    Attributes:
        vector: The encoded query vector.
        words: The query text.
        limit: Hits at most.
        candidates: Rows that the vector arm brings at most.
        text_candidates: Rows that the text arm brings at most.
        fusion: What makes one ranking of two.
        spread: Spread of distances between the collection's items, where known.
        floor: Below it, differences of distances are rounding.
        share: What part of the rows the filter lets through: 1 without one; None where the
            statement has to look.
    """

    vector: Encoded
    words: str
    limit: int
    candidates: int
    text_candidates: int
    fusion: Fusion
    spread: float | None
    floor: float
    share: float | None


def hybrid(
    stored: Stored, query: HybridQuery, filter_: Filter | None, plan: Plan, known: Frequencies
) -> Statement:
    """Find the best rows: id, distance, score, text, metadata, ranks, text score, share."""
    parameters = Parameters()
    where = condition(stored, filter_, parameters)
    asked = TextQuery(share=query.share)
    dialect = dialect_of(stored)
    ctes = vector_arm(stored, plan, where, columns=sql.SQL(""))
    if query.share is None and plan.sample_percent is None:
        ctes.insert(0, sample(stored, where))
    ctes += [
        ("by_vector", _BY_VECTOR),
        *text_arm(stored.table, where, asked, dialect),
        ("by_text", _BY_TEXT),
    ]
    common = {"table": stored.table, "score": text_score(asked), "fence": dialect.fence}
    distance = distance_of(stored, sql.SQL("item.embedding"))
    ctes += [
        ("candidates", _CANDIDATES.format(**common, distance=distance)),
        ("best", _BEST.format(fused(query.fusion, query.spread, query.floor, parameters))),
    ]
    known_share = query.share is not None
    share = sql.SQL("NULL" if known_share else "(SELECT share FROM sampled)")
    values: dict[str, Any] = {
        "sample": sample_percent(stored),
        **parameters.values,
        **text_values(stored, query.words, query.text_candidates, asked, known),
        **plan_values(stored, plan),
        "query": query.vector,
        "limit": query.candidates,
        "hits": query.limit,
    }
    return Statement(with_ctes(ctes, _HITS.format(table=stored.table, share=share)), values)


def settings(stored: Stored, plan: Plan) -> Statement:
    """Set for one transaction what both arms need."""
    return dialect_of(stored).set_local(gucs(stored, plan))


def gucs(stored: Stored, plan: Plan) -> dict[str, str]:
    """Give PostgreSQL's settings for what both arms need."""
    return TEXT_GUCS if plan.exact else TEXT_GUCS | index_settings(stored, plan)
