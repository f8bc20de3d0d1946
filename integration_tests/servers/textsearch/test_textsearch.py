"""``text_index=Bm25()``: an index of pg_textsearch chooses what is ranked."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest
from integration_tests.servers.textsearch.conftest import (
    INDEXED,
    NEEDS_TEXTSEARCH,
    PLAIN,
    WORDS,
    items,
)
from psycopg import sql

from pgrecall import (
    Bm25,
    ByField,
    Collection,
    CollectionConflictError,
    InvalidArgumentError,
    Item,
    Store,
)

pytestmark = NEEDS_TEXTSEARCH

COMMON, RARE = " ".join(WORDS[:3]), f"{WORDS[40]} {WORDS[60]}"
QUESTIONS = [COMMON, RARE, WORDS[0], WORDS[299], f"{COMMON} {RARE}", "no such"]
DOCS = Collection("docs", 2, text_search="simple", text_index=Bm25())
BY = ByField("lang", {"de": "german"})


def index_of(store: Store, dsn: str, tenant: str, name: str) -> str:
    """Name the index, as SQL needs it."""
    made = store.describe_collection(tenant, name)
    with psycopg.connect(dsn) as connection:
        [(index,)] = connection.execute(
            "SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c"
            " ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam"
            " WHERE m.amname = 'bm25' AND i.indrelid = %s::text::regclass",
            (made.table_name if made else "",),
        ).fetchall()
    return str(index)


async def ids(store: Any, tenant: str, name: str, text: str, **options: Any) -> list[str]:
    return [one.id for one in await store.search_text(tenant, name, text, **options)]


# --- answers


@pytest.mark.parametrize("text", QUESTIONS)
async def test_what_comes_back_is_ranked_as_without_the_index(
    store: Any, filled: str, text: str
) -> None:
    for options in ({}, {"limit": 40}, {"filter": {"odd": 1}}, {"filter": {"rare": 3}}):
        expected = await store.search_text(filled, PLAIN, text, **options)
        found = await store.search_text(filled, INDEXED, text, **options)
        assert len(found) == len(expected)
        every = await store.search_text(filled, PLAIN, text, **{**options, "limit": 600})
        scores = {one.id: one.score for one in every}
        assert [one.score for one in found] == pytest.approx([scores[one.id] for one in found])
        assert [(-one.score, one.id) for one in found] == sorted(
            (-one.score, one.id) for one in found
        )
        if len(every) <= 200:  # so many are ranked: all that match
            assert [one.id for one in found] == [one.id for one in expected]


@pytest.mark.parametrize("syntax", ["all", "web", "phrase", "raw"])
async def test_what_the_index_cannot_say_is_found_as_without_it(
    one_store: Any, filled: str, syntax: str
) -> None:
    text = {"web": f"{WORDS[1]} -{WORDS[0]}", "raw": "aab:*"}.get(syntax, f"{WORDS[0]} {WORDS[1]}")
    expected = await ids(one_store, filled, PLAIN, text, syntax=syntax)

    assert await ids(one_store, filled, INDEXED, text, syntax=syntax) == expected
    told = await one_store.search_text(filled, INDEXED, text, syntax=syntax, explain=True)
    assert told.explanation.plan == "text"
    assert "Bm25() serves syntax='any' with ranking='bm25' alone" in told.explanation.reason


async def test_a_filter_that_few_rows_pass_gives_all_that_match(
    one_store: Any, filled: str
) -> None:
    for where in ({"rare": 3}, {"n": {"$lt": 20}}, {"odd": 1, "n": {"$gte": 100}}):
        for text in (WORDS[0], COMMON, RARE):
            every = await ids(one_store, filled, PLAIN, text, filter=where, limit=600)
            for limit in (10, 200):
                found = await ids(one_store, filled, INDEXED, text, filter=where, limit=limit)
                assert len(found) == min(limit, len(every))
                assert set(found) <= set(every)


async def test_a_hybrid_search_scores_texts_as_without_the_index(store: Any, filled: str) -> None:
    grouped = {"group_by": "odd", "per_group": 3}
    few = {"text_candidates": 20}
    for options in ({}, few, {"filter": {"odd": 0}, **few}, {"min_score": 0.1}, grouped):
        for text in (RARE, COMMON):
            expected, found = [
                await store.search_hybrid(filled, name, [1.0, 0.5], text, **options)
                for name in (PLAIN, INDEXED)
            ]
            assert len(found) == len(expected)
            if text == RARE:
                told = [[(m.id, m.text_rank) for m in one] for one in (expected, found)]
                assert told[0] == told[1]


async def test_explain_names_the_index(one_store: Any, filled: str) -> None:
    told = (await one_store.search_text(filled, INDEXED, COMMON, explain=True)).explanation
    assert told.plan == "bm25"
    assert "Bm25() chooses what is ranked" in told.reason
    assert "_bm25" in told.analyze
    asked: dict[str, Any] = {"text_candidates": 20, "explain": True}
    found = await one_store.search_hybrid(filled, INDEXED, [1.0, 0.0], COMMON, **asked)
    assert "Bm25() chooses what is ranked" in found.explanation.reason
    assert "_bm25" in found.explanation.analyze
    for options in ({"limit": 600}, {"group_by": "odd", "per_group": 100}):
        asked = {"explain": True, **options}
        told = (await one_store.search_text(filled, INDEXED, COMMON, **asked)).explanation
        assert (told.plan, "_bm25" in told.analyze) == ("text", False)
        assert "so few rows can match that each with a word is ranked" in told.reason
    for text in ("猫", "", RARE, WORDS[0], " ".join(WORDS[:150])):
        told = (await one_store.search_text(filled, INDEXED, text, explain=True)).explanation
        assert told.plan == "text"
        assert "has nothing to choose" in told.reason


async def test_compounds_and_scripts_without_spaces_are_found(one_store: Any, tenant: str) -> None:
    await one_store.ensure_collection(tenant, Collection("docs", 2, text_index=Bm25()))
    texts = {"path": "see src/pgrecall/store.py", "cat": "黒い猫が好き", "hash": "C++ and C#"}
    await one_store.upsert(tenant, "docs", [Item(i, None, text) for i, text in texts.items()])

    for text, found in (
        ("store.py", ["path"]),
        ("pgrecall", ["path"]),
        ("猫", ["cat"]),
        ("黒い猫", ["cat"]),
        ("c++", ["hash"]),
        ("", []),
        ("the", []),
        ("'\\\" %s %(x)s", []),
    ):
        assert await ids(one_store, tenant, "docs", text) == found
    [match] = await one_store.search_text(tenant, "docs", "store", highlight=True)
    assert match.snippet == "see src/pgrecall/<b>store</b>.py"


# --- rows that change


async def test_what_is_written_is_found_at_once_and_what_is_gone_is_not(
    store: Any, tenant: str
) -> None:
    await store.ensure_collection(tenant, DOCS)
    assert await ids(store, tenant, "docs", "ox") == []
    await store.upsert(tenant, "docs", [Item("a", None, "ox"), Item("b", None, "ox ant")])
    assert await ids(store, tenant, "docs", "ox") == ["a", "b"]
    await store.upsert(tenant, "docs", [Item("a", None, "yak")])
    assert await ids(store, tenant, "docs", "ox") == ["b"]
    await store.delete(tenant, "docs", ["b"])
    assert await ids(store, tenant, "docs", "ox yak") == ["a"]
    await store.clear(tenant, "docs")
    assert await ids(store, tenant, "docs", "yak") == []
    await store.load(tenant, "docs", items(50))
    assert len(await ids(store, tenant, "docs", WORDS[0], limit=50)) > 5


async def test_a_transaction_that_is_taken_back_leaves_nothing(
    sync_store: Store, dsn: str, tenant: str
) -> None:
    sync_store.ensure_collection(tenant, DOCS)
    with psycopg.connect(dsn) as connection:
        inside = sync_store.on(connection)
        inside.upsert(tenant, "docs", [Item("a", None, "ox")])
        assert [one.id for one in inside.search_text(tenant, "docs", "ox")] == ["a"]
        connection.rollback()

    assert sync_store.search_text(tenant, "docs", "ox") == []


def test_writers_and_readers_at_once_end_and_agree(sync_store: Store, tenant: str) -> None:
    sync_store.ensure_collection(tenant, DOCS)
    failed: list[Exception] = []

    def work(thread: int) -> None:
        try:
            for turn in range(5):
                of = [Item(f"{thread}-{turn}-{n}", None, f"ox t{thread}") for n in range(10)]
                sync_store.upsert(tenant, "docs", of)
                sync_store.search_text(tenant, "docs", "ox")
        except Exception as error:  # noqa: BLE001  # told to the thread that waits
            failed.append(error)

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failed
    assert len(sync_store.search_text(tenant, "docs", "ox", limit=500)) == 200


# --- the collection


async def test_it_is_described_held_and_altered(store: Any, tenant: str) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 2, title="title"))
    assert made.text_index is None
    with pytest.raises(CollectionConflictError, match="text_index"):
        await store.ensure_collection(tenant, Collection("docs", text_index=Bm25()))
    await store.upsert(tenant, "docs", items(200))
    expected = [await ids(store, tenant, "docs", text) for text in (COMMON, RARE)]

    for text_index in (Bm25(), None, Bm25()):
        wanted = Collection("docs", text_index=text_index)
        made = await store.alter_collection(tenant, wanted)
        assert made.text_index == text_index
        assert await store.alter_collection(tenant, wanted) == made
        assert await store.describe_collection(tenant, "docs") == made
        assert [await ids(store, tenant, "docs", text) for text in (COMMON, RARE)] == expected
    await store.rename_collection(tenant, "docs", "papers")
    told = (await store.search_text(tenant, "papers", COMMON, explain=True)).explanation
    assert told.plan == "bm25"
    made = await store.alter_collection(tenant, Collection("papers", k1=0, b=0, title=None))
    assert (made.k1, made.b, made.title, made.text_index) == (0, 0, None, Bm25())
    assert await ids(store, tenant, "papers", RARE)
    for text_search, why in ((None, "text_search=None"), (BY, "one for each value of 'lang'")):
        with pytest.raises(InvalidArgumentError, match=rf"Bm25\(\).*{why}"):
            await store.alter_collection(tenant, Collection("papers", text_search=text_search))


async def test_a_table_of_any_name_in_a_schema_on_the_search_path_has_one(
    dsn: str, tenant: str
) -> None:
    with Store(dsn, schema="public") as store:
        for name in ('my.own "Table" %s', "items.1"):
            wanted = Collection(name, 2, table_name=f"{name} {tenant[:20]}", text_index=Bm25())
            store.ensure_collection(tenant, wanted)
            store.load(tenant, name, items(200))
            told = store.search_text(tenant, name, COMMON, explain=True)
            assert told.explanation.plan == "bm25"
            assert len(told) == 10
            store.rename_collection(tenant, name, f"{name}.2")
            assert len(store.search_text(tenant, f"{name}.2", COMMON)) == 10
            store.drop_collection(tenant, f"{name}.2")


async def test_what_cannot_be_is_refused_before_anything_is_made(
    one_store: Any, tenant: str
) -> None:
    for said, match in (
        ({"text_search": None, "text_index": Bm25()}, "text_search=None"),
        ({"distributed": True, "text_index": Bm25()}, "distributed"),
        ({"text_search": BY, "text_index": Bm25()}, "one for each value of 'lang'"),
        ({"text_index": "bm25"}, r"text_index must be Bm25\(\) or None, not 'bm25'"),
    ):
        with pytest.raises(InvalidArgumentError, match=match):
            await one_store.ensure_collection(tenant, Collection("docs", 2, **said))
    assert await one_store.list_collections(tenant) == []


async def test_an_index_that_is_gone_is_done_without_and_brought_back(
    one_store: Any, sync_store: Store, dsn: str, tenant: str
) -> None:
    await one_store.ensure_collection(tenant, DOCS)
    await one_store.load(tenant, "docs", items(200))
    expected = await ids(one_store, tenant, "docs", COMMON)
    drop = sql.SQL("DROP INDEX {}").format(sql.SQL(index_of(sync_store, dsn, tenant, "docs")))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(drop)

    assert await ids(one_store, tenant, "docs", COMMON) == expected
    told = (await one_store.search_text(tenant, "docs", COMMON, explain=True)).explanation
    assert told.plan == "text"
    assert "is not built" in told.reason
    report = await one_store.maintain(tenant)
    assert any("_bm25" in str(one) for one in report.findings)
    told = (await one_store.search_text(tenant, "docs", COMMON, explain=True)).explanation
    assert told.plan == "bm25"
    assert await ids(one_store, tenant, "docs", COMMON) == expected
