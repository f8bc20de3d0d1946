"""Words as people write them are found: each by its parts and whole, in every script."""

from __future__ import annotations

import base64
import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.search.words.lists import IDENTIFIERS, SCRIPTS, SENTENCES
from integration_tests.shared.exhaustive import EXHAUSTIVE
from integration_tests.shared.faults import execute
from integration_tests.shared.texts import filled, found
from psycopg import sql

from pgrecall import Collection, InvalidArgumentError, Item
from pgrecall._statements.analysis import NEWEST
from pgrecall._statements.search.text_query import SYNTAXES

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent
KINDS = {"sentences": SENTENCES, "identifiers": IDENTIFIERS, "scripts": SCRIPTS}


@pytest.fixture
def store(one_store: Any) -> Any:
    """One store: the server alone decides here, and what both stores send is alike."""
    return one_store


async def missing(
    store: Any, tenant: str, pairs: Sequence[tuple[str, str]], **options: Any
) -> list[tuple[str, str]]:
    """Give the pairs whose text is not found by what is asked."""
    await filled(store, tenant, {str(n): text for n, (text, _) in enumerate(pairs)})
    return [
        pair
        for n, pair in enumerate(pairs)
        if str(n) not in await found(store, tenant, pair[1], limit=len(pairs), **options)
    ]


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_plainly_in_a_text_is_found(one_store: Any, tenant: str, kind: str) -> None:
    assert await missing(one_store, tenant, KINDS[kind]) == []


def read(name: str) -> dict[str, list[tuple[str, str]]]:
    """Read pairs by kind: a text, and what is plainly in it."""
    kinds = json.loads((HERE / name).read_text(encoding="utf-8"))
    return {
        kind: [(text, one) for text, *asked in rows for one in asked]
        for kind, rows in kinds.items()
    }


@pytest.mark.parametrize("syntax", ["any", "web"])
async def test_what_an_earlier_analysis_missed_is_found(
    one_store: Any, tenant: str, syntax: str
) -> None:
    pairs = [pair for of_kind in read("missed_before.json").values() for pair in of_kind]

    assert await missing(one_store, tenant, pairs, syntax=syntax) == []


@pytest.mark.parametrize("syntax", ["any", "all", "web", "phrase"])
async def test_what_the_first_analysis_missed_is_found(
    one_store: Any, tenant: str, syntax: str
) -> None:
    pairs = [pair for of_kind in read("missed_by_1.json").values() for pair in of_kind]

    assert await missing(one_store, tenant, pairs, syntax=syntax) == []


@EXHAUSTIVE
@pytest.mark.parametrize("syntax", ["any", "all", "web", "phrase"])
@pytest.mark.parametrize("kind", list(read("tried.json")))
async def test_all_that_was_tried_is_found_in_every_syntax(
    one_store: Any, tenant: str, kind: str, syntax: str
) -> None:
    assert await missing(one_store, tenant, read("tried.json")[kind], syntax=syntax) == []


@pytest.mark.parametrize("syntax", SYNTAXES)
async def test_every_syntax_finds_parts_and_wholes(store: Any, tenant: str, syntax: str) -> None:
    pairs = [
        ("src/pgrecall/store.py", "store.py"),
        ("sales@acme.example", "acme"),
        ("https://docs.example.com/a", "example.com"),
        ("List<Customer>", "customer"),
        ("pages 10-20", "20"),
        ("C:\\Users\\me\\report.docx", "report.docx"),
        ("getUserName()", "getUserName"),
        ("C++ code", "C++"),
        ("数据库系统", "库系"),
        ("ภาษาไทยง่าย", "ไทย"),
        ("水", "水"),
    ]

    assert await missing(store, tenant, pairs, syntax=syntax) == []


