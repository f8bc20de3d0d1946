"""Tables that somebody else made, each with the same rows, and a collection of those."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
from pgvector.psycopg import register_vector
from psycopg import sql
from psycopg.types.json import Jsonb

from pgrecall import Item, Table

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS, DIMENSIONS = 300, 4
FIRST = 100
"""The first number: as many digits as the last, so that texts have the order of numbers."""
WORDS = "red cat sings,blue dog runs,green bird sings,the dog and the cat,a red bird".split(",")
LANGS = ("en", "de", None)
NAMESPACE = uuid.UUID(int=7)


@dataclass(frozen=True)
class Kind:
    """One shape of table.

    Attributes:
        account: The only account whose rows the collection has.
        made: What makes it, with ``{schema}`` for the schema; the rows go into ``articles``.
        table: How it is adopted.
        key: The item's id by the row's number.
        vector: The type of the column of vectors.
    """

    made: str
    table: Table
    key: Callable[[int], str] = "a{:03d}".format
    vector: str = f"vector({DIMENSIONS})"
    more: str = ""
    account: int | None = None

    def has(self, row: dict[str, Any]) -> bool:
        """Tell whether a row is one of the collection's."""
        return self.account is None or row["account"] == self.account


_TABLE = (
    "CREATE TABLE articles (slug text {unique}, title text, body text, embedding {vector},"
    " lang text, published date, seen timestamptz, page bigint, rating real, public boolean,"
    " tags text[], attributes jsonb, {tail}){rest};"
)
_PLAIN = Table(
    "articles",
    id="slug",
    text=["title", "body"],
    vector="embedding",
    metadata=["lang", "published", "seen", "page", "rating", "public", "tags"],
    metadata_json="attributes",
)


def _table(
    *,
    unique: str = "PRIMARY KEY",
    vector: str = "vector(4)",
    tail: str = "account integer",
    rest: str = "",
) -> str:
    return _TABLE.format(unique=unique, vector=vector, tail=tail, rest=rest)


KINDS: dict[str, Kind] = {
    "table": Kind(_table(), _PLAIN),
    "indexed table": Kind(
        _table(
            tail="tsv tsvector GENERATED ALWAYS AS (to_tsvector('english', coalesce(title, '')"
            " || ' ' || coalesce(body, ''))) STORED"
        )
        + "CREATE INDEX ON articles USING hnsw (embedding vector_cosine_ops);"
        "CREATE INDEX ON articles USING gin (tsv); CREATE INDEX ON articles (lang);",
        _PLAIN,
    ),
    "view": Kind(
        _table() + "CREATE VIEW seen_articles AS SELECT * FROM articles;",
        replace(_PLAIN, name="seen_articles"),
    ),
    "materialized view": Kind(
        _table(),
        replace(_PLAIN, name="kept_articles"),
        more="CREATE MATERIALIZED VIEW kept_articles AS SELECT * FROM articles",
    ),
    "partitioned table": Kind(
        _table(rest=" PARTITION BY HASH (slug)")
        + "CREATE TABLE articles_0 PARTITION OF articles FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
        "CREATE TABLE articles_1 PARTITION OF articles FOR VALUES WITH (MODULUS 2, REMAINDER 1);",
        _PLAIN,
    ),
    "numbered table": Kind(
        _table(unique="NOT NULL", tail="number bigint PRIMARY KEY"),
        replace(_PLAIN, id="number"),
        key=lambda number: str(number + FIRST),
    ),
    "table by uuid": Kind(
        _table(unique="NOT NULL", tail="key uuid PRIMARY KEY"),
        replace(_PLAIN, id="key"),
        key=lambda number: str(uuid.uuid5(NAMESPACE, str(number))),
    ),
    "table of a key of two columns": Kind(
        _table(unique="NOT NULL", tail="number integer, PRIMARY KEY (slug, number)"),
        replace(_PLAIN, id=["slug", "number"]),
        key=lambda number: f'["a{number:03d}", {number + FIRST}]',
    ),
    "table of reals": Kind(_table(vector="real[]"), _PLAIN, vector="real[]"),
    "table of vectors of any length": Kind(_table(vector="vector"), _PLAIN, vector="vector"),
    "part of a table": Kind(
        _table(unique="NOT NULL", tail="account integer NOT NULL, UNIQUE (account, slug)")
        + "CREATE INDEX ON articles USING hnsw (embedding vector_cosine_ops);",
        replace(_PLAIN, where={"account": 1}),
        more="INSERT INTO articles SELECT slug, 'of another', body, embedding, lang, published,"
        " seen, page, rating, public, tags, attributes, 2 FROM articles WHERE account = 1",
        account=1,
    ),
    "table of half vectors": Kind(_table(vector="halfvec(4)"), _PLAIN, vector="halfvec(4)"),
}


