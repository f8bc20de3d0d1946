"""Values of metadata and filters: the one table of what is taken, and what it becomes.

==============================================  ===================================================
type                                            becomes
==============================================  ===================================================
``None``, ``bool``, ``int``, ``float``, ``str``  itself
``Decimal``                                     a number, every digit kept
``datetime``, ``date``, ``time``                a string, ISO 8601: ``2024-05-01T12:00:00+00:00``;
                                                in UTC where its offset has seconds
``timedelta``                                   a number of seconds
``UUID``, paths                                 a string
``Enum``                                        what its value becomes
numpy scalars and arrays, tensors               numbers, strings and lists of them
``datetime64``, pandas' ``Timestamp``           as ``datetime``, digits below a microsecond kept
dataclasses, pydantic models, mappings          an object
``list``, ``tuple``                             a list
==============================================  ===================================================

Everything else is refused, with where it is and what to write in its place.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import numpy as np

from pgrecall._values.numbers import show
from pgrecall._values.unusable import BadText, TooDeep, Unusable
from pgrecall.errors import CLEAN, Advice

if TYPE_CHECKING:
    from collections.abc import Callable

SCALARS = frozenset({str, int, float, bool, type(None)})
"""What JSON has and every fast path knows."""

MAX_DEPTH = 100
"""Objects and lists that metadata and values may nest, the outermost counted.

Parsers disagree beyond: .NET's reads 64, Go's and PostgreSQL's thousands, and Python's as many as
its stack has room for where it is called, which by default is 1,000 less what is in use.
"""

_MAX_DIGITS = 4300  # what Python itself turns into text; PostgreSQL takes 131,072
_ALWAYS_PRINTABLE_BITS = 2100  # below the least limit that sys.set_int_max_str_digits accepts
_SECOND = np.timedelta64(1, "s")


def plain(
    value: Any,
    take: Callable[[str], str] | None = None,
    *,
    max_depth: int = MAX_DEPTH,
    lenient: bool = False,
) -> Any:
    """Bring a value to what JSON has, or a ``Decimal``, at every depth, by the table above.

    Args:
        value: Anything.
        take: What every string and key goes through; None is ``text``.
        max_depth: Levels of objects and lists that it may nest.
        lenient: Leave what is not taken as it is.

    Raises:
        Unusable: It, or something in it, is not taken; ``TooDeep`` where it nests too deeply,
            which is told of a lenient one too.
    """
    walk = _Walk(take or text, max_depth, lenient=lenient)
    made = walk.one(value, None, 1)
    walk.finish()
    return made


_Path: TypeAlias = "tuple[_Path, str | int] | None"


class _Walk:
    """One walk of ``plain``: no call within a call, so that it ends however deep the value is."""

    def __init__(self, take: Callable[[str], str], max_depth: int, *, lenient: bool) -> None:
        self._take = take
        self._max_depth = max_depth
        self._lenient = lenient
        # the last is walked first: what holds itself twice is soon at the bottom
        self._waiting: list[tuple[Any, Any, _Path, int]] = []

    def finish(self) -> None:
        """Fill every object and list that ``one`` has begun."""
        while self._waiting:
            given, made, path, depth = self._waiting.pop()
            if isinstance(made, dict):
                for key, inner in given.items():
                    name = self._key(key, path)
                    made[name] = self.one(inner, (path, name), depth)
            else:
                for place, inner in enumerate(given):
                    made.append(self.one(inner, (path, place), depth))

    def one(self, value: Any, path: _Path, depth: int) -> Any:
        """Give a value's plain form, of an object or a list one that is filled later."""
        kind = type(value)
        try:
            if kind is not dict and kind is not list and kind is not tuple:
                value = _converted(value, self._take)
                if type(value) in _PLAIN_SCALARS:
                    return value
            if depth > self._max_depth:
                raise TooDeep(self._max_depth)
        except Unusable as error:
            if self._lenient and not isinstance(error, TooDeep):
                return value
            raise _at(error, path) from None
        made: Any = {} if isinstance(value, Mapping) else []
        self._waiting.append((value, made, path, depth + 1))
        return made

    def _key(self, key: object, path: _Path) -> Any:
        try:
            return _key(key, self._take)
        except Unusable as error:
            if self._lenient:
                return key
            raise _at(error, path) from None


