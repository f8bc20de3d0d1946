"""Changes beside other writers, a re-embedding, and roles that may not change everything."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.core.collections.reembed.models import NEW, Model, old_docs, stored_items
from integration_tests.shared.calls import ONE_STORE
from integration_tests.shared.faults import start, until
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrecall import (
    Change,
    Collection,
    CollectionConflictError,
    DatabaseError,
    Item,
    Store,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = "docs"
WAITING = (
    "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database()"
    " AND wait_event_type = 'Lock' AND query ~ 'KEY UPDATE'"
)


async def test_what_another_writer_changed_meanwhile_is_kept(
    store: Any, tenant: str, dsn: str
) -> None:
    await store.ensure_collection(tenant, Collection(DOCS, 2))
    await store.upsert(tenant, DOCS, [Item("a", [1, 2], "t", {"n": 1, "in": {}})])
    table = (await store.describe_collection(tenant, DOCS)).table_name
    other_sets = sql.SQL(
        f'UPDATE {table} SET metadata = metadata || \'{{"theirs": 1, "in": {{"x": 1}}}}\''  # type: ignore[arg-type]
    )
    change = Change("a", set={("in", "y"): 2}, remove=["n"])

    for call in (
        lambda: store.update(tenant, DOCS, [change]),
        lambda: store.update_where(tenant, DOCS, {"n": 1}, set=change.set, remove=change.remove),
    ):
        await store.update(tenant, DOCS, [Change("a", metadata={"n": 1, "in": {}})])
        with psycopg.connect(dsn) as other, psycopg.connect(dsn, autocommit=True) as eyes:
            other.execute(other_sets)
            changing = start(store, call())
            await until(lambda: eyes.execute(WAITING).fetchone() == (True,))
            other.commit()
            assert await changing == 1

        [item] = await store.get(tenant, DOCS, ["a"])
        assert item.metadata == {"theirs": 1, "in": {"x": 1, "y": 2}}


async def test_what_another_writer_made_no_object_meanwhile_is_refused(
    store: Any, tenant: str, dsn: str
) -> None:
    await store.ensure_collection(tenant, Collection(DOCS, 2))
    await store.upsert(tenant, DOCS, [Item("a", [1, 2], "t", {"in": {}}), Item("b", None)])
    table = (await store.describe_collection(tenant, DOCS)).table_name
    changes = [Change(id_, set={("in", "y"): 2}) for id_ in "ab"]

    with psycopg.connect(dsn) as other, psycopg.connect(dsn, autocommit=True) as eyes:
        other.execute(
            sql.SQL(f"UPDATE {table} SET metadata = '{{\"in\": 1}}' WHERE id = 'a'")  # type: ignore[arg-type]
        )
        changing = start(store, store.update(tenant, DOCS, changes))
        await until(lambda: eyes.execute(WAITING).fetchone() == (True,))
        other.commit()
        with pytest.raises(ValueError, match="item 'a' has at field 'in'"):
            await changing

    assert [item.metadata for item in await store.get(tenant, DOCS, ["a", "b"])] == [{"in": 1}, {}]


@ONE_STORE
async def test_writers_of_other_orders_and_shapes_never_see_a_deadlock(
    store: Any, sync_store: Store, tenant: str
) -> None:
    ids = [f"{n:04}" for n in range(400)]
    await store.ensure_collection(tenant, Collection(DOCS, 2))
    await store.upsert(tenant, DOCS, [Item(id_, [1, 2], "t") for id_ in ids])

    def write(writer: int) -> int:
        order = ids if writer % 2 else ids[::-1]
        done = 0
        for turn in range(4):
            if turn % 2:
                sync_store.update_where(
                    tenant, DOCS, {"id": {"$in": order}}, set={(f"w{writer}", "n"): turn}
                )
            changes = [
                Change(id_, text="new") if place % 3 else Change(id_, set={f"s{writer}": turn})
                for place, id_ in enumerate(order)
            ]
            done += sync_store.update(tenant, DOCS, changes)
        return done

    done = await asyncio.gather(*(asyncio.to_thread(write, writer) for writer in range(4)))

    assert done == [4 * len(ids)] * 4
    for item in await store.list_items(tenant, DOCS, limit=None):
        assert [item.metadata[f"w{writer}"]["n"] for writer in range(4)] == [3] * 4


async def test_changes_during_a_reembedding_are_in_the_new_collection(
    store: Any, sync_store: Store, tenant: str
) -> None:
    await old_docs(store, tenant, 40)

    def interfere(call: int) -> None:
        if call == 2:
            for n in (1, 38):  # behind and ahead of where the copy is
                sync_store.update(
                    tenant,
                    DOCS,
                    [
                        Change(f"id-{n:05}", set={("in", "x"): n}),
                        Change(f"id-{n + 1:05}", text="changed words"),
                        Change(f"id-{n - 1:05}", vector=None, set={"gone": True}),
                    ],
                )
            sync_store.update_where(tenant, DOCS, {"page": 7}, set={"seven": True})

    model = Model(interfere)
    report = await store.reembed(tenant, DOCS, to=NEW, embed=model, batch_size=10)

    after = await stored_items(store, tenant)
    before = await store.list_items(tenant, report.kept, limit=None)
    assert [(i.id, i.text, i.metadata) for i in after] == [
        (i.id, i.text, i.metadata) for i in before
    ]
    assert [i.id for i in after if i.vector is None] == ["id-00000", "id-00037"]
    assert model.texts.count("changed words") == 2
    assert {i.text for i in after if i.id in ("id-00002", "id-00039")} == {"changed words"}


async def test_a_store_that_knows_the_old_table_changes_the_new_one_but_brings_no_old_vector(
    store: Any, dsn: str, tenant: str
) -> None:
    await old_docs(store, tenant, 5)
    [old] = await store.get(tenant, DOCS, ["id-00001"])
    options: Any = {"min_connections": 0, "max_connections": 1}
    with Store(dsn, **options) as behind, Store(dsn, **options) as far_behind:
        behind.count(tenant, DOCS)
        far_behind.count(tenant, DOCS)
        await store.reembed(tenant, DOCS, to=NEW, embed=Model(), batch_size=10)

        assert behind.update(tenant, DOCS, [Change(old.id, set={"late": 1})]) == 1
        assert behind.update_where(tenant, DOCS, {"late": 1}, set={"late": 2}) == 1
        assert await store.count(tenant, DOCS, {"late": 2}) == 1
        with pytest.raises(CollectionConflictError):
            far_behind.update(tenant, DOCS, [Change(old.id, vector=old.vector)])


@pytest.fixture
def role(dsn: str, tenant: str) -> Iterator[str]:
    """A role that may do nothing yet."""
    name = f"role_{tenant[-12:]}"
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
        owner.execute(sql.SQL("GRANT USAGE ON SCHEMA pgrecall TO {}").format(sql.Identifier(name)))
        owner.execute(
            sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA pgrecall TO {}").format(
                sql.Identifier(name)
            )
        )
        yield name
        owner.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
        owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_a_role_that_may_only_read_is_told_and_policies_hold(
    dsn: str, sync_store: Store, tenant: str, role: str
) -> None:
    sync_store.ensure_collection(tenant, Collection(DOCS, 2))
    sync_store.upsert(tenant, DOCS, [Item(id_, [1, 2], "t", {"of": id_}) for id_ in "ab"])
    described = sync_store.describe_collection(tenant, DOCS)
    assert described is not None
    table, name = sql.SQL(described.table_name), sql.Identifier(role)  # type: ignore[arg-type]
    changes = [Change(id_, set={"n": 1}) for id_ in "ab"]

    with (
        psycopg.connect(dsn, autocommit=True) as owner,
        Store(make_conninfo(dsn, user=role), setup=False, max_connections=1) as store,
    ):
        owner.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(table, name))
        assert len(store.get(tenant, DOCS, ["a", "b"])) == 2
        with pytest.raises(DatabaseError, match=r"permission denied for table.*\[42501\]"):
            store.update(tenant, DOCS, changes)
        with pytest.raises(DatabaseError, match=r"permission denied for table.*\[42501\]"):
            store.update_where(tenant, DOCS, {"of": "a"}, set={"n": 1})

        owner.execute(sql.SQL("GRANT UPDATE ON {} TO {}").format(table, name))
        owner.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(table))
        owner.execute(sql.SQL("CREATE POLICY r ON {} FOR SELECT USING (true)").format(table))
        owner.execute(
            sql.SQL("CREATE POLICY w ON {} FOR UPDATE USING (metadata ->> 'of' = 'a')").format(
                table
            )
        )
        # what may not be changed is as if it were not there
        assert store.update(tenant, DOCS, changes) == 1
        assert store.update_where(tenant, DOCS, {"of": {"$in": ["a", "b"]}}, set={"m": 1}) == 1
        with pytest.raises(DatabaseError, match="row-level security policy"):
            store.update(tenant, DOCS, [Change("a", set={"of": "c"})])
        assert [item.metadata for item in store.get(tenant, DOCS, ["a", "b"])] == [
            {"of": "a", "n": 1, "m": 1},
            {"of": "b"},
        ]
