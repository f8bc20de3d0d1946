"""A question's answers: by vector, by text and by both, at once."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from pgrecall._values.marked import in_one_line, pieces_of
from pgrecall._values.vectors import Shape, encode_query
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Metric
from pgrecall.ui.asking.calls import VERBS, call_text, keywords
from pgrecall.ui.asking.plans import Tree, broken_sql, read_plan
from pgrecall.ui.background import in_thread
from pgrecall.ui.rendering import shown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Mapping, Sequence

    from pgrecall.models import Collection, Explanation, Match, Matches
    from pgrecall.ui.asking.asked import Asked
    from pgrecall.ui.place import Embedder, Place

WAYS = {"vector": "By vector", "text": "By text", "hybrid": "By both"}
"""The ways of searching, in the order of their columns."""

_PASSAGE = 320  # characters of a text in which no word was found


@dataclass(frozen=True, slots=True)
class Hit:
    """One hit of a column.

    Attributes:
        place: From 1.
        match: What was found.
        number: The same for the same item in every column.
        others: Its place in each other column that answered, None where it is not there.
        passage: What is shown of its text.
        share: How long its bar is, 0 to 1.
    """

    place: int
    match: Match
    number: int
    others: Mapping[str, int | None]
    passage: Markup
    share: float


@dataclass(frozen=True, slots=True)
class Why:
    """Why a column's search ran as it did."""

    explanation: Explanation
    tree: Tree
    sql: str
    python: str


@dataclass(frozen=True, slots=True)
class Column:
    """What one way of searching found, or why it was not asked."""

    way: str
    title: str
    hits: Sequence[Hit] = ()
    missing: str = ""
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, and the milliseconds of each part."""

    columns: Sequence[Column]
    times: Mapping[str, float]
    rows: int


class Clock:
    """Times parts that run side by side."""

    def __init__(self) -> None:
        """Begin with no part."""
        self.milliseconds: dict[str, float] = {}

    async def part(self, name: str, work: Awaitable[Any]) -> Any:
        """Wait for a part, and keep how long it took."""
        start = time.perf_counter()
        try:
            return await work
        finally:
            self.milliseconds[name] = (time.perf_counter() - start) * 1000


async def answer(place: Place, collection: Collection, asked: Asked) -> Answer:
    """Ask in each way that the collection and what is known of its model allow.

    Raises:
        InvalidArgumentError: An option cannot be used.
    """
    clock = Clock()
    embedder, vector, missing = await question_vector(place, collection, asked.question, clock)
    reasons = {"vector": missing, "text": "", "hybrid": missing}
    if collection.text_search is None:
        reasons["text"] = reasons["hybrid"] = "The collection's texts are not searched."
    asking = [way for way, reason in reasons.items() if not reason]
    found = await asyncio.gather(
        *(clock.part(way, _found(place, collection, asked, way, vector)) for way in asking)
    )
    by_way: dict[str, Matches] = dict(zip(asking, found, strict=True))
    passages = {}
    if collection.text_search is not None:
        passages = await clock.part("snippets", _passages(place, collection, asked, found))
    columns = [
        Column(way, title, missing=reasons[way])
        if way not in by_way
        else Column(
            way,
            title,
            _hits(way, by_way, passages),
            why=_why(by_way[way], call_text(place, collection.name, asked, way, embedder)),
        )
        for way, title in WAYS.items()
    ]
    explained = [one.explanation for one in found if one.explanation is not None]
    return Answer(columns, clock.milliseconds, max((one.rows for one in explained), default=0))


async def question_vector(
    place: Place, collection: Collection, question: str, clock: Clock
) -> tuple[Embedder | None, Any, str]:
    """Embed the question; tell why it cannot be."""
    if not collection.dimensions:
        return None, None, "The collection holds no vectors."
    metric = Metric(collection.metric or Metric.COSINE)
    shape = Shape(collection.name, collection.dimensions, metric, collection.storage)
    try:
        embedder = await clock.part("model", in_thread(place.embedder, collection))
        if embedder is None:
            return None, None, _no_model(collection)
        vector = await clock.part("embed", in_thread(embedder.embed_one, question))
        # what cannot be searched with is the model's fault: the words are searched still
        encode_query(shape, vector, "the model's vector of the question")
    except InvalidArgumentError as error:
        return None, None, f"{place.told(error)}."
    return embedder, vector, ""


def _no_model(collection: Collection) -> str:
    made = f"vectors of {collection.embedding_model!r}" if collection.embedding_model else "vectors"
    return (
        f"The collection holds {made}, and no model is known here that makes a question's: start"
        " with --embed module:function."
    )


def _found(
    place: Place, collection: Collection, asked: Asked, way: str, vector: Any
) -> Awaitable[Matches]:
    search = getattr(place.store, VERBS[way])
    given = [] if way == "text" else [vector]
    given += [] if way == "vector" else [asked.question]
    found: Awaitable[Matches] = search(
        place.tenant, collection.name, *given, **keywords(asked, way), explain=True
    )
    return found


async def _passages(
    place: Place, collection: Collection, asked: Asked, found: Iterable[Matches]
) -> dict[str, str]:
    """Have PostgreSQL mark the question's words in the texts that were found."""
    ids = list(dict.fromkeys(match.id for matches in found for match in matches))
    if not ids:
        return {}
    marked = await place.store.search_text(
        place.tenant,
        collection.name,
        asked.question,
        limit=len(ids),
        filter={"id": {"$in": ids}},
        highlight=True,
    )
    return {match.id: match.snippet for match in marked if match.snippet}


def _hits(way: str, by_way: Mapping[str, Matches], passages: Mapping[str, str]) -> list[Hit]:
    places = {
        other: {match.id: place for place, match in enumerate(matches, start=1)}
        for other, matches in by_way.items()
    }
    numbers = {
        id_: number
        for number, id_ in enumerate(
            dict.fromkeys(match.id for matches in by_way.values() for match in matches)
        )
    }
    best = max((match.score for match in by_way[way]), default=0.0)
    return [
        Hit(
            place,
            match,
            numbers[match.id],
            {other: places[other].get(match.id) for other in places if other != way},
            passage_of(match.text, passages.get(match.id)),
            # a text's score has no upper end: the best one's bar is whole
            match.score / best if best > 1 or (way == "text" and best > 0) else match.score,
        )
        for place, match in enumerate(by_way[way], start=1)
    ]


def passage_of(text: str, snippet: str | None) -> Markup:
    """Show a passage with its matching words marked, or the beginning of a text without one."""
    if snippet is None:
        return shown(" ".join(text[: 2 * _PASSAGE].split()), _PASSAGE)
    made = Markup()
    for text_, is_marked in in_one_line(pieces_of(snippet, 8 * _PASSAGE)):
        made += Markup("<mark>{}</mark>").format(shown(text_)) if is_marked else shown(text_)
    return made


def _why(matches: Matches, python: str) -> Why | None:
    explained = matches.explanation
    if explained is None:
        return None
    return Why(explained, read_plan(explained.analyze), broken_sql(explained.sql), python)
