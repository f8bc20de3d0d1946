# Made by `make twins` (python -m twins) from src/pgrecall/_verbs/async_store/text_search.py.
# Do not edit: change that file, and make this one anew.

"""Search by words, and by words and a vector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall._driver.driver import Driver
from pgrecall._operations.search import hybrid
from pgrecall._operations.search import text as text_operations
from pgrecall._operations.search.options import UNSAID_OFFSET, HybridOptions, TextOptions
from pgrecall._verbs.verbs import Verbs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from pgrecall.boosts import Boosting
    from pgrecall.filters import FilterLike
    from pgrecall.fusion import Fusion
    from pgrecall.models import Matches


class TextSearchVerbs(Verbs[Driver]):
    """Search by words, and by words and a vector."""

    __slots__ = ()

    def search_hybrid(
        self,
        tenant: str,
        collection: str,
        query: Sequence[float] | NDArray[Any],
        text: str,
        *,
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
        syntax: str = "any",
        language: str | None = None,
        fusion: Fusion | None = None,
        candidates: int | None = None,
        text_candidates: int | None = None,
        include_vectors: bool = False,
        highlight: bool = False,
        explain: bool = False,
    ) -> Matches:
        """Find the items that fit a vector and a text best, in one statement.

        Each arm brings its candidates, filtered before they are ranked; every candidate is scored
        in both arms. An item without a vector takes part by its text alone, and the other way
        round; a text without words that are searched leaves the vectors' order. An item that does
        not match the words as ``syntax`` reads them may come by its vector all the same: it has no
        text score then, and ``search_text`` is what leaves it out.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            query: As many numbers as the collection has dimensions.
            text: The words, read as ``syntax`` says.
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
            syntax: ``any``: text of any kind, its words OR-ed. ``web``: as search engines read it
                ("a phrase", or, -not). ``all``: every word. ``phrase``: the words one after the
                other. ``raw``: a tsquery (``&``, ``|``, ``!``, ``<->``, ``word:*``).
            language: Of a collection with ``text_search=ByField(...)``, the language of the query,
                by the value that items have under its field: the query is analysed as theirs are.
                None asks in every language of the collection. A ``filter`` chooses the items.
            fusion: ``WeightedSum(alpha)`` or ``Rrf(k)``; None is what ``tune_fusion`` has learned,
                or ``WeightedSum()``, which measured best.
            candidates: Of a hybrid search rows of each arm to choose from, at least ``limit`` and
                at most 10,000; None is 100, or what ``tune_fusion`` has learned, or ``limit`` where
                that is more. Of every search what ``boosts`` and ``lambda_mult`` choose from; None
                is 10 times offset + limit then, at least 100; of pages 10 times what that is
                rounded up to. With ``group_by`` groups are counted.
            text_candidates: Rows of the text arm, at most 10,000, where they shall be others than
                the vector arm's; ``candidates`` may then be fewer than ``limit``.
            include_vectors: Bring the vectors along.
            highlight: Bring a ``snippet`` of each text along, its matching words between ``<b>``
                and ``</b>``; the text itself is not escaped.
            explain: Run the search a second time under EXPLAIN ANALYZE, and tell in the result's
                ``explanation`` which plan was chosen and why.

        Returns:
            The matches, best first, ties by id, each with its score from 0 to 1, its distance, its
            rank in each arm that brought it, and its text score.

        Raises:
            DimensionMismatchError: The query has another length than the collection's vectors.
            InvalidArgumentError: An argument cannot be used, a ``raw`` query has a syntax error,
                or the collection has no text search.
            FilterError: The filter cannot be used.
            CollectionConflictError: Its pin has changed since this store last met it: told once.
            CollectionNotFoundError: There is no such collection.
        """
        return self._driver.run(
            hybrid.search_hybrid(
                self._driver.context,
                tenant,
                collection,
                query,
                text,
                HybridOptions(
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
                    syntax=syntax,
                    language=language,
                    fusion=fusion,
                    candidates=candidates,
                    text_candidates=text_candidates,
                    include_vectors=include_vectors,
                    highlight=highlight,
                    explain=explain,
                ),
            )
        )

    def search_text(
        self,
        tenant: str,
        collection: str,
        text: str,
        *,
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
        syntax: str = "any",
        language: str | None = None,
        ranking: str = "bm25",
        candidates: int | None = None,
        include_vectors: bool = False,
        highlight: bool = False,
        explain: bool = False,
    ) -> Matches:
        """Find the items whose text matches a query best.

        A query whose text has no words, or stop words alone, finds nothing. A text is searched up
        to its first 130,000 characters, and so is a query; with ``web``, ``all`` and ``phrase`` up
        to 10,000. BM25 ranks by up to 100 distinct words of the query, those that occur most and
        are rarest, and looks at 20,000 of the matching rows at most, those with rare words first.
        Rows are found as soon as they are written; what BM25 knows of the collection (rows, average
        length, frequencies of common words) lags by a minute at most behind PostgreSQL's
        statistics.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            text: The query.
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
            syntax: ``any``: text of any kind, its words OR-ed. ``web``: as search engines read it
                ("a phrase", or, -not). ``all``: every word. ``phrase``: the words one after the
                other. ``raw``: a tsquery (``&``, ``|``, ``!``, ``<->``, ``word:*``).
            language: Of a collection with ``text_search=ByField(...)``, the language of the query,
                by the value that items have under its field: the query is analysed as theirs are.
                None asks in every language of the collection. A ``filter`` chooses the items.
            ranking: ``bm25`` (k1 = 1.2, b = 0.75), or PostgreSQL's ``ts_rank`` or ``ts_rank_cd``,
                divided by 1 + log(length).
            candidates: Of a hybrid search rows of each arm to choose from, at least ``limit`` and
                at most 10,000; None is 100, or what ``tune_fusion`` has learned, or ``limit`` where
                that is more. Of every search what ``boosts`` and ``lambda_mult`` choose from; None
                is 10 times offset + limit then, at least 100; of pages 10 times what that is
                rounded up to. With ``group_by`` groups are counted.
            include_vectors: Bring the vectors along.
            highlight: Bring a ``snippet`` of each text along, its matching words between ``<b>``
                and ``</b>``; the text itself is not escaped.
            explain: Run the search a second time under EXPLAIN ANALYZE, and tell in the result's
                ``explanation`` which plan was chosen and why.

        Returns:
            The matches, best first, ties by id; ``score`` is the ranking's value.

        Raises:
            InvalidArgumentError: An argument cannot be used, a ``raw`` query has a syntax error,
                or the collection was made with ``text_search=None``.
            FilterError: The filter cannot be used.
            CollectionNotFoundError: There is no such collection.
        """
        return self._driver.run(
            text_operations.search_text(
                self._driver.context,
                tenant,
                collection,
                text,
                TextOptions(
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
                    syntax=syntax,
                    language=language,
                    ranking=ranking,
                    candidates=candidates,
                    include_vectors=include_vectors,
                    highlight=highlight,
                    explain=explain,
                ),
            )
        )
