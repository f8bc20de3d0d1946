"""Statements that fill a collection's successor while it serves, and put it in its place.

Triggers on the collection's table note the id of every row that anybody writes or removes. When
the successor takes its place, the table of the notes goes, and the same triggers refuse every
later write: a client that still knows the old table cannot write what nobody would find.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._statements.names import identifier, literal, qualified_name
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Statement
from pgrecall.indexes import index_to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.layout import Stored
    from pgrecall._values.rows import Columns
    from pgrecall.indexes import Index

OF, RUNNER, INDEX, INTO = "reembeds", "reembed_runner", "reembed_index", "reembedded_into"
BY = "reembed_verb"
"""Keys of a collection's settings: whose successor it is, which call fills it, which index it is to
have; and into which one it was re-embedded. Last, the verb of the call that fills it.
"""
MARKS = (OF, RUNNER, INDEX, INTO, BY)

REFUSED = "pgrecall_reembedded"
"""The constraint's name in the error that a write to a re-embedded table meets."""

_PRIVILEGES = {
    word: sql.SQL(word)
    for word in (
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "TRUNCATE",
        "REFERENCES",
        "TRIGGER",
        "MAINTAIN",
    )
}

# as its owner: a role that may write to the table need not know of the notes
_FUNCTION = sql.SQL(
    "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
    " SET search_path = pg_catalog, pg_temp AS {body}"
)
_BODY = sql.SQL("""
BEGIN
    IF to_regclass({name}) IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '42P01', CONSTRAINT = {refused},
            MESSAGE = 'this collection was re-embedded: another table has taken its place';
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO {notes} (id) SELECT {id} FROM new_rows;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO {notes} (id) SELECT {id} FROM new_rows UNION SELECT {id} FROM old_rows;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO {notes} (id) SELECT {id} FROM old_rows;
    ELSE
        INSERT INTO {notes} (id) SELECT {id} FROM {table};
    END IF;
    RETURN NULL;
END
""")
_TRIGGERS = (
    ("insert", "AFTER INSERT", "REFERENCING NEW TABLE AS new_rows"),
    ("update", "AFTER UPDATE", "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows"),
    ("delete", "AFTER DELETE", "REFERENCING OLD TABLE AS old_rows"),
    ("truncate", "BEFORE TRUNCATE", ""),
)

_WRITTEN = ("text", "embedding", "metadata", "created_at", "updated_at")

# the look at one row at a time keeps the planner from hashing the whole successor a page
_DONE = sql.SQL(
    "LEFT JOIN LATERAL (SELECT true AS done FROM {new} WHERE {id} = o.id LIMIT 1) n ON true"
)


def unfinished(stored: Stored) -> Statement:
    """Name the collection that is being filled to take another's place."""
    query = sql.SQL(
        "SELECT name FROM {} WHERE tenant = %(tenant)s AND (settings ->> %(key)s)::bigint = %(id)s"
    ).format(_registry(stored))
    return Statement(query, {"tenant": stored.tenant, "key": OF, "id": stored.id})


def mark(
    new: Stored, old: Stored, runner: str, index: Index | None, verb: str = "reembed"
) -> Statement:
    """Note whose place a new collection is to take, and by which verb."""
    wanted = index_to_json(index)
    return _add_settings(new, {OF: old.id, RUNNER: runner, INDEX: wanted, BY: verb})


def take_over(new: Stored, runner: str) -> Statement:
    """Let one call go on alone; one row comes back unless the collection is gone."""
    query = sql.SQL(
        "UPDATE {} SET settings = settings || jsonb_build_object(%(key)s::text, %(runner)s::text)"
        " WHERE id = %(id)s AND settings ? %(of)s RETURNING id"
    ).format(_registry(new))
    return Statement(query, {"key": RUNNER, "runner": runner, "id": new.id, "of": OF})


def hold(new: Stored, runner: str, *, exclusive: bool = False) -> Statement:
    """Keep other calls from taking over until the transaction ends; no row: one has already."""
    query = sql.SQL(
        "SELECT id FROM {} WHERE id = %(id)s AND settings ->> %(key)s = %(runner)s FOR {}"
    ).format(_registry(new), sql.SQL("UPDATE" if exclusive else "SHARE"))
    return Statement(query, {"id": new.id, "key": RUNNER, "runner": runner})


