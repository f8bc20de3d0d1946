"""Many searches by vector at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pgrecall._operations.context import resolve
from pgrecall._operations.items.items import shape_of
from pgrecall._operations.search.checks import checked
from pgrecall._operations.search.reranking import questions_of, reranked, unranked
from pgrecall._operations.search.vector import nearest
from pgrecall._operations.together import together
from pgrecall._operations.tracing import traced
from pgrecall._operations.watching.noting import note_asked, noting_each, watched
from pgrecall._operations.work import PAUSE
from pgrecall._values.strings import nth
from pgrecall._values.vectors import encode_query
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.search.options import VectorOptions
    from pgrecall._operations.work import Operation
    from pgrecall._values.vectors import Encoded
    from pgrecall.models import Matches

TRIP_SEARCHES, TRIP_BYTES = 1_000, 8 << 20
"""Searches, and bytes of their vectors, that share a round trip at most."""


@watched("vector")
@traced("search_many")
def search_many(
    context: Context, tenant: str, name: str, queries: object, options: VectorOptions
) -> Operation[list[Matches]]:
    """Find the nearest items to each of some vectors."""
    asked = checked(options)
    vectors = listed(queries, "search()")
    questions = [] if asked.rerank is None else questions_of(asked, len(vectors))
    searched = asked if asked.rerank is None else unranked(asked)
    stored = yield from resolve(context, tenant, name, vectors=True)
    shape = shape_of(stored)
    encoded: list[Encoded] = []
    for place, vector in enumerate(vectors):
        encoded.append(encode_query(shape, vector, f"query {nth(place)}"))
        if place % TRIP_SEARCHES == TRIP_SEARCHES - 1:
            yield PAUSE
    contexts = noting_each(context, len(encoded))
    found: list[Matches] = []
    for trip in _trips(encoded):
        some = yield from together(
            [nearest(next(contexts), tenant, name, vector, searched) for vector in trip]
        )
        if asked.rerank is None:
            found += some
            continue
        for matches, question in zip(some, questions[len(found) :], strict=False):
            found.append((yield from reranked(matches, asked, question)))
    note_asked(context, asked, questions)
    return found


def listed(queries: object, of_one: str) -> list[object]:
    """Give the vectors of a matrix or list; nothing that is a vector itself.

    Args:
        queries: What the caller gave.
        of_one: What would take one vector.
    """
    if isinstance(queries, str | bytes) or not isinstance(queries, Iterable):
        msg = f"queries must be a matrix or a list of vectors, not {type(queries).__name__}"
        raise InvalidArgumentError(msg)
    vectors = list(queries)
    if vectors and not isinstance(vectors[0], Iterable) and vectors[0] is not None:
        msg = f"queries must be a matrix or a list of vectors, not one vector: {of_one} takes one"
        raise InvalidArgumentError(msg)
    return vectors


def _trips(encoded: Sequence[Encoded]) -> Iterator[Sequence[Encoded]]:
    if encoded:
        size = max(1, min(TRIP_SEARCHES, TRIP_BYTES // len(encoded[0])))
        for start in range(0, len(encoded), size):
            yield encoded[start : start + size]
