# Made by `make twins` (python -m twins) from src/pgrecall/async_bound.py.
# Do not edit: change that file, and make this one anew.

"""A handle on one collection of one tenant."""

from __future__ import annotations

from pgrecall._verbs.bound.collections import BoundCollectionVerbs
from pgrecall._verbs.bound.evaluating import BoundEvaluatingVerbs
from pgrecall._verbs.bound.exploring import BoundExploringVerbs
from pgrecall._verbs.bound.indexes import BoundIndexVerbs
from pgrecall._verbs.bound.near_search import BoundNearSearchVerbs
from pgrecall._verbs.bound.reading import BoundReadingVerbs
from pgrecall._verbs.bound.reembedding import BoundReembeddingVerbs
from pgrecall._verbs.bound.reports import BoundReportVerbs
from pgrecall._verbs.bound.text_search import BoundTextSearchVerbs
from pgrecall._verbs.bound.vector_search import BoundVectorSearchVerbs
from pgrecall._verbs.bound.writing import BoundWritingVerbs
from pgrecall._verbs.verbs import composed


@composed
class BoundCollection(
    # pages show them from the last to the first
    BoundReportVerbs,
    BoundEvaluatingVerbs,
    BoundReembeddingVerbs,
    BoundIndexVerbs,
    BoundTextSearchVerbs,
    BoundNearSearchVerbs,
    BoundVectorSearchVerbs,
    BoundExploringVerbs,
    BoundReadingVerbs,
    BoundWritingVerbs,
    BoundCollectionVerbs,
):
    """The verbs of ``Store`` for one collection; no call can name another tenant.

    ``Store.bind`` makes it. Where it was told what to expect of the collection, every call but
    ``list_collections`` raises ``CollectionConflictError`` unless the collection is as said.
    """

    __slots__ = ()
