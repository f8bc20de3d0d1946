"""What pyarrow reads, as rows: of Parquet and of Arrow's own files alike."""

from __future__ import annotations

import importlib.util
import json
from typing import TYPE_CHECKING, Any

from pgrecall._extras import needs
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS, SIZE = 500, 8 << 20
"""Rows, and about bytes, that are unpacked at once."""


def check(what: str) -> None:
    """Raise InvalidArgumentError unless pyarrow is installed.

    Args:
        what: What needs it.
    """
    if importlib.util.find_spec("pyarrow") is None:
        raise InvalidArgumentError(needs(what, "pyarrow", "pgrecall[parquet]"))


def told(schema: Any, key: str) -> Any:
    """Give the JSON that a schema's metadata have under a key; None where they have none."""
    try:
        return json.loads((schema.metadata or {}).get(key.encode(), b"null"))
    except ValueError:
        return None


def batch_rows(batch: Any) -> Iterator[dict[str, Any]]:
    """Give a batch's rows in order."""
    columns = {name: _values(batch.column(name)) for name in batch.schema.names}
    for place in range(batch.num_rows):
        yield {name: column[place] for name, column in columns.items()}


def _values(column: Any) -> Any:
    """Give a column's values; lists of numbers as arrays, which to_pylist would unpack."""
    from pyarrow import types  # type: ignore[import-untyped]  # noqa: PLC0415  # no types; an extra

    kind = column.type
    if types.is_fixed_size_list(kind) and types.is_floating(kind.value_type):
        flat = column.flatten()
        if not column.null_count and not flat.null_count:
            return flat.to_numpy(zero_copy_only=False).reshape(-1, kind.list_size)
    is_list = types.is_list(kind) or types.is_large_list(kind)
    if not is_list or not types.is_floating(kind.value_type) or column.values.null_count:
        return _listed(column)
    numbers = column.values.to_numpy(zero_copy_only=False)
    ends = column.offsets.to_numpy()
    return [
        numbers[ends[place] : ends[place + 1]] if valid else None
        for place, valid in enumerate(column.is_valid().to_pylist())
    ]


def _listed(column: Any) -> list[Any]:
    try:
        values: list[Any] = column.to_pylist()
    except ValueError:  # nanoseconds that Python's own times do not hold
        values = column.cast(_in_microseconds(column.type), safe=False).to_pylist()
    return values


def _in_microseconds(kind: Any) -> Any:  # noqa: PLR0911  # a return for each type
    """Give a type with its times cut to what Python's own hold, at every depth."""
    import pyarrow as pa  # noqa: PLC0415  # comes with the extra

    types = pa.types
    if types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    if types.is_time64(kind):
        return pa.time64("us")
    if types.is_duration(kind):
        return pa.duration("us")
    if types.is_struct(kind):
        return pa.struct([field.with_type(_in_microseconds(field.type)) for field in kind])
    if types.is_map(kind):
        return pa.map_(kind.key_type, _in_microseconds(kind.item_type))
    if types.is_large_list(kind):
        return pa.large_list(_in_microseconds(kind.value_type))
    return pa.list_(_in_microseconds(kind.value_type)) if types.is_list(kind) else kind
