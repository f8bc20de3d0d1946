"""PgRecallSaver as LangGraph's BaseCheckpointSaver: its own suite, and what others get wrong."""

from __future__ import annotations

import asyncio
import copy
import operator
import uuid
from typing import TYPE_CHECKING, Annotated, Any

import psycopg
import pytest
from integration_tests.shared.adapters import adapters
from integration_tests.shared.calls import Calls
from integration_tests.shared.faults import blocked, execute, until
from integration_tests.shared.words import HOSTILE
from langgraph.checkpoint.base import BaseCheckpointSaver, create_checkpoint, empty_checkpoint
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.conformance.report import ProgressCallbacks
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.types import ERROR, INTERRUPT
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

from pgrecall import (
    AsyncStore,
    ConnectionFailedError,
    DatabaseError,
    InvalidArgumentError,
    Store,
)
from pgrecall._adapters.pair import Pair
from pgrecall._operations.threads import threads
from pgrecall._statements.entries import threads as statements
from pgrecall._statements.entries.threads import Wanted
from pgrecall.langgraph import _checkpoints as conversions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PgRecallSaver = adapters("pgrecall.langgraph").PgRecallSaver


@pytest.fixture(scope="module")
def core(dsn: str) -> Iterator[Store]:
    with Store(dsn) as store:
        yield store


class Each:
    """Calls either kind of methods; a list is a list."""

    def __init__(self, saver: PgRecallSaver, kind: str) -> None:
        self.saver, self.kind = saver, kind
        self.calls = Calls(saver, kind)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.calls, name)

    async def listed(self, *arguments: Any, **keywords: Any) -> list[Any]:
        if self.kind == "sync":
            return list(self.saver.list(*arguments, **keywords))
        return [one async for one in self.saver.alist(*arguments, **keywords)]


class Sync(BaseCheckpointSaver[str]):
    """Calls the sync methods where the async ones are called."""

    def __init__(self, saver: PgRecallSaver) -> None:
        super().__init__()
        self.saver = saver

    async def alist(self, *arguments: Any, **keywords: Any) -> Any:
        for one in self.saver.list(*arguments, **keywords):
            yield one


def _calling(name: str) -> Any:
    async def call(self: Sync, *arguments: Any, **keywords: Any) -> Any:
        return getattr(self.saver, name)(*arguments, **keywords)

    return call


for _name in ("get_tuple", "put", "put_writes", "delete_thread", "delete_for_runs", "copy_thread"):
    setattr(Sync, f"a{_name}", _calling(_name))
Sync.aprune = _calling("prune")  # type: ignore[method-assign]


@pytest.fixture(params=["sync", "async"])
async def make(request, core: Store, tenant: str) -> Any:
    def made(**keywords: Any) -> Each:
        return Each(PgRecallSaver(core, **{"tenant": tenant, **keywords}), request.param)

    yield made
    await Pair(core).async_store.close()


@pytest.fixture
def saver(make: Any) -> Any:
    return make()


def config(thread: object = "t", ns: str | None = "", id_: str | None = None) -> Any:
    said: dict[str, Any] = {"thread_id": thread}
    if ns is not None:
        said["checkpoint_ns"] = ns
    return {"configurable": said | ({"checkpoint_id": id_} if id_ else {})}


async def step(
    saver: Any, parent: Any, values: dict[str, Any], metadata: Any = None, new: Any = None
) -> Any:
    """Put a checkpoint after another, whose channels are at the versions of ``new``."""
    old = "checkpoint_id" in parent.get("configurable", {})
    before = await saver.get_tuple(parent) if old else None
    base = before.checkpoint if before else empty_checkpoint()
    made = create_checkpoint(base, None, 1)
    new = dict.fromkeys(values, made["id"]) if new is None else new
    made["channel_versions"] = {**base["channel_versions"], **new}
    made["channel_values"] = {**base["channel_values"], **values}
    return await saver.put(parent, made, metadata or {"source": "loop", "step": 1}, new)


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_the_suite_of_langgraph_passes_whole(core: Store, tenant: str, kind: str) -> None:
    wrong: list[str] = []

    @checkpointer_test(name=f"pgrecall {kind}")
    async def made() -> Any:
        saver = PgRecallSaver(core, tenant=tenant)
        yield saver if kind == "async" else Sync(saver)

    def told(capability: str, name: str, passed: bool, error: str | None) -> None:  # its own
        if not passed:
            wrong.append(f"{capability} {name}: {error}")

    report = await validate(made, progress=ProgressCallbacks(on_test_result=told))
    await Pair(core).async_store.close()

    assert wrong == []
    assert {name: each.passed for name, each in report.results.items()} == dict.fromkeys(
        report.results, True
    )
    assert len(report.results) == 8
    assert sum(each.tests_passed for each in report.results.values()) == 81


