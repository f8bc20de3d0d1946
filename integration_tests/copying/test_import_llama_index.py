from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.copying.adopting import compare
from integration_tests.copying.peer_tables import (
    TENANT,
    execute,
    filled_by,
    name_of,
    refusal,
    run,
    table_of,
    target_rows,
    versions,
)
from llama_index.core import schema
from llama_index.core.vector_stores.types import (
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
)

from pgrecall import Store, Table
from pgrecall.llama_index import PgRecallVectorStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# the store's name, and the options that name its table
VARIANTS = {
    "plain": ("data_plain", ["--table", "plain"]),
    "binary": ("apart.data_binary", ["--table", "Binary", "--from-schema", "apart"]),
    "half": ("data_half", ["--table", "data_half"]),
}


@pytest.fixture(scope="module")
def filled(make_database: Callable[..., str]) -> tuple[str, dict[str, Any]]:
    dsn = make_database()
    return dsn, filled_by("make_llama_index.py", dsn)


@pytest.fixture
def made(filled: tuple[str, dict[str, Any]]) -> dict[str, list[schema.BaseNode]]:
    """The nodes that each store was given."""
    return {
        name: [getattr(schema, cls).from_json(text) for cls, text in nodes]
        for name, nodes in filled[1].items()
    }


@pytest.fixture
def peers(
    filled: tuple[str, dict[str, Any]], make_database: Callable[..., str], server_dsn: str
) -> Iterator[str]:
    """A database of the test's own with the tables that LlamaIndex's PGVectorStore made."""
    made = make_database(options=f"TEMPLATE {name_of(filled[0])}")
    yield made
    execute(server_dsn, f"DROP DATABASE {name_of(made)} WITH (FORCE)")


@pytest.mark.parametrize("variant", list(VARIANTS))
def test_every_node_of_every_kind_of_table_arrives_equal(
    peers: str, made: dict[str, list[schema.BaseNode]], variant: str
) -> None:
    _table, options = VARIANTS[variant]

    told = run(peers, "llama-index", *options)

    given = {node.node_id: node for node in made[variant]}
    assert (told["rows"], told["copied"], told["older"], told["bad"]) == (46, 45, 1, [])
    store = PgRecallVectorStore(peers, variant)
    found = {node.node_id: node for node in store.get_nodes(list(given))}
    store.close()
    for id_, node in given.items():
        node.embedding = found[id_].embedding = None
        assert type(found[id_]) is type(node)
        assert found[id_].to_dict() == node.to_dict()
        # the text of a hash holds the order of keys
        assert (list(found[id_].metadata), found[id_].hash) == (list(node.metadata), node.hash)


@pytest.mark.parametrize("variant", list(VARIANTS))
def test_vectors_and_texts_arrive_equal(peers: str, variant: str) -> None:
    table, options = VARIANTS[variant]
    run(peers, "llama-index", *options)

    theirs = execute(
        peers,
        'SELECT DISTINCT ON (node_id COLLATE "C") node_id, text, vector_send(embedding::vector)'
        f' FROM {table} ORDER BY node_id COLLATE "C", id DESC',
    )
    assert [row[:3] for row in target_rows(peers, variant)] == theirs


def test_vectors_stay_as_wide_as_they_were(peers: str) -> None:
    for _, options in VARIANTS.values():
        run(peers, "llama-index", *options)

    with Store(peers) as store:
        storage = {one.name: one.storage for one in store.list_collections(TENANT)}
    assert storage == {"binary": "vector", "half": "halfvec", "plain": "vector"}


def test_of_a_node_that_was_added_twice_the_last_row_counts(peers: str) -> None:
    run(peers, "llama-index", "--table", "plain")

    [row] = [row for row in target_rows(peers, "plain") if row[0] == "node-003"]
    assert row[1] == "the text of número 3"


def test_text_and_metadata_are_stored_once(peers: str) -> None:
    run(peers, "llama-index", "--table", "plain")

    [metadata] = [row[3] for row in target_rows(peers, "plain") if row[0] == "node-001"]
    written = metadata["_node_content"]
    assert "the text" not in str(metadata)
    assert "100%" not in written
    assert set(metadata) == {
        *("zeta", "a_longer_key", "tags", "nested"),
        *("ref_doc_id", "_node_type", "_node_content"),
    }


def test_a_node_of_which_there_is_nothing_else_to_say_has_no_content_beside(peers: str) -> None:
    run(peers, "llama-index", "--table", "plain")

    [metadata] = [row[3] for row in target_rows(peers, "plain") if row[0] == "plain"]
    assert metadata == {"ref_doc_id": "None", "_node_type": "TextNode"}


