"""A collection gets another name, and nobody goes on under the old one unaware."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
from integration_tests.core.collections.reembed.models import NEW, Model, numbered, old_docs
from integration_tests.langchain.langchain_fakes import Words
from integration_tests.shared.calls import Calls
from integration_tests.shared.faults import blocked, closing, execute, start, until
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.outputs import Generation

from pgrecall import (
    Collection,
    CollectionConflictError,
    CollectionNotFoundError,
    DatabaseError,
    Hnsw,
    InvalidArgumentError,
    Item,
    Store,
)
from pgrecall._operations.alter import turns
from pgrecall.langchain import PgRecallSemanticCache, PgRecallVectorStore
from pgrecall.langgraph import PgRecallStore


def ids(items: Any) -> list[str]:
    return [item.id for item in items]


async def test_a_renamed_collection_is_whole_under_its_new_name(
    store: Any, sync_store: Store, tenant: str
) -> None:
    await old_docs(store, tenant, 20, index=Hnsw(), fields={"page": "number"})

    made = await store.rename_collection(tenant, "docs", 'a "new" 100 % name')

    assert made == await store.describe_collection(tenant, made.name)
    assert [one.name for one in sync_store.list_collections(tenant)] == ['a "new" 100 % name']
    assert (made.index, made.fields) == (Hnsw(), {"page": "number"})
    assert await store.count(tenant, made.name) == 20
    assert await store.upsert(tenant, made.name, numbered(1, start=90)) == 1
    found = await store.search_text(tenant, made.name, "text", filter={"page": 90})
    assert ids(found) == ["id-00090"]
    assert await store.describe_collection(tenant, "docs") is None


async def test_its_indexes_are_those_that_are_expected(store: Any, tenant: str, dsn: str) -> None:
    await old_docs(store, tenant, 5, index=Hnsw(), fields={"page": "number"})
    await store.rename_collection(tenant, "docs", "other")

    report = await store.maintain(tenant, dry_run=True)
    await store.create_index(tenant, "other", Hnsw(m=8))

    assert [one for one in report.findings if "index" in one.what] == []
    table = (await store.describe_collection(tenant, "other")).table_name
    names = execute(
        dsn,
        f"SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = '{table}'::regclass",
    )
    assert {name.split(".")[1].startswith(table.split(".")[1]) for (name,) in names} == {True}
    assert len(names) == 5


@pytest.mark.parametrize("table_name", [None, "Own table"])
async def test_who_knew_the_old_name_is_told_at_the_next_call(
    store: Any, dsn: str, tenant: str, table_name: str | None
) -> None:
    own = None if table_name is None else f"{table_name} {tenant}"[:60]
    await old_docs(store, tenant, 5, **({} if own is None else {"table_name": own}))
    async with closing(Calls(Store(dsn))) as other:
        for _ in range(2):  # what it knows is in its cache
            assert await other.count(tenant, "docs") == 5
        await store.rename_collection(tenant, "docs", "before")
        await store.ensure_collection(tenant, Collection("next", 3, "old"))
        await store.rename_collection(tenant, "next", "docs")

        if own is None:  # a name of one's own is looked up at every call
            with pytest.raises(CollectionNotFoundError):
                await other.upsert(tenant, "docs", [Item("lost", [1, 2, 3], "lost")])
        assert await other.upsert(tenant, "docs", [Item("kept", [1, 2, 3], "kept")]) == 1

    assert (await store.count(tenant, "before"), await store.list_ids(tenant, "docs")) == (
        5,
        ["kept"],
    )


@pytest.mark.parametrize("alike", ["Docs", "docs ", "docs!"])
async def test_names_that_are_alike_are_names_of_their_own(
    store: Any, dsn: str, tenant: str, alike: str
) -> None:
    await old_docs(store, tenant, 3)
    async with closing(Calls(Store(dsn))) as other:
        assert await other.count(tenant, "docs") == 3
        await store.rename_collection(tenant, "docs", alike)
        await store.ensure_collection(tenant, Collection("docs", 3, "old"))

        with pytest.raises(CollectionNotFoundError) as raised:
            await other.upsert(tenant, "docs", [Item("lost", [1, 2, 3], "lost")])
        assert raised.value.renamed == alike
        assert await other.count(tenant, "docs") == 0


async def test_who_knew_the_name_before_it_went_and_came_back_reads_what_is_there(
    store: Any, dsn: str, tenant: str
) -> None:
    await old_docs(store, tenant, 3, text_search="english")
    async with closing(Calls(Store(dsn))) as other:
        assert len(await other.search_text(tenant, "docs", "texts")) == 3
        wanted = Collection("docs", text_search="simple", storage="halfvec")
        await store.alter_collection(tenant, wanted)
        for new, before in (("other", "docs"), ("docs", "other")):
            await store.rename_collection(tenant, before, new)

        # a stem is found no more, and a vector is read as it is kept
        assert await other.search_text(tenant, "docs", "texts") == []
        assert len(await other.search_text(tenant, "docs", "text")) == 3
        assert len(await other.list_items(tenant, "docs")) == 3


async def test_two_that_change_names_are_told_of_by_their_new_ones(
    store: Any, dsn: str, tenant: str
) -> None:
    for name in ("a", "b"):
        await store.ensure_collection(tenant, Collection(name, 3, "old"))
        await store.upsert(tenant, name, numbered(3))
    async with closing(Calls(Store(dsn))) as other:
        for name in ("a", "b"):
            assert await other.count(tenant, name) == 3
        for before, new in (("a", "aside"), ("b", "a"), ("aside", "b")):
            await store.rename_collection(tenant, before, new)
        for name, now in (("a", "b"), ("b", "a")):
            with pytest.raises(CollectionNotFoundError, match="renamed to") as raised:
                await other.count(tenant, name)
            assert raised.value.renamed == now
            assert await other.count(tenant, name) == 3


async def test_the_old_name_tells_the_new_one_however_it_is_asked_for(
    store: Any, tenant: str
) -> None:
    await old_docs(store, tenant, 3)
    bound = store.bind(tenant, "docs")
    await store.rename_collection(tenant, "docs", "second")
    await store.rename_collection(tenant, "second", "third")

    calls = (
        bound.search([1, 2, 3]),
        store.get(tenant, "second", ["id-00001"]),
        bound.upsert(numbered(1)),
        store.drop_index(tenant, "docs"),
    )
    for call in calls:
        with pytest.raises(CollectionNotFoundError, match="renamed to 'third'") as raised:
            await call
        assert raised.value.renamed == "third"
    assert await store.drop_collection(tenant, "docs") == 0
    assert (await store.rename_collection(tenant, "third", "docs")).name == "docs"
    assert await bound.count() == 3


async def test_a_name_that_is_taken_is_refused_and_nothing_changes(store: Any, tenant: str) -> None:
    await old_docs(store, tenant, 3)
    before = await store.ensure_collection(tenant, Collection("taken", 3))

    with pytest.raises(CollectionConflictError, match="'taken' already") as raised:
        await store.rename_collection(tenant, "docs", "taken")

    assert (raised.value.field, raised.value.existing) == ("name", "taken")
    assert await store.describe_collection(tenant, "taken") == before
    assert await store.count(tenant, "docs") == 3
    same = await store.rename_collection(tenant, "docs", "docs")
    assert same.name == "docs"
    with pytest.raises(CollectionNotFoundError):
        await store.rename_collection(tenant, "nothing", "free")
    for wrong in ("", "x" * 1001, None):
        with pytest.raises(InvalidArgumentError):
            await store.rename_collection(tenant, "docs", wrong)


async def test_of_two_at_once_one_wins(store: Any, dsn: str, tenant: str) -> None:
    await old_docs(store, tenant, 3)
    async with closing(Calls(Store(dsn))) as other:
        await other.count(tenant, "docs")
        both = await asyncio.gather(
            start(store, store.rename_collection(tenant, "docs", "one")),
            start(other, other.rename_collection(tenant, "docs", "two")),
            return_exceptions=True,
        )
    won = [made for made in both if not isinstance(made, BaseException)]
    lost = [error for error in both if isinstance(error, BaseException)]
    assert (len(won), [type(error) for error in lost]) == (1, [CollectionNotFoundError])
    assert getattr(lost[0], "renamed", None) == won[0].name
    assert await store.count(tenant, won[0].name) == 3


async def test_a_load_at_work_ends_with_the_rows_that_it_stored(
    store: Any, sync_store: Store, tenant: str
) -> None:
    await old_docs(store, tenant, 3)

    def rename_then(_: int) -> None:
        sync_store.rename_collection(tenant, "docs", "other")

    with pytest.raises(CollectionNotFoundError, match="renamed to 'other'") as raised:
        await store.upsert(
            tenant, "docs", numbered(30, start=100), batch_size=10, progress=rename_then
        )
    assert (raised.value.written, await store.count(tenant, "other")) == (10, 13)


async def test_a_re_embedding_at_work_is_ended_first(store: Any, tenant: str) -> None:
    await old_docs(store, tenant, 3)
    await store.reembed(tenant, "docs", to=NEW, embed=Model(), accept=lambda _: False)

    for name in ("docs", "docs (next)"):
        with pytest.raises(InvalidArgumentError, match="abandon_reembed"):
            await store.rename_collection(tenant, name, "other")
    report = await store.reembed(tenant, "docs", to=NEW, embed=Model())
    kept = await store.rename_collection(tenant, report.kept, "docs of before")
    assert await store.count(tenant, kept.name) == 3
    assert await store.drop_collection(tenant, kept.name) == 3


async def test_it_waits_a_moment_for_readers_and_then_says_who_is_in_the_way(
    store: Any, tenant: str, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await old_docs(store, tenant, 3)
    monkeypatch.setattr(turns, "SWAP_TRIES", 2)
    table = (await store.describe_collection(tenant, "docs")).table_name
    with psycopg.connect(dsn) as reader:
        reader.execute(f"SELECT FROM {table}".encode())
        with pytest.raises(DatabaseError, match="for itself for a moment"):
            await store.rename_collection(tenant, "docs", "other")
        assert await store.count(tenant, "docs") == 3

    monkeypatch.setattr(turns, "SWAP_TRIES", 1_000)
    with psycopg.connect(dsn) as reader:
        reader.execute(f"SELECT FROM {table}".encode())
        waiting = start(store, store.rename_collection(tenant, "docs", "other"))
        await until(lambda: blocked(dsn))
        reader.rollback()
        assert (await waiting).name == "other"


def test_what_a_collection_makes_searchable_goes_with_it(sync_store: Store, tenant: str) -> None:
    index: Any = {"dims": 3, "embed": DeterministicFakeEmbedding(size=3)}
    embedding, answers = Words(), [Generation(text="apples")]

    def kept(name: str) -> tuple[PgRecallStore, PgRecallSemanticCache]:
        cache = PgRecallSemanticCache(
            embedding, sync_store, tenant, collection=f"{name}-cache", threshold=0.7
        )
        return PgRecallStore(sync_store, tenant=tenant, collection=name, index=index), cache

    memory, cache = kept("old")
    memory.put(("a",), "k", {"text": "kept"})
    cache.update("which fruit is red?", "m", answers)
    sync_store.rename_collection(tenant, "old", "new")
    sync_store.rename_collection(tenant, "old-cache", "new-cache")

    memory, cache = kept("new")
    assert [one.value for one in memory.search(("a",), query="x")] == [{"text": "kept"}]
    assert memory.get(("a",), "k") is not None
    assert cache.lookup("which fruit is red?", "m") == answers
    assert cache.lookup("which fruit is so red", "m") == answers


def test_an_adapter_makes_no_second_collection_under_the_old_name(
    sync_store: Store, dsn: str, tenant: str
) -> None:
    with PgRecallVectorStore(DeterministicFakeEmbedding(size=3), "docs", tenant, dsn) as adapter:
        adapter.add_texts(["one"], ids=["1"])
        sync_store.rename_collection(tenant, "docs", "other")

        for _ in range(2):
            with pytest.raises(CollectionNotFoundError, match="renamed to 'other'"):
                adapter.add_texts(["two"], ids=["2"])
            with pytest.raises(CollectionNotFoundError, match="renamed to 'other'"):
                adapter.similarity_search("one")
    assert [one.name for one in sync_store.list_collections(tenant)] == ["other"]
