"""Work that is due: brought about for real, told by a dry run, done once; never in passing."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from integration_tests.shared.faults import execute, until
from integration_tests.shared.half_built import leave_half_built
from psycopg.conninfo import make_conninfo

from pgrecall import (
    Collection,
    DatabaseError,
    Hnsw,
    InvalidArgumentError,
    Item,
    IvfFlat,
    MaintenanceFinding,
    MaintenanceReport,
    Store,
)
from pgrecall._adapters.pair import Pair
from pgrecall._operations.entries import blobs, entries
from pgrecall.models import Blob, Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HASHES = "hashtext('pgrecall maintain'), hashtext('pgrecall')"


def items(count: int, first: int = 0) -> list[Item]:
    vectors = np.random.default_rng(first).normal(size=(count, 4)).astype(np.float32)
    return [Item(f"{first + n:06}", vectors[n], f"word{n % 7}") for n in range(count)]


class Ground:
    """A tenant's collection "docs", and how to bring about what is due in it."""

    def __init__(self, store: Store, dsn: str, tenant: str) -> None:
        self.store, self.dsn, self.tenant = store, dsn, tenant
        self.table = ""

    def make(self, count: int, *, name: str = "docs", load: bool = False, **options: Any) -> None:
        made = self.store.ensure_collection(self.tenant, Collection(name, 4, **options))
        self.table = str(made.table_name)
        self.execute(f"ALTER TABLE {self.table} SET (autovacuum_enabled = off)")
        (self.store.load if load else self.store.upsert)(self.tenant, name, items(count))

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        return execute(self.dsn, *statements)

    def registry(self) -> list[tuple[Any, ...]]:
        """What the registry and the catalog know of the tenant's collections."""
        return self.execute(
            "SELECT c.name, c.settings::text, c.indexes_pending, (SELECT array_agg(i.indexrelid"
            " ORDER BY i.indexrelid) FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid"
            f" WHERE t.relname = c.table_name) FROM pgrecall.collections c"
            f" WHERE c.tenant = '{self.tenant}' ORDER BY c.name"
        )

    def index(self, purpose: str) -> str:
        ((name,),) = self.execute(
            f"SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = '{self.table}'"
            f"::regclass AND indexrelid::regclass::text ~ '_{purpose}\"?$'"
        )
        return str(name)

    def builders(self) -> list[tuple[Any, ...]]:
        """The sessions that build an index of the table and wait for others."""
        return self.execute(
            "SELECT pid FROM pg_stat_progress_create_index WHERE relid ="
            f" '{self.table}'::regclass AND phase LIKE 'waiting for%'"
        )

    def approximate(self) -> list[tuple[Any, ...]]:
        """Whether each approximate index of the table is valid: two, until one is in its place."""
        return self.execute(
            "SELECT indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
            " JOIN pg_am ON pg_am.oid = relam"
            f" WHERE indrelid = '{self.table}'::regclass AND amname = 'hnsw'"
        )

    def waiting_for_readers(self) -> list[tuple[Any, ...]]:
        """The sessions that wait until nobody reads the table."""
        return self.execute(
            "SELECT pid FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' AND"
            f" relation IN (SELECT indexrelid FROM pg_index WHERE indrelid ="
            f" '{self.table}'::regclass UNION SELECT '{self.table}'::regclass)"
        )

    def aside(self) -> None:
        def produce() -> Iterator[Item]:
            yield from items(2)
            raise DatabaseError("the server is in trouble")

        self.make(0, index=Hnsw())
        with Store(self.dsn) as loader, pytest.raises(DatabaseError):
            loader.load(self.tenant, "docs", produce())
        self.store.upsert(self.tenant, "docs", items(5))

    def half_built(self) -> None:
        self.make(20, index=Hnsw())
        reindex = f"REINDEX INDEX CONCURRENTLY {self.index('ann')}"
        leave_half_built(self.dsn, self.table, reindex)

    def missing(self) -> None:
        self.make(20, index=Hnsw())
        self.execute(f"DROP INDEX {self.index('metadata')}")

    def missing_ann(self) -> None:
        self.make(20, index=Hnsw())
        self.execute(f"DROP INDEX {self.index('ann')}")

    def never_built(self) -> None:
        self.make(20, index=IvfFlat())
        self.execute(f"ANALYZE {self.table}")

    def aged(self) -> None:
        self.make(20, load=True, index=IvfFlat())
        self.store.upsert(self.tenant, "docs", items(1_100, first=20))
        self.execute(f"ANALYZE {self.table}")

    def not_analyzed(self) -> None:
        self.make(0, text_search=None)
        with Store(self.dsn) as loader:  # PostgreSQL tells the counts of a session when it ends
            loader.load(self.tenant, "docs", items(10_000))

    def no_spread(self) -> None:
        self.make(1_100)
        self.execute(f"ANALYZE {self.table}")

    def old_spread(self) -> None:
        self.no_spread()
        self.store.maintain(self.tenant)
        self.execute(
            "UPDATE pgrecall.collections SET settings = settings || '{\"spread_rows\": 200}'"
            f" WHERE tenant = '{self.tenant}'"
        )

    def expired(self) -> None:
        pair = Pair(self.store)
        made = [Entry(("a",), f"{n}", {}, ttl_minutes=0 if n else None) for n in range(4)]
        pair.run(entries.put(pair.context, self.tenant, "mine", made))

    def expired_blobs(self) -> None:
        pair = Pair(self.store)
        made = [Blob(("a",), f"{n}", b"", ttl_minutes=0 if n else None) for n in range(4)]
        pair.run(blobs.put(pair.context, self.tenant, "mine", made))

    def logged(self) -> None:
        self.execute(
            "INSERT INTO pgrecall.log (tenant, kind, expires_at, document)"
            f" SELECT '{self.tenant}', 'search', now() - n * interval '1 s', '{{}}'"
            " FROM generate_series(-1, 3) AS n"
        )


