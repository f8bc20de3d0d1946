"""Entries: JSON values under the keys of nested namespaces.

A *space* keeps the entries of one user of the facility apart from those of another, within a
tenant. What has expired is gone for every call, whether or not it was swept.
"""

from __future__ import annotations

import reprlib
from collections.abc import Generator, Iterable, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from pgrecall import filters
from pgrecall._operations.context import MAX_NAME_BYTES
from pgrecall._operations.setup import needing_version
from pgrecall._operations.work import Work, one
from pgrecall._statements.entries import entries as statements
from pgrecall._statements.entries import namespaces as entry_namespaces
from pgrecall._statements.entries import removing as entry_removing
from pgrecall._statements.entries.table import ENTRIES, Table
from pgrecall._statements.statement import Many
from pgrecall._values.conversions import MAX_DEPTH
from pgrecall._values.groups import CHUNK_BYTES, CHUNK_ROWS
from pgrecall._values.instants import utc
from pgrecall._values.json_text import json_bytes, read_metadata
from pgrecall._values.numbers import checked_whole
from pgrecall._values.strings import check_name, check_text, nth, shown
from pgrecall.errors import DatabaseError, InvalidArgumentError
from pgrecall.models import Entry

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.entries.table import Key
    from pgrecall._statements.statement import Result, Statement
    from pgrecall.filters import FilterLike

MAX_VALUE_DEPTH = MAX_DEPTH - 1
"""Levels that a value may nest: what makes it searchable holds it in an object of its own."""
MAX_KEY_BYTES = 2_400
"""Tenant, space, namespace and key share an index entry, which holds 2,704 bytes with its own."""

MAX_TTL_MINUTES = 4_000_000_000.0
"""Some 7,600 years: Python's dates end with the year 9999."""

MAX_LIMIT = 2**31 - 1
NOT_OURS_TO_WRITE = {"42501", "25006"}  # insufficient_privilege, read_only_sql_transaction
_PLAIN = {str}
_BYTES_A_PART = 8  # what an array keeps beside an element's bytes, at most


def put(context: Context, tenant: str, space: str, entries: Iterable[Entry]) -> Operation[int]:
    """Insert or replace entries, all or none, and count the distinct keys.

    Of each entry ``namespace``, ``key``, ``value`` and ``ttl_minutes`` count; a key that comes
    twice keeps its last value. ``created_at`` stays that of the first write.
    """
    rows = checked_rows(tenant, space, entries)
    if not rows:
        return 0
    yield from needing_version(context, 2, together(list(puts(context, tenant, space, rows))))
    return len(rows)


def get(
    context: Context, tenant: str, space: str, keys: Iterable[Key]
) -> Operation[list[Entry | None]]:
    """Read entries by namespace and key: one for each asked, in that order; None where missing."""
    asked = checked_keys(tenant, space, keys)
    if not asked:
        return []
    result = yield from needing_version(
        context, 2, one(statements.get(context.schema, tenant, space, asked))
    )
    found = {(entry.namespace, entry.key): entry for entry in map(entry_from, result.rows)}
    return [found.get(key) for key in asked]


def find(
    context: Context,
    tenant: str,
    space: str,
    *,
    prefix: Sequence[str] = (),
    filter_: FilterLike | None = None,
    limit: int = MAX_LIMIT,
    offset: int = 0,
) -> Operation[list[Entry]]:
    """Read the entries whose namespace begins with ``prefix`` and whose value matches.

    The last written comes first, then by namespace and key. In a filter ``"id"`` is the key; any
    other field is a key of the value.
    """
    wanted = checked_namespace(tenant, space, prefix)
    limit, offset = checked_page(limit, offset)
    statement = statements.find(
        context.schema,
        tenant,
        space,
        prefix=wanted,
        filter_=filters.parse(filter_),
        limit=limit,
        offset=offset,
    )
    result = yield from needing_version(context, 2, one(statement))
    return [entry_from(row) for row in result.rows]


def touch(
    context: Context, tenant: str, space: str, keys: Iterable[Key], of: Table = ENTRIES
) -> Operation[int]:
    """Let entries that were read live for their ``ttl_minutes`` from now on; count them.

    A reader does so in passing: it waits for no writer, and where its role may not, none live on.
    """
    asked = checked_keys(tenant, space, keys)
    if not asked:
        return 0
    statement = statements.touch(context.schema, tenant, space, sorted(set(asked)), of)
    work = one(statement, writes=True)
    try:
        result = yield from needing_version(context, of.since, work)
    except DatabaseError as error:
        if error.sqlstate not in NOT_OURS_TO_WRITE:
            raise
        return 0
    return result.touched


