# Made by `make twins` (python -m twins) from src/pgrecall/llama_index/_async_chat_base.py.
# Do not edit: change that file, and make this one anew.

"""What both of LlamaIndex's kinds of chat store do alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall._adapters.chat_messages import by_text
from pgrecall._adapters.running import PairMixin
from pgrecall.llama_index._messages import stored, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.base.llms.types import ChatMessage

    from pgrecall._adapters.chat_messages import StoredMessage
    from pgrecall._adapters.chats import ChatOperations


class ChatBase(PairMixin):
    """The sync half of what adds, pages and searches."""

    _chats: ChatOperations
    _embed_model: BaseEmbedding | None

    def _add(self, key: str, messages: Sequence[ChatMessage], **keywords: Any) -> None:
        whole = written(messages)
        vectors: dict[str, Any] = {}
        texts = self._chats.texts_to_embed(whole)
        if texts and self._embed_model is not None:
            self._run(self._chats.ready())
            found = self._embed_model.get_text_embedding_batch(texts)
            vectors = by_text(texts, found)
        self._run(self._chats.add(key, whole, vectors, **keywords))

    def _page(
        self, key: str, limit: int, after: int | None, before: int | None
    ) -> list[StoredMessage]:
        page = self._chats.page(key, limit, after=after, before=before)
        return [stored(key, one) for one in self._run(page)]

    def _search(self, query: str, key: str | None, limit: int) -> list[StoredMessage]:
        asked = self._chats.query(limit)
        vector = None
        if self._embed_model is not None:
            vector = self._embed_model.get_query_embedding(query)
        found = self._run(self._chats.found(asked, query, vector, key))
        return [stored(name, one, score) for (_, name, one), score in found]
