"""A collection's title: a metadata key whose words are searched too, and count more."""

from __future__ import annotations

import math
import re
from typing import Any

import psycopg
import pytest
from integration_tests.shared.texts import found

from pgrecall import Change, Collection, CollectionConflictError, InvalidArgumentError, Item, Store
from pgrecall._operations.context import resolve
from pgrecall._operations.evaluate import fusion
from pgrecall._operations.search import fusing
from pgrecall._statements.search import bm25 as statements

DOCS: dict[str, tuple[str, Any]] = {
    "in-title": ("ant bee cow", "ox"),
    "in-text": ("ox bee cow", "ant"),
    "often": ("ox ox ox ox bee", "cow"),
    "both": ("ox ant", "ox ox"),
    "long": ("bee " * 30, "ox"),
    "only-title": ("", "ox cow"),
    "listed": ("bee", ["ox", 7, None, 'the "cow"', ["ant"], "C:\\ant"]),
    "number": ("bee", 7),
    "null": ("bee", None),
    "object": ("bee", {"ox": "ox"}),
    "none": ("bee cow", ...),
}
WORDS = {
    id_: (title if isinstance(title, str) else "ox the cow C ant" if id_ == "listed" else "")
    for id_, (_, title) in DOCS.items()
}


def items(key: str = "title") -> list[Item]:
    return [
        Item(id_, [1.0, n], text, {} if title is ... else {key: title})
        for n, (id_, (text, title)) in enumerate(DOCS.items())
    ]


async def titled(store: Any, tenant: str, **options: Any) -> None:
    made = Collection("docs", 2, **{"text_search": "simple", "title": "title", **options})
    await store.ensure_collection(tenant, made)
    await store.upsert(tenant, "docs", items(options.get("title") or "title"))


def bm25(query: str, times: float = 4) -> dict[str, float]:
    """Count each word of a title so many times; a text's length is the text's alone."""
    counts = {
        id_: {
            word: text.split().count(word) + times * WORDS[id_].split().count(word)
            for word in {*text.split(), *WORDS[id_].split()}
        }
        for id_, (text, _) in DOCS.items()
    }
    lengths = {id_: len(text.encode()) for id_, (text, _) in DOCS.items()}
    average = sum(lengths.values()) / sum(map(bool, lengths.values()))
    scores: dict[str, float] = {}
    for term in query.split():
        df = sum(term in held for held in counts.values())
        idf = math.log(1 + (len(DOCS) - df + 0.5) / (df + 0.5))
        for id_, held in counts.items():
            if tf := held.get(term):
                norm = 1.2 * (0.25 + 0.75 * lengths[id_] / average)
                scores[id_] = scores.get(id_, 0.0) + idf * tf / (tf + norm)
    return scores


async def test_a_word_of_the_title_counts_as_several_of_the_text(store: Any, tenant: str) -> None:
    await titled(store, tenant)

    for query in ("ox", "ant", "cow ox", "bee cow"):
        expected = bm25(query)
        matches = await store.search_text(tenant, "docs", query, limit=20)
        assert {one.id: one.score for one in matches} == pytest.approx(expected)
        hybrid = await store.search_hybrid(tenant, "docs", [1.0, 0.0], query, limit=20)
        scored = {one.id: one.text_score for one in hybrid if one.text_score is not None}
        assert scored == pytest.approx(expected)
    ids = await found(store, tenant, "ox", limit=20)
    assert ids.index("in-title") < ids.index("in-text")
    for ranking in ("ts_rank", "ts_rank_cd"):
        ids = await found(store, tenant, "ox", limit=20, ranking=ranking)
        assert ids.index("in-title") < ids.index("in-text")


@pytest.mark.parametrize("times", [1, 2.5, 8])
async def test_a_hybrid_search_counts_a_title_as_often_as_was_learned(
    store: Any, sync_store: Store, tenant: str, monkeypatch: pytest.MonkeyPatch, times: float
) -> None:
    await titled(store, tenant)
    driver = sync_store._driver
    stored = driver.run(resolve(driver.context, tenant, "docs"))
    learned = fusing.to_pin(stored, fusing.Fusing(title_weight=times))
    driver.run(fusion.pin(driver.context, stored, learned))
    # each row that can be the best is found, be it looked at late
    for budget in (1_000, 0):
        monkeypatch.setattr(statements, "BUDGET", budget)
        monkeypatch.setattr(statements, "FILL", 0)
        for query in ("ox", "ant", "cow ox", "bee cow"):
            expected = bm25(query, times)
            best = max(expected, key=lambda id_: (expected[id_], id_))
            matches = await store.search_hybrid(
                tenant, "docs", [1.0, 0.0], query, limit=20, candidates=20, text_candidates=1
            )
            scored = {one.id: one.text_score for one in matches if one.text_score is not None}
            assert scored == pytest.approx(expected)
            (first,) = [one for one in matches if one.text_rank == 1]
            assert expected[first.id] == pytest.approx(expected[best])
            said = await store.search_text(tenant, "docs", query, limit=20)
            assert {one.id: one.score for one in said} == pytest.approx(bm25(query))


