"""Filters over ids and metadata: plain values, and the mapping syntax parsed into them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeAlias, TypeVar

from pgrecall._values.conversions import EXACT_SCALARS, exact_scalar, listed
from pgrecall._values.conversions import MAX_DEPTH as _MOST_LEVELS
from pgrecall._values.fields import field_keys
from pgrecall._values.filter_values import LISTS, NORMALISERS
from pgrecall._values.numbers import show
from pgrecall._values.own_fields import TIMES, check_strings, checked_times, hint
from pgrecall._values.unusable import Unusable
from pgrecall.errors import FilterError

P = ParamSpec("P")
T = TypeVar("T")

MAX_DEPTH = _MOST_LEVELS
"""Levels that a filter and a path may nest; ``a | b | c`` is one level however long."""

_ALIASES = {"nin": "not_in"}
_LOGICAL = ("$and", "$or", "$not")


class _Combinable:
    """``&``, ``|`` and ``~``; a chain of one operator stays one flat ``And`` or ``Or``."""

    __slots__ = ()

    def __and__(self, other: FilterLike) -> And:
        return And(*_operands(self, And), *_operands(other, And))

    def __rand__(self, other: FilterLike) -> And:
        return And(*_operands(other, And), *_operands(self, And))

    def __or__(self, other: FilterLike) -> Or:
        return Or(*_operands(self, Or), *_operands(other, Or))

    def __ror__(self, other: FilterLike) -> Or:
        return Or(*_operands(other, Or), *_operands(self, Or))

    def __invert__(self) -> Not:
        return Not(self)  # type: ignore[arg-type]  # every subclass is a Filter


def _operands(operand: object, kind: type[And | Or]) -> tuple[Any, ...]:
    return operand.parts if isinstance(operand, kind) else (operand,)


@dataclass(frozen=True, slots=True)
class Condition(_Combinable):
    """One test of one field.

    ===============================  ======================================================
    operator                         matches
    ===============================  ======================================================
    ``eq``                           type-strict: 1 = 1.0, 1 is not "1", True is not 1;
                                     None: null or missing
    ``in``                           as ``eq`` over a list; empty: none
    ``ne``, ``not_in`` (or ``nin``)  the exact negation of ``eq``, ``in``: a missing key
                                     matches unless None is among the values
    ``gt`` ``gte`` ``lt`` ``lte``    numbers with numbers of any size, strings with
                                     strings by code point, times with what is stored of
                                     one; another type: no match
    ``between``                      ``[low, high]``, both included
    ``exists``                       True: the key is there (null counts); False: it is not
    ``is_empty``                     True: missing, null, "" or []; False: the opposite
    ``contains``                     an array with this element, type-strict;
                                     a string with this substring
    ``any``                          an array with one of these elements; empty: none
    ``all``                          an array with all of these; empty: every array
    ``like``, ``ilike``              strings by SQL pattern, backslash escapes
    ``text_match``                   strings with this literal substring
    ``text_match_insensitive``       the same, whatever the case
    ===============================  ======================================================

    Strings compare the same whatever the database's collation; which letters differ only by case
    (``ilike``, ``text_match_insensitive``) is the database's to say. An index serves ``any`` and
    ``all``, but not ``contains`` with a string, which has to read the strings too.

    Attributes:
        field: A metadata key, any characters, taken literally; a tuple of keys is a path into
            nested objects. ``"id"`` is the item's id, compared with strings only; ``("id",)`` the
            metadata key of that name. In an adapter of a framework ``"id"`` is the metadata key.
            ``"$created_at"`` and ``"$updated_at"`` are the item's times, everywhere.
        op: An operator of the table, without ``$``.
        value: A str, int, float, Decimal, bool or None, or a list of them where the operator takes
            a list. A ``datetime`` or ``date`` is compared and equal as an instant, with what is
            stored as text by RFC 3339: a date is its midnight, and what has no zone is in UTC. On a
            field that is declared as ``"datetime"``, and on the item's times, a string by the same
            rules is one too. UUIDs, enums, numpy scalars and arrays, and elements of arrays, become
            what they are stored as.
    """

    field: str | tuple[str, ...]
    op: str
    value: Any


@dataclass(frozen=True, slots=True, init=False, repr=False)
class And(_Combinable):
    """Every part matches; without parts it matches every item.

    Attributes:
        parts: Filters or mappings.
    """

    parts: tuple[FilterLike, ...]

    def __init__(self, *parts: FilterLike | list[FilterLike] | tuple[FilterLike, ...]) -> None:
        """Take the parts as arguments, or as one list."""
        object.__setattr__(self, "parts", _spread(parts))

    def __repr__(self) -> str:
        """Write it as it was made."""
        return f"And({', '.join(map(repr, self.parts))})"


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Or(_Combinable):
    """At least one part matches; without parts it matches nothing.

    Attributes:
        parts: Filters or mappings.
    """

    parts: tuple[FilterLike, ...]

    def __init__(self, *parts: FilterLike | list[FilterLike] | tuple[FilterLike, ...]) -> None:
        """Take the parts as arguments, or as one list."""
        object.__setattr__(self, "parts", _spread(parts))

    def __repr__(self) -> str:
        """Write it as it was made."""
        return f"Or({', '.join(map(repr, self.parts))})"


@dataclass(frozen=True, slots=True)
class Not(_Combinable):
    """The part does not match: its exact negation, missing keys included.

    Attributes:
        part: A filter or a mapping.
    """

    part: FilterLike


Filter: TypeAlias = Condition | And | Or | Not
FilterLike: TypeAlias = Filter | Mapping[Any, Any]


def _spread(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(parts) == 1 and isinstance(parts[0], list | tuple):
        return tuple(parts[0])
    return parts


def nesting_told(function: Callable[P, T]) -> Callable[P, T]:
    """Say of a filter that no stack has room for what is wrong with it."""

    @wraps(function)
    def told(*arguments: P.args, **keywords: P.kwargs) -> T:
        try:
            return function(*arguments, **keywords)
        except RecursionError:
            raise FilterError(
                f"the filter nests deeper than {MAX_DEPTH} levels, or holds itself, or the stack it"
                " is used from is too deep for it; flatten it"
            ) from None

    return told


@nesting_told
def parse(filter_like: FilterLike | None, /, *, metadata_only: bool = False) -> Filter | None:
    """Check a filter whole and bring it to its normal form.

    Mappings become conditions, aliases their operator, lists tuples, and values plain ``str``,
    ``int``, ``float``, ``Decimal``, ``bool``, None or ``Instant``. Only None and the empty mapping
    give None.

    Args:
        filter_like: A filter or a mapping.
        metadata_only: Every key is one of the metadata, ``"id"`` too, as an adapter's users mean
            it; what comes back means so wherever it goes.

    Raises:
        FilterError: It names the field, operator or value, and what to write in its place.
    """
    if filter_like is None or (isinstance(filter_like, Mapping) and not filter_like):
        return None
    return _Parser(metadata_only=metadata_only).filter(filter_like, 1)


class PathOrNothing(tuple[str, ...]):  # noqa: SLOT001  # a tuple's slots can hold nothing
    """A path for which one value counts as none: what an adapter stores where there is nothing."""

    nothing: str

    @classmethod
    def of(cls, path: tuple[str, ...], nothing: str) -> PathOrNothing:
        """Take the path and that value."""
        made = cls(path)
        made.nothing = nothing
        return made


def metadata_field(key: str) -> str | tuple[str, ...]:
    """Give the field of a metadata key as an adapter's users mean it: ``"id"`` is one."""
    return (key,) if key == "id" else key