def note_changes(new: Stored, old: Stored) -> list[Statement]:
    """Note from now on which rows of the old table are written or removed."""
    notes = qualified_name(new.schema, _name(new))
    function = identifier(new.schema, _name(new))
    body = _BODY.format(
        name=literal(notes),
        notes=function,
        refused=literal(REFUSED),
        id=old.columns.id_text(),
        table=old.table,
    )
    table = sql.SQL(
        "CREATE TABLE {} (place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
        ' id text COLLATE "C" NOT NULL)'
    ).format(function)
    revoke = sql.SQL("REVOKE ALL ON FUNCTION {}() FROM PUBLIC").format(function)
    triggers = [
        sql.SQL(
            "CREATE TRIGGER {name} {event} ON {table} {rows}"
            " FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        ).format(
            name=identifier(f"{_name(new)}_{purpose}"),
            event=sql.SQL(event),
            table=old.table,
            rows=sql.SQL(rows),
            function=function,
        )
        for purpose, event, rows in _TRIGGERS
    ]
    made = _FUNCTION.format(
        function=function, body=literal(body.as_string(None).replace("%%", "%"))
    )
    return [Statement(query) for query in (table, made, revoke, *triggers)]


def is_secured(old: Stored) -> Statement:
    """Ask whether the table has row-level security, which a copy would not have."""
    query = sql.SQL(
        "SELECT relrowsecurity FROM pg_catalog.pg_class WHERE oid = to_regclass(%(table)s)"
    )
    return Statement(query, {"table": qualified_name(old.schema, old.table_name)})


def rights(old: Stored) -> Statement:
    """Read who else may do what with the table."""
    query = sql.SQL(
        "SELECT coalesce(r.rolname::text, ''), a.privilege_type, a.is_grantable"
        " FROM pg_catalog.pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a"
        " LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee"
        " WHERE c.oid = to_regclass(%(table)s) AND a.grantee <> c.relowner"
    )
    return Statement(query, {"table": qualified_name(old.schema, old.table_name)})


def owner(old: Stored) -> Statement:
    """Name the table's owner where that is another than this role."""
    query = sql.SQL(
        "SELECT r.rolname::text FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_roles r ON r.oid = c.relowner"
        " WHERE c.oid = to_regclass(%(table)s) AND r.rolname <> current_user"
    )
    return Statement(query, {"table": qualified_name(old.schema, old.table_name)})


def give_to(new: Stored, role: str) -> Statement:
    """Make a role the owner of the new table, as it is of the old one."""
    return Statement(sql.SQL("ALTER TABLE {} OWNER TO {}").format(new.table, identifier(role)))


def grant(new: Stored, role: str, privilege: str, grantable: bool) -> Statement:
    """Give a role the same right on the new table; an empty name is everybody."""
    query = sql.SQL("GRANT {} ON {} TO {}{}").format(
        _PRIVILEGES[privilege],
        new.table,
        identifier(role) if role else sql.SQL("PUBLIC"),
        sql.SQL(" WITH GRANT OPTION" if grantable else ""),
    )
    return Statement(query)


def page(old: Stored, new: Stored, after: str | None, rows: int) -> Statement:
    """Read the next rows in id order; what the new table has already comes without its text."""
    query = sql.SQL(
        "SELECT o.id, CASE WHEN n.done THEN NULL ELSE o.text END, md5(o.text), o.has_vector,"
        " coalesce(n.done, false) FROM (SELECT {given}, {embedding} IS NOT NULL AS has_vector"
        " FROM {old} WHERE {start} ORDER BY {id} LIMIT %(rows)s) AS o {done} ORDER BY o.id"
    ).format(
        **old.columns.holes,
        old=old.table,
        given=old.columns.given("id", "text"),
        start=sql.SQL("true" if after is None else "{} > %(after)s").format(old.columns.id),
        done=_DONE.format(new=new.table, id=new.columns.id),
    )
    return Statement(query, {"rows": rows} if after is None else {"rows": rows, "after": after})


