"""What stands in tables of langchain-postgres, and tables of a user's own."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

OWN = (
    'CREATE SCHEMA "my \'%s"; CREATE TABLE "my \'%s"."it\'s ""100%%""" ('
    ' "the %s id" {id}, "the text" varchar(100), "the vector" halfvec(2),'
    ' "a ""column"" %s" numeric(9, 2), "more" json, at timestamptz, words tsvector);'
)


def own_table(dsn: str, id_type: str) -> list[str]:
    statement = OWN.format(id=id_type).replace("%%", "%")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement.encode())
    options = [
        *("--from-schema", "my '%s"),
        *("--table", 'it\'s "100%"'),
        *("--id-column", "the %s id"),
        *("--content-column", "the text"),
        *("--embedding-column", "the vector"),
        *("--metadata-json-column", "more"),
    ]
    return ["langchain-pgvectorstore", *options]


def add_own(dsn: str, *rows: tuple[Any, ...]) -> None:
    table = sql.SQL(".").join([sql.Identifier("my '%s"), sql.Identifier('it\'s "100%"')])
    with psycopg.connect(dsn, autocommit=True) as connection:
        for row in rows:
            query = sql.SQL("INSERT INTO {} VALUES ({})").format(
                table, sql.SQL(", ").join(map(sql.Literal, row))
            )
            connection.execute(query)
