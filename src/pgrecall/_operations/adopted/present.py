"""What is so of an adopted table now, which nobody tells of when it changes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._operations.adopted.beneath import served_beneath
from pgrecall._operations.adopted.mapping import column_of, is_plain, vector_of
from pgrecall._statements.adopted import catalog, looking
from pgrecall._statements.adopted.adopted import Present
from pgrecall._statements.adopted.relation import alone
from pgrecall._statements.adopted.relation import relation as relation_of
from pgrecall._statements.adopted.serving import Vectors, best_index, tokens_index
from pgrecall._statements.collections.settings import Kept, without
from pgrecall._statements.columns import OWN
from pgrecall._statements.names import qualified_name, quoted_name
from pgrecall._statements.statement import Statement
from pgrecall.errors import DatabaseError
from pgrecall.indexes import IvfFlat

if TYPE_CHECKING:
    from pgrecall._operations.work import Steps
    from pgrecall._statements.adopted.adopted import Adopted
    from pgrecall._statements.adopted.columns import TableColumn
    from pgrecall._statements.adopted.described import Relation, RelationColumn
    from pgrecall._statements.adopted.serving import Serving
    from pgrecall._statements.layout import Stored
    from pgrecall.indexes import Index

_TOO_LONG = "54000"  # program_limit_exceeded
_REFUSED = "42501"  # insufficient_privilege
_ANEW = "drop_collection() forgets it, and adopt_collection() takes it as it is"


def present_of(stored: Stored, *, is_spoiled: bool = False) -> Steps[Stored]:
    """Complete what the registry says of a collection on an adopted table, with what is so now.

    That is about how many rows there are, which indexes serve, and how searches have to be written
    for those. What was measured of another index than is there counts for nothing.

    Args:
        stored: The collection.
        is_spoiled: Whether some of its arrays turned out to be no vectors.

    Raises:
        DatabaseError: The table, or a column, is gone, or is called otherwise by now, or holds
            something else than it did.
    """
    adopted = stored.adopted
    if adopted is None:
        return stored
    shown = qualified_name(adopted.schema, adopted.name)
    result = yield catalog.describe(stored.schema, shown)
    relation = catalog.read_relation(result.rows[0])
    if relation is None or relation.kind is None:
        raise (yield from _gone(stored, adopted))
    now = _Now(stored, adopted, relation).adopted()
    if now != adopted:
        stored = replace(stored, source=json.loads(now.to_json()), columns=OWN)
    served = _served(stored, now, relation)
    config = stored.config
    tsv = None
    if config is not None and now.tsvector is None:
        tsv = tokens_index(relation, [one.name for one in now.text], config)
    rows = yield from _rows(stored.items)
    # an index has the rows beyond what the collection is held to, too
    whole = rows
    if now.where is not None:
        whole = yield from _rows(alone(relation_of(stored, now, scoped=False)))
    if served is None and relation.kind == "view":
        served = yield from served_beneath(stored, relation, whole)
    present, index = Present(rows, is_spoiled=is_spoiled, tsv=tsv), None
    if served is not None:
        present = replace(
            present,
            embedding=served.embedding,
            index=served.name,
            is_partial=served.is_partial,
            index_schema=served.schema,
        )
        index = served.index
    return replace(
        stored,
        rows=whole,
        collection=replace(stored.collection, index=index),
        settings=_settings(stored, index),
        present=present,
    )


def _rows(items: sql.Composable) -> Steps[float]:
    """Ask the planner about how many rows there are: of a view and of a part it knows too."""
    query = sql.SQL("EXPLAIN (FORMAT JSON) SELECT FROM {}").format(items)
    result = yield Statement(query)
    return float(result.rows[0][0][0]["Plan"]["Plan Rows"])


def _served(stored: Stored, adopted: Adopted, relation: Relation) -> Serving | None:
    if adopted.vector is None:
        return None
    name = adopted.vector.name
    plain = is_plain(relation.columns[name])
    vectors = Vectors(name, stored.collection.storage, stored.dimensions, plain)
    return best_index(relation, vectors, stored.metric)


def _settings(stored: Stored, index: Index | None) -> dict[str, Any]:
    settings = dict(stored.settings)
    if index != stored.collection.index:
        settings = without(settings, Kept.WITH_INDEX)
    if isinstance(index, IvfFlat):
        settings["lists"] = index.lists
    return settings


def explained(stored: Stored, error: DatabaseError) -> DatabaseError:
    """Say what a server's error is about, where a row of somebody else's table is the matter."""
    adopted = stored.adopted
    if adopted is None or error.sqlstate != _TOO_LONG:
        return error
    shown = qualified_name(adopted.schema, adopted.name)
    return error.explained(
        f"collection {stored.collection.name!r}: a row of {shown} has a longer text than one"
        " tsvector can hold the words of, and a search by text reads them all: let where leave"
        " such rows out, or name as tsvector= a column that has the words of their beginnings"
    )


def _gone(stored: Stored, adopted: Adopted) -> Steps[DatabaseError]:
    """Say what became of a table that is not there."""
    shown = qualified_name(adopted.schema, adopted.name)
    found = yield looking.named(adopted.oid)
    what = "is gone"
    if found.rows:
        now = qualified_name(*found.rows[0])
        what = f"is now called {now}" if now != shown else f"is no {adopted.kind} any more"
    return DatabaseError(
        f"collection {stored.collection.name!r} stands on {adopted.kind} {shown}, which {what}:"
        f" {_ANEW}"
    )


class _Now:
    """Compares what was registered of a table with what is there."""

    def __init__(self, stored: Stored, adopted: Adopted, relation: Relation) -> None:
        self._name, self._was, self._relation = stored.collection.name, adopted, relation
        self._stored = stored

    def adopted(self) -> Adopted:
        """Give the table as it is, where it can still be read as it was registered."""
        was = self._was
        self._check_readable()
        vector = None if was.vector is None else self._vector(was.vector)
        if was.tsvector is not None:
            found = self._there(was.tsvector)
            if found.whole != "tsvector":
                raise self._other(found, "tsvector")
        return replace(
            was,
            kind=self._relation.kind or was.kind,
            id=tuple(map(self._column, was.id)),
            text=tuple(map(self._column, was.text)),
            vector=vector,
            is_fixed=vector is None or is_plain(self._relation.columns[vector.name]),
            metadata=tuple(map(self._column, was.metadata)),
            json=was.json and self._column(was.json),
            created_at=was.created_at and self._column(was.created_at),
            updated_at=was.updated_at and self._column(was.updated_at),
            scope=tuple(map(self._column, was.scope)),
        )

    def _check_readable(self) -> None:
        there = [self._relation.columns.get(name) for name, _ in self._was.numbers]
        unread = [quoted_name(one.name) for one in there if one and one.may_select is False]
        if unread:
            shown = self._relation.shown
            raise DatabaseError(
                f"collection {self._name!r}: this role may not read {shown}, or not all of it: its"
                f" owner can GRANT SELECT ({', '.join(unread)}) ON {shown} to it",
                sqlstate=_REFUSED,
            )

    def _there(self, name: str) -> RelationColumn:
        found = self._relation.columns.get(name)
        if found is not None:
            return found
        number = dict(self._was.numbers).get(name)
        of = self._relation
        # a table that was dumped and restored counts its columns anew
        renamed = [one.name for one in of.columns.values() if one.number == number]
        what = "gone"
        if renamed and of.oid == self._was.oid:
            what = f"now called {renamed[0]!r}"
        raise DatabaseError(
            f"collection {self._name!r}: column {name!r} of {of.shown} is {what}: {_ANEW}"
        )

    def _column(self, was: TableColumn) -> TableColumn:
        found = self._there(was.name)
        now = column_of(found)
        if now is None or (now.kind, now.is_array) != (was.kind, was.is_array):
            raise self._other(found, _whole(was))
        return now

    def _vector(self, was: TableColumn) -> TableColumn:
        found = self._there(was.name)
        now = vector_of(found)
        if now != was:
            raise self._other(found, _whole(was))
        dimensions = self._stored.dimensions
        if is_plain(found) and found.modifier != dimensions:
            wanted = f"{was.type}({dimensions})"
            raise self._other(found, wanted, f"{found.whole}({found.modifier})")
        return now

    def _other(self, found: RelationColumn, was: str, now: str = "") -> DatabaseError:
        return DatabaseError(
            f"collection {self._name!r}: column {found.name!r} of {self._relation.shown} was of"
            f" type {was} when it was adopted, and is of type {now or found.whole} now: {_ANEW}"
        )


def _whole(column: TableColumn) -> str:
    return f"{column.type}[]" if column.is_array else column.type