OF_NO_COLLECTION = {"expired", "expired_blobs", "logged"}
KINDS = {
    "aside": {"restore indexes"},
    "half_built": {"drop half-built indexes"},
    "missing": {"build missing indexes"},
    "missing_ann": {"build missing indexes"},
    "never_built": {"build missing indexes"},
    "aged": {"rebuild aged indexes", "measure the recall", "measure the spread"},
    "not_analyzed": {"analyze"},
    "no_spread": {"measure the spread"},
    "old_spread": {"measure the spread"},
    "expired": {"remove expired entries"},
    "expired_blobs": {"remove expired blobs"},
    "logged": {"remove expired log rows"},
}


@pytest.fixture
def ground(sync_store: Store, dsn: str, tenant: str) -> Ground:
    return Ground(sync_store, dsn, tenant)


async def found_due(store: Any, tenant: str) -> MaintenanceReport:
    """What a dry run tells; PostgreSQL tells the counts of a session up to a second later."""
    for _ in range(600):
        report: MaintenanceReport = await store.maintain(tenant, dry_run=True)
        if report.findings:
            break
        await asyncio.sleep(0.05)
    return report


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_due_is_told_then_done_then_due_no_more(
    store: Any, ground: Ground, tenant: str, kind: str
) -> None:
    getattr(ground, kind)()
    before = ground.registry()

    told = await found_due(store, tenant)
    assert {one.task for one in told.findings} == KINDS[kind]
    assert {one.outcome for one in told.findings} == {"due"}
    assert ground.registry() == before

    heard: list[MaintenanceFinding] = []
    report = await store.maintain(tenant, progress=heard.append)
    assert {one.outcome for one in report.findings} == {"done"}
    assert [one.what for one in report.findings] == [one.what for one in told.findings]
    assert list(report.findings) == heard == list(report.done)
    assert report.remaining == ()

    again = await store.maintain(tenant)
    assert again.findings == ()
    assert str(again).endswith("nothing is due")
    if kind not in {*OF_NO_COLLECTION, "not_analyzed", "no_spread", "old_spread"}:
        ((_, settings, pending, _),) = ground.registry()
        assert not pending
        assert "builder" not in settings
        assert await store.search(tenant, "docs", [1, 0, 0, 0], exact=False)


