"""While a load is at work, reads run no DDL, wait for nobody, and need no right but SELECT."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.cli.cli_runs import Cli
from integration_tests.shared.faults import closing, execute
from langchain_core.embeddings import Embeddings
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import VectorStoreQuery, VectorStoreQueryMode
from psycopg.conninfo import make_conninfo

from pgrecall import Collection, DatabaseError, Hnsw, Item, Store
from pgrecall._operations.items import load as load_operations
from pgrecall.langchain import (
    PgRecallDocumentIndex,
    PgRecallRecordManager,
    PgRecallRetriever,
    PgRecallVectorStore,
)
from pgrecall.langgraph import PgRecallStore
from pgrecall.llama_index import PgRecallDocumentStore, PgRecallIndexStore, PgRecallKVStore
from pgrecall.llama_index import PgRecallVectorStore as NodeStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TENANT = "acme"
VECTOR = [1.0, 2.0, 3.0]
BATCH, LOADED = 50, 100
DOCS = Collection("docs", 3, index=Hnsw(), fields={"page": "number"})
INDEXES = "SELECT count(*) FROM pg_index WHERE indrelid = 'pgrecall.items_acme_docs_1'::regclass"
PENDING = "SELECT indexes_pending FROM pgrecall.collections WHERE name = 'docs'"


class Model(Embeddings):
    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [VECTOR for _ in texts]

    def embed_query(self, text: str) -> list[float]:  # noqa: ARG002  # every question is the same
        return VECTOR


def items(count: int) -> list[Item]:
    return [
        Item(f"{number:05}", [1.0, float(number), 2.0], f"some text {number}", {"page": number})
        for number in range(count)
    ]


class Held:
    """A load of an owner's that stands still in the middle of a batch."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._blocked, self._go_on = threading.Event(), threading.Event()
        self._written: list[int] = []
        self._store = Store(dsn)
        self._thread = threading.Thread(target=self._load)

    def _load(self) -> None:
        self._written.append(self._store.load(TENANT, "docs", self._items()))

    def _items(self) -> Iterator[Item]:
        yield from items(LOADED)
        self._blocked.set()
        self._go_on.wait()

    def begin(self) -> None:
        self._thread.start()
        assert self._blocked.wait(60)

    def end(self) -> int:
        self._go_on.set()
        self._thread.join()
        self._store.close()
        return self._written[0]


@pytest.fixture(scope="module")
def owner(make_database: Callable[..., str]) -> str:
    """The owner's DSN; as every session of these tests, it waits for no lock."""
    dsn = make_database()
    with Store(dsn) as store:
        store.ensure_collection(TENANT, DOCS)
        PgRecallKVStore(store, TENANT).put("key", {"a": 1})
        PgRecallRecordManager("notes", store=store, tenant=TENANT).update(["one"])
        memory = PgRecallStore(store, "docs", TENANT, ttl={"default_ttl": 5})
        memory.put(("a",), "key", {"text": "some text"})
    execute(
        dsn,
        "DROP ROLE IF EXISTS reader_only",
        "CREATE ROLE reader_only LOGIN",
        "GRANT USAGE ON SCHEMA pgrecall TO reader_only",
        "GRANT SELECT ON ALL TABLES IN SCHEMA pgrecall TO reader_only",
    )
    return dsn


@pytest.fixture(scope="module")
def held(owner: str) -> Iterator[Held]:
    """A load in a batch, while another session holds the registry's row as a build does."""
    made, usual = Held(owner), load_operations.DEFAULT_BATCH
    load_operations.DEFAULT_BATCH = BATCH
    try:
        made.begin()
        ((before,),) = execute(owner, INDEXES)
        with psycopg.connect(owner) as builder:
            builder.execute("SELECT FROM pgrecall.collections WHERE name = 'docs' FOR UPDATE")
            builder.execute("SELECT FROM pgrecall.entries FOR UPDATE")
            yield made
        # nobody built an index on part of the rows
        assert execute(owner, INDEXES) == [(before,)]
        assert execute(owner, PENDING) == [(True,)]
    finally:
        written = made.end()
        load_operations.DEFAULT_BATCH = usual
    assert written == LOADED
    assert execute(owner, INDEXES) == [(5,)]  # of the key, metadata, the field, texts, vectors
    assert execute(owner, PENDING) == [(False,)]
    execute(owner, "DROP OWNED BY reader_only", "DROP ROLE reader_only")


@pytest.fixture(params=["reader", "owner"])
def dsn(request: Any, held: Held) -> str:
    """A DSN of a role that waits for no lock."""
    options = {"options": "-c lock_timeout=200"}
    if request.param == "reader":
        options["user"] = "reader_only"
    return make_conninfo(held.dsn, **options)


VERBS: dict[str, Callable[[Any], Any]] = {
    "ensure_collection": lambda store: store.ensure_collection(TENANT, DOCS),
    "describe_collection": lambda store: store.describe_collection(TENANT, "docs"),
    "list_collections": lambda store: store.list_collections(TENANT),
    "get": lambda store: store.get(TENANT, "docs", ["00001"]),
    "list_items": lambda store: store.list_items(TENANT, "docs", filter={"page": 1}),
    "list_ids": lambda store: store.list_ids(TENANT, "docs"),
    "count": lambda store: store.count(TENANT, "docs", {"page": 1}),
    "search": lambda store: store.search(TENANT, "docs", VECTOR),
    "search explained": lambda store: store.search(TENANT, "docs", VECTOR, explain=True),
    "search filtered": lambda store: store.search(TENANT, "docs", VECTOR, filter={"page": 1}),
    "search_text": lambda store: store.search_text(TENANT, "docs", "some text"),
    "search_hybrid": lambda store: store.search_hybrid(TENANT, "docs", VECTOR, "some text"),
}