async def test_the_whole_ranks_before_its_parts(store: Any, tenant: str) -> None:
    apart = {
        "store.py": "a store, and py files of a store and py once more",
        "example.com": "for example a com port of another example, com again",
        "GH-1234": "gh and then 1234, gh once more and 1234 again",
        "getUserName": "get a user and a name, get the user name of a user",
        "C++": "c and c and c",
    }
    texts = {f"apart {asked}": text for asked, text in apart.items()}
    texts |= {
        "whole store.py": "there is more in src/pgrecall/store.py than one would think",
        "whole example.com": "the pages at https://docs.example.com/a are about something else",
        "whole GH-1234": "the ticket GH-1234 was closed a week after somebody opened it",
        "whole getUserName": "what getUserName() gives is not what anybody has asked it for",
        "whole C++": "some of the code is in C++ and the rest of it in something else",
    }
    await filled(store, tenant, texts)

    for asked in apart:
        for syntax in ("any", "all"):
            first, *_ = await found(store, tenant, asked, syntax=syntax)
            assert first == f"whole {asked}"


async def test_phrases_go_across_the_parts_of_compounds(store: Any, tenant: str) -> None:
    text = "the src/pgrecall/store.py file of PostgreSQL 18, see client/server systems"
    await filled(store, tenant, {"a": text})

    for asked in (
        '"the src pgrecall store py file"',
        '"pgrecall/store.py file"',
        '"the src/pgrecall"',
        '"postgresql 18"',
        '"see client server systems"',
        "store.py -java",
    ):
        assert await found(store, tenant, asked, syntax="web") == ["a"], asked
    assert await found(store, tenant, "store.py <-> file & !'java/beans'", syntax="raw") == ["a"]
    assert await found(store, tenant, "(client/ser:* | nothing) & pgrec:*", syntax="raw") == ["a"]
    for asked in ('"pgrecall py"', "store.py -server", '"store src"'):
        assert await found(store, tenant, asked, syntax="web") == [], asked


async def test_languages_with_signs_in_their_names_are_others(store: Any, tenant: str) -> None:
    names = ("C++", "C", "C#", "F#", "F", ".NET", "NET")
    await filled(store, tenant, {name: f"written in {name} alone" for name in names})

    for syntax in ("any", "web", "all", "phrase"):
        for name in names:
            assert await found(store, tenant, name, syntax=syntax) == [name]


@pytest.mark.parametrize(
    ("text", "asked", "shown"),
    [
        ("see src/pgrecall/store.py!", "store.py", "see src/pgrecall/<b>store.py</b>!"),
        ("the ﬁnal co\u00adpy", "final copy", "the <b>ﬁnal</b> <b>co\u00adpy</b>"),
        ("<i>red</i> &amp; blue", "blue", "<i>red</i> &amp; <b>blue</b>"),
        ("call getUserName(), then", "user", "call get<b>User</b>Name(), then"),
        ("made in the U.S.A. (new)", "usa", "made in the <b>U.S.A</b>. (new)"),
        ("C++ and C", "C++", "<b>C</b>++ and C"),
        ("全文検索は便利です。", "検索", "全文<b>検索</b>は便利です。"),
        ("of 1920\u00d71080 pixels", "1920x1080", "of <b>1920\u00d71080</b> pixels"),
        ("\x1b[31merror\x1b[0m: full", "error", "<b>error</b>\x1b[0m: full"),
        ("plain words, here", "word", "plain <b>words</b>, here"),
        ("nothing of it", "getNothingDone", "<b>nothing</b> of it"),
    ],
)
async def test_a_snippet_shows_the_text_as_it_is_stored(
    one_store: Any, tenant: str, text: str, asked: str, shown: str
) -> None:
    await filled(one_store, tenant, {"a": text})

    [match] = await one_store.search_text(tenant, "docs", asked, highlight=True)

    assert match.snippet == shown
    assert match.text == text


