"""A source's rows, page by page in the order of its key: judged, compared, copied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._statements.copying.source import ROW, type_name
from pgrecall._statements.names import identifier, literal
from pgrecall._statements.statement import Statement
from pgrecall._values.conversions import MAX_DEPTH
from pgrecall._values.strings import MAX_ID_BYTES

if TYPE_CHECKING:
    from pgrecall._statements.copying.source import Source
    from pgrecall._statements.layout import Server, Stored

SHOWN_IDS, SHOWN_CHARACTERS = 5, 80
"""How many ids of bad rows are shown, and how much of each."""

# an object or a list that so many others hold
_TOO_DEEP = f'strict $.**{{{MAX_DEPTH}}} ? (@.type() == "object" || @.type() == "array")'

_PAGE = sql.SQL("""
WITH page AS MATERIALIZED (
    SELECT {key}::text AS place, {id} AS id, coalesce({text}::text, '') AS text,
        {embedding} AS embedding, checked.valid,
        CASE WHEN checked.valid THEN {metadata} END AS metadata
    FROM {table} AS t CROSS JOIN LATERAL (SELECT {valid} AS valid) AS checked
    WHERE {range} AND {scope} AND {latest}
), judged AS MATERIALIZED (
    SELECT place, id, text, embedding, metadata, {problem} AS problem FROM page
)""")

_BAD = sql.SQL("""(
    SELECT coalesce(json_agg(json_build_array(problem, bad, ids))::text, '[]') FROM (
        SELECT problem, count(*) AS bad, (array_agg(shown ORDER BY shown))[:{ids}] AS ids
        FROM (
            SELECT problem,
                left(coalesce(nullif(id, ''), 'row ' || place), {characters}) AS shown
            FROM judged WHERE problem IS NOT NULL
        ) AS one GROUP BY problem
    ) AS grouped
)""").format(ids=literal(SHOWN_IDS), characters=literal(SHOWN_CHARACTERS))

_COUNTS = sql.SQL(
    " SELECT (SELECT count(*) FROM judged),"
    " (SELECT count(*) FROM judged WHERE problem IS NULL AND embedding IS NULL),"
    " {written}, {same}, {different}, {bad}"
)

_PRESENT = sql.SQL(""", present AS MATERIALIZED (
    SELECT {given}, {there.text} = judged.text COLLATE "C" AND {there.metadata} = judged.metadata
        AND coalesce({there.embedding} OPERATOR({vectors}.=) judged.embedding::{vector},
            {there.embedding} IS NULL AND judged.embedding IS NULL) AS same
    FROM judged JOIN {target} AS there ON {there.id} = judged.id WHERE judged.problem IS NULL
)""")

_WRITTEN = sql.SQL(""", written AS (
    INSERT INTO {target} AS existing ({columns})
    SELECT judged.id, judged.text, judged.embedding::{vector}, judged.metadata
    FROM judged LEFT JOIN present ON present.id = judged.id
    WHERE judged.problem IS NULL AND {wanted}
    ORDER BY judged.id
    ON CONFLICT ({id}) {conflict} RETURNING 1
)""")

_REPLACE = sql.SQL("DO UPDATE SET {changes}, {updated_at} = now()")


@dataclass(frozen=True, slots=True)
class Range:
    """The rows of a page: after one key, up to another; all None: the rows that have no key."""

    after: str | None
    upto: str | None
    rows: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the target takes.

    Attributes:
        dimensions: Length of its vectors.
        storage: Their type.
        is_cosine: Whether each needs a direction.
        text_fields: The declared fields that hold text: an index has room for so much.
    """

    dimensions: int
    storage: str
    is_cosine: bool
    text_fields: tuple[str, ...]


def count(source: Source) -> Statement:
    """Count the rows of a source."""
    query = sql.SQL("SELECT count(*) FROM {} AS t WHERE {}").format(
        source.table, source.is_in_scope(ROW)
    )
    return Statement(query, source.values)


