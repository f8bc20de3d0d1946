"""The asynchronous store."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Self

from psycopg_pool import AsyncConnectionPool

from pgrecall._connections.settings import Dsn, check_pool, settings
from pgrecall._driver.async_driver import AsyncDriver
from pgrecall._operations.alter import alter as altering
from pgrecall._operations.alter import rename as renaming
from pgrecall._operations.collections import collections
from pgrecall._operations.indexes import indexes, recall
from pgrecall._operations.items import changes as changes_operations
from pgrecall._operations.items import explore, load
from pgrecall._operations.items import items as items_operations
from pgrecall._operations.items import listing as listing_operations
from pgrecall._operations.maintain import maintain as maintenance
from pgrecall._operations.reembed import reembed
from pgrecall._operations.search import hybrid, many, near
from pgrecall._operations.search import text as text_operations
from pgrecall._operations.search import vector as search
from pgrecall._operations.search.options import (
    UNSAID_OFFSET,
    HybridOptions,
    TextOptions,
    VectorOptions,
)
from pgrecall.async_bound import AsyncBoundCollection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType

    from numpy.typing import NDArray
    from psycopg import AsyncConnection

    from pgrecall.boosts import Boosting
    from pgrecall.filters import FilterLike
    from pgrecall.fusion import Fusion
    from pgrecall.indexes import Index
    from pgrecall.models import (
        Change,
        Collection,
        Facet,
        Field,
        FieldPath,
        IndexProgress,
        Item,
        MaintenanceFinding,
        MaintenanceReport,
        Matches,
        PoolStatistics,
        Questions,
        RecallReport,
        ReembedReport,
    )


class AsyncStore:
    """Collections of items with vectors, kept in PostgreSQL.

    Every call names a tenant and a collection, and sees nothing of any other. One store serves any
    number of tasks and event loops, each of which gets a pool of its own. It connects at its first
    call, not when it is made.

    Args:
        dsn: A libpq URI or conninfo, with whatever libpq knows (``sslmode``, several hosts, ...).
            None reads ``PGRECALL_DSN``, then libpq's own variables. ``"embedded:PATH"`` starts the
            bundled server on a data folder. A driver's name in a URL (``postgresql+psycopg://``)
            and white space around it are left out. A function, sync or async, is asked for each new
            connection: for passwords that expire.
        schema: The PostgreSQL schema that holds the registry and the item tables.
        min_connections: Connections that the pool of an event loop, which starts at 0, keeps
            however long they rest; the others are closed after ten idle minutes, and each after an
            hour.
        max_connections: Connections that the pool opens at most.
        connection_timeout: Seconds to wait for a connection, a new one or a free one.
        read_dsn: Where searches and other reads go: replicas, as many hosts as libpq takes, a
            standby and a random one first unless the DSN says otherwise (``target_session_attrs``,
            ``load_balance_hosts``). Where none can be reached, or none can answer, ``dsn`` serves.
        consistency: Of reads from replicas. ``eventual``: they may lack the last writes.
            ``read_your_writes``: a read waits up to a second for a replica that has what this
            store wrote before, then ``dsn`` serves; each write costs one round trip more.
        pool: A ``psycopg_pool.AsyncConnectionPool`` that the caller opens and closes; the store
            then opens no connection of its own.
        setup: Create the extension, the schema and the registry where they are missing. False runs
            no DDL at all, for a role that may not.

    Raises:
        InvalidArgumentError: An argument cannot be used.
    """

    def __init__(
        self,
        dsn: Dsn | None = None,
        *,
        schema: str = "pgrecall",
        min_connections: int = 2,
        max_connections: int = 10,
        connection_timeout: float = 5.0,
        read_dsn: Dsn | None = None,
        consistency: str = "eventual",
        pool: AsyncConnectionPool[Any] | None = None,
        setup: bool = True,
    ) -> None:
        """Check the arguments; connect to nothing yet."""
        checked = settings(
            dsn,
            schema=schema,
            min_connections=min_connections,
            max_connections=max_connections,
            connection_timeout=connection_timeout,
            read_dsn=read_dsn,
            consistency=consistency,
            setup=setup,
        )
        check_pool(pool, AsyncConnectionPool)
        self._driver = AsyncDriver(checked, pool)

    def __repr__(self) -> str:
        """Show where the store points; never a password."""
        return f"{type(self).__name__}({self._driver.where})"

    async def __aenter__(self) -> Self:
        """Give the store itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store."""
        await self.close()

    async def close(self) -> None:
        """Close the store's connections; a pool of the caller's stays open."""
        await self._driver.close()

    def pool_statistics(self) -> PoolStatistics:
        """Tell how many connections are open, at rest and waited for; asks no server."""
        return self._driver.statistics()

    async def ensure_collection(self, tenant: str, collection: Collection) -> Collection:
        """Create a collection, or verify that it is as expected.

        Any number of processes may do so at once: one creates it, all succeed. What is there needs
        no right but to read the registry. What a load that died left to do is done here where this
        role owns the table, no load is at work and nothing has to be waited for.

        Returns:
            The collection as it is in the database, every default filled in.

        Raises:
            CollectionConflictError: It exists and differs in something that was given; nothing was
                changed. A different ``index`` is left to ``create_index``.
            CollectionNotFoundError: It does not exist, and ``dimensions`` is None.
            InvalidArgumentError: A field cannot be used.
        """
        return await self._driver.run(collections.ensure(self._driver.context, tenant, collection))

    async def describe_collection(self, tenant: str, name: str) -> Collection | None:
        """Give a collection as it is in the database; None where there is none."""
        return await self._driver.run(collections.describe(self._driver.context, tenant, name))

    async def list_collections(self, tenant: str) -> list[Collection]:
        """Give the tenant's collections, by name."""
        return await self._driver.run(collections.list_(self._driver.context, tenant))

    async def drop_collection(self, tenant: str, name: str) -> int:
        """Remove a collection with its items.

        Returns:
            The items removed; 0 where there was no such collection.
        """
        return await self._driver.run(collections.drop(self._driver.context, tenant, name))

    async def alter_collection(
        self,
        tenant: str,
        collection: Collection,
        *,
        progress: Callable[[IndexProgress], object] | None = None,
    ) -> Collection:
        """Bring about what is said of how a collection is kept, while it is read and written.

        What is not said stays as it is; a default that is said is done: ``text_search=None`` takes
        text search away, ``fields={}`` every declared field. No vector is made anew, and pins are
        refused. Everything that can be refused is, before anything is done.

        ``fields`` is taken as a whole: what indexes are missing are built beside readers and
        writers, those of fields no longer declared are dropped. ``index`` is built or dropped as
        ``create_index`` and ``drop_index`` do. ``text_search`` and ``storage`` are in every row:
        the items are taken over to a second table, in the server, which follows whatever anybody
        writes meanwhile and takes the first one's place in one transaction. Writers wait for that
        one alone: for the last 20 changes and a fifth of a second for readers who are at it; the
        last thing that ``progress`` is told, and the log, is how long they waited. It takes the
        room of both tables until then. Calls of other clients find the new table by themselves.

        Where a call dies the same call goes on; ``abandon_reembed`` removes what was done of a
        rewrite. A second call for the same takes over from one that still runs, which then raises.

        Args:
            tenant: The tenant.
            collection: Its name, and what is to be changed.
            progress: Told after each batch, and while an index is built, how far it is.

        Returns:
            The collection as it is.

        Raises:
            CollectionConflictError: ``dimensions``, ``embedding_model`` or ``metric`` is said
                otherwise, which ``reembed`` changes, or ``table_name`` or ``distributed``.
            CollectionNotFoundError: There is no such collection.
            InvalidArgumentError: A field cannot be used, or a text that is stored is longer than a
                declared field takes; another call for something else is unfinished; a rewrite is
                asked of a collection that is distributed, or whose table has what somebody else
                put on it: a view, a trigger, row-level security, ...
            DatabaseError: This role does not own the table, or it was in use all the time.
            PgRecallError: Another call has taken over, or a load is at work.
        """
        return await self._driver.run(
            altering.alter(self._driver.context, tenant, collection, progress=progress)
        )

    async def rename_collection(self, tenant: str, name: str, new: str) -> Collection:
        """Give a collection another name; nobody can go on under the old one unaware.

        It is done at once or not at all. From then on every call under the old name raises
        ``CollectionNotFoundError``, which tells the new one, in every process: a derived table name
        changes with the collection's, one of your own stays. A handle of ``bind`` and an adapter
        keep the name that they were made with. An upsert or a load that is at work ends with that
        error at its next batch; records of what was indexed go with the collection. Waits for
        readers and writers of the table a fifth of a second at a time, for some ten seconds.

        Args:
            tenant: The tenant.
            name: Its name now.
            new: Another name; the same one changes nothing.

        Returns:
            The collection under its new name.

        Raises:
            CollectionConflictError: The new name is taken.
            CollectionNotFoundError: There is no such collection.
            InvalidArgumentError: The name cannot be used, or ``reembed`` or ``alter_collection``
                has not ended.
            DatabaseError: This role does not own the table, or it was in use all the time.
        """
        return await self._driver.run(renaming.rename(self._driver.context, tenant, name, new))

    async def clear(self, tenant: str, collection: str) -> int:
        """Remove a collection's items; the collection stays, with its pins and its index.

        What ``tune`` pinned was measured on the items, and goes with them. Waits for the readers
        and writers of the collection to end, and lets none in until it is done.

        Returns:
            The items removed.

        Raises:
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(collections.clear(self._driver.context, tenant, collection))

    async def upsert(
        self,
        tenant: str,
        collection: str,
        items: Iterable[Item],
        *,
        batch_size: int = 5_000,
        progress: Callable[[int], object] | None = None,
        clean: bool = False,
    ) -> int:
        """Insert items, replacing those whose id exists: text, metadata and vector.

        An item without a vector takes the stored one away: ``update`` changes some of an item and
        leaves the rest. Each batch is stored whole or not at all. Of an id that comes twice the
        last item stays.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            items: Any iterable, read once; where reading is quick, the next batch is read while
                one is being written: a call holds two in memory.
            batch_size: Items in one transaction at most; some 64 MB of them end a batch, too.
            progress: Called after each batch with the rows written so far.
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
            OutcomeUnknownError: The connection died at COMMIT; the same call again is safe.
        """
        return await self._driver.run(
            items_operations.upsert(
                self._driver.context,
                tenant,
                collection,
                items,
                batch_size=batch_size,
                progress=progress,
                clean=clean,
            )
        )

    async def load(
        self,
        tenant: str,
        collection: str,
        items: Iterable[Item],
        *,
        progress: Callable[[int], object] | None = None,
        clean: bool = False,
        keep_times: bool = False,
    ) -> int:
        """Insert items in bulk, replacing those whose id exists.

        As ``upsert``, by COPY. An empty collection's approximate index is built after its rows, and
        from 50,000 rows on so is every other: until then it can be searched, without them. Other
        writers wait while a batch is being written. A role's ``statement_timeout`` and
        ``transaction_timeout`` end no batch.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            items: Any iterable, read once; where reading is quick, the next batch is read while
                one is being written: a call holds two in memory.
            progress: Called after each batch with the rows written so far.
            clean: Take NUL and lone surrogates, which PostgreSQL cannot store, out of texts and of
                the keys and strings of metadata; of keys that become the same the last stays. Ids
                are left as they are. Without it such an item is refused.
            keep_times: Store the ``created_at`` and ``updated_at`` that items have, of a backup or
                from another store: aware datetimes, or naive ones in UTC. Where one is None, it is
                what a write without this makes it. By default what items have is ignored.

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
            load.load(
                self._driver.context,
                tenant,
                collection,
                items,
                progress=progress,
                clean=clean,
                keep_times=keep_times,
            )
        )

    async def update(
        self,
        tenant: str,
        collection: str,
        changes: Iterable[Change],
        *,
        batch_size: int = 5_000,
        progress: Callable[[int], object] | None = None,
    ) -> int:
        """Change items where they are: what a ``Change`` does not name stays as it is.

        An id that is not there is left out, never created. ``updated_at`` follows, ``created_at``
        stays. Each batch is done whole or not at all; changes of one id are done in their order.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            changes: Any iterable, read once; where reading is quick, the next batch is read while
                one is being written: a call holds two in memory.
            batch_size: Changes in one transaction at most; some 64 MB of them end a batch, too.
            progress: Called after each batch with the items changed so far.

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
            changes_operations.update(
                self._driver.context,
                tenant,
                collection,
                changes,
                batch_size=batch_size,
                progress=progress,
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

    async def get(self, tenant: str, collection: str, ids: Iterable[str]) -> list[Item]:
        """Give items in the order asked; missing ids are left out.

        Raises:
            CollectionNotFoundError: There is no such collection.
            InvalidArgumentError: An id is no string.
        """
        return await self._driver.run(
            items_operations.get(self._driver.context, tenant, collection, ids)
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

    async def list_items(
        self,
        tenant: str,
        collection: str,
        *,
        filter: FilterLike | None = None,  # noqa: A002
        limit: int | None = 100,
        after: str | Item | None = None,
        include_vectors: bool = True,
        order_by: str | Sequence[str] | None = None,
        descending: bool = False,
    ) -> list[Item]:
        """Give items by id or by a field, a page at a time.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            filter: Which items to give.
            limit: Items at most, 1 or more; None gives every one, in memory at once.
            after: Where the page begins: the last Item of the page before; in the order of ids its
                id will do.
            include_vectors: False leaves the vectors where they are: each is None.
            order_by: A metadata key, or the keys of a path: numbers come first, then strings, then
                items that have neither there; of equal ones those with the lesser id. A field that
                is declared ``"datetime"`` goes by instant, a ``"boolean"`` has False first, and all
                that is none comes last, by id. None is by id. ``"$created_at"`` and
                ``"$updated_at"`` are the item's times. An index serves a declared field.
            descending: The greatest number and the last string first; numbers still come before
                strings, missing ones last, equal ones by id. Without ``order_by``: the last id
                first.

        Returns:
            The items; strings and ids compare by code point.

        Raises:
            InvalidArgumentError: An argument cannot be used.
            FilterError: The filter or the field cannot be used.
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(
            listing_operations.list_items(
                self._driver.context,
                tenant,
                collection,
                filter_=filter,
                limit=limit,
                after=after,
                include_vectors=include_vectors,
                order_by=order_by,
                descending=descending,
            )
        )

    async def list_ids(self, tenant: str, collection: str) -> list[str]:
        """Give every id, by code point.

        Raises:
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(
            items_operations.list_ids(self._driver.context, tenant, collection)
        )

    async def count(self, tenant: str, collection: str, filter: FilterLike | None = None) -> int:  # noqa: A002
        """Count the items, or those that match a filter.

        Raises:
            FilterError: The filter cannot be used.
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(
            items_operations.count(self._driver.context, tenant, collection, filter)
        )

    async def facet(
        self,
        tenant: str,
        collection: str,
        field: str | Sequence[str],
        *,
        filter: FilterLike | None = None,  # noqa: A002
        limit: int = 20,
    ) -> list[Facet]:
        """Count the items by the values of a field.

        The server counts, and keeps what memory has no room for on its disk: a field of a million
        values is no danger.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            field: A metadata key, or the keys of a path.
            filter: Which items to count.
            limit: Values at most, 1 or more.

        Returns:
            The values that most items have, the most first, ties by value: times, then numbers,
            then strings by code point, then the others. An array counts by its elements; null and a
            missing key are no value. Of a field that is declared ``"datetime"`` what says a time
            counts as its instant, and is given as a ``datetime`` in UTC.

        Raises:
            InvalidArgumentError: An argument cannot be used.
            FilterError: The filter or the field cannot be used.
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(
            explore.facet(
                self._driver.context, tenant, collection, field, filter_=filter, limit=limit
            )
        )

    async def field_range(
        self,
        tenant: str,
        collection: str,
        field: str | Sequence[str],
        *,
        filter: FilterLike | None = None,  # noqa: A002
    ) -> tuple[Any, Any] | None:
        """Give the least and the greatest value of a field, as ``$between`` takes them.

        Both are of one type: the field's declared one, else numbers where there are any, else
        strings, by code point. Of a field that is declared ``"datetime"`` they are each a
        ``datetime`` in UTC (the nearest one where the year is before 1 or after 9999), of a
        ``"boolean"`` False and True; there other types have no range. An index serves a declared
        field, but for booleans.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            field: A metadata key, or the keys of a path; ``"$created_at"`` and ``"$updated_at"``
                are the item's times, in UTC.
            filter: Which items to look at.

        Returns:
            The two values; None where no item has one of these types there.

        Raises:
            FilterError: The filter or the field cannot be used.
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(
            explore.field_range(self._driver.context, tenant, collection, field, filter_=filter)
        )

    async def describe_fields(
        self, tenant: str, collection: str, *, sample: int = 10_000
    ) -> list[Field]:
        """Tell which fields the items' metadata has, nested ones too, with types and examples.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            sample: Items to look at, drawn at random, 1 or more; fewer where their metadata is more
                than 64 MB.

        Returns:
            The fields, those that most items have first, then by path; none of an empty collection.
            Beyond 10,000 different ones the rest is left out.

        Raises:
            InvalidArgumentError: An argument cannot be used.
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(
            explore.describe_fields(self._driver.context, tenant, collection, sample=sample)
        )

    async def sample(
        self,
        tenant: str,
        collection: str,
        size: int = 10,
        *,
        filter: FilterLike | None = None,  # noqa: A002
    ) -> list[Item]:
        """Give items at random, others each time.

        Of a large table some pages are read, and items drawn from them; where these hold too few
        that match, all that match take part.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            size: Items to give, 1 or more: so many come whenever that many match.
            filter: Which items to draw from.

        Returns:
            Different items, in no order.

        Raises:
            InvalidArgumentError: An argument cannot be used.
            FilterError: The filter cannot be used.
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(
            explore.sample(self._driver.context, tenant, collection, size, filter_=filter)
        )

    async def search(
        self,
        tenant: str,
        collection: str,
        query: Sequence[float] | NDArray[Any],
        *,
        limit: int = 10,
        offset: int = UNSAID_OFFSET,
        filter: FilterLike | None = None,  # noqa: A002
        min_score: float | None = None,
        group_by: str | tuple[str, ...] | list[str] | None = None,
        per_group: int = 1,
        boosts: Sequence[Boosting] = (),
        exact: bool | None = None,
        ef_search: int | None = None,
        lambda_mult: float | None = None,
        candidates: int | None = None,
        include_vectors: bool = False,
        explain: bool = False,
    ) -> Matches:
        """Find the items nearest to a vector.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            query: As many numbers as the collection has dimensions.
            limit: Matches at most, 1 or more.
            offset: Matches to leave out at the beginning: page by page, equal requests bring what
                one longer request would while nothing is written. Give it to the first page too
                (``offset=0``): pages are found with the effort of 100, 1,000 or 10,000 matches,
                whichever is the next above offset + limit.
            filter: Which items to rank; applied before ranking, so ``limit`` of them come back
                whenever that many match.
            min_score: Least score of what comes back; None for no limit.
            group_by: A field of the items, a path as a tuple or a list: ``limit`` and ``offset``
                count its values, and ``limit`` of them come back whenever that many match. They
                come in the order of their best matches. An item without a value is a group of its
                own.
            per_group: Matches of each group at most, best first.
            boosts: ``Decay`` and ``Boost`` values. The score is then the relevance, 0 to 1, times
                each factor, of the best ``candidates`` without them.
            exact: True compares with every item: recall 1.0. None lets the store decide, which
                without an index is the same. False asks the index whatever the filter, and may
                bring fewer than ``limit``; it needs an index.
            ef_search: Candidates that an HNSW index looks at, 1 to 1,000: more find more and take
                longer. None leaves it to ``tune`` and the store. It needs an HNSW index; what
                IVFFlat looks at, ``tune`` sets.
            lambda_mult: Choose by maximal marginal relevance: 1 for relevance alone, 0 for matches
                as unlike one another as can be (the first is the best still). None does not.
            candidates: Of a hybrid search rows of each arm to choose from, at least ``limit`` and
                at most 10,000; None is 100, or ``limit`` where that is more. Of every search what
                ``boosts`` and ``lambda_mult`` choose from; None is 10 times offset + limit then, at
                least 100. With ``group_by`` groups are counted.
            include_vectors: Bring the vectors along.
            explain: Run the search a second time under EXPLAIN ANALYZE, and tell in the result's
                ``explanation`` which plan was chosen and why.

        Returns:
            The matches, nearest first, ties by id.

        Raises:
            DimensionMismatchError: The query has another length than the collection's vectors.
            InvalidArgumentError: An argument cannot be used.
            FilterError: The filter cannot be used.
            CollectionConflictError: Its pin has changed since this store last met it: told once.
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(
            search.search(
                self._driver.context,
                tenant,
                collection,
                query,
                VectorOptions(
                    limit=limit,
                    offset=offset,
                    filter=filter,
                    min_score=min_score,
                    group_by=group_by,
                    per_group=per_group,
                    boosts=boosts,
                    exact=exact,
                    ef_search=ef_search,
                    lambda_mult=lambda_mult,
                    candidates=candidates,
                    include_vectors=include_vectors,
                    explain=explain,
                ),
            )
        )

    async def search_many(
        self,
        tenant: str,
        collection: str,
        queries: NDArray[Any] | Iterable[Sequence[float] | NDArray[Any]],
        *,
        limit: int = 10,
        offset: int = UNSAID_OFFSET,
        filter: FilterLike | None = None,  # noqa: A002
        min_score: float | None = None,
        group_by: str | tuple[str, ...] | list[str] | None = None,
        per_group: int = 1,
        boosts: Sequence[Boosting] = (),
        exact: bool | None = None,
        ef_search: int | None = None,
        lambda_mult: float | None = None,
        candidates: int | None = None,
        include_vectors: bool = False,
        explain: bool = False,
    ) -> list[Matches]:
        """Find the items nearest to each of many vectors, as ``search`` does one by one.

        All go to the server in one round trip; of more than 1,000, or 8 MB of vectors, so many at a
        time.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            queries: A matrix, a row each, or vectors; read once, and all checked before anything is
                sent.
            limit: Matches at most, 1 or more.
            offset: Matches to leave out at the beginning: page by page, equal requests bring what
                one longer request would while nothing is written. Give it to the first page too
                (``offset=0``): pages are found with the effort of 100, 1,000 or 10,000 matches,
                whichever is the next above offset + limit.
            filter: Which items to rank; applied before ranking, so ``limit`` of them come back
                whenever that many match.
            min_score: Least score of what comes back; None for no limit.
            group_by: A field of the items, a path as a tuple or a list: ``limit`` and ``offset``
                count its values, and ``limit`` of them come back whenever that many match. They
                come in the order of their best matches. An item without a value is a group of its
                own.
            per_group: Matches of each group at most, best first.
            boosts: ``Decay`` and ``Boost`` values. The score is then the relevance, 0 to 1, times
                each factor, of the best ``candidates`` without them.
            exact: True compares with every item: recall 1.0. None lets the store decide, which
                without an index is the same. False asks the index whatever the filter, and may
                bring fewer than ``limit``; it needs an index.
            ef_search: Candidates that an HNSW index looks at, 1 to 1,000: more find more and take
                longer. None leaves it to ``tune`` and the store. It needs an HNSW index; what
                IVFFlat looks at, ``tune`` sets.
            lambda_mult: Choose by maximal marginal relevance: 1 for relevance alone, 0 for matches
                as unlike one another as can be (the first is the best still). None does not.
            candidates: Of a hybrid search rows of each arm to choose from, at least ``limit`` and
                at most 10,000; None is 100, or ``limit`` where that is more. Of every search what
                ``boosts`` and ``lambda_mult`` choose from; None is 10 times offset + limit then, at
                least 100. With ``group_by`` groups are counted.
            include_vectors: Bring the vectors along.
            explain: Run the search a second time under EXPLAIN ANALYZE, and tell in the result's
                ``explanation`` which plan was chosen and why.

        Returns:
            What ``search`` gives for each query, in their order; nothing for none.

        Raises:
            DimensionMismatchError: A query has another length than the collection's vectors.
            InvalidArgumentError: An argument cannot be used; of a query the message has the place.
            FilterError: The filter cannot be used.
            CollectionConflictError: Its pin has changed since this store last met it: told once.
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(
            many.search_many(
                self._driver.context,
                tenant,
                collection,
                queries,
                VectorOptions(
                    limit=limit,
                    offset=offset,
                    filter=filter,
                    min_score=min_score,
                    group_by=group_by,
                    per_group=per_group,
                    boosts=boosts,
                    exact=exact,
                    ef_search=ef_search,
                    lambda_mult=lambda_mult,
                    candidates=candidates,
                    include_vectors=include_vectors,
                    explain=explain,
                ),
            )
        )

    async def search_near(
        self,
        tenant: str,
        collection: str,
        ids: Iterable[str],
        *,
        away_from: Iterable[str] = (),
        limit: int = 10,
        offset: int = UNSAID_OFFSET,
        filter: FilterLike | None = None,  # noqa: A002
        min_score: float | None = None,
        group_by: str | tuple[str, ...] | list[str] | None = None,
        per_group: int = 1,
        boosts: Sequence[Boosting] = (),
        exact: bool | None = None,
        ef_search: int | None = None,
        lambda_mult: float | None = None,
        candidates: int | None = None,
        include_vectors: bool = False,
        explain: bool = False,
    ) -> Matches:
        """Find the items nearest to some of the collection's own, in one statement.

        They are compared with the mean of the examples' vectors; with ``away_from``, with that mean
        moved by its difference from the mean of the others: what is like these and unlike those.
        Under cosine the vectors are taken with a length of 1. The examples are left out.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            ids: Ids of the examples; one that comes twice counts twice.
            away_from: Ids of items that the others shall be unlike.
            limit: Matches at most, 1 or more.
            offset: Matches to leave out at the beginning: page by page, equal requests bring what
                one longer request would while nothing is written. Give it to the first page too
                (``offset=0``): pages are found with the effort of 100, 1,000 or 10,000 matches,
                whichever is the next above offset + limit.
            filter: Which items to rank; applied before ranking, so ``limit`` of them come back
                whenever that many match.
            min_score: Least score of what comes back; None for no limit.
            group_by: A field of the items, a path as a tuple or a list: ``limit`` and ``offset``
                count its values, and ``limit`` of them come back whenever that many match. They
                come in the order of their best matches. An item without a value is a group of its
                own.
            per_group: Matches of each group at most, best first.
            boosts: ``Decay`` and ``Boost`` values. The score is then the relevance, 0 to 1, times
                each factor, of the best ``candidates`` without them.
            exact: True compares with every item: recall 1.0. None lets the store decide, which
                without an index is the same. False asks the index whatever the filter, and may
                bring fewer than ``limit``; it needs an index.
            ef_search: Candidates that an HNSW index looks at, 1 to 1,000: more find more and take
                longer. None leaves it to ``tune`` and the store. It needs an HNSW index; what
                IVFFlat looks at, ``tune`` sets.
            lambda_mult: Choose by maximal marginal relevance: 1 for relevance alone, 0 for matches
                as unlike one another as can be (the first is the best still). None does not.
            candidates: Of a hybrid search rows of each arm to choose from, at least ``limit`` and
                at most 10,000; None is 100, or ``limit`` where that is more. Of every search what
                ``boosts`` and ``lambda_mult`` choose from; None is 10 times offset + limit then, at
                least 100. With ``group_by`` groups are counted.
            include_vectors: Bring the vectors along.
            explain: Run the search a second time under EXPLAIN ANALYZE, and tell in the result's
                ``explanation`` which plan was chosen and why.

        Returns:
            The matches, nearest first, ties by id.

        Raises:
            InvalidArgumentError: An argument cannot be used; an example is not there or has no
                vector, which the message names; or their vectors cancel one another out.
            FilterError: The filter cannot be used.
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(
            near.search_near(
                self._driver.context,
                tenant,
                collection,
                ids,
                away_from,
                VectorOptions(
                    limit=limit,
                    offset=offset,
                    filter=filter,
                    min_score=min_score,
                    group_by=group_by,
                    per_group=per_group,
                    boosts=boosts,
                    exact=exact,
                    ef_search=ef_search,
                    lambda_mult=lambda_mult,
                    candidates=candidates,
                    include_vectors=include_vectors,
                    explain=explain,
                ),
            )
        )

    async def search_hybrid(
        self,
        tenant: str,
        collection: str,
        query: Sequence[float] | NDArray[Any],
        text: str,
        *,
        limit: int = 10,
        offset: int = UNSAID_OFFSET,
        filter: FilterLike | None = None,  # noqa: A002
        min_score: float | None = None,
        group_by: str | tuple[str, ...] | list[str] | None = None,
        per_group: int = 1,
        boosts: Sequence[Boosting] = (),
        exact: bool | None = None,
        ef_search: int | None = None,
        lambda_mult: float | None = None,
        syntax: str = "any",
        fusion: Fusion | None = None,
        candidates: int | None = None,
        text_candidates: int | None = None,
        include_vectors: bool = False,
        highlight: bool = False,
        explain: bool = False,
    ) -> Matches:
        """Find the items that fit a vector and a text best, in one statement.

        Each arm brings its candidates, filtered before they are ranked; every candidate is scored
        in both arms. An item without a vector takes part by its text alone, and the other way
        round; a text without words that are searched leaves the vectors' order. An item that does
        not match the words as ``syntax`` reads them may come by its vector all the same: it has no
        text score then, and ``search_text`` is what leaves it out.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            query: As many numbers as the collection has dimensions.
            text: The words, read as ``syntax`` says.
            limit: Matches at most, 1 or more.
            offset: Matches to leave out at the beginning: page by page, equal requests bring what
                one longer request would while nothing is written. Give it to the first page too
                (``offset=0``): pages are found with the effort of 100, 1,000 or 10,000 matches,
                whichever is the next above offset + limit.
            filter: Which items to rank; applied before ranking, so ``limit`` of them come back
                whenever that many match.
            min_score: Least score of what comes back; None for no limit.
            group_by: A field of the items, a path as a tuple or a list: ``limit`` and ``offset``
                count its values, and ``limit`` of them come back whenever that many match. They
                come in the order of their best matches. An item without a value is a group of its
                own.
            per_group: Matches of each group at most, best first.
            boosts: ``Decay`` and ``Boost`` values. The score is then the relevance, 0 to 1, times
                each factor, of the best ``candidates`` without them.
            exact: True compares with every item: recall 1.0. None lets the store decide, which
                without an index is the same. False asks the index whatever the filter, and may
                bring fewer than ``limit``; it needs an index.
            ef_search: Candidates that an HNSW index looks at, 1 to 1,000: more find more and take
                longer. None leaves it to ``tune`` and the store. It needs an HNSW index; what
                IVFFlat looks at, ``tune`` sets.
            lambda_mult: Choose by maximal marginal relevance: 1 for relevance alone, 0 for matches
                as unlike one another as can be (the first is the best still). None does not.
            syntax: ``any``: text of any kind, its words OR-ed. ``web``: as search engines read it
                ("a phrase", or, -not). ``all``: every word. ``phrase``: the words one after the
                other. ``raw``: a tsquery (``&``, ``|``, ``!``, ``<->``, ``word:*``).
            fusion: ``WeightedSum(alpha)`` or ``Rrf(k)``; None is ``WeightedSum()``, which measured
                best.
            candidates: Of a hybrid search rows of each arm to choose from, at least ``limit`` and
                at most 10,000; None is 100, or ``limit`` where that is more. Of every search what
                ``boosts`` and ``lambda_mult`` choose from; None is 10 times offset + limit then, at
                least 100. With ``group_by`` groups are counted.
            text_candidates: Rows of the text arm, at most 10,000, where they shall be others than
                the vector arm's; ``candidates`` may then be fewer than ``limit``.
            include_vectors: Bring the vectors along.
            highlight: Bring a ``snippet`` of each text along, its matching words between ``<b>``
                and ``</b>``; the text itself is not escaped.
            explain: Run the search a second time under EXPLAIN ANALYZE, and tell in the result's
                ``explanation`` which plan was chosen and why.

        Returns:
            The matches, best first, ties by id, each with its score from 0 to 1, its distance, its
            rank in each arm that brought it, and its text score.

        Raises:
            DimensionMismatchError: The query has another length than the collection's vectors.
            InvalidArgumentError: An argument cannot be used, a ``raw`` query has a syntax error,
                or the collection has no text search.
            FilterError: The filter cannot be used.
            CollectionConflictError: Its pin has changed since this store last met it: told once.
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(
            hybrid.search_hybrid(
                self._driver.context,
                tenant,
                collection,
                query,
                text,
                HybridOptions(
                    limit=limit,
                    offset=offset,
                    filter=filter,
                    min_score=min_score,
                    group_by=group_by,
                    per_group=per_group,
                    boosts=boosts,
                    exact=exact,
                    ef_search=ef_search,
                    lambda_mult=lambda_mult,
                    syntax=syntax,
                    fusion=fusion,
                    candidates=candidates,
                    text_candidates=text_candidates,
                    include_vectors=include_vectors,
                    highlight=highlight,
                    explain=explain,
                ),
            )
        )

    async def measure_recall(
        self, tenant: str, collection: str, *, k: int = 10, sample: int = 100
    ) -> RecallReport:
        """Compare the index with the exact search, on the collection's own vectors.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            k: Neighbours asked for, 1 to 10,000; a vector does not count as its own neighbour.
            sample: Vectors drawn at random to search for, 1 to 10,000.

        Returns:
            The recall with its confidence interval, the latencies of both, and the settings.

        Raises:
            InvalidArgumentError: The collection has no index, or too few vectors.
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(
            recall.measure(self._driver.context, tenant, collection, k=k, sample=sample)
        )

    async def tune(
        self, tenant: str, collection: str, *, target_recall: float = 0.98, k: int = 10
    ) -> RecallReport:
        """Find the smallest ``ef_search`` (or probes) that meets a target, and pin it.

        The pin is kept in the registry: every other client follows within 30 seconds. A new index
        takes it back.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            target_recall: Above 0 and at most 1.
            k: Neighbours asked for, 1 to 10,000.

        Returns:
            What was measured at the pinned setting; its recall is below the target only where the
            highest setting is.

        Raises:
            InvalidArgumentError: The collection has no index, or too few vectors.
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(
            recall.tune(self._driver.context, tenant, collection, target_recall=target_recall, k=k)
        )

    async def create_index(
        self,
        tenant: str,
        collection: str,
        index: Index,
        *,
        progress: Callable[[IndexProgress], object] | None = None,
    ) -> None:
        """Build an approximate index while others read and write; it replaces the one before.

        A role's ``statement_timeout`` and ``transaction_timeout`` do not end it, except behind a
        pooler, where no setting is the session's.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            index: ``Hnsw(...)`` or ``IvfFlat(...)``.
            progress: Called twice a second with how far the build is.

        Raises:
            InvalidArgumentError: pgvector cannot build such an index; the message says what would
                work.
            CollectionNotFoundError: There is no such collection.
            DatabaseError: The build failed; the index before it serves on.
        """
        return await self._driver.run(
            indexes.create(self._driver.context, tenant, collection, index, progress=progress)
        )

    async def drop_index(self, tenant: str, collection: str) -> None:
        """Drop the approximate index, if there is one: every search is exact from here on.

        Raises:
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(indexes.drop(self._driver.context, tenant, collection))

    async def reindex(
        self,
        tenant: str,
        collection: str,
        *,
        progress: Callable[[IndexProgress], object] | None = None,
    ) -> None:
        """Build the approximate index anew from the rows there are now; the old one serves on.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            progress: Called twice a second with how far the build is.

        Raises:
            InvalidArgumentError: The collection has no index.
            CollectionNotFoundError: There is no such collection.
            DatabaseError: The build failed; the index before it serves on.
        """
        return await self._driver.run(
            indexes.rebuild(self._driver.context, tenant, collection, progress=progress)
        )

    async def maintain(
        self,
        tenant: str | None = None,
        *,
        dry_run: bool = False,
        seconds: float | None = None,
        progress: Callable[[MaintenanceFinding], object] | None = None,
    ) -> MaintenanceReport:
        """Do what is due in the store's collections, and report it.

        Indexes that a load which died put aside, or whose build was interrupted, or that are
        missing; IVFFlat indexes that have aged; statistics that nobody gathered; the scale of
        hybrid scores; entries that have expired: reads and ordinary writes do none of it. Each step
        is bounded and committed by itself, under an advisory lock: call it from any number of
        places, once an hour, say, beside readers, writers and loads. What would have to be waited
        for is left to the next call, and what this role may not do is told.

        Args:
            tenant: Whose collections; None: every tenant's.
            dry_run: Do nothing: tell what is due.
            seconds: Begin nothing more after so many; each call begins with another collection, so
                that none is left for good. None: as long as it takes, from the first.
            progress: Told each finding as it comes.

        Returns:
            What was due, and what became of it. Its text has a line for each.

        Raises:
            InvalidArgumentError: An argument cannot be used, or it is called from within the
                iterable of a write.
            ConnectionFailedError: The server went away; the next call goes on.
        """
        return await self._driver.run(
            maintenance.maintain(
                self._driver.context, tenant, dry_run=dry_run, seconds=seconds, progress=progress
            )
        )

    async def reembed(
        self,
        tenant: str,
        collection: str,
        *,
        to: Collection,
        embed: Callable[[list[str]], Any],
        questions: Questions | None = None,
        ask_old: Callable[[list[str]], Any] | None = None,
        ask_new: Callable[[list[str]], Any] | None = None,
        accept: Callable[[ReembedReport], object] | None = None,
        batch_size: int = 500,
        progress: Callable[[IndexProgress], object] | None = None,
    ) -> ReembedReport:
        """Embed a collection's texts with another model while it is read and written.

        A second collection is filled, and follows whatever anybody writes to the first. Then the
        two swap names in one transaction, which keeps writers waiting for one last, short call of
        ``embed``. Id, text, metadata and time of creation stay. The old collection is kept under
        the name in the report, read only, until ``drop_collection`` removes it. Clients that know
        the old one read it for up to 30 seconds more; an upsert of theirs raises
        ``CollectionConflictError`` once, for its vectors are of the old model; a delete goes to the
        new one.

        Where a call dies, or ``accept`` says no, the same call goes on and embeds nothing twice
        that is stored; ``abandon_reembed`` removes what was done. Where the very first vectors are
        refused, nothing is left. A second call takes over from one that still runs, which then
        raises.

        Args:
            tenant: The tenant.
            collection: The collection's name; it has the new vectors at the end.
            to: What is to be new: ``dimensions``, ``embedding_model``, ``index`` and so on; what is
                not given stays as it is, and a default that is given is done: ``index=None``. Its
                name may be the collection's; another one is the second collection's until the swap
                (else ``"<name> (next)"``).
            embed: The new model: takes a list of texts and gives one vector for each, in order, or
                None for a text that shall have none. An async store takes an async function too.
                Items stored without a vector stay so and are not asked for. It is not cached and
                may be called again with a text that was not stored yet. It must not write to the
                collection: at its last call, writers wait for it.
            questions: Questions to compare the two collections by before the swap: texts, or texts
                with the ids that answer them, ``("who?", ["a", "b"])``, or with grades above 0,
                ``("who?", {"a": 2, "b": 1})``.
            ask_old: The old model, which embeds the questions for the old collection; None: only
                the new one is asked.
            ask_new: Embeds the questions for the new collection; None is ``embed``.
            accept: Told the report before the swap; the swap is made where it gives something true.
                None: always.
            batch_size: Texts that ``embed`` gets at most; so many are in memory at a time.
            progress: Told after each batch, and while the index is built, how far it is.

        Returns:
            What was done, with ``kept``, the old collection's name, and the comparison. ``kept`` is
            None where ``accept`` said no.

        Raises:
            InvalidArgumentError: An argument cannot be used; another ``to`` is unfinished; the
                collection is distributed, or its table has row-level security.
            DimensionMismatchError: A vector has another length than ``to.dimensions``.
            CollectionNotFoundError: There is no such collection.
            PgRecallError: Another call has taken over.
        """
        return await self._driver.run(
            reembed.reembed(
                self._driver.context,
                tenant,
                collection,
                to=to,
                embed=embed,
                questions=questions,
                ask_old=ask_old,
                ask_new=ask_new,
                accept=accept,
                batch_size=batch_size,
                progress=progress,
            )
        )

    async def abandon_reembed(self, tenant: str, collection: str) -> int:
        """Remove what an unfinished ``reembed`` made; the collection goes on as it is.

        Args:
            tenant: The tenant.
            collection: The collection's name.

        Returns:
            How many items were embedded anew; 0 where no re-embedding is unfinished.

        Raises:
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(reembed.abandon(self._driver.context, tenant, collection))

    async def search_text(
        self,
        tenant: str,
        collection: str,
        text: str,
        *,
        limit: int = 10,
        offset: int = UNSAID_OFFSET,
        filter: FilterLike | None = None,  # noqa: A002
        min_score: float | None = None,
        group_by: str | tuple[str, ...] | list[str] | None = None,
        per_group: int = 1,
        boosts: Sequence[Boosting] = (),
        syntax: str = "any",
        ranking: str = "bm25",
        candidates: int | None = None,
        include_vectors: bool = False,
        highlight: bool = False,
        explain: bool = False,
    ) -> Matches:
        """Find the items whose text matches a query best.

        A query whose text has no words, or stop words alone, finds nothing. A text is searched up
        to its first 130,000 characters, and so is a query; with ``web``, ``all`` and ``phrase`` up
        to 10,000. BM25 ranks by up to 100 distinct words of the query, those that occur most and
        are rarest, and looks at 20,000 of the matching rows at most, those with rare words first.
        Rows are found as soon as they are written; what BM25 knows of the collection (rows, average
        length, frequencies of common words) lags by a minute at most behind PostgreSQL's
        statistics.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            text: The query.
            limit: Matches at most, 1 or more.
            offset: Matches to leave out at the beginning: page by page, equal requests bring what
                one longer request would while nothing is written. Give it to the first page too
                (``offset=0``): pages are found with the effort of 100, 1,000 or 10,000 matches,
                whichever is the next above offset + limit.
            filter: Which items to rank; applied before ranking, so ``limit`` of them come back
                whenever that many match.
            min_score: Least score of what comes back; None for no limit.
            group_by: A field of the items, a path as a tuple or a list: ``limit`` and ``offset``
                count its values, and ``limit`` of them come back whenever that many match. They
                come in the order of their best matches. An item without a value is a group of its
                own.
            per_group: Matches of each group at most, best first.
            boosts: ``Decay`` and ``Boost`` values. The score is then the relevance, 0 to 1, times
                each factor, of the best ``candidates`` without them.
            syntax: ``any``: text of any kind, its words OR-ed. ``web``: as search engines read it
                ("a phrase", or, -not). ``all``: every word. ``phrase``: the words one after the
                other. ``raw``: a tsquery (``&``, ``|``, ``!``, ``<->``, ``word:*``).
            ranking: ``bm25`` (k1 = 1.2, b = 0.75), or PostgreSQL's ``ts_rank`` or ``ts_rank_cd``,
                divided by 1 + log(length).
            candidates: Of a hybrid search rows of each arm to choose from, at least ``limit`` and
                at most 10,000; None is 100, or ``limit`` where that is more. Of every search what
                ``boosts`` and ``lambda_mult`` choose from; None is 10 times offset + limit then, at
                least 100. With ``group_by`` groups are counted.
            include_vectors: Bring the vectors along.
            highlight: Bring a ``snippet`` of each text along, its matching words between ``<b>``
                and ``</b>``; the text itself is not escaped.
            explain: Run the search a second time under EXPLAIN ANALYZE, and tell in the result's
                ``explanation`` which plan was chosen and why.

        Returns:
            The matches, best first, ties by id; ``score`` is the ranking's value.

        Raises:
            InvalidArgumentError: An argument cannot be used, a ``raw`` query has a syntax error,
                or the collection was made with ``text_search=None``.
            FilterError: The filter cannot be used.
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(
            text_operations.search_text(
                self._driver.context,
                tenant,
                collection,
                text,
                TextOptions(
                    limit=limit,
                    offset=offset,
                    filter=filter,
                    min_score=min_score,
                    group_by=group_by,
                    per_group=per_group,
                    boosts=boosts,
                    syntax=syntax,
                    ranking=ranking,
                    candidates=candidates,
                    include_vectors=include_vectors,
                    highlight=highlight,
                    explain=explain,
                ),
            )
        )

    def on(self, connection: AsyncConnection[Any]) -> Self:
        """Give the same store on a connection of yours, in its transaction, which you end.

        Items and rows of your own then change together: nothing is committed, and of a verb that
        fails nothing stays, while the transaction goes on. Other clients, this store among them,
        see what was written once it is committed. A verb runs once; what PostgreSQL would have had
        tried again, a deadlock or a serialization failure, comes as ``DatabaseError``. Where the
        connection is in autocommit mode and in no ``transaction()`` block, each verb is a
        transaction of its own. No replica is read, and closing what is given leaves the connection
        open.

        ``create_index``, ``drop_index``, ``reindex``, ``alter_collection``, ``reembed`` and
        ``maintain`` commit on their way and raise ``InvalidArgumentError``; ``load`` keeps an empty
        collection's indexes.

        Args:
            connection: An open connection to the store's database, in no pipeline, with
                ``client_encoding`` UTF8.

        Raises:
            InvalidArgumentError: It is no ``psycopg.AsyncConnection``.
        """
        made = copy.copy(self)
        made._driver = self._driver.on(connection)  # noqa: SLF001  # of the same class
        return made

    def bind(
        self, tenant: str, collection: str, *, expect: Collection | None = None
    ) -> AsyncBoundCollection:
        """Give a handle with the same verbs that cannot name another tenant.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            expect: What the handle's vectors are made for: what is said in it (but the index) is
                compared with the collection at every call of the handle, at no round trip. Only a
                collection that is as it says, or that is not there yet, is used.

        Raises:
            InvalidArgumentError: A name cannot be used, or ``expect`` is of another collection.
        """
        return AsyncBoundCollection(self._driver, tenant, collection, expect)
