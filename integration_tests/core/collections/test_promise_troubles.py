"""What is in the way of measuring a recall is in the way of nothing else, and is told."""

from __future__ import annotations

import logging
import re
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from integration_tests.core.collections.indexed import clustered
from integration_tests.core.collections.promising import (
    DIMENSIONS,
    ROWS,
    VECTORS,
    items,
    loaded,
    meanwhile,
    promised,
)
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrecall import Collection, Hnsw, InvalidArgumentError, Item, Store
from pgrecall._adapters.pair import Pair
from pgrecall._operations.context import resolve
from pgrecall._operations.indexes import ease, fitting, promise
from pgrecall._operations.indexes import measuring as measures
from pgrecall._operations.indexes.asking import of_rows
from pgrecall._operations.indexes.budget import Budget, TimeIsUpError, by_works
from pgrecall._operations.indexes.questions import made
from pgrecall._operations.maintain import tasks
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.work import one
from pgrecall._statements.indexes import measuring
from pgrecall._statements.search.drawing import sample_vectors
from pgrecall._statements.statement import Statement
from pgrecall._values.vectors import Encoded, decode

pytestmark = pytest.mark.usefixtures("all_questions")

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored


async def test_a_registry_that_another_keeps_costs_a_moment_and_is_told(
    one_store, tenant, dsn, monkeypatch, caplog
) -> None:
    await loaded(one_store, tenant)
    monkeypatch.setattr(promise, "_PATIENCE", "10ms")
    with psycopg.connect(dsn) as other:
        hold = meanwhile(
            lambda: other.execute(
                "SELECT FROM pgrecall.collections WHERE tenant = %s FOR UPDATE", (tenant,)
            )
        )
        await one_store.create_index(tenant, "docs", Hnsw(), progress=hold)

    assert "was not measured" in caplog.text
    assert (await promised(one_store, tenant)).recall is None


async def test_where_the_time_is_over_it_is_told_once_and_left_to_maintenance(
    one_store, tenant, monkeypatch, caplog
) -> None:
    monkeypatch.setattr(promise, "SECONDS", 0.0)
    monkeypatch.setattr(promise, "SHARE", 0.0)
    monkeypatch.setattr(tasks, "MEASURING_SECONDS", 0.0)

    await loaded(one_store, tenant)
    await one_store.load(tenant, "docs", items(300))
    report = await one_store.maintain(tenant)

    assert caplog.text.count("was not measured") == 1
    await one_store.create_index(tenant, "docs", Hnsw())
    assert caplog.text.count("was not measured") == 2
    left = [(one.task, one.outcome, one.reason) for one in report.findings]
    assert left == [("measure the recall", "left", promise.NO_TIME)]


def test_a_statement_that_overruns_the_time_is_ended_by_the_server(sync_store, tenant) -> None:
    sync_store.ensure_collection(tenant, Collection("docs", DIMENSIONS))
    pair = Pair(sync_store)
    stored = pair.run(resolve(pair.context, tenant, "docs"))
    send = by_works(pair.context, stored, Budget(time.monotonic() + 0.2))

    began = time.monotonic()
    with pytest.raises(TimeIsUpError):
        pair.run(send([Statement(sql.SQL("SELECT pg_sleep(60)"))]))
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("lacks", ["right", "time"])
async def test_where_no_small_index_can_be_made_a_margin_stands_for_it(
    store, tenant, monkeypatch, lacks
) -> None:
    def refused(*_: object) -> list[Statement]:
        return [Statement(sql.SQL("SELECT nothing_of_this_name()"))]

    monkeypatch.setattr(ease, "FEW_ROWS", 0)
    if lacks == "right":
        monkeypatch.setattr(measuring, "drawn", refused)
    else:
        monkeypatch.setattr(ease, "_TIME", 0.0)

    await loaded(store, tenant)

    assert (await promised(store, tenant)).recall >= 0.975