async def test_a_snippet_of_a_long_text_is_where_the_words_are(store: Any, tenant: str) -> None:
    before, after = "first <b>word</b> of many. " * 200, " and so on to the end." * 200
    await filled(store, tenant, {"a": f"{before}It stands in lib/parseJSONFile.js now{after}"})

    for asked in ("parsejsonfile.js", "lib", "json"):
        [match] = await store.search_text(tenant, "docs", asked, highlight=True)
        assert "<b>" in match.snippet.replace("<b>word</b>", "")
        assert len(match.snippet) < 500
    page = await store.search_text(tenant, "docs", "lib", highlight=True, offset=0)
    assert "<b>lib</b>/parseJSONFile.js" in page[0].snippet
    both = await store.search_hybrid(tenant, "docs", [1, 1], "lib", highlight=True)
    assert "<b>lib</b>/parseJSONFile.js" in both[0].snippet


async def test_what_has_no_space_for_long_costs_no_more_than_words(
    one_store: Any, dsn: str, tenant: str
) -> None:
    # PostgreSQL's parser looks from each word to the next space: 27 seconds for the first of these
    numbers = "https://example.org/" + "/".join(map(str, range(25_000)))
    coded = base64.b64encode(bytes(range(256)) * 300).decode()
    await filled(one_store, tenant, {"numbers": numbers, "coded": f"An image: {coded}"})

    assert await found(one_store, tenant, "16999/17000") == ["numbers"]
    with psycopg.connect(dsn) as connection:
        # milliseconds; what looks ahead from each word would not end
        connection.execute("SET statement_timeout = '20s'")
        for text in (numbers, coded):
            assert await found(one_store, tenant, f"{text[:400]} is in src/lib")
            for number, stored in itertools.product(range(1, NEWEST + 1), (True, False)):
                made = sql.Identifier("pgrecall", f"analysis_{number}_form")
                read = sql.SQL("SELECT to_tsvector('simple', {}(%s, %s, true))").format(made)
                connection.execute(read, (text[:130_000], stored))


async def test_a_raw_query_that_is_wrong_is_told_as_it_was_asked(store: Any, tenant: str) -> None:
    await filled(store, tenant, {"a": "store.py"})

    for asked, place in (("store.py |", "its end"), ("store.py py", "10"), ("'store", "1")):
        with pytest.raises(InvalidArgumentError, match=f"syntax error at .*{place}"):
            await found(store, tenant, asked, syntax="raw")


async def test_rows_are_analysed_whatever_their_writers_search_path(
    one_store: Any, dsn: str, tenant: str
) -> None:
    await filled(one_store, tenant, {})
    made = await one_store.describe_collection(tenant, "docs")
    execute(
        dsn,
        "CREATE SCHEMA IF NOT EXISTS trap",
        "CREATE OR REPLACE FUNCTION trap.regexp_replace(text, text, text, text) RETURNS text"
        " LANGUAGE sql IMMUTABLE RETURN 'trapped'",
    )

    for number, path in enumerate(("''", "trap, pg_catalog")):
        execute(
            dsn,
            f"SET search_path = {path}",
            f"INSERT INTO {made.table_name} (id, text, metadata)"
            f" VALUES ('{number}', 'café/store.py 数据库', '{{}}')",
        )
    execute(dsn, "DROP SCHEMA trap CASCADE")

    for asked in ("store", "café", "据库"):
        assert await found(one_store, tenant, asked) == ["0", "1"]


@pytest.mark.parametrize(
    ("syntax", "asked"), [("any", "the of"), ("any", "???"), ("web", "the"), ("raw", "the & of")]
)
async def test_a_hybrid_search_without_a_word_to_find_says_so(
    store: Any, tenant: str, syntax: str, asked: str
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2))
    await store.upsert(tenant, "docs", [Item("a", [1, 0], "the cat"), Item("b", [0, 1], "of it")])

    for options in ({}, {"offset": 0}):
        found = await store.search_hybrid(
            tenant, "docs", [1, 0], asked, syntax=syntax, explain=True, **options
        )
        assert [(match.id, match.text_rank) for match in found] == [("a", None), ("b", None)]
        told = "the text has no words under text_search='english', so vectors alone are compared"
        assert told in found.explanation.reason
    found = await store.search_hybrid(tenant, "docs", [1, 0], "cat", explain=True)
    assert "no words" not in found.explanation.reason
    found = await store.search_text(tenant, "docs", asked, syntax=syntax, explain=True)
    assert found == []
    assert "so nothing is found" in found.explanation.reason


