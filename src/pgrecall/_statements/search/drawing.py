"""Rows drawn at random: how many of them match, and vectors of some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.indexes.parts import index_test
from pgrecall._statements.rendered import rendered
from pgrecall._statements.sampling import sampled
from pgrecall._statements.search.compared import directed, present
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored

_SAMPLE = sql.SQL(
    "SELECT (count(*) FILTER (WHERE {where}))::float8 / nullif(count(*), 0) AS filter_share"
    " FROM {sampled}"
)
_SAMPLE_OF_PART = sql.SQL(
    "SELECT (count(*) FILTER (WHERE {part} AND {where}))::float8 / nullif(count(*), 0)"
    " AS filter_share, (count(*) FILTER (WHERE {part} AND {where}))::float8"
    " / nullif(count(*) FILTER (WHERE {part}), 0) AS part_share FROM {sampled}"
)
PART_SAMPLED = 3
"""Times the rows of a part that are wanted of it, which are to be among those sampled."""
SAMPLED_FROM = 20_000
"""Rows from which a few are drawn at random, at least."""


def sample(stored: Stored, where: sql.Composable) -> tuple[str, sql.Composable]:
    """Write the CTE ``sampled``: the share of some rows, ``sample_percent`` of them, that match."""
    # an index passes over rows that an adopted table is not held to, and the filter leaves them out
    taken = sampled(stored, sql.Placeholder("sample_percent"), scoped=False)
    holes = {"where": where, "sampled": taken}
    if stored.part is None:
        return ("sampled", _SAMPLE.format(**holes))
    return ("sampled", _SAMPLE_OF_PART.format(**holes, part=index_test(stored, stored.part)))


def sample_vectors(stored: Stored, size: int, *, repeatable: bool = False) -> Statement:
    """Take vectors at random, or the same of the same rows: id and binary form."""
    percent = sampled_percent(stored, 20 * size, PART_SAMPLED * size)
    values = {"percent": percent, "size": size}
    return Statement(_sample_vectors(stored, repeatable), values)


def count(stored: Stored, *, all_: bool = False) -> Statement:
    """Count the rows as they are, and what part of them has a vector, by some pages or by all.

    The pages are the same each time: where few have one, and these lie together, what was counted
    once says otherwise only after others have.
    """
    percent = 100.0 if all_ else sampled_percent(stored, 0, 0)
    return Statement(_count(stored), {"percent": percent})


def sampled_percent(stored: Stored, rows: float, of_part: float) -> float:
    """Give the percentage of the table that has so many rows, or so many of the part's.

    Whole pages come, and of few pages none may: so many rows make them many.
    """
    share = max(rows, SAMPLED_FROM) / max(stored.rows, 1.0)
    if stored.part is not None:
        few = SAMPLED_FROM / max(stored.table_rows, 1.0)
        share = max(of_part / max(stored.rows, 1.0), few)
    return min(100.0, 100.0 * share)


@rendered
def _count(stored: Stored) -> sql.Composable:
    percent = sql.Placeholder("percent")
    form = (
        "SELECT count(*) * 100 / {percent}::float8,"
        " (count(*) FILTER (WHERE {present}))::float8 / nullif(count(*), 0) FROM {sampled}"
    )
    return sql.SQL(form).format(
        percent=percent,
        present=present(stored),
        sampled=sampled(stored, percent),
    )


@rendered
def _sample_vectors(stored: Stored, repeatable: bool) -> sql.Composable:
    drawn = sampled(stored, sql.Placeholder("percent"), repeatable=repeatable, by_row=repeatable)
    id_text = stored.columns.id_text(sql.SQL("id"))
    # inside, so that only what is taken is sent; the coordinator of Citus would fetch all for that
    form = (
        "SELECT {sampled_id}, {send}(embedding) FROM"
        " (SELECT {given} FROM {sampled}"
        " WHERE {present}) AS sampled ORDER BY {order} LIMIT %(size)s"
        if stored.collection.distributed
        else "SELECT {sampled_id}, {send}(embedding) FROM"
        " (SELECT id, embedding FROM (SELECT {given} FROM {sampled}"
        " WHERE {present}) AS sampled ORDER BY {order} LIMIT %(size)s) AS taken"
    )
    return sql.SQL(form).format(
        sampled_id=id_text,
        given=stored.columns.given("id", "embedding"),
        present=directed(stored),
        send=stored.send_function,
        sampled=drawn,
        order=sql.SQL("md5({}), id").format(id_text) if repeatable else sql.SQL("random()"),
    )
