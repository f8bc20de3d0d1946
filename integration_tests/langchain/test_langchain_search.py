"""The vector store's searches and their scores, sync and async alike."""

from __future__ import annotations

import itertools
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from integration_tests.langchain.langchain_fakes import Fixed, Words, document, ids_of, making
from integration_tests.shared.calls import Calls

from pgrecall import (
    Boost,
    Condition,
    Decay,
    FilterError,
    Hnsw,
    InvalidArgumentError,
    Metric,
    Or,
    Rrf,
    WeightedSum,
    maximal_marginal_relevance,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

TEXTS = {
    "apples": "red apples grow on trees",
    "pears": "green pears grow on trees",
    "cars": "fast cars drive on roads",
    "boats": "slow boats sail on rivers",
    "code": "error E1234 means the disk is full",
}
METADATAS = [{"n": number, "kind": "fruit" if number < 2 else "other"} for number in range(5)]


@pytest.fixture(params=["sync", "async"])
async def make(
    request: pytest.FixtureRequest, dsn: str, tenant: str
) -> AsyncIterator[Callable[..., Calls]]:
    async with making(request.param, dsn, tenant) as function:
        yield function


@pytest.fixture
async def vectors(make: Callable[..., Calls]) -> Calls:
    made = make()
    await made.add_texts(list(TEXTS.values()), METADATAS, ids=list(TEXTS))
    return made


async def test_the_best_comes_first_and_k_of_them(vectors: Calls) -> None:
    for id_, text in TEXTS.items():
        assert ids_of(await vectors.similarity_search(text, k=1)) == [id_]
    assert len(await vectors.similarity_search("trees")) == 4
    assert len(await vectors.similarity_search("trees", k=100)) == 5
    assert ids_of(await vectors.similarity_search("green apples on trees", 2)) == [
        "apples",
        "pears",
    ]


async def test_a_filter_is_applied_before_ranking(vectors: Calls) -> None:
    for filter_ in [
        {"n": {"$gte": 3}},
        Condition("n", "gte", 3),
        {"$or": [{"n": 3}, {"n": {"$in": [4, 5]}}]},
        Or({"n": 3}, {"n": 4}),
        {"n": {"$nin": [0, 1, 2]}},
    ]:
        assert set(ids_of(await vectors.similarity_search("red apples", 2, filter_))) == {
            "boats",
            "code",
        }
        for search in ["vector", "hybrid"]:
            found = await vectors.similarity_search("red apples", 5, filter=filter_, search=search)
            assert set(ids_of(found)) == {"boats", "code"}
        found = await vectors.similarity_search("trees roads disk", filter=filter_, search="text")
        assert ids_of(found) == ["code"]


EVERY_SEARCH: list[tuple[str, dict[str, Any]]] = [
    ("similarity_search", {}),
    ("similarity_search", {"search": "hybrid"}),
    ("similarity_search", {"search": "text"}),
    ("similarity_search_with_score", {}),
    ("similarity_search_with_relevance_scores", {}),
    ("max_marginal_relevance_search", {}),
]
EVERY_VECTOR_SEARCH = [
    "similarity_search_by_vector",
    "similarity_search_with_score_by_vector",
    "max_marginal_relevance_search_by_vector",
]


BAD: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"filter": {"n": {"$bad": 1}}}, FilterError, "bad"),
    ({"filter": {"n": [1]}}, FilterError, "in"),
    ({"filter": "n = 1"}, FilterError, "not a filter"),
    ({"filter": print}, FilterError, "not a function"),
    ({"k": 0}, InvalidArgumentError, "k must be a whole number of 1 or more, not 0"),
    ({"k": "4"}, InvalidArgumentError, "k must be"),
    ({"filters": {"n": 1}}, InvalidArgumentError, "unknown keyword argument 'filters'"),
    ({"serach": "text"}, InvalidArgumentError, "did you mean 'search'"),
    ({"search": "keyword"}, InvalidArgumentError, "'vector', 'hybrid', 'text', not 'keyword'"),
    ({"query": 1}, InvalidArgumentError, "the query must be a string"),
]


