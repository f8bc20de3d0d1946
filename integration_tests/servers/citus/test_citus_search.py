"""Searches in collections that Citus spreads over several servers answer as on one."""

from __future__ import annotations

from typing import Any

import numpy as np
import psycopg
import pytest
from integration_tests.servers.citus.spread import (
    LOCAL,
    ON_CITUS,
    SPREAD,
    D,
    items,
    made,
    on_both,
    query,
)

from pgrecall import (
    Collection,
    Condition,
    Decay,
    Hnsw,
    InvalidArgumentError,
    Item,
    Rrf,
    WeightedSum,
)
from pgrecall._statements.distributed import DISTRIBUTED
from pgrecall._statements.search import bm25, frequencies

pytestmark = ON_CITUS


def same_order(local: list[Any], spread: list[Any]) -> None:
    assert [match.id for match in spread] == [match.id for match in local]
    assert local
    for one, other in zip(local, spread, strict=True):
        assert other.score == pytest.approx(one.score, rel=1e-5)
        if one.distance is None:
            assert other.distance is None
        else:
            assert other.distance == pytest.approx(one.distance, rel=1e-5)
        assert (other.text, other.metadata) == (one.text, one.metadata)


# searching


@pytest.mark.parametrize("metric", ["cosine", "l2", "ip", "l1"])
async def test_an_exact_search_finds_the_true_neighbours(store, tenant, metric) -> None:
    await made(store, tenant, 80, metric=metric, storage="halfvec")
    await store.ensure_collection(tenant, Collection("one", D, metric=metric, storage="halfvec"))
    await store.upsert(tenant, "one", items(80))
    same_order(
        await store.search(tenant, "one", query(), exact=True),
        await store.search(tenant, "docs", query(), exact=True),
    )
    for name in ("one", "docs"):
        await store.drop_collection(tenant, name)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"exact": True, "limit": 37},
        {"exact": True, "filter": {"parity": "odd"}},
        {"filter": {"n": {"$lt": 50}}},
        {"filter": Condition("tags", "contains", "dog"), "limit": 200},
        {"offset": 5, "min_score": 0.1},
        {"group_by": "parity", "per_group": 3},
        {"boosts": [Decay("n", 20, origin=10)], "group_by": "n", "exact": True},
        {"lambda_mult": 0.5, "exact": True},
    ],
)
async def test_a_search_answers_as_on_a_local_collection(store, filled, options) -> None:
    same_order(*await on_both(store, filled, "search", query(), **options))


STAGES: list[dict[str, Any]] = [
    {},
    {"filter": {"n": {"$lt": 200}}, "offset": 3},
    {"group_by": "parity", "per_group": 2},
    {"boosts": [Decay("n", 20, origin=10)]},
    {"boosts": [Decay("n", 20, origin=10)], "group_by": "n", "offset": 1, "min_score": 0.001},
]


@pytest.mark.parametrize("options", STAGES, ids=str)
async def test_every_kind_of_search_goes_through_its_stages_as_on_a_local_collection(
    store, filled, options
) -> None:
    asked = {
        "search_text": ("owl cat wolf",),
        "search_hybrid": (query(), "owl cat"),
        "search_near": (["id-0001", "id-0004"],),
    }
    for verb, arguments in asked.items():
        more = {"exact": True} if verb == "search_near" else {}
        same_order(*await on_both(store, filled, verb, *arguments, **more, **options))
    queries = [query(seed) for seed in range(3)]
    local, spread = await on_both(
        store, filled, "search_many", queries, exact=True, lambda_mult=None, **options
    )
    for one, other in zip(local, spread, strict=True):
        same_order(one, other)


async def test_diverse_results_of_both_arms_are_those_of_a_local_collection(store, filled) -> None:
    same_order(
        *await on_both(
            store, filled, "search_hybrid", query(), "owl cat", lambda_mult=0.4, exact=True
        )
    )


