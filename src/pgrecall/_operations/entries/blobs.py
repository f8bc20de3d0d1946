"""Blobs: bytes under the keys of nested namespaces, for whom entries' JSON is too narrow.

They are named, live and expire as entries do. ``metadata`` is what they are found by; the bytes
are read where they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, LiteralString

from pgrecall._operations.entries import entries
from pgrecall._operations.entries.entries import (
    MAX_LIMIT,
    check_place,
    checked_key,
    checked_keys,
    checked_namespace,
    checked_page,
    checked_ttl,
    together,
    told_of_key,
)
from pgrecall._operations.setup import needing_version
from pgrecall._operations.work import one
from pgrecall._statements.entries import blobs as statements
from pgrecall._statements.entries.table import BLOBS
from pgrecall._values.instants import utc
from pgrecall._values.json_text import json_bytes, read_metadata
from pgrecall._values.strings import check_text, nth, shown
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Blob

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.entries.blobs import Row
    from pgrecall._statements.entries.table import Key
    from pgrecall._statements.statement import Statement

MAX_VALUE_BYTES = 1_000_000_000
"""A message to the server, and a value in it, has 1,073,741,823 bytes at most with all else."""

CHUNK_BYTES, CHUNK_ROWS = 8 << 20, 1_000
"""About so much goes in one statement; a larger value goes alone."""

_BYTES_A_ROW = 200

touch: Callable[[Context, str, str, Iterable[Key]], Operation[int]] = partial(
    entries.touch, of=BLOBS
)
"""Let blobs that were read live for their ``ttl_minutes`` from now on, as ``entries.touch``."""
delete: Callable[[Context, str, str, Iterable[Key]], Operation[int]] = partial(
    entries.delete, of=BLOBS
)
"""Remove blobs by namespace and key, and count them."""
clear: Callable[..., Operation[int]] = partial(entries.clear, of=BLOBS)
"""Remove the blobs whose namespace begins with a prefix, or is it, and count them."""
sweep: Callable[[Context, str, str], Operation[int]] = partial(entries.sweep, of=BLOBS)
"""Remove what has expired, and count it."""
namespaces: Callable[..., Operation[list[tuple[str, ...]]]] = partial(entries.namespaces, of=BLOBS)
"""List the namespaces that hold blobs, as ``entries.namespaces``."""


def put(
    context: Context, tenant: str, space: str, blobs: Iterable[Blob], *, replace: bool = True
) -> Operation[int]:
    """Insert or replace blobs, all or none, and count the distinct keys.

    Of each blob ``namespace``, ``key``, ``value``, ``content_type``, ``metadata`` and
    ``ttl_minutes`` count; a key that comes twice keeps its last value. ``created_at`` and
    ``number`` stay those of the first write.

    Args:
        context: The store's.
        tenant: The tenant.
        space: The space.
        blobs: What to write.
        replace: Whether a blob that is there, and has not expired, is replaced or left as it is.
    """
    rows = checked_rows(tenant, space, blobs)
    if not rows:
        return 0
    text = statements.PUT if replace else statements.PUT + statements.IF_MISSING
    writes = list(puts(context, tenant, space, rows, text))
    yield from needing_version(context, BLOBS.since, together(writes))
    return len(rows)


def get(
    context: Context, tenant: str, space: str, keys: Iterable[Key], *, values: bool = True
) -> Operation[list[Blob | None]]:
    """Read blobs by namespace and key: one for each asked, in that order; None where missing.

    Without ``values`` all but the bytes is read.
    """
    asked = checked_keys(tenant, space, keys)
    if not asked:
        return []
    statement = statements.get(context.schema, tenant, space, asked, values=values)
    result = yield from needing_version(context, BLOBS.since, one(statement))
    found = {(blob.namespace, blob.key): blob for blob in map(blob_from, result.rows)}
    return [found.get(key) for key in asked]


def find(
    context: Context,
    tenant: str,
    space: str,
    *,
    prefix: Sequence[str] = (),
    exactly: bool = False,
    key_prefix: str = "",
    contains: Mapping[str, Any] | None = None,
    after: Key | None = None,
    descending: bool = False,
    by_number: bool = False,
    values: bool = False,
    limit: int = MAX_LIMIT,
    offset: int = 0,
) -> Operation[list[Blob]]:
    """Read blobs in the order of their namespaces and keys, without their bytes unless asked.

    Args:
        context: The store's.
        tenant: The tenant.
        space: The space.
        prefix: What their namespaces begin with.
        exactly: Whether ``prefix`` is the whole of the namespace.
        key_prefix: What their keys begin with.
        contains: What their metadata holds, as jsonb's ``@>`` has it; an index finds them.
        after: The namespace and key of the last blob of the page before, in whichever order.
        descending: Whether the last comes first.
        by_number: Whether they come in the order in which they were first written.
        values: Whether the bytes are read too.
        limit: How many to give.
        offset: How many to leave out before.
    """
    wanted = checked_namespace(tenant, space, prefix)
    check_text("key_prefix", key_prefix)
    limit, offset = checked_page(limit, offset)
    if after is not None:
        if by_number:
            msg = "after is a place in the order of keys: leave it out, or by_number"
            raise InvalidArgumentError(msg)
        after = checked_key(tenant, space, *after)
    statement = statements.find(
        context.schema,
        tenant,
        space,
        prefix=wanted,
        exactly=exactly,
        key_prefix=key_prefix,
        contains=_metadata("contains", contains),
        after=after,
        descending=descending,
        by_number=by_number,
        values=values,
        limit=limit,
        offset=offset,
    )
    result = yield from needing_version(context, BLOBS.since, one(statement))
    return [blob_from(row) for row in result.rows]


def checked_rows(tenant: str, space: str, blobs: Iterable[Blob]) -> list[Row]:
    """Bring blobs to rows in the order of their keys, each key once.

    Raises:
        InvalidArgumentError: A blob cannot be stored; the message names it.
    """
    check_place(tenant, space)
    rows: dict[Key, Row] = {}
    for place, blob in enumerate(blobs):
        if not isinstance(blob, Blob):
            msg = f"blobs must be Blob, not {type(blob).__name__}: {nth(place)} is"
            raise InvalidArgumentError(msg)
        namespace, key = checked_key(tenant, space, blob.namespace, blob.key)
        try:
            rows[namespace, key] = statements.Row(
                namespace,
                key,
                checked_value(blob.value),
                _content_type(blob.content_type),
                _metadata(f"the metadata of key {shown(key)}", blob.metadata),
                checked_ttl(blob.ttl_minutes),
            )
        except InvalidArgumentError as error:
            raise told_of_key(namespace, key, error) from None
    return [rows[key] for key in sorted(rows)]


def puts(
    context: Context,
    tenant: str,
    space: str,
    rows: Sequence[Row],
    text: LiteralString = statements.PUT,
    *,
    held: Sequence[Key] = (),
) -> Generator[Statement, Any, None]:
    """Give the statements that write rows, each of a size that the server takes easily.

    Each writes nothing where one of ``held`` is missing; once the first found them all, none is
    missing for the others.
    """
    schema = context.schema
    chunk: list[Row] = []
    size = 0
    for row in rows:
        weight = _BYTES_A_ROW + len(row.value) + len(row.metadata or "")
        if chunk and (size + weight > CHUNK_BYTES or len(chunk) == CHUNK_ROWS):
            yield statements.put(schema, tenant, space, chunk, text=text, held=held)
            chunk, size = [], 0
        chunk.append(row)
        size += weight
    if chunk:
        yield statements.put(schema, tenant, space, chunk, text=text, held=held)


def blob_from(row: Sequence[Any]) -> Blob:
    """Read a row."""
    namespace, key, value, size, content_type, metadata, *times, ttl, number = row
    created, updated, expires = map(utc, times)
    return Blob(
        tuple(namespace),
        key,
        value,
        content_type,
        read_metadata(metadata),
        created,
        updated,
        expires,
        ttl,
        size,
        number,
    )


def checked_value(value: object) -> bytes:
    """Give what can be a value, as bytes.

    Raises:
        InvalidArgumentError: It is of another type, or the server has no room for it.
    """
    if type(value) is bytes and len(value) <= MAX_VALUE_BYTES:
        return value
    if not isinstance(value, bytes | bytearray | memoryview):
        msg = f"a blob's value must be bytes, not {type(value).__name__}"
        raise InvalidArgumentError(msg)
    size = value.nbytes if isinstance(value, memoryview) else len(value)
    if size > MAX_VALUE_BYTES:
        msg = f"a blob's value has {size:,} bytes; PostgreSQL takes {MAX_VALUE_BYTES:,} in one"
        raise InvalidArgumentError(msg)
    return bytes(value)


def _content_type(content_type: object) -> str | None:
    if content_type is None:
        return None
    check_text("content_type", content_type)
    return str(content_type)


def _metadata(what: str, metadata: object) -> str | None:
    if not metadata and (metadata is None or isinstance(metadata, Mapping)):
        return None
    if not isinstance(metadata, Mapping):
        msg = f"{what} must be a mapping, not {type(metadata).__name__}"
        raise InvalidArgumentError(msg)
    return json_bytes(metadata, what).decode()
