"""What users build on the vector store: a RAG chain, an application under load."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI
from integration_tests.langchain.langchain_fakes import Parrot, Words, document
from langchain_core.example_selectors import SemanticSimilarityExampleSelector
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough

from pgrecall.langchain import PgRecallRetriever, PgRecallVectorStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.documents import Document
    from langchain_core.runnables import Runnable

FACTS = {
    "heron": "A heron stands still in shallow water and waits for fish.",
    "otter": "An otter cracks shells with a stone while floating on its back.",
    "badger": "A badger digs setts with many chambers and cleans its bedding.",
}


@pytest.fixture
def vectors(dsn: str, tenant: str) -> Iterator[PgRecallVectorStore]:
    with PgRecallVectorStore(Words(), "facts", tenant, dsn) as made:
        made.add_documents([document(text, id_, source=id_) for id_, text in FACTS.items()])
        yield made


def chain_on(retriever: Runnable[str, list[Document]], model: Parrot) -> Runnable[str, str]:
    """Write the chain of LangChain's own tutorial."""
    prompt = ChatPromptTemplate.from_template("Answer from:\n{context}\n\nQuestion: {question}")
    context = retriever | (lambda found: "\n".join(one.page_content for one in found))
    return (
        {"context": context, "question": RunnablePassthrough()} | prompt | model | StrOutputParser()
    )


async def test_a_rag_chain_answers_from_what_was_found(vectors: PgRecallVectorStore) -> None:
    for retriever in [
        vectors.as_retriever(search_kwargs={"k": 1}),
        PgRecallRetriever(vector_store=vectors, k=1, search="hybrid"),
        PgRecallRetriever(vector_store=vectors, k=1, search="text"),
    ]:
        model = Parrot(responses=["With a stone."])
        chain = chain_on(retriever, model)

        answers = [chain.invoke("Who cracks shells?"), await chain.ainvoke("Who cracks shells?")]

        assert answers == ["With a stone."] * 2
        for asked in model.asked:
            assert FACTS["otter"] in asked
            assert FACTS["heron"] not in asked
        assert len(model.asked) == 2


async def test_a_chain_runs_in_batches(vectors: PgRecallVectorStore) -> None:
    retriever = PgRecallRetriever(vector_store=vectors, k=1)
    questions = list(FACTS.values()) * 10

    found = retriever.batch(questions)
    again = await retriever.abatch(questions)

    assert [one.page_content for [one] in found] == questions
    assert again == found


def test_an_example_selector_works_on_it(dsn: str, tenant: str) -> None:
    examples = [{"input": "hot", "output": "cold"}, {"input": "quick", "output": "slow"}]
    selector = SemanticSimilarityExampleSelector.from_examples(
        examples, Words(), PgRecallVectorStore, k=1, store=dsn, tenant=tenant
    )

    assert selector.select_examples({"input": "quick"}) == [examples[1]]
    selector.vectorstore.close()  # type: ignore[attr-defined]  # it is ours


def application(vectors: PgRecallVectorStore) -> FastAPI:
    """Make an application of sync and async endpoints on one store."""
    app = FastAPI()

    @app.get("/sync")
    def in_a_thread(question: str, search: str = "vector") -> list[str]:
        return [one.page_content for one in vectors.similarity_search(question, 1, search=search)]

    @app.get("/async")
    async def in_the_loop(question: str, search: str = "vector") -> list[str]:
        found = await vectors.asimilarity_search(question, 1, search=search)
        return [one.page_content for one in found]

    @app.post("/documents")
    async def add(text: str) -> list[str]:
        return await vectors.aadd_texts([text], ids=[text])

    return app


async def test_an_application_under_load_answers_from_one_store(
    vectors: PgRecallVectorStore,
) -> None:
    transport = httpx.ASGITransport(application(vectors))
    requests = [
        (path, text, search)
        for path in ("/sync", "/async")
        for text in FACTS.values()
        for search in ("vector", "hybrid")
        for _ in range(20)
    ]
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:

        async def ask(path: str, text: str, search: str) -> Any:
            answer = await client.get(path, params={"question": text, "search": search})
            return answer.status_code, answer.json()

        async def add(number: int) -> Any:
            return (await client.post("/documents", params={"text": f"new{number}"})).status_code

        *answers, added = await asyncio.gather(
            *(ask(*request) for request in requests),
            asyncio.gather(*(add(number) for number in range(30))),
        )

    assert len(answers) == 240
    assert answers == [(200, [text]) for _, text, _ in requests]
    assert added == [200] * 30
    assert vectors.store.count(vectors.tenant, "facts") == len(FACTS) + 30
    await vectors.aclose()
