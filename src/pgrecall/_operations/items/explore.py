"""Tell what is in a collection: values and how often they come, ranges, fields, samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall import filters
from pgrecall._operations.context import resolve
from pgrecall._operations.items.described import Described
from pgrecall._operations.items.items import items_from
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.search.checks import checked_limit
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import PAUSE, one
from pgrecall._statements.items import explore as statements
from pgrecall._statements.items.fields import declared_kind, ordered_kinds
from pgrecall._values.instants import nearest_utc
from pgrecall._values.json_text import read_json, read_metadata
from pgrecall.models import Facet, Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Statement
    from pgrecall.filters import Filter, FilterLike
    from pgrecall.models import Field, Item

MOST_SAMPLE_BYTES = 64 << 20
"""Metadata that ``describe_fields`` reads at most."""
_BETWEEN_PAUSES = 500


@traced("facet")
def facet(
    context: Context,
    tenant: str,
    name: str,
    field: str | Sequence[str],
    *,
    filter_: FilterLike | None,
    limit: int,
) -> Operation[Rows[Facet]]:
    """Count the items by the values of a field."""
    parsed_field = filters.parsed_field(field)
    limit = checked_limit(limit)
    parsed = filters.parse(filter_)
    stored = yield from resolve(context, tenant, name)
    rows = yield from _rows(context, stored, statements.facet(stored, parsed_field, parsed, limit))
    return Rows(
        Facet(nearest_utc(time) if value is None else read_json(value), count)
        for value, time, count in rows
    )


@traced("field_range")
def field_range(
    context: Context,
    tenant: str,
    name: str,
    field: str | Sequence[str],
    *,
    filter_: FilterLike | None,
) -> Operation[tuple[Any, Any] | None]:
    """Find the least and the greatest value of a field, both of one type."""
    parsed_field = filters.parsed_field(field)
    parsed = filters.parse(filter_)
    stored = yield from resolve(context, tenant, name)
    kinds = ordered_kinds(stored, parsed_field)
    # the declared type's ends are an index's; whether there is another type takes every row
    declared = declared_kind(stored, parsed_field)
    if declared is not None:
        found = yield from _ends(context, stored, parsed_field, (declared,), parsed)
        if found is not None or kinds == (declared,):
            return found
    return (yield from _ends(context, stored, parsed_field, kinds, parsed))


def _ends(
    context: Context,
    stored: Stored,
    field: str | tuple[str, ...],
    kinds: Sequence[str],
    parsed: Filter | None,
) -> Operation[tuple[Any, Any] | None]:
    (row,) = yield from _rows(context, stored, statements.ends(stored, field, kinds, parsed))
    for kind, low, high in zip(kinds, row[::2], row[1::2], strict=True):
        if low is not None:
            read = nearest_utc if kind == "datetime" else read_json
            return read(low), read(high)
    return None


@traced("describe_fields")
def describe_fields(
    context: Context, tenant: str, name: str, *, sample: int
) -> Operation[Rows[Field]]:
    """Tell which fields the metadata of a sample of items has."""
    sample = checked_limit(sample, "sample")
    stored = yield from resolve(context, tenant, name)
    statement = statements.sample_metadata(stored, sample, MOST_SAMPLE_BYTES)
    rows = yield from _rows(context, stored, statement)
    described = Described()
    for place, (text,) in enumerate(rows):
        described.add(read_metadata(text))
        if place % _BETWEEN_PAUSES == _BETWEEN_PAUSES - 1:
            yield PAUSE
    return Rows(described.fields())


@traced("sample")
def sample(
    context: Context, tenant: str, name: str, size: int, *, filter_: FilterLike | None
) -> Operation[Rows[Item]]:
    """Take items at random."""
    size = checked_limit(size, "size")
    parsed = filters.parse(filter_)
    stored = yield from resolve(context, tenant, name)
    statement = statements.sample(stored, size, parsed)
    result = yield from on_collection(context, stored, one(statement, replica=True))
    return items_from(stored, result)


def _rows(
    context: Context, stored: Stored, statement: Statement
) -> Operation[list[tuple[Any, ...]]]:
    result = yield from on_collection(context, stored, one(statement, replica=True))
    return result.rows
