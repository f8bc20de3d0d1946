"""What remembers for agents, as ``adapters.py`` asks it: caches, chats, checkpoints, keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.documents import Document
from langchain_core.messages import HumanMessage
from langchain_core.outputs import Generation
from langgraph.checkpoint.base import empty_checkpoint
from llama_index.core.llms import ChatMessage

from pgrecall import langchain, langgraph, llama_index

if TYPE_CHECKING:
    from collections.abc import Callable

PROMPT = ("a prompt 0", "a model")
KEY = (("answers",), "key")
THREAD: Any = {"configurable": {"thread_id": "thread", "checkpoint_ns": ""}}


async def _kept(store: Any) -> list[Any]:
    keys = sorted([key async for key in store.ayield_keys()])
    return list(await store.amget(keys))


def _generated(texts: list[str]) -> list[Generation]:
    return [Generation(text=text) for text in texts]


def _told(messages: Any) -> list[str]:
    return [str(each.content) for each in messages]


def _texts(found: Any) -> list[str]:
    return [each.text for each in found]


def _checkpointed(saver: Any, texts: list[str]) -> None:
    version = saver.get_next_version(None, None)
    made = {
        **empty_checkpoint(),
        "channel_values": {"texts": texts},
        "channel_versions": {"texts": version},
    }
    saver.put(THREAD, made, {"source": "loop", "step": 0, "parents": {}}, {"texts": version})


async def _of_byte_store(store: Any) -> list[str]:
    return [each.decode() for each in await _kept(store)]


async def _of_documents(store: Any) -> list[str]:
    return [each.page_content for each in await _kept(store)]


async def _of_cache(cache: Any) -> list[str]:
    return _texts(await cache.alookup(*PROMPT))


async def _of_chat(history: Any) -> list[str]:
    return _told(await history.aget_messages())


async def _of_nodes(cache: Any) -> list[str]:
    return list((await cache.aget([KEY]))[KEY])


async def _of_thread(saver: Any) -> list[str]:
    return list((await saver.aget_tuple(THREAD)).checkpoint["channel_values"]["texts"])


async def _of_chats(store: Any) -> list[str]:
    return _told(await store.aget_messages("chat"))


def memories(embedding: Any) -> dict[str, tuple[Callable[..., Any], ...]]:
    """How each is made, filled and asked, by sync and by async calls."""
    return {
        "LangChain byte store": (
            langchain.PgRecallByteStore,
            lambda store, texts: store.mset([(text, text.encode()) for text in texts]),
            lambda store: [each.decode() for each in store.mget(sorted(store.yield_keys()))],
            _of_byte_store,
        ),
        "LangChain document store": (
            langchain.PgRecallDocStore,
            lambda store, texts: store.mset([(text, Document(text)) for text in texts]),
            lambda store: [each.page_content for each in store.mget(sorted(store.yield_keys()))],
            _of_documents,
        ),
        "LangChain cache": (
            langchain.PgRecallCache,
            lambda cache, texts: cache.update(*PROMPT, _generated(texts)),
            lambda cache: _texts(cache.lookup(*PROMPT)),
            _of_cache,
        ),
        "LangChain semantic cache": (
            lambda dsn, tenant: langchain.PgRecallSemanticCache(embedding, dsn, tenant),
            lambda cache, texts: cache.update(*PROMPT, _generated(texts)),
            lambda cache: _texts(cache.lookup(*PROMPT)),
            _of_cache,
        ),
        "LangChain chat": (
            lambda dsn, tenant: langchain.PgRecallChatMessageHistory(
                "chat", store=dsn, tenant=tenant
            ),
            lambda history, texts: history.add_messages([HumanMessage(text) for text in texts]),
            lambda history: _told(history.messages),
            _of_chat,
        ),
        "LangGraph cache": (
            langgraph.PgRecallCache,
            lambda cache, texts: cache.set({KEY: (texts, None)}),
            lambda cache: cache.get([KEY])[KEY],
            _of_nodes,
        ),
        "LangGraph checkpoints": (
            langgraph.PgRecallSaver,
            _checkpointed,
            lambda saver: saver.get_tuple(THREAD).checkpoint["channel_values"]["texts"],
            _of_thread,
        ),
        "LlamaIndex chats": (
            llama_index.PgRecallChatStore,
            lambda store, texts: store.set_messages(
                "chat", [ChatMessage(content=text) for text in texts]
            ),
            lambda store: _told(store.get_messages("chat")),
            _of_chats,
        ),
    }
