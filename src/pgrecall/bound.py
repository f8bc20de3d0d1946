# Made by `make twins` (python -m twins) from src/pgrecall/async_bound.py.
# Do not edit: change that file, and make this one anew.

"""A handle on one collection of one tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall._operations.context import check_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from pgrecall._operations.reembed.questions import Questions
    from pgrecall.filters import FilterLike
    from pgrecall.fusion import Fusion
    from pgrecall.indexes import Index
    from pgrecall.models import (
        Collection,
        IndexProgress,
        Item,
        Matches,
        RecallReport,
        ReembedReport,
    )
    from pgrecall.store import Store


class BoundCollection:
    """The verbs of ``Store`` for one collection; no call can name another tenant."""

    __slots__ = ("_collection", "_store", "_tenant")

    def __init__(self, store: Store, tenant: str, collection: str) -> None:
        """Bind the names.

        Raises:
            InvalidArgumentError: A name cannot be used.
        """
        check_names(tenant, collection)
        self._store = store
        self._tenant = tenant
        self._collection = collection

    def __repr__(self) -> str:
        """Show what the handle is bound to."""
        return f"{type(self).__name__}({self._tenant!r}, {self._collection!r})"

    @property
    def tenant(self) -> str:
        """The tenant that every call is for."""
        return self._tenant

    @property
    def collection(self) -> str:
        """The collection that every call is for."""
        return self._collection

    def ensure_collection(self, collection: Collection) -> Collection:
        """As ``Store.ensure_collection``, in this handle's tenant."""
        return self._store.ensure_collection(self._tenant, collection)

    def describe_collection(self) -> Collection | None:
        """As ``Store.describe_collection``."""
        return self._store.describe_collection(self._tenant, self._collection)

    def list_collections(self) -> list[Collection]:
        """As ``Store.list_collections``, in this handle's tenant."""
        return self._store.list_collections(self._tenant)

    def drop_collection(self) -> int:
        """As ``Store.drop_collection``."""
        return self._store.drop_collection(self._tenant, self._collection)

    def clear(self) -> int:
        """As ``Store.clear``."""
        return self._store.clear(self._tenant, self._collection)

    def upsert(
        self,
        items: Iterable[Item],
        *,
        batch_size: int = 5_000,
        progress: Callable[[int], object] | None = None,
        clean: bool = False,
    ) -> int:
        """As ``Store.upsert``."""
        return self._store.upsert(
            self._tenant,
            self._collection,
            items,
            batch_size=batch_size,
            progress=progress,
            clean=clean,
        )

    def load(
        self,
        items: Iterable[Item],
        *,
        progress: Callable[[int], object] | None = None,
        clean: bool = False,
    ) -> int:
        """As ``Store.load``."""
        return self._store.load(
            self._tenant, self._collection, items, progress=progress, clean=clean
        )

    def get(self, ids: Iterable[str]) -> list[Item]:
        """As ``Store.get``."""
        return self._store.get(self._tenant, self._collection, ids)

    def delete(self, ids: Iterable[str]) -> int:
        """As ``Store.delete``."""
        return self._store.delete(self._tenant, self._collection, ids)

    def delete_where(self, filter: FilterLike) -> int:  # noqa: A002
        """As ``Store.delete_where``."""
        return self._store.delete_where(self._tenant, self._collection, filter)

    def list_items(
        self,
        *,
        filter: FilterLike | None = None,  # noqa: A002
        limit: int | None = 100,
        after: str | None = None,
        include_vectors: bool = True,
    ) -> list[Item]:
        """As ``Store.list_items``."""
        return self._store.list_items(
            self._tenant,
            self._collection,
            filter=filter,
            limit=limit,
            after=after,
            include_vectors=include_vectors,
        )

    def list_ids(self) -> list[str]:
        """As ``Store.list_ids``."""
        return self._store.list_ids(self._tenant, self._collection)

    def count(self, filter: FilterLike | None = None) -> int:  # noqa: A002
        """As ``Store.count``."""
        return self._store.count(self._tenant, self._collection, filter)

    def search(
        self,
        query: Sequence[float] | NDArray[Any],
        *,
        limit: int = 10,
        filter: FilterLike | None = None,  # noqa: A002
        exact: bool | None = None,
        ef_search: int | None = None,
        include_vectors: bool = False,
        explain: bool = False,
    ) -> Matches:
        """As ``Store.search``."""
        return self._store.search(
            self._tenant,
            self._collection,
            query,
            limit=limit,
            filter=filter,
            exact=exact,
            ef_search=ef_search,
            include_vectors=include_vectors,
            explain=explain,
        )

    def search_hybrid(
        self,
        query: Sequence[float] | NDArray[Any],
        text: str,
        *,
        limit: int = 10,
        filter: FilterLike | None = None,  # noqa: A002
        fusion: Fusion | None = None,
        candidates: int | None = None,
        text_candidates: int | None = None,
        explain: bool = False,
    ) -> Matches:
        """As ``Store.search_hybrid``."""
        return self._store.search_hybrid(
            self._tenant,
            self._collection,
            query,
            text,
            limit=limit,
            filter=filter,
            fusion=fusion,
            candidates=candidates,
            text_candidates=text_candidates,
            explain=explain,
        )

    def measure_recall(self, *, k: int = 10, sample: int = 100) -> RecallReport:
        """As ``Store.measure_recall``."""
        return self._store.measure_recall(self._tenant, self._collection, k=k, sample=sample)

    def tune(self, *, target_recall: float = 0.98, k: int = 10) -> RecallReport:
        """As ``Store.tune``."""
        return self._store.tune(self._tenant, self._collection, target_recall=target_recall, k=k)

    def create_index(
        self, index: Index, *, progress: Callable[[IndexProgress], object] | None = None
    ) -> None:
        """As ``Store.create_index``."""
        return self._store.create_index(self._tenant, self._collection, index, progress=progress)

    def drop_index(self) -> None:
        """As ``Store.drop_index``."""
        return self._store.drop_index(self._tenant, self._collection)

    def reindex(self, *, progress: Callable[[IndexProgress], object] | None = None) -> None:
        """As ``Store.reindex``."""
        return self._store.reindex(self._tenant, self._collection, progress=progress)

    def reembed(
        self,
        *,
        to: Collection,
        embed: Callable[[list[str]], Any],
        questions: Questions | None = None,
        ask_old: Callable[[list[str]], Any] | None = None,
        ask_new: Callable[[list[str]], Any] | None = None,
        accept: Callable[[ReembedReport], object] | None = None,
        batch_size: int = 500,
        progress: Callable[[IndexProgress], object] | None = None,
    ) -> ReembedReport:
        """As ``Store.reembed``."""
        return self._store.reembed(
            self._tenant,
            self._collection,
            to=to,
            embed=embed,
            questions=questions,
            ask_old=ask_old,
            ask_new=ask_new,
            accept=accept,
            batch_size=batch_size,
            progress=progress,
        )

    def abandon_reembed(self) -> int:
        """As ``Store.abandon_reembed``."""
        return self._store.abandon_reembed(self._tenant, self._collection)

    def search_text(
        self,
        text: str,
        *,
        limit: int = 10,
        filter: FilterLike | None = None,  # noqa: A002
        syntax: str = "any",
        ranking: str = "bm25",
        highlight: bool = False,
        explain: bool = False,
    ) -> Matches:
        """As ``Store.search_text``."""
        return self._store.search_text(
            self._tenant,
            self._collection,
            text,
            limit=limit,
            filter=filter,
            syntax=syntax,
            ranking=ranking,
            highlight=highlight,
            explain=explain,
        )
