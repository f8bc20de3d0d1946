"""On whatever connection of the caller's: what works is right, and what cannot work says why."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads
from psycopg_pool import ConnectionPool

from pgrecall import (
    AsyncStore,
    Collection,
    ConnectionFailedError,
    DatabaseError,
    InvalidArgumentError,
    Item,
    Store,
)
from pgrecall.langchain import PgRecallRecordManager

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = "docs"


def items(*ids: str) -> list[Item]:
    return [Item(id_, [1.0, 0.0], f"word {id_}", {"kind": "a"}) for id_ in ids]


@pytest.fixture
async def docs(store: Any, tenant: str) -> str:
    await store.ensure_collection(tenant, Collection(DOCS, dimensions=2))
    await store.upsert(tenant, DOCS, items("old"))
    return tenant


async def test_a_connection_of_another_kind_is_refused(store, caller) -> None:
    for wrong in (None, "dbname=x", caller.on):
        with pytest.raises(InvalidArgumentError, match="on\\(\\) takes a psycopg"):
            store.on(wrong)
    other = AsyncStore("dbname=x") if not caller.is_async else Store("dbname=x")
    with pytest.raises(InvalidArgumentError, match="takes a psycopg"):
        other.on(caller.connection)


async def test_a_connection_in_autocommit_makes_each_verb_a_transaction_of_its_own(
    connect, store, docs
) -> None:
    caller = await connect(autocommit=True)
    assert await caller.on.upsert(docs, DOCS, items("a", "b"), batch_size=1) == 2
    assert caller.state == "IDLE"
    assert await store.list_ids(docs, DOCS) == ["a", "b", "old"]

    with pytest.raises(InvalidArgumentError) as raised:
        await caller.on.upsert(docs, DOCS, [*items("c"), Item("", [1, 0])], batch_size=1)
    assert raised.value.written == 0
    assert caller.state == "IDLE"
    assert await store.list_ids(docs, DOCS) == ["a", "b", "old"]


async def test_statements_that_the_session_has_forgotten_are_run_all_the_same(
    connect, store, docs
) -> None:
    caller = await connect(prepare_threshold=0)

    def forgetting() -> Iterator[Item]:
        for item in items("a", "b", "c"):
            # behind psycopg's back, as a pooler does it
            caller.connection.pgconn.exec_(b"DEALLOCATE ALL")
            yield item

    for _ in range(3):
        assert await caller.on.search(docs, DOCS, [1, 1])
    assert await caller.on.upsert(docs, DOCS, forgetting(), batch_size=1) == 3
    assert await caller.on.search(docs, DOCS, [1, 1])

    await caller.commit()
    assert await store.list_ids(docs, DOCS) == ["a", "b", "c", "old"]


async def test_in_a_transaction_block_the_block_commits(connect, store, docs) -> None:
    caller = await connect(autocommit=True)

    async def write(*, then: Exception | None = None) -> None:
        await caller.on.upsert(docs, DOCS, items("a"))
        if then is not None:
            raise then

    async def block(then: Exception | None = None) -> None:
        if caller.is_async:
            async with caller.connection.transaction(), caller.connection.transaction():
                await write(then=then)
        else:
            with caller.connection.transaction(), caller.connection.transaction():
                await write(then=then)

    with pytest.raises(ZeroDivisionError):
        await block(then=ZeroDivisionError())
    assert await store.list_ids(docs, DOCS) == ["old"]
    await block()
    assert await store.list_ids(docs, DOCS) == ["a", "old"]


async def test_a_failed_transaction_is_told_before_anything_is_sent(caller, docs) -> None:
    with pytest.raises(psycopg.Error):
        await caller.run("SELECT 1 / 0")

    with pytest.raises(DatabaseError, match="roll it back") as raised:
        await caller.on.count(docs, DOCS)

    assert raised.value.sqlstate == "25P02"
    await caller.rollback()
    assert await caller.on.count(docs, DOCS) == 1


async def test_a_closed_connection_is_told(caller, docs) -> None:
    await caller.close()

    with pytest.raises(ConnectionFailedError, match="closed"):
        await caller.on.count(docs, DOCS)


async def test_a_connection_in_pipeline_mode_is_refused_and_stays_usable(caller, docs) -> None:
    async def count() -> None:
        with pytest.raises(InvalidArgumentError, match="pipeline"):
            await caller.on.count(docs, DOCS)

    if caller.is_async:
        async with caller.connection.pipeline():
            await count()
    else:
        with caller.connection.pipeline():
            await count()
    assert await caller.on.count(docs, DOCS) == 1


async def test_a_connection_in_the_middle_of_a_copy_is_refused(connect, another, dsn, docs) -> None:
    caller = await connect(of=another(dsn, connection_timeout=0.1))

    async def count() -> None:
        with pytest.raises(InvalidArgumentError, match="COPY"):
            await caller.on.count(docs, DOCS)

    cursor = caller.connection.cursor()
    copy = cursor.copy("COPY (SELECT 1) TO STDOUT")
    if caller.is_async:
        async with copy as rows:
            await count()
            assert [row async for row in rows.rows()] == [("1",)]
    else:
        with copy as rows:
            await count()
            assert list(rows.rows()) == [("1",)]
    assert await caller.on.count(docs, DOCS) == 1


async def test_text_that_would_not_be_sent_as_utf_8_is_refused(caller, docs) -> None:
    await caller.run("SET client_encoding TO 'LATIN1'")

    with pytest.raises(InvalidArgumentError, match="client_encoding is 'iso8859-1'"):
        await caller.on.upsert(docs, DOCS, [Item("\u00fc", [1, 0])])


async def test_factories_adapters_and_settings_of_the_callers_change_no_answer(
    connect, store, docs
) -> None:
    caller = await connect(row_factory=dict_row, prepare_threshold=None)
    kind = psycopg.AsyncClientCursor if caller.is_async else psycopg.ClientCursor
    caller.connection.cursor_factory = kind
    set_json_loads(lambda _: "mine", caller.connection)
    for name, value in (
        ("search_path", "pg_catalog"),
        ("standard_conforming_strings", "off"),
        ("extra_float_digits", "-3"),
        ("datestyle", "German"),
    ):
        await caller.run(sql.SQL("SET {} = {}").format(sql.Identifier(name), value))

    assert await caller.on.upsert(docs, DOCS, items("a")) == 1
    assert await caller.on.load(docs, DOCS, [Item("b", [1, 0], "word", {"x": [1.5]})]) == 1
    found = await caller.on.search(docs, DOCS, [1, 0], filter={"kind": "a"}, explain=True)
    assert [match.id for match in found] == ["a", "old"]
    assert (await caller.on.get(docs, DOCS, ["b"]))[0].metadata == {"x": [1.5]}
    assert (await caller.run("SELECT '{}'::json AS own")) == [{"own": "mine"}]
    assert caller.connection.prepare_threshold is None
    await caller.commit()
    assert await store.list_ids(docs, DOCS) == ["a", "b", "old"]


async def test_the_callers_prepared_statements_stay(caller, docs) -> None:
    await caller.run("PREPARE mine AS SELECT 1")
    for _ in range(8):
        await caller.on.count(docs, DOCS)
        await caller.on.upsert(docs, DOCS, items("a"))

    assert await caller.run("EXECUTE mine") == [(1,)]


async def test_a_connection_to_another_database_is_refused(connect, make_database, docs) -> None:
    other = make_database()
    with Store(other) as made:
        made.ensure_collection(docs, Collection(DOCS, dimensions=2))
    caller = await connect(other)

    with pytest.raises(InvalidArgumentError, match="another database than the store's"):
        await caller.on.count(docs, DOCS)
    await caller.rollback()


async def test_a_store_that_was_never_used_sets_its_database_up_past_the_transaction(
    connect, another, fresh_dsn, tenant
) -> None:
    unused = another(fresh_dsn)
    caller = await connect(fresh_dsn, of=unused)
    await caller.on.ensure_collection(tenant, Collection(DOCS, dimensions=2))
    await caller.on.upsert(tenant, DOCS, items("a"))
    await caller.rollback()

    assert await unused.list_collections(tenant) == []
    await unused.close()


async def test_a_store_that_may_set_up_nothing_says_what_is_missing(
    connect, another, fresh_dsn, tenant
) -> None:
    caller = await connect(fresh_dsn, of=another(fresh_dsn, setup=False))

    with pytest.raises(DatabaseError, match="transaction of yours") as raised:
        await caller.on.list_collections(tenant)
    assert raised.value.missing == "pgvector"
    assert caller.state == "INTRANS"


async def test_a_store_on_a_full_pool_of_the_callers_asks_it_for_nothing(dsn, tenant) -> None:
    with ConnectionPool(dsn, min_size=1, max_size=1) as pool, pool.connection() as connection:
        on = Store(pool=pool).on(connection)
        assert on.list_collections(tenant) == []


async def test_a_read_only_transaction_reads_and_its_refusal_of_a_write_leaves_it(
    caller, docs
) -> None:
    await caller.run("SET TRANSACTION READ ONLY")
    assert await caller.on.count(docs, DOCS) == 1

    with pytest.raises(DatabaseError, match="read-only"):
        await caller.on.upsert(docs, DOCS, items("a"))

    assert [match.id for match in await caller.on.search(docs, DOCS, [1, 0])] == ["old"]


async def test_a_serialization_failure_comes_once_and_is_not_tried_again(
    caller, store, docs
) -> None:
    await caller.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    assert await caller.on.count(docs, DOCS) == 1
    await store.upsert(docs, DOCS, items("old", "late"))

    with pytest.raises(DatabaseError) as raised:
        await caller.on.upsert(docs, DOCS, items("old"))

    assert raised.value.sqlstate == "40001"
    assert await caller.on.list_ids(docs, DOCS) == ["old"]


async def test_items_may_be_read_from_the_connection_that_they_are_written_on(
    connect, docs
) -> None:
    caller = await connect()
    if caller.is_async:
        return  # an iterable cannot await

    def rows() -> Iterator[Item]:
        with caller.connection.cursor("mine") as cursor:
            cursor.execute("SELECT n::text FROM generate_series(1, 2500) n")
            for number, (id_,) in enumerate(cursor):
                if number % 1000 == 0:
                    caller.on.target.count(docs, DOCS)
                yield Item(id_, [1, 0])

    assert await caller.on.upsert(docs, DOCS, rows(), batch_size=1000) == 2500
    assert await caller.on.load(docs, DOCS, rows()) == 2500
    assert await caller.on.count(docs, DOCS) == 2501


async def test_an_iterable_that_ends_the_transaction_is_told(caller, docs) -> None:
    if caller.is_async:
        return  # an iterable cannot await

    def rows() -> Iterator[Item]:
        for item in items("a", "b"):
            yield item
            caller.connection.commit()

    with pytest.raises(DatabaseError, match="ended while the verb was running"):
        await caller.on.upsert(docs, DOCS, rows(), batch_size=1)
    await caller.rollback()
    assert await caller.on.count(docs, DOCS) >= 1


async def test_calls_at_once_on_one_connection_take_turns(caller, docs) -> None:
    def calls() -> list[Any]:
        return [
            call
            for number in range(8)
            for call in (
                lambda number=number: caller.on.upsert(docs, DOCS, items(f"{number}", "x")),
                lambda: caller.on.search(docs, DOCS, [1, 0]),
                lambda number=number: caller.run(f"SET LOCAL my.x = {number}"),
            )
        ]

    if caller.is_async:
        await asyncio.gather(*(call() for call in calls()))
    else:
        with ThreadPoolExecutor(6) as threads:
            list(threads.map(lambda call: asyncio.run(call()), calls()))

    assert await caller.on.count(docs, DOCS) == 10
    # what another task set while a read was rolled back
    assert (await caller.run("SELECT current_setting('my.x')"))[0][0] in set("01234567")
    await caller.commit()


async def test_no_replica_is_asked(connect, another, dsn, docs) -> None:
    replicated = another(dsn, read_dsn=make_conninfo(dsn, port=1, host="127.0.0.1"))
    caller = await connect(of=replicated)
    await caller.on.upsert(docs, DOCS, items("new"))

    assert await caller.on.list_ids(docs, DOCS) == ["new", "old"]
    await replicated.close()


async def test_closing_what_on_gave_leaves_the_connection_open(caller, docs) -> None:
    await caller.on.close()

    assert await caller.on.count(docs, DOCS) == 1
    assert "on a connection of its caller's" in repr(caller.on)


def test_an_adapter_on_it_is_in_the_transaction_and_offers_no_other_calls(dsn, tenant) -> None:
    with Store(dsn) as store, psycopg.connect(dsn) as connection:
        records = PgRecallRecordManager("records", store=store.on(connection), tenant=tenant)
        records.update(["a"])
        assert records.exists(["a"]) == [True]
        connection.rollback()
        assert records.exists(["a"]) == [False]
        with pytest.raises(InvalidArgumentError, match="connection of its caller's"):
            asyncio.run(records.aexists(["a"]))
