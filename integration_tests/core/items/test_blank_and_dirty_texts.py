"""Blank texts are kept without a vector; what PostgreSQL cannot store is refused, or taken out."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.cli.cli_runs import Cli, write_lines
from integration_tests.langchain.langchain_fakes import DIMENSIONS, Words, document, ids_of, making
from integration_tests.llama_index.llama_index_stores import Either
from integration_tests.shared.calls import Calls
from langgraph.store.base import PutOp
from llama_index.core.schema import Document, ImageNode, MediaResource, Node, TextNode
from llama_index.core.vector_stores.types import VectorStoreQuery

from pgrecall import Collection, InvalidArgumentError, Item, Store
from pgrecall.langchain import PgRecallDocumentIndex, PgRecallVectorStore
from pgrecall.langgraph import PgRecallStore
from pgrecall.llama_index import PgRecallDocumentStore, PgRecallKVStore
from pgrecall.llama_index import PgRecallVectorStore as NodeStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

SHOWS_NOTHING = "\n \t\u3000\ufeff\u200b"
BLANK = ["", " ", SHOWS_NOTHING]
ZERO = [0.0] * DIMENSIONS
DIRTY, CLEAN = "a\0b\ud800c \ud83d\ude00", "abc \U0001f600"
DIRTY_METADATA: dict[str, Any] = {"k\0": [DIRTY, {"d\ud800": DIRTY}], "n": 1}
CLEAN_METADATA: dict[str, Any] = {"k": [CLEAN, {"d": CLEAN}], "n": 1}
REMEDY = r"clean=True takes it out"


class Strict(Words):
    """As models of services do, it refuses a blank text."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        assert all(text.strip(SHOWS_NOTHING) for text in texts), (
            "a blank text was sent to the model"
        )
        assert texts, "the model was asked for nothing"
        return super().embed_documents(texts)


@pytest.fixture(params=["sync", "async"])
async def make(
    request: pytest.FixtureRequest, dsn: str, tenant: str
) -> AsyncIterator[Callable[..., Calls]]:
    async with making(request.param, dsn, tenant) as function:
        yield function


def items(vectors: Calls) -> dict[str, Item]:
    target = vectors.target
    return {item.id: item for item in target.store.list_items(target.tenant, target.collection)}


async def test_langchain_keeps_blank_texts_without_a_vector_and_says_how_many(
    make: Callable[..., Calls], caplog: pytest.LogCaptureFixture
) -> None:
    vectors = make(Strict())
    texts = [BLANK[0], "apples", *BLANK[1:], "pears"]
    metadatas = [{"n": n} for n in range(5)]

    with caplog.at_level(logging.WARNING, "pgrecall"):
        ids = await vectors.add_texts(texts, metadatas, ids=["e", "d", "c", "b", "a"])

    assert ids == ["e", "d", "c", "b", "a"]
    assert vectors.target.embeddings.calls == [["apples", "pears"]]
    assert [record.getMessage()[:46] for record in caplog.records if record.name == "pgrecall"] == [
        "3 of 5 texts for collection 'docs' are blank: "
    ]
    kept = items(vectors)
    assert {id_: kept[id_].text for id_ in ids} == dict(zip(ids, texts, strict=True))
    assert [id_ for id_ in ids if kept[id_].vector is None] == ["e", "c", "b"]
    assert ids_of(await vectors.similarity_search("apples", k=9)) == ["d", "a"]
    assert ids_of(await vectors.get_by_ids(["c", "d", "e"])) == ["c", "d", "e"]
    assert await vectors.delete(filter={"n": {"$gte": 2}})
    assert set(items(vectors)) == {"e", "d"}


