"""Statements that write, read and remove items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements import probing
from pgrecall._statements.distributed import Forms
from pgrecall._statements.items.where import Where, choosing, where_of
from pgrecall._statements.parameters import Parameters
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Copy, Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pgrecall._statements.layout import Stored
    from pgrecall._values.rows import Columns
    from pgrecall._values.vectors import Encoded
    from pgrecall.filters import Filter

_UPSERT = Forms(
    # row by row: a function in FROM puts all of its rows aside first
    local=sql.SQL(
        "INSERT INTO {table} AS existing ({id}, {written}, {updated_at})"
        " SELECT pg_catalog.unnest({ids}), pg_catalog.unnest(%(texts)s::text[]),"
        " pg_catalog.unnest(%(vectors)s::{vector}[]), pg_catalog.unnest(%(metadata)s::jsonb[]),"
        " now() ON CONFLICT ({id}) DO UPDATE SET {changes}"
    ),
    spread=sql.SQL(
        "INSERT INTO {table} AS existing ({id}, {written}, {updated_at})"
        " SELECT *, now() FROM unnest({ids}, %(texts)s::text[], %(vectors)s::{vector}[],"
        " %(metadata)s::jsonb[])"
        " ON CONFLICT ({id}) DO UPDATE SET {changes}"
    ),
)
_UPSERT_ONE = sql.SQL(
    "INSERT INTO {table} AS existing ({id}, {written}, {updated_at})"
    " VALUES ({one}, %(text)s::text, %(vector)s::{vector}, %(metadata)s::jsonb, now())"
    " ON CONFLICT ({id}) DO UPDATE SET {changes}"
)
_OVERWRITE = sql.SQL(
    "UPDATE {table} AS existing SET {changes}, {updated_at} = now()"
    " FROM (SELECT pg_catalog.unnest({ids}) AS {id},"
    " pg_catalog.unnest(%(texts)s::text[]) AS {text},"
    " pg_catalog.unnest(%(vectors)s::{vector}[]) AS {embedding},"
    " pg_catalog.unnest(%(metadata)s::jsonb[]) AS {metadata}) AS given"
    " WHERE {existing.id} = {given.id}"
)
# most often the first is there with all others, or missing with them; a foreign key may point at
# rows that are held
_HOLD = sql.SQL(
    "SELECT count(*) FROM (SELECT FROM {table} WHERE {id} = ANY({ids})"
    " AND CASE WHEN EXISTS (SELECT FROM {table} WHERE {id} = ({ids})[1]) THEN"
    " (SELECT count(*) FROM {table} WHERE {id} = ANY({ids})) = cardinality({ids}) ELSE false END"
    " ORDER BY {id} FOR NO KEY UPDATE) AS held"
)
_UPSERT_WITH_TIMES = sql.SQL(
    "INSERT INTO {table} AS existing ({id}, {written}, {updated_at}{created})"
    " SELECT given.id, given.text, given.embedding, given.metadata,"
    " coalesce(given.updated_at, now()){given_created}"
    " FROM unnest({ids}, %(texts)s::text[], %(vectors)s::{vector}[], %(metadata)s::jsonb[],"
    " %(updated)s::timestamptz[]{created_array})"
    " AS given (id, text, embedding, metadata, updated_at{given_name})"
    " ON CONFLICT ({id}) DO UPDATE SET {changes}"
)

_ID, _IDS = sql.SQL("%(id)s::text"), sql.SQL("%(ids)s::text[]")
_WRITTEN = ("text", "embedding", "metadata")

_COUNT = sql.SQL("SELECT count(*) FROM {} WHERE {}")
_COUNT_PROBED = sql.SQL(
    "WITH {name} AS MATERIALIZED ({probe})"
    " SELECT CASE WHEN is_few THEN ({few}) ELSE ({every}) END FROM {name}"
)

_DELETE = Forms(
    local=sql.SQL(
        "WITH doomed AS MATERIALIZED"
        " (SELECT {given} FROM {table} WHERE {where} ORDER BY {id} FOR UPDATE)"
        " DELETE FROM {table} AS t USING doomed WHERE {t.id} = doomed.id"
    ),
    # Citus locks the shards of a write in their order: writers wait for one another
    spread=sql.SQL("DELETE FROM {table} WHERE {where}"),
)


def upsert(stored: Stored, columns: Columns) -> Statement:
    """Insert or replace rows that come as arrays in id order: they are locked in that order."""
    # one shape per table: prepared, a row costs no parsing and planning
    made = _upsert(stored)
    if columns.updated is not None:
        made = _upsert_with_times(stored, columns.created is not None)
    return Statement(made, columns.parameters(), prepare=None)


@rendered
def _upsert(stored: Stored) -> sql.Composable:
    return _UPSERT.of(stored).format(
        **stored.columns.holes,
        table=stored.table,
        vector=stored.vector_type,
        ids=stored.columns.as_id(_IDS),
        written=stored.columns.listed(*_WRITTEN),
        changes=stored.columns.assigned("excluded", *_WRITTEN, "updated_at"),
    )


def upsert_one(stored: Stored, values: Mapping[str, Encoded]) -> Statement:
    """Insert or replace one row."""
    return Statement(_upsert_one(stored), values, prepare=None)


@rendered
def _upsert_one(stored: Stored) -> sql.Composable:
    return _UPSERT_ONE.format(
        **stored.columns.holes,
        table=stored.table,
        vector=stored.vector_type,
        one=stored.columns.as_id(_ID),
        written=stored.columns.listed(*_WRITTEN),
        changes=stored.columns.assigned("excluded", *_WRITTEN, "updated_at"),
    )


def is_overwritten_apart(stored: Stored) -> bool:
    """Tell whether rows that are there are replaced sooner by ``overwrite`` than by ``upsert``.

    An INSERT makes the tsvector of a row before it finds that the row is there, and makes it again.
    """
    return stored.collection.text_search is not None and not stored.collection.distributed


def hold(stored: Stored, ids: Encoded) -> Statement:
    """Lock the rows of some ids in their order, where every one is there, and count them.

    Run it with enable_seqscan off: the planner expects a match soon, and there may be none.
    """
    return Statement(_hold(stored), {"ids": ids})


@rendered
def _hold(stored: Stored) -> sql.Composable:
    ids = stored.columns.as_id(_IDS)
    return _HOLD.format(**stored.columns.holes, table=stored.table, ids=ids)


def overwrite(stored: Stored, columns: Columns) -> Statement:
    """Replace rows that ``hold`` holds."""
    return Statement(_overwrite(stored), columns.parameters(), prepare=None)


@rendered
def _overwrite(stored: Stored) -> sql.Composable:
    return _OVERWRITE.format(
        **stored.columns.holes,
        **stored.columns.of("existing").holes,
        **stored.columns.of("given").holes,
        table=stored.table,
        vector=stored.vector_type,
        ids=stored.columns.as_id(_IDS),
        changes=stored.columns.assigned("given", *_WRITTEN),
    )


@rendered
def _upsert_with_times(stored: Stored, created: bool) -> sql.Composable:
    columns = stored.columns
    nothing = sql.SQL("")
    written = (*_WRITTEN, "updated_at", *(["created_at"] if created else []))
    return _UPSERT_WITH_TIMES.format(
        **columns.holes,
        table=stored.table,
        vector=stored.vector_type,
        ids=columns.as_id(_IDS),
        written=columns.listed(*_WRITTEN),
        created=sql.SQL(", {}").format(columns.created_at) if created else nothing,
        created_array=sql.SQL(", %(created)s::timestamptz[]") if created else nothing,
        given_created=sql.SQL(", given.created_at") if created else nothing,
        given_name=sql.SQL(", created_at") if created else nothing,
        changes=columns.assigned("excluded", *written),
    )


def copy(stored: Stored, blocks: Iterable[bytes], *, times: bool = False) -> Copy:
    """Stream rows straight into the table; the caller knows that no id is there yet."""
    written = (*_WRITTEN, "created_at", "updated_at") if times else _WRITTEN
    query = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT BINARY)").format(
        sql.Identifier(stored.schema, stored.table_name),  # COPY takes no parameters: % is %
        stored.columns.listed("id", *written),
    )
    return Copy(query, blocks)


def any_present(stored: Stored, ids: Encoded) -> Statement:
    """Ask whether one of the ids is there.

    Run it with enable_seqscan off: the planner expects a match soon, and there is none as a rule.
    """
    return Statement(_any_present(stored), {"ids": ids})


@rendered
def _any_present(stored: Stored) -> sql.Composable:
    return sql.SQL(
        "SELECT EXISTS (SELECT 1 FROM {table}) AND"
        " EXISTS (SELECT 1 FROM {table} WHERE {id} = ANY({ids}))"
    ).format(**stored.columns.holes, table=stored.table, ids=stored.columns.as_id(_IDS))


def get(stored: Stored, ids: Sequence[str]) -> Statement:
    """Read items in the order asked."""
    return Statement(_get(stored), {"ids": stored.possible(ids)})


@rendered
def _get(stored: Stored) -> sql.Composable:
    columns = stored.columns.of("t")
    return sql.SQL(
        "SELECT {t.id_text}, {t.text}, {t.metadata_text}, {send}({t.embedding}), {t.times}"
        " FROM pg_catalog.unnest({ids}) WITH ORDINALITY AS asked (id, place)"
        " JOIN {table} AS t ON {t.id = asked.id} ORDER BY asked.place"
    ).format(
        **columns.holes,
        ids=columns.as_id(_IDS),
        send=stored.send_function,
        table=stored.relation,
    )


def list_ids(stored: Stored) -> Statement:
    """Read every id, in order."""
    query = sql.SQL("SELECT {} FROM {} ORDER BY {}")
    columns = stored.columns
    return Statement(query.format(columns.id_text(), stored.items, columns.id))


def count(stored: Stored, filter_: Filter | None) -> Statement:
    """Count the rows that match."""
    parameters = Parameters()
    return Statement(_count(stored, where_of(stored, filter_, parameters)), parameters.values)


@rendered
def _count(stored: Stored, where: Where) -> sql.Composable:
    if where.each:
        return _COUNT.format(sql.SQL(where.each), sql.SQL(where.among))
    condition = sql.SQL(where.every)
    if not where.probe:
        return _COUNT.format(stored.items, condition)
    few = sql.Composed([sql.SQL(where.among), probing.AMONG])
    return _COUNT_PROBED.format(
        name=probing.NAME,
        probe=sql.SQL(where.probe),
        few=_COUNT.format(stored.items, few),
        every=_COUNT.format(stored.items, condition),
    )


def delete(stored: Stored, ids: Sequence[str]) -> Statement:
    """Remove items by id, locked in id order."""
    columns = stored.columns
    where = sql.SQL("{} = ANY({})").format(columns.id, columns.as_id(_IDS))
    return Statement(_delete(stored, where.as_string(None)), {"ids": list(ids)})


def delete_where(stored: Stored, filter_: Filter) -> Statement:
    """Remove the items that match, locked in id order."""
    parameters = Parameters()
    where = choosing(stored, filter_, parameters)
    return Statement(_delete(stored, where), parameters.values)


@rendered
def _delete(stored: Stored, where: str) -> sql.Composable:
    return _DELETE.of(stored).format(
        **stored.columns.holes,
        **stored.columns.of("t").holes,
        table=stored.table,
        where=sql.SQL(where),
        given=stored.columns.given("id"),
    )