def _at(error: Unusable, path: _Path) -> Unusable:
    while path is not None:
        path, part = path
        error.path.append(part)
    return error


def is_plain(value: Any, max_depth: int = MAX_DEPTH) -> bool:
    """Tell whether a value has JSON's types alone, not too deep, and can be written as it is."""
    if type(value) in SCALARS:
        return True
    waiting = [(value, 1)]
    while waiting:
        one, depth = waiting.pop()  # the last: what holds itself twice is soon at the bottom
        if depth > max_depth:
            return False
        kind = type(one)
        if kind is dict:
            for key, inner in one.items():
                if type(key) is not str:
                    return False
                if type(inner) not in SCALARS:
                    waiting.append((inner, depth + 1))
        elif kind is list or kind is tuple:
            waiting += [(inner, depth + 1) for inner in one if type(inner) not in SCALARS]
        else:
            return False
    return True


def listed(value: object) -> Any:
    """Give an array or tensor as a list; everything else as it is."""
    if isinstance(value, np.ndarray) and value.ndim:
        return _elements(value)
    if _is_array(value) and not isinstance(value, np.generic | np.ndarray):
        return value.tolist()  # type: ignore[attr-defined]  # that is what makes it one
    return value


def text(value: str, advice: Advice | None = CLEAN) -> str:
    """Refuse what PostgreSQL cannot hold as text."""
    if "\0" in value:
        raise BadText("holds NUL (U+0000)", ", which PostgreSQL cannot store", advice)
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            fault = f"holds a lone surrogate at character {error.start}"
            raise BadText(fault, ", which is not text", advice) from None
    return value


def cleaned(value: str) -> str:
    """Take NUL and lone surrogates out; two surrogates that spell a character become it."""
    if "\0" in value:
        value = value.replace("\0", "")
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    return value


def cleaned_deeply(value: Any) -> Any:
    """Clean every string and key of a value, at every depth.

    Of keys that become the same the last stays. What cannot be stored is the store's to tell, and
    so is a value that nests too deeply, which stays as it is.
    """
    try:
        return plain(value, cleaned, lenient=True)
    except TooDeep:
        return value


def _key(key: object, take: Callable[[str], str]) -> str:
    if not isinstance(key, str):
        raise Unusable(f"has the key {show(key)}; JSON keys are strings: write {show(str(key))}")
    try:
        return take(str.__str__(key))
    except Unusable as error:
        told = f"has the key {show(key)}, which {error.reason}"
        raise Unusable(told, error.advice) from None


def _integer(value: int) -> int:
    if value.bit_length() > _ALWAYS_PRINTABLE_BITS:
        try:
            digits = len(str(abs(value)))
        except ValueError:
            digits = _MAX_DIGITS + 1
        if digits > _MAX_DIGITS:
            raise Unusable(f"is an integer of more than {_MAX_DIGITS:,} digits")
    return value


def _real(value: float) -> float:
    if not math.isfinite(value):
        raise Unusable(f"is {value}, which is not a number that JSON has: write None")
    return value


def _decimal(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise Unusable(f"is {value}, which is not a number that JSON has: write None")
    if value.adjusted() >= _MAX_DIGITS or int(value.as_tuple().exponent) < -_MAX_DIGITS:
        raise Unusable(f"is {show(value)}, which has more than {_MAX_DIGITS:,} digits")
    return value


def _as_it_is(value: Any) -> Any:
    return value


_PLAIN_SCALARS = SCALARS | {Decimal}
_EXACT: dict[type, Callable[[Any], Any]] = {
    int: _integer,
    float: _real,
    bool: _as_it_is,
    type(None): _as_it_is,
    Decimal: _decimal,
}
EXACT_SCALARS = frozenset({str, *_EXACT})
"""Types of which a value is what it is, if it is taken at all."""
# the base type's own method: an enum's or a subclass's __str__ may say anything
_BASES: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (int, lambda value: _integer(int.__int__(value))),
    (float, lambda value: _real(float.__float__(value))),
    (Decimal, lambda value: _decimal(Decimal(value))),
)


def exact_scalar(value: Any) -> Any:
    """Check a value of one of ``EXACT_SCALARS``, as ``plain`` does.

    Raises:
        Unusable: It is not taken.
    """
    return text(value, None) if type(value) is str else _EXACT[type(value)](value)


