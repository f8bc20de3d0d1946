"""Whoever watches a store is told of each of its searches."""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from integration_tests.langchain.langchain_fakes import Fixed

from pgrecall import Collection, Hnsw, InvalidArgumentError, Item, SearchEvent, WeightedSum
from pgrecall.evaluation import Question
from pgrecall.filters import Condition
from pgrecall.langchain import PgRecallVectorStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall import Store

DOCS = "docs"


@pytest.fixture
def filled(sync_store: Store, tenant: str) -> str:
    sync_store.ensure_collection(tenant, Collection(DOCS, 2, "model"))
    texts = ["a red apple", "a green apple", "a blue plum"]
    items = [Item(str(n), [1.0, n / 4], text, {"n": n}) for n, text in enumerate(texts)]
    sync_store.upsert(tenant, DOCS, items)
    return tenant


async def test_each_search_is_told_with_what_it_found(
    open_store: Callable[..., Any], dsn: str, filled: str
) -> None:
    told: list[SearchEvent] = []
    store = open_store(dsn, on_search=told.append)
    answers = [
        await store.search(filled, DOCS, [1, 0], limit=2),
        await store.search_text(filled, DOCS, "apple"),
        await store.search_hybrid(filled, DOCS, [1, 0], "apple", min_score=0.01, offset=1),
        await store.search_near(filled, DOCS, ["0"]),
        *await store.search_many(filled, DOCS, [[1, 0], [0, 1]], limit=1),
    ]
    with pytest.raises(InvalidArgumentError):
        await store.search(filled, DOCS, [1, 0], limit=0)
    await store.close()

    assert [event.mode for event in told] == [
        "vector", "text", "hybrid", "near", "vector", "vector",
    ]  # fmt: skip
    assert [event.plan for event in told] == ["exact", "text", *["exact"] * 4]
    assert [event.ids for event in told] == [tuple(m.id for m in found) for found in answers]
    assert [event.scores for event in told] == [tuple(m.score for m in found) for found in answers]
    assert {(event.tenant, event.collection) for event in told} == {(filled, DOCS)}
    assert {(event.embedding_model, event.dropped) for event in told} == {("model", 0)}
    assert all(event.ms > 0 for event in told)
    assert (told[2].limit, told[2].offset) == (10, 1)
    # the same question by itself and among many
    assert told[0].question_hash == told[4].question_hash != told[5].question_hash
    assert len({event.question_hash for event in told}) == 5


async def test_a_reranked_search_is_told_as_it_was_asked_and_answered(
    open_store: Callable[..., Any], dsn: str, filled: str
) -> None:
    told: list[SearchEvent] = []
    store = open_store(dsn, on_search=told.append, search_questions=True)
    asked = {"limit": 1, "rerank": lambda _, texts: range(len(texts)), "rerank_text": "apple"}
    answers = [
        await store.search(filled, DOCS, [1, 0], **asked),
        await store.search_text(filled, DOCS, "apple", **asked),
        *await store.search_many(
            filled, DOCS, [[1, 0], [0, 1]], **{**asked, "rerank_text": ["one", "two"]}
        ),
    ]
    await store.close()

    assert [event.ids for event in told] == [tuple(m.id for m in found) for found in answers]
    assert [len(event.ids) for event in told] == [1] * 4
    assert {event.limit for event in told} == {1}
    questions = [event.options["rerank_text"] for event in told if event.options is not None]
    assert questions == ["apple", "apple", "one", "two"]


async def test_the_question_is_told_where_that_is_asked_and_never_logged(
    open_store: Callable[..., Any], dsn: str, filled: str, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[SearchEvent] = []
    store = open_store(dsn, on_search=told.append, search_questions=True)
    caplog.set_level(logging.DEBUG)
    vector = np.array([1, 0.125])
    asked = {"filter": {"n": {"$lt": 2}}, "fusion": WeightedSum(0.5)}
    await store.search_hybrid(filled, DOCS, vector, "which apple?", **asked)
    vector[:] = 7  # the caller's own
    await store.close()

    (event,) = told
    assert event.text == "which apple?"
    assert event.vector is not None
    np.testing.assert_array_equal(event.vector, [1, 0.125])
    assert dict(event.options or {}) == {
        "filter": Condition("n", "lt", 2),
        "fusion": WeightedSum(0.5),
    }
    assert "which apple" not in caplog.text


async def test_searches_of_handles_transactions_and_adapters_are_told_too(
    open_store: Callable[..., Any], dsn: str, filled: str
) -> None:
    told: list[SearchEvent] = []
    store = open_store(dsn, on_search=told.append)
    await store.bind(filled, DOCS).search([1, 0])
    plain = getattr(store, "target", store)
    if plain is store:
        async with await psycopg.AsyncConnection.connect(dsn) as connection:
            await store.on(connection).search_text(filled, DOCS, "plum")
    else:
        with psycopg.connect(dsn) as connection:
            plain.on(connection).search_text(filled, DOCS, "plum")
    adapter = PgRecallVectorStore(
        Fixed({"apple": [1.0, 0.0]}),
        DOCS,
        filled,
        plain,
        embedding_model="model",
        text_search="english",
    )
    adapter.similarity_search("apple", k=1)
    await adapter.asimilarity_search("apple", k=1)
    await adapter.aclose()
    await store.close()
    assert [event.mode for event in told] == ["vector", "text", "vector", "vector"]


async def test_questions_of_an_evaluation_are_no_searches_of_users(
    open_store: Callable[..., Any], dsn: str, filled: str
) -> None:
    told: list[SearchEvent] = []
    store = open_store(dsn, on_search=told.append)
    await store.evaluate(filled, DOCS, [("red?", ["0"])], modes=("text",))
    await store.create_index(filled, DOCS, Hnsw())
    await store.measure_recall(filled, DOCS, k=1)
    await store.tune_fusion(filled, DOCS, [Question("red?", ["0"], [1, 0])])
    await store.close()
    assert told == []


async def test_a_search_is_answered_while_the_function_is_stuck(
    open_store: Callable[..., Any], dsn: str, filled: str
) -> None:
    may_go_on = threading.Event()
    told: list[SearchEvent] = []

    def stuck(event: SearchEvent) -> None:
        may_go_on.wait(30)
        told.append(event)
        raise ValueError(json.dumps(event.ids))

    store = open_store(dsn, on_search=stuck)
    for _ in range(3):
        assert len(await store.search(filled, DOCS, [1, 0])) == 3
    assert told == []
    may_go_on.set()
    await store.close()
    assert len(told) == 3
