"""Build, measure and tune the approximate index."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pgrecall._driver.async_driver import AsyncDriver
from pgrecall._driver.showing import showing
from pgrecall._operations.indexes import indexes, recall
from pgrecall._verbs.verbs import Verbs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from pgrecall.indexes import Index
    from pgrecall.models import IndexProgress, PrewarmReport, RecallReport


class AsyncIndexVerbs(Verbs[AsyncDriver]):
    """Build, measure and tune the approximate index."""

    __slots__ = ()

    async def measure_recall(
        self,
        tenant: str,
        collection: str,
        *,
        k: int = 10,
        sample: int = 100,
        queries: NDArray[Any] | Iterable[Sequence[float] | NDArray[Any]] | None = None,
    ) -> RecallReport:
        """Compare the index with the exact search, on the collection's own vectors or on queries.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            k: Neighbours asked for, 1 to 10,000; a vector does not count as its own neighbour.
            sample: Vectors drawn at random to search for, 1 to 10,000.
            queries: Vectors of questions that your users ask, up to 10,000, which are searched for
                in place of a sample. None of them is kept.

        Returns:
            The recall with its confidence interval, the latencies of both, and the settings.

        Raises:
            InvalidArgumentError: The collection has no index, or too few vectors; or one of the
                queries is no vector of its dimensions.
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(
            recall.measure(
                self._driver.context, tenant, collection, k=k, sample=sample, queries=queries
            )
        )

    async def tune(
        self,
        tenant: str,
        collection: str,
        *,
        target_recall: float = 0.98,
        k: int = 10,
        queries: NDArray[Any] | Iterable[Sequence[float] | NDArray[Any]] | None = None,
    ) -> RecallReport:
        """Find the smallest ``ef_search`` (or probes) that meets a target, and pin it.

        Of a binary index, how many candidates full vectors choose of goes with it. The pin is kept
        in the registry: every other client follows within 30 seconds. A new index takes it back.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            target_recall: Above 0 and at most 1.
            k: Neighbours asked for, 1 to 10,000.
            queries: Vectors of questions that your users ask, up to 10,000, 200 or more at best,
                which are searched for in place of the collection's own vectors. None of them is
                kept but how much harder they are: what measures later goes by that too, until
                ``tune`` is called without queries. ``queries`` are worth it where questions lie
                elsewhere than the items.

        Returns:
            What was measured at the pinned setting; its recall is below the target only where the
            highest setting is.

        Raises:
            InvalidArgumentError: The collection has no index, or too few vectors; or one of the
                queries is no vector of its dimensions.
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(
            recall.tune(
                self._driver.context,
                tenant,
                collection,
                target_recall=target_recall,
                k=k,
                queries=queries,
            )
        )

    async def create_index(
        self,
        tenant: str,
        collection: str,
        index: Index,
        *,
        progress: Callable[[IndexProgress], object] | bool | None = None,
        build_memory: int | str | None = None,
        dry_run: bool = False,
    ) -> list[str] | None:
        """Build an approximate index while others read and write; it replaces the one before.

        A role's ``statement_timeout`` and ``transaction_timeout`` do not end it, except behind a
        pooler, where no setting is the session's.

        On an adopted table it runs ``CREATE INDEX CONCURRENTLY``, under a name for the table and
        the column, where no index serves the metric, and what an interrupted build left under that
        name is dropped first; where such an index is there, nothing is done. Its owner has to call.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            index: ``Hnsw(...)`` or ``IvfFlat(...)``.
            progress: Called twice a second with how far the build is, and once where it has less
                memory than it needs; True shows a bar.
            build_memory: What the build may have of the server's memory, where that is not what the
                store's own ``build_memory`` says: bytes, or a string such as ``"6GB"``.
            dry_run: Run nothing, and give the statements that would be.

        Returns:
            None, or with ``dry_run`` the statements in order, beside what is noted in the registry;
            those of a partitioned table, which nobody but you runs, too.

        Raises:
            InvalidArgumentError: pgvector cannot build such an index, or ``build_memory`` is no
                amount of memory; or an adopted table is partitioned, is a view, or has another
                index that serves. The message says what would work.
            CollectionNotFoundError: There is no such collection.
            DatabaseError: The build failed, and the index before it serves on; or this role does
                not own the adopted table.
            PgRecallError: Another call builds an index of the collection right now.
        """
        return await self._driver.run(
            showing(
                progress,
                "Indexing",
                collection,
                "",
                partial(
                    indexes.create,
                    self._driver.context,
                    tenant,
                    collection,
                    index,
                    build_memory=build_memory,
                    dry_run=dry_run,
                ),
            )
        )

    async def drop_index(self, tenant: str, collection: str) -> None:
        """Drop the approximate index, if there is one: every search is exact from here on.

        Raises:
            CollectionNotFoundError: There is no such collection.
            InvalidArgumentError: It stands on an adopted table, whose indexes are yours: the
                message has the statement.
        """
        return await self._driver.run(indexes.drop(self._driver.context, tenant, collection))

    async def reindex(
        self,
        tenant: str,
        collection: str,
        *,
        progress: Callable[[IndexProgress], object] | bool | None = None,
        build_memory: int | str | None = None,
    ) -> None:
        """Build the approximate index anew from the rows there are now; the old one serves on.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            progress: Called twice a second with how far the build is, and once where it has less
                memory than it needs; True shows a bar.
            build_memory: What the build may have of the server's memory, where that is not what the
                store's own ``build_memory`` says: bytes, or a string such as ``"6GB"``.

        Raises:
            InvalidArgumentError: The collection has no index, or ``build_memory`` is no amount of
                memory; or it stands on an adopted table, whose indexes are yours: the message has
                the statement.
            CollectionNotFoundError: There is no such collection.
            DatabaseError: The build failed; the index before it serves on.
            PgRecallError: Another call builds an index of the collection right now.
        """
        return await self._driver.run(
            showing(
                progress,
                "Indexing",
                collection,
                "",
                partial(
                    indexes.rebuild,
                    self._driver.context,
                    tenant,
                    collection,
                    build_memory=build_memory,
                ),
            )
        )

    async def prewarm(self, tenant: str, collection: str) -> PrewarmReport:
        """Read a collection's indexes and table into the server's memory, as after a restart.

        By pg_prewarm where the database has that extension: the approximate index first, then the
        other indexes and the table, as far as ``shared_buffers`` go; what is left over comes to the
        system's memory. Without it the table is read row by row, and the approximate index is gone
        through from one end to the other, as far as 256 MB for the way allow; indexes of texts and
        metadata are left to their first searches. It takes as long as reading does: a role's
        ``statement_timeout`` and ``transaction_timeout`` do not end it. A store with replicas warms
        the one that its searches would go to.

        Args:
            tenant: The tenant.
            collection: The collection's name.

        Returns:
            How much was read, and how.

        Raises:
            CollectionNotFoundError: There is no such collection.
            InvalidArgumentError: The collection is distributed.
        """
        from pgrecall._operations.prewarm import prewarm  # noqa: PLC0415  # rare

        return await self._driver.run(prewarm.prewarm(self._driver.context, tenant, collection))