def has_repeated_ids(source: Source) -> Statement:
    """Ask whether two rows have one id."""
    query = sql.SQL(
        "SELECT EXISTS (SELECT FROM {} AS t WHERE {} GROUP BY {id} HAVING count({id}) > 1)"
    ).format(source.table, source.is_in_scope(ROW), id=source.id_of(ROW))
    return Statement(query, source.values)


def first_dimensions(source: Source, server: Server) -> Statement:
    """Ask for the length of one of the vectors, where the column does not tell."""
    embedding = identifier(ROW, source.embedding.name)
    query = sql.SQL(
        "SELECT {dims}({embedding}) FROM {table} AS t"
        " WHERE {scope} AND {embedding} IS NOT NULL ORDER BY {key} LIMIT 1"
    ).format(
        dims=identifier(server.vector_schema, "vector_dims"),
        embedding=embedding,
        table=source.table,
        scope=source.is_in_scope(ROW),
        key=identifier(ROW, source.key.name),
    )
    return Statement(query, source.values)


def next_range(source: Source, after: str | None, limit: int) -> Statement:
    """Ask where the next page ends: its last key, and how many rows it has."""
    key = identifier(ROW, source.key.name)
    begun = sql.SQL("{} IS NOT NULL") if after is None else sql.SQL("{} > {}")
    query = sql.SQL(
        "SELECT page.key::text, count(*) OVER () FROM (SELECT {key} AS key FROM {table} AS t"
        " WHERE {begun} AND {scope} ORDER BY {key} LIMIT %(limit)s) AS page"
        " ORDER BY page.key DESC LIMIT 1"
    ).format(
        key=key,
        table=source.table,
        begun=begun.format(key, _bound(source, "after")),
        scope=source.is_in_scope(ROW),
    )
    return Statement(query, {**source.values, "after": after, "limit": limit})


def survey(
    source: Source, range_: Range, wanted: Wanted, server: Server, target: Stored | None
) -> Statement:
    """Judge a page: rows, those without a vector, new, same and different ones, and what is wrong.

    Bad rows come as a JSON list of kind, count and first ids.
    """
    if target is None:
        fresh = sql.SQL("(SELECT count(*) FROM judged WHERE problem IS NULL)")
        counts = _COUNTS.format(written=fresh, same=literal(0), different=literal(0), bad=_BAD)
        query = _page(source, range_, wanted, server) + counts
    else:
        fresh = sql.SQL(
            "(SELECT count(*) FROM judged WHERE problem IS NULL) - (SELECT count(*) FROM present)"
        )
        query = _page(source, range_, wanted, server) + _present(target) + _counts(fresh)
    return Statement(query, _values(source, range_))


def copy(
    source: Source, range_: Range, wanted: Wanted, target: Stored, *, overwrite: bool
) -> Statement:
    """Copy a page in id order, and count as ``survey`` does; a row that is there equal stays."""
    new = sql.SQL("present.id IS NULL")
    replaced = sql.SQL("present.same IS NOT TRUE")
    columns = target.columns
    replacing = _REPLACE.format(
        changes=columns.assigned("excluded", "text", "embedding", "metadata"),
        updated_at=columns.updated_at,
    )
    writing = _WRITTEN.format(
        target=target.table,
        columns=columns.listed("id", "text", "embedding", "metadata"),
        **columns.holes,
        vector=target.vector_type,
        wanted=replaced if overwrite else new,
        conflict=replacing if overwrite else sql.SQL("DO NOTHING"),
    )
    written: sql.Composable = sql.SQL("(SELECT count(*) FROM written)")
    if overwrite:
        written += sql.SQL(" - (SELECT count(*) FROM present WHERE NOT same)")
    counts = _counts(written)
    query = _page(source, range_, wanted, target.server) + _present(target) + writing + counts
    return Statement(query, _values(source, range_))


