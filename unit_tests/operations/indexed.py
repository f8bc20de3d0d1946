"""Indexed collections, and what was measured of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pgrecall import Collection, Hnsw, Metric, filters
from pgrecall._operations.search.pin import Pin
from pgrecall._statements.layout import Server, Stored

SERVER = Server(180000, "0.8.6", "public", 1, 2)
PIN = Pin(0.98, 0.981, 60, 10, 50_000, 1e9, 192, 1.0, ((100, 240.0),), ((0.5, 1.5), (0.1, 6.0)))
BINARY = Hnsw(quantization="binary")
RERANKED = replace(PIN, reranked=True)
NARROW = filters.parse({"source": {"$in": [1, 2]}})


def stored(settings: dict[str, Any] | None = None, index: Any = None, **kept: Any) -> Stored:
    made = Collection("docs", 3, "", Metric.COSINE, index=index or Hnsw(), **kept)
    return Stored(
        7, "tenant", made, "pgrecall", "items_7", SERVER, settings=settings or {}, rows=50_000
    )


def measured(rows: float = PIN.rows) -> Stored:
    return replace(stored(replace(PIN, rows=rows).settings(Hnsw())), rows=rows)


def no_answer(_: object) -> Any:
    raise AssertionError("an effort was asked that was not known")
    yield


def value_of(operation: Any) -> Any:
    with pytest.raises(StopIteration) as ended:
        next(operation)
    return ended.value.value
