"""What the catalog says of a table that is to be adopted, or was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._statements.adopted.described import (
    Relation,
    RelationColumn,
    TokensIndex,
    UniqueIndex,
    VectorIndex,
)
from pgrecall._statements.collections.versions import FIRST_TABLES, TABLES
from pgrecall._statements.names import identifier
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# a domain is as what it is made of, and an array of one as an array of that. PostgreSQL 18 takes a
# column for NOT NULL whose rows nobody has looked at
_COLUMNS = """
SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
    'number', a.attnum, 'name', a.attname, 'type', pg_catalog.format_type(of.oid, -1),
    'typtype', of.typtype, 'is_array', e.oid IS NOT NULL,
    'whole', pg_catalog.format_type(b.oid, -1),
    'modifier', CASE WHEN b.oid = a.atttypid THEN a.atttypmod ELSE b.modifier END,
    'is_required', t.typnotnull OR (a.attnotnull AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS n WHERE n.conrelid = a.attrelid
        AND n.contype = 'n' AND NOT n.convalidated AND n.conkey = ARRAY[a.attnum])),
    'generated', a.attgenerated::text,
    'identity', a.attidentity::text, 'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
    'uses', (SELECT pg_catalog.json_agg(u.attname ORDER BY u.attnum) FROM pg_catalog.pg_depend AS p
             JOIN pg_catalog.pg_attribute AS u
             ON u.attrelid = a.attrelid AND u.attnum = p.refobjsubid
             WHERE p.classid = 'pg_catalog.pg_attrdef'::regclass AND p.objid = d.oid
             AND p.refclassid = 'pg_catalog.pg_class'::regclass AND p.refobjid = a.attrelid
             AND u.attnum <> a.attnum),
    'is_deterministic', coalesce((SELECT l.collisdeterministic FROM pg_catalog.pg_collation AS l
                                  WHERE l.oid = a.attcollation), true),
    'may_select', pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT'),
    'may_insert', pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'INSERT'),
    'may_update', pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'UPDATE')
    ) ORDER BY a.attnum)
FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
CROSS JOIN LATERAL (
    WITH RECURSIVE base AS (
        SELECT t.oid, t.typtype, t.typbasetype, -1 AS modifier
        UNION ALL SELECT n.oid, n.typtype, n.typbasetype, o.typtypmod
        FROM base AS w JOIN pg_catalog.pg_type AS o ON o.oid = w.oid
        JOIN pg_catalog.pg_type AS n ON n.oid = o.typbasetype
        WHERE w.typtype = 'd')
    SELECT oid, modifier FROM base WHERE typtype <> 'd') AS b
LEFT JOIN pg_catalog.pg_type AS e ON e.typarray = b.oid
CROSS JOIN LATERAL (
    WITH RECURSIVE base AS (
        SELECT oid, typtype, typbasetype FROM pg_catalog.pg_type WHERE oid = coalesce(e.oid, b.oid)
        UNION ALL SELECT n.oid, n.typtype, n.typbasetype
        FROM base AS w JOIN pg_catalog.pg_type AS n ON n.oid = w.typbasetype WHERE w.typtype = 'd')
    SELECT oid, typtype FROM base WHERE typtype <> 'd') AS of
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"""

_UNIQUE = """
SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
    'name', x.relname, 'is_primary', i.indisprimary, 'is_immediate', i.indimmediate,
    'columns', (SELECT pg_catalog.json_agg(a.attname ORDER BY k.place)
                FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
                JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
                WHERE k.place <= i.indnkeyatts)) ORDER BY i.indisprimary DESC, x.relname)
FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND NOT i.indisexclusion
AND i.indpred IS NULL AND i.indexprs IS NULL"""

# of a partitioned table, one that is not valid is missing in a partition
_VECTORS = """
SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
    'name', x.relname, 'method', m.amname, 'opclass', o.opcname,
    'options', coalesce(pg_catalog.to_json(x.reloptions), '[]'),
    'definition', pg_catalog.pg_get_indexdef(x.oid, 1, false),
    'type', pg_catalog.format_type(k.atttypid, -1), 'modifier', k.atttypmod,
    'predicate', pg_catalog.pg_get_expr(i.indpred, i.indrelid)) ORDER BY x.relname)
FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_am AS m ON m.oid = x.relam
JOIN pg_catalog.pg_opclass AS o ON o.oid = i.indclass[0]
JOIN pg_catalog.pg_attribute AS k ON k.attrelid = x.oid AND k.attnum = 1
WHERE i.indrelid = c.oid AND m.amname IN ('hnsw', 'ivfflat') AND i.indisvalid AND i.indisready"""

_TOKENS = """
SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
    'name', x.relname, 'definition', pg_catalog.pg_get_indexdef(x.oid, 1, false),
    'uses', (SELECT pg_catalog.json_agg(u.attname ORDER BY u.attnum)
             FROM pg_catalog.pg_attribute AS u WHERE u.attrelid = i.indrelid AND u.attnum IN (
                 SELECT p.refobjsubid FROM pg_catalog.pg_depend AS p
                 WHERE p.classid = 'pg_catalog.pg_class'::regclass AND p.objid = x.oid
                 AND p.refclassid = 'pg_catalog.pg_class'::regclass AND p.refobjid = i.indrelid))
    ) ORDER BY x.relname)
FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_am AS m ON m.oid = x.relam
JOIN pg_catalog.pg_opclass AS o ON o.oid = i.indclass[0]
WHERE o.opcintype = 'pg_catalog.tsvector'::regtype
AND i.indrelid = c.oid AND m.amname IN ('gin', 'gist') AND i.indisvalid AND i.indisready
AND i.indpred IS NULL AND i.indnatts = 1"""

# names are resolved by the caller's search_path, and written by none: what is written is read by
# whatever session comes. CTEs keep the order, and the search_path is the caller's again behind it
_DESCRIBE = """
WITH given AS MATERIALIZED (
    SELECT pg_catalog.to_regclass(%(name)s::text)::oid AS oid,
           pg_catalog.current_setting('search_path') AS path
), bare AS MATERIALIZED (
    SELECT oid, path, pg_catalog.set_config('search_path', '', true) FROM given
), found AS MATERIALIZED (
    SELECT bare.path, c.oid::bigint AS oid, pg_catalog.json_build_object(
        'schema', n.nspname, 'name', c.relname, 'relkind', c.relkind,
        'is_temporary', c.relpersistence = 't', 'has_row_security', c.relrowsecurity,
        'has_children', EXISTS (SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhparent = c.oid)
                        AND c.relkind <> 'p',
        'may_delete', pg_catalog.has_table_privilege(c.oid, 'DELETE'),
        'allows', pg_catalog.pg_relation_is_updatable(c.oid, true),
        'is_own', n.nspname = %(own)s::text AND (c.relname = ANY(%(tables)s::text[])
            OR EXISTS (SELECT FROM {registry} AS r WHERE r.table_name = c.relname)),
        'has_citus', pg_catalog.to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL,
        'columns', ({columns}), 'unique', ({unique}),
        'vectors', ({vectors}), 'tokens', ({tokens}))::text AS told
    FROM bare LEFT JOIN pg_catalog.pg_class AS c ON c.oid = bare.oid
    LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
) SELECT oid, told, pg_catalog.set_config('search_path', path, true) FROM found"""


def describe(schema: str, name: str) -> Statement:
    """Ask all that adopting needs to know of a relation.

    Args:
        schema: The store's schema.
        name: The relation, as SQL writes it.
    """
    own = [*FIRST_TABLES, *(table for tables in TABLES.values() for table in tables)]
    # it is planned for longer than it runs
    values = {"name": name, "own": schema, "tables": own}
    return Statement(_describe(schema), values, prepare=None)


@rendered
def _describe(schema: str) -> sql.Composable:
    parts = {"columns": _COLUMNS, "unique": _UNIQUE, "vectors": _VECTORS, "tokens": _TOKENS}
    return sql.SQL(_DESCRIBE).format(
        registry=identifier(schema, "collections"),
        **{name: sql.SQL(part) for name, part in parts.items()},
    )


def read_relation(row: tuple[Any, ...]) -> Relation | None:
    """Read the row of ``describe``; None where there is no such relation."""
    oid, told = row[:2]
    if oid is None:
        return None
    found = json.loads(told)
    return Relation(
        oid=oid,
        schema=found["schema"],
        name=found["name"],
        relkind=found["relkind"],
        is_temporary=found["is_temporary"],
        has_row_security=found["has_row_security"],
        has_children=found["has_children"],
        may_delete=found["may_delete"],
        allows=found["allows"],
        is_own=found["is_own"],
        has_citus=found["has_citus"],
        columns={one["name"]: _column(one) for one in found["columns"] or ()},
        unique=tuple(_unique(one) for one in _there(found["unique"], "columns")),
        vectors=tuple(VectorIndex(**_options(one)) for one in _there(found["vectors"])),
        tokens=tuple(
            TokensIndex(one["name"], one["definition"], frozenset(one["uses"] or ()))
            for one in _there(found["tokens"])
        ),
    )


def _there(
    found: Sequence[Mapping[str, Any]] | None, part: str = "definition"
) -> list[Mapping[str, Any]]:
    """Leave out what was dropped while the catalog was read: of it nothing is told."""
    return [one for one in found or () if one[part] is not None]


def _column(found: Mapping[str, Any]) -> RelationColumn:
    return RelationColumn(**{**found, "uses": frozenset(found["uses"] or ())})


def _unique(found: Mapping[str, Any]) -> UniqueIndex:
    return UniqueIndex(**{**found, "columns": tuple(found["columns"])})


def _options(found: Mapping[str, Any]) -> dict[str, Any]:
    options = dict(option.split("=", 1) for option in found["options"])
    return {**found, "options": options}