class State(TypedDict):
    said: Annotated[list[str], operator.add]
    count: int


def graph_with(saver: BaseCheckpointSaver[Any]) -> Any:
    def ask(state: State) -> Any:
        answer = interrupt("more?")
        return {"said": [f"{answer}\0"], "count": state["count"] + 1}

    builder = StateGraph(State)
    builder.add_node("ask", ask)
    builder.add_node("again", lambda state: {"count": state["count"] + 1})
    builder.add_edge(START, "ask")
    builder.add_edge("ask", "again")
    builder.add_edge("again", END)
    return builder.compile(checkpointer=saver)


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_a_run_that_was_interrupted_goes_on_in_another_process_as_in_memory(
    dsn: str, tenant: str, kind: str
) -> None:
    async def talked(savers: list[BaseCheckpointSaver[Any]]) -> tuple[Any, list[Any], list[Any]]:
        at = {"configurable": {"thread_id": "Größe '1'"}}
        first, last = map(graph_with, savers)
        if kind == "sync":
            first.invoke({"said": ["a"], "count": 0}, at)
            result = last.invoke(Command(resume="yes"), at)
            states = list(last.get_state_history(at))
        else:
            await first.ainvoke({"said": ["a"], "count": 0}, at)
            result = await last.ainvoke(Command(resume="yes"), at)
            states = [one async for one in last.aget_state_history(at)]
        return result, [one.values for one in states], [one.next for one in states]

    memory = InMemorySaver()
    with PgRecallSaver(dsn, tenant=tenant) as one, PgRecallSaver(dsn, tenant=tenant) as other:
        ours = await talked([one, other])
        await one.aclose()
        await other.aclose()
    assert ours == await talked([memory, memory])
    assert ours[0] == {"said": ["a", "yes\0"], "count": 2}


async def test_what_a_step_did_not_change_is_stored_once(saver: Any, dsn: str, tenant: str) -> None:
    big = {"text": "a message " * 1_000}
    at = await step(saver, config(), {"big": big, "n": 0})
    for n in range(5):
        at = await step(saver, at, {"n": n}, new={"n": f"{n}"})

    found = await saver.listed(config())
    assert [one.checkpoint["channel_values"]["n"] for one in found] == [4, 3, 2, 1, 0, 0]
    assert all(one.checkpoint["channel_values"]["big"] == big for one in found)
    assert (
        found[0].checkpoint["channel_values"]["big"]
        is not found[1].checkpoint["channel_values"]["big"]
    )
    ((rows,),) = execute(
        dsn,
        f"SELECT count(*) FROM pgrecall.blobs WHERE tenant = '{tenant}' AND namespace[2] = 'v'",
    )
    assert rows == 1


