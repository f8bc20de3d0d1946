"""What adapters give of a chat's messages, and how their texts come to vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgrecall._values.strings import shown
from pgrecall.errors import DatabaseError, InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message of a chat with what is known of it.

    Attributes:
        session_id: The chat.
        number: The first message of a chat has 1, and no other gets the number of one before it.
        message: The message, as the framework has it.
        created_at: When it was added, in UTC; the database's clock sets it.
        score: How well it fits a search; None where nothing was searched for.
    """

    session_id: str
    number: int
    message: Any
    created_at: datetime | None = None
    score: float | None = None


def unreadable(name: str, number: int) -> DatabaseError:
    """Say that what is stored as a message is none."""
    return DatabaseError(
        f"message {number} of session {shown(name)} cannot be read: another program wrote it, or"
        " another version of this framework"
    )


def by_text(texts: Sequence[str], vectors: Sequence[Any]) -> dict[str, Any]:
    """Give the vectors of texts by the text.

    Raises:
        InvalidArgumentError: There is not one for each.
    """
    if len(vectors) != len(texts):
        msg = f"the embedding gave {len(vectors):,} vectors for {len(texts):,} texts"
        raise InvalidArgumentError(msg)
    return dict(zip(texts, vectors, strict=True))
