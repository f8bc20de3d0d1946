"""The network is cut, or falls silent, in every state of a call."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from integration_tests.shared.databases import ready_database
from integration_tests.shared.faults import (
    blocked,
    check_aftermath,
    closing,
    execute,
    own_folder,
    start,
    start_own,
    tagged,
    until,
    until_set,
    whole_batches,
)
from integration_tests.shared.proxy import Proxy, Rule, proxy_to
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrecall import (
    AsyncStore,
    Collection,
    ConnectionFailedError,
    OutcomeUnknownError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

SEVERAL = 2_500
"""Items that one batch writes in several statements, so in a transaction of its own."""

SOON = {
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 1,
    "tcp_user_timeout": 1_000,
}
"""A silent line is given up after a second or two, in place of the store's one or two minutes."""


class State(NamedTuple):
    """Where in a call the line is lost, and what becomes of the call."""

    name: str
    call: Callable[[Any], Any]
    lose: Callable[[Proxy, str], Rule]
    unknown: bool = False
    stored: bool = True


def write(store: Any) -> Any:
    return store.upsert("tenant", "docs", tagged(1, SEVERAL))


def write_few(store: Any) -> Any:
    return store.upsert("tenant", "docs", tagged(1, 3))


def load(store: Any) -> Any:
    # no item is there yet: COPY
    return store.load("tenant", "empty", tagged(1, SEVERAL))


def read(store: Any) -> Any:
    return store.get("tenant", "docs", [item.id for item in tagged(0, SEVERAL)])


def before(needle: bytes) -> Callable[[Proxy, str], Rule]:
    return lambda proxy, how: getattr(proxy, f"{how}_before")(needle)


def after(needle: bytes) -> Callable[[Proxy, str], Rule]:
    return lambda proxy, how: getattr(proxy, f"{how}_after")(needle)


def within_answer(needle: bytes) -> Callable[[Proxy, str], Rule]:
    return lambda proxy, how: getattr(proxy, f"{how}_within_answer")(needle)


STATES = [
    State("BEGIN", write, before(b"BEGIN")),
    State("BEGIN's answer", write, after(b"BEGIN")),
    State("pipeline", write, before(b"0001-02400")),
    State("pipeline's answer", write, after(b"0001-02400")),
    State("COPY", load, before(b"0001-02400")),
    State("COMMIT", write, before(b"COMMIT"), unknown=True, stored=False),
    State("COMMIT's answer", write, after(b"COMMIT"), unknown=True),
    State(
        "COMMIT before a load, that puts its indexes aside",
        load,
        after(b"COMMIT"),
        unknown=True,
        stored=False,
    ),
    State("one statement", write_few, before(b"INSERT INTO"), unknown=True, stored=False),
    State("one statement's answer", write_few, after(b"INSERT INTO"), unknown=True),
    State("question", read, before(b"unnest")),
    State("rows", read, within_answer(b"0000-01200")),
]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server of these tests' own, which need not wait for its disk."""
    with own_folder() as folder:
        yield start_own(folder)


@pytest.fixture
def database(server: str) -> str:
    return ready_database(server)


@asynccontextmanager
async def on_a_line(
    open_store: Callable[..., Any], dsn: str, **options: Any
) -> AsyncIterator[tuple[Any, Proxy]]:
    """A store with one batch in "docs" and none in "empty", behind a proxy."""
    with proxy_to(dsn) as proxy:
        store = open_store(make_conninfo(proxy.dsn, **SOON), connection_timeout=60, **options)
        async with closing(store):
            for name in ("docs", "empty"):
                await store.ensure_collection("tenant", Collection(name, 3))
            await store.upsert("tenant", "docs", tagged(0, SEVERAL))
            yield store, proxy


async def lose_and_check(
    open_store: Callable[..., Any], dsn: str, state: State, how: str
) -> dict[str, Any]:
    """Lose the line in a state of a call; what became of the call, its batch and the next ones."""
    async with on_a_line(open_store, dsn) as (store, proxy):
        rule = state.lose(proxy, how)
        calling = start(store, state.call(store))
        await until_set(rule.met)
        # the server hears of it at once: no session of the lost line holds a lock
        rule.go_on.set()
        unknown = isinstance((await asyncio.gather(calling, return_exceptions=True))[0], Exception)
        if unknown:
            assert isinstance(calling.exception(), OutcomeUnknownError), calling.exception()
        tables = [
            (await store.describe_collection("tenant", name)).table_name
            for name in ("docs", "empty")
        ]
        stored = [1 in whole_batches(dsn, table) for table in tables]
        if unknown:
            await state.call(store)
        assert whole_batches(dsn, tables[state.call is load])[-1] == int(state.call is not read)
        await check_aftermath(store, dsn, "tenant")
        return {"unknown": unknown, "stored": any(stored) or state.call is read}


def expected(state: State) -> dict[str, Any]:
    return {"unknown": state.unknown, "stored": state.stored}


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
async def test_a_line_cut_in_any_state_of_a_call_leaves_it_whole_undone_or_unknown(
    open_store: Callable[..., Any], database: str, state: State
) -> None:
    assert await lose_and_check(open_store, database, state, "cut") == expected(state)


