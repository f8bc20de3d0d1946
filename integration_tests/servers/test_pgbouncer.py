"""Behind PgBouncer in transaction mode: each transaction may run on another server connection."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.faults import (
    closing,
    execute,
    fill,
    make_items,
    until_set,
    use_every_verb,
)
from integration_tests.shared.pooler import needs_pgbouncer, pgbouncer
from langgraph.checkpoint.base import empty_checkpoint
from psycopg.conninfo import make_conninfo

from pgrecall import (
    AsyncStore,
    Collection,
    DatabaseError,
    Item,
    IvfFlat,
    SearchEvent,
    Store,
    search_log,
)
from pgrecall.evaluation import Question
from pgrecall.langgraph import PgRecallSaver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CALLS = 1_200
WORKERS = 16
SERVER_CONNECTIONS = 4

pytestmark = needs_pgbouncer


@pytest.fixture(scope="module")
def pooled_dsn(dsn: str) -> Iterator[str]:
    """The tests' database through a PgBouncer of this file's own."""
    with pgbouncer(dsn, auth_type="any", default_pool_size=SERVER_CONNECTIONS) as address:
        yield make_conninfo(dsn, **address)


def arguments_of(tenant: str, number: int) -> list[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    """One call of each kind, different for each number."""
    item = Item(f"item-{number % 50}", [1, number, 1], f"text {number}", {"page": number % 7})
    vector = [1, number % 11, 1]
    return [
        ("search", (tenant, "docs", vector), {"limit": 3}),
        ("upsert", (tenant, "docs", [item, *make_items(2)]), {}),
        ("get", (tenant, "docs", ["id-00001", "id-00000"]), {}),
        ("search", (tenant, "docs", vector), {"filter": {"page": {"$lt": 5}}}),
        ("count", (tenant, "docs"), {"filter": {"page": {"$in": [0, 1, 2]}}}),
        ("upsert", (tenant, "docs", [item]), {}),
    ]


def thresholds(store: Any) -> set[int | None]:
    """What the store's connections do about prepared statements."""
    return {connection.prepare_threshold for connection in store._driver._known}


