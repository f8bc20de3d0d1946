"""LangChain's chat message history on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.embeddings import Embeddings

from pgrecall._adapters.chats import ChatOperations
from pgrecall._adapters.collection import model_of
from pgrecall._operations.entries.chats import checked_name
from pgrecall._values.said import UNSAID
from pgrecall.errors import InvalidArgumentError
from pgrecall.langchain._async_chatting import AsyncChatMixin
from pgrecall.langchain._chatting import ChatMixin
from pgrecall.langchain._messages import Messages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langchain_core.messages import BaseMessage

    from pgrecall._adapters.pair import Pair
    from pgrecall.async_store import AsyncStore
    from pgrecall.store import Store


class PgRecallChatMessageHistory(ChatMixin, AsyncChatMixin):
    """The messages of one session, for ``RunnableWithMessageHistory`` and for whoever reads them.

    Any number of writers may add to a session at once: what one call adds stands together, and
    what a reader has seen stays before all that comes later. Messages of LangChain's own classes
    come back equal; what is no JSON in them comes back as JSON has it. One object serves sync and
    async callers, threads and event loops, and is cheap to make: one a call will do.

    Args:
        session_id: Any string.
        store: A ``Store`` or ``AsyncStore`` of yours, which stays open; or a DSN as ``Store`` takes
            it, for connections that ``close`` ends. None is ``Store``'s default DSN.
        tenant: Whose sessions they are: tenants never see one another.
        collection: Histories of one name share their sessions. With ``search`` it is the collection
            that holds what messages say.
        search: Let ``search`` find messages by their words. Those that were added without it are
            not found.
        embedding: What lets ``search`` find messages by their meaning too; its model's name is kept
            with the collection as a guard against mixing two.
        text_search: The text search configuration of the collection; ``"english"`` where not given
            at creation.
        ttl_minutes: Minutes that a session lives after messages were last added to it; None for
            good. What has expired is never seen, and ``maintain`` removes it.
        message_types: Classes of messages of your own, to be kept and read beside LangChain's.

    Raises:
        InvalidArgumentError: An argument cannot be used.
    """

    def __init__(
        self,
        session_id: str,
        *,
        store: Store | AsyncStore | Pair | str | None = None,
        tenant: str = "default",
        collection: str = "langchain_chats",
        search: bool = False,
        embedding: Embeddings | None = None,
        text_search: str = UNSAID,
        ttl_minutes: float | None = None,
        message_types: Iterable[type[BaseMessage]] = (),
    ) -> None:
        """Check the arguments; connect to nothing yet."""
        super().__init__()
        if embedding is not None and not isinstance(embedding, Embeddings):
            msg = f"embedding must be a langchain_core Embeddings, not {type(embedding).__name__}"
            raise InvalidArgumentError(msg)
        self.session_id = checked_name(session_id)
        self._embedding = embedding
        self._messages = Messages(message_types)
        self._chats = ChatOperations(
            store,
            tenant,
            collection,
            "langchain",
            search=search,
            embeds=embedding is not None,
            model=model_of(embedding),
            text_search=text_search,
            ttl_minutes=ttl_minutes,
        )
        self._pair = self._chats.pair

    def __repr__(self) -> str:
        """Show the session and where it is; never a password."""
        return f"{type(self).__name__}({self.session_id[:80]!a}, {self._chats!r})"

    @property
    def messages(self) -> list[BaseMessage]:  # type: ignore[override]  # the base leaves it open
        """Every message, in order."""
        return self.get_messages()