async def test_langchain_makes_a_collection_of_blank_texts_alone(
    make: Callable[..., Calls],
) -> None:
    vectors = make(Strict())

    first = await vectors.add_documents([document(text) for text in BLANK])
    more = await vectors.add_texts([" "])

    assert all(item.vector is None for item in items(vectors).values())
    assert set(items(vectors)) == {*first, *more}
    # one word tells the length, where there is no collection yet
    assert len(vectors.target.embeddings.calls) == 1
    assert await vectors.similarity_search("apples") == []
    await vectors.add_texts(["apples"])
    assert len(await vectors.similarity_search("apples")) == 1


async def test_langchain_leaves_zero_vectors_of_blank_texts_out(make: Callable[..., Calls]) -> None:
    vectors, words = make(Strict()), Words()
    given = [ZERO, words.vector("a"), words.vector("an image")]

    ids = await vectors.add_embeddings([" ", "a", ""], given, ids=["z", "y", "x"])

    assert ids == ["z", "y", "x"]
    kept = items(vectors)
    assert [kept[id_].vector is None for id_ in ids] == [True, False, False]
    with pytest.raises(InvalidArgumentError, match="zero"):
        await vectors.add_embeddings(["text"], [ZERO])


async def test_langchain_takes_no_vector_for_a_blank_text_where_vectors_are_given(
    make: Callable[..., Calls],
) -> None:
    vectors = make(Strict())
    vector = vectors.target.embeddings.vector("apples")

    await vectors.add_embeddings(["", "apples"], [None, vector], [{"n": 0}, None], ["a", "b"])
    await vectors.delete(["a"])
    # what mem0 does to change the payload alone of a row, which it has deleted by then
    await vectors.add_embeddings(embeddings=[None], metadatas=[{"n": 1}], ids=["a"])

    assert [item.vector is None for item in items(vectors).values()] == [True, False]
    assert (await vectors.get_by_ids(["a"]))[0].metadata == {"n": 1}
    with pytest.raises(InvalidArgumentError, match=r"number 1 \(from 0\) is NoneType"):
        await vectors.add_embeddings(["", "pears"], [None, None])


async def test_langchain_keeps_zero_vectors_where_they_are_vectors(
    make: Callable[..., Calls],
) -> None:
    vectors = make(Strict(), metric="l2")

    await vectors.add_embeddings([" "], [ZERO], ids=["z"])

    assert items(vectors)["z"].vector is not None


async def test_langchain_takes_out_what_cannot_be_stored_where_asked(
    make: Callable[..., Calls],
) -> None:
    plain, cleaning = make(collection="plain"), make(collection="cleaning", clean=True)
    dirty = document(DIRTY, "a", **DIRTY_METADATA)
    for refused in (
        plain.add_documents([dirty]),
        plain.add_texts([DIRTY]),
        plain.add_texts(["a"], [DIRTY_METADATA]),
        cleaning.add_documents([dirty], clean=False),
    ):
        with pytest.raises(InvalidArgumentError, match=REMEDY):
            await refused
    assert plain.target.embeddings.calls == []

    await plain.add_documents([dirty], clean=True)
    await plain.add_texts([DIRTY], [DIRTY_METADATA], ids=["b"], clean=True)
    await cleaning.add_documents([dirty])
    await cleaning.add_embeddings(["\0 \ud800"], [ZERO], ids=["blank"])

    clean = document(CLEAN, "a", **CLEAN_METADATA)
    assert plain.target.embeddings.calls == [[CLEAN], [CLEAN]]
    assert await plain.get_by_ids(["a", "b"]) == [clean, document(CLEAN, "b", **CLEAN_METADATA)]
    assert await cleaning.get_by_ids(["a"]) == [clean]
    assert items(cleaning)["blank"].vector is None
    assert dirty.page_content == DIRTY
    with pytest.raises(InvalidArgumentError, match=r"an item id .* holds NUL .*cannot store$"):
        await cleaning.add_texts(["a"], ids=["a\0"])


