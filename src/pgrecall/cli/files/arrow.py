"""Arrow's own files (``.arrow``, ``.feather``), files and streams alike, a piece at a time."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from pgrecall.cli.files.arrow_batches import ROWS, SIZE, batch_rows, check
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILE, _OLD = b"ARROW1", b"FEA1"


class ArrowRows:
    """The rows of one file.

    Attributes:
        schema: Its columns.
        count: Its rows, where it says so: a stream does not.
    """

    def __init__(self, file: IO[bytes], name: str, *, is_stream: bool = False) -> None:
        """Read what it says of itself.

        Args:
            file: It.
            name: How messages name it.
            is_stream: Whether it can be read once alone, as standard input.

        Raises:
            InvalidArgumentError: It is no such file, or pyarrow is not installed.
        """
        check("an Arrow file")
        import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415  # no types; an extra

        self._name = name
        self._errors = (pa.ArrowException, OSError)
        if is_stream:
            begins = getattr(file, "peek", lambda _: b"")(len(_FILE))[: len(_FILE)]
        else:
            file.seek(0)
            begins = file.read(len(_FILE))
        if begins.startswith(_OLD):
            raise InvalidArgumentError(
                f"{name} is Feather of version 1: write it again, by pyarrow.feather or as Parquet"
            )
        self._is_file = begins == _FILE
        if is_stream and self._is_file:
            raise InvalidArgumentError(
                f"{name} is an Arrow file, which is read from its end: name the file,"
                " or pipe an Arrow stream"
            )
        try:
            if is_stream:
                self._reader = pa.ipc.open_stream(file)
            else:
                file.seek(0)
                # what is mapped is not copied: a whole table may be one batch
                is_named = isinstance(file.name, str)
                source = pa.memory_map(file.name) if is_named else file
                self._reader = (pa.ipc.open_file if self._is_file else pa.ipc.open_stream)(source)
        except self._errors as error:
            raise InvalidArgumentError(f"{name} is no Arrow file: {error}") from None
        self.schema = self._reader.schema
        # older pyarrow would have to read them all
        count = getattr(self._reader, "count_rows", None)
        self.count = None if count is None else count()

    def rows(self) -> Iterator[dict[str, Any]]:
        """Give the rows in order.

        Raises:
            InvalidArgumentError: It cannot be read to its end.
        """
        try:
            for batch in self._batches():
                step = _step(batch)
                for place in range(0, batch.num_rows, step):
                    yield from batch_rows(batch.slice(place, step))
        except self._errors as error:
            raise InvalidArgumentError(
                f"{self._name} cannot be read to its end: {error}"
            ) from error

    def _batches(self) -> Iterator[Any]:
        if not self._is_file:
            yield from self._reader
            return
        for number in range(self._reader.num_record_batches):
            yield self._reader.get_batch(number)


def _step(batch: Any) -> int:
    """Say how many rows are unpacked at once."""
    return max(1, min(ROWS, int(SIZE / max(batch.nbytes / max(batch.num_rows, 1), 1))))
