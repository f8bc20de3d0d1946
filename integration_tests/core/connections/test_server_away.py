"""A server that is away, silent or new: callers learn that, soon, and few ask it."""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.faults import (
    PATIENCE,
    blocked,
    closing,
    execute,
    fill,
    is_async,
    own_folder,
    start,
    start_own,
    until,
)
from integration_tests.shared.full_pools import AWAY, FULL, limited, sessions_of, watched
from integration_tests.shared.proxy import proxy_to
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrecall import ConnectionFailedError, embedded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CALLERS = 40
SIZE = 4


@pytest.fixture(autouse=True)
async def many_threads() -> None:
    """Let as many sync calls wait at once as a test begins."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(CALLERS + 1))


class Listener:
    """Takes connections and never says a word; ends each after some seconds."""

    def __init__(self, seconds: float) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._seconds = seconds
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self.now = self.most = self.all = 0
        self.dsn = make_conninfo(
            host="127.0.0.1", port=self._listener.getsockname()[1], sslmode="disable"
        )
        self._acceptor = threading.Thread(target=self._accept)
        self._acceptor.start()

    def close(self) -> None:
        self._closed.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.all += 1
                self.now += 1
                self.most = max(self.most, self.now)
            threading.Thread(target=self._ignore, args=(client,), daemon=True).start()

    def _ignore(self, client: socket.socket) -> None:
        client.settimeout(self._seconds)
        # what it sends, and that it hung up, is noticed; nothing is answered
        with suppress(TimeoutError):
            while client.recv(1024):
                pass
        # counted before the client can know that it may try again
        with self._lock:
            self.now -= 1
        client.close()


@contextmanager
def listening(seconds: float) -> Iterator[Listener]:
    made = Listener(seconds)
    try:
        yield made
    finally:
        made.close()


async def all_told(store: Any, tenant: str = "tenant", callers: int = CALLERS) -> list[str]:
    """Let many call at once and give what their errors say."""
    calls = [start(store, store.count(tenant, "docs")) for _ in range(callers)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(each) for each in results} == {ConnectionFailedError}
    return [str(each) for each in results]


async def waiting(store: Any) -> int:
    counted = store.pool_statistics() if is_async(store) else await store.pool_statistics()
    return int(counted.waiting)


def are_away(messages: list[str]) -> bool:
    return all(AWAY in message and FULL not in message for message in messages)


async def test_of_a_server_that_hangs_up_every_caller_learns_and_one_asks_at_a_time(
    open_store: Callable[..., Any],
) -> None:
    with listening(0.02) as listener:
        store = open_store(listener.dsn, max_connections=SIZE, connection_timeout=0.5)
        async with closing(store):
            assert are_away(await all_told(store))
        assert listener.most == 1


async def test_of_a_server_that_says_nothing_every_caller_learns_by_the_same_few_attempts(
    open_store: Callable[..., Any],
) -> None:
    with listening(PATIENCE) as listener:
        store = open_store(listener.dsn, max_connections=SIZE, connection_timeout=0.5)
        async with closing(store):
            # libpq itself waits two seconds at least: one caller after the other would take twenty
            messages = await all_told(store, callers=10)
        assert [each for each in messages if FULL in each or AWAY not in each] == []
        assert listener.all <= 3


async def test_of_a_server_that_fell_silent_no_caller_is_told_that_the_pool_is_full(
    open_store: Callable[..., Any], dsn: str, tenant: str
) -> None:
    with proxy_to(make_conninfo(dsn, application_name=tenant)) as proxy:
        store = open_store(proxy.dsn, max_connections=SIZE, connection_timeout=0.5)
        async with closing(store):
            await fill(store, tenant)
            proxy.silence_before(b"user\0", times=2 * CALLERS)
            execute(
                dsn,
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                f" WHERE application_name = '{tenant}'",
            )
            messages = await all_told(store, tenant, callers=10)
            assert [each for each in messages if FULL in each or AWAY not in each] == []
            proxy.release()


async def test_who_waits_for_an_attempt_without_answer_is_told_that_though_others_have_connections(
    open_store: Callable[..., Any], dsn: str, tenant: str
) -> None:
    with proxy_to(make_conninfo(dsn, application_name=tenant)) as proxy:
        store = open_store(
            proxy.dsn, min_connections=1, max_connections=SIZE, connection_timeout=0.5
        )
        async with closing(store):
            table = await fill(store, tenant)
            with psycopg.connect(dsn) as other:
                other.execute(sql.SQL(f"LOCK TABLE {table}"))
                served = start(store, store.count(tenant, "docs"))
                await until(lambda: blocked(dsn))
                proxy.silence_before(b"user\0", times=2 * CALLERS)
                messages = await all_told(store, tenant, callers=10)
                proxy.release()
            assert [each for each in messages if FULL in each or AWAY not in each] == []
            assert await served == 3


async def test_who_waits_for_a_server_that_grants_fewer_connections_is_told_what_it_says(
    open_store: Callable[..., Any], dsn: str, tenant: str
) -> None:
    async with closing(open_store(dsn)) as store:
        table = await fill(store, tenant)
    granted = 2
    store = open_store(limited(dsn, granted), max_connections=SIZE, connection_timeout=1.0)
    async with closing(store):
        assert await store.count(tenant, "docs") == 3
        with psycopg.connect(dsn) as other:
            other.execute(sql.SQL(f"LOCK TABLE {table}"))
            calls = [start(store, store.count(tenant, "docs")) for _ in range(10)]
            await until(lambda: sum(call.done() for call in calls) == 10 - granted)
        results = await asyncio.gather(*calls, return_exceptions=True)
        said = [str(each) for each in results if isinstance(each, ConnectionFailedError)]
        assert [each for each in results if str(each) not in said] == [3] * granted
        assert {"too many connections for role" in each for each in said} == {True}


async def test_who_waits_while_another_connects_is_told_when_the_store_is_closed(
    open_store: Callable[..., Any],
) -> None:
    with listening(PATIENCE) as listener:
        store = open_store(listener.dsn, max_connections=SIZE, connection_timeout=2.0)
        async with closing(store):
            calls = [start(store, store.count("tenant", "docs")) for _ in range(10)]
            async with asyncio.timeout(PATIENCE):
                while await waiting(store) < 10 - SIZE:  # noqa: ASYNC110  # no event tells it
                    await asyncio.sleep(0.001)
            await store.close()
            results = await asyncio.gather(*calls, return_exceptions=True)
        messages = [str(each) for each in results]
        # who connects for itself learns what became of that
        assert sum("pool is closed" in each for each in messages) == 10 - 1
        assert sum(AWAY in each for each in messages) == 1
        assert listener.all == 1


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with own_folder() as made:
        start_own(made)
        yield made


async def test_while_a_server_is_down_callers_learn_it_and_then_all_are_served_again(
    open_store: Callable[..., Any], folder: Path, tenant: str
) -> None:
    dsn = make_conninfo(embedded.start(folder), application_name=tenant)
    store = open_store(dsn, max_connections=SIZE, connection_timeout=0.5)
    async with closing(store):
        await fill(store, tenant)
        embedded.stop(folder)
        messages = await all_told(store, tenant)
        assert {FULL in message for message in messages} == {False}
        embedded.start(folder)
        with watched(dsn, dsn) as most:
            calls = [start(store, store.count(tenant, "docs")) for _ in range(CALLERS)]
            assert await asyncio.gather(*calls) == [3] * CALLERS
        assert most[0] <= SIZE
    await until(lambda: sessions_of(dsn, dsn) == 0)