def test_langchains_classmethods_and_index_clean_too(dsn: str, tenant: str) -> None:
    where: dict[str, Any] = {"tenant": tenant, "store": dsn}
    with PgRecallVectorStore.from_texts([DIRTY], Words(), ids=["a"], clean=True, **where) as made:
        assert made.get_by_ids(["a"])[0].page_content == CLEAN
        index = PgRecallDocumentIndex(vector_store=made)
        index.upsert([document(DIRTY, "b")])
        assert index.get(["b"])[0].page_content == CLEAN
    index = PgRecallDocumentIndex(Words(), clean=True, collection="other", **where)
    index.upsert([document(DIRTY, "c")])
    assert index.get(["c"])[0].page_content == CLEAN
    index.close()


# LlamaIndex


@pytest.fixture(params=["sync", "async"])
def nodes(request: pytest.FixtureRequest, dsn: str, tenant: str) -> Iterator[Either]:
    store = NodeStore(dsn, tenant=tenant)
    yield Either(store, request.param)
    store.close()


async def test_llama_index_keeps_nodes_of_blank_text_without_a_vector(
    nodes: Either, caplog: pytest.LogCaptureFixture
) -> None:
    given: list[Any] = [
        TextNode(id_="zero", text="", embedding=[0.0, 0.0], metadata={"n": 1}),
        TextNode(id_="none", text=" \n"),
        Document(id_="document", text="", embedding=[0.0, 0.0]),
        TextNode(id_="text", text="words", embedding=[1.0, 0.0]),
        TextNode(id_="told by its metadata", text="", embedding=[0.0, 1.0]),
        ImageNode(id_="image", image_path="/a.png", embedding=[1.0, 1.0]),
    ]

    with caplog.at_level(logging.WARNING, "pgrecall"):
        ids = await nodes.add(given)

    assert ids == [node.node_id for node in given]
    assert "3 of 6 texts for collection 'docs' are blank" in caplog.text
    found = {node.node_id: node for node in await nodes.get_nodes(include_embeddings=True)}
    assert {id_ for id_, node in found.items() if node.embedding is None} == set(ids[:3])
    assert found["zero"].metadata == {"n": 1}
    query = VectorStoreQuery(query_embedding=[1.0, 0.0], similarity_top_k=9)
    assert sorted((await nodes.query(query)).ids) == sorted(ids[3:])


async def test_a_zero_vector_is_one_where_the_collection_says_so_and_the_adapter_nothing(
    store: Any, dsn: str, tenant: str
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, metric="l2"))
    with PgRecallVectorStore(Words(), tenant=tenant, store=dsn) as vectors:
        await vectors.aadd_embeddings([""], [[0, 0]], ids=["a"])
    with NodeStore(dsn, tenant=tenant) as nodes:
        nodes.add([TextNode(id_="b", text="", embedding=[0.0, 0.0])])

    stored = await store.get(tenant, "docs", ["a", "b"])
    assert [item.vector is None for item in stored] == [False, False]


@pytest.mark.parametrize(
    "node",
    [
        TextNode(id_="a", text="words"),
        ImageNode(id_="a", image_path="/a.png"),
        Document(id_="a", image_resource=MediaResource(path="/a.png")),
    ],
    ids=["text", "image", "media"],
)
async def test_llama_index_asks_for_embeddings_of_all_that_has_a_meaning(
    nodes: Either, node: Any
) -> None:
    with pytest.raises(InvalidArgumentError, match="has no embedding"):
        await nodes.add([TextNode(id_="first", text="x", embedding=[1.0, 0.0]), node])


async def test_llama_index_needs_dimensions_to_make_a_collection_of_blank_nodes(
    dsn: str, nodes: Either
) -> None:
    blank = TextNode(id_="a", text="")
    with pytest.raises(InvalidArgumentError, match="give embed_dim"):
        await nodes.add([blank])

    with NodeStore(dsn, "sized", nodes.target.tenant, embed_dim=2) as sized:
        sized.add([blank])
        assert [node.node_id for node in sized.get_nodes()] == ["a"]
    await nodes.add([TextNode(id_="z", text="", embedding=[0.0, 0.0])])
    await nodes.add([blank])
    assert [node.node_id for node in await nodes.get_nodes()] == ["a", "z"]


