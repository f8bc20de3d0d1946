"""Adapters of every framework on one DSN, used by a parent and by the children that it forks."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import pickle
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from family import SECONDS, Child, often, secrets, sessions
from langchain_core.embeddings import Embeddings
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import VectorStoreQuery
from memories import memories

from pgrecall import langchain, langgraph, llama_index

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

TURNS = 2


class Numbered(Embeddings):
    """The vector of a text is the number in it; a question's is the first axis."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[1.0, float(text.split()[1])] for text in texts]

    def embed_query(self, _: str) -> list[float]:
        return [1.0, 0.0]


class Kind(NamedTuple):
    """How one kind of adapter is made, filled, and asked for all that it holds."""

    make: Callable[[str, str], Any]
    fill: Callable[[Any, list[str]], Any]
    ask: Callable[[Any], list[str]]
    aask: Callable[[Any], Awaitable[list[str]]]


async def texts_of(found: Awaitable[Any], text: Callable[[Any], str]) -> list[str]:
    return [text(each) for each in await found]


QUERY = VectorStoreQuery(query_embedding=[1, 0], similarity_top_k=9)
SPACE = ("secrets",)

KINDS = {
    "LangChain vector store": Kind(
        lambda dsn, tenant: langchain.PgRecallVectorStore(Numbered(), "langchain", tenant, dsn),
        lambda store, texts: store.add_texts(texts),
        lambda store: [each.page_content for each in store.similarity_search("?", k=9)],
        lambda store: texts_of(store.asimilarity_search("?", k=9), lambda each: each.page_content),
    ),
    "LangChain document index": Kind(
        lambda dsn, tenant: langchain.PgRecallDocumentIndex(
            Numbered(), collection="index", tenant=tenant, store=dsn, k=9
        ),
        lambda index, texts: index.vector_store.add_texts(texts),
        lambda index: [each.page_content for each in index.invoke("?")],
        lambda index: texts_of(index.ainvoke("?"), lambda each: each.page_content),
    ),
    "LangChain record manager": Kind(
        lambda dsn, tenant: langchain.PgRecallRecordManager("documents", store=dsn, tenant=tenant),
        lambda manager, texts: manager.update(texts),
        lambda manager: sorted(manager.list_keys()),
        lambda manager: texts_of(manager.alist_keys(), str),
    ),
    "LangGraph store": Kind(
        lambda dsn, tenant: langgraph.PgRecallStore(
            dsn, tenant=tenant, index={"dims": 2, "embed": Numbered(), "fields": ["text"]}
        ),
        lambda store, texts: [store.put(SPACE, text, {"text": text}) for text in texts],
        lambda store: [each.value["text"] for each in store.search(SPACE, query="?")],
        lambda store: texts_of(store.asearch(SPACE, query="?"), lambda each: each.value["text"]),
    ),
    "LlamaIndex vector store": Kind(
        lambda dsn, tenant: llama_index.PgRecallVectorStore(dsn, "llama-index", tenant),
        lambda store, texts: store.add(
            [TextNode(text=text, embedding=[1, number]) for number, text in enumerate(texts)]
        ),
        lambda store: [each.text for each in store.query(QUERY).nodes],
        lambda store: texts_of(nodes_of(store), lambda each: each.text),
    ),
    "LlamaIndex key-value store": Kind(
        llama_index.PgRecallKVStore,
        lambda store, texts: store.put_all([(text, {"text": text}) for text in texts]),
        lambda store: sorted(each["text"] for each in store.get_all().values()),
        lambda store: texts_of(values_of(store), lambda each: each["text"]),
    ),
}


KINDS |= {name: Kind(*calls) for name, calls in memories(Numbered()).items()}

UNPICKLED = {"LangGraph checkpoints"}
"""What holds LangGraph's own serializer, which cannot be pickled."""