@pytest.mark.parametrize(("method", "keywords"), EVERY_SEARCH)
async def test_a_bad_argument_is_told_before_an_embedding_is_paid_for(
    vectors: Calls, method: str, keywords: Any
) -> None:
    vectors.target.embeddings.calls.clear()

    for bad, error, says in BAD:
        with pytest.raises(error, match=says):
            await getattr(vectors, method)(**({"query": "apples"} | keywords | bad))

    assert vectors.target.embeddings.calls == []


@pytest.mark.parametrize("method", EVERY_VECTOR_SEARCH)
async def test_a_search_by_vector_takes_what_belongs_to_vectors(
    vectors: Calls, method: str
) -> None:
    vector = vectors.target.embeddings.vector("apples")
    search = getattr(vectors, method)

    assert len(await search(vector, k=2, filter={"n": {"$lt": 4}}, exact=True)) == 2
    assert len(await search(np.array(vector), k=2)) == 2
    for keywords, says in [
        ({"search": "hybrid"}, "needs a text"),
        ({"fusion": Rrf()}, "belongs to search=.hybrid."),
        ({"ranking": "bm25"}, "belongs to search=.text."),
        ({"ef": 1}, "unknown keyword argument 'ef'"),
        ({"k": -1}, "k must be"),
        ({"ef_search": 10}, "has no index"),
    ]:
        with pytest.raises(InvalidArgumentError, match=says):
            await search(vector, **keywords)


async def test_an_option_of_another_search_is_told(vectors: Calls) -> None:
    for keywords, says in [
        ({"exact": True, "search": "text"}, 'exact belongs to search="vector" or search="hybrid"'),
        ({"fusion": Rrf()}, 'fusion belongs to search="hybrid"'),
        ({"text_candidates": 9, "search": "text"}, 'text_candidates belongs to search="hybrid"'),
        ({"score_threshold": 0.5}, "similarity_search_with_relevance_scores takes it"),
        ({"fetch_k": 9}, "max_marginal_relevance_search takes it"),
        ({"lambda_mult": 0.5, "search": "text"}, 'lambda_mult belongs to search="vector"'),
        ({"per_group": 2}, "per_group=2 needs group_by"),
        ({"boosts": [Boost({"n": 1}, 0)]}, "factor"),
        ({"fusion": "rrf", "search": "hybrid"}, "fusion must be"),
    ]:
        with pytest.raises(InvalidArgumentError, match=says):
            await vectors.similarity_search("apples", **keywords)


async def test_what_langchain_hands_down_is_no_misspelling(vectors: Calls) -> None:
    found = await vectors.similarity_search("red apples", k=1, verbose=True, callbacks=None)

    assert ids_of(found) == ["apples"]


async def test_a_search_by_text_calls_no_embedding(vectors: Calls) -> None:
    vectors.target.embeddings.calls.clear()

    found = await vectors.similarity_search("E1234", search="text")
    ranked = await vectors.similarity_search("grow on trees", search="text", ranking="ts_rank")
    phrase = await vectors.similarity_search("green pears", search="text", syntax="phrase")

    assert ids_of(found) == ["code"]
    assert set(ids_of(ranked)) == {"apples", "pears"}
    assert ids_of(phrase) == ["pears"]
    assert vectors.target.embeddings.calls == []


async def test_hybrid_finds_by_words_and_by_vectors(vectors: Calls) -> None:
    found = await vectors.similarity_search_with_score("What is E1234?", k=5, search="hybrid")

    assert found[0][0].id == "code"
    assert len(found) == 5
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    core = vectors.target.store.search_hybrid(
        vectors.target.tenant,
        "docs",
        vectors.target.embeddings.vector("What is E1234?"),
        "What is E1234?",
        limit=5,
    )
    assert [(match.id, match.score) for match in core] == [
        (one.id, pytest.approx(score)) for one, score in found
    ]


