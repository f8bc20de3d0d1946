"""What is to be forgotten, checked before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from pgrecall._operations.context import check_names
from pgrecall._operations.entries.entries import checked_namespace
from pgrecall._operations.items.items import leaving_rows
from pgrecall._values.said import NOTHING
from pgrecall._values.strings import check_text, nth
from pgrecall.errors import FORGET_ALL, InvalidArgumentError

if TYPE_CHECKING:
    from pgrecall.filters import Filter, FilterLike


class Asked(NamedTuple):
    """What is to be forgotten of a tenant.

    Attributes:
        filter: The items that match, of every collection.
        namespace: The entries and blobs below it, of every space.
        threads: Threads.
        sessions: Chats.
    """

    tenant: str
    filter: Filter | None
    namespace: tuple[str, ...] | None
    threads: list[str]
    sessions: list[str]

    @property
    def is_all(self) -> bool:
        """Whether it is everything: nothing is named."""
        return self == Asked(self.tenant, None, None, [], [])


def checked(
    tenant: str,
    filter_: FilterLike | None,
    namespace: Sequence[str] | None,
    threads: Iterable[object],
    sessions: Iterable[object],
) -> Asked:
    """Check what is to be forgotten.

    Raises:
        InvalidArgumentError: An argument cannot be used, or names nothing where it is the only one:
            nothing named is everything, and an empty list that a program made is no such wish.
    """
    check_names(tenant, "-")
    asked = Asked(
        str.__str__(tenant),
        None if filter_ is None else _filter(filter_),
        None if namespace is None else _namespace(tenant, namespace),
        _names("threads", threads),
        _names("sessions", sessions),
    )
    for thread in asked.threads:
        check_text("a thread id", thread)
    if asked.is_all:
        for what, given in (("threads", threads), ("sessions", sessions)):
            if given is not NOTHING:
                msg = f"{what} is empty, and nothing else is named; {FORGET_ALL}"
                raise InvalidArgumentError(msg, advice=FORGET_ALL)
    return asked


def _filter(given: FilterLike) -> Filter:
    return leaving_rows(
        given,
        f"forget needs a filter that can leave rows: an empty one matches every item; {FORGET_ALL}",
        FORGET_ALL,
    )


def _namespace(tenant: str, given: Sequence[str]) -> tuple[str, ...]:
    namespace = checked_namespace(tenant, "-", given)
    if not namespace:
        msg = f"namespace is empty: name one part or more, or leave it out; {FORGET_ALL}"
        raise InvalidArgumentError(msg, advice=FORGET_ALL)
    return namespace


def _names(what: str, given: Iterable[object]) -> list[str]:
    """Give names in order, each once; numbers and UUIDs are written out, as adapters write them."""
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        msg = f"{what} must be a list of strings, not {type(given).__name__}"
        raise InvalidArgumentError(msg)
    names = set()
    for place, name in enumerate(given):
        if isinstance(name, UUID) or (isinstance(name, int) and not isinstance(name, bool)):
            names.add(str(name))
        elif isinstance(name, str):
            names.add(str.__str__(name))
        else:
            msg = f"{what} must be strings: {nth(place)} is {type(name).__name__}"
            raise InvalidArgumentError(msg)
    return sorted(names)
