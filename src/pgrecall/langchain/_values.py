"""What the key-value stores do, each action written once for sync and async callers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from langchain_core.documents import Document

from pgrecall._adapters import keys as adapter_keys
from pgrecall._operations.entries import blobs
from pgrecall._values.conversions import plain
from pgrecall._values.json_text import read_json, to_text, told_of
from pgrecall._values.strings import any_bytes, any_text, shown
from pgrecall._values.unusable import Unusable
from pgrecall.errors import DatabaseError, InvalidArgumentError
from pgrecall.models import Blob

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgrecall._adapters.pair import Pair
    from pgrecall._operations.work import Operation
    from pgrecall._statements.entries.table import Key

V = TypeVar("V")

_PAIR = 2
PAGE = 1_000
"""Keys that are read in one go."""


class KeyPage(NamedTuple):
    """Some keys, and the place to go on from; None at the end."""

    keys: list[str]
    after: Key | None


@dataclass(frozen=True, slots=True)
class Values(Generic[V]):
    """The values of one namespace. Its methods check their arguments and make operations.

    Attributes:
        pair: The stores.
        tenant: The tenant.
        space: Where values of this kind are.
        namespace: Which of the tenant's.
        ttl_minutes: How long a value lives after it is written; None for good.
    """

    pair: Pair
    tenant: str
    space: str
    namespace: str
    ttl_minutes: float | None = None

    @abstractmethod
    def written(self, key: str, value: V) -> tuple[bytes, str | None]:
        """Give a value as bytes, and what they are."""

    @abstractmethod
    def read(self, key: str, data: bytes) -> V:
        """Read a value."""

    def mget(self, keys: Iterable[str]) -> Operation[list[V | None]]:
        """Read values in the order asked, None where there is none."""
        asked = adapter_keys.checked_list("keys", keys)
        places = self._places(asked)
        found = yield from blobs.get(self.pair.context, self.tenant, self.space, places)
        return [
            None if blob is None or blob.value is None else self.read(key, blob.value)
            for key, blob in zip(asked, found, strict=True)
        ]

    def mset(self, key_value_pairs: Iterable[tuple[str, V]]) -> Operation[int]:
        """Store values, all or none."""
        made = []
        for key, value in _pairs(key_value_pairs):
            name, metadata = adapter_keys.to_stored(key)
            data, content_type = self.written(key, value)
            place = (self.namespace,)
            made.append(
                Blob(place, name, data, content_type, metadata, ttl_minutes=self.ttl_minutes)
            )
        return blobs.put(self.pair.context, self.tenant, self.space, made)

    def mdelete(self, keys: Iterable[str]) -> Operation[int]:
        """Remove values."""
        places = self._places(adapter_keys.checked_list("keys", keys))
        return blobs.delete(self.pair.context, self.tenant, self.space, places)

    def page(self, prefix: str | None, after: Key | None) -> Operation[KeyPage]:
        """Read the next keys that begin with a prefix, in order."""
        wanted = prefix or ""
        begin = adapter_keys.begin_of(wanted)
        found = yield from blobs.find(
            self.pair.context,
            self.tenant,
            self.space,
            prefix=(self.namespace,),
            exactly=True,
            key_prefix=begin,
            after=after,
            limit=PAGE,
        )
        keys = [key for key in map(adapter_keys.from_stored, found) if key.startswith(wanted)]
        last = (found[-1].namespace, found[-1].key) if len(found) == PAGE else None
        return KeyPage(keys, last)

    def _places(self, keys: Iterable[str]) -> list[Key]:
        return [((self.namespace,), adapter_keys.to_stored(key)[0]) for key in keys]


class ByteValues(Values[bytes]):
    """Bytes as they are."""

    __slots__ = ()

    def written(self, key: str, value: bytes) -> tuple[bytes, str | None]:
        """Give the bytes, of a kind that the core knows or refuses."""
        if not isinstance(value, bytes | bytearray | memoryview):
            msg = f"the value of key {shown(key)} must be bytes, not {type(value).__name__}"
            raise InvalidArgumentError(msg)
        return value, None

    def read(self, key: str, data: bytes) -> bytes:  # noqa: ARG002  # as the base has it
        """Give the bytes."""
        return data


class DocumentValues(Values[Document]):
    """Documents as JSON."""

    __slots__ = ()

    def written(self, key: str, value: Document) -> tuple[bytes, str | None]:
        """Write a document's id, text and metadata.

        Raises:
            InvalidArgumentError: It is no document, or its metadata no JSON.
        """
        if not isinstance(value, Document):
            msg = f"the value of key {shown(key)} must be a Document, not {type(value).__name__}"
            raise InvalidArgumentError(msg)
        what = f"the metadata of key {shown(key)}"
        try:
            metadata = plain(value.metadata, str.__str__)
        except Unusable as error:
            raise told_of(error, what) from None
        document = {"page_content": value.page_content, "metadata": metadata, "id": value.id}
        return any_bytes(to_text(document, default=_number)), "application/json"

    def read(self, key: str, data: bytes) -> Document:
        """Read a document.

        Raises:
            DatabaseError: What is stored is none.
        """
        try:
            found = read_json(any_text(data))
            return Document(found["page_content"], id=found["id"], metadata=found["metadata"])
        except (ValueError, TypeError, LookupError, AttributeError):
            msg = (
                f"what is stored under key {shown(key)} of namespace {shown(self.namespace)} is no"
                " document: another program wrote it"
            )
            raise DatabaseError(msg) from None


def _pairs(given: Iterable[tuple[str, V]]) -> list[tuple[str, V]]:
    pairs = list(given)
    if isinstance(given, Mapping) or any(
        not isinstance(pair, Sequence) or isinstance(pair, str | bytes) or len(pair) != _PAIR
        for pair in pairs
    ):
        msg = "key_value_pairs must be a list of pairs of a key and a value: [(key, value), ...]"
        raise InvalidArgumentError(msg)
    return pairs


def _number(value: Decimal) -> Any:
    # the one type that plain leaves and JSON has not: read back, it is a number as any other
    return read_json(str(value))
