"""Puts what a search found in the order of a caller's model, once no connection is held."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from pgrecall._operations.search.diversity import group_key, order_of, page_of
from pgrecall._operations.search.options import (
    RERANK_CANDIDATES,
    UNSAID_OFFSET,
    HybridOptions,
    NearOptions,
    SearchOptions,
)
from pgrecall._operations.watching.noting import note_asked
from pgrecall._operations.work import Call
from pgrecall._values.conversions import listed
from pgrecall._values.numbers import real_number, show
from pgrecall._values.strings import is_blank
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Matches

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation

OptionsT = TypeVar("OptionsT", bound=SearchOptions)
T = TypeVar("T")


def reranking(
    context: Context,
    asked: OptionsT,
    search: Callable[[OptionsT], Operation[Matches]],
    own_text: str | None = None,
) -> Operation[Matches]:
    """Search as checked options say, and rerank where they ask for it.

    Args:
        context: Of the call, which may be watched.
        asked: What is asked.
        search: Searches as other checked options say, which ask for no reranking.
        own_text: The words of the search, where it has some.
    """
    if asked.rerank is None:
        return search(asked)
    return _search_and_rerank(context, asked, search, question_of(asked, own_text))


def _search_and_rerank(
    context: Context,
    asked: OptionsT,
    search: Callable[[OptionsT], Operation[Matches]],
    question: str,
) -> Operation[Matches]:
    found = yield from search(unranked(asked))
    note_asked(context, asked)
    return (yield from reranked(found, asked, question))


def question_of(asked: SearchOptions, own_text: str | None = None) -> str:
    """Give the question that the model is asked of one search.

    Raises:
        InvalidArgumentError: There are several.
    """
    given = asked.rerank_text
    if given is None:
        # without words of its own a search was refused: a row of CONFLICTS
        return own_text or ""
    if not isinstance(given, str):
        msg = (
            "rerank_text must be one question here, a string: search_many takes a list of them,"
            " one for each query"
        )
        raise InvalidArgumentError(msg)
    return given


def questions_of(asked: SearchOptions, count: int) -> list[str]:
    """Give the question that the model is asked of each of some searches.

    Raises:
        InvalidArgumentError: There are more of them, or fewer, than searches.
    """
    given = asked.rerank_text
    if given is None or isinstance(given, str):
        return [given or ""] * count
    if len(given) != count:
        msg = (
            f"rerank_text has {len(given):,} questions for {count:,} queries: give one for each, in"
            " order, or a string for all"
        )
        raise InvalidArgumentError(msg)
    return list(given)


def unranked(asked: OptionsT) -> OptionsT:
    """Give the options of the search whose matches are reranked: the same for each page."""
    most = asked.rerank_candidates
    sized = isinstance(asked, HybridOptions) and asked.text_candidates is not None
    if asked.candidates is not None and not sized:
        most = min(most, asked.candidates)
    changed: dict[str, Any] = {
        "limit": most,
        "offset": 0 if asked.is_paged else UNSAID_OFFSET,
        "include_vectors": asked.include_vectors or asked.is_diverse,
        "rerank": None,
        "rerank_candidates": RERANK_CANDIDATES,
        "rerank_text": None,
    }
    if isinstance(asked, NearOptions):
        changed["lambda_mult"] = None
    return replace(asked, **changed)


def reranked(found: Matches, asked: SearchOptions, question: str) -> Operation[Matches]:
    """Give the page that is asked for of what ``unranked`` options found, in the model's order.

    Matches of equal scores stay in the order that they have, and those without a text come last.

    Raises:
        InvalidArgumentError: The model did not give a finite number for each text.
    """
    started = time.perf_counter()
    scores = yield from judged(asked.rerank, question, [match.text for match in found])
    seconds = time.perf_counter() - started
    matches = [replace(match, rerank_score=score) for match, score in in_order(found, scores)]
    keys = [] if asked.group_by is None else [group_key(match, match.group) for match in matches]
    made = Matches(page_of(matches, _order(matches, asked), keys, asked))
    if found.explanation is not None:
        made.explanation = replace(
            found.explanation,
            rerank_texts=sum(score is not None for score in scores),
            rerank_ms=1_000 * seconds,
        )
    return made


def judged(
    rerank: Any, question: str, texts: Sequence[str]
) -> Generator[Call, Any, list[float | None]]:
    """Give the model's score of each text; None where there is nothing in it to read.

    The model is not called without a text.

    Raises:
        InvalidArgumentError: It did not give a finite number for each text.
    """
    scores: list[float | None] = [None] * len(texts)
    places = [place for place, text in enumerate(texts) if not is_blank(text)]
    if not places:
        return scores
    readable = [texts[place] for place in places]
    given = yield Call(rerank, (question, readable), "rerank", in_thread=True)
    for place, score in zip(places, _checked(given, len(places)), strict=True):
        scores[place] = score
    return scores


def in_order(found: Sequence[T], scores: Sequence[float | None]) -> list[tuple[T, float | None]]:
    """Give what was found by its scores, best first; equals as they are, what has none last."""
    pairs = zip(found, scores, strict=True)
    return sorted(pairs, key=lambda one: -math.inf if one[1] is None else one[1], reverse=True)


def _order(matches: Sequence[Any], asked: SearchOptions) -> Sequence[int] | chain[int]:
    """Give the places of matches in the order of the answer; they are sorted."""
    judged_ = [match for match in matches if match.rerank_score is not None]
    if not asked.is_diverse or not judged_:
        return range(len(matches))
    # a model's scores are on a scale of its own: the best of these is 1, the last 0
    low, span = judged_[-1].rerank_score / 2, judged_[0].rerank_score / 2
    span -= low
    relevance = [(one.rerank_score / 2 - low) / span if span else 1.0 for one in judged_]
    rest = range(len(judged_), len(matches))
    return chain(order_of(judged_, relevance, asked), rest)


def _checked(given: object, count: int) -> list[float]:
    values = listed(given)
    if isinstance(values, str | bytes | bytearray | memoryview) or not isinstance(values, Sequence):
        msg = (
            "rerank must give a number for each text, in a list or an array of one dimension, not"
            f" {_named(given)}"
        )
        raise InvalidArgumentError(msg)
    if len(values) != count:
        msg = (
            f"rerank gave {len(values):,} scores for {count:,} texts: it must give one for each, in"
            " their order"
        )
        raise InvalidArgumentError(msg)
    return [_score(value, place, given) for place, value in enumerate(values)]


def _score(value: Any, place: int, given: object) -> float:
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()  # a tensor, or an array, of one number
    number = real_number(value)
    if number is not None and math.isfinite(number):
        return number
    # a text that stands in a score's place is no one's to read in a log
    shown = show(value) if isinstance(value, int | float) else _named(value)
    msg = (
        f"rerank gave {shown} for text {place + 1:,}, in {_named(given)}: a score must be a finite"
        " number, higher being better"
    )
    raise InvalidArgumentError(msg)


def _named(given: object) -> str:
    shape = getattr(given, "shape", None)
    name = f"a value of type {type(given).__name__}"
    return name if shape is None else f"{name} and shape {tuple(shape)}"
