"""What is said of a collection is done or refused, a default too; what is not said asks nothing."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration_tests.cli.cli_runs import Cli
from integration_tests.langchain.langchain_fakes import Words
from integration_tests.llama_index.llama_index_stores import node

from pgrecall import (
    Collection,
    CollectionConflictError,
    Hnsw,
    InvalidArgumentError,
    Item,
    IvfFlat,
    Store,
)
from pgrecall._operations.collections import collections
from pgrecall._values.said import said_of
from pgrecall.langchain import PgRecallVectorStore as LangChainStore
from pgrecall.langgraph import PgRecallStore
from pgrecall.llama_index import PgRecallVectorStore as LlamaIndexStore

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

KINDS = [
    Collection("docs", 3),
    Collection("docs", 3, "model", "l2", index=Hnsw(m=8), storage="halfvec", text_search="german"),
    Collection("docs", 3, text_search=None, fields={"page": "number"}, index=IvfFlat()),
    Collection("docs", 3, metric="ip", table_name='My "own" table'),
]

SAID = st.fixed_dictionaries(
    {},
    optional={
        "dimensions": st.sampled_from([None, 3, 4]),
        "embedding_model": st.sampled_from(["", "model"]),
        "metric": st.sampled_from([None, "cosine", "l2", "ip"]),
        "index": st.sampled_from([None, Hnsw(), IvfFlat(7)]),
        "storage": st.sampled_from(["vector", "halfvec"]),
        "text_search": st.sampled_from([None, "english", "german"]),
        "fields": st.sampled_from([None, {}, {"page": "number"}]),
        "table_name": st.sampled_from([None, 'My "own" table', "another"]),
        "distributed": st.booleans(),
        "target_recall": st.sampled_from([None, 0.98, 0.9]),
    },
)


def own(kind: Collection, tenant: str) -> Collection:
    """A table's own name is one of a schema: make it the test's."""
    return kind if kind.table_name is None else replace(kind, table_name=f"{tenant} {kind.name}")


@pytest.mark.parametrize("kind", KINDS, ids=repr)
async def test_a_described_collection_is_said_in_full_and_ensuring_it_changes_nothing(
    store: Any, tenant: str, kind: Collection
) -> None:
    made = await store.ensure_collection(tenant, own(kind, tenant))
    described = await store.describe_collection(tenant, "docs")
    [listed] = await store.list_collections(tenant)

    for each in (made, described, listed):
        assert each == made
        assert len(said_of(each)) == len(fields(Collection))
        assert await store.ensure_collection(tenant, each) == made


@dataclass(frozen=True)
class Owned(Collection):
    """A user's own: what it adds is none of the store's business."""

    owner: str = ""


async def test_a_collection_of_a_users_own_class_is_used_as_what_it_says(
    store: Any, tenant: str
) -> None:
    wanted = Owned("docs", 2, owner="Ada", storage="halfvec")

    made = await store.ensure_collection(tenant, wanted)

    assert type(made) is Collection
    assert made.storage == "halfvec"
    assert await store.ensure_collection(tenant, replace(wanted, owner="Bob")) == made
    assert await store.bind(tenant, "docs", expect=wanted).count() == 0
    with pytest.raises(CollectionConflictError):
        await store.ensure_collection(tenant, replace(wanted, text_search="german"))


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_ensuring_what_was_described_takes_one_round_trip(
    sync_store: Store, tenant: str, kind: Collection
) -> None:
    described = sync_store.ensure_collection(tenant, own(kind, tenant))
    driver, sent = sync_store._driver, []

    def counting(operation: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        answer = None
        while True:
            try:
                unit = operation.send(answer)
            except StopIteration as ended:
                return ended.value
            sent.append(unit)
            answer = yield unit

    driver.run(counting(collections.ensure(driver.context, tenant, described)))

    assert len(sent) == 1


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(kind=st.sampled_from(KINDS), said=SAID)
def test_ensuring_raises_where_something_said_differs_and_else_changes_nothing(
    sync_store: Store, tenant: str, kind: Collection, said: dict[str, Any]
) -> None:
    tenant = f"{tenant}-{KINDS.index(kind)}"
    made = sync_store.describe_collection(tenant, "docs")
    if made is None:
        made = sync_store.ensure_collection(tenant, own(kind, tenant))
    if said.get("table_name") == KINDS[3].table_name:
        said = {**said, "table_name": own(KINDS[3], tenant).table_name}
    has = {
        **{field: getattr(made, field) for field in said},
        "fields": made.fields or {},
        "table_name": own(kind, tenant).table_name,
    }
    whatever = {"dimensions", "metric", "table_name", "target_recall"}
    differ = {
        field
        for field, want in said.items()
        if field != "index"
        and not (want is None and field in whatever)
        and (want or {} if field == "fields" else want) != has[field]
    }

    if not differ:
        assert sync_store.ensure_collection(tenant, Collection("docs", **said)) == made
        return
    with pytest.raises(CollectionConflictError) as told:
        sync_store.ensure_collection(tenant, Collection("docs", **said))
    assert told.value.field in differ
    assert sync_store.describe_collection(tenant, "docs") == made


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ({"text_search": None}, {"text_search": "english"}),
        ({"text_search": "german"}, {"text_search": "english"}),
        ({"storage": "halfvec"}, {"storage": "vector"}),
        ({"index": Hnsw()}, {"index": None}),
        ({"embedding_model": "model"}, {"embedding_model": ""}),
        ({"fields": {"page": "number"}}, {"fields": {}}),
        ({"fields": {"page": "number"}}, {"fields": None}),
    ],
    ids=repr,
)
async def test_embedding_anew_does_what_is_said_though_it_is_a_default(
    store: Any, tenant: str, before: dict[str, Any], said: dict[str, Any]
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 3, **before))
    await store.upsert(tenant, "docs", [Item("a", [1, 0, 0], "two houses")])
    kept = await store.describe_collection(tenant, "docs")

    await store.reembed(
        tenant, "docs", to=Collection("docs", **said), embed=lambda texts: [[0, 1, 0]] * len(texts)
    )

    now = await store.describe_collection(tenant, "docs")
    expected = replace(kept, **said, table_name=now.table_name)
    assert now == replace(expected, fields=expected.fields or None)
    if now.text_search == "english":
        assert [match.id for match in await store.search_text(tenant, "docs", "house")] == ["a"]


async def test_what_was_described_can_be_embedded_anew_with_changes(
    store: Any, tenant: str
) -> None:
    kind = Collection("docs", 3, "old", "l2", text_search="german", fields={"page": "number"})
    described = await store.ensure_collection(tenant, kind)
    await store.upsert(tenant, "docs", [Item("a", [1, 0, 0], "text")])

    to = replace(described, dimensions=2, embedding_model="new")
    await store.reembed(tenant, "docs", to=to, embed=lambda texts: [[0, 1]] * len(texts))

    now = await store.describe_collection(tenant, "docs")
    assert now == replace(to, table_name=now.table_name)


async def test_the_new_vectors_cannot_be_in_the_table_of_the_old(store: Any, tenant: str) -> None:
    described = await store.ensure_collection(tenant, own(KINDS[3], tenant))

    with pytest.raises(InvalidArgumentError, match=r"table_name=.*name another"):
        await store.reembed(tenant, "docs", to=described, embed=lambda texts: texts)

    assert await store.list_collections(tenant) == [described]


@pytest.fixture
def german(sync_store: Store, tenant: str) -> Collection:
    """A collection with nothing at its default, and one item."""
    kind = Collection(
        "docs",
        3,
        "model",
        "l2",
        storage="halfvec",
        text_search="german",
        fields={"page": "number", "ref_doc_id": "text"},
    )
    made = sync_store.ensure_collection(tenant, kind)
    sync_store.upsert(tenant, "docs", [Item("a", [1, 0, 0], "text")])
    return made


DEFAULTS = [
    ({}, None),
    ({"storage": "vector"}, "storage"),
    ({"text_search": "english"}, "text_search"),
    ({"text_search": None}, "text_search"),
    ({"metric": "cosine"}, "metric"),
    ({"fields": {}}, "fields"),
    ({"index": Hnsw(), "metric": None}, None),
]


async def test_a_langchain_store_hears_its_defaults(
    sync_store: Store, tenant: str, german: Collection
) -> None:
    for said, field in DEFAULTS:
        made = LangChainStore(Words(dimensions=3), "docs", tenant, sync_store, **said)
        if field is None:
            assert made.add_texts(["b"], ids=["b"]) == ["b"]
            continue
        with pytest.raises(CollectionConflictError) as told:
            made.similarity_search("a")
        assert told.value.field == field
    assert sync_store.describe_collection(tenant, "docs") == german


async def test_a_llama_index_store_hears_its_defaults(
    sync_store: Store, tenant: str, german: Collection
) -> None:
    for said, field in [*DEFAULTS, ({"embedding_model": ""}, "embedding_model")]:
        made = LlamaIndexStore(sync_store, "docs", tenant, **said)
        if field is None:
            assert made.add([node("b", [0.0, 1.0, 0.0])]) == ["b"]
            continue
        with pytest.raises(CollectionConflictError) as told:
            made.get_nodes(["a"])
        assert told.value.field == field
    assert sync_store.describe_collection(tenant, "docs") == german


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, None),
        ({"hnsw_kwargs": {"hnsw_m": 8}}, None),
        ({"use_halfvec": True, "text_search_config": "german"}, None),
        ({"use_halfvec": False}, "storage"),
        ({"hybrid_search": True}, "text_search"),
        ({"hybrid_search": False}, "text_search"),
        ({"text_search_config": "english"}, "text_search"),
        ({"indexed_metadata_keys": []}, "fields"),
        ({"hnsw_kwargs": {"hnsw_dist_method": "vector_cosine_ops"}}, "metric"),
    ],
    ids=repr,
)
def test_from_params_asks_for_what_is_given_and_nothing_else(
    dsn: str, tenant: str, german: Collection, said: dict[str, Any], field: str | None
) -> None:
    with LlamaIndexStore.from_params(connection_string=dsn, tenant=tenant, **said) as made:
        if field is None:
            assert made.add([node("b", [0.0, 1.0, 0.0])]) == ["b"]
            return
        with pytest.raises(CollectionConflictError) as told:
            made.get_nodes(["a"])
        assert told.value.field == field


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, None),
        ({"text_search": "english"}, "text_search"),
        ({"text_search": None}, "text_search"),
        ({"metric": "cosine"}, "metric"),
    ],
    ids=repr,
)
def test_a_langgraph_store_hears_its_defaults(
    sync_store: Store, tenant: str, german: Collection, said: dict[str, Any], field: str | None
) -> None:
    embedding = Words(dimensions=3)
    index: Any = {"dims": 3, "embed": embedding}
    memory = PgRecallStore(sync_store, "docs", tenant, index=index, **said)
    if field is None:
        memory.put(("a",), "k", {"text": "b"})
        return
    with pytest.raises(CollectionConflictError) as told:
        memory.put(("a",), "k", {"text": "b"})
    assert told.value.field == field
    assert embedding.calls == []


def test_the_command_line_hears_its_defaults(
    dsn: str, tenant: str, german: Collection, tmp_path: Path
) -> None:
    cli = Cli(dsn, tenant)
    file = tmp_path / "docs.jsonl"
    file.write_text('{"id": "b", "text": "b", "v": [0, 1, 0]}\n')
    words = ["load", str(file), "--vectors", "v"]

    for said, field in [
        (["--language", "english"], "--language"),
        (["--metric", "cosine"], "metric"),
        (["--fields", ""], "fields"),
        (["--model", ""], "embedding_model"),
    ]:
        assert field in cli.told(*words, *said)
    assert cli.json(*words)["written"] == 1


def test_an_index_that_is_asked_for_takes_the_place_of_another(
    sync_store: Store, dsn: str, tenant: str, tmp_path: Path
) -> None:
    cli = Cli(dsn, tenant)
    file = tmp_path / "docs.jsonl"
    file.write_text('{"id": "b", "text": "b", "v": [0, 1, 0]}\n')
    sync_store.ensure_collection(tenant, Collection("docs", 3, index=Hnsw(m=8)))

    for choice, expected in [("auto", Hnsw(m=8)), ("hnsw", Hnsw(m=8)), ("ivfflat", IvfFlat())]:
        cli.run("load", str(file), "--vectors", "v", "--index", choice)
        described = sync_store.describe_collection(tenant, "docs")
        assert described is not None
        assert described.index == expected