def parsed_field(field: object, /) -> str | tuple[str, ...]:
    """Check a field: a metadata key, or the keys of a path as a tuple or list.

    Raises:
        FilterError: It is none. The empty key is ``("",)``: alone it is a value that was forgotten.
    """
    try:
        keys = field_keys(field)
    except Unusable as error:
        raise FilterError(error.reason) from None
    if not isinstance(field, str):
        return keys
    if not keys[0]:
        raise FilterError("'' is not a key by itself: the empty key is the path (\"\",)")
    return keys[0]


class _Parser:
    """One parsing; ``metadata_only`` as ``parse`` has it."""

    __slots__ = ("_compared", "_metadata_only")

    def __init__(self, *, metadata_only: bool) -> None:
        self._metadata_only = metadata_only
        # keys that took a value to be equal to, as fields
        self._compared: dict[str, str | tuple[str, ...]] = {}

    def filter(self, node: object, depth: int) -> Filter:
        if depth > MAX_DEPTH:
            raise FilterError(f"the filter nests deeper than {MAX_DEPTH} levels; flatten it")
        match node:
            case Condition():
                return self._condition(node.field, node.op, node.value)
            case And(parts):
                return And(*self._parts(parts, And, depth))
            case Or(parts):
                return Or(*self._parts(parts, Or, depth))
            case Not(part):
                return Not(self.filter(part, depth + 1))
            case Mapping():
                return self._mapping(node, depth)
        raise FilterError(
            f"{show(node)} is not a filter: write a mapping such as"
            ' {"page": {"$gte": 5}}, or Condition("page", "gte", 5)'
        )

    def _parts(self, parts: tuple[Any, ...], kind: type[And | Or], depth: int) -> list[Filter]:
        flat: list[Filter] = []
        for part in parts:
            inner = self._equal(part, depth + 1) or self.filter(part, depth + 1)
            flat.extend(inner.parts if isinstance(inner, kind) else (inner,))  # type: ignore[arg-type]
        return flat

    def _equal(self, part: object, depth: int) -> Condition | None:
        """Parse what most parts of a long list are, a value of the same key; None for all else."""
        if type(part) is not dict or len(part) != 1 or depth > MAX_DEPTH:
            return None
        [(key, value)] = part.items()
        field = self._compared.get(key) if type(key) is str else None
        if field is None or type(value) not in EXACT_SCALARS:
            return None
        try:
            return Condition(field, "eq", exact_scalar(value))
        except Unusable:
            return None  # which the other way tells

    def _mapping(self, node: Mapping[Any, Any], depth: int) -> Filter:
        parts: list[Filter] = []
        for key, value in node.items():
            if isinstance(key, str) and key.startswith("$") and key not in TIMES:
                parts.append(self._logical(key, value, depth))
            else:
                parts.extend(self._tests(key, value))
        return parts[0] if len(parts) == 1 else And(*parts)

    def _logical(self, key: str, value: object, depth: int) -> Filter:
        if key not in _LOGICAL:
            raise FilterError(
                f"{show(key)} is not one of {', '.join(_LOGICAL)}; a metadata key that begins with"
                f' $ is written Condition({show(key)}, "eq", ...)'
            )
        if key == "$not" and not isinstance(value, list | tuple):
            return Not(self.filter(value, depth + 1))
        if not isinstance(value, list | tuple):
            raise FilterError(f'"{key}" takes a list of mappings or filters, not {show(value)}')
        if key == "$not":
            return Not(Or(*self._parts(tuple(value), Or, depth + 1)))
        kind = And if key == "$and" else Or
        return kind(*self._parts(tuple(value), kind, depth))

    def _tests(self, field: Any, value: object) -> list[Filter]:
        """Parse what stands behind a field: a value, operators, or keys of a nested object."""
        if not isinstance(value, Mapping):
            if isinstance(listed(value), LISTS):
                raise FilterError(
                    f'filter on {show(field)}: a bare list is ambiguous; write {{"$in": [...]}}'
                    ' for one of the values, {"$all": [...]} for an array that holds them all'
                )
            return [self._condition(field, "eq", value)]
        if not value:
            raise FilterError(
                f"filter on {show(field)}: an empty mapping tests nothing;"
                ' write {"$exists": True} or {"$is_empty": True}'
            )
        operators = [name for name in value if isinstance(name, str) and name.startswith("$")]
        if not operators:
            return self._nested(field, value)
        for name in value:
            if name not in operators:
                raise FilterError(
                    f"filter on {show(field)}: {show(name)} stands beside {operators[0]}: a mapping"
                    " holds operators, which begin with $, or keys of a nested object, not both;"
                    f' write {{"$and": [{{{show(field)}: {{{show(operators[0])}: ...}}}},'
                    f" {{{show(field)}: {{{show(name)}: ...}}}}]}}"
                )
            if name in _LOGICAL:
                raise FilterError(
                    f"filter on {show(field)}: {name} goes outside:"
                    f' write {{"{name}": ...}} around {{{show(field)}: ...}}'
                )
        return [self._condition(field, name[1:], one) for name, one in value.items()]

    def _nested(self, field: object, value: Mapping[Any, Any]) -> list[Filter]:
        if field == "id" and not self._metadata_only:
            raise FilterError(f"filter on 'id': it is a string, not an object; {hint('id')}")
        if field in TIMES:
            raise FilterError(f"filter on {field!r}: it is a time, not an object; {hint(field)}")
        path = self.field(field)
        base = path if isinstance(path, tuple) else (path,)
        if len(base) >= MAX_DEPTH:
            raise FilterError(f"the path {show(base)} is deeper than {MAX_DEPTH} levels")
        return [test for key, inner in value.items() for test in self._tests((*base, key), inner)]

    def _condition(self, field: object, op: object, value: object) -> Condition:
        name = self.field(field)
        plain = str.__str__(op) if isinstance(op, str) else ""
        plain = _ALIASES.get(plain, plain)
        normalise = NORMALISERS.get(plain)
        if normalise is None:
            known = [plain[1:]] if plain[1:] in NORMALISERS else NORMALISERS
            raise FilterError(
                f"filter on {show(field)}: {show(op)} is not an operator; write {', '.join(known)}"
            )
        try:
            made = Condition(name, plain, normalise(value))
        except FilterError as error:
            raise FilterError(f"filter on {show(field)}, operator {plain!r}: {error}") from None
        if name == "id":
            check_strings(plain, made.value)
        elif name in TIMES:
            return Condition(name, plain, checked_times(name, plain, made.value))
        elif plain == "eq" and type(field) is str and not field.startswith("$"):
            self._compared[field] = name
        return made

    def field(self, field: object) -> str | tuple[str, ...]:
        try:
            keys = field_keys(field)
        except Unusable as error:
            raise FilterError(f"the filter's field: {error.reason}") from None
        if "" in keys:
            raise FilterError("'' is not a key that a filter has: its keys are not empty")
        if not isinstance(field, str):
            return keys
        return metadata_field(keys[0]) if self._metadata_only else keys[0]
