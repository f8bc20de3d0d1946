"""Which column of a file is what: by the options, and by usual names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall.cli.load.column_types import SKIP, ColumnType, read_types
from pgrecall.cli.shared.layouts import split_names
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

TEXTS = ("text", "content", "body", "document", "page_content", "passage", "chunk")
IDS = ("id", "_id", "doc_id", "uuid")
VECTORS = ("embedding", "vector", "embeddings")
METADATA = "metadata"
"""A column of this name that holds an object is the metadata, or part of it."""


@dataclass(frozen=True, slots=True)
class FileColumns:
    """Which column of a file is what.

    Attributes:
        text: The text, or several columns that are joined by a blank line, or None.
        id: The identity, or several columns whose JSON array it is; None: it is derived from text
            and metadata.
        vector: The vectors, or None.
        metadata: The columns of the metadata; None: every other one.
        typed: Whether values have types; those of CSV are all text.
        clean: Whether NUL and lone surrogates are taken out of texts and metadata.
        times: Whether ``created_at`` and ``updated_at`` say when items were written.
        types: What the values of columns are, where that was said.
    """

    text: str | tuple[str, ...] | None
    id: str | tuple[str, ...] | None
    vector: str | None
    metadata: tuple[str, ...] | None
    typed: bool
    clean: bool = False
    times: bool = False
    types: Mapping[str, ColumnType] = field(default_factory=dict)

    def converted(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give a row's values as their types say, without the columns that are left out.

        Raises:
            InvalidArgumentError: One is something else.
        """
        if not self.types:
            return values
        made = {}
        for column, given in values.items():
            its = self.types.get(column)
            value = given if its is None else its.value(given, column)
            # an empty cell is none of the metadata, and an empty text is one
            if its is None or value is not None or its.kind == "text":
                made[column] = value
        return made


def choose_columns(
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
    types: Iterable[str] = (),
) -> FileColumns:
    """Choose columns by the options, and by their usual names in the first row.

    Args:
        sample: The first row.
        name: How messages name the file.
        text: ``--text``: a column, or several with commas between.
        id_: ``--id``: the same.
        vector: ``--vectors``.
        metadata: ``--metadata``.
        embeds: Whether a model is named: a column of vectors is not looked for then.
        typed: Whether the file's values have types.
        clean: ``--clean``.
        types: ``--column``.

    Raises:
        InvalidArgumentError: A named column is not there, or no text and no vector was found.
    """
    read = read_types(types, list(sample), name, complete=not typed)
    skipped = [column for column, its in read.items() if its.kind == SKIP]
    left = {column: value for column, value in sample.items() if column not in skipped}
    text_, id_s = _several(text, left), _several(id_, left)
    _check_named(left, name, text_, id_s, vector, metadata, typed=typed)
    if vector is None and not embeds:
        vector = next((one for one in _usual(VECTORS, left) if _looks_like_vector(left[one])), None)
    text_ = text_ or next(_usual(TEXTS, left), None)
    if text_ is None and vector is None:
        vectors = [column for column, value in left.items() if _looks_like_vector(value)]
        like = f", or {vectors[0]!r}, which looks like vectors, with --vectors" if vectors else ""
        raise InvalidArgumentError(
            f"{name} has no column {', '.join(TEXTS[:3])}: name the one with the text with --text"
            f"{like}; it has {_shown(left)}"
        )
    id_s = id_s or next((one for one in _usual(IDS, left) if one != text_), None)
    chosen = None if metadata is None else tuple(metadata)
    return FileColumns(text_, id_s, vector, chosen, typed, clean, types=read)


def names_of(columns: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Give one column or several as names."""
    if columns is None:
        return ()
    return (columns,) if isinstance(columns, str) else columns


def _usual(names: Iterable[str], sample: Mapping[str, Any]) -> Iterator[str]:
    """Give the columns of usual names: first those written so, then those in another case."""
    cases = {column.casefold(): column for column in reversed(list(sample))}
    yield from (name for name in names if name in sample)
    yield from (cases[name] for name in names if name in cases and name not in sample)


def _several(given: str | None, sample: Mapping[str, Any]) -> str | tuple[str, ...] | None:
    """Read a column's name, or several with commas between; a name may hold one itself."""
    if given is None or given in sample:
        return given
    names = split_names(given)
    return tuple(names) if len(names) > 1 else given


def _check_named(
    sample: Mapping[str, Any],
    name: str,
    text: str | tuple[str, ...] | None,
    id_: str | tuple[str, ...] | None,
    vector: str | None,
    metadata: Sequence[str] | None,
    *,
    typed: bool,
) -> None:
    named = [("--id", column) for column in names_of(id_)] + [
        ("--vectors", column) for column in names_of(vector)
    ]
    texts, others = names_of(text), list(metadata or ())
    # in JSON lines a row may lack what others have
    if not typed or not any(column in sample for column in texts):
        named += [("--text", column) for column in texts]
    named += [("--metadata", column) for column in others if not typed]
    for option, column in named:
        if column not in sample:
            raise InvalidArgumentError(
                f"{name} has no column {column!r} ({option}); it has {_shown(sample)}"
            )


def _shown(sample: Mapping[str, Any]) -> str:
    return ", ".join(map(repr, sample))


def _looks_like_vector(value: object) -> bool:
    if isinstance(value, np.ndarray):
        return True
    if isinstance(value, str):
        return value.startswith("[")
    return isinstance(value, list) and bool(value) and isinstance(value[0], int | float)
