"""Marks and words too long for one: a question has them beside a word that is marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from pgrecall import Collection, Item
from pgrecall._statements.search import bm25

if TYPE_CHECKING:
    from pgrecall import Store

TENANT = "marks_found"


def test_a_question_may_have_a_word_as_long_as_can_be_beside_a_marked_one(
    sync_store: Store,
) -> None:
    longest = "q" * 2_046
    sync_store.ensure_collection(TENANT, Collection("longest", 2, text_search="simple"))
    others = [Item(f"h{n:05}", None, longest) for n in range(12_000)]
    numbers = [" ".join(str(n * 7 + of) for of in range(100)) for n in range(1_400)]
    once = [Item(f"d{n:05}", None, f"valve {text}") for n, text in enumerate(numbers)]
    often = [Item(f"e{n:05}", None, "valve " * 100) for n in range(120)]
    sync_store.load(TENANT, "longest", [*once, *others, *often])

    found = sync_store.search_text(TENANT, "longest", f"valve {longest}", limit=10)

    assert [match.id for match in found] == [f"e{n:05}" for n in range(10)]


def test_a_word_too_long_for_a_mark_counts_often_beside_a_marked_one(
    sync_store: Store, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "q" * 2_010
    collection = Collection("unmarked", 2, text_search="simple", k1=10, b=0)
    sync_store.ensure_collection(TENANT, collection)
    texts = [
        *[f"{'valve ' * 12}{long}"] * 1_400,
        f"{'valve ' * 3}{f'{long} ' * 40}",  # behind what is looked at first
        *["valve"] * 1_600,
        *[long] * 3_500,
        *["pump"] * 1_500,
    ]
    sync_store.load(TENANT, "unmarked", [Item(f"d{n:05}", None, t) for n, t in enumerate(texts)])

    table = sync_store.describe_collection(TENANT, "unmarked").table_name
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("ANALYZE {}").format(sql.SQL(table or "")))

    def best() -> list[str]:
        found = sync_store.search_text(TENANT, "unmarked", f"valve {long}", limit=1)
        return [match.id for match in found]

    with monkeypatch.context() as patch:
        patch.setattr(bm25, "BUDGET", 1_000_000)
        every = best()
    assert every == ["d01400"]
    monkeypatch.setattr(bm25, "BUDGET", 0)
    assert best() == every
