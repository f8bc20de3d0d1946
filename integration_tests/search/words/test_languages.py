"""Several languages in one collection: each item by its own configuration, questions by each."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from integration_tests.shared.texts import found

from pgrecall import ByField, Change, Collection, InvalidArgumentError, Item, Store
from pgrecall._statements.search import bm25

BY = ByField("lang", {"de": "german", "en": "english"})
DOCS: dict[str, tuple[Any, str]] = {
    "de": ("de", "Die Pumpen laufen in den Häusern wieder"),
    "de-2": ("de", "Ein Pumpenhaus, und die Pumpe steht; valves and running"),
    "en": ("en", "The pumps are running again in the houses"),
    "en-2": ("en", "A pump without valves, driven by pump/lib/driver.py"),
    "en-3": ("en", "the and running of a pumphouse, AT&T die valves"),
    "fr": ("fr", "les pumps running et the valves"),
    "upper": ("EN", "the pumps running driver.py"),
    "number": (7, "running pumps"),
    "list": (["en"], "running valves of the pump"),
    "null": (None, "pumps the"),
    "none": (..., "running pump und die Häuser"),
    "empty": ("en", ""),
}
RUNNING = {*DOCS} - {"de", "en-2", "null", "empty"}
CONFIGURATIONS = {"de": "german", "en": "english", "else": "simple"}
QUESTIONS = {
    "web": ["pumps -running", '"the pumps are" or "running pumps"', "-die pump"],
    "all": ["the pumps running", "die Pumpen", "pump driver.py"],
    "phrase": ["of the pump", "die valves"],
    "raw": ["pump & !run", "run:* & !(valv | valve)"],
}


@pytest.fixture(params=["every row is ranked", "rows are chosen"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask as small collections are asked, and as large ones are."""
    if request.param == "rows are chosen":
        monkeypatch.setattr(bm25, "budget", lambda _: 1)


def items() -> list[Item]:
    return [
        Item(id_, [1.0, n], text, {} if lang is ... else {"lang": lang})
        for n, (id_, (lang, text)) in enumerate(DOCS.items())
    ]


def language_of(item: Item) -> str:
    lang = (item.metadata or {}).get("lang")
    return lang if lang in ("de", "en") else "else"


async def mixed(store: Any, tenant: str, **options: Any) -> None:
    made = Collection("docs", 2, **{"text_search": BY, **options})
    await store.ensure_collection(tenant, made)
    await store.upsert(tenant, "docs", items())


async def test_each_item_is_analysed_by_the_configuration_of_its_value(
    store: Any, tenant: str
) -> None:
    await mixed(store, tenant)

    assert set(await found(store, tenant, "pump", limit=20)) == {
        *("de", "de-2", "en", "en-2", "list", "none")
    }
    assert "de" in await found(store, tenant, "Haus")
    assert await found(store, tenant, "houses", language="en") == ["en"]
    assert await found(store, tenant, "houses", language="fr") == []
    # a value that the collection has no configuration for is asked as its items are stored
    assert set(await found(store, tenant, "pumps", language="fr")) == {
        *("fr", "upper", "number", "null")
    }
    assert await found(store, tenant, "the", language="en") == []
    described = await store.describe_collection(tenant, "docs")
    assert described.text_search == BY
    assert described.text_search.names == ("simple", "english", "german")


@pytest.mark.usefixtures("either_way")
async def test_a_tree_finds_what_collections_of_one_language_each_find(
    one_store: Any, tenant: str
) -> None:
    await mixed(one_store, tenant)
    for language, configuration in CONFIGURATIONS.items():
        made = Collection(language, 2, text_search=configuration)
        await one_store.ensure_collection(tenant, made)
        own = [item for item in items() if language_of(item) == language]
        await one_store.upsert(tenant, language, own)

    for syntax, questions in QUESTIONS.items():
        for question in questions:
            expected: set[str] = set()
            for language in CONFIGURATIONS:
                apart = await one_store.search_text(
                    tenant, language, question, limit=20, syntax=syntax
                )
                expected |= {match.id for match in apart}
            for ranking in ("bm25", "ts_rank") if question == questions[0] else ("bm25",):
                together = await found(
                    one_store, tenant, question, limit=20, syntax=syntax, ranking=ranking
                )
                assert set(together) == expected, (syntax, question)
            asked = {"limit": 20, "syntax": syntax}
            both = await one_store.search_hybrid(tenant, "docs", [1, 0], question, **asked)
            by_words = {match.id for match in both if match.text_score is not None}
            assert by_words <= expected
            assert {match.id for match in both if match.text_rank} == expected


