"""Vectors to and from PostgreSQL's binary form, many at a time."""

from __future__ import annotations

import math
import struct
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from pgvector import HalfVector, Vector

from pgrecall.errors import DimensionMismatchError, InvalidArgumentError
from pgrecall.models import Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_NUMBERS = "fiub"
_HALF = ">f2"
# a type is made of its name anew each time
_WIRE = {name: np.dtype(name) for name in (">f4", _HALF)}
_STORED = {name: np.dtype(name[1:]) for name in _WIRE}
_FLOAT, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)
_TINY, _HUGE = 1e-30, 1e37  # between them a sum of squares is one in float4 too
_HEADER = struct.Struct(">hh")
_FIELD = struct.Struct(">ihh")


class Encoded(bytes):
    """A value in PostgreSQL's binary form, whose type the statement's cast tells."""

    __slots__ = ()


class Shape(NamedTuple):
    """What the vectors of one collection must be."""

    collection: str
    dimensions: int
    metric: Metric
    storage: str

    @property
    def number(self) -> str:
        """The wire's number type: big-endian float4, or float2 for halfvec."""
        return _HALF if self.storage == "halfvec" else ">f4"

    @property
    def size(self) -> int:
        """Bytes of one vector's binary form."""
        return 4 + self.dimensions * (2 if self.storage == "halfvec" else 4)


def encode_query(shape: Shape, vector: object, what: str = "the query vector") -> Encoded:
    """Check one vector and encode it as a parameter."""
    quick = encode_plainly(shape, vector)
    if quick is not None:
        return quick
    if vector is None:
        msg = f"{what} is no vector: None"
        raise InvalidArgumentError(msg)
    matrix = to_matrix(shape, [vector], lambda _: what)
    return Encoded(encode_rows(shape, matrix)["vector"].tobytes())


def encode_plainly(shape: Shape, vector: object) -> Encoded | None:
    """Encode a vector that is plainly right; None sends it to the checks that say what is wrong."""
    if type(vector) is np.ndarray and vector.dtype == _FLOAT == _STORED[shape.number]:
        # as most come. Its squares are within a double, so nothing overflows and is to be ignored
        wide = vector.astype(_DOUBLE)
        if wide.shape == (shape.dimensions,) and _TINY < wide.dot(wide) < _HUGE:
            numbers = vector.astype(_WIRE[">f4"])
            return Encoded(_HEADER.pack(shape.dimensions, 0) + numbers.tobytes())
    narrow = _narrowed(shape, vector)
    if narrow is None:
        return None
    numbers = narrow.astype(_WIRE[shape.number])
    return Encoded(_HEADER.pack(shape.dimensions, 0) + numbers.tobytes())


def _narrowed(shape: Shape, vector: object) -> NDArray[Any] | None:
    """Give the numbers that are stored of a vector that is plainly right, else None."""
    if not isinstance(vector, list | tuple | np.ndarray) or len(vector) != shape.dimensions:
        return None
    try:
        if type(vector) is list:
            # as in _stacked
            numbers = np.frombuffer(_floats(shape.dimensions).pack(*vector))
        else:
            numbers = np.asarray(vector)
    except (ValueError, TypeError, OverflowError, struct.error):
        return None
    if numbers.ndim != 1 or numbers.dtype.kind not in _NUMBERS:
        return None
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        narrow = numbers.astype(_STORED[shape.number], copy=False)
        wide = narrow.astype(np.float32, copy=False)
        square = float(wide.dot(wide))
    # a finite, positive square tells that every number is finite and that there is a direction
    return narrow if 0 < square < math.inf else None


def to_matrix(
    shape: Shape, vectors: Sequence[object], name_of: Callable[[int], str]
) -> NDArray[Any]:
    """Check vectors and stack them as the numbers that will be stored, one a row.

    Args:
        shape: What the vectors must be.
        vectors: None is no vector at all: its row is zeros, for the caller to mask.
        name_of: What an error calls the vector at a place.

    Raises:
        DimensionMismatchError: A vector has another length.
        InvalidArgumentError: A vector holds something else than finite numbers, or has no
            direction under cosine.
    """
    if len(vectors) == 1:
        quick = _narrowed(shape, vectors[0])
        if quick is not None:
            return quick.reshape(1, shape.dimensions).copy()
    try:
        stacked = _stacked(shape, vectors)
    except (ValueError, TypeError, OverflowError, struct.error):
        stacked = np.empty(0)
    if stacked.dtype.kind not in _NUMBERS or stacked.shape != (len(vectors), shape.dimensions):
        stacked = _one_by_one(shape, vectors, name_of)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        matrix = stacked.astype(shape.number[1:], copy=False)
    _check_finite(shape, matrix, name_of)
    if shape.metric is Metric.COSINE:
        _check_direction(shape, matrix, vectors, name_of)
    return matrix


def encode_fields(shape: Shape, matrix: NDArray[Any]) -> bytes:
    """Encode a matrix as vectors, each behind its length."""
    if len(matrix) == 1:
        numbers = matrix.astype(_WIRE[shape.number])
        return _FIELD.pack(shape.size, shape.dimensions, 0) + numbers.tobytes()
    return encode_rows(shape, matrix).tobytes()