def test_our_llama_index_store_queries_filters_and_deletes_what_was_copied(peers: str) -> None:
    run(peers, "llama-index", "--table", "plain")
    store = PgRecallVectorStore(peers, "plain")

    [vector] = execute(peers, "SELECT embedding::real[] FROM data_plain WHERE node_id = 'image'")
    pages = MetadataFilters(filters=[MetadataFilter(key="page", value=9)])
    nearest = store.query(VectorStoreQuery(query_embedding=vector[0], similarity_top_k=1))
    filtered = store.query(
        VectorStoreQuery(query_embedding=vector[0], similarity_top_k=9, filters=pages)
    )
    store.delete("source-0")
    left = {row[0] for row in target_rows(peers, "plain")}
    store.close()

    assert nearest.ids == ["image"]
    assert filtered.ids == ["node-009"]
    assert {"node-001", "node-002", "node-003"} & left == set()
    assert len(left) == 42


def test_the_source_is_untouched(peers: str) -> None:
    before = versions(peers, "data_plain")

    run(peers, "llama-index", "--table", "plain")

    assert versions(peers, "data_plain") == before


def test_a_second_run_writes_nothing(peers: str) -> None:
    run(peers, "llama-index", "--table", "plain")
    before = versions(peers, table_of(peers, "plain"))

    told = run(peers, "llama-index", "--table", "plain")

    assert (told["copied"], told["same"], told["older"]) == (0, 45, 1)
    assert versions(peers, table_of(peers, "plain")) == before


def test_what_our_store_made_is_a_target_too(peers: str) -> None:
    store = PgRecallVectorStore(peers, "plain", fields={"page": "number"})
    store.add([schema.TextNode(id_="first", text="here", embedding=[1.0] * 8)])
    store.close()

    assert run(peers, "llama-index", "--table", "plain")["copied"] == 45
    assert len(target_rows(peers, "plain")) == 46


def test_a_row_that_another_program_wrote_is_a_text_node(peers: str) -> None:
    execute(
        peers,
        "INSERT INTO data_plain (node_id, text, embedding, metadata_) VALUES"
        " ('x', 'by hand', '[1,2,3,4,5,6,7,8]', '{\"page\": 1}'),"
        " ('y', 'by hand', '[1,2,3,4,5,6,7,8]', NULL)",
    )

    run(peers, "llama-index", "--table", "plain")

    store = PgRecallVectorStore(peers, "plain")
    nodes = store.get_nodes(["x", "y"])
    store.close()
    assert [(type(node), node.node_id, node.metadata) for node in nodes] == [
        (schema.TextNode, "x", {"page": 1}),
        (schema.TextNode, "y", {}),
    ]


def test_rows_that_are_no_nodes_are_told_before_anything_is_written(peers: str) -> None:
    execute(
        peers,
        "UPDATE data_plain SET node_id = NULL WHERE node_id IN ('image', 'index');"
        ' UPDATE data_plain SET metadata_ = \'{"_node_content": "{broken"}\''
        " WHERE node_id = 'plain'",
    )

    line = refusal(peers, "llama-index", "--table", "plain")
    with Store(peers) as store:
        assert store.list_collections(TENANT) == []
    told = run(peers, "llama-index", "--table", "plain", "--skip-bad")

    assert "2 have no id ('row 43', 'row 44')" in line
    assert "1 has metadata that jsonb cannot hold (NUL or a lone surrogate) ('plain')" in line
    assert (told["copied"], told["skipped"]) == (42, 3)


def test_a_table_that_is_missing_tells_what_is_there(peers: str) -> None:
    line = refusal(peers, "llama-index", "--table", "nodes")

    assert line.endswith(
        "schema 'public' has no table 'nodes'; such tables:"
        " 'apart.data_binary', 'public.data_half', 'public.data_plain'"
    )


@pytest.mark.parametrize("variant", list(VARIANTS))
def test_an_adopted_table_gives_what_an_import_of_it_gives(peers: str, variant: str) -> None:
    table, options = VARIANTS[variant]
    run(peers, "llama-index", *options)
    *schemas, name = table.split(".")
    adopted = Table.of_llama_index(name, schema=schemas[0] if schemas else "public")

    compare(
        peers, variant, adopted, [{"zeta": {"$exists": True}}, {"tags": {"$exists": True}}], "text"
    )


def test_nodes_of_an_adopted_table_are_those_that_were_stored(
    peers: str, made: dict[str, list[schema.BaseNode]]
) -> None:
    with Store(peers) as store:
        store.adopt_collection(TENANT, "nodes", Table.of_llama_index("plain"))

    store_ = PgRecallVectorStore(peers, "nodes")
    found = {
        node.node_id: node for node in store_.get_nodes([one.node_id for one in made["plain"]])
    }
    store_.close()
    for node in made["plain"]:
        node.embedding = found[node.node_id].embedding = None
        assert found[node.node_id].to_dict() == node.to_dict()