@pytest.mark.parametrize(
    ("near", "away"),
    [
        (["id-0001"], []),
        (["id-0001"], ["id-0007"]),
        ([f"id-{n:04}" for n in range(40)], ["id-0100", "id-0101"]),
    ],
    ids=["one", "away from one", "many"],
)
async def test_the_nearest_to_items_are_found_whichever_shards_these_are_on(
    store, filled, near, away
) -> None:
    # shards answer in any order, and most have none of the items
    for filter_ in (None, {"parity": "odd"}):
        for _ in range(4):
            local, spread = await on_both(
                store, filled, "search_near", near, away_from=away, exact=True, filter=filter_
            )
            same_order(local, spread)
    with pytest.raises(InvalidArgumentError, match="has no item 'ghost'"):
        await store.search_near(filled, SPREAD, ["ghost", *near])


async def test_a_filter_far_from_the_question_finds_what_an_exact_search_finds(
    store, tenant
) -> None:
    asked = query()
    far = [
        Item(item.id, item.vector, item.text, {"far": bool(np.dot(item.vector, asked) < -6)})
        for item in items(3_000)
    ]
    await store.ensure_collection(tenant, Collection("docs", D, index=Hnsw(), distributed=True))
    await store.load(tenant, "docs", far)
    exact = await store.search(tenant, "docs", asked, exact=True, filter={"far": True})
    assert len(exact) == 10
    for options in ({}, {"limit": 10, "explain": True}):
        found = await store.search(tenant, "docs", asked, filter={"far": True}, **options)
        assert [one.id for one in found] == [one.id for one in exact]
    assert len(await store.search(tenant, "docs", asked, exact=False, filter={"far": True})) == 10
    await store.drop_collection(tenant, "docs")


async def test_a_load_measures_the_recall_that_is_promised(store, tenant) -> None:
    await store.ensure_collection(
        tenant, Collection("docs", D, index=Hnsw(), distributed=True, target_recall=0.95)
    )
    await store.load(tenant, "docs", items(3_000))
    found = await store.search(tenant, "docs", query(), exact=False, explain=True)
    promise = found.explanation.promise
    assert promise.target == 0.95
    assert promise.recall >= 0.95
    await store.drop_collection(tenant, "docs")


async def test_vectors_come_back_where_asked_for(store, filled) -> None:
    by_id = {item.id: item for item in items()}
    for exact in (True, False):
        found = await store.search(filled, SPREAD, query(), exact=exact, include_vectors=True)
        assert len(found) == 10
        for match in found:
            np.testing.assert_array_equal(match.vector, by_id[match.id].vector)
    plain = await store.search(filled, SPREAD, query())
    assert all(match.vector is None for match in plain)


async def test_the_index_of_every_shard_is_used(store, filled) -> None:
    found = await store.search(filled, SPREAD, query(), exact=False, explain=True)
    assert found.explanation.plan == "hnsw"
    assert "Task Count: 6" in found.explanation.analyze
    assert "_ann_" in found.explanation.analyze


async def test_a_search_by_index_recalls_what_an_exact_one_finds(store, filled) -> None:
    hits = 0
    for seed in range(20):
        exact = await store.search(filled, SPREAD, query(seed), exact=True)
        found = await store.search(filled, SPREAD, query(seed), exact=False, ef_search=100)
        hits += len({one.id for one in exact} & {one.id for one in found})
    assert hits >= 0.98 * 200


async def test_a_filter_by_index_returns_as_many_as_match(store, filled) -> None:
    found = await store.search(
        filled, SPREAD, query(), exact=False, filter={"n": {"$lt": 12}}, limit=12
    )
    assert 0 < len(found) <= 12
    assert all(one.metadata["n"] < 12 for one in found)


async def test_a_share_that_is_not_known_is_sampled_on_the_shards(store, tenant) -> None:
    await store.ensure_collection(
        tenant, Collection("docs", D, index=Hnsw(), fields={"n": "number"}, distributed=True)
    )
    # more than a thousand rows, so that the statement decides between index and comparison
    await store.load(tenant, "docs", items(2_500))
    for filter_ in ({"parity": "odd"}, {"n": {"$lt": 5}}):
        found = await store.search(tenant, "docs", query(), filter=filter_, limit=5, explain=True)
        assert found.explanation.plan == "exact or hnsw"
        exact = await store.search(tenant, "docs", query(), filter=filter_, limit=5, exact=True)
        assert [one.id for one in found] == [one.id for one in exact]
        hybrid = await store.search_hybrid(tenant, "docs", query(), "fox wolf", filter=filter_)
        assert len(hybrid) == min(10, await store.count(tenant, "docs", filter_))
    await store.drop_collection(tenant, "docs")


