"""Texts of a million characters of every kind are stored whole."""

from __future__ import annotations

from itertools import product
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.core.items.bad_input.refusing import WRITERS

from pgrecall import Collection, Item

if TYPE_CHECKING:
    from collections.abc import Callable

MILLION = 1_000_000


def _distinct_words() -> str:
    """As many different lexemes as a million characters can hold."""
    letters = ascii_lowercase + "0123456789"
    words = ("".join(word) for length in (2, 3, 4) for word in product(letters, repeat=length))
    return " ".join(word for word, _ in zip(words, range(220_000), strict=False))[:MILLION]


def _cjk(separator: str) -> str:
    """Letters of four bytes, all different for as long as there are some."""
    letters = (chr(code) for code in range(0x20000, 0x2A6D0))
    text = separator.join(letters)
    return (text * (MILLION // len(text) + 1))[:MILLION]


def _pairs() -> str:
    """The costliest text known: letters of four bytes, two to a compound, hardly one used twice."""
    letters = [chr(code) for code in range(0x10000, 0x33480) if chr(code).isalpha()]
    pairs = map("-".join, zip(letters[::2], letters[1::2], strict=False))
    return (" ".join(pairs) + " ") * 7


# made where they are asked for: each process reads this file
LARGE: dict[str, Callable[[], str]] = {
    "pairs of letters": lambda: _pairs()[:MILLION],
    "one letter": lambda: "x" * MILLION,
    "words": lambda: "recall " * (MILLION // 7),
    "distinct words": _distinct_words,
    "numbers": lambda: " ".join(map(str, range(150_000))),
    "decimals": lambda: " ".join(f"{number}.{number}" for number in range(80_000)),
    "hyphenated ideographs": lambda: _cjk("-"),
    "ideographs without spaces": lambda: _cjk(""),
    "spaced ideographs": lambda: _cjk(" "),
    "ideographs with slashes": lambda: _cjk("/"),
    "one long URL": lambda: "https://example.org/" + _cjk("/"),
    "one long ASCII URL": lambda: "https://example.org/" + "/".join(map(str, range(170_000))),
    "many URLs": lambda: " ".join(f"http://x.yz/{number}" for number in range(60_000)),
    "hosts": lambda: " ".join(f"a{number}.bc.de/f" for number in range(70_000)),
    "addresses": lambda: " ".join(f"a{number}@b.cd" for number in range(90_000)),
    "hyphenated words": lambda: " ".join(f"a{number}-b{number}-c" for number in range(60_000)),
    "one hyphenated word": lambda: "-".join(f"{letter}b" for letter in ascii_lowercase * 13_000),
    "paths": lambda: " ".join(f"/a/{number}/b" for number in range(80_000)),
    "tags": lambda: " ".join(f"<a{number}>" for number in range(120_000)),
    "emoji": lambda: "\U0001f600" * MILLION,
    "every assigned letter": lambda: "".join(chr(code) for code in range(0x20, 0xD7FF)) * 19,
}


@pytest.mark.one_in(2)
@pytest.mark.parametrize("text_search", ["english", "simple"])
@pytest.mark.parametrize("kind", LARGE)
async def test_a_text_of_a_million_characters_is_stored_whole(
    sync_store: Any, tenant: str, kind: str, text_search: str
) -> None:
    text = LARGE[kind]()
    sync_store.ensure_collection(tenant, Collection("docs", 2, text_search=text_search))

    assert sync_store.upsert(tenant, "docs", [Item("a", [1, 0], text)]) == 1

    (item,) = sync_store.get(tenant, "docs", ["a"])
    assert item.text == text


@WRITERS
async def test_large_texts_go_by_either_api_and_verb(docs: Any, verb: str) -> None:
    stored = [
        Item("ideographs", [1, 0], LARGE["hyphenated ideographs"](), {}),
        Item("words", [1, 0], LARGE["distinct words"](), {}),
    ]

    assert await getattr(docs, verb)(stored) == 2

    assert await docs.get(["ideographs", "words"]) == stored
