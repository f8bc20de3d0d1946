"""Fill a database with LangGraph's own saver and store: runs in the peers' environment.

    python make_langgraph.py URL

Prints as JSON what a reader of the saver gets: of each checkpoint channels, metadata and writes.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from langchain_core.embeddings import DeterministicFakeEmbedding
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.store.postgres import PostgresStore

HOSTILE = 'it\'s "100%" \\ %s ü'


def fill(saver: PostgresSaver, thread: str, ns: str) -> None:
    """Make some steps, each with what a task wrote."""
    at: Any = {"configurable": {"thread_id": thread, "checkpoint_ns": ns}}
    versions: dict[str, Any] = {}
    for step in range(3):
        values = {"messages": [f"{thread} {n}\0" for n in range(step + 1)], "count": step}
        values |= {"kept": {"a": [1, "ü"]}, "none": None, "text": 'a "text" \\ é'}
        changed = ["messages", "count", *(["kept", "none", "text"] if not step else [])]
        new = {name: saver.get_next_version(versions.get(name), None) for name in changed}
        versions |= new
        made: Any = {**empty_checkpoint(), "id": f"id {step}", "channel_values": values}
        made |= {"channel_versions": dict(versions), "versions_seen": {"node": dict(versions)}}
        metadata: Any = {"source": "loop", "step": step, "user": thread}
        at = saver.put(at, made, metadata, new)
        saver.put_writes(at, [("messages", [step]), ("count", step)], f"task {step}", HOSTILE)
        saver.put_writes(at, [("__error__", "wrong")], f"other {step}")


def main() -> None:
    """Make threads and memories."""
    url = sys.argv[1]
    with PostgresSaver.from_conn_string(url) as saver:
        saver.setup()
        for thread, ns in (("one", ""), ("one", "child|1"), (HOSTILE, ""), ("zwei", "")):
            fill(saver, thread, ns)
        found = [
            [one.config["configurable"], one.checkpoint, one.metadata, one.pending_writes,
             one.parent_config]
            for one in saver.list(None)
        ]  # fmt: skip
    index: Any = {
        "dims": 8,
        "embed": DeterministicFakeEmbedding(size=8),
        "fields": ["fact", "of.it"],
    }
    with PostgresStore.from_conn_string(url, index=index) as store:
        store.setup()
        store.put(("users", "ada"), "diet", {"likes": ["pie", None], "é": 1.5})
        store.put(("users", "ada"), HOSTILE, {"a": {"b": 1}}, ttl=60)
        store.put(("users",), "k", {})
        store.put(
            ("users", 'a\\ "b'), "facts", {"fact": "eats no nuts", "of": {"it": "since 2019"}}
        )
    print(json.dumps(found))  # noqa: T201  # the test reads it


if __name__ == "__main__":
    main()
