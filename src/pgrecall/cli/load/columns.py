"""Which column of a file is what: by the options, and by usual names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TEXTS = ("text", "content", "body", "document", "page_content", "passage", "chunk")
IDS = ("id", "_id", "doc_id", "uuid")
VECTORS = ("embedding", "vector", "embeddings")
METADATA = "metadata"
"""A column of this name that holds an object is the metadata, or part of it."""


@dataclass(frozen=True, slots=True)
class FileColumns:
    """Which column of a file is what.

    Attributes:
        text: The text, or None.
        id: The identity, or None: it is derived from text and metadata then.
        vector: The vectors, or None.
        metadata: The columns of the metadata; None: every other one.
        typed: Whether values have types; those of CSV are all text.
        clean: Whether NUL and lone surrogates are taken out of texts and metadata.
        times: Whether ``created_at`` and ``updated_at`` say when items were written.
    """

    text: str | None
    id: str | None
    vector: str | None
    metadata: tuple[str, ...] | None
    typed: bool
    clean: bool = False
    times: bool = False


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
) -> FileColumns:
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
    return FileColumns(
        text, id_, vector, None if metadata is None else tuple(metadata), typed, clean
    )


def _looks_like_vector(value: object) -> bool:
    if isinstance(value, np.ndarray):
        return True
    if isinstance(value, str):
        return value.startswith("[")
    return isinstance(value, list) and bool(value) and isinstance(value[0], int | float)
