"""LangChain's RecordManager on PostgreSQL, beside the collection whose documents it records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from langchain_core.indexing import RecordManager

from pgrecall._adapters.pair import Pair
from pgrecall._operations.entries import records
from pgrecall._statements.entries.records import Place

if TYPE_CHECKING:
    from pgrecall.async_store import AsyncStore
    from pgrecall.store import Store


class PgRecallRecordManager(RecordManager):
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

    def create_schema(self) -> None:
        """Do nothing but connect: the store makes its tables where they are missing."""
        self.get_time()

    async def acreate_schema(self) -> None:
        """Do nothing but connect: the store makes its tables where they are missing."""
        await self.aget_time()

    def get_time(self) -> float:
        """Give the server's time, in seconds since 1970."""
        return self._pair.run(records.clock(self._pair.context))

    async def aget_time(self) -> float:
        """Give the server's time, in seconds since 1970."""
        return await self._pair.arun(records.clock(self._pair.context))

    def update(
        self,
        keys: Sequence[str],
        *,
        group_ids: Sequence[str | None] | None = None,
        time_at_least: float | None = None,
    ) -> None:
        """Insert or replace records with the server's time, all or none.

        Args:
            keys: Keys of documents; of one that comes twice the last counts.
            group_ids: The source of each document, or None where it has none.
            time_at_least: What the server's clock has to say at least, in seconds since 1970.

        Raises:
            InvalidArgumentError: There are not as many groups as keys, or the clock is behind; it
                is a ``ValueError``, and nothing was written.
        """
        self._pair.run(
            records.update(
                self._pair.context,
                self._place,
                keys,
                group_ids=group_ids,
                time_at_least=time_at_least,
            )
        )

    async def aupdate(
        self,
        keys: Sequence[str],
        *,
        group_ids: Sequence[str | None] | None = None,
        time_at_least: float | None = None,
    ) -> None:
        """Insert or replace records with the server's time, all or none: see ``update``."""
        await self._pair.arun(
            records.update(
                self._pair.context,
                self._place,
                keys,
                group_ids=group_ids,
                time_at_least=time_at_least,
            )
        )

    def exists(self, keys: Sequence[str]) -> list[bool]:
        """Tell of each key whether it is recorded, in the order asked."""
        return self._pair.run(records.exists(self._pair.context, self._place, keys))

    async def aexists(self, keys: Sequence[str]) -> list[bool]:
        """Tell of each key whether it is recorded, in the order asked."""
        return await self._pair.arun(records.exists(self._pair.context, self._place, keys))

    def list_keys(
        self,
        *,
        before: float | None = None,
        after: float | None = None,
        group_ids: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> list[str]:
        """Give the keys of records, in order.

        Args:
            before: Only what was written before this time, in seconds since 1970.
            after: Only what was written after this time.
            group_ids: Only what is from these sources; None and an empty list ask for all.
            limit: How many to give; None for all.
        """
        return self._pair.run(
            records.list_keys(
                self._pair.context,
                self._place,
                before=before,
                after=after,
                group_ids=group_ids,
                limit=limit,
            )
        )

    async def alist_keys(
        self,
        *,
        before: float | None = None,
        after: float | None = None,
        group_ids: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> list[str]:
        """Give the keys of records, in order: see ``list_keys``."""
        return await self._pair.arun(
            records.list_keys(
                self._pair.context,
                self._place,
                before=before,
                after=after,
                group_ids=group_ids,
                limit=limit,
            )
        )

    def delete_keys(self, keys: Sequence[str]) -> None:
        """Remove records."""
        self._pair.run(records.delete(self._pair.context, self._place, keys))

    async def adelete_keys(self, keys: Sequence[str]) -> None:
        """Remove records."""
        await self._pair.arun(records.delete(self._pair.context, self._place, keys))

    def close(self) -> None:
        """Close what this opened; a store of the caller's stays open."""
        self._pair.close()

    async def aclose(self) -> None:
        """Close what this opened, in every event loop; a store of the caller's stays open."""
        await self._pair.aclose()
