from __future__ import annotations

import sys

import pytest
from typer.testing import CliRunner

from pgrecall import __version__, cli, embedded
from pgrecall.cli.app import app
from pgrecall.errors import ConnectionFailedError


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
    assert CliRunner().invoke(app, ["--version"]).output == f"pgrecall {__version__}\n"


def test_an_expected_error_is_one_line_and_code_2(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: object) -> str:
        raise ConnectionFailedError("there is\n no server")

    monkeypatch.setattr(embedded, "start", failing)
    result = CliRunner().invoke(app, ["up"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "pgrecall: there is no server\n"


def test_debug_shows_where_an_error_arose(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: object) -> str:
        raise ConnectionFailedError("there is no server")

    monkeypatch.setattr(embedded, "start", failing)
    result = CliRunner().invoke(app, ["--debug", "up"])
    assert isinstance(result.exception, ConnectionFailedError)


def test_an_interruption_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(embedded, "start", interrupted)
    result = CliRunner().invoke(app, ["up"])
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
    result = CliRunner().invoke(app, ["demo", *arguments])
    assert (result.exit_code, result.stderr) == (2, f"pgrecall: {message}\n")
