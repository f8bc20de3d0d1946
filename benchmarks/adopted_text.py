"""What serves the texts of an adopted table, and what it costs where nothing does.

The same texts are in four places: a collection, a table with a generated tsvector and GIN, one with
an index on the expression alone, and one that has neither. Questions are the first five words of
texts, asked by turns.
"""

from __future__ import annotations

import argparse
import statistics
from functools import partial
from typing import Any

import psycopg
from common import (
    TENANT,
    add_arguments,
    items,
    read_rows,
    seconds,
    server,
    show,
    table,
    table_of,
    vectors,
    without_analysis,
)

from pgrecall import Collection, Store, Table

NATIVE = "collection"
SERVED = {
    "generated column": (
        (
            "ALTER TABLE {} ADD COLUMN words tsvector"
            " GENERATED ALWAYS AS (to_tsvector('english', body)) STORED"
        ),
        "CREATE INDEX ON {} USING gin (words)",
    ),
    "index on an expression": ("CREATE INDEX ON {} USING gin (to_tsvector('english', body))",),
    "nothing": (),
}
"""What each table has beside its rows."""


def fill(store: Store, bare: psycopg.Connection[Any], count: int) -> tuple[str, list[str]]:
    """Make the collection and the tables; give where the texts are from, and what is asked."""
    rows = read_rows(count)
    store.ensure_collection(TENANT, Collection(NATIVE, 3))
    without_analysis(bare, table_of(store, NATIVE))
    store.load(TENANT, NATIVE, items(rows, vectors(count, 3)))
    for name, statements in SERVED.items():
        own = name.replace(" ", "_")
        bare.execute(f"CREATE TABLE {own} (id text PRIMARY KEY, body text NOT NULL)".encode())
        with bare.cursor() as cursor, cursor.copy(f"COPY {own} FROM STDIN".encode()) as copy:
            for row in zip(rows.ids, rows.texts, strict=True):
                copy.write_row(row)
        for statement in (*statements, "VACUUM ANALYZE {}"):
            bare.execute(statement.format(own).encode())
        store.adopt_collection(TENANT, name, Table(own, id="id", text="body"))
    return rows.source, [" ".join(text.split()[:5]) for text in rows.texts]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--queries", type=int, default=100)
    add_arguments(parser)
    args = parser.parse_args()
    shown = table("Text search on a table of one's own", "served by", "p50 ms", "to the collection")
    times: dict[str, list[float]] = {name: [] for name in (NATIVE, *SERVED)}
    with server(args.dsn) as dsn, Store(dsn) as store:
        store.list_collections(TENANT)
        with psycopg.connect(dsn, autocommit=True) as bare:
            source, asked = fill(store, bare, args.rows)
        for name in times:
            store.search_text(TENANT, name, asked[-1])
        for words in asked[: args.queries]:
            for name, took in times.items():
                took.append(1_000 * seconds(partial(store.search_text, TENANT, name, words)))
    middle = {name: statistics.median(took) for name, took in times.items()}
    for name, took in middle.items():
        shown.add_row(name, f"{took:.2f}", f"{took / middle[NATIVE]:.2f}")
    show(middle, [shown], [f"{args.rows:,}: {source}", "medians, by turns on one server"], args)


if __name__ == "__main__":
    main()