@pytest.mark.parametrize("thread", [*HOSTILE, "t" * 1_500, 7, uuid.UUID(int=5)], ids=repr)
async def test_any_text_names_a_thread_and_a_namespace(saver: Any, thread: Any) -> None:
    ns = thread if isinstance(thread, str) and len(thread) < 100 else "ns"
    await step(saver, config("else", ns), {"a": [0]})
    stored = await step(saver, config(thread, ns), {"a": [1]}, {"by": str(ns)})
    await saver.put_writes(stored, [("a", [2])], str(ns), str(ns))

    assert stored["configurable"]["thread_id"] == str(thread)
    found = await saver.get_tuple(config(thread, ns))
    assert found.checkpoint["channel_values"] == {"a": [1]}
    assert found.pending_writes == [(str(ns), "a", [2])]
    assert found.metadata["by"] == str(ns)
    await saver.delete_thread(thread)
    assert await saver.listed(config(thread, None)) == []
    assert len(await saver.listed(config("else", ns))) == 1


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"configurable": {}}, "names no thread"),
        ({}, "names no thread"),
        (config("a\0"), "holds NUL"),
        (config("t", "\ud800"), "lone surrogate"),
        (config("t" * 3_000), "an index holds 2,400"),
    ],
)
async def test_a_config_that_names_nothing_is_refused(saver: Any, given: Any, says: str) -> None:
    for call in (saver.get_tuple(given), saver.listed(given), step(saver, given, {})):
        with pytest.raises(InvalidArgumentError, match=says):
            await call


async def test_one_string_is_no_list_of_threads_or_runs(saver: Any) -> None:
    await step(saver, config(), {"a": [1]}, {"run_id": "r"})
    for call in (saver.prune("t"), saver.prune("t", strategy="delete"), saver.delete_for_runs("r")):
        with pytest.raises(InvalidArgumentError, match="must be a list of strings, not one str"):
            await call
    assert len(await saver.listed(config())) == 1


async def test_another_tenants_thread_is_not_seen(make: Any, tenant: str) -> None:
    mine, other = make(), make(tenant=f"{tenant}-other")
    stored = await step(mine, config(), {"a": ["mine"]}, {"run_id": "r"})

    assert await other.get_tuple(stored) is None
    assert await other.get_tuple(config()) is None
    assert await other.listed(None) == []
    await other.delete_thread("t")
    await other.delete_for_runs(["r"])
    await other.copy_thread("t", "mine")
    await other.prune(["t"], strategy="delete")
    assert await other.listed(config("mine")) == []
    assert len(await mine.listed(None)) == 1


METADATA = {"source": "loop", "step": -1, "nested": {"a": [1, {"b": None}]}, "f": 0.5}


async def test_metadata_finds_checkpoints_of_any_thread_by_an_index(
    saver: Any, dsn: str, core: Store, tenant: str
) -> None:
    for n in range(4):
        await step(saver, config(f"t{n}", f"ns{n % 2}"), {"a": n}, {**METADATA, "user": n % 3})

    async def threads_of(**asked: Any) -> list[str]:
        found = await saver.listed(None, **asked)
        return [one.config["configurable"]["thread_id"] for one in found]

    assert await threads_of(filter={"user": 0}) == ["t3", "t0"]
    assert await threads_of(filter={"user": 0, "nested": {"a": [{"b": None}]}}) == ["t3", "t0"]
    assert await threads_of(filter={"user": 0}, limit=1) == ["t3"]
    assert await threads_of(filter={"user": "0"}) == []
    assert len(await threads_of(filter={})) == 4
    last = (await saver.listed(None, limit=1))[0].config
    assert await threads_of(before=last) == ["t2", "t1", "t0"]
    assert (await saver.get_tuple(last)).metadata == {**METADATA, "user": 0}


def test_a_list_by_metadata_reads_no_other_checkpoints(dsn: str, tenant: str) -> None:
    execute(
        dsn,
        "INSERT INTO pgrecall.blobs (tenant, space, namespace, key, value, metadata)"
        f" SELECT '{tenant}', 'threads', ARRAY[n::text, 'c', ''], 'id', '',"
        " jsonb_build_object('m', jsonb_build_object('user', n), 'p', NULL, 'c', '{}'::jsonb)"
        " FROM generate_series(1, 3000) AS n",
        "ANALYZE pgrecall.blobs",
    )
    text, values = statements.read("pgrecall", tenant, Wanted(labels='{"user": 7}'), 8).sent()
    with psycopg.connect(dsn, cursor_factory=psycopg.RawCursor) as connection:
        plan = connection.execute(f"EXPLAIN {text}", values).fetchall()

    assert "blobs_metadata" in str(plan)
    assert "Seq Scan" not in str(plan)


