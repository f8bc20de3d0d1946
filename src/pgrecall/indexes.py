"""The approximate indexes a collection can have."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import KW_ONLY, asdict, dataclass, field, fields, replace
from typing import Any, Literal, TypeAlias

from pgrecall._values.numbers import whole_number
from pgrecall.errors import InvalidArgumentError

MAX_M, MAX_CONSTRUCTION, MAX_LISTS = 100, 1_000, 32_768  # pgvector's limits

_MOST_ROWS = 2**31 - 1

LIMITS = {"vector": 2_000, "halfvec": 4_000, "bit": 64_000}
"""Dimensions that pgvector's indexes hold, by the type that is indexed."""


@dataclass(frozen=True, slots=True)
class Hnsw:
    """A graph index: high recall, slow to build, grows with the rows.

    Attributes:
        m: Neighbours kept for each vector and layer, 2 to 100; pgvector's default is 16.
        ef_construction: Candidates looked at for each new vector, 4 to 1,000, at least twice ``m``;
            pgvector's default is 64.
        quantization: None keeps full vectors in the index, ``"half"`` 2-byte numbers,
            ``"binary"`` one bit a number, re-ranked by the full vectors.
    """

    m: int = 16
    ef_construction: int = 64
    quantization: Literal["half", "binary"] | None = None


@dataclass(frozen=True, slots=True)
class IvfFlat:
    """An inverted-list index: quick to build, from the rows that are there at the build.

    Attributes:
        lists: Number of lists, 1 to 32,768; the square root of the rows at the build where None.
    """

    lists: int | None = None


Index: TypeAlias = Hnsw | IvfFlat


@dataclass(frozen=True, slots=True)
class Bm25:
    """An index that knows how good a text is for a word: of the extension ``pg_textsearch``.

    It chooses which items a text search, or the text arm of a hybrid one, ranks: some hundred in
    place of all that could reach the best. They are ranked and scored as without it. It serves
    ``syntax="any"`` with ``ranking="bm25"``; any other search, and one that it brings too few for,
    finds by the tsvector as ever.

    The server has to have the extension, in ``shared_preload_libraries``, and the database
    ``CREATE EXTENSION pg_textsearch``.
    """


TextIndex: TypeAlias = Bm25

HOT_ROWS, MOST_HOT = 10_000, 64
"""Rows that a hot value has more than, unless it is said, and how many values there are at most."""
HOT_KINDS = ("text", "number", "boolean")
"""Types that a hot field can have: an instant is no value that thousands of rows share."""


@dataclass(frozen=True, slots=True)
class Hot:
    """A declared field whose frequent values each get an approximate index of their own.

    Where a filter asks for one such value, beside whatever else, a search asks the index of that
    value's rows alone; the rows of every other value are compared exactly. ``maintain`` counts the
    values, makes the indexes and drops them where half the rows are left.

    Attributes:
        kind: The field's type: ``"text"``, ``"number"`` or ``"boolean"``.
        rows: A value gets an index with more rows than so many, at least 1. The default of 10,000
            is compared in some 10 ms at 384 dimensions; below 1,000 an index is never faster.
        most: At most so many values have one, those with the most rows; 1 to 64. Each index is
            one that every write and every plan has to look at.
        index: What is built for each value, whatever the collection's own index is.
    """

    kind: str
    _: KW_ONLY
    rows: int = HOT_ROWS
    most: int = MOST_HOT
    index: Hnsw = field(default_factory=Hnsw)


def kinds_of(fields: Mapping[str, str | Hot] | None) -> dict[str, str]:
    """Give the type of each declared field."""
    declared = (fields or {}).items()
    return {key: one.kind if isinstance(one, Hot) else one for key, one in declared}


def hot_of(fields: Mapping[str, str | Hot] | None) -> dict[str, Hot]:
    """Give the declared fields that are hot."""
    return {key: one for key, one in (fields or {}).items() if isinstance(one, Hot)}


def checked_hot(key: str, hot: Hot) -> Hot:
    """Give a hot field with whole numbers that are ints.

    Raises:
        InvalidArgumentError: It cannot be used; the dimensions are not looked at.
    """
    if hot.kind not in HOT_KINDS:
        known = " or ".join(f"Hot({kind!r})" for kind in HOT_KINDS)
        _refuse(f"fields[{key!r}]={hot!r} is unknown; it can be {known}")
    _check_range(f"rows of fields[{key!r}]", hot.rows, 1, _MOST_ROWS)
    _check_range(f"most of fields[{key!r}]", hot.most, 1, MOST_HOT)
    if not isinstance(hot.index, Hnsw):
        _refuse(f"index of fields[{key!r}] must be Hnsw(...), not {hot.index!r}")
    rows, most = whole_number(hot.rows), whole_number(hot.most)
    return replace(hot, rows=rows, most=most, index=settled_index(hot.index))  # type: ignore[arg-type]  # in their ranges


