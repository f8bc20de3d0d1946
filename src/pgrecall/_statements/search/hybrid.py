"""The hybrid search: both arms, every candidate scored in both, fused, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._statements import languages
from pgrecall._statements.ctes import with_ctes
from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.items.where import SOONER, where_of
from pgrecall._statements.parameters import Parameters
from pgrecall._statements.rendered import rendered
from pgrecall._statements.search.bm25 import TITLE_WEIGHT
from pgrecall._statements.search.compared import known_distance, sent
from pgrecall._statements.search.drawing import sample
from pgrecall._statements.search.fuse import fused, fusion_values
from pgrecall._statements.search.scanning import index_gucs, plan_values, scan_gucs, within_values
from pgrecall._statements.search.sending import (
    BEFORE,
    REPLANNED,
    WITHIN,
    Sending,
    effort,
    sending_of_words,
    written_out,
)
from pgrecall._statements.search.snippets import snippet_of
from pgrecall._statements.search.text import TEXT_GUCS
from pgrecall._statements.search.text_arm import (
    CAPS,
    fitted,
    matching_score,
    sample_percent,
    text_arm,
    text_values,
)
from pgrecall._statements.search.text_query import TextQuery
from pgrecall._statements.search.trust import FILTER_SHARE
from pgrecall._statements.search.vector import vector_arm
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from pgrecall._statements.items.where import Where
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.bm25 import Frequencies
    from pgrecall._statements.search.plan import Plan
    from pgrecall._statements.search.sending import Numbers
    from pgrecall._values.vectors import Encoded
    from pgrecall.filters import Filter
    from pgrecall.fusion import Fusion

BY_VECTOR = sql.SQL(
    "SELECT id, distance, row_number() OVER (ORDER BY distance, id) AS vector_rank FROM nearest"
)
BY_TEXT = sql.SQL(
    "SELECT id, text_score, row_number() OVER (ORDER BY text_score DESC, id) AS text_rank"
    " FROM texts"
)

# what one arm did not bring is scored in it all the same
_CANDIDATES = sql.SQL(
    "SELECT by_text.id, coalesce(by_vector.distance, {distance}) AS distance, by_text.text_score,"
    " by_vector.vector_rank, by_text.text_rank"
    " FROM by_text JOIN {table} AS item ON {item.id = by_text.id}"
    " LEFT JOIN by_vector ON by_vector.id = by_text.id"
    " UNION ALL SELECT id, distance, {score} AS text_score, vector_rank, NULL FROM"
    " (SELECT by_vector.id, by_vector.distance, by_vector.vector_rank, {given},"
    " ts_filter({item.tsv}, '{{a,b,c,d}}') AS tsv"
    " FROM by_vector JOIN {table} AS item ON {item.id = by_vector.id}"
    " WHERE NOT EXISTS (SELECT FROM by_text WHERE by_text.id = by_vector.id){fence}) AS alone"
)

_BEST = sql.SQL("SELECT * FROM ({}) AS fused ORDER BY odds DESC, id LIMIT %(limit)s")

_HITS = sql.SQL(
    "SELECT {item.id_text}, best.distance, best.score, {item.text}, {item.metadata_text},"
    " best.vector_rank, best.text_rank, nullif(best.text_score, 0){more}, {item.times}, {share}"
    " FROM best JOIN {table} AS item ON {item.id = best.id} ORDER BY best.odds DESC, {item.id}"
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
        syntax: One of ``SYNTAXES``.
        include_vectors: Bring the vectors along.
        highlight: Bring a passage of each text along.
        language: As ``TextQuery`` has it.
        title_weight: Likewise.
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
    syntax: str = "any"
    include_vectors: bool = False
    highlight: bool = False
    language: str | None = None
    title_weight: float = TITLE_WEIGHT

    @property
    def by_words(self) -> TextQuery:
        """What the text arm is asked."""
        return TextQuery(
            self.syntax,
            share=self.share,
            language=self.language,
            title_weight=self.title_weight,
        )


def hybrid(
    stored: Stored,
    query: HybridQuery,
    filter_: Filter | None,
    plan: Plan,
    known: Frequencies,
    *,
    by: Stored | None = None,
) -> Statement:
    """Find the best rows: id, distance, score, text, metadata, ranks, text score, times, share.

    Where either is asked for, the vector and the snippet stand before the times.

    Args:
        stored: The collection.
        query: What is asked.
        filter_: The filter.
        plan: How the vector arm runs.
        known: How common the words are.
        by: The part of the collection whose index the vector arm asks, if it is one's.
    """
    by = by or stored
    parameters = Parameters()
    where = where_of(stored, filter_, parameters, within=SOONER)
    asked = fitted(stored, query.by_words, query.text_candidates, known)
    values: dict[str, Any] = {
        "sample_percent": sample_percent(stored),
        **parameters.values,
        **text_values(stored, query.words, query.text_candidates, asked, known, sure=query.limit),
        **plan_values(by, plan),
        **fusion_values(query.fusion, query.spread, query.floor),
        "query": query.vector,
        "vector_candidates": query.candidates,
        "text_candidates": query.text_candidates,
        "limit": query.limit,
    }
    sending = sending_of(stored, query, plan, filtered=filter_ is not None)
    numbers: Numbers = ()
    if sending.is_within:
        names = ("limit", "vector_candidates", "text_candidates", *CAPS)
        numbers = (
            *((name, values[name]) for name in names if name in values),
            ("fetch", plan.fetch),
        )
        values |= {} if plan.exact else within_values(by, plan)
    made = _hybrid(
        stored,
        plan,
        numbers,
        where,
        asked,
        type(query.fusion),
        by=by,
        include_vectors=query.include_vectors,
        highlight=query.highlight,
    )
    before = settings(by, plan, sending) if sending.is_before else None
    return Statement(made, values, prepare=sending.prepare, before=before)


@rendered
def _hybrid(
    stored: Stored,
    plan: Plan,
    numbers: Numbers,
    where: Where,
    asked: TextQuery,
    fusion: type[Fusion],
    *,
    by: Stored,
    include_vectors: bool,
    highlight: bool,
) -> sql.Composable:
    ctes = vector_arm(
        by,
        plan,
        where,
        carried=("id",),
        limit=sql.Placeholder("vector_candidates"),
        sending=WITHIN if numbers else BEFORE,
        has_other_way=True,
    )
    if numbers and plan.exact:
        ctes.insert(0, effort({}))
    sampled = asked.share is None
    if sampled and plan.sample_percent is None:
        ctes.insert(0, sample(stored, sql.SQL(where.test)))
    ctes += [
        ("by_vector", BY_VECTOR),
        *text_arm(stored, where, asked, limit=sql.Placeholder("text_candidates")),
        ("by_text", BY_TEXT),
    ]
    item = stored.columns.of("item")
    ctes += [
        ("candidates", candidates(stored, asked)),
        ("best", _BEST.format(fused(fusion))),
    ]
    share = FILTER_SHARE if sampled else sql.SQL("NULL")
    more: sql.Composable = sql.SQL("")
    if include_vectors or highlight:
        more = sql.SQL(", {}, {}").format(
            sent(stored, item.embedding, wanted=include_vectors),
            snippet_of(stored, item, wanted=highlight),
        )
    hits = _HITS.format(**item.holes, table=stored.relation, more=more, share=share)
    return written_out(with_ctes(ctes, hits), numbers)


def candidates(stored: Stored, asked: TextQuery) -> sql.Composable:
    """Write the CTE of what ``by_vector`` or ``by_text`` has, scored in both arms."""
    item = stored.columns.of("item")
    given: sql.Composable = item.given("text")
    if asked.has_own_trees(stored):
        number = languages.number_of_row(stored, item.metadata)
        given = sql.SQL("{}, {} AS language").format(given, number)
    return _CANDIDATES.format(
        **item.holes,
        table=stored.relation,
        given=given,
        distance=known_distance(stored, item.embedding),
        score=matching_score(stored, asked, sql.SQL("text"), sql.SQL("tsv")),
        fence=dialect_of(stored).fence,
    )


def sending_of(stored: Stored, query: HybridQuery, plan: Plan, *, filtered: bool) -> Sending:
    """Tell how a search by both goes to the server."""
    rows = max(query.limit, query.candidates, query.text_candidates, plan.fetch)
    return sending_of_words("both", stored, filtered=filtered, rows=rows)


def settings(stored: Stored, plan: Plan, sending: Sending = BEFORE) -> Statement:
    """Set for one transaction what both arms need."""
    values = gucs(stored, plan)
    return dialect_of(stored).set_local(values | REPLANNED if sending.replanned else values)


def gucs(stored: Stored, plan: Plan, sending: Sending = BEFORE) -> dict[str, str]:
    """Give PostgreSQL's settings for what both arms need."""
    if sending.is_within:
        return {} if plan.exact else scan_gucs(stored, plan, within=True)
    return TEXT_GUCS if plan.exact else TEXT_GUCS | index_gucs(stored, plan)
