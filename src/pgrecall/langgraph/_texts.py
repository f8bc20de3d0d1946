"""Which texts of a value are embedded, and their vectors."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from langgraph.store.base import ensure_embeddings, get_text_at_path, tokenize_path

from pgrecall._values.strings import is_blank, nth
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from langgraph.store.base import IndexConfig
    from numpy.typing import NDArray

Known: TypeAlias = "Mapping[str, Sequence[float] | NDArray[Any]]"
"""Vectors of texts."""

Questions: TypeAlias = "dict[str, Sequence[float]]"
"""Vectors of questions."""

WHOLE = "$"
"""The path of the whole value."""


class Texts:
    """The texts that an ``IndexConfig`` asks to embed, and its embedding.

    Raises:
        InvalidArgumentError: ``dims`` or ``embed`` is missing, or ``fields`` is no list.
    """

    def __init__(self, config: IndexConfig) -> None:
        """Read the configuration."""
        dims, embed, fields = config.get("dims"), config.get("embed"), config.get("fields")
        if dims is None or embed is None:
            msg = 'index needs "dims" and "embed": {"dims": 384, "embed": ..., "fields": ["text"]}'
            raise InvalidArgumentError(msg)
        self.dims: int = dims
        self.embeddings: Embeddings = ensure_embeddings(embed)
        self.fields: list[str] = [WHOLE] if fields is None else list(_checked("fields", fields))

    def of(self, value: Mapping[str, Any], index: object) -> list[tuple[str, str]]:
        """Give the paths and texts of one value that are embedded.

        Args:
            value: The value.
            index: What ``put`` was told: None for the store's fields, False for no text, or paths.

        Raises:
            InvalidArgumentError: ``index`` is something else.
        """
        if index is False:
            return []
        paths = self.fields if index is None else _checked("index", index)
        found: list[tuple[str, str]] = []
        for path in paths:
            texts = get_text_at_path(value, path if path == WHOLE else tokenize_path(path))
            several = len(texts) > 1
            # a blank text has no meaning to embed
            found += (
                (f"{path}.{n}" if several else path, text)
                for n, text in enumerate(texts)
                if not is_blank(text)
            )
        return found

    def embed(self, documents: Iterable[str], known: Known) -> Known:
        """Embed each text once that is not known, all in one call; give the vector of each."""
        texts = _distinct(documents, known)
        return _paired(texts, self.embeddings.embed_documents(texts) if texts else [], known)

    async def aembed(self, documents: Iterable[str], known: Known) -> Known:
        """Embed as ``embed`` does."""
        texts = _distinct(documents, known)
        return _paired(texts, await self.embeddings.aembed_documents(texts) if texts else [], known)

    def embed_questions(self, queries: Iterable[str]) -> Questions:
        """Embed each question once."""
        return {one: self.embeddings.embed_query(one) for one in _distinct(queries)}

    async def aembed_questions(self, queries: Iterable[str]) -> Questions:
        """Embed each question once, side by side."""
        asked = _distinct(queries)
        if len(asked) == 1:  # no task of its own: what comes at the same time goes together
            return {asked[0]: await self.embeddings.aembed_query(asked[0])}
        found = await asyncio.gather(*map(self.embeddings.aembed_query, asked))
        return dict(zip(asked, found, strict=True))


def _paired(texts: list[str], vectors: Sequence[Sequence[float]], known: Known) -> Known:
    if not isinstance(vectors, Iterable):
        msg = f"the embedding gave {type(vectors).__name__}, not a list of vectors"
        raise InvalidArgumentError(msg)
    read = list(vectors)
    if len(read) != len(texts):
        msg = f"the embedding gave {len(read):,} vectors for {len(texts):,} texts"
        raise InvalidArgumentError(msg)
    for place, vector in enumerate(read):
        if vector is None:  # the core would keep the text without one
            raise InvalidArgumentError(f"the embedding gave no vector for text {nth(place)}")
    return {**known, **dict(zip(texts, read, strict=True))}


def _distinct(texts: Iterable[str], known: Known | None = None) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text not in (known or ())]


def _checked(what: str, paths: object) -> Sequence[str]:
    if isinstance(paths, list | tuple) and all(isinstance(path, str) for path in paths):
        return paths
    msg = f'{what} must be a list of paths such as ["text", "notes[*].body"], not {paths!r}'
    raise InvalidArgumentError(msg)