async def test_no_phrase_goes_from_the_title_to_the_text(store: Any, tenant: str) -> None:
    await titled(store, tenant)

    async def matching(text: str, syntax: str) -> set[str]:
        return set(await found(store, tenant, text, syntax=syntax))

    assert await matching("ox ant", "phrase") == {"both"}  # in its text
    assert await matching("cow ox", "phrase") == set()  # "often" ends its title so
    assert await matching("ox ox", "phrase") == {"often", "both"}
    assert await matching("ox cow", "phrase") == {"only-title"}
    assert await matching("ox bee", "all") == {"in-title", "in-text", "often", "long", "listed"}
    assert await matching('"the cow" -bee', "web") == set()
    assert await matching("ant & !bee", "raw") == {"both"}


async def test_a_snippet_is_of_the_text(store: Any, tenant: str) -> None:
    await titled(store, tenant)

    matches = await store.search_text(tenant, "docs", "ox", highlight=True)

    snippets = {one.id: one.snippet for one in matches}
    assert "ox" in snippets["in-text"]
    assert (snippets["in-title"], snippets["only-title"]) == ("ant bee cow", "")


async def test_a_title_that_is_changed_is_searched_as_it_is_then(store: Any, tenant: str) -> None:
    await titled(store, tenant)

    await store.update(tenant, "docs", [Change("none", set={"title": "yak"})])
    await store.update_where(tenant, "docs", {"title": "ant"}, set={"title": ["gnu", "yak"]})
    await store.update_where(tenant, "docs", {"title": "cow"}, remove=["title"])

    assert set(await found(store, tenant, "yak")) == {"none", "in-text"}
    assert "in-text" not in await found(store, tenant, "ant", limit=20)
    assert "often" not in await found(store, tenant, "cow", limit=20)


async def test_the_title_is_altered_to_and_from_and_to_another_key(store: Any, tenant: str) -> None:
    await titled(store, tenant, title=None, k1=2)
    expected = bm25("ox", times=0)
    assert set(await found(store, tenant, "ox", limit=20)) == set(expected)

    for title, ids in (("title", set(bm25("ox"))), ("'\"%s\\ key", set(expected)), (None, None)):
        made = await store.alter_collection(tenant, Collection("docs", title=title))
        assert (made.title, made.k1, made.text_search) == (title, 2, "simple")
        assert made == await store.describe_collection(tenant, "docs")
        assert set(await found(store, tenant, "ox", limit=20)) == (ids or set(expected))
        assert await store.alter_collection(tenant, Collection("docs", title=title)) == made


async def test_a_title_is_held_like_what_else_is_in_every_row(store: Any, tenant: str) -> None:
    await titled(store, tenant)

    await store.ensure_collection(tenant, Collection("docs", 2))
    with pytest.raises(CollectionConflictError, match="title='title'"):
        await store.ensure_collection(tenant, Collection("docs", title="name"))
    with pytest.raises(InvalidArgumentError, match=r"title='title'.*text_search=None"):
        await store.alter_collection(tenant, Collection("docs", text_search=None))
    made = await store.alter_collection(tenant, Collection("docs", text_search=None, title=None))
    assert (made.text_search, made.title) == (None, None)
    with pytest.raises(InvalidArgumentError, match=r"title='x'.*text_search=None"):
        await store.ensure_collection(tenant, Collection("new", 2, text_search=None, title="x"))
    with pytest.raises(InvalidArgumentError, match="title"):
        await store.ensure_collection(tenant, Collection("new", 2, title=""))


def test_the_longest_title_beside_the_longest_text_is_stored(
    sync_store: Store, tenant: str
) -> None:
    letters = [chr(code) for code in range(0x10000, 0x33480) if chr(code).isalpha()]
    pairs = list(map("-".join, zip(letters[::2], letters[1::2], strict=False)))
    title, text = " ".join(pairs[:5_000]), " ".join(pairs[5_000:])
    sync_store.ensure_collection(tenant, Collection("docs", 2, title="title"))

    sync_store.load(tenant, "docs", [Item("a", None, text, {"title": f"yak {title}"})])

    assert [one.id for one in sync_store.search_text(tenant, "docs", "yak")] == ["a"]


def test_a_title_asks_the_index(sync_store: Store, tenant: str, dsn: str) -> None:
    made = sync_store.ensure_collection(tenant, Collection("docs", 2, title="title"))
    rows = (Item(f"i{n}", None, f"words {n}", {"title": f"page {n}"}) for n in range(400))
    sync_store.load(tenant, "docs", rows)

    with psycopg.connect(dsn) as connection:
        connection.execute("SET enable_seqscan = off")
        query = f"EXPLAIN SELECT id FROM {made.table_name} WHERE tsv @@ '7:A'::tsquery"
        plan = "\n".join(row[0] for row in connection.execute(query.encode()).fetchall())
        [(count,)] = connection.execute(query.removeprefix("EXPLAIN ").encode()).fetchall()

    assert re.search("Bitmap Index Scan on .*_tsv", plan)
    assert count == "i7"
