"""Parquet files, read and written a batch at a time; the one module that knows pyarrow."""

from __future__ import annotations

import importlib.util
import json
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from pgrecall._extras import needs
from pgrecall.cli.shared.output import json_text
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pgrecall.models import Item

_BATCH, _BATCH_BYTES = 500, 8 << 20


def check() -> None:
    """Raise InvalidArgumentError unless pyarrow is installed."""
    if importlib.util.find_spec("pyarrow") is None:
        raise InvalidArgumentError(needs("a Parquet file", "pyarrow", "pgrecall[parquet]"))


def opened(file: IO[bytes], name: str) -> Any:
    """Open a file for ``rows``.

    Raises:
        InvalidArgumentError: It is no Parquet file, or pyarrow is not installed.
    """
    check()
    import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415  # no types; an extra
    from pyarrow.parquet import ParquetFile  # type: ignore[import-untyped]  # noqa: PLC0415  # too

    try:
        return ParquetFile(file)
    except (pa.ArrowException, OSError) as error:
        raise InvalidArgumentError(f"{name} is no Parquet file: {error}") from None


def told(file: Any, key: str) -> Any:
    """Give the JSON that a file's metadata have under a key; None where they have none."""
    metadata = file.schema_arrow.metadata or {}
    try:
        return json.loads(metadata.get(key.encode(), b"null"))
    except ValueError:
        return None


def rows(file: Any) -> Iterator[dict[str, Any]]:
    """Give a file's rows in order."""
    for batch in file.iter_batches(batch_size=_batch_size(file.metadata)):
        columns = {name: _values(batch.column(name)) for name in batch.schema.names}
        for place in range(batch.num_rows):
            yield {name: column[place] for name, column in columns.items()}


def _batch_size(metadata: Any) -> int:
    """Say how many rows of the heaviest group are read at once."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    heaviest = max((one.total_byte_size / max(one.num_rows, 1) for one in groups), default=1)
    return max(1, min(_BATCH, int(_BATCH_BYTES / max(heaviest, 1))))


def _values(column: Any) -> Any:
    """Give a Parquet column's values; lists of numbers as arrays, which to_pylist would unpack."""
    from pyarrow import types  # noqa: PLC0415  # comes with the extra

    kind = column.type
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


@contextmanager
def writer(
    path: Path, told: dict[str, Any], key: str
) -> Iterator[Callable[[Sequence[Item]], object]]:
    """Make a file, and give what writes items to it.

    Args:
        path: The file.
        told: What it says of its collection.
        key: Where in its metadata it says so.
    """
    import pyarrow as pa  # noqa: PLC0415  # comes with the extra
    from pyarrow.parquet import ParquetWriter  # noqa: PLC0415

    columns = [(name, pa.string()) for name in ("id", "text", "metadata")]
    vectors = told["vectors"]
    if vectors:
        columns.append(("embedding", pa.list_(pa.float32(), told["dimensions"])))
    times = ("created_at", "updated_at") if told.get("times") else ()
    columns += [(name, pa.timestamp("us", "UTC")) for name in times]
    schema = pa.schema(columns, metadata={key: json.dumps(told)})
    with ParquetWriter(path, schema) as file:

        def write(page: Sequence[Item]) -> None:
            rows: dict[str, list[Any]] = {
                "id": [item.id for item in page],
                "text": [item.text for item in page],
                "metadata": [json_text(item.metadata) for item in page],
            }
            if vectors:
                rows["embedding"] = [item.vector for item in page]
            for name in times:
                rows[name] = [getattr(item, name) for item in page]
            file.write_batch(pa.record_batch(rows, schema=schema))

        yield write
