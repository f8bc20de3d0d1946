"""Callers that are no plain thread, and iterables that call the store themselves."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.shared.faults import make_items

from pgrecall import (
    Collection,
    CollectionNotFoundError,
    Hnsw,
    InvalidArgumentError,
    Item,
    Store,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def test_a_write_is_told_as_stored_where_no_thread_can_be_started(
    dsn: str, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(dsn, min_connections=0) as store:
        store.ensure_collection(tenant, Collection("docs", 2))
    with Store(dsn, min_connections=0) as store:

        def refuse(_: threading.Thread) -> None:
            message = "can't start new thread"
            raise RuntimeError(message)

        with monkeypatch.context() as patched:
            # as at a container's limit of processes, which root in a test does not have
            patched.setattr(threading.Thread, "start", refuse)
            assert store.upsert(tenant, "docs", [Item("a", [1, 0])]) == 1
        # what could not be started then is started at the next call
        assert store.count(tenant, "docs") == 1
        assert any(each.name.endswith("(_sweep)") for each in threading.enumerate())


def test_a_call_that_a_greenlet_paused_keeps_its_connection(dsn: str, tenant: str) -> None:
    # SQLAlchemy's asyncio brings it: a sync call may give way there in the caller's own iterable
    greenlet: Any = pytest.importorskip("greenlet", reason="no greenlets, no such callers")
    main = greenlet.getcurrent()

    def items() -> Iterator[Item]:
        for number in range(9_000):
            if number == 3_100:  # a batch is on its way, and the next one is read ahead
                main.switch()
            yield Item(f"{number}", [1.0, 1.0], "x" * 100)

    with Store(dsn, max_connections=1, connection_timeout=0.5) as store:
        store.ensure_collection(tenant, Collection("docs", 2))
        written: list[int] = []

        def write() -> None:
            written.append(store.upsert(tenant, "docs", items(), batch_size=3_000))

        call = greenlet.greenlet(write)
        call.switch()
        with pytest.raises(Exception, match="all 1 of the pool are in use"):
            store.count(tenant, "docs")
        call.switch()
        assert written == [9_000]
        assert store.count(tenant, "docs") == 9_000


@pytest.mark.one_in(3)
@pytest.mark.parametrize("outer", ["upsert", "load"])
@pytest.mark.parametrize("inner", ["upsert", "clear", "drop_collection"])
def test_a_write_from_within_the_iterable_of_another_one_is_told_in_place_of_waiting_for_ever(
    sync_store: Store, tenant: str, outer: str, inner: str
) -> None:
    store = sync_store
    store.ensure_collection(tenant, Collection("docs", 3, index=Hnsw()))
    store.ensure_collection(tenant, Collection("beside", 3))
    calls: dict[str, Callable[[], Any]] = {
        "upsert": lambda: store.upsert(tenant, "docs", make_items(3, text="inner")),
        "clear": lambda: store.clear(tenant, "docs"),
        "drop_collection": lambda: store.drop_collection(tenant, "docs"),
    }

    def items() -> Iterator[Item]:
        for number, item in enumerate(make_items(5_600)):
            if number == 5_500:
                # what is read of it, and another collection, are free
                assert store.count(tenant, "docs") >= 0
                store.upsert(tenant, "beside", make_items(3))
                calls[inner]()
            yield item

    # whether that item is read within a transaction depends on how fast the others are
    with suppress(InvalidArgumentError, CollectionNotFoundError):
        options = {"batch_size": 5_000} if outer == "upsert" else {}
        getattr(store, outer)(tenant, "docs", items(), **options)
    assert store.count(tenant, "beside") == 3
