"""The LangChain side without a database: its surface, its conversions, what it refuses."""

from __future__ import annotations

import inspect
import math
import subprocess
import sys
from typing import Any

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings
from langchain_core.vectorstores import VectorStore

import pgrecall.langchain
from pgrecall import InvalidArgumentError, Match, Metric
from pgrecall._adapters.collection import model_of
from pgrecall.langchain import PgRecallDocumentIndex, PgRecallRetriever, PgRecallVectorStore
from pgrecall.langchain._documents import drafts, relevance, vectors_for

TWINS = [
    "add_texts",
    "add_documents",
    "add_embeddings",
    "delete",
    "remove",
    "get_by_ids",
    "from_texts",
    "from_documents",
    "similarity_search",
    "similarity_search_with_score",
    "similarity_search_by_vector",
    "similarity_search_with_score_by_vector",
    "max_marginal_relevance_search",
    "max_marginal_relevance_search_by_vector",
    "_similarity_search_with_relevance_scores",
]


def made(**keywords: Any) -> PgRecallVectorStore:
    return PgRecallVectorStore(DeterministicFakeEmbedding(size=4), **keywords)


def match(score: float) -> Match:
    return Match("a", None, score, "", {})


@pytest.mark.parametrize("name", TWINS)
def test_a_method_and_its_twin_take_the_same(name: str) -> None:
    twin = f"_a{name[1:]}" if name.startswith("_") else f"a{name}"
    ours, async_ours = getattr(PgRecallVectorStore, name), getattr(PgRecallVectorStore, twin)

    assert inspect.signature(ours) == inspect.signature(async_ours)
    assert inspect.iscoroutinefunction(async_ours)
    assert not inspect.iscoroutinefunction(ours)


@pytest.mark.parametrize("name", [name for name in TWINS if not name.startswith("_")])
def test_a_public_method_is_our_own_and_says_what_it_does(name: str) -> None:
    for one in (name, f"a{name}"):
        method = inspect.getattr_static(PgRecallVectorStore, one)
        function = getattr(method, "__func__", method)
        assert function.__module__.startswith("pgrecall.langchain")
        assert function.__doc__


def test_nothing_of_langchains_runs_in_a_thread_of_an_executor() -> None:
    left = [
        name
        for name, method in inspect.getmembers(VectorStore, inspect.isfunction)
        if "run_in_executor" in inspect.getsource(method)
        and getattr(PgRecallVectorStore, name) is method
    ]

    assert left == []


def test_the_public_names_are_those_of_all() -> None:
    assert sorted(pgrecall.langchain.__all__) == pgrecall.langchain.__all__
    for name in pgrecall.langchain.__all__:
        assert getattr(pgrecall.langchain, name).__doc__
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = pgrecall.langchain.Nothing


@pytest.mark.parametrize(
    ("missing", "statement", "extra"),
    [
        ("langchain_core", "import pgrecall.langchain", "pgrecall[langchain]"),
        (
            "langgraph",
            "import pgrecall.langchain; pgrecall.langchain.PgRecallStore",
            "pgrecall[langgraph]",
        ),
    ],
)
def test_what_is_not_installed_is_named_with_the_extra_that_brings_it(
    missing: str, statement: str, extra: str
) -> None:
    script = f"import sys; sys.modules[{missing!r}] = None; {statement}"
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )

    assert f'pip install "{extra}"' in done.stderr


def test_the_vector_store_needs_no_langgraph() -> None:
    script = "import sys; sys.modules['langgraph'] = None; import pgrecall.langchain"
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )

    assert done.stderr == ""


@pytest.mark.parametrize(
    ("keywords", "says"),
    [
        ({"search": "keyword"}, "search must be one of"),
        ({"search": None}, "search must be one of"),
        ({"fusion": "rrf"}, "fusion must be"),
        ({"collection": ""}, "must not be empty"),
        ({"tenant": 1}, "must be a string"),
        ({"store": 1}, "store must be a pgrecall.Store"),
    ],
)
def test_what_a_store_cannot_be_made_of_is_told(keywords: Any, says: str) -> None:
    with pytest.raises(InvalidArgumentError, match=says):
        made(**keywords)


def test_an_embedding_that_is_none_is_told() -> None:
    with pytest.raises(InvalidArgumentError, match="embedding must be"):
        PgRecallVectorStore(len)  # type: ignore[arg-type]  # that is what is told


class Named(Embeddings):
    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        raise NotImplementedError

    def embed_query(self, text: str) -> list[float]:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({"model": "m"}, "m"),
        ({"model_name": "n"}, "n"),
        ({"model_id": "i"}, "i"),
        ({"model": "m", "model_name": "n"}, "m"),
        ({"model": object(), "model_name": "n"}, "n"),
        ({"model": "", "model_id": "i"}, "i"),
        ({"model": None}, ""),
        ({}, ""),
    ],
)
def test_the_pin_is_the_models_name_where_it_has_one(attributes: Any, name: str) -> None:
    assert model_of(Named(**attributes)) == name
    assert PgRecallVectorStore(Named(**attributes))._collection.wanted.embedding_model == name


def test_a_name_of_the_callers_is_the_pin() -> None:
    stores = [PgRecallVectorStore(Named(model="m"), embedding_model=name) for name in ("mine", "")]

    assert [one._collection.wanted.embedding_model for one in stores] == ["mine", ""]


@pytest.mark.parametrize("score", [-1e9, -800.0, -1.0, -1e-9, 0.0, 1e-9, 0.5, 1.0, 800.0, 1e9])
@pytest.mark.parametrize("search", ["vector", "hybrid", "text"])
@pytest.mark.parametrize("metric", list(Metric), ids=str)
def test_relevance_lies_in_0_to_1_whatever_the_score(
    score: float, search: str, metric: Metric
) -> None:
    assert 0 <= relevance(match(score), search, metric) <= 1


def test_relevance_is_what_the_page_says() -> None:
    assert relevance(match(0.25), "vector", Metric.COSINE) == 0.25
    assert relevance(match(-0.25), "vector", Metric.COSINE) == 0
    assert relevance(match(2.0), "vector", Metric.IP) == pytest.approx(1 / (1 + math.exp(-2)))
    assert relevance(match(0.2), "vector", Metric.L2) == 0.2
    assert relevance(match(12.0), "text", Metric.COSINE) == 0.5
    assert relevance(match(0.7), "hybrid", Metric.IP) == 0.7


def test_drafts_give_each_text_an_id_of_its_own() -> None:
    found = drafts(["a", "b", "c"], None, [None, "x", None])

    assert found.ids[1] == "x"
    assert len(set(found.ids)) == 3
    assert all(len(id_) == 36 for id_ in (found.ids[0], found.ids[2]))


def test_vectors_are_as_many_and_as_long_as_one_another() -> None:
    assert vectors_for(["a", "b"], iter([[1.0], [2.0]])) == ([[1.0], [2.0]], 1)
    with pytest.raises(InvalidArgumentError, match=r"number 1 \(from 0\) has 2"):
        vectors_for(["a", "b"], [[1.0], [2.0, 3.0]])


def test_retrievers_say_their_fields() -> None:
    fields = {"k", "search", "filter", "fusion", "score_threshold", "fetch_k", "lambda_mult"}

    assert fields <= set(PgRecallRetriever.model_fields)
    assert PgRecallRetriever(vector_store=made()).k == 4
    assert issubclass(PgRecallDocumentIndex, PgRecallRetriever)
