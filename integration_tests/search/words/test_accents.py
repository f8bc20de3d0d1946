"""Texts whose words lose their accents, where the database has the extension and where not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.shared.faults import closing, execute

from pgrecall import ByField, Collection, CollectionConflictError, InvalidArgumentError, Item

if TYPE_CHECKING:
    from collections.abc import Callable

TENANT = "acme"
TEXT = "at the cafés/crème-Brûlée.txt in der Großen Straße"


async def found(store: Any, asked: str, **options: Any) -> list[str]:
    matches = await store.search_text(TENANT, "docs", asked, **options)
    return [match.id for match in matches]


async def test_accents_are_left_out_where_the_database_can(
    open_store: Callable[..., Any], fresh_dsn: str
) -> None:
    if not execute(fresh_dsn, "SELECT name FROM pg_available_extensions WHERE name = 'unaccent'"):
        pytest.skip("this server has no extension unaccent")
    made = Collection("docs", 2, text_search="unaccent:english")
    async with closing(open_store(fresh_dsn, schema='My "own"')) as store:
        with pytest.raises(InvalidArgumentError, match="run CREATE EXTENSION unaccent in it, or"):
            await store.ensure_collection(TENANT, made)
        execute(fresh_dsn, 'CREATE SCHEMA "Ext"', 'CREATE EXTENSION unaccent SCHEMA "Ext"')
        for name, why in (
            ("unaccent:none_such", "'none_such' is no text search configuration"),
            ("unaccent:", "lacks the name of a configuration"),
            ("unaccent:" + "x" * 60, "has 69 bytes"),
        ):
            with pytest.raises(InvalidArgumentError, match=why):
                await store.ensure_collection(TENANT, Collection("docs", 2, text_search=name))

        await store.ensure_collection(TENANT, made)
        await store.ensure_collection(TENANT, made)
        await store.upsert(TENANT, "docs", [Item("a", None, TEXT)])

        for syntax in ("any", "web", "phrase"):
            for asked in ("cafe", "café", "CREME", "brulee.txt", "brûlée", "grossen strasse"):
                options = {"syntax": syntax, "highlight": True}
                [match] = await store.search_text(TENANT, "docs", asked, **options)
                assert "<b>" in match.snippet
                assert match.snippet.replace("<b>", "").replace("</b>", "") == TEXT
        described = await store.describe_collection(TENANT, "docs")
        assert described.text_search == "unaccent:english"
        with pytest.raises(CollectionConflictError, match="'unaccent:english'; 'english' was"):
            await store.ensure_collection(TENANT, Collection("docs", text_search="english"))
        # another collection takes the configuration that is there
        await store.ensure_collection(TENANT, Collection("more", 2, text_search="unaccent:english"))

        await store.alter_collection(TENANT, Collection("docs", text_search="english"))
        assert await found(store, "cafe") == []
        assert await found(store, "café") == ["a"]
        await store.alter_collection(TENANT, made)
        assert await found(store, "cafe") == ["a"]
        # whoever reads the registry alone has a configuration that there is
        kept = execute(fresh_dsn, 'SELECT DISTINCT text_search FROM "My ""own""".collections')
        assert kept == [('"My ""own"""."unaccent:english"',)]
        assert execute(fresh_dsn, f"SELECT to_tsvector('{kept[0][0]}', 'Été') = $$'ete':1$$") == [
            (True,)
        ]


async def test_a_configuration_that_takes_accents_off_already_is_taken_as_it_is(
    one_store: Any, tenant: str, dsn: str
) -> None:
    if not execute(dsn, "SELECT name FROM pg_available_extensions WHERE name = 'unaccent'"):
        pytest.skip("this server has no extension unaccent")
    name = f"plain_{tenant[-8:]}"
    execute(
        dsn,
        "CREATE EXTENSION IF NOT EXISTS unaccent",
        f"CREATE TEXT SEARCH CONFIGURATION public.{name} (COPY = english)",
        f"ALTER TEXT SEARCH CONFIGURATION public.{name}"
        " ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem",
    )
    by_field = ByField("lang", {"de": "german"}, otherwise=f"unaccent:public.{name}")
    for place, text_search in enumerate((f"public.{name}", f"unaccent:public.{name}", by_field)):
        made = Collection(f"docs-{place}", 2, text_search=text_search)
        await one_store.ensure_collection(tenant, made)
        await one_store.upsert(tenant, made.name, [Item("a", None, TEXT)])
        [match] = await one_store.search_text(tenant, made.name, "creme", highlight=True)
        assert "<b>crème</b>" in match.snippet
