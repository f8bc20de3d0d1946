"""A collection gets another model's vectors while it is read and written, and loses nothing."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.shared.calls import ONE_STORE
from integration_tests.shared.faults import (
    closing,
    execute,
    is_async,
    kill_server,
    new_database,
    own_folder,
    start,
    start_own,
    until,
)
from integration_tests.shared.proxy import proxy_to
from psycopg.conninfo import make_conninfo

from pgrecall import (
    AsyncStore,
    Collection,
    CollectionConflictError,
    CollectionNotFoundError,
    DimensionMismatchError,
    Hnsw,
    InvalidArgumentError,
    Item,
    IvfFlat,
    PgRecallError,
    ReembedReport,
    Store,
)
from pgrecall._operations.reembed import reembed as operation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NEW = Collection("docs", 2, "new")


def vector_of(text: str) -> list[float]:
    """What the new model makes of a text."""
    return [1.0, float(sum(map(ord, text)) % 97)]


class Model:
    """Counts the texts it is asked for; waits, fails or writes in between where told."""

    def __init__(self, between: Callable[[int], object] | None = None) -> None:
        self.texts: list[str] = []
        self.calls = 0
        self._between = between

    def __call__(self, texts: list[str]) -> list[list[float]]:
        self.calls += 1
        if self._between is not None:
            self._between(self.calls)
        self.texts += texts
        return [vector_of(text) for text in texts]


def numbered(count: int, *, start: int = 0, words: str = "text") -> list[Item]:
    return [
        Item(f"id-{n:05}", [1.0, n + 1.0, 0.5], f"{words} {n}", {"page": n})
        for n in range(start, start + count)
    ]


async def old_docs(store: Any, tenant: str, count: int = 50, **fields: Any) -> None:
    await store.ensure_collection(tenant, Collection("docs", 3, "old", **fields))
    await store.upsert(tenant, "docs", numbered(count))


async def stored_items(store: Any, tenant: str) -> list[Item]:
    return list(await store.list_items(tenant, "docs", limit=None))


def fitting(items: list[Item]) -> bool:
    """Whether each vector is what the new model makes of the text beside it."""
    return all(item.vector == pytest.approx(vector_of(item.text)) for item in items)


def table_of(dsn: str, name: str, tenant: str) -> str:
    [(table,)] = execute(
        dsn,
        f"SELECT table_name FROM pgrecall.collections WHERE tenant = '{tenant}'"
        f" AND name = '{name}'",
    )
    return str(table)


def leftovers(dsn: str) -> list[Any]:
    """Functions and tables that a re-embedding makes on its way."""
    return execute(
        dsn,
        "SELECT relname::text FROM pg_class WHERE relname ~ '^reembed_[0-9]+$' UNION ALL"
        " SELECT proname::text FROM pg_proc WHERE proname ~ '^reembed_[0-9]+$'",
    )


# --- what is new and what stays


async def test_every_vector_is_the_new_models_and_the_rest_stays(
    store: Any, tenant: str, dsn: str
) -> None:
    await old_docs(store, tenant, fields={"page": "number"})
    await store.upsert(tenant, "docs", [Item("no vector", None, "only text")])
    before = {item.id: item for item in await stored_items(store, tenant)}
    times = f"SELECT id, created_at FROM pgrecall.{table_of(dsn, 'docs', tenant)} ORDER BY id"
    created = execute(dsn, times)
    model = Model()

    report = await store.reembed(tenant, "docs", to=NEW, embed=model, batch_size=7)

    assert (report.rows, report.embedded, sorted(model.texts)) == (
        51,
        50,
        sorted(item.text for item in before.values() if item.vector is not None),
    )
    after = await stored_items(store, tenant)
    assert fitting([item for item in after if item.id != "no vector"])
    assert [(i.id, i.text, i.metadata) for i in after] == [
        (i.id, i.text, i.metadata) for i in before.values()
    ]
    assert [item.id for item in after if item.vector is None] == ["no vector"]
    times = f"SELECT id, created_at FROM pgrecall.{table_of(dsn, 'docs', tenant)} ORDER BY id"
    assert execute(dsn, times) == created
    made = await store.describe_collection(tenant, "docs")
    assert (made.dimensions, made.embedding_model, made.fields) == (2, "new", {"page": "number"})


async def test_the_old_collection_is_read_until_it_is_dropped(
    store: Any, tenant: str, dsn: str
) -> None:
    await old_docs(store, tenant)
    report = await store.reembed(tenant, "docs", to=NEW, embed=Model())

    assert report.kept.startswith("docs (before 20")
    assert [made.name for made in await store.list_collections(tenant)] == ["docs", report.kept]
    assert (await store.search(tenant, report.kept, [1, 1, 0.5], limit=1))[0].id == "id-00000"
    for write in (
        store.upsert(tenant, report.kept, numbered(1)),
        store.delete(tenant, report.kept, ["id-00000"]),
    ):
        with pytest.raises(InvalidArgumentError, match="read, not written"):
            await write
    with pytest.raises(InvalidArgumentError, match="part of a re-embedding"):
        await store.reembed(tenant, report.kept, to=NEW, embed=Model())
    before = leftovers(dsn)
    assert await store.drop_collection(tenant, report.kept) == 50
    assert len(leftovers(dsn)) == len(before) - 1
    assert await store.upsert(tenant, "docs", [Item("more", [1, 2], "more")]) == 1


async def test_a_collection_is_reembedded_again_and_again(store: Any, tenant: str) -> None:
    await old_docs(store, tenant)
    kept = [(await store.reembed(tenant, "docs", to=NEW, embed=Model())).kept for _ in range(3)]

    assert len(set(kept)) == 3
    assert fitting(await stored_items(store, tenant))


@pytest.mark.parametrize("index", [Hnsw(m=8), IvfFlat(lists=3)])
async def test_the_index_is_built_before_the_swap(store: Any, tenant: str, index: Any) -> None:
    await old_docs(store, tenant, index=Hnsw(m=4))
    seen: list[Any] = []

    def look(report: ReembedReport) -> bool:
        seen.append(report.kept)
        return True

    to = Collection("docs", 2, "new", index=index)
    await store.reembed(tenant, "docs", to=to, embed=Model(), accept=look)

    assert seen == [None]
    assert (await store.describe_collection(tenant, "docs")).index == index
    found = await store.search(tenant, "docs", vector_of("text 3"), exact=False, limit=1)
    assert found[0].distance == pytest.approx(0, abs=1e-6)


async def test_what_is_left_at_its_default_stays_as_it_was(store: Any, tenant: str) -> None:
    await old_docs(store, tenant, index=Hnsw(m=4), storage="halfvec", metric="l2", text_search=None)
    await store.reembed(tenant, "docs", to=Collection("docs", 2), embed=Model())

    made = await store.describe_collection(tenant, "docs")
    assert (made.index, made.storage, made.metric) == (Hnsw(m=4), "halfvec", "l2")
    assert (made.embedding_model, made.text_search) == ("old", None)


async def test_an_empty_collection_is_reembedded(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 3))
    model = Model()
    report = await store.reembed(tenant, "docs", to=NEW, embed=model)

    assert (report.rows, model.calls) == (0, 0)
    assert (await store.describe_collection(tenant, "docs")).dimensions == 2


async def test_a_handle_reembeds(store: Any, tenant: str) -> None:
    await old_docs(store, tenant)
    handle = store.bind(tenant, "docs")

    assert await handle.abandon_reembed() == 0
    assert (await handle.reembed(to=NEW, embed=Model())).rows == 50


async def test_an_async_function_embeds_for_an_async_store(dsn: str, tenant: str) -> None:
    async def embed(texts: list[str]) -> list[list[float]]:
        await asyncio.sleep(0)
        return [vector_of(text) for text in texts]

    async def accept(report: ReembedReport) -> bool:
        await asyncio.sleep(0)
        return report.rows == 50

    async with AsyncStore(dsn) as store:
        await old_docs(store, tenant)
        report = await store.reembed(tenant, "docs", to=NEW, embed=embed, accept=accept)
        assert report.kept
        assert fitting(await stored_items(store, tenant))


async def test_progress_tells_how_many_texts_are_done(store: Any, tenant: str) -> None:
    await old_docs(store, tenant)
    told: list[tuple[str, int, int]] = []
    await store.reembed(
        tenant,
        "docs",
        to=NEW,
        embed=Model(),
        batch_size=20,
        progress=lambda now: told.append((now.phase, now.done, now.total)),
    )

    assert told == [("embedding texts", done, 50) for done in (20, 40, 50)]


async def test_rights_on_the_old_table_are_rights_on_the_new_one(
    store: Any, tenant: str, dsn: str
) -> None:
    await old_docs(store, tenant)
    table = table_of(dsn, "docs", tenant)
    execute(dsn, f"GRANT SELECT, DELETE ON pgrecall.{table} TO PUBLIC")
    await store.reembed(tenant, "docs", to=NEW, embed=Model())

    [(acl,)] = execute(
        dsn,
        f"SELECT relacl::text FROM pg_class WHERE relname = '{table_of(dsn, 'docs', tenant)}'",
    )
    assert "=rd/" in acl


async def test_a_role_that_only_writes_items_goes_on_before_and_after_the_swap(
    store: Any, open_store: Any, tenant: str, dsn: str
) -> None:
    await old_docs(store, tenant)
    role, table = f"writer_{tenant[-12:]}", table_of(dsn, "docs", tenant)
    execute(
        dsn,
        f"CREATE ROLE {role} LOGIN",
        f"GRANT USAGE ON SCHEMA pgrecall TO {role}",
        f"GRANT SELECT ON pgrecall.collections, pgrecall.schema_version TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON pgrecall.{table} TO {role}",
    )
    as_writer = make_conninfo(dsn, user=role)
    try:
        with Store(as_writer, setup=False) as writer:

            def interfere(call: int) -> None:
                # at the last call, the swap's, it would wait for itself
                if call == 1:
                    writer.upsert(tenant, "docs", numbered(1, start=1, words="by the writer"))

            await store.reembed(tenant, "docs", to=NEW, embed=Model(interfere), batch_size=60)
        async with closing(open_store(as_writer, setup=False)) as after:
            got = await after.get(tenant, "docs", ["id-00001"])
            assert [item.text for item in got] == ["by the writer 1"]
            assert await after.upsert(tenant, "docs", [Item("new", [1, 2], "new")]) == 1
            assert await after.delete(tenant, "docs", ["new"]) == 1
    finally:
        execute(dsn, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


# --- writers all through


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


# --- a call that dies


class Stopped(Exception):  # noqa: N818  # what a model raises in the middle
    """The model's server is away."""