def encode_rows(shape: Shape, matrix: NDArray[Any]) -> NDArray[Any]:
    """Encode a matrix as records of a length word and a vector, ready for COPY or an array.

    pgvector's binary form is a 2-byte count of dimensions, 2 unused bytes, and the numbers,
    all big-endian (``vector_send`` in pgvector's vector.c, ``halfvec_send`` in halfvec.c).
    """
    rows = np.zeros(len(matrix), dtype=_record(shape.number, shape.dimensions))
    rows["length"] = shape.size
    rows["vector"]["dim"] = shape.dimensions
    rows["vector"]["numbers"] = matrix
    return rows


@lru_cache(maxsize=64)
def _record(number: str, dimensions: int) -> np.dtype[Any]:
    vector = np.dtype([("dim", ">i2"), ("unused", ">i2"), ("numbers", number, (dimensions,))])
    return np.dtype([("length", ">i4"), ("vector", vector)])


def decode(storage: str, data: bytes | None) -> NDArray[np.float32] | None:
    """Read a vector's binary form as float32."""
    if data is None:
        return None
    number = _HALF if storage == "halfvec" else ">f4"
    return np.frombuffer(data, dtype=number, offset=4).astype(np.float32)


def _stacked(shape: Shape, vectors: Sequence[object]) -> NDArray[Any]:
    if all(type(vector) is list for vector in vectors):
        # thrice as fast as np.array, which looks for nested sequences number by number
        pack = _floats(shape.dimensions).pack
        packed = b"".join([pack(*vector) for vector in vectors])  # type: ignore[misc]  # lists
        return np.frombuffer(packed).reshape(len(vectors), shape.dimensions)
    return np.array(vectors)


@lru_cache(maxsize=64)
def _floats(count: int) -> struct.Struct:
    return struct.Struct(f"{count}d")


def _one_by_one(
    shape: Shape, vectors: Sequence[object], name_of: Callable[[int], str]
) -> NDArray[Any]:
    rows = np.zeros((len(vectors), shape.dimensions))
    for place, vector in enumerate(vectors):
        if vector is not None:
            rows[place] = _numbers(shape, vector, name_of(place))
    return rows


def _numbers(shape: Shape, vector: object, name: str) -> NDArray[Any]:
    if isinstance(vector, Vector | HalfVector):
        vector = vector.to_numpy()
    try:
        numbers = np.array(vector)
        if numbers.dtype.kind == "O" and all(isinstance(one, Decimal | int) for one in numbers):
            numbers = numbers.astype(float)
    except (ValueError, TypeError, OverflowError):
        numbers = np.empty(0, dtype=object)
    if numbers.ndim == 1 and len(numbers) == 0 and numbers.dtype.kind in _NUMBERS:
        raise DimensionMismatchError(shape.collection, shape.dimensions, 0, name)
    if numbers.ndim != 1 or numbers.dtype.kind not in _NUMBERS:
        msg = (
            f"{name} is no vector: a sequence of {shape.dimensions} floats or a 1-D array is"
            f" needed, not {_described(vector, numbers)}"
        )
        raise InvalidArgumentError(msg)
    if len(numbers) != shape.dimensions:
        raise DimensionMismatchError(shape.collection, shape.dimensions, len(numbers), name)
    return numbers


def _described(vector: object, numbers: NDArray[Any]) -> str:
    if numbers.ndim > 1:
        return f"an array of shape {numbers.shape}"
    if isinstance(vector, list | tuple):
        return f"a {type(vector).__name__} that holds something else"
    return f"{type(vector).__name__}"


def _check_finite(shape: Shape, matrix: NDArray[Any], name_of: Callable[[int], str]) -> None:
    good = np.isfinite(matrix)
    if good.all():
        return
    row, column = map(int, np.argwhere(~good)[0])
    as_stored = " (as 2-byte numbers, which end at 65,504)" if shape.storage == "halfvec" else ""
    msg = f"{name_of(row)} holds NaN or infinity at position {column}{as_stored}"
    raise InvalidArgumentError(msg)


def _check_direction(
    shape: Shape,
    matrix: NDArray[Any],
    vectors: Sequence[object],
    name_of: Callable[[int], str],
) -> None:
    # summed in float32 as pgvector does: what under- or overflows here has no cosine there
    with np.errstate(over="ignore", under="ignore"):
        wide = matrix.astype(np.float32, copy=False)
        squares = np.einsum("ij,ij->i", wide, wide)
    bad = ~((squares > 0) & np.isfinite(squares))
    for row in map(int, np.flatnonzero(bad)):
        if vectors[row] is None:
            continue
        size = "too large" if squares[row] > 0 else "zero"
        msg = (
            f"{name_of(row)} is {size}: collection {shape.collection!r} compares by cosine, which"
            " needs a length that float4 can square; leave the vector out (None) or normalise it"
        )
        raise InvalidArgumentError(msg)
