"""Boosts, least scores, groups and pages against an oracle in Python."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from integration_tests.search.stages.stages_oracle import (
    DIMENSIONS,
    QUERY,
    TEXT,
    Asked,
    expected,
    made_items,
)

from pgrecall import Boost, Collection, Decay, Metric

COUNT = 400
TENANT = "stages"
KINDS = ("vector", "text", "hybrid")
BOOSTS = (Decay("n", 60.0, origin=200), Boost({"doc": "a"}, 1.7))
ASKED = {
    "a page": Asked(limit=7, offset=5),
    "a page beyond a hundred": Asked(limit=40, offset=90),
    "a least score": Asked(limit=30, min_score=0.4),
    "a least score that nothing has": Asked(min_score=1e9),
    "groups": Asked(limit=9, group_by="doc"),
    "groups of three": Asked(limit=6, offset=2, group_by="doc", per_group=3),
    "more groups than there are": Asked(limit=300, group_by="doc", per_group=2),
    "groups by a path": Asked(limit=5, offset=3, group_by=["at", "page"], per_group=2),
    "boosts": Asked(limit=8, boosts=BOOSTS),
    "boosts of few": Asked(limit=8, boosts=BOOSTS, candidates=20),
    "boosts with a floor": Asked(
        limit=12, boosts=[Decay(("at", "page"), 5, origin=20.0, floor=0.25)], min_score=0.01
    ),
    "boosted groups": Asked(limit=6, offset=2, group_by="doc", per_group=2, boosts=BOOSTS),
}
FILTERS: dict[str, Any] = {"all": None, "half": {"n": {"$gte": 200}}}


@pytest.fixture(scope="module", params=[*Metric])
def metric(request: pytest.FixtureRequest, sync_store: Any) -> str:
    """A metric, whose collection is filled."""
    name = str(request.param)
    sync_store.ensure_collection(TENANT, Collection(name, DIMENSIONS, "", name))
    sync_store.upsert(TENANT, name, made_items(COUNT))
    return name


def runner(store: Any, name: str, kind: str) -> Any:
    async def run(**keywords: Any) -> Any:
        if kind == "vector":
            return await store.search(TENANT, name, QUERY, **keywords)
        if kind == "text":
            return await store.search_text(TENANT, name, TEXT, **keywords)
        keywords.setdefault("candidates", COUNT)
        return await store.search_hybrid(TENANT, name, QUERY, TEXT, **keywords)

    return run


@pytest.mark.parametrize("kind", KINDS)
async def test_the_answer_is_the_oracles(store, metric, kind) -> None:
    if kind == "text" and metric != "cosine":
        return  # no metric has a part in it
    run = runner(store, metric, kind)
    for (filtered, where), (name, asked) in itertools.product(FILTERS.items(), ASKED.items()):
        everything = await run(limit=COUNT, filter=where)
        keywords = dict(asked.keywords)
        if kind == "hybrid":
            keywords["candidates"] = COUNT
        if not keywords["offset"]:
            del keywords["offset"]  # a plain offset is that of a page
        if keywords["candidates"] is None:
            del keywords["candidates"]

        found = await run(filter=where, **keywords)

        right = expected(
            everything,
            Asked(**{**asked.keywords, "candidates": keywords.get("candidates")}),
            kind=kind,
            metric=metric,
            holds=lambda match: match.metadata.get("doc") == "a",
        )
        context = (name, filtered)
        assert (context, [match.id for match in found]) == (context, [id_ for id_, _ in right])
        assert [match.score for match in found] == pytest.approx([score for _, score in right])
