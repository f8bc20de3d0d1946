"""Records of what was indexed, for the record managers of frameworks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import TYPE_CHECKING

from pgrecall._operations.context import MAX_NAME_BYTES
from pgrecall._operations.entries.entries import MAX_KEY_BYTES
from pgrecall._operations.search.checks import checked_limit
from pgrecall._operations.setup import needing_version
from pgrecall._operations.work import one
from pgrecall._statements.entries import records as statements
from pgrecall._values.strings import check_name, check_text, nth, told_at
from pgrecall.errors import DatabaseError, InvalidArgumentError

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.entries.records import Place
    from pgrecall._statements.statement import Statement


MAX_SECONDS = 1e11
"""Some 3,000 years from 1970 on; PostgreSQL's times go further."""

_MAX_TRIES = 5


def clock(context: Context) -> Operation[float]:  # noqa: ARG001  # as every operation
    """Give the server's time, in seconds since 1970."""
    result = yield one(statements.clock())
    return float(result.rows[0][0])


def update(
    context: Context,
    place: Place,
    keys: Sequence[str],
    *,
    group_ids: Sequence[str | None] | None,
    time_at_least: float | None,
) -> Operation[None]:
    """Insert or replace records with the server's time, all or none.

    Raises:
        InvalidArgumentError: A key cannot be one, there are not as many groups as keys, or the
            server's clock is before ``time_at_least``.
    """
    checked = _checked_keys(place, keys)
    groups = [None] * len(checked) if group_ids is None else list(group_ids)
    if len(groups) != len(checked):
        msg = f"there are {len(checked):,} keys and {len(groups):,} group_ids: one each is needed"
        raise InvalidArgumentError(msg)
    for number, group in enumerate(groups):
        if group is not None:
            check_text(f"group_ids {nth(number)}", group)
    _check_time("time_at_least", time_at_least)
    if not checked:
        return
    rows = dict(zip(checked, groups, strict=True))
    ordered = sorted(rows)
    statement = statements.update(
        context.schema, place, ordered, [rows[key] for key in ordered], time_at_least
    )
    now, late_enough = yield from _written(context, statement)
    if not late_enough:
        msg = (
            f"the server's clock says {now:.6f}, which is before time_at_least={time_at_least}:"
            " it was set back, or that time is from another clock; nothing was written"
        )
        raise InvalidArgumentError(msg)


def _written(context: Context, statement: Statement) -> Operation[tuple[float, bool]]:
    tries = 0
    while True:
        tries += 1
        try:
            result = yield from needing_version(context, 2, one(statement, writes=True))
        except DatabaseError as error:
            # foreign_key_violation: the collection was dropped while its records were written
            if error.sqlstate != "23503" or tries == _MAX_TRIES:
                raise
        else:
            now, late_enough = result.rows[0]
            return now, late_enough


def exists(context: Context, place: Place, keys: Sequence[str]) -> Operation[list[bool]]:
    """Tell of each key whether it is there, in the order asked."""
    checked = _checked_keys(place, keys)
    if not checked:
        return []
    result = yield from needing_version(
        context, 2, one(statements.existing(context.schema, place, checked))
    )
    found = {key for (key,) in result.rows}
    return [key in found for key in checked]


def list_keys(
    context: Context,
    place: Place,
    *,
    before: float | None,
    after: float | None,
    group_ids: Sequence[str] | None,
    limit: int | None,
) -> Operation[list[str]]:
    """Give the keys of records written before and after a time, of some groups, in order."""
    check_place(place)
    _check_time("before", before)
    _check_time("after", after)
    if limit is not None:
        limit = checked_limit(limit)
    groups = list(group_ids or ())
    for number, group in enumerate(groups):
        check_text(f"group_ids {nth(number)}", group)
    statement = statements.list_keys(
        context.schema, place, before=before, after=after, groups=groups or None, limit=limit
    )
    result = yield from needing_version(context, 2, one(statement))
    return [key for (key,) in result.rows]


def delete(context: Context, place: Place, keys: Sequence[str]) -> Operation[int]:
    """Remove records by key."""
    checked = _checked_keys(place, keys)
    if not checked:
        return 0
    result = yield from needing_version(
        context, 2, one(statements.delete(context.schema, place, sorted(set(checked))), writes=True)
    )
    return result.touched


def check_place(place: Place) -> None:
    """Raise InvalidArgumentError unless records can be there."""
    check_name("a tenant", place.tenant, limit=MAX_NAME_BYTES)
    check_name("a namespace", place.namespace, limit=MAX_NAME_BYTES)
    if place.collection:
        check_name("a collection name", place.collection, limit=MAX_NAME_BYTES)


def _checked_keys(place: Place, keys: Iterable[str]) -> list[str]:
    check_place(place)
    if isinstance(keys, str | bytes):
        msg = "keys must be a list of strings, not one string"
        raise InvalidArgumentError(msg)
    room = MAX_KEY_BYTES - sum(len(name.encode()) for name in place)
    checked = list(keys)
    for number, key in enumerate(checked):
        try:
            check_name("a record's key", key, limit=max(room, 0))
        except InvalidArgumentError as error:
            raise told_at("keys", number, error) from None
    return list(map(str.__str__, checked))


def _check_time(what: str, value: object) -> None:
    if value is None:
        return
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not isfinite(value) or abs(value) > MAX_SECONDS:  # type: ignore[arg-type]  # a number
        msg = f"{what} must be a time in seconds since 1970, not {value!r}"
        raise InvalidArgumentError(msg)
