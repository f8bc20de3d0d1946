"""An approximate index of somebody else's table: what it would be built on, and the words for it.

The words are shown to who has to say yes to them: a name is quoted where it has to be alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import sql

from pgrecall._statements.indexes.indexes import opclass, options_of
from pgrecall._statements.names import qualified_name, quoted_name
from pgrecall._statements.statement import Statement
from pgrecall.indexes import Hnsw, indexed_type

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgrecall._statements.adopted.adopted import Adopted
    from pgrecall._statements.adopted.columns import TableColumn
    from pgrecall._statements.layout import Stored
    from pgrecall.indexes import Index

MAX_BYTES = 63
"""What PostgreSQL keeps of a name."""

_FACTS = sql.SQL("""
SELECT c.relkind::text, pg_has_role(c.relowner, 'USAGE'), pg_get_userbyid(c.relowner)::text,
    has_schema_privilege(c.relnamespace, 'CREATE'),
    c.relkind = 'r' AND EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid),
    ARRAY(SELECT o.relname::text FROM pg_catalog.pg_class o
        WHERE o.relnamespace = c.relnamespace AND starts_with(o.relname, %(base)s)),
    ARRAY(SELECT x.relname::text FROM pg_catalog.pg_index i
        JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
        JOIN pg_catalog.pg_am m ON m.oid = x.relam
        JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[0]
        WHERE i.indrelid = c.oid AND NOT i.indisvalid AND m.amname = %(method)s
            AND o.opcname = %(opclass)s AND starts_with(x.relname, %(base)s)
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p
                WHERE p.index_relid = x.oid))
FROM pg_catalog.pg_class c WHERE c.oid = to_regclass(%(table)s)""")

_PARTITIONS = sql.SQL("""
SELECT n.nspname::text, c.relname::text, pn.nspname::text, p.relname::text, t.isleaf,
    c.relkind::text
FROM pg_catalog.pg_partition_tree(to_regclass(%(table)s)) t
JOIN pg_catalog.pg_class c ON c.oid = t.relid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class p ON p.oid = t.parentrelid
LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
ORDER BY t.level, 1, 2""")


class Ground(NamedTuple):
    """What an index would be built on.

    Attributes:
        relkind: What it is, as pg_class has it.
        is_owned: Whether this role owns it, or is of the role that does.
        owner: Who does.
        may_create: Whether this role may make something in its schema.
        has_children: Whether other tables inherit from it.
        names: Names in its schema that begin as the index's would.
        leftovers: Those of its own indexes that are of the same kind and were never finished.
    """

    relkind: str
    is_owned: bool
    owner: str
    may_create: bool
    has_children: bool
    names: list[str]
    leftovers: list[str]


class Partition(NamedTuple):
    """A partition, or the partitioned table itself, which has no parent."""

    schema: str
    name: str
    parent_schema: str | None
    parent: str | None
    is_leaf: bool
    relkind: str


def ground(stored: Stored, index: Index) -> Statement:
    """Ask for ``Ground``; no row where the table is gone."""
    values = {
        "table": stored.holder,
        "base": base_name(stored, index),
        "method": method_of(index),
        "opclass": opclass(stored, index),
    }
    return Statement(_FACTS, values)


def partitions(stored: Stored) -> Statement:
    """Ask for the partitions, each behind its parent."""
    return Statement(_PARTITIONS, {"table": stored.holder})


def method_of(index: Index) -> str:
    """Name the access method."""
    return "hnsw" if isinstance(index, Hnsw) else "ivfflat"


def base_name(stored: Stored, index: Index, table: str | None = None) -> str:
    """Name an index for what it is of: ``articles_embedding_hnsw``; cut where that is too long."""
    adopted = stored.adopted
    of = table or ("" if adopted is None else adopted.name)
    column = "" if adopted is None or adopted.vector is None else adopted.vector.name
    quantization = index.quantization if isinstance(index, Hnsw) else None
    ending = "_".join(word for word in (method_of(index), quantization) if word)
    room = MAX_BYTES - len(ending) - 4  # what tells it from others of the name
    return f"{_cut(f'{of}_{column}', room)}_{ending}"


def free_name(base: str, taken: Iterable[str]) -> str:
    """Give the name, with a number behind it where it is taken."""
    known = set(taken)
    number, name = 1, base
    while name in known:
        number += 1
        name = f"{base}_{number}"
    return name


def is_of_base(name: str, base: str) -> bool:
    """Tell whether ``free_name`` could have given it."""
    rest = name.removeprefix(f"{base}_")
    return name == base or (rest != name and rest.isdecimal())


def definition(stored: Stored, column: TableColumn, index: Index) -> str:
    """Write what follows the table's name: the expression that searches order by."""
    vectors = quoted_name(stored.server.vector_schema)
    kind = indexed_type(index, stored.collection.storage)
    dimensions = stored.dimensions
    written = quoted_name(column.name)
    is_plain = not column.is_array and stored.adopted is not None and stored.adopted.is_fixed
    if not is_plain:
        written = f"({written}::{vectors}.{stored.collection.storage}({dimensions}))"
    if kind == "bit":
        written = f"({vectors}.binary_quantize({written})::bit({dimensions}))"
    elif kind != stored.collection.storage:
        written = f"({written}::{vectors}.{kind}({dimensions}))"
    operators = f"{vectors}.{opclass(stored, index)}"
    options = ", ".join(f"{name} = {value}" for name, value in options_of(stored, index).items())
    return f"USING {method_of(index)} ({written} {operators}) WITH ({options})"


def create(adopted: Adopted, name: str, definition: str) -> str:
    """Write what builds an index beside readers and writers."""
    table = qualified_name(adopted.schema, adopted.name)
    return f"CREATE INDEX CONCURRENTLY {quoted_name(name)} ON {table} {definition}"


def drop(adopted: Adopted, name: str) -> str:
    """Write what drops one beside readers and writers."""
    return f"DROP INDEX CONCURRENTLY {qualified_name(adopted.schema, name)}"


def over_partitions(
    stored: Stored, index: Index, name: str, found: Iterable[Partition], definition: str
) -> list[str]:
    """Write what builds an index of a partitioned table: PostgreSQL does not by one statement.

    The index of each partition is built beside its readers and writers and joined to the parent's,
    which is valid once all are.
    """
    made: list[str] = []
    taken: dict[str, set[str]] = {}
    names: dict[tuple[str | None, str | None], str] = {}
    for one in found:
        of = (one.parent_schema, one.parent)
        given = taken.setdefault(one.schema, set())
        own = name if one.parent is None else base_name(stored, index, one.name)
        own = free_name(own, given)
        given.add(own)
        names[(one.schema, one.name)] = own
        table = qualified_name(one.schema, one.name)
        how = " CONCURRENTLY" if one.is_leaf else ""
        only = "" if one.is_leaf else "ONLY "
        made.append(f"CREATE INDEX{how} {quoted_name(own)} ON {only}{table} {definition}")
        if of in names:
            parent = qualified_name(str(one.parent_schema), names[of])
            part = qualified_name(one.schema, own)
            made.append(f"ALTER INDEX {parent} ATTACH PARTITION {part}")
    return made


def run(text: str) -> Statement:
    """Give words as a statement."""
    return Statement(sql.SQL(text.replace("%", "%%")))


def read_ground(row: tuple[Any, ...]) -> Ground:
    """Read the row of ``ground``."""
    return Ground(*row)


def _cut(name: str, room: int) -> str:
    return name.encode()[:room].decode(errors="ignore")
