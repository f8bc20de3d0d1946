"""Wherever a search is asked, its options have the names, defaults and words of the core's own."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest
from langgraph.store.base import SearchOp

from pgrecall import (
    AsyncBoundCollection,
    AsyncStore,
    Boost,
    BoundCollection,
    Condition,
    InvalidArgumentError,
    Rrf,
    Store,
)
from pgrecall._operations.search import options as search_options
from pgrecall._operations.search.options import KINDS, SearchOptions
from pgrecall.cli.search.command import search as search_command
from pgrecall.langchain import PgRecallRetriever, PgRecallVectorStore
from pgrecall.langchain._queries import asked
from pgrecall.langgraph import PgRecallStore
from pgrecall.llama_index import PgRecallVectorStore as LlamaIndexStore
from pgrecall.llama_index._queries import QueryDefaults

if TYPE_CHECKING:
    from collections.abc import Mapping

OWNERS = (Store, AsyncStore, BoundCollection, AsyncBoundCollection)
VERBS = [
    ("vector", "search"),
    ("vector", "search_many"),
    ("vector", "search_near"),
    ("hybrid", "search_hybrid"),
    ("text", "search_text"),
]
CORE: dict[str, Any] = {
    field.name: field.default for options in KINDS.values() for field in fields(options)
}


def lengths(_: str, texts: list[str]) -> list[int]:
    return list(map(len, texts))


VALUES: dict[str, Any] = {
    "exact": True,
    "ef_search": 50,
    "fusion": Rrf(),
    "candidates": 200,
    "text_candidates": 20,
    "syntax": "web",
    "language": "de",
    "ranking": "ts_rank",
    "offset": 5,
    "min_score": 0.25,
    "group_by": "source",
    "boosts": (Boost(Condition("page", "eq", 1), 2.0),),
    "lambda_mult": 0.5,
    "rerank": lengths,
    "rerank_candidates": 20,
    "rerank_text": "why?",
}
"""A value of each option that LangChain's searches take, other than its default."""
BESIDE: dict[str, dict[str, Any]] = {
    "rerank": {"rerank_text": "why?"},
    "rerank_candidates": {"rerank": lengths, "rerank_text": "why?"},
    "rerank_text": {"rerank": lengths},
}
"""What else is given where one alone would be refused."""


@dataclass(frozen=True)
class Surface:
    """A place where a search is asked.

    Attributes:
        taken: Its options by the core's names, with their defaults.
        words: Where they are documented.
        renamed: Options that have the framework's own name, or come with its own query.
        elsewhere: Defaults that are not the core's, and why.
        absent: Options that it has not, and why.
    """

    taken: Mapping[str, Any]
    words: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)


def defaults(function: Any) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    return {one.name.rstrip("_"): one.default for one in parameters}


def helps(command: Any) -> str:
    hints = get_type_hints(command, include_extras=True)
    flags = {name.rstrip("_"): getattr(hint, "__metadata__", ()) for name, hint in hints.items()}
    return "\n".join(f"{name}: {flag[0].help}" for name, flag in flags.items() if flag)


def only(names: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in names.items() if name in CORE}


def pydantic_defaults(model: Any) -> dict[str, Any]:
    return {name: one.default for name, one in model.model_fields.items()}


def field_defaults(kind: Any) -> dict[str, Any]:
    return {one.name: one.default for one in fields(kind)}


