"""Adapters of one process on one DSN share their connections, which end with the last of them."""

from __future__ import annotations

import asyncio
import gc
import pickle
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.langchain.langchain_fakes import Words
from integration_tests.shared.faults import blocked, execute, until
from integration_tests.shared.full_pools import watched
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgrecall import Store
from pgrecall.langchain import PgRecallRecordManager, PgRecallVectorStore
from pgrecall.langgraph import PgRecallStore
from pgrecall.llama_index import PgRecallKVStore
from pgrecall.llama_index import PgRecallVectorStore as NodeStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST = 10
"""What a store opens at most unless it is told."""


@pytest.fixture
def named_dsn(dsn: str) -> str:
    return make_conninfo(dsn, application_name=f"test-{uuid.uuid4().hex[:12]}")


def make(number: int, dsn: Any, tenant: str) -> Any:
    """An adapter, of each framework in turn."""
    kinds: list[Callable[[], Any]] = [
        lambda: PgRecallVectorStore(Words(), "docs", tenant, dsn),
        lambda: PgRecallRecordManager("records", store=dsn, tenant=tenant),
        lambda: PgRecallStore(dsn, tenant=tenant),
        lambda: NodeStore(dsn, "nodes", tenant),
        lambda: PgRecallKVStore(dsn, tenant),
    ]
    return kinds[number % len(kinds)]()


def use(adapter: Any) -> None:
    """Ask for something that is not there."""
    match adapter:
        case PgRecallVectorStore():
            assert adapter.similarity_search("nothing", k=1) == []
        case PgRecallRecordManager():
            assert adapter.exists(["nothing"]) == [False]
        case PgRecallStore():
            assert adapter.get(("nothing",), "nothing") is None
        case NodeStore():
            assert adapter.get_nodes(["nothing"]) == []
        case PgRecallKVStore():
            assert adapter.get("nothing") is None


async def ause(adapter: Any) -> None:
    match adapter:
        case PgRecallVectorStore():
            assert await adapter.asimilarity_search("nothing", k=1) == []
        case PgRecallRecordManager():
            assert await adapter.aexists(["nothing"]) == [False]
        case PgRecallStore():
            assert await adapter.aget(("nothing",), "nothing") is None
        case NodeStore():
            assert await adapter.aget_nodes(["nothing"]) == []
        case PgRecallKVStore():
            assert await adapter.aget("nothing") is None


def pids(dsn: str) -> set[int]:
    name = conninfo_to_dict(dsn)["application_name"]
    question = f"SELECT pid FROM pg_stat_activity WHERE application_name = '{name}'"
    return {pid for (pid,) in execute(make_conninfo(dsn, application_name="watcher"), question)}


async def none_left(dsn: str) -> None:
    await until(lambda: not pids(dsn))


async def test_adapters_of_every_framework_on_one_dsn_open_no_more_than_one_store_does(
    named_dsn: str, tenant: str
) -> None:
    adapters = [make(number, named_dsn, tenant) for number in range(33)]
    with watched(named_dsn, named_dsn) as most:
        with ThreadPoolExecutor(33) as threads:
            for _ in range(5):
                list(threads.map(use, adapters))
        assert 1 <= most[0] <= MOST
        for adapter in adapters:
            adapter.close()
        await none_left(named_dsn)
        for _ in range(5):
            await asyncio.gather(*map(ause, adapters))
        assert most[0] <= MOST
    for adapter in adapters:
        await adapter.aclose()
    await none_left(named_dsn)


async def test_closing_one_adapter_again_and_again_leaves_the_others_sessions(
    named_dsn: str, tenant: str
) -> None:
    first, second, third = (make(number, named_dsn, tenant) for number in range(3))
    for adapter in (first, second, third):
        use(adapter)
    before = pids(named_dsn)
    for _ in range(3):
        first.close()
        await first.aclose()
    second.close()
    use(third)
    assert before <= pids(named_dsn)
    third.close()
    await none_left(named_dsn)


async def test_an_adapter_that_is_used_after_it_was_closed_counts_again(
    named_dsn: str, tenant: str
) -> None:
    first, second = make(0, named_dsn, tenant), make(1, named_dsn, tenant)
    use(second)
    first.close()
    use(first)
    before = pids(named_dsn)
    second.close()
    use(first)
    assert before <= pids(named_dsn)
    first.close()
    await none_left(named_dsn)


