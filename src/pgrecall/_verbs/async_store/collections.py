"""Make, describe, change and remove collections."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pgrecall._driver.async_driver import AsyncDriver
from pgrecall._driver.showing import showing
from pgrecall._operations.collections import collections
from pgrecall._verbs.verbs import Verbs

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall.models import Collection, IndexProgress, Metric, Table


class AsyncCollectionVerbs(Verbs[AsyncDriver]):
    """Make, describe, change and remove collections."""

    __slots__ = ()

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

    async def adopt_collection(
        self,
        tenant: str,
        name: str,
        table: Table,
        *,
        embedding_model: str = "",
        metric: Metric | str | None = None,
        text_search: str | None = "english",
    ) -> Collection:
        """Search a table that is there as a collection, where it is: nothing of it is changed.

        The table may be a view, a materialized view, a partitioned or a foreign table. What it is
        mapped to is registered, with an empty table beside the registry that marks it; its rows
        are read as they are at each call, with this role's own rights, so that row-level security
        holds. ``drop_collection`` forgets it and removes no row. Adopting it again as it is, is no
        change; any number of processes may do so at once.

        Ids have to be unique and not NULL. A unique index has to tell so of a table, over columns
        of the id and of those that ``where`` holds to one value; every row of a view, a foreign
        table or a table that others inherit from is looked at, once. So are the vectors of a column
        whose type does not say how long they are. Rows without a vector are found by their text
        alone, a NULL among the texts is an empty one.

        Two tenants that adopt one table both see all of its rows, unless ``where`` tells them
        apart: a warning is logged.

        Args:
            tenant: The tenant.
            name: The collection's name.
            table: Which table, and which of its columns are what.
            embedding_model: Name of the model that made the vectors; empty says nothing.
            metric: How vectors are compared; None takes what the vector's index is of, else cosine.
                An index of another metric serves no search.
            text_search: The text search configuration, by which the table's tsvectors were made
                where it has some; None: texts are not searched.

        Returns:
            The collection as it is registered, with the index that was found.

        Raises:
            CollectionConflictError: The name is taken, by another table or by this one with other
                columns; nothing was changed.
            DatabaseError: This role may not read the table, or may not write the registry.
            FilterError: ``where`` cannot be used.
            InvalidArgumentError: There is no such table or column, one is of a type that cannot be
                used, or ids are not unique; the message says what would work.
        """
        from pgrecall._operations.adopted import adopting  # noqa: PLC0415  # rare

        return await self._driver.run(
            adopting.adopt(
                self._driver.context,
                tenant,
                name,
                table,
                embedding_model=embedding_model,
                metric=metric,
                text_search=text_search,
            )
        )

    async def describe_collection(self, tenant: str, name: str) -> Collection | None:
        """Give a collection as it is in the database; None where there is none."""
        return await self._driver.run(collections.describe(self._driver.context, tenant, name))

    async def list_collections(
        self,
        tenant: str,
        *,
        limit: int | None = None,
        after: str | Collection | None = None,
    ) -> list[Collection]:
        """Give the tenant's collections, by name, a page at a time where ``limit`` says so.

        Args:
            tenant: The tenant.
            limit: Collections at most, 1 or more; None gives every one, in memory at once.
            after: Where the page begins: the last Collection of the page before, or its name,
                which need not be there any more.

        Returns:
            The collections; names compare by code point.

        Raises:
            InvalidArgumentError: An argument cannot be used.
        """
        return await self._driver.run(
            collections.list_(self._driver.context, tenant, limit=limit, after=after)
        )

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
        progress: Callable[[IndexProgress], object] | bool | None = None,
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
            progress: Told after each batch, and while an index is built, how far it is; True
                shows a bar.

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
            PgRecallError: Another call has taken over or builds an index, or a load is at work.
        """
        from pgrecall._operations.alter import alter as altering  # noqa: PLC0415  # rare

        return await self._driver.run(
            showing(
                progress,
                "Altering",
                collection,
                "",
                partial(altering.alter, self._driver.context, tenant, collection),
            )
        )

    async def rename_collection(self, tenant: str, name: str, new: str) -> Collection:
        """Give a collection another name; nobody can go on under the old one unaware.

        It is done at once or not at all. From then on every call under the old name raises
        ``CollectionNotFoundError``, which tells the new one, in every process: a derived table name
        changes with the collection's, one of your own stays. A handle of ``bind`` and an adapter
        keep the name that they were made with. An upsert or a load that is at work ends with that
        error at its next batch; records of what was indexed go with the collection, and so does
        what it makes searchable: LangGraph's memories, chats, cached answers. Waits for readers and
        writers of the table a fifth of a second at a time, for some ten seconds.

        Args:
            tenant: The tenant.
            name: Its name now.
            new: Another name; the same one changes nothing.

        Returns:
            The collection under its new name.

        Raises:
            CollectionConflictError: The new name is taken, by a collection or by what is kept for
                one.
            CollectionNotFoundError: There is no such collection.
            InvalidArgumentError: The name cannot be used, or ``reembed`` or ``alter_collection``
                has not ended.
            DatabaseError: This role does not own the table, or it was in use all the time.
        """
        from pgrecall._operations.alter import rename as renaming  # noqa: PLC0415  # rare

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
