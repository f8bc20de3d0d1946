"""A field as a caller writes it: a literal key of metadata, or a path of keys."""

from __future__ import annotations

from pgrecall._values.conversions import MAX_DEPTH, text
from pgrecall._values.numbers import show
from pgrecall._values.unusable import Unusable


def field_keys(field: object) -> tuple[str, ...]:
    """Give the keys of a field, one or more; an empty text is a key as any other.

    Args:
        field: A string, the literal key, or a tuple or list of strings, a path.

    Raises:
        Unusable: It is no field; the reason names what it is about.
    """
    if isinstance(field, str):
        return (_key(field),)
    if not isinstance(field, tuple | list) or not field:
        reason = (
            f"{show(field)} is not a field: write a metadata key, or a tuple of keys as a path into"
            " nested objects"
        )
        raise Unusable(reason)
    if len(field) > MAX_DEPTH:
        raise Unusable(f"the path {show(field)} is deeper than {MAX_DEPTH} levels")
    return tuple(map(_key, field))


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise Unusable(f"{show(key)} is not a key: keys are strings")
    try:
        return text(str.__str__(key), None)
    except Unusable as error:
        raise Unusable(f"{show(key)} {error.reason}") from None
