"""What is given has bounds: the depth of JSON, the bytes of caches, batches and files."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tracemalloc
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from integration_tests.cli.cli_runs import Cli
from integration_tests.langchain.langchain_fakes import Words
from integration_tests.shared.exhaustive import EXHAUSTIVE
from llama_index.core.schema import TextNode
from psycopg import sql

from pgrecall import Collection, Hnsw, InvalidArgumentError, Item, Store
from pgrecall._adapters.pair import Pair
from pgrecall._operations.copying import copying as imports
from pgrecall._operations.copying import sources as import_sources
from pgrecall._statements.copying.langchain import Columns
from pgrecall.langchain import PgRecallVectorStore
from pgrecall.langgraph import PgRecallStore
from pgrecall.llama_index import PgRecallKVStore
from pgrecall.llama_index import PgRecallVectorStore as LlamaStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

DEEP = 900
"""Calls in use where a caller's own stack is deep; the interpreter's limit is 1,000."""


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {"k": 1}
    for _ in range(depth - 1):
        value = {"k": value}
    return value


def nested_text(depth: int) -> str:
    return '{"k": ' * depth + "1" + "}" * depth


def depth_of(value: Any) -> int:
    depth = 0
    while isinstance(value, dict):
        value = value.get("k")
        depth += 1
    return depth


def in_use() -> int:
    frame, used = sys._getframe(), 0
    while frame := frame.f_back:  # type: ignore[assignment]  # None ends it
        used += 1
    return used


async def from_a_deep_stack(call: Callable[[], Awaitable[Any]]) -> Any:
    async def deeper(left: int) -> Any:
        return await call() if left <= 0 else await deeper(left - 1)

    return await deeper(DEEP - in_use())


def called_from_a_deep_stack(call: Callable[[], Any]) -> Any:
    def deeper(left: int) -> Any:
        return call() if left <= 0 else deeper(left - 1)

    return deeper(DEEP - in_use())


def set_metadata(dsn: str, table: str, id_: str, text: str) -> None:
    """Write as another client would, which knows of no limit."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("UPDATE {} SET metadata = metadata || %s::jsonb WHERE id = %s").format(
                sql.Identifier(*table.split("."))
            ),
            (text, id_),
        )


# depth


@pytest.mark.parametrize("depth", [90, 950, 3_000])
async def test_every_read_gives_what_others_stored_however_deep(
    store: Any, tenant: str, dsn: str, depth: int
) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 2))
    await store.upsert(tenant, "docs", [Item("a", [1, 0], "an owl")])
    set_metadata(dsn, made.table_name, "a", nested_text(depth))
    reads = {
        "get": lambda: store.get(tenant, "docs", ["a"]),
        "list": lambda: store.list_items(tenant, "docs", limit=5),
        "search": lambda: store.search(tenant, "docs", [1, 0]),
        "text": lambda: store.search_text(tenant, "docs", "owl"),
        "hybrid": lambda: store.search_hybrid(tenant, "docs", [1, 0], "owl"),
        "filtered": lambda: store.search(tenant, "docs", [1, 0], filter={"k": {"$exists": True}}),
    }
    for name, read in reads.items():
        for call in (lambda made: made(), from_a_deep_stack):
            (found,) = await call(read)
            assert depth_of(found.metadata) == depth, name


async def test_the_greatest_depth_is_stored_from_a_deep_stack(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2))
    item = Item("a", [1, 0], "", nested(100))
    for verb in (store.upsert, store.load):
        await from_a_deep_stack(lambda verb=verb: verb(tenant, "docs", [item]))
        assert depth_of((await store.get(tenant, "docs", ["a"]))[0].metadata) == 100
        for call in (lambda made: made(), from_a_deep_stack):
            bad = Item("b", [1, 0], "", nested(101))
            with pytest.raises(InvalidArgumentError, match="item 'b' nests deeper than 100 level"):
                await call(lambda verb=verb, bad=bad: verb(tenant, "docs", [bad]))


def test_langchain_stores_to_the_limit_and_reads_beyond_it(dsn: str, tenant: str) -> None:
    with PgRecallVectorStore(Words(), "docs", tenant, dsn) as vectors:
        vectors.add_texts(["an owl"], [nested(100)], ids=["a"])
        with pytest.raises(InvalidArgumentError, match="nests deeper than 100 levels"):
            vectors.add_texts(["an owl"], [nested(101)], ids=["b"])
        with Store(dsn) as store:
            found = store.describe_collection(tenant, "docs")
        assert found is not None
        set_metadata(dsn, str(found.table_name), "a", nested_text(950))
        for read in (
            lambda: vectors.similarity_search("owl"),
            lambda: vectors.get_by_ids(["a"]),
        ):
            (document,) = called_from_a_deep_stack(read)
            assert depth_of(document.metadata) == 950


