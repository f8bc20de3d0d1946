# Made by `make twins` (python -m twins) from src/pgrecall/langchain/_async_meaning.py.
# Do not edit: change that file, and make this one anew.

"""What the cache by meaning does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.caches import BaseCache

from pgrecall._adapters.running import PairMixin
from pgrecall.langchain._answers import written
from pgrecall.langchain._queries import check_known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.embeddings import Embeddings
    from langchain_core.outputs import Generation

    from pgrecall.langchain._meaning_operations import MeaningOperations, Recent

_OF_CLEAR = frozenset({"llm_string"})


class MeaningMixin(PairMixin, BaseCache):
    """The sync methods of ``PgRecallSemanticCache``."""

    _answers: MeaningOperations
    _embedding: Embeddings
    _recent: Recent

    def lookup(self, prompt: str, llm_string: str) -> list[Generation] | None:
        """Give the answer to a prompt that means the same, or None where there is none.

        The answer to this very prompt comes first, and costs no embedding.

        Args:
            prompt: The prompt. Of a chat the last message is compared by its meaning, where it is a
                user's; what stands before it must be the same.
            llm_string: The model and its settings: another has other answers.

        Raises:
            CollectionConflictError: The prompts were embedded by another model: see the class.
        """
        asked = self._answers.asked(prompt, llm_string)
        looked = self._run(self._answers.exact(asked))
        if looked.answer is not None or not looked.is_searched:
            return looked.answer
        vector = self._vector_of(asked.text)
        if vector is None:
            return None
        return self._run(self._answers.nearest(asked, vector))

    def update(self, prompt: str, llm_string: str, return_val: Sequence[Generation]) -> None:
        """Keep the answer to a prompt, in place of one that is there.

        An answer that could not be read back is not kept, and where this role may only read none
        is: the logger ``pgrecall`` says so.

        Args:
            prompt: As ``lookup``.
            llm_string: As ``lookup``.
            return_val: The answer.

        Raises:
            CollectionConflictError: The prompts were embedded by another model: see the class.
            InvalidArgumentError: The answer is no list of generations.
        """
        asked = self._answers.asked(prompt, llm_string)
        data = written(return_val, self._answers)
        if data is None:
            return
        vector = self._vector_of(asked.text) if asked.text else None
        self._run(self._answers.keep(asked, data, vector))

    def clear(self, **kwargs: Any) -> None:
        """Remove every answer of this cache, of another embedding too: the next one begins anew.

        Args:
            **kwargs: ``llm_string``: those of this model with these settings alone.
        """
        check_known(kwargs, _OF_CLEAR)
        self._run(self._answers.clear(kwargs.get("llm_string")))

    def _vector_of(self, text: str) -> list[float] | None:
        vector = self._recent.get(text)
        if vector is None:
            vector = self._embedding.embed_query(text)
            self._recent.keep(text, vector)
        # one that points nowhere, of a model that knows no word of the text, is near to nothing
        return vector if any(vector) else None
