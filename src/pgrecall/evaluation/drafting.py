"""Questions where nobody has judged any: written by a model, each from the item that answers it."""

from __future__ import annotations

import inspect
import random
from typing import TYPE_CHECKING, Any

from pgrecall._values.numbers import checked_whole
from pgrecall.errors import InvalidArgumentError
from pgrecall.evaluation.questions import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pgrecall.models import Item

DEFAULT_SIZE = 100
"""Questions: an interval of nDCG is then some 0.15 wide."""


def draft_questions(
    items: Iterable[Item],
    *,
    ask: Callable[[str], str | None],
    size: int = DEFAULT_SIZE,
    seed: int | None = None,
    progress: Callable[[int], object] | None = None,
    on_question: Callable[[Question], object] | None = None,
) -> list[Question]:
    """Draw items at random, and have a model write a question for each.

    The item is the one that is known to answer its question (a known-item question); others may
    answer it too, and nobody knows. A question that is written from a text shares its words, which
    flatters search by text more than questions of users do: compare what is alike, and judge some
    thirty questions of users before you trust a figure.

    Args:
        items: What to draw from, of any length: ``store.sample(...)``, or a whole collection. They
            are read once, and so many as are drawn are kept. Items without a text are left out.
        ask: The model: takes an item's text and gives a question that it answers, or None (or
            nothing but blanks) where it has none. It is a plain function, called once an item.
        size: Questions at most, 1 or more.
        seed: Makes the same items drawn again; None draws others each time.
        progress: Called after each call of ``ask`` with how many there were.
        on_question: Called with each question as soon as it is written: what a model has written
            before it fails can be kept so.

    Returns:
        The questions in the order of their items, with ``known_item`` set.

    Raises:
        InvalidArgumentError: An argument cannot be used, no item has a text, or ``ask`` gave
            something that is no text.
    """
    size = checked_whole("size", size)
    if not callable(ask) or inspect.iscoroutinefunction(ask):
        msg = f"ask must be a plain function of an item's text, not {ask!r}"
        raise InvalidArgumentError(msg)
    drawn = _drawn(items, size, random.Random(seed))  # noqa: S311  # no secret
    if not drawn:
        msg = "no item has a text to write a question from"
        raise InvalidArgumentError(msg)
    questions = []
    for number, item in enumerate(drawn, 1):
        written = ask(item.text)
        if written is not None and not isinstance(written, str):
            msg = f"ask must give a text or None, not {type(written).__name__}"
            raise InvalidArgumentError(msg)
        if written is not None and written.strip():
            question = Question(written.strip(), [item.id], known_item=True)
            questions.append(question)
            if on_question is not None:
                on_question(question)
        if progress is not None:
            progress(number)
    return questions


def _drawn(items: Iterable[Item], size: int, chance: random.Random) -> list[Item]:
    """Draw so many at random from any number, in their order (Vitter's algorithm R, 1985)."""
    kept: list[tuple[int, Any]] = []
    seen = 0
    for item in items:
        if not item.text.strip():
            continue
        seen += 1
        if len(kept) < size:
            kept.append((seen, item))
        elif (place := chance.randrange(seen)) < size:
            kept[place] = (seen, item)
    return [item for _, item in sorted(kept, key=lambda one: one[0])]
