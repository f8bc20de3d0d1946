"""What the values of a column are, as ``--column NAME:TYPE`` says."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_GROUPS = "[ '\u00a0\u2009\u2019\u202f]"  # between thousands, beside the mark that is none
_NUMBERS = {
    mark: re.compile(rf"([-+]?)(\d*|\d{{1,3}}(?:(?:{_GROUPS}|\{group})\d{{3}})+)"
                     rf"(?:\{mark}(\d*))?([eE][-+]?\d+)?", re.ASCII)
    for mark, group in ((".", ","), (",", "."))
}  # fmt: skip
_WHOLE_DIGITS = 18  # beyond them a number is a float, as in a cell without a type
_WORDS: tuple[tuple[str, ...], ...] = (
    ("true", "yes", "y", "t", "1"),
    ("false", "no", "n", "f", "0"),
)
_SHOWN = 40
_SOME_DAY = dt.datetime(2001, 2, 3, 4, 5, 6, tzinfo=dt.UTC)

SKIP = "skip"
_TAKES = (
    "--column takes NAME:text, NAME:number, NAME:number:, (a decimal comma), NAME:boolean,"
    " NAME:boolean:ja/nein, NAME:date, NAME:date:%d.%m.%Y, NAME:datetime, NAME:datetime:FORMAT,"
    " NAME:json, NAME:list:; (what stands between) or NAME:skip"
)


@dataclass(frozen=True, slots=True)
class ColumnType:
    """One column's.

    Attributes:
        kind: The word for it.
        read: Gives what a value is; raises ValueError where it is something else.
        needed: What a value should have been, in words.
    """

    kind: str
    read: Callable[[Any], Any]
    needed: str

    def value(self, value: Any, column: str) -> Any:
        """Read a value; None where there is none.

        Raises:
            InvalidArgumentError: It is something else.
        """
        if value is None or (self.kind != "text" and isinstance(value, str) and not value.strip()):
            return None
        try:
            return self.read(value)
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise InvalidArgumentError(
                f"{column!r} is no {self.needed}: {str(value)[:_SHOWN]!r}"
            ) from None


def read_types(
    given: Iterable[str], columns: Sequence[str], name: str, *, complete: bool
) -> dict[str, ColumnType]:
    """Read what ``--column`` says, each ``NAME:TYPE`` or ``NAME:TYPE:DETAIL``.

    Args:
        given: What was given.
        columns: The columns of the file's first row: a name may hold colons itself.
        name: How messages name the file.
        complete: Whether a file has no other columns than those.

    Raises:
        InvalidArgumentError: It cannot be read, or there is no such column.
    """
    types: dict[str, ColumnType] = {}
    for text in given:
        splits = list(_splits(text))
        if not splits:
            raise InvalidArgumentError(f"{_TAKES}; {text!r} is none of them")
        known = [split for split in splits if split[0] in columns]
        if not known and complete:
            shown = ", ".join(map(repr, columns))
            raise InvalidArgumentError(
                f"{name} has no column {splits[0][0]!r} (--column); it has {shown}"
            )
        column, kind, detail = (known or splits)[0]
        if column in types:
            raise InvalidArgumentError(f"--column says twice what {column!r} is")
        types[column] = _made(kind, detail, text)
    return types


def _splits(text: str) -> Iterator[tuple[str, str, str]]:
    """Give every way to read a name, a type and its detail."""
    for found in re.finditer(rf":(?=({'|'.join(_MAKERS)})(?::|\Z))", text):
        if found.start():
            kind = found[1]
            yield text[: found.start()], kind, text[found.end() + len(kind) + 1 :]


def _made(kind: str, detail: str, text: str) -> ColumnType:
    try:
        made = _MAKERS[kind](detail)
    except ValueError as error:
        raise InvalidArgumentError(f"--column {text!r}: {error}") from None
    return made


def _plain(kind: str, read: Callable[[Any], Any], needed: str) -> Callable[[str], ColumnType]:
    def make(detail: str) -> ColumnType:
        if detail:
            msg = f"{kind} takes nothing more, not {detail!r}"
            raise ValueError(msg)
        return ColumnType(kind, read, needed)

    return make


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _number(detail: str) -> ColumnType:
    mark = detail or "."
    if mark not in _NUMBERS:
        msg = f"a number's decimals stand behind . or , and not {detail!r}"
        raise ValueError(msg)
    whole, needed = _NUMBERS[mark], "number with a decimal comma" if mark == "," else "number"

    def read(value: Any) -> Any:
        if isinstance(value, bool):
            raise TypeError
        if not isinstance(value, str):
            return value if isinstance(value, int) else float(value)
        found = whole.fullmatch(value.strip())
        if found is None or not (found[2] or found[3]):  # .5 and 5. are numbers, a mark is none
            raise ValueError
        sign, digits, decimals, exponent = found.groups()
        digits = re.sub(r"\D", "", digits) or "0"
        if decimals is None and exponent is None and len(digits) <= _WHOLE_DIGITS:
            return int(sign + digits)
        number = float(f"{sign}{digits}.{decimals or 0}{exponent or ''}")
        if not math.isfinite(number):
            raise ValueError
        return number

    return ColumnType("number", read, needed)


def _boolean(detail: str) -> ColumnType:
    trues, falses = _WORDS
    needed = f"boolean ({trues[0]} or {falses[0]}, {trues[1]} or {falses[1]}, 1 or 0)"
    if detail:
        true, slash, false = (part.strip().casefold() for part in detail.partition("/"))
        if not slash or not true or not false or true == false:
            msg = f"the two words of a boolean have a slash between, as in ja/nein, not {detail!r}"
            raise ValueError(msg)
        trues, falses, needed = (true,), (false,), f"boolean ({true} or {false})"
    words = dict.fromkeys(trues, True) | dict.fromkeys(falses, False)

    def read(value: Any) -> bool:
        if isinstance(value, bool):
            return value
        word = str(value).strip().casefold()
        if word not in words:
            raise ValueError
        return words[word]

    return ColumnType("boolean", read, needed)


def _date(detail: str) -> ColumnType:
    parse = _parser(detail, "%Y-%m-%d", ("%H", "%I", "%M", "%S"))

    def read(value: Any) -> str:
        if isinstance(value, str):
            moment = parse(value) if detail else dt.date.fromisoformat(value.strip())
            return (moment.date() if isinstance(moment, dt.datetime) else moment).isoformat()
        if not isinstance(value, dt.date):
            raise TypeError
        return (value.date() if isinstance(value, dt.datetime) else value).isoformat()

    return ColumnType("date", read, f"date, {detail or 'as 2001-12-31'}")


def _datetime(detail: str) -> ColumnType:
    parse = _parser(detail, "%Y-%m-%dT%H:%M:%S", ())

    def read(value: Any) -> str:
        if isinstance(value, dt.date):
            return value.isoformat()
        if not isinstance(value, str):
            raise TypeError
        moment = parse(value) if detail else dt.datetime.fromisoformat(value.strip())
        return moment.isoformat()

    return ColumnType("datetime", read, f"time, {detail or 'as 2001-12-31T23:59:59'}")


def _parser(detail: str, usual: str, needless: tuple[str, ...]) -> Callable[[str], dt.datetime]:
    """Give what reads a format, of which is known that it tells a day."""
    format_ = detail or usual
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a format without a year
        try:
            there = dt.datetime.strptime(_SOME_DAY.strftime(format_), format_)  # noqa: DTZ007  # of that day
        except ValueError:
            there = None
    if there is None or there.date() != _SOME_DAY.date():
        msg = f"{format_!r} does not tell a day: %d.%m.%Y or %m/%d/%y would, as strptime has them"
        raise ValueError(msg)
    if any(part in format_ for part in needless):
        msg = f"{format_!r} tells more than a day: call it a datetime"
        raise ValueError(msg)
    return lambda value: dt.datetime.strptime(value.strip(), format_)  # noqa: DTZ007  # as it stands


def _list(detail: str) -> ColumnType:
    def read(value: Any) -> Any:
        if not isinstance(value, str):
            if not isinstance(value, list):
                raise TypeError
            return value
        return [part.strip() for part in value.split(detail or ",") if part.strip()]

    return ColumnType("list", read, "list")


_MAKERS: dict[str, Callable[[str], ColumnType]] = {
    "text": _plain("text", _text, "text"),
    "number": _number,
    "boolean": _boolean,
    "datetime": _datetime,
    "date": _date,
    "json": _plain("json", _json, "JSON"),
    "list": _list,
    SKIP: _plain(SKIP, lambda _: None, "value"),
}
