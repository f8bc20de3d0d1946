"""What is stored of documents, and documents of what is found: conversions, no I/O."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from langchain_core.documents import Document

from pgrecall._adapters.scores import text_relevance
from pgrecall._operations.items.items import check_items
from pgrecall._values.conversions import cleaned, cleaned_deeply
from pgrecall._values.rows import Kind
from pgrecall._values.strings import NamedId, check_id, is_blank, nth, shown
from pgrecall._values.vectors import Shape
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Item, Match, Metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall._operations.work import Operation

_PROBE = "text"
"""Embedded for its length alone, where a collection is to be made of blank texts."""


class Embedded(NamedTuple):
    """Vectors of documents.

    Attributes:
        vectors: One a text; None where a blank one has none.
        dimensions: Their length; None where no vector tells.
    """

    vectors: list[Any]
    dimensions: int | None

    @property
    def blank(self) -> int:
        """How many texts have no vector."""
        return sum(vector is None for vector in self.vectors)


@dataclass(frozen=True, slots=True)
class Drafts:
    """Documents to store whose vectors are not there yet.

    Attributes:
        ids: One each; made where the caller had none.
        names: How messages call each: by its place, and by the id that the caller gave it.
        texts: The texts.
        metadatas: The metadata, which belongs to the caller.
    """

    ids: list[str]
    names: list[str]
    texts: list[str]
    metadatas: list[Mapping[str, Any] | None]

    def cleaned(self) -> Drafts:
        """Take out what PostgreSQL cannot store: NUL and lone surrogates."""
        return replace(
            self,
            texts=list(map(cleaned, self.texts)),
            metadatas=[
                cleaned_deeply(one) if isinstance(one, Mapping) else one for one in self.metadatas
            ],
        )

    def to_embed(self, *, there: bool) -> list[str]:
        """Give the texts that the model is asked for: blank ones are not.

        Args:
            there: Whether the collection exists, so that no vector has to tell its dimensions.
        """
        wanted = [text for text in self.texts if not is_blank(text)]
        return wanted or ([] if there else [_PROBE])

    def embedded(self, asked: Sequence[str], vectors: Iterable[Any]) -> Embedded:
        """Pair the texts with what the model gave for ``to_embed``'s.

        Raises:
            InvalidArgumentError: There are more or fewer than asked for, or their lengths differ.
        """
        read, dimensions = vectors_for(asked, vectors) if asked else ([], None)
        each = iter(read)
        paired = [None if is_blank(text) else next(each) for text in self.texts]
        return Embedded(paired, dimensions)

    def given(self, vectors: Iterable[Any], metric: Metric) -> Embedded:
        """Pair the texts with vectors of the caller's; a zero one of a blank text is left out.

        Args:
            vectors: One a text; None where a blank one has none.
            metric: What the collection compares by: under cosine a zero has no direction.

        Raises:
            InvalidArgumentError: There are more or fewer than texts, or their lengths differ.
        """
        read = _as_many("embeddings", vectors, len(self.texts))
        blank = [place for place, text in enumerate(self.texts) if is_blank(text)]
        without = {place for place in blank if read[place] is None}
        dimensions = _one_length(
            (place, vector) for place, vector in enumerate(read) if place not in without
        )
        if metric is Metric.COSINE:
            for place in blank:
                if _is_zero(read[place]):
                    read[place] = None
        return Embedded(read, dimensions)

    def items(self, vectors: Sequence[Any] | None = None) -> Iterator[Item]:
        """Make the items, each with its vector where there are any."""
        for place, (id_, text) in enumerate(zip(self.ids, self.texts, strict=True)):
            vector = None if vectors is None else vectors[place]
            named = NamedId(id_, self.names[place]) if isinstance(id_, str) else id_
            yield Item(named, vector, text, self.metadatas[place])

    def checked(self, fields: Mapping[str, str] | None) -> Operation[None]:
        """Check all that can be checked without a vector: embedding them may cost money.

        Raises:
            InvalidArgumentError: A document cannot be stored; the message names it.
        """
        names = tuple(key for key, kind in (fields or {}).items() if kind == "text")
        kind = Kind(Shape("", 1, Metric.L2, "vector"), 0, names)
        yield from check_items(kind, self.items())


def drafts(
    texts: Iterable[str],
    metadatas: Iterable[Mapping[str, Any] | None] | None,
    ids: Iterable[str | None] | None,
) -> Drafts:
    """Read each argument once, and give an id to what has none.

    Raises:
        InvalidArgumentError: The lengths differ, or an argument is no list of its kind.
    """
    read = _listed("texts", texts)
    for place, text in enumerate(read):
        if not isinstance(text, str):
            msg = f"texts must be strings: {nth(place)} is {type(text).__name__}"
            raise InvalidArgumentError(msg)
    many = len(read)
    given = [None] * many if ids is None else _as_many("ids", ids, many)
    made = [str(uuid.uuid4()) if id_ is None else id_ for id_ in given]
    names = [
        f"document {nth(place)}" + ("" if id_ is None else f" with id {shown(str(id_))}")
        for place, id_ in enumerate(given)
    ]
    return Drafts(
        made,
        names,
        read,
        [None] * many if metadatas is None else _as_many("metadatas", metadatas, many),
    )


def drafts_of(documents: Iterable[Document], ids: Iterable[str | None] | None) -> Drafts:
    """Take documents apart; ``ids``, where there are any, stand in for the documents' own.

    Raises:
        InvalidArgumentError: The lengths differ, or something is no document.
    """
    read = _listed("documents", documents)
    for place, document in enumerate(read):
        if not isinstance(document, Document):
            msg = f"documents must be langchain_core Documents: {nth(place)} is"
            raise InvalidArgumentError(f"{msg} {type(document).__name__}")
    own = [document.id or None for document in read] if ids is None else ids
    texts = [document.page_content for document in read]
    return drafts(texts, [document.metadata for document in read], own)


def with_texts(
    texts: Iterable[str] | None, embeddings: Iterable[Any] | None
) -> tuple[Iterable[str], Iterable[Any]]:
    """Give vectors with their texts; without any, each has an empty one.

    Raises:
        InvalidArgumentError: There are no vectors, or what is given is no list.
    """
    if embeddings is None:
        msg = "add_embeddings needs embeddings: add_texts and add_documents embed what they store"
        raise InvalidArgumentError(msg)
    if texts is not None:
        return texts, embeddings
    vectors = _listed("embeddings", embeddings)
    return [""] * len(vectors), vectors


def vectors_for(texts: Sequence[str], embeddings: Iterable[Any]) -> tuple[list[Any], int]:
    """Read the embeddings of texts, and give them with their length.

    Raises:
        InvalidArgumentError: There are more or fewer than texts, or their lengths differ.
    """
    vectors = _as_many("embeddings", embeddings, len(texts))
    length = _one_length(enumerate(vectors))
    assert length is not None  # noqa: S101  # there is a text
    return vectors, length


def _one_length(vectors: Iterable[tuple[int, Any]]) -> int | None:
    first: int | None = None
    for place, vector in vectors:
        length = _length(vector, place)
        first = length if first is None else first
        if length != first:
            msg = (
                f"embeddings must be of one length: {nth(place)} has {length:,}"
                f" dimensions, the first has {first:,}"
            )
            raise InvalidArgumentError(msg)
    return first


def length_of(embeddings: Iterable[Any]) -> int:
    """Give the length of the embedding of a first text.

    Raises:
        InvalidArgumentError: There is none, or more than one.
    """
    return vectors_for([""], embeddings)[1]


def document(found: Match | Item) -> Document:
    """Make a document; nothing is added to its metadata."""
    return Document(id=found.id, page_content=found.text, metadata=dict(found.metadata or {}))


def relevance(match: Match, search: str, metric: Metric) -> float:
    """Give a match's relevance, 0 to 1, which falls as the matches do."""
    match search:
        case "hybrid":
            value = match.score
        case "text":
            value = text_relevance(match.score)
        case _ if metric is Metric.COSINE:
            value = match.score
        case _ if metric is Metric.IP:
            # the logistic function, in a form that never overflows
            value = 0.5 * (1.0 + math.tanh(match.score / 2.0))
        case _:
            value = match.score  # 1 / (1 + distance) already
    return min(1.0, max(0.0, value))


