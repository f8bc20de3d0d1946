"""Which namespaces there are, by how they begin and end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.entries.paths import TRUE, below
from pgrecall._statements.entries.table import ENTRIES, Table, filled, place_of
from pgrecall._statements.parameters import Parameters, joined
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_NAMESPACES = (
    "SELECT DISTINCT e.namespace{cut} AS namespace FROM {entries} AS e"
    " WHERE {here} AND {live} AND {where} ORDER BY 1 LIMIT %(limit)s OFFSET %(offset)s"
)


def namespaces(
    schema: str,
    tenant: str,
    space: str,
    *,
    conditions: Iterable[tuple[str, Sequence[str]]],
    max_depth: int | None,
    limit: int,
    offset: int,
    of: Table = ENTRIES,
) -> Statement:
    """List the namespaces that meet every condition, cut to a depth, each once, in order."""
    parameters = Parameters()
    where = [_meets(kind, path, parameters) for kind, path in conditions]
    cut = ""
    if max_depth is not None:
        cut = f"[1:{parameters.add(max_depth).as_string(None)}::int]"
    values = {**place_of(tenant, space), "limit": limit, "offset": offset, **parameters.values}
    every = joined(" AND ", [TRUE, *where]).as_string(None)
    return Statement(filled(schema, _NAMESPACES, of, where=every, cut=cut), values)


def _meets(kind: str, path: Sequence[str], parameters: Parameters) -> sql.Composable:
    parts: list[sql.Composable] = [
        sql.SQL("pg_catalog.cardinality(e.namespace) >= {}::int").format(parameters.add(len(path)))
    ]
    if kind == "prefix":
        # what stands before the first wildcard is a range of the index
        fixed = next((n for n, part in enumerate(path) if part == "*"), len(path))
        parts.append(below(path[:fixed], parameters))
    for place, part in enumerate(path):
        if part == "*":
            continue
        at = sql.SQL("{}::int").format(parameters.add(place + 1))
        if kind == "suffix":
            at = sql.SQL("pg_catalog.cardinality(e.namespace) - {}::int").format(
                parameters.add(len(path) - place - 1)
            )
        parts.append(sql.SQL("e.namespace[{}] = {}::text").format(at, parameters.add(part)))
    return joined(" AND ", parts)
