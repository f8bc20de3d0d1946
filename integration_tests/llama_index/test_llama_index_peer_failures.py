"""What fails in the other PostgreSQL store for LlamaIndex holds in this one."""

from __future__ import annotations

import asyncio
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from integration_tests.llama_index.llama_index_stores import Either, group, node, of_source, where
from integration_tests.shared.words import HOSTILE
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import VectorStoreQuery
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool

from pgrecall import Hnsw, IvfFlat, Store
from pgrecall._statements.conditions import compile_filter
from pgrecall._statements.parameters import Parameters
from pgrecall.errors import ConnectionFailedError, InvalidArgumentError
from pgrecall.filters import parse
from pgrecall.llama_index import PgRecallVectorStore
from pgrecall.llama_index._filters import restriction

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from llama_index.core.vector_stores.types import MetadataFilters

X = [1.0, 0.0]


@pytest.fixture(params=["sync", "async"])
async def vectors(request: pytest.FixtureRequest, dsn: str, tenant: str) -> AsyncIterator[Either]:
    store = PgRecallVectorStore(dsn, tenant=tenant)
    yield Either(store, request.param)
    await store.aclose()


def many(count: int, dimensions: int, seed: int = 1) -> list[TextNode]:
    rows = np.random.default_rng(seed).normal(size=(count, dimensions))
    return [
        node(f"n{place:05}", row.tolist(), f"text {place}", rare=place % 100)
        for place, row in enumerate(rows)
    ]


def table_of(store: PgRecallVectorStore) -> str:
    described = store.client.describe_collection(store.tenant, store.collection)
    assert described is not None
    assert described.table_name is not None
    return described.table_name


def plan_of(store: PgRecallVectorStore, dsn: str, filters: Any, **ids: Any) -> str:
    """How PostgreSQL finds the rows of a filter where it may not read them all."""
    wanted = parse(restriction(filters, **ids))
    assert wanted is not None
    parameters = Parameters()
    condition = compile_filter(wanted, {"ref_doc_id": "text"}, parameters)
    query = sql.SQL("EXPLAIN SELECT id FROM {} WHERE {}").format(
        sql.SQL(table_of(store)),  # type: ignore[arg-type]  # quoted by the store
        condition,
    )
    with psycopg.connect(dsn) as connection:
        connection.execute("SET enable_seqscan = off")
        rows = connection.execute(query, parameters.values, prepare=False).fetchall()
    return "\n".join(row[0] for row in rows)


# 1: filters


@pytest.mark.parametrize("word", HOSTILE)
async def test_a_hostile_value_of_a_filter_is_a_value(vectors: Either, word: str) -> None:
    await vectors.add([node("a", X, name=word), node("b", X, name="other")])
    for operator in ("==", "text_match", "contains"):
        found = await vectors.ids(
            query_embedding=X, similarity_top_k=5, filters=where("name", word, operator)
        )
        assert found == ["a"]


@pytest.mark.parametrize("word", HOSTILE)
async def test_a_hostile_key_of_a_filter_is_a_key(vectors: Either, word: str) -> None:
    made = node("a", X)
    made.metadata = {word: 1}
    await vectors.add([made, node("b", X, other=1)])
    found = await vectors.ids(query_embedding=X, similarity_top_k=5, filters=where(word, 1))
    assert found == ["a"]


@pytest.mark.parametrize("word", HOSTILE)
async def test_a_hostile_id_is_an_id(vectors: Either, word: str) -> None:
    await vectors.add([of_source(node(word, X), word), of_source(node("b", X), "doc")])
    assert await vectors.ids(query_embedding=X, node_ids=[word]) == [word]
    assert await vectors.ids(query_embedding=X, doc_ids=[word]) == [word]
    await vectors.delete(word)
    assert [found.node_id for found in await vectors.get_nodes()] == ["b"]


# 2: an empty list


async def test_an_empty_filter_deletes_nothing_and_an_empty_list_gets_nothing(
    vectors: Either,
) -> None:
    await vectors.add([node("a", X)])
    await vectors.delete_nodes(filters=group())
    assert await vectors.get_nodes(node_ids=[]) == []
    assert len(await vectors.get_nodes()) == 1


# 3: fusion


