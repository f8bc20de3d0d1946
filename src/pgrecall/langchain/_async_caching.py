"""What the cache of answers does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.caches import BaseCache

from pgrecall._adapters.async_running import AsyncPairMixin
from pgrecall.langchain._queries import check_known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.outputs import Generation

    from pgrecall.langchain._exact import ExactOperations

OF_CLEAR = frozenset({"llm_string"})


class AsyncCacheMixin(AsyncPairMixin, BaseCache):
    """The async methods of ``PgRecallCache``."""

    _answers: ExactOperations

    async def alookup(self, prompt: str, llm_string: str) -> list[Generation] | None:
        """Give the answer to a prompt, or None where there is none, or it has expired.

        Args:
            prompt: The prompt, letter by letter.
            llm_string: The model and its settings: another has other answers.
        """
        return await self._arun(self._answers.lookup(prompt, llm_string))

    async def aupdate(self, prompt: str, llm_string: str, return_val: Sequence[Generation]) -> None:
        """Keep the answer to a prompt, in place of one that is there.

        An answer that could not be read back is not kept, and where this role may only read none
        is: the logger ``pgrecall`` says so.

        Args:
            prompt: As ``alookup``.
            llm_string: As ``alookup``.
            return_val: The answer.

        Raises:
            InvalidArgumentError: The answer is no list of generations.
        """
        await self._arun(self._answers.update(prompt, llm_string, return_val))

    async def aclear(self, **kwargs: Any) -> None:
        """Remove every answer of this cache.

        Args:
            **kwargs: ``llm_string``: those of this model with these settings alone.
        """
        check_known(kwargs, OF_CLEAR)
        await self._arun(self._answers.clear(kwargs.get("llm_string")))
