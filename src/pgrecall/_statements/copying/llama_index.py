"""The tables of llama-index-vector-stores-postgres, as pgrecall's LlamaIndex store keeps nodes.

The peer writes a whole node as JSON into ``_node_content`` and its metadata a second time beside
it. Here the node's metadata becomes the item's, and what is left of the node, without what is
stored elsewhere or is a default, stays as ``_node_content``: the layout of our own store's
``llama_index/_nodes.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.copying.langchain import required, vector_column
from pgrecall._statements.copying.source import ROW, Source, json_column, json_texts
from pgrecall._statements.names import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall._statements.copying.source import Column

PREFIX = "data_"
"""What the peer puts before a table's name."""

SOURCE_KEY = "ref_doc_id"

_RESERVED = literal(["ref_doc_id", "_node_type", "_node_content"])

_NESTED = 4
"""How deep into metadata the order of keys is kept: jsonb keeps none."""

# what a node's constructor puts in itself
_DEFAULTS = literal(
    '{"excluded_embed_metadata_keys": [], "excluded_llm_metadata_keys": [],'
    ' "metadata_template": "{key}: {value}", "metadata_separator": "\\n",'
    ' "metadata_seperator": "\\n", "text_template": "{metadata_str}\\n\\n{content}",'
    ' "mimetype": "text/plain"}'
)

# the fields of the item, and what a node's JSON says of itself
_ELSEWHERE = literal(["id_", "embedding", "metadata", "relationships", "text", "class_name"])

_LINK = sql.SQL("""(
    jsonb_strip_nulls(jsonb_build_object('node_id', {link} -> 'node_id',
        'node_type', {link} -> 'node_type', 'hash', {link} -> 'hash'))
    || CASE WHEN coalesce({link} -> 'metadata', '{{}}') IN ('{{}}', 'null') THEN '{{}}'
        WHEN {link} -> 'metadata' = node.own THEN '{{"shares": true}}'
        ELSE (
            SELECT jsonb_strip_nulls(jsonb_build_object('shares',
                    jsonb_agg(key) FILTER (WHERE value = node.own -> key)))
                || jsonb_build_object('metadata', coalesce(
                    jsonb_object_agg(key, value)
                        FILTER (WHERE value IS DISTINCT FROM node.own -> key), '{{}}'))
            FROM jsonb_each({link} -> 'metadata')
        ) END
)""")

_RELATIONSHIPS = sql.SQL("""(
    SELECT jsonb_object_agg(related.key, CASE jsonb_typeof(related.value)
        WHEN 'array' THEN (
            SELECT coalesce(jsonb_agg({inner} ORDER BY child.place), '[]')
            FROM jsonb_array_elements(related.value) WITH ORDINALITY AS child (value, place)
        ) ELSE {outer} END)
    FROM jsonb_each(node.content -> 'relationships') AS related
)""").format(
    inner=_LINK.format(link=sql.SQL("child.value")),
    outer=_LINK.format(link=sql.SQL("related.value")),
)

# OFFSET 0 keeps subqueries apart: merged, they would read the JSON anew wherever it is named
_METADATA = sql.SQL("""(
    SELECT CASE WHEN node.content IS NULL THEN node.stored ELSE
        (node.own - {reserved}::text[])
        || jsonb_build_object(
            'ref_doc_id', coalesce(node.stored -> 'ref_doc_id', '"None"'),
            '_node_type', coalesce(node.stored -> '_node_type', '"TextNode"'))
        || coalesce((
            SELECT jsonb_build_object('_node_content', json_object_agg(key, value)::text)
            FROM (
                SELECT key, value::json FROM jsonb_each(node.content)
                WHERE key <> ALL ({elsewhere}::text[])
                    AND value <> coalesce({defaults}::jsonb -> key, 'null')
                UNION ALL
                SELECT 'relationships', {relationships}::json
                WHERE coalesce(node.content -> 'relationships', '{{}}') NOT IN ('{{}}', 'null')
                UNION ALL
                SELECT 'metadata', jsonb_object_agg(key, value)::json
                FROM jsonb_each(node.own) WHERE key = ANY ({reserved}::text[])
                HAVING count(*) > 0
                UNION ALL
                SELECT 'order', {order} WHERE {unordered}
            ) AS part HAVING count(*) > 0
        ), '{{}}') END
    FROM (
        SELECT stored, content, ordered,
            CASE WHEN jsonb_typeof(ordered::jsonb) = 'object' THEN ordered::jsonb ELSE '{{}}' END
                AS own
        FROM (
            SELECT stored, CASE WHEN jsonb_typeof(written::jsonb) = 'object' THEN written::jsonb END
                AS content, written::json -> 'metadata' AS ordered
            FROM (SELECT {stored} AS stored, {written} AS written OFFSET 0) AS row
            OFFSET 0
        ) AS parsed
        OFFSET 0
    ) AS node
)""")

_UNORDERED = sql.SQL("""json_typeof(node.ordered) = 'object' AND (
    EXISTS (SELECT FROM jsonb_each(node.own)
        WHERE key = ANY ({reserved}::text[]) OR jsonb_typeof(value) IN ('object', 'array'))
    OR ARRAY(SELECT json_object_keys(node.ordered)) <> ARRAY(SELECT jsonb_object_keys(node.own))
)""").format(reserved=_RESERVED)


def data_table(schema: str, table_name: str, columns: Mapping[str, Column]) -> Source:
    """Describe a table of the peer; a node that was added again has two rows: the last counts."""
    table = f"{schema}.{table_name}"
    key = required(columns, "id", table)
    metadata = required(columns, "metadata_", table)
    written = _node_content(metadata)
    return Source(
        name=table_name.removeprefix(PREFIX),
        schema=schema,
        table_name=table_name,
        key=key,
        ids=(required(columns, "node_id", table).name,),
        text=required(columns, "text", table).name,
        embedding=vector_column(columns, "embedding", table),
        metadata=node_metadata(metadata),
        json_texts=(*json_texts([metadata]), written),
        later=key.name,
    )


def node_metadata(metadata: Column) -> sql.Composable:
    """Write the metadata of a node as an item has it, from the peer's column."""
    return _METADATA.format(
        reserved=_RESERVED,
        elsewhere=_ELSEWHERE,
        defaults=_DEFAULTS,
        relationships=_RELATIONSHIPS,
        order=_order(sql.SQL("node.ordered"), _NESTED),
        unordered=_UNORDERED,
        stored=json_column(metadata),
        written=_node_content(metadata),
    )


def _node_content(metadata: Column) -> sql.Composable:
    return sql.SQL("({} ->> '_node_content')").format(identifier(ROW, metadata.name))


def _order(value: sql.Composable, depth: int) -> sql.Composable:
    # the keys of an object each with the order of its own value; 0 for what has no keys
    if depth == 0:
        return sql.SQL("'0'::json")
    inner = _order(sql.SQL("value"), depth - 1)
    return sql.SQL(
        "CASE json_typeof({value}) WHEN 'object' THEN"
        " (SELECT coalesce(json_object_agg(key, {inner}), '{{}}') FROM json_each({value}))"
        " WHEN 'array' THEN"
        " (SELECT coalesce(json_agg({inner}), '[]') FROM json_array_elements({value}))"
        " ELSE '0'::json END"
    ).format(value=value, inner=inner)