def delete(
    context: Context, tenant: str, space: str, keys: Iterable[Key], of: Table = ENTRIES
) -> Operation[int]:
    """Remove entries by namespace and key, and count them."""
    asked = checked_keys(tenant, space, keys)
    if not asked:
        return 0
    statement = entry_removing.delete(context.schema, tenant, space, sorted(set(asked)), of)
    result = yield from needing_version(context, of.since, one(statement, writes=True))
    return int(result.rows[0][0])


def clear(
    context: Context,
    tenant: str,
    space: str,
    prefix: Sequence[str] = (),
    of: Table = ENTRIES,
    *,
    exactly: bool = False,
) -> Operation[int]:
    """Remove the entries whose namespace begins with ``prefix``, or is it, and count them."""
    wanted = checked_namespace(tenant, space, prefix)
    statement = entry_removing.clear(context.schema, tenant, space, wanted, of, exactly=exactly)
    result = yield from needing_version(context, of.since, one(statement, writes=True))
    return int(result.rows[0][0])


def sweep(context: Context, tenant: str, space: str, of: Table = ENTRIES) -> Operation[int]:
    """Remove what has expired, and count it."""
    check_place(tenant, space)
    statement = entry_removing.sweep(context.schema, tenant, space, of)
    result = yield from needing_version(context, of.since, one(statement, writes=True))
    return len(result.rows)


def namespaces(
    context: Context,
    tenant: str,
    space: str,
    *,
    conditions: Iterable[tuple[str, Sequence[str]]] = (),
    max_depth: int | None = None,
    limit: int = MAX_LIMIT,
    offset: int = 0,
    of: Table = ENTRIES,
) -> Operation[list[tuple[str, ...]]]:
    """List the namespaces that hold entries, in order, each once.

    Args:
        context: The store's.
        tenant: The tenant.
        space: The space.
        conditions: ``("prefix", path)`` or ``("suffix", path)``, all of which hold; ``"*"`` in a
            path stands for any one part.
        max_depth: How many parts of each to keep; None keeps them all.
        limit: How many to give.
        offset: How many to leave out before.
        of: Whose namespaces.
    """
    check_place(tenant, space)
    limit, offset = checked_page(limit, offset)
    if max_depth is not None:
        max_depth = checked_whole("max_depth", max_depth, 0, MAX_LIMIT)
    statement = entry_namespaces.namespaces(
        context.schema,
        tenant,
        space,
        conditions=[_checked_condition(*condition) for condition in conditions],
        max_depth=max_depth,
        limit=limit,
        offset=offset,
        of=of,
    )
    result = yield from needing_version(context, of.since, one(statement))
    return [tuple(namespace) for (namespace,) in result.rows]


Row = tuple[tuple[str, ...], str, str, float | None]


def checked_rows(tenant: str, space: str, entries: Iterable[Entry]) -> list[Row]:
    """Bring entries to rows in the order of their keys, each key once.

    Raises:
        InvalidArgumentError: An entry cannot be stored; the message names it.
    """
    check_place(tenant, space)
    rows: dict[Key, Row] = {}
    for place, entry in enumerate(entries):
        if not isinstance(entry, Entry):
            msg = f"entries must be Entry, not {type(entry).__name__}: {nth(place)} is"
            raise InvalidArgumentError(msg)
        namespace, key = checked_key(tenant, space, entry.namespace, entry.key)
        what = f"the value of key {shown(key)}"
        value = json_bytes(entry.value, what, "value", max_depth=MAX_VALUE_DEPTH).decode()
        try:
            ttl = checked_ttl(entry.ttl_minutes)
        except InvalidArgumentError as error:
            raise told_of_key(namespace, key, error) from None
        rows[namespace, key] = (namespace, key, value, ttl)
    # tuples of strings are ordered as the server orders arrays of text under "C"
    return [rows[key] for key in sorted(rows)]


def puts(
    context: Context, tenant: str, space: str, rows: Sequence[Row]
) -> Generator[Statement, Any, None]:
    """Give the statements that write rows, each of a size that the server takes easily."""
    chunk: list[Row] = []
    room = CHUNK_BYTES
    for row in rows:
        chunk.append(row)
        room -= len(row[2])
        if room <= 0 or len(chunk) == CHUNK_ROWS:
            yield statements.put(context.schema, tenant, space, chunk)
            chunk, room = [], CHUNK_BYTES
    if chunk:
        yield statements.put(context.schema, tenant, space, chunk)


def together(writes: Sequence[Statement]) -> Work[int]:
    """Run writes in one transaction, and count the rows of the first; one alone is its own."""
    several = len(writes) > 1

    def body() -> Steps[int]:
        done = yield Many(writes) if several else writes[0]
        first: Result = done[0] if several else done
        return first.touched

    return Work(body, writes=True, transaction=several)


