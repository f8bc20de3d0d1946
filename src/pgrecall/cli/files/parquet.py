"""Parquet files, read and written a batch at a time."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from pgrecall.cli.files.arrow_batches import ROWS, SIZE, batch_rows, check
from pgrecall.cli.shared.output import json_text
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pgrecall.models import Item


def opened(file: IO[bytes], name: str) -> Any:
    """Open a file for ``rows``.

    Raises:
        InvalidArgumentError: It is no Parquet file, or pyarrow is not installed.
    """
    check("a Parquet file")
    import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415  # no types; an extra
    from pyarrow.parquet import ParquetFile  # type: ignore[import-untyped]  # noqa: PLC0415  # too

    try:
        return ParquetFile(file)
    except (pa.ArrowException, OSError) as error:
        raise InvalidArgumentError(f"{name} is no Parquet file: {error}") from None


def rows(file: Any) -> Iterator[dict[str, Any]]:
    """Give a file's rows in order."""
    for batch in file.iter_batches(batch_size=_batch_size(file.metadata)):
        yield from batch_rows(batch)


def _batch_size(metadata: Any) -> int:
    """Say how many rows of the heaviest group are read at once."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    heaviest = max((one.total_byte_size / max(one.num_rows, 1) for one in groups), default=1)
    return max(1, min(ROWS, int(SIZE / max(heaviest, 1))))


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
        # of a stated size pyarrow below 26 reads none where one is missing
        columns.append(("embedding", pa.list_(pa.float32())))
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