async def test_metadata_that_json_has_no_place_for_comes_back_as_it_was(saver: Any) -> None:
    odd = {"tuple": (1, 2), "nul": {"a": "x\0y"}, "set": {1}, "inf": float("inf"), "user": "a\0b"}
    await step(saver, config(), {}, odd)

    found = await saver.get_tuple(config())
    assert found.metadata == {**odd, "tuple": [1, 2], "user": "ab"}
    assert len(await saver.listed(None, filter={"nul": {"a": "xy"}, "user": "ab"})) == 1


async def test_writes_of_a_task_stay_and_special_ones_are_replaced(saver: Any) -> None:
    at = await step(saver, config(), {})
    await saver.put_writes(at, [("a", 1), ("b", 2)], "task", "~1")
    await saver.put_writes(at, [("a", 10), ("b", 20), ("c", 30)], "task", "~1")
    await saver.put_writes(at, [(ERROR, "first"), ("a", 40), (INTERRUPT, "i")], "other", "~0")
    await saver.put_writes(at, [(ERROR, "last")], "other", "~0")
    await saver.put_writes(at, [], "none")
    with pytest.raises(InvalidArgumentError, match="names no checkpoint"):
        await saver.put_writes(config(), [("a", 1)], "task")

    found = (await saver.get_tuple(at)).pending_writes
    assert found == [
        ("other", INTERRUPT, "i"),
        ("other", ERROR, "last"),
        ("other", "a", 40),
        ("task", "a", 1),
        ("task", "b", 2),
        ("task", "c", 30),
    ]


async def test_ten_megabytes_and_nul_come_back(saver: Any) -> None:
    state = {"text": "\0ä message " * 1_000_000, "bytes": bytes(range(256))}
    at = await step(saver, config(), {"state": state, "c\u0001": "\0"})
    await saver.put_writes(at, [("state", state)], "t")

    found = await saver.get_tuple(config())
    assert found.checkpoint["channel_values"] == {"state": state, "c\u0001": "\0"}
    assert found.pending_writes == [("t", "state", state)]


class Failing:
    """A serializer that fails on some values."""

    def __init__(self) -> None:
        self.inner = BaseCheckpointSaver.serde

    def dumps_typed(self, value: Any) -> tuple[str, bytes]:
        if value == ["bad"]:
            msg = "cannot be written"
            raise ZeroDivisionError(msg)
        return self.inner.dumps_typed(value)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        return self.inner.loads_typed(data)


async def test_a_serializer_that_fails_stores_nothing(make: Any) -> None:
    saver = make(serde=Failing())
    at = await step(saver, config(), {"a": ["good"]})

    for call in (
        saver.put_writes(at, [("a", "good"), ("b", ["bad"])], "t"),
        step(saver, at, {"a": ["good"], "b": ["bad"]}, new={"a": "2", "b": "2"}),
    ):
        with pytest.raises(ZeroDivisionError, match="cannot be written"):
            await call
    (only,) = await saver.listed(config())
    assert only.pending_writes == []


