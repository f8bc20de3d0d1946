"""Matches in the order of the caller's model, against the same in Python."""

from __future__ import annotations

import zlib
from typing import Any

import pytest
from integration_tests.search.stages.stages_oracle import DIMENSIONS, QUERY, TEXT, made_items

from pgrecall import Boost, Collection, Condition, Decay, Hnsw, InvalidArgumentError, Item

TENANT, DOCS = "rerank", "docs"
COUNT = 120
KINDS = ("vector", "text", "hybrid")
BLANK = ("0003", "0010", "0017")
"""Items whose text shows nothing."""
ASKED: dict[str, dict[str, Any]] = {
    "plain": {"limit": 7},
    "all": {"limit": 50},
    "a page": {"limit": 7, "offset": 5},
    "few candidates": {"limit": 4, "rerank_candidates": 9},
    "more than the first": {"limit": 30, "offset": 30, "rerank_candidates": 60},
    "a filter": {"limit": 9, "filter": {"n": {"$gte": 60}}},
    "a least score": {"limit": 9, "min_score": 0.3},
    "boosts": {"limit": 8, "boosts": [Decay("n", 60.0, origin=80), Boost({"doc": "a"}, 1.7)]},
    "groups": {"limit": 6, "group_by": "doc"},
    "groups of three": {"limit": 4, "offset": 2, "group_by": "doc", "per_group": 3},
}


def model(question: str, texts: list[str]) -> list[float]:
    """Give numbers that have nothing to do with the search's, with ties."""
    assert question
    return [float(zlib.crc32(text.encode()) % 11) - 5 for text in texts]


@pytest.fixture(scope="module", autouse=True)
def filled(sync_store: Any) -> None:
    made = [
        Item(one.id, one.vector, " \u200b" if one.id in BLANK else one.text, one.metadata)
        for one in made_items(COUNT)
    ]
    sync_store.ensure_collection(TENANT, Collection(DOCS, DIMENSIONS))
    sync_store.upsert(TENANT, DOCS, made)


async def search(store: Any, kind: str, **keywords: Any) -> Any:
    if kind == "vector":
        if "rerank" in keywords:
            keywords.setdefault("rerank_text", TEXT)
        return await store.search(TENANT, DOCS, QUERY, **keywords)
    if kind == "text":
        return await store.search_text(TENANT, DOCS, TEXT, **keywords)
    return await store.search_hybrid(TENANT, DOCS, QUERY, TEXT, **keywords)


def pages(found: Any, asked: dict[str, Any]) -> list[tuple[str, float | None]]:
    """Put what a plain search found in the model's order, and give the page of it."""
    scored = [
        (match, None if match.id in BLANK else model(TEXT, [match.text])[0]) for match in found
    ]
    scored.sort(key=lambda one: -100 if one[1] is None else one[1], reverse=True)
    offset, limit = asked.get("offset", 0), asked["limit"]
    if "group_by" not in asked:
        return [(match.id, score) for match, score in scored][offset : offset + limit]
    groups: dict[Any, list[tuple[str, float | None]]] = {}
    for match, score in scored:
        key = match.id if match.group is None else repr((type(match.group) is bool, match.group))
        groups.setdefault(key.replace(".0", ""), []).append((match.id, score))
    return [one for group in list(groups.values())[offset : offset + limit] for one in group]


@pytest.mark.parametrize("kind", KINDS)
async def test_the_answer_is_the_best_of_the_search_in_the_models_order(store, kind) -> None:
    for name, asked in ASKED.items():
        paged = {"offset": 0} if "offset" in asked else {}
        plain = {
            option: value
            for option, value in asked.items()
            if option not in {"limit", "offset", "rerank_candidates"}
        }
        most = asked.get("rerank_candidates", 50)
        found = await search(store, kind, limit=most, **paged, **plain)

        answer = await search(store, kind, rerank=model, **asked)

        right = pages(found, asked)
        assert (name, [(match.id, match.rerank_score) for match in answer]) == (name, right)
        scores = {match.id: match.score for match in found}
        assert {match.id: match.score for match in answer}.items() <= scores.items()


@pytest.mark.parametrize("kind", KINDS)
async def test_pages_fit_one_another(store, kind) -> None:
    whole = await search(store, kind, limit=20, offset=0, rerank=model)
    parts = [
        await search(store, kind, limit=6, offset=offset, rerank=model) for offset in (0, 6, 12)
    ]

    assert [match.id for part in parts for match in part] == [match.id for match in whole][:18]


@pytest.mark.parametrize("kind", KINDS)
async def test_what_comes_along_comes_along(store, kind) -> None:
    options: dict[str, Any] = {"include_vectors": True, "explain": True}
    if kind != "vector":
        options["highlight"] = True
    found = await search(store, kind, limit=3, rerank=model, **options)

    assert all(match.vector is not None and len(match.vector) == DIMENSIONS for match in found)
    if kind != "vector":
        # who came by the vector alone may have no word in it
        assert any("<b>" in match.snippet for match in found)
    assert found.explanation.rerank_texts > 40
    assert found.explanation.rerank_ms > 0
    bare = await search(store, kind, limit=3, explain=True)
    assert (bare.explanation.rerank_texts, bare.explanation.rerank_ms) == (None, None)
    assert {match.rerank_score for match in bare} == {None}


