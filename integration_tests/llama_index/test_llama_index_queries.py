"""The LlamaIndex store's query modes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.llama_index.llama_index_stores import Either, node, of_source, where
from llama_index.core.schema import IndexNode, MetadataMode, TextNode
from llama_index.core.vector_stores.types import VectorStoreQuery, VectorStoreQueryMode

from pgrecall import Boost, ByField, Hnsw, Rrf, Store
from pgrecall.errors import DimensionMismatchError, InvalidArgumentError
from pgrecall.llama_index import PgRecallVectorStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

X = [1.0, 0.0]
MODES = ["default", "sparse", "text_search", "hybrid", "mmr"]

NODES = [
    of_source(node("near", [1.0, 0.0], "red apple", page=1), "doc"),
    of_source(node("close", [0.9, 0.1], "green pear", page=2), "doc"),
    of_source(node("far", [0.0, 1.0], "zebra apple", page=3), "O'Brien"),
    node("opposite", [-1.0, 0.0], "zebra zebra falcon", page=4),
]


@pytest.fixture(params=["sync", "async"])
async def vectors(request: pytest.FixtureRequest, dsn: str, tenant: str) -> AsyncIterator[Either]:
    store = PgRecallVectorStore(dsn, tenant=tenant)
    store.add(NODES)
    yield Either(store, request.param)
    await store.aclose()


@pytest.fixture
def plain(sync_store: Store, tenant: str) -> PgRecallVectorStore:
    """One store whose sync form is enough: how a query is read is shared by both."""
    store = PgRecallVectorStore(sync_store, tenant=tenant)
    store.add(NODES)
    return store


def found(store: PgRecallVectorStore, options: dict[str, Any] | None = None, **query: Any) -> Any:
    asked = VectorStoreQuery(**{"query_embedding": X, "similarity_top_k": 4, **query})
    return store.query(asked, **(options or {}))


async def test_default_finds_the_nearest_with_cosine_similarities(vectors: Either) -> None:
    result = await vectors.query(VectorStoreQuery(query_embedding=X, similarity_top_k=4))
    assert result.ids == ["near", "close", "far", "opposite"]
    assert result.similarities == pytest.approx([1, 0.9939, 0, -1], abs=1e-3)
    assert [one.node_id for one in result.nodes] == result.ids


@pytest.mark.parametrize("mode", ["sparse", "text_search"])
async def test_text_is_searched_without_an_embedding(vectors: Either, mode: str) -> None:
    result = await vectors.query(VectorStoreQuery(query_str="a zebra", mode=mode))
    assert result.ids == ["opposite"]
    assert 0 < result.similarities[0] < 1


async def test_hybrid_brings_what_either_arm_finds(vectors: Either) -> None:
    result = await vectors.query(
        VectorStoreQuery(
            query_embedding=X, query_str="falcon", mode="hybrid", similarity_top_k=2, alpha=0.5
        )
    )
    assert sorted(result.ids) == ["near", "opposite"]


async def test_mmr_takes_what_is_near_and_unlike_what_it_has(vectors: Either) -> None:
    query = {"query_embedding": X, "similarity_top_k": 2, "mode": "mmr"}
    assert await vectors.ids(**query, mmr_threshold=1.0) == ["near", "close"]
    assert await vectors.ids(**query, mmr_threshold=0.0) == ["near", "opposite"]


@pytest.mark.parametrize("mode", MODES)
async def test_nodes_ids_and_similarities_are_always_there_and_equally_long(
    vectors: Either, mode: str
) -> None:
    for words, wanted in (("zebra", None), ("the", ["no such document"])):
        query = {"query_embedding": X, "query_str": words, "mode": mode, "doc_ids": wanted}
        result = await vectors.query(VectorStoreQuery(**query, similarity_top_k=3))
        assert result.nodes is not None
        assert len(result.nodes) == len(result.ids) == len(result.similarities)
        if mode != "mmr":
            assert result.similarities == sorted(result.similarities, reverse=True)


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_honours_filters_node_ids_and_doc_ids_together(
    plain: PgRecallVectorStore, mode: str
) -> None:
    query = {"query_str": "apple zebra pear", "mode": mode}
    assert set(found(plain, **query, doc_ids=["doc", "O'Brien"]).ids) == {"near", "close", "far"}
    assert set(found(plain, **query, node_ids=["far", "near", "?"]).ids) == {"near", "far"}
    assert set(found(plain, **query, filters=where("page", 2, ">")).ids) == {"far", "opposite"}
    both = found(plain, **query, node_ids=["far", "near"], filters=where("page", 3))
    assert both.ids == ["far"]
    assert found(plain, **query, doc_ids=["doc"], filters=where("page", 3)).ids == []


@pytest.mark.parametrize("mode", MODES)
def test_no_node_ids_mean_every_node_and_no_doc_ids_none(
    plain: PgRecallVectorStore, mode: str
) -> None:
    query = {"query_str": "apple zebra pear", "mode": mode}
    assert len(found(plain, **query, node_ids=[], doc_ids=None).ids) == 4
    assert found(plain, **query, doc_ids=[]).ids == []


@pytest.mark.parametrize("mode", ["default", "hybrid", "mmr"])
def test_a_mode_that_needs_an_embedding_says_so(plain: PgRecallVectorStore, mode: str) -> None:
    with pytest.raises(ValueError, match=f"'{mode}' needs query_embedding"):
        found(plain, query_embedding=None, query_str="x", mode=mode)


@pytest.mark.parametrize("mode", ["sparse", "text_search", "hybrid"])
def test_a_mode_that_needs_words_says_so(plain: PgRecallVectorStore, mode: str) -> None:
    with pytest.raises(ValueError, match=f"'{mode}' needs query_str"):
        found(plain, mode=mode)


@pytest.mark.parametrize("mode", ["svm", "semantic_hybrid", "linear_regression", "what"])
async def test_another_mode_is_an_error_that_names_it(mode: str, tenant: str) -> None:
    store = PgRecallVectorStore("host=/nowhere", tenant=tenant)
    with pytest.raises(ValueError, match=f"'{mode}' is not supported"):
        await store.aquery(VectorStoreQuery(query_embedding=X, mode=mode))  # type: ignore[arg-type]


def test_an_embedding_of_another_length_is_refused(plain: PgRecallVectorStore) -> None:
    with pytest.raises(DimensionMismatchError, match="3 dimensions"):
        found(plain, query_embedding=[1.0, 0.0, 0.0])


def test_alpha_0_ranks_by_text_alone_and_needs_no_embedding(plain: PgRecallVectorStore) -> None:
    query = {"query_str": "zebra", "mode": "hybrid", "alpha": 0}
    assert found(plain, **query).ids == ["opposite", "far"]
    assert found(plain, **query, query_embedding=None).ids == ["opposite", "far"]


def test_alpha_1_ranks_by_vectors_alone_and_needs_no_words(plain: PgRecallVectorStore) -> None:
    query = {"mode": "hybrid", "alpha": 1.0}
    expected = ["near", "close", "far", "opposite"]
    assert found(plain, **query, query_str="zebra").ids == expected
    assert found(plain, **query).ids == expected


def test_alpha_weighs_the_arms(plain: PgRecallVectorStore) -> None:
    query = {"query_str": "zebra falcon", "mode": "hybrid"}
    assert found(plain, **query, alpha=0.05).ids[0] == "opposite"
    assert found(plain, **query, alpha=0.95).ids[0] == "near"


def test_alpha_weighs_the_arms_of_rank_fusion_too(plain: PgRecallVectorStore) -> None:
    query = {"query_str": "zebra falcon", "mode": "hybrid"}
    options = {"fusion": Rrf()}
    assert found(plain, options, **query, alpha=0.001).ids[0] == "opposite"
    assert found(plain, options, **query, alpha=0.999).ids[0] == "near"


@pytest.mark.parametrize("alpha", [-0.1, 1.1, float("nan"), True])
def test_an_alpha_out_of_range_is_refused(plain: PgRecallVectorStore, alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        found(plain, query_str="x", mode="hybrid", alpha=alpha)


@pytest.mark.parametrize("alpha", [None, 0, 0.3, 1])
def test_hybrid_top_k_limits_what_comes_back(plain: PgRecallVectorStore, alpha: float) -> None:
    query = {"query_str": "zebra apple pear", "mode": "hybrid", "alpha": alpha}
    assert len(found(plain, **query, hybrid_top_k=2).ids) == 2
    assert len(found(plain, **query, similarity_top_k=1, hybrid_top_k=3).ids) == 3
    assert len(found(plain, **query, similarity_top_k=3).ids) == 3


def test_sparse_top_k_limits_the_text_arm(plain: PgRecallVectorStore) -> None:
    query = {"query_str": "zebra apple", "mode": "hybrid", "alpha": 0.5}
    result = found(plain, {"arm_scores": True}, **query, sparse_top_k=1)
    ranks = [one.metadata["_scores"]["text_rank"] for one in result.nodes]
    assert sorted(ranks, key=str) == [1, None, None, None]
    assert len(found(plain, query_str="zebra apple", mode="sparse", sparse_top_k=2).ids) == 2


@pytest.mark.parametrize("alpha", [None, 0, 0.2, 1])
def test_similarities_of_hybrid_are_between_0_and_1(
    plain: PgRecallVectorStore, alpha: float | None
) -> None:
    result = found(plain, query_str="zebra falcon", mode="hybrid", alpha=alpha)
    assert len(result.similarities) >= 2
    assert all(0 <= score <= 1 for score in result.similarities)
    assert result.similarities == sorted(result.similarities, reverse=True)


def test_words_that_are_not_searched_leave_the_vectors_order(plain: PgRecallVectorStore) -> None:
    result = found(plain, query_str="the of and", mode="hybrid")
    assert result.ids == ["near", "close", "far", "opposite"]
    assert found(plain, query_str="", mode="sparse").ids == []


@pytest.mark.parametrize("words", ["'; DROP TABLE x; --", "a & | ! b:*", ":todo %s %(x)s", "((("])
def test_any_words_can_be_searched_for(plain: PgRecallVectorStore, words: str) -> None:
    for mode in ("sparse", "hybrid"):
        found(plain, query_str=words, mode=mode)


def test_each_arms_rank_and_score_is_told_on_request(plain: PgRecallVectorStore) -> None:
    query = {"query_str": "falcon", "mode": "hybrid", "alpha": 0.5}
    assert "_scores" not in found(plain, **query).nodes[0].metadata
    result = found(plain, {"arm_scores": True}, **query)
    told = {one.node_id: one.metadata["_scores"] for one in result.nodes}
    assert told["near"]["vector_rank"] == 1
    assert told["near"]["text_rank"] is None
    assert told["opposite"]["text_rank"] == 1
    assert told["opposite"]["text_score"] > 0
    assert told["opposite"]["distance"] == pytest.approx(2)
    assert [told[id_]["score"] for id_ in result.ids] == result.similarities


def test_ranks_and_scores_are_hidden_from_models(plain: PgRecallVectorStore) -> None:
    [one] = found(plain, {"arm_scores": True}, similarity_top_k=1).nodes
    for mode in (MetadataMode.LLM, MetadataMode.EMBED):
        assert "_scores" not in one.get_content(mode)


def test_the_querys_own_mmr_threshold_beats_the_keyword(plain: PgRecallVectorStore) -> None:
    query = {"mode": "mmr", "similarity_top_k": 2}
    keyword = {"mmr_threshold": 1.0}
    assert found(plain, keyword, **query).ids == ["near", "close"]
    assert found(plain, keyword, **query, mmr_threshold=0.0).ids == ["near", "opposite"]


def test_the_mmr_threshold_is_one_half_where_none_is_given(plain: PgRecallVectorStore) -> None:
    query = {"mode": "mmr", "similarity_top_k": 3}
    assert found(plain, **query).ids == found(plain, **query, mmr_threshold=0.5).ids


def test_mmr_chooses_among_as_many_as_it_is_told(plain: PgRecallVectorStore) -> None:
    query = {"mode": "mmr", "similarity_top_k": 2, "mmr_threshold": 0.0}
    assert found(plain, {"mmr_prefetch_k": 2}, **query).ids == ["near", "close"]
    assert found(plain, {"mmr_prefetch_factor": 1.5}, **query).ids == ["near", "far"]


@pytest.mark.parametrize("threshold", [-0.1, 1.5])
def test_an_mmr_threshold_out_of_range_is_refused(
    plain: PgRecallVectorStore, threshold: float
) -> None:
    with pytest.raises(ValueError, match="mmr_threshold"):
        found(plain, mode="mmr", mmr_threshold=threshold)


@pytest.mark.parametrize("limit", [0, -1])
@pytest.mark.parametrize("mode", MODES)
def test_a_limit_below_1_is_refused(plain: PgRecallVectorStore, mode: str, limit: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        found(plain, query_str="x", mode=mode, similarity_top_k=limit)


def test_an_unknown_keyword_is_an_error_that_names_it(plain: PgRecallVectorStore) -> None:
    with pytest.raises(TypeError, match="'ef_serach'"):
        found(plain, {"ef_serach": 100})
    with pytest.raises(TypeError, match="'mmr_treshold'"):
        PgRecallVectorStore(mmr_treshold=0.1)


def test_the_stores_defaults_hold_where_a_query_says_nothing(
    sync_store: Store, tenant: str, plain: PgRecallVectorStore
) -> None:
    store = PgRecallVectorStore(sync_store, tenant=tenant, mmr_threshold=0.0, arm_scores=True)
    result = found(store, mode="mmr", similarity_top_k=2)
    assert result.ids == ["near", "opposite"]
    assert "_scores" in result.nodes[0].metadata


def test_ef_search_reaches_the_index(sync_store: Store, tenant: str) -> None:
    store = PgRecallVectorStore(sync_store, tenant=tenant, index=Hnsw())
    store.add(NODES)
    assert found(store, {"ef_search": 200, "exact": False}).ids[0] == "near"
    with pytest.raises(InvalidArgumentError, match="ef_search"):
        found(store, {"ef_search": 0})


def test_a_collection_without_text_search_says_so(sync_store: Store, tenant: str) -> None:
    store = PgRecallVectorStore(sync_store, tenant=tenant, text_search=None)
    store.add(NODES)
    assert found(store).ids[0] == "near"
    with pytest.raises(InvalidArgumentError, match="text_search=None"):
        found(store, query_str="x", mode="hybrid")


def test_words_of_a_title_are_searched(sync_store: Store, tenant: str) -> None:
    store = PgRecallVectorStore(sync_store, tenant=tenant, title="title")
    yak = TextNode(id_="yak", embedding=[1.0, 0.0], text="a bee", metadata={"title": "Yaks"})
    store.add([yak, *NODES])
    assert found(store, query_str="yak", mode="text_search").ids == ["yak"]


def test_words_are_asked_for_in_every_language_or_in_one(sync_store: Store, tenant: str) -> None:
    by_field = ByField("lang", {"en": "english"})
    store = PgRecallVectorStore(sync_store, tenant=tenant, text_search=by_field)
    store.add([node("en", [1.0, 0.0], "running", lang="en"), *NODES])
    for mode in ("text_search", "hybrid"):
        asked = {"query_str": "runs", "mode": mode, "alpha": 0.0, "similarity_top_k": 9}
        assert found(store, **asked).ids == ["en"]
        assert found(store, {"language": "en"}, **asked).ids == ["en"]
        assert found(store, {"language": "xx"}, **asked).ids == []


def test_listed_node_ids_leave_all_others_out_as_documented(plain: PgRecallVectorStore) -> None:
    plain.add([IndexNode(id_="i", embedding=[0.0, 1.0], text="t", index_id="other")])
    assert found(plain, node_ids=["i"]).ids == ["i"]
    assert len(found(plain, similarity_top_k=9, node_ids=[]).ids) == 5


def test_every_mode_of_ours_is_llama_indexs(plain: PgRecallVectorStore) -> None:
    for mode in MODES:
        assert found(plain, query_str="zebra", mode=VectorStoreQueryMode(mode)).ids


@pytest.mark.parametrize("mode", ["default", "hybrid"])
def test_one_node_of_each_source_comes_back_and_each_without_one(
    plain: PgRecallVectorStore, mode: str
) -> None:
    plain.add([node("alone", [0.5, 0.5], "zebra", page=5)])

    result = found(plain, {"group_by": "ref_doc_id"}, mode=mode, query_str="apple")

    assert sorted(result.ids) == ["alone", "far", "near", "opposite"]


def test_a_query_takes_a_page_boosts_and_a_least_score(plain: PgRecallVectorStore) -> None:
    assert found(plain, {"offset": 1}, similarity_top_k=2).ids == ["close", "far"]
    boosted = found(plain, {"boosts": [Boost({"page": 2}, 3.0)]})
    assert boosted.ids[0] == "close"
    assert found(plain, {"min_score": 0.999}).ids == ["near"]
    by_text = {"mode": "sparse", "query_str": "apple"}
    scored = found(plain, {"boosts": [Boost({"page": 1}, 0.5)]}, **by_text)
    whole = found(plain, **by_text)
    assert dict(zip(scored.ids, scored.similarities, strict=True))["near"] == pytest.approx(
        dict(zip(whole.ids, whole.similarities, strict=True))["near"] / 2
    )
    for least in (whole.similarities[0] - 1e-9, -1.0, 1.0):
        right = [
            id_ for id_, one in zip(whole.ids, whole.similarities, strict=True) if one >= least
        ]
        assert found(plain, {"min_score": least}, **by_text).ids == right
    with pytest.raises(InvalidArgumentError, match="offset cannot be used with mode 'mmr'"):
        found(plain, {"offset": 1}, mode="mmr")
