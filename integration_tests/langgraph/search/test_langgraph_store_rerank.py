"""Memories in the order of a model of the caller's."""

from __future__ import annotations

from typing import Any

import pytest
from integration_tests.langgraph.search.memories import keys, words

from pgrecall import CollectionNotFoundError, InvalidArgumentError

P = ("p",)
LENGTHS = {"tea": 1, "coffee": 4, "water": 2, "juice": 3}
BY_LENGTH = ["coffee", "juice", "water", "tea"]


def by_length(question: str, texts: list[str]) -> list[int]:
    assert question == "drink"
    return [len(text) for text in texts]


async def fill(memory: Any) -> None:
    for key, times in LENGTHS.items():
        await memory.put(P, key, {"text": " ".join(["drink"] * times), "n": times})
    await memory.put(P, "plain", {"n": 9})


@pytest.mark.parametrize("search", ["vector", "text", "hybrid"])
async def test_entries_come_by_the_models_scores(make: Any, search: str) -> None:
    memory = make(search=search, rerank=by_length)
    await fill(memory)

    found = await memory.search(P, query="drink", limit=4)
    assert keys(found) == BY_LENGTH
    assert [item.score for item in found] == [23, 17, 11, 5]
    assert keys(await memory.search(P, query="drink", limit=2, offset=1)) == BY_LENGTH[1:3]
    few = await memory.search(P, query="drink", filter={"n": {"$lt": 4}})
    assert keys(few) == BY_LENGTH[1:]


async def test_an_entry_without_a_text_comes_last_without_a_score(make: Any) -> None:
    memory = make(rerank=by_length)
    await fill(memory)

    found = await memory.search(P, query="drink")
    assert keys(found) == [*BY_LENGTH, "plain"]
    assert found[-1].score is None
    # without a query nothing is asked of a model
    assert len(await memory.search(P)) == 5


async def test_an_entry_counts_once_by_the_text_that_fits_best(make: Any) -> None:
    given: list[list[str]] = []

    def noting(_: str, texts: list[str]) -> list[int]:
        given.append(sorted(texts))
        return by_length("drink", texts)

    memory = make(index=words(fields=["a", "b"]), rerank=noting)
    await memory.put(P, "x", {"a": "drink", "b": "nothing of the kind"})
    await memory.put(P, "y", {"a": "no", "b": "drink drink"})

    assert keys(await memory.search(P, query="drink")) == ["y", "x"]
    assert given == [["drink", "drink drink"]]


async def test_what_cannot_be_is_told(make: Any) -> None:
    memory = make(rerank=by_length, rerank_candidates=3)
    await fill(memory)
    assert keys(await memory.search(P, query="drink", limit=3)) != []
    with pytest.raises(InvalidArgumentError, match="more than rerank_candidates=3"):
        await memory.search(P, query="drink", limit=3, offset=1)
    with pytest.raises(InvalidArgumentError, match="rerank must be a function"):
        make(rerank="model")
    with pytest.raises(InvalidArgumentError, match="rerank_candidates must be"):
        make(rerank=by_length, rerank_candidates=0)
    with pytest.raises(InvalidArgumentError, match="rerank_candidates needs rerank"):
        make(rerank_candidates=20)


async def test_what_a_model_raises_is_raised(make: Any) -> None:
    error = CollectionNotFoundError("another", "collection")

    def failing(_: str, texts: list[str]) -> Any:
        raise error

    memory = make(rerank=failing)
    await fill(memory)
    with pytest.raises(CollectionNotFoundError) as raised:
        await memory.search(P, query="drink")
    assert raised.value is error
