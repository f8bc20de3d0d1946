"""What the cache by meaning does, each action written once for sync and async callers.

An answer is a blob, as in the exact cache. Beside it a collection has the vector of its prompt, in
an item that goes when the blob expires; an item without a blob is none.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pgrecall._adapters.caching import kept
from pgrecall._adapters.query import AdapterQuery
from pgrecall._operations.collections import collections
from pgrecall._operations.context import look_up, resolve
from pgrecall._operations.entries import blobs, entry_items
from pgrecall._operations.items import items
from pgrecall._values.strings import is_blank
from pgrecall.errors import CollectionConflictError
from pgrecall.filters import Condition
from pgrecall.langchain._answers import JSON, digest, read, split
from pgrecall.langchain._exact import SPACE
from pgrecall.models import Blob, Item

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.outputs import Generation

    from pgrecall._adapters.collection import AdapterCollection
    from pgrecall._operations.work import Operation
    from pgrecall._statements.entries.table import Key

SETTINGS = "llm_settings"
"""The key of an item's metadata that says to which questions its answer may belong."""
FIELDS = {SETTINGS: "text"}

_FIRST, _MOST = 4, 1_024


class Asked(NamedTuple):
    """A prompt, by its digests.

    Attributes:
        key: Of the answer to this very prompt.
        settings: The model, its settings, and what of the prompt must be the same.
        text: What is compared by its meaning; empty where nothing is.
    """

    key: Key
    settings: str
    text: str


class Looked(NamedTuple):
    """What was found without a vector.

    Attributes:
        answer: To this very prompt.
        is_searched: Whether there is something to search for one that means the same.
    """

    answer: list[Generation] | None
    is_searched: bool


class Recent:
    """Vectors of the last prompts: what was looked up in vain is kept a moment later."""

    def __init__(self) -> None:
        """Begin with none."""
        self._vectors: deque[tuple[str, list[float]]] = deque(maxlen=64)

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave them behind: they are soon made again."""
        return Recent, ()

    def get(self, text: str) -> list[float] | None:
        """Give the vector of a text."""
        return next((vector for known, vector in self._vectors.copy() if known == text), None)

    def keep(self, text: str, vector: list[float]) -> None:
        """Keep the vector of a text for a while."""
        self._vectors.append((text, vector))


@dataclass(frozen=True, slots=True)
class MeaningOperations:
    """The answers of one cache, with the collection of their prompts.

    Attributes:
        collection: The collection.
        threshold: The least score of a prompt whose answer is given.
        ttl_minutes: How long an answer lives; None for good.
    """

    collection: AdapterCollection
    threshold: float
    ttl_minutes: float | None = None

    def __repr__(self) -> str:
        """Show which cache it is, for the log: no tenant."""
        return f"PgRecallSemanticCache(collection={self.collection.name!r})"

    @property
    def space(self) -> str:
        """Where the blobs are; it names the collection, for who sweeps them."""
        return entry_items.space_of(SPACE, self.collection.name)

    def asked(self, prompt: str, llm_string: str) -> Asked:
        """Name a prompt.

        Raises:
            InvalidArgumentError: It, or the settings, is no string.
        """
        model = digest(llm_string, "llm_string")
        key = (model,), digest(prompt, "prompt")
        text, rest = split(prompt)
        return Asked(key, digest(model + rest, "prompt"), "" if is_blank(text) else text)

    def exact(self, asked: Asked) -> Operation[Looked]:
        """Read the answer to this very prompt.

        Raises:
            CollectionConflictError: The prompts were embedded by another model.
        """
        there = yield from self.collection.exists(vectors=True)
        (blob,) = yield from self._blobs([asked.key])
        return Looked(read(blob, self), there and bool(asked.text))

    def nearest(self, asked: Asked, vector: Sequence[float]) -> Operation[list[Generation] | None]:
        """Read the answer to the prompt that is nearest, of those that are near enough."""
        query = AdapterQuery.of(
            "vector", min_score=self.threshold, filter={SETTINGS: asked.settings}
        )
        fetch, seen = _FIRST, 0
        while True:
            found = yield from query.having(limit=fetch).found(self.collection, "", vector)
            keys = [key for match in found[seen:] if (key := entry_items.key_of(match)) is not None]
            # as a rule the first has an answer, and no other is read
            for some in (keys[:1], keys[1:]):
                for blob in (yield from self._blobs(some)):
                    answer = read(blob, self)
                    if answer is not None:
                        return answer
            if len(found) < fetch or fetch >= _MOST:
                return None
            # all that are nearest have expired, and were not swept yet
            fetch, seen = 4 * fetch, len(found)

    def keep(self, asked: Asked, data: bytes, vector: Sequence[float] | None) -> Operation[None]:
        """Keep an answer, with its prompt's vector where it has one."""
        return kept(self._keep(asked, data, vector), self)

    def clear(self, llm_string: str | None) -> Operation[None]:
        """Remove answers, of one model or of all.

        A collection whose vectors are of another embedding, or may be, goes with them.
        """
        collection = self.collection
        if llm_string is not None:
            model = digest(llm_string, "llm_string")
            of_model = Condition(entry_items.NAMESPACE, "contains", model)
            yield from collection.reading(
                lambda: items.delete_where(*collection.place, of_model), missing=0
            )
            yield from self._clear_blobs((model,))
            return
        try:
            if collection.wanted.embedding_model:
                yield from collection.reading(
                    lambda: collections.clear(*collection.place), missing=0
                )
            else:  # nothing tells whether it is of the same embedding
                yield from collection.exists(vectors=True)
                yield from self._drop()
        except CollectionConflictError:
            yield from self._drop()
        yield from self._clear_blobs(())

    def _drop(self) -> Operation[None]:
        collection = self.collection
        plain = collection.pair.context
        stored = yield from look_up(plain, collection.tenant, collection.name)
        if stored is not None and dict(stored.fields) != FIELDS:
            # somebody's documents: say what differs
            yield from resolve(*collection.place, vectors=True)
            return
        yield from collections.drop(plain, collection.tenant, collection.name)

    def _clear_blobs(self, prefix: tuple[str, ...]) -> Operation[int]:
        return blobs.clear(self.collection.pair.context, self.collection.tenant, self.space, prefix)

    def _blobs(self, keys: Sequence[Key]) -> Operation[list[Blob | None]]:
        context, tenant = self.collection.context, self.collection.tenant
        return blobs.get(context, tenant, self.space, keys)

    def _keep(self, asked: Asked, data: bytes, vector: Sequence[float] | None) -> Operation[None]:
        collection = self.collection
        blob = Blob(*asked.key, data, JSON, ttl_minutes=self.ttl_minutes)
        if vector is not None:
            (id_,) = entry_items.ids_of(asked.key, 1)
            names = entry_items.names_of(asked.key)
            item = Item(id_, vector, metadata={SETTINGS: asked.settings, **names})
            # the vector first: should the second write fail, it belongs to nothing
            yield from collection.writing(
                len(vector),
                lambda new: items.check_items(items.kind_of_new(new), [item]),
                lambda: items.upsert(*collection.place, [item], batch_size=1, progress=None),
            )
        yield from blobs.put(collection.context, collection.tenant, self.space, [blob])
