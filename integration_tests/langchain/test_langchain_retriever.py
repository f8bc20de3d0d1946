"""PgRecallRetriever and PgRecallDocumentIndex: real fields, each of them heard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from integration_tests.langchain.langchain_fakes import Words, document, ids_of
from langchain_core.indexing import aindex, index
from pydantic import ValidationError

from pgrecall import Boost, InvalidArgumentError, Rrf, WeightedSum
from pgrecall.langchain import (
    PgRecallDocumentIndex,
    PgRecallRecordManager,
    PgRecallRetriever,
    PgRecallVectorStore,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

TEXTS = {
    "apples": "red apples grow on trees",
    "pears": "green pears grow on trees",
    "cars": "fast cars drive on roads",
    "boats": "slow boats sail on rivers",
    "code": "error E1234 means the disk is full",
}
QUESTION = "red apples E1234"


@pytest.fixture
def vectors(dsn: str, tenant: str) -> Iterator[PgRecallVectorStore]:
    with PgRecallVectorStore(Words("words-1"), "docs", tenant, dsn) as made:
        made.add_texts(list(TEXTS.values()), [{"n": n} for n in range(len(TEXTS))], ids=list(TEXTS))
        yield made


@pytest.fixture(params=["invoke", "ainvoke"])
def ask(
    request: pytest.FixtureRequest, vectors: PgRecallVectorStore
) -> Callable[..., Coroutine[Any, Any, list[Any]]]:
    """Make a retriever with fields, and ask it."""

    async def call(question: str = QUESTION, *, call: Any = None, **fields: Any) -> list[Any]:
        retriever = PgRecallRetriever(vector_store=vectors, **fields)
        if request.param == "invoke":
            return retriever.invoke(question, **(call or {}))
        return await retriever.ainvoke(question, **(call or {}))

    return call


async def test_k_takes_whole_numbers_of_numpy_and_no_booleans(
    ask: Any, vectors: PgRecallVectorStore
) -> None:
    assert len(await ask(k=np.int64(2))) == 2
    assert len(await ask(call={"k": np.int64(2)})) == 2
    for wrong in ({"k": True}, {"fetch_k": True}, {"k": 0}):
        with pytest.raises(ValidationError, match="must be a whole number of 1 or more"):
            PgRecallRetriever(vector_store=vectors, **wrong)


async def test_the_fields_say_what_is_searched(ask: Any, vectors: PgRecallVectorStore) -> None:
    for search in ["vector", "hybrid", "text"]:
        expected = vectors.similarity_search(QUESTION, 3, search=search)
        assert await ask(k=3, search=search) == expected
    by_words = await ask(search="hybrid", fusion=WeightedSum(0), k=2)
    assert by_words == vectors.similarity_search(QUESTION, 2, search="text")
    assert await ask(filter={"n": {"$gte": 3}}) == vectors.similarity_search(
        QUESTION, filter={"n": {"$gte": 3}}
    )
    assert len(await ask(k=5)) == 5
    assert len(await ask()) == 4


async def test_a_threshold_keeps_what_is_relevant(ask: Any, vectors: PgRecallVectorStore) -> None:
    for search in ["vector", "hybrid", "text"]:
        scored = vectors.similarity_search_with_relevance_scores(QUESTION, 5, search=search)
        border = scored[1][1]
        found = await ask(k=5, search=search, score_threshold=border)
        assert found == [one for one, relevance in scored if relevance >= border]


async def test_mmr_by_name_or_by_its_fields(ask: Any, vectors: PgRecallVectorStore) -> None:
    expected = vectors.max_marginal_relevance_search(QUESTION, 3, 20, 0.5)

    assert await ask(k=3, search="mmr") == expected
    assert await ask(k=3, lambda_mult=0.5) == expected
    assert await ask(k=3, fetch_k=20, search="vector") == expected
    assert await ask(k=3, fetch_k=3, lambda_mult=0) == vectors.max_marginal_relevance_search(
        QUESTION, 3, 3, 0.0
    )


async def test_a_call_may_say_otherwise(ask: Any, vectors: PgRecallVectorStore) -> None:
    assert len(await ask(call={"k": 1})) == 1
    assert ids_of(await ask(call={"search": "text", "k": 9})) == ids_of(
        vectors.similarity_search(QUESTION, 9, search="text")
    )
    assert ids_of(await ask(call={"filter": {"n": 3}, "verbose": True})) == ["boats"]
    with pytest.raises(InvalidArgumentError, match="did you mean 'filter'"):
        await ask(call={"filters": {"n": 3}})


async def test_nothing_is_added_to_the_metadata(ask: Any) -> None:
    [found] = await ask(k=1, search="hybrid", score_threshold=0.1)

    assert found == document(TEXTS[found.id], found.id, n=list(TEXTS).index(found.id))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"search": "keyword"}, "'vector', 'hybrid', 'text' or 'mmr'"),
        ({"filter": {"n": {"$bad": 1}}}, "bad"),
        ({"search": "hybrid", "lambda_mult": 0.5}, "belong to search="),
        ({"search": "mmr", "score_threshold": 0.5}, "score_threshold cannot be used"),
        ({"search": "mmr", "fusion": Rrf()}, "fusion cannot be used"),
        ({"k": "many"}, "k"),
    ],
)
def test_fields_that_cannot_go_together_are_told(
    vectors: PgRecallVectorStore, fields: Any, says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        PgRecallRetriever(vector_store=vectors, **fields)


def test_a_trace_names_the_store_and_the_embedding(vectors: PgRecallVectorStore) -> None:
    params = PgRecallRetriever(vector_store=vectors)._get_ls_params()

    assert params["ls_vector_store_provider"] == "PgRecallVectorStore"
    assert params["ls_embedding_provider"] == "Words"
    assert params["ls_retriever_name"] == "pgrecall"


async def test_the_document_index_is_a_retriever_too(vectors: PgRecallVectorStore) -> None:
    target = PgRecallDocumentIndex(vector_store=vectors, k=2, search="hybrid")

    assert target.invoke(QUESTION) == vectors.similarity_search(QUESTION, 2, search="hybrid")
    assert await target.ainvoke(QUESTION, k=1) == target.invoke(QUESTION, k=1)
    assert target.get(["cars"]) == [document(TEXTS["cars"], "cars", n=2)]
    assert target.delete(filter={"n": 2}) == {"num_deleted": 1, "num_failed": 0, "failed": []}
    assert await target.adelete(["boats", "gone"]) == {
        "num_deleted": 1,
        "num_failed": 0,
        "failed": [],
    }


async def test_the_document_index_takes_what_the_vector_store_takes(dsn: str, tenant: str) -> None:
    target = PgRecallDocumentIndex(
        Words("words-1"), collection="x", tenant=tenant, store=dsn, metric="l2", k=1
    )
    await target.aupsert([document("apples", "a"), document("pears", "b")])

    assert ids_of(target.invoke("pears")) == ["b"]
    found = target.vector_store.store.describe_collection(tenant, "x")
    assert found is not None
    assert str(found.metric) == "l2"
    await target.aclose()


async def test_documents_are_indexed_into_the_document_index(
    vectors: PgRecallVectorStore, tenant: str
) -> None:
    target = PgRecallDocumentIndex(
        Words("words-1"), collection="indexed", tenant=tenant, store=vectors.store, k=10
    )
    records = PgRecallRecordManager("n", store=vectors.store, tenant=tenant, collection="indexed")
    documents = [document(text, source=name) for name, text in TEXTS.items()]
    keywords: dict[str, Any] = {"cleanup": "full", "key_encoder": "sha256"}

    first = index(documents, records, target, **keywords)
    again = await aindex(documents, records, target, **keywords)
    fewer = await aindex(documents[:2], records, target, **keywords)

    assert (first["num_added"], again["num_skipped"], fewer["num_deleted"]) == (5, 5, 3)
    found = await target.ainvoke("trees")
    assert {one.page_content for one in found} == {TEXTS["apples"], TEXTS["pears"]}
    await target.aclose()


def test_a_document_index_of_neither_or_both_is_told(vectors: PgRecallVectorStore) -> None:
    for keywords in [{}, {"embedding": Words(), "vector_store": vectors}]:
        with pytest.raises(InvalidArgumentError, match="or a vector_store"):
            PgRecallDocumentIndex(**keywords)
    with pytest.raises(InvalidArgumentError, match="or a vector_store"):
        PgRecallDocumentIndex(vector_store=vectors, collection="x")


def test_what_cannot_be_stored_in_the_index_raises(vectors: PgRecallVectorStore) -> None:
    target = PgRecallDocumentIndex(vector_store=vectors)

    with pytest.raises(InvalidArgumentError, match="'bad' holds NUL"):
        target.upsert([document("good", "good"), document("b\0", "bad")])
    assert target.get(["good"]) == []
    with pytest.raises(InvalidArgumentError, match="unknown keyword argument"):
        target.get(["a"], limit=1)


async def test_pages_groups_and_boosts_are_fields(ask: Any, vectors: PgRecallVectorStore) -> None:
    first, second = await ask(k=1, offset=0), await ask(k=1, offset=1)
    assert first + second == await ask(k=2)
    assert await ask(k=5, boosts=[Boost({"n": 3}, 9.0)]) == vectors.similarity_search(
        QUESTION, 5, boosts=[Boost({"n": 3}, 9.0)]
    )
    assert len(await ask(k=5, group_by="absent", per_group=2)) == 5
    assert await ask(k=5, min_score=2.0) == []
    with pytest.raises(ValidationError, match="group_by cannot be used with"):
        await ask(k=5, group_by="n", search="mmr")
