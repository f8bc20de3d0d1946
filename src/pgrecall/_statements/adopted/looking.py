"""What is asked of a table before it is adopted, beside what the catalog says; and its marker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.names import identifier, literal
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.adopted.adopted import Adopted
    from pgrecall._statements.layout import Stored

ROW = "t"
"""What a row of the table is called."""

SHOWN_LENGTHS = 5

_NEAR = sql.SQL(
    "SELECT pg_catalog.parse_ident(%(name)s::text),"
    " ARRAY(SELECT n.nspname::text FROM pg_catalog.pg_namespace AS n"
    " WHERE n.nspname !~ '^pg_' ORDER BY 1 LIMIT %(most)s),"
    " (SELECT coalesce(pg_catalog.json_agg(ARRAY[nspname::text, relname::text]), '[]') FROM"
    " (SELECT n.nspname, c.relname FROM pg_catalog.pg_class AS c"
    " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_'"
    " AND n.nspname NOT IN ('information_schema', %(own)s::text)"
    " ORDER BY 1, 2 LIMIT %(most)s) AS found)::text"
)
_MOST = 2_000


def near(schema: str, name: str) -> Statement:
    """Ask for the parts of a name that is no table's, and for what schemas and tables there are.

    It fails where the name is none as SQL writes it.
    """
    return Statement(_NEAR, {"name": name, "own": schema, "most": _MOST})


def named(oid: int) -> Statement:
    """Ask for the schema and the name that a relation has now."""
    query = sql.SQL(
        "SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class AS c"
        " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE c.oid = %(oid)s::bigint::oid"
    )
    return Statement(query, {"oid": oid})


def is_spread(oid: int) -> Statement:
    """Ask whether Citus has a table's rows on other servers; fails where there is no Citus."""
    query = sql.SQL(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_dist_partition"
        " WHERE logicalrelid = %(oid)s::bigint::oid)"
    )
    return Statement(query, {"oid": oid})


def locked(adopted: Adopted) -> Statement:
    """Plan to lock every row; it fails where the rows of a view cannot be."""
    query = sql.SQL("EXPLAIN SELECT FROM {} AS {} FOR UPDATE")
    return Statement(query.format(_table(adopted), identifier(ROW)))


def lacking_id(adopted: Adopted, scope: sql.Composable) -> Statement:
    """Ask for one id of which a column is NULL; its columns are given as text."""
    missing = sql.SQL(" OR ").join(
        sql.SQL("{} IS NULL").format(identifier(ROW, column.name)) for column in adopted.id
    )
    query = sql.SQL("SELECT {} FROM {} AS {} WHERE ({}){} LIMIT 1").format(
        _id_as_text(adopted), _table(adopted), identifier(ROW), missing, scope
    )
    return Statement(query)


def repeated_id(adopted: Adopted, scope: sql.Composable) -> Statement:
    """Ask for one id that several rows have, and for how many."""
    columns = sql.SQL(", ").join(identifier(ROW, column.name) for column in adopted.id)
    query = sql.SQL(
        "SELECT {}, count(*) FROM {} AS {} WHERE true{} GROUP BY {} HAVING count(*) > 1 LIMIT 1"
    ).format(_id_as_text(adopted), _table(adopted), identifier(ROW), scope, columns)
    return Statement(query)


def lengths(
    adopted: Adopted, vector: str, scope: sql.Composable, *, vector_schema: str | None
) -> Statement:
    """Ask how long the vectors of a column are, the most common first, and how many are so long.

    Args:
        adopted: The table.
        vector: The column.
        scope: Its rows.
        vector_schema: The schema of pgvector; None of a column of arrays, where one that cannot be
            a vector counts as long as -1.
    """
    column = identifier(ROW, vector)
    if vector_schema is None:
        length: sql.Composable = sql.SQL(
            "CASE WHEN pg_catalog.array_ndims({0}) = 1 AND pg_catalog.array_position({0}, NULL)"
            " IS NULL AND NOT {0} OPERATOR(pg_catalog.&&)"
            " '{{NaN,Infinity,-Infinity}}'::pg_catalog.float4[]"
            " THEN pg_catalog.cardinality({0}) ELSE -1 END"
        ).format(column)
    else:
        length = sql.SQL("{}({})").format(identifier(vector_schema, "vector_dims"), column)
    query = sql.SQL(
        "SELECT {}, count(*) FROM {} AS {} WHERE {} IS NOT NULL{} GROUP BY 1 ORDER BY 2 DESC, 1"
        " LIMIT {}"
    ).format(length, _table(adopted), identifier(ROW), column, scope, literal(SHOWN_LENGTHS))
    return Statement(query)


def are_one_configuration(name: str, others: Sequence[str]) -> Statement:
    """Ask whether a text search configuration is one of those that the catalog writes so."""
    query = sql.SQL(
        "SELECT %(name)s::text::regconfig::oid = ANY(ARRAY(SELECT other::regconfig::oid"
        " FROM pg_catalog.unnest(%(others)s::text[]) AS other))"
    )
    return Statement(query, {"name": name, "others": list(others)})


def mark(stored: Stored) -> Statement:
    """Make the empty table that stands for an adopted one: who drops the collection drops it."""
    return Statement(sql.SQL("CREATE TABLE {} ()").format(stored.table))


def others_of(stored: Stored, adopted: Adopted) -> Statement:
    """Ask whether another tenant sees the rows that this one does."""
    query = sql.SQL(
        "SELECT EXISTS (SELECT FROM {} WHERE tenant <> %(tenant)s"
        " AND source ->> 'schema' = %(schema)s AND source ->> 'name' = %(name)s"
        " AND (source ->> 'where' IS NULL OR source ->> 'where' = %(where)s::text))"
    ).format(identifier(stored.schema, "collections"))
    return Statement(
        query,
        {
            "tenant": stored.tenant,
            "schema": adopted.schema,
            "name": adopted.name,
            "where": adopted.where,
        },
    )


def renew(stored: Stored, adopted: Adopted) -> Statement:
    """Note what an adopted table is by now: of the same name and columns."""
    query = sql.SQL("UPDATE {} SET source = %(source)s::jsonb WHERE id = %(id)s").format(
        identifier(stored.schema, "collections")
    )
    return Statement(query, {"source": adopted.to_json(), "id": stored.id})


def _table(adopted: Adopted) -> sql.SQL:
    return identifier(adopted.schema, adopted.name)


def _id_as_text(adopted: Adopted) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{}::text").format(identifier(ROW, column.name)) for column in adopted.id
    )


def widths(oid: int) -> Statement:
    """Ask how many bytes a value of each column takes, where ANALYZE has counted, with the rows."""
    query = sql.SQL(
        "SELECT c.reltuples::float8, coalesce((SELECT pg_catalog.json_object_agg(s.attname,"
        " s.avg_width) FROM pg_catalog.pg_stats AS s WHERE s.schemaname = n.nspname"
        " AND s.tablename = c.relname AND s.inherited = (c.relkind = 'p')), '{{}}')::text"
        " FROM pg_catalog.pg_class AS c"
        " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE c.oid = %(oid)s::bigint::oid"
    ).format()
    return Statement(query, {"oid": oid})
