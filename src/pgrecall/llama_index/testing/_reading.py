"""Reading nodes without a query."""

from __future__ import annotations

from llama_index.core.schema import MetadataMode
from llama_index.core.vector_stores.types import MetadataFilter, MetadataFilters

from pgrecall.llama_index.testing._base import Base, Calls
from pgrecall.llama_index.testing._hostile import HOSTILE

ENGLISH = MetadataFilters(filters=[MetadataFilter(key="lang", value="en")])


class Reading(Base):
    """What ``get_nodes`` and ``aget_nodes`` owe their callers."""

    def _add_texts(self, store: Calls) -> None:
        self.needs_get_nodes()
        store.add(
            [
                self.node("a", "first", source="doc", metadata={"lang": "en"}),
                self.node("b", "second", metadata={"lang": "de"}),
                self.node("c", "third", metadata={"lang": "en"}),
            ]
        )

    def _got(self, store: Calls, **keywords: object) -> list[str]:
        return [node.node_id for node in store.get_nodes(**keywords)]

    def test_get_nodes_gives_nodes_in_the_order_asked(self, store: Calls) -> None:
        self._add_texts(store)
        assert self._got(store, node_ids=["c", "a", "b"]) == ["c", "a", "b"]

    def test_get_nodes_leaves_out_ids_that_are_not_there(self, store: Calls) -> None:
        self._add_texts(store)
        assert self._got(store, node_ids=["absent", "b"]) == ["b"]

    def test_get_nodes_of_an_empty_list_gives_nothing(self, store: Calls) -> None:
        self._add_texts(store)
        assert self._got(store, node_ids=[]) == []

    def test_get_nodes_gives_what_a_filter_matches(self, store: Calls) -> None:
        self._add_texts(store)
        assert set(self._got(store, filters=ENGLISH)) == {"a", "c"}

    def test_get_nodes_gives_what_both_ids_and_filter_match(self, store: Calls) -> None:
        self._add_texts(store)
        assert self._got(store, node_ids=["b", "c"], filters=ENGLISH) == ["c"]

    def test_get_nodes_gives_whole_nodes(self, store: Calls) -> None:
        self._add_texts(store)
        (node,) = store.get_nodes(node_ids=["a"])
        assert node.get_content(MetadataMode.NONE) == "first"
        assert node.metadata == {"lang": "en"}
        assert node.ref_doc_id == "doc"

    def test_get_nodes_from_an_empty_store_gives_nothing(self, store: Calls) -> None:
        self.needs_get_nodes()
        assert self._got(store, node_ids=["a"]) == []

    def test_get_nodes_takes_ids_of_any_characters(self, store: Calls) -> None:
        self.needs_get_nodes()
        store.add([self.node(name) for name in [*HOSTILE, "other"]])
        assert set(self._got(store, node_ids=list(HOSTILE))) == set(HOSTILE)
