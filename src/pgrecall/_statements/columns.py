"""The columns of an item table, as the expressions by which statements read and write them.

No statement names a column of the item table: each takes it from ``Stored.columns``, so that a
collection on a table of another shape is a matter of ``Stored``. The rule, which a test holds:

- what is read from the item table, or written to it, is an expression from here;
- what a statement carries on from there, in a CTE or a subquery, goes by words of the statement's
  own: ``id``, ``text``, ``metadata``, ``embedding``, ``tsv`` and those of what it computes. They
  stand where a CTE or a subquery is read, and in an ORDER BY, which takes them for what the SELECT
  gives out;
- where both stand side by side, both are named by their rows: ``item`` and the CTE's name. Any
  column may be in a table that somebody else made.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.parameters import Template

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pgrecall._statements.adopted.columns import TableColumn

EVERY = {
    "id": Template("{}id"),
    "text": Template("{}text"),
    "embedding": Template("{}embedding"),
    "metadata": Template("{}metadata"),
    "tsv": Template("{}tsv"),
    "analysed": Template("{}analysed"),
    "created_at": Template("{}created_at"),
    "updated_at": Template("{}updated_at"),
}
"""The columns of a table that pgrecall made, and the words of every statement."""

_OTHERS = ("asked", "best", "by_text", "by_vector", "texts")  # what carries ids, by name

# of infinity, which another client may have written, the nearest number; of NULL, NULL
_READ = Template(
    "(CASE WHEN {} IS NOT NULL THEN"
    " least(greatest(extract(epoch FROM {}) * 1000000, -9e18), 9e18) END)::bigint"
)
_SENT = Template("pg_catalog.timestamptz_send({})")


class ItemColumns:
    """The columns of an item table.

    Attributes:
        id: What tells items apart: compared, joined and sorted by, in the type it is kept in.
        text: The text.
        embedding: The vector, or null.
        metadata: The metadata, as jsonb.
        tsv: The tsvector of the text, where the collection's texts are searched.
        analysed: What its words are read from, where an extension's index has them.
        created_at: When the item was written first.
        updated_at: When it was written last.
        holes: All of these, ``id_text``, ``times`` and ``metadata_text``, by the names that a
            template has for them: ``{id}``, or ``{item.id}`` of a row that is called so; and
            ``{item.id = best.id}``, which an index on the id serves, for what carries ids on under
            such a name.
        fields: Keys of the metadata that are columns of their own, with what they are.
        key: The column that ``id`` is, where somebody else made it.
        json: The column of the metadata's other keys, as jsonb, where that is one of its own.
        shape: What statements depend on of it, as a key.
    """

    __slots__ = (
        "_expressions",
        "_fields",
        "_id_type",
        "_json",
        "_keys",
        "_parts_of",
        "_row",
        "_sent",
        "analysed",
        "created_at",
        "embedding",
        "fields",
        "holes",
        "id",
        "json",
        "key",
        "metadata",
        "shape",
        "text",
        "tsv",
        "updated_at",
    )

    def __init__(
        self,
        expressions: Mapping[str, Template] = EVERY,
        *,
        id_type: str = "text",
        row: str = "",
        fields: Mapping[str, tuple[TableColumn, Template]] | None = None,
        json: Template | None = None,
        keys: Sequence[tuple[Template, str]] = (),
        key: TableColumn | None = None,
        sent: Template | None = None,
        parts: Mapping[str, tuple[tuple[str, ...], sql.SQL]] | None = None,
    ) -> None:
        """Take the columns of a table.

        Args:
            expressions: Each attribute's expression; its holes are for the row's name.
            id_type: The type of ``id``.
            row: What the row is called, with a full stop; empty for a table that stands alone.
            fields: The columns of ``fields``, and their expressions.
            json: The expression of ``json``.
            key: What ``key`` is.
            sent: The metadata as it is sent, where that is not its text.
            parts: Columns of which ``text`` and the metadata as it is sent are made, and the
                expressions over words of those names.
            keys: Of an ``id`` that is a JSON array, the column of each element, and its type.
        """
        self._expressions, self._id_type = expressions, id_type
        self._fields, self._json = fields or {}, json
        self._keys, self._row, self.key, self._sent = keys, row, key, sent
        self._parts_of = parts or {}
        name = sql.SQL(row)
        made = {attribute: template.filled(name) for attribute, template in expressions.items()}
        self.id = made["id"]
        self.text = made["text"]
        self.embedding = made["embedding"]
        self.metadata = made["metadata"]
        self.tsv = made["tsv"]
        self.analysed = made["analysed"]
        self.created_at = made["created_at"]
        self.updated_at = made["updated_at"]
        self.fields = {key: (of, each.filled(name)) for key, (of, each) in self._fields.items()}
        self.json = None if json is None else json.filled(name)
        made["id_text"], made["times"] = self.id_text(), self.times()
        made["metadata_text"] = self.metadata_text(name)
        self.shape = (id_type, *(written.as_string() for written in made.values()))
        self.holes = {f"{row}{attribute}": written for attribute, written in made.items()}
        self.holes |= {f"{row}id = {other}.id": self.same(other) for other in _OTHERS}

    @lru_cache(maxsize=64)  # noqa: B019  # a few rows' names of a few tables' shapes
    def of(self, row: str) -> ItemColumns:
        """Give the columns of the row that a statement calls so."""
        return ItemColumns(
            self._expressions,
            id_type=self._id_type,
            row=f"{row}.",
            fields=self._fields,
            json=self._json,
            keys=self._keys,
            key=self.key,
            sent=self._sent,
            parts=self._parts_of,
        )

    def metadata_text(self, row: sql.SQL) -> sql.SQL:
        """Write the metadata as ``read_metadata`` takes it."""
        if self._sent is None:
            return sql.SQL(f"{self.metadata.as_string()}::text")
        return self._sent.filled(row)

    def carried(self, *attributes: str) -> tuple[str, ...]:
        """Name what a statement carries on, to send these at its end: what they are made of.

        So nothing is put together for a row that is left out on the way.
        """
        found = (self._parts_of.get(name, ((name,), None))[0] for name in attributes)
        return tuple(dict.fromkeys(name for names in found for name in names))

    def sent(self, attribute: str) -> sql.SQL:
        """Write one of these, as it is sent, from the words that were carried on."""
        found = self._parts_of.get(attribute)
        if found is not None:
            return found[1]
        return sql.SQL("metadata::text" if attribute == "metadata" else attribute)

    def given(self, *attributes: str) -> sql.SQL:
        """Write columns for a SELECT that gives them out under the statement's own words."""
        found = [
            (name, getattr(self, name).as_string() if name in EVERY else f"{self._row}{name}")
            for name in attributes
        ]
        # a column is given out under its own name anyway
        texts = [
            text if text.rpartition(".")[2] == name else f"{text} AS {name}" for name, text in found
        ]
        return sql.SQL(", ".join(texts))

    def listed(self, *attributes: str) -> sql.SQL:
        """Write columns one after the other, as what is written to has them."""
        return sql.SQL(", ".join(getattr(self, name).as_string() for name in attributes))

    def assigned(self, row: str, *attributes: str) -> sql.SQL:
        """Write what follows SET in a statement that takes values of another row over."""
        other = self.of(row)
        pairs = [(getattr(self, name), getattr(other, name)) for name in attributes]
        return sql.SQL(", ".join(f"{ours.as_string()} = {new.as_string()}" for ours, new in pairs))

    def same(self, other: str) -> sql.SQL:
        """Write whether this row's id is the one that a CTE, or a subquery, carries on."""
        if not self._keys:
            same = f"{self.id.as_string()} = {other}.id"
            if self.key is None or self.key.is_exact:
                return sql.SQL(same)
            # an id is a text to its callers: one that is only taken for the same is another
            return sql.SQL(f"({same} AND {self.id.as_string()}::text = {other}.id::text)")
        # each column by itself, so that an index on them serves
        pairs = [
            f"{key.filled(sql.SQL(self._row)).as_string()} = ({other}.id ->> {number})::{type_}"
            for number, (key, type_) in enumerate(self._keys)
        ]
        return sql.SQL(f"({' AND '.join(pairs)})")

    def ordered(self, *, descending: bool = False) -> sql.SQL:
        """Write what follows ORDER BY in a statement that gives ids out as texts, in their order.

        The texts have the name of the id, and would be taken for it.
        """
        direction = " DESC" if descending else ""
        return sql.SQL(", ".join(f"{part}{direction}" for part in self._parts()))

    def tie(self, source: str) -> str:
        """Write the id of what a statement reads on from a CTE or subquery, for its ORDER BY.

        Where ids are given out as texts, these have the name, and another order.
        """
        return "id" if self._id_type == "text" else f"{source}.id"

    def beyond(self, id_: sql.SQL, *, descending: bool = False) -> sql.SQL:
        """Write whether a row follows, in that order, the one whose id is given as text."""
        than = "<" if descending else ">"
        if not self._keys:
            return sql.SQL(f"{self.id.as_string()} {than} {self.as_id(id_).as_string()}")
        ends = [
            f"({id_.as_string()}::pg_catalog.jsonb ->> {number})::{type_}"
            for number, (_, type_) in enumerate(self._keys)
        ]
        return sql.SQL(f"({', '.join(self._parts())}) {than} ({', '.join(ends)})")

    def _parts(self) -> list[str]:
        """Write the columns of the id, of what stands alone under its usual name."""
        if self.key is None and not self._keys:
            return [self.id.as_string()]
        name = sql.SQL(self._row or "items.")
        if not self._keys:
            return [self._expressions["id"].filled(name).as_string()]
        return [key.filled(name).as_string() for key, _ in self._keys]

    def times(self) -> sql.SQL:
        """Write both times for a SELECT that gives them out to a client."""
        return read_times(self.created_at, self.updated_at)

    def as_id(self, texts: sql.SQL) -> sql.SQL:
        """Write texts, or one, as values that ``id`` is compared with: ``%(ids)s::text[]``."""
        if self._id_type == "text":
            return texts
        brackets = "[]" if texts.as_string().endswith("[]") else ""
        return sql.SQL(f"{texts.as_string()}::{self._id_type}{brackets}")

    def id_text(self, id_: sql.SQL | None = None) -> sql.SQL:
        """Write an id, this row's where none is given, as the text that callers know it by."""
        found = self.id if id_ is None else id_
        return found if self._id_type == "text" else sql.SQL(f"({found.as_string()})::text")


def read_times(created_at: sql.SQL, updated_at: sql.SQL) -> sql.SQL:
    """Write both times in their binary form, which ``_values.instants.utc_sent`` takes.

    What a client makes of a timestamptz depends on its session's TimeZone and DateStyle, and
    computing microseconds takes the server longer than all else of a row.
    """
    return sql.SQL(", ".join(sent_time(time).as_string() for time in (created_at, updated_at)))


def sent_time(time: sql.SQL) -> sql.SQL:
    """Write a time in its binary form."""
    return _SENT(time)


def microseconds(time: sql.SQL) -> sql.SQL:
    """Write a time as microseconds since 1970."""
    return _READ(time, time)


TIMES_CARRIED = read_times(sql.SQL("created_at"), sql.SQL("updated_at"))
"""The same of rows that a statement carries on under its own words."""

OWN = ItemColumns()
"""The columns of a table that pgrecall made."""
