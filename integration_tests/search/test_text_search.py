"""Search by text: what matches, and what it does with any input at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration_tests.shared.texts import ANIMALS, filled, found
from psycopg import sql

from pgrecall import Collection, CollectionNotFoundError, InvalidArgumentError, Item, Table
from pgrecall._statements.search.text_query import RANKINGS
from pgrecall._values.marked import pieces_of

if TYPE_CHECKING:
    from pgrecall import Store


TAGGED = [
    "<b>birds</b> and a</b> fish <b>swim <b>quick",
    "x<b>birds</b>y a.b<b>c.d</b> http://e.org/x<b>y</b> fish",
    '<i title="<b>birds</b>">in</i> <!-- <b>left</b> --> out, a fish',
    "&lt;b&gt;birds&lt;/b&gt; <B>big</B> <b >wide</b > a fish",
    "a-<b>-b</b>- /usr/<b>bin</b>/x me@<b>host.org</b> fish",
    "5<b>6</b>7 '<b>'quoted'</b>' fish </b> <b>",
]
"""Texts with tags where PostgreSQL's parser is in the middle of something else."""


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
    store: Any, tenant: str, syntax: str, text: str, ids: set[str], ranking: str
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


@pytest.mark.parametrize("ranking", RANKINGS)
async def test_filters_come_before_ranking(store: Any, tenant: str, ranking: str) -> None:
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


async def test_limit_rows_come_back_whenever_that_many_match(store: Any, tenant: str) -> None:
    # one rare word and two that every row has: the rare rows alone would be too few
    texts = {f"d{n:04}": f"common plain {'rare' if n < 3 else ''}" for n in range(2_500)}
    await filled(store, tenant, texts)

    ids = await found(store, tenant, "rare common plain", limit=50)

    assert len(ids) == 50
    assert set(ids[:3]) == {"d0000", "d0001", "d0002"}
    assert len(await found(store, tenant, "common", limit=2_400)) == 2_400
    assert len(await found(store, tenant, "common", limit=2_147_483_647)) == 2_500


async def test_rows_are_found_as_soon_as_they_come_and_never_after_they_go(
    store: Any, tenant: str
) -> None:
    await filled(store, tenant, {})
    assert await found(store, tenant, "cat") == []

    await store.upsert(tenant, "docs", [Item(id_, None, text) for id_, text in ANIMALS.items()])
    assert set(await found(store, tenant, "fish")) == {"fish"}

    await store.upsert(tenant, "docs", [Item("fish", None, "now a bird")])
    assert await found(store, tenant, "fish") == []
    assert await found(store, tenant, "bird") == ["fish"]

    await store.delete(tenant, "docs", ["fish"])
    assert await found(store, tenant, "bird") == []


