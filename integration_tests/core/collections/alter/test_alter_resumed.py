"""A call that was killed midway is gone on with, or taken back."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.core.collections.reembed.models import leftovers, numbered, old_docs
from integration_tests.shared.calls import Calls
from integration_tests.shared.faults import (
    closing,
    execute,
    invalid_indexes,
    is_async,
    kill_server,
    new_database,
    own_folder,
    start_own,
)
from integration_tests.shared.proxy import proxy_to

from pgrecall import AsyncStore, Collection, InvalidArgumentError, PgRecallError, Store
from pgrecall._operations.alter import rewrite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HALF = Collection("docs", storage="halfvec")


def like(store: Any, dsn: str) -> Any:
    """A store of the same kind."""
    return AsyncStore(dsn) if is_async(store) else Calls(Store(dsn))


CLIENT = """
import asyncio, sys
from pgrecall import AsyncStore, Collection, Store
from pgrecall._operations.alter import rewrite

rewrite.PAGE = 10
shell, dsn, tenant = sys.argv[1:]
calls = 0
def progress(step):
    global calls
    calls += 1
    if calls == 3:
        print("stopped", flush=True)
        sys.stdin.read()
async def main():
    async with AsyncStore(dsn) as store:
        await store.alter_collection(tenant, wanted, progress=progress)
wanted = Collection("docs", storage="halfvec")
if shell == "sync":
    with Store(dsn) as store:
        store.alter_collection(tenant, wanted, progress=progress)
else:
    asyncio.run(main())
