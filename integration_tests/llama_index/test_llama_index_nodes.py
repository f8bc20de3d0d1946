"""LlamaIndex's nodes come back equal, and nothing of them is stored twice."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from integration_tests.search.filter_batches import storable
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import (
    BaseNode,
    Document,
    ImageNode,
    IndexNode,
    MediaResource,
    Node,
    NodeRelationship,
    ObjectType,
    RelatedNodeInfo,
    TextNode,
)
from llama_index.core.vector_stores.types import VectorStoreQuery

from pgrecall.errors import InvalidArgumentError
from pgrecall.llama_index import PgRecallVectorStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall import Store

X = [1.0, 0.5]

RELATIONS: dict[NodeRelationship, Any] = {
    NodeRelationship.SOURCE: RelatedNodeInfo(
        node_id="doc", node_type=ObjectType.DOCUMENT, metadata={"page": 1}, hash="h"
    ),
    NodeRelationship.PREVIOUS: RelatedNodeInfo(node_id="before", metadata={"page": 0, "a": [1]}),
    NodeRelationship.NEXT: RelatedNodeInfo(node_id="after", node_type="own kind"),
    NodeRelationship.CHILD: [RelatedNodeInfo(node_id="c1"), RelatedNodeInfo(node_id="c2")],
}
COMMON: dict[str, Any] = {
    "id_": "a",
    "embedding": X,
    "metadata": {"page": 1, "a": "b", "tags": ["x", "y"], "deep": {"zz": {"n": None}, "a": 1.5}},
    "excluded_embed_metadata_keys": ["page"],
    "excluded_llm_metadata_keys": ["a", "tags"],
    "metadata_template": "{key}={value}",
    "metadata_separator": "; ",
    "text_template": "{content} ({metadata_str})",
    "relationships": RELATIONS,
}
PNG = b"iVBORw0KGgo="

NODES: list[BaseNode] = [
    TextNode(id_="plain", text="words", embedding=X),
    TextNode(**COMMON, text="words", start_char_idx=3, end_char_idx=9, mimetype="text/html"),
    TextNode(id_="empty", embedding=X),
    IndexNode(**COMMON, text="words", index_id="other"),
    IndexNode(id_="i", embedding=X, index_id="other", obj=TextNode(id_="t", text="inner")),
    IndexNode(id_="j", embedding=X, index_id="other", obj={"plain": ["json", 1]}),
    IndexNode(id_="s", embedding=X, index_id="other", obj="a string"),
    ImageNode(**COMMON, text="words", image="aGVsbG8=", text_embedding=[0.1, 0.2]),
    ImageNode(id_="path", embedding=X, image_path="/data/a.png", image_url="http://x/a.png"),
    Document(**COMMON, text="words"),
    Document(id_="bare", embedding=X),
    Document(id_="empty-text", embedding=X, text_resource=MediaResource(text="")),
    Node(**COMMON, text_resource=MediaResource(text="words", mimetype="text/markdown")),
    Node(id_="no-text", embedding=X, text_resource=MediaResource(path="/data/a.txt")),
    Node(
        id_="media",
        embedding=X,
        image_resource=MediaResource(data=PNG),
        audio_resource=MediaResource(url="http://x/a.mp3", mimetype="audio/mpeg"),
        video_resource=MediaResource(path="/data/a.mp4", embeddings={"dense": [0.1]}),
    ),
]


@pytest.fixture
def vectors(dsn: str, tenant: str) -> Iterator[PgRecallVectorStore]:
    store = PgRecallVectorStore(dsn, tenant=tenant)
    yield store
    store.close()


@pytest.fixture
def metadata_of(dsn: str, tenant: str, vectors: PgRecallVectorStore) -> Any:
    """Read the one row's metadata by SQL, or change it."""

    def run(change: str | None = None) -> dict[str, Any]:
        described = vectors.client.describe_collection(tenant, "docs")
        assert described is not None
        with psycopg.connect(dsn, autocommit=True) as connection:
            if change is not None:
                connection.execute(f"UPDATE {described.table_name} SET {change}")  # type: ignore[arg-type]
            row = connection.execute(f"SELECT metadata FROM {described.table_name}").fetchone()  # type: ignore[arg-type]
        assert row is not None
        found: dict[str, Any] = row[0]
        return found

    return run


def stored(vectors: PgRecallVectorStore, node: BaseNode) -> BaseNode:
    vectors.add([node])
    [found] = vectors.get_nodes([node.node_id], include_embeddings=True)
    return found


