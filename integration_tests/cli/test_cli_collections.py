"""One collection told whole, and tables that fit their terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.cli.cli_runs import Cli

from pgrecall import Collection, Hnsw, Hot, Item, IvfFlat, Store

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "a rather long name of a collection, as people give them " * 2
_KEY, _ID = "a key of the metadata that is as long as " * 2, "i" * 150


@pytest.fixture
def cli(dsn: str, tenant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return Cli(dsn, tenant, columns=80)


def facts(shown: str) -> dict[str, str]:
    """Read the lines of what a collection is."""
    head = shown.split("\n\n", maxsplit=1)[0].splitlines()
    parted = [line.rstrip().split("  ", maxsplit=1) for line in head if line[0] != " "]
    return {name: value.strip() for name, value in parted}


def test_a_collection_is_told_whole(cli: Cli, sync_store: Store) -> None:
    declared: dict[str, str | Hot] = {"page": "number", "team": Hot("text")}
    sync_store.ensure_collection(
        cli.tenant, Collection("notes", 3, "a-model", "l2", index=Hnsw(8, 32), fields=declared)
    )
    items = [
        Item(str(n), [n, 1, 2], "words", {"page": n % 2, "by": {"name": "Ada"}}) for n in range(20)
    ]
    sync_store.load(cli.tenant, "notes", items)

    told = cli.json("collections", "notes")
    assert (told["rows"], told["index_state"], told["error"]) == (20, "built", None)
    assert told["index_options"] == {"m": 8, "ef_construction": 32, "quantization": None}
    assert told["recall"]["target"] == 0.98
    assert told["bytes"] == told["table_bytes"] + sum(one["bytes"] for one in told["indexes"])
    of = {one["of"]: one["method"] for one in told["indexes"]}
    assert of == {
        "ids": "btree",
        "vectors": "hnsw",
        "metadata": "gin",
        "words": "gin",
        "field page": "btree",
        "field team": "btree",
    }
    assert told["metadata"][0] == {
        "path": ["by"],
        "types": ["object"],
        "share": 1.0,
        "commonest": [],
        "declared": None,
    }
    (page,) = [one for one in told["metadata"] if one["path"] == ["page"]]
    assert (sorted(page["commonest"]), page["declared"]) == ([0, 1], "number")

    shown = cli.run("collections", "notes").stdout
    lines = facts(shown)
    assert lines["vectors"] == "3 numbers (vector, 4 bytes each), compared by l2"
    assert lines["model"] == "a-model"
    assert lines["index"] == "hnsw (m=8, ef_construction=32), built"
    assert lines["recall"].startswith("0.98 asked, ")
    assert lines["text search"] == "english, BM25 with k1=1.2 b=0.75"
    assert "by.name" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_collection_without_items_or_table_is_told_too(
    cli: Cli, dsn: str, sync_store: Store
) -> None:
    empty = Collection("empty", 3, index=IvfFlat(), text_search=None)
    table = sync_store.ensure_collection(cli.tenant, empty).table_name
    told = cli.json("collections", "empty")
    assert (told["rows"], told["metadata"]) == (0, [])
    lines = facts(cli.run("collections", "empty").stdout)
    assert lines["index"] == "ivfflat, waits for rows to learn from"
    assert lines["recall"] == "0.98 asked, not measured yet: `pgrecall recall` does"
    assert lines["text search"] == "none"

    with psycopg.connect(dsn) as connection:
        connection.execute(f"DROP TABLE {table}".encode())
    assert cli.json("collections", "empty")["error"] == f"its table {table} is gone"
    assert facts(cli.run("collections", "empty").stdout)["error"] == f"its table {table} is gone"
    assert "the table of collection 'empty' is gone: `pgrecall coll" in cli.told("count", "empty")


def test_an_adopted_collection_says_what_it_stands_on(cli: Cli, dsn: str) -> None:
    name = f"articles_{abs(hash(cli.tenant))}"
    with psycopg.connect(dsn) as connection:
        connection.execute(
            f"CREATE TABLE {name} (slug text PRIMARY KEY, title text, lang text)".encode()
        )
        connection.execute(f"INSERT INTO {name} VALUES ('a', 'Bolts', 'en')".encode())
    cli.run("adopt", name, "--id", "slug", "--text", "title", "--metadata", "lang")
    told = cli.json("collections", name)
    assert (told["rows"], told["dimensions"], told["recall"]) == (1, None, None)
    assert told["adopted_from"]["id"] == ["slug"]
    lines = facts(cli.run("collections", name).stdout)
    assert lines["vectors"] == "none: texts alone are searched"
    assert lines["adopted from"].startswith(f"table public.{name}, ")
    assert lines["columns"] == "id slug; text title; metadata lang"
    assert lines["writable"] == "no"


def test_a_role_that_may_not_read_a_table_is_told_what_the_catalog_says(
    cli: Cli, fresh_dsn: str
) -> None:
    with Store(fresh_dsn) as store:
        store.ensure_collection("default", Collection("notes", 2))
        store.upsert("default", "notes", [Item("a", [1, 2], "words", {"page": 1})])
    role = f"reader_{cli.tenant[-12:]}"
    with psycopg.connect(fresh_dsn) as connection:
        for statement in (
            f"CREATE ROLE {role} LOGIN",
            f"GRANT USAGE ON SCHEMA pgrecall TO {role}",
            f"GRANT SELECT ON pgrecall.collections, pgrecall.schema_version TO {role}",
        ):
            connection.execute(statement.encode())
    try:
        reader = Cli(psycopg.conninfo.make_conninfo(fresh_dsn, user=role), "default", columns=80)
        (listed,) = reader.json("collections")
        assert (listed["name"], listed["rows_are_exact"]) == ("notes", False)
        told = reader.json("collections", "notes")
        assert (told["metadata"], told["dimensions"]) == ([], 2)
    finally:
        with psycopg.connect(fresh_dsn) as connection:
            connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


def test_one_collection_is_the_default_tenants_where_none_is_said(cli: Cli) -> None:
    told = cli.run("collections", "no-such-collection", tenant=False, code=2).stderr
    assert "tenant 'default' has no collection 'no-such-collection'" in told
    assert "go with the list" in cli.told("collections", "notes", "--limit", "3")


@pytest.fixture
def long(cli: Cli, sync_store: Store) -> Cli:
    """A command line whose one collection has long names and values everywhere."""
    made = Collection(
        _NAME, 3, "a-model-with-a-name-of-its-own", index=Hnsw(), fields={_KEY: "text"}
    )
    sync_store.ensure_collection(cli.tenant, made)
    long: dict[str, Any] = {_KEY: "value " * 30, "deep": {_KEY: {_KEY: ["element " * 20]}}}
    items = [Item(f"{_ID}{n}", [n, 2, 3], "words " * 99, long) for n in range(1, 4)]
    sync_store.upsert(cli.tenant, _NAME, items)
    return cli


_COMMANDS = [
    ["collections"],
    ["collections", _NAME],
    ["head", _NAME],
    ["list", _NAME, "--order-by", _KEY],
    ["sample", _NAME],
    ["get", _NAME, f"{_ID}1"],
    ["count", _NAME],
    ["facet", _NAME, _KEY],
    ["fields", _NAME],
    ["search", _NAME, "words", "--mode", "text"],
    ["near", _NAME, f"{_ID}1"],
    ["recall", _NAME, "-k", "1", "--sample", "2"],
    ["tune", _NAME, "-k", "1"],
    ["maintain"],
]


@pytest.mark.parametrize("words", _COMMANDS, ids=lambda words: words[0])
def test_what_is_shown_fits_80_columns_whatever_the_names_are(long: Cli, words: list[str]) -> None:
    lines = long.run(*words, code=None).stdout.splitlines()
    assert lines
    # an id stands alone in its line, whole, so that it can be copied
    assert [line for line in lines if len(line) > 80 and line.rstrip() not in _IDS] == []


_IDS = {f"{_ID}{n}" for n in range(1, 4)}
