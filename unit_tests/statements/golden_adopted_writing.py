"""What writes an adopted table, among the golden cases."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from unit_tests.statements.golden_values import LANG, STORED, local

from pgrecall import Change, Item
from pgrecall._operations.items.items import kind_of
from pgrecall._statements.adopted import changing, target, writing
from pgrecall._statements.adopted.adopted import Adopted
from pgrecall._statements.adopted.columns import TableColumn
from pgrecall._values.changes import ChangeShape, edit_values
from pgrecall._values.edits import checked_edit
from pgrecall._values.table_changes import TableChangeBatch, key_arrays, parted_edit
from pgrecall._values.table_rows import TableBatch

if TYPE_CHECKING:
    from unit_tests.statements.golden_search import Make

    from pgrecall._statements.statement import Statement

_ID = TableColumn("id", "bigint", "integer")
_PLAIN = Adopted(
    "public",
    "articles",
    16_700,
    "table",
    id=(_ID,),
    text=(TableColumn("title", "text", "text"),),
    vector=TableColumn("embedding", "public.vector", "vector"),
    metadata=(
        TableColumn("lang", "character varying", "text"),
        TableColumn("tags", "text", "text", is_array=True),
        TableColumn("extra", "json", "json"),
    ),
    json=TableColumn("attributes", "jsonb", "json"),
    updated_at=TableColumn("updated", "timestamp without time zone", "timestamp"),
    writable=True,
)
_SCOPED = replace(
    _PLAIN,
    id=(TableColumn("shop", "uuid", "uuid"), TableColumn("slug", "text", "text")),
    vector=TableColumn("embedding", "real", "float", is_array=True),
    json=None,
    where='{"account": {"$eq": 7}}',
    scope=(TableColumn("account", "integer", "integer"),),
)
_FACTS = {
    "id": [False, "", True, None],
    "title": [False, "", True, None],
    "tags": [False, "", False, "'{100%}'::text[]"],
    "updated": [False, "", True, None],
}
_TARGET = target.target_of(_PLAIN, [json.dumps(_FACTS), '[["id"]]', False, None])
_DIRECT = target.target_of(_PLAIN, [json.dumps(_FACTS), '[["id"]]', True, '["title"]'])
_ALWAYS = target.target_of(
    _PLAIN, [json.dumps({"id": [False, "a", True, None]}), '[["id"]]', True, None]
)
_OF_SCOPE = target.target_of(
    _SCOPED, ["{}", '[["shop"], ["account", "slug", "shop"]]', False, None]
)
_DIRECTLY = target.target_of(_SCOPED, ["{}", '[["account", "slug", "shop"]]', True, None])
_OWN_ID = '["6c1b1ee0-7c0f-4f6e-9f2a-2f9f3c1d2e4f", "a"]'


def _on(table: Adopted) -> Any:
    source = json.loads(table.to_json())
    return local(replace(STORED, source=source))


ADOPTED, SCOPED = _on(_PLAIN), _on(_SCOPED)


def _upserted(stored: Any, to: target.Target, items: list[Item]) -> list[Statement]:
    batch = TableBatch(kind_of(stored), to.slots)
    batch.add(items)
    batch.closed()
    made = [writing.lock(stored, batch.key_arrays(batch.places))]
    return made + [writing.upsert(stored, to, batch.written(*part)) for part in batch.parts]


def _updated(stored: Any, to: target.Target, changes: list[Change]) -> list[Statement]:
    batch = TableChangeBatch(kind_of(stored), to.slots)
    batch.add(changes)
    return [changing.update(stored, to, some) for some in batch.closed().changed()]


def _where(stored: Any, to: target.Target, set_: Any, remove: Any) -> Statement:
    edit = checked_edit(set_, remove, "update_where")
    assert edit is not None
    made = parted_edit(to.slots, edit, "update_where")
    keys = tuple(sorted(made.typed))
    shape = ChangeShape(False, False, False, made.edit and made.edit.shape, keys, made.nested)
    values = {} if made.edit is None else edit_values(made.edit.parts("update_where"))
    values |= {f"c{number}": made.typed[key] for number, key in enumerate(keys)}
    return changing.update_where(stored, to, LANG, shape, values)


_ITEMS = [
    Item("10", [1, 2, 3], "ten", {"tags": ["a"], "other": 1}),
    Item("2", None, "two", {"tags": ["b", "c"], "extra": {"x": 1}}),
    Item("9", None, "nine"),
]
_SET = {"lang": "de", ("extra", "x"): 1, ("deep", "y"): 2}

ADOPTED_WRITING: dict[str, Make] = {
    "adopted-look": lambda _: target.look(_PLAIN),
    "adopted-upsert": lambda _: _upserted(ADOPTED, _TARGET, _ITEMS),
    "adopted-upsert-always": lambda _: _upserted(ADOPTED, _ALWAYS, _ITEMS[:1])[1],
    "adopted-upsert-scoped": lambda _: _upserted(SCOPED, _OF_SCOPE, [Item(_OWN_ID, None, "x")]),
    "adopted-upsert-direct": lambda _: [
        *_upserted(ADOPTED, _DIRECT, _ITEMS)[1:],
        *_upserted(ADOPTED, _DIRECT, _ITEMS[:1])[1:],
    ],
    "adopted-upsert-direct-scoped": lambda _: _upserted(
        SCOPED, _DIRECTLY, [Item(_OWN_ID, None, "x")]
    )[1],
    "adopted-outside": lambda _: writing.outside(SCOPED, key_arrays(_OF_SCOPE.slots, [_OWN_ID])),
    "adopted-update": lambda _: _updated(
        ADOPTED,
        _TARGET,
        [
            Change("1", set=_SET, remove=["tags", "gone"]),
            Change("2", vector=[1, 2, 3], text="b", metadata={"lang": "fr"}),
        ],
    ),
    "adopted-update-scoped": lambda _: _updated(
        SCOPED, _OF_SCOPE, [Change(_OWN_ID, vector=[1, 2, 3], metadata=None)]
    ),
    "adopted-update-where": lambda _: _where(ADOPTED, _TARGET, _SET, ["gone"]),
    "adopted-update-where-scoped": lambda _: _where(SCOPED, _OF_SCOPE, {"lang": "de"}, ()),
    "adopted-delete": lambda _: writing.delete(ADOPTED, key_arrays(_TARGET.slots, ["1", "2"])),
    "adopted-delete-scoped": lambda _: writing.delete(
        SCOPED, key_arrays(_OF_SCOPE.slots, [_OWN_ID])
    ),
    "adopted-delete-where": lambda _: writing.delete_where(SCOPED, LANG),
}