async def test_a_line_that_falls_silent_in_any_state_of_a_call_ends_as_a_cut_one(
    open_store: Callable[..., Any], server: str
) -> None:
    databases = [ready_database(server) for _ in STATES]
    # all at once: each takes its seconds
    outcomes = await asyncio.gather(
        *(
            lose_and_check(open_store, database, state, "silence")
            for database, state in zip(databases, STATES, strict=True)
        )
    )
    named = zip(STATES, outcomes, strict=True)
    assert {state.name: outcome for state, outcome in named} == {
        state.name: expected(state) for state in STATES
    }


async def test_a_host_that_does_not_answer_is_told_after_the_connection_timeout(
    open_store: Callable[..., Any], database: str
) -> None:
    with proxy_to(database) as proxy:
        proxy.vanish()
        async with closing(open_store(proxy.dsn, connection_timeout=1)) as store:
            with pytest.raises(ConnectionFailedError, match=r"cannot reach .*timeout"):
                await store.list_collections("tenant")


async def test_a_server_that_takes_a_connection_and_says_nothing_is_told_after_the_timeout(
    open_store: Callable[..., Any], database: str
) -> None:
    with proxy_to(database) as proxy:
        rule = proxy.silence_before(b"user\0", times=100)
        async with closing(open_store(proxy.dsn, connection_timeout=1)) as store:
            with pytest.raises(ConnectionFailedError, match="timeout"):
                await store.list_collections("tenant")
        assert rule.met.is_set()


async def test_idle_connections_on_a_line_that_fell_silent_cost_the_next_calls_no_error(
    open_store: Callable[..., Any], database: str
) -> None:
    async with on_a_line(open_store, database) as (store, proxy):
        rule = proxy.silence_before(b"count(*)", times=3)
        calls = [start(store, store.count("tenant", "docs")) for _ in range(3)]
        assert await asyncio.gather(*calls) == [SEVERAL] * 3
        assert rule.left == 0
        assert await write(store) == SEVERAL


async def test_a_retry_waits_for_the_session_of_the_silent_line_until_the_server_ends_it(
    open_store: Callable[..., Any], database: str
) -> None:
    async with on_a_line(open_store, database) as (store, proxy):
        rule = proxy.silence_before(b"COMMIT")
        calling = start(store, write(store))
        await until_set(rule.met)
        with pytest.raises(OutcomeUnknownError):
            await calling
        # the server has not heard of it: the rows of the silent session stay locked
        again = start(store, write(store))
        await until(lambda: blocked(database))
        assert not again.done()
        rule.go_on.set()
        assert await again == SEVERAL
        await check_aftermath(store, database, "tenant")


async def test_a_timeout_of_the_servers_own_ends_the_session_of_a_silent_line(
    open_store: Callable[..., Any], database: str
) -> None:
    name, version = execute(
        database, "SELECT current_database(), current_setting('server_version_num')::int"
    )[0]
    if version < 170_000:
        pytest.skip("transaction_timeout came with PostgreSQL 17")
    # not idle_in_transaction_session_timeout: psycopg ends a pipeline with Flush after Sync, and
    # PostgreSQL counts no session as idle whose last message was not Sync
    execute(database, f"ALTER DATABASE {name} SET transaction_timeout = '2s'")
    async with on_a_line(open_store, database) as (store, proxy):
        rule = proxy.silence_before(b"COMMIT")
        calling = start(store, write(store))
        await until_set(rule.met)
        with pytest.raises(OutcomeUnknownError):
            await calling
        assert await write(store) == SEVERAL
        assert not rule.go_on.is_set()
        await check_aftermath(store, database, "tenant")


async def test_a_timeout_of_the_callers_own_ends_a_call_on_a_silent_line(database: str) -> None:
    async with on_a_line(AsyncStore, database) as (store, proxy):
        rule = proxy.silence_before(b"count(*)")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await store.count("tenant", "docs")
        assert rule.met.is_set()
        assert await store.count("tenant", "docs") == SEVERAL


async def test_a_write_may_wait_for_a_lock_longer_than_a_line_may_be_silent(
    open_store: Callable[..., Any], database: str
) -> None:
    async with on_a_line(open_store, database) as (store, proxy):
        table = (await store.describe_collection("tenant", "docs")).table_name
        accepted = proxy.accepted
        # more than the buffers between client and server hold
        items = tagged(1, 1_200, text="a long text " * 1_000)
        with psycopg.connect(database) as other:
            other.execute(sql.SQL(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
            writing = start(store, store.upsert("tenant", "docs", items, batch_size=len(items)))
            [session] = await until(lambda: blocked(database))
            await asyncio.sleep(3 * SOON["tcp_user_timeout"] / 1_000)
            assert blocked(database) == [session]
        assert await writing == len(items)
        assert proxy.accepted - accepted <= 1  # the pool's second connection


async def test_a_silent_host_is_noticed_within_two_minutes_unless_the_dsn_says_otherwise(
    open_store: Callable[..., Any], database: str
) -> None:
    with proxy_to(database) as proxy:
        for options, waited, idle in (({}, 120_000, 30), ({"tcp_user_timeout": 7_000}, 7_000, 30)):
            dsn = make_conninfo(proxy.dsn, **options)
            async with closing(open_store(dsn, min_connections=1, max_connections=1)) as store:
                await store.list_collections("tenant")
                with socket.socket(fileno=socket.dup(_connection_of(store).fileno())) as line:
                    assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == waited
                    assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == idle


def _connection_of(store: Any) -> Any:
    [connection] = store._driver._known
    return connection
