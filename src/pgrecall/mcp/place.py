"""Where tools work: the collections of one tenant that the server was started for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from anyio import to_thread

from pgrecall._values.strings import shown
from pgrecall.errors import CollectionNotFoundError, InvalidArgumentError
from pgrecall.models import Collection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pgrecall.async_bound import AsyncBoundCollection
    from pgrecall.async_store import AsyncStore


class Embedder(Protocol):
    """A model that turns texts into vectors; plain functions, which a thread runs."""

    def embed(self, texts: Sequence[str]) -> list[Any]:
        """Give a vector for each text, None where it knows no word of it."""

    def embed_one(self, text: str) -> Any:
        """Give a question's vector."""


@dataclass(frozen=True)
class Place:
    """What tools work on; nothing that a tool is called with can name anything else.

    Attributes:
        store: The store.
        tenant: The tenant.
        collections: The collections' names, one or more.
        embedder: Gives the model that a collection's vectors are of, None where none is known.
    """

    store: AsyncStore
    tenant: str
    collections: tuple[str, ...]
    embedder: Callable[[Collection], Embedder | None]
    turn: asyncio.Lock = field(default_factory=asyncio.Lock, compare=False, repr=False)
    """What looks first and writes then has its turn: a model's calls come side by side."""

    async def described(self, name: str) -> Collection:
        """Give a collection as it is now.

        Args:
            name: Its name, or "" where there is only one.

        Raises:
            InvalidArgumentError: It is none of those that there are, or is not there any more.
        """
        if not name and len(self.collections) == 1:
            name = self.collections[0]
        if name not in self.collections:
            there = ", ".join(map(repr, self.collections))
            what = f"there is no collection {shown(name)} here" if name else "collection is missing"
            raise InvalidArgumentError(f"{what}: {there} {'is' if self._one else 'are'}")
        found = await self.store.describe_collection(self.tenant, name)
        if found is None:
            raise CollectionNotFoundError(
                self.tenant, name, remedy="it was there when this server started"
            )
        return found

    def bound(self, described: Collection) -> AsyncBoundCollection:
        """Give the handle on a collection: one whose vectors are another model's is refused."""
        pin = Collection(
            described.name,
            described.dimensions,
            described.embedding_model,
            described.metric,
        )
        return self.store.bind(self.tenant, described.name, expect=pin)

    def modes(self, described: Collection) -> list[str]:
        """Tell how a collection can be searched."""
        words = described.text_search is not None
        vectors = self.embedder(described) is not None
        both = [*(["vector"] if vectors else []), *(["text"] if words else [])]
        return ["hybrid", *both] if words and vectors else both or ["none"]

    async def question(self, described: Collection, text: str) -> Any:
        """Embed a question, in a thread.

        Raises:
            InvalidArgumentError: The model is not known, or failed.
        """
        model = self.embedder(described)
        assert model is not None  # noqa: S101  # a search was told by then
        return await to_thread.run_sync(model.embed_one, text, abandon_on_cancel=True)

    async def vector(self, described: Collection, text: str) -> tuple[Any, str]:
        """Embed a text that is to be stored; tell where it gets no vector.

        Raises:
            InvalidArgumentError: Nothing could find it, or the model failed.
        """
        model = self.embedder(described)
        if model is not None:
            (made,) = await to_thread.run_sync(model.embed, [text], abandon_on_cancel=True)
            if made is not None:
                return made, ""
        if described.text_search is None:
            raise InvalidArgumentError(
                f"collection {described.name!r} is searched by vectors alone, and there is no"
                " model here that makes one of this text: it could not be found"
            )
        return None, " It has no vector: words find it, meaning does not."

    @property
    def _one(self) -> bool:
        return len(self.collections) == 1
