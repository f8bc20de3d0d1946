"""Ids, names and texts: what PostgreSQL can hold of them, and how messages name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pgrecall.errors import CLEAN, Advice, InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_ID_BYTES = 2_000
"""A B-tree of PostgreSQL takes entries of up to 2,704 bytes."""

_SHOWN = 80  # characters of an id in a message


class NamedId(str):
    """An id whose item messages call by another name: the caller may never have seen the id."""

    __slots__ = ("name",)

    def __new__(cls, id_: str, name: str) -> Self:
        """Keep what messages say: ``document number 3 (from 0)``."""
        made = super().__new__(cls, id_)
        made.name = name
        return made

    name: str


def check_id(id_: object, *, limit: int | None = MAX_ID_BYTES) -> None:
    """Raise InvalidArgumentError unless ``id_`` can be an item's id."""
    check_name("an item id", id_, limit=limit)


def nth(place: int) -> str:
    """Name a place in a list of the caller's."""
    return f"number {place:,} (from 0)"


def told_at(what: str, place: int, error: InvalidArgumentError) -> InvalidArgumentError:
    """Put the place in a list of the caller's before what is wrong there."""
    return InvalidArgumentError(f"{what} {nth(place)}: {error}")


def check_ids(what: str, ids: Iterable[object], *, limit: int | None = None) -> None:
    """Raise InvalidArgumentError, with the place, unless all can be ids."""
    for place, id_ in enumerate(ids):
        try:
            check_id(id_, limit=limit)
        except InvalidArgumentError as error:
            raise told_at(what, place, error) from None


def check_name(what: str, name: object, *, limit: int | None) -> None:
    """Raise InvalidArgumentError unless ``name`` is text that PostgreSQL can hold and index."""
    if not isinstance(name, str):
        msg = f"{what} must be a string, not {type(name).__name__}"
        raise InvalidArgumentError(msg)
    if not name:
        msg = f"{what} must not be empty"
        raise InvalidArgumentError(msg)
    data = _encoded(name, f"{what} ({shown(name)})")
    if limit is not None and len(data) > limit:
        msg = f"{what} has {len(data):,} bytes; an index holds {limit:,} ({shown(name)})"
        raise InvalidArgumentError(msg)


def check_text(what: str, text: object) -> None:
    """Raise InvalidArgumentError unless ``text`` is a string that PostgreSQL can take."""
    if not isinstance(text, str):
        msg = f"{what} must be a string, not {type(text).__name__}"
        raise InvalidArgumentError(msg)
    _encoded(text, what)


def text_bytes(text: object, name: str) -> bytes:
    """Encode an item's text."""
    if not isinstance(text, str):
        msg = f"the text of {name} must be a string, not {type(text).__name__}"
        raise InvalidArgumentError(msg)
    return _encoded(text, f"the text of {name}", CLEAN)


def _encoded(text: str, what: str, advice: Advice | None = None) -> bytes:
    helps = f"; {advice}" if advice else ""
    if "\0" in text:
        msg = f"{what} holds NUL (U+0000), which PostgreSQL cannot store{helps}"
        raise InvalidArgumentError(msg, advice=advice)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        place = error.start
        msg = f"{what} holds a lone surrogate at character {place}, which is not text{helps}"
        raise InvalidArgumentError(msg, advice=advice) from None


def name_of_item(id_: str) -> str:
    """Name an item in a message."""
    return id_.name if type(id_) is NamedId else f"item {shown(id_)}"


def shown(id_: str) -> str:
    """Show an id or a key in a message, cut where it is long."""
    return ascii(id_ if len(id_) <= _SHOWN else id_[:_SHOWN] + "...")
