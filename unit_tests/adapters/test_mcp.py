from __future__ import annotations

import json
import sys

import pytest
from typer.testing import CliRunner

from pgrecall._adapters.loopback import listening
from pgrecall.cli.app import app
from pgrecall.errors import InvalidArgumentError
from pgrecall.mcp.answers import answer, brief, metadata_record
from pgrecall.mcp.reading import Search


def test_the_marks_of_each_answer_are_others() -> None:
    first, second = (answer("said", [{"text": "a\nb"}]).splitlines() for _ in range(2))
    assert first[2] != second[2]
    assert (first[0], first[-1]) == ("said", f"</{first[2][1:]}")
    assert first[3] == '{"text": "a\\nb"}'
    assert answer("nothing", []) == "nothing"


def test_what_cannot_be_seen_is_an_escape_in_data_that_reads_the_same() -> None:
    text = "\x00\x1b\x7f\x9b\u200b\u202e\u2028\ufeff\U000e0041 \u2764\ufe0f \u0646\u200c\u0645"
    line = answer("", [{"text": text}]).splitlines()[3]
    assert json.loads(line) == {"text": text}
    assert line.endswith('\\udb40\\udc41 \u2764\ufe0f \u0646\u200c\u0645"}')
    assert line.isprintable() or "\u200c" in line


def test_long_metadata_is_cut_and_what_is_left_out_is_counted() -> None:
    assert brief({"a": 1}) == {"a": 1}
    assert brief(["x" * 900], 5) == '["xxx\N{HORIZONTAL ELLIPSIS}'
    made = metadata_record({"a": "y" * 900, "b": 2, "c" * 3_000: 3, "d": 4})
    assert [len(str(value)) for value in made["metadata"].values()] == [301, 1]
    assert made["keys_left_out"] == 2


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "example.org", ""])  # noqa: S104  # refused
def test_http_is_served_to_this_machine_alone(host: str) -> None:
    with pytest.raises(InvalidArgumentError, match=r"127\.0\.0\.1, localhost, ::1 serve this one"):
        listening(host, 0)


def test_what_is_deep_or_long_is_told_by_its_beginning() -> None:
    deep = "[" * 900 + "]" * 900
    for given in ({"filter": deep}, {"filter": ["x" * 10**6]}, {"x" * 10**6: 1}, {"limit": deep}):
        with pytest.raises(InvalidArgumentError, match="search cannot be called so") as raised:
            Search.read("search", {"query": "x", **given})
        assert len(str(raised.value)) < 400


def test_the_schema_names_the_collections_and_nothing_that_it_does_not_take() -> None:
    one, two = (Search.input_schema(names) for names in (["a"], ["a", "b"]))
    assert (one["required"], two["required"]) == (["query"], ["collection", "query"])
    assert two["properties"]["collection"]["enum"] == ["a", "b"]
    assert one["additionalProperties"] is False
    assert "title" not in json.dumps(one)


def test_without_the_sdk_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server.lowlevel", None)
    for name in [name for name in sys.modules if name.startswith("pgrecall.mcp")]:
        monkeypatch.delitem(sys.modules, name)
    result = CliRunner().invoke(app, ["mcp", "notes"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == 'pgrecall: pgrecall.mcp needs mcp: pip install "pgrecall[mcp]"\n'
