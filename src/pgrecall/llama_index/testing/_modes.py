"""Text, hybrid and MMR queries."""

from __future__ import annotations

import pytest
from llama_index.core.vector_stores.types import VectorStoreQueryMode

from pgrecall.llama_index.testing._base import Base, Calls, found, scores
from pgrecall.llama_index.testing._hostile import HOSTILE

HYBRID, MMR = VectorStoreQueryMode.HYBRID, VectorStoreQueryMode.MMR
TEXT = (VectorStoreQueryMode.TEXT_SEARCH, VectorStoreQueryMode.SPARSE)
every_text_mode = pytest.mark.parametrize("mode", TEXT, ids=lambda mode: mode.value)
every_mode_with_text = pytest.mark.parametrize("mode", [*TEXT, HYBRID], ids=lambda mode: mode.value)


class Modes(Base):
    """What the modes beside DEFAULT owe their callers."""

    def _add_animals(self, store: Calls) -> None:
        store.add(
            [
                self.node("dog", "A lazy dog sleeps all day.", similarity=0.9),
                self.node("cat", "The cat watches a fox and a dog.", similarity=0.88),
                self.node("fox", "The quick brown fox jumps.", similarity=0.3),
            ]
        )

    @every_text_mode
    def test_a_text_query_finds_what_holds_its_word(
        self, store: Calls, mode: VectorStoreQueryMode
    ) -> None:
        self.needs_mode(mode)
        self._add_animals(store)
        assert set(found(store.query(self.request(mode=mode, text="fox")))) == {"cat", "fox"}

    @every_text_mode
    def test_a_text_query_puts_what_holds_more_of_its_words_first(
        self, store: Calls, mode: VectorStoreQueryMode
    ) -> None:
        self.needs_mode(mode)
        self._add_animals(store)
        result = store.query(self.request(mode=mode, text="quick fox jumps"))
        assert found(result)[0] == "fox"
        assert scores(result) == sorted(scores(result), reverse=True)

    @every_text_mode
    def test_a_text_query_keeps_to_its_limit(
        self, store: Calls, mode: VectorStoreQueryMode
    ) -> None:
        self.needs_mode(mode)
        self._add_animals(store)
        query = self.request(mode=mode, text="quick fox jumps", limit=1)
        assert found(store.query(query)) == ["fox"]

    @every_text_mode
    def test_a_text_query_does_not_search_the_metadata(
        self, store: Calls, mode: VectorStoreQueryMode
    ) -> None:
        self.needs_mode(mode)
        store.add([self.node("a", "a fox", metadata={"animal": "zebra"})])
        assert found(store.query(self.request(mode=mode, text="zebra"))) == []

    @every_text_mode
    @pytest.mark.parametrize("text", ["", "   ", "!?"])
    def test_a_text_query_without_words_finds_nothing(
        self, store: Calls, mode: VectorStoreQueryMode, text: str
    ) -> None:
        self.needs_mode(mode)
        self._add_animals(store)
        assert found(store.query(self.request(mode=mode, text=text))) == []

    @every_mode_with_text
    @pytest.mark.parametrize("text", [*HOSTILE, "fox & | ! ( : * <->", "''' \\' %s"])
    def test_a_querys_text_may_hold_any_characters(
        self, store: Calls, mode: VectorStoreQueryMode, text: str
    ) -> None:
        self.needs_mode(mode)
        store.add([self.node("a", f"fox {text}")])
        assert found(store.query(self.request(mode=mode, text=f"fox {text}"))) == ["a"]

    def test_hybrid_finds_what_either_arm_finds(self, store: Calls) -> None:
        self.needs_mode(HYBRID)
        self._add_animals(store)
        query = self.request(mode=HYBRID, text="jumps", limit=2)
        query.hybrid_top_k = 3
        assert set(found(store.query(query))) == {"dog", "cat", "fox"}

    def test_hybrid_gives_each_node_once(self, store: Calls) -> None:
        self.needs_mode(HYBRID)
        self._add_animals(store)
        ids = found(store.query(self.request(mode=HYBRID, text="fox dog cat")))
        assert sorted(ids) == ["cat", "dog", "fox"]

    def test_hybrid_prefers_what_both_arms_rank_high(self, store: Calls) -> None:
        self.needs_mode(HYBRID)
        self._add_animals(store)
        query = self.request(mode=HYBRID, text="cat watches fox", alpha=0.5)
        assert found(store.query(query))[0] == "cat"

    def test_hybrid_with_alpha_0_ranks_by_the_text(self, store: Calls) -> None:
        self.needs_mode(HYBRID)
        self._add_animals(store)
        query = self.request(mode=HYBRID, text="quick fox jumps", alpha=0.0)
        assert found(store.query(query))[:2] == ["fox", "cat"]

    def test_hybrid_with_alpha_1_ranks_by_the_embedding(self, store: Calls) -> None:
        self.needs_mode(HYBRID)
        self._add_animals(store)
        query = self.request(mode=HYBRID, text="quick fox jumps", alpha=1.0)
        assert found(store.query(query)) == ["dog", "cat", "fox"]

    def test_hybrid_scores_lie_between_0_and_1_and_fall(self, store: Calls) -> None:
        self.needs_mode(HYBRID)
        self._add_animals(store)
        for alpha in (None, 0.0, 0.3, 1.0):
            result = store.query(self.request(mode=HYBRID, text="quick fox", alpha=alpha))
            assert scores(result) == sorted(scores(result), reverse=True)
            assert all(0 <= score <= 1 for score in scores(result))

    def test_hybrid_keeps_to_hybrid_top_k(self, store: Calls) -> None:
        self.needs_mode(HYBRID)
        self._add_animals(store)
        query = self.request(mode=HYBRID, text="jumps", limit=3, hybrid_top_k=2)
        assert len(found(store.query(query))) == 2

    def test_hybrid_without_hybrid_top_k_keeps_to_similarity_top_k(self, store: Calls) -> None:
        self.needs_mode(HYBRID)
        self._add_animals(store)
        query = self.request(mode=HYBRID, text="jumps", limit=1)
        assert len(found(store.query(query))) == 1

    @pytest.mark.parametrize("text", ["", "!?", "zebra"])
    def test_hybrid_whose_text_matches_nothing_answers_by_the_embedding(
        self, store: Calls, text: str
    ) -> None:
        self.needs_mode(HYBRID)
        self._add_animals(store)
        assert found(store.query(self.request(mode=HYBRID, text=text))) == ["dog", "cat", "fox"]

    def _add_twins(self, store: Calls) -> None:
        first, twin = self.node("first", similarity=0.95), self.node("twin", similarity=0.94)
        other = self.node("other")
        other.embedding = self.vector(0.7, side=-1)
        store.add([first, twin, other])

    def test_mmr_prefers_what_differs_from_what_it_has(self, store: Calls) -> None:
        self.needs_mode(MMR)
        self._add_twins(store)
        assert found(store.query(self.request(mode=MMR, limit=2))) == ["first", "other"]

    def test_mmr_orders_by_its_own_measure(self, store: Calls) -> None:
        self.needs_mode(MMR)
        self._add_twins(store)
        assert found(store.query(self.request(mode=MMR, limit=3))) == ["first", "other", "twin"]

    def test_mmr_with_the_querys_threshold_of_1_orders_by_similarity(self, store: Calls) -> None:
        self.needs_mode(MMR)
        self._add_twins(store)
        query = self.request(mode=MMR, limit=2, mmr_threshold=1.0)
        assert found(store.query(query)) == ["first", "twin"]

    def test_mmr_takes_a_threshold_as_a_keyword(self, store: Calls) -> None:
        self.needs_mode(MMR)
        self._add_twins(store)
        result = store.query(self.request(mode=MMR, limit=2), mmr_threshold=1.0)
        assert found(result) == ["first", "twin"]

    def test_mmr_takes_the_querys_threshold_before_the_keyword(self, store: Calls) -> None:
        self.needs_mode(MMR)
        self._add_twins(store)
        query = self.request(mode=MMR, limit=2, mmr_threshold=0.5)
        assert found(store.query(query, mmr_threshold=1.0)) == ["first", "other"]
