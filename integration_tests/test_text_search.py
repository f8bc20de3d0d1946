"""Search by text: what matches, how it ranks, and what it does with any input at all."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrecall import Collection, CollectionNotFoundError, InvalidArgumentError, Item, Store
from pgrecall._connections import _EncodedDumper
from pgrecall._operations.text import known_frequencies
from pgrecall._statements import text as statements
from pgrecall._statements.text import RANKINGS, TextQuery
from pgrecall._vectors import Encoded

if TYPE_CHECKING:
    from pgrecall._statements.statement import Statement

ANIMALS = {
    "cat": "The cat sat on the mat.",
    "cats": "Cats chase mice; a cat sleeps, cats purr.",
    "dog": "A dog barks at the cat next door.",
    "both": "Dogs and cats living together.",
    "fish": "Fish swim in the supernova aquarium.",
    "empty": "",
}


async def filled(store: Any, tenant: str, texts: dict[str, str], **options: Any) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, **options))
    items = [Item(id_, None, text, {"n": n}) for n, (id_, text) in enumerate(texts.items())]
    await store.upsert(tenant, "docs", items)


async def found(store: Any, tenant: str, text: str, **options: Any) -> list[str]:
    return [match.id for match in await store.search_text(tenant, "docs", text, **options)]


@pytest.mark.parametrize("ranking", RANKINGS)
@pytest.mark.parametrize(
    ("syntax", "text", "ids"),
    [
        ("any", "Where does a dog or fish live?", {"dog", "both", "fish"}),
        ("any", "the of and", set()),
        ("any", "", set()),
        ("any", "zebra", set()),
        ("web", "cat -dog", {"cat", "cats"}),
        ("web", '"cat sat" or fish', {"cat", "fish"}),
        ("all", "cats dogs", {"dog", "both"}),
        ("all", "the", set()),
        ("phrase", "the cat sat", {"cat"}),
        ("phrase", "sat cat", set()),
        ("raw", "cat & !dog", {"cat", "cats"}),
        ("raw", "super:* | (dog & bark)", {"fish", "dog"}),
        ("raw", "cat <-> sat", {"cat"}),
        ("raw", "!cat", {"fish", "empty"}),
        ("raw", "", set()),
        ("raw", "the", set()),
    ],
)
async def test_each_syntax_finds_what_it_says_under_each_ranking(
    store, tenant, syntax, text, ids, ranking
) -> None:
    await filled(store, tenant, ANIMALS)

    matches = await store.search_text(tenant, "docs", text, syntax=syntax, ranking=ranking)

    assert {match.id for match in matches} == ids
    scores = [match.score for match in matches]
    assert scores == sorted(scores, reverse=True)
    for match in matches:
        assert match.text == ANIMALS[match.id]
        assert match.distance is None
        assert match.text_score == match.score
        assert match.snippet is None


def bm25(texts: dict[str, str], query: str) -> dict[str, float]:
    words = {id_: Counter(text.split()) for id_, text in texts.items()}
    lengths = [len(text.encode()) for text in texts.values() if text]
    average = sum(lengths) / len(lengths)
    scores: dict[str, float] = {}
    for term, occurrences in Counter(query.split()).items():
        df = sum(term in held for held in words.values())
        idf = math.log(1 + (len(texts) - df + 0.5) / (df + 0.5))
        for id_, held in words.items():
            if tf := held[term]:
                norm = 1.2 * (0.25 + 0.75 * len(texts[id_].encode()) / average)
                scores[id_] = scores.get(id_, 0.0) + occurrences * idf * tf / (tf + norm)
    return scores


@pytest.mark.parametrize("seed", range(3))
async def test_scores_are_those_of_bm25(store, tenant, seed) -> None:
    chosen = random.Random(seed)  # noqa: S311  # not for secrets
    vocabulary = [f"w{n}" for n in range(40)]
    weights = [1 / (n + 1) for n in range(40)]
    texts = {
        f"d{n}": " ".join(chosen.choices(vocabulary, weights, k=chosen.randrange(0, 60)))
        for n in range(300)
    }
    await filled(store, tenant, texts, text_search="simple")

    for _ in range(10):
        query = " ".join(chosen.choices(vocabulary, k=chosen.randrange(1, 6)))
        expected = sorted(bm25(texts, query).items(), key=lambda one: (-one[1], one[0]))
        matches = await store.search_text(tenant, "docs", query, limit=400)

        assert [match.score for match in matches] == pytest.approx([s for _, s in expected])
        assert {match.id for match in matches} == {id_ for id_, _ in expected}
        scores = dict(expected)
        for match in matches:
            assert match.score == pytest.approx(scores[match.id])


@pytest.mark.parametrize("times", [1, 2, 3, 10, 100, 255])
async def test_term_frequencies_are_exact_however_often_a_word_stands(store, tenant, times) -> None:
    texts = {"many": " ".join(["ox"] * times), "other": "bee"}
    await filled(store, tenant, texts, text_search="simple")

    [match] = await store.search_text(tenant, "docs", "ox")

    assert match.score == pytest.approx(bm25(texts, "ox")["many"], rel=1e-4)


@pytest.mark.parametrize("ranking", RANKINGS)
async def test_ties_are_broken_by_id_at_the_cut_too(store, tenant, ranking) -> None:
    texts = {f"d{n:02}": "the same words" for n in reversed(range(30))}
    await filled(store, tenant, texts)

    ids = await found(store, tenant, "words", limit=7, ranking=ranking)

    assert ids == sorted(texts)[:7]


@pytest.mark.parametrize("ranking", RANKINGS)
async def test_filters_come_before_ranking(store, tenant, ranking) -> None:
    texts = {f"d{n:04}": "common " * (1 + n % 5) + "word" for n in range(600)}
    await filled(store, tenant, texts)

    for filter_, expected in (
        ({"n": {"$gte": 595}}, 5),
        ({"n": {"$lt": 300}}, 10),
        ({"n": 17}, 1),
        ({"n": -1}, 0),
    ):
        for _ in range(2):  # the share of matching rows is sampled first, then known
            ids = await found(store, tenant, "common", filter=filter_, ranking=ranking)
            assert len(ids) == expected


async def test_limit_rows_come_back_whenever_that_many_match(store, tenant) -> None:
    # one rare word and two that every row has: the rare rows alone would be too few
    texts = {f"d{n:04}": f"common plain {'rare' if n < 3 else ''}" for n in range(2_500)}
    await filled(store, tenant, texts)

    ids = await found(store, tenant, "rare common plain", limit=50)

    assert len(ids) == 50
    assert set(ids[:3]) == {"d0000", "d0001", "d0002"}
    assert len(await found(store, tenant, "common", limit=2_400)) == 2_400
    assert len(await found(store, tenant, "common", limit=2_147_483_647)) == 2_500


async def test_rows_are_found_as_soon_as_they_come_and_never_after_they_go(store, tenant) -> None:
    await filled(store, tenant, {})
    assert await found(store, tenant, "cat") == []

    await store.upsert(tenant, "docs", [Item(id_, None, text) for id_, text in ANIMALS.items()])
    assert set(await found(store, tenant, "fish")) == {"fish"}

    await store.upsert(tenant, "docs", [Item("fish", None, "now a bird")])
    assert await found(store, tenant, "fish") == []
    assert await found(store, tenant, "bird") == ["fish"]

    await store.delete(tenant, "docs", ["fish"])
    assert await found(store, tenant, "bird") == []


async def test_a_collection_that_outgrew_what_was_known_of_it_still_ranks_rare_words_first(
    store, tenant
) -> None:
    await filled(store, tenant, {f"a{n}": "common" for n in range(900)})
    await found(store, tenant, "common")
    rows = {f"b{n:05}": f"common {'rare' if n % 500 == 0 else 'other'}" for n in range(5_000)}
    await store.upsert(tenant, "docs", [Item(id_, None, text) for id_, text in rows.items()])

    matches = await store.search_text(tenant, "docs", "common rare", limit=20)

    assert [match.id for match in matches[:10]] == [f"b{n:05}" for n in range(0, 5_000, 500)]
    assert all(match.score > 0 for match in matches)


@pytest.mark.parametrize("analyzed", [False, True])
async def test_statistics_or_their_absence_change_no_order(store, tenant, dsn, analyzed) -> None:
    texts = {
        f"d{n:04}": f"every {'half' if n % 2 else 'x'} {'tenth' if n % 10 == 0 else 'y'} w{n % 70}"
        for n in range(3_000)
    }
    await filled(store, tenant, texts, text_search="simple")
    if analyzed:
        described = await store.describe_collection(tenant, "docs")
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(sql.SQL("ANALYZE {}").format(identifier(described.table_name)))

    matches = await store.search_text(tenant, "docs", "every half tenth w7", limit=50)

    scores = bm25(texts, "every half tenth w7")
    best = sorted(scores.values(), reverse=True)[:50]
    assert [scores[match.id] for match in matches] == pytest.approx(best, rel=0.02)


def identifier(table_name: str) -> sql.Identifier:
    return sql.Identifier(*(part.strip('"') for part in table_name.split(".")))


async def test_a_role_that_sees_no_statistics_gets_the_same_ranking(open_store, fresh_dsn) -> None:
    role = "reader_" + re.sub(r"\W", "", fresh_dsn.split("dbname=")[1].split()[0])
    texts = {f"d{n:04}": f"every {'half' if n % 2 else 'x'} w{n % 70}" for n in range(2_500)}
    with Store(fresh_dsn) as owner, psycopg.connect(fresh_dsn, autocommit=True) as connection:
        made = owner.ensure_collection("t", Collection("docs", 2, text_search="simple"))
        owner.load("t", "docs", [Item(id_, None, text) for id_, text in texts.items()])
        for statement in (
            "CREATE ROLE {role} LOGIN",
            "GRANT USAGE ON SCHEMA pgrecall TO {role}",
            "GRANT SELECT ON ALL TABLES IN SCHEMA pgrecall TO {role}",
            "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY everyone ON {table} USING (true)",
        ):
            connection.execute(
                sql.SQL(statement).format(
                    role=sql.Identifier(role), table=identifier(made.table_name or "")
                )
            )
        expected = [match.id for match in owner.search_text("t", "docs", "every half w9")]
        reader = open_store(make_conninfo(fresh_dsn, user=role), setup=False)
        try:
            matches = await reader.search_text("t", "docs", "every half w9")
        finally:
            await reader.close()
            connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
    assert [match.id for match in matches] == expected


@pytest.mark.parametrize("syntax", ["any", "web", "raw"])
@pytest.mark.parametrize("ranking", RANKINGS)
def test_the_text_index_serves_every_search(sync_store, tenant, dsn, syntax, ranking) -> None:
    sync_store.ensure_collection(tenant, Collection("docs", 2))
    rows = (Item(f"d{n}", None, f"word{n % 400} and {n}", {"n": n}) for n in range(4_000))
    sync_store.load(tenant, "docs", rows)
    sync_store.search_text(tenant, "docs", "word1")
    driver = sync_store._driver
    stored = driver.context.known(tenant, "docs")
    known = driver.run(known_frequencies(driver.context, stored))
    made = statements.text(
        stored, "word1 | word2", 10, None, TextQuery(syntax, ranking), known, highlight=False
    )

    plan = explained(dsn, made)

    assert f"Bitmap Index Scan on {stored.index_name('tsv')}" in plan
    assert f"Seq Scan on {stored.table_name}" not in plan
    assert "JIT" not in plan


def explained(dsn: str, made: Statement) -> str:
    with psycopg.connect(dsn) as connection:
        connection.adapters.register_dumper(Encoded, _EncodedDumper)
        first = statements.text_settings()
        connection.execute(first.sql, first.parameters)
        assert isinstance(made.sql, bytes)
        rows = connection.execute(b"EXPLAIN (ANALYZE, COSTS OFF) " + made.sql, made.parameters)
        return "\n".join(line for (line,) in rows)


hostile = st.text(
    alphabet=st.one_of(
        st.sampled_from("&|!():*<->'\"\\ aé\n\t,.-_/@#%${}0"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=60,
)


@pytest.mark.parametrize("syntax", ["any", "web", "all", "phrase"])
def test_every_text_is_safe_in_every_syntax_but_raw(sync_store, tenant, syntax) -> None:
    sync_store.ensure_collection(tenant, Collection("docs", 2))
    sync_store.upsert(tenant, "docs", [Item(id_, None, text) for id_, text in ANIMALS.items()])

    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.differing_executors]
    )
    @given(hostile)
    def searched(text: str) -> None:
        for highlight in (False, True):
            matches = sync_store.search_text(
                tenant, "docs", text, syntax=syntax, highlight=highlight
            )
            assert all(match.score >= 0 for match in matches)

    searched()


def test_any_raw_query_works_or_is_an_argument_that_cannot_be_used(sync_store, tenant) -> None:
    sync_store.ensure_collection(tenant, Collection("docs", 2))
    sync_store.upsert(tenant, "docs", [Item(id_, None, text) for id_, text in ANIMALS.items()])

    @settings(max_examples=150, deadline=None)
    @given(st.text(alphabet="cat dog&|!():*<->'\\12A", max_size=30))
    def searched(text: str) -> None:
        try:
            sync_store.search_text(tenant, "docs", text, syntax="raw")
        except InvalidArgumentError as error:
            if ">>>" not in str(error):
                raise

    searched()


@pytest.mark.parametrize("text", ["it's a 'quoted' \\ back\\slash", "a'b\\c'd", "x:y&z|!w"])
async def test_a_text_finds_itself_whatever_its_punctuation(store, tenant, text) -> None:
    await filled(store, tenant, {"odd": text, "other": "nothing here"}, text_search="simple")

    for syntax in ("any", "web", "all", "phrase"):
        if syntax == "web" and "!" in text:
            continue
        assert await found(store, tenant, text, syntax=syntax) == ["odd"]


@pytest.mark.parametrize("syntax", ["any", "web", "all", "phrase"])
@pytest.mark.parametrize("text", ["w ", "cat dog fish ", "x" * 99 + "-", "é ", "a/b.c@", "('\""])
async def test_a_hundred_kilobytes_of_query_are_safe(store, tenant, syntax, text) -> None:
    await filled(store, tenant, ANIMALS)

    await found(store, tenant, text * (100_000 // len(text)), syntax=syntax)


async def test_a_long_text_finds_what_it_is_about(store, tenant) -> None:
    await filled(store, tenant, ANIMALS)
    long = " ".join(f"unknown{n}" for n in range(9_000)) + " fish aquarium" * 3

    assert await found(store, tenant, long) == ["fish"]


async def test_a_raw_query_that_goes_too_deep_is_refused(store, tenant) -> None:
    await filled(store, tenant, ANIMALS)

    with pytest.raises(InvalidArgumentError, match="more than PostgreSQL can take"):
        await found(store, tenant, "(" * 50_000 + "cat" + ")" * 50_000, syntax="raw")


@pytest.mark.parametrize(
    ("text", "place"), [("cat & | dog", "cat & >>>| dog"), ("cat dog", "cat >>>dog")]
)
async def test_the_error_of_a_raw_query_shows_its_place(store, tenant, text, place) -> None:
    await filled(store, tenant, ANIMALS)

    with pytest.raises(InvalidArgumentError, match=re.escape(place)):
        await found(store, tenant, text, syntax="raw")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"text": "a\0b"}, "NUL"),
        ({"text": "a\ud800"}, "surrogate"),
        ({"text": 7}, "string"),
        ({"text": "a", "syntax": "lucene"}, "syntax"),
        ({"text": "a", "ranking": "tfidf"}, "ranking"),
        ({"text": "a", "limit": 0}, "limit"),
    ],
)
async def test_arguments_that_cannot_be_used_are_named(store, tenant, arguments, words) -> None:
    await filled(store, tenant, ANIMALS)

    with pytest.raises(InvalidArgumentError, match=words):
        await store.search_text(tenant, "docs", **arguments)


async def test_a_collection_without_text_search_says_what_to_do(store, tenant) -> None:
    await filled(store, tenant, ANIMALS, text_search=None)

    with pytest.raises(InvalidArgumentError, match="text_search='english'"):
        await found(store, tenant, "cat")


async def test_a_missing_collection_is_not_found(store, tenant) -> None:
    with pytest.raises(CollectionNotFoundError):
        await found(store, tenant, "cat")


async def test_a_snippet_marks_the_words_that_match(store, tenant) -> None:
    await filled(store, tenant, ANIMALS)

    for syntax, text in (("any", "fish"), ("raw", "fish | zebra"), ("web", "fish")):
        [match] = await store.search_text(tenant, "docs", text, syntax=syntax, highlight=True)
        assert match.snippet is not None
        assert "<b>Fish</b>" in match.snippet


@pytest.mark.parametrize("name", ["simple", "german", "pg_catalog.german", '"pg_catalog"."simple"'])
async def test_the_collections_own_configuration_reads_texts_and_queries(
    store, tenant, name
) -> None:
    await filled(store, tenant, {"a": "Die Häuser der Stadt", "b": "Running"}, text_search=name)

    german = "german" in name
    assert await found(store, tenant, "Haus") == (["a"] if german else [])
    assert await found(store, tenant, "die") == ([] if german else ["a"])
    assert await found(store, tenant, "RUNNING") == ["b"]


async def test_a_bound_collection_searches_its_own_texts(store, tenant) -> None:
    await filled(store, tenant, ANIMALS)

    matches = await store.bind(tenant, "docs").search_text("fish", highlight=True, limit=3)

    assert [match.id for match in matches] == ["fish"]


async def test_tenants_do_not_see_each_others_texts(store, tenant) -> None:
    await filled(store, tenant, {"mine": "secret cat"})
    await filled(store, tenant + "-other", {"theirs": "secret cat"})

    assert await found(store, tenant, "secret") == ["mine"]
