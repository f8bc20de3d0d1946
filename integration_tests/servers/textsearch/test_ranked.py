"""How many rows are ranked of what the index of ``text_index=Bm25()`` brings."""

from __future__ import annotations

import re
from typing import Any
from unittest.mock import ANY

import pytest
from integration_tests.servers.textsearch.conftest import INDEXED, NEEDS_TEXTSEARCH, WORDS

from pgrecall._statements.search import textsearch

pytestmark = NEEDS_TEXTSEARCH


@pytest.mark.parametrize(("words", "ranked"), [(2, 40), (3, 40), (4, 20), (6, 20)])
async def test_of_fewer_words_more_rows_are_ranked_and_the_best_alone_are_kept(
    one_store: Any, filled: str, monkeypatch: pytest.MonkeyPatch, words: int, ranked: int
) -> None:
    monkeypatch.setattr(textsearch, "RANKED", 20)
    monkeypatch.setattr(textsearch, "TIMES", 2)
    asked: dict[str, Any] = {"limit": 5, "explain": True}
    found = await one_store.search_text(filled, INDEXED, " ".join(WORDS[:words]), **asked)

    rows = {
        node: re.findall(rf"{node}.*?actual .*?rows=([0-9]+)", found.explanation.analyze)
        for node in ('_bm25"? on ', "CTE Scan on index_rows")
    }
    assert rows == {'_bm25"? on ': [str(ranked)], "CTE Scan on index_rows": ANY}
    assert max(map(int, rows["CTE Scan on index_rows"])) <= 10
    assert len(found) == 5


async def test_a_long_answer_has_as_many_rows_as_without_the_index(
    one_store: Any, filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(textsearch, "RANKED", 20)
    for limit in (20, 59):
        every = await one_store.search_text(filled, INDEXED, " ".join(WORDS[:3]), limit=limit)
        assert len(every) == len({one.id for one in every}) == limit
