"""Every verb of the store has its command, or a reason why it has none."""

from __future__ import annotations

from typing import Any

from typer.main import get_command

from pgrecall import Store
from pgrecall.cli.app import app

COMMANDS = {
    "abandon_reembed": ["reembed"],
    "adopt_collection": ["adopt"],
    "alter_collection": ["alter"],
    "analyze_text": ["words"],
    "clear": ["clear"],
    "count": ["count"],
    "create_index": ["index create"],
    "delete": ["delete"],
    "delete_where": ["delete"],
    "delete_report": ["reports"],
    "describe_collection": ["collections"],
    "describe_fields": ["fields", "collections"],
    "drop_collection": ["drop"],
    "drop_index": ["index drop"],
    "ensure_collection": ["load"],
    "evaluate": ["evaluate"],
    "facet": ["facet"],
    "field_range": ["range"],
    "forget": ["forget"],
    "get": ["get"],
    "get_report": ["reports"],
    "keep_report": ["evaluate", "recall", "tune"],
    "list_collections": ["collections"],
    "list_items": ["head", "list", "export"],
    "list_reports": ["reports"],
    "load": ["load"],
    "maintain": ["maintain"],
    "measure_recall": ["recall"],
    "prewarm": ["prewarm"],
    "reembed": ["reembed"],
    "reindex": ["index rebuild"],
    "rename_collection": ["rename"],
    "replay": ["evaluate"],
    "sample": ["sample"],
    "search": ["search"],
    "search_hybrid": ["search"],
    "search_many": ["search-many"],
    "search_near": ["near"],
    "search_text": ["search"],
    "tune": ["tune"],
    "tune_fusion": ["tune"],
    "update": ["update"],
    "update_where": ["update"],
    "upsert": ["load"],
}

WITHOUT = {
    "bind": "names a tenant for code: a command has --tenant",
    "close": "ends with the command",
    "list_ids": "`list` and `export --no-vectors` have the ids, with what they are of",
    "map_collection": "is a picture: `plot()` draws it in a notebook",
    "on": "takes part in a transaction of the caller's",
    "pool_statistics": "is of a process that lives on: a command has its connections to itself",
}


def verbs() -> set[str]:
    """Name what a store can be asked to do."""
    found = (name for name in dir(Store) if not name.startswith("_"))
    return {name for name in found if callable(getattr(Store, name))}


def names(group: Any, before: str = "") -> set[str]:
    """Name every command, those of groups with the group's name before."""
    found: set[str] = set()
    for name, command in group.commands.items():
        inner = hasattr(command, "commands")
        found |= names(command, f"{before}{name} ") if inner else {f"{before}{name}"}
    return found


def test_every_verb_has_its_command_or_a_reason_why_not() -> None:
    assert sorted(verbs() - COMMANDS.keys() - WITHOUT.keys()) == []


def test_what_the_table_names_is_there() -> None:
    assert sorted((COMMANDS.keys() | WITHOUT.keys()) - verbs()) == []
    assert COMMANDS.keys().isdisjoint(WITHOUT)
    assert {one for named in COMMANDS.values() for one in named} <= names(get_command(app))
