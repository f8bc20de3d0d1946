"""What is asked to measure what an index finds: its own answers, and how many rows are nearer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.columns import OWN
from pgrecall._statements.ctes import with_ctes
from pgrecall._statements.indexes.indexes import definition
from pgrecall._statements.items.where import Where
from pgrecall._statements.names import identifier, literal
from pgrecall._statements.rendered import rendered
from pgrecall._statements.sampling import sampled
from pgrecall._statements.search.compared import present, sent
from pgrecall._statements.search.drawing import sampled_percent
from pgrecall._statements.search.scanning import plan_values
from pgrecall._statements.search.vector import vector_arm
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.plan import Plan
    from pgrecall._values.vectors import Encoded
    from pgrecall.indexes import Index

PARTS = 1024
"""Into how many parts the ids are divided, to stand for a filter of any width."""

_ID, _EMBEDDING = sql.SQL("id"), sql.SQL("embedding")


def found(
    stored: Stored,
    query: Encoded,
    limit: int,
    plan: Plan,
    *,
    parts: int = PARTS,
    vectors: bool = False,
) -> Statement:
    """Find the nearest rows as a search does: id, distance, and the vector where it is wanted.

    Args:
        stored: The collection.
        query: The question.
        limit: Rows.
        plan: How.
        parts: Of ``PARTS`` pseudo-random parts of the ids, those that a filter would let through.
        vectors: Whether the vectors come along.
    """
    values: dict[str, object] = {"query": query, "limit": limit, **plan_values(stored, plan)}
    if parts < PARTS:
        values["parts"] = parts
    return Statement(_found(stored, plan, parts < PARTS, vectors), values)


@rendered
def _found(stored: Stored, plan: Plan, filtered: bool, vectors: bool) -> sql.Composable:
    carried = ("id", "embedding") if vectors else ("id",)
    where = Where(_within(stored, filtered).as_string(None))
    ctes = vector_arm(stored, plan, where, carried=carried, limit=sql.Placeholder("limit"))
    rows = sql.SQL("SELECT {id}, distance, {vector} FROM nearest ORDER BY distance, id").format(
        id=stored.columns.id_text(_ID), vector=sent(stored, _EMBEDDING, wanted=vectors)
    )
    return with_ctes(ctes, rows)


def found_each(
    stored: Stored,
    queries: Sequence[Encoded],
    limit: int,
    plan: Plan,
    *,
    parts: int = PARTS,
    vectors: bool = False,
) -> Statement:
    """Find the same for several questions: the question's number, from 0, and ``found``'s columns.

    Each is asked by the arm that a search has, so by the same scan of the index.
    """
    values: dict[str, object] = {"limit": limit, **plan_values(stored, plan)}
    values |= {f"query{number}": query for number, query in enumerate(queries)}
    if parts < PARTS:
        values["parts"] = parts
    return Statement(_found_each(stored, len(queries), plan, parts < PARTS, vectors), values)


@rendered
def _found_each(
    stored: Stored, count: int, plan: Plan, filtered: bool, vectors: bool
) -> sql.Composable:
    arm = _found(stored, plan, filtered, vectors).decode()
    return sql.SQL(
        "WITH {asked} SELECT asked.number, one.* FROM asked CROSS JOIN LATERAL ({arm}) AS one"
    ).format(
        asked=_asked(stored, count),
        arm=sql.SQL(arm.replace("%(query)s", "asked.query")),
    )


def nearer(
    stored: Stored,
    questions: Sequence[tuple[Encoded, float]],
    most: int,
    *,
    parts: int = PARTS,
    part: float = 1.0,
    vectors: bool = False,
) -> Statement:
    """Find, in one scan for all questions, what lies strictly nearer than a distance of each.

    Args:
        stored: The collection.
        questions: Vectors, and the distances.
        most: Rows that come of each, the nearest: where an index found next to nothing, every row
            may be nearer.
        parts: As ``found`` takes it.
        part: How much of the table is looked at.
        vectors: Whether the vectors come along.

    Returns:
        Rows of the question's number, from 0, an id, its distance, and the vector where it is
        wanted.
    """
    values: dict[str, object] = {"most": most}
    for number, (query, distance) in enumerate(questions):
        values |= {f"query{number}": query, f"bound{number}": distance}
    if parts < PARTS:
        values["parts"] = parts
    if part < 1:
        values["percent"] = 100 * part
    return Statement(_nearer(stored, len(questions), parts < PARTS, part < 1, vectors), values)


@rendered
def _nearer(
    stored: Stored, count: int, filtered: bool, is_part: bool, vectors: bool
) -> sql.Composable:
    distance = sql.SQL("item.vector {} asked.query").format(stored.distance_operator)
    drawn = sampled(stored, sql.Placeholder("percent"), repeatable=False)
    placed, carried = sql.SQL(""), sql.SQL("")
    wanted: sql.Composable = sql.SQL("")
    if vectors and stored.adopted is None and not stored.collection.distributed:
        # of a question that was led to a wrong place nearly all rows are sorted: without vectors
        placed, carried = sql.SQL(", ctid AS at"), sql.SQL(", item.at")
        wanted = sql.SQL(", (SELECT {} FROM {} WHERE ctid = nearer.at)").format(
            sent(stored, stored.columns.embedding), stored.table
        )
    elif vectors:
        carried = sql.SQL(", item.vector")
        wanted = sql.SQL(", {}").format(sent(stored, sql.SQL("vector")))
    # to join every row with every question takes twice as long as to test it for each
    near = sql.SQL(" OR ").join(
        sql.SQL("{} {} (SELECT {}) < {}").format(
            stored.columns.embedding, stored.distance_operator, *_question(stored, number)
        )
        for number in range(count)
    )
    return sql.SQL(
        "WITH {asked} SELECT number, name, distance{wanted} FROM"
        " (SELECT asked.number, item.name, {distance} AS distance{carried},"
        " row_number() OVER (PARTITION BY asked.number ORDER BY {distance}) AS place FROM"
        " (SELECT {id} AS name, {embedding} AS vector{placed} FROM {sampled}"
        " WHERE {present} AND {where} AND ({near})) AS item"
        " CROSS JOIN asked WHERE {distance} < asked.bound) AS nearer WHERE place <= %(most)s"
    ).format(
        asked=_asked(stored, count, bounded=True),
        near=near,
        wanted=wanted,
        carried=carried,
        placed=placed,
        distance=distance,
        id=stored.columns.id_text(),
        embedding=stored.columns.embedding,
        present=present(stored),
        sampled=drawn if is_part else stored.items,
        where=_within(stored, filtered),
    )


def _asked(stored: Stored, count: int, *, bounded: bool = False) -> sql.Composed:
    """Write a CTE of questions by number, and of the distance that bounds each."""
    rows = []
    for number in range(count):
        query, bound = _question(stored, number)
        values = [literal(number), query, bound] if bounded else [literal(number), query]
        rows.append(sql.SQL("({})").format(sql.SQL(", ").join(values)))
    return sql.SQL("asked (number, query{}) AS MATERIALIZED (VALUES {})").format(
        sql.SQL(", bound" if bounded else ""), sql.SQL(", ").join(rows)
    )


def _question(stored: Stored, number: int) -> tuple[sql.Composed, sql.Composed]:
    query, bound = (sql.Placeholder(f"{name}{number}") for name in ("query", "bound"))
    return sql.SQL("{}::{}").format(query, stored.vector_type), sql.SQL("{}::float8").format(bound)


def _within(stored: Stored, filtered: bool) -> sql.Composable:
    if not filtered:
        return sql.SQL("true")
    return sql.SQL("(pg_catalog.hashtext({}) & 1023) < %(parts)s::int").format(
        stored.columns.id_text()
    )


_DRAWN, _BESIDE = "pgrecall_drawn", "pgrecall_beside"


def beside(stored: Stored, rows: float) -> Stored:
    """Give a small table of the session's own, of the same kind as a collection's."""
    collection = replace(stored.collection, distributed=False, fields=None)
    return replace(
        stored,
        collection=collection,
        schema="pg_temp",
        table_name=_BESIDE,
        columns=OWN,
        source=None,
        present=None,
        settings={},
        rows=rows,
        part=None,
    )


def drawn(stored: Stored, rows: int) -> list[Statement]:
    """Draw rows into a table that ends with the transaction; the last statement tells how many."""
    create = sql.SQL("CREATE TEMP TABLE {} (id text, embedding {}) ON COMMIT DROP")
    made = create.format(identifier(_DRAWN), _typed(stored))
    percent = sampled_percent(stored, 3.0 * rows, 3.0 * rows)
    query = sql.SQL(
        "INSERT INTO {drawn} SELECT {id}, {embedding} FROM {sampled}"
        " WHERE {present} ORDER BY random() LIMIT %(rows)s"
    ).format(
        drawn=identifier("pg_temp", _DRAWN),
        id=stored.columns.id_text(),
        embedding=stored.columns.embedding,
        present=present(stored),
        sampled=sampled(stored, sql.Placeholder("percent"), repeatable=False),
    )
    return [Statement(made), Statement(query, {"rows": rows, "percent": percent})]


def indexed_beside(small: Stored, index: Index, rows: int) -> list[Statement]:
    """Put the first rows drawn into the small table, under the same index."""
    create = sql.SQL(
        "CREATE TEMP TABLE {} (id text, text text, metadata jsonb, created_at timestamptz,"
        " updated_at timestamptz, embedding {}) ON COMMIT DROP"
    ).format(identifier(_BESIDE), _typed(small))
    plain = sql.SQL("ALTER TABLE {} ALTER embedding SET STORAGE PLAIN").format(small.table)
    fill = sql.SQL(
        "INSERT INTO {} (id, embedding) SELECT id, embedding FROM {}"
        " ORDER BY md5(id) LIMIT %(rows)s"
    ).format(small.table, identifier("pg_temp", _DRAWN))
    build = sql.SQL("CREATE INDEX ON {} {}").format(small.table, definition(small, index))
    return [
        Statement(create),
        *([Statement(plain)] if small.is_plain else []),
        Statement(fill, {"rows": rows}),
        Statement(build),
    ]


def left_out(small: Stored, rows: int) -> Statement:
    """Read the rows drawn that are not among the first, in the small table: id and binary form."""
    query = sql.SQL(
        "SELECT id, {}(embedding) FROM (SELECT id, embedding FROM {}"
        " ORDER BY md5(id) OFFSET %(rows)s) AS taken"
    ).format(small.send_function, identifier("pg_temp", _DRAWN))
    return Statement(query, {"rows": rows})


def gone() -> Statement:
    """Drop both: the transaction may be a caller's, who measures twice in it."""
    names = [identifier("pg_temp", name) for name in (_DRAWN, _BESIDE)]
    return Statement(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.SQL(", ").join(names)))


def _typed(stored: Stored) -> sql.Composed:
    return sql.SQL("{}({})").format(stored.vector_type, literal(stored.dimensions))