async def test_a_checkpoint_of_a_newer_version_is_told(
    saver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = {**empty_checkpoint(), "v": conversions.known_version() + 1}
    with pytest.raises(InvalidArgumentError, match=r"thread 't' has version \d+; the langgraph"):
        await saver.put(config(), newer, {}, {})

    monkeypatch.setattr(conversions, "known_version", lambda: 99)
    await saver.put(config(), newer, {}, {})
    monkeypatch.undo()
    for call in (saver.get_tuple(config()), saver.listed(config())):
        with pytest.raises(InvalidArgumentError, match="upgrade it"):
            await call


async def test_a_list_of_hundreds_comes_in_pages_without_a_gap(saver: Any) -> None:
    at, ids = config(), []
    for n in range(60):
        at = await saver.put(
            at, {**empty_checkpoint(), "id": f"{n:04}"}, {"step": n, "odd": n % 2}, {}
        )
        ids.append(f"{n:04}")
    await saver.copy_thread("t", "copy")

    def named(found: list[Any]) -> list[str]:
        return [one.checkpoint["id"] for one in found]

    assert named(await saver.listed(config())) == ids[::-1]
    assert named(await saver.listed(config(ns=None), limit=33)) == ids[:-34:-1]
    assert named(await saver.listed(config(), limit=0)) == []
    assert named(await saver.listed(config(), before=config(id_="0012"), limit=12)) == ids[11::-1]
    assert len(await saver.listed(None)) == 120
    assert len(await saver.listed(None, filter={"odd": 1})) == 60


async def test_pruning_keeps_what_a_delta_channel_is_made_of(saver: Any) -> None:
    deltas = {"counters_since_delta_snapshot": {"log": (1, 1)}}
    at, ids = config(), []
    for n in range(6):
        values = {"log": ["snapshot"], "x": [0]} if n == 2 else {"x": [n]}
        made = {**empty_checkpoint(), "id": f"{n}"}
        made["channel_versions"] = {"log": f"{n}", "x": f"{n}"}
        made["channel_values"] = values
        at = await saver.put(at, made, deltas, dict.fromkeys(values, f"{n}"))
        await saver.put_writes(at, [("log", f"w{n}"), ("x", n)], f"task{n}")
        ids.append(f"{n}")
    before = await saver.get_delta_channel_history(config=config(), channels=["log", "none"])
    assert before == {
        "log": {"writes": [(f"task{n}", "log", f"w{n}") for n in (2, 3, 4)], "seed": ["snapshot"]},
        "none": {"writes": []},
    }
    assert before == await BaseCheckpointSaver.aget_delta_channel_history(
        saver.saver, config=config(), channels=["log", "none"]
    )

    await saver.prune(["t"])

    assert [one.checkpoint["id"] for one in await saver.listed(config())] == ["5", "4", "3", "2"]
    assert (
        await saver.get_delta_channel_history(config=config(), channels=["log", "none"]) == before
    )
    with pytest.raises(InvalidArgumentError, match="strategy must be one of"):
        await saver.prune(["t"], strategy="all")


async def test_what_is_removed_leaves_no_value_and_no_write_behind(
    saver: Any, dsn: str, tenant: str
) -> None:
    at = await step(saver, config(), {"kept": ["k"], "own": ["1"]}, {"run_id": "one"})
    await saver.put_writes(at, [("a", 1)], "t")
    at = await step(saver, at, {"own": ["2"]}, {"run_id": "two"}, {"own": "2"})
    await saver.put_writes(at, [("a", 2)], "t")

    def rows() -> list[Any]:
        return execute(
            dsn,
            "SELECT namespace[2:3] FROM pgrecall.blobs"
            f" WHERE tenant = '{tenant}' AND namespace[2] <> 'c' ORDER BY 1",
        )

    assert len(rows()) == 5
    await saver.delete_for_runs(["one", "none"])
    assert [name for (name,) in rows()] == [["v", ""], ["v", ""], ["w", ""]]
    found = await saver.get_tuple(config())
    assert found.checkpoint["channel_values"] == {"kept": ["k"], "own": ["2"]}
    await saver.delete_for_runs(["two"])
    assert rows() == []
    await saver.delete_for_runs([])


def test_writers_of_one_thread_beside_each_other_lose_nothing(core: Store, tenant: str) -> None:
    saver = PgRecallSaver(core, tenant=tenant)

    async def work(n: int) -> None:
        made = {**empty_checkpoint(), "id": f"{n % 5:02}", "channel_values": {"a": [n % 5]}}
        made["channel_versions"] = {"a": f"{n % 5}"}
        at = await saver.aput(config(), made, {"step": n}, {"a": f"{n % 5}"})
        await saver.aput_writes(at, [("a", n % 5)], f"task{n % 2}")
        await saver.aprune(["other"])

    async def main() -> None:
        await asyncio.gather(*(work(n) for n in range(40)))
        await saver.aclose()

    asyncio.run(main())
    found = list(saver.list(config()))
    assert [one.checkpoint["channel_values"] for one in found] == [
        {"a": [n]} for n in (4, 3, 2, 1, 0)
    ]
    assert [len(one.pending_writes or ()) for one in found] == [2] * 5


async def test_a_put_that_is_cancelled_leaves_all_or_nothing(dsn: str, tenant: str) -> None:
    saver = PgRecallSaver(dsn, tenant=tenant)
    value = {"a": ["x" * 100_000] * 100}  # more than one statement has
    at = await saver.aput(config(), empty_checkpoint(), {}, {})
    for turn in range(8):
        made = {**empty_checkpoint(), "id": f"z{turn}", "channel_values": {"a": value, "b": [1]}}
        made["channel_versions"] = {"a": f"{turn}", "b": f"{turn}"}
        task = asyncio.ensure_future(saver.aput(at, made, {}, made["channel_versions"]))
        await asyncio.sleep(turn * 0.01)
        task.cancel()
        await asyncio.wait([task])
    found = [one async for one in saver.alist(config())]
    assert all(one.checkpoint["channel_values"] in ({}, {"a": value, "b": [1]}) for one in found)
    checkpoints, values = (
        execute(
            dsn,
            f"SELECT count(*) FROM pgrecall.blobs WHERE tenant = '{tenant}'"
            f" AND namespace[2] = '{kind}'",
        )[0][0]
        for kind in "cv"
    )
    assert values == 2 * (checkpoints - 1)
    await saver.aclose()


def test_a_copy_has_all_and_replaces_nothing(core: Store, tenant: str) -> None:
    saver = PgRecallSaver(core, tenant=tenant)
    for thread, value in (("a", "from a"), ("b", "of b")):
        made = {**empty_checkpoint(), "id": "1", "channel_values": {"x": [value]}}
        made["channel_versions"] = {"x": "1"}
        saver.put(config(thread), made, {}, {"x": "1"})
    saver.copy_thread("a", "a")
    saver.copy_thread("a", "b")
    saver.copy_thread("a", "c")

    values = [saver.get_tuple(config(thread)) for thread in "abc"]
    assert [one and one.checkpoint["channel_values"]["x"] for one in values] == [
        ["from a"],
        ["of b"],
        ["from a"],
    ]


def test_a_clone_with_an_allowlist_keeps_the_same_threads(core: Store, tenant: str) -> None:
    saver = PgRecallSaver(core, tenant=tenant)
    clone = saver.with_allowlist([("some", "Type")])
    at = saver.put(config(), empty_checkpoint(), {}, {})

    assert clone.get_tuple(at) is not None
    assert copy.copy(saver).get_tuple(at) is not None


def test_a_program_of_postgres_saver_runs_as_it_is(dsn: str, tenant: str) -> None:
    async def main() -> None:
        async with PgRecallSaver.from_conn_string(dsn, tenant=tenant) as saver:
            await saver.setup()
            assert (await saver.aget_tuple(config())).checkpoint["channel_values"] == {"a": 1}

    with PgRecallSaver.from_conn_string(dsn, pipeline=True, tenant=tenant) as saver:
        saver.setup()
        made = create_checkpoint(empty_checkpoint(), None, 1) | {"channel_values": {"a": 1}}
        saver.put(config(), {**made, "channel_versions": {"a": 1}}, {}, {"a": 1})
    asyncio.run(main())


def test_a_store_of_either_kind_serves_both_kinds_of_calls(dsn: str, tenant: str) -> None:
    async def main() -> None:
        for store in (Store(dsn), AsyncStore(dsn)):
            saver = PgRecallSaver(store, tenant=tenant)
            at = await saver.aput(config(), empty_checkpoint(), {}, {})
            assert saver.get_tuple(at) is not None
            saver.close()
            await saver.aclose()
            await store.close() if isinstance(store, AsyncStore) else store.close()

    asyncio.run(main())
    with pytest.raises(InvalidArgumentError, match="store must be"):
        PgRecallSaver(7)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="a tenant must not be empty"):
        PgRecallSaver(dsn, tenant="")