async def test_the_kind_of_search_and_the_fusion_are_the_stores_unless_said(
    vectors: Calls, make: Callable[..., Calls]
) -> None:
    text = "sail on E1234"
    hybrid = make(search="hybrid", fusion=WeightedSum(0))
    by_words = await vectors.similarity_search(text, search="text")

    assert ids_of(await hybrid.similarity_search(text))[:2] == ids_of(by_words)[:2]
    again = await hybrid.similarity_search_with_score(text, fusion=WeightedSum(1))
    nearest = await vectors.similarity_search(text)
    assert ids_of([one for one, _ in again]) == ids_of(nearest)
    assert ids_of(await hybrid.similarity_search(text, search="vector")) == ids_of(nearest)
    assert ids_of(await make(search="text").similarity_search("E1234")) == ["code"]
    # vectors alone, whatever the store's own kind
    vector = vectors.target.embeddings.vector(text)
    assert ids_of(await hybrid.similarity_search_by_vector(vector)) == ids_of(nearest)


async def test_exact_and_ef_search_reach_the_index(make: Callable[..., Calls]) -> None:
    vectors = make(index=Hnsw())
    await vectors.add_texts(list(TEXTS.values()), METADATAS, ids=list(TEXTS))

    for keywords in [{"exact": True}, {"exact": False}, {"ef_search": 100}]:
        found = await vectors.similarity_search("red apples grow", k=1, **keywords)
        assert ids_of(found) == ["apples"]
    with pytest.raises(InvalidArgumentError, match="ef_search must be"):
        await vectors.similarity_search("red apples grow", ef_search=0)


def vectors_of(metric: Metric) -> dict[str, list[float]]:
    """Texts whose vectors have every sign and size."""
    made = {"question": [3.0, 0.5], "same": [3.0, 0.5], "near": [2.0, 1.0], "far": [-1.0, 4.0]}
    made |= {"opposite": [-9.0, -1.5], "large": [60.0, 10.0]}
    if metric is not Metric.COSINE:
        made["zero"] = [0.0, 0.0]
    return made


