"""Search by vector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall import filters
from pgrecall._operations.context import on_collection, resolve
from pgrecall._operations.items import check_positive, shape_of
from pgrecall._operations.work import one
from pgrecall._statements import search as statements
from pgrecall._statements.items import read_metadata
from pgrecall._vectors import decode, encode_query
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Match, Metric

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall.filters import FilterLike

MAX_LIMIT = 2**31 - 1


def search(
    context: Context,
    tenant: str,
    name: str,
    query: object,
    *,
    limit: int,
    filter_: FilterLike | None,
    exact: bool | None,
    ef_search: int | None,
    include_vectors: bool,
) -> Operation[list[Match]]:
    """Find the nearest items."""
    check_limit(limit)
    parsed = filters.parse(filter_)
    stored = yield from resolve(context, tenant, name)
    if exact is False or ef_search is not None:
        msg = f"collection {name!r} has no index: exact=False and ef_search need one"
        raise InvalidArgumentError(msg)
    encoded = encode_query(shape_of(stored), query)
    statement = statements.exact(stored, encoded, limit, parsed, include_vectors=include_vectors)
    result = yield from on_collection(context, stored, one(statement))
    score, storage = _SCORES[stored.metric], stored.collection.storage
    return [
        Match(
            id_, distance, score(distance), text, read_metadata(metadata), decode(storage, vector)
        )
        for id_, distance, text, metadata, vector in result.rows
    ]


def check_limit(limit: object) -> None:
    """Raise InvalidArgumentError unless ``limit`` is a whole number PostgreSQL can take."""
    check_positive("limit", limit)
    if isinstance(limit, int) and limit > MAX_LIMIT:
        msg = f"limit must be at most {MAX_LIMIT:,}, not {limit:,}"
        raise InvalidArgumentError(msg)


def _cosine_score(distance: float) -> float:
    return 1.0 - distance


def _product_score(distance: float) -> float:
    return -distance


def _inverse_score(distance: float) -> float:
    return 1.0 / (1.0 + distance)


_SCORES: dict[Metric, Callable[[float], float]] = {
    Metric.COSINE: _cosine_score,
    Metric.IP: _product_score,
    Metric.L2: _inverse_score,
    Metric.L1: _inverse_score,
}