async def test_hybrid_fuses_both_arms_and_obeys_alpha_and_its_limit(vectors: Either) -> None:
    near = [node(f"near{place}", [1.0, place / 100], "some other words") for place in range(8)]
    await vectors.add([*near, node("keyword", [0.0, 1.0], "the XK-42 manual")])
    query = {"query_embedding": X, "query_str": "XK-42", "mode": "hybrid", "similarity_top_k": 5}
    assert (await vectors.ids(**query, alpha=0))[0] == "keyword"
    assert (await vectors.ids(**query, alpha=1))[0] == "near0"
    assert "keyword" in await vectors.ids(**query)
    assert len(await vectors.ids(**query, hybrid_top_k=2)) == 2


# 4: indexes


async def test_a_filter_beside_an_hnsw_index_finds_as_many_as_match(vectors: Either) -> None:
    await vectors.add(many(2_000, 8))
    store = vectors.target
    store.client.create_index(store.tenant, store.collection, Hnsw())
    query = {"query_embedding": [1.0] * 8, "filters": where("rare", 7)}
    assert len(await vectors.ids(**query, similarity_top_k=10)) == 10
    assert len(await vectors.ids(**query, similarity_top_k=100)) == 20
    assert len(await vectors.ids(query_embedding=[1.0] * 8, similarity_top_k=100)) == 100


def test_a_halfvec_collection_has_a_cosine_index(dsn: str, tenant: str) -> None:
    store = PgRecallVectorStore(dsn, tenant=tenant, storage="halfvec", index=Hnsw())
    store.add(many(10, 8))
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexdef LIKE '%%' || %s || '%%hnsw%%'",
            [table_of(store)],
        ).fetchall()
    assert len(found) == 1
    assert "halfvec_cosine_ops" in found[0][0]
    result = store.query(VectorStoreQuery(query_embedding=[1.0] * 8), exact=False)
    assert len(result.ids or []) == 1
    store.close()


def test_a_query_leaves_no_setting_behind(dsn: str, tenant: str) -> None:
    names = ("hnsw.ef_search", "hnsw.iterative_scan", "enable_seqscan", "enable_bitmapscan", "jit")
    with ConnectionPool(dsn, min_size=1, max_size=1, open=True) as pool:
        store = PgRecallVectorStore(Store(pool=pool), tenant=tenant, index=Hnsw())
        store.add(many(300, 8))

        def in_force() -> list[Any]:
            with pool.connection() as connection:
                return [
                    connection.execute("SELECT current_setting(%s, true)", [name]).fetchone()
                    for name in names
                ]

        store.query(VectorStoreQuery(query_embedding=[1.0] * 8))
        before = in_force()
        for mode in ("default", "hybrid", "mmr", "sparse"):
            query = VectorStoreQuery(
                query_embedding=[1.0] * 8, query_str="text", mode=mode, similarity_top_k=50
            )
            store.query(query, **({} if mode == "sparse" else {"ef_search": 77}))
        assert in_force() == before


@pytest.mark.parametrize(
    "filters",
    [where("rare", 7), where("rare", [7, 8], "in"), where("tags", ["a"], "any")],
    ids=str,
)
def test_an_index_serves_filters_on_metadata(
    dsn: str, tenant: str, filters: MetadataFilters
) -> None:
    with Store(dsn) as core:
        store = PgRecallVectorStore(core, tenant=tenant)
        store.add(many(10, 4))
        assert "Bitmap Index Scan" in plan_of(store, dsn, filters)


# 5: identity


async def test_a_node_added_again_is_there_once(vectors: Either) -> None:
    for text in ("first", "second"):
        await vectors.add([node("a", X, text)])
    assert [found.text for found in await vectors.get_nodes()] == ["second"]


def test_an_index_serves_ids_of_nodes_and_of_sources(dsn: str, tenant: str) -> None:
    with Store(dsn) as core:
        store = PgRecallVectorStore(core, tenant=tenant)
        store.add(many(10, 4))
        for ids in ({"node_ids": ["a", "b"]}, {"doc_ids": ["a"]}):
            assert "Index" in plan_of(store, dsn, None, **ids)
        # its own B-tree, by equality: the index on all metadata goes by containment
        by_source = plan_of(store, dsn, None, doc_ids=["a"])
        assert "Index Cond: ((CASE" in by_source
        assert "ref_doc_id" in by_source


async def test_ids_restrict_a_query_and_tenants_keep_apart(
    vectors: Either, dsn: str, tenant: str
) -> None:
    await vectors.add([of_source(node("a", X), "doc"), of_source(node("b", X), "other")])
    assert await vectors.ids(query_embedding=X, doc_ids=["other"], similarity_top_k=5) == ["b"]
    assert await vectors.ids(query_embedding=X, node_ids=["a"], similarity_top_k=5) == ["a"]
    other = PgRecallVectorStore(dsn, tenant=f"{tenant}-other")
    assert other.get_nodes(["a"]) == []
    other.close()


