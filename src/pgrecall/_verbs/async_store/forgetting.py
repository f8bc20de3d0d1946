"""Remove what a tenant has, all or what is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._driver.async_driver import AsyncDriver
from pgrecall._values.said import NOTHING
from pgrecall._verbs.verbs import Verbs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pgrecall.filters import FilterLike
    from pgrecall.models import Forgotten


class AsyncForgettingVerbs(Verbs[AsyncDriver]):
    """Remove what a tenant has, all or what is named."""

    __slots__ = ()

    async def forget(
        self,
        tenant: str,
        *,
        filter: FilterLike | None = None,  # noqa: A002  # the contract's name
        namespace: Sequence[str] | None = None,
        threads: Iterable[str] = NOTHING,
        sessions: Iterable[str] = NOTHING,
        dry_run: bool = False,
    ) -> Forgotten:
        """Remove everything of a tenant, or what is named of it; count it by kind.

        With the tenant alone its collections are dropped, and all of its entries, blobs, threads,
        chats, records and rows of the log go. Of several things that are named all go, and what
        makes them searchable goes with them, in copies that ``reembed`` keeps too. No row of a
        table of your own is touched; the report names the collections that stand on one.

        It is one transaction, or, where there are more than 32 collections to be dropped or looked
        through, one for each 32: then the first one has all that is in no collection, and a call
        that broke off is called again and goes on. It waits for readers and writers of what it
        removes. What others write meanwhile may stay, and so may what a transaction had not
        committed: stop who writes for the tenant before, or call it again until it finds nothing.

        Args:
            tenant: The tenant; of one that does not exist nothing is removed.
            filter: The items that match, of every collection, and the entries, cached answers and
                messages of chats that such an item makes searchable. It asks for metadata, whatever
                fields a collection declares. An empty one is refused.
            namespace: The entries and blobs of this namespace and those below it, of every store
                and cache. An empty one is refused.
            threads: Ids of threads, whose checkpoints ``PgRecallSaver`` keeps.
            sessions: Ids of chats, of every framework and name.
            dry_run: Remove nothing: count what would be.

        Returns:
            What was removed. Its text says it in a line.

        Raises:
            InvalidArgumentError: An argument cannot be used; or the only one is an empty list,
                which does not mean everything.
            DatabaseError: This role may not delete it, or does not own a collection's table.
        """
        from pgrecall._operations.forget import forget as forgetting  # noqa: PLC0415  # rare

        return await self._driver.run(
            forgetting.forget(
                self._driver.context,
                tenant,
                filter_=filter,
                namespace=namespace,
                threads=threads,
                sessions=sessions,
                dry_run=dry_run,
            )
        )
