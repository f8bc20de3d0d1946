"""Both stores give one answer to one call, and leave the same behind: a case for every verb."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.interruptions.ground import QUERY, Ground, token
from integration_tests.interruptions.verbs import CASES, Case

from pgrecall import (
    AsyncStore,
    Collection,
    CollectionMap,
    Decay,
    MaintenanceReport,
    PrewarmReport,
    RecallReport,
    ReembedReport,
    Rrf,
    Store,
)
from pgrecall.evaluation import Evaluation, FusionReport, KeptReport, Replay

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@pytest.fixture(scope="module")
def ground(dsn: str) -> Iterator[Ground]:
    with Ground(dsn) as made:
        yield made


@pytest.fixture
async def async_store(dsn: str) -> AsyncIterator[AsyncStore]:
    async with AsyncStore(dsn) as made:
        yield made


_SAID = {
    Evaluation: lambda found: [(name, of.ndcg, of.recall) for name, of in found.modes.items()],
    # no interval is known where nothing was asked: what is not a number equals nothing
    FusionReport: lambda learned: (learned.alpha, learned.changed, dict(learned.curve)),
    KeptReport: lambda kept: (kept.name, kept.kind, kept.summary, kept.report),
    MaintenanceReport: lambda found: [
        dataclasses.replace(one, seconds=0) for one in found.findings
    ],
    # an index may have been tidied in between
    PrewarmReport: lambda read: (read.table_bytes > 0, read.index_bytes > 0, read.method),
    RecallReport: lambda found: (found.recall, found.k, found.sample, found.settings),
    ReembedReport: lambda done: done.embedded,
    Replay: lambda found: [
        (name, of.overlap.value, of.same.value) for name, of in found.modes.items()
    ],
    CollectionMap: lambda found: (found.ids, found.values, found.xy.tolist()),
    Collection: lambda of: dataclasses.replace(of, table_name=None),
}


def said(value: Any) -> Any:
    """What two calls must agree on: all but times, sizes, and the number of a table made anew."""
    if type(value) in _SAID:
        return _SAID[type(value)](value)
    return list(map(said, value)) if isinstance(value, list) else value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_both_stores_answer_a_verb_alike_and_leave_the_same(
    sync_store: Store, async_store: AsyncStore, ground: Ground, case: Case
) -> None:
    mark = token()
    case.prepare(ground)
    of_sync = case.call(sync_store, ground, mark)
    assert list(case.judge(ground, mark, of_sync)) == []

    mark = token()
    case.prepare(ground)
    of_async = await case.call(async_store, ground, mark)
    assert list(case.judge(ground, mark, of_async)) == []

    assert said(of_sync) == said(of_async)


def by_text(_: str, texts: list[str]) -> list[float]:
    """Stand for a model that reranks."""
    return [float(sum(text.encode()) % 7) for text in texts]


SEARCHES = {
    "exact": ("search", (QUERY,), {"exact": True, "include_vectors": True}),
    "index": ("search", (QUERY,), {"exact": False, "ef_search": 50, "limit": 2}),
    "filtered": ("search", (QUERY,), {"filter": {"page": {"$exists": False}}}),
    "groups": ("search", (QUERY,), {"group_by": "page", "per_group": 2, "min_score": -2.0}),
    "page": ("search_text", ("secret of",), {"offset": 1, "limit": 2, "include_vectors": True}),
    "boosted": ("search_hybrid", (QUERY, "secret"), {"boosts": [Decay("page", 2, origin=1)]}),
    "diverse": ("search_hybrid", (QUERY, "secret"), {"lambda_mult": 0.4, "syntax": "all"}),
    "reranked": ("search_hybrid", (QUERY, "secret"), {"rerank": by_text, "lambda_mult": 0.9}),
    "any": ("search_text", ("secret of",), {"highlight": True}),
    "raw": ("search_text", ("secret & 1",), {"syntax": "raw", "ranking": "ts_rank"}),
    "fused": ("search_hybrid", (QUERY, "secret 2"), {"fusion": Rrf(), "candidates": 12}),
    "text arm": ("search_hybrid", (QUERY, "secret 2"), {"text_candidates": 3, "filter": {}}),
}


@pytest.mark.parametrize("search", SEARCHES)
async def test_both_stores_find_the_same_in_the_same_order(
    sync_store: Store, async_store: AsyncStore, ground: Ground, search: str
) -> None:
    verb, arguments, options = SEARCHES[search]
    answers = [
        getattr(sync_store, verb)(ground.alice, "docs", *arguments, **options),
        await getattr(async_store, verb)(ground.alice, "docs", *arguments, **options),
    ]

    assert answers[0]
    assert list(answers[0]) == list(answers[1])
