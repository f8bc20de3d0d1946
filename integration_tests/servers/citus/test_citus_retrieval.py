"""Languages, reranking and evaluation on collections that Citus spreads answer as on one server."""

from __future__ import annotations

from typing import Any

import pytest
from integration_tests.servers.citus.spread import LOCAL, ON_CITUS, SPREAD, on_both

from pgrecall import (
    Bm25,
    ByField,
    Collection,
    InvalidArgumentError,
    Item,
    Store,
    search_log,
)
from pgrecall.evaluation import Question

pytestmark = ON_CITUS

TEXTS = [
    ("en-1", "The pumps were running", "en"),
    ("en-2", "A valve of the pump", "en"),
    ("de-1", "Die Pumpen liefen weiter", "de"),
    ("de-2", "Ein Ventil an der Pumpe", "de"),
    ("x-1", "pumps pumpen", None),
]
COMPOUNDS = [f"getUserName{n or ''} x/y{n} v{n}.{n + 1}" for n in range(12)]
ASKED = [
    Question("pump", ["en-2", "en-1"], [1.0, 0.0], "one"),
    Question("Pumpe", {"de-1": 2, "de-2": 1}, [0.0, 1.0], "two"),
]


async def filled(store: Any, tenant: str, **options: Any) -> None:
    for name in (LOCAL, SPREAD):
        kept = {"distributed": name == SPREAD, **options}
        await store.ensure_collection(tenant, Collection(name, 2, **kept))
        some = [
            Item(id_, [1.0, n / 4], text, {} if language is None else {"lang": language})
            for n, (id_, text, language) in enumerate(TEXTS)
        ]
        await store.upsert(tenant, name, some)


async def test_texts_of_several_languages_are_found_as_on_one_server(store, tenant) -> None:
    languages = ByField("lang", {"de": "german", "en": "english"}, otherwise="simple")
    await filled(store, tenant, text_search=languages)

    for question, how in (
        ("pump", {}),
        ("Pumpe", {"language": "de"}),
        ("pumps -valve", {"syntax": "web"}),
        ("pumpen", {"highlight": True}),
    ):
        local, spread = await on_both(store, tenant, "search_text", question, **how)
        assert [m.id for m in local]
        assert [(m.id, m.snippet) for m in spread] == [(m.id, m.snippet) for m in local]
        assert [m.score for m in spread] == pytest.approx([m.score for m in local])
    local, spread = await on_both(store, tenant, "search_hybrid", [1, 0], "pump", language="en")
    assert [m.id for m in spread] == [m.id for m in local]


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"text_search": ByField("lang", {"de": "german", "en": "english"}, otherwise="simple")},
    ],
)
@pytest.mark.parametrize(
    ("syntax", "asked", "ids"),
    [
        ("web", "get_user_name", {"camel", "snake", "later", "long"}),
        ("phrase", "call getUserName quickly", {"camel", "snake"}),
        ("web", '"call get_user_name quickly"', {"camel", "snake"}),
        ("raw", "getUserName <-> quickly", {"camel", "snake"}),
        ("web", 'call -"getUserName quickly"', {"later"}),
        ("web", '"全文検索 C++"', {"plus"}),
        ("phrase", "see " + " ".join(COMPOUNDS) + " end", {"long"}),
        ("web", f'getUserName -"{" ".join(COMPOUNDS)}"', {"camel", "snake", "later"}),
        ("any", " ".join(COMPOUNDS), {"camel", "snake", "later", "long"}),
    ],
)
async def test_compounds_and_their_phrases_are_found_as_on_one_server(
    store, tenant, how, syntax, asked, ids
) -> None:
    texts = {
        "camel": "call getUserName quickly, or another",
        "snake": "call get_user_name quickly, or another",
        "later": "call getUserName in vain quickly",
        "plus": "the C++ guide, 全文検索 C++ alone",
        "long": "see " + " ".join(COMPOUNDS) + " end",
    }
    for name in (LOCAL, SPREAD):
        await store.ensure_collection(
            tenant, Collection(name, 2, distributed=name == SPREAD, **how)
        )
        some = [
            Item(id_, [1.0, 0.0], text, {"lang": ("de", "en", "x")[n % 3]})
            for n, (id_, text) in enumerate(texts.items())
        ]
        await store.upsert(tenant, name, some)

    local, spread = await on_both(
        store, tenant, "search_text", asked, syntax=syntax, highlight=True
    )

    assert {m.id for m in spread} == ids
    assert {m.id: m.snippet for m in spread} == {m.id: m.snippet for m in local}
    by_local = {m.id: m.score for m in local}
    assert {m.id: m.score for m in spread} == pytest.approx(by_local)


async def test_a_model_puts_what_was_found_in_its_order(store, tenant) -> None:
    await filled(store, tenant)
    how = {"rerank": lambda _, texts: [len(text) for text in texts], "limit": 2}

    local, spread = await on_both(store, tenant, "search_hybrid", [1, 0], "pump", **how)

    assert [m.id for m in spread] == [m.id for m in local]
    assert [m.rerank_score for m in spread] == [m.rerank_score for m in local]


async def test_an_evaluation_and_what_is_learned_by_it_are_as_on_one_server(store, tenant) -> None:
    await filled(store, tenant)

    local, spread = await on_both(store, tenant, "evaluate", ASKED)
    assert {m: spread[m].ndcg.value for m in spread} == {m: local[m].ndcg.value for m in local}
    local, spread = await on_both(store, tenant, "tune_fusion", ASKED)
    assert (spread.alpha, dict(spread.curve)) == (local.alpha, dict(local.curve))


async def test_a_search_is_logged_and_asked_again(store, dsn, schema, tenant) -> None:
    await filled(store, tenant)
    with Store(dsn, schema=schema) as keeper:
        log = search_log(keeper)
        with Store(dsn, schema=schema, on_search=log, search_questions=True) as watched:
            watched.search_text(tenant, SPREAD, "pump")

    found = await store.replay(tenant, SPREAD)

    assert found["as then"].same.value == 1


async def test_an_extensions_index_of_texts_is_refused(store, tenant) -> None:
    wanted = Collection(SPREAD, 2, text_index=Bm25(), distributed=True)
    with pytest.raises(InvalidArgumentError):
        await store.ensure_collection(tenant, wanted)
