"""The asynchronous store."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Self

from psycopg_pool import AsyncConnectionPool

from pgrecall._connections.settings import Dsn, check_pool, settings
from pgrecall._driver.async_driver import AsyncDriver
from pgrecall._driver.watcher import watcher
from pgrecall._verbs.async_store.collections import AsyncCollectionVerbs
from pgrecall._verbs.async_store.evaluating import AsyncEvaluatingVerbs
from pgrecall._verbs.async_store.exploring import AsyncExploringVerbs
from pgrecall._verbs.async_store.forgetting import AsyncForgettingVerbs
from pgrecall._verbs.async_store.indexes import AsyncIndexVerbs
from pgrecall._verbs.async_store.maintenance import AsyncMaintenanceVerbs
from pgrecall._verbs.async_store.near_search import AsyncNearSearchVerbs
from pgrecall._verbs.async_store.reading import AsyncReadingVerbs
from pgrecall._verbs.async_store.reembedding import AsyncReembeddingVerbs
from pgrecall._verbs.async_store.reports import AsyncReportVerbs
from pgrecall._verbs.async_store.text_search import AsyncTextSearchVerbs
from pgrecall._verbs.async_store.vector_search import AsyncVectorSearchVerbs
from pgrecall._verbs.async_store.writing import AsyncWritingVerbs
from pgrecall._verbs.verbs import composed
from pgrecall.async_bound import AsyncBoundCollection

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from psycopg import AsyncConnection

    from pgrecall.events import SearchEvent
    from pgrecall.models import Collection, PoolStatistics


@composed
class AsyncStore(
    # pages show them from the last to the first
    AsyncMaintenanceVerbs,
    AsyncForgettingVerbs,
    AsyncReportVerbs,
    AsyncEvaluatingVerbs,
    AsyncReembeddingVerbs,
    AsyncIndexVerbs,
    AsyncTextSearchVerbs,
    AsyncNearSearchVerbs,
    AsyncVectorSearchVerbs,
    AsyncExploringVerbs,
    AsyncReadingVerbs,
    AsyncWritingVerbs,
    AsyncCollectionVerbs,
):
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
        build_memory: What the build of an index may have at most of the server's memory: bytes, or
            a string such as ``"6GB"``. It gets what it needs of that; ``pgrecall.sizes.estimate``
            tells. None is half of the machine's memory where the bundled server is used, elsewhere
            1 GB, or the server's ``maintenance_work_mem`` where that is more.
        on_search: A plain function that is told of each search once it is answered, with a
            ``SearchEvent``, in a thread of its own: it slows no search, and what it raises is
            logged by its type, once. Where it is behind, searches go untold and are counted. Its
            methods ``flush`` and ``close``, where it has such, are called after a quiet second and
            when the store is closed. ``search_log`` makes one that keeps searches in a table.
        search_questions: Whether it is told the question itself, its text, vector and options;
            else a hash of it.

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
        build_memory: int | str | None = None,
        on_search: Callable[[SearchEvent], object] | None = None,
        search_questions: bool = False,
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
            build_memory=build_memory,
        )
        check_pool(pool, AsyncConnectionPool)
        watch = watcher(on_search, questions=search_questions)
        self._driver = AsyncDriver(checked, pool)
        self._driver.context.watch = watch

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
            ConnectionFailedError: It was used so in the process that forked this one.
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
