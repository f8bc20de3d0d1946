"""Ways of searching are measured on questions whose answers are known."""

from __future__ import annotations

import statistics
import threading
import time
from itertools import islice
from typing import Any

import numpy as np
import pytest
from integration_tests.shared.calls import ONE_STORE

from pgrecall import (
    Collection,
    CollectionNotFoundError,
    DimensionMismatchError,
    InvalidArgumentError,
    Item,
    Rrf,
)
from pgrecall.evaluation import Question

DOCS = "docs"
WORDS = ("anchor", "barrel", "candle", "dagger", "engine", "feather", "garden", "hammer")
CHANCE = np.random.default_rng(18)
CENTRES = CHANCE.standard_normal((len(WORDS), 6))


def vector_of(word: int) -> list[float]:
    return [float(value) for value in CENTRES[word]]


def items() -> list[Item]:
    """Give 40 items: each word's five lie together, and three of them have the word."""
    made = []
    for number in range(40):
        word, place = divmod(number, 5)
        text = f"the {WORDS[word]} {place}" if place < 3 else f"nothing of it {place}"
        near = CENTRES[word] + CHANCE.normal(0, 0.9, 6)
        made.append(Item(f"{word}-{place}", near.tolist(), text, {"word": WORDS[word]}))
    return made


def questions(*, vectors: bool = True) -> list[Question]:
    return [
        Question(
            f"where is the {word}?",
            {f"{number}-{place}": place + 1 for place in range(5)},
            vector_of(number) if vectors else None,
        )
        for number, word in enumerate(WORDS)
    ]


def embed(texts: list[str]) -> list[list[float]]:
    return [vector_of(next(n for n, word in enumerate(WORDS) if word in text)) for text in texts]


@pytest.fixture
async def filled(store: Any, tenant: str) -> Any:
    await store.ensure_collection(tenant, Collection(DOCS, dimensions=6))
    await store.upsert(tenant, DOCS, items())
    return store


async def test_each_way_is_measured_as_its_searches_answer(filled: Any, tenant: str) -> None:
    found = await filled.evaluate(tenant, DOCS, questions(), k=4)

    assert list(found) == ["vector", "text", "hybrid"]
    ideal = sum(grade / np.log2(place + 2) for place, grade in enumerate((5, 4, 3, 2)))
    for name, search in (
        ("vector", lambda asked: filled.search(tenant, DOCS, asked.vector, limit=4)),
        ("text", lambda asked: filled.search_text(tenant, DOCS, asked.text, limit=4)),
    ):
        gains, shares = [], []
        for asked in questions():
            answers = [match.id for match in await search(asked)]
            grades = [asked.relevant.get(id_, 0) for id_ in answers]  # type: ignore[union-attr]
            gains.append(sum(g / np.log2(n + 2) for n, g in enumerate(grades)) / ideal)
            shares.append(sum(grade > 0 for grade in grades) / 5)
        assert found[name].ndcg.value == pytest.approx(statistics.fmean(gains))
        assert found[name].recall.value == pytest.approx(statistics.fmean(shares))
        assert 0 < found[name].p50 <= found[name].p95
    assert found["hybrid"].ndcg.low <= found["hybrid"].ndcg.value <= found["hybrid"].ndcg.high
    assert len(found.questions) == 8
    assert all(question.vector is None for question in found.questions)


async def test_a_handle_measures_its_own_collection(filled: Any, tenant: str) -> None:
    handle = filled.bind(tenant, DOCS)
    found = await handle.evaluate(questions(), modes=["text"])
    assert found["text"].hit_rate == (1, 1, 1)


async def test_a_way_is_any_search_with_its_options(filled: Any, tenant: str) -> None:
    found = await filled.evaluate(
        tenant,
        DOCS,
        questions(),
        modes={
            "hybrid": {},
            "rrf": {"fusion": Rrf()},
            "of the garden": {"mode": "text", "filter": {"word": "garden"}},
            "ranked": {"ranking": "ts_rank"},
            "exact": {"mode": "vector", "exact": True},
        },
    )
    assert found["of the garden"].hit_rate.value == 1 / 8
    assert [question.id for question in found.lost("of the garden")] == list("1234568")
    assert found["ranked"].recall.value == pytest.approx(3 / 5)
    assert found["exact"].recall.value > 3 / 5


