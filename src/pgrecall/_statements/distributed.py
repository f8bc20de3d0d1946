"""What statements say differently of a table that Citus spreads over several servers.

A ``Dialect`` has what many statements need in a form of their own. Where one part of one statement
differs, both forms stand side by side in the module of that statement, as ``Forms``. Seen with
Citus 14:

- only a literal ``SET LOCAL`` reaches the workers, and only under ``propagate_set_commands``;
- no row is locked by a SELECT over several shards, and no subquery with a LIMIT runs on workers
  for each row of another;
- the coordinator's own table is empty: its size, its statistics and its progress are the shards';
- the percentage of a TABLESAMPLE is bound: a subquery in its place brings the coordinator down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from psycopg import sql

from pgrecall._statements.layout import PAGE_BYTES, estimated_rows
from pgrecall._statements.names import identifier, literal, qualified_name
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Sets, Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pgrecall._statements.layout import Stored


def _set_by_function(values: Mapping[str, str]) -> Statement:
    parts = [part for pair in values.items() for part in pair]
    bound = {f"p{number}": part for number, part in enumerate(parts)}
    # one shape per number of settings, and no plan to lose: prepared
    sets = Sets(tuple(values), _set_by_function)
    return Statement(_calls(len(values)), bound, prepare=None, sets=sets)


def current(names: Sequence[str]) -> Statement:
    """Ask what parameters are set to; NULL where the server does not know one yet."""
    bound = {f"p{number}": name for number, name in enumerate(names)}
    return Statement(_asked(len(names)), bound, prepare=None)


@rendered
def _asked(settings: int) -> sql.Composable:
    asked = [
        sql.SQL("current_setting({}, true)").format(sql.Placeholder(f"p{number}"))
        for number in range(settings)
    ]
    return sql.SQL("SELECT {}").format(sql.SQL(", ").join(asked))


@rendered
def _calls(settings: int) -> sql.Composable:
    calls = [
        sql.SQL("set_config({}, {}, true)").format(
            sql.Placeholder(f"p{2 * number}"), sql.Placeholder(f"p{2 * number + 1}")
        )
        for number in range(settings)
    ]
    return sql.SQL("SELECT {}").format(sql.SQL(", ").join(calls))


def _set_literally(values: Mapping[str, str]) -> Statement:
    return Statement(_assignments(tuple(values.items())), sets=Sets(tuple(values), _set_literally))


@rendered
def _assignments(values: tuple[tuple[str, str], ...]) -> sql.Composable:
    # one statement, so that it stands where a set_config stands
    assignments = [
        sql.SQL("SET LOCAL {} = {};").format(identifier(*name.split(".")), literal(value))
        for name, value in (("citus.propagate_set_commands", "local"), *values)
    ]
    body = sql.SQL("BEGIN {} END").format(sql.SQL(" ").join(assignments))
    return sql.SQL("DO {}").format(literal(body.as_string(None).replace("%%", "%")))


@dataclass(frozen=True, slots=True, eq=False)
class Dialect:
    """How statements are written for a table, by where its rows are.

    Attributes:
        set_local: Sets parameters for the transaction alone, wherever rows are read.
        any_sample: Takes ``{percent}`` of a table's pages, others each time.
        sample: Takes so many too; the same ones each time where that costs nothing.
        same_sample: Takes so many rows, the same ones of the same table.
        fence: Keeps a subquery from being drawn into the one around it, where that is dearer.
    """

    set_local: Callable[[Mapping[str, str]], Statement]
    any_sample: sql.SQL
    sample: sql.SQL
    same_sample: sql.SQL
    fence: sql.SQL


LOCAL = Dialect(
    set_local=_set_by_function,
    any_sample=sql.SQL("TABLESAMPLE SYSTEM ({percent})"),
    sample=sql.SQL("TABLESAMPLE SYSTEM ({percent}) REPEATABLE (0)"),
    same_sample=sql.SQL("TABLESAMPLE SYSTEM ({percent}) REPEATABLE (0)"),
    fence=sql.SQL(" OFFSET 0"),
)

DISTRIBUTED = Dialect(
    set_local=_set_literally,
    any_sample=sql.SQL("TABLESAMPLE SYSTEM ({percent})"),
    # one seed takes the pages of the same numbers of every shard: of small shards all, or none
    sample=sql.SQL("TABLESAMPLE SYSTEM ({percent})"),
    same_sample=sql.SQL("TABLESAMPLE BERNOULLI ({percent}) REPEATABLE (0)"),
    fence=sql.SQL(""),
)

# a shard has its collection's name and a number; each server answers for those that it has
_OF_SHARDS = sql.SQL(
    "to_regclass(pg_catalog.shard_name(s.logicalrelid, s.shardid))"
    " FROM pg_catalog.pg_dist_shard s WHERE s.logicalrelid = "
)


class Forms(NamedTuple):
    """A part of a statement in both its forms, side by side.

    Attributes:
        local: For a table of one server.
        spread: For one that Citus spreads.
    """

    local: sql.SQL
    spread: sql.SQL

    def of(self, stored: Stored) -> sql.SQL:
        """Give the form that a collection's table needs."""
        return self.spread if stored.collection.distributed else self.local