async def test_where_there_is_time_the_small_index_of_many_rows_is_larger(
    one_store, tenant, monkeypatch
) -> None:
    asked: list[int] = []

    def drawn(stored: Stored, rows: int) -> list[Statement]:
        asked.append(rows)
        return drawing(stored, rows)

    drawing = measuring.drawn
    monkeypatch.setattr(measuring, "drawn", drawn)
    monkeypatch.setattr(ease, "FEW_ROWS", 0)
    monkeypatch.setattr(ease, "MANY_ROWS", ROWS)
    monkeypatch.setattr(ease, "_DRAWN", 1.0)
    monkeypatch.setattr(ease, "_TIMES_SECONDS", promise.SECONDS)  # more than a part of a load's

    await loaded(one_store, tenant)
    await one_store.tune(tenant, "docs")

    [at_the_end_of_a_load, at_leisure] = asked
    asked_of = ease._MANY
    assert at_leisure - asked_of == 4 * (at_the_end_of_a_load - asked_of)


async def test_a_role_that_may_not_pin_does_not_look(one_store, tenant, dsn, caplog) -> None:
    table = await loaded(one_store, tenant, 0)
    role = f"writer_{tenant[-12:]}"
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {role} LOGIN")
        owner.execute(f"GRANT USAGE ON SCHEMA pgrecall TO {role}")
        owner.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA pgrecall TO {role}")
        owner.execute(f"GRANT ALL ON {table} TO {role}")
        caplog.set_level(logging.INFO, "pgrecall")
        try:
            with Store(make_conninfo(dsn, user=role), setup=False) as writer:
                assert writer.load(tenant, "docs", items(2 * ROWS)) == 2 * ROWS
        finally:
            owner.execute(f"DROP OWNED BY {role}")
            owner.execute(f"DROP ROLE {role}")

    told = [record for record in caplog.records if "was not measured" in record.getMessage()]
    assert [record.levelno for record in told] == [logging.INFO]
    assert (await promised(one_store, tenant)).recall is None


async def test_rows_that_are_loaded_into_an_emptied_collection_are_measured_anew(
    one_store, tenant
) -> None:
    await loaded(one_store, tenant, target_recall=0.9)
    before = await one_store.tune(tenant, "docs", target_recall=0.5)
    await one_store.delete(tenant, "docs", [item.id for item in items()])

    await one_store.load(tenant, "docs", items())

    after = await promised(one_store, tenant)
    assert before.promise.target == 0.5
    assert after.target == 0.9
    assert after.measured_at >= before.promise.measured_at


async def test_what_is_nearer_than_next_to_nothing_is_bounded(sync_store, tenant) -> None:
    sync_store.ensure_collection(tenant, Collection("docs", DIMENSIONS))
    sync_store.load(tenant, "docs", items(300))
    pair = Pair(sync_store)
    stored = pair.run(resolve(pair.context, tenant, "docs"))
    question = Encoded(b"\0\x08\0\0" + VECTORS[0].astype(">f4").tobytes())
    send = by_works(pair.context, stored, Budget())

    found = pair.run(send([measuring.nearer(stored, [(question, 9.0), (question, 9.0)], 20)]))

    assert [number for number, *_ in found[-1].rows].count(0) == 20
    assert len(found[-1].rows) == 40


async def test_of_what_is_nearer_the_vectors_come_along_and_are_not_sorted(
    sync_store, tenant, dsn
) -> None:
    sync_store.ensure_collection(tenant, Collection("docs", DIMENSIONS))
    sync_store.load(tenant, "docs", items(300))
    pair = Pair(sync_store)
    stored = pair.run(resolve(pair.context, tenant, "docs"))
    question = Encoded(b"\0\x08\0\0" + VECTORS[0].astype(">f4").tobytes())
    send = by_works(pair.context, stored, Budget())
    plain, with_vectors = (
        measuring.nearer(stored, [(question, 9.0)], 20, vectors=vectors)
        for vectors in (False, True)
    )

    found = pair.run(send([with_vectors]))[-1].rows
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"ANALYZE {stored.holder}")
        widths = [width_of_sorted(connection, one) for one in (plain, with_vectors)]

    assert len(found) == 20
    for _, id_, _, vector in found:
        assert np.allclose(decode("vector", vector), VECTORS[int(id_)])
    assert widths[1] - widths[0] < DIMENSIONS * 4


def width_of_sorted(connection: Any, statement: Any) -> int:
    """Give the bytes of a row that a plan sorts."""
    values = {
        key: str(np.frombuffer(value[4:], ">f4").tolist()) if isinstance(value, bytes) else value
        for key, value in statement.parameters.items()
    }
    cursor = psycopg.ClientCursor(connection)
    cursor.execute("EXPLAIN " + statement.sql.decode(), values)
    plan = "\n".join(line for (line,) in cursor.fetchall())
    (width,) = re.findall(r"Sort  .*width=(\d+)", plan)
    return int(width)