"""


async def test_a_client_that_is_killed_is_gone_on_with(
    store: Any, tenant: str, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await old_docs(store, tenant)
    shell = "async" if is_async(store) else "sync"
    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(  # noqa: ASYNC220  # read line by line, and killed
                [sys.executable, "-c", CLIENT, shell, dsn, tenant],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "stopped\n"
        process.kill()
    # it serves as before, and what is written is noted
    assert await store.upsert(tenant, "docs", numbered(2, words="changed")) == 2
    assert (await store.describe_collection(tenant, "docs")).storage == "vector"
    with pytest.raises(InvalidArgumentError, match="abandon_reembed"):
        await store.alter_collection(tenant, Collection("docs", text_search=None))
    monkeypatch.setattr(rewrite, "PAGE", 10)
    steps: list[Any] = []

    await store.alter_collection(tenant, HALF, progress=steps.append)

    # what was copied is not copied again
    assert [step.done for step in steps if step.phase == "copying items"] == [40, 50]
    found = await store.list_items(tenant, "docs", limit=None)
    assert [item.text for item in found][:3] == ["changed 0", "changed 1", "text 2"]
    assert (len(found), await store.abandon_reembed(tenant, "docs")) == (50, 0)


async def test_what_was_done_can_be_taken_back(open_store: Any, fresh_dsn: str) -> None:
    class Stopped(Exception):  # noqa: N818  # what progress raises in the middle
        pass

    def stop(_: Any) -> None:
        raise Stopped

    async with closing(open_store(fresh_dsn)) as store:
        await old_docs(store, "t")
        with pytest.raises(Stopped):
            await store.alter_collection("t", HALF, progress=stop)
        assert await store.abandon_reembed("t", "docs") == 50
        assert leftovers(fresh_dsn) == []
        assert execute(fresh_dsn, "SELECT tgname FROM pg_trigger WHERE tgname ~ 'reembed'") == []
        made = await store.alter_collection("t", Collection("docs", text_search=None))
        assert (made.storage, made.text_search) == ("vector", None)
        assert leftovers(fresh_dsn) == []


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """The data folder of a server that these tests kill."""
    with own_folder() as made:
        start_own(made)
        yield made


async def test_a_server_that_is_killed_is_gone_on_with(
    open_store: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewrite, "PAGE", 10)
    dsn = new_database(start_own(folder))
    calls: list[Any] = []

    def kill(step: Any) -> None:
        calls.append(step)
        if len(calls) == 3:
            kill_server(folder)

    async with closing(open_store(dsn, connection_timeout=1)) as store:
        await old_docs(store, "t")
        with pytest.raises(PgRecallError):
            await store.alter_collection("t", HALF, progress=kill)
        start_own(folder)
        await store.upsert("t", "docs", numbered(1, start=50))
        made = await store.alter_collection("t", HALF)
        assert (made.storage, await store.count("t", "docs")) == ("halfvec", 51)
        assert leftovers(dsn) == []


@pytest.mark.parametrize("happened", [False, True])
async def test_a_connection_lost_at_the_swaps_commit_ends_in_one_swap(
    store: Any, dsn: str, tenant: str, happened: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await old_docs(store, tenant)
    rules: list[Any] = []
    swap = rewrite._swap
    with proxy_to(dsn) as proxy:

        def cutting(*arguments: Any, **keywords: Any) -> Any:
            rules.append((proxy.cut_after if happened else proxy.cut_before)(b"COMMIT"))
            return swap(*arguments, **keywords)

        monkeypatch.setattr(rewrite, "_swap", cutting)
        async with closing(like(store, proxy.dsn)) as through:
            made = await through.alter_collection(tenant, HALF)
            assert rules[0].met.is_set()
    assert (made.storage, await store.count(tenant, "docs")) == ("halfvec", 50)
    assert [one.name for one in await store.list_collections(tenant)] == ["docs"]


async def test_a_fields_index_whose_build_died_is_built_anew(
    store: Any, dsn: str, tenant: str
) -> None:
    await old_docs(store, tenant, 20)
    await store.alter_collection(tenant, Collection("docs", fields={"page": "number"}))
    [(id_, table)] = execute(
        dsn, f"SELECT id, table_name FROM pgrecall.collections WHERE tenant = '{tenant}'"
    )
    names = "SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
    names += f" WHERE i.indrelid = 'pgrecall.{table}'::regclass AND c.relname ~ '_field_'"
    [(name,)] = execute(dsn, names)
    # as calls leave it that died: one is half built, one was not put in its place yet
    execute(
        dsn,
        f"ALTER INDEX pgrecall.{name} RENAME TO {name}_text",
        "UPDATE pg_index SET indisvalid = false"
        f" WHERE indexrelid = 'pgrecall.{name}_text'::regclass",
        f"CREATE INDEX {name}_number ON pgrecall.{table} ((metadata ->> 'page'))",
        f"UPDATE pgrecall.collections SET fields = '{{}}' WHERE id = {id_}",
    )
    number = execute(dsn, f"SELECT 'pgrecall.{name}_number'::regclass::oid::int")

    await store.alter_collection(tenant, Collection("docs", fields={"page": "number"}))

    assert execute(dsn, names) == [(name,)]
    assert execute(dsn, f"SELECT 'pgrecall.{name}'::regclass::oid::int") == number
    assert [one for one in invalid_indexes(dsn) if table in one] == []


async def test_what_a_call_left_that_died_is_in_nobodys_way_and_is_swept(
    store: Any, dsn: str, tenant: str
) -> None:
    await old_docs(store, tenant, 5)
    [(id_, table)] = execute(
        dsn, f"SELECT id, table_name FROM pgrecall.collections WHERE tenant = '{tenant}'"
    )
    left = f"{table}_{id_}_field_0a1b2c3d_number"[-63:]
    execute(dsn, f"CREATE INDEX {left} ON pgrecall.{table} ((metadata ->> 'page'))")

    report = await store.maintain(tenant)
    assert [(one.task, one.outcome) for one in report.findings] == [
        ("drop half-built indexes", "done")
    ]
    execute(dsn, f"CREATE INDEX {left} ON pgrecall.{table} ((metadata ->> 'page'))")
    assert (await store.alter_collection(tenant, HALF)).storage == "halfvec"
    assert (await store.maintain(tenant)).findings == ()