@pytest.mark.usefixtures("either_way")
async def test_a_question_of_plain_words_is_asked_for_in_every_language(
    one_store: Any, tenant: str
) -> None:
    await mixed(one_store, tenant)

    every = set(await found(one_store, tenant, "running", limit=20))
    one_each = [
        set(await found(one_store, tenant, "running", limit=20, language=language))
        for language in ("de", "en", "xx")
    ]

    assert every == set.union(*one_each) == RUNNING
    assert "en" in one_each[1]
    assert "en" not in one_each[0] | one_each[2]
    # a word that several languages spell alike counts once
    [match] = await one_store.search_text(tenant, "docs", "driver.py", filter={"id": "en-2"})
    [alone] = await one_store.search_text(
        tenant, "docs", "driver.py", filter={"id": "en-2"}, language="en"
    )
    assert match.score == pytest.approx(alone.score)


async def test_snippets_and_stages_go_by_the_items_own_language(
    one_store: Any, tenant: str
) -> None:
    await mixed(one_store, tenant)

    for options in ({}, {"offset": 0}, {"group_by": "lang", "per_group": 9}):
        for syntax in ("any", "web"):
            asked = {"limit": 20, "highlight": True, "syntax": syntax, **options}
            matches = await one_store.search_text(tenant, "docs", "run", **asked)
            snippets = {match.id: match.snippet for match in matches}
            assert snippets.keys() == {"en", "en-3"}
            assert "<b>running</b>" in snippets["en"]
            matches = await one_store.search_text(tenant, "docs", "Häuser", **asked)
            snippets = {match.id: match.snippet for match in matches}
            assert "<b>Häusern</b>" in snippets["de"]
            both = await one_store.search_hybrid(
                tenant, "docs", [1, 0], "Hauses", language="de", **asked
            )
            assert [match.id for match in both if match.text_rank] == ["de"]
            assert "<b>Häusern</b>" in next(one.snippet for one in both if one.id == "de")


async def test_an_update_that_changes_the_language_is_an_analysis_anew(
    store: Any, tenant: str
) -> None:
    await mixed(store, tenant)
    assert await found(store, tenant, "run", language="en") == ["en", "en-3"]

    await store.update(tenant, "docs", [Change("fr", set={"lang": "en"})])
    await store.update_where(tenant, "docs", {"id": "en"}, remove=["lang"])
    await store.upsert(tenant, "docs", [Item("en-3", None, DOCS["en-3"][1], {"lang": "de"})])

    assert await found(store, tenant, "run", language="en") == ["fr"]
    assert "en" in await found(store, tenant, "houses", language="xx")


async def test_it_is_altered_to_and_from_and_to_other_configurations(
    store: Any, tenant: str
) -> None:
    await mixed(store, tenant, text_search="simple", title="title")
    assert await found(store, tenant, "runs") == []
    again = {"en": "english", "de": "german"}
    for text_search, ids in (
        (BY, {"en", "en-3"}),
        (ByField("lang", {"en": "english"}, otherwise="english"), RUNNING),
        ("german", set()),
        (ByField('"%s\\ key', {"%(x)s '\\": "german"}, otherwise="english"), RUNNING),
    ):
        made = await store.alter_collection(tenant, Collection("docs", text_search=text_search))
        assert (made.text_search, made.title) == (text_search, "title")
        assert made == await store.describe_collection(tenant, "docs")
        assert set(await found(store, tenant, "runs", limit=20)) == ids
        assert await store.ensure_collection(tenant, Collection("docs", text_search=text_search))
    await store.alter_collection(tenant, Collection("docs", text_search=BY))
    same = ByField("lang", again, otherwise="simple")
    await store.ensure_collection(tenant, Collection("docs", 2, text_search=same))
    with pytest.raises(Exception, match=r"text_search=ByField.*'german' was requested"):
        await store.ensure_collection(tenant, Collection("docs", text_search="german"))


