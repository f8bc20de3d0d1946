"""What Alembic is told about the names that it asks for."""

from __future__ import annotations

import pytest

from pgrecall.alembic import include_name, leave_out

IN = {"schema_name": "pgrecall", "table_name": "collections"}


@pytest.mark.parametrize(
    ("name", "type_", "parents", "included"),
    [
        ("pgrecall", "schema", {}, False),
        (None, "schema", {}, True),
        ("pgrecall", "table", {"schema_name": None}, True),
        ("collections", "table", IN, False),
        ("tenant", "column", IN, False),
    ],
)
def test_the_schema_of_a_store_is_left_out_with_all_in_it(name, type_, parents, included) -> None:
    assert include_name(name, type_, parents) is included


def test_schemas_of_other_names_can_be_left_out_together() -> None:
    hook = leave_out("vectors", "memory")

    assert [name for name in ("vectors", "memory", "shop") if hook(name, "schema", {})] == ["shop"]
