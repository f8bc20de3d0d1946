"""Statements that change items where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._statements.distributed import Forms
from pgrecall._statements.items.where import choosing
from pgrecall._statements.parameters import Parameters, Template
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pgrecall._statements.layout import Stored
    from pgrecall._values.changes import Changed, ChangeShape
    from pgrecall._values.edits import EditShape
    from pgrecall.filters import Filter

    Reference = Callable[[str], sql.SQL]

_IDS = sql.SQL("%(ids)s::text[]")

# rows are locked in id order, before the first of them is changed; NOT EXISTS: all or nothing
_UPDATE = Forms(
    local=sql.SQL(
        "WITH chosen AS MATERIALIZED (SELECT given.*, {fault} AS fault FROM {given}"
        " JOIN {table} AS item ON {item.id} = given.id ORDER BY {item.id}"
        " FOR NO KEY UPDATE OF item),"
        " changed AS (UPDATE {table} AS item SET {changes} FROM chosen WHERE {item.id} = chosen.id"
        "{unless} RETURNING {item.id_text} AS id)"
        " SELECT id, NULL::int AS fault FROM changed{faults}"
    ),
    # Citus locks the shards of a write in their order: writers wait for one another
    spread=sql.SQL(
        "UPDATE {table} AS item SET {changes} FROM {given} WHERE {item.id} = given.id"
        " RETURNING {item.id_text}, NULL::int"
    ),
)
_UNLESS = sql.SQL(" AND NOT EXISTS (SELECT FROM chosen WHERE fault IS NOT NULL)")
_FAULTS = sql.SQL(
    " UNION ALL (SELECT chosen.id::text, fault FROM chosen WHERE fault IS NOT NULL"
    " ORDER BY id LIMIT 1)"
)
_FAULTY = sql.SQL(
    "SELECT {item.id_text}, {fault} FROM {given} JOIN {table} AS item ON {item.id} = given.id"
    " WHERE {fault} IS NOT NULL ORDER BY {item.id} LIMIT 1"
)

_UPDATE_WHERE = Forms(
    local=sql.SQL(
        "WITH chosen AS MATERIALIZED (SELECT {given}, {fault} AS fault FROM {table} WHERE {where}"
        " ORDER BY {id} FOR NO KEY UPDATE),"
        " changed AS (UPDATE {table} AS item SET {changes} FROM chosen WHERE {item.id} = chosen.id"
        "{unless} RETURNING true)"
        " SELECT (SELECT count(*) FROM changed), faulty.id, faulty.fault FROM (VALUES (true)) AS a"
        " LEFT JOIN (SELECT id::text AS id, fault FROM chosen WHERE fault IS NOT NULL"
        " ORDER BY chosen.id LIMIT 1) AS faulty ON true"
    ),
    spread=sql.SQL("UPDATE {table} AS item SET {changes} WHERE {where}"),
)
_FAULTY_WHERE = sql.SQL(
    "SELECT 0, {id_text}, {fault} FROM {table} WHERE ({where}) AND {fault} IS NOT NULL"
    " ORDER BY {id} LIMIT 1"
)

_LOCK = Forms(
    local=sql.SQL(
        "SELECT count(*) FROM (SELECT FROM {table} WHERE {where} ORDER BY {id}"
        " FOR NO KEY UPDATE) AS locked"
    ),
    # a SELECT over several shards locks no row
    spread=sql.SQL("UPDATE {table} SET {metadata} = {metadata} WHERE {where}"),
)

_AND_REMOVED = Template("({} - string_to_array({}, {}))")
_AND_SET = Template("({} || {})")
_MEMBER = Template("({} -> {})")
_IF_OBJECT = Template("CASE WHEN jsonb_typeof({}) = 'object' THEN {} ELSE {} END")
_EMPTY = sql.SQL("'{}'::jsonb")
# jsonb_build_object would do, but it is not immutable, which Citus asks for
_WITH = Template("jsonb_set({}, ARRAY[{}], {})")
_WITH_IF_THERE = Template("jsonb_set({}, ARRAY[{}], coalesce({}, 'null'::jsonb), false)")
_IS_FAULT = Template("jsonb_typeof({}) <> 'object'")

_COLUMNS = {"text": "texts", "vector": "vectors", "metadata": "metadata"}


def lock(stored: Stored, ids: Sequence[str]) -> Statement:
    """Lock items in id order."""
    columns = stored.columns
    where = sql.SQL("{} = ANY({})").format(columns.id, columns.as_id(_IDS))
    return Statement(_lock(stored, where.as_string(None)), {"ids": list(ids)})


def lock_where(stored: Stored, filter_: Filter) -> Statement:
    """Lock the items that match, in id order."""
    parameters = Parameters()
    return Statement(_lock(stored, choosing(stored, filter_, parameters)), parameters.values)


@rendered
def _lock(stored: Stored, where: str) -> sql.Composable:
    return _LOCK.of(stored).format(**stored.columns.holes, table=stored.table, where=sql.SQL(where))


def update(stored: Stored, some: Changed) -> list[Statement]:
    """Change items: rows of an id that was changed, or of one that refuses with a fault.

    The fault is the number of what is no object and should be one: then nothing is changed.
    """
    made = [Statement(_update(stored, some.shape), some.values, prepare=None)]
    edit = some.shape.edit
    if stored.collection.distributed and edit is not None and edit.nests:
        made[:0] = [
            lock(stored, some.ids),
            Statement(_faulty(stored, some.shape), some.values, prepare=None),
        ]
    return made


@rendered
def _update(stored: Stored, shape: ChangeShape) -> sql.Composable:
    columns = stored.columns.of("item")
    spread = stored.collection.distributed
    row = "given" if spread else "chosen"
    fault = fault_of(shape.edit, columns.metadata, of_row("given"))
    return _UPDATE.of(stored).format(
        **columns.holes,
        table=stored.table,
        given=_given(stored, shape),
        fault=fault or sql.SQL("NULL::int"),
        unless=_UNLESS if fault else sql.SQL(""),
        faults=_FAULTS if fault else sql.SQL(""),
        changes=_changes(stored, shape, of_row(row)),
    )


@rendered
def _faulty(stored: Stored, shape: ChangeShape) -> sql.Composable:
    columns = stored.columns.of("item")
    return _FAULTY.format(
        **columns.holes,
        table=stored.table,
        given=_given(stored, shape),
        fault=fault_of(shape.edit, columns.metadata, of_row("given")) or sql.SQL("NULL::int"),
    )


def update_where(
    stored: Stored, filter_: Filter, edit: EditShape, values: dict[str, Any]
) -> list[Statement]:
    """Change the metadata of items that match: one row of how many, or of one that refuses.

    On Citus the last statement tells by the rows it touched.
    """
    parameters = Parameters()
    where = choosing(stored, filter_, parameters)
    every = {**parameters.values, **values}
    made = [Statement(_update_where(stored, where, edit), every)]
    if stored.collection.distributed and edit.nests:
        faulty = Statement(_faulty_where(stored, where, edit), every)
        made[:0] = [lock_where(stored, filter_), faulty]
    return made


@rendered
def _update_where(stored: Stored, where: str, edit: EditShape) -> sql.Composable:
    columns = stored.columns
    item = columns.of("item")
    fault = fault_of(edit, columns.metadata, bound)
    changes = sql.SQL("{} = {}, {} = now()").format(
        columns.metadata, edited(edit, item.metadata, bound), columns.updated_at
    )
    return _UPDATE_WHERE.of(stored).format(
        **columns.holes,
        **item.holes,
        table=stored.table,
        given=columns.given("id"),
        where=sql.SQL(where),
        fault=fault or sql.SQL("NULL::int"),
        unless=_UNLESS if fault else sql.SQL(""),
        changes=changes,
    )


@rendered
def _faulty_where(stored: Stored, where: str, edit: EditShape) -> sql.Composable:
    columns = stored.columns
    return _FAULTY_WHERE.format(
        **columns.holes,
        table=stored.table,
        where=sql.SQL(where),
        fault=fault_of(edit, columns.metadata, bound) or sql.SQL("NULL::int"),
    )


def _given(stored: Stored, shape: ChangeShape) -> sql.Composable:
    """Write the changes as rows that are called ``given``."""
    names = ["id"]
    arrays: list[sql.Composable] = [stored.columns.as_id(_IDS)]
    for name, parameter in _COLUMNS.items():
        if getattr(shape, name):
            kinds = {"text": sql.SQL("text"), "metadata": sql.SQL("jsonb")}
            kind = kinds.get(name, stored.vector_type)
            names.append("embedding" if name == "vector" else name)
            arrays.append(sql.SQL("{}::{}[]").format(sql.Placeholder(parameter), kind))
    for name in parts_of_edit(shape.edit):
        names.append(name)
        kind = sql.SQL("jsonb" if name[0] == "s" else "text")
        arrays.append(sql.SQL("{}::{}[]").format(sql.Placeholder(name), kind))
    return sql.SQL("unnest({}) AS given ({})").format(
        sql.SQL(", ").join(arrays), sql.SQL(", ").join(map(sql.SQL, names))
    )


def parts_of_edit(edit: EditShape | None) -> list[str]:
    """Name the parts of an edit, each by the number of its object, outer ones first."""
    names: list[str] = []
    count = 0

    def add(shape: EditShape) -> None:
        nonlocal count
        number = count
        count += 1
        if number:
            names.append(f"k{number}")
        if shape.sets:
            names.append(f"s{number}")
        if shape.removes:
            names.append(f"r{number}")
        for inner in shape.inner:
            add(inner)

    if edit is not None:
        add(edit)
    return names


def _changes(stored: Stored, shape: ChangeShape, of: Reference) -> sql.Composable:
    columns = stored.columns
    pairs: list[tuple[sql.SQL, sql.Composable]] = []
    if shape.text:
        pairs.append((columns.text, of("text")))
    if shape.vector:
        pairs.append((columns.embedding, of("embedding")))
    if shape.metadata:
        pairs.append((columns.metadata, of("metadata")))
    if shape.edit is not None:
        pairs.append((columns.metadata, edited(shape.edit, columns.of("item").metadata, of)))
    pairs.append((columns.updated_at, sql.SQL("now()")))
    return sql.SQL(", ").join(sql.SQL("{} = {}").format(*pair) for pair in pairs)


class _Objects:
    """One walk over the objects of an edit, which are numbered as the walk meets them."""

    def __init__(self, of: Reference) -> None:
        self._of = of
        self._count = 0
        self.faults: list[tuple[sql.SQL, int]] = []

    def written(self, shape: EditShape, stored: sql.SQL, base: sql.SQL) -> sql.SQL:
        """Write an object as it is to be.

        Args:
            shape: What is done to it.
            stored: Where it is.
            base: The same, or an empty one where it is missing.
        """
        number = self._count
        self._count += 1
        made = base
        if shape.removes:
            separator = sql.SQL(f"%(r{number}_separator)s::text")
            made = _AND_REMOVED(made, self._of(f"r{number}"), separator)
        if shape.sets:
            made = _AND_SET(made, self._of(f"s{number}"))
        for inner in shape.inner:
            place = self._count
            key = self._of(f"k{place}")
            member = _MEMBER(stored, key)
            if inner.is_over:
                self.faults.append((_IS_FAULT(member), place))
                self.written(inner, member, member)
            elif inner.makes:
                self.faults.append((_IS_FAULT(member), place))
                whole = _IF_OBJECT(member, member, _EMPTY)
                made = _WITH(made, key, self.written(inner, member, whole))
            else:
                changed = self.written(inner, member, member)
                made = _WITH_IF_THERE(made, key, _IF_OBJECT(member, changed, member))
        return made


def edited(edit: EditShape, metadata: sql.SQL, of: Reference) -> sql.SQL:
    """Write metadata as an edit leaves it; ``of`` writes a part of the edit by its name."""
    return _Objects(of).written(edit, metadata, metadata)


def fault_of(edit: EditShape | None, metadata: sql.SQL, of: Reference) -> sql.Composable | None:
    """Write the number of the first object that is something else, or null."""
    objects = _Objects(of)
    if edit is not None:
        objects.written(edit, metadata, metadata)
    if not objects.faults:
        return None
    cases = [
        sql.SQL("WHEN {} THEN {}").format(is_fault, sql.Literal(number))
        for is_fault, number in objects.faults
    ]
    return sql.SQL("CASE {} END").format(sql.SQL(" ").join(cases))


def of_row(row: str) -> Reference:
    """Let the parts of an edit be columns of a row."""
    return lambda name: sql.SQL(f"{row}.{name}")


def bound(name: str) -> sql.SQL:
    """Write a part of an edit that is bound by itself."""
    return sql.SQL(f"%({name})s::{'jsonb' if name[0] == 's' else 'text'}")