async def test_questions_without_a_vector_are_embedded_in_bounded_batches(
    filled: Any, tenant: str
) -> None:
    batches: list[int] = []
    done: list[int] = []

    def counted(texts: list[str]) -> list[list[float]]:
        batches.append(len(texts))
        return embed(texts)

    asked = (question for _ in range(30) for question in questions(vectors=False))
    found = await filled.evaluate(
        tenant, DOCS, asked, modes=("vector",), embed=counted, progress=done.append
    )
    assert (batches, done) == ([100, 100, 40], [100, 200, 240])
    assert len(found.questions) == 240


async def test_a_model_is_asked_for_no_vector_that_is_there_or_not_needed(
    filled: Any, tenant: str
) -> None:
    def never(texts: list[str]) -> list[list[float]]:
        raise AssertionError(texts)

    await filled.evaluate(tenant, DOCS, questions(), embed=never)
    await filled.evaluate(tenant, DOCS, questions(vectors=False), modes=["text"], embed=never)


@pytest.mark.parametrize("store", ["async"], indirect=True)
async def test_a_sync_model_leaves_an_event_loop_to_others(filled: Any, tenant: str) -> None:
    threads: list[threading.Thread] = []

    def model(texts: list[str]) -> list[list[float]]:
        threads.append(threading.current_thread())
        return embed(texts)

    await filled.evaluate(tenant, DOCS, questions(vectors=False), modes=["vector"], embed=model)
    assert threads
    assert threading.current_thread() not in threads


@pytest.mark.parametrize("store", ["async"], indirect=True)
async def test_an_async_store_takes_an_async_model(filled: Any, tenant: str) -> None:
    async def model(texts: list[str]) -> list[list[float]]:
        return embed(texts)

    with_it = await filled.evaluate(tenant, DOCS, questions(vectors=False), embed=model)
    without = await filled.evaluate(tenant, DOCS, questions())
    assert with_it["hybrid"].ndcg == without["hybrid"].ndcg


async def test_what_was_measured_stands_where_a_model_fails_in_the_middle(
    filled: Any, tenant: str
) -> None:
    calls: list[int] = []

    def failing(texts: list[str]) -> list[list[float]]:
        calls.append(len(texts))
        if len(calls) > 1:
            raise TimeoutError("the model is busy")
        return embed(texts)

    asked = [question for _ in range(20) for question in questions(vectors=False)]
    found = await filled.evaluate(tenant, DOCS, asked, modes=("vector",), embed=failing)
    assert isinstance(found.failure, TimeoutError)
    assert len(found.questions) == len(found["vector"].ms) == 100
    assert "the model is busy" in str(found)
    with pytest.raises(TimeoutError):
        await filled.evaluate(tenant, DOCS, asked, embed=failing)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (lambda _: None, "must give a sequence"),
        (lambda texts: embed(texts)[1:], "gave 59 vectors for 60 texts"),
        (lambda texts: [[float("nan")] * 6] * len(texts), "holds NaN"),
        (lambda texts: [[1.0]] * len(texts), "has 1 dimensions"),
        (lambda _: next(iter(())), "StopIteration"),
    ],
)
@ONE_STORE
async def test_what_was_measured_stands_whatever_a_model_gives_later(
    filled: Any, tenant: str, given: Any, told: str
) -> None:
    calls: list[int] = []

    def failing(texts: list[str]) -> Any:
        calls.append(len(texts))
        return given(texts) if len(calls) > 1 else embed(texts)

    asked = [question for _ in range(20) for question in questions(vectors=False)]
    found = await filled.evaluate(tenant, DOCS, asked, modes=("vector",), embed=failing)
    assert len(found.questions) == 100
    assert told in str(found)


def unread() -> Any:
    """Give questions, and fail as a file does that ends too soon."""
    yield from questions()
    raise EOFError


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (unread, "EOFError"),
        (lambda: iter([*questions(), 5]), "question 9 is a int"),
        (lambda: iter([*questions(), Question("who?", ["a"], id="1")]), "the id"),
        (lambda: iter([*questions(), Question("who?", {"a": -1})]), "grades are 0"),
        (lambda: iter([*questions(), Question("who?", ["0-0"], [1.0])]), "has 1 dimensions"),
        (lambda: iter([*questions(), Question("who?", ["0-0"])]), "has no vector"),
    ],
)
@ONE_STORE
async def test_what_was_measured_stands_where_questions_fail_in_the_middle(
    filled: Any, tenant: str, given: Any, told: str
) -> None:
    done: list[int] = []
    found = await filled.evaluate(tenant, DOCS, given(), modes=("vector",), progress=done.append)
    assert found["vector"].ndcg == (await filled.evaluate(tenant, DOCS, questions()))["vector"].ndcg
    assert done == [len(found.questions)]
    assert told in str(found)
    # a weight by some of the questions is none of all, and what answers none of them is no figure
    with pytest.raises(type(found.failure)):
        await filled.tune_fusion(tenant, DOCS, given())
    with pytest.raises(type(found.failure)):
        await filled.evaluate(tenant, DOCS, islice(given(), 8, None), modes=("vector",))