def stop_at(number: int) -> Callable[[int], None]:
    def stop(call: int) -> None:
        if call == number:
            raise Stopped

    return stop


async def test_the_same_call_goes_on_and_embeds_nothing_twice(store: Any, tenant: str) -> None:
    await old_docs(store, tenant)
    first, second = Model(stop_at(4)), Model()
    with pytest.raises(Stopped):
        await store.reembed(tenant, "docs", to=NEW, embed=first, batch_size=10)
    await store.upsert(tenant, "docs", numbered(2, words="changed"))
    assert (await store.describe_collection(tenant, "docs")).dimensions == 3

    report = await store.reembed(tenant, "docs", to=NEW, embed=second, batch_size=10)

    assert (len(first.texts), report.embedded, len(second.texts)) == (30, 22, 22)
    assert not set(first.texts) & set(second.texts)
    assert fitting(await stored_items(store, tenant))


CLIENT = """
import asyncio, sys
from pgrecall import AsyncStore, Collection, Store

shell, dsn, tenant, stop = sys.argv[1:]
calls = 0
def embed(texts):
    global calls
    calls += 1
    if calls == int(stop):
        print("stopped", flush=True)
        sys.stdin.read()
    for text in texts:
        print(text, flush=True)
    return [[1.0, float(sum(map(ord, text)) % 97)] for text in texts]
keywords = {"to": Collection("docs", 2, "new"), "embed": embed, "batch_size": 10}
async def main():
    async with AsyncStore(dsn) as store:
        await store.reembed(tenant, "docs", **keywords)
if shell == "sync":
    with Store(dsn) as store:
        store.reembed(tenant, "docs", **keywords)
else:
    asyncio.run(main())
"""


