# Made by `make twins` (python -m twins) from src/pgrecall/langchain/_async_caching.py.
# Do not edit: change that file, and make this one anew.

"""What the cache of answers does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.caches import BaseCache

from pgrecall._adapters.running import PairMixin
from pgrecall.langchain._queries import check_known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.outputs import Generation

    from pgrecall.langchain._exact import ExactOperations

OF_CLEAR = frozenset({"llm_string"})


class CacheMixin(PairMixin, BaseCache):
    """The sync methods of ``PgRecallCache``."""

    _answers: ExactOperations

    def lookup(self, prompt: str, llm_string: str) -> list[Generation] | None:
        """Give the answer to a prompt, or None where there is none, or it has expired.

        Args:
            prompt: The prompt, letter by letter.
            llm_string: The model and its settings: another has other answers.
        """
        return self._run(self._answers.lookup(prompt, llm_string))

    def update(self, prompt: str, llm_string: str, return_val: Sequence[Generation]) -> None:
        """Keep the answer to a prompt, in place of one that is there.

        An answer that could not be read back is not kept, and where this role may only read none
        is: the logger ``pgrecall`` says so.

        Args:
            prompt: As ``lookup``.
            llm_string: As ``lookup``.
            return_val: The answer.

        Raises:
            InvalidArgumentError: The answer is no list of generations.
        """
        self._run(self._answers.update(prompt, llm_string, return_val))

    def clear(self, **kwargs: Any) -> None:
        """Remove every answer of this cache.

        Args:
            **kwargs: ``llm_string``: those of this model with these settings alone.
        """
        check_known(kwargs, OF_CLEAR)
        self._run(self._answers.clear(kwargs.get("llm_string")))
