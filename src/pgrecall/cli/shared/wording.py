"""What the store calls by Python's names, in the words of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall import errors
from pgrecall.indexes import Hnsw

if TYPE_CHECKING:
    from pgrecall.errors import PgRecallError
    from pgrecall.indexes import Index

_NAMES = {
    errors.CREATE_COLLECTION.name: "`pgrecall load`",
    errors.CREATE_INDEX.name: "`pgrecall index create`",
    errors.ALTER_COLLECTION.name: "`pgrecall alter`",
    errors.FORGET_ALL.name: "`pgrecall forget --tenant`",
    errors.CLEAN.name: "--clean",
    errors.SKIP_BAD.name: "--skip-bad",
    "dimensions": "--dimensions",
}


def in_commands(error: PgRecallError) -> str:
    """Give an error's message, with a command or an option where it advises a call."""
    return error.naming(_NAMES)


def index_text(index: Index | None) -> str:
    """Name an index in a word or two: ``hnsw``, ``hnsw half``, ``ivfflat``, ``none``."""
    if index is None:
        return "none"
    if isinstance(index, Hnsw):
        return f"hnsw {index.quantization}" if index.quantization else "hnsw"
    return "ivfflat"
