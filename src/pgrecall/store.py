# Made by `make twins` (python -m twins) from src/pgrecall/async_store.py.
# Do not edit: change that file, and make this one anew.

"""The synchronous store."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Self

from psycopg_pool import ConnectionPool

from pgrecall._connections.settings import Dsn, check_pool, settings
from pgrecall._driver.driver import Driver
from pgrecall._driver.watcher import watcher
from pgrecall._verbs.store.collections import CollectionVerbs
from pgrecall._verbs.store.evaluating import EvaluatingVerbs
from pgrecall._verbs.store.exploring import ExploringVerbs
from pgrecall._verbs.store.forgetting import ForgettingVerbs
from pgrecall._verbs.store.indexes import IndexVerbs
from pgrecall._verbs.store.maintenance import MaintenanceVerbs
from pgrecall._verbs.store.near_search import NearSearchVerbs
from pgrecall._verbs.store.reading import ReadingVerbs
from pgrecall._verbs.store.reembedding import ReembeddingVerbs
from pgrecall._verbs.store.reports import ReportVerbs
from pgrecall._verbs.store.text_search import TextSearchVerbs
from pgrecall._verbs.store.vector_search import VectorSearchVerbs
from pgrecall._verbs.store.writing import WritingVerbs
from pgrecall._verbs.verbs import composed
from pgrecall.bound import BoundCollection

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from psycopg import Connection

    from pgrecall.events import SearchEvent
    from pgrecall.models import Collection, PoolStatistics


@composed
class Store(
    # pages show them from the last to the first
    MaintenanceVerbs,
    ForgettingVerbs,
    ReportVerbs,
    EvaluatingVerbs,
    ReembeddingVerbs,
    IndexVerbs,
    TextSearchVerbs,
    NearSearchVerbs,
    VectorSearchVerbs,
    ExploringVerbs,
    ReadingVerbs,
    WritingVerbs,
    CollectionVerbs,
):
    """Collections of items with vectors, kept in PostgreSQL.

    Every call names a tenant and a collection, and sees nothing of any other. One store serves any
    number of threads. It connects at its first call, not when it is made.

    Args:
        dsn: A libpq URI or conninfo, with whatever libpq knows (``sslmode``, several hosts, ...).
            None reads ``PGRECALL_DSN``, then libpq's own variables. ``"embedded:PATH"`` starts the
            bundled server on a data folder. A driver's name in a URL (``postgresql+psycopg://``)
            and white space around it are left out. A function, sync or async, is asked for each new
            connection: for passwords that expire.
        schema: The PostgreSQL schema that holds the registry and the item tables.
        min_connections: Connections that the first call opens, and that the pool keeps however long
            they rest; the others are closed after ten idle minutes, and each after an hour.
        max_connections: Connections that the pool opens at most.
        connection_timeout: Seconds to wait for a connection, a new one or a free one.
        read_dsn: Where searches and other reads go: replicas, as many hosts as libpq takes, a
            standby and a random one first unless the DSN says otherwise (``target_session_attrs``,
            ``load_balance_hosts``). Where none can be reached, or none can answer, ``dsn`` serves.
        consistency: Of reads from replicas. ``eventual``: they may lack the last writes.
            ``read_your_writes``: a read waits up to a second for a replica that has what this
            store wrote before, then ``dsn`` serves; each write costs one round trip more.
        pool: A ``psycopg_pool.ConnectionPool`` that the caller opens and closes; the store then
            opens no connection of its own.
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
        pool: ConnectionPool[Any] | None = None,
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
        check_pool(pool, ConnectionPool)
        watch = watcher(on_search, questions=search_questions)
        self._driver = Driver(checked, pool)
        self._driver.context.watch = watch

    def __repr__(self) -> str:
        """Show where the store points; never a password."""
        return f"{type(self).__name__}({self._driver.where})"

    def __enter__(self) -> Self:
        """Give the store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Close the store's connections; a pool of the caller's stays open."""
        self._driver.close()

    def pool_statistics(self) -> PoolStatistics:
        """Tell how many connections are open, at rest and waited for; asks no server."""
        return self._driver.statistics()

    def on(self, connection: Connection[Any]) -> Self:
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
            InvalidArgumentError: It is no ``psycopg.Connection``.
            ConnectionFailedError: It was used so in the process that forked this one.
        """
        made = copy.copy(self)
        made._driver = self._driver.on(connection)  # noqa: SLF001  # of the same class
        return made

    def bind(
        self, tenant: str, collection: str, *, expect: Collection | None = None
    ) -> BoundCollection:
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
        return BoundCollection(self._driver, tenant, collection, expect)
