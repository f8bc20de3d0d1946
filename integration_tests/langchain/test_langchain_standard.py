"""LangChain's own suites, on objects as a user makes them; nothing overridden, nothing skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.langchain.langchain_fakes import Words
from integration_tests.shared.adapters import adapters
from langchain_core.documents import Document
from langchain_tests.integration_tests import (
    BaseStoreAsyncTests,
    BaseStoreSyncTests,
    RetrieversIntegrationTests,
    VectorStoreIntegrationTests,
)
from langchain_tests.integration_tests.cache import AsyncCacheTestSuite, SyncCacheTestSuite
from langchain_tests.integration_tests.indexer import (
    AsyncDocumentIndexTestSuite,
    DocumentIndexerTestSuite,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from pgrecall import Store

named = adapters("pgrecall.langchain")
PgRecallByteStore = named.PgRecallByteStore
PgRecallCache = named.PgRecallCache
PgRecallDocStore = named.PgRecallDocStore
PgRecallDocumentIndex = named.PgRecallDocumentIndex
PgRecallRetriever = named.PgRecallRetriever
PgRecallSemanticCache = named.PgRecallSemanticCache
PgRecallVectorStore = named.PgRecallVectorStore


class TestVectorStore(VectorStoreIntegrationTests):
    """One object for the sync and the async tests."""

    @pytest.fixture
    def vectorstore(self, dsn: str, tenant: str) -> Iterator[PgRecallVectorStore]:
        """An empty store; closed by the sync half, whatever used it."""
        with PgRecallVectorStore(self.get_embeddings(), "docs", tenant, dsn) as store:
            yield store


class TestRetriever(RetrieversIntegrationTests):
    """The retriever on a store with some documents."""

    @pytest.fixture(autouse=True)
    def _filled(self, dsn: str, tenant: str) -> Iterator[None]:
        with PgRecallVectorStore(Words(), "docs", tenant, dsn) as store:
            store.add_texts([f"number {number} of the documents" for number in range(6)])
            self._store = store
            yield

    @property
    def retriever_constructor(self) -> type[PgRecallRetriever]:
        return PgRecallRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"vector_store": self._store}

    @property
    def retriever_query_example(self) -> str:
        return "documents"


class TestDocumentIndex(DocumentIndexerTestSuite):
    """The document index, called sync."""

    @pytest.fixture
    def index(self, dsn: str, tenant: str) -> Iterator[PgRecallDocumentIndex]:
        """An empty index."""
        index = PgRecallDocumentIndex(Words(), collection="docs", tenant=tenant, store=dsn)
        yield index
        index.close()


class TestAsyncDocumentIndex(AsyncDocumentIndexTestSuite):
    """The document index, called async."""

    @pytest.fixture
    async def index(self, dsn: str, tenant: str) -> AsyncIterator[PgRecallDocumentIndex]:
        """An empty index."""
        index = PgRecallDocumentIndex(Words(), collection="docs", tenant=tenant, store=dsn)
        yield index
        await index.aclose()


class _Bytes:
    """A byte store, empty for each test."""

    @pytest.fixture
    def kv_store(self, sync_store: Store, tenant: str) -> PgRecallByteStore:
        return PgRecallByteStore(sync_store, tenant)

    @pytest.fixture
    def three_values(self) -> tuple[bytes, bytes, bytes]:
        return b"foo", b"\0\xff", b""


class _Documents:
    """A document store, empty for each test."""

    @pytest.fixture
    def kv_store(self, sync_store: Store, tenant: str) -> PgRecallDocStore:
        return PgRecallDocStore(sync_store, tenant)

    @pytest.fixture
    def three_values(self) -> tuple[Document, Document, Document]:
        return Document("foo", id="1"), Document("", metadata={"n": [1, None]}), Document("\0")


class TestByteStore(_Bytes, BaseStoreSyncTests[bytes]):
    """The byte store, called sync."""


class TestAsyncByteStore(_Bytes, BaseStoreAsyncTests[bytes]):
    """The byte store, called async."""


class TestDocStore(_Documents, BaseStoreSyncTests[Document]):
    """The document store, called sync."""


class TestAsyncDocStore(_Documents, BaseStoreAsyncTests[Document]):
    """The document store, called async."""


class _Exact:
    """A cache of answers, empty for each test."""

    @pytest.fixture
    def cache(self, sync_store: Store, tenant: str) -> PgRecallCache:
        return PgRecallCache(sync_store, tenant)


class _Semantic:
    """A cache by meaning, empty for each test."""

    @pytest.fixture
    def cache(self, sync_store: Store, tenant: str) -> PgRecallSemanticCache:
        return PgRecallSemanticCache(Words(), sync_store, tenant)


class TestCache(_Exact, SyncCacheTestSuite):
    """The cache, called sync."""


class TestAsyncCache(_Exact, AsyncCacheTestSuite):
    """The cache, called async."""


class TestSemanticCache(_Semantic, SyncCacheTestSuite):
    """The cache by meaning, called sync."""


class TestAsyncSemanticCache(_Semantic, AsyncCacheTestSuite):
    """The cache by meaning, called async."""


@pytest.mark.parametrize(
    ("ours", "theirs", "count"),
    [
        (TestVectorStore, VectorStoreIntegrationTests, 25),
        (TestRetriever, RetrieversIntegrationTests, 4),
        (TestDocumentIndex, DocumentIndexerTestSuite, 11),
        (TestAsyncDocumentIndex, AsyncDocumentIndexTestSuite, 11),
        (TestByteStore, BaseStoreSyncTests, 11),
        (TestAsyncByteStore, BaseStoreAsyncTests, 11),
        (TestDocStore, BaseStoreSyncTests, 11),
        (TestAsyncDocStore, BaseStoreAsyncTests, 11),
        (TestCache, SyncCacheTestSuite, 7),
        (TestAsyncCache, AsyncCacheTestSuite, 7),
        (TestSemanticCache, SyncCacheTestSuite, 7),
        (TestAsyncSemanticCache, AsyncCacheTestSuite, 7),
    ],
)
def test_every_test_of_a_suite_runs_as_langchain_wrote_it(
    ours: type, theirs: type, count: int
) -> None:
    names = {name for name in dir(ours) if name.startswith("test_")}
    own = {name for name in vars(ours) if name.startswith("test_")}
    suites = {name for name in names if getattr(ours, name) is getattr(theirs, name)}

    assert own == set()
    assert suites == names
    assert len(names) >= count
    assert not getattr(ours, "pytestmark", [])