@pytest.mark.parametrize("setup", [True, False])
@pytest.mark.parametrize("verb", VERBS)
async def test_every_read_verb_answers_at_its_first_use(
    open_store: Any, dsn: str, verb: str, setup: bool
) -> None:
    async with closing(open_store(dsn, setup=setup, min_connections=0)) as store:
        assert await VERBS[verb](store)


def node_query(mode: str) -> VectorStoreQuery:
    return VectorStoreQuery(
        query_embedding=VECTOR, query_str="some text", mode=VectorStoreQueryMode(mode)
    )


def vector_store(dsn: str) -> PgRecallVectorStore:
    return PgRecallVectorStore(Model(), "docs", TENANT, dsn)


ADAPTERS: dict[str, tuple[Callable[[str], Any], Callable[[Any], Any]]] = {
    "similarity_search": (vector_store, lambda made: made.similarity_search("text")),
    "hybrid": (vector_store, lambda made: made.similarity_search("text", search="hybrid")),
    "mmr": (vector_store, lambda made: made.max_marginal_relevance_search("text")),
    "relevance": (
        vector_store,
        lambda made: made.similarity_search_with_relevance_scores("some text"),
    ),
    "get_by_ids": (vector_store, lambda made: made.get_by_ids(["00001"])),
    "document index": (
        lambda dsn: PgRecallDocumentIndex(Model(), collection="docs", tenant=TENANT, store=dsn),
        lambda made: made.get(["00001"]),
    ),
    "record manager": (
        lambda dsn: PgRecallRecordManager("notes", store=dsn, tenant=TENANT),
        lambda made: (made.create_schema(), made.exists(["one"]), made.list_keys())[2],
    ),
    "memory's get": (
        lambda dsn: PgRecallStore(dsn, "docs", TENANT, ttl={"refresh_on_read": True}),
        lambda made: made.get(("a",), "key"),
    ),
    "memory's search": (
        lambda dsn: PgRecallStore(
            dsn, "docs", TENANT, index={"dims": 3, "embed": Model()}, ttl={"refresh_on_read": True}
        ),
        lambda made: made.search(("a",), query="some text"),
    ),
    "memory's namespaces": (
        lambda dsn: PgRecallStore(dsn, "docs", TENANT),
        lambda made: made.list_namespaces(),
    ),
    "nodes": (
        lambda dsn: NodeStore(dsn, "docs", TENANT),
        lambda made: made.get_nodes(filters=None),
    ),
    "key values": (lambda dsn: PgRecallKVStore(dsn, TENANT), lambda made: made.get_all()),
    "documents": (
        lambda dsn: PgRecallDocumentStore(dsn, TENANT),
        lambda made: made.docs == {},
    ),
    "indexes": (
        lambda dsn: PgRecallIndexStore(dsn, TENANT),
        lambda made: made.index_structs() == [],
    ),
} | {
    f"node query {mode}": (
        lambda dsn: NodeStore(dsn, "docs", TENANT),
        lambda made, mode=mode: made.query(node_query(mode)).ids,
    )
    for mode in ("default", "hybrid", "text_search", "mmr")
}


@pytest.mark.parametrize("read", ADAPTERS)
def test_every_adapter_answers_at_its_first_use(dsn: str, read: str) -> None:
    make, call = ADAPTERS[read]
    made = make(dsn)
    try:
        assert call(made)
    finally:
        if hasattr(made, "close"):
            made.close()


def test_a_retriever_answers_at_its_first_use(dsn: str) -> None:
    with vector_store(dsn) as made:
        assert PgRecallRetriever(vector_store=made).invoke("some text")


@pytest.mark.parametrize(
    "words",
    [
        ("search", "docs", "some text", "--mode", "text"),
        ("get", "docs", "00001"),
        ("export", "docs"),
        ("collections",),
    ],
    ids=lambda words: words[0],
)
def test_every_command_that_reads_answers(dsn: str, words: tuple[str, ...]) -> None:
    assert Cli(dsn, TENANT).run(*words).stdout


def test_a_memorys_entry_that_another_writes_is_read(held: Held, dsn: str) -> None:
    # the fixture's session has locked every entry
    with PgRecallStore(dsn, "docs", TENANT, ttl={"refresh_on_read": True}) as memory:
        found = memory.get(("a",), "key")
        assert found is not None
        assert found.value == {"text": "some text"}
    assert execute(held.dsn, PENDING) == [(True,)]


def test_a_role_that_may_only_read_ensures_what_is_there_and_creates_nothing(held: Held) -> None:
    with Store(make_conninfo(held.dsn, user="reader_only")) as reader:
        assert reader.ensure_collection(TENANT, Collection("docs")).dimensions == 3
        with pytest.raises(DatabaseError, match="permission denied"):
            reader.ensure_collection(TENANT, Collection("other", 3))


def test_an_adapter_of_a_reader_cannot_write(held: Held) -> None:
    reader = make_conninfo(held.dsn, user="reader_only", options="-c lock_timeout=200")
    with NodeStore(reader, "docs", TENANT) as nodes, pytest.raises(DatabaseError):
        nodes.add([TextNode(text="late", embedding=VECTOR)])
