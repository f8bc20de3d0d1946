"""An adopted table as the registry keeps it: which of its columns are what an item has."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pgrecall._statements.adopted.columns import TableColumn
from pgrecall._statements.names import qualified_name

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
"""What ``to_json`` writes; a later one is not read."""

KINDS = {
    "r": "table",
    "p": "partitioned table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
}
"""What a relation can be that is adopted, by pg_class.relkind."""

SAMPLED = frozenset({"table", "partitioned table", "materialized view"})
"""Of what pages can be drawn."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """What the registry's ``source`` says of a collection that stands on somebody else's table.

    Attributes:
        schema: The schema of the table.
        name: Its name there.
        oid: Its OID when it was adopted: by it, a rename is told from a drop.
        kind: What it is, of ``KINDS``.
        id: Columns of the id, in order.
        text: Columns of the text, in order.
        vector: Column of the vector, whose type is ``vector``, ``halfvec`` or ``real`` as an array,
            qualified; None where there is none.
        is_fixed: Whether that column's type says how long its vectors are.
        metadata: Columns that are keys of the metadata.
        json: Column whose keys are of the metadata too.
        tsvector: Column of the text's tsvector.
        created_at: Column of the first time.
        updated_at: Column of the second one.
        where: A filter that all is held to, as JSON; its fields are of ``scope``.
        scope: Columns that ``where`` is about.
        writable: Whether items may be written.
        peer: The store whose table this is, where its rows are read as that store does.
        latest: Column by which the last of the rows with one id counts, where ids are not unique.
        numbers: The attnum that each of its columns had: by it, a rename is told from a drop.
    """

    schema: str
    name: str
    oid: int
    kind: str
    id: tuple[TableColumn, ...]
    text: tuple[TableColumn, ...] = ()
    vector: TableColumn | None = None
    is_fixed: bool = True
    metadata: tuple[TableColumn, ...] = ()
    json: TableColumn | None = None
    tsvector: str | None = None
    created_at: TableColumn | None = None
    updated_at: TableColumn | None = None
    where: str | None = None
    scope: tuple[TableColumn, ...] = ()
    writable: bool = False
    peer: str | None = None
    latest: str | None = None
    numbers: tuple[tuple[str, int], ...] = ()

    @property
    def id_type(self) -> str:
        """The type that items are told apart by: of several columns, their JSON array."""
        return self.id[0].type if len(self.id) == 1 else "pg_catalog.jsonb"

    def to_json(self) -> str:
        """Write it for the registry."""
        return json.dumps({"format": FORMAT, **asdict(self)})


def read_adopted(source: Mapping[str, Any]) -> Adopted | None:
    """Read what ``to_json`` wrote; None where it is of a later format."""
    if source.get("format") != FORMAT:
        return None
    known = {name: source[name] for name in Adopted.__dataclass_fields__ if name in source}
    for name in ("vector", "json", "created_at", "updated_at"):
        known[name] = _column(known.get(name))
    for name in ("id", "text", "metadata", "scope"):
        known[name] = tuple(TableColumn(**one) for one in known.get(name, ()))
    known["numbers"] = tuple((name, number) for name, number in known.get("numbers", ()))
    return Adopted(**known)


def _column(found: Mapping[str, Any] | None) -> TableColumn | None:
    return None if found is None else TableColumn(**found)


@dataclass(frozen=True, slots=True)
class Present:
    """What is so of an adopted table now, and may change without anybody telling pgrecall.

    Attributes:
        rows: About how many rows are read from it, as the planner guesses; ``Stored.rows`` counts
            those too that ``where`` leaves out.
        embedding: Expression of an index on the vector, as the catalog writes it, where that is
            not the column alone; the index serves what is written alike.
        index: The index's name.
        index_schema: Its schema, where that is not the table's: of a view, whose table has it.
        is_partial: Whether that index is of the rows alone that have a vector: it serves what asks
            for those in these words.
        is_spoiled: Whether arrays are among its vectors that are none: each is looked at, which
            takes as long as to compare it.
        tsv: Expression of an index on the text's tsvector, as ``embedding`` is.
    """

    rows: float = 0.0
    embedding: str | None = None
    index: str | None = None
    is_partial: bool = False
    is_spoiled: bool = False
    tsv: str | None = None
    index_schema: str | None = None

    @property
    def shape(self) -> tuple[str | bool | None, ...]:
        """What the text of a statement depends on."""
        index = (self.index, self.index_schema, self.is_partial)
        return (self.embedding, *index, self.is_spoiled, self.tsv)

    def serving(self, adopted: Adopted) -> str | None:
        """The index's name as SQL needs it; None where there is none."""
        if self.index is None:
            return None
        return qualified_name(self.index_schema or adopted.schema, self.index)
