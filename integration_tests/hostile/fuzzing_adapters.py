"""Hostile strings in every place where a framework's adapter takes one."""

from __future__ import annotations

import traceback
from collections import Counter
from typing import TYPE_CHECKING, Any

import psycopg
from integration_tests.langchain.langchain_fakes import Words
from integration_tests.shared.hostile import DIMENSIONS, SECRET, same
from langchain_core.documents import Document
from langchain_core.outputs import Generation
from langchain_core.structured_query import Comparator, Comparison, Operation, Operator
from langchain_core.structured_query import StructuredQuery as Structured
from langgraph.store.base import InvalidNamespaceError
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
)
from psycopg import sql
from pydantic import ValidationError

from pgrecall import AsyncStore, Collection, DatabaseError, InvalidArgumentError, Item, Store
from pgrecall._adapters.pair import Pair
from pgrecall.langchain import PgRecallCache, PgRecallDocStore, PgRecallTranslator
from pgrecall.langchain import PgRecallVectorStore as Documents
from pgrecall.langgraph import PgRecallStore
from pgrecall.llama_index import PgRecallVectorStore as Nodes

if TYPE_CHECKING:
    from collections.abc import Sequence

TENANT = "adapters"
ROWS = 20
KINDS = ("vector", "hybrid", "text")
MODES = ("default", "sparse", "text_search", "hybrid", "mmr")

REFUSALS = (InvalidArgumentError, InvalidNamespaceError, ValidationError)
"""What a caller's mistake raises: ours, LangGraph's for a namespace, LlamaIndex's for a type."""


