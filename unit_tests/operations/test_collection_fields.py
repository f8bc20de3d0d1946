"""Every field of a collection is a pin, a layout or a setting: one table says it."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from pgrecall import AsyncStore, Bm25, Collection, CollectionConflictError, Hnsw, Metric
from pgrecall._operations.collections.checks import asked, checked, verify
from pgrecall._operations.collections.fields import FIELDS, PINS, Kind, changed_by
from pgrecall._operations.collections.pins import Pin
from pgrecall._operations.context import Context
from pgrecall._operations.reembed import reembed
from pgrecall._statements.collections import declared, loaders, registry, versions
from pgrecall._statements.collections.settings import SETTINGS, Kept, without
from pgrecall._statements.layout import Server, Stored
from pgrecall._statements.reembed import reembed as reembed_statements

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "pgrecall"
SERVER = Server(180000, "0.8.6", "public", 1, 2)
OTHER: dict[str, Any] = {
    "dimensions": 4,
    "embedding_model": "another",
    "metric": Metric.L2,
    "index": Hnsw(m=8),
    "storage": "halfvec",
    "text_search": None,
    "fields": {"page": "number"},
    "table_name": "another",
    "distributed": True,
    "target_recall": 0.9,
    "k1": 2.0,
    "b": 0.5,
    "title": "title",
    "text_index": Bm25(),
}
"""A value that the collection below does not have."""
KEPT = {"text_index": {"kind": "Bm25", "schema": "public"}}
"""What the settings have in the place of a value that JSON does not have."""


def stored() -> Stored:
    made = Collection("docs", 3, "model", Metric.COSINE)
    return Stored(7, "tenant", made, "pgrecall", "items_tenant_docs_7", SERVER)


def test_every_field_is_in_the_table_in_its_order() -> None:
    assert list(FIELDS) == [field.name for field in dataclasses.fields(Collection)]
    assert [*OTHER] == [name for name in FIELDS if name != "name"]


def test_the_pins_are_what_a_store_remembers_of_a_collection() -> None:
    assert set(PINS) == set(Pin._fields) == {"dimensions", "embedding_model", "metric"}


def test_every_field_is_kept_where_the_table_says() -> None:
    said = Collection("docs", **OTHER)
    insert = registry.insert("pgrecall", "tenant", said, "items")
    text, _ = insert.sent()
    [columns] = re.findall(r"\((id, tenant, [^)]*)\)", text)
    for field in FIELDS.values():
        column, _, key = field.kept_in.partition(".")
        assert column in columns.split(", ")
        if key:
            assert column == "settings"
            kept = declared.first_settings(said, "public")[key]
            assert kept == KEPT.get(key, OTHER.get(key))
            assert SETTINGS[key].kept in {Kept.ALWAYS, Kept.WITH_TOKENS}


def test_every_verb_that_changes_a_field_is_one_of_the_stores() -> None:
    verbs = {verb for field in FIELDS.values() for verb in field.changed_by}

    assert verbs <= set(dir(AsyncStore))


@pytest.mark.parametrize("name", OTHER)
def test_what_differs_is_refused_where_the_table_holds_it(name: str) -> None:
    wanted = checked(
        Context("pgrecall", SERVER), "tenant", Collection("docs", **{name: OTHER[name]})
    )

    if FIELDS[name].held:
        with pytest.raises(CollectionConflictError) as raised:
            verify(stored(), asked(wanted))
        assert raised.value.field == name
    else:
        verify(stored(), asked(wanted))


@pytest.mark.parametrize("name", OTHER)
def test_none_asks_for_nothing_where_the_table_says_so(name: str) -> None:
    nothing = name not in asked(Collection("docs", **{name: None}))

    assert nothing == FIELDS[name].nothing


@pytest.mark.parametrize("name", changed_by("reembed"))
def test_a_re_embedding_takes_each_field_that_it_changes(name: str) -> None:
    to = checked(Context("pgrecall", SERVER), "tenant", Collection("docs", **{name: OTHER[name]}))
    wanted = reembed._wanted(stored(), to)

    for field in changed_by("reembed"):
        expected = OTHER[name] if field == name else getattr(stored().collection, field)
        assert getattr(wanted, field) == expected


def test_the_page_on_values_has_the_table() -> None:
    rows = ["| field | is a | kept in `collections` as | changed by |", "|---|---|---|---|"]
    for name, field in FIELDS.items():
        verbs = ", ".join(f"`{verb}`" for verb in field.changed_by) or "nothing"
        rows.append(f"| `{name}` | {field.kind} | `{field.kept_in}` | {verbs} |")

    assert "\n".join(rows) in (ROOT / "docs" / "reference" / "values.md").read_text("utf-8")
    assert {field.kind for field in FIELDS.values()} == set(Kind)


# --- the keys of settings


def test_every_key_of_settings_that_the_code_names_is_in_its_table() -> None:
    named = re.compile(r'settings(?:\.get\(|\[|, )"(\w+)"|"(\w+)" in (?:\w+\.)?settings\b')
    found = set()
    for folder in ("_operations", "_statements"):
        for file in (SOURCE / folder).rglob("*.py"):
            found |= {key or other for key, other in named.findall(file.read_text("utf-8"))}

    assert {"lists", "spread", "measured"} <= found <= SETTINGS.keys()
    assert {loaders.LOADER, *reembed_statements.MARKS} <= SETTINGS.keys()


def test_what_was_learned_goes_and_what_a_newer_client_wrote_stays() -> None:
    settings = {"distributed": True, "ef_search": 40, "spread": 0.5, "of a later version": 1}

    assert without(settings, Kept.WITH_INDEX) == {
        "distributed": True,
        "spread": 0.5,
        "of a later version": 1,
    }
    assert without(settings, Kept.WITH_INDEX, Kept.WITH_ROWS) == {
        "distributed": True,
        "of a later version": 1,
    }


# --- the tables


@pytest.mark.parametrize("page", ["how-to/row-level-security.md", "explanation/storage.md"])
def test_the_pages_that_list_the_registrys_tables_have_them_all(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    for table in ("collections", *(name for names in versions.TABLES.values() for name in names)):
        if "security" in page:
            for said in ("ENABLE ROW LEVEL SECURITY", "DISABLE ROW LEVEL SECURITY"):
                assert f"ALTER TABLE pgrecall.{table} {said};" in text
            for said in ("CREATE", "DROP"):
                assert f"{said} POLICY own ON pgrecall.{table}" in text
        else:
            assert f"`{table}`" in text


def test_the_page_on_upgrades_has_every_version() -> None:
    text = (ROOT / "docs" / "how-to" / "upgrade.md").read_text("utf-8")
    for version in versions.VERSIONS:
        tables = ", ".join(f"`{name}`" for name in version.tables)
        assert f"| {version.number} | {tables}" in text
    assert versions.VERSIONS[-1].number == versions.SCHEMA_VERSION
