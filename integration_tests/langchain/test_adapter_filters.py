"""In every adapter a key of a filter is one of the metadata, but for an item's own times."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.langchain.langchain_fakes import Words, document, ids_of, making
from integration_tests.llama_index.llama_index_stores import where
from integration_tests.shared.calls import Calls
from langchain_core.structured_query import Comparator, Comparison
from langgraph.store.memory import InMemoryStore
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import VectorStoreQuery

from pgrecall import And, Condition, FilterError, Not, Or
from pgrecall.langchain import (
    PgRecallDocumentIndex,
    PgRecallRetriever,
    PgRecallTranslator,
    PgRecallVectorStore,
)
from pgrecall.langgraph import PgRecallStore
from pgrecall.llama_index import PgRecallVectorStore as NodeStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

METADATAS: dict[str, dict[str, Any]] = {
    "a": {"id": 1, "kind": "x", "$made": "2024", "by": {"name": "Ada"}},
    "b": {"id": 7, "kind": "x", "$made": "2025", "by": {"name": "Bo"}, "by.name": "Ada"},
    "c": {"id": "c", "kind": "y", "by": {"id": "a"}},
    "d": {"id": {"id": "a"}},
}
FOUND: list[tuple[Any, list[str]]] = [
    ({"id": 1}, ["a"]),
    ({"id": "a"}, []),
    ({"id": "c"}, ["c"]),
    ({"id": {"$ne": 1}}, ["b", "c", "d"]),
    ({"id": {"$nin": [1, 7]}}, ["c", "d"]),
    ({"id": {"$gt": 1}}, ["b"]),
    ({"id": {"id": "a"}}, ["d"]),
    (Condition("$made", "gt", "2024"), ["b"]),
    ({"$created_at": {"$gt": dt.date(2024, 5, 1)}}, ["a", "b", "c", "d"]),
    ({"$updated_at": {"$lt": "2024-05-01"}}, []),
    ({("$created_at",): {"$exists": True}}, []),
    (Condition("id", "in", [1, "c"]), ["a", "c"]),
    (Condition("$made", "exists", True), ["a", "b"]),
    (And({"kind": "x"}, Not(Condition("id", "eq", 7))), ["a"]),
    (Or({"$or": [{"id": 7}]}, {"$and": [{"id": "c"}]}), ["b", "c"]),
    ({"by": {"name": "Ada"}}, ["a"]),
    ({"by.name": "Ada"}, ["b"]),
    ({"by": {"id": "a"}}, ["c"]),
    ({"$not": [{"id": 1}, {"kind": "y"}]}, ["b", "d"]),
]


@pytest.fixture(params=["sync", "async"])
async def make(
    request: pytest.FixtureRequest, dsn: str, tenant: str
) -> AsyncIterator[Callable[..., Calls]]:
    async with making(request.param, dsn, tenant) as function:
        yield function


@pytest.fixture
async def vectors(make: Callable[..., Calls]) -> Calls:
    made = make(fields={"kind": "text"})
    await made.add_texts(
        [f"text {id_}" for id_ in METADATAS], METADATAS.values(), ids=list(METADATAS)
    )
    return made


async def test_every_search_of_langchain_filters_by_metadata(vectors: Calls) -> None:
    for filter_, wanted in FOUND:
        for search in ("vector", "hybrid", "text"):
            found = await vectors.similarity_search("text", k=9, filter=filter_, search=search)
            assert sorted(ids_of(found)) == wanted, (filter_, search)  # type: ignore[type-var]  # strings
        found = await vectors.max_marginal_relevance_search("text", k=9, filter=filter_)
        assert sorted(ids_of(found)) == wanted, filter_  # type: ignore[type-var]  # strings
        scored = await vectors.similarity_search_with_score("text", k=9, filter=filter_)
        assert sorted(one.id for one, _ in scored) == wanted, filter_
        retriever = PgRecallRetriever(vector_store=vectors.target, filter=filter_, k=9)
        found = await retriever.ainvoke("text")
        assert sorted(ids_of(found)) == wanted, filter_  # type: ignore[type-var]  # strings


@pytest.mark.parametrize(("filter_", "gone"), FOUND, ids=repr)
def test_langchain_deletes_by_metadata(
    dsn: str, tenant: str, filter_: Any, gone: list[str]
) -> None:
    with PgRecallVectorStore(Words(), tenant=tenant, store=dsn) as vectors:
        vectors.add_texts(list(METADATAS), list(METADATAS.values()), ids=list(METADATAS))

        assert vectors.remove(filter=filter_) == len(gone)

        assert ids_of(vectors.get_by_ids(list(METADATAS))) == sorted(set(METADATAS) - set(gone))


async def test_a_deletion_by_an_id_of_the_metadata_takes_no_other_document(
    vectors: Calls,
) -> None:
    await vectors.add_texts(["x"] * 3, [{"kind": "x", "id": n} for n in (6, 7, 8)], ids=list("678"))

    assert await vectors.delete(filter={"kind": "x", "id": {"$nin": [7, 8]}})

    assert ids_of(await vectors.get_by_ids([*METADATAS, *"678"])) == ["b", "c", "d", "7", "8"]
    with pytest.raises(FilterError, match="'id', operator 'gt': it takes a number or a string"):
        await vectors.delete(filter={"id": {"$gt": None}})


async def test_a_document_index_deletes_by_metadata(vectors: Calls) -> None:
    index = PgRecallDocumentIndex(vector_store=vectors.target)

    assert (await index.adelete(filter={"id": 1}))["num_deleted"] == 1
    assert index.delete(filter={"id": {"$in": ["a", "c"]}})["num_deleted"] == 1

    assert ids_of(index.get(list(METADATAS))) == ["b", "d"]


async def test_what_the_translator_gives_means_metadata_in_the_core_too(vectors: Calls) -> None:
    translator, target = PgRecallTranslator(), vectors.target
    for key, value, wanted in (
        ("id", 1, ["a"]),
        ("id", "c", ["c"]),
        ("$made", "2025", ["b"]),
    ):
        filter_ = Comparison(Comparator.EQ, key, value).accept(translator)

        found = target.store.list_items(target.tenant, target.collection, filter=filter_)
        assert [item.id for item in found] == wanted
        assert ids_of(await vectors.similarity_search("text", k=9, filter=filter_)) == wanted


def test_llama_index_filters_by_metadata(dsn: str, tenant: str) -> None:
    with NodeStore(dsn, tenant=tenant) as nodes:
        nodes.add(
            [
                TextNode(id_=id_, text=id_, embedding=[1.0, 0.0], metadata=metadata)
                for id_, metadata in METADATAS.items()
            ]
        )
        for key, value, wanted in (
            ("id", 1, ["a"]),
            ("id", "c", ["c"]),
            ("$made", "2025", ["b"]),
        ):
            assert [node.node_id for node in nodes.get_nodes(filters=where(key, value))] == wanted
            asked = VectorStoreQuery(query_embedding=[1.0, 0.0], filters=where(key, value))
            assert nodes.query(asked).ids == wanted
        assert [node.node_id for node in nodes.get_nodes(["a"], where("id", 1))] == ["a"]
        assert len(nodes.get_nodes(filters=where("$created_at", "2024-05-01", ">"))) == 4
        assert nodes.get_nodes(filters=where("$updated_at", "2024-05-01T00:00:00Z", "<")) == []
        with pytest.raises(FilterError, match="'2024' is no time"):
            nodes.get_nodes(filters=where("$created_at", "2024", ">"))
        nodes.delete_nodes(filters=where("id", [1, 7], "nin"))
        assert [node.node_id for node in nodes.get_nodes()] == ["a", "b"]


VALUES: list[Any] = [
    [],
    ["a"],
    ["a", "b"],
    ["b", "a"],
    ["a", "b", "c"],
    [["a"], {"b": None}],
    [1, 2.5, None],
    [None],
    {},
    {"a": 1},
    {"a": 1, "b": [1]},
    {"a": {"b": 1}},
    "a",
    1,
    None,
]


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_langgraph_compares_whole_lists_and_objects_as_its_own_store_does(
    dsn: str, tenant: str, kind: str
) -> None:
    reference = InMemoryStore()
    index: Any = {"dims": 64, "embed": Words(), "fields": ["text"]}
    async with PgRecallStore(dsn, tenant=tenant, index=index) as memory:
        for number, value in enumerate(VALUES):
            entry = {"v": value, "text": "words"}
            reference.put(("n",), f"{number:02}", entry)
            memory.put(("n",), f"{number:02}", entry)
        for op in ("$eq", "$ne"):
            for value in VALUES:
                filter_ = {"v": {op: value}}
                wanted = sorted(
                    one.key for one in reference.search(("n",), filter=filter_, limit=99)
                )
                for query in (None, "words"):
                    asked: dict[str, Any] = {"filter": filter_, "query": query, "limit": 99}
                    found = (
                        memory.search(("n",), **asked)
                        if kind == "sync"
                        else await memory.asearch(("n",), **asked)
                    )
                    assert sorted(one.key for one in found) == wanted, (filter_, query)


def test_langgraph_filters_none_of_a_list_and_by_the_values_own_id(dsn: str, tenant: str) -> None:
    with PgRecallStore(dsn, tenant=tenant) as memory:
        for id_, metadata in METADATAS.items():
            memory.put(("n",), id_, metadata)
        for filter_, wanted in FOUND:
            if isinstance(filter_, dict):
                found = memory.search(("n",), filter=filter_)
                assert sorted(one.key for one in found) == wanted, filter_
        # a list is that very list, as in LangGraph's own stores
        lists = [id_ for id_, metadata in METADATAS.items() if metadata.get("v") == ["a"]]
        assert [one.key for one in memory.search(("n",), filter={"v": ["a"]})] == lists


async def test_langgraph_compares_times_as_instants(dsn: str, tenant: str) -> None:
    index: Any = {"dims": 64, "embed": Words(), "fields": ["text"]}
    noon = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)
    async with PgRecallStore(dsn, tenant=tenant, index=index) as memory:
        memory.put(("n",), "noon", {"at": noon, "text": "words"})
        memory.put(("n",), "east", {"at": "2024-05-01T14:00:00+02:00", "text": "words"})
        memory.put(("n",), "vague", {"at": "noon", "text": "words"})
        for filter_, wanted in (
            ({"at": noon}, ["east", "noon"]),
            ({"at": {"$eq": noon}}, ["east", "noon"]),
            ({"at": {"$ne": noon}}, ["vague"]),
            ({"at": {"$lt": noon}}, []),
            ({"$created_at": {"$gt": noon}, "at": {"$gte": noon}}, ["east", "noon"]),
            ({"$updated_at": {"$lt": "2024-05-01"}}, []),
            ({"$not": {"$updated_at": {"$lt": noon}}}, ["east", "noon", "vague"]),
        ):
            for query in (None, "words"):
                found = await memory.asearch(("n",), filter=filter_, query=query)
                assert sorted(one.key for one in found) == wanted, (filter_, query)
        for wrong in ({"$created_at": {"a": 1}}, {"$created_at": {"$gt": "soon"}}):
            with pytest.raises(FilterError, match=r"'\$created_at'"):
                memory.search(("n",), filter=wrong)


async def test_a_langchain_filter_that_cannot_be_used_says_what_to_write(vectors: Calls) -> None:
    for wrong, told in (
        ({"$nor": []}, r"Condition\('\$nor'"),
        ({"by": {"name": "Ada", "$exists": True}}, "'name' stands beside"),
        ({"by": {}}, "an empty mapping tests nothing"),
        ({"id": [1, 2]}, "a bare list is ambiguous"),
    ):
        with pytest.raises(FilterError, match=told):
            await vectors.similarity_search("text", filter=wrong)
    assert document("text a", "a", **METADATAS["a"]) in await vectors.similarity_search("text", k=9)
