"""``pgrecall import langgraph-postgres``: threads and memories of LangGraph's own tables."""

from __future__ import annotations

import json
from typing import Any

import pytest
from integration_tests.copying.peer_tables import TENANT, execute, filled_by, refusal, target_rows
from integration_tests.shared.commands import Runner
from langchain_core.embeddings import DeterministicFakeEmbedding

from pgrecall.cli.app import app
from pgrecall.langgraph import PgRecallSaver, PgRecallStore

COPIED = {"values": 16, "writes": 36, "checkpoints": 12, "memories": 4, "vectors": 2}
HOSTILE = 'it\'s "100%" \\ %s ü'


FACTS = {"fact": "eats no nuts", "of": {"it": "since 2019"}}


def items_of(dsn: str) -> list[Any]:
    return [(id_, text, metadata) for id_, text, _, metadata in target_rows(dsn, "memory")]


def imported(dsn: str, *options: str) -> dict[str, tuple[int, int]]:
    result = Runner().invoke(
        app, ["import", "langgraph-postgres", *options, "--dsn", dsn, "--json"]
    )
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)["imports"]
    return {one["what"]: (one["rows"], one["copied"]) for one in told}


def test_threads_and_memories_come_over_inside_the_server_and_once(fresh_dsn: str) -> None:
    theirs: list[Any] = filled_by("make_langgraph.py", fresh_dsn)  # type: ignore[assignment]

    assert imported(fresh_dsn, "--dry-run") == {k: (n, 0) for k, n in COPIED.items()}
    assert imported(fresh_dsn) == {name: (n, n) for name, n in COPIED.items()}
    assert imported(fresh_dsn) == {name: (n, 0) for name, n in COPIED.items()}

    with PgRecallSaver(fresh_dsn, tenant=TENANT) as saver:
        every = list(saver.list(None))
        ours = {
            (one.config["configurable"]["thread_id"], one.config["configurable"]["checkpoint_ns"],
             one.checkpoint["id"]): one
            for one in every
        }  # fmt: skip
        assert len(every) == len(theirs) == COPIED["checkpoints"]
        for config, checkpoint, metadata, writes, parent in theirs:
            one = ours[config["thread_id"], config["checkpoint_ns"], checkpoint["id"]]
            assert one.checkpoint == checkpoint
            assert one.metadata == metadata
            assert [list(write) for write in one.pending_writes or ()] == writes
            assert (one.parent_config or {}).get("configurable") == (parent or {}).get(
                "configurable"
            )
        at: Any = {"configurable": {"thread_id": "zwei", "checkpoint_ns": ""}}
        last = saver.get_tuple(at)
        assert last is not None
        # it goes on there
        versions = last.checkpoint["channel_versions"]
        new = {"messages": saver.get_next_version(str(versions["messages"]), None)}
        assert new["messages"] > str(versions["messages"])
        made: Any = {**last.checkpoint, "id": "id 4", "channel_versions": versions | new}
        made["channel_values"] = {**last.checkpoint["channel_values"], "messages": ["new"]}
        saver.put(last.config, made, {"source": "loop"}, new)
        after = saver.get_tuple(at)
        assert after is not None
        assert after.checkpoint["channel_values"] == made["channel_values"]
        assert len(list(saver.list(None, filter={"user": HOSTILE}))) == 3
        saver.delete_thread("zwei")
    with PgRecallStore(fresh_dsn, tenant=TENANT) as memory:
        found = {(one.namespace, one.key): one.value for one in memory.search((), limit=9)}
        assert found == {
            (("users", "ada"), "diet"): {"likes": ["pie", None], "é": 1.5},
            (("users", "ada"), HOSTILE): {"a": {"b": 1}},
            (("users",), "k"): {},
            (("users", 'a\\ "b'), "facts"): FACTS,
        }
    embed = DeterministicFakeEmbedding(size=8)
    index: Any = {"dims": 8, "embed": embed, "fields": ["fact", "of.it"]}
    with PgRecallStore(fresh_dsn, tenant=TENANT, index=index) as memory:
        for query in ("eats no nuts", "since 2019"):
            [first, *_] = memory.search(("users",), query=query)
            assert (first.key, first.value) == ("facts", FACTS)
            assert first.score == pytest.approx(1)
        before = items_of(fresh_dsn)
        # what is put again is made of the same items
        memory.put(("users", 'a\\ "b'), "facts", FACTS)
        assert items_of(fresh_dsn) == before
        memory.delete(("users", 'a\\ "b'), "facts")
        assert items_of(fresh_dsn) == []
    ttls = execute(fresh_dsn, "SELECT ttl_minutes FROM pgrecall.entries ORDER BY 1")
    assert ttls == [(60,), (None,), (None,)]


def test_what_is_not_there_or_does_not_fit_is_told(fresh_dsn: str) -> None:
    said = refusal(fresh_dsn, "langgraph-postgres")
    assert "schema 'public' has no tables of LangGraph's PostgresSaver" in said

    execute(
        fresh_dsn,
        "CREATE TABLE checkpoints (thread_id text, checkpoint_ns text, checkpoint_id text,"
        " parent_checkpoint_id text, checkpoint jsonb, metadata jsonb)",
    )
    execute(
        fresh_dsn,
        "CREATE TABLE checkpoint_blobs (thread_id text, checkpoint_ns text, channel text,"
        " version text, type text, blob bytea)",
    )
    execute(
        fresh_dsn,
        "CREATE TABLE checkpoint_writes (thread_id text, checkpoint_ns text, checkpoint_id text,"
        " task_id text, idx int, channel text, type text, blob bytea)",
    )
    execute(
        fresh_dsn,
        "INSERT INTO checkpoints VALUES (repeat('t', 3000), '', 'id', NULL, '{}', '{}')",
    )
    said = refusal(fresh_dsn, "langgraph-postgres")
    assert "1 rows cannot be copied, so none was: names of more than" in said
