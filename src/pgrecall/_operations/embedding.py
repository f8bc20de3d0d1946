"""Vectors from the caller's model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall._operations.work import Call
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence


def embedded(
    embed: Callable[[list[str]], Any], texts: Sequence[str]
) -> Generator[Call, Any, Sequence[Any]]:
    """Give the model's vector of each text, in order.

    Raises:
        InvalidArgumentError: The model gave no sequence, or not one vector for each.
    """
    vectors: Any = yield Call(embed, (list(texts),), "embed", in_thread=True)
    try:
        given = len(vectors)
    except TypeError:
        msg = f"embed must give a sequence of vectors, not {type(vectors).__name__}"
        raise InvalidArgumentError(msg) from None
    if given != len(texts):
        count = len(texts)
        msg = f"embed gave {given} vectors for {count} texts: it must give one for each, in order"
        raise InvalidArgumentError(msg)
    return vectors  # type: ignore[no-any-return]  # what has a length and is gone through
