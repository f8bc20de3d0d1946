"""The suite for LlamaIndex vector stores: it runs anywhere, and it finds what is wrong."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pgrecall.llama_index.testing import VectorStoreConformance

if TYPE_CHECKING:
    from pathlib import Path

SUITE = """
import pytest
from llama_index.core.vector_stores import SimpleVectorStore
from llama_index.core.vector_stores.types import VectorStoreQueryMode as Mode
from pgrecall.llama_index.testing import VectorStoreConformance

LEARNERS = {Mode.SVM, Mode.LINEAR_REGRESSION, Mode.LOGISTIC_REGRESSION}


class TestSimple(VectorStoreConformance):
    modes = frozenset({Mode.DEFAULT, Mode.MMR, *LEARNERS})
    nested_filters = False
    has_get_nodes = False

    @pytest.fixture
    def vector_store(self):
        return SimpleVectorStore()

    @pytest.fixture
    def another_vector_store(self):
        return SimpleVectorStore()


class WorstFirst(SimpleVectorStore):
    def query(self, query, **keywords):
        result = super().query(query, **keywords)
        result.ids.reverse()
        result.similarities.reverse()
        return result


class TestWorstFirst(TestSimple):
    @pytest.fixture
    def vector_store(self):
        return WorstFirst()
"""
# what llama-index-core's own store in memory does not do, at least in some versions
FAILURES = {
    "test_delete_nodes_without_arguments_removes_nothing",
    "test_delete_nodes_with_no_filters_in_its_filter_removes_nothing",
    "test_doc_ids_narrow_every_mode",
    "test_doc_ids_that_narrow_may_hold_any_characters",
    "test_node_ids_doc_ids_and_filters_hold_together",
    "test_mmr_with_the_querys_threshold_of_1_orders_by_similarity",
    "test_mmr_takes_the_querys_threshold_before_the_keyword",
}


def test_the_suite_finds_what_a_store_does_not_do(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error::ResourceWarning\n")
    (tmp_path / "test_suite.py").write_text(SUITE)
    chosen = ["-k", "TestSimple or most_similar or a_higher"]
    done = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-m", "pytest", "-q", "-rf", "--tb=no", *chosen],
        cwd=tmp_path,
        # where the suite runs there may be no plug-in at all
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    failed = set(re.findall(r"^FAILED .*?::(\w+::\w+)", done.stdout, re.MULTILINE))
    worst_first = {
        "TestWorstFirst::test_the_most_similar_node_comes_first",
        "TestWorstFirst::test_a_higher_similarity_is_a_better_one",
    }
    assert worst_first <= failed, done.stdout
    assert failed - worst_first <= {f"TestSimple::{name}" for name in FAILURES}, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 250


def test_the_suites_tests_are_sync_so_that_no_plugins_mode_matters() -> None:
    tests = inspect.getmembers(VectorStoreConformance, inspect.isfunction)
    assert not [
        name for name, test in tests if inspect.iscoroutinefunction(test) if "test_" in name
    ]


def test_no_part_of_the_suite_hides_a_method_of_another() -> None:
    *parts, base = VectorStoreConformance.__mro__[1:-1]
    names = [name for part in parts for name in vars(part) if not name.startswith("__")]
    assert sorted(names) == sorted(set(names))
    assert not set(names) & set(vars(base))


def test_a_suite_without_its_fixtures_says_what_is_missing() -> None:
    for name in ("vector_store", "another_vector_store"):
        fixture = inspect.getattr_static(VectorStoreConformance, name)
        with pytest.raises(NotImplementedError, match=f"override the fixture {name}"):
            fixture.__wrapped__(VectorStoreConformance())


def test_vectors_of_the_suite_have_length_1_and_the_cosine_asked() -> None:
    suite = VectorStoreConformance()
    for similarity in (-1.0, 0.0, 0.3, 1.0):
        vector = suite.vector(similarity, side=-1)
        assert len(vector) == suite.dimensions
        assert sum(value * value for value in vector) == pytest.approx(1)
        assert vector[0] == similarity
