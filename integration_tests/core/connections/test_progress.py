"""``progress=`` of every verb: a function, sync or async, or True."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from pgrecall import Change, Collection, Hnsw, InvalidArgumentError, Item
from pgrecall.evaluation import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pgrecall import Store

DOCS = "docs"
ITEMS = [Item(f"{number}", [1, number], f"text {number}") for number in range(5)]
HALVES = Collection(DOCS, storage="halfvec")


def embed(texts: list[str]) -> list[list[float]]:
    return [[1, 0, len(text)] for text in texts]


def verbs(store: Any, tenant: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Give every verb that tells how far it is, in an order that lets each do something."""
    changes = [Change(item.id, set={"page": 1}) for item in ITEMS]
    asked = [Question("text 1", ["1"]), Question("text 2", ["2"])]
    own: dict[str, Any] = {"batch_size": 2}
    yield "upsert", lambda **told: store.upsert(tenant, DOCS, ITEMS, **own, **told)
    yield "load", lambda **told: store.load(tenant, DOCS, iter(ITEMS), **told)
    yield "update", lambda **told: store.update(tenant, DOCS, changes, **own, **told)
    yield "create_index", lambda **told: store.create_index(tenant, DOCS, Hnsw(), **told)
    yield "reindex", lambda **told: store.reindex(tenant, DOCS, **told)
    yield (
        "evaluate",
        lambda **told: store.evaluate(tenant, DOCS, asked, modes=("text",), **told),
    )
    yield "alter", lambda **told: store.alter_collection(tenant, HALVES, **told)
    yield (
        "reembed",
        lambda **told: store.reembed(
            tenant, DOCS, to=Collection(DOCS, 3, "new"), embed=embed, **told
        ),
    )
    yield "maintain", lambda **told: store.maintain(tenant, dry_run=True, **told)


async def test_a_function_is_told_all_that_is_done_so_far(one_store: Any, tenant: str) -> None:
    await one_store.ensure_collection(tenant, Collection(DOCS, 2, "old"))
    told: dict[str, list[Any]] = {}
    for name, verb in verbs(one_store, tenant):
        await verb(progress=told.setdefault(name, []).append)
    assert (told["upsert"], told["load"], told["update"]) == ([2, 4, 5], [5], [2, 4, 5])
    assert told["evaluate"] == [2]
    copied, waited = told["alter"]
    assert (copied.phase, copied.done, copied.total) == ("copying items", 5, 5)
    assert waited.phase.startswith("writers waited")
    assert [(one.phase, one.done) for one in told["reembed"]] == [("embedding texts", 5)]


@pytest.mark.parametrize("open_store", ["async"], indirect=True)
async def test_an_async_function_is_awaited(
    dsn: str, tenant: str, open_store: Callable[..., Any]
) -> None:
    store = open_store(dsn)
    try:
        await store.ensure_collection(tenant, Collection(DOCS, 2, "old"))
        for name, verb in verbs(store, tenant):
            told: list[Any] = []

            async def tell(step: Any, told: list[Any] = told) -> None:
                told.append(step)

            await verb(progress=tell)
            assert told or name in {"create_index", "reindex", "maintain"}, name
    finally:
        await store.close()


def test_a_sync_store_refuses_an_async_function(sync_store: Store, tenant: str) -> None:
    async def tell(_: Any) -> None:
        raise AssertionError

    sync_store.ensure_collection(tenant, Collection(DOCS, 2, "old"))
    for name, verb in verbs(sync_store, tenant):
        if name in {"create_index", "reindex", "maintain"}:
            continue  # nothing is told of what is done at once
        with pytest.raises(InvalidArgumentError, match="progress is an async function"):
            verb(progress=tell)
        sync_store.abandon_reembed(tenant, DOCS)


async def test_true_shows_it_where_the_call_runs(
    one_store: Any, tenant: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pgrecall")
    await one_store.ensure_collection(tenant, Collection(DOCS, 2, "old"))
    ends: list[str] = []
    for _, verb in verbs(one_store, tenant):
        await verb(progress=True)
        ends += [line for line in caplog.messages if line.endswith("; done")]
        caplog.clear()
    assert [line.partition(":")[0] for line in ends] == [
        "Writing docs",
        "Loading docs",
        "Changing docs",
        "Indexing docs",
        "Indexing docs",
        "Asking docs",
        "Altering docs",
        "Re-embedding docs",
        f"Maintaining {tenant[:23]}\N{HORIZONTAL ELLIPSIS}",
    ]
    assert ends[0].startswith("Writing docs: 5 of 5 rows in 0 s, ")
    assert ends[1].startswith("Loading docs: 5 rows in 0 s, ")


async def test_a_verb_that_fails_ends_what_is_shown(
    one_store: Any, tenant: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pgrecall")
    await one_store.ensure_collection(tenant, Collection(DOCS, 2))
    items = [*ITEMS, Item("bad", [1, 2, 3])]
    with pytest.raises(InvalidArgumentError, match="'bad'") as raised:
        await one_store.upsert(tenant, DOCS, items, batch_size=5, progress=True)
    assert raised.value.written == 5
    assert caplog.messages[-1].startswith("Writing docs: 5 of 6 rows")
    assert caplog.messages[-1].endswith("; ended")
    with pytest.raises(InvalidArgumentError, match="progress must be a function, True for a bar"):
        await one_store.upsert(tenant, DOCS, items, progress=1)