@pytest.mark.parametrize("node", NODES, ids=lambda node: f"{type(node).__name__}-{node.id_}")
def test_a_node_comes_back_equal(vectors: PgRecallVectorStore, node: BaseNode) -> None:
    before = node.model_copy(deep=True)
    found = stored(vectors, node)
    assert type(found) is type(node)
    assert found == node == before
    assert found.hash == node.hash
    assert found.get_content() == node.get_content()
    assert found.relationships == node.relationships
    assert found.ref_doc_id == node.ref_doc_id


def test_a_query_gives_the_same_nodes_without_embeddings(vectors: PgRecallVectorStore) -> None:
    vectors.add(NODES)
    ids = {node.node_id: node for node in NODES}
    result = vectors.query(VectorStoreQuery(query_embedding=X, similarity_top_k=99))
    assert result.nodes is not None
    assert {found.node_id for found in result.nodes} == set(ids)
    for found in result.nodes:
        assert found == ids[found.node_id].model_copy(update={"embedding": None})


def test_nodes_that_a_splitter_made_come_back_equal(vectors: PgRecallVectorStore) -> None:
    document = Document(
        text="One sentence. " * 60, metadata={"title": "T", "author": "A", "file": "f.txt"}
    )
    made = SentenceSplitter(chunk_size=40, chunk_overlap=5).get_nodes_from_documents([document])
    for node in made:
        node.embedding = X
        node.metadata["added"] = "by an extractor"
    vectors.add(made)
    found = vectors.get_nodes([node.node_id for node in made], include_embeddings=True)
    assert found == made
    assert [node.hash for node in found] == [node.hash for node in made]


KEYS = st.text(storable, max_size=4) | st.sampled_from(
    ["ref_doc_id", "_node_type", "_node_content", "id", "doc_id", "text", "embedding", "b", "aa"]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    # jsonb has no negative zero
    | st.floats(-(2.0**50), 2.0**50).map(lambda number: number + 0.0)
    | st.text(storable, max_size=5)
)
METADATA = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=4,
    ),
    max_size=5,
)


