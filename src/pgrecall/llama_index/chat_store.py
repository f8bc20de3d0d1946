"""LlamaIndex's chat stores on PostgreSQL, by both of its interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import BaseModel, PrivateAttr

from pgrecall._adapters.chats import ChatOperations
from pgrecall._adapters.collection import model_of
from pgrecall._values.said import UNSAID
from pgrecall.errors import InvalidArgumentError
from pgrecall.llama_index._async_chat_methods import AsyncChatMixin
from pgrecall.llama_index._chat_methods import ChatMixin
from pgrecall.llama_index._queue_methods import QueueMixin

if TYPE_CHECKING:
    from pgrecall._adapters.pair import Pair
    from pgrecall.async_store import AsyncStore
    from pgrecall.store import Store


class _ChatStore(BaseModel):
    """What both are made of."""

    tenant: str
    collection: str

    _pair: Pair = PrivateAttr()
    _chats: ChatOperations = PrivateAttr()
    _embed_model: BaseEmbedding | None = PrivateAttr()

    def __init__(
        self,
        store: Pair | Store | AsyncStore | str | None = None,
        tenant: str = "default",
        *,
        collection: str = "llama_index_chats",
        search: bool = False,
        embed_model: BaseEmbedding | None = None,
        text_search: str = UNSAID,
        ttl_minutes: float | None = None,
    ) -> None:
        """Connect to nothing yet."""
        if embed_model is not None and not isinstance(embed_model, BaseEmbedding):
            msg = f"embed_model must be a BaseEmbedding, not {type(embed_model).__name__}"
            raise InvalidArgumentError(msg)
        chats = ChatOperations(
            store,
            tenant,
            collection,
            "llama_index",
            search=search,
            embeds=embed_model is not None,
            model=model_of(embed_model),
            text_search=text_search,
            ttl_minutes=ttl_minutes,
        )
        super().__init__(tenant=tenant, collection=collection)
        self._pair, self._chats, self._embed_model = chats.pair, chats, embed_model

    def __repr__(self) -> str:
        """Show where the store points; never a password."""
        return f"{type(self).__name__}({self._chats!r})"

    def __getstate__(self) -> dict[str, Any]:
        """Keep the connection's DSN, password included; LlamaIndex would drop it unseen."""
        return BaseModel.__getstate__(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over what was pickled."""
        BaseModel.__setstate__(self, state)


class PgRecallChatStore(_ChatStore, ChatMixin, AsyncChatMixin):
    """The messages of chats by key, for ``ChatMemoryBuffer`` and for whoever reads them.

    It answers as LlamaIndex's ``SimpleChatStore`` does. Any number of writers may add to a chat at
    once: what one call adds stands together, and what a reader has seen stays before all that
    comes later. One object serves sync and async callers, threads and event loops. It can be
    pickled: the pickle carries the DSN with its password, ``repr`` and ``model_dump`` do not.

    Args:
        store: A ``Store`` or ``AsyncStore`` of yours, which stays open; or a DSN as ``Store`` takes
            it, for connections that ``close`` ends. None is ``Store``'s default DSN.
        tenant: Whose chats they are: tenants never see one another.
        collection: Stores of one name share their chats, ``PgRecallAsyncChatStore`` too. With
            ``search`` it is the collection that holds what messages say.
        search: Let ``search`` find messages by their words. Those that were added without it are
            not found.
        embed_model: What lets ``search`` find messages by their meaning too; its name is kept with
            the collection as a guard against mixing two.
        text_search: The text search configuration of the collection; ``"english"`` where not given
            at creation.
        ttl_minutes: Minutes that a chat lives after messages were last added to it; None for good.
            What has expired is never seen, and ``maintain`` removes it.

    Raises:
        InvalidArgumentError: An argument cannot be used.
    """

    @classmethod
    def class_name(cls) -> str:
        """Name the class in what LlamaIndex serialises."""
        return "PgRecallChatStore"


class PgRecallAsyncChatStore(_ChatStore, QueueMixin):
    """The same chats by LlamaIndex's ``AsyncDBChatStore``: ``Memory``'s queue and its archive.

    ``Memory.from_defaults(session_id="monday", chat_store=PgRecallAsyncChatStore(...))`` keeps a
    session here in place of SQLite. It answers as ``SQLAlchemyChatStore`` does, but for the id that
    ``delete_message`` takes, which begins with 1 in every chat. An empty list of messages is none.
    One object serves any number of event loops.

    Args:
        store: As ``PgRecallChatStore`` takes it.
        tenant: The same.
        collection: The same.
        search: The same.
        embed_model: The same.
        text_search: The same.
        ttl_minutes: The same.

    Raises:
        InvalidArgumentError: An argument cannot be used.
    """

    @classmethod
    def class_name(cls) -> str:
        """Name the class in what LlamaIndex serialises."""
        return "PgRecallAsyncChatStore"
