"""Deleting: by document, by node, by filter, and everything."""

from __future__ import annotations

import pytest
from llama_index.core.vector_stores.types import MetadataFilter, MetadataFilters

from pgrecall.llama_index.testing._base import Base, Calls
from pgrecall.llama_index.testing._hostile import HOSTILE

ENGLISH = MetadataFilters(filters=[MetadataFilter(key="lang", value="en")])


class Deleting(Base):
    """What ``delete``, ``delete_nodes`` and ``clear`` owe their callers."""

    def _add_parts(self, store: Calls) -> None:
        store.add(
            [
                self.node("a", source="doc-1", metadata={"lang": "en"}),
                self.node("b", source="doc-1", metadata={"lang": "de"}),
                self.node("c", source="doc-2", metadata={"lang": "en"}),
                self.node("d"),
            ]
        )

    def test_delete_removes_the_nodes_of_a_document(self, store: Calls) -> None:
        self._add_parts(store)
        store.delete("doc-1")
        assert self.ids(store) == {"c", "d"}

    def test_delete_of_an_unknown_document_removes_nothing(self, store: Calls) -> None:
        self._add_parts(store)
        store.delete("absent")
        assert self.ids(store) == {"a", "b", "c", "d"}

    def test_delete_does_not_take_a_nodes_id_for_a_documents(self, store: Calls) -> None:
        self._add_parts(store)
        store.delete("a")
        assert self.ids(store) == {"a", "b", "c", "d"}

    def test_delete_from_an_empty_store_is_legal(self, store: Calls) -> None:
        store.delete("doc-1")
        assert self.ids(store) == set()

    def test_a_documents_id_may_hold_any_characters(self, store: Calls) -> None:
        store.add([self.node(f"of {name}", source=name) for name in HOSTILE])
        left = {f"of {name}" for name in HOSTILE}
        for name in HOSTILE:
            store.delete(name)
            left.remove(f"of {name}")
            assert self.ids(store) == left

    def test_a_deleted_document_can_be_added_again(self, store: Calls) -> None:
        self._add_parts(store)
        store.delete("doc-1")
        store.add([self.node("a", source="doc-1")])
        assert self.ids(store) == {"a", "c", "d"}

    def test_delete_nodes_removes_by_id(self, store: Calls) -> None:
        self.needs_delete_nodes()
        self._add_parts(store)
        store.delete_nodes(["a", "d", "absent"])
        assert self.ids(store) == {"b", "c"}

    def test_delete_nodes_removes_by_filter(self, store: Calls) -> None:
        self.needs_delete_nodes()
        self._add_parts(store)
        store.delete_nodes(filters=ENGLISH)
        assert self.ids(store) == {"b", "d"}

    def test_delete_nodes_removes_what_both_ids_and_filter_match(self, store: Calls) -> None:
        self.needs_delete_nodes()
        self._add_parts(store)
        store.delete_nodes(node_ids=["a", "b"], filters=ENGLISH)
        assert self.ids(store) == {"b", "c", "d"}

    def test_delete_nodes_without_arguments_removes_nothing(self, store: Calls) -> None:
        # a list that a caller forgot must not cost every node: that is what clear is for
        self.needs_delete_nodes()
        self._add_parts(store)
        store.delete_nodes()
        assert self.ids(store) == {"a", "b", "c", "d"}

    def test_delete_nodes_with_no_filters_in_its_filter_removes_nothing(self, store: Calls) -> None:
        self.needs_delete_nodes()
        self._add_parts(store)
        store.delete_nodes(filters=MetadataFilters(filters=[]))
        assert self.ids(store) == {"a", "b", "c", "d"}

    def test_delete_nodes_with_an_empty_list_removes_nothing(self, store: Calls) -> None:
        self.needs_delete_nodes()
        self._add_parts(store)
        store.delete_nodes(node_ids=[])
        assert self.ids(store) == {"a", "b", "c", "d"}

    def test_delete_nodes_takes_ids_of_any_characters(self, store: Calls) -> None:
        self.needs_delete_nodes()
        store.add([self.node(name) for name in [*HOSTILE, "other"]])
        store.delete_nodes(list(HOSTILE))
        assert self.ids(store) == {"other"}

    @pytest.mark.parametrize("name", HOSTILE)
    def test_delete_nodes_takes_filters_of_any_characters(self, store: Calls, name: str) -> None:
        self.needs_delete_nodes()
        store.add([self.node("a", metadata={"name": name}), self.node("b", metadata={"name": "b"})])
        store.delete_nodes(
            filters=MetadataFilters(filters=[MetadataFilter(key="name", value=name)])
        )
        assert self.ids(store) == {"b"}

    def test_clear_removes_everything(self, store: Calls) -> None:
        self.needs_clear()
        self._add_parts(store)
        store.clear()
        assert self.ids(store) == set()

    def test_clear_of_an_empty_store_is_legal(self, store: Calls) -> None:
        self.needs_clear()
        store.clear()
        assert self.ids(store) == set()

    def test_a_cleared_store_takes_nodes_again(self, store: Calls) -> None:
        self.needs_clear()
        self._add_parts(store)
        store.clear()
        store.add([self.node("z")])
        assert self.ids(store) == {"z"}