async def test_llama_index_takes_out_what_cannot_be_stored_where_asked(
    dsn: str, nodes: Either
) -> None:
    node = TextNode(id_="a", text=DIRTY, embedding=[1.0, 0.0], metadata=DIRTY_METADATA)
    for dirty in (node, TextNode(id_="b", text="x", embedding=[1.0, 0.0], metadata=DIRTY_METADATA)):
        with pytest.raises(InvalidArgumentError, match=REMEDY):
            await nodes.add([dirty])

    await nodes.add([node], clean=True)
    with NodeStore(dsn, "cleaning", nodes.target.tenant, clean=True) as cleaning:
        cleaning.add([node])
        for store in (nodes.target, cleaning):
            (found,) = store.get_nodes()
            assert (found.get_content(), found.metadata) == (CLEAN, CLEAN_METADATA)
        with pytest.raises(InvalidArgumentError, match=REMEDY):
            cleaning.add([node], clean=False)


async def test_llama_index_cleans_a_node_and_keeps_its_resources(nodes: Either) -> None:
    picture = MediaResource(data=b"picture", mimetype="image/png", text="\0")
    node = Node(
        id_="a", text_resource=MediaResource(text="owl"), image_resource=picture, embedding=[1, 0]
    )

    await nodes.add([node], clean=True)

    (found,) = await nodes.get_nodes(["a"])
    assert found.image_resource.data == picture.data
    assert (found.image_resource.mimetype, found.image_resource.text) == ("image/png", "")


@pytest.mark.parametrize("deep", [101, 100_000])
@pytest.mark.parametrize("clean", [False, True])
def test_what_nests_too_deeply_is_told_whether_it_is_to_be_cleaned_or_not(
    dsn: str, tenant: str, clean: bool, deep: int
) -> None:
    value: Any = "\0"
    for _ in range(deep):
        value = {"k": value}
    told = pytest.raises(InvalidArgumentError, match=r"nests deeper than .* flatten it")
    where = {"tenant": tenant, "clean": clean}
    with Store(dsn) as core:
        core.ensure_collection(tenant, Collection("docs", 2))
        with told:
            core.upsert(tenant, "docs", [Item("a", [1, 0], "owl", value)], clean=clean)
        with told, PgRecallVectorStore(Words(), store=core, **where) as documents:
            documents.add_documents([document("owl", "a", **value)])
        with told, NodeStore(core, **where) as stored:
            stored.add([TextNode(id_="a", text="owl", embedding=[1, 0], metadata=value)])
        with told, PgRecallStore(core, **where) as memory:
            memory.put(("a",), "b", value)
        with told:
            PgRecallKVStore(core, **where).put("b", value)


def test_llama_indexs_key_value_store_takes_out_what_cannot_be_stored(
    dsn: str, tenant: str
) -> None:
    plain, cleaning = PgRecallKVStore(dsn, tenant), PgRecallKVStore(dsn, tenant, clean=True)
    with pytest.raises(InvalidArgumentError, match=REMEDY):
        plain.put("k", DIRTY_METADATA)

    cleaning.put("k", DIRTY_METADATA)
    PgRecallDocumentStore(cleaning).add_documents([TextNode(id_="a", text=DIRTY)])

    assert plain.get("k") == CLEAN_METADATA
    found = PgRecallDocumentStore(plain).get_document("a")
    assert found is not None
    assert found.get_content() == CLEAN
    plain.close()
    cleaning.close()


