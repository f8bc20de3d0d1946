"""A row of a file as an item: what the values of its columns become."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall._values.conversions import cleaned, cleaned_deeply, is_plain, plain
from pgrecall._values.instants import instant_of, read, utc
from pgrecall._values.unusable import TooDeep, Unusable
from pgrecall.cli.load.columns import METADATA, names_of
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pgrecall.cli.files.rows import Row
    from pgrecall.cli.load.columns import FileColumns

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})\Z")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\Z")
TIMES = ("created_at", "updated_at")
_DIGEST = 10  # bytes: 16 letters, and one collision expected in 10^12 rows


@dataclass(frozen=True, slots=True)
class Record:
    """What a row says about an item."""

    row: Row
    id: str
    text: str
    metadata: dict[str, Any]
    vector: Any
    created_at: datetime | None = None
    updated_at: datetime | None = None


def read_record(row: Row, columns: FileColumns) -> Record:
    """Read a row.

    Raises:
        InvalidArgumentError: It cannot be an item; the message says why.
    """
    values = columns.converted(row.values)
    text = _texts(values, columns.text)
    metadata = _metadata(values, columns)
    if columns.clean:
        text, metadata = cleaned(text), cleaned_deeply(metadata)
    vector = None
    if columns.vector is not None:
        vector = vector_of(values.get(columns.vector), columns.vector)
    derives = columns.id is None
    id_ = derived_id(text, metadata, vector) if derives else _ids(values, columns.id)
    times = [_time(values.get(name), name) for name in TIMES] if columns.times else ()
    return Record(row, id_, text, metadata, vector, *times)


def derived_id(text: str, metadata: Mapping[str, Any], vector: Any = None) -> str:
    """Derive an id from what an item says: the same row gives the same id wherever it stands."""
    said: list[Any] = [text, metadata]
    if not text and vector is not None:
        said.append(np.asarray(vector, dtype=np.float32).tolist())
    plain = json.dumps(said, sort_keys=True, ensure_ascii=False, default=str)
    digest = hashlib.blake2b(plain.encode(errors="surrogatepass"), digest_size=_DIGEST).digest()
    return base64.b32encode(digest).decode().lower()


def typed_cell(cell: str) -> Any:
    """Read a cell of CSV: a number as a number, ``true`` and ``false``, else text.

    What is no number of JSON's stays text: ``007``, ``+49``, ``1,5``, ``nan``.
    """
    if _INTEGER.match(cell):
        return int(cell)
    if _DECIMAL.match(cell) and math.isfinite(float(cell)):
        return float(cell)
    return {"true": True, "false": False}.get(cell, cell)


def _texts(values: Mapping[str, Any], columns: str | tuple[str, ...] | None) -> str:
    if not isinstance(columns, tuple):
        return _text(values, columns)
    there = [column for column in columns if column in values]
    if not there:
        raise InvalidArgumentError(f"no {' or '.join(map(repr, columns))}")
    # as the columns of an adopted table are joined
    return "\n\n".join(filter(None, (_text(values, column) for column in there)))


def _text(values: Mapping[str, Any], column: str | None) -> str:
    if column is None:
        return ""
    if column not in values:
        raise InvalidArgumentError(f"no {column!r}")
    value = values[column]
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidArgumentError(f"{column!r} is {_kind(value)}, no text")
    return str(value)


def _time(value: object, column: str) -> datetime | None:
    instant = read(value) if isinstance(value, str) else instant_of(value)
    try:
        if value is None or instant is not None:
            return utc(instant.microseconds) if instant else None
    except OverflowError:
        pass
    raise InvalidArgumentError(f"{column!r} is no time: {str(value)[:40]!r}")


def _ids(values: Mapping[str, Any], columns: str | tuple[str, ...] | None) -> str:
    if isinstance(columns, str):
        return _id(values.get(columns), columns)
    for column in names_of(columns):
        _id(values.get(column), column)
    return json.dumps([values[column] for column in names_of(columns)], ensure_ascii=False)


def _id(value: object, column: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidArgumentError(
            f"{column!r} is missing" if value is None else f"{column!r} is {_kind(value)}, no id"
        )
    if value == "":
        raise InvalidArgumentError(f"{column!r} is empty")
    return str(value)


def _metadata(values: Mapping[str, Any], columns: FileColumns) -> dict[str, Any]:
    taken = {*names_of(columns.text), columns.vector}
    # of an id of several columns a filter cannot ask for one
    taken |= {columns.id} if isinstance(columns.id, str) else set()
    names = columns.metadata
    chosen = {
        key: value
        for key, value in values.items()
        if (key in names if names is not None else key not in taken)
    }
    nested = _object(chosen.get(METADATA))
    if nested is not None:
        chosen = {**nested, **{key: value for key, value in chosen.items() if key != METADATA}}
    if not columns.typed:
        chosen = {
            key: typed_cell(value) if isinstance(value, str) and key not in columns.types else value
            for key, value in chosen.items()
            if value != ""  # 0 and False are values
        }
    return _plain(chosen)


def _plain(metadata: dict[str, Any]) -> dict[str, Any]:
    """Bring what Parquet has to what is stored: the id is derived from it, whatever the type."""
    try:
        made: dict[str, Any] = plain(metadata, _as_it_is)
    except TooDeep as error:
        raise InvalidArgumentError(error.told("the metadata", "metadata")) from None
    except Unusable as error:
        raise InvalidArgumentError(
            f"{error.named('metadata')}, or leave the column out with --metadata"
        ) from None
    return metadata if is_plain(metadata) else made  # a line may be large: no second one is kept


def _as_it_is(text: str) -> str:
    return text  # what PostgreSQL cannot hold is the store's to tell


def _object(value: object) -> dict[str, Any] | None:
    if isinstance(value, str) and value.startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, dict) else None


def vector_of(value: Any, column: str) -> Any:
    """Read a vector; None where there is none.

    Raises:
        InvalidArgumentError: It is no list.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise InvalidArgumentError(
                f"{column!r} is no list of numbers: {value[:40]!r}"
            ) from None
    if value is None:
        return None
    if not isinstance(value, list | np.ndarray):
        raise InvalidArgumentError(f"{column!r} is {_kind(value)}, no list of numbers")
    return value


def _kind(value: object) -> str:
    kinds = {
        list: "a list",
        dict: "an object",
        bool: "a boolean",
        float: "a number",
        int: "a number",
    }
    return kinds.get(type(value), f"a {type(value).__name__}")
