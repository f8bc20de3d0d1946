"""Forget: everything of a tenant is gone, or what was named of it, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.core.forget.filled import ADA, ALL, SEARCHED, chats_of, fill, left
from integration_tests.shared.calls import ONE_STORE
from integration_tests.shared.faults import blocked, execute, start, until
from integration_tests.shared.registries import TENANT, restore
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrecall import (
    Collection,
    CollectionNotFoundError,
    DatabaseError,
    Forgotten,
    InvalidArgumentError,
    Item,
    Store,
)
from pgrecall._operations.entries import chats
from pgrecall._operations.forget import forget as module
from pgrecall._operations.forget import named
from pgrecall._statements.entries.table import BLOBS
from pgrecall._statements.forget import forget as statements

if TYPE_CHECKING:
    from collections.abc import Callable

NOTHING = dict.fromkeys(ALL, 0)


@pytest.fixture
def both(sync_store: Store, dsn: str, tenant: str) -> tuple[str, str]:
    """Two tenants that have the same."""
    other = f"{tenant} and so on"
    for each in (tenant, other):
        fill(sync_store, dsn, each)
    return tenant, other


@pytest.fixture
def full(sync_store: Store, dsn: str, tenant: str) -> str:
    fill(sync_store, dsn, tenant)
    return tenant


def counted(forgotten: Forgotten) -> dict[str, int]:
    return {kind: count for kind, count in forgotten.counts.items() if count}


async def test_everything_of_a_tenant_goes_and_nothing_of_another(
    store: Any, dsn: str, both: tuple[str, str]
) -> None:
    tenant, other = both
    before = left(dsn, other)

    said = await store.forget(tenant, dry_run=True)
    assert (said.counts, said.dry_run) == (ALL, True)
    assert left(dsn, tenant) == before
    forgotten = await store.forget(tenant)

    assert forgotten == Forgotten(**ALL)
    assert set(left(dsn, tenant).values()) == {0}
    assert left(dsn, other) == before
    assert (await store.forget(tenant)).counts == NOTHING
    with pytest.raises(CollectionNotFoundError):
        await store.count(tenant, "docs")


@ONE_STORE
async def test_a_namespace_goes_with_the_items_of_its_entries_and_no_thread_or_chat(
    store: Any, dsn: str, full: str
) -> None:
    said = await store.forget(full, namespace=["users", "ada"], dry_run=True)
    forgotten = await store.forget(full, namespace=ADA)

    assert counted(forgotten) == counted(said) == {"items": 4, "entries": 2, "blobs": 1}
    now = left(dsn, full)
    assert (now["entries"], now["memory"], now["docs"], now["answers"]) == (1, 1, 3, 1)
    # the thread "users" and the chats have namespaces of their own
    for internal in ("users", "sessions", "messages"):
        await store.forget(full, namespace=(internal,))
    assert (await store.forget(full, dry_run=True)).threads == 2
    assert (await store.forget(full, dry_run=True)).sessions == 2


@ONE_STORE
async def test_a_cached_answer_goes_with_the_vector_of_its_prompt(
    store: Any, dsn: str, full: str
) -> None:
    assert counted(await store.forget(full, namespace=("model",))) == {"items": 1, "blobs": 1}
    assert left(dsn, full)["answers"] == 0


@ONE_STORE
async def test_a_large_namespace_goes_in_several_statements(
    store: Any, dsn: str, full: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(named, "BATCH", 1)

    assert counted(await store.forget(full, namespace=ADA, dry_run=True))["items"] == 4
    assert counted(await store.forget(full, namespace=["users"]))["entries"] == 3
    assert left(dsn, full)["memory"] == 0


async def test_threads_and_chats_go_by_their_ids(store: Any, dsn: str, both: Any) -> None:
    tenant, other = both
    before = left(dsn, other)
    names = {"threads": ["t2", "none", "t2"], "sessions": ["s\0\ud800", "none"]}

    said = await store.forget(tenant, **names, dry_run=True)
    forgotten = await store.forget(tenant, **names)

    assert counted(forgotten) == counted(said) == {"threads": 1, "sessions": 1, "items": 1}
    now = left(dsn, tenant)
    assert now["chats"] == 1
    # a session is a row and a message; a thread a checkpoint and a value
    assert before["blobs"] - now["blobs"] == 4
    assert left(dsn, other) == before
    assert (await store.forget(tenant, threads=iter(["t2"]))).counts == NOTHING


@ONE_STORE
async def test_items_that_match_go_from_every_collection_whatever_it_declares(
    store: Any, dsn: str, full: str
) -> None:
    assert counted(await store.forget(full, filter={"user": "a"}, dry_run=True)) == {"items": 2}
    assert counted(await store.forget(full, filter={"user": "a"})) == {"items": 2}
    assert await store.list_ids(full, "docs") == ["1"]


@ONE_STORE
async def test_what_an_item_makes_searchable_goes_with_it(
    store: Any, sync_store: Store, dsn: str, full: str
) -> None:
    # one text of two that each entry of Ada's has
    said = await store.forget(full, filter={"path": "b"}, dry_run=True)
    forgotten = await store.forget(full, filter={"path": "b"})
    assert counted(forgotten) == counted(said) == {"items": 4, "entries": 2}
    assert counted(await store.forget(full, filter={"key": "prompt"})) == {"items": 1, "blobs": 1}

    assert counted(await store.forget(full, filter={"session_id": "s1"})) == {"items": 1}
    now = chats_of(sync_store, full)
    assert now.pair.run(now.read("s1")) == []
    assert len(now.pair.run(now.read("s\0\ud800"))) == 1


@ONE_STORE
async def test_several_kinds_go_together(store: Any, dsn: str, full: str) -> None:
    forgotten = await store.forget(
        full, filter={"user": "b"}, namespace=["users", "bob"], threads=["t2"], sessions=["s1"]
    )

    assert counted(forgotten) == {
        "items": 3, "entries": 1, "blobs": 1, "threads": 1, "sessions": 1
    }  # fmt: skip


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an empty filter": (
        {"filter": {}},
        r"an empty one matches every item; forget\(tenant\) alone",
    ),
    "a filter of all": ({"filter": {"$and": []}}, "filter that can leave rows"),
    "an empty namespace": ({"namespace": ()}, "name one part or more, or leave it out"),
    "one string for a namespace": ({"namespace": "users"}, "must be a tuple of strings, not str"),
    "one string for threads": ({"threads": "t1"}, "threads must be a list of strings, not str"),
    "one string for sessions": ({"sessions": "s1"}, "sessions must be a list of strings"),
    "no threads": ({"threads": []}, "threads is empty, and nothing else is named"),
    "no sessions": ({"sessions": ()}, "sessions is empty, and nothing else is named"),
    "bytes": ({"threads": ["a", b"b"]}, "threads must be strings: number 1 .from 0. is bytes"),
    "NUL": ({"threads": ["a\0"]}, "a thread id holds NUL"),
}


@pytest.mark.parametrize(("keywords", "words"), REFUSED.values(), ids=list(REFUSED))
async def test_what_names_nothing_is_not_taken_for_everything(
    one_store: Any, keywords: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=words):
        await one_store.forget("nobody", **keywords)


@ONE_STORE
async def test_many_collections_go_some_at_a_time_and_a_call_that_broke_off_goes_on(
    store: Any, dsn: str, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abcde":
        await store.ensure_collection(tenant, Collection(name, 2))
        await store.upsert(tenant, name, [Item("1", [1.0, 0.0], metadata={"user": "a"})])
    monkeypatch.setattr(module, "AT_ONCE", 2)
    assert counted(await store.forget(tenant, filter={"user": "a"})) == {"items": 5}
    whole = module.drop_table

    def breaking(context: Any, stored: Any) -> Any:
        if stored.collection.name == "d":
            raise KeyboardInterrupt
        return whole(context, stored)

    monkeypatch.setattr(module, "drop_table", breaking)
    with pytest.raises(KeyboardInterrupt):
        await store.forget(tenant)
    assert [one.name for one in await store.list_collections(tenant)] == ["c", "d", "e"]

    def refused(context: Any, stored: Any) -> Any:
        if stored.collection.name == "e":
            raise DatabaseError("must be owner of table e", sqlstate="42501")
        return whole(context, stored)

    monkeypatch.setattr(module, "drop_table", refused)
    with pytest.raises(
        DatabaseError, match=r"removed 2 collections, .* the same call goes on .*owner"
    ):
        await store.forget(tenant)
    monkeypatch.setattr(module, "drop_table", whole)

    assert counted(await store.forget(tenant)) == {"collections": 1}


@ONE_STORE
async def test_no_row_of_a_table_of_ones_own_is_touched(store: Any, dsn: str, full: str) -> None:
    own = f"own_{full[-12:]}"
    ((table,),) = execute(
        dsn,
        f"SELECT table_name FROM pgrecall.collections WHERE tenant = '{full}' AND name = 'docs'",
    )
    execute(
        dsn,
        f'ALTER TABLE pgrecall."{table}" RENAME TO {own}',
        "UPDATE pgrecall.collections SET source = jsonb_build_object('table', table_name)"
        f" WHERE tenant = '{full}' AND name = 'docs'",
    )

    for dry_run in (True, False):
        found = await store.forget(full, filter={"user": "a"}, dry_run=dry_run)
        assert (found.items, found.tables_kept) == (0, ("docs",))
        found = await store.forget(full, dry_run=dry_run)
        assert (found.items, found.collections, found.tables_kept) == (8, 4, ("docs",))
    assert str(found).endswith("; the rows of your own tables stay: 'docs'")
    assert execute(dsn, f"SELECT count(*)::int FROM pgrecall.{own}") == [(3,)]
    assert left(dsn, full)["collections"] == 0


@ONE_STORE
async def test_copies_that_a_re_embedding_keeps_are_forgotten_too(
    store: Any, dsn: str, full: str
) -> None:
    def embed(texts: list[str]) -> list[list[float]]:
        return [[1.0, 1.0, 1.0] for _ in texts]

    functions = "SELECT count(*)::int FROM pg_proc WHERE proname LIKE 'reembed%'"
    before = execute(dsn, functions)
    for name in ("docs", "memory"):
        await store.reembed(full, name, to=Collection(name, 3), embed=embed)
    assert execute(dsn, functions) > before
    kept = [one.name for one in await store.list_collections(full) if "before" in one.name]
    assert len(kept) == 2

    assert (await store.forget(full, filter={"user": "a"})).items == 4
    assert (await store.forget(full, namespace=ADA)).items == 8
    assert [len(await store.list_ids(full, name)) for name in kept] == [1, 1]
    # what keeps writers off them is there again
    with pytest.raises(InvalidArgumentError, match="re-embedding"):
        await store.delete(full, kept[0], ["1"])
    await store.forget(full)
    assert left(dsn, full)["collections"] == 0
    assert execute(dsn, functions) == before


@ONE_STORE
async def test_an_unfinished_re_embedding_is_forgotten_with_what_it_has(
    store: Any, dsn: str, full: str
) -> None:
    def breaks(texts: list[str]) -> list[list[float]]:
        if len(texts) > 1 or texts == ["text 2"]:
            raise RuntimeError("the model is away")
        return [[1.0, 1.0, 1.0] for _ in texts]

    with pytest.raises(RuntimeError):
        await store.reembed(full, "docs", to=Collection("docs", 3), embed=breaks, batch_size=1)

    assert (await store.forget(full, filter={"user": "a"})).items == 3
    assert (await store.forget(full)).counts | {"items": 0} == ALL | {"items": 0}
    assert left(dsn, full)["collections"] == 0


async def test_a_role_that_may_not_delete_removes_nothing(
    open_store: Callable[..., Any], dsn: str, full: str
) -> None:
    role = f"reader_{full[-12:]}"
    execute(
        dsn,
        f"CREATE ROLE {role} LOGIN",
        f"GRANT USAGE ON SCHEMA pgrecall TO {role}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA pgrecall TO {role}",
    )
    before = left(dsn, full)
    reader = open_store(make_conninfo(dsn, user=role), setup=False)
    assert (await reader.forget(full, dry_run=True)).counts == ALL
    for keywords in ({}, {"filter": {"user": "a"}}, {"threads": ["t2"]}):
        with pytest.raises(DatabaseError, match="permission denied"):
            await reader.forget(full, **keywords)
    await reader.close()
    assert left(dsn, full) == before
    execute(dsn, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


@ONE_STORE
async def test_who_knew_a_collection_before_is_told_that_it_is_gone(
    store: Any, dsn: str, full: str
) -> None:
    with Store(dsn) as other:
        other.count(full, "docs")
        await store.forget(full)
        with pytest.raises(CollectionNotFoundError):
            other.upsert(full, "docs", [Item("1", [1.0, 0.0])])
    assert set(left(dsn, full).values()) == {0}


@ONE_STORE
@pytest.mark.parametrize(("named", "sessions"), [({"sessions": ["s1"]}, 1), ({}, 2)])
async def test_a_writer_that_holds_a_chat_is_waited_for(
    store: Any, dsn: str, full: str, named: dict[str, Any], sessions: int
) -> None:
    place = chats.Place(full, chats.space_of("any", "chats"))
    session = chats.key_of(place, "s1")
    with psycopg.connect(dsn) as writer:
        # as add() does: the session is held, then a message is written
        writer.execute("UPDATE pgrecall.blobs SET updated_at = now() WHERE key = %s", [session])
        writer.execute(
            "INSERT INTO pgrecall.blobs (tenant, space, namespace, key, value)"
            " VALUES (%s, %s, ARRAY['messages', %s], 'late', '')",
            [*place, session],
        )
        task = start(store, store.forget(full, **named))
        await until(lambda: blocked(dsn))
        writer.commit()
    assert (await task).sessions == sessions
    query = "SELECT count(*)::int FROM pgrecall.blobs WHERE tenant = '{}' AND '{}' = ANY(namespace)"
    assert execute(dsn, query.format(full, session)) == [(0,)]


@ONE_STORE
async def test_an_entry_whose_items_are_dropped_goes_with_them(
    store: Any, dsn: str, full: str
) -> None:
    table = (await store.describe_collection(full, "memory")).table_name
    with psycopg.connect(dsn) as writer:
        # as write() does: the entry, then its items
        writer.execute(
            "INSERT INTO pgrecall.entries (tenant, space, namespace, id, metadata, created_at,"
            " updated_at) VALUES (%s, %s, '{late}', 'k', '1', now(), now())",
            [full, SEARCHED],
        )
        lock: Any = f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE"
        writer.execute(lock)
        task = start(store, store.forget(full))
        await until(lambda: blocked(dsn))
        writer.commit()
    await task
    assert set(left(dsn, full).values()) == {0}


@ONE_STORE
async def test_it_is_part_of_a_transaction_of_the_callers(
    store: Any, sync_store: Store, dsn: str, full: str
) -> None:
    before = left(dsn, full)
    with psycopg.connect(dsn) as connection:
        assert sync_store.on(connection).forget(full).counts == ALL
        connection.rollback()
    assert left(dsn, full) == before


@ONE_STORE
async def test_what_a_tenant_has_is_found_by_an_index(store: Any, dsn: str, tenant: str) -> None:
    fills = (
        "INSERT INTO pgrecall.blobs (tenant, space, namespace, key, value) SELECT"
        f" '{tenant}-' || n % 20, 'space', ARRAY['n' || n % 10], n::text, ''"
        " FROM generate_series(1, 4000) AS n"
    )
    execute(dsn, fills, "ANALYZE pgrecall.blobs")
    one = f"{tenant}-7"
    place: Any = ("pgrecall", one, "space")
    asked = {
        "the spaces": statements.spaces("pgrecall", one, BLOBS),
        "all": statements.of_tenant("pgrecall", one, BLOBS, removing=False),
        "threads": statements.within(*place, [("n7",), ("x",)], BLOBS, removing=True),
        "a namespace": statements.next_below(
            *place, ("n7",), BLOBS, after=None, most=10, removing=True
        ),
    }
    with psycopg.connect(dsn) as connection:
        for what, statement in asked.items():
            assert isinstance(statement.sql, bytes)
            explained = sql.SQL("EXPLAIN ") + sql.SQL(statement.sql.decode())  # type: ignore[arg-type]  # the code's own
            plan = str(connection.execute(explained, statement.parameters).fetchall())
            assert "blobs_pkey" in plan, what
            assert "Seq Scan on blobs" not in plan, what
    assert (await store.forget(one)).blobs == 200


@pytest.mark.parametrize(("version", "found"), [(1, (3, 39)), (2, (5, 47))])
def test_a_registry_without_the_newer_tables_is_served(
    fresh_dsn: str, version: int, found: tuple[int, int]
) -> None:
    restore(fresh_dsn, version)
    with Store(fresh_dsn, setup=False) as older:
        assert older.forget(TENANT, namespace=["a"], threads=["t"], sessions=["s"]).blobs == 0
        assert older.forget(TENANT, filter={"page": {"$gte": 0}}, dry_run=True).items > 0
        forgotten = older.forget(TENANT)
        assert (forgotten.collections, forgotten.items) == found
        assert older.list_collections(TENANT) == []
        assert len(older.list_collections("other")) == 1
