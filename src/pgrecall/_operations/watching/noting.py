"""Tells the store's watcher of each search, once it is answered."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass, field, replace
from itertools import repeat
from sys import getsizeof
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, Protocol, TypeVar

from pgrecall._statements.search.near import Examples
from pgrecall._values.vectors import Encoded
from pgrecall.boosts import Boost
from pgrecall.filters import And, Condition, Not, Or

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.search.options import SearchOptions
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored
    from pgrecall.models import Matches

P = ParamSpec("P")
T = TypeVar("T")

_SEEN_BYTES, _MATCH_BYTES = 1_000, 150
"""What is kept of a search, and of each match besides its id, about."""


class Watch(Protocol):
    """Whoever is told of searches."""

    def tell(self, seen: Seen) -> None:
        """Take note of a search at once, and never fail."""

    def close(self) -> None:
        """Tell what was noted."""


@dataclass(slots=True)
class Noted:
    """What a search notes of itself while it runs.

    Attributes:
        plan: How its vectors are compared.
        stored: The collection.
        asked: Its options, checked.
        vector: The question's vector.
        text: The question's words.
        examples: What it is to be near to.
        each: What each of many searches noted, where one call asks many.
    """

    plan: str = "text"
    stored: Stored | None = None
    asked: SearchOptions | None = None
    vector: Encoded | None = None
    text: str | None = None
    examples: Examples | None = None
    each: list[Noted] = field(default_factory=list)


class Seen(NamedTuple):
    """A search that was answered, as it is kept until it is told."""

    tenant: str
    mode: str
    noted: Noted
    at: float
    ms: float
    ids: tuple[str, ...]
    scores: tuple[float, ...]
    options_bytes: int = 0

    @property
    def weight(self) -> int:
        """About how many bytes it keeps."""
        noted = self.noted
        question = len(noted.vector or b"") + 4 * len(noted.text or "")
        if noted.examples is not None:
            question += sum(map(len, noted.examples.near + noted.examples.away))
        matches = _MATCH_BYTES * len(self.ids) + sum(map(len, self.ids))
        return _SEEN_BYTES + question + matches + self.options_bytes


def note_search(
    context: Context,
    stored: Stored,
    asked: SearchOptions,
    *,
    query: Encoded | Examples | None = None,
    text: str | None = None,
) -> None:
    """Note what is asked of which collection, where somebody is to be told of it."""
    noted = context.noted
    if noted is None:
        return
    if noted.examples is not None and (query is noted.examples or type(query) is Encoded):
        return  # of a search by examples that noted itself, and is one by vector within
    noted.stored, noted.asked, noted.text = stored, asked, text
    if isinstance(query, Examples):
        noted.examples = query
    else:
        noted.vector = query


def note_asked(context: Context, asked: SearchOptions, questions: Sequence[str] = ()) -> None:
    """Note what was asked where a search within asked for more, which a model put in its order.

    Args:
        context: Of the call.
        asked: Its options.
        questions: What the model was asked of each of many searches.
    """
    if context.noted is not None and asked.rerank is not None:
        context.noted.asked = asked
        for one, question in zip(context.noted.each, questions, strict=True):
            one.asked = replace(asked, rerank_text=question)


def noting_each(context: Context, count: int) -> Iterator[Context]:
    """Give the context for each of many searches that one call asks."""
    if context.noted is None:
        return repeat(context, count)
    each = [context.noting() for _ in range(count)]
    context.noted.each = [one.noted for one in each if one.noted is not None]
    return iter(each)


def watched(mode: str) -> Callable[[Callable[P, Operation[T]]], Callable[P, Operation[T]]]:
    """Tell the store's watcher of each run of a search, where there is one.

    Args:
        mode: What it is called there.
    """

    def decorate(operation: Callable[P, Operation[T]]) -> Callable[P, Operation[T]]:
        @functools.wraps(operation)
        def run(*arguments: P.args, **keywords: P.kwargs) -> Operation[T]:
            # no generator where nobody watches: a search pays for none
            if getattr(arguments[0], "watch", None) is None:
                return operation(*arguments, **keywords)
            return _told(mode, operation, arguments, keywords)

        return run

    return decorate


def _told(
    mode: str, operation: Callable[..., Operation[T]], arguments: Any, keywords: Any
) -> Operation[T]:
    context: Context = arguments[0].noting()
    tenant: str = arguments[1]
    started = time.perf_counter()
    result: Any = yield from operation(context, *arguments[1:], **keywords)
    ms = 1_000 * (time.perf_counter() - started)
    watch, noted = context.watch, context.noted
    if watch is None or noted is None:
        return result  # type: ignore[no-any-return]  # what the operation gave
    if noted.stored is not None:
        watch.tell(_seen(tenant, mode, noted, ms, result))
    count = len(noted.each)
    for one, found in zip(noted.each, result if count else (), strict=True):
        watch.tell(_seen(tenant, mode, one, ms / count, found, shared_by=count))
    return result  # type: ignore[no-any-return]  # what the operation gave


def _seen(
    tenant: str, mode: str, noted: Noted, ms: float, found: Matches, *, shared_by: int = 1
) -> Seen:
    ids = tuple(match.id for match in found)
    scores = tuple(match.score for match in found)
    kept = _bytes_of(noted.asked) // shared_by
    return Seen(tenant, mode, noted, time.time(), ms, ids, scores, kept)


def _bytes_of(asked: SearchOptions | None) -> int:
    """Tell about how many bytes keep what a search was asked: a list of a filter has no bound."""
    if asked is None:
        return 0
    size, texts = 0, asked.rerank_text
    if texts is not None:
        size += getsizeof(texts) if isinstance(texts, str) else sum(map(getsizeof, texts))
    parts: list[object] = [asked.where, *asked.boosts]
    while parts:
        part = parts.pop()
        if isinstance(part, And | Or):
            parts += part.parts
        elif isinstance(part, Not):
            parts.append(part.part)
        elif isinstance(part, Boost):
            parts.append(part.filter)
        elif isinstance(part, Condition):
            tested = part.value
            size += getsizeof(tested)
            size += sum(map(getsizeof, tested)) if isinstance(tested, tuple | list) else 0
        size += getsizeof(part)
    return size
