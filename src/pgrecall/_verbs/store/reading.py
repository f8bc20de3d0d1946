# Made by `make twins` (python -m twins) from src/pgrecall/_verbs/async_store/reading.py.
# Do not edit: change that file, and make this one anew.

"""Give and count the items that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._driver.driver import Driver
from pgrecall._operations.items import items as items_operations
from pgrecall._operations.items import listing as listing_operations
from pgrecall._verbs.verbs import Verbs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pgrecall.filters import FilterLike
    from pgrecall.models import Item, Rows


class ReadingVerbs(Verbs[Driver]):
    """Give and count the items that are there."""

    __slots__ = ()

    def get(self, tenant: str, collection: str, ids: Iterable[str]) -> Rows[Item]:
        """Give items in the order asked; missing ids are left out.

        Raises:
            CollectionNotFoundError: There is no such collection.
            InvalidArgumentError: An id is no string.
        """
        return self._driver.run(items_operations.get(self._driver.context, tenant, collection, ids))

    def list_items(
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
    ) -> Rows[Item]:
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
        return self._driver.run(
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

    def list_ids(self, tenant: str, collection: str) -> list[str]:
        """Give every id, by code point.

        Raises:
            CollectionNotFoundError: There is no such collection.
        """
        return self._driver.run(items_operations.list_ids(self._driver.context, tenant, collection))

    def count(self, tenant: str, collection: str, filter: FilterLike | None = None) -> int:  # noqa: A002
        """Count the items, or those that match a filter.

        Raises:
            FilterError: The filter cannot be used.
            CollectionNotFoundError: There is no such collection.
        """
        return self._driver.run(
            items_operations.count(self._driver.context, tenant, collection, filter)
        )
