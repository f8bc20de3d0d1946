"""What the command line cannot take is told in one line, in plain words."""

from __future__ import annotations

import pytest
from integration_tests.shared.commands import Runner

from pgrecall.cli.app import app

_REFUSED = [
    ("search n q --limit 0", "--limit takes a whole number, 1 or more, not '0'"),
    ("search n q --limit many", "--limit takes a whole number, 1 or more, not 'many'"),
    ("search n q -n 1.5", "--limit takes a whole number, 1 or more, not '1.5'"),
    ("search n q --mode fuzzy", "--mode takes one of hybrid, vector, text, not 'fuzzy'"),
    ("adopt t --metric far", "--metric takes one of cosine, l2, ip, l1, not 'far'"),
    ("tune n --target high", "--target takes a number, not 'high'"),
    ("serch", "`pgrecall` has no command 'serch'; did you mean 'search' or 'search-many'?"),
    ("zzz", "`pgrecall` has no command 'zzz'; `pgrecall --help` lists them"),
    ("zz'q", '`pgrecall` has no command "zz\'q"; `pgrecall --help` lists them'),
    ("index bild", "`pgrecall index` has no command 'bild'; did you mean 'rebuild'?"),
    ("search n q --limt 3", "`pgrecall search` has no option '--limt'; did you mean '--limit'?"),
    ("-x", "`pgrecall` has no option '-x'; `pgrecall --help` lists them"),
    (
        "search n",
        "`pgrecall search` needs QUESTION (Plain words); `pgrecall search --help` says more",
    ),
    (
        "size -d 3",
        "`pgrecall size` needs --rows (How many items); `pgrecall size --help` says more",
    ),
    (
        "search n how do I",
        (
            "'do I' is more than `pgrecall search` takes; what has spaces stands in quotes, and"
            " `pgrecall search --help` says more"
        ),
    ),
    ("load a --chunk 60000", "--chunk takes a whole number from 50 to 50,000, not '60000'"),
    ("load a --vectors", "--vectors needs a value behind it"),
    ("search n q --json=3", "--json takes no value"),
]


@pytest.mark.parametrize(("words", "told"), _REFUSED, ids=lambda part: part[:30])
def test_what_cannot_be_taken_is_told_in_our_words(words: str, told: str) -> None:
    result = Runner().invoke(app, words.split(), prog_name="pgrecall")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"pgrecall: {told}\n"


def test_a_long_word_is_cut() -> None:
    told = Runner().invoke(app, ["search", "n", "q", "--limit", "9" * 10_000 + "x"]).stderr
    assert len(told) < 200


@pytest.mark.parametrize("words", [[], ["index"], ["import"]])
def test_a_group_without_a_command_shows_its_help(words: list[str]) -> None:
    result = Runner().invoke(app, words)
    assert result.exit_code == 2
    assert len(result.output.splitlines()) > 5
    assert "--help" in result.output
