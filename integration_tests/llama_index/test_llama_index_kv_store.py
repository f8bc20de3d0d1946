"""The key-value store for LlamaIndex, and the document and index stores on it."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import AsyncIterator

import psycopg
import pytest
from integration_tests.shared.calls import Calls
from integration_tests.shared.words import HOSTILE
from llama_index.core.data_structs import IndexDict
from llama_index.core.ingestion import IngestionCache
from llama_index.core.schema import Document, NodeRelationship, RelatedNodeInfo, TextNode

from pgrecall import AsyncStore, InvalidArgumentError, Store
from pgrecall.llama_index import (
    PgRecallDocumentStore,
    PgRecallIndexStore,
    PgRecallKVStore,
    PgRecallVectorStore,
)


@pytest.fixture
async def key_values(sync_store: Store, tenant: str) -> AsyncIterator[PgRecallKVStore]:
    made = PgRecallKVStore(sync_store, tenant)
    yield made
    await made.aclose()


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def kv(key_values: PgRecallKVStore, kind: str) -> Calls:
    return Calls(key_values, kind)


@pytest.fixture
def documents(key_values: PgRecallKVStore, kind: str) -> Calls:
    return Calls(PgRecallDocumentStore(key_values), kind)


async def test_a_key_that_was_never_put_has_no_value(kv: Calls) -> None:
    assert await kv.get("absent") is None


async def test_a_value_comes_back_as_it_was(kv: Calls) -> None:
    value = {"text": "Zoë 🦊", "deep": {"list": [1, 0.5, None, True, "x"]}, "empty": {}}
    await kv.put("key", value)
    assert await kv.get("key") == value


async def test_a_value_keeps_the_order_of_its_keys(kv: Calls) -> None:
    value = {"zebra": 1, "a": {"long": 1, "b": [{"yy": 1, "x": 2}]}, "Zoë": None}
    await kv.put("key", value)
    assert str(await kv.get("key")) == str(value)
    assert str(await kv.get_all()) == str({"key": value})


async def test_a_value_that_is_edited_by_sql_shows_the_edit(
    kv: Calls, dsn: str, tenant: str
) -> None:
    await kv.put("key", {"zebra": 1, "a": 2})
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "UPDATE pgrecall.entries SET metadata = jsonb_set(metadata, '{value,new}', '3')"
            " WHERE tenant = %s",
            [tenant],
        )
    assert str(await kv.get("key")) == str({"zebra": 1, "a": 2, "new": 3})


async def test_a_key_that_is_put_again_has_the_new_value(kv: Calls) -> None:
    await kv.put("key", {"old": 1})
    await kv.put("key", {"new": 2})
    assert await kv.get("key") == {"new": 2}


async def test_many_values_are_put_in_one_call(kv: Calls) -> None:
    values = {f"key-{number:05d}": {"number": number} for number in range(3_000)}
    await kv.put_all(list(values.items()), batch_size=100)
    assert await kv.get_all() == values


async def test_of_a_key_twice_in_one_call_the_last_value_stays(kv: Calls) -> None:
    await kv.put_all([("key", {"n": 1}), ("other", {}), ("key", {"n": 2})])
    assert await kv.get_all() == {"key": {"n": 2}, "other": {}}


async def test_putting_nothing_is_legal(kv: Calls) -> None:
    await kv.put_all([])
    assert await kv.get_all() == {}


async def test_where_one_value_cannot_be_stored_none_is(kv: Calls) -> None:
    with pytest.raises(InvalidArgumentError, match="bad"):
        await kv.put_all([("good", {"n": 1}), ("bad", {"n": float("nan")})])
    assert await kv.get_all() == {}


async def test_all_values_come_in_the_order_in_which_their_keys_came(kv: Calls) -> None:
    for key in ("c", "a", "b"):
        await kv.put(key, {})
    await kv.put("a", {"again": True})
    assert list(await kv.get_all()) == ["c", "a", "b"]


async def test_delete_tells_whether_the_key_was_there(kv: Calls) -> None:
    await kv.put("key", {})
    assert await kv.delete("key") is True
    assert await kv.delete("key") is False
    assert await kv.get("key") is None


async def test_collections_keep_their_keys_apart(kv: Calls) -> None:
    for collection in ("docs", "docs/data", "docs/data/more"):
        await kv.put("key", {"of": collection}, collection=collection)
    await kv.delete("key", collection="docs")
    assert await kv.get_all(collection="docs") == {}
    assert await kv.get_all(collection="docs/data") == {"key": {"of": "docs/data"}}


async def test_tenants_do_not_see_one_anothers_keys(
    kv: Calls, sync_store: Store, tenant: str
) -> None:
    await kv.put("key", {"n": 1})
    other = PgRecallKVStore(sync_store, f"{tenant}-other")
    assert other.get("key") is None
    assert other.delete("key") is False
    assert other.get_all() == {}
    assert await kv.get("key") == {"n": 1}


@pytest.mark.parametrize("name", [*HOSTILE, "a.b/c"])
async def test_keys_and_collections_may_hold_any_characters(kv: Calls, name: str) -> None:
    await kv.put(name, {"name": name}, collection=name)
    await kv.put("other", {}, collection="other")
    assert await kv.get_all(collection=name) == {name: {"name": name}}
    assert await kv.get(name, collection=name) == {"name": name}
    assert await kv.delete(name, collection=name) is True


async def test_a_key_that_is_too_long_is_told_before_it_is_sent(kv: Calls) -> None:
    with pytest.raises(InvalidArgumentError, match="bytes"):
        await kv.put("k" * 3_000, {})


def test_one_key_value_store_serves_any_number_of_event_loops(dsn: str, tenant: str) -> None:
    store = PgRecallKVStore(dsn, tenant)

    async def put(number: int) -> None:
        await store.aput(str(number), {"n": number})

    for number in range(3):
        asyncio.run(put(number))
    assert list(store.get_all()) == ["0", "1", "2"]
    asyncio.run(store.aclose())


async def test_a_key_value_store_on_an_async_store_serves_both(dsn: str, tenant: str) -> None:
    async with AsyncStore(dsn) as async_store:
        store = PgRecallKVStore(async_store, tenant)
        await store.aput("async", {})
        store.put("sync", {})
        assert list(await store.aget_all()) == list(store.get_all()) == ["async", "sync"]
        await store.aclose()


def test_a_pickled_key_value_store_reads_and_writes(dsn: str, tenant: str) -> None:
    store = PgRecallKVStore(dsn, tenant)
    store.put("key", {"n": 1})
    copy = pickle.loads(pickle.dumps(store))  # noqa: S301  # made in this line
    copy.put("other", {"n": 2})
    assert store.get_all() == copy.get_all() == {"key": {"n": 1}, "other": {"n": 2}}
    store.close()
    copy.close()


def test_a_key_value_store_shares_the_connections_of_a_vector_store(dsn: str, tenant: str) -> None:
    vectors = PgRecallVectorStore(dsn, tenant=tenant)
    store = PgRecallKVStore(vectors.client, vectors.tenant)
    store.put("key", {"n": 1})
    assert store.client is vectors.client
    vectors.close()


async def test_a_document_comes_back_as_it_was(documents: Calls) -> None:
    document = Document(id_="doc", text="O'Brien's text", metadata={"deep": {"n": [1]}})
    await documents.add_documents([document])
    assert await documents.get_document("doc") == document
    assert await documents.document_exists("doc")
    assert await documents.get_document_hash("doc") == document.hash


async def test_a_document_store_knows_the_nodes_of_a_source(documents: Calls) -> None:
    await documents.add_documents([_part("a"), _part("b")])
    info = await documents.get_ref_doc_info("doc")
    assert info.node_ids == ["a", "b"]


async def test_deleting_a_source_deletes_its_nodes(documents: Calls) -> None:
    await documents.add_documents([_part("a"), _part("b"), TextNode(id_="c", text="stays")])
    await documents.delete_ref_doc("doc")
    assert list(documents.target.docs) == ["c"]
    assert await documents.get_ref_doc_info("doc") is None


async def test_document_hashes_name_their_documents(documents: Calls) -> None:
    await documents.set_document_hashes({"a": "hash-a", "b": "hash-b"})
    assert await documents.get_all_document_hashes() == {"hash-a": "a", "hash-b": "b"}


def test_namespaces_keep_document_stores_apart(key_values: PgRecallKVStore) -> None:
    first, second = (PgRecallDocumentStore(key_values, namespace=name) for name in ("one", "two"))
    first.add_documents([Document(id_="doc", text="one")])
    assert second.docs == {}
    assert list(first.docs) == ["doc"]


def test_a_pickled_document_store_reads(dsn: str, tenant: str) -> None:
    store = PgRecallDocumentStore(dsn, tenant)
    store.add_documents([Document(id_="doc", text="text")])
    copy = pickle.loads(pickle.dumps(store))  # noqa: S301  # made in this line
    assert list(copy.docs) == ["doc"]
    store._kvstore.close()  # type: ignore[attr-defined]  # ours has it
    copy._kvstore.close()


async def test_an_index_store_keeps_what_an_index_is_made_of(
    key_values: PgRecallKVStore, kind: str
) -> None:
    store = Calls(PgRecallIndexStore(key_values), kind)
    struct = IndexDict(index_id="index", nodes_dict={"a": "a"})
    await store.add_index_struct(struct)
    assert await store.get_index_struct("index") == struct
    assert await store.get_index_struct() == struct
    await store.delete_index_struct("index")
    assert await store.get_index_struct("index") is None


def test_an_ingestion_cache_keeps_nodes(key_values: PgRecallKVStore) -> None:
    cache = IngestionCache(cache=key_values, collection="cache")
    cache.put("hash", [TextNode(id_="a", text="text")])
    assert [node.node_id for node in cache.get("hash") or []] == ["a"]
    cache.clear()
    assert cache.get("hash") is None


def test_a_pickled_ingestion_cache_reads_as_a_pipelines_worker_does(dsn: str, tenant: str) -> None:
    values = PgRecallKVStore(dsn, tenant)
    cache = IngestionCache(cache=values)
    cache.put("hash", [TextNode(id_="a", text="text")])
    copy = pickle.loads(pickle.dumps(cache))  # noqa: S301  # made in the line before
    assert [node.node_id for node in copy.get("hash")] == ["a"]
    values.close()
    copy.cache.close()


def _part(id_: str) -> TextNode:
    node = TextNode(id_=id_, text=f"part {id_}")
    node.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id="doc")
    return node