class AdapterFuzz:
    """One adapter each on a pair of stores; every finding is an exception that ends the run."""

    def __init__(self, pair: Pair, dsn: str, calls: Counter[str]) -> None:
        """Fill a collection an adapter."""
        self.pair = pair
        self.dsn = dsn
        self.calls = calls
        store = pair.store
        self.documents = Documents(Words(dimensions=DIMENSIONS), "documents", TENANT, store)
        self.documents.add_texts(
            [f"word {n}" for n in range(ROWS)],
            [{"a": n, "'": f"{n}", "id": f"{n}"} for n in range(ROWS)],
            ids=[f"row-{n}" for n in range(ROWS)],
        )
        self.papers = PgRecallDocStore(pair, TENANT)
        self.answers = PgRecallCache(pair, TENANT)
        self.nodes = Nodes(store, "nodes", TENANT, DIMENSIONS)
        self.nodes.add(
            [
                TextNode(
                    id_=f"row-{n}", text=f"word {n}", metadata={"a": n}, embedding=[n + 1, 2, 3]
                )
                for n in range(ROWS)
            ]
        )
        self.memory = PgRecallStore(
            store,
            tenant=TENANT,
            index={"dims": DIMENSIONS, "embed": Words(dimensions=DIMENSIONS)},
            search="hybrid",
        )

    def tried(self, kind: str, call: Any, *arguments: Any, **keywords: Any) -> Any:
        """Make one call; None where it was refused as the caller's mistake."""
        try:
            result = call(*arguments, **keywords)
        except REFUSALS:
            self.calls[f"{kind}: refused"] += 1
            return None
        self.calls[f"{kind}: served"] += 1
        return result

    def langchain(self, question: str, filter_: Any) -> None:
        """Search documents by every kind of search: what is found is what the filter counts."""
        for kind in KINDS:
            found = self.tried(
                f"langchain {kind}",
                self.documents.similarity_search_with_score,
                question,
                k=1_000,
                filter=filter_,
                search=kind,
            )
            # a question without words finds nothing by its text
            if found is not None and kind == "vector":
                number = self.documents.store.count(TENANT, "documents", filter_)
                assert len(found) == number, (len(found), number)

    def document(self, id_: str, text: str, given: dict[str, Any]) -> None:
        """Add a document and read it back."""
        add = self.documents.add_texts
        if self.tried("langchain add", add, [text], [given], ids=[id_]) is None:
            return
        [found] = self.documents.get_by_ids([id_])
        assert (found.id, found.page_content) == (id_, text)
        assert same(found.metadata, given), (found.metadata, given)
        assert self.documents.delete([id_])
        assert self.documents.store.count(TENANT, "documents") == ROWS

    def kept(self, key: str, text: str, given: dict[str, Any]) -> None:
        """Keep a document and an answer by their keys, and read both back."""

        def put() -> bool:
            self.papers.mset([(key, Document(text, metadata=given))])
            return True

        if self.tried("langchain mset", put):
            [found] = self.papers.mget([key])
            assert found is not None
            assert found.page_content == text
            assert same(found.metadata, given), (found.metadata, given)
            assert list(self.papers.yield_keys(prefix=key[:2])) == [key]
            self.papers.mdelete([key])
            assert self.papers.mget([key]) == [None]
        answer = [Generation(text=text)]
        self.answers.update(key, text, answer)
        assert self.answers.lookup(key, text) == answer
        self.answers.clear(llm_string=text)
        assert self.answers.lookup(key, text) is None

    def structured(self, question: str, parts: Sequence[tuple[Any, ...]], operator: str) -> None:
        """Search by what a model made of a question."""

        def asked() -> Any:
            comparisons = [
                Comparison(comparator=Comparator(name), attribute=attribute, value=value)
                for name, attribute, value in parts
            ]
            given = Operation(operator=Operator(operator), arguments=[*comparisons])
            query = Structured(query=question, filter=given, limit=None)
            words, keywords = PgRecallTranslator().visit_structured_query(query)
            return self.documents.similarity_search(words, **keywords)

        self.tried("langchain structured query", asked)

    def llama_index(
        self,
        question: str,
        parts: Sequence[tuple[Any, ...]],
        condition: str,
        mode: str,
        ids: list[str],
    ) -> None:
        """Query nodes in a mode, and read and count by the same filter."""

        def filters() -> MetadataFilters:
            made = [
                MetadataFilter(key=key, operator=FilterOperator(operator), value=value)
                for operator, key, value in parts
            ]
            inner = MetadataFilters(filters=[*made[1:]], condition=FilterCondition(condition))
            return MetadataFilters(filters=[*made[:1], inner])

        asked = self.tried("llama_index filter", filters)
        if asked is None:
            return
        whole: dict[str, Any] = {
            "query_embedding": [1.0, 2.0, 3.0],
            "query_str": question,
            "similarity_top_k": 1_000,
            "filters": asked,
        }
        result = self.tried("llama_index query", self.nodes.query, VectorStoreQuery(**whole))
        nodes = self.tried("llama_index get_nodes", self.nodes.get_nodes, filters=asked)
        if result is not None and nodes is not None:
            assert sorted(result.ids) == sorted(node.node_id for node in nodes)
        query = VectorStoreQuery(**whole, mode=mode, doc_ids=ids, node_ids=ids)  # type: ignore[arg-type]  # its name
        self.tried(f"llama_index {mode}", self.nodes.query, query)

    def node(self, id_: str, text: str, given: dict[str, Any]) -> None:
        """Add a node and read it back."""

        def add() -> list[str]:
            node = TextNode(id_=id_, text=text, metadata=given, embedding=[1.0, 2.0, 3.0])
            return self.nodes.add([node])

        if self.tried("llama_index add", add) is None:
            return
        [found] = self.nodes.get_nodes([id_])
        assert found.node_id == id_
        assert same(found.metadata, given), (found.metadata, given)
        assert found.get_content() == text
        self.nodes.delete_nodes([id_])
        self.tried("llama_index delete", self.nodes.delete, id_)
        assert len(self.nodes.get_nodes()) == ROWS

    def langgraph(
        self, namespace: tuple[str, ...], key: str, given: Any, question: str, filter_: Any
    ) -> None:
        """Keep a value, and find it by key, namespace, question and filter."""
        if self.tried("langgraph put", self.memory.put, namespace, key, given) is not None:
            raise AssertionError("put gives None")
        found = self.tried("langgraph get", self.memory.get, namespace, key)
        self.tried(
            "langgraph search",
            self.memory.search,
            namespace[:1],
            query=question,
            filter=filter_,
            limit=1_000,
        )
        self.tried("langgraph filter", self.memory.search, namespace, filter=filter_, limit=1_000)
        listed = self.tried(
            "langgraph namespaces", self.memory.list_namespaces, prefix=namespace, suffix=namespace
        )
        if found is None:
            return
        assert (found.namespace, found.key) == (namespace, key)
        assert same(found.value, given), (found.value, given)
        assert namespace in (listed or [])
        assert key in {one.key for one in self.memory.search(namespace, query="x", limit=1_000)}
        self.memory.delete(namespace, key)
        assert self.memory.get(namespace, key) is None

    def schema(self, name: str) -> None:
        """Set a store up in a schema of a hostile name, use it, and drop the schema again."""
        store = self.tried("schema", Store, self.dsn, schema=name, max_connections=1)
        if store is None:
            return
        with store, psycopg.connect(self.dsn, autocommit=True) as connection:
            found = connection.execute("SELECT FROM pg_namespace WHERE nspname = %s", (name,))
            if found.fetchone():
                return
            try:
                made = store.ensure_collection(TENANT, Collection("docs", DIMENSIONS))
            except DatabaseError:
                # PostgreSQL keeps these names for itself
                assert name.startswith("pg_"), name
                return
            store.upsert(TENANT, "docs", [Item("one", [1, 2, 3], "word")])
            assert len(store.search_hybrid(TENANT, "docs", [1, 2, 3], "word")) == 1
            text = f"SELECT id FROM {made.table_name}"
            assert connection.execute(text).fetchall() == [("one",)]
            assert store.drop_collection(TENANT, "docs") == 1
            statement = sql.SQL("DROP SCHEMA {} CASCADE")
            connection.execute(statement.format(sql.Identifier(name)))
            self.calls["schema: set up"] += 1

    def connection(self, dsn: str) -> None:
        """Hold that nothing shows a password; connects to nothing."""
        shows_no_secret(dsn, self.calls)


def shows_no_secret(dsn: str, calls: Counter[str]) -> None:
    """Give a DSN to all that takes one, and look at every text that comes back."""
    for keywords in ({"dsn": dsn}, {"dsn": "host=x", "read_dsn": dsn}):
        try:
            stores = [kind(**keywords) for kind in (Store, AsyncStore)]  # type: ignore[arg-type]  # strings
        except InvalidArgumentError as error:
            calls["dsn: refused"] += 1
            shown = traceback.format_exception(error)
        else:
            calls["dsn: taken"] += 1
            shown = []
            for store in stores:
                settings = store._driver.settings
                replicas = settings.of_replicas()
                shown += [repr(store), repr(Pair(store)), repr(settings), settings.where()]
                shown += [repr(replicas), replicas.where() if replicas else ""]
                nodes = Nodes(store)
                shown += [repr(nodes), str(nodes.to_dict()), nodes.to_json()]
                shown += [repr(PgRecallStore(store)), repr(Documents(Words(), store=store))]
        assert not [text for text in shown if SECRET in text], (dsn, keywords)
