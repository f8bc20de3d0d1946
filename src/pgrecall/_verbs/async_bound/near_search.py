# Made by `make twins` (python -m twins) from src/pgrecall/_verbs/async_store/near_search.py.
# Do not edit: change that file, and make this one anew.

"""Search by items that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall._driver.async_driver import AsyncDriver
from pgrecall._driver.bound import Bound
from pgrecall._operations.search import near
from pgrecall._operations.search.options import UNSAID_OFFSET, VectorOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pgrecall.boosts import Boosting
    from pgrecall.filters import FilterLike
    from pgrecall.models import Matches


class AsyncBoundNearSearchVerbs(Bound[AsyncDriver]):
    """The verbs of ``AsyncNearSearchVerbs`` for one collection."""

    __slots__ = ()

    async def search_near(
        self,
        ids: Iterable[str],
        *,
        away_from: Iterable[str] = (),
        limit: int = 10,
        offset: int = UNSAID_OFFSET,
        filter: FilterLike | None = None,  # noqa: A002
        min_score: float | None = None,
        group_by: str | tuple[str, ...] | list[str] | None = None,
        per_group: int = 1,
        boosts: Sequence[Boosting] = (),
        rerank: Callable[[str, list[str]], Any] | None = None,
        rerank_candidates: int = 50,
        rerank_text: str | Sequence[str] | None = None,
        exact: bool | None = None,
        ef_search: int | None = None,
        lambda_mult: float | None = None,
        candidates: int | None = None,
        include_vectors: bool = False,
        explain: bool = False,
    ) -> Matches:
        """Find the items nearest to some of the collection's own, in one statement.

        They are compared with the mean of the examples' vectors; with ``away_from``, with that mean
        moved by its difference from the mean of the others: what is like these and unlike those.
        Under cosine the vectors are taken with a length of 1. The examples are left out.

        Args:
            ids: Ids of the examples; one that comes twice counts twice.
            away_from: Ids of items that the others shall be unlike.
            limit: Matches at most, 1 or more.
            offset: Matches to leave out at the beginning: page by page, equal requests bring what
                one longer request would while nothing is written. Give it to the first page too
                (``offset=0``): pages are found with the effort of 100, 1,000 or 10,000 matches,
                whichever is the next above offset + limit. By an index, pages on either side of
                such a border may differ in what the lesser effort missed.
            filter: Which items to rank; applied before ranking, so ``limit`` of them come back
                whenever that many match.
            min_score: Least score of what comes back; None for no limit.
            group_by: A field of the items, a path as a tuple or a list: ``limit`` and ``offset``
                count its values, and ``limit`` of them come back whenever that many match. They
                come in the order of their best matches. An item without a value is a group of its
                own.
            per_group: Matches of each group at most, best first.
            boosts: ``Decay`` and ``Boost`` values. The score is then the relevance, 0 to 1, times
                each factor, of the best ``candidates`` without them.
            rerank: A model of yours that puts what was found in a new order: a function of the
                question and a list of texts that gives a number for each, higher being better (a
                list, or an array). It reads whole texts; matches without text come last. An async
                store awaits an async function, and runs another one in a thread. No connection is
                held meanwhile; what it raises is raised.
            rerank_candidates: Matches, or groups, that ``rerank`` orders: the best without it, at
                least offset + limit and at most 10,000. More take it longer.
            rerank_text: The question that ``rerank`` is given; None is the search's own text. A
                search by vector alone has none, and needs this; ``search_many`` takes one for all
                queries, or a list with one for each.
            exact: True compares with every item: recall 1.0. None lets the store decide, which
                without an index is the same. False asks the index whatever the filter, and may
                bring fewer than ``limit``; it needs an index.
            ef_search: Candidates that an HNSW index looks at, 1 to 1,000: more find more and take
                longer. None leaves it to ``tune`` and the store. It needs an HNSW index; what
                IVFFlat looks at, ``tune`` sets.
            lambda_mult: Choose by maximal marginal relevance: 1 for relevance alone, 0 for matches
                as unlike one another as can be (the first is the best still). None does not.
            candidates: Of a hybrid search rows of each arm to choose from, at least ``limit`` and
                at most 10,000; None is 100, or what ``tune_fusion`` has learned, or ``limit`` where
                that is more. Of every search what ``boosts`` and ``lambda_mult`` choose from; None
                is 10 times offset + limit then, at least 100; of pages 10 times what that is
                rounded up to. With ``group_by`` groups are counted.
            include_vectors: Bring the vectors along.
            explain: Run the search a second time under EXPLAIN ANALYZE, and tell in the result's
                ``explanation`` which plan was chosen and why.

        Returns:
            The matches, nearest first, ties by id.

        Raises:
            InvalidArgumentError: An argument cannot be used; an example is not there or has no
                vector, which the message names; or their vectors cancel one another out.
            FilterError: The filter cannot be used.
            CollectionNotFoundError: There is no such collection.
        """
        return await self._driver.run(
            near.search_near(
                self._driver.context,
                self._tenant,
                self._collection,
                ids,
                away_from,
                VectorOptions(
                    limit=limit,
                    offset=offset,
                    filter=filter,
                    min_score=min_score,
                    group_by=group_by,
                    per_group=per_group,
                    boosts=boosts,
                    rerank=rerank,
                    rerank_candidates=rerank_candidates,
                    rerank_text=rerank_text,
                    exact=exact,
                    ef_search=ef_search,
                    lambda_mult=lambda_mult,
                    candidates=candidates,
                    include_vectors=include_vectors,
                    explain=explain,
                ),
            )
        )
