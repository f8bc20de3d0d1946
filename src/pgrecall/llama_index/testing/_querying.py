"""Querying by an embedding: order, limits, what a result holds, and what narrows it."""

from __future__ import annotations

import copy

import pytest
from llama_index.core.vector_stores.types import (
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQueryMode,
)

from pgrecall.llama_index.testing._base import Base, Calls, found, nodes_of, scores
from pgrecall.llama_index.testing._hostile import HOSTILE

SEARCHING = (
    VectorStoreQueryMode.DEFAULT,
    VectorStoreQueryMode.TEXT_SEARCH,
    VectorStoreQueryMode.SPARSE,
    VectorStoreQueryMode.HYBRID,
    VectorStoreQueryMode.MMR,
)
EMBEDDED = (VectorStoreQueryMode.DEFAULT, VectorStoreQueryMode.MMR)
every_mode = pytest.mark.parametrize("mode", SEARCHING, ids=lambda mode: mode.value)
every_embedded_mode = pytest.mark.parametrize("mode", EMBEDDED, ids=lambda mode: mode.value)


class Querying(Base):
    """What ``query`` and ``aquery`` owe their callers in every mode that the store has."""

    def _add_foxes(self, store: Calls) -> None:
        store.add(
            [
                self.node("near", "a fox", similarity=0.9, source="doc-1", metadata={"k": 1}),
                self.node("middle", "the fox", similarity=0.6, source="doc-2", metadata={"k": 1}),
                self.node("far", "one fox", similarity=0.2, source="doc-1", metadata={"k": 2}),
            ]
        )

    def test_the_most_similar_node_comes_first(self, store: Calls) -> None:
        self._add_foxes(store)
        assert found(store.query(self.request())) == ["near", "middle", "far"]

    def test_a_higher_similarity_is_a_better_one(self, store: Calls) -> None:
        self._add_foxes(store)
        near, middle, far = scores(store.query(self.request()))
        assert near > middle > far

    def test_no_more_nodes_than_asked_for_come_back(self, store: Calls) -> None:
        self._add_foxes(store)
        assert found(store.query(self.request(limit=2))) == ["near", "middle"]

    def test_as_many_nodes_as_asked_for_come_back(self, store: Calls) -> None:
        store.add([self.node(f"{number}", similarity=number / 200) for number in range(150)])
        assert len(found(store.query(self.request(limit=120)))) == 120

    @every_mode
    def test_nodes_ids_and_similarities_are_filled_and_equally_long(
        self, store: Calls, mode: VectorStoreQueryMode
    ) -> None:
        self.needs_mode(mode)
        self._add_foxes(store)
        result = store.query(self.request(mode=mode))
        assert result.ids is not None
        assert len(scores(result)) == len(result.ids) == 3
        assert all(isinstance(score, float) for score in scores(result))
        if store.vector_store.stores_text:
            assert [node.node_id for node in nodes_of(result)] == list(result.ids)

    @every_mode
    def test_an_empty_store_answers_with_nothing(
        self, store: Calls, mode: VectorStoreQueryMode
    ) -> None:
        self.needs_mode(mode)
        result = store.query(self.request(mode=mode))
        assert found(result) == []
        assert scores(result) == []

    @every_mode
    def test_a_filter_narrows_every_mode(self, store: Calls, mode: VectorStoreQueryMode) -> None:
        self.needs_mode(mode)
        self._add_foxes(store)
        filters = MetadataFilters(filters=[MetadataFilter(key="k", value=1)])
        assert set(found(store.query(self.request(mode=mode, filters=filters)))) == {
            "near",
            "middle",
        }

    @every_mode
    def test_a_filter_is_applied_before_the_limit(
        self, store: Calls, mode: VectorStoreQueryMode
    ) -> None:
        self.needs_mode(mode)
        store.add([self.node(f"{n}", "fox fox", similarity=0.9) for n in range(30)])
        store.add([self.node("wanted", "a fox", similarity=0.1, metadata={"k": 1})])
        filters = MetadataFilters(filters=[MetadataFilter(key="k", value=1)])
        assert found(store.query(self.request(mode=mode, filters=filters, limit=2))) == ["wanted"]

    @every_mode
    def test_node_ids_narrow_every_mode(self, store: Calls, mode: VectorStoreQueryMode) -> None:
        self.needs_mode(mode)
        self._add_foxes(store)
        query = self.request(mode=mode, node_ids=["far", "middle", "absent"])
        assert set(found(store.query(query))) == {"far", "middle"}

    @every_mode
    def test_doc_ids_narrow_every_mode(self, store: Calls, mode: VectorStoreQueryMode) -> None:
        self.needs_mode(mode)
        self._add_foxes(store)
        query = self.request(mode=mode, doc_ids=["doc-1", "absent"])
        assert set(found(store.query(query))) == {"near", "far"}

    def test_node_ids_doc_ids_and_filters_hold_together(self, store: Calls) -> None:
        self._add_foxes(store)
        filters = MetadataFilters(filters=[MetadataFilter(key="k", value=1)])
        query = self.request(node_ids=["near", "middle"], doc_ids=["doc-1"], filters=filters)
        assert found(store.query(query)) == ["near"]

    def test_an_empty_list_of_node_ids_restricts_nothing(self, text_store: Calls) -> None:
        # an index over a store that keeps text tracks no node ids, and passes its empty list
        self._add_foxes(text_store)
        assert len(found(text_store.query(self.request(node_ids=[])))) == 3

    def test_an_empty_list_of_filters_restricts_nothing(self, store: Calls) -> None:
        self._add_foxes(store)
        assert len(self.ids(store, MetadataFilters(filters=[]))) == 3

    def test_node_ids_that_narrow_may_hold_any_characters(self, store: Calls) -> None:
        store.add([self.node(name) for name in HOSTILE])
        for name in HOSTILE:
            assert found(store.query(self.request(node_ids=[name]))) == [name]

    def test_doc_ids_that_narrow_may_hold_any_characters(self, store: Calls) -> None:
        store.add([self.node(f"of {name}", source=name) for name in HOSTILE])
        for name in HOSTILE:
            assert found(store.query(self.request(doc_ids=[name]))) == [f"of {name}"]

    @every_embedded_mode
    def test_a_query_without_an_embedding_is_an_error(
        self, store: Calls, mode: VectorStoreQueryMode
    ) -> None:
        self.needs_mode(mode)
        self._add_foxes(store)
        query = self.request(mode=mode)
        query.query_embedding = None
        with pytest.raises(Exception):  # noqa: B017, PT011  # each store has an error of its own
            store.query(query)

    def test_a_mode_that_the_store_does_not_have_is_an_error_that_names_it(
        self, store: Calls
    ) -> None:
        self._add_foxes(store)
        for mode in set(VectorStoreQueryMode) - self.modes:
            with pytest.raises((ValueError, NotImplementedError), match=rf"(?i){mode.value}"):
                store.query(self.request(mode=mode))

    @every_mode
    def test_a_query_is_left_as_it_was(self, store: Calls, mode: VectorStoreQueryMode) -> None:
        self.needs_mode(mode)
        self._add_foxes(store)
        filters = MetadataFilters(
            filters=[MetadataFilter(key="k", value=["1", "2"], operator=FilterOperator.NIN)]
        )
        query = self.request(mode=mode, filters=filters, node_ids=["near"], doc_ids=["doc-1"])
        before = copy.deepcopy(query)
        store.query(query)
        assert query == before