def dialect_of(stored: Stored) -> Dialect:
    """Give the dialect that a collection's table needs."""
    return DISTRIBUTED if stored.collection.distributed else LOCAL


def is_available() -> Statement:
    """Ask whether the database has the extension."""
    return Statement(
        sql.SQL("SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus')")
    )


def distribute(stored: Stored, *, parallel_is_safe: bool) -> list[Statement]:
    """Spread a new table's rows over the servers by id; its indexes follow when they are made."""
    statements = [
        Statement(
            sql.SQL("SELECT pg_catalog.create_distributed_table(%(table)s::regclass, {})").format(
                literal(stored.columns.id.as_string())
            ),
            _named(stored),
        )
    ]
    if not parallel_is_safe:
        # a setting for a build does not reach the workers, a property of the table does
        no_workers = sql.SQL("ALTER TABLE {} SET (parallel_workers = 0)").format(stored.table)
        statements.append(Statement(no_workers))
    return statements


def rows(stored: Stored) -> Statement:
    """Estimate the rows as the planner does: those a page when last counted, by the pages now."""
    query = sql.SQL(
        "SELECT coalesce(sum(nullif(result, '')::float8), 0)"
        " FROM pg_catalog.run_command_on_all_nodes({command}) WHERE success"
    ).format(
        command=_on_each_node(
            sql.SQL(
                "SELECT sum({estimate}) FROM pg_catalog.pg_class c WHERE c.oid IN (SELECT {shards}"
            ).format(
                estimate=estimated_rows(literal(PAGE_BYTES / stored.row_bytes)),
                shards=_OF_SHARDS,
            )
        )
    )
    return Statement(query, _named(stored))


def progress(stored: Stored) -> Statement:
    """Ask how far the builds of the shards are that are at it now: one row, none where none is."""
    columns = sql.SQL(
        "phase text, blocks_done bigint, blocks_total bigint, tuples_done bigint,"
        " tuples_total bigint"
    )
    query = sql.SQL(
        "SELECT min(phase), sum(blocks_done)::bigint, sum(blocks_total)::bigint,"
        " sum(tuples_done)::bigint, sum(tuples_total)::bigint"
        " FROM pg_catalog.run_command_on_all_nodes({command}) AS node,"
        " json_to_recordset(CASE WHEN node.success THEN node.result::json ELSE '[]' END)"
        " AS build ({columns}) HAVING count(*) > 0"
    ).format(
        columns=columns,
        command=_on_each_node(
            sql.SQL(
                "SELECT coalesce(json_agg(p), '[]')"
                " FROM pg_catalog.pg_stat_progress_create_index p WHERE p.relid IN (SELECT {}"
            ).format(_OF_SHARDS)
        ),
    )
    return Statement(query, _named(stored))


def _on_each_node(command: sql.Composable) -> sql.Composed:
    """Write a command that ends within ``(... WHERE x =`` as an expression; the table is bound."""
    return sql.SQL("{} || quote_literal(%(table)s::text) || '::regclass)'").format(
        literal(command.as_string(None).replace("%%", "%"))
    )


def _named(stored: Stored) -> dict[str, str]:
    return {"table": qualified_name(stored.schema, stored.table_name)}
