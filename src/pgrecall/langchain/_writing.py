"""Documents by id: add, get and delete them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from langchain_core.vectorstores import VectorStore

from pgrecall import filters
from pgrecall._adapters.collection import tell_blank
from pgrecall._operations.collections import collections
from pgrecall._operations.items import items
from pgrecall._operations.search.checks import checked_limit
from pgrecall.errors import InvalidArgumentError
from pgrecall.langchain._base import VectorStoreBase
from pgrecall.langchain._documents import (
    document,
    drafts,
    drafts_of,
    findable,
    length_of,
    with_texts,
)
from pgrecall.langchain._queries import PASSENGERS_OF_ADD, check_known, checked_filter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from langchain_core.documents import Document

    from pgrecall._operations.work import Operation
    from pgrecall.filters import FilterLike
    from pgrecall.langchain._documents import Drafts, Embedded

_OF_ADD = frozenset({"ids", "embeddings", "batch_size", "clean"})
_OF_DELETE = frozenset({"ids", "filter"})
_CLEAR = "store.clear(tenant, collection)"


class WriteMixin(VectorStoreBase, VectorStore):
    """The part of ``PgRecallVectorStore`` that goes by ids."""

    _clean: bool

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: Iterable[dict[str, Any] | None] | None = None,
        *,
        ids: Iterable[str | None] | None = None,
        embeddings: Iterable[Any] | None = None,
        batch_size: int | None = None,
        clean: bool | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Embed texts and store them, replacing those whose id exists.

        The first call creates the collection, of the embedding's dimensions; where something is
        refused it creates none. Everything that can be checked is checked before a text is
        embedded (an ``index`` to create, after the first text), and every text is embedded before a
        row is sent. A blank text, empty or nothing that shows (white space, a byte order mark), is
        not embedded: it is stored without a vector, and so is one whose vector is given as zero or
        None; the logger ``pgrecall`` says how many.

        Args:
            texts: Any iterable, read once.
            metadatas: One a text, or None.
            ids: One a text, or None; a text without one gets a UUID. Of an id that comes twice the
                last text stays.
            embeddings: The texts' vectors, where you have them: nothing is embedded then.
            batch_size: Rows in one transaction. None stores the whole call or nothing of it.
            clean: Take NUL and lone surrogates out of texts and metadata: see the class. None is
                the store's own.
            **kwargs: Nothing that is known: a misspelt argument is refused.

        Returns:
            The ids, in the order of the texts.

        Raises:
            InvalidArgumentError: Lengths differ, or something cannot be stored; the message names
                it. ``written`` counts the rows that earlier batches stored.
            DimensionMismatchError: The collection holds vectors of another length.
            CollectionConflictError: The collection has another embedding model, metric or setting.
        """
        check_known(kwargs, _OF_ADD | PASSENGERS_OF_ADD)
        return self._add(
            self._cleaned(drafts(texts, metadatas, ids), clean), embeddings, batch_size
        )

    async def aadd_texts(
        self,
        texts: Iterable[str],
        metadatas: Iterable[dict[str, Any] | None] | None = None,
        *,
        ids: Iterable[str | None] | None = None,
        embeddings: Iterable[Any] | None = None,
        batch_size: int | None = None,
        clean: bool | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """As ``add_texts``, with the embedding's own async method."""
        check_known(kwargs, _OF_ADD | PASSENGERS_OF_ADD)
        return await self._aadd(
            self._cleaned(drafts(texts, metadatas, ids), clean), embeddings, batch_size
        )

    def add_documents(self, documents: Iterable[Document], **kwargs: Any) -> list[str]:
        """Embed documents and store them, replacing those whose id exists.

        Args:
            documents: Any iterable, read once; left as they are.
            **kwargs: ``ids``, which stand in for the documents' own; ``embeddings``,
                ``batch_size`` and ``clean``, as ``add_texts`` takes them.

        Returns:
            The ids, in the order of the documents.

        Raises:
            InvalidArgumentError: As ``add_texts``.
            DimensionMismatchError: As ``add_texts``.
            CollectionConflictError: As ``add_texts``.
        """
        check_known(kwargs, _OF_ADD | PASSENGERS_OF_ADD)
        made = self._cleaned(drafts_of(documents, kwargs.get("ids")), kwargs.get("clean"))
        return self._add(made, kwargs.get("embeddings"), kwargs.get("batch_size"))

    async def aadd_documents(self, documents: Iterable[Document], **kwargs: Any) -> list[str]:
        """As ``add_documents``, with the embedding's own async method."""
        check_known(kwargs, _OF_ADD | PASSENGERS_OF_ADD)
        made = self._cleaned(drafts_of(documents, kwargs.get("ids")), kwargs.get("clean"))
        return await self._aadd(made, kwargs.get("embeddings"), kwargs.get("batch_size"))

    def add_embeddings(
        self,
        texts: Iterable[str] | None = None,
        embeddings: Iterable[Any] | None = None,
        metadatas: Iterable[dict[str, Any] | None] | None = None,
        ids: Iterable[str | None] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Store vectors that are there already, with their texts: nothing is embedded.

        Args:
            texts: As ``add_texts``; None stores each vector with an empty text.
            embeddings: The vectors, one a text; None where a blank text has none.
            metadatas: As ``add_texts``.
            ids: As ``add_texts``.
            **kwargs: ``batch_size``, as ``add_texts`` takes it.

        Returns:
            The ids, in the order of the vectors.

        Raises:
            InvalidArgumentError: There are no embeddings, or as ``add_texts``.
            DimensionMismatchError: As ``add_texts``.
            CollectionConflictError: As ``add_texts``.
        """
        texts, vectors = with_texts(texts, embeddings)
        return self.add_texts(texts, metadatas, ids=ids, embeddings=vectors, **kwargs)

    async def aadd_embeddings(
        self,
        texts: Iterable[str] | None = None,
        embeddings: Iterable[Any] | None = None,
        metadatas: Iterable[dict[str, Any] | None] | None = None,
        ids: Iterable[str | None] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """As ``add_embeddings``."""
        texts, vectors = with_texts(texts, embeddings)
        return await self.aadd_texts(texts, metadatas, ids=ids, embeddings=vectors, **kwargs)

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """Give documents in the order asked; an id that is not there is left out."""
        return [document(item) for item in self._run(self._getting(ids))]

    async def aget_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """As ``get_by_ids``."""
        return [document(item) for item in await self._arun(self._getting(ids))]

    def delete(
        self,
        ids: list[str] | None = None,
        *,
        filter: FilterLike | None = None,
        **kwargs: Any,
    ) -> bool:
        """Remove documents by id, or those that match a filter.

        Args:
            ids: Ids; one that is not there is no error. Without ``ids`` and ``filter`` nothing is
                removed and ``InvalidArgumentError`` raised, where other stores remove everything:
                ``store.clear(tenant, collection)`` does that.
            filter: In place of ids; one that matches everything by its form is refused. Every key
                is one of the metadata, ``"id"`` too.
            **kwargs: Nothing that is known: a misspelt argument is refused.

        Returns:
            True: what was named is not there any more.

        Raises:
            InvalidArgumentError: Neither is given, or both, or one cannot be used.
            FilterError: The filter cannot be used.
            CollectionConflictError: The collection has another embedding model, metric or setting.
        """
        check_known(kwargs, _OF_DELETE)
        self.remove(ids, filter=filter)
        return True

    async def adelete(
        self,
        ids: list[str] | None = None,
        *,
        filter: FilterLike | None = None,
        **kwargs: Any,
    ) -> bool:
        """As ``delete``."""
        check_known(kwargs, _OF_DELETE)
        await self.aremove(ids, filter=filter)
        return True

    def delete_collection(self) -> None:
        """Remove the collection with all its documents; the next write makes it anew.

        Raises:
            CollectionConflictError: The collection has another embedding model, metric or setting:
                it is not this store's.
        """
        self._run(self._dropping())

    async def adelete_collection(self) -> None:
        """As ``delete_collection``."""
        await self._arun(self._dropping())

    def remove(
        self,
        ids: Iterable[str] | None = None,
        *,
        filter: FilterLike | None = None,
    ) -> int:
        """As ``delete``, and tell how many documents were there and are gone."""
        return self._run(self._deleting(ids, filter))

    async def aremove(
        self,
        ids: Iterable[str] | None = None,
        *,
        filter: FilterLike | None = None,
    ) -> int:
        """As ``remove``."""
        return await self._arun(self._deleting(ids, filter))

    def _cleaned(self, made: Drafts, clean: bool | None) -> Drafts:
        return made.cleaned() if (self._clean if clean is None else clean) else made

    def _add(
        self, made: Drafts, embeddings: Iterable[Any] | None, batch_size: int | None
    ) -> list[str]:
        batch_size = _checked_batch(batch_size, made)
        if not made.texts:
            return []
        if embeddings is None:
            asked, first = self._run(self._before_embedding(made))
            vectors = self._embedding.embed_documents(asked[:first]) if asked else []
            if rest := asked[first:]:
                self._run(self._collection.ready(length_of(vectors)))
                vectors = [*vectors, *self._embedding.embed_documents(rest)]
            embedded = made.embedded(asked, vectors)
        else:
            embedded = self._run(self._given(made, embeddings))
        self._run(self._upserting(made, embedded, batch_size))
        return made.ids

    async def _aadd(
        self, made: Drafts, embeddings: Iterable[Any] | None, batch_size: int | None
    ) -> list[str]:
        batch_size = _checked_batch(batch_size, made)
        if not made.texts:
            return []
        if embeddings is None:
            asked, first = await self._arun(self._before_embedding(made))
            vectors = await self._embedding.aembed_documents(asked[:first]) if asked else []
            if rest := asked[first:]:
                await self._arun(self._collection.ready(length_of(vectors)))
                vectors = [*vectors, *await self._embedding.aembed_documents(rest)]
            embedded = made.embedded(asked, vectors)
        else:
            embedded = await self._arun(self._given(made, embeddings))
        await self._arun(self._upserting(made, embedded, batch_size))
        return made.ids

    def _before_embedding(self, made: Drafts) -> Operation[tuple[list[str], int]]:
        """Check what can be checked; give what to embed, and how many before the next check."""
        yield from made.checked(self._collection.wanted.fields)
        exists = yield from self._collection.ready()
        asked = made.to_embed(there=exists)
        # whether the index can hold them is told by the first one's length
        return asked, len(asked) if exists or self._collection.wanted.index is None else 1

    def _given(self, made: Drafts, embeddings: Iterable[Any]) -> Operation[Embedded]:
        yield from self._collection.exists()  # its metric says whether a zero is a vector
        return made.given(embeddings, self._collection.metric)

    def _upserting(self, made: Drafts, embedded: Embedded, batch_size: int) -> Operation[None]:
        collection = self._collection
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

    def _getting(self, ids: Sequence[str]) -> Operation[list[Any]]:
        wanted = findable(ids)
        return self._collection.reading(lambda: self._on(items.get, wanted), missing=[])

    def _dropping(self) -> Operation[int]:
        return self._collection.reading(lambda: self._on(collections.drop), missing=0)

    def _deleting(self, ids: Any, filter_: FilterLike | None) -> Operation[int]:
        if (ids is None) is (filter_ is None):
            msg = (
                "delete takes ids or a filter, one of them: None does not remove everything"
                f" ({_CLEAR} does)"
            )
            raise InvalidArgumentError(msg)
        if ids is not None:
            wanted = items.checked_ids(ids)
            return self._collection.reading(lambda: self._on(items.delete, wanted), missing=0)
        parsed = checked_filter(filter_)
        if filters.matches_everything(parsed):
            msg = f"the filter {filter_!r} matches every document: {_CLEAR} removes all"
            raise InvalidArgumentError(msg)
        return self._collection.reading(lambda: self._on(items.delete_where, parsed), missing=0)


def _checked_batch(batch_size: int | None, made: Drafts) -> int:
    if batch_size is None:
        return max(1, len(made.texts))
    return checked_limit(batch_size, "batch_size")
