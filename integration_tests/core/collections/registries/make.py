"""Write a registry as an older pgrecall leaves it: the dumps beside this file.

Run with that pgrecall on the path, an empty database's DSN, and pg_dump::

    PYTHONPATH=older/src python make.py DSN PG_DUMP > version_2.sql

``version_1.sql`` is of the registry's first version, ``version_2.sql`` of the second, and so on.
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import psycopg

from pgrecall import Collection, Hnsw, Item, IvfFlat, Store

TENANT = "Ténant 100%"
WORDS = ("apple", "banana", "cherry", "date")


def items(count: int) -> list[Item]:
    """Give items of three dimensions."""
    return [
        Item(
            f"id-{n:02}",
            [1.0, n / 10, (n * 7 % 13) / 10],
            f"{WORDS[n % 4]} and {WORDS[n * 3 % 4]} number {n}",
            {"page": n, "source": f"book {n % 3}"},
        )
        for n in range(count)
    ]


def fill(store: Any) -> None:
    """Make collections of several kinds, each with what a registry keeps of it."""
    fields = {"page": "number", "source": "text"}
    store.ensure_collection(TENANT, Collection("docs", 3, "model", index=Hnsw(m=8), fields=fields))
    store.load(TENANT, "docs", items(24))
    store.tune(TENANT, "docs", k=3)
    store.search_hybrid(TENANT, "docs", [1, 0.3, 0.4], "cherry")  # keeps the vectors' spread
    own = Collection(
        "own", 3, metric="ip", storage="halfvec", text_search=None, table_name='My "t"'
    )
    store.ensure_collection(TENANT, own)
    store.upsert(TENANT, "own", items(5))
    store.ensure_collection(TENANT, Collection("lists", 3, metric="l2", text_search="german"))
    store.upsert(TENANT, "lists", items(10))
    store.create_index(TENANT, "lists", IvfFlat(lists=2))
    store.ensure_collection("other", Collection("docs", 2))


def fill_version_2(store: Any) -> None:
    """Keep an entry and a record, and a collection that was re-embedded."""
    # the first version had neither
    from pgrecall.langchain import PgRecallRecordManager  # noqa: PLC0415
    from pgrecall.langgraph import PgRecallStore  # noqa: PLC0415

    PgRecallStore(store=store, tenant=TENANT).put(("a", "b"), "k", {"v": [1, "ü"]}, ttl=None)
    records = PgRecallRecordManager("namespace", store=store, tenant=TENANT, collection="docs")
    records.update(["r"], group_ids=["g"])
    store.ensure_collection(TENANT, Collection("texts", 3, "first"))
    store.upsert(TENANT, "texts", items(4))
    store.reembed(
        TENANT,
        "texts",
        to=Collection("texts", 2, "second"),
        embed=lambda texts: [[1.0, float(len(text))] for text in texts],
    )


def dumped(dsn: str, pg_dump: str) -> str:
    """Give the schema as statements that any client can send, without owners and settings."""
    asked = ["--schema=pgrecall", "--inserts", "--no-owner", "--no-privileges"]
    done = subprocess.run(
        [pg_dump, *asked, "--dbname", dsn], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    kept = [
        line for line in lines if line and not re.match(r"--|\\|SET |SELECT .*set_config", line)
    ]
    return "\n".join(kept) + "\n"


def main() -> None:
    """Fill the database and write its dump."""
    dsn, pg_dump = sys.argv[1:]
    with Store(dsn) as store:
        fill(store)
        with psycopg.connect(dsn) as connection:
            [version] = connection.execute(
                "SELECT max(coalesce((to_jsonb(v) ->> 'has')::int, version))"
                " FROM pgrecall.schema_version AS v"
            )
        if version >= (2,):
            fill_version_2(store)
    made = f"-- made by make.py, with a pgrecall whose registry has version {version[0]}"
    sys.stdout.write(f"{made}\n{dumped(dsn, pg_dump)}")


if __name__ == "__main__":
    main()
