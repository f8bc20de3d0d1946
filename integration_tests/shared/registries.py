"""Registries as older versions of pgrecall left them, and what one has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from integration_tests.shared.faults import execute

DUMPS = Path(__file__).parents[1] / "core" / "collections" / "registries"

TENANT = "Ténant 100%"
"""Whose collections are in the dumps."""

NEWEST = 7
"""The version that this pgrecall makes."""

NEW_TABLES = {1: ["blobs", "entries", "log", "records"], 2: ["blobs", "log"], 3: []}
"""Tables that a registry of a version does not have; one of a later version has them all."""

FUNCTIONS = {
    "instant_1(text)": 4,
    "analysis_1(text)": 5,
    "analysis_2(text)": 6,
    "analysis_3(text)": 7,
}
"""Functions that tell a version with no tables of its own."""

_NAMES = sorted(NEW_TABLES[1])


def restore(dsn: str, version: int) -> None:
    """Make a database what an older pgrecall left in it."""
    dump = (DUMPS / f"version_{version}.sql").read_text(encoding="utf-8")
    execute(dsn, "CREATE EXTENSION vector", dump)


def missing_tables(dsn: str) -> list[str]:
    """Name the tables of the newest registry that this one does not have."""
    rows = execute(
        dsn,
        f"SELECT name FROM unnest(ARRAY{_NAMES}) AS name"
        " WHERE to_regclass('pgrecall.' || name) IS NULL ORDER BY name",
    )
    return [name for (name,) in rows]


def has_source(dsn: str) -> bool:
    """Tell whether collections have the column of version 3."""
    rows = execute(
        dsn,
        "SELECT 1 FROM pg_attribute WHERE attrelid = 'pgrecall.collections'::regclass"
        " AND attname = 'source'",
    )
    return bool(rows)


def version_of(dsn: str) -> int:
    """Tell the version of a registry by what is there; fails where it is between two."""
    missing = missing_tables(dsn)
    found = [number for number, tables in NEW_TABLES.items() if tables == missing]
    assert has_source(dsn) == (found[0] == 3)
    later = [
        name
        for name in FUNCTIONS
        if execute(dsn, f"SELECT to_regprocedure('pgrecall.{name}') IS NOT NULL") == [(True,)]
    ]
    assert later == list(FUNCTIONS)[: len(later)]
    assert not later or found[0] == 3
    return FUNCTIONS[later[-1]] if later else found[0]


def structure(dsn: str) -> list[tuple[Any, ...]]:
    """Give the columns, constraints and indexes of the registry's own tables."""
    tables = ", ".join(f"'{name}'" for name in ["collections", "schema_version", *_NAMES])
    return execute(
        dsn,
        "SELECT c.relname, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod),"
        " a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid),"
        " a.attcollation::regcollation"
        " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
        " LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum"
        f" WHERE c.relnamespace = 'pgrecall'::regnamespace AND c.relname IN ({tables})"
        " ORDER BY 1, 3",
    ) + execute(
        dsn,
        f"SELECT indexdef FROM pg_indexes WHERE schemaname = 'pgrecall' AND tablename IN ({tables})"
        " ORDER BY 1",
    )
