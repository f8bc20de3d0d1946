"""Lay a collection's vectors out on a plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall import filters
from pgrecall._operations.adopted.distinct import check_distinct
from pgrecall._operations.context import resolve
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.search.checks import checked_limit
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import Call, one
from pgrecall._statements.items import explore as statements
from pgrecall._values.axes import Axes, principal_axes
from pgrecall._values.instants import nearest_utc
from pgrecall._values.json_text import read_json
from pgrecall._values.numbers import checked_whole
from pgrecall._values.vectors import decode
from pgrecall.models import CollectionMap, Metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored
    from pgrecall.filters import FilterLike

MOST_BYTES = 256 << 20
"""Numbers that a map is made of at most."""
MOST_VALUE_BYTES = 1_000
"""A longer value is no colour."""
_SEEDS = 2**63


@traced("map_collection")
def map_collection(
    context: Context,
    tenant: str,
    name: str,
    *,
    color_by: str | Sequence[str] | None,
    sample: int,
    filter_: FilterLike | None,
    seed: int,
) -> Operation[CollectionMap]:
    """Draw items that have a vector, and find the plane that shows most of how they vary."""
    size = checked_limit(sample, "sample")
    seed = checked_whole("seed", seed, -_SEEDS, _SEEDS - 1)
    field = None if color_by is None else filters.parsed_field(color_by)
    parsed = filters.parse(filter_)
    stored = yield from resolve(context, tenant, name)
    size = min(size, max(1, MOST_BYTES // (4 * max(stored.dimensions, 1))))
    statement = statements.mapped(
        stored, size, parsed, field, seed=seed, most_bytes=MOST_VALUE_BYTES
    )
    result = yield from on_collection(context, stored, one(statement, replica=True))
    # in the order of ids, whatever order parallel workers bring them in: sums are rounded by it
    rows = sorted(result.rows, key=_id)
    ids = list(map(_id, rows))
    check_distinct(stored, ids)
    is_cosine = stored.metric is Metric.COSINE
    # no event loop waits for it
    found: Axes = yield Call(_laid_out, (stored, rows, is_cosine), in_thread=True)
    return CollectionMap(
        collection=stored.collection.name,
        ids=ids,
        xy=found.xy,
        color_by=field,
        values=None if field is None else [_value(row) for row in rows],
        explained=found.shares,
        mean=found.mean,
        axes=found.axes,
        normalised=is_cosine,
    )


def _laid_out(stored: Stored, rows: Sequence[tuple[Any, ...]], is_cosine: bool) -> Axes:
    vectors = np.empty((len(rows), stored.dimensions), dtype=np.float32)
    for place, row in enumerate(rows):
        vectors[place] = decode(stored.collection.storage, row[1])
    return principal_axes(vectors, normalised=is_cosine)


def _id(row: tuple[Any, ...]) -> str:
    return row[0]  # type: ignore[no-any-return]  # the statement's first column


def _value(row: tuple[Any, ...]) -> Any:
    _, _, value, time = row
    if time is not None:
        return nearest_utc(time)
    return None if value is None else read_json(value)
