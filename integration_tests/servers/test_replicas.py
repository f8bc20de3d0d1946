"""Reads from streaming standbys: lag, loss, promotion, a standby that cancels a query."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.shared.calls import Calls
from integration_tests.shared.clusters import Cluster, cluster
from integration_tests.shared.faults import closing, until

from pgrecall import Collection, Hnsw, Item, Store, embedded
from pgrecall._connections.replicas import REST_SECONDS
from pgrecall._connections.settings import settings
from pgrecall._embedded import launching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DOCS = "docs"
PAUSE, RESUME = "SELECT pg_wal_replay_pause()", "SELECT pg_wal_replay_resume()"


@pytest.fixture(scope="module")
def servers() -> Iterator[Cluster]:
    """A primary and two standbys, shared: a test leaves them running as it found them."""
    with cluster(2) as made:
        with Store(made.dsn(made.primary)) as store:
            store.list_collections("nobody")
        made.catch_up()
        yield made


@pytest.fixture
def open_reader(servers: Cluster, open_store: Callable[..., Any]) -> Callable[..., Any]:
    """A store that writes to the primary and reads from the standbys."""

    def make(**options: Any) -> Any:
        given = {"read_dsn": servers.dsn(*servers.standbys), "connection_timeout": 10.0, **options}
        return open_store(servers.dsn(servers.primary), **given)

    return make


async def fill(store: Any, tenant: str, ids: str = "ab") -> None:
    await store.ensure_collection(tenant, Collection(DOCS, dimensions=2))
    await store.upsert(tenant, DOCS, [Item(id_, [1, 1], f"word {id_}") for id_ in ids])


def selects(servers: Cluster, tenant: str) -> dict[str, int]:
    """Count the reads of a tenant's table that each server has done."""
    [(table,)] = servers.execute(
        servers.primary,
        f"SELECT table_name FROM pgrecall.collections WHERE tenant = '{tenant}'",
    )
    question = (
        "SELECT coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0)::int FROM pg_stat_user_tables"
        f" WHERE relname = '{table}'"
    )
    return {
        folder.name: servers.execute(folder, question)[0][0]
        for folder in (servers.primary, *servers.standbys)
    }


async def test_every_read_of_items_is_served_by_a_standby(servers, open_reader, tenant) -> None:
    async with closing(open_reader()) as store:
        await fill(store, tenant)
        servers.catch_up()
        for folder in servers.standbys:
            servers.execute(folder, PAUSE)
        try:
            await store.upsert(tenant, DOCS, [Item("c", [1, 1], "word c")])

            # each answers as a standby that has not seen the last write
            assert await store.list_ids(tenant, DOCS) == ["a", "b"]
            assert await store.count(tenant, DOCS) == 2
            assert await store.get(tenant, DOCS, ["c"]) == []
            assert len(await store.list_items(tenant, DOCS)) == 2
            assert len(await store.search(tenant, DOCS, [1, 1])) == 2
            assert len(await store.search_text(tenant, DOCS, "word")) == 2
            assert len(await store.search_hybrid(tenant, DOCS, [1, 1], "word")) == 2
        finally:
            for folder in servers.standbys:
                servers.execute(folder, RESUME)


async def test_a_collection_that_no_standby_has_yet_is_read_from_the_primary(
    servers, open_reader, tenant
) -> None:
    async with closing(open_reader()) as store:
        for folder in servers.standbys:
            servers.execute(folder, PAUSE)
        try:
            await fill(store, tenant)

            assert await store.count(tenant, DOCS) == 2
        finally:
            for folder in servers.standbys:
                servers.execute(folder, RESUME)


