"""Which analysis a collection's texts have, and how an older one is brought to the newest."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.search.words.lists import IDENTIFIERS, SCRIPTS, SENTENCES
from integration_tests.shared.faults import closing, execute
from integration_tests.shared.registries import TENANT, restore

from pgrecall import ByField, Collection, Hnsw, Item, Store
from pgrecall._adapters.pair import Pair
from pgrecall._operations.context import resolve
from pgrecall._operations.health import gathering
from pgrecall._statements import analysis
from pgrecall._statements.analysis import NEWEST
from pgrecall.cli.checks.checks import check
from pgrecall.cli.checks.findings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

PATH = Item("path", [1, 2, 3], "It is in src/pgrecall/store.py, and getUserName() finds it.")
OLDER = ("docs", "lists", "texts")
MISSED_BY_1 = Path(__file__).parent / "missed_by_1.json"


def told(store: Store) -> list[str]:
    """Name the collections that doctor tells an older analysis of."""
    pair = Pair(store)
    found = check(pair.run(gathering.gather(pair.context)), Limits())
    return [one.what.partition(":")[0] for one in found if "older analysis" in one.what]


def analysis_of(store: Store, name: str) -> int | None:
    pair = Pair(store)
    return pair.run(resolve(pair.context, TENANT, name)).analysis


async def ids(store: Any, name: str, asked: str) -> list[str]:
    return [match.id for match in await store.search_text(TENANT, name, asked, limit=30)]


@pytest.mark.parametrize("verb", ["alter_collection", "reindex"])
async def test_an_older_collection_keeps_its_words_until_it_is_brought_over(
    open_store: Callable[..., Any], fresh_dsn: str, verb: str
) -> None:
    restore(fresh_dsn, 4)
    async with closing(open_store(fresh_dsn)) as store:
        await store.upsert(TENANT, "docs", [PATH])
        assert await ids(store, "docs", "store") == []
        assert await ids(store, "docs", "src/pgrecall/store.py") == ["path"]
        before = sorted(await ids(store, "docs", "apple"))
        [match] = await store.search_text(TENANT, "docs", "src/pgrecall/store.py", highlight=True)
        assert "<b>src/pgrecall/store.py</b>" in match.snippet
        with Store(fresh_dsn) as other:
            assert told(other) == [*(f"{TENANT}/{name}" for name in OLDER), "other/docs"]
            due = [one for one in other.maintain(dry_run=True).findings if "analysis" in one.what]
            assert {one.outcome for one in due} == {"told"}

        if verb == "reindex":
            await store.reindex(TENANT, "docs")
        else:
            await store.alter_collection(TENANT, Collection("docs", text_search="english"))

        for asked in ("store", "username", "src/pgrecall/store.py"):
            assert await ids(store, "docs", asked) == ["path"]
        assert sorted(await ids(store, "docs", "apple")) == before
        assert (await store.describe_collection(TENANT, "docs")).index == Hnsw(m=8)
        with Store(fresh_dsn) as other:
            assert f"{TENANT}/docs" not in told(other)
            assert (analysis_of(other, "docs"), analysis_of(other, "lists")) == (NEWEST, None)


@pytest.mark.parametrize("verb", ["alter_collection", "reindex"])
async def test_a_collection_of_the_first_analysis_is_asked_by_it_until_it_is_brought_over(
    open_store: Callable[..., Any], fresh_dsn: str, verb: str
) -> None:
    restore(fresh_dsn, 5)
    size, log = "1920\u00d71080 by getUserName()", "\x1b[31merror\x1b[0m, and GH-1234"
    async with closing(open_store(fresh_dsn)) as store:
        await store.upsert(TENANT, "docs", [Item("size", [1, 2, 3], size)])
        await store.upsert(TENANT, "docs", [Item("log", [1, 2, 3], log)])
        with Store(fresh_dsn) as other:
            assert analysis_of(other, "docs") == 1
            assert told(other) == [*(f"{TENANT}/{name}" for name in OLDER), "other/docs"]
        assert await ids(store, "docs", "username") == ["size"]
        assert await ids(store, "docs", "1234") == ["log"]
        assert await ids(store, "docs", "error") == []
        asked = {"syntax": "phrase", "limit": 30}
        assert await store.search_text(TENANT, "docs", "1920x1080", **asked) == []
        [match] = await store.search_text(TENANT, "docs", "1920\u00d71080", **asked)
        assert match.id == "size"

        if verb == "reindex":
            await store.reindex(TENANT, "docs")
        else:
            await store.alter_collection(TENANT, Collection("docs", text_search="english"))

        assert await ids(store, "docs", "username") == ["size"]
        assert await ids(store, "docs", "error") == ["log"]
        for one in ("1920x1080", "1920\u00d71080"):
            [match] = await store.search_text(TENANT, "docs", one, **asked)
            assert match.id == "size"
        with Store(fresh_dsn) as other:
            assert f"{TENANT}/docs" not in told(other)
            assert (analysis_of(other, "docs"), analysis_of(other, "lists")) == (NEWEST, 1)


@pytest.mark.parametrize("verb", ["alter_collection", "reindex"])
async def test_a_collection_of_the_second_analysis_finds_the_same_before_and_after(
    open_store: Callable[..., Any], fresh_dsn: str, verb: str
) -> None:
    restore(fresh_dsn, 6)
    async with closing(open_store(fresh_dsn)) as store:
        often = [Item(f"n{n}", [1, 2, 3], "pump " * n + "valve") for n in (1, 2, 9)]
        await store.upsert(TENANT, "docs", often)
        with Store(fresh_dsn) as other:
            assert analysis_of(other, "docs") == 2
            assert told(other) == [*(f"{TENANT}/{name}" for name in OLDER), "other/docs"]
        before = await ids(store, "docs", "pump")

        if verb == "reindex":
            await store.reindex(TENANT, "docs")
        else:
            await store.alter_collection(TENANT, Collection("docs", text_search="english"))

        assert await ids(store, "docs", "pump") == before == ["n9", "n2", "n1"]
        with Store(fresh_dsn) as other:
            assert f"{TENANT}/docs" not in told(other)
            assert analysis_of(other, "docs") == NEWEST


async def test_a_registry_of_the_first_analysis_makes_collections_by_it(
    open_store: Callable[..., Any], fresh_dsn: str
) -> None:
    restore(fresh_dsn, 5)
    async with closing(open_store(fresh_dsn, setup=False)) as store:
        await store.ensure_collection(TENANT, Collection("new", 3))
        await store.upsert(TENANT, "new", [PATH])
        for asked in ("store", "username"):
            assert await ids(store, "new", asked) == ["path"]
        await store.alter_collection(TENANT, Collection("new", text_search="english"))
    with Store(fresh_dsn, setup=False) as other:
        assert analysis_of(other, "new") == 1
        assert told(other) == []


async def test_a_client_that_knows_the_first_analysis_alone_finds_words_of_the_second(
    one_store: Any, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"newer_{uuid.uuid4().hex[:8]}"
    await one_store.ensure_collection(TENANT, Collection(name, 3))
    await one_store.upsert(TENANT, name, [PATH])
    first = analysis._names(1)
    monkeypatch.setattr(analysis, "_names", lambda _: first)
    await one_store.upsert(TENANT, name, [Item("log", [1, 2, 3], "\x1b[31merror\x1b[0m 9\u00d79")])

    for syntax in ("any", "all", "web", "phrase"):
        for asked in ("store.py", "src/pgrecall/store.py", "user name", "getUserName"):
            found = await one_store.search_text(TENANT, name, asked, syntax=syntax)
            assert [match.id for match in found] == ["path"]
    assert await ids(one_store, name, "error") == ["log"]
    await one_store.drop_collection(TENANT, name)


async def test_a_registry_without_the_functions_makes_collections_as_before(
    open_store: Callable[..., Any], fresh_dsn: str
) -> None:
    restore(fresh_dsn, 4)
    async with closing(open_store(fresh_dsn, setup=False)) as store:
        await store.ensure_collection(TENANT, Collection("new", 3))
        await store.upsert(TENANT, "new", [PATH])
        assert await ids(store, "new", "store") == []
        assert await ids(store, "new", "find") == ["path"]
        await store.alter_collection(TENANT, Collection("new", text_search="english"))
    with Store(fresh_dsn, setup=False) as other:
        assert analysis_of(other, "new") is None
        assert told(other) == []


async def test_a_change_of_layout_brings_the_newest_analysis_along(
    one_store: Any, dsn: str
) -> None:
    await one_store.ensure_collection(TENANT, Collection("laid", 3))
    await one_store.upsert(TENANT, "laid", [PATH])

    await one_store.alter_collection(TENANT, Collection("laid", storage="halfvec"))

    assert await ids(one_store, "laid", "store") == ["path"]
    with Store(dsn) as other:
        assert analysis_of(other, "laid") == NEWEST
    await one_store.drop_collection(TENANT, "laid")


async def test_what_an_older_client_put_in_the_place_of_a_table_is_read_as_it_is(
    one_store: Any, dsn: str
) -> None:
    """One that does not know of analyses makes a table without, and keeps what it does not know."""
    await one_store.ensure_collection(TENANT, Collection("older", 3))
    made = await one_store.describe_collection(TENANT, "older")
    execute(
        dsn,
        f"ALTER TABLE {made.table_name} DROP COLUMN tsv, ADD COLUMN tsv tsvector GENERATED"
        " ALWAYS AS (to_tsvector('english'::regconfig, left(text, 130000))) STORED",
    )

    with Store(dsn) as other:
        assert analysis_of(other, "older") is None
        other.upsert(TENANT, "older", [PATH])
        assert [match.id for match in other.search_text(TENANT, "older", "find")] == ["path"]
        assert other.search_text(TENANT, "older", "store") == []
    await one_store.drop_collection(TENANT, "older")


def test_a_configuration_with_a_parser_of_its_own_reads_texts_as_they_are(dsn: str) -> None:
    name = f"own_{uuid.uuid4().hex[:8]}"
    functions = "start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end"
    execute(
        dsn,
        f"CREATE TEXT SEARCH PARSER public.{name} ({functions}, lextypes = prsd_lextype)",
        f"CREATE TEXT SEARCH CONFIGURATION public.{name} (parser = public.{name})",
        f"ALTER TEXT SEARCH CONFIGURATION public.{name} ADD MAPPING FOR host WITH simple",
    )
    own = f"public.{name}"
    with Store(dsn) as store:
        for text_search in (own, ByField("lang", {"en": "english"}, otherwise=own)):
            store.ensure_collection(TENANT, Collection(name, 2, text_search=text_search))
            store.upsert(TENANT, name, [Item("a", [1, 1], "see docs.example.com")])
            for syntax in ("any", "all"):
                asked = store.search_text(TENANT, name, "docs.example.com", syntax=syntax)
                assert [m.id for m in asked] == ["a"]
            assert analysis_of(store, name) is None
            # other tests may leave older collections there
            assert f"{TENANT}/{name}" not in told(store)
            store.drop_collection(TENANT, name)


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_of_another_encoding_has_compounds_found(dsn: str, encoding: str) -> None:
    name = f"encoded_{encoding.lower()}_{uuid.uuid4().hex[:8]}"
    execute(dsn, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'")
    host = dsn.replace(dsn.partition("dbname=")[2].split(" ")[0], name)
    try:
        with Store(host) as store:
            store.ensure_collection(TENANT, Collection("docs", 3))
            store.upsert(TENANT, "docs", [PATH, Item("b", [1, 1, 1], "GH-1234 is in C++")])
            assert analysis_of(store, "docs") == NEWEST
            for asked in ("store.py", "username", "pgrecall"):
                assert [m.id for m in store.search_text(TENANT, "docs", asked)] == ["path"]
            for asked in ("1234", "C++", "gh1234"):
                assert [m.id for m in store.search_text(TENANT, "docs", asked)] == ["b"]
    finally:
        execute(dsn, f"DROP DATABASE {name} WITH (FORCE)")


def test_a_long_text_is_split_into_the_words_that_it_has_alone(dsn: str) -> None:
    """A long one has words without parts left out before it is looked for parts."""
    texts = [text for pairs in (SENTENCES, IDENTIFIERS, SCRIPTS) for text, _ in pairs]
    kinds = json.loads(MISSED_BY_1.read_text(encoding="utf-8"))
    texts += [text for rows in kinds.values() for text, *_ in rows]
    with Store(dsn) as store:
        store.list_collections(TENANT)

    made = "array(SELECT lexeme FROM unnest(to_tsvector('simple', pgrecall.analysis_2({}))))"
    alone, beside = made.format("%(text)s"), made.format("%(text)s || %(plain)s")
    plain = "\n\n" + "plain Words " * 60
    with psycopg.connect(dsn) as connection:
        for text in texts:
            row = connection.execute(
                f"SELECT {alone}, {beside}", {"text": text, "plain": plain}
            ).fetchone()
            assert row is not None
            assert set(row[1]) == {*row[0], "plain", "words"}, text
