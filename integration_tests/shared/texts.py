"""Texts that the tests of text search share, and how they get into a collection."""

from __future__ import annotations

from typing import Any

from pgrecall import Collection, Item

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
