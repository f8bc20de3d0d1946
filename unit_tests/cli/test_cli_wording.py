"""What the store calls by Python's names is told in the words of the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from integration_tests.shared.commands import Runner

import pgrecall
from pgrecall.cli.app import app
from pgrecall.cli.shared.wording import PHRASES, in_options

_SEARCH = {"--min-score", "--per-group", "--group-by", "--limit", "-n"}
_TOLD = [
    ("min_score must be a finite number", _SEARCH, "--min-score must be a finite number"),
    ("limit must be at most 9", _SEARCH, "--limit must be at most 9"),
    (
        "per_group=2 needs group_by: the field",
        _SEARCH,
        "--per-group=2 needs --group-by: the field",
    ),
    ("k must be 1 or more", {"-k"}, "-k must be 1 or more"),
    ("b must be from 0 to 1", {"--b"}, "--b must be from 0 to 1"),
    ("Hnsw m=1 must be from 2", {"--m"}, "--m=1 must be from 2"),
    ("text_search='x' is none", {"--language"}, "--language='x' is none"),
    ("target_recall must be above 0", {"--target", "-k"}, "--target must be above 0"),
    ("target_recall must be above 0", {"--target-recall"}, "--target-recall must be above 0"),
    ("size must be at most 9", {"--limit"}, "--limit must be at most 9"),
    (
        "schema ('\\udcff') holds a lone surrogate",
        {"--schema"},
        "--schema ('\\udcff') holds a lone surrogate",
    ),
    # what is no option of the command, or is quoted, stays
    ("offset must be 0 or more", _SEARCH, "offset must be 0 or more"),
    ("field 'group_by' is not \"min_score\"", _SEARCH, "field 'group_by' is not \"min_score\""),
    ("a limit must be said", _SEARCH, "a limit must be said"),
]


@pytest.mark.parametrize(("message", "options", "told"), _TOLD)
def test_arguments_are_told_as_options(message: str, options: set[str], told: str) -> None:
    assert in_options(message, options) == told


def test_an_error_of_a_command_names_its_options() -> None:
    told = Runner().invoke(app, ["size", "--rows", "10", "-d", "3", "--m", "1000"]).stderr
    assert told == "pgrecall: --m=1000 must be a whole number from 2 to 100\n"


def test_each_phrase_of_python_is_still_in_a_message() -> None:
    sources = "".join(path.read_text() for path in Path(pgrecall.__file__).parent.rglob("*.py"))
    joined = re.sub(r'"\n\s*f?"', "", sources)
    said = [phrase for phrase in PHRASES if not phrase.startswith("(")]
    assert [phrase for phrase in said if joined.count(phrase) < 2] == []
