"""Searches are kept in the log of their schema, for a while, and cost them nothing."""

from __future__ import annotations

import datetime as dt
import json
import logging
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.roles import role
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from pgrecall import (
    AsyncStore,
    Boost,
    Collection,
    InvalidArgumentError,
    Item,
    SearchEvent,
    Store,
    WeightedSum,
    search_log,
)
from pgrecall._operations.watching.documents import logged_from
from pgrecall.filters import And, Condition, Not, Or, parse

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = "docs"
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def filled(sync_store: Store, tenant: str) -> str:
    sync_store.ensure_collection(tenant, Collection(DOCS, 2, "model"))
    items = [Item(str(n), [1.0, n / 4], f"apple {n}", {"n": n}) for n in range(3)]
    sync_store.upsert(tenant, DOCS, items)
    return tenant


def event(tenant: str, *, dropped: int = 0, ahead: dt.timedelta | None = None) -> SearchEvent:
    return SearchEvent(
        tenant=tenant,
        collection=DOCS,
        collection_id=7,
        embedding_model="",
        mode="vector",
        plan="exact",
        at=dt.datetime.now(dt.UTC) + (ahead or dt.timedelta()),
        ms=1.0,
        ids=("a",),
        scores=(float("inf"),),
        limit=10,
        offset=0,
        question_hash="00",
        dropped=dropped,
    )


def rows(dsn: str, tenant: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "SELECT kind, collection, date_trunc('hour', expires_at - at), document, collection_id"
            " FROM pgrecall.log WHERE tenant = %s ORDER BY id",
            [tenant],
        ).fetchall()


async def test_each_search_is_a_row_with_a_time_to_live_and_no_question(
    open_store: Callable[..., Any], dsn: str, filled: str
) -> None:
    log = search_log(Store(dsn), keep=HOUR)
    store = open_store(dsn, on_search=log)
    found = await store.search_text(filled, DOCS, "which apple?", limit=2)
    await store.search_many(filled, DOCS, [[1, 0]] * 2, filter={"n": 1})
    await store.close()

    kept = rows(dsn, filled)
    assert [(kind, name, life) for kind, name, life, *_ in kept] == [("search", DOCS, HOUR)] * 3
    document, number = kept[0][3:]
    assert number > 0
    assert document["ids"] == [match.id for match in found]
    assert document["scores"] == [pytest.approx(match.score) for match in found]
    assert {key: document[key] for key in ("mode", "plan", "limit", "offset")} == {
        "mode": "text", "plan": "text", "limit": 2, "offset": 0,
    }  # fmt: skip
    assert len(document["hash"]) == 32
    assert not document.keys() & {"text", "vector", "options"}
    assert "apple" not in json.dumps(document)
    assert (log.written, log.dropped) == (3, 0)


async def test_the_question_its_vector_and_options_are_kept_where_the_store_tells_them(
    open_store: Callable[..., Any], dsn: str, filled: str
) -> None:
    store = open_store(dsn, on_search=search_log(Store(dsn)), search_questions=True)
    text = 'it\'s "an" äpfel \\ 🍏?'
    where = parse(
        {
            "$or": [
                {"n": {"$in": [1, 2.5, "x", None, True]}},
                {"$not": {("by", "name"): dt.datetime(2024, 5, 1, tzinfo=dt.UTC)}},
            ],
            "n": {"$gte": 0},
        }
    )
    fusion, boosts = WeightedSum(0.25), (Boost({"n": 1}, 2.0),)
    await store.search_hybrid(
        filled, DOCS, [1, 0.5], text, filter=where, fusion=fusion, boosts=boosts, highlight=True
    )
    await store.close()

    ((*_, document, _),) = rows(dsn, filled)
    logged = logged_from(0.0, json.dumps(document))
    assert logged is not None
    assert logged.text == text
    assert logged.vector is not None
    assert logged.vector.tolist() == [1, 0.5]
    assert (logged.model, logged.unsaid) == ("model", ["boosts"])
    assert logged.options.keys() == {"filter", "fusion"}
    assert parse(logged.options["filter"]) == where
    assert logged.options["fusion"] == fusion


def test_every_kind_of_filter_is_kept_as_it_is() -> None:
    from pgrecall._operations.watching.documents import _read, _written  # noqa: PLC0415

    for filter_like in (
        {"n": {"$between": [1, 5]}},
        And(Condition("id", "in", ["a", "b"]), Not(Or())),
        Condition(("id",), "eq", None),
        {"$updated_at": {"$lt": dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)}},
    ):
        parsed = parse(filter_like)
        assert parse(_read(json.loads(json.dumps(_written(parsed))))) == parsed


async def test_a_role_that_may_only_read_searches_and_logs_nothing_and_hears_nothing(
    open_store: Callable[..., Any], dsn: str, filled: str, caplog: pytest.LogCaptureFixture
) -> None:
    with role(dsn) as reader:
        log = search_log(Store(reader, setup=False))
        store = open_store(reader, setup=False, on_search=log)
        for _ in range(3):
            assert await store.search(filled, DOCS, [1, 0])
        await store.close()
        log(event(filled, dropped=2))  # no other write is tried for a while
        log.close()
    assert (log.written, log.dropped) == (0, 6)
    assert rows(dsn, filled) == []
    assert [one for one in caplog.records if one.levelno >= logging.INFO] == []