def _present(target: Stored) -> sql.Composed:
    columns = target.columns.of("there")
    return _PRESENT.format(
        target=target.table,
        given=columns.given("id"),
        **columns.holes,
        vector=target.vector_type,
        vectors=identifier(target.server.vector_schema),
    )


def _counts(written: sql.Composable) -> sql.Composed:
    return _COUNTS.format(
        written=written,
        same=sql.SQL("(SELECT count(*) FROM present WHERE same)"),
        different=sql.SQL("(SELECT count(*) FROM present WHERE NOT same)"),
        bad=_BAD,
    )


def _page(source: Source, range_: Range, wanted: Wanted, server: Server) -> sql.Composed:
    return _PAGE.format(
        key=identifier(ROW, source.key.name),
        id=source.id_of(ROW),
        text=identifier(ROW, source.text),
        embedding=identifier(ROW, source.embedding.name),
        metadata=source.metadata,
        table=source.table,
        valid=source.is_valid(server.version),
        range=_in_range(source, range_),
        scope=source.is_in_scope(ROW),
        latest=source.is_latest(),
        problem=_problem(source, wanted, server),
    )


def _in_range(source: Source, range_: Range) -> sql.Composable:
    key = identifier(ROW, source.key.name)
    if range_.upto is None:
        return sql.SQL("{} IS NULL").format(key)
    ends = sql.SQL("{} <= {}").format(key, _bound(source, "upto"))
    if range_.after is None:
        return ends
    return sql.SQL("{} > {} AND {}").format(key, _bound(source, "after"), ends)


def _bound(source: Source, name: str) -> sql.Composable:
    return sql.SQL("{}::text::{}").format(sql.Placeholder(name), type_name(source.key))


def _problem(source: Source, wanted: Wanted, server: Server) -> sql.Composable:
    vectors = identifier(server.vector_schema)
    cases = [
        sql.SQL("WHEN coalesce(id, '') = '' THEN 'no id'"),
        sql.SQL("WHEN octet_length(id) > {} THEN 'long id'").format(literal(MAX_ID_BYTES)),
        sql.SQL("WHEN NOT valid THEN 'json'"),
        sql.SQL("WHEN jsonb_typeof(metadata) <> 'object' THEN 'no object'"),
        sql.SQL("WHEN jsonb_path_exists(metadata, {}) THEN 'deep'").format(literal(_TOO_DEEP)),
        sql.SQL("WHEN {}.vector_dims(embedding) <> {} THEN 'dimensions'").format(
            vectors, literal(wanted.dimensions)
        ),
    ]
    if wanted.storage == "halfvec" and source.embedding.kind == "vector":
        # 65,520 is what rounds to infinity
        cases.append(
            sql.SQL(
                "WHEN EXISTS (SELECT FROM unnest(embedding::real[]) AS number"
                " WHERE abs(number) >= 65520) THEN 'range'"
            )
        )
    if wanted.is_cosine:
        # pgvector sums the squares in float4: what under- or overflows has no cosine
        cases.append(
            sql.SQL(
                "WHEN ({vector} OPERATOR({vectors}.<#>) {vector}) IN (0, '-Infinity')"
                " THEN 'direction'"
            ).format(
                vector=sql.SQL("embedding::{}").format(
                    identifier(server.vector_schema, wanted.storage)
                ),
                vectors=vectors,
            )
        )
    cases += [
        sql.SQL(
            "WHEN jsonb_typeof(metadata -> {key}) = 'string'"
            " AND octet_length(metadata ->> {key}) > {limit} THEN 'long field'"
        ).format(key=literal(field), limit=literal(MAX_ID_BYTES))
        for field in wanted.text_fields
    ]
    return sql.SQL("CASE {} END").format(sql.SQL(" ").join(cases))


def _values(source: Source, range_: Range) -> dict[str, Any]:
    return {**source.values, "after": range_.after, "upto": range_.upto}
