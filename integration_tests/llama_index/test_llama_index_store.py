"""The LlamaIndex store's members, each through its sync and its async form."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.llama_index.llama_index_stores import Either, group, node, of_source, where
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores.types import VectorStoreQuery
from psycopg_pool import ConnectionPool

from pgrecall import AsyncStore, Collection, Hnsw, Item, Store
from pgrecall.errors import CollectionConflictError, DimensionMismatchError, InvalidArgumentError
from pgrecall.llama_index import PgRecallVectorStore

if TYPE_CHECKING:
    from collections.abc import Iterator

X, Y, Z = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]


@pytest.fixture(params=["sync", "async"])
def vectors(request: pytest.FixtureRequest, dsn: str, tenant: str) -> Iterator[Either]:
    store = PgRecallVectorStore(dsn, tenant=tenant)
    yield Either(store, request.param)
    store.close()


async def test_add_gives_the_ids_in_the_order_given(vectors: Either) -> None:
    assert await vectors.add([node("b", X), node("a", Y), node("c", Z)]) == ["b", "a", "c"]


async def test_adding_no_nodes_is_no_error(vectors: Either) -> None:
    assert await vectors.add([]) == []


async def test_a_node_added_again_replaces_the_first(vectors: Either) -> None:
    await vectors.add([node("a", X, "first")])
    await vectors.add([node("a", Y, "second")])
    [found] = await vectors.get_nodes()
    assert found.text == "second"


async def test_of_an_id_that_comes_twice_the_last_node_stays(vectors: Either) -> None:
    assert await vectors.add([node("a", X, "first"), node("a", X, "last")]) == ["a", "a"]
    assert [found.text for found in await vectors.get_nodes()] == ["last"]


async def test_the_first_node_tells_the_dimensions(vectors: Either) -> None:
    await vectors.add([node("a", X)])
    with pytest.raises(DimensionMismatchError, match="holds vectors of 3"):
        await vectors.add([node("b", [1.0, 0.0])])


async def test_an_embedding_of_another_length_than_embed_dim_is_refused(
    dsn: str, tenant: str
) -> None:
    with Store(dsn) as core:
        store = PgRecallVectorStore(core, tenant=tenant, embed_dim=4)
        with pytest.raises(DimensionMismatchError, match="holds vectors of 4"):
            store.add([node("a", X)])


async def test_a_node_without_an_embedding_is_refused_by_name(vectors: Either) -> None:
    with pytest.raises(
        InvalidArgumentError, match=r"node number 1 \(from 0\) with id 'bare' has no"
    ):
        await vectors.add([node("a", X), TextNode(id_="bare", text="x")])
    assert await vectors.get_nodes() == []


async def test_a_node_is_named_by_its_place_in_the_callers_list(vectors: Either) -> None:
    for bad, says in [
        (node("b", X, "b\0"), r"the text of node number 1 \(from 0\) with id 'b' holds NUL"),
        (
            node("b", [0.0] * 3, "owl"),
            r"the vector of node number 1 \(from 0\) with id 'b' is zero",
        ),
    ]:
        with pytest.raises(InvalidArgumentError, match=says):
            await vectors.add([node("a", X), bad])


async def test_what_is_no_node_is_refused(vectors: Either) -> None:
    with pytest.raises(InvalidArgumentError, match=r"number 0 .* is str"):
        await vectors.add(["text"])


async def test_a_missing_collection_reads_as_empty_and_is_not_made(
    vectors: Either, dsn: str, tenant: str
) -> None:
    result = await vectors.query(VectorStoreQuery(query_embedding=X))
    assert (result.nodes, result.ids, result.similarities) == ([], [], [])
    assert await vectors.get_nodes() == []
    await vectors.delete("x")
    await vectors.delete_nodes(["x"])
    await vectors.clear()
    with Store(dsn) as core:
        assert core.list_collections(tenant) == []


async def test_reading_makes_no_collection_though_the_dimensions_are_known(
    dsn: str, tenant: str
) -> None:
    with Store(dsn) as core:
        store = PgRecallVectorStore(core, tenant=tenant, embed_dim=3)
        assert store.get_nodes() == []
        assert core.list_collections(tenant) == []


async def test_delete_removes_the_nodes_of_one_source(vectors: Either) -> None:
    await vectors.add(
        [of_source(node("a", X), "doc"), of_source(node("b", X), "O'Brien"), node("c", X)]
    )
    await vectors.delete("O'Brien")
    assert [found.node_id for found in await vectors.get_nodes()] == ["a", "c"]


async def test_a_node_without_a_source_carries_the_string_none(vectors: Either) -> None:
    await vectors.add([of_source(node("a", X), "doc"), node("b", X)])
    assert await vectors.ids(query_embedding=X, filters=where("ref_doc_id", "None")) == ["b"]
    await vectors.delete("None")
    assert [found.node_id for found in await vectors.get_nodes()] == ["a"]


async def test_delete_nodes_removes_ids(vectors: Either) -> None:
    await vectors.add([node(id_, X) for id_ in "abc"])
    await vectors.delete_nodes(["a", "c", "missing"])
    assert [found.node_id for found in await vectors.get_nodes()] == ["b"]


async def test_delete_nodes_removes_what_a_filter_matches(vectors: Either) -> None:
    await vectors.add([node("a", X, page=1), node("b", X, page=2)])
    await vectors.delete_nodes(filters=where("page", 2))
    assert [found.node_id for found in await vectors.get_nodes()] == ["a"]


async def test_delete_nodes_by_ids_and_filter_removes_what_both_name(vectors: Either) -> None:
    await vectors.add([node("a", X, page=1), node("b", X, page=2), node("c", X, page=2)])
    await vectors.delete_nodes(["a", "b"], where("page", 2))
    assert [found.node_id for found in await vectors.get_nodes()] == ["a", "c"]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"node_ids": []},
        {"filters": group()},
        {"filters": group(group(), group(condition="or"))},
        {"node_ids": [], "filters": where("page", 1)},
    ],
)
async def test_delete_nodes_that_names_nothing_removes_nothing(
    vectors: Either, arguments: dict[str, Any]
) -> None:
    await vectors.add([node("a", X, page=1)])
    await vectors.delete_nodes(**arguments)
    assert len(await vectors.get_nodes()) == 1


async def test_a_filter_that_could_leave_no_node_deletes_none(vectors: Either) -> None:
    await vectors.add([node("a", X, page=1)])
    with pytest.raises(InvalidArgumentError, match="every item"):
        await vectors.delete_nodes(filters=where("page", [], "nin"))
    assert len(await vectors.get_nodes()) == 1


async def test_get_nodes_gives_nodes_in_the_order_asked(vectors: Either) -> None:
    await vectors.add([node(id_, X) for id_ in "abc"])
    found = await vectors.get_nodes(["c", "missing", "a"])
    assert [one.node_id for one in found] == ["c", "a"]


async def test_get_nodes_of_no_ids_gives_none(vectors: Either) -> None:
    await vectors.add([node("a", X)])
    assert await vectors.get_nodes([]) == []


async def test_get_nodes_by_filter_gives_nodes_by_id(vectors: Either) -> None:
    await vectors.add([node("b", X, page=1), node("a", X, page=1), node("c", X, page=2)])
    found = await vectors.get_nodes(filters=where("page", 1))
    assert [one.node_id for one in found] == ["a", "b"]


async def test_get_nodes_by_ids_and_filter_gives_what_both_name(vectors: Either) -> None:
    await vectors.add([node("b", X, page=1), node("a", X, page=1), node("c", X, page=2)])
    found = await vectors.get_nodes(["c", "b"], where("page", 1))
    assert [one.node_id for one in found] == ["b"]


async def test_get_nodes_brings_embeddings_where_they_are_asked_for(vectors: Either) -> None:
    await vectors.add([node("a", X)])
    [bare] = await vectors.get_nodes()
    [whole] = await vectors.get_nodes(include_embeddings=True)
    assert (bare.embedding, whole.embedding) == (None, X)


async def test_clear_empties_this_tenants_collection_only(
    vectors: Either, dsn: str, tenant: str
) -> None:
    others = [
        PgRecallVectorStore(dsn, tenant=f"{tenant}-other"),
        PgRecallVectorStore(dsn, collection="other", tenant=tenant),
    ]
    for other in others:
        other.add([node("a", X)])
    await vectors.add([node("a", X)])
    await vectors.clear()
    assert await vectors.get_nodes() == []
    assert [len(other.get_nodes()) for other in others] == [1, 1]
    for other in others:
        other.close()


async def test_tenants_never_see_one_another(vectors: Either, dsn: str, tenant: str) -> None:
    other = PgRecallVectorStore(dsn, tenant=f"{tenant}' OR '1'='1")
    other.add([node("theirs", X, "secret", page=1)])
    await vectors.add([node("mine", X, "secret", page=1)])
    for mode in ("default", "text_search", "hybrid", "mmr"):
        found = await vectors.ids(
            query_embedding=X, query_str="secret", mode=mode, similarity_top_k=5
        )
        assert found == ["mine"]
    await vectors.delete_nodes(["theirs"])
    assert len(other.get_nodes()) == 1
    other.close()


async def test_persist_does_nothing(vectors: Either, tmp_path) -> None:
    vectors.target.persist(str(tmp_path / "store.json"))
    assert list(tmp_path.iterdir()) == []


def test_the_source_of_a_node_is_a_declared_field(dsn: str, tenant: str) -> None:
    with Store(dsn) as core:
        store = PgRecallVectorStore(core, tenant=tenant, fields={"page": "number"})
        store.add([node("a", X)])
        described = core.describe_collection(tenant, "docs")
    assert described is not None
    assert described.fields == {"page": "number", "ref_doc_id": "text"}


def test_a_collection_is_opened_without_naming_its_fields_again(dsn: str, tenant: str) -> None:
    with Store(dsn) as core:
        PgRecallVectorStore(core, tenant=tenant, fields={"page": "number"}).add([node("a", X)])
        assert len(PgRecallVectorStore(core, tenant=tenant).get_nodes()) == 1
        other = PgRecallVectorStore(core, tenant=tenant, fields={"page": "text"})
        with pytest.raises(CollectionConflictError, match="fields"):
            other.get_nodes()


def test_a_collection_with_another_pin_is_refused(dsn: str, tenant: str) -> None:
    with Store(dsn) as core:
        PgRecallVectorStore(core, tenant=tenant).add([node("a", X)])
        with pytest.raises(CollectionConflictError, match="dimensions"):
            PgRecallVectorStore(core, tenant=tenant, embed_dim=4).get_nodes()
        with pytest.raises(CollectionConflictError, match="metric"):
            PgRecallVectorStore(core, tenant=tenant, metric="l2").get_nodes()


def test_a_collection_dropped_elsewhere_is_made_again_by_the_next_add(
    dsn: str, tenant: str
) -> None:
    with Store(dsn) as core, Store(dsn) as elsewhere:
        store = PgRecallVectorStore(core, tenant=tenant)
        store.add([node("a", X)])
        elsewhere.drop_collection(tenant, "docs")
        assert store.get_nodes() == []
        store.add([node("b", [1.0, 0.0])])
        assert [found.node_id for found in store.get_nodes()] == ["b"]


def test_items_that_the_core_wrote_are_nodes(dsn: str, tenant: str) -> None:
    with Store(dsn) as core:
        core.ensure_collection(tenant, Collection("docs", 3))
        core.upsert(tenant, "docs", [Item("a", X, "words", {"page": 1})])
        [found] = PgRecallVectorStore(core, tenant=tenant).get_nodes()
    assert found == TextNode(id_="a", text="words", metadata={"page": 1})


def test_the_client_is_the_cores_store(dsn: str, tenant: str) -> None:
    with Store(dsn) as core:
        store = PgRecallVectorStore(core, tenant=tenant)
        store.add([node(id_, X) for id_ in "abc"])
        assert store.client is core
        store.client.create_index(tenant, "docs", Hnsw())
        found = store.query(VectorStoreQuery(query_embedding=X, similarity_top_k=3), exact=False)
    assert found.ids is not None
    assert sorted(found.ids) == ["a", "b", "c"]


def test_one_store_serves_any_number_of_event_loops_and_threads(dsn: str, tenant: str) -> None:
    store = PgRecallVectorStore(dsn, tenant=tenant)
    store.add([node("a", X)])
    found: list[Any] = []

    def in_a_loop() -> None:
        found.append(asyncio.run(store.aquery(VectorStoreQuery(query_embedding=X))).ids)

    threads = [threading.Thread(target=in_a_loop) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    in_a_loop()
    store.close()
    assert found == [["a"]] * 5


async def test_many_tasks_add_and_query_at_once(dsn: str, tenant: str) -> None:
    store = PgRecallVectorStore(dsn, tenant=tenant)
    await asyncio.gather(*(store.async_add([node(f"n{i}", X)]) for i in range(20)))
    results = await asyncio.gather(
        *(store.aquery(VectorStoreQuery(query_embedding=X, similarity_top_k=30)) for _ in range(8))
    )
    await store.aclose()
    assert {len(result.ids or []) for result in results} == {20}


async def test_an_async_store_of_the_callers_serves_both_kinds_of_calls(
    dsn: str, tenant: str
) -> None:
    async with AsyncStore(dsn) as core:
        store = PgRecallVectorStore(core, tenant=tenant)
        await store.async_add([node("a", X)])
        assert [found.node_id for found in store.get_nodes()] == ["a"]
        store.close()


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda store: store.model_copy()])
def test_a_copy_works(dsn: str, tenant: str, copied: Any) -> None:
    with Store(dsn) as core:
        store = PgRecallVectorStore(core, tenant=tenant, mmr_threshold=0.1)
        store.add([node("a", X)])
        other = copied(store)
        assert [found.node_id for found in other.get_nodes()] == ["a"]
        assert (other.collection, other.tenant) == ("docs", tenant)


def test_a_pickled_store_works_again_with_all_its_settings(dsn: str, tenant: str) -> None:
    store = PgRecallVectorStore(
        dsn, "notes", tenant, metric="l2", fields={"page": "number"}, arm_scores=True
    )
    store.add([node("a", X, page=1)])
    again = pickle.loads(pickle.dumps(store))  # noqa: S301  # its own
    found = again.query(VectorStoreQuery(query_embedding=X, filters=where("page", 1)))
    assert found.nodes[0].metadata["_scores"]["distance"] == 0
    again.add([node("b", X)])
    assert len(store.get_nodes()) == 2
    store.close()
    again.close()


def test_a_store_that_was_pickled_before_its_collection_was_there_makes_it(
    dsn: str, tenant: str
) -> None:
    again = pickle.loads(pickle.dumps(PgRecallVectorStore(dsn, tenant=tenant)))  # noqa: S301
    again.add([node("a", X)])
    assert again.client.describe_collection(tenant, "docs").fields == {"ref_doc_id": "text"}
    again.close()


def test_a_store_on_a_pool_of_the_callers_says_that_it_cannot_be_pickled(dsn: str) -> None:
    with ConnectionPool(dsn, min_size=1, open=True) as pool:
        store = PgRecallVectorStore(Store(pool=pool))
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(store)


async def test_nodes_are_changed_without_their_embeddings(vectors: Either) -> None:
    assert await vectors.update_nodes([node("a", X)]) == 0  # there is no collection
    await vectors.add([of_source(node("a", X, "first", n=1), "doc"), node("b", Y, "second", n=2)])
    nodes = await vectors.get_nodes(["a", "b"])
    assert [found.embedding for found in nodes] == [None, None]
    nodes[0].metadata = {"n": [5]}
    nodes[0].relationships[NodeRelationship.NEXT] = RelatedNodeInfo(node_id="b")
    nodes[1].text = "changed"
    nodes[1].embedding = Z

    assert await vectors.update_nodes([*nodes, TextNode(id_="ghost", text="none")]) == 2

    assert await vectors.get_nodes(["a", "b", "ghost"], include_embeddings=True) == [
        nodes[0].model_copy(update={"embedding": X}),
        nodes[1],
    ]
    assert await vectors.ids(query_embedding=X, similarity_top_k=1) == ["a"]
    assert [found.node_id for found in await vectors.get_nodes(filters=where("n", 2))] == ["b"]
    with pytest.raises(InvalidArgumentError, match="nodes must be LlamaIndex nodes"):
        await vectors.update_nodes(["a"])
    with pytest.raises(DimensionMismatchError, match=r"number 0 \(from 0\)"):
        await vectors.update_nodes([node("a", [1.0])])
