"""Groups of items by a field's value, and the factors of boosts, as SQL."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from psycopg import sql

from pgrecall._statements import instants
from pgrecall._statements.conditions import compile_filter, subject_of
from pgrecall._statements.expressions import field_expression
from pgrecall._statements.parameters import Parameters, Template
from pgrecall._values.own_fields import TIMES
from pgrecall.boosts import Boost, Boosting, Decay
from pgrecall.filters import PathOrNothing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.columns import ItemColumns
    from pgrecall._statements.layout import Stored

_MEMBER = Template("{} -> {}::text")
_VALUE = Template("nullif({}, 'null'::jsonb)")
_OR_NOTHING = Template("nullif({}, {}::jsonb)")
_NUMBER = Template("CASE WHEN jsonb_typeof({}) = 'number' THEN ({})::numeric END")
_FACTOR = Template("CASE WHEN {} THEN {}::float8 ELSE 1 END")

_HALF_LIVES = 600.0
"""Half lives beyond which there is nothing left, of all of a search's Decays together: so the
product of the factors stays in a float's range, where PostgreSQL has an error for what does not."""
_DECAY = Template(
    "coalesce(greatest({}::float8, power(0.5::float8, CASE WHEN {} >= {} * {} THEN {}"
    " ELSE ({} / {})::float8 END)), {}::float8)"
)
_AWAY = Template("abs({} - {}::numeric)")
_SECONDS = Template("abs(extract(epoch FROM {}) - extract(epoch FROM {}))")

# a value with its null or none are groups of one: their id tells them apart
_PLACED = sql.SQL(
    "SELECT *, row_number() OVER of_group AS place, first_value(sort) OVER of_group AS best_sort,"
    " first_value(id) OVER of_group AS best_id FROM {source} WINDOW of_group AS"
    " (PARTITION BY grp, CASE WHEN grp IS NULL THEN id END ORDER BY sort DESC, id)"
)
_RANKED = sql.SQL(
    "SELECT *, dense_rank() OVER (ORDER BY best_sort DESC, best_id) AS group_place FROM {source}"
    " WHERE place <= %(per_group)s"
)

_COUNTED = sql.SQL(
    "SELECT *, sum(CASE WHEN place = 1 THEN 1 ELSE 0 END) OVER (ORDER BY sort DESC, id)"
    " AS group_place FROM {source}"
)


class Keys(NamedTuple):
    """What stands for a field in a statement.

    Attributes:
        path: For each key of its path; empty for the item's id.
        nothing: For the JSON of a value that counts as none, or None.
    """

    path: tuple[str, ...]
    nothing: str | None = None


def value_of(keys: Keys, id_text: sql.SQL, metadata: sql.SQL) -> sql.SQL:
    """Write the value of a field as jsonb: NULL where there is none.

    Args:
        keys: What ``keys_of`` gave for the field.
        id_text: The item's id.
        metadata: The item's metadata.
    """
    if not keys.path:
        return sql.SQL(f"to_jsonb({id_text.as_string()})")
    member: sql.SQL = metadata
    for key in keys.path:
        member = _MEMBER(member, sql.SQL(key))
    value = _VALUE(member)
    return value if keys.nothing is None else _OR_NOTHING(value, sql.SQL(keys.nothing))


def keys_of(field: str | tuple[str, ...], parameters: Parameters) -> Keys:
    """Bind the keys of a field's path and give what stands for each; an item's id has none."""
    if field == "id":
        return Keys(())
    path = (field,) if isinstance(field, str) else field
    bound = tuple(parameters.add(key).as_string(None) for key in path)
    if not isinstance(field, PathOrNothing):
        return Keys(bound)
    return Keys(bound, parameters.add(json.dumps(field.nothing)).as_string(None))


def ranked(source: str, name: str) -> list[tuple[str, sql.Composable]]:
    """Write the CTEs that put rows into groups; the last is called ``name``.

    ``source`` has id, sort (more is better) and grp. What comes has the best ``per_group`` of each
    group, each with its ``place`` there and its group's ``group_place``, from 1.
    """
    return _placed(source, name, _RANKED)


def counted(source: str, name: str) -> list[tuple[str, sql.Composable]]:
    """Write the CTEs that count groups along a ranking; the last is called ``name``.

    ``source`` is as ``ranked`` has it. Each row has in ``group_place`` how many groups there are
    up to it: those of at most n are what brings n groups.
    """
    return _placed(source, name, _COUNTED)


def _placed(source: str, name: str, body: sql.SQL) -> list[tuple[str, sql.Composable]]:
    placed = f"{name}_placed"
    return [
        (placed, _PLACED.format(source=sql.SQL(source))),
        (name, body.format(source=sql.SQL(placed))),
    ]


def factors(
    boosts: Sequence[Boosting], stored: Stored, item: ItemColumns, parameters: Parameters
) -> tuple[str, ...]:
    """Write the factor of each boost for the row ``item``."""
    decays = sum(isinstance(boost, Decay) for boost in boosts)
    most = _HALF_LIVES / max(1, decays)
    return tuple(_factor(boost, stored, item, parameters, most).as_string(None) for boost in boosts)


def _factor(
    boost: Boosting, stored: Stored, item: ItemColumns, parameters: Parameters, most: float
) -> sql.Composable:
    if isinstance(boost, Boost):
        subject = subject_of(item, stored.schema, on_shards=stored.collection.distributed)
        # parsed when the search was checked
        condition = compile_filter(boost.filter, stored.fields, parameters, subject)  # type: ignore[arg-type]
        return _FACTOR(condition, parameters.add(boost.factor))
    return _decay(boost, stored, item, parameters, most)


def _decay(
    decay: Decay, stored: Stored, item: ItemColumns, parameters: Parameters, most: float
) -> sql.Composable:
    floor = parameters.add(decay.floor)
    if isinstance(decay.half_life, timedelta):
        half_life = f"{decay.half_life.total_seconds():.6f}"
        column = _time(decay.field, stored, item, parameters)
        origin = sql.SQL("now()")
        if decay.origin is not None:
            origin = sql.SQL(parameters.add(decay.origin).as_string(None) + "::timestamptz")
        away = _SECONDS(column, origin)
    else:
        half_life = repr(decay.half_life)
        path = (decay.field,) if isinstance(decay.field, str) else tuple(decay.field)
        member: sql.SQL = item.metadata
        for key in path:
            member = _MEMBER(member, parameters.add(key))
        away = _AWAY(_NUMBER(member, member), parameters.add(repr(decay.origin)))
    half = sql.SQL(parameters.add(half_life).as_string(None) + "::numeric")
    beyond = sql.SQL(repr(most))
    return _DECAY(floor, away, half, beyond, beyond, away, half, floor)


def _time(
    field: str | Sequence[str], stored: Stored, item: ItemColumns, parameters: Parameters
) -> sql.Composable:
    """Write one of an item's own times, or of a field that is declared to be one."""
    if field == TIMES[0]:
        return item.created_at
    if field == TIMES[1]:
        return item.updated_at
    key = field if isinstance(field, str) else field[0]
    function = instants.function(stored.schema)
    return field_expression(parameters.add(key), "datetime", item.metadata, function)