LEFT_OUT = {
    # asked through what it is made of, or as its twin is
    "PgRecallRetriever",
    "PgRecallAsyncChatStore",
    "PgRecallDocumentStore",
    "PgRecallIndexStore",
}


def unasked(adapters: dict[str, Any]) -> list[str]:
    """Name the adapters of each framework that nobody asks here."""
    asked = {type(each) for each in adapters.values()}
    there = (getattr(of, name) for of in (langchain, langgraph, llama_index) for name in of.__all__)
    holding = {one for one in there if hasattr(one, "aclose")}
    return sorted({one.__name__ for one in holding - asked} - LEFT_OUT)


async def nodes_of(store: Any) -> list[Any]:
    return list((await store.aquery(QUERY)).nodes)


async def values_of(store: Any) -> list[Any]:
    return list((await store.aget_all()).values())


def made(dsn: str, tenant: str) -> dict[str, Any]:
    """One adapter of each kind, with something in it."""
    adapters = {name: kind.make(dsn, tenant) for name, kind in KINDS.items()}
    for name, adapter in adapters.items():
        KINDS[name].fill(adapter, secrets(tenant))
    return adapters


def ask_all(adapters: dict[str, Any], tenant: str) -> dict[str, Any]:
    """Ask each adapter, by sync and by async calls, in a loop of its own."""
    return asyncio.run(_ask_all(adapters, tenant))


async def _ask_all(adapters: dict[str, Any], tenant: str) -> dict[str, Any]:
    async def by_sync_call(name: str) -> bool:
        return KINDS[name].ask(adapters[name]) == secrets(tenant)

    async def by_async_call(name: str) -> bool:
        return sorted(await KINDS[name].aask(adapters[name])) == secrets(tenant)

    answers = {}
    for name in adapters:
        answers[name] = await often(lambda _, name=name: by_sync_call(name), TURNS)
        answers[f"{name}, async"] = await often(lambda _, name=name: by_async_call(name), TURNS)
    return answers


def forked(dsn: str, *tenants: str) -> Any:
    """Children ask, close what they inherited, or unpickle it; their parent goes on."""
    adapters = {tenant: made(dsn, tenant) for tenant in tenants}
    mine = adapters[tenants[0]]
    with asyncio.Runner() as loop:
        answers = [loop.run(_ask_all(mine, tenants[0]))]
        before = sessions(dsn)
        children = [Child(lambda t=tenant: ask_all(adapters[t], t)) for tenant in tenants[1:]]
        answers.append(loop.run(_ask_all(mine, tenants[0])))
        children.append(Child(lambda: close_and_ask(mine, tenants[0])))
        children.append(Child(lambda: ask_all(pickled(mine), tenants[0])))
        answers += [child.result() for child in children]
        answers.append(loop.run(_ask_all(mine, tenants[0])))
        kept = set(before) <= set(sessions(dsn))
        return [*answers, *spawned(adapters)], kept, unasked(mine)


def picklable(adapters: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in adapters.items() if name not in UNPICKLED}


def pickled(adapters: dict[str, Any]) -> Any:
    return pickle.loads(pickle.dumps(picklable(adapters)))  # noqa: S301  # its own


def close_and_ask(adapters: dict[str, Any], tenant: str) -> Any:
    """Close half of what share their connections, and go on with all."""
    for adapter in list(adapters.values())[::2]:
        adapter.close()
    return ask_all(adapters, tenant)


def spawned(adapters: dict[str, dict[str, Any]]) -> Any:
    """Ask in a process that starts anew and gets the adapters as pickles."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        calls = [
            pool.apply_async(ask_all, (picklable(each), tenant))
            for tenant, each in adapters.items()
        ]
        return [call.get(SECONDS) for call in calls]


if __name__ == "__main__":
    print(json.dumps(forked(*sys.argv[1:])), flush=True)  # noqa: T201  # it answers
    # what else the frameworks do when a program ends is no part of this
    os._exit(0)