NO_PLACE = "what comes back has no place for it"
PLAIN_WORDS = "a question is plain words there, ranked by BM25"
LEFT_TO_THE_CORE = dict.fromkeys(
    ("offset", "per_group", "boosts", "rerank_candidates"), "None leaves it to the core"
)
SURFACES = {
    "LangChain's searches": Surface(
        dict.fromkeys([*VALUES, "per_group"]),
        PgRecallVectorStore.__doc__ or "",
        renamed={"limit": "k", "filter": "filter"},
        elsewhere=LEFT_TO_THE_CORE | dict.fromkeys(("syntax", "ranking"), "None leaves it to it"),
        absent={
            "include_vectors": "a Document has no vector",
            "explain": NO_PLACE,
            "highlight": NO_PLACE,
        },
    ),
    "LangChain's retriever": Surface(
        only(pydantic_defaults(PgRecallRetriever)),
        PgRecallRetriever.__doc__ or "",
        renamed={"limit": "k"},
        elsewhere=LEFT_TO_THE_CORE,
        absent={
            **dict.fromkeys(
                VALUES.keys() - only(pydantic_defaults(PgRecallRetriever)).keys(),
                "as_retriever(search_kwargs={...}) of the vector store takes every option",
            ),
            "include_vectors": "a Document has no vector",
            "explain": NO_PLACE,
            "highlight": NO_PLACE,
        },
    ),
    "LangGraph's store": Surface(
        only(defaults(PgRecallStore.__init__)),
        PgRecallStore.__doc__ or "",
        renamed=dict.fromkeys(only(SearchOp._field_defaults), "of LangGraph's own SearchOp"),
        absent={
            **dict.fromkeys(
                ("exact", "ef_search", "candidates", "text_candidates"),
                "BaseStore.search has no options; the store fetches until it has enough entries",
            ),
            "language": "BaseStore.search has no options; a question is asked in every language",
            **dict.fromkeys(
                ("min_score", "group_by", "per_group", "lambda_mult"),
                "BaseStore.search has no options, and its pages are of entries",
            ),
            **dict.fromkeys(("syntax", "ranking"), PLAIN_WORDS),
            **dict.fromkeys(("include_vectors", "explain", "highlight"), NO_PLACE),
            "rerank_text": "it is LangGraph's query",
        },
    ),
    "LlamaIndex's queries": Surface(
        only(field_defaults(QueryDefaults)),
        LlamaIndexStore.__doc__ or "",
        renamed={
            "limit": "similarity_top_k",
            "filter": "filters",
            "text_candidates": "sparse_top_k",
            "lambda_mult": "mmr_threshold",
            "rerank_text": "query_str",
        },
        elsewhere=LEFT_TO_THE_CORE,
        absent={
            **dict.fromkeys(("syntax", "ranking"), PLAIN_WORDS),
            **dict.fromkeys(("include_vectors", "explain", "highlight"), NO_PLACE),
        },
    ),
    "the command line": Surface(
        only(defaults(search_command)),
        helps(search_command),
        elsewhere={
            "limit": "so many fit a screen with their texts",
            "offset": "None is no page",
        },
        absent={
            **dict.fromkeys(
                VALUES.keys() - only(defaults(search_command)).keys(),
                "a command answers a question in words; a program has the store",
            ),
            "include_vectors": "nobody reads a vector on a screen",
            "highlight": "words are marked always",
            "explain": "a program has the store",
        },
    ),
}


def section(documented: Any, heading: str) -> dict[str, str]:
    """The entries of a section of a docstring, each without its line ends."""
    found: dict[str, str] = {}
    _, _, rest = (inspect.getdoc(documented) or "").partition(f"{heading}:\n")
    for line in rest.splitlines():
        if line and not line.startswith(" "):
            break
        entry = re.match(r" {4}(\w+): (.*)", line)
        if entry:
            found[entry[1]] = entry[2]
        elif line.strip() and found:
            found[next(reversed(found))] += f" {line.strip()}"
    return found


def said_of(options: type[SearchOptions]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in reversed(options.__mro__):
        if one.__module__ == search_options.__name__:
            found |= section(one, "Attributes")
    return found


@pytest.mark.parametrize("options", KINDS.values())
def test_each_option_has_its_words_in_the_class_that_it_stands_in(
    options: type[SearchOptions],
) -> None:
    assert said_of(options).keys() == {one.name for one in fields(options)}


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize(("kind", "verb"), VERBS)
def test_a_verb_takes_the_options_of_its_kind_with_their_defaults_and_types(
    owner: type, kind: str, verb: str
) -> None:
    parameters = inspect.signature(getattr(owner, verb)).parameters.values()

    taken = {
        one.name: (one.default, one.annotation)
        for one in parameters
        if one.kind is inspect.Parameter.KEYWORD_ONLY and one.name != "away_from"
    }

    assert taken == {one.name: (one.default, one.type) for one in fields(KINDS[kind])}


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize(("kind", "verb"), VERBS)
def test_a_verb_says_of_each_option_what_the_option_says(owner: type, kind: str, verb: str) -> None:
    told = section(getattr(owner, verb), "Args")

    expected = said_of(KINDS[kind])
    assert {name: told.get(name) for name in expected} == expected


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_a_surface_has_every_option_or_says_why_it_has_not(surface: Surface) -> None:
    named = [*surface.taken, *surface.renamed, *surface.absent]

    assert sorted(named) == sorted(CORE)


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_a_surface_has_the_defaults_of_the_core_or_says_why_it_has_others(
    surface: Surface,
) -> None:
    others = {name for name, value in surface.taken.items() if value != CORE[name]}

    assert others == surface.elsewhere.keys()


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_a_surface_documents_each_option_that_it_has(surface: Surface) -> None:
    for name in surface.taken:
        assert re.search(rf"``{name}``|\b{name}:", surface.words), name


@pytest.mark.parametrize("kind", KINDS)
def test_a_search_of_langchain_takes_the_options_of_its_kind(kind: str) -> None:
    own = VALUES.keys() & {one.name for one in fields(KINDS[kind])}

    for name in own:
        given = {name: VALUES[name], **BESIDE.get(name, {})}
        options = asked(4, None, given, search=kind).options
        assert getattr(options, name) == VALUES[name]


@pytest.mark.parametrize("name", SURFACES["LangChain's searches"].absent)
def test_a_search_of_langchain_refuses_what_it_has_not(name: str) -> None:
    with pytest.raises(InvalidArgumentError, match=f"unknown keyword argument '{name}'"):
        asked(4, None, {name: True}, search="vector")
