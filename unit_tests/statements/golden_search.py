"""The searches among the golden cases, each made by the signatures of its statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from unit_tests.statements.golden_values import (
    DECIDED,
    INDEXED,
    KNOWN,
    LANG,
    MANY,
    OLD_SERVER,
    PAGES,
    UNSHORTENED,
    VECTOR,
    WORDS,
    changed,
    in_languages,
    indexed_by_extension,
    local,
    part_of,
    titled,
)

from pgrecall import Boost, Decay, Hnsw, IvfFlat, Rrf, WeightedSum
from pgrecall._statements.layout import Stored
from pgrecall._statements.search import (
    drawing,
    explain,
    frequencies,
    hybrid,
    looking,
    near,
    scanning,
    staged,
    text,
    text_query,
    vector,
)
from pgrecall._statements.search.hybrid import HybridQuery
from pgrecall._statements.search.near import Examples
from pgrecall._statements.search.plan import EXACT, Plan
from pgrecall._statements.search.stages import Asked
from pgrecall._statements.search.text_query import RANKINGS, SYNTAXES, TextQuery
from pgrecall._statements.statement import Copy, Statement
from pgrecall.filters import PathOrNothing
from pgrecall.models import Metric

if TYPE_CHECKING:
    from pgrecall.filters import Filter
    from pgrecall.fusion import Fusion

Made: TypeAlias = Statement | Copy | Iterable[Statement]
Make: TypeAlias = Callable[[Stored], Made]


def _vector(
    plan: Plan,
    filter_: Filter | None = None,
    *,
    include_vectors: bool = False,
    **changes: Any,
) -> Make:
    return lambda stored: vector.vector(
        changed(stored, **changes), VECTOR, 10, filter_, plan, include_vectors=include_vectors
    )


NEAR = Examples(("a", "b"), (), None)


def _near(stored: Stored, plan: Plan, examples: Examples, **changes: Any) -> Statement:
    of = changed(stored, **changes)
    made = vector.vector(of, examples, 10, LANG, plan, include_vectors=False)
    return near.asked_by(of, made)


def _text(
    syntax: str = "any",
    ranking: str = "bm25",
    filter_: Filter | None = None,
    *,
    share: float | None = 1.0,
    highlight: bool = False,
    language: str | None = None,
) -> Make:
    query = TextQuery(syntax, ranking, share, language)
    return lambda stored: text.text(stored, WORDS, 10, filter_, query, KNOWN, highlight=highlight)


def _hybrid(
    plan: Plan,
    filter_: Filter | None = None,
    *,
    fusion: Fusion | None = None,
    share: float | None = 1.0,
    **more: Any,
) -> Make:
    fused = fusion or WeightedSum(0.75)
    query = HybridQuery(VECTOR, WORDS, 10, 100, 50, fused, 0.05, 0.001, share, **more)
    return lambda stored: hybrid.hybrid(stored, query, filter_, plan, KNOWN)


NO_STAGE = Asked(
    filter=None,
    group_by=None,
    boosts=(),
    min_score=None,
    offset=10,
    limit=10,
    pool=100,
    per_group=1,
    is_diverse=False,
    include_vectors=False,
    highlight=False,
)
BOOSTS = (
    Decay("$created_at", timedelta(days=30)),
    Decay(("at", "page"), 5.0, 20.0, 0.25),
    Boost(LANG, 2.0),
)


def _staged_vector(plan: Plan, **asked: Any) -> Make:
    of = replace(NO_STAGE, **asked)
    return lambda stored: staged.by_vector(stored, VECTOR, of, plan, 100)


def _staged_text(**asked: Any) -> Make:
    of = replace(NO_STAGE, **asked)
    return lambda stored: staged.by_text(stored, WORDS, of, TextQuery(), KNOWN, 100)


def _staged_hybrid(plan: Plan, **asked: Any) -> Make:
    of = replace(NO_STAGE, **asked)
    query = HybridQuery(VECTOR, WORDS, 10, 100, 50, WeightedSum(0.75), 0.05, 0.001, 1.0)
    return lambda stored: staged.by_both(stored, query, of, plan, KNOWN, (1_000, 500))


STAGED: dict[str, Make] = {
    "staged-vector-page": _staged_vector(INDEXED),
    "staged-vector-least-score": _staged_vector(DECIDED, filter=LANG, min_score=0.5),
    "staged-vector-groups": _staged_vector(INDEXED, group_by=("at", "page")),
    "staged-vector-boosted": _staged_vector(EXACT, boosts=BOOSTS),
    "staged-vector-boosted-groups": _staged_vector(EXACT, boosts=BOOSTS, group_by="id"),
    "staged-vector-diverse": _staged_vector(INDEXED, is_diverse=True),
    "staged-text-groups": _staged_text(
        group_by=PathOrNothing.of(("source",), "None"), per_group=2, highlight=True
    ),
    "staged-text-boosted": _staged_text(boosts=BOOSTS, include_vectors=True),
    "staged-hybrid-page": _staged_hybrid(EXACT),
    "staged-hybrid-groups": _staged_hybrid(INDEXED, group_by="source", filter=LANG),
    "staged-hybrid-diverse-groups": _staged_hybrid(INDEXED, group_by="source", is_diverse=True),
}

HOT: dict[str, Make] = {
    "vector-part": lambda stored: _vector(INDEXED)(part_of(stored)),
    "vector-look": lambda stored: looking.nearest(stored, LANG, INDEXED),
    "vector-look-unseen": lambda stored: looking.nearest(stored, LANG, DECIDED),
    "vector-look-part": lambda stored: looking.nearest(part_of(stored), PAGES, INDEXED),
    "vector-part-filtered": lambda stored: _vector(INDEXED, LANG)(part_of(stored)),
    "vector-part-decided": lambda stored: _vector(DECIDED, LANG)(part_of(stored)),
    "hybrid-part": lambda stored: hybrid.hybrid(
        local(stored),
        HybridQuery(VECTOR, WORDS, 10, 100, 50, WeightedSum(0.75), 0.05, 0.001, None),
        LANG,
        INDEXED,
        KNOWN,
        by=part_of(stored),
    ),
}

SEARCH: dict[str, Make] = {
    **STAGED,
    **HOT,
    "vector-exact": _vector(EXACT),
    "vector-exact-filtered": _vector(EXACT, LANG),
    "text-many-values": _text(filter_=MANY),
    "vector-exact-many-values": _vector(EXACT, MANY),
    "vector-decided-many-values": _vector(DECIDED, MANY),
    "vector-exact-with-vectors": _vector(EXACT, include_vectors=True),
    "vector-exact-halfvec-with-vectors": _vector(EXACT, storage="halfvec", include_vectors=True),
    **{f"vector-exact-{one}": _vector(EXACT, metric=one) for one in list(Metric)[1:]},
    "vector-index": _vector(INDEXED),
    "vector-index-filtered": _vector(INDEXED, LANG),
    "vector-index-filtered-with-vectors": _vector(INDEXED, LANG, include_vectors=True),
    "vector-index-without-fall-back": _vector(UNSHORTENED, LANG),
    "vector-index-half": _vector(INDEXED, index=Hnsw(quantization="half")),
    "vector-index-binary": _vector(INDEXED, index=Hnsw(quantization="binary")),
    "vector-index-halfvec": _vector(INDEXED, storage="halfvec"),
    "vector-decided": _vector(DECIDED, PAGES),
    "vector-decided-with-vectors": _vector(DECIDED, LANG, include_vectors=True),
    "vector-settings-hnsw": lambda stored: scanning.settings(stored, INDEXED),
    "vector-settings-ivfflat": lambda stored: scanning.settings(
        changed(stored, index=IvfFlat()), INDEXED
    ),
    "vector-settings-old-pgvector": lambda stored: scanning.settings(
        replace(stored, server=OLD_SERVER), INDEXED
    ),
    "vector-near": lambda stored: [
        _near(stored, EXACT, NEAR, metric=Metric.IP),
        _near(stored, INDEXED, replace(NEAR, away=("c",))),
        near.query_of(stored, NEAR),
        near.without_vectors(stored, ["a", "b"]),
    ],
    "vector-sample": lambda stored: [
        drawing.sample_vectors(stored, 300),
        drawing.sample_vectors(stored, 300, repeatable=True),
        drawing.count(stored),
    ],
    "vector-explain": lambda stored: explain.analyze(
        vector.vector(stored, VECTOR, 10, None, EXACT, include_vectors=False)
    ),
    **{f"text-{one}-{by}": _text(one, by) for one in SYNTAXES for by in RANKINGS},
    "text-any-bm25-filtered": _text(filter_=LANG, share=0.1),
    # of 50,000 rows as many match as are ranked in any case
    "text-any-bm25-whole": _text(filter_=LANG, share=0.01),
    "text-web-bm25-whole": _text("web", filter_=LANG, share=0.01),
    "text-any-bm25-marked": lambda stored: [
        _text()(replace(stored, analysis=3)),
        _text(filter_=LANG, share=None)(replace(titled(stored), analysis=3)),
    ],
    "text-web-bm25-marked": lambda stored: _text("web")(replace(stored, analysis=3)),
    "text-any-bm25-titled": lambda stored: _text()(titled(stored)),
    "text-any-bm25-text-index": lambda stored: [
        _text()(indexed_by_extension(stored)),
        text.asks_index(indexed_by_extension(stored), WORDS, 10, TextQuery(), KNOWN),
    ],
    "text-any-bm25-text-index-sampled": lambda stored: _text(filter_=LANG, share=None)(
        indexed_by_extension(stored)
    ),
    "text-any-bm25-sampled": _text(filter_=LANG, share=None),
    "text-any-bm25-highlighted": _text(highlight=True),
    "text-web-bm25-sampled-highlighted": _text("web", filter_=LANG, share=None, highlight=True),
    "text-any-ts_rank-sampled": _text("any", "ts_rank", LANG, share=None),
    "text-any-bm25-with-vectors": lambda stored: text.text(
        stored, WORDS, 10, None, TextQuery(), KNOWN, highlight=False, include_vectors=True
    ),
    "text-has-words": lambda stored: [
        text_query.has_words(stored, WORDS, TextQuery(syntax)) for syntax in ("any", "web")
    ],
    "text-analysed": lambda stored: [
        _text(syntax, highlight=True)(replace(stored, analysis=1))
        for syntax in ("any", "all", "web")
    ],
    "text-in-languages": lambda stored: [
        _text("any", highlight=True)(in_languages(stored)),
        _text("web", filter_=LANG, share=None)(in_languages(stored)),
        _text("all", "ts_rank")(in_languages(stored, analysis=1)),
        _text("web", highlight=True, language="de")(in_languages(stored)),
        *(
            text_query.has_words(in_languages(stored), WORDS, TextQuery(one))
            for one in ("any", "web")
        ),
    ],
    "text-settings": text.text_settings,
    "text-frequencies": frequencies.read,
    "hybrid-weighted-exact": _hybrid(EXACT),
    "hybrid-weighted-exact-titled": lambda stored: _hybrid(EXACT)(titled(stored)),
    "hybrid-weighted-exact-text-index": lambda stored: _hybrid(EXACT)(indexed_by_extension(stored)),
    "hybrid-weighted-exact-filtered": _hybrid(EXACT, LANG, share=0.1),
    "hybrid-weighted-exact-whole": _hybrid(EXACT, LANG, share=0.01),
    "hybrid-weighted-exact-sampled": _hybrid(EXACT, LANG, share=None),
    "hybrid-weighted-index": _hybrid(INDEXED),
    "hybrid-weighted-index-filtered": _hybrid(INDEXED, LANG, share=0.5),
    "hybrid-weighted-decided": _hybrid(DECIDED, PAGES, share=None),
    "hybrid-rrf-exact": _hybrid(EXACT, fusion=Rrf()),
    "hybrid-rrf-index": _hybrid(INDEXED, fusion=Rrf()),
    "hybrid-rrf-decided": _hybrid(DECIDED, PAGES, fusion=Rrf(), share=None),
    "hybrid-web-exact-with-vectors": _hybrid(
        EXACT, syntax="web", include_vectors=True, highlight=True
    ),
    "hybrid-in-languages": lambda stored: [
        _hybrid(EXACT, syntax=one)(in_languages(stored)) for one in ("any", "web")
    ],
    "hybrid-settings-exact": lambda stored: hybrid.settings(stored, EXACT),
    "hybrid-settings-index": lambda stored: hybrid.settings(stored, INDEXED),
}
