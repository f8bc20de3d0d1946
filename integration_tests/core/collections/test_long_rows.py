"""A wide vector takes most of its row; what a filter reads stays beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import psycopg
import pytest

from pgrecall import Collection, Item

METADATA = {"lang": "en", "page": 7, "source": "a document with a name of some length"}


def kept_elsewhere(dsn: str, table: str) -> int:
    """Bytes of the table that PostgreSQL keeps out of its rows (TOAST)."""
    with psycopg.connect(dsn) as connection:
        query = (
            "SELECT pg_relation_size(reltoastrelid) FROM pg_class WHERE oid = to_regclass(%s::text)"
        )
        ((bytes_,),) = connection.execute(query, (table,)).fetchall()
        return int(bytes_)


def items(dimensions: int) -> list[Item]:
    vectors = np.random.default_rng(1).normal(size=(40, dimensions)).astype(np.float32)
    return [Item(str(n), one, "a short text", METADATA) for n, one in enumerate(vectors)]


@pytest.mark.parametrize(
    ("dimensions", "storage"),
    [
        (384, "vector"),
        (512, "vector"),
        (768, "vector"),
        (1_024, "vector"),
        (1_536, "vector"),
        (1_975, "vector"),
        (3_072, "halfvec"),
    ],
)
async def test_metadata_stays_in_its_row_beside_a_vector_of_any_length_that_does(
    store: Any, tenant: str, dsn: str, dimensions: int, storage: Any
) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", dimensions, storage=storage))
    await store.load(tenant, "docs", items(dimensions))

    assert kept_elsewhere(dsn, made.table_name) == 0


async def test_a_long_text_still_goes_out_of_its_row(store: Any, tenant: str, dsn: str) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 768, text_search=None))
    noise = np.random.default_rng(2).integers(33, 127, size=(40, 3_000))  # does not compress
    texts = ["".join(map(chr, row)) for row in noise]
    await store.load(
        tenant,
        "docs",
        [Item(one.id, one.vector, text) for one, text in zip(items(768), texts, strict=True)],
    )

    assert kept_elsewhere(dsn, made.table_name) > 40 * 2_000


async def test_after_vectors_became_wider_metadata_stays_beside_them(
    store: Any, tenant: str, dsn: str
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 8, "small"))
    await store.load(tenant, "docs", items(8))
    wide = [one.vector for one in items(768)]
    await store.reembed(
        tenant,
        "docs",
        to=Collection("docs", 768, "wide"),
        embed=lambda texts: wide[: len(texts)],
    )
    made = await store.describe_collection(tenant, "docs")

    assert (made.dimensions, kept_elsewhere(dsn, made.table_name)) == (768, 0)