def test_llama_index_stores_to_the_limit_and_reads_beyond_it(dsn: str, tenant: str) -> None:
    with LlamaStore(dsn, "docs", tenant=tenant) as vectors:
        for metadata in (nested(100), {"z": nested(99), "a": 1}):
            vectors.add([TextNode(id_="a", text="owl", embedding=[1, 0], metadata=metadata)])
            assert vectors.get_nodes(["a"])[0].metadata == metadata
        for deep in (nested(101), nested(950), nested(100_000)):
            with pytest.raises(InvalidArgumentError, match="with id 'b' nests deeper than 100"):
                vectors.add([TextNode(id_="b", text="owl", embedding=[1, 0], metadata=deep)])
        with Store(dsn) as store:
            found = store.describe_collection(tenant, "docs")
        assert found is not None
        content = json.dumps({"_node_content": '{"order": ' + nested_text(950) + "}"})
        set_metadata(dsn, str(found.table_name), "a", content)
        set_metadata(dsn, str(found.table_name), "a", nested_text(950))
        (node,) = called_from_a_deep_stack(lambda: vectors.get_nodes(["a"]))
        assert depth_of(node.metadata) == 950

    with closing(PgRecallKVStore(dsn, tenant=tenant)) as kept:
        kept.put("a", {"z": nested(97), "b": 1})
        assert kept.get("a") == {"z": nested(97), "b": 1}
        for deep in (nested(99), nested(950), nested(100_000)):
            with pytest.raises(InvalidArgumentError, match="value of key 'b' nests deeper than 98"):
                kept.put("b", deep)


async def test_langgraph_stores_to_the_limit_and_reads_beyond_it(dsn: str, tenant: str) -> None:
    def embed(texts: list[str]) -> list[list[float]]:
        return [[1.0, float(len(text))] for text in texts]

    index: Any = {"dims": 2, "embed": embed, "fields": ["text"]}
    async with PgRecallStore(dsn, tenant=tenant, index=index) as memory:
        memory.put(("a",), "k", {**nested(99), "text": "an owl"})
        assert memory.search(("a",), query="owl")[0].key == "k"
        whole: Any = {"dims": 2, "embed": embed}
        with PgRecallStore(dsn, tenant=tenant, index=whole) as every:
            for deep in (nested(100), nested(950), nested(100_000)):
                with pytest.raises(InvalidArgumentError, match="key 'b' nests deeper than 99"):
                    every.put(("a",), "b", deep)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(
                "UPDATE pgrecall.entries SET metadata = %s::jsonb WHERE tenant = %s",
                (nested_text(950), tenant),
            )
        assert depth_of(called_from_a_deep_stack(lambda: memory.get(("a",), "k")).value) == 950
        assert depth_of((await memory.aget(("a",), "k")).value) == 950
        (found,) = called_from_a_deep_stack(lambda: memory.search(("a",)))
        assert depth_of(found.value) == 950


def test_rows_that_nest_too_deeply_are_not_copied_in(dsn: str, fresh_dsn: str, tenant: str) -> None:
    with psycopg.connect(fresh_dsn, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
        connection.execute(
            "CREATE TABLE notes (langchain_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),"
            " content text, embedding vector(2), langchain_metadata json)"
        )
        for depth in (3, 100, 101, 950):
            connection.execute(
                "INSERT INTO notes (content, embedding, langchain_metadata)"
                " VALUES (%s, '[1,2]', %s::json)",
                (str(depth), nested_text(depth)),
            )
    with Store(fresh_dsn) as store:
        pair = Pair(store)
        (source,) = pair.run(
            import_sources.find_pgvectorstore(pair.context, "public", "notes", Columns())
        )
        outcome = pair.run(
            imports.copy_rows(pair.context, tenant, Collection("notes", 2), source, skip_bad=True)
        )
        assert outcome.tally.copied == 2
        assert [(reason, count) for reason, count, _ in outcome.bad] == [
            ("metadata that nests deeper than 100 levels", 2)
        ]
        assert {item.text for item in store.list_items(tenant, "notes")} == {"3", "100"}


def test_the_command_line_tells_deep_lines_and_writes_deep_items(
    dsn: str, tenant: str, tmp_path: Path
) -> None:
    cli = Cli(dsn, tenant)
    lines = [
        f'{{"id": "{depth}", "text": "owl", "embedding": [1, 0], "metadata": {nested_text(depth)}}}'
        for depth in (3, 100, 101, 900, 5_000)
    ]
    (tmp_path / "notes.jsonl").write_text("\n".join(lines))
    report = cli.json("load", str(tmp_path / "notes.jsonl"), "--vectors", "embedding", code=2)
    assert (report["written"], report["rejected"]) == (2, 3)
    assert "the metadata nests deeper than 100 levels" in report["reasons"][0]["reason"]
    with Store(dsn) as store:
        found = store.describe_collection(tenant, "notes")
    assert found is not None
    set_metadata(dsn, str(found.table_name), "3", nested_text(3_000))
    for ending in ("jsonl", "jsonl.gz", "parquet"):
        cli.run("export", "notes", "-o", str(tmp_path / f"out.{ending}"))
    cli.run("export", "notes")
    cli.run("get", "notes", "3")
    cli.run("get", "notes", "3", "--json")


# caches


@pytest.mark.one_in(2)
async def test_searches_by_thousands_of_ids_leave_nothing_behind(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 4, index=Hnsw()))
    random = np.random.default_rng(1)
    await store.upsert(
        tenant, "docs", (Item(f"{n}", random.random(4), f"owl {n}") for n in range(2_000))
    )
    query = random.random(4)

    async def search(number: int) -> None:
        def wanted() -> dict[str, Any]:
            ids = [f"{number}-{random.random()}" for _ in range(5_000)]
            return {"id": {"$in": [*ids, "7", "8"]}}  # of what is found, the share is kept

        await store.search(tenant, "docs", query, filter=wanted())
        await store.search_text(tenant, "docs", "owl", filter=wanted())
        await store.search_hybrid(tenant, "docs", query, "owl", filter=wanted())

    for number in range(2):
        await search(-number)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(10):
            await search(number)
        assert tracemalloc.get_traced_memory()[0] - before < 500_000
    finally:
        tracemalloc.stop()


