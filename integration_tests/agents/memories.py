"""Runs in the environment of agents' packages: prints what each gave, as JSON.

``python memories.py DSN TENANT FOLDER``; nothing here reaches a network.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

DSN, TENANT, FOLDER = sys.argv[1:]
# mem0 would keep a configuration and tell of its use otherwise
os.environ |= {"MEM0_DIR": FOLDER, "MEM0_TELEMETRY": "False"}

from langchain_core.embeddings import Embeddings  # noqa: E402  # after what it reads
from langchain_core.language_models import FakeListChatModel  # noqa: E402

from pgrecall import Store  # noqa: E402
from pgrecall.langchain import PgRecallVectorStore  # noqa: E402
from pgrecall.langgraph import PgRecallStore  # noqa: E402

WORDS = ("bread", "river", "code")


class Counting(Embeddings):
    """Vectors that say which words a text has."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[0.1 + text.count(word) for word in WORDS] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def by_mem0(store: Store) -> dict[str, Any]:
    from mem0 import AsyncMemory, Memory  # noqa: PLC0415  # each package by itself

    kept = PgRecallVectorStore(Counting(), "mem0", TENANT, store)
    silent = FakeListChatModel(responses=[""])
    settings = {
        "vector_store": {"provider": "langchain", "config": {"client": kept}},
        "embedder": {"provider": "langchain", "config": {"model": Counting()}},
        "llm": {"provider": "langchain", "config": {"model": silent}},
        "history_db_path": str(Path(FOLDER, "history.db")),
    }
    memory = Memory.from_config(settings)
    ada, grace = {"user_id": "ada"}, {"user_id": "grace"}
    empty = memory.get_all(filters=ada)["results"]
    texts = ["ada bakes bread", "ada writes code", "ada lives at the river"]
    ids = [memory.add(text, infer=False, **ada)["results"][0]["id"] for text in texts]
    memory.add("grace bakes bread, too", infer=False, **grace, metadata={"since": 2020})

    def said(answer: dict[str, Any]) -> list[str]:
        return [one["memory"] for one in answer["results"]]

    found = said(memory.search("bread bread", filters=ada, top_k=1))
    best = memory.search("bread", filters=ada, top_k=3)["results"][0]["score"]
    listed = said(memory.get_all(filters=ada))
    with_others = memory.get_all(filters=grace)["results"]
    memory.update(ids[1], text="ada sold the river")
    both = sorted(said(memory.search("river", filters=ada, top_k=2)))
    updated = [memory.get(ids[1])["memory"], *both]
    memory.delete(ids[0])
    deleted = said(memory.get_all(filters=ada))
    memory.delete_all(**grace)
    apart = [len(memory.get_all(filters=one)["results"]) for one in (ada, grace)]
    memory.reset()
    reset = memory.get_all(filters=ada)["results"]
    memory.add("ada begins anew", infer=False, **ada)
    anew = said(memory.get_all(filters=ada))

    async def asynchronously() -> list[Any]:
        waiting = AsyncMemory.from_config(settings)
        await waiting.add("ada waits", infer=False, **ada)
        found = await waiting.search("waits", filters=ada, top_k=5, threshold=0.0)
        return [
            [text for text in said(found) if "waits" in text],
            said(await waiting.get_all(filters=ada)),
        ]

    return {
        "empty": empty,
        "found": found,
        "best": best,
        "listed": listed,
        "other": [(one["memory"], one["metadata"]["since"]) for one in with_others],
        "updated": updated,
        "deleted": deleted,
        "apart": apart,
        "reset": reset,
        "anew": anew,
        "async": asyncio.run(asynchronously()),
    }


def memory_store(store: Store) -> PgRecallStore:
    return PgRecallStore(
        store=store,
        tenant=TENANT,
        index={"dims": len(WORDS), "embed": Counting(), "fields": ["content", "$"]},
    )


def by_langmem(store: Store) -> dict[str, Any]:
    from langmem import (  # noqa: PLC0415  # each package by itself
        create_manage_memory_tool,
        create_search_memory_tool,
    )

    place = ("memories", "{user}")
    kept = memory_store(store)
    manage = create_manage_memory_tool(place, store=kept)
    search = create_search_memory_tool(place, store=kept)
    ada, grace = ({"configurable": {"user": user}} for user in ("ada", "grace"))

    def found(tool_input: dict[str, Any], config: Any) -> list[Any]:
        return json.loads(search.invoke(tool_input, config))

    made = manage.invoke({"content": "ada bakes bread"}, ada)
    manage.invoke({"content": "ada writes code"}, ada)
    manage.invoke({"content": "grace bakes bread"}, grace)
    id_ = made.removeprefix("created memory ")
    first = found({"query": "bread", "limit": 1}, ada)
    manage.invoke({"content": "ada swims in the river", "id": id_, "action": "update"}, ada)
    changed = found({"query": "river", "limit": 1}, ada)
    filtered = found({"query": "bread", "filter": {"content": "ada writes code"}}, ada)
    manage.invoke({"id": id_, "action": "delete"}, ada)

    async def asynchronously() -> list[Any]:
        await manage.ainvoke({"content": "ada reads code"}, ada)
        return json.loads(await search.ainvoke({"query": "code"}, ada))

    return {
        "made": made.split()[:2],
        "first": [(one["namespace"], one["value"]) for one in first],
        "same": [one["key"] == id_ for one in (*first, *changed)],
        "changed": [one["value"]["content"] for one in changed],
        "filtered": [one["value"]["content"] for one in filtered],
        "left": sorted(one["value"]["content"] for one in asyncio.run(asynchronously())),
    }


def by_deepagents(store: Store) -> dict[str, Any]:
    from deepagents.backends import StoreBackend  # noqa: PLC0415  # each package by itself

    kept = PgRecallStore(store=store, tenant=TENANT)
    files = StoreBackend(store=kept, namespace=lambda _: ("files",))
    for place in range(205):  # more than a page of its own
        files.write(f"/many/{place:03}.txt", f"line {place}\n")
    files.write("/notes.txt", "one\ntwo\nthree\n")
    edited = files.edit("/notes.txt", "two", "zwei")
    read = files.read("/notes.txt")
    missing = files.read("/nowhere.txt")
    found = files.grep("zwei")
    globbed = files.glob("/many/20*.txt")
    uploaded = files.upload_files([("/bytes.bin", bytes(range(256)))])
    (loaded,) = files.download_files(["/bytes.bin"])
    listed = files.ls("/")
    files.delete("/many")

    async def asynchronously() -> Any:
        await files.awrite("/later.txt", "later\n")
        await files.aedit("/later.txt", "later", "now")
        return await files.aread("/later.txt"), await files.als("/")

    later, left = asyncio.run(asynchronously())
    return {
        "edited": edited.occurrences,
        "read": read.file_data["content"],
        "missing": bool(missing.error),
        "grep": [(one["path"], one["line"]) for one in found.matches],
        "glob": sorted(one["path"] for one in globbed.matches),
        "uploaded": [one.error for one in uploaded],
        "bytes": loaded.content == bytes(range(256)),
        "listed": sorted(one["path"] for one in listed.entries),
        "later": later.file_data["content"],
        "left": sorted(one["path"] for one in left.entries),
    }


def main() -> None:
    told: dict[str, Any] = {}
    with Store(DSN) as store:
        for name, tried in (
            ("mem0", by_mem0),
            ("langmem", by_langmem),
            ("deepagents", by_deepagents),
        ):
            told[name] = tried(store)
    sys.stdout.write(json.dumps(told))


main()
