# Made by `make twins` (python -m twins) from src/pgrecall/_verbs/async_bound/exploring.py.
# Do not edit: change that file, and make this one anew.

"""Look around in a collection: its fields, their values, some of its items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall._driver.bound import Bound
from pgrecall._driver.driver import Driver
from pgrecall._operations.items import explore, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall.filters import FilterLike
    from pgrecall.models import CollectionMap, Facet, Field, Item, Rows, Token


class BoundExploringVerbs(Bound[Driver]):
    """The verbs of ``ExploringVerbs`` for one collection."""

    __slots__ = ()

    def facet(
        self,
        field: str | Sequence[str],
        *,
        filter: FilterLike | None = None,  # noqa: A002
        limit: int = 20,
    ) -> Rows[Facet]:
        """Count the items by the values of a field.

        The server counts, and keeps what memory has no room for on its disk: a field of a million
        values is no danger.

        Args:
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
        return self._driver.run(
            explore.facet(
                self._driver.context,
                self._tenant,
                self._collection,
                field,
                filter_=filter,
                limit=limit,
            )
        )

    def field_range(
        self,
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
            field: A metadata key, or the keys of a path; ``"$created_at"`` and ``"$updated_at"``
                are the item's times, in UTC.
            filter: Which items to look at.

        Returns:
            The two values; None where no item has one of these types there.

        Raises:
            FilterError: The filter or the field cannot be used.
            CollectionNotFoundError: There is no such collection.
        """
        return self._driver.run(
            explore.field_range(
                self._driver.context, self._tenant, self._collection, field, filter_=filter
            )
        )

    def describe_fields(self, *, sample: int = 10_000) -> Rows[Field]:
        """Tell which fields the items' metadata has, nested ones too, with types and examples.

        Args:
            sample: Items to look at, drawn at random, 1 or more; fewer where their metadata is more
                than 64 MB.

        Returns:
            The fields, those that most items have first, then by path; none of an empty collection.
            Beyond 10,000 different ones the rest is left out.

        Raises:
            InvalidArgumentError: An argument cannot be used.
            CollectionNotFoundError: There is no such collection.
        """
        return self._driver.run(
            explore.describe_fields(
                self._driver.context, self._tenant, self._collection, sample=sample
            )
        )

    def sample(
        self,
        size: int = 10,
        *,
        filter: FilterLike | None = None,  # noqa: A002
    ) -> Rows[Item]:
        """Give items at random, others each time.

        Of a large table some pages are read, and items drawn from them; where these hold too few
        that match, all that match take part.

        Args:
            size: Items to give, 1 or more: so many come whenever that many match.
            filter: Which items to draw from.

        Returns:
            Different items, in no order.

        Raises:
            InvalidArgumentError: An argument cannot be used.
            FilterError: The filter cannot be used.
            CollectionNotFoundError: There is no such collection.
        """
        return self._driver.run(
            explore.sample(
                self._driver.context, self._tenant, self._collection, size, filter_=filter
            )
        )

    def map_collection(
        self,
        *,
        color_by: str | Sequence[str] | None = None,
        sample: int = 2_000,
        filter: FilterLike | None = None,  # noqa: A002
        seed: int = 0,
    ) -> CollectionMap:
        """Lay vectors of a collection out on the plane that shows most of how they vary (PCA).

        Args:
            color_by: A field whose value comes with each item: a metadata key, or the keys of a
                path; ``"id"``, ``"$created_at"`` and ``"$updated_at"`` are the item's own.
            sample: Items to draw, 1 or more, of those that have a vector; fewer where their vectors
                are more than 256 MB.
            filter: Which items to draw from.
            seed: Draws other items where it is another. The same ones come for the same seed, as
                long as nothing is written.

        Returns:
            Where each item lies. It is empty where none has a vector.

        Raises:
            InvalidArgumentError: An argument cannot be used.
            FilterError: The filter or the field cannot be used.
            CollectionNotFoundError: There is no such collection.
        """
        from pgrecall._operations.items import mapping  # noqa: PLC0415  # few callers need it

        return self._driver.run(
            mapping.map_collection(
                self._driver.context,
                self._tenant,
                self._collection,
                color_by=color_by,
                sample=sample,
                filter_=filter,
                seed=seed,
            )
        )

    def analyze_text(
        self,
        text: str | None = None,
        *,
        id: str | None = None,  # noqa: A002
        language: str | None = None,
    ) -> list[Token]:
        """Give the words of a text, or of an item, as full text search has them.

        A question finds an item by the words that both have: where it does not find one, this
        tells which word is another. Questions are analysed as texts are.

        Args:
            text: A text; up to its first 130,000 characters.
            id: In its place the id of an item, whose words come with those of its title.
            language: Of a text for a collection with ``text_search=ByField(...)``: the value that
                items have under its field. None is what all other values are analysed by.

        Returns:
            The words, in the order in which they come first; none of stop words alone.

        Raises:
            InvalidArgumentError: An argument cannot be used, there is no such item, or the
                collection was made with ``text_search=None``.
            CollectionNotFoundError: There is no such collection.
        """
        return self._driver.run(
            words.analyze_text(
                self._driver.context,
                self._tenant,
                self._collection,
                text,
                id_=id,
                language=language,
            )
        )
