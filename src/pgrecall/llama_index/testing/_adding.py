"""Adding: ids in order, upserts, what comes back of a node."""

from __future__ import annotations

from typing import Any

import pytest
from llama_index.core.schema import (
    BaseNode,
    Document,
    ImageNode,
    IndexNode,
    MetadataMode,
    NodeRelationship,
    RelatedNodeInfo,
    TextNode,
)

from pgrecall.llama_index.testing._base import Base, Calls, found, nodes_of
from pgrecall.llama_index.testing._hostile import HOSTILE


class Adding(Base):
    """What ``add`` and ``async_add`` owe their callers."""

    def test_add_returns_the_ids_in_the_order_of_the_nodes(self, store: Calls) -> None:
        nodes = [self.node(id_) for id_ in ("c", "a", "b")]
        assert store.add(nodes) == ["c", "a", "b"]

    def test_added_nodes_are_found(self, store: Calls) -> None:
        store.add([self.node("a"), self.node("b")])
        assert self.ids(store) == {"a", "b"}

    def test_adding_no_nodes_is_legal(self, store: Calls) -> None:
        assert store.add([]) == []

    def test_a_node_added_again_is_replaced(self, store: Calls) -> None:
        store.add([self.node("a", similarity=0.1), self.node("b", similarity=0.5)])
        store.add([self.node("a", similarity=0.9)])
        assert found(store.query(self.request())) == ["a", "b"]

    def test_a_node_added_again_has_its_new_text_and_metadata(self, text_store: Calls) -> None:
        text_store.add([self.node("a", "old", metadata={"lang": "en", "old": 1})])
        text_store.add([self.node("a", "new", metadata={"lang": "de"})])
        (node,) = nodes_of(text_store.query(self.request()))
        assert node.get_content(MetadataMode.NONE) == "new"
        assert node.metadata == {"lang": "de"}

    def test_of_an_id_twice_in_one_call_the_last_wins(self, store: Calls) -> None:
        first, last = self.node("a", similarity=0.1), self.node("a", similarity=0.9)
        store.add([first, self.node("b", similarity=0.5), last])
        assert found(store.query(self.request())) == ["a", "b"]

    def test_many_nodes_are_added_in_one_call(self, store: Calls) -> None:
        ids = [f"node-{number}" for number in range(700)]
        assert store.add([self.node(id_) for id_ in ids]) == ids
        assert self.ids(store) == set(ids)

    def test_add_leaves_the_callers_nodes_as_they_were(self, store: Calls) -> None:
        node = self.node("a", source="doc", metadata={"lang": "en"})
        before = node.model_copy(deep=True)
        store.add([node])
        assert node == before
        assert node.embedding == before.embedding

    def test_an_id_may_hold_any_characters(self, store: Calls) -> None:
        store.add([self.node(id_) for id_ in HOSTILE])
        assert self.ids(store) == set(HOSTILE)

    def test_a_text_may_hold_any_characters(self, text_store: Calls) -> None:
        texts = {*HOSTILE, "two\nlines\tand a tab", ""}
        text_store.add([self.node(f"node of {text}", text) for text in texts])
        nodes = nodes_of(text_store.query(self.request(limit=50)))
        assert {node.get_content(MetadataMode.NONE) for node in nodes} == texts

    def test_the_content_kept_is_the_text_without_the_metadata(self, text_store: Calls) -> None:
        text_store.add([self.node("a", "only this", metadata={"lang": "en"})])
        (node,) = nodes_of(text_store.query(self.request()))
        assert node.get_content(MetadataMode.NONE) == "only this"
        assert node.get_content(MetadataMode.ALL) == "lang: en\n\nonly this"

    def test_flat_metadata_comes_back_as_it_was(self, text_store: Calls) -> None:
        metadata = {"text": "x", "int": 3, "float": 0.5, "null": None, "Zoë 🦊": "O'Brien"}
        text_store.add([self.node("a", metadata=metadata)])
        (node,) = nodes_of(text_store.query(self.request()))
        assert node.metadata == metadata

    def test_metadata_comes_back_in_its_order(self, text_store: Calls) -> None:
        # a node's text for models and its hash are made of the metadata in this order
        node = self.node("a", metadata={"title": "x", "b": 1, "author": "y", "a": 2})
        text_store.add([node])
        (back,) = nodes_of(text_store.query(self.request()))
        assert back.get_content(MetadataMode.ALL) == node.get_content(MetadataMode.ALL)
        assert back.hash == node.hash

    def test_nested_metadata_comes_back_as_it_was(self, text_store: Calls) -> None:
        if getattr(text_store.vector_store, "flat_metadata", False):
            pytest.skip("the store keeps flat metadata alone: flat_metadata is True")
        metadata: dict[str, Any] = {"list": ["a", 1, [True, None]], "map": {"deep": {"er": 0.5}}}
        text_store.add([self.node("a", metadata=metadata)])
        (node,) = nodes_of(text_store.query(self.request()))
        assert node.metadata == metadata

    @pytest.mark.parametrize(
        "node",
        [
            TextNode(id_="a", text="text", start_char_idx=3, end_char_idx=7),
            IndexNode(id_="a", text="text", index_id="the-index"),
            ImageNode(id_="a", text="text", image="aGVsbG8=", image_mimetype="image/png"),
        ],
        ids=lambda node: type(node).__name__,
    )
    def test_a_node_comes_back_as_the_type_that_it_was(
        self, text_store: Calls, node: BaseNode
    ) -> None:
        text_store.add([self._embedded(node)])
        (back,) = nodes_of(text_store.query(self.request()))
        assert type(back) is type(node)
        assert _fields(back) == _fields(node)

    def test_a_document_comes_back_with_its_id_text_and_metadata(self, text_store: Calls) -> None:
        # core's own metadata_dict_to_node makes a TextNode of it, so the type is left open
        text_store.add(
            [self._embedded(Document(id_="a", text="all of it", metadata={"lang": "en"}))]
        )
        (back,) = nodes_of(text_store.query(self.request()))
        assert back.node_id == "a"
        assert back.get_content(MetadataMode.NONE) == "all of it"
        assert back.metadata == {"lang": "en"}

    def test_relationships_come_back(self, text_store: Calls) -> None:
        node = self.node("b", source="doc")
        node.relationships[NodeRelationship.PREVIOUS] = RelatedNodeInfo(
            node_id="a", metadata={"page": 1}
        )
        node.relationships[NodeRelationship.CHILD] = [
            RelatedNodeInfo(node_id="c"),
            RelatedNodeInfo(node_id="d"),
        ]
        text_store.add([node])
        (back,) = nodes_of(text_store.query(self.request()))
        assert back.relationships == node.relationships
        assert back.ref_doc_id == "doc"

    def test_what_is_hidden_from_a_model_comes_back_hidden(self, text_store: Calls) -> None:
        node = self.node("a", metadata={"shown": 1, "hidden": 2})
        node.excluded_llm_metadata_keys = ["hidden"]
        node.excluded_embed_metadata_keys = ["shown"]
        text_store.add([node])
        (back,) = nodes_of(text_store.query(self.request()))
        for mode in MetadataMode:
            assert back.get_content(mode) == node.get_content(mode)

    def _embedded(self, node: BaseNode) -> BaseNode:
        copy = node.model_copy(deep=True)
        copy.embedding = self.vector(0.5)
        return copy


def _fields(node: BaseNode) -> dict[str, Any]:
    return node.model_dump(exclude={"embedding"})
