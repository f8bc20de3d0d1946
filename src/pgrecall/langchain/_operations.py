"""What the vector store does by ids, each action written once for sync and async callers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from pgrecall._adapters.collection import tell_blank
from pgrecall._operations.collections import collections
from pgrecall._operations.items import changes, items
from pgrecall._operations.search.checks import checked_limit
from pgrecall._values.filter_constants import matches_everything
from pgrecall.errors import InvalidArgumentError
from pgrecall.indexes import kinds_of
from pgrecall.langchain._documents import findable
from pgrecall.langchain._queries import checked_filter
from pgrecall.models import Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pgrecall._adapters.collection import AdapterCollection
    from pgrecall._operations.work import Operation
    from pgrecall.filters import FilterLike
    from pgrecall.langchain._documents import Drafts, Embedded
    from pgrecall.models import FieldPath, Item

_CLEAR = "store.clear(tenant, collection)"


@dataclass(frozen=True, slots=True)
class DocumentOperations:
    """The documents of one collection. Its methods check their arguments and make operations."""

    collection: AdapterCollection
    clean: bool = False

    def cleaned(self, made: Drafts, clean: bool | None) -> Drafts:
        """Take out what PostgreSQL cannot store, where the call or the store asks for it."""
        return made.cleaned() if (self.clean if clean is None else clean) else made

    def before_embedding(self, made: Drafts) -> Operation[tuple[list[str], int]]:
        """Check what can be checked; give what to embed, and how many before the next check."""
        yield from made.checked(kinds_of(self.collection.wanted.fields))
        exists = yield from self.collection.ready()
        asked = made.to_embed(there=exists)
        # whether the index can hold them is told by the first one's length
        return asked, len(asked) if exists or self.collection.wanted.index is None else 1

    def given(self, made: Drafts, embeddings: Iterable[Any]) -> Operation[Embedded]:
        """Pair documents with vectors of the caller's."""
        yield from self.collection.exists()  # its metric says whether a zero is a vector
        return made.given(embeddings, self.collection.metric)

    def upsert(self, made: Drafts, embedded: Embedded, batch_size: int) -> Operation[None]:
        """Store documents; the collection is made where it is missing."""
        collection = self.collection
        yield from collection.writing(
            embedded.dimensions,
            lambda new: items.check_items(
                items.kind_of_new(new), islice(made.items(embedded.vectors), batch_size)
            ),
            lambda: items.upsert(
                *collection.place,
                made.items(embedded.vectors),
                batch_size=batch_size,
                progress=None,
            ),
        )
        tell_blank(embedded.blank, len(made.texts), collection.name)

    def get(self, ids: Sequence[str]) -> Operation[list[Item]]:
        """Read documents in the order asked."""
        wanted, collection = findable(ids), self.collection
        nothing: list[Item] = []
        return collection.reading(lambda: items.get(*collection.place, wanted), missing=nothing)

    def drop(self) -> Operation[int]:
        """Remove the collection."""
        collection = self.collection
        return collection.reading(lambda: collections.drop(*collection.place), missing=0)

    def delete(self, ids: Iterable[str] | None, filter_: FilterLike | None) -> Operation[int]:
        """Remove what ids or a filter name, one of them.

        Raises:
            InvalidArgumentError: Neither is given, or both, or one cannot be used.
            FilterError: The filter cannot be used.
        """
        collection = self.collection
        _check_one_of("delete", ids, filter_, f"None does not remove everything ({_CLEAR} does)")
        if ids is not None:
            wanted = items.checked_ids(ids)
            return collection.reading(lambda: items.delete(*collection.place, wanted), missing=0)
        parsed = checked_filter(filter_)
        if matches_everything(parsed):
            msg = f"the filter {filter_!r} matches every document: {_CLEAR} removes all"
            raise InvalidArgumentError(msg)
        return collection.reading(lambda: items.delete_where(*collection.place, parsed), missing=0)

    def update(
        self,
        ids: Iterable[str] | None,
        filter_: FilterLike | None,
        set_: Mapping[FieldPath, Any] | None,
        remove: Iterable[FieldPath | list[str]],
    ) -> Operation[int]:
        """Change the metadata of what ids or a filter name, one of them, all or nothing.

        Raises:
            InvalidArgumentError: Neither is given, or both, or one cannot be used.
            FilterError: The filter cannot be used.
        """
        collection = self.collection
        _check_one_of("update_metadata", ids, filter_, "None does not change everything")
        fields = list(remove) if isinstance(remove, Iterator) else remove
        if ids is not None:
            wanted = list(dict.fromkeys(items.checked_ids(ids)))
            made = [Change(id_, set=set_, remove=fields) for id_ in wanted]
            return collection.reading(
                lambda: changes.update(
                    *collection.place, made, batch_size=max(1, len(made)), progress=None
                ),
                missing=0,
            )
        parsed = checked_filter(filter_)
        if parsed is None or matches_everything(parsed):
            msg = f"the filter {filter_!r} matches every document: give the ids of all to change"
            raise InvalidArgumentError(msg)
        return collection.reading(
            lambda: changes.update_where(*collection.place, parsed, set_=set_, remove=fields),
            missing=0,
        )


def _check_one_of(verb: str, ids: object, filter_: object, otherwise: str) -> None:
    if (ids is None) is (filter_ is None):
        msg = f"{verb} takes ids or a filter, one of them: {otherwise}"
        raise InvalidArgumentError(msg)


def checked_batch(batch_size: int | None, made: Drafts) -> int:
    """Give how many rows go in one transaction, by default all.

    Raises:
        InvalidArgumentError: It is no whole number of 1 or more.
    """
    if batch_size is None:
        return max(1, len(made.texts))
    return checked_limit(batch_size, "batch_size")
