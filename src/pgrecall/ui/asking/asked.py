"""What an address asks: a question, and how it is to be searched."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pgrecall._values.json_text import to_text
from pgrecall.boosts import Boost, Decay
from pgrecall.errors import InvalidArgumentError
from pgrecall.filters import And, Condition
from pgrecall.fusion import Rrf, WeightedSum
from pgrecall.ui.background import backgrounded

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

    from pgrecall.boosts import Boosting
    from pgrecall.fusion import Fusion
    from pgrecall.ui.place import Place

LIMIT, MOST = 10, 50
"""Hits of each way of searching, and the most of them."""

_LONGEST = 20_000  # characters of a question in an address
_MOST_CHOSEN = 50  # each stands in the address of every value that can be chosen next
_EXACT = {"": None, "1": True, "0": False}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A value of a field that was clicked.

    Attributes:
        path: The field.
        value: The value.
        in_arrays: Whether arrays there hold it.
    """

    path: tuple[str, ...]
    value: Any
    in_arrays: bool = False

    def written(self) -> str:
        """Write it as an address has it."""
        given = [list(self.path), self.value, *([True] if self.in_arrays else [])]
        return to_text(given, default=str)

    def filter(self) -> Any:
        """Give the filter that it stands for: a mapping where that can say it."""
        key = self.path[0] if len(self.path) == 1 else self.path
        if not self.in_arrays:
            return {key: self.value} if _is_plain(key) else Condition(key, "eq", self.value)
        if _is_plain(key):
            return {"$or": [{key: self.value}, {key: {"$any": [self.value]}}]}
        return Condition(key, "eq", self.value) | Condition(key, "any", [self.value])


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the options of its searches, unsaid ones left out.

    Attributes:
        question: The words; empty where nothing is asked yet.
        options: What every way of searching takes.
        by_vector: What those with a vector take besides.
        fusion: How a hybrid search makes one ranking of two; None is its default.
        chosen: The values of fields that were clicked, which ``options`` has in its filter.
    """

    question: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    by_vector: dict[str, Any] = field(default_factory=dict)
    fusion: Fusion | None = None
    chosen: tuple[Chosen, ...] = ()

    @property
    def limit(self) -> int:
        """How many hits each way of searching brings."""
        return int(self.options.get("limit", LIMIT))


def asked_in(params: QueryParams, place: Place) -> Asked:
    """Read an address.

    Raises:
        InvalidArgumentError: Something in it cannot be used; the message names it.
    """
    question = question_in(params)
    chosen = chosen_in(params)
    parts = [one.filter() for one in chosen]
    if (given := _mapping(params, "filter")) is not None:
        parts.append(given)
    options: dict[str, Any] = {"limit": _limit(params)}
    if parts:
        options["filter"] = parts[0] if len(parts) == 1 else _together(parts)
    if (least := _number(params, "least")) is not None:
        options["min_score"] = least
    if group := params.get("group"):
        options["group_by"] = field_in(group)
        if (per := _number(params, "per")) is not None:
            options["per_group"] = _whole("per group", per)
    if boosts := _boosts(params):
        options["boosts"] = boosts
    if params.get("rerank") and place.reranker is not None:
        options["rerank"] = backgrounded(place.reranker.function)
    exact = _EXACT.get(params.get("exact", ""))
    by_vector = {} if exact is None else {"exact": exact}
    return Asked(question, options, by_vector, _fusion(params), chosen)


def question_in(params: QueryParams) -> str:
    """Read the question; it is empty where nothing is asked.

    Raises:
        InvalidArgumentError: It is too long.
    """
    question = params.get("q", "").strip()
    if len(question) > _LONGEST:
        raise InvalidArgumentError(f"a question here has {_LONGEST:,} characters at most")
    return question


def chosen_in(params: QueryParams) -> tuple[Chosen, ...]:
    """Read the values of fields that were clicked.

    Raises:
        InvalidArgumentError: They are too many, or none.
    """
    given = params.getlist("f")
    if len(given) > _MOST_CHOSEN:
        raise InvalidArgumentError(f"{_MOST_CHOSEN} values can be chosen at most, not {len(given)}")
    found = map(read_chosen, given)
    # True and 1 are equal in Python, and are written otherwise
    return tuple({one.written(): one for one in found}.values())


def field_in(text: str) -> str | list[str]:
    """Read a field: a key as it is, or a path as a JSON array."""
    if not text.startswith("["):
        return text
    path = _json(text, "a field")
    if not isinstance(path, list) or not all(isinstance(key, str) for key in path):
        raise InvalidArgumentError(f"a field is a key, or a JSON array of keys, not {text!r}")
    return path


def read_chosen(text: str) -> Chosen:
    """Read a value of a field that was clicked, as ``Chosen.written`` writes it.

    Raises:
        InvalidArgumentError: It is something else.
    """
    match _json(text, "f"):
        case [[*path], (str() | bool() | int() | float()) as value] if _are_keys(path):
            return Chosen(tuple(path), value)
        case [[*path], (str() | bool() | int() | float()) as value, True] if _are_keys(path):
            return Chosen(tuple(path), value, in_arrays=True)
    raise InvalidArgumentError(f'f is a JSON array such as [["lang"], "en"], not {text!r}')


def _are_keys(path: list[Any]) -> bool:
    return bool(path) and all(isinstance(key, str) for key in path)


def _together(parts: list[Any]) -> Any:
    if all(isinstance(part, dict) for part in parts):
        return {"$and": parts}
    return And(*parts)


def _is_plain(key: str | tuple[str, ...]) -> bool:
    return isinstance(key, str) and not key.startswith("$") and key != "id"


def _boosts(params: QueryParams) -> list[Boosting]:
    boosts: list[Boosting] = []
    half = _number(params, "half")
    if (near := params.get("near")) and half is not None:
        if near.startswith("$") or params.get("unit") == "days":
            boosts.append(Decay(near, timedelta(days=_days(half))))
        else:
            origin = _number(params, "origin")
            boosts.append(Decay(field_in(near), half, origin))
    boosted, factor = _mapping(params, "boost"), _number(params, "factor")
    if boosted is not None:
        boosts.append(Boost(boosted, 2.0 if factor is None else factor))
    return boosts


def _fusion(params: QueryParams) -> Fusion | None:
    match params.get("fusion", ""):
        case "":
            return None
        case "sum":
            alpha = _number(params, "alpha")
            return WeightedSum() if alpha is None else WeightedSum(alpha)
        case "rrf":
            k = _number(params, "k")
            return Rrf() if k is None else Rrf(k)
        case other:
            raise InvalidArgumentError(f"fusion is sum or rrf, not {other!r}")


def _limit(params: QueryParams) -> int:
    given = _number(params, "n")
    limit = LIMIT if given is None else _whole("hits", given)
    if not 1 <= limit <= MOST:
        raise InvalidArgumentError(f"a page shows 1 to {MOST} hits of each way, not {limit:,}")
    return limit


def _number(params: QueryParams, name: str) -> float | None:
    text = params.get(name, "").strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidArgumentError(f"{name} is a number, not {text!r}")
    return number


def _whole(what: str, number: float) -> int:
    if number != int(number):
        raise InvalidArgumentError(f"{what} is a whole number, not {number:g}")
    return int(number)


def _days(number: float) -> float:
    if number > timedelta.max.days:
        raise InvalidArgumentError(f"half is {number:g} days, which no time can hold")
    return number


def _mapping(params: QueryParams, name: str) -> dict[str, Any] | None:
    text = params.get(name, "").strip()
    if not text:
        return None
    value = _json(text, name)
    if not isinstance(value, dict):
        raise InvalidArgumentError(f'{name} is a JSON mapping such as {{"page": 3}}, not {text!r}')
    return value


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidArgumentError(f"{name} is not JSON ({error}): {text[:200]!r}") from None