def check_hot(
    declared: Mapping[str, str | Hot] | None, *, dimensions: int, metric: str, storage: str
) -> None:
    """Raise InvalidArgumentError unless pgvector can build the indexes of hot values."""
    for key, hot in hot_of(declared).items():
        try:
            check_index(hot.index, dimensions=dimensions, metric=metric, storage=storage)
        except InvalidArgumentError as error:
            _refuse(f"fields[{key!r}]: {error}".replace("index=None", "a type alone"))


def hot_to_json(declared: Mapping[str, str | Hot] | None) -> dict[str, Any]:
    """Write what hot fields have beside their types, as the registry keeps it."""
    return {
        key: {"rows": hot.rows, "most": hot.most, "index": asdict(hot.index)}
        for key, hot in hot_of(declared).items()
    }


def fields_from_json(kinds: Mapping[str, str], hot: object) -> dict[str, str | Hot]:
    """Read fields as the registry keeps them: their types, and what ``hot_to_json`` gave.

    What an older client declared as another type is not hot any more, nor is what a later client
    wrote in another way.
    """
    fields: dict[str, str | Hot] = dict(kinds)
    for key, said in hot.items() if isinstance(hot, dict) else ():
        if fields.get(key) in HOT_KINDS:
            with suppress(KeyError, TypeError, InvalidArgumentError):
                index = Hnsw(**said["index"])
                _check_graph(index)
                made = Hot(kinds[key], rows=said["rows"], most=said["most"], index=index)
                fields[key] = checked_hot(key, made)
    return fields


def settled_index(index: Any) -> Any:
    """Give an index whose whole numbers are ints; what is no index, as it is."""
    if not isinstance(index, Hnsw | IvfFlat):
        return index
    whole: dict[str, Any] = {
        one.name: whole_number(getattr(index, one.name)) for one in fields(index)
    }
    return replace(index, **{name: value for name, value in whole.items() if value is not None})


def indexed_type(index: Index, storage: str) -> str:
    """Name the type that the index holds: ``vector``, ``halfvec`` or ``bit``."""
    quantization = index.quantization if isinstance(index, Hnsw) else None
    return {"half": "halfvec", "binary": "bit"}.get(quantization or "", storage)


def lists_for(rows: float) -> int:
    """Give IVFFlat's lists for so many rows: their square root, as pgvector advises for many."""
    return max(1, min(MAX_LISTS, round(math.sqrt(rows))))


def check_index(index: object, *, dimensions: int, metric: str, storage: str) -> None:
    """Raise InvalidArgumentError unless pgvector can build the index for such vectors."""
    if isinstance(index, Hnsw):
        _check_graph(index)
        if index.ef_construction < 2 * index.m:
            _refuse(f"Hnsw ef_construction={index.ef_construction} must be at least 2 * m")
        if index.quantization not in {None, "half", "binary"}:
            _refuse(f"Hnsw quantization={index.quantization!r} can be None, 'half' or 'binary'")
    elif isinstance(index, IvfFlat):
        if index.lists is not None:
            _check_range("IvfFlat lists", index.lists, 1, MAX_LISTS)
        if metric == "l1":
            _refuse("IvfFlat has no l1: use Hnsw, or another metric")
    else:
        _refuse(f"index must be Hnsw(...), IvfFlat(...) or None, not {index!r}")
        return
    kind = indexed_type(index, storage)
    if dimensions > LIMITS[kind]:
        _refuse(
            f"no {type(index).__name__} index holds {dimensions:,} dimensions as {kind} (at most"
            f" {LIMITS[kind]:,}): {_what_would_work(dimensions)}"
        )


def index_to_json(index: Index | None) -> str | None:
    """Write an index as the registry keeps it."""
    if index is None:
        return None
    return json.dumps({"kind": type(index).__name__, **asdict(index)})


def index_from_json(text: str | None) -> Index | None:
    """Read an index as the registry keeps it."""
    if text is None:
        return None
    values = json.loads(text)
    kinds: dict[str, type[Index]] = {"Hnsw": Hnsw, "IvfFlat": IvfFlat}
    return kinds[values.pop("kind")](**values)


def _what_would_work(dimensions: int) -> str:
    if dimensions <= LIMITS["halfvec"]:
        return "storage='halfvec', Hnsw(quantization='half' or 'binary') or index=None would work"
    return "Hnsw(quantization='binary') or index=None would work"


def _check_graph(index: Hnsw) -> None:
    _check_range("Hnsw m", index.m, 2, MAX_M)
    _check_range("Hnsw ef_construction", index.ef_construction, 4, MAX_CONSTRUCTION)


def _check_range(what: str, value: object, low: int, high: int) -> None:
    whole = whole_number(value)
    if whole is None or not low <= whole <= high:
        _refuse(f"{what}={value!r} must be a whole number from {low} to {high:,}")


def _refuse(message: str) -> None:
    raise InvalidArgumentError(message)