def _converted(value: Any, take: Callable[[str], str]) -> Any:  # noqa: C901, PLR0911, PLR0912  # a row of the table each
    """Take one step: to a plain scalar, or to a list or mapping of what may not be plain yet."""
    if (check := _EXACT.get(type(value))) is not None:
        return check(value)
    if isinstance(value, str):
        return take(str.__str__(value))
    for base, convert in _BASES:
        if isinstance(value, base):
            return convert(value)
    if isinstance(value, Enum):
        return _converted(value.value, take)
    if isinstance(value, np.generic):
        return _numpy(value)
    if isinstance(value, np.ndarray):
        if value is np.ma.masked:
            raise Unusable("is masked, which JSON has not: write None")
        return _elements(value) if value.ndim else _converted(value[()], take)
    if isinstance(value, dt.date | dt.time):
        if value != value:  # noqa: PLR0124  # pandas' NaT says that it is a datetime
            raise Unusable("is NaT, which is no time: write None")
        return _in_whole_minutes(value).isoformat()
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, UUID | PurePath):
        return take(str(value))
    if isinstance(value, Mapping | list | tuple):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
    dump = getattr(value, "model_dump", None)
    if dump is not None and not isinstance(value, type):
        return dict(dump())
    if _is_array(value):
        return value.tolist() if value.shape else _converted(value.item(), take)
    raise Unusable(_refusal(value))


def _in_whole_minutes(value: dt.date | dt.time) -> dt.date | dt.time:
    """Take a time whose offset has seconds, as zones had long ago, to UTC: RFC 3339 has none."""
    if not isinstance(value, dt.datetime) or not (offset := value.utcoffset()):
        return value
    if not offset % dt.timedelta(minutes=1):
        return value
    try:
        return value.astimezone(dt.UTC)
    except OverflowError:  # before the year 1 or after 9999
        return value


def _is_array(value: object) -> bool:
    return hasattr(value, "shape") and hasattr(value, "tolist") and not isinstance(value, type)


def _elements(array: Any) -> list[Any]:
    """List an array's first level; what a masked one hides stays hidden, and a matrix ends."""
    return list(array if isinstance(array, np.ma.MaskedArray) else np.asarray(array))


def _numpy(value: Any) -> Any:
    match value:
        case np.datetime64():
            return _moment(value)
        case np.timedelta64():
            return _seconds(value)
        case np.bool_():
            return bool(value)
        case np.integer():
            return int(value)
        case np.floating():  # a longdouble gives itself as its item
            return _real(float(value))
    raise Unusable(_refusal(value if isinstance(value, np.void) else value.item()))


def _moment(value: np.datetime64) -> str:
    if np.isnat(value):
        raise Unusable("is NaT, which is no time: write None")
    moment = value.item()
    if isinstance(moment, int):  # finer than a microsecond, or outside of Python's years
        rounded = value.astype("datetime64[us]")
        moment = rounded.item() if rounded == value else None
    if isinstance(moment, dt.date):
        return moment.isoformat()
    return str(np.datetime_as_string(value))


def _seconds(value: np.timedelta64) -> float:
    try:
        return _real(float(value / _SECOND))
    except TypeError:  # months and years have no length
        raise Unusable("is a timedelta64 without a length in seconds: write a number") from None


_OF_PANDAS = {
    "NAType": "is NA, which JSON has not: write None",
    "DataFrame": 'is of type DataFrame, which JSON has not: write value.to_dict("records")',
}


def _refusal(value: object) -> str:
    kind = type(value).__name__
    if isinstance(value, bytes | bytearray | memoryview):
        return (
            f"is of type {kind}, which JSON has not: write text, such as value.hex() or"
            " base64.b64encode(value).decode()"
        )
    if isinstance(value, set | frozenset):
        return f"is of type {kind}, which has no order: write sorted(value)"
    if isinstance(value, complex):
        return f"is of type {kind}, which JSON has not: write [value.real, value.imag]"
    if kind in _OF_PANDAS:
        return _OF_PANDAS[kind]
    if isinstance(value, Iterable):
        return f"is of type {kind}, which JSON has not: write list(value)"
    return f"is of type {kind}, which JSON has not: write str(value), or a dict of what it holds"
