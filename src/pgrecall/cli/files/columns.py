"""Rows of a file as items: which column is what, and what its values become."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall._values.conversions import TooDeep, Unusable, cleaned, cleaned_deeply, is_plain, plain
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pgrecall.cli.files.formats import Row

TEXTS = ("text", "content", "body", "document", "page_content", "passage", "chunk")
IDS = ("id", "_id", "doc_id", "uuid")
VECTORS = ("embedding", "vector", "embeddings")
METADATA = "metadata"
"""A column of this name that holds an object is the metadata, or part of it."""

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})\Z")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\Z")
_DIGEST = 10  # bytes: 16 letters, and one collision expected in 10^12 rows


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a file is what.

    Attributes:
        text: The text, or None.
        id: The identity, or None: it is derived from text and metadata then.
        vector: The vectors, or None.
        metadata: The columns of the metadata; None: every other one.
        typed: Whether values have types; those of CSV are all text.
        clean: Whether NUL and lone surrogates are taken out of texts and metadata.
    """

    text: str | None
    id: str | None
    vector: str | None
    metadata: tuple[str, ...] | None
    typed: bool
    clean: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """What a row says about an item."""

    row: Row
    id: str
    text: str
    metadata: dict[str, Any]
    vector: Any


def choose(
    sample: Mapping[str, Any],
    name: str,
    *,
    text: str | None,
    id_: str | None,
    vector: str | None,
    metadata: Sequence[str] | None,
    embeds: bool,
    typed: bool,
    clean: bool = False,
) -> Columns:
    """Choose columns by the options, and by their usual names in the first row.

    Args:
        sample: The first row.
        name: How messages name the file.
        text: ``--text``.
        id_: ``--id``.
        vector: ``--vectors``.
        metadata: ``--metadata``.
        embeds: Whether a model is named: a column of vectors is not looked for then.
        typed: Whether the file's values have types.
        clean: ``--clean``.

    Raises:
        InvalidArgumentError: A named column is not there, or no text and no vector was found.
    """
    named = {"--text": text, "--id": id_, "--vectors": vector}
    missing = [(option, column) for option, column in named.items() if column is not None]
    missing += [("--metadata", column) for column in metadata or ()]
    shown = ", ".join(map(repr, sample))
    for option, column in missing:
        # in JSON lines a row may lack what others have
        if column not in sample and (not typed or option != "--metadata"):
            raise InvalidArgumentError(
                f"{name} has no column {column!r} ({option}); it has {shown}"
            )
    if vector is None and not embeds:
        vector = next((one for one in VECTORS if _looks_like_vector(sample.get(one))), None)
    text = text or next((one for one in TEXTS if one in sample), None)
    if text is None and vector is None:
        raise InvalidArgumentError(
            f"{name} has no column {', '.join(TEXTS[:3])}: name the one with the text with --text;"
            f" it has {shown}"
        )
    id_ = id_ or next((one for one in IDS if one in sample and one != text), None)
    return Columns(text, id_, vector, None if metadata is None else tuple(metadata), typed, clean)


def record(row: Row, columns: Columns) -> Record:
    """Read a row.

    Raises:
        InvalidArgumentError: It cannot be an item; the message says why.
    """
    values = row.values
    text = _text(values, columns.text)
    metadata = _metadata(values, columns)
    if columns.clean:
        text, metadata = cleaned(text), cleaned_deeply(metadata)
    vector = None
    if columns.vector is not None:
        vector = _vector(values.get(columns.vector), columns.vector)
    if columns.id is not None:
        return Record(row, _id(values.get(columns.id), columns.id), text, metadata, vector)
    return Record(row, derived_id(text, metadata, vector), text, metadata, vector)


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


def _id(value: object, column: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidArgumentError(
            f"{column!r} is missing" if value is None else f"{column!r} is {_kind(value)}, no id"
        )
    if value == "":
        raise InvalidArgumentError(f"{column!r} is empty")
    return str(value)


def _metadata(values: Mapping[str, Any], columns: Columns) -> dict[str, Any]:
    taken = {columns.text, columns.id, columns.vector}
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
            key: typed_cell(value) if isinstance(value, str) else value
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


def _vector(value: Any, column: str) -> Any:
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


def _looks_like_vector(value: object) -> bool:
    if isinstance(value, np.ndarray):
        return True
    if isinstance(value, str):
        return value.startswith("[")
    return isinstance(value, list) and bool(value) and isinstance(value[0], int | float)


def _kind(value: object) -> str:
    kinds = {
        list: "a list",
        dict: "an object",
        bool: "a boolean",
        float: "a number",
        int: "a number",
    }
    return kinds.get(type(value), f"a {type(value).__name__}")
