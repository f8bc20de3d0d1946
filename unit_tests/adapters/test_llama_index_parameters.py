"""What the LlamaIndex store is made from: no server is asked."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from pgrecall import Hnsw
from pgrecall.errors import InvalidArgumentError
from pgrecall.llama_index import PgRecallVectorStore
from pgrecall.llama_index import _parameters as parameters

FROM_PEER = ["host", "port", "database", "user", "password", "table_name", "schema_name"]
FROM_PEER += ["connection_string", "async_connection_string", "hybrid_search", "embed_dim"]
FROM_PEER += ["text_search_config", "cache_ok", "perform_setup", "debug", "use_jsonb"]
FROM_PEER += ["hnsw_kwargs", "use_halfvec", "indexed_metadata_keys"]


def wanted(store: PgRecallVectorStore) -> Any:
    return store._collection._created


def test_from_params_knows_what_users_of_the_other_store_write() -> None:
    assert set(FROM_PEER) <= set(inspect.signature(PgRecallVectorStore.from_params).parameters)


@pytest.mark.parametrize("password", ["p@ss/word", "a b'c\\d", "%41:#?&=", "ünï"])
def test_any_password_stands_in_the_connection_string(password: str) -> None:
    made = parameters.dsn(None, "h", 5432, "d b", "u@x", password)
    assert made is not None
    assert conninfo_to_dict(made) == {
        "host": "h",
        "port": "5432",
        "dbname": "d b",
        "user": "u@x",
        "password": password,
    }


def test_nothing_given_leaves_it_to_the_environment() -> None:
    assert parameters.dsn(None, None, None, None, None, None) is None


def test_sqlalchemys_url_keeps_its_password() -> None:
    class Url:
        def render_as_string(self, *, hide_password: bool = True) -> str:
            return f"postgresql+psycopg2://u:{'***' if hide_password else 'secret'}@h/d"

    made = parameters.dsn(Url(), None, None, None, None, None)
    assert made == "postgresql+psycopg2://u:secret@h/d"


def test_hnsw_kwargs_become_an_index_and_a_metric() -> None:
    store = PgRecallVectorStore.from_params(
        host="h",
        embed_dim=8,
        hnsw_kwargs={
            "hnsw_m": 8,
            "hnsw_ef_construction": 32,
            "hnsw_ef_search": 40,
            "hnsw_dist_method": "halfvec_l2_ops",
        },
        use_halfvec=True,
        indexed_metadata_keys={
            ("page", "integer"),
            ("lang", "text"),
            ("at", "timestamp"),
            ("day", "date"),
            ("draft", "boolean"),
        },
        hybrid_search=False,
    )
    made = wanted(store)
    assert (made.index, made.metric, made.storage) == (Hnsw(8, 32), "l2", "halfvec")
    assert made.fields == {
        "page": "number",
        "lang": "text",
        "at": "datetime",
        "day": "datetime",
        "draft": "boolean",
        "ref_doc_id": "text",
    }
    assert made.text_search is None
    assert store._operations.defaults.ef_search == 40


@pytest.mark.parametrize(
    "given", [{"hnsw_n": 1}, {"hnsw_dist_method": "vector_hamming_ops"}, {"hnsw_dist_method": ""}]
)
def test_hnsw_kwargs_that_are_unknown_are_an_error(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError, match="hnsw_"):
        PgRecallVectorStore.from_params(host="h", hnsw_kwargs=given)


def test_a_store_is_described_without_where_it_points() -> None:
    store = PgRecallVectorStore("host=h password=secret", "notes", "me", 8)
    assert store.to_dict() == {
        "stores_text": True,
        "is_embedding_query": True,
        "flat_metadata": False,
        "collection": "notes",
        "tenant": "me",
        "embed_dim": 8,
        "class_name": "PgRecallVectorStore",
    }


def test_a_store_is_made_again_from_its_description() -> None:
    store = PgRecallVectorStore("host=h", "notes", "me", 8)
    again = PgRecallVectorStore.from_dict(store.to_dict(), store="host=h")
    assert again.to_dict() == store.to_dict()
    assert again.class_name() == "PgRecallVectorStore"


@pytest.mark.parametrize(
    "arguments",
    [{"store": 5}, {"collection": ""}, {"tenant": "\0"}, {"tenant": 5}, {"store": "nonsense"}],
    ids=str,
)
def test_what_cannot_be_used_is_refused_when_a_store_is_made(arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError):
        PgRecallVectorStore(**arguments)
