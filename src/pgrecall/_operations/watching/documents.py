"""A search as the log keeps it, and back."""

from __future__ import annotations

import base64
import math
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pgrecall._statements.collections.log import Row
from pgrecall._values.instants import Instant
from pgrecall._values.json_text import read_json, to_json
from pgrecall._values.unusable import Unusable
from pgrecall.filters import And, Condition, Not, Or
from pgrecall.fusion import Rrf, WeightedSum

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from pgrecall.events import SearchEvent

MOST_KEPT = 100
"""Matches of a search that the log keeps at most."""

_LEVELS = 300  # of a document, a filter's and its own
_FIRST, _LAST = -70_000_000_000_000_000, 260_000_000_000_000_000
"""Microseconds from 1970 to just before Python's first year, and to just behind its last."""

_NO_MATTER = ("include_vectors", "highlight", "explain")
"""Options that change nothing of what is found."""


class _UnsaidError(Exception):
    """JSON has no form of it here."""


def row_of(event: SearchEvent) -> Row:
    """Write a search as a row of the log."""
    document: dict[str, Any] = {
        "mode": event.mode,
        "plan": event.plan,
        "ms": round(event.ms, 3),
        "ids": list(event.ids[:MOST_KEPT]),
        "scores": [one if math.isfinite(one) else None for one in event.scores[:MOST_KEPT]],
        "limit": event.limit,
        "offset": event.offset,
        "hash": event.question_hash,
    }
    if event.options is not None:
        document |= _question_of(event, event.options)
    return Row(
        event.tenant,
        event.collection_id,
        event.collection,
        event.at.timestamp(),
        to_json(document, max_depth=_LEVELS).decode(),
    )


def _question_of(event: SearchEvent, options: Mapping[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    unsaid = []
    for name, value in options.items():
        if name in _NO_MATTER:
            continue
        try:
            written = _written(value)
            to_json(written, max_depth=_LEVELS)
        except (_UnsaidError, Unusable, RecursionError):
            unsaid.append(name)
        else:
            said[name] = written
    asked: dict[str, Any] = {"text": event.text, "options": said, "unsaid": unsaid}
    if event.vector is not None:
        numbers = np.asarray(event.vector, "<f4").tobytes()
        asked["vector"] = base64.b64encode(numbers).decode()
        asked["model"] = event.embedding_model
    return asked


def _written(value: object) -> Any:
    for name, form in _FORMS.items():
        if type(value) is form.of:
            return {name: form.write(value)}
    if type(value) is tuple and all(type(one) is str for one in value):
        return list(value)
    if value is None or isinstance(value, str | int | float):
        return value
    raise _UnsaidError


def _plain(value: object) -> Any:
    if isinstance(value, Instant):
        return {"microseconds": value.microseconds}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if value is None or isinstance(value, str | int | float):
        return value
    raise _UnsaidError


class Logged(NamedTuple):
    """A search that the log has, with its question.

    Attributes:
        at: When it was answered, in seconds since 1970.
        ids: What it found, best first, 100 at most.
        options: What it was asked besides its limit.
        unsaid: Options that the log has not.
        model: The model of the vector.
    """

    at: float
    mode: str
    question_hash: str
    ids: list[str]
    limit: int
    text: str | None
    vector: NDArray[np.float32] | None
    model: str
    options: dict[str, Any]
    unsaid: list[str]


def logged_from(at: float, text: str) -> Logged | None:
    """Read what ``row_of`` wrote; None where the question is not in it.

    Raises:
        ValueError: It was written by something else.
    """
    document = read_json(text)
    try:
        if "options" not in document:
            return None
        vector = document.get("vector")
        logged = Logged(
            at,
            document["mode"],
            document["hash"],
            document["ids"],
            document["limit"],
            document["text"],
            None if vector is None else np.frombuffer(base64.b64decode(vector), "<f4"),
            document.get("model", ""),
            {name: _read(value) for name, value in document["options"].items()},
            document["unsaid"],
        )
        for name, kinds in _KINDS.items():
            if not isinstance(getattr(logged, name), kinds):
                raise ValueError(name)  # noqa: TRY004  # of what was read, not of an argument
        datetime.fromtimestamp(at, UTC)
        "".join(logged.ids)
    except (KeyError, TypeError, AttributeError, ArithmeticError, OSError) as error:
        raise ValueError(str(error)) from error
    return logged


_KINDS: dict[str, Any] = {
    "mode": str,
    "question_hash": str,
    "ids": list,
    "limit": int,
    "text": str | None,
    "model": str,
    "unsaid": list,
}
"""Of what each part of a search in the log is."""


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if not isinstance(value, dict):
        return value
    ((name, inner),) = value.items()
    return _FORMS[name].read(inner)


def _tested(value: Any) -> Any:
    if isinstance(value, dict):
        if "decimal" in value:
            return Decimal(value["decimal"])
        microseconds = value["microseconds"]
        if not _FIRST < microseconds < _LAST:
            raise OverflowError
        return Instant(microseconds)
    return [_tested(one) for one in value] if isinstance(value, list) else value


def _condition(written: Any) -> Condition:
    field, op, tested = written
    return Condition(field if isinstance(field, str) else tuple(field), op, _tested(tested))


class _Form(NamedTuple):
    """How a value of one type is written and read."""

    of: type
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def _test(of: Condition) -> list[Any]:
    field = of.field if type(of.field) in (str, tuple) else None
    if field is None:
        raise _UnsaidError  # a field that means more than its keys
    return [field if isinstance(field, str) else list(field), of.op, _plain(of.value)]


def _parts(of: And | Or) -> list[Any]:
    return [_written(part) for part in of.parts]


_FORMS = {
    "test": _Form(Condition, _test, _condition),
    "and": _Form(And, _parts, lambda parts: And(*map(_read, parts))),
    "or": _Form(Or, _parts, lambda parts: Or(*map(_read, parts))),
    "not": _Form(Not, lambda of: _written(of.part), lambda part: Not(_read(part))),
    "weighted_sum": _Form(WeightedSum, asdict, lambda given: WeightedSum(**given)),
    "rrf": _Form(Rrf, asdict, lambda given: Rrf(**given)),
}
"""By the name that a written value has."""
