"""Documents by id: add, get and delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall.langchain._base import VectorStoreBase
from pgrecall.langchain._documents import document, drafts, drafts_of, length_of, with_texts
from pgrecall.langchain._operations import checked_batch
from pgrecall.langchain._queries import PASSENGERS_OF_ADD, check_known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from langchain_core.documents import Document

    from pgrecall.filters import FilterLike
    from pgrecall.langchain._documents import Drafts
    from pgrecall.models import FieldPath

_OF_ADD = frozenset({"ids", "embeddings", "batch_size", "clean"}) | PASSENGERS_OF_ADD
_OF_DELETE = frozenset({"ids", "filter"})


class AsyncWriteMixin(VectorStoreBase):
    """The async methods of ``PgRecallVectorStore`` that go by ids."""

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
        """Embed texts by ``aembed_documents`` and store them, replacing those whose id exists.

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
        check_known(kwargs, _OF_ADD)
        made = self._operations.cleaned(drafts(texts, metadatas, ids), clean)
        return await self._aadd(made, embeddings, batch_size)

    async def aadd_documents(self, documents: Iterable[Document], **kwargs: Any) -> list[str]:
        """Embed documents by ``aembed_documents`` and store them, replacing those whose id exists.

        Args:
            documents: Any iterable, read once; left as they are.
            **kwargs: ``ids``, which stand in for the documents' own; ``embeddings``,
                ``batch_size`` and ``clean``, as ``aadd_texts`` takes them.

        Returns:
            The ids, in the order of the documents.

        Raises:
            InvalidArgumentError: Lengths differ, or something cannot be stored; the message names
                it. ``written`` counts the rows that earlier batches stored.
            DimensionMismatchError: The collection holds vectors of another length.
            CollectionConflictError: The collection has another embedding model, metric or setting.
        """
        check_known(kwargs, _OF_ADD)
        taken = drafts_of(documents, kwargs.get("ids"))
        made = self._operations.cleaned(taken, kwargs.get("clean"))
        return await self._aadd(made, kwargs.get("embeddings"), kwargs.get("batch_size"))

    async def aadd_embeddings(
        self,
        texts: Iterable[str] | None = None,
        embeddings: Iterable[Any] | None = None,
        metadatas: Iterable[dict[str, Any] | None] | None = None,
        ids: Iterable[str | None] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Store vectors that are there already, with their texts: nothing is embedded.

        Args:
            texts: As ``aadd_texts``; None stores each vector with an empty text.
            embeddings: The vectors, one a text; None where a blank text has none.
            metadatas: As ``aadd_texts``.
            ids: As ``aadd_texts``.
            **kwargs: ``batch_size``, as ``aadd_texts`` takes it.

        Returns:
            The ids, in the order of the vectors.

        Raises:
            InvalidArgumentError: There are no embeddings, or as ``aadd_texts``.
            DimensionMismatchError: The collection holds vectors of another length.
            CollectionConflictError: The collection has another embedding model, metric or setting.
        """
        texts, vectors = with_texts(texts, embeddings)
        return await self.aadd_texts(texts, metadatas, ids=ids, embeddings=vectors, **kwargs)

    async def aget_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """Give documents in the order asked; an id that is not there is left out."""
        return [document(item) for item in await self._arun(self._operations.get(ids))]

    async def adelete(
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
        await self.aremove(ids, filter=filter)
        return True

    async def adelete_collection(self) -> None:
        """Remove the collection with all its documents; the next write makes it anew.

        Raises:
            CollectionConflictError: The collection has another embedding model, metric or setting:
                it is not this store's.
        """
        await self._arun(self._operations.drop())

    async def aremove(
        self,
        ids: Iterable[str] | None = None,
        *,
        filter: FilterLike | None = None,
    ) -> int:
        """Remove documents by id or by filter, and tell how many were there and are gone.

        Args:
            ids: As ``adelete`` takes them.
            filter: As ``adelete`` takes it.

        Raises:
            InvalidArgumentError: Neither is given, or both, or one cannot be used.
            FilterError: The filter cannot be used.
            CollectionConflictError: The collection has another embedding model, metric or setting.
        """
        return await self._arun(self._operations.delete(ids, filter))

    async def aupdate_metadata(
        self,
        ids: Iterable[str] | None = None,
        filter: FilterLike | None = None,
        *,
        set: Mapping[FieldPath, Any] | None = None,
        remove: Iterable[FieldPath | list[str]] = (),
    ) -> int:
        """Change the metadata of documents where they are: nothing is embedded, texts stay.

        Args:
            ids: Ids; one that is not there is left out.
            filter: In place of ids; one that matches everything by its form is refused. Every key
                is one of the metadata, ``"id"`` too.
            set: Fields and their new values: a string is a literal key, a tuple a path into nested
                objects, which are made where they are missing.
            remove: Fields to remove, after ``set``; one that is not there is no error.

        Returns:
            The documents changed: all that were named and are there, or none.

        Raises:
            InvalidArgumentError: Neither ids nor filter is given, or both; there is nothing to set
                or remove; a value cannot be stored; or a document, which is named, has what is no
                object where a field is to be set in it.
            FilterError: The filter cannot be used.
            CollectionConflictError: The collection has another embedding model, metric or setting.
        """
        return await self._arun(self._operations.update(ids, filter, set, remove))

    async def _aadd(
        self, made: Drafts, embeddings: Iterable[Any] | None, batch_size: int | None
    ) -> list[str]:
        batch_size = checked_batch(batch_size, made)
        if not made.texts:
            return []
        if embeddings is None:
            asked, first = await self._arun(self._operations.before_embedding(made))
            vectors = await self._embedding.aembed_documents(asked[:first]) if asked else []
            if rest := asked[first:]:
                await self._arun(self._collection.ready(length_of(vectors)))
                vectors = [*vectors, *await self._embedding.aembed_documents(rest)]
            embedded = made.embedded(asked, vectors)
        else:
            embedded = await self._arun(self._operations.given(made, embeddings))
        await self._arun(self._operations.upsert(made, embedded, batch_size))
        return made.ids
