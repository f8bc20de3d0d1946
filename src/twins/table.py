"""Every text that is made: from which, and what is called otherwise in it.

Files are named from ``src/pgrecall`` on, and made from top to bottom.
"""

from __future__ import annotations

from collections.abc import Mapping

from twins.making import Handle, Twin

_HANDLE = '''class AsyncBoundCollection(Bound[AsyncDriver]):
    """The verbs of ``AsyncStore`` for one collection; no call can name another tenant.

    ``AsyncStore.bind`` makes it. Where it was told what to expect of the collection, every call but
    ``list_collections`` raises ``CollectionConflictError`` unless the collection is as said.
    """

    __slots__ = ()

'''

STORES = (
    Handle(
        "async_store.py",
        "async_bound.py",
        owner="AsyncStore",
        head=_HANDLE,
        imports="from pgrecall._driver.bound import Bound\n",
        bound_to={
            "tenant": "self._tenant",
            "collection": "self._collection",
            "name": "self._collection",
        },
        words={
            "The asynchronous store.": "An asynchronous handle on one collection of one tenant.",
            "Create a collection, or": "Create a collection of this tenant, or",
            "Give a collection as": "Give the collection as",
            "Give a collection another name": "Give the collection another name",
            "Remove a collection with": "Remove the collection with",
            "Remove a collection's items; the collection": "Remove the collection's items; it",
            "Give the tenant's collections": "Give the collections of this tenant",
            "Embed a collection's texts": "Embed the collection's texts",
            "until ``drop_collection`` removes": "until ``AsyncStore.drop_collection`` removes",
            "Its pin has changed since this store last met it: told once.": (
                "It is not as ``bind`` was told to expect; or its pin has changed since the store"
                " last met it, which is told once."
            ),
        },
        left_out=frozenset(
            {
                "AsyncBoundCollection",
                "__aenter__",
                "__aexit__",
                "__init__",
                "__repr__",
                "bind",
                "close",
                "maintain",
                "on",
                "pool_statistics",
            }
        ),
    ),
    Twin(
        "async_bound.py",
        "bound.py",
        words={"An asynchronous handle": "A handle"},
    ),
    Twin(
        "async_store.py",
        "store.py",
        words={
            "The asynchronous store.": "The synchronous store.",
            "tasks and event loops, each of which gets a pool of its own.": "threads.",
            "Connections that the pool of an event loop, which starts at 0, keeps": (
                "Connections that the first call opens, and that the pool keeps"
            ),
        },
    ),
)

CONNECTIONS = (
    Twin(
        "_pools/async_pool.py",
        "_pools/pool.py",
        names={
            "InLoop": "InThreads",
            "in_loop": "in_threads",
            "LoopSignal": "ThreadSignal",
            "asyncio.sleep": "time.sleep",
            "conninfo_async": "conninfo",
        },
        words={
            "async connections of a store in one event loop:": "sync connections of a store:",
            "the tasks of one event loop": "threads",
        },
    ),
    Twin(
        "_driver/async_exchange.py",
        "_driver/exchange.py",
        words={"an async connection": "a sync connection"},
    ),
    Twin(
        "_driver/async_caller.py",
        "_driver/caller.py",
        names={"loops": "threads", "TASK_TURNS": "THREAD_TURNS"},
        words={"by an async connection": "by a sync connection"},
    ),
    Twin(
        "_driver/async_driver.py",
        "_driver/driver.py",
        names={
            "LoopPools": "ThreadPools",
            "loops": "threads",
            "TaskOwner": "CallOwner",
            "wait_readable_async": "wait_readable",
            "asyncio.sleep": "time.sleep",
        },
        words={
            "over async connections": "over sync connections",
            ", from any number of event loops.": ". Safe for threads.",
        },
    ),
)


def _methods(
    framework: str,
    what: str,
    names: Mapping[str, str] | None = None,
    words: Mapping[str, str] | None = None,
) -> Twin:
    """Methods of an adapter's class: the class inherits those of both texts."""
    return Twin(
        f"{framework}/_async_{what}.py",
        f"{framework}/_{what}.py",
        prefixed=True,
        names=names or {},
        words={"The async": "The sync"} | dict(words or {}),
    )


# of LangChain, which calls its own async methods so
_EMBEDDING = {"aembed_documents": "embed_documents", "aembed_query": "embed_query"}

ADAPTERS = (
    Twin(
        "_adapters/async_running.py",
        "_adapters/running.py",
        prefixed=True,
        names={"arun": "run"},
        words={"Close what this opened, in every event loop;": "Close what this opened;"},
    ),
    _methods("langchain", "searching", _EMBEDDING),
    _methods("langchain", "writing", _EMBEDDING),
    _methods("langchain", "making"),
    _methods(
        "langchain",
        "retrieving",
        {"asimilarity_search_with_relevance_scores": "similarity_search_with_relevance_scores"},
    ),
    _methods("langchain", "indexing", words={"opened, in every event loop.": "opened."}),
    _methods("langchain", "recording"),
    _methods("langgraph", "batching", {"aembed": "embed"} | _EMBEDDING),
    _methods("llama_index", "node_methods"),
    _methods("llama_index", "value_methods"),
)

TWINS: tuple[Twin | Handle, ...] = (*STORES, *CONNECTIONS, *ADAPTERS)