def entry_from(row: Sequence[Any]) -> Entry:
    """Read a row."""
    namespace, key, value, *times, ttl = row
    created, updated, expires = map(utc, times)
    return Entry(tuple(namespace), key, read_metadata(value), created, updated, expires, ttl)


def checked_keys(tenant: str, space: str, keys: Iterable[Key]) -> list[Key]:
    """Check what names entries."""
    check_place(tenant, space)
    return [checked_key(tenant, space, namespace, key) for namespace, key in keys]


def check_place(tenant: object, space: object) -> None:
    """Raise InvalidArgumentError unless both are names."""
    check_name("a tenant", tenant, limit=MAX_NAME_BYTES)
    check_name("a space", space, limit=MAX_NAME_BYTES)


def checked_namespace(tenant: str, space: str, namespace: Sequence[str]) -> tuple[str, ...]:
    """Check a namespace or the beginning of one."""
    check_place(tenant, space)
    return _checked_parts(namespace)


def checked_page(limit: object, offset: object, *, least: int = 1) -> tuple[int, int]:
    """Give both as ints, where they can cut a list; ``least`` is the limit's."""
    number = checked_whole("limit", limit, least, MAX_LIMIT)
    return number, checked_whole("offset", offset, 0, MAX_LIMIT)


def _checked_parts(namespace: Sequence[str]) -> tuple[str, ...]:
    if isinstance(namespace, str | bytes) or not isinstance(namespace, Sequence):
        msg = f"a namespace must be a tuple of strings, not {type(namespace).__name__}"
        raise InvalidArgumentError(msg)
    for part in namespace:
        check_text("a part of a namespace", part)
    return tuple(map(str.__str__, namespace))


def told_of_key(
    namespace: object, key: object, error: InvalidArgumentError
) -> InvalidArgumentError:
    """Put a namespace and a key before what is wrong there."""
    # by the caller's names, cut where they are long: its place may be one among several kinds
    return InvalidArgumentError(f"namespace and key {reprlib.repr((namespace, key))}: {error}")


def checked_key(tenant: str, space: str, namespace: Sequence[str], key: str) -> Key:
    """Check a namespace and a key in it, and whose they are."""
    if type(namespace) is tuple and _fits_plainly(tenant, space, namespace, key):
        return namespace, key
    check_place(tenant, space)
    try:
        return _key_that_fits(tenant, space, namespace, key)
    except InvalidArgumentError as error:
        raise told_of_key(namespace, key, error) from None


def _fits_plainly(tenant: str, space: str, namespace: tuple[str, ...], key: str) -> bool:
    """Tell, all names at once, whether a key is as nearly every one is; else each is looked at."""
    if not {type(tenant), type(space), type(key), *map(type, namespace)} <= _PLAIN:
        return False
    if not (key and tenant and space) or max(len(tenant), len(space)) > MAX_NAME_BYTES:
        return False
    names = "".join((tenant, space, key, *namespace))
    if len(names) + _BYTES_A_PART * len(namespace) > MAX_KEY_BYTES:
        return False
    return names.isascii() and "\0" not in names


def _key_that_fits(tenant: str, space: str, namespace: Sequence[str], key: str) -> Key:
    parts = _checked_parts(namespace)
    check_name("a key", key, limit=None)
    names = "".join((tenant, space, key, *parts))
    size = len(names if names.isascii() else names.encode()) + _BYTES_A_PART * len(parts)
    if size > MAX_KEY_BYTES:
        msg = (
            f"tenant, space, namespace and key have {size:,} bytes together; an index holds"
            f" {MAX_KEY_BYTES:,}"
        )
        raise InvalidArgumentError(msg)
    return parts, str.__str__(key)


def checked_ttl(ttl: object) -> float | None:
    """Check minutes to live."""
    if ttl is None:
        return None
    number = isinstance(ttl, int | float) and not isinstance(ttl, bool)
    if not number or not isfinite(ttl) or not 0 <= ttl <= MAX_TTL_MINUTES:  # type: ignore[arg-type,operator]  # a number
        msg = f"ttl_minutes must be a number from 0 to {MAX_TTL_MINUTES:,.0f}, not {ttl!r}"
        raise InvalidArgumentError(msg)
    return float(ttl)  # type: ignore[arg-type]  # a number


def _checked_condition(kind: str, path: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    if kind not in {"prefix", "suffix"}:
        msg = f"a condition on namespaces is 'prefix' or 'suffix', not {kind!r}"
        raise InvalidArgumentError(msg)
    return kind, _checked_parts(path)
