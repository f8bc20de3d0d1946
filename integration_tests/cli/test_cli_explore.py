"""Commands that tell what is in a collection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from integration_tests.cli.cli_runs import Cli

from pgrecall import Collection, Item, Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cli(
    dsn: str, tenant: str, sync_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Cli:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    sync_store.ensure_collection(tenant, Collection("notes", 2))
    sync_store.upsert(
        tenant,
        "notes",
        [
            Item("a", [1, 0], "one", {"page": 2, "tags": ["x", "y"], "by": {"name": "Ada"}}),
            Item("b", [1, 1], "two", {"page": 1, "tags": ["x"], "[odd": "\x1b[31mred"}),
            Item("c", None, "three", {"page": "ix"}),
        ],
    )
    return Cli(dsn, tenant)


def test_values_of_a_field_are_counted(cli: Cli) -> None:
    assert cli.json("facet", "notes", "tags") == [
        {"value": "x", "count": 2},
        {"value": "y", "count": 1},
    ]
    filtered = cli.json("facet", "notes", '["by", "name"]', "--filter", '{"page": 2}')
    assert filtered == [{"value": "Ada", "count": 1}]
    shown = cli.run("facet", "notes", "tags", "--limit", "1").stdout.split()
    assert shown[-2:] == ['"x"', "2"]
    assert "no item of notes has a value there" in cli.run("facet", "notes", "none").stdout


def test_the_range_of_a_field_is_shown(cli: Cli) -> None:
    assert cli.json("range", "notes", "page") == {"low": 1, "high": 2}
    assert cli.run("range", "notes", "page").stdout == "1 to 2\n"
    assert cli.json("range", "notes", "none") is None
    assert "no item of notes has a number" in cli.run("range", "notes", "none").stdout


def test_times_are_shown_by_iso_8601(cli: Cli, sync_store: Store, tenant: str) -> None:
    sync_store.ensure_collection(tenant, Collection("times", 2, fields={"at": "datetime"}))
    items = [Item(str(n), None, "", {"at": f"2024-05-01T0{n}:00:00+02:00"}) for n in (1, 3)]
    sync_store.upsert(tenant, "times", items)
    first, last = "2024-04-30T23:00:00+00:00", "2024-05-01T01:00:00+00:00"

    assert cli.json("range", "times", "at") == {"low": first, "high": last}
    assert cli.run("range", "times", "at").stdout == f'"{first}" to "{last}"\n'
    assert [one["value"] for one in cli.json("facet", "times", "at")] == [first, last]
    assert f'"{first}"' in cli.run("facet", "times", "at").stdout
    written = cli.json("range", "times", "$created_at")["low"]
    assert [one["value"] for one in cli.json("facet", "times", "$created_at")] == [written]
    listed = cli.json("list", "times", "--order-by", "at", "--descending", "--limit", "1")
    assert [one["id"] for one in listed] == ["3"]


def test_the_fields_are_listed_with_what_they_hold(cli: Cli) -> None:
    fields = {tuple(one["path"]): one for one in cli.json("fields", "notes")}
    assert fields[("page",)]["types"] == ["number", "text"]
    assert fields["by", "name"]["examples"] == ["Ada"]
    shown = cli.run("fields", "notes").stdout
    assert "by.name" in shown
    assert '"[odd"' in shown
    assert "\x1b" not in shown


def test_items_are_listed_by_a_field_and_drawn_at_random(cli: Cli) -> None:
    listed = cli.json("list", "notes", "--order-by", "page", "--descending", "--limit", "2")
    assert [one["id"] for one in listed] == ["a", "b"]
    assert [one["id"] for one in cli.json("list", "notes")] == ["a", "b", "c"]
    assert cli.json("sample", "notes", "--filter", '{"page": 2}', "--vectors") == [
        {
            "id": "a",
            "text": "one",
            "metadata": {"page": 2, "tags": ["x", "y"], "by": {"name": "Ada"}},
            "embedding": [1.0, 0.0],
        }
    ]
    assert "no vector" in cli.run("list", "notes").stdout
    assert "notes has no such item" in cli.run("sample", "notes", "-f", '{"page": 9}').stdout


def test_the_first_items_are_shown_and_items_are_counted(cli: Cli) -> None:
    assert [one["id"] for one in cli.json("head", "notes", "-n", "2")] == ["a", "b"]
    assert "[1, 0] 2 numbers" in cli.run("head", "notes").stdout
    assert cli.run("count", "notes").stdout == "3\n"
    asked = ("count", "notes", "--where", "page >= 1", "--where", "tags contains x")
    assert cli.json(*asked) == {"tenant": cli.tenant, "collection": "notes", "count": 2}


_ASKED = [
    (["count", "notes", "-w", "pgae = 2"], "'pgae'; did you mean 'page'?"),
    (["count", "notes", "-w", "pgae != 2"], "'pgae'; did you mean 'page'?"),
    (["count", "notes", "-f", '{"$not": {"pgae": 2}}'], "'pgae'; did you mean 'page'?"),
    (["list", "notes", "-w", "name = Ada"], "'name'; did you mean 'by.name'?"),
    (["list", "notes", "-w", '"by.name" = Ada'], "'\"by.name\"'; did you mean 'by.name'?"),
    (["list", "notes", "--order-by", "Page"], "'Page'; did you mean 'page'?"),
    (["sample", "notes", "-w", "other = 2"], "'other'"),
    (["facet", "notes", "tag"], "'tag'; did you mean 'tags'?"),
    (["range", "notes", "by.nmae"], "'by.nmae'; did you mean 'by.name'?"),
    (["export", "notes", "-w", "pgae = 2"], "'pgae'; did you mean 'page'?"),
    (["near", "notes", "a", "-w", "pgae = 2"], "'pgae'; did you mean 'page'?"),
    (["search", "notes", "one", "--mode", "text", "-w", "pgae = 2"], "'pgae'; did you mean"),
    (["search", "notes", "one", "--mode", "text", "--group-by", "pgae"], "'pgae'; did you mean"),
]


@pytest.mark.parametrize(("words", "told"), _ASKED, ids=lambda part: " ".join(part)[:40])
def test_a_key_that_no_item_has_is_told(cli: Cli, words: list[str], told: str) -> None:
    (line,) = cli.run(*words).stderr.splitlines()
    assert line.startswith(f"pgrecall: no item that was looked at has {told}")


@pytest.mark.parametrize(
    "words",
    [
        ["count", "notes", "-w", "page = 99"],
        ["count", "notes", "-w", "by.name != Ada"],
        ["count", "notes", "-w", "id = z", "-w", "$created_at < 2026-01-01"],
        ["list", "notes", "--order-by", "tags", "-w", "page exists"],
        ["list", "notes", "--order-by", "id", "-n", "1"],
        ["search", "notes", "one", "--mode", "text", "--group-by", "tags"],
    ],
    ids=" ".join,
)
def test_a_key_that_items_have_is_not_told(cli: Cli, words: list[str]) -> None:
    assert cli.run(*words).stderr == ""


def test_a_number_that_is_compared_with_texts_is_told(cli: Cli, sync_store: Store) -> None:
    sync_store.ensure_collection(cli.tenant, Collection("isbn", 2))
    sync_store.upsert(cli.tenant, "isbn", [Item("a", None, "", {"no": "9", "draft": True})])
    told = cli.run("count", "isbn", "-w", "no = 9").stderr
    assert told == (
        "pgrecall: 'no' holds text where it was looked at, and 9 is a number; in double quotes it"
        " is text\n"
    )
    assert "'draft' holds booleans where" in cli.run("count", "isbn", "-w", "draft = yes").stderr
    assert cli.run("count", "isbn", "-w", 'no = "8"').stderr == ""
    told = cli.run("count", "notes", "-w", "by = Ada").stderr
    assert told == (
        "pgrecall: 'by' holds objects where it was looked at, and 'Ada' is text; did you mean"
        " 'by.name'?\n"
    )


_OF_ANOTHER_TYPE = [
    (["page in 9, 8"], "'page' holds text"),
    (["page != 9"], "'page' holds text where it was looked at, and 9 is a number; in double"),
    (["page not in 9, 'x'"], ""),
    (["by.n between 1, 3", "page = 1.10"], "'page' holds text"),
    (["tags = x"], "'tags' holds lists where it was looked at, and 'x' is text; did you mean"),
    (["by.n > 2026-01-01"], "'by.n' holds numbers where it was looked at, and 2026-01-01 00:00:00"),
    (["page > 2026-01-01"], ""),
    (["page = null"], ""),
]


@pytest.mark.parametrize(("conditions", "told"), _OF_ANOTHER_TYPE, ids=lambda part: str(part)[:30])
def test_each_condition_of_another_type_is_told(
    cli: Cli, sync_store: Store, conditions: list[str], told: str
) -> None:
    sync_store.ensure_collection(cli.tenant, Collection("typed", 2))
    metadata = {"page": "9", "tags": ["x"], "by": {"n": 2}}
    sync_store.upsert(cli.tenant, "typed", [Item("a", None, "", metadata)])
    said = cli.run("count", "typed", *(word for one in conditions for word in ("-w", one))).stderr
    assert said.startswith(f"pgrecall: {told}" if told else "")
    assert len(said.splitlines()) == bool(told)


def test_an_empty_collection_tells_of_no_key(cli: Cli, sync_store: Store) -> None:
    sync_store.ensure_collection(cli.tenant, Collection("empty", 2))
    for words in (["count", "empty", "-w", "page = 1"], ["facet", "empty", "page"]):
        assert cli.run(*words).stderr == ""


def test_a_key_that_begins_as_a_path_is_told_how_to_write(cli: Cli) -> None:
    assert cli.told("facet", "notes", "[odd").endswith('a key of that name is written ["[odd"]')
    assert len(cli.json("facet", "notes", '["[odd"]')) == 1


def test_what_is_near_to_items_is_found_without_a_model(cli: Cli) -> None:
    (found,) = cli.json("near", "notes", "a")
    assert (found["id"], found["text"], found["metadata"]["page"]) == ("b", "two", 1)
    assert cli.run("near", "notes", "a").stdout.split()[-2:] == ["b", "two"]
    assert "nothing matches" in cli.run("near", "notes", "a", "--away-from", "b").stdout
    assert cli.told("near", "notes", "a", "c").endswith("'notes' has no vector of item 'c'")


def test_many_questions_are_answered_from_a_file_or_stdin(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "words.py").write_text(
        "def embed(texts):\n    return [[1, 0] if 'one' in t else [1, 1] for t in texts]\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    asked = ["search-many", "notes", "-", "--embed", "words:embed", "--limit", "1"]

    shown = cli.run(*asked, stdin=b"one\n\ntwo\n").stdout
    assert [line.split()[-2:] for line in shown.splitlines() if line.startswith("1.000")] == [
        ["a", "one"],
        ["b", "two"],
    ]
    (tmp_path / "asked.txt").write_text("one\n")
    asked[2] = "asked.txt"
    (answer,) = cli.json(*asked)
    assert (answer["question"], answer["matches"][0]["id"]) == ("one", "a")
    assert "is not known here" in cli.told("search-many", "notes", "asked.txt")
    told = cli.told("search-many", "notes", "none.txt")
    assert told == "pgrecall: 'none.txt' cannot be read: No such file or directory"
    (tmp_path / "asked.txt").write_bytes(b"caf\xe9\n")
    for name in ("asked.txt", "-"):
        asked[2] = name
        assert "is not UTF-8" in cli.run(*asked, stdin=b"caf\xe9\n", code=2).stderr


def test_the_words_of_a_text_and_of_an_item_are_shown(
    cli: Cli, sync_store: Store, tenant: str
) -> None:
    sync_store.ensure_collection(tenant, Collection("files", 2, title="name"))
    sync_store.upsert(tenant, "files", [Item("a", None, "of files", {"name": "Files"})])

    assert cli.json("words", "notes", "of the copied files") == [
        {"word": "copi", "places": [3], "in_title": False},
        {"word": "file", "places": [4], "in_title": False},
    ]
    assert {one["in_title"] for one in cli.json("words", "files", "--id", "a")} == {True}
    shown = cli.run("words", "files", "--id", "a").stdout
    assert shown.split()[:4] == ["word", "places", "in", "title"]
    assert "and 4 more" in cli.run("words", "notes", "valve " * 12).stdout
    for text in ("of the", "", "?!"):
        assert "no words" in cli.run("words", "notes", text).stdout
    for words, told in (
        ([], "words takes a TEXT, or --id in its place: one of the two"),
        (["a", "--id", "a"], "words takes a TEXT, or --id in its place"),
        (["--id", "a", "--language", "de"], "--language is of a TEXT: an item says its own"),
        (["--id", "x"], "collection 'notes' has no item 'x'"),
    ):
        assert told in cli.told("words", "notes", *words)
