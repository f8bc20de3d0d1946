"""Groups, pages and diversity where there is an index, and what they never hide."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from integration_tests.search.stages.stages_oracle import (
    DIMENSIONS,
    QUERY,
    TEXT,
    Asked,
    expected,
    made_items,
)

from pgrecall import (
    Boost,
    Collection,
    Decay,
    Hnsw,
    InvalidArgumentError,
    Item,
    Match,
    maximal_marginal_relevance,
)
from pgrecall._operations.search.shares import digest_of
from pgrecall._statements.search import bm25
from pgrecall.filters import parse

COUNT = 3_000
TENANT = "stages-by-index"
QUERY_LIST = [float(number) for number in QUERY]


@pytest.fixture(scope="module", autouse=True)
def docs(sync_store: Any) -> None:
    """Many rows with an index: and one document whose chunks are nearer than all others."""
    sync_store.ensure_collection(TENANT, Collection("docs", DIMENSIONS))
    items = made_items(COUNT, seed=8)
    sync_store.upsert(TENANT, "docs", items)
    random = np.random.default_rng(1)
    near = [
        Item(
            f"near {number}",
            (QUERY + 0.01 * random.standard_normal(DIMENSIONS)).astype(np.float32),
            "the lemon on a kite of jade",
            {"doc": "the long one", "n": -1},
        )
        for number in range(300)
    ]
    sync_store.upsert(TENANT, "docs", near)
    sync_store.create_index(TENANT, "docs", Hnsw())


def ids(matches: list[Match]) -> list[str]:
    return [match.id for match in matches]


async def test_three_hundred_chunks_of_one_document_hide_no_other(store) -> None:
    found = await store.search(TENANT, "docs", QUERY, limit=20, group_by="doc")

    everything = await store.search(TENANT, "docs", QUERY, limit=COUNT + 300, exact=True)
    right = expected(everything, Asked(limit=20, group_by="doc"), kind="vector")
    assert ids(found) == [id_ for id_, _ in right]
    assert found[0].group == "the long one"


async def test_the_first_pass_of_groups_is_by_the_index(store) -> None:
    found = await store.search(
        TENANT, "docs", -QUERY, limit=5, group_by="doc", exact=False, explain=True
    )

    assert len(found) == 5
    assert "Index Scan using" in found.explanation.analyze
    assert "Seq Scan on items" not in found.explanation.analyze


async def test_each_group_has_its_best_whatever_the_index_brought_at_first(store) -> None:
    asked = Asked(limit=4, group_by="doc", per_group=5)

    found = await store.search(TENANT, "docs", QUERY, limit=4, group_by="doc", per_group=5)

    everything = await store.search(TENANT, "docs", QUERY, limit=COUNT + 300, exact=True)
    assert ids(found) == [id_ for id_, _ in expected(everything, asked, kind="vector")]


async def test_groups_come_back_from_texts_and_from_both_arms_too(store) -> None:
    by_text = await store.search_text(TENANT, "docs", TEXT, limit=30, group_by="doc")
    by_both = await store.search_hybrid(TENANT, "docs", QUERY, TEXT, limit=30, group_by="doc")

    everything = await store.search_text(TENANT, "docs", TEXT, limit=COUNT + 300)
    right = expected(everything, Asked(limit=30, group_by="doc"), kind="text")
    assert ids(by_text) == [id_ for id_, _ in right]
    groups = [match.group for match in by_both if match.group is not None]
    assert len(by_both) == 30
    assert groups[0] == "the long one"
    assert len({repr(group) for group in groups}) == len(groups)


async def test_pages_make_the_longer_request_ties_included(store) -> None:
    for search in (
        lambda **asked: store.search(TENANT, "docs", QUERY, **asked),
        lambda **asked: store.search(TENANT, "docs", -QUERY, group_by="doc", **asked),
        lambda **asked: store.search_text(TENANT, "docs", TEXT, **asked),
        lambda **asked: store.search_hybrid(TENANT, "docs", -QUERY, TEXT, **asked),
        lambda **asked: store.search_hybrid(
            TENANT, "docs", -QUERY, TEXT, candidates=100, group_by="doc", **asked
        ),
        lambda **asked: store.search(TENANT, "docs", -QUERY, lambda_mult=0.4, **asked),
        lambda **asked: store.search(
            TENANT, "docs", QUERY, lambda_mult=0.4, group_by="doc", per_group=2, **asked
        ),
        lambda **asked: store.search(
            TENANT, "docs", -QUERY, boosts=[Decay("n", 300, origin=0)], **asked
        ),
    ):
        pages = [await search(limit=30, offset=offset) for offset in range(0, 90, 30)]
        longer = await search(limit=90, offset=0)

        assert [match for page in pages for match in page] == longer


async def test_a_page_of_a_hybrid_search_beyond_its_candidates_names_them(store) -> None:
    with pytest.raises(InvalidArgumentError, match="candidates=110"):
        await store.search_hybrid(TENANT, "docs", QUERY, TEXT, limit=10, offset=100)

    found = await store.search_hybrid(
        TENANT, "docs", QUERY, TEXT, limit=10, offset=100, candidates=110
    )
    assert len(found) == 10


async def test_diversity_is_that_of_the_function_over_the_same_candidates(store) -> None:
    candidates = await store.search(TENANT, "docs", QUERY, limit=100, include_vectors=True)
    right = maximal_marginal_relevance(QUERY_LIST, candidates, limit=8, lambda_mult=0.3)

    found = await store.search(TENANT, "docs", QUERY, limit=8, lambda_mult=0.3)

    assert ids(found) == ids(right)
    assert all(match.vector is None for match in found)


async def test_relevance_alone_is_the_order_of_the_scores(store, monkeypatch) -> None:
    # behind the places asked for, an arm of a plain search takes what it looked at
    monkeypatch.setattr(bm25, "BUDGET", COUNT)
    asked = {"limit": 12, "candidates": 150}
    plain = await store.search_hybrid(TENANT, "docs", QUERY, TEXT, **asked)

    found = await store.search_hybrid(TENANT, "docs", QUERY, TEXT, **asked, lambda_mult=1)

    assert ids(found) == ids(plain)
    assert [match.score for match in found] == [match.score for match in plain]


async def test_diverse_groups_stand_in_the_order_that_they_were_chosen_in(store) -> None:
    found = await store.search(
        TENANT, "docs", QUERY, limit=6, group_by="doc", per_group=2, lambda_mult=0.5
    )

    groups = list(dict.fromkeys(match.group for match in found if match.group is not None))
    assert found[0].group == "the long one"
    assert len(groups) + sum(match.group is None for match in found) == 6


async def test_missing_and_null_are_groups_of_their_own(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2))
    values: list[dict[str, Any]] = [{}, {"doc": None}, {"doc": "a"}, {"doc": "a"}, {"doc": [1]}]
    await store.upsert(
        tenant, "docs", [Item(str(n), [1, n], "", one) for n, one in enumerate(values)]
    )

    found = await store.search(tenant, "docs", [1, 0], group_by="doc")

    assert [(match.id, match.group) for match in found] == [
        ("0", None),
        ("1", None),
        ("2", "a"),
        ("4", [1]),
    ]


async def test_a_list_in_a_declared_field_makes_no_group(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, fields={"doc": "text"}))
    await store.upsert(tenant, "docs", [Item("a", [1, 0], "", {"doc": ["x"]})])

    with pytest.raises(InvalidArgumentError, match=r"group_by='doc' is declared.*'a' has a list"):
        await store.search(tenant, "docs", [1, 0], group_by="doc")


async def test_newer_items_come_first_by_their_own_times(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2))
    await store.upsert(tenant, "docs", [Item("a", [1, 0]), Item("b", [1, 0.1])])
    long_ago = datetime(2001, 1, 1, tzinfo=UTC)

    now = await store.search(
        tenant, "docs", [1, 0], boosts=[Decay("$created_at", timedelta(days=30))]
    )
    past = await store.search(
        tenant,
        "docs",
        [1, 0],
        boosts=[Decay("$updated_at", timedelta(days=30), origin=long_ago, floor=0.5)],
    )

    assert ids(now) == ["a", "b"]
    assert now[0].score == pytest.approx(1, abs=0.01)
    assert [match.score for match in past] == pytest.approx([0.5, 0.5 * (1 - past[1].distance)])
    with pytest.raises(InvalidArgumentError, match="timedelta is for times"):
        await store.search(tenant, "docs", [1, 0], boosts=[Decay("published", timedelta(days=30))])


async def test_a_value_out_of_every_range_is_far_away_and_no_error(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2))
    huge = 10**400
    await store.upsert(tenant, "docs", [Item("a", [1, 0], "", {"n": huge}), Item("b", [1, 0])])

    found = await store.search(
        tenant, "docs", [1, 0], boosts=[Decay("n", 1e-9, origin=0.0), Boost({}, 3)]
    )

    assert [(match.id, round(match.score, 3)) for match in found] == [("a", 0.0), ("b", 0.0)]


async def test_factors_that_a_float_cannot_hold_together_are_no_errors(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, fields={"when": "datetime"}))
    await store.upsert(
        tenant,
        "docs",
        [Item("a", [1, 0], "kite", {"when": "2001-01-01"}), Item("b", [1, 0], "kite")],
    )
    far = [Decay("when", timedelta(microseconds=1)), Decay("n", 1e-9, origin=7, floor=0.5)]

    for found in (
        await store.search(tenant, "docs", [1, 0], boosts=far * 4),
        await store.search_text(tenant, "docs", "kite", boosts=[*far * 4, Boost({}, 1e-60)]),
        await store.search_hybrid(tenant, "docs", [1, 0], "kite", boosts=[*far, Boost({}, 1e60)]),
    ):
        assert ids(found) == ["a", "b"]
        assert found[0].score > found[1].score == 0


async def test_boosts_that_are_none_are_told_before_anything_is_sent(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, fields={"when": "datetime"}))
    huge = 10**400
    for boosts, told in (
        ([Boost({}, 1e50)] * 2, r"multiply to 1e\+100"),
        ([Boost({}, 1e-50), Boost({}, 1e-50)], r"multiply to 1e-100"),
        ([Boost({}, huge)], "Boost factor=1000.*must be a number above 0"),
        ([Decay("n", huge, origin=1)], "half_life=1000.*above 0, or a timedelta"),
        ([Decay("n", 1, origin=huge)], "origin=1000.*must be a number"),
        ([Decay("n", 1, origin=1, floor=huge)], "floor must be a number from 0 to 1"),
        ([Decay("when", np.timedelta64(3, "D"))], "timedelta64.*a timedelta for times"),
        ([Decay("when", 3.0, origin=1)], 'declared "datetime": a time needs a timedelta'),
        ([Decay(("when",), 3.0, origin=1)], 'declared "datetime": a time needs a timedelta'),
    ):
        with pytest.raises(InvalidArgumentError, match=told):
            await store.search(tenant, "docs", [1, 0], boosts=boosts)
    for option in ("min_score", "lambda_mult", "limit", "offset"):
        for value in (np.timedelta64(1, "D"), "1", True, -huge):
            with pytest.raises(InvalidArgumentError, match=f"{option} must be"):
                await store.search(tenant, "docs", [1, 0], **{option: value})


async def test_groups_of_equal_json_are_one_when_they_are_chosen_for_being_unlike(
    store, tenant
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2))
    values = [
        [1, {"x": 2}],
        [1.0, {"x": 2.00}],
        [True, {"x": 2}],
        1,
        1.0,
        True,
        "1",
        2**60,
        2**60 + 1,
    ]
    await store.upsert(
        tenant, "docs", [Item(str(n), [1, n / 9], "", {"doc": one}) for n, one in enumerate(values)]
    )
    asked: dict[str, Any] = {"group_by": "doc", "per_group": 5}

    for options in ({}, {"lambda_mult": 1}):
        found = await store.search(tenant, "docs", [1, 0], **asked, **options)
        firsts = await store.search(tenant, "docs", [1, 0], group_by="doc", **options)

        assert ids(found) == list("012345678")
        assert ids(firsts) == list("0235678")


async def test_many_searches_take_the_same_stages(store) -> None:
    asked: dict[str, Any] = {"limit": 5, "group_by": "doc", "per_group": 2, "min_score": -0.9}

    many = await store.search_many(TENANT, "docs", [QUERY, -QUERY], **asked)

    assert many == [
        await store.search(TENANT, "docs", QUERY, **asked),
        await store.search(TENANT, "docs", -QUERY, **asked),
    ]


async def test_what_citus_is_sent_answers_the_same_on_one_server(store) -> None:
    asked: list[dict[str, Any]] = [
        {"limit": 5, "offset": 3, "min_score": -0.5},
        {"limit": 6, "group_by": "doc", "per_group": 2},
        {"limit": 6, "group_by": "doc", "boosts": [Decay("n", 300, origin=0), Boost({"n": 5}, 2)]},
        {"limit": 4, "filter": {"n": {"$lt": 700}}, "group_by": ("at", "page")},
    ]

    async def answers() -> list[list[Match]]:
        return [
            found
            for one in asked
            for found in (
                await store.search(TENANT, "docs", -QUERY, **one),
                await store.search_text(TENANT, "docs", TEXT, **one),
                await store.search_hybrid(TENANT, "docs", -QUERY, TEXT, **one),
                await store.search(TENANT, "docs", -QUERY, **one, lambda_mult=0.5),
            )
        ]

    context = store.target._driver.context
    local = await answers()
    known = context.known(TENANT, "docs")
    context.remember(replace(known, collection=replace(known.collection, distributed=True)))
    # those of the shards are counted otherwise, and asked for anew where this takes long
    context.frequencies.put(known.id, (math.inf, context.frequencies.get(known.id)[1]))
    try:
        spread = await answers()
    finally:
        context.forget(TENANT, "docs")
        context.frequencies.pop(known.id)

    for ours, theirs in zip(local, spread, strict=True):
        # of each item and of each place: only what scores alike but for rounding changes places
        scores = {one.id: one.score for one in theirs}
        assert {one.id: one.score for one in ours} == pytest.approx(scores, rel=1e-4)
        assert [one.score for one in ours] == pytest.approx([one.score for one in theirs], rel=1e-4)


async def test_what_groups_hold_teaches_nothing_of_the_filter(store) -> None:
    where = {"n": {"$gte": 1_500}}
    asked: dict[str, Any] = {"limit": 2, "group_by": "doc", "per_group": 2, "filter": where}
    context = store.target._driver.context

    await store.search_text(TENANT, "docs", TEXT, **asked)

    stored = context.known(TENANT, "docs")
    assert context.estimates.get(stored.id, digest_of(parse(where))) == pytest.approx(0.45, abs=0.2)


async def test_more_groups_than_a_filter_may_name_have_their_best_too(store) -> None:
    everything = await store.search(TENANT, "docs", QUERY, limit=COUNT + 300, exact=True)
    asked = Asked(limit=600, group_by="n", per_group=2)

    found = await store.search(TENANT, "docs", QUERY, limit=600, group_by="n", per_group=2)

    assert ids(found) == [id_ for id_, _ in expected(everything, asked, kind="vector")]
