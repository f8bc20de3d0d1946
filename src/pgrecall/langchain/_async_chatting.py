"""What a chat's history does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.chat_history import BaseChatMessageHistory

from pgrecall._adapters.async_running import AsyncPairMixin
from pgrecall._adapters.chat_messages import StoredMessage, by_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.embeddings import Embeddings
    from langchain_core.messages import BaseMessage

    from pgrecall._adapters.chats import ChatOperations
    from pgrecall.langchain._messages import Messages


class AsyncChatMixin(AsyncPairMixin, BaseChatMessageHistory):
    """The async methods of ``PgRecallChatMessageHistory``."""

    session_id: str
    _chats: ChatOperations
    _messages: Messages
    _embedding: Embeddings | None

    async def aadd_messages(self, messages: Sequence[BaseMessage]) -> None:
        """Add messages behind all that are there, all or none; they stand together.

        Args:
            messages: Messages of LangChain's classes and of ``message_types``.

        Raises:
            InvalidArgumentError: A message is of another class, or holds what JSON cannot.
        """
        written = self._messages.written(messages)
        if not written:
            return
        vectors: dict[str, Any] = {}
        texts = self._chats.texts_to_embed(written)
        if texts and self._embedding is not None:
            await self._arun(self._chats.ready())
            vectors = by_text(texts, await self._embedding.aembed_documents(texts))
        await self._arun(self._chats.add(self.session_id, written, vectors))

    async def aget_messages(self) -> list[BaseMessage]:
        """Give every message, in order.

        Raises:
            InvalidArgumentError: One is of a class that is not among ``message_types``.
        """
        found = await self._arun(self._chats.read(self.session_id))
        return [self._messages.read(one.value, self.session_id, one.number) for one in found]

    async def apage(
        self, limit: int = 100, *, after: int | None = None, before: int | None = None
    ) -> list[StoredMessage]:
        """Give some messages, in order, with their numbers.

        Args:
            limit: How many at most.
            after: The number of the message that they come after: the last of the page before.
                Without it and ``before`` they are the first.
            before: The number of the message that they come before: the first of the page behind.
                Without ``after`` they are the last before it.

        Raises:
            InvalidArgumentError: An argument is no such number.
        """
        page = self._chats.page(self.session_id, limit, after=after, before=before)
        return [
            StoredMessage(
                self.session_id,
                one.number,
                self._messages.read(one.value, self.session_id, one.number),
                one.created_at,
            )
            for one in await self._arun(page)
        ]

    async def asearch(
        self, query: str, *, limit: int = 10, everywhere: bool = False
    ) -> list[StoredMessage]:
        """Find messages by what they say, and mean where there is an embedding; best first.

        Args:
            query: What to look for.
            limit: How many at most.
            everywhere: Whether to look in every session of the tenant, not in this one alone.

        Raises:
            InvalidArgumentError: The history was made without ``search=True``.
        """
        asked = self._chats.query(limit)
        vector = None
        if self._embedding is not None:
            vector = await self._embedding.aembed_query(query)
        session = None if everywhere else self.session_id
        found = await self._arun(self._chats.found(asked, query, vector, session))
        return [
            StoredMessage(
                name,
                one.number,
                self._messages.read(one.value, name, one.number),
                one.created_at,
                score,
            )
            for (_, name, one), score in found
        ]

    async def asessions(self, *, limit: int | None = None, offset: int = 0) -> list[str]:
        """Give the ids of the tenant's sessions, those that came first before.

        Args:
            limit: How many at most; None for all.
            offset: How many to leave out before.
        """
        return await self._arun(self._chats.names(limit=limit, offset=offset))

    async def aclear(self) -> None:
        """Remove the session with all that is kept of it."""
        await self._arun(self._chats.end(self.session_id))
