# Made by `make twins` (python -m twins) from src/pgrecall/_verbs/async_store/evaluating.py.
# Do not edit: change that file, and make this one anew.

"""Measure how good searches are on the caller's own questions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pgrecall._driver.driver import Driver
from pgrecall._driver.showing import showing
from pgrecall._verbs.verbs import Verbs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from pgrecall.evaluation import Evaluation, FusionReport, Question, Replay
    from pgrecall.models import Matches


class EvaluatingVerbs(Verbs[Driver]):
    """Measure how good searches are on the caller's own questions."""

    __slots__ = ()

    def evaluate(
        self,
        tenant: str,
        collection: str,
        questions: Iterable[Question | tuple[str, Iterable[str] | Mapping[str, float]]],
        *,
        modes: Iterable[str] | Mapping[str, Mapping[str, Any] | None] = (
            "vector",
            "text",
            "hybrid",
        ),
        k: int = 10,
        embed: Callable[[list[str]], Any] | None = None,
        progress: Callable[[int], object] | bool | None = None,
        on_answer: Callable[[Question, str, Matches], object] | None = None,
    ) -> Evaluation:
        """Measure how good each way of searching is on questions whose answers are known.

        Each question is asked in every way, one after another. A question that nothing is known to
        answer is left out, and counted. Nothing is written.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            questions: ``Question`` values, or texts with the ids that answer them, ``("who?",
                ["a", "b"])``, or with grades above 0, ``("who?", {"a": 2, "b": 1})``. A list is
                checked before anything is asked; of another iterable, such as a generator, some
                hundred are in memory at a time, with their vectors. Where it fails in the middle,
                or gives what is no question, what was measured is returned, with ``failure``.
            modes: What to compare: names of searches, or by a name of your own the options of a
                search, any that it takes but ``limit``, ``explain`` and ``rerank_text``:
                ``{"hybrid": {}, "rrf": {"fusion": Rrf()}, "reranked": {"rerank": model}}``. What
                kind of search it is, ``"mode"`` among the options says, or the name, or an option
                that only one kind has; else it is hybrid.
            k: Answers of each search that count.
            embed: Makes the vectors of questions that have none: takes a list of texts and gives
                one vector for each, in order. An async store takes an async function too, and runs
                another one in a thread. Its time is not counted, and that of a mode's ``rerank``
                is. Where either fails after the first questions, what was measured is returned,
                with ``failure``; where it fails at the first, its error is raised.
            progress: Called after some hundred questions each with how many are done in all;
                True shows a bar.
            on_answer: Called with each question, the name of the mode, and the matches.

        Returns:
            Means with their 95 % intervals and times, by mode; printed, a table.

        Raises:
            InvalidArgumentError: An argument cannot be used; no question has a relevant item; the
                collection has no text search, which a mode needs.
            DimensionMismatchError: A vector has another length than the collection's vectors.
            CollectionNotFoundError: There is no such collection.
        """
        from pgrecall._operations.evaluate.evaluate import evaluate  # noqa: PLC0415  # rare

        return self._driver.run(
            showing(
                progress,
                "Asking",
                collection,
                "questions",
                partial(
                    evaluate,
                    self._driver.context,
                    tenant,
                    collection,
                    questions,
                    modes=modes,
                    k=k,
                    embed=embed,
                    on_answer=on_answer,
                ),
                questions,
            )
        )

    def tune_fusion(
        self,
        tenant: str,
        collection: str,
        questions: Iterable[Question | tuple[str, Iterable[str] | Mapping[str, float]]]
        | None = None,
        *,
        candidates: bool | Iterable[int] = False,
        title_weight: bool | Iterable[float] = False,
        embed: Callable[[list[str]], Any] | None = None,
        reset: bool = False,
        progress: Callable[[int], object] | bool | None = None,
    ) -> FusionReport:
        """Learn how much the vectors count in hybrid searches, from questions with known answers.

        Every client's hybrid search without a ``fusion`` takes what was learned, within 30 seconds,
        in place of ``WeightedSum()``. Nothing is changed where another weight is not shown to be
        better: the lower end of the 95 % interval of its gain in nDCG@10 has to be above 0. With
        few questions, or arms that are alike, that is so seldom; with some fifty, and vectors far
        better than words or far worse, as a rule. It is forgotten when the embedding model, the
        text's analysis or the title is another.

        How many candidates each arm brings, and how often a word of the title counts, are learned
        where that is asked for, and taken with the weight by the same searches: where they are
        shown to be better with it than the best weight without them. A search that says its
        ``candidates`` has these. What was learned before is replaced as a whole.

        Args:
            tenant: The tenant.
            collection: The collection's name.
            questions: As of ``evaluate``; fifty or more, and none that later figures are to be
                told by: what is learned from questions looks better on them than it is.
            candidates: True tries 50 and 200 rows of each arm beside the default's 100; a list of
                numbers, 10 to 10,000, tries these. Pages still reach as far as the default's.
            title_weight: True tries 1, 2 and 8 times beside the default's 4; a list of numbers, 1
                to 100, tries these. The collection needs a title. Searches by text alone keep the
                default. Each question is asked in each way of the two.
            embed: Makes the vectors of questions that have none, as of ``evaluate``.
            reset: Go back to the default, without questions.
            progress: Called after some hundred questions each with how many are done in all;
                True shows a bar.

        Returns:
            What was learned, what to expect of it, and the mean nDCG@10 by weight.

        Raises:
            InvalidArgumentError: An argument cannot be used; no question has a relevant item; the
                collection has no text search, or no title whose weight is to be learned.
            DimensionMismatchError: A vector has another length than the collection's vectors.
            CollectionNotFoundError: There is no such collection.
            PgRecallError: The collection was re-embedded, altered or renamed meanwhile.
        """
        from pgrecall._operations.evaluate.fusion import tune_fusion  # noqa: PLC0415  # rare

        return self._driver.run(
            showing(
                progress,
                "Asking",
                collection,
                "questions",
                partial(
                    tune_fusion,
                    self._driver.context,
                    tenant,
                    collection,
                    questions,
                    candidates=candidates,
                    title_weight=title_weight,
                    embed=embed,
                    reset=reset,
                ),
                questions,
            )
        )

    def replay(
        self,
        tenant: str,
        collection: str,
        *,
        modes: Iterable[str] | Mapping[str, Mapping[str, Any] | None] | None = None,
        k: int = 10,
        most: int = 1_000,
        since: datetime | None = None,
        embed: Callable[[list[str]], Any] | None = None,
        progress: Callable[[int], object] | bool | None = None,
    ) -> Replay:
        """Ask the searches of the log again, and compare what they find with what they found then.

        The log is what ``search_log`` keeps of stores with ``search_questions=True``. Each search
        is asked as it was, and in each of the modes, with its own limit, filter and other options
        but those of the mode. Nobody has judged the answers: a figure says how much is another now,
        not which is better. Nothing is written.

        Args:
            tenant: The tenant.
            collection: The collection's name. Searches of a collection that had the name before
                count, too.
            modes: Ways of searching besides, as of ``evaluate``: ``{"half": {"mode": "hybrid",
                "fusion": WeightedSum(0.5)}}``. A search that one of them cannot ask, for it has no
                words or no vector, is left out and counted.
            k: Answers of each search that are compared, of those that it asked for, 100 at most.
            most: How many of the newest searches to look at.
            since: How far back; what has no time zone is UTC. None is as far as the log goes.
            embed: Makes the vectors of searches whose own is of another model, or that were by text
                alone, as of ``evaluate``. Where it or a mode's ``rerank`` fails after the first
                searches, what was compared is returned, with ``failure``.
            progress: Called after some hundred searches each with how many are done in all;
                True shows a bar.

        Returns:
            What is found again, by mode; printed, a table.

        Raises:
            InvalidArgumentError: An argument cannot be used, or the log has no search that can be
                asked again.
            CollectionNotFoundError: There is no such collection.
            DatabaseError: This role may not read the log.
        """
        from pgrecall._operations.evaluate.replay import replay  # noqa: PLC0415  # rare

        return self._driver.run(
            showing(
                progress,
                "Asking",
                collection,
                "searches",
                partial(
                    replay,
                    self._driver.context,
                    tenant,
                    collection,
                    modes=modes,
                    k=k,
                    most=most,
                    since=since,
                    embed=embed,
                ),
            )
        )
