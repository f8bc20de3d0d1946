"""What both of LlamaIndex's kinds of chat store do alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall._adapters.async_running import AsyncPairMixin
from pgrecall._adapters.chat_messages import by_text
from pgrecall.llama_index._messages import stored, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.base.llms.types import ChatMessage

    from pgrecall._adapters.chat_messages import StoredMessage
    from pgrecall._adapters.chats import ChatOperations


class AsyncChatBase(AsyncPairMixin):
    """The async half of what adds, pages and searches."""

    _chats: ChatOperations
    _embed_model: BaseEmbedding | None

    async def _aadd(self, key: str, messages: Sequence[ChatMessage], **keywords: Any) -> None:
        whole = written(messages)
        vectors: dict[str, Any] = {}
        texts = self._chats.texts_to_embed(whole)
        if texts and self._embed_model is not None:
            await self._arun(self._chats.ready())
            found = await self._embed_model.aget_text_embedding_batch(texts)
            vectors = by_text(texts, found)
        await self._arun(self._chats.add(key, whole, vectors, **keywords))

    async def _apage(
        self, key: str, limit: int, after: int | None, before: int | None
    ) -> list[StoredMessage]:
        page = self._chats.page(key, limit, after=after, before=before)
        return [stored(key, one) for one in await self._arun(page)]

    async def _asearch(self, query: str, key: str | None, limit: int) -> list[StoredMessage]:
        asked = self._chats.query(limit)
        vector = None
        if self._embed_model is not None:
            vector = await self._embed_model.aget_query_embedding(query)
        found = await self._arun(self._chats.found(asked, query, vector, key))
        return [stored(name, one, score) for (_, name, one), score in found]
