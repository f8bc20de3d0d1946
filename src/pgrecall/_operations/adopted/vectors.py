"""How long the vectors of a table are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._operations.adopted.mapping import is_plain
from pgrecall._operations.collections.checks import MAX_DIMENSIONS
from pgrecall._operations.work import unhurried
from pgrecall._statements.adopted import looking
from pgrecall._statements.adopted.serving import Vectors
from pgrecall._statements.names import quoted_name
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from psycopg import sql

    from pgrecall._operations.work import Operation
    from pgrecall._statements.adopted.adopted import Adopted
    from pgrecall._statements.adopted.described import Relation
    from pgrecall._statements.layout import Server

_NO_VECTORS = "NULLs, of NaN, of infinity or of several dimensions"


def storage_of(relation: Relation, column: str) -> str:
    """Give the type that a column's vectors are read as."""
    return "halfvec" if relation.columns[column].bare_type == "halfvec" else "vector"


def vectors_of(
    server: Server, relation: Relation, adopted: Adopted, scope: sql.Composable
) -> Operation[Vectors | None]:
    """Tell how long the vectors are: by their type, else by every row that has one.

    Raises:
        InvalidArgumentError: They are of several lengths, or there is none to tell by.
    """
    if adopted.vector is None:
        return None
    column = relation.columns[adopted.vector.name]
    storage = storage_of(relation, column.name)
    if is_plain(column):
        return Vectors(column.name, storage, column.modifier, is_plain=True)
    schema = None if column.is_array else server.vector_schema
    asked = looking.lengths(adopted, column.name, scope, vector_schema=schema)
    found = yield unhurried(server, asked)
    lengths: dict[int, int] = dict(found.rows)
    if not lengths:
        raise InvalidArgumentError(
            f"vector: nothing tells how long the vectors of {column.name!r} of {relation.shown}"
            f" are: its type {column.whole} does not, and no row has one; adopt it once one has"
        )
    if len(lengths) > 1 or -1 in lengths:
        raise _several(relation, column.name, lengths)
    [dimensions] = lengths
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        msg = (
            f"vector: the vectors of {column.name!r} of {relation.shown} have {dimensions:,}"
            f" dimensions, and can have 1 to {MAX_DIMENSIONS:,}"
        )
        raise InvalidArgumentError(msg)
    return Vectors(column.name, storage, dimensions, is_plain=False)


def _several(relation: Relation, column: str, lengths: dict[int, int]) -> InvalidArgumentError:
    told = " and ".join(
        f"{count:,} of {_NO_VECTORS if length < 0 else f'{length:,} numbers'}"
        for length, count in lengths.items()
    )
    return InvalidArgumentError(
        f"vector: the vectors of {column!r} of {relation.shown} are not all as long as one another:"
        f" {told}; let where leave one length alone, or adopt a view that does, ... WHERE"
        f" {quoted_name(column)} ..."
    )
