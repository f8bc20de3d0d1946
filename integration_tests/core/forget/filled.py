"""A tenant that has something of every kind, and what of it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from pgrecall import Collection, Item
from pgrecall._adapters.chats import ChatOperations
from pgrecall._adapters.pair import Pair
from pgrecall._operations.entries import blobs, entry_items, records
from pgrecall._operations.entries.chats import Written
from pgrecall._operations.entries.entry_items import Part
from pgrecall._operations.threads import threads
from pgrecall._operations.threads.values import Place, Saved
from pgrecall._statements.entries import records as record_statements
from pgrecall.models import Blob, Entry

if TYPE_CHECKING:
    from pgrecall import Store

ALL = {
    "items": 11,
    "entries": 3,
    "blobs": 3,
    "threads": 2,
    "sessions": 2,
    "collections": 4,
    "records": 2,
    "log_rows": 1,
}
"""What ``fill`` makes."""

ADA, BOB = ("users", "ada"), ("users", "bob")
SEARCHED = "langgraph:memory"
"""The space of entries that the collection ``memory`` makes searchable."""
ANSWERS = "langchain_cache:answers"
"""The space of answers whose prompts the collection ``answers`` has."""


def fill(store: Store, dsn: str, tenant: str) -> None:
    """Let a tenant have something of every kind."""
    pair = Pair(store)
    context = pair.context
    store.ensure_collection(tenant, Collection("docs", 2, fields={"page": "number"}))
    # "user" is declared nowhere
    docs = [Item(f"{n}", [1.0, n], f"text {n}", {"page": n, "user": "ab"[n % 2]}) for n in range(3)]
    store.upsert(tenant, "docs", docs)
    store.ensure_collection(tenant, Collection("memory", 2))
    found = [Entry(ADA, "fact", {"x": 1}), Entry((*ADA, "work"), "job", 2), Entry(BOB, "fact", 3)]
    parts = [Part("a", "one", [1.0, 0.0]), Part("b", "two", [0.0, 1.0])]
    items = [item for entry in found[:2] for item in entry_items.items_of(entry, parts)]
    items += entry_items.items_of(found[2], parts[:1])
    write = entry_items.write(
        context, tenant, SEARCHED, found, [], collection="memory", items=items
    )
    pair.run(write)
    for space, namespace in (("bytes", ADA), ("bytes", BOB)):
        pair.run(blobs.put(context, tenant, space, [Blob(namespace, "file", b"\0")]))
    answer = Blob(("model",), "prompt", b"answer")
    pair.run(blobs.put(context, tenant, ANSWERS, [answer]))
    key = (answer.namespace, answer.key)
    store.ensure_collection(tenant, Collection("answers", 2))
    named = Item(entry_items.ids_of(key, 1)[0], [1.0, 0.0], metadata=entry_items.names_of(key))
    store.upsert(tenant, "answers", [named])
    for thread in ("users", "t2"):
        saved = Saved(Place(thread, ""), "1", None, ("b", b"x"), {}, {"c": "1"}, {"c": ("b", b"y")})
        pair.run(threads.put(context, tenant, saved, lambda _: ("b", b"y")))
    chats = chats_of(store, tenant)
    pair.run(chats.add("s1", [Written(b"hello", "hello", "human")]))
    pair.run(chats.add("s\0\ud800", [Written(b"other", "other", "human")]))
    for collection in ("docs", ""):
        place = record_statements.Place(tenant, "index", collection)
        pair.run(records.update(context, place, ["key"], group_ids=["source"], time_at_least=None))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO pgrecall.log (tenant, kind, collection, document)"
            " VALUES (%s, 'search', 'docs', '{}')",
            [tenant],
        )


def chats_of(store: Store, tenant: str) -> ChatOperations:
    """Give a tenant's chats, which are searched by their words."""
    return ChatOperations(store, tenant, "chats", "any", search=True, embeds=False)


def left(dsn: str, tenant: str) -> dict[str, int]:
    """Count the rows of a tenant in each of the tables of all tenants, and in its collections."""
    counts = {}
    with psycopg.connect(dsn, autocommit=True) as connection:
        for table in ("collections", "entries", "blobs", "records", "log"):
            query: Any = f"SELECT count(*) FROM pgrecall.{table} WHERE tenant = %s"
            counts[table] = connection.execute(query, [tenant]).fetchall()[0][0]
        listed = connection.execute(
            "SELECT name, table_name FROM pgrecall.collections"
            " WHERE tenant = %s AND source IS NULL",
            [tenant],
        )
        for name, table in listed.fetchall():
            query = f'SELECT count(*) FROM pgrecall."{table}"'
            counts[name] = connection.execute(query).fetchall()[0][0]
    return counts
