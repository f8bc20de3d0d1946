"""What stands in one item as PostgreSQL sends it: its metadata and its times, checked."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from pgrecall._values.arrays import NULL, int4, jsonb
from pgrecall._values.conversions import SCALARS, cleaned, cleaned_deeply
from pgrecall._values.conversions import plain as plain_value
from pgrecall._values.instants import instant_of, utc
from pgrecall._values.json_text import to_json, told_of
from pgrecall._values.strings import MAX_ID_BYTES, name_of_item
from pgrecall._values.unusable import Unusable
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


_int8 = struct.Struct(">q").pack
_YEAR_2000 = 946_684_800_000_000  # microseconds: where PostgreSQL counts from


class Times(NamedTuple):
    """When an item says that it was written first and last, as PostgreSQL sends times."""

    created: bytes | None
    updated: bytes | None


def metadata_bytes(
    metadata: Mapping[str, Any] | None, id_: str, text_fields: Sequence[str]
) -> bytes:
    """Encode as jsonb the metadata of the item that has an id."""

    def what() -> str:
        return f"the metadata of {name_of_item(id_)}"

    if metadata is None:
        return b"\1{}"
    plain = metadata if type(metadata) is dict else _as_dict(metadata, what)
    try:
        data = to_json(plain)
    except Unusable as error:
        raise told_of(error, what()) from None
    check_indexed(plain, what, text_fields)
    return jsonb(data)


def check_indexed(
    plain: Mapping[str, Any], what: Callable[[], str], text_fields: Sequence[str]
) -> None:
    """Raise InvalidArgumentError where a declared text field is too long for its index."""
    for field in text_fields:
        value = plain.get(field)
        if type(value) not in SCALARS:
            value = plain_value(value)
        # a character takes 4 bytes at most
        if not isinstance(value, str) or len(value) <= MAX_ID_BYTES // 4:
            continue
        if len(value.encode()) > MAX_ID_BYTES:
            msg = (
                f"{what()}: field {field!r} is declared as text and indexed, which holds"
                f" {MAX_ID_BYTES:,} bytes; it has {len(value.encode()):,}"
            )
            raise InvalidArgumentError(msg)


def cleaned_item(item: object) -> object:
    """Take NUL and lone surrogates out of text and metadata; the id, and what is no item, stay."""
    if not isinstance(item, Item):
        return item
    text = cleaned(item.text) if isinstance(item.text, str) else item.text
    metadata = item.metadata
    if isinstance(metadata, Mapping):
        metadata = cleaned_deeply(metadata)
    return replace(item, text=text, metadata=metadata)


def times_of(item: Item) -> Times:
    """Give the times that an item says.

    Raises:
        InvalidArgumentError: One is none that PostgreSQL and Python both have.
    """
    return Times(
        _time(item.created_at, "created_at", item.id), _time(item.updated_at, "updated_at", item.id)
    )


def _time(value: object, which: str, id_: str) -> bytes | None:
    if value is None:
        return None
    instant = instant_of(value) if isinstance(value, datetime) else None
    try:
        if instant is not None and utc(instant.microseconds) is not None:
            return _int8(instant.microseconds - _YEAR_2000)
    except OverflowError:  # an offset leads it out of the years that Python has
        pass
    msg = (
        f"{which} of {name_of_item(id_)} must be a datetime of the years 1 to 9999 in UTC, or None,"
        f" not {value!r}"
    )
    raise InvalidArgumentError(msg)


def time_field(time: bytes | None) -> bytes:
    """Encode a time, or none, as a field of a row."""
    return NULL if time is None else int4(len(time)) + time


def _as_dict(metadata: object, what: Callable[[], str]) -> dict[str, Any]:
    if not isinstance(metadata, Mapping):
        msg = f"{what()} must be a mapping, not {type(metadata).__name__}"
        raise InvalidArgumentError(msg)
    return dict(metadata)