def findable(ids: Iterable[str]) -> list[str]:
    """Leave out the strings that no item can have as its id, which are therefore not there.

    Raises:
        InvalidArgumentError: ``ids`` is one string and not a list of them, or holds something else.
    """
    listed = _listed("ids", ids)
    for place, id_ in enumerate(listed):
        if not isinstance(id_, str):
            msg = f"ids must be strings: {nth(place)} is {type(id_).__name__}"
            raise InvalidArgumentError(msg)
    return [id_ for id_ in listed if _can_be_an_id(id_)]


def _can_be_an_id(id_: object) -> bool:
    try:
        check_id(id_, limit=None)
    except InvalidArgumentError:
        return False
    return True


def _is_zero(vector: Any) -> bool:
    if vector is None:
        return False
    try:
        return not np.any(np.asarray(vector))
    except (TypeError, ValueError):
        return False  # no vector: the checks say what it is


def _listed(what: str, values: Any) -> list[Any]:
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        msg = f"{what} must be a list, not {type(values).__name__}"
        raise InvalidArgumentError(msg)
    return list(values)


def _as_many(what: str, values: Any, many: int) -> list[Any]:
    read = _listed(what, values)
    if len(read) != many:
        msg = f"{what} must be as many as the texts: there are {len(read):,} for {many:,} texts"
        raise InvalidArgumentError(msg)
    return read


def _length(vector: Any, place: int) -> int:
    try:
        return len(vector)
    except TypeError:
        msg = f"embeddings must be vectors: {nth(place)} is {type(vector).__name__}"
        raise InvalidArgumentError(msg) from None
