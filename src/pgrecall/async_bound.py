"""An asynchronous handle on one collection of one tenant."""

from __future__ import annotations

from pgrecall._verbs.async_bound.collections import AsyncBoundCollectionVerbs
from pgrecall._verbs.async_bound.evaluating import AsyncBoundEvaluatingVerbs
from pgrecall._verbs.async_bound.exploring import AsyncBoundExploringVerbs
from pgrecall._verbs.async_bound.indexes import AsyncBoundIndexVerbs
from pgrecall._verbs.async_bound.near_search import AsyncBoundNearSearchVerbs
from pgrecall._verbs.async_bound.reading import AsyncBoundReadingVerbs
from pgrecall._verbs.async_bound.reembedding import AsyncBoundReembeddingVerbs
from pgrecall._verbs.async_bound.reports import AsyncBoundReportVerbs
from pgrecall._verbs.async_bound.text_search import AsyncBoundTextSearchVerbs
from pgrecall._verbs.async_bound.vector_search import AsyncBoundVectorSearchVerbs
from pgrecall._verbs.async_bound.writing import AsyncBoundWritingVerbs
from pgrecall._verbs.verbs import composed


@composed
class AsyncBoundCollection(
    # pages show them from the last to the first
    AsyncBoundReportVerbs,
    AsyncBoundEvaluatingVerbs,
    AsyncBoundReembeddingVerbs,
    AsyncBoundIndexVerbs,
    AsyncBoundTextSearchVerbs,
    AsyncBoundNearSearchVerbs,
    AsyncBoundVectorSearchVerbs,
    AsyncBoundExploringVerbs,
    AsyncBoundReadingVerbs,
    AsyncBoundWritingVerbs,
    AsyncBoundCollectionVerbs,
):
    """The verbs of ``AsyncStore`` for one collection; no call can name another tenant.

    ``AsyncStore.bind`` makes it. Where it was told what to expect of the collection, every call but
    ``list_collections`` raises ``CollectionConflictError`` unless the collection is as said.
    """

    __slots__ = ()