async def test_a_client_that_is_killed_is_gone_on_with(store: Any, tenant: str, dsn: str) -> None:
    await old_docs(store, tenant)
    shell = "async" if is_async(store) else "sync"
    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(  # noqa: ASYNC220  # read line by line, and killed
                [sys.executable, "-c", CLIENT, shell, dsn, tenant, "4"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        assert process.stdout is not None
        embedded = list(iter(process.stdout.readline, "stopped\n"))
        process.kill()
    model = Model()
    report = await store.reembed(tenant, "docs", to=NEW, embed=model)

    assert (len(embedded), len(model.texts), report.rows) == (30, 20, 50)
    assert fitting(await stored_items(store, tenant))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """The data folder of a server that these tests kill."""
    with own_folder() as made:
        start_own(made)
        yield made


@pytest.mark.parametrize("at", [1, 3, 6])
async def test_a_server_that_is_killed_is_gone_on_with(
    open_store: Any, folder: Path, at: int
) -> None:
    dsn = new_database(start_own(folder))

    def kill(call: int) -> None:
        if call == at:
            kill_server(folder)

    async with closing(open_store(dsn, connection_timeout=1)) as store:
        await old_docs(store, "t")
        await store.upsert("t", "docs", numbered(1, start=50))
        first, second = Model(kill), Model()
        with pytest.raises(PgRecallError):
            await store.reembed("t", "docs", to=NEW, embed=first, batch_size=10)
        start_own(folder)
        report = await store.reembed("t", "docs", to=NEW, embed=second, batch_size=10)
        # what was embedded in the batch under way is lost, and nothing else
        assert len(second.texts) == 51 - (at - 1) * 10
        assert report.rows == 51
        assert fitting(await stored_items(store, "t"))


@pytest.mark.parametrize("happened", [False, True])
async def test_a_connection_lost_at_the_swaps_commit_ends_in_one_swap(
    store: Any, open_store: Any, dsn: str, tenant: str, happened: bool
) -> None:
    await old_docs(store, tenant)
    with proxy_to(dsn) as proxy:
        async with closing(open_store(proxy.dsn)) as through:
            rules: list[Any] = []

            def cut(_: ReembedReport) -> bool:
                # the next transaction is the swap
                rules.append((proxy.cut_after if happened else proxy.cut_before)(b"COMMIT"))
                return True

            report = await through.reembed(tenant, "docs", to=NEW, embed=Model(), accept=cut)
            assert rules[0].met.is_set()
            assert await through.upsert(tenant, "docs", [Item("next", [1, 2], "next")]) == 1
    names = [made.name for made in await store.list_collections(tenant)]
    assert names == ["docs", report.kept]
    assert await store.count(tenant, report.kept) == 50


async def test_a_second_call_takes_over_from_one_that_runs(
    store: Any, sync_store: Store, tenant: str
) -> None:
    await old_docs(store, tenant)
    second = Model()

    def overtake(call: int) -> None:
        if call == 3:
            sync_store.reembed(tenant, "docs", to=NEW, embed=second, batch_size=10)

    with pytest.raises(PgRecallError, match="has taken collection 'docs' over"):
        await store.reembed(tenant, "docs", to=NEW, embed=Model(overtake), batch_size=10)

    assert len(second.texts) == 30
    assert fitting(await stored_items(store, tenant))


async def test_another_target_is_refused_while_one_is_unfinished(store: Any, tenant: str) -> None:
    await old_docs(store, tenant)
    with pytest.raises(Stopped):
        await store.reembed(tenant, "docs", to=NEW, embed=Model(stop_at(3)), batch_size=10)

    for to in (
        Collection("docs", 4, "new"),
        Collection("docs", 2, "newer"),
        Collection("docs", 2, "new", index=Hnsw()),
        Collection("other", 2, "new"),
    ):
        with pytest.raises(InvalidArgumentError, match="abandon_reembed"):
            await store.reembed(tenant, "docs", to=to, embed=Model())
    assert await store.abandon_reembed(tenant, "docs") == 20
    report = await store.reembed(tenant, "docs", to=Collection("docs", 2, "newer"), embed=Model())
    assert report.embedded == 50


async def test_an_abandoned_one_leaves_nothing(open_store: Any, fresh_dsn: str) -> None:
    async with closing(open_store(fresh_dsn)) as store:
        await old_docs(store, "t")
        with pytest.raises(Stopped):
            await store.reembed("t", "docs", to=NEW, embed=Model(stop_at(3)), batch_size=10)
        assert [made.name for made in await store.list_collections("t")] == ["docs", "docs (next)"]
        assert await store.abandon_reembed("t", "docs") == 20

        assert await store.abandon_reembed("t", "docs") == 0
        assert leftovers(fresh_dsn) == []
        assert execute(fresh_dsn, "SELECT FROM pg_trigger WHERE tgname LIKE 'reembed%'") == []
        assert [made.name for made in await store.list_collections("t")] == ["docs"]
        assert await store.upsert("t", "docs", numbered(3, start=60)) == 3


async def test_a_successor_that_is_dropped_takes_its_triggers_with_it(
    open_store: Any, fresh_dsn: str
) -> None:
    async with closing(open_store(fresh_dsn)) as store:
        await old_docs(store, "t")
        with pytest.raises(Stopped):
            await store.reembed("t", "docs", to=NEW, embed=Model(stop_at(3)), batch_size=10)
        assert await store.drop_collection("t", "docs (next)") == 20
        assert leftovers(fresh_dsn) == []
        assert await store.upsert("t", "docs", numbered(3, start=60)) == 3


# --- questions


async def test_questions_compare_the_two_before_the_swap(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, "old"))
    words = [f"word {chr(97 + n)}" for n in range(20)]
    # the old model turns everything the same way; the new one knows each text
    items = [Item(text, [1.0, 0.001 * place], text) for place, text in enumerate(words)]
    await store.upsert(tenant, "docs", items)

    def new(texts: list[str]) -> list[list[float]]:
        return [[float(text == word) for word in words] for text in texts]

    report = await store.reembed(
        tenant,
        "docs",
        to=Collection("docs", 20, "new"),
        embed=new,
        questions=[
            (words[15], [words[15]]),
            (words[3], {words[3]: 2.0}),
            words[0],
        ],
        ask_old=lambda texts: [[1.0, 0.0] for _ in texts],
    )

    assert report.questions == 3
    assert (report.old_recall, report.new_recall) == (0.5, 1.0)
    assert report.old_ndcg == pytest.approx(0.5 / 2.3219280948873626)
    assert report.new_ndcg == 1.0
    assert report.overlap is not None
    assert 0 < report.overlap < 1
    assert report.kept


async def test_without_the_old_model_only_the_new_one_is_asked(store: Any, tenant: str) -> None:
    await old_docs(store, tenant)
    asked = Model()
    report = await store.reembed(
        tenant, "docs", to=NEW, embed=Model(), questions=[("who?", ["id-1"])], ask_new=asked
    )

    assert asked.texts == ["who?"]
    assert (report.old_recall, report.overlap, report.new_recall) == (None, None, 0.0)


async def test_a_report_that_is_not_accepted_leaves_the_old_one(store: Any, tenant: str) -> None:
    await old_docs(store, tenant)
    seen: list[ReembedReport] = []

    def never(report: ReembedReport) -> bool:
        seen.append(report)
        return False

    model = Model()
    report = await store.reembed(tenant, "docs", to=NEW, embed=model, accept=never)

    assert (report.kept, seen) == (None, [report])
    assert (await store.describe_collection(tenant, "docs")).dimensions == 3
    await store.upsert(tenant, "docs", numbered(1, words="later"))
    # the same call goes on: nothing but what was written since is embedded
    again = await store.reembed(tenant, "docs", to=NEW, embed=model)
    assert (again.embedded, again.rows, bool(again.kept)) == (1, 50, True)


# --- bad input


@pytest.mark.parametrize(
    ("keywords", "told"),
    [
        ({"to": Collection("docs", 2, distributed=True)}, "distributed"),
        ({"to": "docs"}, "must be a pgrecall.Collection"),
        ({"embed": None}, "a function of a list of texts"),
        ({"embed": "model"}, "embed must be a function"),
        ({"embed": lambda _: [[1.0, 2.0]]}, "gave 1 vectors for 3 texts"),
        ({"embed": lambda _: iter([])}, "a sequence of vectors"),
        ({"embed": lambda texts: [[float("nan"), 1.0] for _ in texts]}, "id-00000"),
        ({"batch_size": 0}, "batch_size"),
        ({"questions": "one"}, "not one string"),
        ({"questions": [("one", "id")]}, "a question is a text"),
        ({"questions": [("one", {"id": 0})]}, "grades"),
    ],
)
@ONE_STORE
async def test_what_cannot_be_used_is_told(
    store: Any, tenant: str, keywords: dict[str, Any], told: str
) -> None:
    await old_docs(store, tenant, 3)
    with pytest.raises(InvalidArgumentError, match=told):
        await store.reembed(tenant, "docs", **{"to": NEW, "embed": Model(), **keywords})
    assert await store.count(tenant, "docs") == 3


async def test_vectors_of_another_length_are_told(store: Any, tenant: str) -> None:
    await old_docs(store, tenant, 3)
    with pytest.raises(DimensionMismatchError, match="id-00000"):
        await store.reembed(tenant, "docs", to=Collection("docs", 5), embed=Model())


async def test_a_collection_that_is_not_there_is_told(store: Any, tenant: str) -> None:
    with pytest.raises(CollectionNotFoundError):
        await store.reembed(tenant, "docs", to=NEW, embed=Model())
    with pytest.raises(CollectionNotFoundError):
        await store.abandon_reembed(tenant, "docs")


async def test_a_successors_name_that_is_taken_is_told(store: Any, tenant: str) -> None:
    await old_docs(store, tenant, 3)
    await store.ensure_collection(tenant, Collection("other", 3))
    with pytest.raises(InvalidArgumentError, match="'other' already"):
        await store.reembed(tenant, "docs", to=Collection("other", 2), embed=Model())


async def test_a_table_with_row_level_security_is_left_alone(
    store: Any, tenant: str, dsn: str
) -> None:
    await old_docs(store, tenant, 3)
    execute(dsn, f"ALTER TABLE pgrecall.{table_of(dsn, 'docs', tenant)} ENABLE ROW LEVEL SECURITY")
    with pytest.raises(InvalidArgumentError, match="row-level security"):
        await store.reembed(tenant, "docs", to=NEW, embed=Model())
