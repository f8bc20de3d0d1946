"""What the cache of answers does, each action written once for sync and async callers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrecall._adapters.caching import kept
from pgrecall._operations.entries import blobs
from pgrecall.langchain._answers import JSON, digest, read, written
from pgrecall.models import Blob

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.outputs import Generation

    from pgrecall._adapters.pair import Pair
    from pgrecall._operations.work import Operation
    from pgrecall._statements.entries.table import Key

SPACE = "langchain_cache"


@dataclass(frozen=True, slots=True)
class ExactOperations:
    """The answers of one namespace, by the digests of their prompts below those of their models.

    Attributes:
        pair: The stores.
        tenant: The tenant.
        namespace: Which of the tenant's caches.
        ttl_minutes: How long an answer lives; None for good.
    """

    pair: Pair
    tenant: str
    namespace: str
    ttl_minutes: float | None = None

    def __repr__(self) -> str:
        """Show which cache it is, for the log: no tenant."""
        return f"PgRecallCache(namespace={self.namespace!r})"

    def lookup(self, prompt: str, llm_string: str) -> Operation[list[Generation] | None]:
        """Read an answer."""
        asked = [self._key(prompt, llm_string)]
        (blob,) = yield from blobs.get(self.pair.context, self.tenant, SPACE, asked)
        return read(blob, self)

    def update(self, prompt: str, llm_string: str, answer: Sequence[Generation]) -> Operation[None]:
        """Keep an answer."""
        key, data = self._key(prompt, llm_string), written(answer, self)
        if data is not None:
            blob = Blob(*key, data, JSON, ttl_minutes=self.ttl_minutes)
            yield from kept(blobs.put(self.pair.context, self.tenant, SPACE, [blob]), self)

    def clear(self, llm_string: str | None) -> Operation[int]:
        """Remove answers, of one model or of all."""
        of_model = () if llm_string is None else (digest(llm_string, "llm_string"),)
        prefix = (self.namespace, *of_model)
        return blobs.clear(self.pair.context, self.tenant, SPACE, prefix)

    def _key(self, prompt: str, llm_string: str) -> Key:
        namespace = (self.namespace, digest(llm_string, "llm_string"))
        return namespace, digest(prompt, "prompt")