@pytest.mark.parametrize("kind", ["aside", "aged", "half_built", "missing", "no_spread"])
async def test_reads_and_ordinary_writes_leave_what_is_due(
    store: Any, ground: Ground, tenant: str, kind: str
) -> None:
    getattr(ground, kind)()
    before = ground.registry()

    vector = [1, 0, 0, 0]
    await store.search(tenant, "docs", vector)
    await store.search_text(tenant, "docs", "word1")
    assert await store.search_hybrid(tenant, "docs", vector, "word1")
    await store.describe_collection(tenant, "docs")
    await store.list_collections(tenant)
    await store.get(tenant, "docs", ["000001"])
    await store.count(tenant, "docs")
    await store.upsert(tenant, "docs", items(3))
    await store.delete(tenant, "docs", ["000001"])

    assert ground.registry() == before


async def test_a_hybrid_search_scores_alike_before_and_after_its_scale_is_kept(
    store: Any, ground: Ground, tenant: str
) -> None:
    ground.no_spread()
    vector = items(1)[0].vector
    before = await store.search_hybrid(tenant, "docs", vector, "word1")

    await store.maintain(tenant)

    with Store(ground.dsn) as other:
        after = other.search_hybrid(tenant, "docs", vector, "word1")
    assert [(one.id, one.score) for one in after] == [(one.id, one.score) for one in before]


@pytest.mark.parametrize("verb", ["load", "create_index", "reindex"])
async def test_bulk_verbs_end_with_the_scale_of_hybrid_scores(
    store: Any, ground: Ground, tenant: str, verb: str
) -> None:
    ground.make(1_100, index=Hnsw(m=4, ef_construction=8))
    ground.execute(f"ANALYZE {ground.table}")
    if verb == "load":
        await store.load(tenant, "docs", items(400))
    elif verb == "create_index":
        await store.create_index(tenant, "docs", Hnsw(m=2, ef_construction=4))
    else:
        await store.reindex(tenant, "docs")

    assert '"spread"' in ground.registry()[0][1]
    assert (await store.maintain(tenant)).findings == ()


async def test_every_tenants_collections_are_looked_after_unless_one_is_named(
    store: Any, ground: Ground, tenant: str
) -> None:
    ground.missing()

    other = await store.maintain(f"{tenant}-other")
    assert (other.collections, other.findings) == (0, ())
    every = await store.maintain(dry_run=True)
    assert [one.task for one in every.findings if one.tenant == tenant] == ["build missing indexes"]
    assert every.collections >= 1


async def test_while_another_maintains_nothing_is_done_and_it_is_said(
    store: Any, ground: Ground, tenant: str
) -> None:
    ground.aged()
    before = ground.registry()
    with psycopg.connect(ground.dsn) as other:
        other.execute(f"SELECT pg_advisory_xact_lock({HASHES})".encode())
        report = await store.maintain(tenant)
    assert {(one.outcome, one.reason) for one in report.findings} == {
        ("left", "another call of maintain() is at work")
    }
    assert ground.registry() == before
    assert len(report.remaining) == len(report.findings)
    assert len((await store.maintain(tenant)).done) == len(report.findings)


def test_several_at_once_do_the_work_once(ground: Ground, tenant: str) -> None:
    ground.aged()
    ground.make(20, name="other", index=Hnsw())
    ground.execute(f"DROP INDEX {ground.index('metadata')}")
    reports: list[MaintenanceReport] = []
    ready = threading.Barrier(4)

    def work() -> None:
        with Store(ground.dsn) as store:
            store.list_collections(tenant)
            ready.wait()
            reports.append(store.maintain(tenant))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(reports) == 4
    findings = [one for report in reports for one in report.findings]
    assert [one for one in findings if one.outcome not in {"done", "left"}] == []
    done = Counter((one.collection, one.task) for report in reports for one in report.done)
    # what one measured before another built the index anew is to be measured again
    again = done.pop(("docs", "measure the recall"), 0)
    assert again <= 2
    assert set(done.values()) == {1}
    ground.store.maintain(tenant)
    assert ground.store.maintain(tenant).findings == ()


