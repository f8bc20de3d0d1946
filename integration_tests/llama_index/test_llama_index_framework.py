"""What LlamaIndex builds on a vector store, used for real with models that need no network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from integration_tests.llama_index.llama_fakes import ScriptedLLM, WordEmbedding
from integration_tests.shared.words import HOSTILE
from llama_index.core import Settings, StorageContext, VectorStoreIndex, load_index_from_storage
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.indices.vector_store.retrievers import VectorIndexAutoRetriever
from llama_index.core.ingestion import DocstoreStrategy, IngestionCache, IngestionPipeline
from llama_index.core.llms import MockLLM
from llama_index.core.memory import Memory, VectorMemoryBlock
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.retrievers import QueryFusionRetriever, VectorIndexRetriever
from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
from llama_index.core.schema import Document, IndexNode, NodeWithScore, TextNode
from llama_index.core.storage.chat_store.sql import SQLAlchemyChatStore
from llama_index.core.vector_stores.types import (
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    MetadataInfo,
    VectorStoreInfo,
    VectorStoreQueryMode,
)

from pgrecall.llama_index import (
    PgRecallDocumentStore,
    PgRecallIndexStore,
    PgRecallKVStore,
    PgRecallVectorStore,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from pgrecall import Store

HYBRID, TEXT = VectorStoreQueryMode.HYBRID, VectorStoreQueryMode.TEXT_SEARCH

DOCUMENTS = [
    Document(
        id_="foxes",
        text="The red fox hunts mice at night. A fox den has several entrances.",
        metadata={"topic": "animals", "year": 2003},
    ),
    Document(
        id_="trains",
        text="The night train leaves the station at ten. Tickets are sold on board.",
        metadata={"topic": "travel", "year": 1998},
    ),
    Document(
        id_="bread",
        text="Knead the dough and let it rest. Bake the bread until its crust is brown.",
        metadata={"topic": "food", "year": 2010},
    ),
]


@pytest.fixture(autouse=True)
def _no_network() -> Iterator[None]:
    """No default of LlamaIndex may look for a model or a tokenizer on the network."""
    Settings.llm = MockLLM()
    Settings.embed_model = WordEmbedding()
    Settings.tokenizer = str.split
    Settings.node_parser = _splitter()
    # made of the parser at its first use, in whichever test that was
    Settings._transformations = None
    yield
    Settings._llm = Settings._embed_model = Settings._node_parser = Settings._tokenizer = None
    Settings._transformations = None


@pytest.fixture
async def vector_store(sync_store: Store, tenant: str) -> AsyncIterator[PgRecallVectorStore]:
    made = PgRecallVectorStore(sync_store, "docs", tenant)
    yield made
    await made.aclose()


@pytest.fixture
def key_values(vector_store: PgRecallVectorStore) -> PgRecallKVStore:
    return PgRecallKVStore(vector_store.client, vector_store.tenant)


@pytest.fixture
def index(vector_store: PgRecallVectorStore) -> VectorStoreIndex:
    return VectorStoreIndex.from_documents(
        DOCUMENTS, storage_context=StorageContext.from_defaults(vector_store=vector_store)
    )


def _splitter() -> SentenceSplitter:
    """One sentence a node: a sentence has up to nine words here, its metadata four."""
    return SentenceSplitter(chunk_size=16, chunk_overlap=0, tokenizer=str.split)


def _texts(found: list[NodeWithScore]) -> list[str]:
    return [scored.node.get_content() for scored in found]


def _sources(found: list[NodeWithScore]) -> set[str | None]:
    return {scored.node.ref_doc_id for scored in found}


def test_an_index_retrieves_the_nearest_sentence(index: VectorStoreIndex) -> None:
    (first, *_) = index.as_retriever(similarity_top_k=3).retrieve("how many entrances has a den")
    assert first.node.get_content() == "A fox den has several entrances."
    assert first.node.metadata == {"topic": "animals", "year": 2003}
    assert first.node.ref_doc_id == "foxes"


async def test_an_index_retrieves_for_async_callers(index: VectorStoreIndex) -> None:
    found = await index.as_retriever(similarity_top_k=1).aretrieve("bake the bread")
    assert _sources(found) == {"bread"}


def test_a_query_engine_shows_the_model_what_was_found(index: VectorStoreIndex) -> None:
    model = ScriptedLLM(answer="at ten")
    answer = index.as_query_engine(llm=model, similarity_top_k=1).query("when leaves the train")
    assert str(answer) == "at ten"
    assert "The night train leaves the station at ten." in model.prompts[0]
    assert _sources(answer.source_nodes) == {"trains"}


@pytest.mark.parametrize("mode", [TEXT, VectorStoreQueryMode.SPARSE])
def test_a_text_query_embeds_nothing(index: VectorStoreIndex, mode: VectorStoreQueryMode) -> None:
    model = WordEmbedding(refuses="fox")
    retriever = VectorIndexRetriever(index, vector_store_query_mode=mode, embed_model=model)
    assert _sources(retriever.retrieve("fox")) == {"foxes"}


def test_a_retriever_passes_filters_and_documents(index: VectorStoreIndex) -> None:
    filters = MetadataFilters(
        filters=[MetadataFilter(key="year", value=2000, operator=FilterOperator.GT)]
    )
    found = index.as_retriever(similarity_top_k=10, filters=filters).retrieve("night")
    assert _sources(found) == {"foxes", "bread"}
    narrowed = index.as_retriever(similarity_top_k=10, doc_ids=["trains"]).retrieve("fox")
    assert _sources(narrowed) == {"trains"}


def test_an_index_that_embeds_at_once_stores_the_same(vector_store: PgRecallVectorStore) -> None:
    context = StorageContext.from_defaults(vector_store=vector_store)
    index = VectorStoreIndex.from_documents(DOCUMENTS, storage_context=context, use_async=True)
    found = index.as_retriever(similarity_top_k=10).retrieve("fox den")
    assert len(found) == 6
    assert _texts(found)[0] == "A fox den has several entrances."


async def test_an_index_inserts_and_deletes_for_async_callers(index: VectorStoreIndex) -> None:
    await index.ainsert_nodes([TextNode(text="Rivers run to the sea.")])
    await index.adelete_ref_doc("trains")
    found = await index.as_retriever(similarity_top_k=10).aretrieve("rivers and trains")
    assert _sources(found) == {"foxes", "bread", None}
    assert _texts(found)[0] == "Rivers run to the sea."


def test_an_index_deletes_and_updates_documents(index: VectorStoreIndex) -> None:
    index.delete_ref_doc("trains")
    index.update_ref_doc(Document(id_="bread", text="Cakes need sugar."))
    found = index.as_retriever(similarity_top_k=10).retrieve("night train bread")
    assert _sources(found) == {"foxes", "bread"}
    assert "Cakes need sugar." in _texts(found)
    assert len(found) == 3


def test_an_index_node_leads_to_what_it_stands_for(vector_store: PgRecallVectorStore) -> None:
    whole = TextNode(id_="whole", text="A long report on rivers.")
    summary = IndexNode(id_="summary", text="rivers and lakes", index_id="whole", obj=whole)
    context = StorageContext.from_defaults(vector_store=vector_store)
    index = VectorStoreIndex(objects=[summary], storage_context=context)
    assert _texts(index.as_retriever().retrieve("rivers")) == ["A long report on rivers."]


def test_a_storage_context_brings_an_index_back(
    vector_store: PgRecallVectorStore, key_values: PgRecallKVStore, tmp_path: Path
) -> None:
    def context() -> StorageContext:
        return StorageContext.from_defaults(
            vector_store=vector_store,
            docstore=PgRecallDocumentStore(key_values),
            index_store=PgRecallIndexStore(key_values),
        )

    made = VectorStoreIndex.from_documents(
        DOCUMENTS, storage_context=context(), store_nodes_override=True
    )
    made.set_index_id("the-index")
    made.storage_context.persist(str(tmp_path))
    loaded = load_index_from_storage(context(), index_id="the-index", store_nodes_override=True)
    assert isinstance(loaded, VectorStoreIndex)
    assert _sources(loaded.as_retriever(similarity_top_k=1).retrieve("fox den")) == {"foxes"}
    assert set(loaded.docstore.get_all_ref_doc_info() or {}) == {"foxes", "trains", "bread"}
    loaded.delete_ref_doc("foxes", delete_from_docstore=True)
    assert set(loaded.docstore.get_all_ref_doc_info() or {}) == {"trains", "bread"}


class Ingested:
    """A pipeline whose every part stands on one database."""

    def __init__(self, vector_store: PgRecallVectorStore, key_values: PgRecallKVStore) -> None:
        self.vector_store = vector_store
        self.model = WordEmbedding()
        self.pipeline = IngestionPipeline(
            transformations=[_splitter(), self.model],
            vector_store=vector_store,
            docstore=PgRecallDocumentStore(key_values),
            cache=IngestionCache(cache=key_values),
        )

    async def run(self, documents: list[Document], *, asynchronous: bool) -> int:
        """Ingest, and count the nodes that were made."""
        if asynchronous:
            return len(await self.pipeline.arun(documents=documents))
        return len(self.pipeline.run(documents=documents))

    @property
    def texts(self) -> set[str]:
        return {node.get_content() for node in self.vector_store.get_nodes()}


@pytest.fixture
def ingested(vector_store: PgRecallVectorStore, key_values: PgRecallKVStore) -> Ingested:
    return Ingested(vector_store, key_values)


@pytest.fixture(params=["sync", "async"])
def asynchronous(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "async")


async def test_a_pipeline_stores_what_it_makes(ingested: Ingested, asynchronous: bool) -> None:
    assert await ingested.run(DOCUMENTS, asynchronous=asynchronous) == 6
    assert len(ingested.texts) == 6


async def test_a_pipeline_leaves_what_it_knows_alone(
    ingested: Ingested, asynchronous: bool
) -> None:
    await ingested.run(DOCUMENTS, asynchronous=asynchronous)
    assert await ingested.run(DOCUMENTS, asynchronous=asynchronous) == 0
    assert len(ingested.texts) == 6


async def test_a_pipeline_replaces_a_document_that_changed(
    ingested: Ingested, asynchronous: bool
) -> None:
    await ingested.run(DOCUMENTS, asynchronous=asynchronous)
    changed = Document(id_="trains", text="The train is late.")
    assert await ingested.run([DOCUMENTS[0], changed], asynchronous=asynchronous) == 1
    assert "The train is late." in ingested.texts
    assert not any("station" in text for text in ingested.texts)
    assert len(ingested.texts) == 5


async def test_a_pipeline_deletes_documents_that_are_gone(
    ingested: Ingested, asynchronous: bool
) -> None:
    ingested.pipeline.docstore_strategy = DocstoreStrategy.UPSERTS_AND_DELETE
    await ingested.run(DOCUMENTS, asynchronous=asynchronous)
    await ingested.run(DOCUMENTS[:1], asynchronous=asynchronous)
    assert len(ingested.texts) == 2


async def test_a_pipelines_cache_spares_the_embedding(
    ingested: Ingested, asynchronous: bool
) -> None:
    await ingested.run(DOCUMENTS, asynchronous=asynchronous)
    calls = len(ingested.model._calls)
    ingested.pipeline.docstore = None
    assert await ingested.run(DOCUMENTS, asynchronous=asynchronous) == 6
    assert len(ingested.model._calls) == calls


def _auto_retriever(index: VectorStoreIndex, **spec: object) -> VectorIndexAutoRetriever:
    return VectorIndexAutoRetriever(
        index,
        vector_store_info=VectorStoreInfo(
            content_info="notes",
            metadata_info=[
                MetadataInfo(name="year", type="integer", description="when it was written"),
                MetadataInfo(name="topic", type="string", description="what it is about"),
            ],
        ),
        llm=ScriptedLLM(answer=f"```json\n{json.dumps(spec)}\n```"),
        similarity_top_k=10,
    )


def test_an_auto_retriever_filters_as_its_model_says(index: VectorStoreIndex) -> None:
    filters = [{"key": "topic", "value": "animals", "operator": "=="}]
    retriever = _auto_retriever(index, query="night", filters=filters, top_k=3)
    assert _sources(retriever.retrieve("what of animals at night")) == {"foxes"}


async def test_an_auto_retriever_compares_numbers_that_came_as_text(
    index: VectorStoreIndex,
) -> None:
    filters = [{"key": "year", "value": "2000", "operator": ">"}]
    retriever = _auto_retriever(index, query="night", filters=filters, top_k=None)
    assert _sources(retriever.retrieve("since 2000")) == {"foxes", "bread"}
    assert _sources(await retriever.aretrieve("since 2000")) == {"foxes", "bread"}


def test_an_auto_retriever_searches_by_filter_alone(index: VectorStoreIndex) -> None:
    filters = [{"key": "topic", "value": ["food", "O'Brien"], "operator": "in"}]
    retriever = _auto_retriever(index, query="", filters=filters, top_k=None)
    retriever._default_empty_query_vector = WordEmbedding().get_text_embedding("anything")
    assert _sources(retriever.retrieve("everything on food")) == {"bread"}


def _fusion(
    index: VectorStoreIndex, mode: FUSION_MODES, *, use_async: bool
) -> QueryFusionRetriever:
    return QueryFusionRetriever(
        [
            index.as_retriever(similarity_top_k=4),
            index.as_retriever(similarity_top_k=4, vector_store_query_mode=TEXT),
            index.as_retriever(similarity_top_k=4, vector_store_query_mode=HYBRID, alpha=0.5),
        ],
        llm=ScriptedLLM(answer="mice at night\nden entrances"),
        mode=mode,
        num_queries=3,
        similarity_top_k=2,
        use_async=use_async,
    )


@pytest.mark.parametrize("mode", list(FUSION_MODES), ids=lambda mode: mode.value)
@pytest.mark.parametrize("use_async", [False, True], ids=["sync", "in loops of its own"])
def test_a_fusion_of_retrievers_finds_what_its_queries_mean(
    index: VectorStoreIndex, mode: FUSION_MODES, use_async: bool
) -> None:
    found = _fusion(index, mode, use_async=use_async).retrieve("fox")
    assert len(found) == 2
    assert _sources(found) == {"foxes"}


async def test_a_fusion_of_retrievers_serves_async_callers(index: VectorStoreIndex) -> None:
    retriever = _fusion(index, FUSION_MODES.RECIPROCAL_RANK, use_async=True)
    assert _sources(await retriever.aretrieve("fox")) == {"foxes"}


def test_a_cut_off_keeps_the_best_of_a_hybrid_search(index: VectorStoreIndex) -> None:
    found = index.as_retriever(
        vector_store_query_mode=HYBRID, similarity_top_k=6, alpha=0.5
    ).retrieve("a fox den has several entrances")
    scores = [scored.score or 0.0 for scored in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    kept = SimilarityPostprocessor(similarity_cutoff=scores[1]).postprocess_nodes(found)
    assert _texts(kept) == _texts(found)[:2]
    assert _texts(kept)[0] == "A fox den has several entrances."
    everything = SimilarityPostprocessor(similarity_cutoff=0.0).postprocess_nodes(found)
    assert len(everything) == len(found)
    assert SimilarityPostprocessor(similarity_cutoff=1.01).postprocess_nodes(found) == []


def test_a_query_engine_with_a_cut_off_leaves_out_what_is_far(index: VectorStoreIndex) -> None:
    engine = index.as_query_engine(
        llm=ScriptedLLM(answer="two"),
        vector_store_query_mode=HYBRID,
        similarity_top_k=6,
        alpha=0.5,
        node_postprocessors=[SimilarityPostprocessor(similarity_cutoff=0.3)],
    )
    assert _sources(engine.query("fox").source_nodes) == {"foxes"}


@pytest.mark.parametrize(
    "session", [*HOSTILE, "long " * 800, "1"], ids=lambda word: ascii(word)[:20]
)
async def test_a_vector_memory_keeps_to_its_session(
    vector_store: PgRecallVectorStore, session: str
) -> None:
    block = VectorMemoryBlock(vector_store=vector_store, embed_model=WordEmbedding())
    await block.aput([ChatMessage(role="user", content="my secret is green")], session_id=session)
    other = VectorMemoryBlock(vector_store=vector_store, embed_model=WordEmbedding())
    await other.aput([ChatMessage(role="user", content="my secret is blue")], session_id="other")
    asked = [ChatMessage(role="user", content="what is my secret")]
    assert "green" in await block.aget(asked, session_id=session)
    assert "blue" not in await block.aget(asked, session_id=session)
    unknown = VectorMemoryBlock(vector_store=vector_store, embed_model=WordEmbedding())
    assert await unknown.aget(asked, session_id=f"{session}%") == ""


@pytest.fixture
async def chats() -> AsyncIterator[SQLAlchemyChatStore]:
    """LlamaIndex's own store of a session's messages, in memory."""
    made = SQLAlchemyChatStore(table_name="chats")
    yield made
    if made._async_engine is not None:
        await made._async_engine.dispose()


async def test_a_memory_remembers_what_left_its_window(
    vector_store: PgRecallVectorStore, chats: SQLAlchemyChatStore
) -> None:
    block = VectorMemoryBlock(
        vector_store=vector_store,
        embed_model=WordEmbedding(),
        similarity_top_k=1,
        retrieval_context_window=2,
    )
    memory = Memory.from_defaults(
        session_id="O'Brien's 100% session",
        token_limit=40,
        token_flush_size=10,
        tokenizer_fn=str.split,
        memory_blocks=[block],
        chat_store=chats,
    )
    await memory.aput_messages(
        [
            message
            for turn in ("my cat is called Tiger", *("we talk about the weather",) * 8)
            for message in (
                ChatMessage(role="user", content=turn),
                ChatMessage(role="assistant", content="I see"),
            )
        ]
    )
    stored = [node.get_content() for node in vector_store.get_nodes()]
    assert any("Tiger" in text for text in stored)
    messages = await memory.aget("how is my cat called")
    assert "Tiger" in str(messages[0].content)
