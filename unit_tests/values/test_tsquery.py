"""The operators of a question are kept apart from its words, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from pgrecall._values.tsquery import HIDDEN, OPERATORS, hidden_raw, hidden_web, joined_phrase


def shown(query: str) -> str:
    """Write hidden operators as people read them, with a mark before each."""
    return "".join(f"%{OPERATORS[HIDDEN.index(one)]}" if one in HIDDEN else one for one in query)


@pytest.mark.parametrize(
    ("query", "hidden"),
    [
        ("red -pump", "red %-pump"),
        ('red -"old pump"', 'red %-%"old pump%"'),
        ('-"old pump" red', '%-%"old pump%" red'),
        ('"a" -"b" -"c"', '%"a%" %-%"b%" %-%"c%"'),
        ('red - "old pump"', 'red   %"old pump%"'),
        ('well-"known"', 'well-%"known%"'),
        ('red "old -pump"', 'red %"old -pump%"'),
        ("ax-400 -- x -", "ax-400   x  "),
        ('red "old -', 'red %"old -'),
        ('red "old" -', 'red %"old%"  '),
    ],
)
def test_hyphens_before_words_and_quotes_exclude(query: str, hidden: str) -> None:
    assert shown(hidden_web(query)) == hidden


def test_a_name_with_signs_stays_one_behind_what_it_is_joined_to() -> None:
    assert joined_phrase("検索 C++") == "検索/C++"
    assert shown(hidden_raw("'the C++ guide'")) == "%'the/C++/guide%'"
