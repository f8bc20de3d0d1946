"""A sync and an async store that an adapter uses as one."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from pgrecall import (
    AsyncStore,
    Collection,
    CollectionConflictError,
    InvalidArgumentError,
    Item,
    Store,
)
from pgrecall._adapters.collection import AdapterCollection
from pgrecall._adapters.pair import Pair
from pgrecall._operations.collections import collections
from pgrecall._operations.items import items

if TYPE_CHECKING:
    from pgrecall._operations.work import Operation

DOCS = "docs"


def listing(pair: Pair, tenant: str) -> Operation[list[Collection]]:
    return collections.list_(pair.context, tenant)


def connections(dsn: str) -> int:
    with psycopg.connect(dsn, application_name="watcher") as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'pgrecall'"
        ).fetchone()
        assert row is not None
        return int(row[0])


def settles_at(dsn: str, wanted: int) -> bool:
    # a backend leaves pg_stat_activity a moment after its connection is closed
    return any(connections(dsn) == wanted or threading.Event().wait(0.05) for _ in range(100))


@pytest.fixture(params=["dsn", "Store", "AsyncStore"])
def pair(request, dsn) -> Any:
    made = {"dsn": str, "Store": Store, "AsyncStore": AsyncStore}[request.param](dsn)
    pair = Pair(made)
    yield pair
    pair.close()
    if isinstance(made, Store):
        made.close()
    elif isinstance(made, AsyncStore):
        asyncio.run(made.close())


def test_one_pair_serves_sync_callers_and_one_event_loop_after_another(pair, tenant) -> None:
    assert pair.run(listing(pair, tenant)) == []
    for _ in range(3):
        assert asyncio.run(pair.arun(listing(pair, tenant))) == []
    assert pair.run(listing(pair, tenant)) == []


def test_both_stores_of_a_pair_know_the_same_of_the_database(pair) -> None:
    assert pair.store._driver.context is pair.async_store._driver.context


def test_two_pairs_on_one_store_share_its_other_half(dsn) -> None:
    with Store(dsn) as store:
        assert Pair(store).async_store is Pair(store).async_store


def test_what_is_neither_a_store_nor_a_dsn_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match=r"a pgrecall\.Store, .* or a DSN, not dict"):
        Pair({})  # type: ignore[arg-type]


def test_a_copy_shares_the_connections_and_a_pickle_of_this_process_those_of_its_dsn(
    pair, dsn, tenant
) -> None:
    assert copy.deepcopy(pair) is pair
    assert copy.copy(pair).run(listing(pair, tenant)) == []

    other = pickle.loads(pickle.dumps(pair))  # noqa: S301  # a pickle of the test's own

    assert other.store is Pair(dsn).store
    assert other.run(listing(other, tenant)) == []
    other.close()


def test_a_pickle_works_in_another_process(dsn, tenant) -> None:
    script = (
        "import pickle, sys; from pgrecall._operations.collections import collections;"
        "pair = pickle.loads(sys.stdin.buffer.read());"
        "print(pair.run(collections.list_(pair.context, 'nobody'))); pair.close()"
    )
    pair = Pair(dsn)

    done = subprocess.run(
        [sys.executable, "-c", script], input=pickle.dumps(pair), capture_output=True, check=True
    )

    assert done.stdout.strip() == b"[]"


def test_a_store_on_a_pool_of_the_callers_serves_its_own_kind_and_is_not_pickled(dsn) -> None:
    with ConnectionPool(dsn, open=True, min_size=1) as pool:
        pair = Pair(Store(pool=pool))
        assert pair.run(listing(pair, "nobody")) == []
        with pytest.raises(InvalidArgumentError, match="serves no async calls"):
            asyncio.run(pair.arun(listing(pair, "nobody")))
        with pytest.raises(TypeError, match="make it from a DSN"):
            pickle.dumps(pair)


async def test_an_async_store_on_a_pool_of_the_callers_serves_async_calls_alone(dsn) -> None:
    async with AsyncConnectionPool(dsn, open=False, min_size=1) as pool:
        pair = Pair(AsyncStore(pool=pool))
        assert await pair.arun(listing(pair, "nobody")) == []
        with pytest.raises(InvalidArgumentError, match="serves no sync calls"):
            pair.run(listing(pair, "nobody"))


def test_closing_a_pair_of_its_own_leaves_no_connection(fresh_dsn) -> None:
    pair = Pair(fresh_dsn)

    async def use_and_close() -> None:
        await asyncio.gather(*(pair.arun(listing(pair, "nobody")) for _ in range(5)))
        pair.run(listing(pair, "nobody"))
        pair.close()  # within a running loop, as a notebook does

    asyncio.run(use_and_close())

    assert settles_at(fresh_dsn, 0)


def test_aclose_leaves_no_connection(fresh_dsn) -> None:
    pair = Pair(fresh_dsn)

    async def use_and_close() -> None:
        await pair.arun(listing(pair, "nobody"))
        pair.run(listing(pair, "nobody"))
        await pair.aclose()

    asyncio.run(use_and_close())

    assert settles_at(fresh_dsn, 0)


def test_closing_from_another_thread_leaves_no_connection(fresh_dsn) -> None:
    pair = Pair(fresh_dsn)
    used, closed = threading.Event(), threading.Event()

    async def use() -> None:
        await pair.arun(listing(pair, "nobody"))
        used.set()
        await asyncio.to_thread(closed.wait, 30)
        await asyncio.sleep(0)

    thread = threading.Thread(target=lambda: asyncio.run(use()))
    thread.start()
    assert used.wait(30)
    pair.close()
    closed.set()
    thread.join(30)

    assert settles_at(fresh_dsn, 0)


def test_a_store_of_the_callers_stays_open_when_the_pair_is_closed(fresh_dsn) -> None:
    with Store(fresh_dsn, min_connections=0, max_connections=1) as store:
        pair = Pair(store)
        pair.run(listing(pair, "nobody"))
        asyncio.run(pair.arun(listing(pair, "nobody")))
        pair.close()

        assert settles_at(fresh_dsn, 1)
        assert store.list_collections("nobody") == []


def test_a_pair_that_nobody_closed_leaves_no_connection_when_it_is_gone(fresh_dsn) -> None:
    pair = Pair(fresh_dsn)
    pair.run(listing(pair, "nobody"))
    asyncio.run(pair.arun(listing(pair, "nobody")))

    del pair
    gc.collect()

    assert settles_at(fresh_dsn, 0)


def test_a_pair_shows_no_password() -> None:
    pair = Pair("postgresql://me:s3cret@localhost/app")

    assert "s3cret" not in repr(pair)


def adapted(dsn: str, tenant: str, **options: Any) -> AdapterCollection:
    return AdapterCollection(dsn, tenant, Collection(DOCS, **options))


def store_one(collection: AdapterCollection, id_: str = "a") -> Operation[int]:
    stored = [Item(id_, [1, 2])]
    return collection.writing(
        2,
        lambda new: items.check_items(items.kind_of_new(new), stored),
        lambda: items.upsert(
            *collection.place,
            stored,
            batch_size=10,
            progress=None,
        ),
    )


def count(collection: AdapterCollection) -> Operation[int]:
    return collection.reading(
        lambda: items.count(*collection.place, None),
        missing=0,
    )


def test_reading_makes_no_collection_and_writing_makes_it(dsn, tenant) -> None:
    docs = adapted(dsn, tenant)

    assert docs.pair.run(count(docs)) == 0
    assert docs.pair.store.describe_collection(tenant, DOCS) is None
    docs.pair.run(store_one(docs))
    assert docs.pair.run(count(docs)) == 1
    docs.pair.close()


def test_a_collection_dropped_elsewhere_is_made_anew_by_the_next_write(dsn, tenant) -> None:
    docs = adapted(dsn, tenant)
    docs.pair.run(store_one(docs))
    with Store(dsn) as other:
        other.drop_collection(tenant, DOCS)

    assert docs.pair.run(count(docs)) == 0
    docs.pair.run(store_one(docs))
    with Store(dsn) as other:
        other.drop_collection(tenant, DOCS)
    docs.pair.run(store_one(docs, "b"))

    assert docs.pair.run(count(docs)) == 1
    docs.pair.close()


@pytest.mark.parametrize("first", [count, store_one])
def test_another_pin_than_expected_is_told_at_the_first_use(dsn, tenant, first) -> None:
    with Store(dsn) as other:
        other.ensure_collection(tenant, Collection(DOCS, 2, "one-model"))
    docs = adapted(dsn, tenant, embedding_model="another-model")

    for _ in range(2):
        with pytest.raises(CollectionConflictError, match="one-model"):
            docs.pair.run(first(docs))
    docs.pair.close()
