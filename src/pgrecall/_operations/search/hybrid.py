"""Search by vector and text at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall._operations.context import resolve
from pgrecall._operations.items.items import shape_of
from pgrecall._operations.search import calibration, fusing
from pgrecall._operations.search.checks import checked, served
from pgrecall._operations.search.explain import Reasons, name_of, why
from pgrecall._operations.search.reranking import reranking
from pgrecall._operations.search.running import run_search
from pgrecall._operations.search.scope import holding, scope_of
from pgrecall._operations.search.shares import FilterShare
from pgrecall._operations.search.staging import EVERY_ROW, Way, first_reach, rows_of, run_staged
from pgrecall._operations.search.text import (
    check_searchable,
    known_frequencies,
    said_of_index,
    said_of_words,
    told,
)
from pgrecall._operations.search.vector import planned as planned_within
from pgrecall._operations.tracing import note_plan, traced
from pgrecall._operations.watching.noting import note_search, watched
from pgrecall._statements.search import hybrid as statements
from pgrecall._statements.search import staged
from pgrecall._statements.search.hybrid import HybridQuery
from pgrecall._statements.search.plan import EXACT
from pgrecall._statements.search.sending import BEFORE
from pgrecall._values.instants import utc_sent
from pgrecall._values.json_text import read_metadata
from pgrecall._values.snippets import restored
from pgrecall._values.strings import check_text
from pgrecall._values.vectors import decode, encode_query
from pgrecall.models.matches import new_match

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.search.fusing import Fusing
    from pgrecall._operations.search.options import HybridOptions
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.bm25 import Frequencies
    from pgrecall._statements.search.plan import Plan
    from pgrecall._statements.search.stages import Asked
    from pgrecall.models import Match, Matches


@watched("hybrid")
@traced("search_hybrid")
def search_hybrid(
    context: Context,
    tenant: str,
    name: str,
    query: object,
    text: str,
    options: HybridOptions,
    *,
    title_weight: float | None = None,
) -> Operation[Matches]:
    """Find the items that fit a vector and a text best.

    ``title_weight`` is for learning it: how often a word of the title counts in this search.
    """
    check_text("the query text", text)
    asked, words = checked(options), str(text)

    def fitting(one: HybridOptions) -> Operation[Matches]:
        return _fitting(context, tenant, name, query, words, one, title_weight=title_weight)

    return (yield from reranking(context, asked, fitting, words))


def _fitting(
    context: Context,
    tenant: str,
    name: str,
    query: object,
    text: str,
    asked: HybridOptions,
    *,
    title_weight: float | None,
) -> Operation[Matches]:
    stored = yield from resolve(context, tenant, name, vectors=True)
    check_searchable(stored)
    encoded = encode_query(shape_of(stored), query)
    note_search(context, stored, asked, query=encoded, text=str(text))
    asked = holding(stored, asked)
    where = asked.where
    scope = scope_of(stored, where)
    asked = served(asked, scope.stored)
    frequencies = yield from known_frequencies(context, stored, vectors=True)
    scale = yield from calibration.scale(context, stored)
    share = FilterShare(context.estimates, stored, where, paged=asked.is_paged)
    asked, fusion, title_weight, learned = fusing.chosen(stored, asked, title_weight)
    candidates, text_candidates = asked.arms
    wanted = HybridQuery(
        encoded,
        text,
        asked.limit,
        candidates,
        text_candidates,
        fusion,
        *scale,
        share.value,
        asked.syntax,
        asked.include_vectors,
        asked.highlight,
        asked.language,
        title_weight,
    )

    said = ""
    if asked.explain:
        said = yield from _said(context, stored, asked, wanted, frequencies, learned)

    def planned(rows: int, limit: int) -> tuple[Plan, Reasons | None]:
        plan = EXACT
        if rows < EVERY_ROW:
            plan = planned_within(scope, rows, share.value, asked)
        by, _ = scope.of(plan)
        note_plan(context, stored, name_of(by, plan))
        if not asked.explain:
            return plan, None
        reason = why(
            scope.stored,
            plan,
            rows,
            scope.share(share.value),
            where=scope.rest,
            exact=asked.exact,
            ef_search=asked.ef_search,
            wanted=f"for the vector arm's {limit:,} candidates",
        )
        name = name_of(by, plan)
        sending = statements.sending_of(stored, wanted, plan, filtered=where is not None)
        gucs = statements.gucs(by, plan, BEFORE if asked.is_staged else sending)
        return plan, Reasons(name, reason + said, share.value, gucs, scope.stored)

    if asked.is_staged:

        def write(of: Asked, rows: Sequence[int]) -> Way:
            plan, reasons = planned(rows[0], candidates)
            arms = (rows_of(rows[0], plan, grouped=asked.group_by is not None), rows[1])
            made = staged.by_both(stored, wanted, of, plan, frequencies, arms, by=scope.of(plan)[0])
            return Way(made, plan, reasons, arms)

        reaches = [first_reach(asked, one) for one in asked.arms]
        searching = run_staged(context, stored, asked, reaches, write, share=share, vectors=True)
        return (yield from told(searching, asked.syntax, text))
    plan, reasons = planned(candidates, candidates)
    by, _ = scope.of(plan)
    statement = statements.hybrid(stored, wanted, where, plan, frequencies, by=by)
    storage = stored.collection.storage

    def read(row: Sequence[Any]) -> Match:
        id_, distance, score, text_, metadata, vector_rank, text_rank, text_score, *more, _ = row
        *asked_for, created, updated = more
        vector, snippet = asked_for or (None, None)
        return new_match(
            id_,
            distance,
            score,
            text_,
            read_metadata(metadata),
            decode(storage, vector),
            vector_rank,
            text_rank,
            text_score,
            snippet if stored.analysis is None else restored(text_, snippet, wanted.words),
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
        vectors=True,
    )
    return (yield from told(searching, asked.syntax, text))


def _said(
    context: Context,
    stored: Stored,
    asked: HybridOptions,
    wanted: HybridQuery,
    frequencies: Frequencies,
    learned: Fusing | None,
) -> Operation[str]:
    """Say what is to be said beside the plan: of the words, of their index, of the fusion."""
    text, by_words, rows = wanted.words, wanted.by_words, wanted.text_candidates
    said = yield from said_of_words(context, stored, text, by_words, "vectors alone are compared")
    if asked.is_staged:
        rows = first_reach(asked, rows).rows
    _, by_index = yield from said_of_index(context, stored, text, rows, by_words, frequencies)
    if learned is None:
        return said + by_index
    told = learned.told(titled=stored.collection.title is not None)
    return f"{said}{by_index}; fused as tune_fusion() learned: {told}"
