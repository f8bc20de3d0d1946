"""What recall a collection promises is measured, pinned for every client, and measured again."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import psycopg
import pytest
from integration_tests.core.collections.indexed import DIMENSIONS, clustered

from pgrecall import (
    Collection,
    CollectionConflictError,
    Hnsw,
    InvalidArgumentError,
    Item,
    Metric,
    Store,
)
from pgrecall._adapters.pair import Pair
from pgrecall._operations.context import resolve
from pgrecall._operations.indexes import fitting, truth
from pgrecall._operations.indexes import promise as promises
from pgrecall._operations.indexes.budget import Budget
from pgrecall._operations.search import planning
from pgrecall._operations.search.kept_effort import pinned
from pgrecall._statements.indexes import measuring
from pgrecall._statements.search.scanning import gucs
from pgrecall._values.vectors import Encoded

pytestmark = pytest.mark.usefixtures("all_questions")

ROWS = 2_000
VECTORS = clustered(3 * ROWS)


def items(first: int = 0, last: int = ROWS) -> list[Item]:
    return [Item(f"{n:05d}", VECTORS[n], "", {"n": n}) for n in range(first, last)]


async def loaded(store: Any, tenant: str, **keywords: Any) -> str:
    kept = {"index": Hnsw(), "text_search": None, **keywords}
    made = await store.ensure_collection(tenant, Collection("docs", DIMENSIONS, **kept))
    await store.load(tenant, "docs", items())
    return made.table_name


async def promise(store: Any, tenant: str) -> Any:
    return (await store.measure_recall(tenant, "docs", sample=2)).promise


async def effort_of(store: Any, tenant: str, **how: Any) -> int:
    found = await store.search(tenant, "docs", VECTORS[0], explain=True, exact=False, **how)
    return int(found.explanation.settings["hnsw.ef_search"])


async def test_a_load_ends_with_the_effort_that_its_recall_takes(store, tenant) -> None:
    await loaded(store, tenant)

    told = await promise(store, tenant)

    assert (told.target, told.limit) == (0.98, 10)
    assert ROWS / 2 < told.rows < 2 * ROWS  # as they are estimated
    assert told.recall >= 0.975
    assert told.measured_at is not None
    assert await effort_of(store, tenant) == told.effort
    # more rows, and a filter that is not known, take more
    assert await effort_of(store, tenant, limit=100) > told.effort
    found = await store.search(tenant, "docs", VECTORS[0], explain=True, exact=False)
    assert found.explanation.promise == told


async def test_of_too_many_rows_to_compare_the_effort_is_as_good(
    store, tenant, monkeypatch
) -> None:
    monkeypatch.setattr(truth, "SCANNED_BYTES", 1.0)
    monkeypatch.setattr(fitting, "SCANNED_BYTES", 1e5)  # a tenth of the rows, for some questions
    await loaded(store, tenant)

    told = await promise(store, tenant)

    assert told.recall >= 0.97
    report = await store.measure_recall(tenant, "docs", sample=50)
    assert report.recall >= 0.96


async def test_another_target_holds_at_once_and_is_measured_by_maintenance(
    one_store, tenant, dsn
) -> None:
    table = await loaded(one_store, tenant)
    first = await promise(one_store, tenant)

    after = await one_store.alter_collection(tenant, Collection("docs", target_recall=0.6))
    altered = await promise(one_store, tenant)
    report = await one_store.maintain(tenant)
    again = await promise(one_store, tenant)

    assert (after.target_recall, after.table_name) == (0.6, table)
    assert (altered.target, altered.recall) == (0.6, None)
    assert [finding.task for finding in report.findings] == ["measure the recall"]
    assert again.recall >= 0.595
    assert again.effort <= first.effort
    with Store(dsn) as other:
        described = other.describe_collection(tenant, "docs")
        assert described is not None
        assert described.target_recall == 0.6
        assert other.measure_recall(tenant, "docs", sample=2).promise == again


async def test_growth_by_half_is_measured_again(one_store, tenant) -> None:
    await loaded(one_store, tenant)
    calm = await one_store.maintain(tenant, dry_run=True)
    before = (await promise(one_store, tenant)).rows

    await one_store.upsert(tenant, "docs", items(ROWS, 2 * ROWS + 600))
    report = await one_store.maintain(tenant)

    assert not calm.findings
    assert [(one.task, one.outcome) for one in report.findings] == [("measure the recall", "done")]
    assert (await promise(one_store, tenant)).rows > 1.5 * before


async def test_what_tune_pins_stays_until_another_target_is_said(one_store, tenant) -> None:
    await loaded(one_store, tenant)

    report = await one_store.tune(tenant, "docs", target_recall=0.7, k=20)
    calm = await one_store.maintain(tenant, dry_run=True)

    assert report.promise.target == 0.7
    assert report.promise.limit == 20
    assert not calm.findings
    await one_store.alter_collection(tenant, Collection("docs", target_recall=0.97))
    assert (await promise(one_store, tenant)).target == 0.97


async def test_what_was_measured_in_haste_is_measured_again_by_maintenance_once(
    one_store, tenant, monkeypatch
) -> None:
    with monkeypatch.context() as hasty:
        hasty.setattr(promises, "LEAST_SECONDS", 0.0)
        hasty.setattr(promises, "PART", 0.0)
        await loaded(one_store, tenant)
    first = await promise(one_store, tenant)

    report = await one_store.maintain(tenant)
    calm = await one_store.maintain(tenant, dry_run=True)

    assert first.recall is not None
    assert [one.task for one in report.findings] == ["measure the recall"]
    assert "in haste" in report.findings[0].what
    assert not calm.findings


async def test_with_little_time_filters_are_measured_by_the_questions_of_the_first_look(
    one_store, sync_store, tenant, monkeypatch
) -> None:
    with monkeypatch.context() as hasty:
        hasty.setattr(Budget, "has", lambda *_: False)
        await loaded(one_store, tenant)
    pair = Pair(sync_store)
    stored = pair.run(resolve(pair.context, tenant, "docs"))

    pin = pinned(stored.settings, stored.collection.index)

    assert pin is not None
    assert (pin.sample, pin.hurried, pin.limits) == (fitting.FIRST, True, ())
    assert len(pin.shares) == 1


async def test_few_rows_which_are_compared_all_are_not_measured(one_store, tenant) -> None:
    await one_store.ensure_collection(tenant, Collection("docs", DIMENSIONS, index=Hnsw()))
    await one_store.load(tenant, "docs", items(0, 600))

    assert (await promise(one_store, tenant)).recall is None
    assert not (await one_store.maintain(tenant, dry_run=True)).findings


async def test_another_target_is_a_conflict_that_says_what_changes_it(one_store, tenant) -> None:
    await one_store.ensure_collection(tenant, Collection("docs", DIMENSIONS, target_recall=0.9))

    await one_store.ensure_collection(tenant, Collection("docs"))
    with pytest.raises(CollectionConflictError, match="alter_collection"):
        await one_store.ensure_collection(tenant, Collection("docs", target_recall=0.98))
    with pytest.raises(InvalidArgumentError, match="target_recall must be above 0"):
        await one_store.alter_collection(tenant, Collection("docs", target_recall=1.5))


async def test_questions_and_their_truth_take_the_index_and_one_scan(
    one_store, sync_store, tenant, dsn
) -> None:
    await loaded(one_store, tenant)
    pair = Pair(sync_store)
    stored = pair.run(resolve(pair.context, tenant, "docs"))
    plan = planning.approximate(stored, 10, 1.0, fall_back=False)
    question = Encoded(b"\0\x20\0\0" + VECTORS[0].astype(">f4").tobytes())
    asked = measuring.found_each(stored, [question, question], 10, plan, parts=512)
    scanned = measuring.nearer(stored, [(question, 0.1), (question, 0.2)], 20)

    with psycopg.connect(dsn) as connection:
        cursor = psycopg.ClientCursor(connection)
        assert "ann" in plan_of(cursor, asked, gucs(stored, plan))
        text = plan_of(cursor, scanned, {})

    assert text.count("Seq Scan") == 1
    # a row is tested for every question where it is read: few are joined with them
    assert re.search(r"Seq Scan .*\n +Filter: .* <=> .* OR .* <=> ", text)


def plan_of(cursor: Any, statement: Any, settings: dict[str, str]) -> str:
    for name, value in settings.items():
        cursor.execute("SELECT set_config(%s, %s, true)", (name, value))
    values = {
        key: str(np.frombuffer(value[4:], ">f4").tolist()) if isinstance(value, bytes) else value
        for key, value in statement.parameters.items()
    }
    cursor.execute("EXPLAIN " + statement.sql.decode(), values)
    return "\n".join(line for (line,) in cursor.fetchall())


async def test_dead_rows_are_vacuumed_by_maintenance_where_it_owns_the_table(
    one_store, tenant, dsn
) -> None:
    table = await loaded(one_store, tenant)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
        connection.execute(f"UPDATE {table} SET metadata = metadata || '{{\"again\": 1}}'")
        connection.execute("SELECT pg_stat_force_next_flush()")
        connection.execute("SELECT 1")

        report = await one_store.maintain(tenant)

        tasks = [(finding.task, finding.outcome) for finding in report.findings]
        assert ("vacuum", "done") in tasks
        left = connection.execute(
            "SELECT n_dead_tup FROM pg_stat_all_tables WHERE relid = %s::regclass", (table,)
        )
        assert left.fetchall() == [(0,)]


async def test_a_limit_at_which_no_effort_meets_the_target_is_compared_with_every_row(
    store, tenant
) -> None:
    # by inner product long vectors are everyone's neighbours, and hide most others in the graph
    random = np.random.default_rng(5)
    rows = random.standard_normal((40, 64))[random.integers(0, 40, 4_000)]
    rows += 0.5 * random.standard_normal(rows.shape)
    rows *= random.lognormal(0, 0.3, (len(rows), 1))
    held, stored = rows[:20], rows[20:]
    made = Collection("docs", 64, index=Hnsw(), metric=Metric.IP, text_search=None)
    await store.ensure_collection(tenant, made)
    await store.load(tenant, "docs", [Item(str(n), row) for n, row in enumerate(stored)])
    await store.maintain(tenant)

    async def recall(limit: int, **how: Any) -> float:
        found = 0
        for query in held:
            true = {
                one.id for one in await store.search(tenant, "docs", query, limit=limit, exact=True)
            }
            found += sum(
                one.id in true
                for one in await store.search(tenant, "docs", query, limit=limit, **how)
            )
        return found / (limit * len(held))

    assert await recall(100, exact=False, ef_search=400) < 0.9
    assert await recall(100) >= 0.97
    assert await recall(10) >= 0.95
    found = await store.search(tenant, "docs", held[0], limit=100, explain=True)
    assert found.explanation.plan == "exact"
    assert "at limit 100 the index takes so much effort" in found.explanation.reason