async def test_a_server_that_is_gone_is_told_as_such(tenant: str) -> None:
    saver = PgRecallSaver("host=/nowhere port=1", tenant=tenant)
    with pytest.raises(ConnectionFailedError, match="is the server up"):
        await saver.aget_tuple(config())
    with pytest.raises(ConnectionFailedError):
        list(saver.list(None))


async def test_a_run_that_goes_on_after_a_removal_has_all_its_values(
    saver: Any, core: Store, tenant: str
) -> None:
    removals: list[Callable[[], Any]] = [
        lambda: saver.delete_thread("t"),
        lambda: saver.prune(["t"], strategy="delete"),
        lambda: saver.delete_for_runs(["r"]),
        lambda: asyncio.to_thread(core.forget, tenant, threads=["t"]),
        lambda: asyncio.to_thread(core.forget, tenant),
    ]
    for remove in removals:
        values = {"old": ["kept"], "large": ["x" * 300_000], "new": [0]}
        at = await step(saver, config(), values, {"run_id": "r"})
        found = await saver.get_tuple(at)
        await remove()
        made = create_checkpoint(found.checkpoint, None, 2)
        made["channel_values"] = {**values, "new": [1]}
        made["channel_versions"] = {**found.checkpoint["channel_versions"], "new": "2"}
        await saver.put(at, made, {"step": 2}, {"new": "2"})

        assert (await saver.get_tuple(config())).checkpoint["channel_values"] == {
            **values, "new": [1]
        }  # fmt: skip
        await saver.delete_thread("t")