# bytes

_PEAK = """
import resource, sys
from pathlib import Path
def peak():
    if sys.platform == "linux":  # where ru_maxrss begins at what the parent process had
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) >> 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20
"""
_WRITE = (
    _PEAK
    + """
import asyncio
from pgrecall import AsyncStore, Collection, Item, Store
dsn, tenant, verb, kind, where = sys.argv[1:]
def items(count, size):
    for number in range(count):
        text = chr(97 + number % 26) * size
        yield Item(str(number), [1, 0], **({"text": text} if where == "text"
                                           else {"metadata": {"a": [text] * 2}}))
wanted = Collection("docs", 2, text_search=None)
def sync():
    with Store(dsn) as store:
        store.ensure_collection(tenant, wanted)
        getattr(store, verb)(tenant, "docs", items(5, 10))
        before = peak()
        getattr(store, verb)(tenant, "docs", items(300, 1 << 20))
        return peak() - before
async def asynchronous():
    async with AsyncStore(dsn) as store:
        await store.ensure_collection(tenant, wanted)
        await getattr(store, verb)(tenant, "docs", items(5, 10))
        before = peak()
        await getattr(store, verb)(tenant, "docs", items(300, 1 << 20))
        return peak() - before
print(sync() if kind == "sync" else asyncio.run(asynchronous()))
"""
)
_LOAD = (
    _PEAK
    + """
from typer.testing import CliRunner
from pgrecall.cli.app import app
def run(file):
    words = ["load", file, "--collection", "docs", "--vectors", "embedding"]
    result = CliRunner().invoke(app, [*words, "--tenant", sys.argv[1]])
    print(result.output, file=sys.stderr)
    return result.exit_code
assert run(sys.argv[2]) == 0
before = peak()
code = run(sys.argv[3])
print(code, peak() - before)
"""
)


def measured(code: str, *words: str, dsn: str) -> list[int]:
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        env=os.environ | {"PGRECALL_DSN": dsn},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [int(word) for word in done.stdout.split()]


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("verb", "kind", "where"),
    [("upsert", "sync", "text"), ("load", "async", "text"), ("load", "sync", "metadata")],
)
def test_a_batch_of_large_items_is_cut_by_bytes(
    dsn: str, tenant: str, verb: str, kind: str, where: str
) -> None:
    # 300 or 600 MB in one batch; two batches of 64 MB and a statement are in memory at once
    (peak,) = measured(_WRITE, dsn, tenant, verb, kind, where, dsn=dsn)
    assert peak < 280, peak


def _line(number: int, metadata: str) -> str:
    return f'{{"id": "{number}", "text": "owl", "embedding": [1, 0], "m": {metadata}}}\n'


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        pytest.param(
            [_line(0, "1"), _line(1, "[" + "[]," * 8_000_000 + "1]"), _line(2, "1")],
            2,
            id="one line of 25 MB",
        ),
        # vectors of another length: all is read, and little stored
        pytest.param(
            [_line(0, "1")]
            + [_line(n, "[" + "[]," * 17_000 + "1]").replace("[1, 0]", "[1]") for n in range(180)],
            2,
            id="180 lines of 50 kB",
            marks=EXHAUSTIVE,
        ),
        pytest.param(
            [f'{{"id": {n}, "x": "' + "y" * 7_000_000 + '"\n' for n in range(20)],
            2,
            id="broken lines",
        ),
    ],
)
def test_a_small_archive_of_long_lines_takes_little_memory(
    dsn: str, tenant: str, tmp_path: Path, lines: list[str], code: int
) -> None:
    small, bomb = tmp_path / "small.jsonl", tmp_path / "bomb.jsonl.gz"
    small.write_text(_line(1, "1"))
    bomb.write_bytes(gzip.compress("".join(lines).encode(), 9))
    assert bomb.stat().st_size < 400_000
    got, peak = measured(_LOAD, tenant, str(small), str(bomb), dsn=dsn)
    assert got == code
    assert peak < 180, peak