async def test_settings_reach_the_workers_and_end_with_their_transaction(
    store, filled, dsn
) -> None:
    table = (await store.describe_collection(filled, SPREAD)).table_name
    asked = f"SELECT DISTINCT current_setting('hnsw.ef_search', true) FROM {table}"
    setting = DISTRIBUTED.set_local({"hnsw.ef_search": "77"})
    with psycopg.connect(dsn, autocommit=True) as connection:
        with connection.pipeline():
            connection.execute(setting.sql, setting.parameters)
            cursor = connection.execute(asked)
        assert cursor.fetchall() == [("77",)]
        assert ("77",) not in connection.execute(asked).fetchall()


@pytest.mark.parametrize("ranking", ["bm25", "ts_rank", "ts_rank_cd"])
@pytest.mark.parametrize(
    ("syntax", "text"),
    [
        ("any", "fox wolf cat"),
        ("web", 'owl -cat or "duck goose"'),
        ("all", "cat dog"),
        ("phrase", "cat dog"),
        ("raw", "bear & (deer | ow:*)"),
    ],
)
async def test_a_text_search_answers_as_on_a_local_collection(
    store, filled, ranking, syntax, text
) -> None:
    for filter_ in (None, {"parity": "even"}):
        local, spread = await on_both(
            store, filled, "search_text", text, syntax=syntax, ranking=ranking, filter=filter_
        )
        same_order(local, spread)


async def test_a_lone_common_word_is_found_where_it_counts_most(store, tenant, monkeypatch) -> None:
    monkeypatch.setattr(bm25, "BUDGET", 0)
    for name, distributed in ((LOCAL, False), (SPREAD, True)):
        texts = Collection(name, D, text_search="simple", distributed=distributed)
        await store.ensure_collection(tenant, texts)
        await store.load(
            tenant,
            name,
            [
                Item(f"d{n:03}", None, "valve " * (n % 13) + "of the plant " * (n % 7) + "valve")
                for n in range(600)
            ],
        )
    for text in ("valve", "valve plant"):
        same_order(*await on_both(store, tenant, "search_text", text, limit=20))
    for name in (LOCAL, SPREAD):
        await store.drop_collection(tenant, name)


async def test_a_text_search_marks_its_words(store, filled) -> None:
    local, spread = await on_both(store, filled, "search_text", "owl", highlight=True)
    assert [one.snippet for one in spread] == [one.snippet for one in local]
    assert "<b>owl</b>" in spread[0].snippet


async def test_a_text_without_words_matches_nothing(store, filled) -> None:
    assert await store.search_text(filled, SPREAD, "the of") == []


@pytest.mark.parametrize("fusion", [None, WeightedSum(alpha=0.3), Rrf()])
@pytest.mark.parametrize("filter_", [None, {"parity": "odd"}])
async def test_a_hybrid_search_answers_as_on_a_local_collection(
    store, filled, fusion, filter_
) -> None:
    for text in ("fox wolf", "cat", "the of"):
        local, spread = await on_both(
            store, filled, "search_hybrid", query(), text, fusion=fusion, filter=filter_
        )
        same_order(local, spread)
        assert [(one.vector_rank, one.text_rank) for one in spread] == [
            (one.vector_rank, one.text_rank) for one in local
        ]


async def test_frequencies_of_a_large_collection_come_from_a_sample(
    store, tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frequencies, "LOOKED_AT_WHOLE", 500)
    await store.ensure_collection(tenant, Collection("docs", D, distributed=True))
    await store.load(tenant, "docs", items(2_500))
    await store.ensure_collection(tenant, Collection("docs"))  # counts the rows anew
    found = await store.search_text(tenant, "docs", "owl cat", limit=5)
    assert len(found) == 5
    assert all("owl" in one.text for one in found)
    await store.drop_collection(tenant, "docs")
