"""The searches among the golden cases, each made by the signatures of its statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from unit_tests.statements.golden_values import (
    DECIDED,
    INDEXED,
    KNOWN,
    LANG,
    OLD_SERVER,
    PAGES,
    UNSHORTENED,
    VECTOR,
    WORDS,
    changed,
)

from pgrecall import Hnsw, IvfFlat, Rrf, WeightedSum
from pgrecall._statements.layout import Stored
from pgrecall._statements.search import explain, frequencies, hybrid, text, vector
from pgrecall._statements.search.hybrid import HybridQuery
from pgrecall._statements.search.plan import EXACT, Plan
from pgrecall._statements.search.text import RANKINGS, SYNTAXES, TextQuery
from pgrecall._statements.statement import Copy, Statement
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


def _text(
    syntax: str = "any",
    ranking: str = "bm25",
    filter_: Filter | None = None,
    *,
    share: float | None = 1.0,
    highlight: bool = False,
) -> Make:
    query = TextQuery(syntax, ranking, share)
    return lambda stored: text.text(stored, WORDS, 10, filter_, query, KNOWN, highlight=highlight)


def _hybrid(
    plan: Plan,
    filter_: Filter | None = None,
    *,
    fusion: Fusion | None = None,
    share: float | None = 1.0,
) -> Make:
    query = HybridQuery(VECTOR, WORDS, 10, 100, 50, fusion or WeightedSum(0.75), 0.05, 0.001, share)
    return lambda stored: hybrid.hybrid(stored, query, filter_, plan, KNOWN)


SEARCH: dict[str, Make] = {
    "vector-exact": _vector(EXACT),
    "vector-exact-filtered": _vector(EXACT, LANG),
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
    "vector-settings-hnsw": lambda stored: vector.settings(stored, INDEXED),
    "vector-settings-ivfflat": lambda stored: vector.settings(
        changed(stored, index=IvfFlat()), INDEXED
    ),
    "vector-settings-old-pgvector": lambda stored: vector.settings(
        replace(stored, server=OLD_SERVER), INDEXED
    ),
    "vector-sample": lambda stored: [
        vector.sample_vectors(stored, 300),
        vector.sample_vectors(stored, 300, repeatable=True),
    ],
    "vector-explain": lambda stored: explain.analyze(
        vector.vector(stored, VECTOR, 10, None, EXACT, include_vectors=False)
    ),
    **{f"text-{one}-{by}": _text(one, by) for one in SYNTAXES for by in RANKINGS},
    "text-any-bm25-filtered": _text(filter_=LANG, share=0.1),
    "text-any-bm25-sampled": _text(filter_=LANG, share=None),
    "text-any-bm25-highlighted": _text(highlight=True),
    "text-web-bm25-sampled-highlighted": _text("web", filter_=LANG, share=None, highlight=True),
    "text-any-ts_rank-sampled": _text("any", "ts_rank", LANG, share=None),
    "text-settings": text.text_settings,
    "text-frequencies": frequencies.read,
    "hybrid-weighted-exact": _hybrid(EXACT),
    "hybrid-weighted-exact-filtered": _hybrid(EXACT, LANG, share=0.01),
    "hybrid-weighted-exact-sampled": _hybrid(EXACT, LANG, share=None),
    "hybrid-weighted-index": _hybrid(INDEXED),
    "hybrid-weighted-index-filtered": _hybrid(INDEXED, LANG, share=0.5),
    "hybrid-weighted-decided": _hybrid(DECIDED, PAGES, share=None),
    "hybrid-rrf-exact": _hybrid(EXACT, fusion=Rrf()),
    "hybrid-rrf-index": _hybrid(INDEXED, fusion=Rrf()),
    "hybrid-rrf-decided": _hybrid(DECIDED, PAGES, fusion=Rrf(), share=None),
    "hybrid-settings-exact": lambda stored: hybrid.settings(stored, EXACT),
    "hybrid-settings-index": lambda stored: hybrid.settings(stored, INDEXED),
}