@pytest.mark.parametrize("remover", ["delete_thread", "prune", "delete_for_runs", "forget"])
async def test_what_is_written_while_others_are_removed_stays_whole_or_goes(
    core: Store, tenant: str, dsn: str, remover: str
) -> None:
    saver = PgRecallSaver(core, tenant=tenant)
    remove: dict[str, Callable[[], Any]] = {
        "delete_thread": lambda: saver.delete_thread("t"),
        "prune": lambda: saver.prune(["t"]),
        "delete_for_runs": lambda: saver.delete_for_runs(["r"]),
        "forget": lambda: core.forget(tenant),
    }
    each = Each(saver, "sync")
    first = await step(each, config(), {"old": ["first"]}, {"run_id": "r"})
    await step(each, first, {"old": ["last"]}, {"run_id": "r"}, {"old": "2"})
    found = saver.get_tuple(first)
    assert found is not None
    made = create_checkpoint(found.checkpoint, None, 2)
    made["channel_values"] = {"old": ["first"], "n": [1]}
    made["channel_versions"] = {**found.checkpoint["channel_versions"], "n": "1"}
    saved = conversions.saved_of(saver.serde, first, made, {"step": 2}, {"n": "1"})
    with psycopg.connect(dsn) as writer:
        # a branch from the first checkpoint, by a writer whose transaction goes on
        writing = threads.put(
            core._driver.context, tenant, saved, conversions.values_of(saver.serde, made)
        )
        core.on(writer)._driver.run(writing)
        task = asyncio.ensure_future(asyncio.to_thread(remove[remover]))
        await until(lambda: blocked(dsn))
        writer.commit()
    await task
    left = [one.checkpoint["channel_values"] for one in saver.list(None)]
    branch = {"old": ["first"], "n": [1]}
    assert left == {"prune": [branch, {"old": ["last"]}], "delete_for_runs": [branch]}.get(
        remover, []
    )


async def test_values_that_something_else_removed_are_told(
    saver: Any, dsn: str, tenant: str
) -> None:
    at = await step(saver, config(), {"a": [1], "b": [2]})
    execute(
        dsn,
        f"DELETE FROM pgrecall.blobs WHERE tenant = '{tenant}' AND namespace[4] = 'a'",
    )
    for call in (saver.get_tuple(at), saver.listed(None)):
        with pytest.raises(DatabaseError, match="has lost the values of its channels 'a'"):
            await call
    await saver.delete_thread("t")
    assert await saver.listed(None) == []


@pytest.mark.parametrize("type_", ["a\0", "\ud800", None])
async def test_a_serializer_whose_type_is_no_text_is_told(make: Any, type_: Any) -> None:
    class Odd(Failing):
        def dumps_typed(self, value: Any) -> tuple[str, bytes]:
            return type_, self.inner.dumps_typed(value)[1]

    with pytest.raises(InvalidArgumentError, match="the type that a serializer gives"):
        await step(make(serde=Odd()), config(), {"a": [1]})