def test_no_call_of_sixteen_threads_fails_behind_the_pooler(pooled_dsn: str, tenant: str) -> None:
    with Store(pooled_dsn, max_connections=WORKERS) as store:
        store.ensure_collection(tenant, Collection("docs", 3, fields={"page": "number"}))

        def work(worker: int) -> int:
            done = 0
            for number in range(worker, CALLS // 6, WORKERS):
                for verb, arguments, keywords in arguments_of(tenant, number):
                    assert getattr(store, verb)(*arguments, **keywords) is not None
                    done += 1
            return done

        with ThreadPoolExecutor(WORKERS) as threads:
            assert sum(threads.map(work, range(WORKERS))) == CALLS
        assert store.count(tenant, "docs") == 50 + 2
        assert thresholds(store) == {None}


async def test_no_call_of_many_tasks_fails_behind_the_pooler(pooled_dsn: str, tenant: str) -> None:
    async with AsyncStore(pooled_dsn, max_connections=WORKERS) as store:
        await store.ensure_collection(tenant, Collection("docs", 3, fields={"page": "number"}))

        async def work(number: int) -> int:
            calls = arguments_of(tenant, number)
            for verb, arguments, keywords in calls:
                assert await getattr(store, verb)(*arguments, **keywords) is not None
            return len(calls)

        waiting = asyncio.Semaphore(2 * WORKERS)

        async def in_turn(number: int) -> int:
            async with waiting:
                return await work(number)

        assert sum(await asyncio.gather(*map(in_turn, range(CALLS // 6)))) == CALLS
        assert await store.count(tenant, "docs") == 50 + 2
        assert thresholds(store) == {None}


async def test_threads_of_agents_are_kept_behind_the_pooler(pooled_dsn: str, tenant: str) -> None:
    saver = PgRecallSaver(pooled_dsn, tenant=tenant)

    async def work(thread: int) -> int:
        at: Any = {"configurable": {"thread_id": thread}}
        for step in range(6):
            made: Any = {**empty_checkpoint(), "id": f"{step}", "channel_values": {"a": [step]}}
            made["channel_versions"] = {"a": f"{step}"}
            at = await saver.aput(at, made, {"step": step}, made["channel_versions"])
            await saver.aput_writes(at, [("a", step)], "task")
            found = await saver.aget_tuple(at)
            assert found is not None
            assert found.checkpoint["channel_values"] == {"a": [step]}
        return len(await asyncio.to_thread(lambda: list(saver.list(at))))

    assert await asyncio.gather(*map(work, range(WORKERS))) == [1] * WORKERS
    await saver.aclose()


async def test_every_verb_works_behind_the_pooler(
    open_store: Callable[..., Any], pooled_dsn: str, tenant: str
) -> None:
    async with closing(open_store(pooled_dsn)) as store:
        await use_every_verb(store, tenant)


async def test_a_write_of_several_statements_is_whole_behind_the_pooler(
    open_store: Callable[..., Any], pooled_dsn: str, tenant: str
) -> None:
    async with closing(open_store(pooled_dsn)) as store:
        await fill(store, tenant)
        assert await store.upsert(tenant, "docs", make_items(2_500)) == 2_500
        assert await store.load(tenant, "docs", make_items(3_000)) == 3_000
        assert await store.count(tenant, "docs") == 3_000


async def test_what_is_due_is_done_behind_the_pooler(
    open_store: Callable[..., Any], pooled_dsn: str, tenant: str
) -> None:
    async with closing(open_store(pooled_dsn)) as store:
        await store.ensure_collection(tenant, Collection("docs", 3, index=IvfFlat()))
        await store.upsert(tenant, "docs", make_items(20))
        report = await store.maintain(tenant)

        assert [(one.task, one.outcome) for one in report.findings] == [
            ("build missing indexes", "done")
        ]
        assert (await store.maintain(tenant)).findings == ()
        assert await store.search(tenant, "docs", [1, 0, 0], exact=False)


async def test_a_build_that_no_pooler_can_give_its_memory_is_told_how_to_get_it(
    open_store: Callable[..., Any], pooled_dsn: str, tenant: str
) -> None:
    async with closing(open_store(pooled_dsn)) as store:
        await store.ensure_collection(tenant, Collection("docs", 3))
        await store.upsert(tenant, "docs", make_items(20))
        told = r"behind a pooler have.* build_memory='\w+' over a direct connection would do"
        with pytest.raises(DatabaseError, match=told):
            await store.create_index(tenant, "docs", IvfFlat(30_000), build_memory="1TB")


async def test_without_a_pooler_statements_are_prepared(
    open_store: Callable[..., Any], dsn: str, tenant: str
) -> None:
    async with closing(open_store(dsn)) as store:
        await fill(store, tenant)
        await store.count(tenant, "docs")
        assert thresholds(store) == {5}


OPEN = (
    "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL AND backend_type = 'client backend'"
)
"""Counts the transactions that are open in a database."""


async def test_no_transaction_is_open_behind_the_pooler_while_a_model_reads_or_a_search_is_told(
    open_store: Callable[..., Any], pooled_dsn: str, dsn: str, tenant: str
) -> None:
    counted: list[int] = []

    def model(_: str, texts: list[str]) -> list[int]:
        counted.append(execute(dsn, OPEN)[0][0])
        return [len(text) for text in texts]

    asked = [Question(f"text {n}", [f"id-{n:05}"], [1, n, 1]) for n in range(4)]
    async with closing(open_store(pooled_dsn, max_connections=1)) as store:
        await store.ensure_collection(tenant, Collection("docs", 3))
        await store.upsert(tenant, "docs", make_items(40))
        assert await store.search_hybrid(tenant, "docs", [1, 0, 1], "text", rerank=model)
        assert await store.search_text(tenant, "docs", "text", rerank=model)
        modes = {"hybrid": {}, "reranked": {"rerank": model}}
        measured = await store.evaluate(tenant, "docs", asked, modes=modes)
        assert (len(measured.questions), measured.failure) == (4, None)
        assert (await store.tune_fusion(tenant, "docs", asked)).questions == 4
        assert thresholds(store) == {None}
    assert counted == [0] * 7  # each of the four questions, and one before

    log, told = search_log(Store(pooled_dsn)), threading.Event()

    def kept(event: SearchEvent) -> None:
        counted.append(execute(dsn, OPEN)[0][0])
        log(event)
        log.flush()
        told.set()

    store = open_store(pooled_dsn, max_connections=1, on_search=kept, search_questions=True)
    async with closing(store):
        assert await store.search_text(tenant, "docs", "text")
        await until_set(told)
        assert (await store.replay(tenant, "docs"))["as then"].same.value == 1
    log.close()
    assert (counted[7:], log.written) == ([0], 1)


def test_the_callers_transaction_works_behind_the_pooler(pooled_dsn: str, tenant: str) -> None:
    with Store(pooled_dsn) as store:
        store.ensure_collection(tenant, Collection("docs", dimensions=2))
        for number in range(12):
            with psycopg.connect(pooled_dsn) as connection:
                on = store.on(connection)
                assert on.upsert(tenant, "docs", [Item(f"{number}", [1, number])]) == 1
                assert len(on.search(tenant, "docs", [1, 0], limit=20)) == number + 1
                threshold = connection.prepare_threshold
                assert connection._prepared._names == {}
            assert threshold is not None
        assert store.count(tenant, "docs") == 12
