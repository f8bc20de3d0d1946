"""What the adapters of every framework share: one query, one scale, and twins that say it all."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import pgrecall
from pgrecall import Collection, CollectionNotFoundError, InvalidArgumentError
from pgrecall._adapters.collection import AdapterCollection
from pgrecall._adapters.pair import Pair
from pgrecall._adapters.query import SEARCHES, AdapterQuery, checked_search
from pgrecall._adapters.scores import BM25_HALF, text_relevance
from pgrecall._statements.layout import Server, Stored
from pgrecall.langchain import (
    PgRecallByteStore,
    PgRecallCache,
    PgRecallChatMessageHistory,
    PgRecallDocStore,
    PgRecallDocumentIndex,
    PgRecallRecordManager,
    PgRecallRetriever,
    PgRecallSemanticCache,
    PgRecallVectorStore,
)
from pgrecall.langgraph import PgRecallCache as NodeCache
from pgrecall.langgraph import PgRecallSaver, PgRecallStore
from pgrecall.llama_index import PgRecallChatStore, PgRecallKVStore
from pgrecall.llama_index import PgRecallVectorStore as NodeStore

if TYPE_CHECKING:
    from collections.abc import Generator

PACKAGE = Path(pgrecall.__file__).parent
DOCS = PACKAGE.parents[1] / "docs"
FRAMEWORKS = ("langchain", "langgraph", "llama_index")
ADAPTERS = (
    PgRecallVectorStore,
    PgRecallRetriever,
    PgRecallDocumentIndex,
    PgRecallRecordManager,
    PgRecallByteStore,
    PgRecallDocStore,
    PgRecallCache,
    PgRecallSemanticCache,
    NodeCache,
    PgRecallChatMessageHistory,
    PgRecallStore,
    PgRecallSaver,
    NodeStore,
    PgRecallKVStore,
    PgRecallChatStore,
)
# llama_index calls it so
ASYNC_NAMES = {"add": "async_add", "__enter__": "__aenter__", "__exit__": "__aexit__"}


def own_methods(adapter: type) -> dict[str, Any]:
    """The methods that are pgrecall's own, with the functions behind class methods."""
    found = {}
    for name in dir(adapter):
        static = inspect.getattr_static(adapter, name)
        function = getattr(static, "__func__", static)
        if inspect.isfunction(function) and function.__module__.startswith("pgrecall."):
            found[name] = function
    return found


def twins_of(adapter: type) -> list[tuple[Any, Any]]:
    """Pairs of a sync method and its async twin."""
    methods = own_methods(adapter)
    names = {name: ASYNC_NAMES.get(name, re.sub(r"^(_?)", r"\1a", name)) for name in methods}
    return [(methods[name], methods[twin]) for name, twin in names.items() if twin in methods]


def is_async(function: Any) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_method_of_an_adapter_and_its_twin_take_the_same(adapter: type) -> None:
    pairs = twins_of(adapter)

    assert pairs
    for sync, twin in pairs:
        assert is_async(twin), twin
        assert not is_async(sync), sync
        assert str(inspect.signature(sync)).replace("Async", "") == (
            str(inspect.signature(twin)).replace("Async", "")
        )


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_method_of_an_adapter_says_in_its_own_words_what_its_twin_says(adapter: type) -> None:
    for sync, twin in twins_of(adapter):
        told, told_too = inspect.getdoc(sync) or "", inspect.getdoc(twin) or ""
        assert not re.search(rf"``{sync.__name__}``", told_too), twin
        assert told.count("\n\n") == told_too.count("\n\n"), sync


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_only_the_query_of_all_adapters_calls_the_core_s_searches(framework: str) -> None:
    for path in (PACKAGE / framework).rglob("*.py"):
        imported = {
            name.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and "_operations.search" in (node.module or "")
            for name in node.names
        }

        assert imported.isdisjoint({"search", "search_text", "search_hybrid"}), path


@pytest.mark.parametrize("kind", SEARCHES)
def test_a_query_is_of_its_kind_whatever_else_it_is_given(kind: str) -> None:
    query = AdapterQuery.of(kind, limit=3)

    assert query.kind == query.having(limit=4).kind == kind
    assert query.having(limit=4).options == type(query.options)(limit=4)
    assert query.has_vector is (kind != "text")


@pytest.mark.parametrize("search", SEARCHES)
def test_a_kind_of_search_is_taken_as_it_is(search: str) -> None:
    assert checked_search(search) == search


@pytest.mark.parametrize("search", ["words", "", None, 3])
def test_another_kind_of_search_is_refused_with_those_that_there_are(search: object) -> None:
    with pytest.raises(InvalidArgumentError, match="'vector', 'hybrid', 'text', not"):
        checked_search(search)


def test_the_bm25_score_that_counts_as_one_half_stands_once_and_in_the_docs() -> None:
    assert text_relevance(BM25_HALF) == 0.5
    assert text_relevance(-1.0) == 0.0
    said = f"bm25 / (bm25 + {BM25_HALF:g})"
    assert said in (NodeStore.__doc__ or "")
    for page in ("explanation/scores.md", "how-to/llama-index.md"):
        assert said in (DOCS / page).read_text()
    relevance = PgRecallVectorStore._similarity_search_with_relevance_scores.__doc__ or ""
    assert f"score / (score + {BM25_HALF:g})" in relevance


@pytest.fixture
def met() -> AdapterCollection:
    """A collection that the store has met."""
    collection = AdapterCollection("postgresql://nowhere/app", "ada", Collection("docs", 3))
    server = Server(180_006, "0.8.6", "public", 16_500, 16_600)
    collection.pair.context.remember(
        Stored(7, "ada", Collection("docs", 3), "pgrecall", "items_7", server)
    )
    return collection


def test_a_collection_that_was_met_is_there_without_asking(met: AdapterCollection) -> None:
    other = AdapterCollection(met.pair, "ada", Collection("docs", 4))

    assert met.is_met(vectors=True)
    assert not other.is_met()
    assert not AdapterCollection(Pair(), "ada", Collection("docs")).is_met()


@pytest.mark.parametrize(("dropped", "written"), [(4, True), (5, False)])
def test_a_collection_that_is_dropped_again_and_again_is_made_again_and_again(
    monkeypatch: pytest.MonkeyPatch, dropped: int, written: bool
) -> None:
    collection = AdapterCollection("", "t", Collection("c", 2))
    made = []

    def make_missing(*_: Any) -> Generator[Any, Any, None]:
        yield from ()
        made.append(len(made))

    def make() -> Generator[Any, Any, bool]:
        yield from ()
        if len(made) <= dropped:
            raise CollectionNotFoundError("t", "c")
        return True

    monkeypatch.setattr(collection, "_make_missing", make_missing)
    writing = collection.writing(2, make_missing, make)
    if written:
        with pytest.raises(StopIteration) as ended:
            next(writing)
        assert ended.value.value is True
    else:
        with pytest.raises(CollectionNotFoundError):
            next(writing)
