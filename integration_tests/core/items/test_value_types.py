"""What metadata takes, stored and asked for alike: by the core, every adapter and every file."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import uuid
from copy import deepcopy
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]  # it has no types
import pytest
from integration_tests.cli.cli_runs import Cli, write_lines
from integration_tests.langchain.langchain_fakes import Words, document
from integration_tests.shared.calls import ONE_STORE
from langchain_classic.retrievers import TimeWeightedVectorStoreRetriever
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from pyarrow import parquet

from pgrecall import (
    Collection,
    Condition,
    FilterError,
    Hnsw,
    InvalidArgumentError,
    Item,
    IvfFlat,
    maximal_marginal_relevance,
)
from pgrecall.langchain import PgRecallRecordManager, PgRecallVectorStore
from pgrecall.langgraph import PgRecallStore
from pgrecall.llama_index import PgRecallKVStore
from pgrecall.llama_index import PgRecallVectorStore as NodeStore

if TYPE_CHECKING:
    from pathlib import Path

    from pgrecall import Store


SOURCE, PARENT = NodeRelationship.SOURCE, NodeRelationship.PARENT


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Author:
    name: str
    born: dt.date


MOMENT = dt.datetime(2024, 5, 1, 12, 30, tzinfo=dt.UTC)
VALUES: dict[str, Any] = {
    "datetime": MOMENT,
    "date": dt.date(2024, 5, 1),
    "time": dt.time(12, 30),
    "timedelta": dt.timedelta(minutes=1),
    "uuid": uuid.UUID(int=7),
    "decimal": Decimal("0.10000000000000000000000001"),
    "enum": Colour.RED,
    "float32": np.float32(0.1),
    "int64": np.int64(2**53 + 1),
    "datetime64": np.datetime64("2024-05-01T12:30", "ns"),
    "in": [{"deep": (MOMENT, {"er": uuid.UUID(int=7)})}],
}
LISTS: dict[str, Any] = {"array": np.arange(3), "tuple": (1, MOMENT)}
AUTHOR = Author("Ada", dt.date(1815, 12, 10))
METADATA = {**VALUES, **LISTS, "author": AUTHOR}
STORED: dict[str, Any] = {
    "datetime": "2024-05-01T12:30:00+00:00",
    "date": "2024-05-01",
    "time": "12:30:00",
    "timedelta": 60.0,
    "uuid": "00000000-0000-0000-0000-000000000007",
    "decimal": 0.1,
    "enum": "red",
    "float32": float(np.float32(0.1)),
    "int64": 2**53 + 1,
    "datetime64": "2024-05-01T12:30:00",
    "in": [{"deep": ["2024-05-01T12:30:00+00:00", {"er": "00000000-0000-0000-0000-000000000007"}]}],
    "array": [0, 1, 2],
    "tuple": [1, "2024-05-01T12:30:00+00:00"],
    "author": {"name": "Ada", "born": "1815-12-10"},
}
ASKED: list[dict[str, Any]] = [{key: value} for key, value in VALUES.items() if key != "in"]
ASKED += [{key: {"$in": ["?", value]}} for key, value in VALUES.items() if key != "in"]
ASKED += [
    {"datetime": {"$gt": dt.datetime(2024, 5, 1, tzinfo=dt.UTC)}},
    {"date": {"$between": [dt.date(2024, 4, 30), dt.date(2024, 5, 2)]}},
    {"array": {"$all": np.array([1, 2])}},
    {"array": {"$any": np.array([2, 3])}},
    {"int64": {"$in": np.array([2**53 + 1])}},
    {"tuple": {"$contains": MOMENT}},
    {"author": {"born": {"$lt": dt.date(1900, 1, 1)}}},
]


async def test_what_is_stored_is_what_is_asked_for(store: Any, tenant: str) -> None:
    fields = {"date": "text", "decimal": "number"}
    await store.ensure_collection(tenant, Collection("docs", 2, fields=fields))
    other = Item("other", [1, 0], "", dict.fromkeys(STORED, ""))
    for verb in (store.upsert, store.load):
        await verb(tenant, "docs", [Item("a", [1, 0], "", METADATA), other])

        assert (await store.get(tenant, "docs", ["a"]))[0].metadata == STORED
        for filter_ in ASKED:
            assert await store.count(tenant, "docs", filter_) == 1, filter_
    assert await store.count(tenant, "docs", {"decimal": 0.1}) == 0
    assert await store.delete_where(tenant, "docs", {"uuid": VALUES["uuid"]}) == 1


@pytest.mark.parametrize("verb", ["upsert", "load"])
@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ({"a": [1, 2, {"b": {1}}]}, r'metadata\["a"\]\[2\]\["b"\] is of type set.*sorted\(value\)'),
        ({"a": {"b": b"x"}}, r'metadata\["a"\]\["b"\] is of type bytes.*base64'),
        ({"a": [float("nan")]}, r'metadata\["a"\]\[0\] is nan.*write None'),
        ({"a": {2: 1}}, r'metadata\["a"\] has the key 2; JSON keys are strings: write \'2\''),
        ({"a": AUTHOR, "b": object()}, r'metadata\["b"\] is of type object.*write str\(value\)'),
    ],
    ids=["set", "bytes", "nan", "key", "object"],
)
@ONE_STORE
async def test_what_is_not_taken_is_told_with_its_place(
    store: Any, tenant: str, verb: str, metadata: Any, told: str
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2))

    with pytest.raises(InvalidArgumentError, match=told):
        await getattr(store, verb)(tenant, "docs", [Item("a", [1, 0], "", metadata)])


@pytest.mark.parametrize("value", [b"x", float("nan"), object()], ids=["bytes", "nan", "object"])
async def test_what_cannot_be_stored_cannot_be_asked_for(
    store: Any, tenant: str, value: Any
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2))

    with pytest.raises(FilterError, match=r"filter on 'a', operator 'eq': it is .*write"):
        await store.count(tenant, "docs", {"a": value})


async def test_every_limit_takes_whole_numbers_of_numpy_and_no_booleans(
    store: Any, tenant: str
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2))
    items = [Item(str(n), [1, n], f"word {n}") for n in range(5)]
    await store.upsert(tenant, "docs", items, batch_size=np.int64(2))
    await store.create_index(tenant, "docs", Hnsw())
    two, place = np.int64(2), (tenant, "docs")
    calls = {
        "list": lambda n: store.list_items(*place, limit=n),
        "vector": lambda n: store.search(*place, [1, 0], limit=n),
        "text": lambda n: store.search_text(*place, "word", limit=n),
        "hybrid": lambda n: store.search_hybrid(*place, [1, 0], "word", limit=n),
    }

    for name, call in calls.items():
        assert len(await call(two)) == 2, name
        for wrong in (True, np.bool_(True), 2.0):
            with pytest.raises(InvalidArgumentError, match="limit must be a whole number"):
                await call(wrong)
    found = await store.search(
        *place, [1, 0], limit=5, ef_search=np.int32(50), include_vectors=True
    )
    assert len(maximal_marginal_relevance([1, 0], found, limit=two)) == 2
    assert len(await store.search_hybrid(*place, [1, 0], "word", candidates=np.int64(20))) == 5
    assert (await store.measure_recall(*place, k=two, sample=np.int64(3))).k == 2
    assert (await store.tune(*place, k=two)).k == 2


async def test_a_collection_and_an_index_take_whole_numbers_of_numpy(
    store: Any, tenant: str
) -> None:
    hnsw, two, ten = Hnsw(np.int64(8), np.int32(20)), np.int64(2), np.uint8(10)  # type: ignore[arg-type]  # numpy's

    made = await store.ensure_collection(tenant, Collection("docs", two, index=hnsw))  # type: ignore[arg-type]  # the same

    assert made == await store.ensure_collection(tenant, Collection("docs", two, index=hnsw))  # type: ignore[arg-type]  # the same
    assert (made.dimensions, made.index) == (2, Hnsw(8, 20))
    await store.create_index(tenant, "docs", IvfFlat(ten))  # type: ignore[arg-type]  # the same
    described = await store.describe_collection(tenant, "docs")
    assert described.index == IvfFlat(10)
    for wrong in (np.float64(2), np.bool_(True), True):
        with pytest.raises(InvalidArgumentError, match="whole number"):
            await store.ensure_collection(tenant, Collection("other", wrong))  # type: ignore[arg-type]  # no whole number


async def test_langchain_stores_and_asks_alike(dsn: str, tenant: str) -> None:
    async with PgRecallVectorStore(Words(), tenant=tenant, store=dsn) as vectors:
        vectors.add_documents([document("one", "a", **METADATA), document("two", "b")])
        await vectors.aadd_documents([document("three", "c", **METADATA)])

        assert vectors.get_by_ids(["a"])[0].metadata == STORED
        for filter_ in ASKED:
            found = vectors.similarity_search("one", k=np.int64(5), filter=filter_)  # type: ignore[arg-type]  # numpy's
            assert sorted(one.id or "" for one in found) == ["a", "c"], filter_
        with pytest.raises(InvalidArgumentError, match=r'metadata\["x"\]\[0\] is of type set'):
            vectors.add_texts(["x"], [{"x": [{1}]}])
        records = PgRecallRecordManager("n", store=dsn, tenant=tenant)
        records.update(["k1", "k2"])
        assert records.list_keys(limit=np.int64(1)) == ["k1"]  # type: ignore[arg-type]  # numpy's
        await records.aclose()


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_a_time_weighted_retriever_works(dsn: str, tenant: str, kind: str) -> None:
    async with PgRecallVectorStore(Words(), tenant=tenant, store=dsn) as vectors:
        retriever = TimeWeightedVectorStoreRetriever(
            vectorstore=vectors, decay_rate=1e-9, k=1, search_kwargs={"k": 2}
        )
        texts = [document("apples and pears"), document("boats"), document("cars on roads")]
        day = dt.datetime.now() - dt.timedelta(days=1)  # noqa: DTZ005  # the retriever's own clock
        if kind == "sync":
            retriever.add_documents(texts, current_time=day)
            (found,) = retriever.invoke("apples and pears")
        else:
            await retriever.aadd_documents(texts, current_time=day)
            (found,) = await retriever.ainvoke("apples and pears")

        assert found.page_content == "apples and pears"
        (kept,) = vectors.similarity_search("apples and pears", 1, filter={"created_at": day})
        assert kept.metadata["created_at"] == day.isoformat()

        # after a restart: the retriever keeps its stream nowhere but in memory
        stored = sorted(
            vectors.similarity_search("?", 9), key=lambda one: one.metadata["buffer_idx"]
        )
        for one in stored:
            times = {name: one.metadata[name] for name in ("created_at", "last_accessed_at")}
            one.metadata |= {name: dt.datetime.fromisoformat(at) for name, at in times.items()}
        stored[1].metadata |= {"weight": 1, "last_accessed_at": day + dt.timedelta(hours=24)}
        again = TimeWeightedVectorStoreRetriever(
            vectorstore=vectors,
            decay_rate=0.5,
            k=1,
            memory_stream=stored,
            other_score_keys=["weight"],
        )
        asked = "apples and pears"
        (late,) = again.invoke(asked) if kind == "sync" else await again.ainvoke(asked)
        assert late.page_content == "boats"


async def test_langgraph_stores_and_asks_alike(dsn: str, tenant: str) -> None:
    index: Any = {"dims": 64, "embed": Words()}
    async with PgRecallStore(dsn, tenant=tenant, index=index) as memory:
        memory.put(("a",), "one", {**METADATA, "text": "hello"})
        await memory.aput(("a",), "two", {"text": "hello"})

        item = memory.get(("a",), "one")
        assert item is not None
        assert item.value == {**STORED, "text": "hello"}
        asked = [*ASKED, {"author": {"$eq": AUTHOR}}, {"tuple": {"$eq": LISTS["tuple"]}}]
        asked += [{"array": {"$eq": np.arange(3)}}, {"in": {"$eq": VALUES["in"]}}]
        for filter_ in asked:
            for query in (None, "hello"):
                found = await memory.asearch(("a",), query=query, filter=filter_)
                assert [one.key for one in found] == ["one"], filter_
        assert len(memory.search(("a",), limit=np.int64(1))) == 1  # type: ignore[arg-type]  # numpy's
        with pytest.raises(InvalidArgumentError, match=r"""key 'k'.*value\["x"\] is of type set"""):
            memory.put(("a",), "k", {"x": {1}})


async def test_llama_index_stores_alike(dsn: str, tenant: str) -> None:
    with NodeStore(dsn, tenant=tenant) as nodes:
        await nodes.async_add([TextNode(id_="a", text="x", embedding=[1, 0], metadata=METADATA)])
        assert nodes.get_nodes(["a"])[0].metadata == STORED
        assert list(nodes.get_nodes(["a"])[0].metadata) == list(METADATA)
        assert nodes.client.count(tenant, "docs", {"decimal": VALUES["decimal"]}) == 1
        child = TextNode(id_="b", text="x", embedding=[1, 0], metadata=METADATA)
        # what a parser makes of a document: equal metadata, of which every array is another
        for kind, metadata in ((SOURCE, METADATA), (PARENT, {**METADATA, "n": np.arange(2)})):
            child.relationships[kind] = RelatedNodeInfo(node_id="s", metadata=deepcopy(metadata))
        nodes.add([child])
        links = nodes.get_nodes(["b"])[0].relationships
        assert links[SOURCE].metadata == STORED  # type: ignore[union-attr]  # one, not a list
        assert links[PARENT].metadata == {**STORED, "n": [0, 1]}  # type: ignore[union-attr]  # the same
    values = PgRecallKVStore(dsn, tenant)
    values.put("k", METADATA)
    assert values.get("k") == STORED
    values.close()


@pytest.fixture
def cli(dsn: str, tenant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return Cli(dsn, tenant)


def test_parquet_stores_alike_at_every_depth(cli: Cli, sync_store: Store, tmp_path: Path) -> None:
    nanoseconds = MOMENT.timestamp() * 1e9 + 1
    table = pa.table(
        {
            "id": ["a"],
            "embedding": pa.array([[1.0, 2.0]], pa.list_(pa.float32(), 2)),
            "at": pa.array([MOMENT], pa.timestamp("us", "UTC")),
            "fine": pa.array([int(nanoseconds)], pa.timestamp("ns")),
            "day": pa.array([MOMENT.date()]),
            "cost": pa.array([Decimal("0.1000000000000000001")]),
            "who": pa.array([{"at": MOMENT, "days": [MOMENT.date()], "cost": Decimal("1.5")}]),
            "map": pa.array([[("k", MOMENT)]], pa.map_(pa.string(), pa.timestamp("us", "UTC"))),
        }
    )
    parquet.write_table(table, tmp_path / "a.parquet")
    cli.run("load", str(tmp_path / "a.parquet"))

    (item,) = sync_store.list_items(cli.tenant, "a")
    moment = "2024-05-01T12:30:00+00:00"
    assert item.metadata is not None
    assert item.metadata.pop("fine")[:19] == "2024-05-01T12:30:00"
    assert item.metadata == {
        "at": moment,
        "day": "2024-05-01",
        "cost": 0.1,
        "who": {"at": moment, "days": ["2024-05-01"], "cost": 1.5},
        "map": [["k", moment]],
    }
    asked = {"at": {"$gte": dt.datetime(2024, 5, 1, tzinfo=dt.UTC)}, "cost": {"$gt": 0.1}}
    assert sync_store.count(cli.tenant, "a", asked) == 1
    assert cli.json("load", str(tmp_path / "a.parquet"))["unchanged"] == 1


def test_binary_of_parquet_is_told_by_its_place_and_can_be_left_out(
    cli: Cli, sync_store: Store, tmp_path: Path
) -> None:
    table = pa.table(
        {"id": ["a"], "embedding": [[1.0, 2.0]], "n": [1], "raw": [{"bytes": [b"\xff"]}]}
    )
    parquet.write_table(table, tmp_path / "a.parquet")

    told = cli.told("load", str(tmp_path / "a.parquet"))
    assert 'metadata["raw"]["bytes"][0] is of type bytes' in told
    assert "leave the column out with --metadata" in told
    cli.run("load", str(tmp_path / "a.parquet"), "--metadata", "n")
    assert sync_store.list_items(cli.tenant, "a")[0].metadata == {"n": 1}


def test_json_lines_tell_the_place_of_what_cannot_be_stored(cli: Cli, tmp_path: Path) -> None:
    rows = [
        {"id": "a", "embedding": [1, 0]},
        {"id": "b", "embedding": [1, 0], "x": {"y": [1, None]}},
    ]
    file = write_lines(tmp_path / "a.jsonl", rows)
    (tmp_path / "a.jsonl").write_text((tmp_path / "a.jsonl").read_text().replace("null", "NaN"))

    report = cli.json("load", file, code=2)

    (reason,) = [one["reason"] for one in report["reasons"]]
    assert reason.startswith('metadata["x"]["y"][1] is nan')
    assert json.loads((tmp_path / "a.rejected.jsonl").read_text())["id"] == "b"


def test_a_condition_of_a_path_takes_the_same_values(sync_store: Store, tenant: str) -> None:
    sync_store.ensure_collection(tenant, Collection("docs", 2))
    sync_store.upsert(tenant, "docs", [Item("a", [1, 0], "", {"x": METADATA})])

    for key, value in VALUES.items():
        if key != "in":
            assert sync_store.count(tenant, "docs", Condition(("x", key), "eq", value)) == 1, key
