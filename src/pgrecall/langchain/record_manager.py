"""LangChain's RecordManager on PostgreSQL, beside the collection whose documents it records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._adapters.pair import Pair
from pgrecall._operations.entries import records
from pgrecall._statements.entries.records import Place
from pgrecall.langchain._async_recording import AsyncRecordMixin
from pgrecall.langchain._recording import RecordMixin

if TYPE_CHECKING:
    from pgrecall.async_store import AsyncStore
    from pgrecall.store import Store


class PgRecallRecordManager(RecordMixin, AsyncRecordMixin):
    """Remembers which documents ``index()`` has written, when, and from which source.

    Times are the server's. One object serves sync and async callers.

    Args:
        namespace: Keeps the records of one index apart from those of another.
        store: A ``Store`` or ``AsyncStore`` of yours, which stays open; or a DSN as ``Store`` takes
            it, for connections that ``close`` ends. None is ``Store``'s default DSN.
        tenant: Whose records they are: tenants never see one another.
        collection: The collection that the documents are in. Its records are apart from those of
            the same namespace in another collection, and go when it is dropped, in the same
            transaction. A collection made anew begins without records, and so does one that is
            made after records were written for its name: they record documents that it has not.
            None: the records stay until they are deleted.

    Raises:
        InvalidArgumentError: A name or ``store`` cannot be used.
    """

    def __init__(
        self,
        namespace: str,
        *,
        store: Store | AsyncStore | Pair | str | None = None,
        tenant: str = "default",
        collection: str | None = None,
    ) -> None:
        """Check the arguments; connect to nothing yet."""
        super().__init__(namespace)
        self._place = Place(tenant, namespace, collection or "")
        records.check_place(self._place)
        self._pair = store if isinstance(store, Pair) else Pair(store)

    def __repr__(self) -> str:
        """Show what it records and where; never a password."""
        return f"{type(self).__name__}({self._place!r}, {self._pair!r})"
