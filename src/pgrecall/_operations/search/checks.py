"""Checks what a search was asked: ``checked`` first, ``served`` once the collection is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from pgrecall import filters
from pgrecall._operations.search.boosting import checked_boosts
from pgrecall._operations.search.conflicts import CONFLICTS, NEEDS, Conflict, Need
from pgrecall._operations.search.effort import MAX_EF
from pgrecall._operations.search.options import (
    KINDS,
    MAX_CANDIDATES,
    UNSAID_OFFSET,
    SearchOptions,
    kinds_with,
    names_of,
)
from pgrecall._operations.search.parsing import parsed
from pgrecall._statements.search.text_query import RANKINGS, SYNTAXES
from pgrecall._values.numbers import checked_weight, checked_whole, real_number, show
from pgrecall._values.own_fields import TIMES
from pgrecall._values.strings import check_name
from pgrecall.errors import InvalidArgumentError
from pgrecall.fusion import Fusion, Rrf, WeightedSum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pgrecall._statements.layout import Stored

    Checks: TypeAlias = Sequence[tuple[str, Callable[[Any], object]]]

OptionsT = TypeVar("OptionsT", bound=SearchOptions)

MAX_LIMIT = 2**31 - 1


def checked(options: OptionsT) -> OptionsT:
    """Give options whose values are of their own types, the filter parsed.

    Raises:
        InvalidArgumentError: A value cannot be used, or two cannot be used together.
        FilterError: The filter cannot be used.
    """
    rules = _RULES[type(options)]
    options = _through(rules.checks, options)
    for conflict in rules.conflicts:
        if conflict.is_met(options):
            raise InvalidArgumentError(conflict.message(options))
    return options


def served(options: OptionsT, stored: Stored) -> OptionsT:
    """Give checked options that a collection can serve.

    Raises:
        InvalidArgumentError: It lacks what one needs, or a value is out of the range of what is
            there.
    """
    rules = _RULES[type(options)]
    for need in rules.needs:
        if need.is_asked(options) and not need.is_there(stored):
            raise InvalidArgumentError(need.message(stored), advice=need.advice)
    return _through(rules.checks_there, options)


def _through(checks: Checks, options: OptionsT) -> OptionsT:
    changed: dict[str, Any] = {}
    for name, check in checks:
        given = getattr(options, name)
        if given is _DEFAULTS[name]:  # each is what its check gives, a test says
            continue
        made = check(given)
        if made is not given:  # as a rule none is: a search pays for no copy
            changed[name] = made
    return replace(options, **changed) if changed else options


def check_kind(kind: str, given: Iterable[str]) -> None:
    """Raise InvalidArgumentError for an option that other kinds of search have, and this has not.

    Args:
        kind: One of ``KINDS``.
        given: Names of options.
    """
    for name in given:
        owners = kinds_with(name)
        if kind not in owners:
            owned = " or ".join(f'search="{owner}"' for owner in owners)
            msg = f'{name} belongs to {owned}; this search is "{kind}"'
            raise InvalidArgumentError(msg)


def checked_limit(limit: object, what: str = "limit") -> int:
    """Give a limit as an int.

    Raises:
        InvalidArgumentError: It is no whole number that PostgreSQL can take.
    """
    number = checked_whole(what, limit)
    if number > MAX_LIMIT:
        raise InvalidArgumentError(f"{what} must be at most {MAX_LIMIT:,}, not {number:,}")
    return number


def checked_fusion(fusion: object) -> Fusion | None:
    """Give a fusion, or None.

    Raises:
        InvalidArgumentError: It is neither, or has a weight out of range.
    """
    if fusion is None:
        return None
    if isinstance(fusion, WeightedSum):
        _check_number("WeightedSum alpha", fusion.alpha, 0, 1)
    elif isinstance(fusion, Rrf):
        _check_number("Rrf k", fusion.k, 0, 1e6)
        _check_number("Rrf vector_weight", fusion.vector_weight, 0, 1e6)
        _check_number("Rrf text_weight", fusion.text_weight, 0, 1e6)
        if not fusion.vector_weight + fusion.text_weight > 0:
            msg = "Rrf needs a vector_weight or a text_weight above 0"
            raise InvalidArgumentError(msg)
    else:
        msg = f"fusion must be WeightedSum(...), Rrf(...) or None, not {fusion!r}"
        raise InvalidArgumentError(msg)
    return fusion


def _check_number(what: str, value: object, low: float, high: float) -> None:
    number = real_number(value)
    if number is None or not low <= number <= high:
        msg = f"{what}={show(value)} must be a number from {low:g} to {high:,g}"
        raise InvalidArgumentError(msg)


def _checked_offset(value: object) -> int:
    if value is UNSAID_OFFSET:
        return UNSAID_OFFSET
    number = checked_whole("offset", value, 0)
    if number > MAX_LIMIT:
        raise InvalidArgumentError(f"offset must be at most {MAX_LIMIT:,}, not {number:,}")
    return number


def _checked_min_score(value: object) -> float | None:
    if value is None:
        return None
    number = real_number(value)
    if number is None or not math.isfinite(number):
        raise InvalidArgumentError(f"min_score must be a finite number, not {show(value)}")
    return number


def _checked_group_by(value: object) -> str | tuple[str, ...] | None:
    if value is None or isinstance(value, filters.PathOrNothing):
        return value
    field = filters.parsed_field(value)
    if field in TIMES:
        msg = f'group_by="{field}": items have times of their own; ("{field}",) is a metadata key'
        raise InvalidArgumentError(msg)
    return field


def checked_rerank(value: object) -> object:
    """Give what can be called, or None.

    Raises:
        InvalidArgumentError: It is neither.
    """
    if value is not None and not callable(value):
        msg = (
            "rerank must be a function of a question and a list of texts that gives a number for"
            f" each, not {type(value).__name__}"
        )
        raise InvalidArgumentError(msg)
    return value


def _checked_rerank_text(value: object) -> str | tuple[str, ...] | None:
    if value is None or isinstance(value, str):
        return value
    texts = tuple(value) if isinstance(value, Sequence) else (value,)
    for text in texts:
        if not isinstance(text, str):
            msg = f"rerank_text must be a question, a string, not {type(text).__name__}"
            raise InvalidArgumentError(msg)
    return texts


def checked_lambda(value: object) -> float | None:
    """Give the weight of relevance in maximal marginal relevance, or None.

    Raises:
        InvalidArgumentError: It is no number from 0 to 1.
    """
    if value is None:
        return None
    return checked_weight("lambda_mult", value, "novelty", "relevance")


def _checked_exact(exact: object) -> bool | None:
    if exact is not None and not isinstance(exact, bool):
        msg = f"exact must be True, False or None, not {exact!r}"
        raise InvalidArgumentError(msg)
    return exact


def _checked_candidates(candidates: object) -> int | None:
    # how many there may be depends on the limit: a row of CONFLICTS
    return None if candidates is None else checked_whole("candidates", candidates)


def _checked_text_candidates(candidates: object) -> int | None:
    if candidates is None:
        return None
    number = checked_whole("text_candidates", candidates)
    if number > MAX_CANDIDATES:
        msg = f"text_candidates={number:,} must be at most {MAX_CANDIDATES:,}"
        raise InvalidArgumentError(msg)
    return number


def _checked_ef_search(ef_search: object) -> int | None:
    return None if ef_search is None else checked_whole("ef_search", ef_search, 1, MAX_EF)


def _checked_language(language: object) -> str | None:
    if language is not None:
        check_name("language", language, limit=None)
    return None if language is None else str(language)


def _one_of(what: str, choices: tuple[str, ...]) -> Callable[[object], object]:
    def check(value: object) -> object:
        if value not in choices:
            names = ", ".join(repr(choice) for choice in choices)
            raise InvalidArgumentError(f"{what} must be one of {names}, not {value!r}")
        return value

    return check


CHECKS: dict[str, Callable[[Any], object]] = {
    "limit": checked_limit,
    "offset": _checked_offset,
    "min_score": _checked_min_score,
    "group_by": _checked_group_by,
    "per_group": lambda value: checked_limit(value, "per_group"),
    "boosts": checked_boosts,
    "rerank": checked_rerank,
    "rerank_candidates": lambda value: checked_whole("rerank_candidates", value, 1, MAX_CANDIDATES),
    "rerank_text": _checked_rerank_text,
    "lambda_mult": checked_lambda,
    "filter": parsed,
    "explain": bool,
    "exact": _checked_exact,
    "ef_search": lambda value: value,  # in CHECKS_THERE
    "include_vectors": bool,
    "syntax": _one_of("syntax", SYNTAXES),
    "ranking": _one_of("ranking", RANKINGS),
    "language": _checked_language,
    "highlight": bool,
    "fusion": checked_fusion,
    "candidates": _checked_candidates,
    "text_candidates": _checked_text_candidates,
}
"""What each option goes through, in this order."""

CHECKS_THERE: dict[str, Callable[[Any], object]] = {"ef_search": _checked_ef_search}
"""What an option goes through where the collection has what it needs: that is told before."""


_DEFAULTS = {each.name: each.default for kind in KINDS.values() for each in fields(kind)}
"""No option has two."""


class _Rules(NamedTuple):
    """What goes for one kind of search."""

    checks: Checks
    conflicts: Sequence[Conflict]
    needs: Sequence[Need]
    checks_there: Checks


def _rules(kind: type[SearchOptions]) -> _Rules:
    names = names_of(kind)
    return _Rules(
        [(name, check) for name, check in CHECKS.items() if name in names],
        [one for one in CONFLICTS if one.concerns(kind)],
        [one for one in NEEDS if one.option in names],
        [(name, check) for name, check in CHECKS_THERE.items() if name in names],
    )


_RULES = {kind: _rules(kind) for kind in KINDS.values()}
