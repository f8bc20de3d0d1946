"""Declared fields of times and booleans: indexed whatever is stored, and by whatever session."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from integration_tests.search import oracle
from integration_tests.search.filter_batches import INSTANTS, NO_INSTANTS, nearly
from integration_tests.shared.faults import closing
from psycopg.conninfo import make_conninfo

from pgrecall import Collection, Decay, FilterError, InvalidArgumentError, Item
from pgrecall._values.instants import Instant, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KINDS = {"at": "datetime", "draft": "boolean"}
NOON = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def connection(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    odd = make_conninfo(dsn, options="-c datestyle=SQL,DMY -c timezone=America/St_Johns")
    with psycopg.connect(odd, autocommit=True) as connection:
        yield connection


def in_sql(connection: psycopg.Connection[Any], text: str) -> Instant | None:
    row = connection.execute(
        "SELECT (extract(epoch FROM pgrecall.instant_1(%s)) * 1000000)::bigint", [text]
    ).fetchone()
    return None if row is None or row[0] is None else Instant(row[0])


@given(text=st.sampled_from([*INSTANTS, *NO_INSTANTS]).flatmap(nearly) | st.text(max_size=30))
@example(text="2024-05-01T00:00:00." + "9" * 50_000)
@settings(max_examples=300, deadline=None)
def test_the_function_reads_every_text_as_python_and_the_oracle_do(
    connection: psycopg.Connection[Any], text: str
) -> None:
    if "\0" in text:
        text = text.replace("\0", "0")
    wanted = oracle.instant(text)
    assert in_sql(connection, text) == read(text)
    assert (read(text) or Instant(0)).microseconds == (wanted.microseconds if wanted else 0)


def test_postgresql_reads_what_both_know_alike(connection: psycopg.Connection[Any]) -> None:
    connection.execute("SET timezone = 'UTC'")
    for text in INSTANTS:
        try:
            row = connection.execute(
                "SELECT (extract(epoch FROM %s::text::timestamptz) * 1000000)::bigint", [text]
            ).fetchone()
        except psycopg.Error:  # it takes fewer offsets, and fewer digits
            assert len(text) > 400 or text.endswith("23:59")
            continue
        assert row is not None
        assert in_sql(connection, text) == Instant(row[0]), text


def test_the_function_is_immutable_and_depends_on_no_setting(
    connection: psycopg.Connection[Any],
) -> None:
    row = connection.execute(
        "SELECT provolatile, proparallel FROM pg_proc"
        " WHERE oid = 'pgrecall.instant_1(text)'::regprocedure"
    ).fetchone()
    assert row == ("i", "s")


def test_no_search_path_changes_what_the_function_says(connection: psycopg.Connection[Any]) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute("CREATE SCHEMA shadows")
        connection.execute(
            "CREATE FUNCTION shadows.always(text, text) RETURNS boolean"
            " LANGUAGE sql IMMUTABLE RETURN true"
        )
        connection.execute(
            "CREATE OPERATOR shadows.~ (LEFTARG = text, RIGHTARG = text, FUNCTION = shadows.always)"
        )
        connection.execute("SET LOCAL search_path = shadows, pg_catalog")
        assert in_sql(connection, "May") is None
        assert in_sql(connection, "2024-05-01") == read("2024-05-01")


async def test_whatever_is_stored_goes_into_the_index_and_is_found(
    open_store: Callable[..., Any], dsn: str, tenant: str
) -> None:
    odd = make_conninfo(dsn, options="-c datestyle=German -c timezone=Asia/Kathmandu")
    values = [*INSTANTS, *NO_INSTANTS, "x" * 100_000, "2024-05-01T00:00:00." + "1" * 50_000]
    values += [None, True, 1, 1.5, [], {}, ["2024-05-01"], "é", ""]
    async with closing(open_store(odd)) as store:
        place = (tenant, "docs")
        await store.ensure_collection(tenant, Collection("docs", 2, fields=KINDS))
        items = [Item(f"{n:03}", [1, 0], "", {"at": v, "draft": v}) for n, v in enumerate(values)]
        assert await store.upsert(*place, items) == len(values)
        await store.clear(*place)
        assert await store.load(*place, items) == len(values)

        known = [value for value in values if isinstance(value, str) and oracle.instant(value)]
        every = {"at": {"$between": ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:60-23:59"]}}
        assert await store.count(*place, every) == len(known)
        assert await store.count(*place, {"at": {"$ne": dt.date(1, 2, 3)}}) == len(values)
        assert await store.count(*place, {"draft": True}) == 1
        midnight = [
            value for value in known if oracle.instant(value) == oracle.instant("2024-05-01")
        ]
        found = await store.search(*place, [1, 0], limit=50, filter={"at": "2024-05-01T00:00:00Z"})
        assert {match.metadata["at"] for match in found} == set(midnight)
        with pytest.raises(FilterError, match="'at', operator 'gt': 'May' is no time: write"):
            await store.count(*place, {"at": {"$gt": "May"}})
        assert await store.count(*place, {"at": {"$in": ["May", "x"]}}) == 0


async def test_the_times_of_items_filter_every_verb(store: Any, tenant: str) -> None:
    place = (tenant, "docs")
    await store.ensure_collection(tenant, Collection("docs", 2))
    old, new = NOON.replace(year=2001), dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    key = {"$created_at": "mine"}
    await store.load(*place, [Item("old", [1, 0], "word", key, created_at=old)], keep_times=True)
    await store.upsert(*place, [Item("new", [1, 0], "word")])
    since = {"$created_at": {"$gte": new}}

    assert [one.id for one in await store.list_items(*place, filter=since)] == ["new"]
    assert [one.id for one in await store.search(*place, [1, 0], filter=since)] == ["new"]
    assert [one.id for one in await store.search_text(*place, "word", filter=since)] == ["new"]
    hybrid = await store.search_hybrid(*place, [1, 0], "word", filter={"$not": since})
    assert [one.id for one in hybrid] == ["old"]
    assert await store.count(*place, {"$created_at": old}) == 1
    assert await store.count(*place, {"$updated_at": {"$gte": new}}) == 2
    assert await store.count(*place, {("$created_at",): "mine"}) == 1
    assert await store.delete_where(*place, {"$created_at": {"$lt": "2002-01-01"}}) == 1
    with pytest.raises(InvalidArgumentError, match="can leave rows"):
        await store.delete_where(*place, {"$created_at": {"$exists": True}})


async def test_a_field_of_times_is_declared_later_and_weighs_by_age(
    store: Any, tenant: str
) -> None:
    place = (tenant, "docs")
    await store.ensure_collection(tenant, Collection("docs", 2))
    stored = {"new": "2024-05-01T14:00:00+02:00", "old": "2024-04-30T12:00:00", "vague": "May"}
    await store.upsert(*place, [Item(id_, [1, 0], "", {"at": at}) for id_, at in stored.items()])
    decay = Decay("at", dt.timedelta(days=1), origin=NOON, floor=0.1)
    with pytest.raises(InvalidArgumentError, match="a timedelta is for times"):
        await store.search(*place, [1, 0], boosts=[decay])

    altered = await store.alter_collection(tenant, Collection("docs", fields=KINDS))
    assert altered.fields == KINDS
    found = await store.search(*place, [1, 0], boosts=[decay])
    assert [(one.id, round(one.score, 6)) for one in found] == [
        ("new", 1.0),
        ("old", 0.5),
        ("vague", 0.1),
    ]
    assert all(one.created_at is not None for one in found)
    listed = await store.list_items(*place, order_by="$created_at", limit=2)
    rest = await store.list_items(*place, order_by="$created_at", after=listed[-1])
    assert [one.id for one in [*listed, *rest]] == ["new", "old", "vague"]
    assert {one.created_at for one in await store.sample(*place, 3)} == {found[0].created_at}
    assert await store.count(*place, {"at": {"$gt": "2024-05-01T11:59:59Z"}}) == 1
