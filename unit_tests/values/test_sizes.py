"""The formulae of sizes against what PostgreSQL 18 and pgvector 0.8.6 took for real."""

from __future__ import annotations

from typing import Any

import pytest

from pgrecall import Hnsw, InvalidArgumentError, IvfFlat, sizes

# type of the index's values, m, and the bytes a row at which pgvector said that it was full
GRAPHS = [
    ("vector", 64, 16, 970.5),
    ("halfvec", 64, 16, 842.5),
    ("bit", 64, 16, 723.3),
    ("vector", 384, 16, 2_250.9),
    ("vector", 384, 32, 2_763.3),
    ("halfvec", 384, 16, 1_483.3),
    ("bit", 384, 16, 762.1),
    ("vector", 1_536, 16, 6_863.0),
]

# rows, dimensions, index, bytes on disk
INDEXES = [
    (5_000, 64, Hnsw(), 2_859_008),
    (20_000, 64, Hnsw(quantization="half"), 8_708_096),
    (50_000, 64, Hnsw(), 28_532_736),
    (20_000, 384, Hnsw(), 40_968_192),
    (20_000, 384, Hnsw(m=32), 42_590_208),
    (20_000, 384, Hnsw(quantization="binary"), 6_979_584),
    (20_000, 1_536, Hnsw(), 163_848_192),
    (50_000, 64, IvfFlat(), 15_032_320),
    (20_000, 384, IvfFlat(), 33_472_512),
]

# rows, dimensions, storage, bytes of a text of Python's documentation, bytes of the table
TABLES = [
    (10_000, 64, "vector", 300, 11_560_000),
    (10_000, 64, "vector", 1_000, 22_290_000),
    (5_000, 64, "vector", 3_000, 24_550_000),
    (5_000, 384, "vector", 300, 12_655_000),
    (5_000, 384, "vector", 1_000, 19_365_000),
    (3_000, 768, "vector", 300, 12_687_000),
    (3_000, 768, "vector", 1_000, 16_284_000),
    (3_000, 1_536, "vector", 300, 24_672_000),
    (3_000, 1_536, "vector", 3_000, 33_306_000),
    (50_000, 384, "vector", 0, 102_817_792),
]


@pytest.mark.parametrize(("kind", "dimensions", "m", "measured"), GRAPHS)
def test_a_graph_takes_the_memory_that_was_measured(
    kind: str, dimensions: int, m: int, measured: float
) -> None:
    value = sizes.value_bytes(dimensions, kind)
    assert sizes.graph_row_bytes(value, m) == pytest.approx(measured, rel=0.02)


@pytest.mark.parametrize(("rows", "dimensions", "index", "measured"), INDEXES)
def test_an_index_takes_the_disk_that_was_measured(
    rows: int, dimensions: int, index: Any, measured: int
) -> None:
    found = sizes.estimate(rows, dimensions, index=index)
    assert found.index == pytest.approx(measured, rel=0.05)


@pytest.mark.parametrize(("rows", "dimensions", "storage", "text", "measured"), TABLES)
def test_a_table_takes_the_disk_that_was_measured(
    rows: int, dimensions: int, storage: str, text: int, measured: int
) -> None:
    found = sizes.estimate(
        rows,
        dimensions,
        storage=storage,
        text_bytes=text,
        text_search=text > 0,
        metadata_bytes=46,
        id_bytes=12,
    )
    assert found.table == pytest.approx(measured, rel=0.1)


@pytest.mark.parametrize(
    ("dimensions", "longest"),
    [
        (8, 2_032),
        (384, 2_032),
        (512, 2_712),
        (768, 4_080),
        (960, 4_080),
        (1_536, 8_160),
        (1_975, 8_160),
    ],
)
def test_as_much_stays_in_a_row_as_leaves_as_many_rows_a_page(
    dimensions: int, longest: int
) -> None:
    assert sizes.longest_row(sizes.value_bytes(dimensions, "vector")) == longest


def test_of_a_vector_that_is_kept_elsewhere_the_row_is_as_any_other() -> None:
    assert sizes.longest_row(sizes.value_bytes(1_976, "vector")) == sizes.LONG_ROW


def test_a_million_rows_of_1536_dimensions_need_some_seven_gigabytes_to_be_indexed() -> None:
    assert sizes.estimate(1_000_000, 1_536).build_memory == pytest.approx(6.4 * 2**30, rel=0.01)


def test_ivfflat_is_reckoned_by_its_sample() -> None:
    # "memory required is 496 MB" is what pgvector refuses with
    found = sizes.estimate(1_000_000, 1_536, index=IvfFlat(1_000)).build_memory
    assert 480 << 20 < found < 520 << 20


def test_without_an_index_there_is_nothing_to_build() -> None:
    found = sizes.estimate(1_000, 3, index=None)
    assert (found.index, found.build_memory) == (0, 0)
    assert found.disk == found.table + found.others


def test_nothing_takes_next_to_nothing() -> None:
    assert sizes.estimate(0, 3).disk < 1 << 20


@pytest.mark.parametrize(
    ("arguments", "keywords", "told"),
    [
        ((-1, 3), {}, "rows must be"),
        ((10**400, 3), {}, "rows must be"),
        ((10, 0), {}, "dimensions must be"),
        ((10, 3), {"storage": "sparsevec"}, "storage='sparsevec'"),
        ((10, 3), {"text_bytes": 1.5}, "text_bytes must be"),
        ((10, 5_000), {}, "no Hnsw index holds 5,000 dimensions"),
        ((10, 3), {"index": "hnsw"}, "index must be"),
    ],
)
def test_what_cannot_be_reckoned_is_told(
    arguments: tuple[int, int], keywords: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=told):
        sizes.estimate(*arguments, **keywords)
