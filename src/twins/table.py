"""Every text that is made: from which, and what is called otherwise in it.

Files are named from ``src/pgrecall`` on, and made from top to bottom.
"""

from __future__ import annotations

from collections.abc import Mapping

from twins.making import Handle, Twin

_HANDLE = '''class AsyncBound{name}Verbs(Bound[AsyncDriver]):
    """The verbs of ``Async{name}Verbs`` for one collection."""

    __slots__ = ()

'''


def _verbs(
    subject: str,
    name: str,
    *,
    of_handle: Mapping[str, str] | None = None,
    of_store: frozenset[str] = frozenset(),
) -> tuple[Handle, Twin, Twin]:
    """Verbs of one subject.

    Args:
        subject: The file.
        name: What its class, ``Async...Verbs``, is called by.
        of_handle: Words of docstrings, and those that a handle's have in their place.
        of_store: Verbs that are of the whole store: a handle has none of them.
    """
    return (
        Handle(
            f"_verbs/async_store/{subject}.py",
            f"_verbs/async_bound/{subject}.py",
            owner=f"Async{name}Verbs",
            head=_HANDLE.format(name=name),
            imports="from pgrecall._driver.bound import Bound\n",
            bound_to={
                "tenant": "self._tenant",
                "collection": "self._collection",
                "name": "self._collection",
            },
            words=of_handle or {},
            left_out=of_store,
        ),
        Twin(f"_verbs/async_bound/{subject}.py", f"_verbs/bound/{subject}.py"),
        _of_store(subject),
    )


def _of_store(subject: str) -> Twin:
    """Verbs of one subject, all of the whole store."""
    return Twin(f"_verbs/async_store/{subject}.py", f"_verbs/store/{subject}.py")


_PIN_CHANGED = {
    "Its pin has changed since this store last met it: told once.": (
        "It is not as ``bind`` was told to expect; or its pin has changed since the store"
        " last met it, which is told once."
    ),
}

VERBS = (
    *_verbs(
        "collections",
        "Collection",
        of_handle={
            "Create a collection, or": "Create a collection of this tenant, or",
            "Search a table that is there as a collection": "Search a table as this collection",
            "Give a collection as": "Give the collection as",
            "Give a collection another name": "Give the collection another name",
            "Remove a collection with": "Remove the collection with",
            "Remove a collection's items; the collection": "Remove the collection's items; it",
            "Give the tenant's collections": "Give the collections of this tenant",
        },
    ),
    *_verbs("writing", "Writing", of_handle=_PIN_CHANGED),
    *_verbs("reading", "Reading"),
    *_verbs("exploring", "Exploring"),
    *_verbs("vector_search", "VectorSearch", of_handle=_PIN_CHANGED),
    *_verbs("near_search", "NearSearch"),
    *_verbs("text_search", "TextSearch", of_handle=_PIN_CHANGED),
    *_verbs("indexes", "Index"),
    *_verbs(
        "reembedding",
        "Reembedding",
        of_handle={
            "Embed a collection's texts": "Embed the collection's texts",
            "until ``drop_collection`` removes": "until ``AsyncStore.drop_collection`` removes",
        },
    ),
    *_verbs("evaluating", "Evaluating"),
    *_verbs("reports", "Report"),
    _of_store("forgetting"),
    _of_store("maintenance"),
)

STORES = (
    Twin("async_bound.py", "bound.py", words={"An asynchronous handle": "A handle"}),
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

# of LlamaIndex, likewise
_MODEL = {
    "aget_text_embedding_batch": "get_text_embedding_batch",
    "aget_query_embedding": "get_query_embedding",
}

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
    _methods("langchain", "chatting", _EMBEDDING),
    _methods("langchain", "keeping"),
    _methods("langchain", "caching"),
    _methods("langchain", "meaning", _EMBEDDING),
    _methods(
        "langgraph",
        "batching",
        {"aembed": "embed", "aembed_questions": "embed_questions"} | _EMBEDDING,
    ),
    _methods("langgraph", "saving"),
    _methods("langgraph", "node_caching"),
    _methods("llama_index", "node_methods"),
    _methods("llama_index", "value_methods"),
    _methods("llama_index", "chat_base", _MODEL),
    _methods("llama_index", "chat_methods"),
)

TWINS: tuple[Twin | Handle, ...] = (*VERBS, *STORES, *CONNECTIONS, *ADAPTERS)