hostile = st.text(
    alphabet=st.one_of(
        st.sampled_from("&|!():*<->'\"\\ aé\n\t,.-_/@#%${}0"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=60,
)


@pytest.mark.parametrize("syntax", ["any", "web", "all", "phrase"])
def test_every_text_is_safe_in_every_syntax_but_raw(
    sync_store: Store, tenant: str, syntax: str
) -> None:
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


def test_any_raw_query_works_or_is_an_argument_that_cannot_be_used(
    sync_store: Store, tenant: str
) -> None:
    sync_store.ensure_collection(tenant, Collection("docs", 2))
    sync_store.upsert(tenant, "docs", [Item(id_, None, text) for id_, text in ANIMALS.items()])

    @settings(max_examples=150, deadline=None)
    @given(st.text(alphabet="cat dog&|!():*<->'\\12A", max_size=30))
    def searched(text: str) -> None:
        try:
            sync_store.search_text(tenant, "docs", text, syntax="raw")
        except InvalidArgumentError as error:
            assert ">>>" in str(error)  # noqa: PT017  # most queries raise nothing

    searched()


@pytest.mark.parametrize("text", ["it's a 'quoted' \\ back\\slash", "a'b\\c'd", "x:y&z|!w"])
async def test_a_text_finds_itself_whatever_its_punctuation(
    store: Any, tenant: str, text: str
) -> None:
    await filled(store, tenant, {"odd": text, "other": "nothing here"}, text_search="simple")

    for syntax in ("any", "web", "all", "phrase"):
        if syntax == "web" and "!" in text:
            continue
        assert await found(store, tenant, text, syntax=syntax) == ["odd"]


@pytest.mark.parametrize("syntax", ["any", "web", "all", "phrase"])
@pytest.mark.parametrize("text", ["w ", "cat dog fish ", "x" * 99 + "-", "é ", "a/b.c@", "('\""])
async def test_a_hundred_kilobytes_of_query_are_safe(
    store: Any, tenant: str, syntax: str, text: str
) -> None:
    await filled(store, tenant, ANIMALS)

    await found(store, tenant, text * (100_000 // len(text)), syntax=syntax)


async def test_a_long_text_finds_what_it_is_about(store: Any, tenant: str) -> None:
    await filled(store, tenant, ANIMALS)
    long = " ".join(f"unknown{n}" for n in range(9_000)) + " fish aquarium" * 3

    assert await found(store, tenant, long) == ["fish"]


async def test_a_raw_query_that_goes_too_deep_is_refused(store: Any, tenant: str) -> None:
    await filled(store, tenant, ANIMALS)

    with pytest.raises(InvalidArgumentError, match="more than PostgreSQL can take"):
        await found(store, tenant, "(" * 50_000 + "cat" + ")" * 50_000, syntax="raw")


@pytest.mark.parametrize(
    ("text", "place"), [("cat & | dog", "cat & >>>| dog"), ("cat dog", "cat >>>dog")]
)
async def test_the_error_of_a_raw_query_shows_its_place(
    store: Any, tenant: str, text: str, place: str
) -> None:
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
async def test_arguments_that_cannot_be_used_are_named(
    store: Any, tenant: str, arguments: dict[str, Any], words: str
) -> None:
    await filled(store, tenant, ANIMALS)

    with pytest.raises(InvalidArgumentError, match=words):
        await store.search_text(tenant, "docs", **arguments)


async def test_a_collection_without_text_search_says_what_to_do(store: Any, tenant: str) -> None:
    await filled(store, tenant, ANIMALS, text_search=None)

    with pytest.raises(InvalidArgumentError, match="text_search='english'"):
        await found(store, tenant, "cat")


async def test_a_missing_collection_is_not_found(store: Any, tenant: str) -> None:
    with pytest.raises(CollectionNotFoundError):
        await found(store, tenant, "cat")


async def test_a_snippet_marks_the_words_that_match(store: Any, tenant: str) -> None:
    await filled(store, tenant, ANIMALS)

    for syntax, text in (("any", "fish"), ("raw", "fish | zebra"), ("web", "fish")):
        [match] = await store.search_text(tenant, "docs", text, syntax=syntax, highlight=True)
        assert match.snippet is not None
        assert "<b>Fish</b>" in match.snippet


async def test_tags_of_a_text_are_told_from_the_marks_of_words(store: Any, tenant: str) -> None:
    await filled(store, tenant, {"a": "<b>birds</b> and a</b> fish <b>swim <b>quick"})

    [match] = await store.search_text(tenant, "docs", "fish", highlight=True)
    assert match.snippet == match.text.replace("fish", "<b>fish</b>")
    assert pieces_of(match.snippet) == [
        ("<b>birds</b> and a</b> ", False),
        ("fish", True),
        (" <b>swim <b>quick", False),
    ]


async def test_postgresql_itself_brings_no_tag_of_a_text_along(
    dsn: str, store: Any, tenant: str
) -> None:
    # of a table that was adopted the passage is PostgreSQL's own
    table = f"t_{tenant.replace('-', '_')}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE TABLE public.{0} (id text PRIMARY KEY, body text)").format(
                sql.Identifier(table)
            )
        )
        for number, text in enumerate(TAGGED):
            connection.execute(
                sql.SQL("INSERT INTO public.{} VALUES (%s, %s)").format(sql.Identifier(table)),
                [str(number), text],
            )
    await store.adopt_collection(tenant, "docs", Table(f"public.{table}", id="id", text="body"))
    found = await store.search_text(tenant, "docs", "fish", highlight=True)
    assert len(found) == len(TAGGED)
    for match in found:
        marked = [text for text, is_marked in pieces_of(match.snippet) if is_marked]
        assert (match.text, marked) == (match.text, ["fish"])


@pytest.mark.parametrize("syntax", ["any", "all", "phrase"])
@pytest.mark.parametrize(
    ("word", "most"),
    [("fish ", 200), ("\u6f22", 9_999)],
    ids=["words", "a script without spaces"],
)
async def test_a_long_question_is_marked_by_its_words(
    store: Any, tenant: str, word: str, most: int, syntax: str
) -> None:
    await filled(store, tenant, {"long": word * 250}, text_search="simple")
    count = 200 if syntax == "phrase" else most

    [match] = await store.search_text(tenant, "docs", word * count, syntax=syntax, highlight=True)

    # held to the phrase at each of its places, such a text takes minutes, or more memory than is
    assert match.snippet is not None
    assert f"<b>{word.strip()}" in match.snippet


@pytest.mark.parametrize("name", ["simple", "german", "pg_catalog.german", '"pg_catalog"."simple"'])
async def test_the_collections_own_configuration_reads_texts_and_queries(
    store: Any, tenant: str, name: str
) -> None:
    await filled(store, tenant, {"a": "Die Häuser der Stadt", "b": "Running"}, text_search=name)

    german = "german" in name
    assert await found(store, tenant, "Haus") == (["a"] if german else [])
    assert await found(store, tenant, "die") == ([] if german else ["a"])
    assert await found(store, tenant, "RUNNING") == ["b"]


async def test_a_bound_collection_searches_its_own_texts(store: Any, tenant: str) -> None:
    await filled(store, tenant, ANIMALS)

    matches = await store.bind(tenant, "docs").search_text("fish", highlight=True, limit=3)

    assert [match.id for match in matches] == ["fish"]


async def test_tenants_do_not_see_each_others_texts(store: Any, tenant: str) -> None:
    await filled(store, tenant, {"mine": "secret cat"})
    await filled(store, tenant + "-other", {"theirs": "secret cat"})

    assert await found(store, tenant, "secret") == ["mine"]
