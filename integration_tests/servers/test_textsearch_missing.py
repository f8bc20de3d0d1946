"""A collection whose texts an extension's index is to rank, on a server without the extension."""

from __future__ import annotations

import pytest

from pgrecall import Bm25, ByField, Collection, InvalidArgumentError, Item

NEEDED = (
    r"text_index=Bm25\(\) of collection 'docs.*' needs the extension pg_textsearch, which this"
    r" database does not have:.*shared_preload_libraries.*CREATE EXTENSION pg_textsearch.*"
    r"text_index=None"
)


async def test_a_text_index_without_the_extension_says_what_is_missing(store, tenant) -> None:
    with pytest.raises(InvalidArgumentError, match=NEEDED):
        await store.ensure_collection(tenant, Collection("docs", 3, text_index=Bm25()))
    assert await store.list_collections(tenant) == []


async def test_nothing_is_altered_where_the_extension_is_missing(store, tenant) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 2))
    await store.upsert(tenant, "docs", [Item("a", None, "ox")])
    with pytest.raises(InvalidArgumentError, match=NEEDED):
        await store.alter_collection(tenant, Collection("docs", k1=2, text_index=Bm25()))
    assert await store.describe_collection(tenant, "docs") == made
    assert len(await store.list_collections(tenant)) == 1
    assert await store.alter_collection(tenant, Collection("docs", text_index=None)) == made


async def test_a_text_index_of_several_languages_is_refused_whatever_the_server_has(
    store, tenant
) -> None:
    by = ByField("lang", {"de": "german"})
    needed = r"text_index=Bm25\(\) reads every text by one configuration.*each value of 'lang'.*"
    both = Collection("docs", 2, text_search=by, text_index=Bm25())
    with pytest.raises(InvalidArgumentError, match=f"{needed}say text_index=None"):
        await store.ensure_collection(tenant, both)
    assert await store.list_collections(tenant) == []
    made = await store.ensure_collection(tenant, Collection("docs", 2, text_search=by))
    with pytest.raises(InvalidArgumentError, match=needed):
        await store.alter_collection(tenant, Collection("docs", text_index=Bm25()))
    assert await store.describe_collection(tenant, "docs") == made
