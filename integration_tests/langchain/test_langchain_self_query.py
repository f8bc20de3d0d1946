"""SelfQueryRetriever with our translator: a model's structured queries find what they say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.langchain.langchain_fakes import Parrot, Words, ids_of
from langchain_classic.chains.query_constructor.schema import AttributeInfo
from langchain_classic.retrievers.self_query.base import SelfQueryRetriever

from pgrecall.langchain import (
    PgRecallTranslator,
    PgRecallVectorStore,
    aattribute_info,
    attribute_info,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

FILMS: dict[str, dict[str, Any]] = {
    "alien": {"year": 1979, "genre": "horror", "tags": ["space", "ship"], "seen": "1979-05-25"},
    "heat": {"year": 1995, "genre": "crime", "tags": ["city"], "seen": "1995-12-15T20:00:00"},
    "up": {"year": 2009, "genre": "animated", "tags": ["sky", "dogs"], "seen": "2009-05-29"},
    "solaris": {"year": 1972, "genre": "science fiction", "tags": ["space"]},
}
INFO = [
    AttributeInfo(name="year", description="The year", type="integer"),
    AttributeInfo(name="genre", description="The genre", type="string"),
    AttributeInfo(name="tags", description="What it shows", type="list[string]"),
    AttributeInfo(name="seen", description="When it came out", type="date"),
]


@pytest.fixture(scope="module")
def films(dsn: str) -> Iterator[PgRecallVectorStore]:
    with PgRecallVectorStore(Words(), "films", "self-query", dsn) as vectors:
        texts = [f"a film named {name}" for name in FILMS]
        vectors.add_texts(texts, list(FILMS.values()), ids=list(FILMS))
        yield vectors


def answering(films: PgRecallVectorStore, answer: dict[str, Any], **keywords: Any) -> Any:
    """Make the retriever with a model that answers with a structured query."""
    model = Parrot(responses=[f"```json\n{json.dumps(answer)}\n```"])
    retriever = SelfQueryRetriever.from_llm(
        model, films, "Films", INFO, PgRecallTranslator(), enable_limit=True, **keywords
    )
    return retriever, model


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ('eq("genre", "horror")', {"alien"}),
        ('eq("year", 1995)', {"heat"}),
        ('ne("genre", "horror")', {"heat", "up", "solaris"}),
        ('gt("year", 1979)', {"heat", "up"}),
        ('gte("year", 1979)', {"alien", "heat", "up"}),
        ('lt("year", 1979)', {"solaris"}),
        ('lte("year", 1979)', {"alien", "solaris"}),
        ('contain("tags", "space")', {"alien", "solaris"}),
        ('contain("tags", ["space", "ship"])', {"alien"}),
        ('contain("genre", "fiction")', {"solaris"}),
        ('like("genre", "%rim%")', {"heat"}),
        ('in("genre", ["crime", "horror"])', {"alien", "heat"}),
        ('in("genre", "crime")', {"heat"}),
        ('nin("genre", ["crime", "horror"])', {"up", "solaris"}),
        ('nin("seen", ["1979-05-25", "2009-05-29"])', {"heat", "solaris"}),
        ('eq("seen", "2009-05-29")', {"up"}),
        ('gt("seen", "1980-01-01")', {"heat", "up"}),
        ('lt("seen", "1995-12-15T21:00:00")', {"alien", "heat"}),
        ('and(gt("year", 1975), lt("year", 2000))', {"alien", "heat"}),
        ('or(eq("year", 2009), eq("genre", "crime"))', {"up", "heat"}),
        ('not(eq("genre", "crime"))', {"alien", "up", "solaris"}),
        (
            'and(or(contain("tags", "space"), eq("year", 2009)), not(in("year", [1972, 1995])))',
            {"alien", "up"},
        ),
        ("NO_FILTER", set(FILMS)),
    ],
)
async def test_a_structured_query_finds_what_it_says(
    films: PgRecallVectorStore, filter_: str, found: set[str]
) -> None:
    retriever, _ = answering(films, {"query": "film", "filter": filter_})

    assert set(ids_of(retriever.invoke("whatever"))) == found
    assert set(ids_of(await retriever.ainvoke("whatever"))) == found
    await films.aclose()


def test_the_model_is_told_of_every_comparator_and_operator(films: PgRecallVectorStore) -> None:
    retriever, model = answering(films, {"query": "film", "filter": "NO_FILTER"})

    retriever.invoke("whatever")

    assert "eq | ne | gt | gte | lt | lte | contain | like | in | nin" in model.asked[0]
    assert "and | or | not" in model.asked[0]


def test_a_limit_and_the_kind_of_search_are_heard(films: PgRecallVectorStore) -> None:
    answer = {"query": "a film named heat", "filter": 'gt("year", 1975)', "limit": 1}

    for search in ("vector", "hybrid", "text"):
        retriever, _ = answering(films, answer, search_kwargs={"search": search})
        assert ids_of(retriever.invoke("whatever")) == ["heat"]
    retriever, _ = answering(films, answer, search_type="mmr")
    assert ids_of(retriever.invoke("whatever")) == ["heat"]


async def test_the_attributes_are_told_from_what_is_stored(films: PgRecallVectorStore) -> None:
    infos = {info.name: info for info in attribute_info(films, descriptions={"genre": "The kind"})}

    assert {name: info.type for name, info in infos.items()} == {
        "year": "integer",
        "genre": "string",
        "tags": "list[string]",
        "seen": "string",  # a date, and a time
    }
    assert infos["genre"].description.startswith("The kind; for example 'animated', 'crime', ")
    assert infos["seen"].description.startswith("75% of the documents have it; for example '1979-")
    assert await aattribute_info(films, descriptions={"genre": "The kind"}) == list(infos.values())
    await films.aclose()


def test_a_retriever_takes_the_attributes_as_they_are_told(films: PgRecallVectorStore) -> None:
    model = Parrot(
        responses=['```json\n{"query": "film", "filter": "eq(\\"genre\\", \\"crime\\")"}\n```']
    )
    retriever = SelfQueryRetriever.from_llm(
        model, films, "Films", attribute_info(films), PgRecallTranslator()
    )

    assert ids_of(retriever.invoke("whatever")) == ["heat"]


def test_a_declared_type_is_told_whatever_else_is_stored(dsn: str, tenant: str) -> None:
    kinds = {"at": "datetime", "draft": "boolean"}
    with PgRecallVectorStore(Words(), "declared", tenant, dsn, fields=kinds) as vectors:
        values = [{"at": "2024-05-01", "draft": "no"}, {"at": "2024-05-01T12:00:00"}, {"at": "May"}]
        vectors.add_texts(["a", "b", "c"], values, ids=["a", "b", "c"])

        assert {info.name: info.type for info in attribute_info(vectors)} == kinds


def test_types_are_told_by_the_examples(dsn: str, tenant: str) -> None:
    with PgRecallVectorStore(Words(), "typed", tenant, dsn) as vectors:
        assert attribute_info(vectors) == []
        values = {
            "day": "2024-05-01",
            "at": "2024-05-01T12:00:00",
            "price": 1.5,
            "draft": True,
            "none": None,
            "by": {"name": "Ada"},
            "pages": [1, 2],
            "empty": [],
        }
        vectors.add_texts(["a", "b"], [values, {"mixed": 1}], ids=["a", "b"])
        vectors.add_texts(["c"], [{"mixed": "x"}], ids=["c"])

        assert {info.name: info.type for info in attribute_info(vectors)} == {
            "day": "date",
            "at": "datetime",
            "price": "float",
            "draft": "boolean",
            "pages": "list[integer]",
            "empty": "list",
            "mixed": "float",
        }