async def test_reading_your_writes_waits_for_a_standby_that_lags(
    servers, open_reader, tenant
) -> None:
    delay = ("ALTER SYSTEM SET recovery_min_apply_delay = '200ms'", "SELECT pg_reload_conf()")
    undo = ("ALTER SYSTEM RESET recovery_min_apply_delay", "SELECT pg_reload_conf()")
    async with closing(open_reader(consistency="read_your_writes")) as store:
        await fill(store, tenant)
        for folder in servers.standbys:
            servers.execute(folder, *delay)
        try:
            for number in range(5):
                await store.upsert(tenant, DOCS, [Item(f"new {number}", [1, 1])])
                assert await store.count(tenant, DOCS) == 3 + number
            await store.delete(tenant, DOCS, ["a"])
            assert await store.get(tenant, DOCS, ["a"]) == []
        finally:
            for folder in servers.standbys:
                servers.execute(folder, *undo)


async def test_reading_your_writes_asks_the_primary_when_no_standby_catches_up(
    servers, open_reader, tenant
) -> None:
    async with closing(open_reader(consistency="read_your_writes")) as store:
        await fill(store, tenant)
        servers.catch_up()
        for folder in servers.standbys:
            servers.execute(folder, PAUSE)
        try:
            await store.upsert(tenant, DOCS, [Item("c", [1, 1])])

            assert await store.list_ids(tenant, DOCS) == ["a", "b", "c"]
        finally:
            for folder in servers.standbys:
                servers.execute(folder, RESUME)


async def test_the_loss_of_one_standby_leaves_the_reads_to_the_other(
    servers, open_reader, tenant
) -> None:
    lost, kept = servers.standbys
    async with closing(open_reader(consistency="read_your_writes")) as store:
        await fill(store, tenant)
        for _ in range(5):
            await store.count(tenant, DOCS)
        embedded.stop(lost)
        try:
            for _ in range(10):
                assert await store.count(tenant, DOCS) == 2
            servers.execute(kept, PAUSE)
            servers.execute(kept, RESUME)
        finally:
            embedded.start(lost)


async def test_the_loss_of_all_standbys_leaves_the_reads_to_the_primary_until_one_is_back(
    servers, open_reader, tenant
) -> None:
    async with closing(open_reader()) as store:
        await fill(store, tenant)
        servers.catch_up()
        assert await store.count(tenant, DOCS) == 2
        for folder in servers.standbys:
            embedded.stop(folder)
        try:
            for _ in range(10):
                assert await store.count(tenant, DOCS) == 2
            await store.upsert(tenant, DOCS, [Item("c", [1, 1])])
            assert await store.count(tenant, DOCS) == 3
        finally:
            for folder in servers.standbys:
                embedded.start(folder)
        before = selects(servers, tenant)

        deadline = time.monotonic() + 10 * REST_SECONDS
        while selects(servers, tenant)["primary"] == before["primary"] or not served(
            servers, before, tenant
        ):
            assert time.monotonic() < deadline
            await store.count(tenant, DOCS)
            await asyncio.sleep(0.2)


def served(servers: Cluster, before: dict[str, int], tenant: str) -> bool:
    after = selects(servers, tenant)
    return any(after[folder.name] > before[folder.name] for folder in servers.standbys)