@ONE_STORE
async def test_a_question_without_a_vector_in_a_list_is_told_before_anything_is_asked(
    filled: Any, tenant: str
) -> None:
    told: list[object] = []
    asked = [*questions(), Question("who?", ["0-0"])]
    with pytest.raises(InvalidArgumentError, match="has no vector, which the mode 'vector'"):
        await filled.evaluate(tenant, DOCS, asked, on_answer=lambda *of: told.append(of))
    assert not told


def by_place(question: str, texts: list[str]) -> list[float]:
    """Give the texts of a question's word numbers by the place that they end with."""
    word = next(word for word in WORDS if word in question)
    return [float(text[-1]) if word in text else -1.0 for text in texts]


async def test_a_search_is_compared_with_the_same_reranked(filled: Any, tenant: str) -> None:
    found = await filled.evaluate(
        tenant,
        DOCS,
        questions(),
        modes={
            "hybrid": {},
            "reranked": {"rerank": by_place},
            "vector": {"rerank": by_place, "rerank_candidates": 40},
            "text": {"rerank": by_place},
        },
        k=3,
    )

    # of each word's three texts that say it the last is the best answer of those
    grades = np.array([3, 2, 1]) / np.log2([2, 3, 4])
    ideal = np.array([5, 4, 3]) / np.log2([2, 3, 4])
    for reranked in ("reranked", "vector", "text"):
        assert found[reranked].ndcg.value == pytest.approx(grades.sum() / ideal.sum())
    assert found["hybrid"].ndcg.value != found["reranked"].ndcg.value


async def test_the_time_of_a_reranking_is_counted(filled: Any, tenant: str) -> None:
    def slow(question: str, texts: list[str]) -> list[float]:
        time.sleep(0.02)
        return by_place(question, texts)

    modes = {"text": {"rerank": slow}, "plain": {"mode": "text"}}
    found = await filled.evaluate(tenant, DOCS, questions()[:2], modes=modes)

    assert found["text"].ms.min() >= 20


async def test_what_was_measured_stands_where_a_reranking_fails_in_the_middle(
    filled: Any, tenant: str
) -> None:
    calls: list[int] = []

    def failing(question: str, texts: list[str]) -> list[float]:
        calls.append(len(texts))
        if len(calls) == 5:
            raise TimeoutError("the model is busy")
        return by_place(question, texts)[: None if len(calls) < 9 else 1]

    modes: dict[str, Any] = {"text": {}, "reranked": {"mode": "text", "rerank": failing}}
    found = await filled.evaluate(tenant, DOCS, questions(), modes=modes)
    # the first search of each mode is no part of the times
    assert [len(found[mode].ms) for mode in modes] == [3, 3]
    assert len(found.questions) == 3
    assert isinstance(found.failure, TimeoutError)
    calls[:] = [0] * 6
    found = await filled.evaluate(tenant, DOCS, questions(), modes=modes)
    assert (len(found.questions), len(found["text"].ndcg)) == (1, 3)
    assert "rerank gave 1 scores for 3 texts" in str(found)
    calls[:] = [0] * 4
    with pytest.raises(TimeoutError, match="busy"):
        await filled.evaluate(tenant, DOCS, questions(), modes=modes)


@pytest.mark.parametrize("store", ["async"], indirect=True)
async def test_an_async_store_takes_an_async_reranking(filled: Any, tenant: str) -> None:
    async def model(question: str, texts: list[str]) -> list[float]:
        return by_place(question, texts)

    modes = {"awaited": {"rerank": model}, "in a thread": {"rerank": by_place}}
    found = await filled.evaluate(tenant, DOCS, questions(), modes=modes)
    assert found["awaited"].ndcg == found["in a thread"].ndcg


@ONE_STORE
async def test_a_wrong_vector_in_a_list_is_told_before_anything_is_asked(
    filled: Any, tenant: str
) -> None:
    told: list[object] = []
    asked = [*questions(), Question("who?", ["0-0"], [1.0])]
    with pytest.raises(DimensionMismatchError, match="the vector of 'who"):
        await filled.evaluate(tenant, DOCS, asked, on_answer=lambda *of: told.append(of))
    assert not told


