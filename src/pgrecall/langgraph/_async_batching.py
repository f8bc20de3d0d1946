"""What the store does by batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langgraph.store.base import BaseStore

from pgrecall._adapters.async_running import AsyncPairMixin
from pgrecall.langgraph._operations import NO_VECTORS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langgraph.store.base import Op, Result

    from pgrecall.langgraph._operations import EntryOperations
    from pgrecall.langgraph._texts import Known


class AsyncBatchMixin(AsyncPairMixin, BaseStore):
    """The async methods of ``PgRecallStore``."""

    _operations: EntryOperations

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Run operations: reads see what was there before, then all writes happen or none.

        Of writes to one key the last counts. Texts and questions are embedded by the embedding's
        ``aembed_documents`` and ``aembed_query``; a text that the entry has already, and so its
        vector, is not embedded again.

        Args:
            ops: ``GetOp``, ``SearchOp``, ``ListNamespacesOp`` and ``PutOp``, in any order.

        Returns:
            A result each, in that order; None for a write.

        Raises:
            InvalidArgumentError: An operation cannot be used; nothing was written.
        """
        operations = self._operations
        batch = operations.batch(ops)
        vectors = NO_VECTORS
        if operations.texts is not None:
            known: Known = {}
            if documents := batch.documents():
                await self._arun(operations.collection.ready(operations.texts.dims))
                known = await self._arun(operations.known(batch))
            questions = operations.questions(batch)
            vectors = await operations.texts.aembed(documents, questions, known)
        return await self._arun(operations.perform(batch, vectors))

    async def asweep_ttl(self) -> int:
        """Remove what has expired, and count it; no read sees it anyway."""
        return await self._arun(self._operations.sweep())
