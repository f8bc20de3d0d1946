"""LangChain's key-value stores: bytes, and documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from langchain_core.documents import Document

from pgrecall._adapters.keys import check_namespace
from pgrecall._adapters.pair import Pair
from pgrecall._adapters.ttl import minutes_of
from pgrecall._operations.context import check_names
from pgrecall.langchain._async_keeping import AsyncKeepMixin
from pgrecall.langchain._keeping import KeepMixin
from pgrecall.langchain._values import ByteValues, DocumentValues, Values

if TYPE_CHECKING:
    from datetime import timedelta

    from pgrecall.async_store import AsyncStore
    from pgrecall.store import Store

V = TypeVar("V")


class _Keeping(KeepMixin[V], AsyncKeepMixin[V]):
    """Values of one kind."""

    _space: ClassVar[str]
    _kind: ClassVar[type[Values[Any]]]

    def __init__(
        self,
        store: Store | AsyncStore | Pair | str | None = None,
        tenant: str = "default",
        *,
        namespace: str = "default",
        ttl: timedelta | float | None = None,
    ) -> None:
        """Connect to nothing yet."""
        check_names(tenant, self._space)
        check_namespace(namespace)
        self._pair = store if isinstance(store, Pair) else Pair(store)
        self._values = self._kind(self._pair, tenant, self._space, namespace, minutes_of(ttl))

    def __repr__(self) -> str:
        """Show where the store points; never a password."""
        names = f"tenant={self._values.tenant!r}, namespace={self._values.namespace!r}"
        return f"{type(self).__name__}({self._pair!r}, {names})"


class PgRecallByteStore(_Keeping[bytes]):
    """Bytes by key: LangChain's ``ByteStore``, for sync and async callers alike.

    ``CacheBackedEmbeddings.from_bytes_store`` and ``MultiVectorRetriever(byte_store=...)`` take it.
    One object serves any number of threads and event loops. It can be pickled: the pickle carries
    the DSN with its password, ``repr`` does not.

    Args:
        store: A ``Store`` or ``AsyncStore`` of yours, which stays open; or a DSN as ``Store`` takes
            it, for connections that ``close`` ends. None is ``Store``'s default DSN.
        tenant: Whose values they are: tenants never see one another.
        namespace: Keeps several stores of one tenant apart; 300 bytes at most.
        ttl: How long a value lives after it was written: a ``timedelta``, or seconds. None: for
            good. What has expired is never given; ``maintain`` removes it.

    Raises:
        InvalidArgumentError: An argument cannot be used.
    """

    _space = "langchain_bytes"
    _kind = ByteValues


class PgRecallDocStore(_Keeping[Document]):
    """Documents by key, for sync and async callers alike.

    ``ParentDocumentRetriever(docstore=...)`` takes it. A document comes back with its id, its text
    and its metadata, as JSON has it: dates and the like become strings. It can be pickled, as
    ``PgRecallByteStore``.

    Args:
        store: A ``Store`` or ``AsyncStore`` of yours, which stays open; or a DSN as ``Store`` takes
            it, for connections that ``close`` ends. None is ``Store``'s default DSN.
        tenant: Whose documents they are: tenants never see one another.
        namespace: Keeps several stores of one tenant apart; 300 bytes at most.
        ttl: How long a document lives after it was written: a ``timedelta``, or seconds. None: for
            good. What has expired is never given; ``maintain`` removes it.

    Raises:
        InvalidArgumentError: An argument cannot be used.
    """

    _space = "langchain_documents"
    _kind = DocumentValues
