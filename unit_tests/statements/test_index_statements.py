from __future__ import annotations

from dataclasses import replace

import pytest

from pgrecall import Collection, Hnsw, IvfFlat
from pgrecall._operations.search import planning
from pgrecall._statements.indexes import indexes
from pgrecall._statements.layout import Server, Stored
from pgrecall._statements.limits import lifted
from pgrecall.indexes import lists_for


def stored(
    version: str = "0.8.6", rows: float = 100_000, dimensions: int = 384, **settings: int
) -> Stored:
    server = Server(180006, version, "public", 1, 2)
    collection = Collection("docs", dimensions, "", "cosine", index=Hnsw())
    return Stored(1, "t", collection, "pgrecall", "items_1", server, settings, rows=rows)


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ("0.5.1", True),
        ("0.6.0", False),
        ("0.7.4", False),
        ("0.8.0", False),
        ("0.8.1", False),
        ("0.8.2", True),
        ("0.8.6", True),
        ("1.0", True),
    ],
)
def test_parallel_workers_build_only_where_pgvector_is_safe_with_them(
    version: str, safe: bool
) -> None:
    settings = indexes.session_settings(stored(version), indexes.Resources(1 << 30))
    names = [statement.parameters["name"] for statement in settings]

    assert indexes.parallel_is_safe(version) is safe
    assert ("max_parallel_maintenance_workers" not in names) is safe


@pytest.mark.parametrize(("version", "known"), [(160_009, False), (170_000, True)])
def test_a_timeout_is_lifted_where_the_server_has_it(version: int, known: bool) -> None:
    names = lifted(replace(stored().server, version=version))
    assert names.get("statement_timeout") == "0"
    assert ("transaction_timeout" in names) is known


def test_a_build_gets_memory_for_its_whole_graph_within_bounds() -> None:
    low, most = indexes.LEAST_MEMORY, 8 << 30

    assert indexes.memory_for(stored(rows=10), most) == low
    assert indexes.memory_for(stored(rows=10), low // 2) == low // 2
    for rows in (100_000, 1_000_000):
        given = indexes.memory_for(stored(rows=rows), most, alone=True)
        assert given == pytest.approx(1.5 * (1.1 * 2_250 * rows + (4 << 20)), rel=0.01)
    assert indexes.memory_for(stored(rows=100_000_000), most) == most


def test_a_build_that_is_refused_workers_gets_none() -> None:
    refused = indexes.session_settings(stored(), indexes.Resources(1 << 30, parallel=False))
    values = {one.parameters["name"]: one.parameters["value"] for one in refused}

    assert values["max_parallel_maintenance_workers"] == "0"
    assert values["maintenance_work_mem"] == "1048576kB"


@pytest.mark.parametrize(("rows", "lists"), [(0, 1), (1, 1), (10_000, 100), (1e12, 32_768)])
def test_ivfflat_has_the_square_root_of_the_rows_as_lists(rows: float, lists: int) -> None:
    assert lists_for(rows) == lists


def test_a_half_precision_index_is_searched_by_its_own_expression() -> None:
    text = indexes.distance_by_index(stored(), Hnsw(quantization="half")).as_string()

    assert '(embedding)::"public".halfvec(384) OPERATOR("public".<=>)' in text


def test_a_binary_index_is_searched_by_hamming_distance() -> None:
    text = indexes.distance_by_index(stored(), Hnsw(quantization="binary")).as_string()

    assert 'binary_quantize(embedding)::bit(384) OPERATOR("public".<~>)' in text


def test_the_operator_class_follows_from_the_metric() -> None:
    assert '"vector_cosine_ops"' in indexes.definition(stored(), Hnsw()).as_string()
    assert '"vector_cosine_ops"' in indexes.definition(stored(), IvfFlat(10)).as_string()


def test_ten_thousand_vectors_of_1536_dimensions_are_searched_by_the_index() -> None:
    plan = planning.plan(stored(rows=10_000, dimensions=1536), 10, None)

    assert not plan.exact


def test_effort_grows_with_rows_and_limit_and_keeps_within_pgvectors_limit() -> None:
    few, many = (planning.default_effort(stored(rows=rows), 10, 1.0) for rows in (5_000, 5_000_000))

    assert few < many
    assert planning.default_effort(stored(), 10, 1.0) < planning.default_effort(stored(), 200, 1.0)
    assert planning.default_effort(stored(), 5_000, 0.001) == planning.MAX_EF


def test_a_tuned_effort_is_taken_for_as_many_rows_as_it_was_tuned_for() -> None:
    tuned = stored(ef_search=40, tuned_k=10)

    assert planning.default_effort(tuned, 10, 1.0) == 40
    assert planning.default_effort(tuned, 100, 1.0) > 40