@pytest.mark.parametrize("metric", list(Metric), ids=str)
async def test_a_higher_score_is_closer_and_the_cores_own(
    make: Callable[..., Calls], metric: Metric
) -> None:
    values = vectors_of(metric)
    vectors = make(Fixed(values), metric=metric)
    await vectors.add_texts(list(values), ids=list(values))

    found = await vectors.similarity_search_with_score("question", k=10)
    same = await vectors.similarity_search_with_score_by_vector(values["question"], k=10)

    core = vectors.target.store.search(vectors.target.tenant, "docs", values["question"])
    assert [(one.id, score) for one, score in found] == [(match.id, match.score) for match in core]
    assert same == found
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("metric", list(Metric), ids=str)
async def test_relevance_lies_in_0_to_1_and_falls_from_the_best_on(
    make: Callable[..., Calls], metric: Metric
) -> None:
    values = vectors_of(metric)
    vectors = make(Fixed(values), metric=metric)
    await vectors.add_texts(list(values), ids=list(values))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = await vectors.similarity_search_with_relevance_scores("question", k=10)

    assert ids_of([one for one, _ in found]) == ids_of(
        await vectors.similarity_search("question", 10)
    )
    relevances = [relevance for _, relevance in found]
    assert relevances == sorted(relevances, reverse=True)
    assert all(0 <= relevance <= 1 for relevance in relevances)
    by_id = {one.id: relevance for one, relevance in found}
    assert by_id["same"] > by_id["far"] >= by_id["opposite"] or metric in {Metric.L2, Metric.L1}
    product = float(np.dot(values["question"], values["far"]))
    expected = {
        Metric.COSINE: max(
            0, product / np.linalg.norm(values["question"]) / np.linalg.norm(values["far"])
        ),
        Metric.IP: 1 / (1 + np.exp(-product)),
        Metric.L2: 1 / (1 + np.hypot(4, 3.5)),
        Metric.L1: 1 / (1 + 7.5),
    }[metric]
    assert by_id["far"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("search", ["hybrid", "text"])
async def test_relevance_of_hybrid_and_text_lies_in_0_to_1(vectors: Calls, search: str) -> None:
    found = await vectors.similarity_search_with_relevance_scores(
        "red apples grow on trees", k=5, search=search
    )
    scored = await vectors.similarity_search_with_score(
        "red apples grow on trees", k=5, search=search
    )

    assert found[0][0].id == "apples"
    assert [one for one, _ in found] == [one for one, _ in scored]
    for (_, relevance), (_, score) in zip(found, scored, strict=True):
        assert 0 <= relevance <= 1
        assert relevance == pytest.approx(score if search == "hybrid" else score / (score + 12))


async def test_a_threshold_leaves_out_what_is_less_relevant(vectors: Calls) -> None:
    every = await vectors.similarity_search_with_relevance_scores("red apples grow", k=5)
    border = every[1][1]

    kept = await vectors.similarity_search_with_relevance_scores(
        "red apples grow", k=5, score_threshold=border, filter={"n": {"$lt": 5}}
    )
    none = await vectors.similarity_search_with_relevance_scores("cars", score_threshold=0.9999)

    assert kept == every[:2]
    assert none == []


ANGLES = {"a": 0.0, "b": 1.0, "c": 2.0, "d": 40.0, "e": -50.0, "f": 80.0}
PLANE = {
    name: [float(np.cos(np.radians(angle))), float(np.sin(np.radians(angle)))]
    for name, angle in ANGLES.items()
}


@pytest.fixture
async def plane(make: Callable[..., Calls]) -> Calls:
    made = make(Fixed(PLANE))
    await made.add_texts(list(PLANE), [{"name": name} for name in PLANE], ids=list(PLANE))
    return made


async def test_mmr_chooses_among_fetch_k_in_the_order_of_mmr(plane: Calls) -> None:
    for fetch_k, lambda_mult in itertools.product([1, 3, 5, 20], [0, 0.3, 0.5, 1]):
        asked = {"k": 3, "fetch_k": fetch_k, "lambda_mult": lambda_mult}
        found = await plane.max_marginal_relevance_search("a", **asked)

        nearest = plane.target.store.search(
            plane.target.tenant, "docs", PLANE["a"], limit=max(3, fetch_k), include_vectors=True
        )
        chosen = maximal_marginal_relevance(PLANE["a"], nearest, limit=3, lambda_mult=lambda_mult)
        assert ids_of(found) == [match.id for match in chosen]
        assert await plane.max_marginal_relevance_search_by_vector(PLANE["a"], **asked) == found


async def test_mmr_takes_filters_and_refuses_what_it_does_not_know(plane: Calls) -> None:
    kept = {"name": {"$in": ["a", "b", "f"]}}
    found = await plane.max_marginal_relevance_search("a", k=2, lambda_mult=0.1, filter=kept)

    assert ids_of(found) == ["a", "f"]
    for keywords, says in [
        ({"lambda_mult": 1.5}, "lambda_mult must be"),
        ({"lambda_mult": None}, "lambda_mult must be"),
        ({"fetch_k": 0}, "fetch_k must be"),
        ({"search": "hybrid"}, "needs a text, not a vector"),
        ({"lambda": 1}, "unknown keyword argument 'lambda'"),
    ]:
        with pytest.raises(InvalidArgumentError, match=says):
            await plane.max_marginal_relevance_search("a", **keywords)


async def test_search_by_langchains_names_of_its_kinds(vectors: Calls) -> None:
    for kind in ["similarity", "mmr", "similarity_score_threshold"]:
        found = await vectors.search(
            "red apples grow on trees", kind, k=2, filter={"n": {"$lt": 2}}
        )
        assert ids_of(found) == ["apples", "pears"]


async def test_langchains_own_retriever_knows_its_three_modes_and_ours(vectors: Calls) -> None:
    question = "red apples E1234"

    async def invoke(**keywords: Any) -> list[str | None]:
        retriever = vectors.target.as_retriever(**keywords)
        if vectors.kind == "async":
            return ids_of(await retriever.ainvoke(question))
        return ids_of(retriever.invoke(question))

    assert (await invoke(search_kwargs={"k": 1})) == ["apples"]
    assert (await invoke(search_type="mmr", search_kwargs={"k": 2, "lambda_mult": 1.0}))[
        0
    ] == "apples"
    assert (await invoke(search_kwargs={"search": "text"})) == await vectors_ids(vectors, question)
    threshold = {"score_threshold": 0.2, "k": 5}
    assert "boats" not in await invoke(
        search_type="similarity_score_threshold", search_kwargs=threshold
    )
    assert len(await invoke(search_kwargs={"search": "hybrid", "k": 3, "filter": {"n": 0}})) == 1


async def vectors_ids(vectors: Calls, question: str) -> list[str | None]:
    return ids_of(await vectors.similarity_search(question, search="text"))


async def test_embedding_async_happens_in_the_callers_loop(make: Callable[..., Calls]) -> None:
    vectors = make()
    await vectors.add_texts(["apples"], ids=["a"])
    assert await vectors.similarity_search("apples") == [document("apples", "a")]
    await vectors.max_marginal_relevance_search("apples")
    await vectors.similarity_search_with_relevance_scores("apples")

    embedding = vectors.target.embeddings
    assert isinstance(embedding, Words)
    assert len(embedding.loops) == (1 if vectors.kind == "async" else 0)


async def test_documents_rather_than_chunks_come_back_and_pages_of_them(vectors: Calls) -> None:
    for search in ("vector", "hybrid"):
        found = await vectors.similarity_search("trees", 4, search=search, group_by="kind")
        assert sorted(one.metadata["kind"] for one in found) == ["fruit", "other"]
        pages = [
            await vectors.similarity_search("trees", 2, search=search, offset=offset)
            for offset in (0, 2, 4)
        ]
        longer = await vectors.similarity_search("trees", 5, search=search)
        assert [one for page in pages for one in page] == longer


async def test_a_boosted_relevance_is_the_core_s_score(vectors: Calls) -> None:
    boosts = [Boost({"kind": "other"}, 0.5), Decay("n", 1, origin=0.0, floor=0.9)]

    scored = await vectors.similarity_search_with_score("green pears", 5, boosts=boosts)
    relevant = await vectors.similarity_search_with_relevance_scores(
        "green pears", 5, boosts=boosts
    )

    assert [score for _, score in scored] == [score for _, score in relevant]
    plain = dict.fromkeys(TEXTS, 0.0) | {
        one.id: score
        for one, score in await vectors.similarity_search_with_relevance_scores("green pears", 5)
    }
    factors = {"apples": 1.0, "pears": 0.9} | dict.fromkeys(("cars", "boats", "code"), 0.45)
    expected = {id_: plain[id_] * factors[id_] for id_ in TEXTS}
    assert {one.id: score for one, score in scored} == pytest.approx(expected)


async def test_a_boost_and_a_group_by_id_are_of_the_metadata(make: Callable[..., Calls]) -> None:
    store = make()
    await store.add_texts(["red", "red too"], [{"id": 7}, {"id": 7}], ids=["a", "b"])

    assert len(await store.similarity_search("red", 4, group_by="id")) == 1
    boosts = [Boost({"id": 7}, 0.5), Decay("id", 1, origin=8)]
    for _, score in await store.similarity_search_with_score("red", 4, boosts=boosts):
        assert 0 < score <= 0.25


async def test_diversity_beside_other_options_is_a_search_s_own(vectors: Calls) -> None:
    found = await vectors.similarity_search("trees", 2, lambda_mult=0.5, group_by="kind")
    assert len(found) == 2
    with pytest.raises(InvalidArgumentError, match="similarity_search takes them"):
        await vectors.max_marginal_relevance_search("trees", 2, group_by="kind")
