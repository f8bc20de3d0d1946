"""Keys that no item has, told beside an answer that they explain."""

from __future__ import annotations

import difflib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pgrecall import filters
from pgrecall._operations.items.described import type_of
from pgrecall._values.instants import Instant
from pgrecall._values.own_fields import TIMES
from pgrecall.cli.shared.fields import Field, field_text
from pgrecall.cli.shared.output import note, value_text
from pgrecall.errors import PgRecallError
from pgrecall.filters import And, Condition, Not, Or

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pgrecall.filters import FilterLike
    from pgrecall.models import Field as Found
    from pgrecall.store import Store

_LOOKED_AT = 1_000  # items, drawn at random: some milliseconds of a large table
_MOST_MEANT = 3  # keys that are suggested
_TIME = "time"
_ONE = {"text": "text", "number": "a number", "boolean": "a boolean", _TIME: "a time"}
_SEVERAL = {
    "text": "text",
    "number": "numbers",
    "boolean": "booleans",
    "object": "objects",
    "array": "lists",
}
_COMPARED = {"eq", "ne", "gt", "gte", "lt", "lte"}
_COMPARED_WITH_SEVERAL = {"in", "not_in", "between"}
_HELD_BY_OTHERS = {"ne", "not_in"}  # a value of another type matches by it


def tell(
    store: Store,
    tenant: str,
    collections: str | Sequence[str],
    *,
    filter_: FilterLike | None = None,
    fields: Iterable[Field] = (),
    found: bool = True,
) -> None:
    """Say on stderr where a filter, or another option, names a key that items do not have.

    Nothing is looked for where something was found by a filter that a missing key cannot match.

    Args:
        store: Where to look.
        tenant: Whose collection.
        collections: Its name, or those of several.
        filter_: What the items were asked for by.
        fields: Fields that an answer went by in another way: an order, groups.
        found: Whether there was any such item.
    """
    parsed = filters.parse(filter_)
    conditions = [] if parsed is None else list(_conditions(parsed))
    if found and not any(matches for _, matches in conditions) and not fields:
        return
    asked = {_path(one.field): one.field for one, _ in conditions}
    asked |= {_path(one): one for one in fields}
    asked = {path: one for path, one in asked.items() if one not in ("id", *TIMES)}
    known: dict[tuple[str, ...], Found] = {}
    for name in [collections] if isinstance(collections, str) else collections:
        with suppress(PgRecallError):  # the answer is there: what cannot explain it is no failure
            described = store.describe_fields(tenant, name, sample=_LOOKED_AT)
            known |= {one.path: one for one in described}
    if not asked or not known:
        return
    for path, one in asked.items():
        if path not in known:
            note(f"no item that was looked at has {field_text(one)!r}{_meant(path, known)}")
    for condition in _joined(parsed):
        if not found or condition.op in _HELD_BY_OTHERS:
            _tell_type(condition, known)


def _conditions(parsed: Any, *, negated: bool = False) -> Iterator[tuple[Condition, bool]]:
    """Give each condition, and whether an item without its key can match by it."""
    match parsed:
        case Condition(_, op, value):
            missing = {
                "ne": value is not None,
                "not_in": None not in value if op == "not_in" else False,
                "eq": value is None,
                "in": None in value if op == "in" else False,
                "exists": value is False,
                "is_empty": value is True,
            }
            yield parsed, missing.get(op, False) is not negated
        case Not(part):
            yield from _conditions(part, negated=not negated)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _conditions(part, negated=negated)


def _path(field: Field) -> tuple[str, ...]:
    return (field,) if isinstance(field, str) else tuple(field)


def _meant(path: tuple[str, ...], known: dict[tuple[str, ...], Found]) -> str:
    """Suggest keys that are there: one like it, one of another depth, one with its dots."""
    texts = {field_text(one): one for one in known}
    asked = field_text(path)
    close = [
        text
        for text, one in texts.items()
        if one[-1] == path[-1] or ".".join(one) == ".".join(path)
    ]
    folded = {text.casefold(): text for text in texts}
    alike = difflib.get_close_matches(asked.casefold(), folded, n=_MOST_MEANT, cutoff=0.6)
    close += [folded[one] for one in alike]
    shown = list(dict.fromkeys(close))[:_MOST_MEANT]
    return f"; did you mean {' or '.join(map(repr, shown))}?" if shown else ""


def _joined(parsed: FilterLike | None) -> list[Condition]:
    """Give the conditions that all must hold."""
    match parsed:
        case Condition():
            return [parsed]
        case And(parts):
            return [one for part in parts for one in _joined(part)]
    return []


def _tell_type(condition: Condition, known: dict[tuple[str, ...], Found]) -> None:
    """Say where what was asked for is of no type that the values have: numbers, and all is text."""
    field = known.get(_path(condition.field))
    asked = _asked(condition)
    if field is None or not asked:
        return
    there = set(field.types) - {"null"}
    kinds = [_TIME if isinstance(one, Instant) else type_of(one) for one in asked]
    if not there or any((one, "text")[one == _TIME] in there for one in kinds):
        return
    shown, given, kind = field_text(condition.field), asked[0], kinds[0]
    match given:
        case str():
            told = repr(given)
        case Instant():
            told = str(given).replace(".000000", "")
        case _:
            told = value_text(given)
    hint = ""
    if there == {"text"}:
        hint = "; in double quotes it is text"
    elif "array" in there:
        hint = f"; did you mean {f'{shown} contains'!r}?"
    elif "object" in there:
        inner = [field_text(path) for path in known if path[:-1] == field.path]
        hint = f"; did you mean {' or '.join(map(repr, inner[:_MOST_MEANT]))}?" if inner else ""
    names = " and ".join(_SEVERAL[one] for one in field.types if one != "null")
    note(f"{shown!r} holds {names} where it was looked at, and {told} is {_ONE[kind]}{hint}")


def _asked(condition: Condition) -> list[Any]:
    """Give the values that an item's value is compared with."""
    if condition.op in _COMPARED:
        values = [condition.value]
    elif condition.op in _COMPARED_WITH_SEVERAL:
        values = list(condition.value)
    else:
        return []
    return [] if None in values else values
