"""While a caller's function works, no connection is held, and the collection may change."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.shared.calls import Calls
from integration_tests.shared.faults import closing, until, until_set

from pgrecall import Collection, Item, SearchEvent, Store, search_log

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = "docs"
TEXTS = {"a": "apple pie", "b": "apple", "c": "apple pie with cream"}
BY_LENGTH = ["c", "a", "b"]
ALONE = {"min_connections": 1, "max_connections": 1, "connection_timeout": 2}


@pytest.fixture
async def docs(one_store: Any, tenant: str) -> str:
    await one_store.ensure_collection(tenant, Collection(DOCS, 2, "old"))
    await one_store.upsert(tenant, DOCS, [Item(id_, [1, 0], text) for id_, text in TEXTS.items()])
    return tenant


def reembed(store: Store, tenant: str) -> None:
    """Give the collection another model, of another length, as another process does."""
    to = Collection(DOCS, 3, "new")
    store.reembed(tenant, DOCS, to=to, embed=lambda texts: [[0, 1, len(text)] for text in texts])


def idle(store: Any) -> tuple[int, int]:
    """Count the connections of a store that are idle, and those that are lent."""
    driver = store._driver
    if isinstance(store, Calls):
        pool = driver._pools["primary"]
    else:
        (pool,) = [one.pool for one in driver._loops.values()]
    free, used = pool._slots.everything()
    assert pool.counts()["pool_available"] == len(free)
    return len(free), len(used)


def ids(found: Any) -> list[str]:
    return [match.id for match in found]


@pytest.mark.parametrize("kind", ["vector", "text", "hybrid", "many", "near"])
async def test_no_connection_is_held_while_a_model_reads_and_the_collection_is_reembedded(
    dsn: str, docs: str, sync_store: Store, open_store: Callable[..., Any], kind: str
) -> None:
    lent: list[tuple[int, int]] = []

    def model(_: str, texts: list[str]) -> list[int]:
        lent.append(idle(store))
        reembed(sync_store, docs)
        lent.append(idle(store))
        return [len(text) for text in texts]

    asked: dict[str, Any] = {"rerank": model, "rerank_text": "apple"}
    async with closing(open_store(dsn, **ALONE)) as store:
        match kind:
            case "vector":
                found = await store.search(docs, DOCS, [1, 0], include_vectors=True, **asked)
            case "text":
                found = await store.search_text(docs, DOCS, "apple", **asked)
            case "hybrid":
                found = await store.search_hybrid(docs, DOCS, [1, 0], "apple", **asked)
            case "many":
                (found,) = await store.search_many(docs, DOCS, [[1, 0]], **asked)
            case "near":
                found = await store.search_near(docs, DOCS, ["b"], **asked)
        assert ids(found) == [id_ for id_ in BY_LENGTH if kind != "near" or id_ != "b"]
        assert [match.text for match in found] == [TEXTS[id_] for id_ in ids(found)]
        if kind == "vector":  # what it found it found by the old model
            assert [match.vector.tolist() for match in found] == [[1, 0]] * 3
        assert lent == [(1, 0)] * 2
        assert ids(await store.search_text(docs, DOCS, "cream")) == ["c"]
    async with closing(open_store(dsn, **ALONE)) as other:
        nearest = await other.search(docs, DOCS, [0, 1, 20], limit=1, include_vectors=True)
        assert [(one.id, one.vector.tolist()) for one in nearest] == [("c", [0, 1, 20])]


async def test_no_connection_is_held_while_a_search_is_told_and_the_collection_is_reembedded(
    dsn: str, docs: str, sync_store: Store, open_store: Callable[..., Any]
) -> None:
    begun, answered, done = threading.Event(), threading.Event(), threading.Event()
    told: list[SearchEvent] = []
    lent: list[tuple[int, int]] = []

    def note(event: SearchEvent) -> None:
        if not told:
            lent.append(idle(store))
            begun.set()
            assert answered.wait(60)
            reembed(sync_store, docs)
            lent.append(idle(store))
            done.set()
        told.append(event)

    async with closing(open_store(dsn, on_search=note, **ALONE)) as store:
        await store.search(docs, DOCS, [1, 0], limit=1)
        await until_set(begun)
        # it is told while the only connection serves another search
        assert ids(await store.search_text(docs, DOCS, "cream")) == ["c"]
        assert idle(store) == (1, 0)
        answered.set()
        await until_set(done)
        assert ids(await store.search_text(docs, DOCS, "cream")) == ["c"]
        await until(lambda: len(told) == 3)
    assert [event.embedding_model for event in told[:2]] == ["old"] * 2
    assert [event.ids for event in told[1:]] == [("c",)] * 2
    assert lent == [(1, 0)] * 2


async def test_a_log_writes_over_a_connection_of_its_own_beside_a_pool_of_one(
    dsn: str, docs: str, sync_store: Store, open_store: Callable[..., Any]
) -> None:
    log = search_log(Store(dsn))
    lent: list[tuple[int, int]] = []

    def kept(event: SearchEvent) -> None:
        lent.append(idle(store))
        log(event)
        log.flush()
        lent.append(idle(store))

    def model(_: str, texts: list[str]) -> list[int]:
        reembed(sync_store, docs)
        return [len(text) for text in texts]

    try:
        store = open_store(dsn, on_search=kept, search_questions=True, **ALONE)
        async with closing(store):
            found = await store.search_text(docs, DOCS, "apple", rerank=model)
            assert ids(found) == BY_LENGTH
            # else the next search may have the connection while this one is told
            await until(lambda: len(lent) == 2)
            await store.search_text(docs, DOCS, "cream")
            await until(lambda: len(lent) == 4)
            assert log.written == 2
            # what was asked of the collection before is asked of the one in its place
            again = await store.replay(docs, DOCS, modes={"by words": {"mode": "text"}})
    finally:
        log.close()
    assert lent == [(1, 0)] * 4
    assert (len(again.searches), again.missing) == (1, 0)
    assert list(again.left_out.values()) == [1]  # a function is not kept