async def test_what_cannot_be_is_named_and_nothing_is_made(one_store: Any, tenant: str) -> None:
    for text_search, why in (
        (ByField("lang", {}), "not an empty one"),
        (ByField("lang", ["de"]), "not list"),  # type: ignore[arg-type]
        (ByField("", {"de": "german"}), "the field of ByField must not be empty"),
        (ByField(7, {"de": "german"}), "the field of ByField must be a string"),  # type: ignore[arg-type]
        (ByField("lang", {7: "german"}), "a value of 'lang' in ByField must be a string"),  # type: ignore[dict-item]
        (ByField("lang", {"d\0": "german"}), "holds NUL"),
        (ByField("lang", {"de": None}), "configuration of 'de' in ByField must be a"),  # type: ignore[dict-item]
        (ByField("lang", {"de": "german"}, otherwise=None), "otherwise in ByField must"),  # type: ignore[arg-type]
        (ByField("lang", {"de": "german", "xx": "none_such"}), "'none_such' is no text search"),
        (ByField("lang", {"de": "german"}, otherwise="99"), "'99' is no text search"),
        (ByField("lang", {"de": "unaccent:"}), "lacks the name of a configuration"),
        (ByField("page", {"de": "german"}), "declares as 'number'"),
    ):
        made = Collection("new", 2, text_search=text_search, fields={"page": "number"})
        with pytest.raises(InvalidArgumentError, match=why):
            await one_store.ensure_collection(tenant, made)
        assert await one_store.describe_collection(tenant, "new") is None
    await mixed(one_store, tenant)
    with pytest.raises(InvalidArgumentError, match="the raw query has a syntax error at its end"):
        await one_store.search_text(tenant, "docs", "pump &", syntax="raw")
    await one_store.drop_collection(tenant, "docs")
    await mixed(one_store, tenant, text_search="english")
    with pytest.raises(InvalidArgumentError, match=r"ByField.*'docs' has text_search='english'"):
        await one_store.search_text(tenant, "docs", "pump", language="en")
    by = ByField("lang", {"en": "none_such"})
    with pytest.raises(InvalidArgumentError, match="'none_such' is no text search"):
        await one_store.alter_collection(tenant, Collection("docs", text_search=by))
    assert (await one_store.describe_collection(tenant, "docs")).text_search == "english"


def test_every_way_of_asking_takes_the_index(sync_store: Store, tenant: str) -> None:
    sync_store.ensure_collection(tenant, Collection("docs", 2, text_search=BY))
    languages = ("de", "en", "fr")
    rows = (Item(f"i{n}", None, f"word w{n}", {"lang": languages[n % 3]}) for n in range(400))
    sync_store.load(tenant, "docs", rows)

    for syntax, question in (("any", "w7 w8"), ("web", "w7 -w8"), ("raw", "w7 & !w8")):
        asked = sync_store.search_text(tenant, "docs", question, syntax=syntax, explain=True)
        told = str(asked.explanation)
        assert "i7" in [match.id for match in asked]
        assert "_tsv" in told
        assert "Seq Scan on items" not in told
    one = sync_store.search_text(tenant, "docs", "the", language="en", explain=True)
    assert "the query is analysed by 'english'; the text has no words" in str(one.explanation)
    every = sync_store.search_text(tenant, "docs", "the", explain=True)
    assert "no words" not in str(every.explanation)


def test_words_in_every_language_are_ranked_by_however_many_they_are(
    sync_store: Store, tenant: str
) -> None:
    sync_store.ensure_collection(tenant, Collection("docs", 2, text_search=BY))
    sync_store.upsert(tenant, "docs", [Item("en", None, "the zebras run", {"lang": "en"})])
    words = " ".join(f"a{n:03}ings b{n:03}eren" for n in range(45))

    asked = sync_store.search_text(tenant, "docs", f"{words} zebras")

    assert [match.id for match in asked] == ["en"]


def test_a_client_that_knows_one_configuration_alone_is_told(
    sync_store: Store, tenant: str, dsn: str
) -> None:
    made = sync_store.ensure_collection(tenant, Collection("docs", 2, text_search=BY))

    with psycopg.connect(dsn) as connection:
        [kept] = connection.execute(
            "SELECT text_search FROM pgrecall.collections WHERE tenant = %s", [tenant]
        ).fetchall()
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT to_tsvector(%s::text::regconfig, 'a')", kept)

    assert made.text_search == BY
