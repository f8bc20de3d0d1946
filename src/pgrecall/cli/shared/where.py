"""Conditions and fields as a shell takes them: ``author.name = Ann``, ``on >= 2026-01-01``.

A condition is a field, an operator and a value. Of a field, dots lead into nested objects, and what
stands in double quotes is taken as it is: ``"a.b"`` is one key. A value is a number, ``true``,
``false``, ``null``, a date or a time where it looks like one, else text; in quotes it is text. What
looks like an operator that there is none of, or like another condition, is told.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from pgrecall import filters
from pgrecall._values.instants import read
from pgrecall.cli.shared.fields import QUOTED, Field, field_of, field_text, is_whole, unquoted
from pgrecall.cli.shared.output import shortened
from pgrecall.errors import FilterError, InvalidArgumentError
from pgrecall.filters import Condition

_SIGNS = {
    "=": "eq",
    "==": "eq",
    "!=": "ne",
    "<>": "ne",
    "<": "lt",
    "<=": "lte",
    ">": "gt",
    ">=": "gte",
}
_FLAGS = {
    "exists": ("exists", True),
    "not exists": ("exists", False),
    "is empty": ("is_empty", True),
    "is not empty": ("is_empty", False),
    "is null": ("eq", None),
    "is not null": ("ne", None),
}
_LISTS = {"in": "in", "not in": "not_in", "any": "any", "all": "all", "between": "between"}
_TEXTS = {"like": "like", "ilike": "ilike", "has": "text_match_insensitive"}
_WORDS = {**_LISTS, **_TEXTS, "contains": "contains"}
_SHOWN = ("=", "!=", "<", "<=", ">", ">=", *_WORDS, *_FLAGS)
_NEW = "set"  # the operator of what is none: a new value
_ORDERED = {"lt", "lte", "gt", "gte", "between"}
_AS_STORED = {"contains", "any", "all", _NEW}  # of elements, times are compared by their text

_KEY = re.compile(rf"{QUOTED}|[^\s\"'.=<>!,()]+")
_SPACE = re.compile(r"\s*")
_SIGN = re.compile(r"[=!<>~]+")  # whatever is written so is to be one
_EQUALS = re.compile(r"[!<>]?=+|<>|[<>]")
_WORD = re.compile(
    r"(?:{})(?![\w-])".format("|".join(one.replace(" ", r"\s+") for one in [*_FLAGS, *_WORDS])),
    re.IGNORECASE,
)
_ELEMENT = re.compile(rf"\s*({QUOTED}|'(?:[^']|'')*'|[^,]*)\s*")
_PATH = rf"(?:{_KEY.pattern})(?:\.(?:{_KEY.pattern}))*"
_ANOTHER = re.compile(
    rf"\s((?:and|or|&&|\|\|)\s+(?:{_PATH}\s*)?(?:==?|!=|<>|[<>]=?))", re.IGNORECASE
)
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ]\d.*)?", re.ASCII)
_MINUTES = re.compile(r"(.{10}[Tt ]\d\d:\d\d)([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
_MOST_SHOWN = 120  # characters of a condition in a message
_MOST_DIGITS = 300  # of a whole number that is kept exactly
_BRACKETS = {"(": ")", "[": "]"}
_BRACKET = re.compile(r"[()\[\]]")
_CONSTANTS = {"true": True, "false": False, "null": None}


def condition(text: str) -> Condition:
    """Read one condition.

    Raises:
        InvalidArgumentError: It is none; the message has the place, and what could stand there.
    """
    made = _Reader(text).condition()
    try:
        filters.parse(made)
    except FilterError as error:
        told = str(error).replace(repr(made.field), repr(field_text(made.field)))
        raise InvalidArgumentError(f"--where {_shown(text)}: {told}") from None
    return made


def assignment(text: str) -> tuple[Field, Any]:
    """Read a field and its new value: a time stays text, and a list or an object is JSON.

    Raises:
        InvalidArgumentError: It is none.
    """
    return _Reader(text, "--set").assignment()


class _Reader:
    """Reads one condition from its beginning on."""

    def __init__(self, text: str, option: str = "--where") -> None:
        self.text = text
        self.option = option
        self.place = 0

    def condition(self) -> Condition:
        path = self.path()
        self.take(_SPACE)
        start = self.place
        if (sign := self.take(_SIGN)) in _SIGNS:
            name, shown = _SIGNS[sign], sign
        elif not sign and (word := self.take(_WORD)):
            shown = " ".join(word.lower().split())
            if shown in _FLAGS:
                return self.flag(path, shown)
            name = _WORDS[shown]
        else:
            self.place = start
            self.fail(f"an operator belongs here: {', '.join(_SHOWN)}")
        self.take(_SPACE)
        if shown in _LISTS:
            return Condition(path, name, self.several(path, name, shown))
        return Condition(path, name, self.one(path, name, shown))

    def assignment(self) -> tuple[Field, Any]:
        path = self.path()
        self.take(_SPACE)
        if self.take(_EQUALS) != "=":
            self.place = len(self.text[: self.place].rstrip("=!<>"))
            self.fail("an equals sign belongs here, and the new value behind it")
        self.take(_SPACE)
        rest = self.text[self.place :].strip()
        if rest[:1] not in {"[", "{"}:
            return path, self.one(path, _NEW, "=")
        try:
            return path, json.loads(rest)
        except ValueError as error:
            self.fail(f"that is not JSON ({error}); in quotes it is text")

    def path(self) -> Field:
        self.take(_SPACE)
        keys: list[str] = []
        while True:
            found = self.take(_KEY)
            if not found:
                self.fail(
                    "a key belongs here, such as price or author.name; one with spaces or signs"
                    ' stands in double quotes, "list price"'
                )
            if found.endswith("-") and self.text.startswith(">", self.place):
                self.place -= 1
                self.fail("a dot leads to a key inside another, as in author.name")
            keys.append(self.unquoted(found))
            if not self.text.startswith(".", self.place):
                return field_of(keys, quoted=found.startswith('"'))
            self.place += 1

    def flag(self, path: Field, shown: str) -> Condition:
        self.take(_SPACE)
        if self.place < len(self.text):
            self.fail(f"nothing stands behind {shown!r}")
        return Condition(path, *_FLAGS[shown])

    def one(self, path: Field, name: str, shown: str) -> Any:
        rest = self.text[self.place :].strip()
        if not rest:
            self.fail(f'a value belongs behind {shown!r}; "" is the empty text')
        if rest[0] in "\"'":
            found = _ELEMENT.match(self.text, self.place)
            if found is None or not is_whole(found[1]) or found.end() < len(self.text):
                self.fail("a value in quotes ends with the same quote, and nothing behind it")
        elif name != _NEW:
            self.alone(self.text)
        return self.value(path, name, rest)

    def alone(self, text: str) -> None:
        """Raise where another condition begins within what is to be one value."""
        if another := _ANOTHER.search(text, self.place):
            self.place = another.start(1)
            self.fail(
                "a condition begins here; --where takes one and is given again for each that must"
                " hold, --filter has $or, and in quotes it is text"
            )

    def several(self, path: Field, name: str, shown: str) -> list[Any]:
        end, in_brackets = self.end_of_several()
        values = []
        while True:
            found = _ELEMENT.match(self.text, self.place, end)
            written = "" if found is None else found[1].strip()
            if found is None or not written:
                self.fail(f'a value belongs here; {shown} takes several, with commas: a, "b, c"')
            self.element(written, found.end(), in_brackets=in_brackets)
            values.append(self.value(path, name, written))
            self.place = found.end()
            if self.place >= end:
                break
            if self.text[self.place] != ",":
                self.fail("a comma belongs between two values")
            self.place += 1
        if name == "between" and len(values) != 2:  # noqa: PLR2004  # low and high
            self.fail("between takes two values, with a comma: 3, 7")
        return values

    def end_of_several(self) -> tuple[int, bool]:
        """Give where a list ends, and whether brackets are around it; the first one is read."""
        end = len(self.text.rstrip())
        closing = _BRACKETS.get(self.text[self.place : self.place + 1])
        if closing is None:
            return end, False
        if not self.text.endswith(closing, self.place + 1, end):
            self.fail(f"what begins so ends with {closing}; in quotes it is text")
        self.place += 1
        return end - 1, True

    def element(self, written: str, end: int, *, in_brackets: bool) -> None:
        """Raise where an element of a list is not one value."""
        if written[0] in "\"'":
            if not is_whole(written):
                self.fail("a value in quotes ends with the same quote")
        elif in_brackets and _BRACKET.search(written):
            self.fail("a value with brackets stands in quotes here")
        else:
            self.alone(self.text[:end])

    def value(self, path: Field, name: str, written: str) -> Any:
        if written[0] in "\"'" and is_whole(written):
            return self.unquoted(written)
        if (path == "id" and name != _NEW) or name in _TEXTS.values():
            return written
        if written.lower() in _CONSTANTS:
            if name in _ORDERED:
                self.fail("only numbers, texts and times are less or greater; in quotes it is text")
            return _CONSTANTS[written.lower()]
        if _NUMBER.fullmatch(written):
            return self.number(written)
        if _DAY.fullmatch(written) and name not in _AS_STORED:
            instant = read(_MINUTES.sub(r"\1:00\2", written) if _is_short(written) else written)
            if instant is None:
                self.fail(
                    "there is no such time; write 2026-01-31, 2026-01-31T12:00 or"
                    " 2026-01-31T12:00:00+02:00, or in quotes what is meant as text"
                )
            return instant
        return written

    def number(self, written: str) -> int | float:
        if len(written) <= _MOST_DIGITS and written.lstrip("+-").isdigit():
            return int(written)
        found = float(written)
        if math.isinf(found):
            self.fail("the number is too large; in quotes it is text")
        return found

    def take(self, what: re.Pattern[str]) -> str:
        found = what.match(self.text, self.place)
        if found is None:
            return ""
        self.place = found.end()
        return found[0]

    def unquoted(self, written: str) -> str:
        try:
            return unquoted(written)
        except ValueError:
            self.fail("a backslash in double quotes is written as in JSON, twice")

    def fail(self, why: str) -> NoReturn:
        rest = self.text[self.place :]
        where = f"character {self.place + 1}, {_shown(rest)}" if rest.strip() else "its end"
        raise InvalidArgumentError(f"{self.option} {_shown(self.text)}, at {where}: {why}")


def _shown(text: str) -> str:
    return repr(shortened(text, _MOST_SHOWN))


def _is_short(written: str) -> bool:
    return _MINUTES.fullmatch(written) is not None
