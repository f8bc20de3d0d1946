"""What Alembic's autogenerate is to leave alone: hooks for ``context.configure``.

With ``include_schemas=True`` Alembic looks at every schema of the database, and would drop what no
model of yours describes. It needs no Alembic to be imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["include_name", "leave_out"]


def leave_out(*schemas: str) -> Callable[[str | None, str, Mapping[Any, Any]], bool]:
    """Make an ``include_name`` for Alembic that leaves schemas alone, with all that is in them.

    Args:
        schemas: The schema of each store: ``Store(schema="vectors")``.

    Returns:
        A function that Alembic asks about each name, as its ``include_name``.
    """

    def is_included(name: str | None, type_: str, parent_names: Mapping[Any, Any]) -> bool:
        schema = name if type_ == "schema" else parent_names.get("schema_name")
        return schema not in schemas

    return is_included


def include_name(name: str | None, type_: str, parent_names: Mapping[Any, Any]) -> bool:
    """Tell Alembic to leave the schema ``pgrecall`` alone, where a store keeps what it makes.

    Args:
        name: What Alembic asks about; None is the default schema.
        type_: What it is: ``schema``, ``table``, ``index`` and others.
        parent_names: Where it is.

    Returns:
        Whether Alembic is to look at it.
    """
    return _include_name(name, type_, parent_names)


_include_name = leave_out("pgrecall")