async def test_a_word_is_asked_for_in_each_way_that_a_text_may_spell_it(
    one_store: Any, tenant: str
) -> None:
    texts = {
        "apart": "see RFC 2616 now",
        "one": "see RFC2616 now",
        "hyphen": "see rfc-2616 now",
        "firm": "AT&T research",
        "other": "at t research",
        "known": "a very well-known fact",
        "file": "これは報告書.pdf です、数据库系统 engine",
    }
    await filled(one_store, tenant, texts)
    rfc = {"apart", "one", "hyphen"}

    for syntax, asked, ids in (
        ("web", "rfc2616", rfc),
        ("all", "rfc2616", rfc),
        ("phrase", "see rfc2616 now", rfc),
        ("web", '"see rfc2616 now"', rfc),
        ("web", "see -rfc2616", set()),
        ("raw", "see <-> rfc2616", rfc),
        ("raw", "!rfc2616 & research", {"firm", "other"}),
        ("raw", "rfc2616:*", {"one", "hyphen"}),
        ("web", "AT&T", {"firm"}),
        ("phrase", "AT&T research", {"firm"}),
        ("web", '"at&t research" or rfc2616', {"firm", *rfc}),
        ("web", "research -AT&T", {"other"}),
        ("web", "research pgrecallspelling1 or rfc2616", rfc),
        ("phrase", "very well known fact", {"known"}),
        ("web", '"very well-known"', {"known"}),
        ("web", "wellknown", {"known"}),
        ("phrase", "報告書.pdf", {"file"}),
        ("phrase", "系统 engine", {"file"}),
        ("web", '"库系统 engine"', {"file"}),
        ("web", "-" * 5_000 + "research", {"firm", "other"}),
        ("web", "\ufdfa" * 10_000, set()),
    ):
        found_ids = await found(one_store, tenant, asked, syntax=syntax)
        assert set(found_ids) == ids, (syntax, asked)


async def test_what_costs_the_parser_of_postgresql_much_is_not_given_to_it(
    one_store: Any, tenant: str
) -> None:
    """A compound of n parts took it n * n: these would take a quarter of an hour each."""
    texts = {sign: f"first{sign}" + f"ab{sign}" * 40_000 for sign in "._:/"}
    texts |= {"numbers": "first " + "1,234," * 20_000, "hyphens": "first " + "ab-" * 40_000}
    await filled(one_store, tenant, texts)

    assert set(await found(one_store, tenant, "first", limit=10)) == set(texts)
    assert await found(one_store, tenant, "x=1 ab_c " * 1_000, syntax="web") == []
    assert await found(one_store, tenant, "_".join(["ab"] * 3_000)) != []


@pytest.mark.parametrize(
    ("text", "asked", "marked"),
    [
        ("ｶﾞｲﾄﾞ", "ガイド", "ｶﾞｲﾄﾞ"),
        ("محــمد هنا", "محمد", "محــمد"),
        ("सन १२३ में", "123", "१२३"),
        ("यह हिन्दी है", "हिन्दी", "हिन्दी"),
        ("ΟΔΟΣ και", "οδος", "ΟΔΟΣ"),
        ("in Hawai\u02bbi now", "hawaii", "Hawai\u02bbi"),
    ],
)
async def test_a_snippet_marks_words_with_all_that_belongs_to_them(
    one_store: Any, tenant: str, text: str, asked: str, marked: str
) -> None:
    await filled(one_store, tenant, {"a": text})

    [match] = await one_store.search_text(tenant, "docs", asked, highlight=True)

    assert match.snippet == text.replace(marked, f"<b>{marked}</b>")