async def test_a_build_that_goes_on_is_left_to_who_does_it(
    store: Any, ground: Ground, tenant: str
) -> None:
    ground.aged()
    with psycopg.connect(ground.dsn) as writer:
        writer.execute(f"DELETE FROM {ground.table} WHERE id = '1'".encode())  # holds it back
        building = threading.Thread(target=ground.store.reindex, args=(tenant, "docs"))
        building.start()
        await until(ground.builders)
        report = await store.maintain(tenant)
        writer.rollback()
    building.join()

    assert {(one.task, one.outcome, one.reason) for one in report.findings} == {
        ("rebuild aged indexes", "left", "another call builds an index of it"),
        ("measure the spread", "done", ""),
    }
    assert (await store.maintain(tenant)).findings == ()


async def test_what_a_build_has_ended_is_left_to_be_put_in_its_place(
    store: Any, ground: Ground, tenant: str
) -> None:
    ground.make(20, index=Hnsw())
    with (
        psycopg.connect(ground.dsn) as writer,
        psycopg.connect(ground.dsn) as registrar,
        Store(ground.dsn) as builder,
    ):
        writer.execute(f"DELETE FROM {ground.table} WHERE id = '1'".encode())  # holds it back
        building = threading.Thread(target=builder.reindex, args=(tenant, "docs"))
        building.start()
        await until(ground.builders)
        row = f"SELECT FROM pgrecall.collections WHERE tenant = '{tenant}' FOR UPDATE"
        registrar.execute(row.encode())
        writer.rollback()
        await until(lambda: ground.approximate() == [(True,), (True,)])
        report = await store.maintain(tenant)
        registrar.rollback()
        building.join()

    assert [one for one in report.findings if one.task == "drop half-built indexes"] == []
    assert ground.approximate() == [(True,)]


async def test_what_readers_keep_from_its_place_is_no_leftover(
    store: Any, ground: Ground, tenant: str
) -> None:
    ground.make(20, index=Hnsw())
    with psycopg.connect(ground.dsn) as reader, Store(ground.dsn) as builder:
        reader.execute(f"SELECT FROM {ground.table}".encode())
        building = threading.Thread(target=builder.reindex, args=(tenant, "docs"))
        building.start()
        await until(ground.waiting_for_readers)
        report = await store.maintain(tenant)
        reader.rollback()
        building.join()

    assert [one for one in report.findings if one.task == "drop half-built indexes"] == []
    assert ground.approximate() == [(True,)]


async def test_a_load_that_is_at_work_is_left_alone(
    store: Any, ground: Ground, tenant: str
) -> None:
    ground.make(0, index=Hnsw())
    began, go_on = threading.Event(), threading.Event()

    def produce() -> Iterator[Item]:
        began.set()
        go_on.wait()
        yield from items(3)

    loading = threading.Thread(target=ground.store.load, args=(tenant, "docs", produce()))
    loading.start()
    assert began.wait(60)
    try:
        assert (await store.maintain(tenant)).findings == ()
    finally:
        go_on.set()
        loading.join()
    assert (await store.maintain(tenant)).findings == ()
    assert len(await store.search(tenant, "docs", [1, 0, 0, 0], exact=False)) == 3