# 6: async


async def test_async_mmr_and_async_ivfflat_work(vectors: Either) -> None:
    await vectors.add(many(400, 8))
    store = vectors.target
    store.client.create_index(store.tenant, store.collection, IvfFlat(lists=4))
    query = {"query_embedding": [1.0] * 8, "similarity_top_k": 5}
    assert len(await vectors.ids(**query, mode="mmr")) == 5
    assert len(await vectors.ids(**query)) == 5


async def test_making_the_collection_does_not_stall_the_event_loop(dsn: str, tenant: str) -> None:
    store = PgRecallVectorStore(dsn, tenant=tenant)
    async with await psycopg.AsyncConnection.connect(dsn) as blocker:
        await blocker.execute("LOCK TABLE pgrecall.collections IN ACCESS EXCLUSIVE MODE")
        adding = asyncio.create_task(store.async_add([node("a", X)]))
        # this loop runs on while the server makes the other wait
        await asyncio.sleep(0.2)
        assert not adding.done()
        await blocker.rollback()
    assert await adding == ["a"]
    await store.aclose()


# 7: connections


def test_no_form_of_a_store_shows_its_password() -> None:
    store = PgRecallVectorStore.from_params(
        host="127.0.0.1",
        port="1",
        database="d",
        user="u",
        password="s3cr3t/p@ss",  # noqa: S106  # a test's own
    )
    shown = [repr(store), str(store), str(store.model_dump()), str(store.to_dict())]
    shown += [store.to_json(), store.model_dump_json(), repr(store.client), str(store.dict())]
    with pytest.raises(ConnectionFailedError) as caught:
        store.get_nodes()
    shown += [str(caught.value), repr(caught.value)]
    assert not [text for text in shown if "s3cr3t" in text]
    assert b"s3cr3t" in pickle.dumps(store)


def test_a_password_of_any_characters_connects(dsn: str, tenant: str) -> None:
    password = "p@ss/word' %:?#\\ ü"  # noqa: S105  # a test's own
    given = conninfo_to_dict(dsn)
    role = f"r_{tenant[-12:]}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN SUPERUSER PASSWORD {}").format(
                sql.Identifier(role), sql.Literal(password)
            )
        )
    try:
        store = PgRecallVectorStore.from_params(
            host=str(given["host"]),
            port=given.get("port"),
            database=str(given["dbname"]),
            user=role,
            password=password,
            table_name="from-params",
            tenant=tenant,
        )
        store.add([node("a", X)])
        assert [found.node_id for found in store.get_nodes()] == ["a"]
        arguments = store.client._driver.settings.arguments()
        assert conninfo_to_dict(arguments["dsn"])["password"] == password
        store.close()
    finally:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for clean in ("DROP OWNED BY {}", "DROP ROLE {}"):
                connection.execute(sql.SQL(clean).format(sql.Identifier(role)))  # type: ignore[arg-type]


async def test_an_error_of_the_set_up_is_raised(tenant: str) -> None:
    store = PgRecallVectorStore("host=/nowhere", tenant=tenant)
    with pytest.raises(ConnectionFailedError):
        store.add([node("a", X)])
    with pytest.raises(ConnectionFailedError):
        await store.async_add([node("a", X)])


async def test_more_dimensions_than_an_index_holds_are_an_error(dsn: str, tenant: str) -> None:
    store = PgRecallVectorStore(dsn, tenant=tenant, index=Hnsw())
    wide = [node("a", [1.0] * 3_000)]
    with pytest.raises(InvalidArgumentError, match="3,000 dimensions"):
        store.add(wide)
    with pytest.raises(InvalidArgumentError, match="3,000 dimensions"):
        await store.async_add(wide)
    await store.aclose()


# 8: writing


async def test_nodes_are_written_in_bulk(vectors: Either, dsn: str) -> None:
    await vectors.add(many(2_000, 8))
    table = table_of(vectors.target)
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            f"SELECT count(*), count(DISTINCT (xmin::text, cmin::text)) FROM {table}"  # type: ignore[arg-type]
        ).fetchone()
    assert row is not None
    rows, statements = row
    assert rows == 2_000
    assert statements <= 4
