"""An embedding model and a language model for LlamaIndex that need no network."""

from __future__ import annotations

import math
import re
import zlib
from typing import Any

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
from llama_index.core.llms.callbacks import llm_completion_callback

DIMENSIONS = 256


class WordEmbedding(BaseEmbedding):
    """Counts hashed words: texts that share words are near."""

    refuses: str = "no such query"
    # private: an ingestion cache keys its entries by what a model serialises
    _calls: list[str] = PrivateAttr(default_factory=list)

    def _get_text_embedding(self, text: str) -> list[float]:
        self._calls.append(text)
        vector = [0.0] * DIMENSIONS
        vector[0] = 0.01  # a text without words has a direction too
        for word in re.findall(r"\w+", text.lower()):
            vector[1 + zlib.crc32(word.encode()) % (DIMENSIONS - 1)] += 1.0
        length = math.hypot(*vector)
        return [value / length for value in vector]

    def _get_query_embedding(self, query: str) -> list[float]:
        assert query != self.refuses, "this query must not be embedded"
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


class ScriptedLLM(CustomLLM):
    """Answers every prompt with the same text, and keeps the prompts."""

    answer: str
    prompts: list[str] = Field(default_factory=list)

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata()

    @llm_completion_callback()
    def complete(
        self,
        prompt: str,
        formatted: bool = False,  # noqa: ARG002  # the base calls with it
        **kwargs: Any,  # noqa: ARG002  # the same
    ) -> CompletionResponse:
        self.prompts.append(prompt)
        return CompletionResponse(text=self.answer)

    @llm_completion_callback()
    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseGen:
        yield self.complete(prompt, formatted, **kwargs)