async def test_dead_rows_that_an_older_transaction_needs_are_told(one_store, tenant, dsn) -> None:
    table = await loaded(one_store, tenant)
    with closing(psycopg.connect(dsn)) as older, psycopg.connect(dsn, autocommit=True) as owner:
        older.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        older.execute("SELECT 1")
        owner.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
        owner.execute(f"UPDATE {table} SET metadata = '{{\"again\": 1}}'")
        owner.execute("SELECT pg_stat_force_next_flush()")
        owner.execute("SELECT 1")

        report = await one_store.maintain(tenant)

    left = [(one.outcome, one.reason) for one in report.findings if one.task == "vacuum"]
    assert left == [("left", tasks.HELD)]


async def test_single_precision_says_the_same_target(one_store, tenant) -> None:
    await one_store.ensure_collection(tenant, Collection("docs", DIMENSIONS, target_recall=0.9))
    again = Collection("docs", target_recall=np.float32(0.9))

    assert (await one_store.ensure_collection(tenant, again)).target_recall == 0.9


async def test_a_target_of_none_says_nothing(one_store, tenant) -> None:
    made = await one_store.ensure_collection(
        tenant, Collection("docs", DIMENSIONS, target_recall=None)
    )

    assert made.target_recall == 0.98
    assert (await one_store.describe_collection(tenant, "docs")).target_recall == 0.98


async def test_an_index_over_rows_without_vectors_is_not_due_for_ever(
    one_store, tenant, caplog
) -> None:
    await one_store.ensure_collection(tenant, Collection("docs", DIMENSIONS, index=Hnsw()))
    await one_store.load(tenant, "docs", [Item(str(n), None, "word") for n in range(ROWS)])

    assert not caplog.records
    assert (await one_store.maintain(tenant, dry_run=True)).findings == ()
    with pytest.raises(InvalidArgumentError, match="too few vectors"):
        await one_store.tune(tenant, "docs")


def test_questions_among_duplicates_are_no_stored_vectors(sync_store, tenant) -> None:
    wide = clustered(4, 16)
    sync_store.ensure_collection(tenant, Collection("docs", 16, index=Hnsw(), text_search=None))
    sync_store.load(tenant, "docs", [Item(str(n), wide[n % 4], "") for n in range(200)])
    pair = Pair(sync_store)
    stored = pair.run(resolve(pair.context, tenant, "docs"))
    rows = [(str(n), b"\0\x10\0\0" + wide[n].astype(">f4").tobytes()) for n in range(4)]
    anchors = of_rows(rows)

    questions = pair.run(made(stored, anchors, by_works(pair.context, stored, Budget())))

    assert len(questions) == 4
    assert not {one.vector for one in questions} & {one.vector for one in anchors}


def test_more_questions_are_asked_as_far_as_there_is_time(sync_store, tenant, monkeypatch) -> None:
    for name, count in {"MOST": 96, "SOME": 48, "FIRST": 24, "FEW_ROWS": 0}.items():
        monkeypatch.setattr(fitting, name, count)
    # of few rows the least effort finds all
    monkeypatch.setattr(measures.Measured, "is_sure", lambda *_: False)
    sync_store.ensure_collection(
        tenant, Collection("docs", DIMENSIONS, index=Hnsw(), text_search=None)
    )
    sync_store.load(tenant, "docs", items())
    pair = Pair(sync_store)
    stored = pair.run(resolve(pair.context, tenant, "docs"))
    sampled = one(sample_vectors(stored, fitting.questions_for(stored)))
    anchors = of_rows(pair.run(on_collection(pair.context, stored, sampled)).rows)
    send = by_works(pair.context, stored, Budget())

    def for_a_while(asked: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise TimeIsUpError
        return (yield from send(asked))

    samples, left = [], [0]
    for stretches in (0, 3, 6, 9, 12, 15, 18, 10_000):
        left[0] = stretches
        pin = pair.run(fitting.measure(stored, anchors, for_a_while, 0.98))
        samples.append(0 if pin is None else pin.sample)

    assert samples == sorted(samples)
    assert set(samples) == {0, 24, 48, len(anchors)}
