"""Ids, names and texts: what PostgreSQL can hold of them, and how messages name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self
from unicodedata import category

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


def id_bytes(id_: object) -> bytes:
    """Encode an item's id.

    Raises:
        InvalidArgumentError: It can be none.
    """
    data = plain_bytes(id_)
    if not data or len(data) > MAX_ID_BYTES:
        raise _fault_of_name("an item id", id_, MAX_ID_BYTES)
    return data


def plain_bytes(text: object) -> bytes | None:
    """Encode text that PostgreSQL can hold; None sends anything else to who says what is wrong."""
    if not isinstance(text, str) or "\0" in text:
        return None
    try:
        return str.encode(text)
    except UnicodeEncodeError:
        return None


def any_bytes(text: str) -> bytes:
    """Encode any text, halves of letters too: JSON's escapes would join two of them to a letter."""
    return text.encode("utf-8", "surrogatepass")


def any_text(data: bytes) -> str:
    """Read what ``any_bytes`` gave.

    Raises:
        UnicodeDecodeError: It is no such thing.
    """
    return data.decode("utf-8", "surrogatepass")


def is_blank(text: str) -> bool:
    """Tell whether a text shows nothing: a model has nothing to read in it.

    White space shows nothing, and neither do marks without a width, such as a byte order mark.
    """
    rest = text.strip()
    return not rest or (
        not rest.isascii() and all(one.isspace() or category(one) == "Cf" for one in rest)
    )


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
    data = plain_bytes(name)
    if not data or (limit is not None and len(data) > limit):
        raise _fault_of_name(what, name, limit)


def _fault_of_name(what: str, name: object, limit: int | None) -> InvalidArgumentError:
    """Say why a name cannot be one."""
    if not isinstance(name, str):
        return InvalidArgumentError(f"{what} must be a string, not {type(name).__name__}")
    if not name:
        return InvalidArgumentError(f"{what} must not be empty")
    data = plain_bytes(name)
    if data is None:
        return _fault_of_text(name, f"{what} ({shown(name)})")
    return InvalidArgumentError(
        f"{what} has {len(data):,} bytes; an index holds {limit or 0:,} ({shown(name)})"
    )


def check_text(what: str, text: object) -> None:
    """Raise InvalidArgumentError unless ``text`` is a string that PostgreSQL can take."""
    if plain_bytes(text) is None:
        raise _fault_of_text(text, what)


def text_bytes(text: object, id_: str) -> bytes:
    """Encode the text of the item that has an id."""
    data = plain_bytes(text)
    if data is None:
        raise _fault_of_text(text, f"the text of {name_of_item(id_)}", CLEAN)
    return data


def _fault_of_text(text: object, what: str, advice: Advice | None = None) -> InvalidArgumentError:
    """Say why something cannot be kept as text."""
    if not isinstance(text, str):
        return InvalidArgumentError(f"{what} must be a string, not {type(text).__name__}")
    helps = f"; {advice}" if advice else ""
    if "\0" in text:
        msg = f"{what} holds NUL (U+0000), which PostgreSQL cannot store{helps}"
    else:
        place = next(at for at, letter in enumerate(text) if "\ud800" <= letter <= "\udfff")
        msg = f"{what} holds a lone surrogate at character {place}, which is not text{helps}"
    return InvalidArgumentError(msg, advice=advice)


def name_of_item(id_: str) -> str:
    """Name an item in a message."""
    return id_.name if type(id_) is NamedId else f"item {shown(id_)}"


def shown(id_: str) -> str:
    """Show an id or a key in a message, cut where it is long."""
    return ascii(id_ if len(id_) <= _SHOWN else id_[:_SHOWN] + "...")