async def test_a_function_that_ends_an_iteration_ends_no_verb(filled: Any, tenant: str) -> None:
    def ended(*_: object) -> None:
        next(iter(()))

    with pytest.raises(RuntimeError, match="raised StopIteration"):
        await filled.evaluate(tenant, DOCS, questions(), modes=("text",), on_answer=ended)


async def test_what_is_not_stored_or_not_judged_is_counted_and_told(
    filled: Any, tenant: str
) -> None:
    asked = [
        *questions(),
        Question("anchor?", ["0-0", "gone", "lost"], vector_of(0)),
        Question("anchor?", [], vector_of(0)),
        "and this?",
    ]
    found = await filled.evaluate(tenant, DOCS, asked)
    assert (found.unjudged, found.missing, found.missing_ids) == (2, 2, ["gone", "lost"])
    assert found["vector"].per_question["recall"][-1] <= 1 / 3
    assert len(found.questions) == 9


async def test_every_answer_is_told_where_that_is_asked(filled: Any, tenant: str) -> None:
    told: list[tuple[str | None, str, int]] = []
    await filled.evaluate(
        tenant,
        DOCS,
        questions()[:2],
        modes=("vector", "text"),
        k=3,
        on_answer=lambda question, mode, found: told.append((question.id, mode, len(found))),
    )
    assert told == [("1", "vector", 3), ("1", "text", 3), ("2", "vector", 3), ("2", "text", 3)]


@pytest.mark.parametrize(
    ("keywords", "told"),
    [
        ({"questions": "who?"}, "must be a list of questions"),
        ({"questions": []}, "none of the 0 questions has a relevant item"),
        ({"questions": ["who?"]}, "none of the 1 questions has a relevant item"),
        ({"questions": [Question("who?", {"a": -1})]}, "grades are 0"),
        ({"questions": [Question("a", ["b"], id="x")] * 2}, "two questions have the id 'x'"),
        ({"questions": [Question("who?", ["a"])]}, "'who\\?' has no vector.*'vector'.*embed="),
        ({"k": 0}, "k must be"),
        ({"modes": "hybrid"}, "modes must be names"),
        ({"modes": []}, "modes are empty"),
        ({"modes": ["bm25"]}, "no mode 'bm25': modes are vector, hybrid, text"),
        ({"modes": {"text": {"fusion": Rrf()}}}, "'fusion', which a text search has not"),
        ({"modes": {"text": {"limit": 5}}}, "cannot have limit: k="),
        ({"modes": {"text": {"rerank": len, "rerank_text": "?"}}}, "cannot have rerank_text: a"),
        ({"modes": {"text": {"rerank": len}}, "k": 60}, "more than rerank_candidates=50"),
        ({"modes": {"vector": {"rerank": "model"}}}, "rerank must be a function"),
        ({"modes": {"mine": {"mode": "bm25"}}}, "mode 'bm25', which must be one of"),
        ({"modes": {"text": {"syntax": "lucene"}}}, "syntax"),
        ({"embed": "model"}, "embed must be a function, not str"),
        (
            {"embed": lambda texts: embed(texts)[:1], "questions": questions(vectors=False)},
            "gave 1",
        ),
    ],
)
@ONE_STORE
async def test_what_cannot_be_used_is_told(
    filled: Any, tenant: str, keywords: dict[str, Any], told: str
) -> None:
    given = {"questions": questions(), **keywords}
    with pytest.raises(InvalidArgumentError, match=told):
        await filled.evaluate(tenant, DOCS, given.pop("questions"), **given)


async def test_a_wrong_vector_or_collection_is_told(filled: Any, tenant: str) -> None:
    with pytest.raises(DimensionMismatchError):
        await filled.evaluate(tenant, DOCS, [Question("who?", ["0-0"], [1.0])])
    with pytest.raises(CollectionNotFoundError):
        await filled.evaluate(tenant, "other", questions())


@ONE_STORE
async def test_a_collection_that_is_altered_meanwhile_is_asked_where_it_is(
    filled: Any, tenant: str
) -> None:
    def model(texts: list[str]) -> list[list[float]]:
        filled.target.alter_collection(tenant, Collection(DOCS, storage="halfvec"))
        return embed(texts)

    found = await filled.evaluate(tenant, DOCS, questions(vectors=False), embed=model)
    assert (len(found.questions), found.missing, found.failure) == (8, 0, None)
