"""Write, change and remove items."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pgrecall._driver.async_driver import AsyncDriver
from pgrecall._driver.showing import showing
from pgrecall._operations.items import changes as changes_operations
from pgrecall._operations.items import items as items_operations
from pgrecall._operations.items import load
from pgrecall._verbs.verbs import Verbs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pgrecall.filters import FilterLike
    from pgrecall.models import Change, FieldPath, Item


class AsyncWritingVerbs(Verbs[AsyncDriver]):
    """Write, change and remove items."""

    __slots__ = ()

    async def upsert(
        self,
        tenant: str,
        collection: str,
        items: Iterable[Item],
        *,
        batch_size: int = 5_000,
        progress: Callable[[int], object] | bool | None = None,
        clean: bool = False,
    ) -> int:
        """Insert items, replacing those whose id exists: text, metadata and vector.

        An item without a vector takes the stored one away: ``update`` changes some of an item and
        leaves the rest. Each batch is stored whole or not at all. Of an id that comes twice the
        last item stays.

        To an adopted table it writes the columns that were adopted alone, and all others stay; a
        key that an item lacks gets its column's default, in a row that is replaced too. Rows that a
        trigger left out do not count.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            items: Any iterable, read once; where reading is quick, the next batch is read while
                one is being written: a call holds two in memory.
            batch_size: Items in one transaction at most; some 64 MB of them end a batch, too.
            progress: Called after each batch with all rows written so far; True shows a bar.
            clean: Take NUL and lone surrogates, which PostgreSQL cannot store, out of texts and of
                the keys and strings of metadata; of keys that become the same the last stays. Ids
                are left as they are. Without it such an item is refused.

        Returns:
            The rows written: the sum over the batches of their distinct ids.

        Raises:
            DimensionMismatchError: A vector has another length than the collection's.
            InvalidArgumentError: An item cannot be stored; the message names it. Nothing of its
                batch was sent; ``written`` counts what earlier batches stored.
            CollectionConflictError: Its pin has changed since this store last met it: told once.
            CollectionNotFoundError: There is no such collection.
            DatabaseError: An adopted table refuses a row, by a constraint, a trigger or row-level
                security: the message names the item. Nothing of its batch is stored.
            OutcomeUnknownError: The connection died at COMMIT; the same call again is safe.
        """
        return await self._driver.run(
            showing(
                progress,
                "Writing",
                collection,
                "rows",
                partial(
                    items_operations.upsert,
                    self._driver.context,
                    tenant,
                    collection,
                    items,
                    batch_size=batch_size,
                    clean=clean,
                ),
                items,
            )
        )

    async def load(
        self,
        tenant: str,
        collection: str,
        items: Iterable[Item],
        *,
        progress: Callable[[int], object] | bool | None = None,
        clean: bool = False,
        keep_times: bool = False,
        build_memory: int | str | None = None,
    ) -> int:
        """Insert items in bulk, replacing those whose id exists.

        As ``upsert``, by COPY. An empty collection's approximate index is built after its rows, and
        where they are more than a batch so is every other: until then it can be searched, without
        them. Other writers wait while a batch is being written. A role's ``statement_timeout`` and
        ``transaction_timeout`` end no batch.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            items: Any iterable, read once; where reading is quick, the next batch is read while
                one is being written: a call holds two in memory.
            progress: Called after each batch with all rows written so far; True shows a bar.
            clean: Take NUL and lone surrogates, which PostgreSQL cannot store, out of texts and of
                the keys and strings of metadata; of keys that become the same the last stays. Ids
                are left as they are. Without it such an item is refused.
            keep_times: Store the ``created_at`` and ``updated_at`` that items have, of a backup or
                from another store: aware datetimes, or naive ones in UTC. Where one is None, it is
                what a write without this makes it. By default what items have is ignored.
            build_memory: What the builds at the end may have of the server's memory, where that is
                not what the store's own ``build_memory`` says: bytes, or a string such as
                ``"6GB"``.

        Returns:
            The rows written: the sum over the batches of their distinct ids.

        Raises:
            DimensionMismatchError: A vector has another length than the collection's.
            InvalidArgumentError: An item cannot be stored; the message names it. Nothing of its
                batch was sent; ``written`` counts what earlier batches stored.
            CollectionConflictError: Its pin has changed since this store last met it: told once.
            CollectionNotFoundError: There is no such collection.
            OutcomeUnknownError: The connection died at COMMIT; the same call again is safe.
        """
        return await self._driver.run(
            showing(
                progress,
                "Loading",
                collection,
                "rows",
                partial(
                    load.load,
                    self._driver.context,
                    tenant,
                    collection,
                    items,
                    clean=clean,
                    keep_times=keep_times,
                    build_memory=build_memory,
                ),
                items,
            )
        )

    async def update(
        self,
        tenant: str,
        collection: str,
        changes: Iterable[Change],
        *,
        batch_size: int = 5_000,
        progress: Callable[[int], object] | bool | None = None,
    ) -> int:
        """Change items where they are: what a ``Change`` does not name stays as it is.

        An id that is not there is left out, never created. ``updated_at`` follows, ``created_at``
        stays. Each batch is done whole or not at all; changes of one id are done in their order.
        In an adopted table a key that is removed is NULL, and ``metadata`` leaves their defaults to
        the columns that it has no key for.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            changes: Any iterable, read once; where reading is quick, the next batch is read while
                one is being written: a call holds two in memory.
            batch_size: Changes in one transaction at most; some 64 MB of them end a batch, too.
            progress: Called after each batch with all items changed so far; True shows a bar.

        Returns:
            The distinct ids that were there and are changed.

        Raises:
            DimensionMismatchError: A vector has another length than the collection's.
            InvalidArgumentError: A change cannot be made, or changes nothing, or sets a field in
                what is no object; the message names the item. Nothing of its batch is done;
                ``written`` counts what earlier batches changed.
            CollectionConflictError: It brings vectors, and the collection's pin has changed since
                this store last met it: told once.
            CollectionNotFoundError: There is no such collection.
            OutcomeUnknownError: The connection died at COMMIT; the same call again is safe.
        """
        return await self._driver.run(
            showing(
                progress,
                "Changing",
                collection,
                "items",
                partial(
                    changes_operations.update,
                    self._driver.context,
                    tenant,
                    collection,
                    changes,
                    batch_size=batch_size,
                ),
                changes,
            )
        )

    async def update_where(
        self,
        tenant: str,
        collection: str,
        filter: FilterLike,  # noqa: A002
        *,
        set: Mapping[FieldPath, Any] | None = None,  # noqa: A002
        remove: Iterable[FieldPath | list[str]] = (),
    ) -> int:
        """Change the metadata of the items that match a filter, all of them or none.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            filter: Which items.
            set: Fields and their new values, as ``Change`` takes them: a string is a literal key,
                a tuple a path, whose missing objects are made.
            remove: Fields to remove, after ``set``; one that is not there is no error.

        Returns:
            The items changed.

        Raises:
            InvalidArgumentError: The filter is empty or matches everything by its form alone;
                there is nothing to set or remove; a value cannot be stored; or an item that
                matches has what is no object where a field is to be set in it, which is named.
            FilterError: The filter cannot be used.
            CollectionNotFoundError: There is no such collection.
            OutcomeUnknownError: The connection died at COMMIT; the same call again is safe.
        """
        return await self._driver.run(
            changes_operations.update_where(
                self._driver.context, tenant, collection, filter, set_=set, remove=remove
            )
        )

    async def delete(self, tenant: str, collection: str, ids: Iterable[str]) -> int:
        """Remove items by id; missing ids are no error.

        Returns:
            The items removed.

        Raises:
            CollectionNotFoundError: There is no such collection.
            InvalidArgumentError: An id is no string.
            OutcomeUnknownError: The connection died at COMMIT; the same call again is safe.
        """
        return await self._driver.run(
            items_operations.delete(self._driver.context, tenant, collection, ids)
        )

    async def delete_where(self, tenant: str, collection: str, filter: FilterLike) -> int:  # noqa: A002
        """Remove the items that match a filter.

        Returns:
            The items removed.

        Raises:
            InvalidArgumentError: The filter is empty or matches everything by its form alone:
                ``clear`` removes every item.
            FilterError: The filter cannot be used.
            CollectionNotFoundError: There is no such collection.
            OutcomeUnknownError: The connection died at COMMIT; the same call again is safe.
        """
        return await self._driver.run(
            items_operations.delete_where(self._driver.context, tenant, collection, filter)
        )