# LangGraph


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_langgraph_embeds_no_blank_text_and_takes_out_what_cannot_be_stored(
    dsn: str, tenant: str, kind: str
) -> None:
    index: Any = {"dims": DIMENSIONS, "embed": Strict(), "fields": ["text"]}
    ops = [PutOp(("a",), f"k{n}", {"text": text}) for n, text in enumerate([*BLANK, "words"])]
    dirty = [PutOp(("a",), "dirty", {"text": DIRTY, **DIRTY_METADATA})]
    async with PgRecallStore(dsn, tenant=tenant, index=index) as memory:
        assert memory.batch(ops) if kind == "sync" else await memory.abatch(ops)
        found = memory.search(("a",), query="words")
        assert [one.key for one in found if one.score is not None] == ["k3"]
        assert len(found) == 4
        with pytest.raises(InvalidArgumentError, match=REMEDY):
            memory.batch(dirty)
    async with PgRecallStore(dsn, tenant=tenant, index=index, clean=True) as cleaning:
        assert cleaning.batch(dirty) if kind == "sync" else await cleaning.abatch(dirty)
        item = cleaning.get(("a",), "dirty")
        assert item is not None
        assert item.value == {"text": CLEAN, **CLEAN_METADATA}


# the core and the command line


@pytest.mark.parametrize("verb", ["upsert", "load"])
async def test_the_core_takes_out_what_cannot_be_stored_where_asked(
    store: Any, tenant: str, verb: str
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2))
    docs, dirty = store.bind(tenant, "docs"), Item("a", [1, 0], DIRTY, DIRTY_METADATA)
    for refused in (dirty, Item("a", [1, 0], DIRTY), Item("a", [1, 0], "", DIRTY_METADATA)):
        with pytest.raises(InvalidArgumentError, match=REMEDY):
            await getattr(docs, verb)([refused])

    assert await getattr(store, verb)(tenant, "docs", iter([dirty]), clean=True) == 1
    assert await getattr(docs, verb)([Item("b", None, DIRTY, DIRTY_METADATA)], clean=True) == 1

    found = await docs.get(["a", "b"])
    assert [(item.text, item.metadata) for item in found] == [(CLEAN, CLEAN_METADATA)] * 2
    assert dirty == Item("a", [1, 0], DIRTY, DIRTY_METADATA)
    for refused in (Item("a\0", [1, 0]), Item("c", [1, 0], "", {"x": b"\0"}), "item"):
        with pytest.raises(InvalidArgumentError):
            await getattr(docs, verb)([refused], clean=True)


def test_a_file_is_loaded_clean_where_asked(
    dsn: str, tenant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    cli = Cli(dsn, tenant)
    rows = [
        {"id": "a", "text": "clean", "embedding": [1, 0]},
        {"id": "b", "text": "a\0b", "embedding": [1, 0], "k\0": ["c\ud800"]},
    ]
    file = write_lines(tmp_path / "a.jsonl", rows)

    told = cli.told("load", file, "--stop-on-error")
    assert "holds NUL" in told
    assert "--clean takes it out" in told
    assert cli.json("load", file, "--clean")["written"] == 2
    assert cli.json("load", file, "--clean")["unchanged"] == 2

    with Store(dsn) as store:
        (item,) = store.get(tenant, "a", ["b"])
    assert (item.text, item.metadata) == ("ab", {"k": ["c"]})


def test_what_is_stored_clean_is_text_for_every_program(dsn: str, tenant: str) -> None:
    with Store(dsn) as store:
        store.ensure_collection(tenant, Collection("docs", 2, table_name=f"clean_{tenant[-8:]}"))
        store.load(tenant, "docs", [Item("a", [1, 0], DIRTY, DIRTY_METADATA)], clean=True)
        made = store.describe_collection(tenant, "docs")
    assert made is not None
    with psycopg.connect(dsn) as connection:
        query = f"SELECT text, metadata::text FROM {made.table_name}"
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]  # the test's own words
    assert row is not None
    assert (row[0], json.loads(row[1])) == (CLEAN, CLEAN_METADATA)