@pytest.mark.parametrize("kind", ["vector", "hybrid"])
async def test_diversity_chooses_among_what_was_reranked(store, kind) -> None:
    straight = await search(store, kind, limit=10, rerank=model)
    relevant = await search(store, kind, limit=10, rerank=model, lambda_mult=1.0)
    unlike = await search(store, kind, limit=10, rerank=model, lambda_mult=0.2)

    assert [match.id for match in relevant] == [match.id for match in straight]
    assert unlike[0] == straight[0]
    assert [match.id for match in unlike] != [match.id for match in straight]
    assert all(match.vector is None for match in unlike)


async def test_a_model_reads_the_question_and_whole_texts(store) -> None:
    asked: list[tuple[str, list[str]]] = []

    def noting(question: str, texts: list[str]) -> list[int]:
        asked.append((question, texts))
        return [0] * len(texts)

    found = await store.search_text(TENANT, DOCS, "kite & !lemon", syntax="raw", rerank=noting)
    plain = await store.search_text(TENANT, DOCS, "kite & !lemon", syntax="raw", limit=50)
    assert asked == [("kite & !lemon", [one.text for one in plain if one.id not in BLANK])]
    # of equal scores each stays where it was
    assert [one.id for one in found] == [one.id for one in plain][:10]

    await store.search_text(
        TENANT, DOCS, "kite & !lemon", syntax="raw", rerank=noting, rerank_text="a kite?"
    )
    assert asked[1][0] == "a kite?"


async def test_each_of_many_queries_has_its_own_question(store) -> None:
    asked: list[str] = []

    def noting(question: str, texts: list[str]) -> list[float]:
        asked.append(question)
        return model(question, texts)

    queries, questions = [QUERY, -QUERY, QUERY[::-1]], ["first?", "second?", "third?"]
    found = await store.search_many(
        TENANT, DOCS, queries, limit=4, rerank=noting, rerank_text=questions
    )
    alone = [
        await store.search(TENANT, DOCS, query, limit=4, rerank=model, rerank_text="?")
        for query in queries
    ]
    assert found == alone
    assert asked == questions

    await store.search_many(TENANT, DOCS, queries, rerank=noting, rerank_text="of all?")
    assert asked[3:] == ["of all?"] * 3
    assert await store.search_many(TENANT, DOCS, [], rerank=noting, rerank_text=[]) == []
    with pytest.raises(InvalidArgumentError, match="1 questions for 3 queries"):
        await store.search_many(TENANT, DOCS, queries, rerank=noting, rerank_text=["one?"])


async def test_examples_are_searched_for_with_a_question_in_words(store) -> None:
    near = await store.search_near(TENANT, DOCS, ["0001"], limit=50)
    found = await store.search_near(TENANT, DOCS, ["0001"], rerank=model, rerank_text=TEXT)

    right = pages(near, {"limit": 10})
    assert [(match.id, match.rerank_score) for match in found] == right
    with pytest.raises(InvalidArgumentError, match="rerank needs rerank_text"):
        await store.search_near(TENANT, DOCS, ["0001"], rerank=model)


async def test_a_handle_reranks_as_its_store(store) -> None:
    handle = store.bind(TENANT, DOCS)

    assert await handle.search_text(TEXT, rerank=model) == await search(store, "text", rerank=model)
    assert await handle.search(QUERY, rerank=model, rerank_text=TEXT) == await search(
        store, "vector", rerank=model
    )


async def test_an_index_is_asked_for_as_many_as_are_reranked(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("indexed", DIMENSIONS, index=Hnsw()))
    await store.upsert(tenant, "indexed", made_items(90))
    given: list[int] = []

    def counting(_: str, texts: list[str]) -> list[int]:
        given.append(len(texts))
        return list(range(len(texts)))

    found = await store.search(
        tenant, "indexed", QUERY, limit=2, exact=False, rerank=counting, rerank_text="?"
    )
    last = await store.search(tenant, "indexed", QUERY, limit=50, exact=False)
    assert given == [50]
    assert [match.id for match in found] == [match.id for match in last][:-3:-1]


async def test_what_cannot_be_is_told_before_anything_is_asked(store) -> None:
    def never(_: str, texts: list[str]) -> Any:
        raise AssertionError(texts)

    for kind, told, options in [
        ("text", "offset \\+ limit is 60, more than rerank_candidates=50", {"limit": 60}),
        ("hybrid", "rerank_candidates=60 or more", {"limit": 10, "offset": 50}),
        ("text", "rerank_candidates must be a whole number", {"rerank_candidates": 0}),
        ("text", "rerank_text must be one question", {"rerank_text": ["a", "b"]}),
        ("text", "rerank_text must be a question, a string, not int", {"rerank_text": 7}),
    ]:
        with pytest.raises(InvalidArgumentError, match=told):
            await search(store, kind, rerank=never, **options)
    with pytest.raises(InvalidArgumentError, match="rerank needs rerank_text"):
        await store.search(TENANT, DOCS, QUERY, rerank=never)
    with pytest.raises(InvalidArgumentError, match="rerank must be a function"):
        await search(store, "text", rerank="a model")
    for alone in ({"rerank_text": "why?"}, {"rerank_candidates": 20}):
        with pytest.raises(InvalidArgumentError, match="needs rerank"):
            await search(store, "text", **alone)


async def test_where_nothing_is_found_no_model_is_asked(store) -> None:
    def never(_: str, texts: list[str]) -> Any:
        raise AssertionError(texts)

    for kind in KINDS:
        assert await search(store, kind, rerank=never, filter={"n": -1}) == []
    found = await search(store, "vector", rerank=never, filter=Condition("id", "in", BLANK))
    assert sorted((match.id, match.rerank_score) for match in found) == [
        (id_, None) for id_ in BLANK
    ]