async def test_adapters_that_nobody_closed_or_holds_leave_no_session(
    named_dsn: str, tenant: str
) -> None:
    adapters = [make(number, named_dsn, tenant) for number in range(33)]
    for adapter in adapters:
        use(adapter)
    await asyncio.gather(*map(ause, adapters))
    for adapter in adapters[::2]:
        adapter.close()
    assert pids(named_dsn)
    del adapter
    adapters.clear()
    gc.collect()
    await none_left(named_dsn)


async def test_the_sessions_end_where_the_last_user_is_collected_and_a_closed_one_is_kept(
    named_dsn: str, tenant: str
) -> None:
    kept, dropped = make(0, named_dsn, tenant), make(1, named_dsn, tenant)
    use(dropped)
    kept.close()
    assert pids(named_dsn)
    del dropped
    gc.collect()
    await none_left(named_dsn)
    use(kept)
    kept.close()


@contextmanager
def taken(dsn: str, table: str) -> Iterator[None]:
    with psycopg.connect(dsn) as other:
        other.execute(sql.SQL(f"LOCK TABLE {table}"))
        yield


async def test_a_call_of_one_adapter_ends_well_while_the_others_are_closed(
    dsn: str, named_dsn: str, tenant: str
) -> None:
    busy, other = make(2, named_dsn, tenant), make(1, named_dsn, tenant)
    await busy.aput(("a",), "b", {"c": 1})
    use(other)
    with taken(dsn, "pgrecall.entries"):
        call = asyncio.ensure_future(busy.aget(("a",), "b"))
        thread = asyncio.ensure_future(asyncio.to_thread(busy.get, ("a",), "b"))
        await until(lambda: len(blocked(dsn)) == 2)
        other.close()
        await other.aclose()
    assert [(await each).value for each in (call, thread)] == [{"c": 1}] * 2
    await busy.aclose()
    await none_left(named_dsn)


async def test_adapters_that_are_made_and_closed_at_once_never_close_one_anothers_calls(
    named_dsn: str, tenant: str
) -> None:
    def come_and_go(number: int) -> None:
        for turn in range(12):
            adapter = make(number + turn, named_dsn, tenant)
            use(adapter)
            use(adapter)
            adapter.close()

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(come_and_go, range(12)))
    await none_left(named_dsn)


async def test_stores_of_other_settings_do_not_share(named_dsn: str, tenant: str) -> None:
    plain = make(4, named_dsn, tenant)
    plain.put("key", {"value": 1})
    mine = pids(named_dsn)
    others = {"schema": "elsewhere", "max_connections": 1, "connection_timeout": 2.5}
    for name, value in others.items():
        with Store(named_dsn, **{name: value}) as store:
            pickled = pickle.dumps(make(4, store, tenant))
        made = pickle.loads(pickled)  # noqa: S301  # its own
        again = pickle.loads(pickled)  # noqa: S301  # its own
        assert made.client is not plain.client
        assert again.client is made.client
        assert made.get("key") == (None if name == "schema" else {"value": 1})
        made.close()
        again.close()
    assert plain.get("key") == {"value": 1}
    await until(lambda: pids(named_dsn) == mine)  # a closed session is seen until it has ended
    assert plain.get("key") == {"value": 1}
    plain.close()
    await none_left(named_dsn)


@pytest.mark.parametrize("variable", ["PGRECALL_DSN", "PGDATABASE"])
def test_what_the_environment_says_is_part_of_where_an_adapter_points(
    dsn: str, fresh_dsn: str, tenant: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = conninfo_to_dict(dsn)
    monkeypatch.setenv("PGHOST", str(given["host"]))
    monkeypatch.setenv("PGUSER", str(given["user"]))
    monkeypatch.setenv("PGPORT", str(given["port"]))
    monkeypatch.delenv("PGRECALL_DSN", raising=False)
    adapters = []
    for each in (dsn, fresh_dsn):
        where = each if variable == "PGRECALL_DSN" else str(conninfo_to_dict(each)["dbname"])
        monkeypatch.setenv(variable, where)
        adapter = make(4, None, tenant)
        assert adapter.get("key") is None
        adapter.put("key", {"value": where})
        adapters.append(adapter)
    for adapter in adapters:
        adapter.close()