async def test_a_read_that_a_standby_cancels_is_answered_by_the_primary(
    servers, open_reader, tenant
) -> None:
    role = f"reader_{tenant.removeprefix('tenant-')[:8]}"
    impatient = ("ALTER SYSTEM SET max_standby_streaming_delay = 0", "SELECT pg_reload_conf()")
    undo = ("ALTER SYSTEM RESET max_standby_streaming_delay", "SELECT pg_reload_conf()")
    async with closing(open_reader()) as writer:
        await fill(writer, tenant, "abcdefghijklmnopqrst")
        table = (await writer.describe_collection(tenant, DOCS)).table_name
        servers.execute(
            servers.primary,
            f"CREATE ROLE {role} LOGIN",
            f"GRANT USAGE ON SCHEMA pgrecall TO {role}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA pgrecall TO {role}",
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            # every row takes its time: the standby has something to cancel
            f"CREATE POLICY slow ON {table} USING (pg_sleep(0.1) IS NOT NULL)",
        )
        servers.catch_up()
        for folder in servers.standbys:
            servers.execute(folder, *impatient)
        running = (
            "SELECT count(*) > 0 FROM pg_stat_activity"
            f" WHERE usename = '{role}' AND state = 'active'"
        )
        reader = open_reader(read_dsn=servers.dsn(*servers.standbys, user=role), setup=False)
        try:
            async with closing(reader) as store:
                counting = asyncio.create_task(in_thread_or_loop(store, tenant))
                await until(
                    lambda: any(
                        servers.execute(folder, running) == [(True,)] for folder in servers.standbys
                    )
                )
                servers.execute(
                    servers.primary, f"DELETE FROM {table} WHERE id = 't'", f"VACUUM {table}"
                )

                assert await counting in {19, 20}
                cancelled = "canceling statement due to conflict with recovery"
                logs = [folder / launching.LOG for folder in servers.standbys]
                assert any(cancelled in log.read_text() for log in logs)
        finally:
            for folder in servers.standbys:
                servers.execute(folder, *undo)


async def in_thread_or_loop(store: Any, tenant: str) -> int:
    if isinstance(store, Calls):  # the sync store must not hold the loop
        return await asyncio.to_thread(store.target.count, tenant, DOCS)
    return await store.count(tenant, DOCS)


async def test_writes_and_reads_follow_a_promotion(open_store, tenant) -> None:
    with cluster(1) as servers:
        [standby] = servers.standbys
        both = servers.dsn(servers.primary, standby, target_session_attrs="read-write")
        async with closing(
            open_store(both, read_dsn=servers.dsn(standby), connection_timeout=10.0)
        ) as store:
            await fill(store, tenant)
            await store.create_index(tenant, DOCS, Hnsw())
            servers.catch_up()
            assert await store.count(tenant, DOCS) == 2

            embedded.stop(servers.primary)
            # what is known of the collection serves while there is no primary
            assert await store.count(tenant, DOCS) == 2
            assert len(await store.search(tenant, DOCS, [1, 1])) == 2
            servers.promote(standby)

            await store.upsert(tenant, DOCS, [Item("c", [1, 1])])
            assert await store.count(tenant, DOCS) == 3


async def test_reads_go_on_from_a_standby_when_the_registry_was_asked_long_ago(
    open_store, tenant, monkeypatch
) -> None:
    monkeypatch.setattr("pgrecall._operations.context.CACHE_SECONDS", 0.0)
    with cluster(1) as servers:
        [standby] = servers.standbys
        async with closing(
            open_store(
                servers.dsn(servers.primary),
                read_dsn=servers.dsn(standby),
                connection_timeout=1.0,
            )
        ) as store:
            await fill(store, tenant)
            servers.catch_up()
            assert await store.count(tenant, DOCS) == 2
            embedded.stop(servers.primary)

            assert await store.count(tenant, DOCS) == 2
            assert len(await store.search_hybrid(tenant, DOCS, [1, 1], "word")) == 2


def test_a_standby_and_a_random_one_first_is_what_libpq_is_asked_for() -> None:
    made = settings(
        "host=primary",
        schema="pgrecall",
        min_connections=2,
        max_connections=10,
        connection_timeout=5.0,
        read_dsn="host=a,b",
        consistency="eventual",
        setup=True,
    ).of_replicas()

    assert made is not None
    assert "target_session_attrs=prefer-standby" in made.conninfo()
    assert "load_balance_hosts=random" in made.conninfo()


async def test_what_the_read_dsn_says_of_hosts_is_kept(servers, open_reader, tenant) -> None:
    any_server = servers.dsn(
        servers.primary, target_session_attrs="any", load_balance_hosts="disable"
    )
    async with closing(open_reader(read_dsn=any_server)) as store:
        await fill(store, tenant)
        before = selects(servers, tenant)
        assert await store.count(tenant, DOCS) == 2

    assert not served(servers, before, tenant)
