"""What a role that owns a collection's table needs beside, verb by verb: the page says no less."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.faults import execute, new_database
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrecall import Collection, DatabaseError, Hnsw, Item, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CREATE = "CREATE ON SCHEMA pgrecall"
ROWS = "pgrecall.collections"
UPDATE, INSERT, DELETE = f"UPDATE ON {ROWS}", f"INSERT ON {ROWS}", f"DELETE ON {ROWS}"
NUMBERS = "USAGE ON SEQUENCE pgrecall.collections_id_seq"
RECORDS = "UPDATE ON pgrecall.records"
TENANT, DOCS, OTHER = "acme", "docs", "other"
NEW = Collection(DOCS, 3, "new")

VERBS: dict[str, tuple[list[str], Callable[[Store], Any]]] = {
    "drop_index": ([UPDATE], lambda store: store.drop_index(TENANT, DOCS)),
    "clear": ([UPDATE], lambda store: store.clear(TENANT, DOCS)),
    "create_index": ([UPDATE, CREATE], lambda store: store.create_index(TENANT, DOCS, Hnsw())),
    "reindex": ([UPDATE, CREATE], lambda store: store.reindex(TENANT, DOCS)),
    "alter_collection, fields": (
        [UPDATE, CREATE],
        lambda store: store.alter_collection(TENANT, Collection(DOCS, fields={"n": "number"})),
    ),
    "alter_collection, rows anew": (
        [UPDATE, CREATE, INSERT, DELETE, NUMBERS],
        lambda store: store.alter_collection(TENANT, Collection(DOCS, text_search="simple")),
    ),
    "rename_collection": (
        [UPDATE, CREATE, RECORDS],
        lambda store: store.rename_collection(TENANT, DOCS, OTHER),
    ),
    "reembed": (
        [UPDATE, CREATE, INSERT, NUMBERS, RECORDS],
        lambda store: store.reembed(
            TENANT, DOCS, to=NEW, embed=lambda texts: [[1, 2, 3]] * len(texts)
        ),
    ),
    "drop_collection": ([DELETE], lambda store: store.drop_collection(TENANT, DOCS)),
}
"""By verb: what it needs beside owning the table, and a call."""


@pytest.fixture(scope="module")
def owners(owner_dsn: str) -> str:
    """A database for all of them."""
    return new_database(owner_dsn)


@pytest.fixture
def made(owners: str) -> Iterator[str]:
    """The same with a collection for a role to own, whatever it is called in the end."""
    with Store(owners) as store:
        store.ensure_collection(TENANT, Collection(DOCS, 2, index=Hnsw()))
        store.upsert(TENANT, DOCS, [Item("a", [1, 2], "a text", {"n": 1})])
        yield owners
        store.forget(TENANT)


def owner_of(dsn: str) -> tuple[str, str]:
    """Make a role that owns the collection's table and reads all else: its name, and a DSN."""
    role = f"owner_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(dsn) as connection:
        (table,) = connection.execute(
            "SELECT table_name FROM pgrecall.collections WHERE tenant = 'acme'"
        ).fetchone() or ("",)
        names = {"role": sql.Identifier(role), "table": sql.Identifier("pgrecall", table)}
        for statement in (
            "CREATE ROLE {role} LOGIN",
            "GRANT USAGE, CREATE ON SCHEMA pgrecall TO {role}",
            "ALTER TABLE {table} OWNER TO {role}",
            "REVOKE CREATE ON SCHEMA pgrecall FROM {role}",
            "GRANT SELECT ON ALL TABLES IN SCHEMA pgrecall TO {role}",
        ):
            connection.execute(sql.SQL(statement).format(**names))
    return role, make_conninfo(dsn, user=role)


@pytest.mark.parametrize("verb", VERBS)
def test_an_owner_needs_what_the_page_says_and_nothing_less(made: str, verb: str) -> None:
    rights, call = VERBS[verb]
    role, dsn = owner_of(made)
    for last in [*rights, None]:
        with Store(dsn, setup=False) as store:
            if last is None:
                call(store)
                return
            with pytest.raises(DatabaseError, match=r"denied|may not make a table"):
                call(store)
        execute(made, f"GRANT {last} TO {role}")