def changes(new: Stored, most: int) -> Statement:
    """Read the oldest notes."""
    query = sql.SQL("SELECT place, id FROM {} ORDER BY place LIMIT %(most)s").format(_notes(new))
    return Statement(query, {"most": most})


def changed(old: Stored, new: Stored, ids: Sequence[str]) -> Statement:
    """Read those of the rows whose text the new table does not have."""
    query = sql.SQL(
        "SELECT {o.id}, {o.text}, md5({o.text}), {o.embedding} IS NOT NULL, false FROM {old} AS o"
        " WHERE {o.id} = ANY(%(ids)s::text[]) AND NOT EXISTS (SELECT FROM {new} AS n"
        " WHERE {n.id} = {o.id} AND {n.text} = {o.text}"
        " AND ({n.embedding} IS NOT NULL OR {o.embedding} IS NULL)) ORDER BY {o.id}"
    ).format(**_tables(old, new))
    return Statement(query, {"ids": list(ids)})


def write(old: Stored, new: Stored, columns: Columns) -> Statement:
    """Take rows over with new vectors, each only where its text is still the one embedded.

    ``columns.texts`` holds the texts' digests. A row that has another text by now is noted, and its
    turn comes again.
    """
    values: dict[str, Any] = columns.parameters()
    del values["metadata"]
    return Statement(_write(old, new), values, prepare=None)


@rendered
def _write(old: Stored, new: Stored) -> sql.Composable:
    return sql.SQL(
        "INSERT INTO {new} AS existing ({id}, {written})"
        " SELECT {o.id}, {o.text}, CASE WHEN {o.embedding} IS NOT NULL THEN e.embedding END,"
        " {o.metadata}, {o.created_at}, {o.updated_at} FROM unnest(%(ids)s::text[],"
        " %(texts)s::text[], %(vectors)s::{vector}[]) AS e (id, digest, embedding)"
        " JOIN {old} AS o ON {o.id} = e.id WHERE md5({o.text}) = e.digest ORDER BY {o.id}"
        " ON CONFLICT ({id}) DO UPDATE SET {changes}"
    ).format(
        **_tables(old, new),
        id=new.columns.id,
        written=new.columns.listed(*_WRITTEN),
        changes=new.columns.assigned("excluded", *_WRITTEN),
        vector=new.vector_type,
    )


def follow(old: Stored, new: Stored, ids: Sequence[str]) -> list[Statement]:
    """Do to the new table what was done to rows of the old one whose text is the same, or gone."""
    same = sql.SQL(
        "UPDATE {new} AS n SET {changes},"
        " {embedding} = CASE WHEN {o.embedding} IS NOT NULL THEN {n.embedding} END"
        " FROM {old} AS o WHERE {o.id} = ANY(%(ids)s::text[]) AND {n.id} = {o.id}"
        " AND {n.text} = {o.text} AND (({n.metadata}, {n.created_at}, {n.updated_at})"
        " IS DISTINCT FROM ({o.metadata}, {o.created_at}, {o.updated_at})"
        " OR ({o.embedding} IS NULL AND {n.embedding} IS NOT NULL))"
    ).format(
        **_tables(old, new),
        changes=new.columns.assigned("o", "metadata", "created_at", "updated_at"),
        embedding=new.columns.embedding,
    )
    gone = sql.SQL(
        "DELETE FROM {new} AS n WHERE {n.id} = ANY(%(ids)s::text[])"
        " AND NOT EXISTS (SELECT FROM {old} AS o WHERE {o.id} = {n.id})"
    ).format(**_tables(old, new))
    return [Statement(query, {"ids": list(ids)}) for query in (same, gone)]


def forget(new: Stored, places: Sequence[int]) -> Statement:
    """Remove the notes that were followed."""
    query = sql.SQL("DELETE FROM {} WHERE place = ANY(%(places)s::bigint[])").format(_notes(new))
    return Statement(query, {"places": list(places)})


