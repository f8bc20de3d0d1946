"""A re-embedding that was stopped is gone on with."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.shared.faults import (
    closing,
    execute,
    is_async,
    kill_server,
    new_database,
    own_folder,
    start_own,
)
from integration_tests.shared.proxy import proxy_to

from pgrecall import (
    Collection,
    Hnsw,
    InvalidArgumentError,
    Item,
    PgRecallError,
    ReembedReport,
    Store,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
from integration_tests.core.collections.reembed.models import (
    NEW,
    Model,
    fitting,
    leftovers,
    numbered,
    old_docs,
    stored_items,
)


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
