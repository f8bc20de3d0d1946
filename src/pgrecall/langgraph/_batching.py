# Made by `make twins` (python -m twins) from src/pgrecall/langgraph/_async_batching.py.
# Do not edit: change that file, and make this one anew.

"""What the store does by batches."""

from __future__ import annotations

import copy
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from langgraph.store.base import BaseStore

from pgrecall._adapters.running import PairMixin
from pgrecall.errors import ConnectionFailedError, OutcomeUnknownError
from pgrecall.langgraph._batch import Batch, Search
from pgrecall.langgraph._boosts import of_items
from pgrecall.langgraph._operations import NO_VECTORS
from pgrecall.langgraph._searching import search_op

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from langgraph.store.base import Op, Result, SearchItem

    from pgrecall.boosts import Boosting
    from pgrecall.langgraph._calls import Call
    from pgrecall.langgraph._operations import EntryOperations
    from pgrecall.langgraph._texts import Known


class BatchMixin(PairMixin, BaseStore):
    """The sync methods of ``PgRecallStore``."""

    _operations: EntryOperations

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Run operations: reads see what was there before, then all writes happen or none.

        Of writes to one key the last counts. Texts and questions are embedded by the embedding's
        ``embed_documents`` and ``embed_query``; a text that the entry has already, and so its
        vector, is not embedded again. Calls that come at the same time and all read, or all write,
        go to the server together: the writes of each happen or none of them, and each caller gets
        its own result or its own error.

        Args:
            ops: ``GetOp``, ``SearchOp``, ``ListNamespacesOp`` and ``PutOp``, in any order.

        Returns:
            A result each, in that order; None for a write.

        Raises:
            InvalidArgumentError: An operation cannot be used; nothing was written.
        """
        batch = self._operations.batch(ops)
        self._embed_questions(batch)
        return self._queue(batch)

    def search(
        self,
        namespace_prefix: tuple[str, ...],
        /,
        *,
        query: str | None = None,
        filter: dict[str, Any] | None = None,  # noqa: A002  # LangGraph calls it so
        limit: int = 10,
        offset: int = 0,
        refresh_ttl: bool | None = None,
        boosts: Sequence[Boosting] | None = None,
    ) -> list[SearchItem]:
        """Find entries below a namespace, by a query, by a filter, or by both.

        Args:
            namespace_prefix: Where to search; ``()`` is everywhere.
            query: What the entries shall mean or say; None, or a store without an index, gives the
                last written first.
            filter: Which entries are looked at.
            limit: Entries at most; 0 gives none.
            offset: Entries to leave out at the beginning.
            refresh_ttl: Whether what is found lives on for its time to live; None is what the
                store's ``ttl`` says.
            boosts: ``Decay`` and ``Boost`` values over the values that are stored, which multiply
                the relevance of this search in place of the store's; ``()`` is none.

        Raises:
            InvalidArgumentError: An argument cannot be used, or boosts are given where there is
                nothing to multiply: no query, or a store without an index.
        """
        op: Any = search_op(
            self.ttl_config,
            namespace_prefix,
            query=query,
            filter=filter,
            limit=limit,
            offset=offset,
            refresh_ttl=refresh_ttl,
        )
        if boosts is not None:
            op = Search(op, of_items(boosts))
        [found] = self.batch([op])
        return found  # type: ignore[return-value]  # of a search

    def sweep_ttl(self) -> int:
        """Remove what has expired, and count it; no read sees it anyway."""
        return self._run(self._operations.sweep())

    def _embed_questions(self, batch: Batch) -> None:
        texts, asked = self._operations.texts, self._operations.questions(batch)
        if texts is not None and asked:
            batch.questions = texts.embed_questions(asked)

    @abstractmethod
    def _queue(self, batch: Batch) -> list[Result]:
        """Run a batch, with those of other calls that wait."""

    def _answer(self, batch: Batch) -> list[Result]:
        """Run a batch whose questions are embedded."""
        operations = self._operations
        vectors = NO_VECTORS
        if operations.texts is not None and (documents := batch.documents()):
            self._run(operations.collection.ready(operations.texts.dims))
            known: Known = self._run(operations.known(batch))
            vectors = operations.texts.embed(documents, known)
        return self._run(operations.perform(batch, vectors))

    def _settle(self, calls: Sequence[Call]) -> None:
        """Run the batches of several calls as one, and give each its result or its error."""
        wanted = []
        for call in calls:
            if call.is_over():
                continue
            try:
                if len(calls) > 1:
                    self._operations.check(call.batch)
                wanted.append(call)
            except Exception as error:  # noqa: BLE001  # whatever it is, its caller is told
                call.fail(error)
        if wanted:
            self._run_together(wanted)

    def _run_together(self, calls: Sequence[Call]) -> None:
        try:
            results = self._answer(Batch.together(call.batch for call in calls))
        except (ConnectionFailedError, OutcomeUnknownError) as error:
            # it is nobody's own, and what may have been written is not written once more
            for call in calls:
                call.fail(error if call is calls[0] else copy.copy(error))
        except Exception as error:  # noqa: BLE001  # whatever it is, its caller is told
            if len(calls) == 1:
                calls[0].fail(error)
                return
            # whose it is shows by halves, in the order of the calls
            half = len(calls) // 2
            self._settle(calls[:half])
            self._settle(calls[half:])
        else:
            start = 0
            for call in calls:
                call.give(results[start : start + call.batch.count])
                start += call.batch.count