def rows() -> list[dict[str, Any]]:
    """Give the rows; what is None is NULL."""
    matrix = np.random.default_rng(5).integers(-8, 9, (ROWS, DIMENSIONS)).astype(np.float32)
    matrix[(matrix == 0).all(axis=1)] = 1
    start = dt.date(2026, 1, 1)
    return [
        {
            "slug": f"a{number:03d}",
            "title": None if number % 7 == 0 else f"title {number % 9}",
            "body": WORDS[number % len(WORDS)],
            "embedding": None if number == 13 else matrix[number],
            "lang": LANGS[number % len(LANGS)],
            "published": start + dt.timedelta(days=number),
            "seen": dt.datetime(2026, 1, 1, number % 24, tzinfo=dt.UTC),
            "page": number,
            "rating": number % 5 / 4,
            "public": number % 2 == 0,
            "tags": [f"t{number % 4}", f"t{number % 3}"],
            "attributes": {"author": {"name": f"n{number % 6}"}, "lang": "hidden", "k": number % 8},
            "number": number + FIRST,
            "key": uuid.uuid5(NAMESPACE, str(number)),
            "account": number % 3,
        }
        for number in range(ROWS)
    ]


def item_of(row: dict[str, Any], id_: str) -> Item:
    """Give the item that a row is."""
    metadata = {key: value for key, value in row["attributes"].items() if key != "lang"}
    metadata |= {"page": row["page"], "rating": row["rating"], "public": row["public"]}
    metadata |= {"tags": row["tags"], "published": row["published"].isoformat()}
    metadata["seen"] = row["seen"].isoformat().replace("+00:00", "Z")
    if row["lang"] is not None:
        metadata["lang"] = row["lang"]
    text = "\n\n".join(part for part in (row["title"], row["body"]) if part is not None)
    return Item(id_, row["embedding"], text, metadata)


def make(dsn: str, kind: Kind, schema: str) -> Table:
    """Make the table in a schema of its own, and say how it is adopted."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        register_vector(connection)
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        connection.execute("SELECT set_config('search_path', %s, false)", (f"{schema}, public",))
        for statement in kind.made.split(";"):
            connection.execute(statement.encode())
        found = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'articles'::regclass AND attnum > 0"
            " AND attgenerated = ''"
        ).fetchall()
        names = [name for (name,) in found]
        with connection.cursor() as cursor:
            cursor.executemany(
                sql.SQL("INSERT INTO articles ({}) VALUES ({})").format(
                    sql.SQL(", ").join(map(sql.Identifier, names)),
                    sql.SQL(", ").join(map(sql.Placeholder, names)),
                ),
                [_sent(row, kind) for row in rows()],
            )
        if kind.more:
            connection.execute(kind.more.encode())
        connection.execute("ANALYZE articles")
    return replace(kind.table, name=f"{schema}.{kind.table.name}")


def _sent(row: dict[str, Any], kind: Kind) -> dict[str, Any]:
    vector = row["embedding"]
    if vector is not None and kind.vector == "real[]":
        vector = vector.tolist()
    elif vector is not None and kind.vector.startswith("halfvec"):
        vector = str(vector.tolist())
    return {**row, "embedding": vector, "attributes": Jsonb(row["attributes"])}
