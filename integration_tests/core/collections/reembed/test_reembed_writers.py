"""What clients write while a collection is embedded anew is not lost."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from integration_tests.core.collections.reembed.models import (
    NEW,
    Model,
    fitting,
    leftovers,
    numbered,
    old_docs,
    stored_items,
    vector_of,
)
from integration_tests.shared.faults import closing, start, until

from pgrecall import (
    CollectionConflictError,
    DimensionMismatchError,
    Item,
    PgRecallError,
    ReembedReport,
    Store,
)
from pgrecall._operations.reembed import reembed as operation


async def test_what_is_written_meanwhile_is_in_the_new_collection(
    store: Any, sync_store: Store, tenant: str
) -> None:
    await old_docs(store, tenant, 60)

    def interfere(call: int) -> None:
        if call == 2:
            # behind and ahead of where the copy is
            sync_store.upsert(tenant, "docs", numbered(3, words="changed"))
            sync_store.upsert(tenant, "docs", numbered(3, start=55, words="changed"))
            sync_store.upsert(tenant, "docs", numbered(5, start=100, words="added"))
            sync_store.load(tenant, "docs", numbered(5, start=200, words="loaded"))
            sync_store.upsert(tenant, "docs", [Item("id-00004", [3, 2, 1], "text 4", {"new": 1})])
            sync_store.upsert(tenant, "docs", [Item("id-00005", None, "text 5")])
            sync_store.delete(tenant, "docs", ["id-00006", "id-00058"])
            sync_store.delete_where(tenant, "docs", {"page": 7})
            sync_store.delete(tenant, "docs", ["id-00008"])
            sync_store.upsert(tenant, "docs", numbered(1, start=8, words="back"))

    model = Model(interfere)
    report = await store.reembed(tenant, "docs", to=NEW, embed=model, batch_size=10)

    after, before = (
        await stored_items(store, tenant),
        await store.list_items(tenant, report.kept, limit=None),
    )
    assert [(i.id, i.text, i.metadata) for i in after] == [
        (i.id, i.text, i.metadata) for i in before
    ]
    assert [item.id for item in after if item.vector is None] == ["id-00005"]
    assert fitting([item for item in after if item.vector is not None])
    # a text that is the same is not embedded anew
    assert model.texts.count("text 4") == 1
    assert report.rows == len(after) == 60 - 3 + 10


async def test_a_collection_that_is_cleared_meanwhile_is_empty(
    store: Any, sync_store: Store, tenant: str
) -> None:
    await old_docs(store, tenant)

    def interfere(call: int) -> None:
        if call == 3:
            sync_store.clear(tenant, "docs")
            sync_store.upsert(tenant, "docs", numbered(2, words="after"))

    await store.reembed(tenant, "docs", to=NEW, embed=Model(interfere), batch_size=10)

    assert [item.text for item in await stored_items(store, tenant)] == ["after 0", "after 1"]


async def test_a_collection_that_is_dropped_meanwhile_takes_its_successor_with_it(
    store: Any, fresh_dsn: str, open_store: Any
) -> None:
    with Store(fresh_dsn) as other:
        async with closing(open_store(fresh_dsn)) as own:
            await old_docs(own, "t")

            def drop(call: int) -> None:
                if call == 3:
                    other.drop_collection("t", "docs")

            with pytest.raises(PgRecallError):
                await own.reembed("t", "docs", to=NEW, embed=Model(drop), batch_size=10)
            assert await own.list_collections("t") == []
            assert leftovers(fresh_dsn) == []


async def test_no_acknowledged_write_of_any_client_is_lost(
    open_store: Any, dsn: str, tenant: str
) -> None:
    """Stores of their own, with caches of their own, write and delete until after the swap."""
    async with closing(open_store(dsn)) as store:
        await old_docs(store, tenant, 300)
        over = threading.Event()
        kept: dict[str, str | None] = {}
        refused: list[type[Exception]] = []

        def write(worker: int) -> None:
            with Store(dsn, min_connections=1, max_connections=1) as own:
                number, dimensions, after = 0, 3, 0
                while after < 5:
                    after += over.is_set()
                    id_ = f"w{worker}-{number % 40:02}"
                    text = f"worker {worker} write {number}"
                    vector = [1.0, 2.0, 3.0] if dimensions == 3 else vector_of(text)
                    try:
                        if number % 5 == 4:
                            own.delete(tenant, "docs", [id_])
                            kept[id_] = None
                        else:
                            own.upsert(tenant, "docs", [Item(id_, vector, text)])
                            kept[id_] = text
                    except (CollectionConflictError, DimensionMismatchError) as error:
                        refused.append(type(error))
                        dimensions = 2
                        continue
                    number += 1

        workers = [asyncio.to_thread(write, worker) for worker in range(3)]
        writing = asyncio.gather(*workers)
        await until(lambda: len(kept) > 20)
        report = await _in_thread(store, tenant)
        over.set()
        await writing

        after = {item.id: item for item in await stored_items(store, tenant)}
        assert {id_: text for id_, text in kept.items() if text is not None} == {
            id_: item.text for id_, item in after.items() if id_[0] == "w"
        }
        # each worker's first upsert after the swap was refused, and nothing it did was lost
        assert set(refused) <= {CollectionConflictError, DimensionMismatchError}
        assert len(refused) == 3
        assert len([id_ for id_ in after if id_[0] == "i"]) == 300
        assert fitting(list(after.values()))
        assert report.kept


async def _in_thread(store: Any, tenant: str) -> ReembedReport:
    call = store.reembed(tenant, "docs", to=NEW, embed=Model(), batch_size=40)
    report: ReembedReport = await start(store, call)
    return report


async def test_stale_clients_read_the_old_collection_and_write_to_none(
    store: Any, open_store: Any, dsn: str, tenant: str
) -> None:
    await old_docs(store, tenant)
    async with closing(open_store(dsn)) as stale:
        assert await stale.count(tenant, "docs") == 50
        await store.reembed(tenant, "docs", to=NEW, embed=Model())

        found = await stale.search(tenant, "docs", [1, 1, 0.5], limit=1)
        assert [match.id for match in found] == ["id-00000"]
        with pytest.raises(CollectionConflictError, match="embedding_model='new'; 'old' was"):
            await stale.upsert(tenant, "docs", numbered(1, start=60))
        with pytest.raises(DimensionMismatchError):
            await stale.upsert(tenant, "docs", numbered(1, start=60))
        assert await stale.upsert(tenant, "docs", [Item("new", [1, 2], "new")]) == 1
    assert await store.count(tenant, "docs") == 51


@pytest.mark.parametrize("verb", ["delete", "delete_where", "load"])
async def test_a_stale_clients_delete_reaches_the_new_collection_and_its_load_does_not(
    store: Any, open_store: Any, dsn: str, tenant: str, verb: str
) -> None:
    await old_docs(store, tenant)
    async with closing(open_store(dsn)) as stale:
        assert await stale.count(tenant, "docs") == 50
        await store.reembed(tenant, "docs", to=NEW, embed=Model())
        if verb == "load":
            with pytest.raises(CollectionConflictError):
                await stale.load(tenant, "docs", numbered(1, start=60))
        else:
            given = ["id-00003"] if verb == "delete" else {"page": 3}
            assert await getattr(stale, verb)(tenant, "docs", given) == 1
    assert await store.count(tenant, "docs") == (50 if verb == "load" else 49)


async def test_writers_that_outrun_the_model_do_not_keep_the_swap_away(
    store: Any, sync_store: Store, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operation, "FEW", 1)
    await old_docs(store, tenant, 20)
    left = 12

    def interfere(_: int) -> None:
        nonlocal left
        if left:
            left -= 1
            sync_store.upsert(tenant, "docs", numbered(2, words=f"again {left}"))

    # while it holds writers off, a model that writes would wait for itself
    def outside(call: int) -> None:
        if call < 8:
            interfere(call)

    report = await store.reembed(tenant, "docs", to=NEW, embed=Model(outside), batch_size=5)

    assert report.rows == 20
    assert fitting(await stored_items(store, tenant))
