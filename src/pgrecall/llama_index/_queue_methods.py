"""Chats as ``Memory`` uses them: a queue whose oldest messages are archived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_index.core.storage.chat_store.base_db import AsyncDBChatStore, MessageStatus

from pgrecall._statements.entries import chats as statements
from pgrecall._values.numbers import checked_whole
from pgrecall.llama_index._async_chat_base import AsyncChatBase
from pgrecall.llama_index._messages import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_index.core.base.llms.types import ChatMessage

    from pgrecall._adapters.chat_messages import StoredMessage
    from pgrecall._statements.statement import Statement

ACTIVE = MessageStatus.ACTIVE
_MOST = 2**31 - 1


class QueueMixin(AsyncChatBase, AsyncDBChatStore):
    """The methods of ``PgRecallAsyncChatStore``, all of them async."""

    async def get_messages(
        self,
        key: str,
        status: MessageStatus | None = ACTIVE,
        limit: int | None = None,
        offset: int | None = None,
    ) -> list[ChatMessage]:
        """Give messages of a chat, in order.

        Args:
            key: The chat.
            status: Of which status; None for all.
            limit: How many at most; None for all.
            offset: How many to leave out before.
        """
        found = self._chats.read(key, archived=_archived(status), limit=limit, offset=offset or 0)
        return [read(key, one) for one in await self._arun(found)]

    async def count_messages(self, key: str, status: MessageStatus | None = ACTIVE) -> int:
        """Count messages of a chat, those of a status, or all by None."""
        return await self._arun(self._chats.count(key, archived=_archived(status)))

    async def add_message(
        self, key: str, message: ChatMessage, status: MessageStatus = ACTIVE
    ) -> None:
        """Add a message behind all that a chat has.

        Raises:
            InvalidArgumentError: The message cannot be kept.
        """
        await self.add_messages(key, [message], status)

    async def add_messages(
        self, key: str, messages: list[ChatMessage], status: MessageStatus = ACTIVE
    ) -> None:
        """Add messages behind all that a chat has, all or none; they stand together.

        Raises:
            InvalidArgumentError: A message cannot be kept; none was added.
        """
        if messages:
            await self._aadd(key, messages, archived=bool(_archived(status)))

    async def set_messages(
        self, key: str, messages: list[ChatMessage], status: MessageStatus = ACTIVE
    ) -> None:
        """Put messages in the place of all that a chat has, whatever their status, all or none.

        Raises:
            InvalidArgumentError: A message cannot be kept; nothing was changed.
        """
        await self._aadd(key, messages, archived=bool(_archived(status)), anew=True)

    async def delete_message(self, key: str, idx: int) -> ChatMessage | None:
        """Remove the message of a number and give it; None where there is none.

        Args:
            key: The chat.
            idx: Its number, as ``page`` gives it: the first message of a chat has 1.
        """
        number = checked_whole("idx", idx, -_MOST, statements.LAST_NUMBER)
        if number < 1:
            return None
        taken = await self._arun(self._chats.take(key, statements.remove_number, number))
        return read(key, taken[0]) if taken else None

    async def delete_messages(self, key: str, status: MessageStatus | None = None) -> None:
        """Remove the messages of a status; None removes the chat with all that is kept of it."""
        archived = _archived(status)
        if archived is None:
            await self._arun(self._chats.end(key))
        else:
            choose = statements.remove_archived if archived else statements.remove_active
            await self._arun(self._chats.take(key, choose))

    async def delete_oldest_messages(self, key: str, n: int) -> list[ChatMessage]:
        """Remove the first ``n`` active messages and give them."""
        return await self._oldest(key, n, statements.remove_oldest)

    async def archive_oldest_messages(self, key: str, n: int) -> list[ChatMessage]:
        """Archive the first ``n`` active messages and give them."""
        return await self._oldest(key, n, statements.archive_oldest)

    async def get_keys(self) -> list[str]:
        """Give the keys of the tenant's chats that have messages, those that came first before."""
        return await self._arun(self._chats.names(with_messages=True))

    async def page(
        self, key: str, limit: int = 100, *, after: int | None = None, before: int | None = None
    ) -> list[StoredMessage]:
        """Give some messages of a chat, whatever their status, in order and with their numbers.

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

    async def search(
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

    async def _oldest(
        self, key: str, n: int, choose: Callable[..., Statement]
    ) -> list[ChatMessage]:
        count = checked_whole("n", n, 0, _MOST)
        taken = await self._arun(self._chats.take(key, choose, count))
        return [read(key, one) for one in taken or ()]


def _archived(status: MessageStatus | None) -> bool | None:
    return None if status is None else MessageStatus(status) is MessageStatus.ARCHIVED