async def test_a_role_without_the_rights_reports_and_changes_nothing(
    open_store: Callable[..., Any], ground: Ground, tenant: str
) -> None:
    ground.aged()
    role = f"reader_{tenant[-12:]}"
    ground.execute(
        f"CREATE ROLE {role} LOGIN",
        f"GRANT USAGE ON SCHEMA pgrecall TO {role}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA pgrecall TO {role}",
    )
    before = ground.registry()
    reader = open_store(make_conninfo(ground.dsn, user=role), setup=False)
    report = await reader.maintain(tenant)
    await reader.close()

    assert {(one.task, one.outcome) for one in report.findings} == {
        ("rebuild aged indexes", "refused"),
        ("measure the recall", "refused"),
        ("measure the spread", "refused"),
    }
    reasons = {one.task: one.reason for one in report.findings}
    assert reasons["rebuild aged indexes"] == "this role does not own the table"
    assert reasons["measure the spread"].startswith("permission denied for table collections")
    assert ground.registry() == before
    ground.execute(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


async def test_a_role_that_may_not_look_at_what_expires_is_told_so_and_the_rest_is_reported(
    open_store: Callable[..., Any], ground: Ground, tenant: str
) -> None:
    ground.missing()
    role = f"reader_{tenant[-12:]}"
    ground.execute(
        f"CREATE ROLE {role} LOGIN",
        f"GRANT USAGE ON SCHEMA pgrecall TO {role}",
        f"GRANT SELECT ON pgrecall.collections, pgrecall.schema_version TO {role}",
    )
    reader = open_store(make_conninfo(ground.dsn, user=role), setup=False)
    for dry_run, outcome in ((True, "due"), (False, "refused")):
        report = await reader.maintain(tenant, dry_run=dry_run)
        assert [(one.task, one.outcome) for one in report.findings] == [
            ("build missing indexes", outcome),
            ("remove expired entries", "refused"),
            ("remove expired blobs", "refused"),
            ("remove expired log rows", "refused"),
        ]
        assert report.findings[1].reason.startswith("permission denied for table entries")
        assert report.findings[3].reason.startswith("permission denied for table log")
        assert report.findings[1].where == tenant
    await reader.close()
    ground.execute(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


async def test_a_table_that_another_locks_is_left_and_the_next_is_done(
    store: Any, ground: Ground, tenant: str
) -> None:
    ground.missing()
    locked = ground.table
    ground.make(20, name="other", index=Hnsw())
    ground.execute(f"DROP INDEX {ground.index('metadata')}")
    with psycopg.connect(ground.dsn) as other:
        other.execute(f"LOCK TABLE {locked} IN ACCESS EXCLUSIVE MODE".encode())
        report = await store.maintain(tenant)
        other.rollback()
    assert [(one.collection, one.outcome) for one in report.findings] == [
        ("docs", "left"),
        ("other", "done"),
    ]
    assert [one.collection for one in (await store.maintain(tenant)).done] == ["docs"]


async def test_readers_that_stay_keep_their_index_and_wait_for_nobody(
    store: Any, ground: Ground, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgrecall._operations.indexes.indexes.SWAP_TRIES", 2)
    ground.aged()
    await store.maintain(tenant)  # the spread
    ground.execute(
        "UPDATE pgrecall.collections SET settings = settings || '{\"rows_at_build\": 20}'"
        f" WHERE tenant = '{tenant}'"
    )
    index = ground.index("ann")
    with psycopg.connect(ground.dsn) as reader:
        reader.execute(f"SELECT FROM {ground.table} LIMIT 1".encode())
        report = await store.maintain(tenant)
        assert ground.index("ann") == index
        reader.rollback()
    assert {one.outcome for one in report.findings} == {"left"}
    assert {one.outcome for one in (await store.maintain(tenant)).findings} == {"done"}
    assert (await store.maintain(tenant)).findings == ()


async def test_a_collection_that_is_dropped_meanwhile_is_passed_over(
    store: Any, ground: Ground, tenant: str
) -> None:
    ground.missing()
    ground.make(20, name="later", index=Hnsw())
    ground.execute(f"DROP INDEX {ground.index('metadata')}")

    def drop(_: MaintenanceFinding) -> None:
        ground.store.drop_collection(tenant, "later")

    report = await store.maintain(tenant, progress=drop)

    assert [(one.collection, one.outcome) for one in report.findings] == [("docs", "done")]


async def test_where_the_time_is_over_the_rest_is_left_to_the_next_call(
    store: Any, ground: Ground, tenant: str
) -> None:
    ground.missing()
    ground.execute(f"DROP INDEX {ground.index('tsv')}")
    report = await store.maintain(tenant, seconds=1e-9)
    assert (report.collections, report.unseen, report.findings) == (0, 1, ())
    assert str(report).endswith("1 not: the time was over: nothing was found due")
    assert len((await store.maintain(tenant, seconds=600)).done) == 2


async def test_with_little_time_each_call_begins_with_another_collection(
    store: Any, ground: Ground, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        ground.make(20, name=name, index=Hnsw())
        ground.execute(f"DROP INDEX {ground.index('metadata')}")
    told = []
    for begin in range(3):
        monkeypatch.setattr(
            "pgrecall._operations.maintain.maintain.secrets.randbelow", lambda _, n=begin: n
        )
        report = await store.maintain(tenant, dry_run=True, seconds=600)
        told.append("".join(str(one.collection) for one in report.findings))
    assert told == ["abc", "bca", "cab"]


@pytest.mark.parametrize("wrong", [{"dry_run": "no"}, {"dry_run": 1}, {"progress": "yes"}])
async def test_what_is_no_choice_and_no_function_is_refused(
    store: Any, tenant: str, wrong: dict[str, Any]
) -> None:
    (name,) = wrong
    with pytest.raises(InvalidArgumentError, match=f"{name} must be"):
        await store.maintain(tenant, **wrong)


@pytest.mark.parametrize("seconds", [0, -1, True, "1", float("nan")])
async def test_a_time_that_is_none_is_refused(store: Any, tenant: str, seconds: object) -> None:
    with pytest.raises(InvalidArgumentError, match="seconds must be a number above 0"):
        await store.maintain(tenant, seconds=seconds)


async def test_a_step_that_the_server_refuses_is_told_and_the_others_are_done(
    store: Any, ground: Ground, tenant: str
) -> None:
    ground.make(20, index=Hnsw(), fields={"page": "number"})
    ground.execute(f"DROP INDEX {ground.index('metadata')}", f"DROP INDEX {ground.index('ann')}")
    # a type of this name leaves no index of it to be made beside
    taken = ground.table.rpartition(".")[2]
    ((id_,),) = ground.execute(f"SELECT id FROM pgrecall.collections WHERE table_name = '{taken}'")
    name = f"{taken[: 63 - len(f'_{id_}_ann_new')]}_{id_}_ann_new"
    ground.execute(f"CREATE SEQUENCE pgrecall.{name}")
    report = await store.maintain(tenant)
    ground.execute(f"DROP SEQUENCE pgrecall.{name}")

    assert sorted(one.outcome for one in report.findings) == ["done", "failed"]
    (failed,) = report.remaining
    assert "already exists" in failed.reason
    assert len((await store.maintain(tenant)).done) == 1


async def test_a_reembedding_that_has_not_ended_is_told_with_who_can_end_it(
    store: Any, ground: Ground, tenant: str
) -> None:
    ground.make(3)
    to = Collection("docs", embedding_model="new")
    await store.reembed(
        tenant,
        "docs",
        to=to,
        embed=lambda texts: [[1.0, 0.0, 0.0, 0.0]] * len(texts),
        accept=lambda _: False,
    )
    report = await store.maintain(tenant)
    (one,) = report.findings
    assert (one.collection, one.outcome) == ("docs (next)", "told")
    assert one.verb == "reembed() or alter_collection(), or abandon_reembed()"
    assert report.remaining == ()
    await store.abandon_reembed(tenant, "docs")
    assert (await store.maintain(tenant)).findings == ()


KILLED = """
import sys
from pgrecall import Store
Store(sys.argv[1]).maintain(sys.argv[2])
"""


def run_apart(dsn: str, tenant: str) -> subprocess.Popen[bytes]:
    """Maintain in a process of its own."""
    return subprocess.Popen([sys.executable, "-c", KILLED, dsn, tenant])  # our own


async def test_after_a_maintainer_that_was_killed_the_next_goes_on(
    ground: Ground, tenant: str
) -> None:
    ground.aged()
    with psycopg.connect(ground.dsn) as writer:
        writer.execute(f"DELETE FROM {ground.table} WHERE id = '1'".encode())  # holds it back
        killed = run_apart(ground.dsn, tenant)
        ((backend,),) = await until(ground.builders)
        killed.kill()
        killed.wait()
        assert '"builder"' in ground.registry()[0][1]
        # the server goes on with the statement of a client that is gone
        (one, *_) = ground.store.maintain(tenant).findings
        assert (one.task, one.outcome) == ("rebuild aged indexes", "left")
        ground.execute(f"SELECT pg_terminate_backend({backend}, 60000)")
        writer.rollback()

    report = ground.store.maintain(tenant)
    assert {one.task for one in report.done} >= {"drop half-built indexes", "rebuild aged indexes"}
    assert report.remaining == ()
    assert ground.store.maintain(tenant).findings == ()
