"""The chat store's methods: what they take, and which operation each runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_index.core.storage.chat_store import BaseChatStore

from pgrecall._statements.entries import chats as statements
from pgrecall.llama_index._async_chat_base import AsyncChatBase
from pgrecall.llama_index._messages import clamped, read

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage

    from pgrecall._adapters.chat_messages import StoredMessage


class AsyncChatMixin(AsyncChatBase, BaseChatStore):
    """The async methods of ``PgRecallChatStore``."""

    async def aset_messages(self, key: str, messages: list[ChatMessage]) -> None:
        """Put messages in the place of all that a chat has, all or none.

        Args:
            key: Any string.
            messages: What it has from now on; without any it is there, and empty.

        Raises:
            InvalidArgumentError: A message cannot be kept; nothing was changed.
        """
        await self._aadd(key, messages, anew=True)

    async def aget_messages(self, key: str) -> list[ChatMessage]:
        """Give every message of a chat, in order; none where there is no such chat."""
        return [read(key, one) for one in await self._arun(self._chats.read(key))]

    async def async_add_message(
        self, key: str, message: ChatMessage, idx: int | None = None
    ) -> None:
        """Add a message to a chat.

        Args:
            key: Any string.
            message: What to add.
            idx: Where, as ``list.insert`` has it; None for the end. What comes behind is written
                anew: the end is what costs little in a long chat.

        Raises:
            InvalidArgumentError: The message cannot be kept.
        """
        await self._aadd(key, [message], index=None if idx is None else clamped(idx))

    async def adelete_messages(self, key: str) -> list[ChatMessage] | None:
        """Remove a chat and give its messages; None where there was none."""
        gone = await self._arun(self._chats.end(key, values=True))
        return None if gone is None else [read(key, one) for one in gone]

    async def adelete_message(self, key: str, idx: int) -> ChatMessage | None:
        """Remove a message of a chat and give it.

        Args:
            key: The chat.
            idx: Which, as ``list.pop`` has it.

        Returns:
            The message; None where there is no chat, or none so far behind.

        Raises:
            IndexError: ``idx`` is negative and the chat has fewer messages.
        """
        taken = await self._arun(self._chats.take(key, statements.remove_at, clamped(idx)))
        if taken:
            return read(key, taken[0])
        if taken is not None and idx < 0:
            msg = f"there is no message {idx} to remove"
            raise IndexError(msg)
        return None

    async def adelete_last_message(self, key: str) -> ChatMessage | None:
        """Remove the last message of a chat and give it; None where there is no chat.

        Raises:
            IndexError: The chat is empty.
        """
        return await self.adelete_message(key, -1)

    async def aget_keys(self) -> list[str]:
        """Give the keys of the tenant's chats, those that came first before, empty ones too."""
        return await self._arun(self._chats.names())

    async def apage(
        self, key: str, limit: int = 100, *, after: int | None = None, before: int | None = None
    ) -> list[StoredMessage]:
        """Give some messages of a chat, in order, with their numbers.

        Args:
            key: The chat.
            limit: How many at most.
            after: The number of the message that they come after: the last of the page before.
                Without it and ``before`` they are the first.
            before: The number of the message that they come before: the first of the page behind.
                Without ``after`` they are the last before it.

        Raises:
            InvalidArgumentError: An argument is no such number.
        """
        return await self._apage(key, limit, after, before)

    async def asearch(
        self, query: str, *, key: str | None = None, limit: int = 10
    ) -> list[StoredMessage]:
        """Find messages by what they say, and mean where there is a model; best first.

        Args:
            query: What to look for.
            key: In which chat; None in all of the tenant's.
            limit: How many at most.

        Raises:
            InvalidArgumentError: The store was made without ``search=True``.
        """
        return await self._asearch(query, key, limit)
