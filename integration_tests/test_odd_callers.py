"""Callers that are no plain thread: greenlets that take turns, and who may start no thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from pgrecall import Collection, Item, Store

if TYPE_CHECKING:
    from collections.abc import Iterator


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