def drop_notes(new: Stored) -> Statement:
    """Drop the notes: from here on the triggers refuse every write to the old table."""
    return Statement(sql.SQL("DROP TABLE IF EXISTS {}").format(_notes(new)))


def stop_noting(new: Stored) -> list[Statement]:
    """Take the triggers off the old table, which goes on as before, and drop the notes."""
    function = sql.SQL("DROP FUNCTION IF EXISTS {}() CASCADE").format(_notes(new))
    return [Statement(function), drop_notes(new)]


def drop_function(dropped: Stored) -> list[Statement]:
    """Drop the function that kept writers off a re-embedded collection, after its table."""
    into = dropped.settings.get(INTO)
    if into is None:
        return []
    name = identifier(dropped.schema, f"reembed_{int(into)}")
    return [Statement(sql.SQL("DROP FUNCTION IF EXISTS {}()").format(name))]


def let_delete(dropped: Stored) -> tuple[Statement, Statement]:
    """Take the trigger away that keeps deletes off a re-embedded collection, and bring it back.

    For within one transaction, which keeps all other writers off the table. Its owner may.
    """
    change = "ALTER TABLE {} {} TRIGGER {}"
    trigger = identifier(f"reembed_{int(dropped.settings[INTO])}_delete")
    off, on = (
        Statement(sql.SQL(change).format(dropped.table, sql.SQL(word), trigger))
        for word in ("DISABLE", "ENABLE")
    )
    return off, on


def swap(old: Stored, new: Stored, kept: str) -> list[Statement]:
    """Give the old collection another name, and its name to the new one; the first gives it."""
    rename = sql.SQL(
        "UPDATE {} SET name = %(kept)s || to_char(clock_timestamp() AT TIME ZONE 'UTC',"
        " ' (\"before\" YYYY-MM-DD HH24:MI:SS.MS)'), settings = settings ||"
        " jsonb_build_object(%(key)s::text, %(into)s::bigint) WHERE id = %(id)s RETURNING name"
    )
    promote = sql.SQL(
        "UPDATE {} SET name = %(name)s, settings = settings - %(marks)s::text[] WHERE id = %(id)s"
    )
    registry = _registry(old)
    values = {"kept": kept, "key": INTO, "into": new.id, "id": old.id}
    name = {"name": old.collection.name, "marks": [OF, RUNNER, INDEX, BY], "id": new.id}
    return [Statement(rename.format(registry), values), Statement(promote.format(registry), name)]


def name_of(stored: Stored) -> Statement:
    """Ask what a collection is called now, and its table."""
    query = sql.SQL("SELECT name, table_name FROM {} WHERE id = %(id)s").format(_registry(stored))
    return Statement(query, {"id": stored.id})


def has_records(old: Stored) -> Statement:
    """Ask whether the registry is of the version that has records."""
    name = qualified_name(old.schema, "records")
    return Statement(sql.SQL("SELECT to_regclass(%(name)s) IS NOT NULL"), {"name": name})


def move_records(old: Stored, new: Stored) -> Statement:
    """Let the records of what was indexed go with the name."""
    query = sql.SQL("UPDATE {} SET collection_id = %(new)s WHERE collection_id = %(old)s").format(
        identifier(old.schema, "records")
    )
    return Statement(query, {"new": new.id, "old": old.id})


def _add_settings(stored: Stored, values: dict[str, Any]) -> Statement:
    query = sql.SQL("UPDATE {} SET settings = settings || %(new)s::jsonb WHERE id = %(id)s").format(
        _registry(stored)
    )
    return Statement(query, {"new": json.dumps(values), "id": stored.id})


def _tables(old: Stored, new: Stored) -> dict[str, Any]:
    """Give both tables, and the columns of their rows, which are called ``o`` and ``n``."""
    return {
        "old": old.table,
        "new": new.table,
        **old.columns.of("o").holes,
        **new.columns.of("n").holes,
    }


def _registry(stored: Stored) -> sql.SQL:
    return identifier(stored.schema, "collections")


def _notes(new: Stored) -> sql.SQL:
    return identifier(new.schema, _name(new))


def _name(new: Stored) -> str:
    return f"reembed_{new.id}"