def test_a_server_that_cannot_be_reached_costs_no_more(
    filled: str, caplog: pytest.LogCaptureFixture
) -> None:
    log = search_log(Store("postgresql://127.0.0.1:1/none", connection_timeout=1))
    log(event(filled))
    log.close()
    assert (log.written, log.dropped) == (0, 1)
    assert caplog.records == []


def test_what_an_interrupted_write_loses_is_counted_and_the_next_is_written(
    sync_store: Store, filled: str, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    log = search_log(sync_store)
    log(event(filled))
    with monkeypatch.context() as patch:
        patch.setattr(log, "_run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            log.flush()
    log(event(filled))
    log.close()
    assert (log.written, log.dropped) == (1, 1)
    assert len(rows(dsn, filled)) == 1


def test_what_has_expired_is_removed_by_the_next_write_where_the_role_may(
    dsn: str, filled: str
) -> None:
    def expire() -> None:
        with psycopg.connect(dsn) as connection:
            connection.execute(
                "UPDATE pgrecall.log SET expires_at = now() WHERE tenant = %s", [filled]
            )

    rights = "GRANT INSERT ON pgrecall.log TO {}"
    with role(dsn, rights) as writer:
        for number in (1, 2):
            log = search_log(Store(writer, setup=False))
            log(event(filled))
            log.close()
            assert (log.written, log.dropped) == (1, 0)
            assert len(rows(dsn, filled)) == number
            expire()
    log = search_log(Store(dsn))
    log(event(filled))
    log.close()
    assert len(rows(dsn, filled)) == 1


@pytest.mark.parametrize("ahead", [-24 * HOUR, 24 * HOUR])
def test_a_row_lives_by_the_server_s_clock_whatever_the_clock_of_who_searches_says(
    dsn: str, filled: str, ahead: dt.timedelta
) -> None:
    log = search_log(Store(dsn), keep=HOUR)
    log(event(filled, ahead=ahead))
    log.close()
    with psycopg.connect(dsn) as connection:
        [life] = connection.execute(
            "SELECT expires_at > now() AND expires_at <= now() + interval '1 hour'"
            " FROM pgrecall.log WHERE tenant = %s",
            [filled],
        ).fetchall()
    assert life == (True,)


def test_many_are_written_at_once_and_a_fork_takes_none_along(
    sync_store: Store, dsn: str, filled: str
) -> None:
    log = search_log(sync_store)
    for _ in range(100):
        log(event(filled))
    assert log.written == len(rows(dsn, filled)) == 100
    log(event(filled))
    log.renew()  # as a fork does
    log.close()
    assert len(rows(dsn, filled)) == 100
    assert rows(dsn, filled)[0][3]["scores"] == [None]


def test_a_share_of_the_searches_is_kept_where_that_is_asked(
    sync_store: Store, filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter([0.1, 0.3, 0.24, 0.9])
    monkeypatch.setattr("pgrecall.watching.random.random", lambda: next(drawn))
    log = search_log(sync_store, sample=0.25)
    for _ in range(4):
        log(event(filled))
    log.close()
    assert (log.written, log.dropped) == (2, 0)


def test_a_log_is_of_either_store_and_of_a_pool_of_the_caller_s(dsn: str, filled: str) -> None:
    with ConnectionPool(dsn, open=True, min_size=1, max_size=1) as pool:
        for store in (AsyncStore(dsn), Store(pool=pool)):
            log = search_log(store)
            log(event(filled))
            log.close()
            assert log.written == 1
    assert len(rows(dsn, filled)) == 2
    assert "password" not in repr(log)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda _: search_log("dsn"), "must be a pgrecall.Store or AsyncStore, not str"),  # type: ignore[arg-type]
        (
            lambda store: search_log(store, keep=3),  # type: ignore[arg-type]
            "keep must be a timedelta above 0",
        ),
        (lambda store: search_log(store, keep=dt.timedelta()), "keep must be a timedelta above 0"),
        (lambda store: search_log(store, keep=dt.timedelta.max), "36,500 days at most"),
        (lambda store: search_log(store, sample=0), "above 0 and at most 1, not 0"),
        (lambda store: search_log(store, sample=float("nan")), "not nan"),
        (lambda store: search_log(store, sample=True), "not True"),
    ],
)
def test_what_no_log_can_be_made_of_is_an_error(
    sync_store: Store, make: Callable[[Any], Any], told: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=told):
        make(sync_store)


async def test_a_log_writes_in_no_transaction_of_the_caller_s_and_on_no_pool_of_a_loop(
    sync_store: Store, dsn: str
) -> None:
    told = pytest.raises(InvalidArgumentError, match="a connection of its caller's")
    with psycopg.connect(dsn) as connection, told:
        search_log(sync_store.on(connection))
    pool = AsyncConnectionPool(dsn, open=False)
    with pytest.raises(InvalidArgumentError, match="a pool of its caller's"):
        search_log(AsyncStore(pool=pool))
