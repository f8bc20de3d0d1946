"""List items in an order, a page at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pgrecall import filters
from pgrecall._operations.context import resolve
from pgrecall._operations.items.items import items_from
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.search.checks import checked_limit
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import one
from pgrecall._statements.items import listing as statements
from pgrecall._statements.items.fields import OWN_TIMES, ordered_kinds
from pgrecall._statements.items.listing import OTHERS, PARTS, Reached
from pgrecall._values.filter_values import NORMALISERS
from pgrecall._values.instants import instant_of, read
from pgrecall._values.numbers import show
from pgrecall._values.strings import check_id, shown
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Item

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored
    from pgrecall.filters import FilterLike
    from pgrecall.models import Rows


@traced("list_items")
def list_items(
    context: Context,
    tenant: str,
    name: str,
    *,
    filter_: FilterLike | None,
    limit: int | None,
    after: str | Item | None,
    include_vectors: bool = True,
    order_by: str | Sequence[str] | None = None,
    descending: bool = False,
) -> Operation[Rows[Item]]:
    """Read the items that match, in an order, a page at a time where ``limit`` says so."""
    if limit is not None:
        limit = checked_limit(limit)
    field = "id" if order_by is None else filters.parsed_field(order_by)
    if after is not None:
        if not isinstance(after, Item | str):
            kind = type(after).__name__
            msg = f"after must be the last Item of the page before, or its id, not of type {kind}"
            raise InvalidArgumentError(msg)
        # a row of somebody else's table may have the empty text for its id
        if not (isinstance(after, Item) and after.id == ""):
            check_id(after.id if isinstance(after, Item) else after, limit=None)
    if field != "id" and isinstance(after, str):
        msg = (
            f"after must be the last Item of the page before, not the id {after!r}: where a page by"
            f" {show(order_by)} ends, the id alone does not tell"
        )
        raise InvalidArgumentError(msg)
    parsed = filters.parse(filter_)
    stored = yield from resolve(context, tenant, name)
    value = _value(stored, after, field) if isinstance(after, Item) else None
    if after is not None:
        _check_possible(stored, after.id if isinstance(after, Item) else after)
    if field == "id":
        statement = statements.list_items(
            stored,
            parsed,
            limit=limit,
            after=after.id if isinstance(after, Item) else after,
            include_vectors=include_vectors,
            descending=bool(descending),
        )
    else:
        statement = statements.list_ordered(
            stored,
            parsed,
            field,
            limit=limit,
            after=_reached(after.id, value, ordered_kinds(stored, field))
            if isinstance(after, Item)
            else None,
            include_vectors=include_vectors,
            descending=bool(descending),
        )
    result = yield from on_collection(context, stored, one(statement, replica=True))
    return items_from(stored, result)


def _check_possible(stored: Stored, id_: str) -> None:
    """Raise InvalidArgumentError where no item of an adopted table can have an id."""
    if not stored.possible([id_]):
        types = ", ".join(column.type for column in stored.adopted.id) if stored.adopted else ""
        msg = (
            f"after: {shown(id_)} cannot be an id of {stored.collection.table_name}, whose ids are"
            f" of type {types}"
        )
        raise InvalidArgumentError(msg)


def _value(stored: Stored, item: Item, field: str | tuple[str, ...]) -> Any:
    """Give what an item has in a field; None where it has none."""
    if field in OWN_TIMES:
        # an item that was not read has no times
        name = str(field)[1:]
        time = instant_of(getattr(item, name, None))
        if time is None and stored.adopted is None:
            msg = f"after must be an Item that was read: {item.id!r} has no {name}"
            raise InvalidArgumentError(msg)
        return time
    value: Any = item.metadata
    for key in (field,) if isinstance(field, str) else field:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _reached(id_: str, value: Any, kinds: Sequence[str]) -> Reached:
    """Tell where in the order of a field's types an item with a value stands."""
    for kind in kinds:
        text = _KEYS[kind](value)
        if text is not None:
            return Reached(id_, PARTS[kind], text)
    return Reached(id_, OTHERS)


def _number(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if isinstance(value, float) and math.isinf(value):  # read of a number too large for one
        return str(value)
    return str(NORMALISERS["gt"](value))


def _text(value: Any) -> str | None:
    return str(NORMALISERS["gt"](value)) if isinstance(value, str) else None


def _time(value: Any) -> str | None:
    instant = read(value) if isinstance(value, str) else instant_of(value)
    return None if instant is None else str(instant)


def _boolean(value: Any) -> str | None:
    return str(value).lower() if isinstance(value, bool) else None


_KEYS: dict[str, Callable[[Any], str | None]] = {
    "number": _number,
    "text": _text,
    "datetime": _time,
    "boolean": _boolean,
}
"""For each type: a value as the text that says where in its order it is; None of another type."""
