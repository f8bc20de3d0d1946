"""An item: its text with a question's words marked, metadata, words, vector and neighbours."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall.errors import InvalidArgumentError
from pgrecall.languages import ByField
from pgrecall.ui.asking.answers import passage_of
from pgrecall.ui.asking.marking import marked, words_of
from pgrecall.ui.pages.page import NotThereError, Page, described
from pgrecall.ui.rendering import value_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import QueryParams

    from pgrecall.models import Collection, Item, Matches, Token
    from pgrecall.ui.place import Place

_NEIGHBOURS = 10
_TEXT, _ALL = 20_000, 2_000_000  # characters of a text that are shown, and where all is asked for
_VALUE, _VALUES = 2_000, 100_000  # characters of a value of metadata, and of all of them
_FIELDS, _ALL_FIELDS = 200, 5_000
_WORDS = 400
_BARS = 96


async def show(place: Place, asked: QueryParams) -> dict[str, Any]:
    """Give an item, what it is near to, and what full text search sees of it."""
    collection, id_ = await described(place, asked), asked.get("id", "")
    question = asked.get("q", "").strip()
    try:
        found, near, tokens = await asyncio.gather(
            place.store.get(place.tenant, collection.name, [id_]),
            _near(place, collection, id_),
            _tokens(place, collection, id_),
        )
    except InvalidArgumentError as error:  # of an id that none can have
        raise NotThereError(f"There is no such item: {place.told(error)}.") from None
    if not found:
        raise NotThereError("There is no such item. It may have been removed since.")
    (item,) = found
    everything = bool(asked.get("all"))
    text = item.text[: _ALL if everything else _TEXT]
    values = _values(item.metadata or {}, everything=everything)
    asked_words, forms = await _asked(place, collection, item, question, text)
    return {
        "collection": collection,
        "item": item,
        "question": question,
        "text": marked(text, forms),
        "left_out": len(item.text) - len(text),
        "values": values,
        "more_values": len(item.metadata or {}) - len(values),
        "everything": everything,
        "value_most": _ALL if everything else _VALUE,
        "tokens": tokens,
        "more_tokens": max(0, len(tokens) - _WORDS),
        "most_tokens": _WORDS,
        "asked_words": asked_words,
        "has_words": {token.word for token in tokens},
        "near": [(match, passage_of(match.text, None)) for match in near],
        "vector": _vector(item.vector),
    }


def _values(metadata: Mapping[str, Any], *, everything: bool) -> list[tuple[str, Any]]:
    """Give the fields that are shown, as many as a page has room for."""
    fields, room, most = (_ALL_FIELDS, _ALL, _ALL) if everything else (_FIELDS, _VALUES, _VALUE)
    kept = []
    for key, value in islice(metadata.items(), fields):
        if room <= 0:
            break
        room -= min(len(value_text(value)), most)
        kept.append((key, value))
    return kept


async def _near(place: Place, collection: Collection, id_: str) -> Matches | list[Any]:
    if not collection.dimensions:
        return []
    try:
        return await place.store.search_near(
            place.tenant, collection.name, [id_], limit=_NEIGHBOURS
        )
    except InvalidArgumentError:  # it has no vector, or is not there
        return []


async def _tokens(place: Place, collection: Collection, id_: str) -> list[Token]:
    if collection.text_search is None:
        return []
    try:
        return await place.store.analyze_text(place.tenant, collection.name, id=id_)
    except InvalidArgumentError:  # it is not there
        return []


async def _asked(
    place: Place, collection: Collection, item: Item, question: str, text: str
) -> tuple[list[str], set[str]]:
    """Give the words of a question, and those of a text that are the same to full text search."""
    if not question or collection.text_search is None:
        return [], set()
    language = None
    if isinstance(collection.text_search, ByField):
        said = (item.metadata or {}).get(collection.text_search.field)
        language = said if isinstance(said, str) and said else None

    async def analysed(of: str) -> list[Token]:
        return await place.store.analyze_text(place.tenant, collection.name, of, language=language)

    words = words_of(text)
    of_question, of_text = await asyncio.gather(analysed(question), analysed(" ".join(words)))
    wanted = {token.word for token in of_question}
    forms = {
        words[at - 1]
        for token in of_text
        if token.word in wanted
        for at in token.places
        if at <= len(words)
    }
    return [token.word for token in of_question], forms


def _vector(vector: Any) -> dict[str, Any] | None:
    """Describe a vector: its length, its first numbers, and bars of all of them."""
    if vector is None:
        return None
    numbers = np.asarray(vector, dtype=np.float64)
    parts = np.array_split(numbers, min(_BARS, len(numbers)))
    means = [float(part[np.argmax(np.abs(part))]) for part in parts]
    most = max(map(abs, means)) or 1.0
    return {
        "dimensions": len(numbers),
        "length": float(np.linalg.norm(numbers)),
        "first": [f"{number:.4g}" for number in numbers[:8]],
        "bars": [value / most for value in means],
    }


PAGE = Page("item", "/item", show)
