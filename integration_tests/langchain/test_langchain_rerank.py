"""LangChain's searches in the order of a model of the caller's, and its own compressors beside."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.langchain.langchain_fakes import Words, ids_of, making
from integration_tests.shared.calls import Calls
from langchain_classic.retrievers import ContextualCompressionRetriever
from langchain_core.documents import BaseDocumentCompressor, Document

from pgrecall import CollectionNotFoundError, InvalidArgumentError, Item
from pgrecall.langchain import PgRecallRetriever

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

TEXTS = {
    "a": "red apples",
    "b": "red apples and green pears",
    "c": "apples",
    "d": "apples and pears and plums and cherries",
}
BY_LENGTH = ["d", "b", "a", "c"]


def by_length(question: str, texts: list[str]) -> list[int]:
    assert question == "apples?"
    return [len(text) for text in texts]


async def by_length_in_a_loop(question: str, texts: list[str]) -> list[int]:
    return by_length(question, texts)


@pytest.fixture(params=["sync", "async"])
async def make(
    request: pytest.FixtureRequest, dsn: str, tenant: str
) -> AsyncIterator[Callable[..., Calls]]:
    async with making(request.param, dsn, tenant) as function:
        yield function


@pytest.fixture
async def vectors(make: Callable[..., Calls]) -> Calls:
    made = make()
    await made.add_texts(list(TEXTS.values()), ids=list(TEXTS))
    return made


@pytest.mark.parametrize("search", ["vector", "text", "hybrid"])
async def test_each_search_is_given_the_question_and_comes_in_the_models_order(
    vectors: Calls, search: str
) -> None:
    asked: dict[str, Any] = {"search": search, "rerank": by_length}

    assert ids_of(await vectors.similarity_search("apples?", k=3, **asked)) == BY_LENGTH[:3]
    scored = await vectors.similarity_search_with_score("apples?", k=2, **asked)
    assert [(found.id, score) for found, score in scored] == [
        (id_, len(TEXTS[id_])) for id_ in BY_LENGTH[:2]
    ]
    relevant = await vectors.similarity_search_with_relevance_scores("apples?", k=4, **asked)
    assert [found.id for found, _ in relevant] == BY_LENGTH
    plain = await vectors.similarity_search_with_relevance_scores("apples?", k=4, search=search)
    assert {found.id: score for found, score in relevant} == pytest.approx(
        {found.id: score for found, score in plain}
    )


async def test_an_async_model_is_awaited_by_async_methods(vectors: Calls) -> None:
    searching = vectors.similarity_search("apples?", rerank=by_length_in_a_loop)
    if vectors.kind == "sync":
        with pytest.raises(InvalidArgumentError, match="rerank is an async function"):
            await searching
    else:
        assert ids_of(await searching) == BY_LENGTH


async def test_a_search_by_an_embedding_needs_the_question_in_words(vectors: Calls) -> None:
    query = Words().vector("apples")
    with pytest.raises(InvalidArgumentError, match="rerank needs rerank_text"):
        await vectors.similarity_search_by_vector(query, rerank=by_length)
    found = await vectors.similarity_search_by_vector(
        query, rerank=by_length, rerank_text="apples?", group_by="id"
    )
    assert ids_of(found) == BY_LENGTH


async def test_a_document_without_a_text_comes_last(vectors: Calls) -> None:
    store, place = vectors.target.store, (vectors.target.tenant, vectors.target.collection)
    store.upsert(*place, [Item("blank", Words().vector("apples"), "\ufeff")])

    found = await vectors.similarity_search_with_score("apples?", k=9, rerank=by_length)

    assert [one.id for one, _ in found] == [*BY_LENGTH, "blank"]
    assert found[-1][1] == -math.inf


async def test_what_a_model_raises_is_raised_whatever_it_is(vectors: Calls) -> None:
    error = CollectionNotFoundError("another", "collection")

    def failing(_: str, texts: list[str]) -> Any:
        raise error

    with pytest.raises(CollectionNotFoundError) as raised:
        await vectors.similarity_search("apples?", rerank=failing)
    assert raised.value is error


async def test_what_cannot_be_is_told(vectors: Calls) -> None:
    for told, options in [
        ("more than rerank_candidates=3", {"k": 4, "rerank": by_length, "rerank_candidates": 3}),
        ("rerank_candidates needs rerank", {"rerank_candidates": 3}),
        ("rerank must be a function", {"rerank": "model"}),
    ]:
        with pytest.raises(InvalidArgumentError, match=told):
            await vectors.similarity_search("apples?", **options)
    with pytest.raises(InvalidArgumentError, match="takes no rerank: similarity_search"):
        await vectors.max_marginal_relevance_search("apples?", rerank=by_length)
    with pytest.raises(ValueError, match="rerank must be a function"):
        PgRecallRetriever(vector_store=vectors.target, rerank="model")
    with pytest.raises(ValueError, match='cannot be used with search="mmr"'):
        PgRecallRetriever(vector_store=vectors.target, rerank=by_length, search="mmr")


async def test_a_retriever_reranks_and_so_does_a_compressor_behind_it(vectors: Calls) -> None:
    class Longest(BaseDocumentCompressor):
        """A compressor, as LangChain's rerankers are."""

        def compress_documents(
            self,
            documents: Sequence[Document],
            query: str,
            callbacks: Any = None,  # noqa: ARG002  # its own
        ) -> Sequence[Document]:
            scores = by_length(query, [one.page_content for one in documents])
            order = sorted(range(len(documents)), key=lambda place: -scores[place])
            return [documents[place] for place in order[:2]]

    retriever = PgRecallRetriever(vector_store=vectors.target, k=2, rerank=by_length)
    behind = ContextualCompressionRetriever(
        base_compressor=Longest(),
        base_retriever=PgRecallRetriever(vector_store=vectors.target, k=4),
    )
    by_kwargs = vectors.target.as_retriever(search_kwargs={"k": 2, "rerank": by_length})
    for one in (retriever, behind, by_kwargs):
        if vectors.kind == "sync":
            found = one.invoke("apples?")
        else:
            found = await one.ainvoke("apples?")
        assert ids_of(found) == BY_LENGTH[:2]
    fewer = retriever.invoke("apples?", k=1, rerank_candidates=1)
    assert ids_of(fewer) == ids_of(vectors.target.similarity_search("apples?", k=1))
