"""Records of what was indexed: the server's time, groups, and the collection they go with."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from pgrecall import Collection, InvalidArgumentError, Store
from pgrecall._adapters.pair import Pair
from pgrecall._operations.entries import records
from pgrecall._operations.work import one
from pgrecall._statements.entries import records as statements
from pgrecall._statements.entries.records import Place
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def pair(dsn: str) -> Iterator[Pair]:
    pair = Pair(dsn)
    yield pair
    pair.close()


def update(pair: Pair, place: Place, *keys: str, group: str | None = None) -> None:
    groups = [group] * len(keys)
    pair.run(records.update(pair.context, place, keys, group_ids=groups, time_at_least=None))


def listed(pair: Pair, place: Place, **tests: Any) -> list[str]:
    asked = {"before": None, "after": None, "group_ids": None, "limit": None, **tests}
    return pair.run(records.list_keys(pair.context, place, **asked))


def count(dsn: str, tenant: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pgrecall.records WHERE tenant = %s", (tenant,)
        ).fetchone()
        assert row is not None
        return int(row[0])


def test_records_go_with_their_collection(pair: Pair, tenant: str, dsn: str) -> None:
    place = Place(tenant, "ns", "docs")
    pair.store.ensure_collection(tenant, Collection("docs", 3))
    update(pair, place, "a", "b")
    update(pair, Place(tenant, "ns", ""), "a")

    pair.store.drop_collection(tenant, "docs")

    assert listed(pair, place) == []
    assert count(dsn, tenant) == 1


def test_a_drop_that_fails_leaves_the_records(pair: Pair, tenant: str, dsn: str) -> None:
    place = Place(tenant, "ns", "docs")
    made = pair.store.ensure_collection(tenant, Collection("docs", 3))
    update(pair, place, "a")
    with (
        psycopg.connect(dsn) as reader,
        Store(make_conninfo(dsn, options="-c lock_timeout=100ms")) as impatient,
    ):
        reader.execute(f"SELECT FROM {made.table_name}")  # type: ignore[arg-type]  # its own name
        with pytest.raises(Exception, match="lock timeout"):
            impatient.drop_collection(tenant, "docs")

    assert listed(pair, place) == ["a"]


def test_a_role_without_rights_on_records_drops_a_collection_with_them(
    pair: Pair, tenant: str, dsn: str
) -> None:
    place = Place(tenant, "ns", "docs")
    made = pair.store.ensure_collection(tenant, Collection("docs", 3))
    update(pair, place, "a")
    role = f"owner_{tenant[-12:]}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        for grant in (
            f"CREATE ROLE {role} LOGIN",
            f"GRANT USAGE ON SCHEMA pgrecall TO {role}",
            f"GRANT SELECT, DELETE ON pgrecall.collections, pgrecall.schema_version TO {role}",
            f"GRANT CREATE ON SCHEMA pgrecall TO {role}",
            f"ALTER TABLE {made.table_name} OWNER TO {role}",
        ):
            connection.execute(grant)  # type: ignore[arg-type]  # a test's own words
        with Store(make_conninfo(dsn, user=role)) as owners:
            assert owners.drop_collection(tenant, "docs") == 0
        assert count(dsn, tenant) == 0
        connection.execute(f"DROP OWNED BY {role}")  # type: ignore[arg-type]  # its own name
        connection.execute(f"DROP ROLE {role}")  # type: ignore[arg-type]  # its own name


def test_a_collection_made_anew_begins_without_records(pair: Pair, tenant: str) -> None:
    place = Place(tenant, "ns", "docs")
    for _ in range(2):
        pair.store.ensure_collection(tenant, Collection("docs", 3))
        assert listed(pair, place) == []
        update(pair, place, "a")
        assert listed(pair, place) == ["a"]
        pair.store.drop_collection(tenant, "docs")


def test_records_written_while_there_is_no_collection_are_not_those_of_one_made_later(
    pair: Pair, tenant: str, dsn: str
) -> None:
    place = Place(tenant, "ns", "docs")
    update(pair, place, "early")
    assert listed(pair, place) == ["early"]

    pair.store.ensure_collection(tenant, Collection("docs", 3))

    assert listed(pair, place) == []
    update(pair, place, "late")
    assert count(dsn, tenant) == 1
    pair.store.drop_collection(tenant, "docs")
    assert listed(pair, place) == []


def test_namespaces_collections_and_tenants_are_apart(pair: Pair, tenant: str) -> None:
    for name in ("one", "two"):
        pair.store.ensure_collection(tenant, Collection(name, 3))
    places = [
        Place(tenant, "ns", "one"),
        Place(tenant, "ns", "two"),
        Place(tenant, "ns", ""),
        Place(tenant, "other", "one"),
        Place(tenant + "x", "ns", "one"),
    ]
    for n, place in enumerate(places):
        update(pair, place, "same", f"key {n}", group="g")
    pair.run(records.delete(pair.context, places[0], ["same"]))

    for n, place in enumerate(places):
        wanted = [f"key {n}"] if n == 0 else [f"key {n}", "same"]
        assert listed(pair, place, group_ids=["g"]) == wanted


def test_times_compare_to_the_microsecond(pair: Pair, tenant: str) -> None:
    place = Place(tenant, "ns", "")
    for n in range(20):
        update(pair, place, f"key {n:02d}")
        between = pair.run(records.clock(pair.context))
        update(pair, place, "late")
        assert listed(pair, place, before=between) == [f"key {k:02d}" for k in range(n + 1)]
        assert listed(pair, place, after=between) == ["late"]


def test_a_clock_that_is_behind_writes_nothing(pair: Pair, tenant: str) -> None:
    place = Place(tenant, "ns", "")
    now = pair.run(records.clock(pair.context))
    pair.run(records.update(pair.context, place, ["a"], group_ids=None, time_at_least=now))

    with pytest.raises(InvalidArgumentError, match="before time_at_least"):
        pair.run(records.update(pair.context, place, ["b"], group_ids=None, time_at_least=now + 60))

    assert listed(pair, place) == ["a"]


def test_groups_may_be_longer_than_an_index_takes(pair: Pair, tenant: str) -> None:
    place = Place(tenant, "ns", "")
    group = "".join(chr(33 + n * 7919 % 89) for n in range(20_000))
    update(pair, place, "a", group=group)
    update(pair, place, "b", group=group[:-1])

    assert listed(pair, place, group_ids=[group, "none"]) == ["a"]


@pytest.mark.parametrize(
    "keys", [[""], [1], ["k\0"], ["\ud800"], ["k" * 3000], "key"], ids=lambda value: repr(value)[:9]
)
def test_a_key_that_cannot_be_one_is_refused(pair: Pair, tenant: str, keys: Any) -> None:
    place = Place(tenant, "ns", "")
    for operation in (
        records.update(pair.context, place, keys, group_ids=None, time_at_least=None),
        records.exists(pair.context, place, keys),
        records.delete(pair.context, place, keys),
    ):
        with pytest.raises(InvalidArgumentError):
            pair.run(operation)


def test_writers_and_a_drop_at_once_see_no_deadlock(pair: Pair, tenant: str) -> None:
    place = Place(tenant, "ns", "docs")
    keys = [f"k{n}" for n in range(100)]
    failures: list[BaseException] = []

    def work(turn: int) -> None:
        try:
            for _ in range(10):
                if turn:
                    update(pair, place, *(keys if turn % 2 else keys[::-1]))
                    pair.run(records.delete(pair.context, place, keys[::-1]))
                else:
                    pair.store.ensure_collection(tenant, Collection("docs", 3))
                    pair.store.drop_collection(tenant, "docs")
        except BaseException as error:  # noqa: BLE001  # the test fails by it
            failures.append(error)

    threads = [threading.Thread(target=work, args=(turn,)) for turn in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []


def test_an_index_serves_every_statement(make_database: Any) -> None:
    dsn = make_database()
    pair = Pair(dsn)
    place = Place("planned", "ns", "docs")
    pair.store.ensure_collection("planned", Collection("docs", 3))
    for namespace in ("ns", "other"):
        keys = [f"key {n:05d}" for n in range(20_000)]
        pair.run(
            records.update(
                pair.context,
                Place("planned", namespace, "docs"),
                keys,
                group_ids=[f"source {n // 10}" for n in range(20_000)],
                time_at_least=None,
            )
        )
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("ANALYZE pgrecall.records")

    def explain(statement: Statement) -> Any:
        text = statement.sql
        assert isinstance(text, bytes)
        result = yield one(Statement(b"EXPLAIN " + text, statement.parameters))
        return "\n".join(line for (line,) in result.rows)

    asked = {"before": 1e10, "after": None, "limit": 1000}
    plans = [
        pair.run(explain(statement))
        for statement in (
            statements.existing("pgrecall", place, ["key 00001", "key 00002"]),
            statements.delete("pgrecall", place, ["key 00001", "key 00002"]),
            statements.list_keys("pgrecall", place, groups=None, **asked),
            statements.list_keys("pgrecall", place, groups=["source 1", "source 2"], **asked),
        )
    ]
    pair.close()

    # the registry's one row is read as it lies
    assert all("Seq Scan on records" not in plan for plan in plans), plans
    assert "records_group" in plans[-1], plans[-1]
