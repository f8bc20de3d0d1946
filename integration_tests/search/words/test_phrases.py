"""Phrases are found as they stand in a text, whatever words are in them, and left out likewise."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from integration_tests.shared.texts import filled, found

from pgrecall import ByField, Collection, Item
from pgrecall._statements.analysis import GAP

TEXT = (
    "the getUserName call of PostgreSQL 18 reads v1.2.3-rc.1 from src/pgrecall/store.py and 1990s"
    " data of AX-400/B12 by sales@acme.example"
)


@pytest.mark.parametrize("config", ["simple", "english"])
async def test_every_run_of_words_of_a_text_is_found_as_a_phrase(
    one_store: Any, tenant: str, config: str
) -> None:
    await one_store.ensure_collection(tenant, Collection("docs", 2, text_search=config))
    await one_store.upsert(tenant, "docs", [Item("a", None, TEXT)])
    words = TEXT.split()

    async def is_found(asked: str, syntax: str) -> bool:
        return bool(await one_store.search_text(tenant, "docs", asked, syntax=syntax))

    for count in (2, len(words)):
        for start in range(len(words) - count + 1):
            phrase = " ".join(words[start : start + count])
            assert await is_found(phrase, "phrase"), phrase
            assert await is_found(f'"{phrase}"', "web"), phrase
            if config == "simple":  # in a raw query stop words leave no place
                assert await is_found(" <-> ".join(phrase.split()), "raw"), phrase


@pytest.mark.parametrize(
    ("syntax", "asked", "ids"),
    [
        ("phrase", "getUserName quickly", {"camel", "snake", "apart"}),
        ("phrase", "get_user_name quickly", {"camel", "snake", "apart"}),
        ("web", '"call getUserName quickly"', {"camel", "snake", "apart"}),
        ("raw", "getUserName <-> quickly", {"camel", "snake", "apart"}),
        ("raw", "call <2> quickly", {"camel"}),
        ("web", 'call -"getUserName quickly"', {"later"}),
        ("raw", "call & !(getUserName <-> quickly)", {"later"}),
        ("raw", "call <-> !getUserName", set()),
        ("phrase", "the add-on module", {"stop", "stops"}),
        ("phrase", "an opt-in add-on module", {"stops"}),
        ("phrase", "add-on opt-in", set()),
        ("raw", "'the C++ guide'", {"plus"}),
        ("web", '"全文検索 C++"', {"plus"}),
    ],
)
async def test_a_compound_in_a_phrase_is_any_of_its_spellings(
    one_store: Any, tenant: str, syntax: str, asked: str, ids: set[str]
) -> None:
    texts = {
        "camel": "call getUserName quickly, or getUserName",
        "snake": "call get_user_name quickly, or getUserName",
        "apart": "call get user name quickly, or getUserName",
        "later": "call getUserName in vain quickly",
        "stop": "the add-on module",
        "stops": "an opt-in add-on module",
        "plus": "the C++ guide, 全文検索 C++ alone",
    }
    await filled(one_store, tenant, texts)

    assert set(await found(one_store, tenant, asked, syntax=syntax)) == ids


async def test_a_hyphen_before_a_quote_leaves_the_phrase_out(store: Any, tenant: str) -> None:
    texts = {"near": "red pump valve", "far": "valve of a red pump"}
    await filled(store, tenant, texts)

    assert await found(store, tenant, 'red -"pump valve"', syntax="web") == ["far"]
    assert await found(store, tenant, '-"pump valve" red', syntax="web") == ["far"]
    assert await found(store, tenant, 'red "pump valve"', syntax="web") == ["near"]
    assert await found(store, tenant, 'red - "pump valve"', syntax="web") == ["near"]


async def test_a_long_phrase_of_compounds_is_found_as_it_is_written(
    one_store: Any, tenant: str
) -> None:
    text = " ".join(f"getThing{n} x/y{n} v{n}.{n + 1}" for n in range(12))
    await filled(one_store, tenant, {"a": f"see {text} end", "b": text.replace("x/y3", "x/z3")})

    assert await found(one_store, tenant, f"see {text} end", syntax="phrase") == ["a"]
    assert await found(one_store, tenant, f'getThing3 -"{text}"', syntax="web") == ["b"]


async def test_a_configuration_without_words_of_letters_and_digits_finds_compounds(
    one_store: Any, tenant: str, dsn: str
) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("DROP TEXT SEARCH CONFIGURATION IF EXISTS public.of_letters CASCADE")
        connection.execute("CREATE TEXT SEARCH CONFIGURATION public.of_letters (COPY = simple)")
        connection.execute(
            "ALTER TEXT SEARCH CONFIGURATION public.of_letters DROP MAPPING FOR numword"
        )
    texts = {"a": "see src/store now", "b": "see other things"}
    await filled(one_store, tenant, texts, text_search="public.of_letters")

    for syntax in ("web", "all", "phrase", "raw"):
        assert await found(one_store, tenant, "src/store", syntax=syntax) == ["a"]
    assert await found(one_store, tenant, "see -src/store", syntax="web") == ["b"]


async def test_phrases_of_compounds_are_found_in_every_language(
    one_store: Any, tenant: str
) -> None:
    by_language = ByField("lang", {"de": "german", "en": "english"}, otherwise="simple")
    await one_store.ensure_collection(tenant, Collection("docs", 2, text_search=by_language))
    items = [
        Item(lang, None, "run getUserName quickly first", {"lang": lang})
        for lang in ("de", "en", "x")
    ]
    await one_store.upsert(tenant, "docs", items)

    matches = await one_store.search_text(
        tenant, "docs", "getUserName quickly first", syntax="phrase"
    )
    assert {match.id for match in matches} == {"de", "en", "x"}
    matches = await one_store.search_text(
        tenant, "docs", 'first -"run getUserName quickly"', syntax="web"
    )
    assert matches == []


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("\x1b[31mERROR\x1b[0m: disk full", "error disk full"),
        ("[33mWARNING[39m: slow query", "warning slow query"),
        ("\x1b]8;;https://example.org/a\x1b\\a link\x1b]8;;\x1b\\ here", "a link here"),
        ("a picture of 1920\u00d71080 pixels", "of 1920x1080 pixels"),
        ("a picture of 1920x1080 pixels", "of 1920\u00d71080 pixels"),
        ("a picture of 1920 \u00d7 1080 pixels", "of 1920x1080 pixels"),
        ("a picture of 1920 x 1080 pixels", "of 1920\u00d71080 pixels"),
        ("3\u00d7 zoom", "3x zoom"),
        ("a resistor of 10 kΩ each", "of 10kΩ each"),
        ("speed of 3\u00d710⁸ m/s", "3 10"),
    ],
)
async def test_colours_and_measures_are_in_phrases_as_they_are_read(
    one_store: Any, tenant: str, text: str, asked: str
) -> None:
    await filled(one_store, tenant, {"a": text, "b": "something else"}, text_search="simple")

    assert await found(one_store, tenant, asked, syntax="phrase") == ["a"]


@pytest.mark.parametrize("title", [None, "title"])
@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("GH1234 is in PumpState", "1234 pump"),
        ("use getName and setValue", "name set"),
        ("rfc2616 or iso9001", "2616 iso"),
        ("5kg or 10mm", "kg 10"),
        ("1920x1080 and 640\u00d7480", "1080 640"),
        ("of alpha-beta, the last", "last alphabeta"),
        ("of src/lib in getName, last", "last srclib"),
        ("of src/lib in getName", "srclib get"),
        ("全文検索 getName and setValue", "name set"),
    ],
)
async def test_no_phrase_goes_from_the_parts_of_a_word_to_anothers(
    one_store: Any, tenant: str, title: str | None, text: str, apart: str
) -> None:
    await one_store.ensure_collection(
        tenant, Collection("docs", 2, text_search="simple", title=title)
    )
    item = Item("a", None, "" if title else text, {"title": text} if title else None)
    await one_store.upsert(tenant, "docs", [item])

    assert await found(one_store, tenant, apart) == ["a"]
    assert await found(one_store, tenant, apart, syntax="phrase") == []
    words = [one.word for one in await one_store.analyze_text(tenant, "docs", text)]
    assert GAP not in words
    assert await found(one_store, tenant, GAP) == []