def test_any_metadata_comes_back_equal_and_in_its_order(vectors: PgRecallVectorStore) -> None:
    @settings(
        max_examples=30,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.tuples(METADATA, METADATA), min_size=5, max_size=10))
    def check(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
        nodes = [
            TextNode(
                id_=f"n{place}",
                embedding=X,
                metadata=own,
                relationships={
                    NodeRelationship.SOURCE: RelatedNodeInfo(node_id="s", metadata=source),
                    NodeRelationship.NEXT: RelatedNodeInfo(node_id="n", metadata=own | source),
                },
            )
            for place, (own, source) in enumerate(pairs)
        ]
        vectors.add(nodes)
        found = vectors.get_nodes([node.node_id for node in nodes], include_embeddings=True)
        assert found == nodes
        for one, node in zip(found, nodes, strict=True):
            assert json.dumps(one.metadata) == json.dumps(json.loads(json.dumps(node.metadata)))

    check()


def test_content_and_metadata_are_stored_once(
    vectors: PgRecallVectorStore, metadata_of: Any
) -> None:
    metadata = {"title": "a unique title", "author": "some author"}
    source = RelatedNodeInfo(node_id="doc", metadata=metadata)
    vectors.add(
        [
            TextNode(
                text="a unique text",
                embedding=X,
                metadata=metadata,
                relationships={NodeRelationship.SOURCE: source, NodeRelationship.NEXT: source},
            )
        ]
    )
    written = json.dumps(metadata_of())
    assert "unique text" not in written
    assert written.count("a unique title") == written.count("some author") == 1


def test_a_plain_node_adds_its_class_and_its_source_to_the_metadata_only(
    vectors: PgRecallVectorStore, metadata_of: Any
) -> None:
    vectors.add([TextNode(text="x", embedding=X, metadata={"page": 1})])
    assert metadata_of() == {"page": 1, "ref_doc_id": "None", "_node_type": "TextNode"}


def test_an_edit_of_metadata_by_sql_shows_in_the_node(
    vectors: PgRecallVectorStore, metadata_of: Any
) -> None:
    vectors.add([TextNode(**COMMON, text="x")])
    metadata_of("""metadata = metadata - 'tags' || '{"page": 2, "new": true}', text = 'edited'""")
    [found] = vectors.get_nodes()
    assert found.metadata == {"page": 2, "a": "b", "deep": COMMON["metadata"]["deep"], "new": True}
    assert found.get_content() == "edited"
    assert found.excluded_embed_metadata_keys == ["page"]


def test_metadata_under_the_keys_that_the_store_uses_is_kept(
    vectors: PgRecallVectorStore,
) -> None:
    metadata = {"_node_content": "{broken", "ref_doc_id": [1], "z": 1, "_node_type": "IndexNode"}
    metadata |= {"doc_id": "own", "document_id": 5, "id": "own", "text": "own", "embedding": []}
    node = TextNode(id_="a", text="x", embedding=X, metadata=metadata)
    assert stored(vectors, node) == node
    assert list(stored(vectors, node).metadata) == list(metadata)


def test_dates_and_the_like_are_stored_as_the_core_stores_them(
    vectors: PgRecallVectorStore,
) -> None:
    moment = dt.datetime(2024, 5, 6, 7, 8, tzinfo=dt.UTC)
    metadata = {"z": dt.date(2024, 5, 6), "inner": [{"at": moment}], "n": np.int64(3), "a": 1}
    source = RelatedNodeInfo(node_id="doc", metadata={"at": moment, "cost": Decimal("1.5")})
    node = TextNode(
        id_="a",
        text="x",
        embedding=X,
        metadata=metadata,
        relationships={NodeRelationship.SOURCE: source},
    )
    found = stored(vectors, node)
    plain = {"z": "2024-05-06", "inner": [{"at": "2024-05-06T07:08:00+00:00"}], "n": 3, "a": 1}
    assert found.metadata == plain
    assert list(found.metadata) == list(plain)
    assert found.source_node is not None
    assert found.source_node.metadata == {"at": "2024-05-06T07:08:00+00:00", "cost": 1.5}


def test_a_set_in_metadata_is_refused_with_its_place(vectors: PgRecallVectorStore) -> None:
    node = TextNode(id_="a", text="x", embedding=X, metadata={"kinds": [{"one"}]})
    with pytest.raises(InvalidArgumentError, match=r'metadata\["kinds"\]\[0\] .*sorted\(value\)'):
        vectors.add([node])


@pytest.mark.parametrize("value", [object(), float("nan"), "\0", "\ud800"])
def test_metadata_that_cannot_be_stored_is_refused_with_the_nodes_id(
    vectors: PgRecallVectorStore, value: Any
) -> None:
    node = TextNode(id_="the id", text="x", embedding=X, metadata={"key": value})
    with pytest.raises(
        InvalidArgumentError, match=r"metadata of node number 0 \(from 0\) with id 'the id'"
    ):
        vectors.add([node])


def test_a_relationship_that_cannot_be_stored_is_refused_with_the_nodes_id(
    vectors: PgRecallVectorStore,
) -> None:
    source = RelatedNodeInfo(node_id="doc", metadata={"key": object()})
    node = TextNode(id_="the id", embedding=X, relationships={NodeRelationship.SOURCE: source})
    with pytest.raises(InvalidArgumentError, match="with id 'the id' holds what is no JSON"):
        vectors.add([node])


def test_metadata_of_a_relationship_is_no_alias_of_the_nodes(vectors: PgRecallVectorStore) -> None:
    metadata = {"page": 1}
    source = RelatedNodeInfo(node_id="doc", metadata=metadata)
    node = TextNode(
        id_="a",
        embedding=X,
        metadata=metadata,
        relationships={NodeRelationship.SOURCE: source, NodeRelationship.NEXT: source},
    )
    found = stored(vectors, node)
    found.metadata["page"] = 2
    assert found.source_node is not None
    assert found.source_node.metadata == found.next_node.metadata == metadata  # type: ignore[union-attr]


def test_a_node_of_a_class_of_ones_own_is_read_as_the_class_it_extends(
    vectors: PgRecallVectorStore,
) -> None:
    class Chapter(Document):
        number: int = 0

        @classmethod
        def class_name(cls) -> str:
            return "Chapter"

    found = stored(vectors, Chapter(id_="a", text="x", embedding=X, number=7))
    assert found == Document(id_="a", text="x", embedding=X)


def test_adding_leaves_the_callers_node_as_it_is(vectors: PgRecallVectorStore) -> None:
    for node in NODES:
        before = node.model_copy(deep=True)
        vectors.add([node])
        assert node == before


def test_a_source_whose_id_is_too_long_for_an_index_is_refused(
    vectors: PgRecallVectorStore,
) -> None:
    source = RelatedNodeInfo(node_id="x" * 3000)
    node = TextNode(embedding=X, relationships={NodeRelationship.SOURCE: source})
    with pytest.raises(InvalidArgumentError, match=r"ref_doc_id.*2,000"):
        vectors.add([node])


def test_nodes_are_searched_by_their_text_without_metadata(
    dsn: str, tenant: str, sync_store: Store
) -> None:
    vectors = PgRecallVectorStore(sync_store, tenant=tenant)
    vectors.add([TextNode(text="falcon", metadata={"title": "eagle"}, embedding=X)])
    for words, count in (("falcon", 1), ("eagle", 0)):
        result = vectors.query(VectorStoreQuery(query_str=words, mode="text_search"))
        assert len(result.ids or []) == count
