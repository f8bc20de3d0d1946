"""The words that full text search has of a text, and of an item."""

from __future__ import annotations

from typing import Any

import pytest

from pgrecall import (
    ByField,
    Collection,
    CollectionNotFoundError,
    InvalidArgumentError,
    Item,
    Store,
    Token,
)

DOCS = "docs"


async def test_a_text_and_an_item_have_the_same_words_and_a_title_is_told(
    store: Any, tenant: str
) -> None:
    await store.ensure_collection(tenant, Collection(DOCS, 2, title="name"))
    text = "She copied the re-entrant files, twice copied"
    await store.upsert(
        tenant, DOCS, [Item("a", [1, 0], text, {"name": "Folders"}), Item("of", None, "of the")]
    )

    of_text = await store.analyze_text(tenant, DOCS, text)
    of_item = await store.analyze_text(tenant, DOCS, id="a")

    assert Token("copi", (2, 8)) in of_text
    assert {"reentrant", "file"} <= {token.word for token in of_text}
    assert {token.word for token in of_item if token.in_title} == {"folder"}
    assert {token.word for token in of_item if not token.in_title} == {
        token.word for token in of_text
    }
    assert [token.places[0] for token in of_item] == sorted(token.places[0] for token in of_item)
    assert await store.analyze_text(tenant, DOCS, "of the") == []
    assert await store.analyze_text(tenant, DOCS, id="of") == []


def test_a_language_and_an_item_choose_how_a_text_is_analysed(
    sync_store: Store, tenant: str
) -> None:
    languages = ByField("lang", {"de": "german", "en": "english"}, otherwise="simple")
    sync_store.ensure_collection(tenant, Collection(DOCS, 2, text_search=languages))
    sync_store.upsert(tenant, DOCS, [Item("a", [1, 0], "valves", {"lang": "en"})])

    said = {
        language: sync_store.analyze_text(tenant, DOCS, "valves", language=language)[0].word
        for language in ("de", "en", "fr", None)
    }
    assert said == {"de": "valv", "en": "valv", "fr": "valves", None: "valves"}
    assert sync_store.analyze_text(tenant, DOCS, id="a")[0].word == "valv"


def test_what_cannot_be_analysed_is_told_by_name(sync_store: Store, tenant: str) -> None:
    for name, text_search in ((DOCS, "english"), ("numbers", None)):
        sync_store.ensure_collection(tenant, Collection(name, 2, text_search=text_search))
    docs = sync_store.bind(tenant, DOCS)
    for call, message in (
        (docs.analyze_text, "one of both"),
        (lambda: docs.analyze_text("a", id="a"), "one of both"),
        (lambda: docs.analyze_text(id="none"), "has no item 'none'"),
        (lambda: docs.analyze_text(id=""), "item id"),
        (lambda: docs.analyze_text("a\0b"), "NUL"),
        (lambda: docs.analyze_text(id="a", language="de"), "an item says its own"),
        (lambda: docs.analyze_text("a", language="de"), "ByField"),
        (lambda: sync_store.analyze_text(tenant, "numbers", "a"), "text_search=None"),
    ):
        with pytest.raises(InvalidArgumentError, match=message):
            call()
    with pytest.raises(CollectionNotFoundError):
        sync_store.analyze_text(tenant, "none", "a")
