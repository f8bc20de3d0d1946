"""What is refused has not happened: no collection is left, and nothing was embedded for nothing."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from integration_tests.cli.cli_runs import Cli
from integration_tests.langchain.langchain_fakes import Fixed, Words, making
from integration_tests.llama_index.llama_index_stores import Either, node
from integration_tests.shared.calls import Calls
from langgraph.store.base import GetOp, PutOp

from pgrecall import Collection, Hnsw, InvalidArgumentError, Item, IvfFlat, Store
from pgrecall._adapters.pair import Pair
from pgrecall._operations.entries import entries
from pgrecall.langchain import PgRecallVectorStore as LangChainStore
from pgrecall.langgraph import PgRecallStore
from pgrecall.llama_index import PgRecallVectorStore as LlamaIndexStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

GOOD = [1.0, 0.0, 0.0]

REFUSED = {
    "a zero vector": [[0.0, 0.0, 0.0]],
    "a zero vector after a good one": [GOOD, [0.0, 0.0, 0.0]],
    "NaN": [GOOD, [1.0, float("nan"), 0.0]],
    "no numbers": [GOOD, ["a", "b", "c"]],
    "another length": [GOOD, [1.0, 0.0]],
    "no length": [[]],
    "too long": [[1.0] * 16_001],
}

ASYNC = pytest.mark.parametrize("kind", ["sync", "async"])


@pytest.fixture
async def core(sync_store: Store) -> AsyncIterator[Store]:
    yield sync_store
    await Pair(sync_store).async_store.close()


@pytest.mark.parametrize("vectors", REFUSED.values(), ids=list(REFUSED))
@ASYNC
async def test_a_first_write_that_is_refused_makes_no_collection_in_langchain(
    core: Store, tenant: str, kind: str, vectors: list[Any]
) -> None:
    texts = [f"text {number}" for number in range(len(vectors))]
    embedding = Fixed(dict(zip(texts, vectors, strict=True)))
    made = LangChainStore(embedding, tenant=tenant, store=core)

    with pytest.raises(InvalidArgumentError):
        await Calls(made, kind).add_texts(texts)
    with pytest.raises(InvalidArgumentError):
        await Calls(LangChainStore, kind).from_texts(texts, embedding, tenant=tenant, store=core)

    assert core.list_collections(tenant) == []


@pytest.mark.parametrize("vectors", REFUSED.values(), ids=list(REFUSED))
@ASYNC
async def test_a_first_write_that_is_refused_makes_no_collection_in_langgraph(
    core: Store, tenant: str, kind: str, vectors: list[Any]
) -> None:
    texts = [f"text {number}" for number in range(len(vectors))]
    embedding = Fixed(dict(zip(texts, vectors, strict=True)))
    index: Any = {"dims": 3, "embed": embedding, "fields": ["text"]}
    memory = PgRecallStore(core, tenant=tenant, index=index)

    with pytest.raises(InvalidArgumentError):
        await Calls(memory, kind).batch([PutOp(("a",), text, {"text": text}) for text in texts])

    assert core.list_collections(tenant) == []
    assert memory.batch([GetOp(("a",), text) for text in texts]) == [None] * len(texts)


@pytest.mark.parametrize("given", [None, [None]], ids=repr)
@ASYNC
async def test_a_model_that_gives_no_vector_stores_nothing_in_langgraph(
    core: Store, tenant: str, kind: str, given: Any
) -> None:
    class Silent(Words):
        def embed_documents(self, texts: list[str]) -> Any:  # noqa: ARG002  # the base's
            return given

    index: Any = {"dims": 3, "embed": Silent(), "fields": ["text"]}
    memory = PgRecallStore(core, tenant=tenant, index=index)

    with pytest.raises(InvalidArgumentError, match="the embedding gave"):
        await Calls(memory, kind).put(("a",), "k", {"text": "words"})

    assert core.list_collections(tenant) == []
    assert memory.get(("a",), "k") is None


# a node takes numbers only
@pytest.mark.parametrize("vectors", [it for it in REFUSED.values() if "a" not in it[-1]])
@ASYNC
async def test_a_first_write_that_is_refused_makes_no_collection_in_llama_index(
    core: Store, tenant: str, kind: str, vectors: list[Any]
) -> None:
    nodes = [node(f"n{number}", GOOD, "owl") for number in range(len(vectors))]
    for made, vector in zip(nodes, vectors, strict=True):
        made.embedding = vector

    with pytest.raises(InvalidArgumentError):
        await Either(LlamaIndexStore(core, tenant=tenant), kind).add(nodes)

    assert core.list_collections(tenant) == []


@pytest.mark.parametrize(
    "case",
    [
        (Hnsw(), "vector", 2_001, 2_000),
        (Hnsw(), "halfvec", 4_001, 4_000),
        (Hnsw(quantization="half"), "vector", 4_001, 4_000),
        (IvfFlat(), "vector", 2_001, 2_000),
        (Hnsw(quantization="binary"), "vector", None, 16_000),
    ],
    ids=repr,
)
@ASYNC
async def test_what_cannot_be_indexed_is_told_after_one_text_in_langchain(
    dsn: str, tenant: str, kind: str, case: tuple[Any, str, int | None, int]
) -> None:
    index, storage, dimensions, fits = case
    async with making(kind, dsn, tenant) as make:
        if dimensions is not None:
            embedding = Words(dimensions=dimensions)
            with pytest.raises(InvalidArgumentError, match="index holds"):
                await make(embedding, index=index, storage=storage).add_texts(["a", "b", "c"])
            assert embedding.calls == [["a"]]
            with Store(dsn) as core:
                assert core.list_collections(tenant) == []
        embedding = Words(dimensions=fits)
        made = make(embedding, index=index, storage=storage)
        assert len(await made.add_texts(["a", "b", "c"])) == 3
        assert embedding.calls == [["a"], ["b", "c"]]
        # a collection that is there has an index, whatever this would create
        await made.add_texts(["d", "e"])
        assert embedding.calls[2:] == [["d", "e"]]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"vector_index": Hnsw()}, "no Hnsw index holds 2,001 dimensions"),
        ({"text_search": "klingon"}, "text_search='klingon'"),
    ],
    ids=repr,
)
@ASYNC
async def test_what_cannot_be_made_is_told_before_anything_is_embedded_in_langgraph(
    core: Store, tenant: str, kind: str, said: dict[str, Any], told: str
) -> None:
    embedding = Words(dimensions=2_001)
    index: Any = {"dims": 2_001, "embed": embedding}
    memory = PgRecallStore(core, tenant=tenant, index=index, **said)

    with pytest.raises(InvalidArgumentError, match=told):
        await Calls(memory, kind).batch([PutOp(("a",), "k", {"text": "b"})])

    assert embedding.calls == []
    assert core.list_collections(tenant) == []


@ASYNC
async def test_a_text_search_that_is_not_there_is_told_before_anything_is_embedded(
    dsn: str, tenant: str, kind: str
) -> None:
    async with making(kind, dsn, tenant) as make:
        embedding = Words()
        with pytest.raises(InvalidArgumentError, match="text_search='klingon'"):
            await make(embedding, text_search="klingon").add_texts(["a"])
        assert embedding.calls == []


@ASYNC
async def test_what_cannot_be_indexed_makes_no_collection_in_llama_index(
    core: Store, tenant: str, kind: str
) -> None:
    made = LlamaIndexStore(core, tenant=tenant, index=Hnsw())

    with pytest.raises(InvalidArgumentError, match="no Hnsw index holds 2,001 dimensions"):
        await Either(made, kind).add([node("a", [1.0] * 2_001)])

    assert core.list_collections(tenant) == []


@pytest.mark.parametrize(
    "put",
    [
        PutOp(("a",), "k", {"text": "b", "bad": float("nan")}),
        PutOp(("a",), "k" * 3_000, {"text": "b"}),
        PutOp(("a",), "k", {"text": "b"}, ttl=-1.0),
    ],
    ids=["value", "key", "ttl"],
)
@ASYNC
async def test_an_entry_that_is_refused_makes_no_collection(
    core: Store, tenant: str, kind: str, put: PutOp
) -> None:
    index: Any = {"dims": 64, "embed": Words()}
    memory = PgRecallStore(core, tenant=tenant, index=index)

    with pytest.raises(InvalidArgumentError):
        await Calls(memory, kind).batch([put])

    assert core.list_collections(tenant) == []


@ASYNC
async def test_a_batch_that_is_refused_refreshes_nothing(
    core: Store, tenant: str, kind: str
) -> None:
    memory = PgRecallStore(core, tenant=tenant, ttl={"refresh_on_read": True})
    context = Pair(core).context
    memory.put(("a",), "old", {"n": 1}, ttl=10.0)

    def expires() -> Any:
        [found] = Pair(core).run(
            entries.get(context, tenant, "langgraph:memory", [(("a",), "old")])
        )
        assert found is not None
        return found.expires_at

    before = expires()
    ops = [GetOp(("a",), "old", refresh_ttl=True), PutOp(("a",), "k", {"bad": float("nan")})]
    with pytest.raises(InvalidArgumentError):
        await Calls(memory, kind).batch(ops)

    assert expires() == before


# the command line


@pytest.fixture
def cli(dsn: str, tenant: str) -> Cli:
    return Cli(dsn, tenant)


def lines(file: Path, rows: list[dict[str, Any]]) -> str:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(file)


@pytest.mark.parametrize("words", [[], ["--stop-on-error"]], ids=["keep", "stop"])
def test_a_load_that_is_refused_makes_no_collection(
    cli: Cli, sync_store: Store, tenant: str, tmp_path: Path, words: list[str]
) -> None:
    rows = [{"text": f"text {n}", "v": [0.0, 0.0, 0.0]} for n in range(3)]
    file = lines(tmp_path / "docs.jsonl", rows)

    cli.told("load", file, "--vectors", "v", *words)

    assert sync_store.list_collections(tenant) == []


def test_a_bad_line_that_stops_the_first_batch_makes_no_collection(
    cli: Cli, sync_store: Store, tenant: str, tmp_path: Path
) -> None:
    rows = [{"text": f"text {n}", "v": [1.0, 0.0, float(n)]} for n in range(700)]
    file = lines(tmp_path / "docs.jsonl", [*rows, {"text": "bad", "v": [0.0, 0.0, 0.0]}])

    assert "line 701" in cli.told("load", file, "--vectors", "v", "--stop-on-error")

    assert sync_store.list_collections(tenant) == []


def test_an_index_that_cannot_be_is_told_before_the_file_is_embedded(
    cli: Cli,
    sync_store: Store,
    tenant: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "wide_model.py").write_text(
        "texts = []\n\n\ndef embed(batch):\n    texts.extend(batch)\n"
        "    return [[1.0] * 2_001 for _ in batch]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    file = lines(tmp_path / "docs.jsonl", [{"text": f"text {n}"} for n in range(50)])
    words = ["load", file, "--embed", "wide_model:embed"]

    told = cli.told(*words, "--index", "hnsw")

    assert "no Hnsw index holds 2,001 dimensions" in told
    assert sync_store.list_collections(tenant) == []
    assert sys.modules["wide_model"].texts == ["text 0"]
    cli.run(*words, "--index", "hnsw-half")


# re-embedding


@pytest.mark.parametrize("vector", [[0.0, 0.0], [float("nan"), 1.0], [1.0], "ab"], ids=repr)
async def test_embedding_anew_leaves_nothing_where_the_first_vectors_are_refused(
    store: Any, tenant: str, vector: Any
) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 3, "old"))
    items = [Item(f"i{n}", GOOD, f"text {n}") for n in range(3)]
    await store.upsert(tenant, "docs", items)

    with pytest.raises(InvalidArgumentError):
        await store.reembed(
            tenant, "docs", to=Collection("docs", 2, "new"), embed=lambda ts: [vector] * len(ts)
        )

    assert await store.list_collections(tenant) == [made]
    await store.upsert(tenant, "docs", [Item("late", GOOD, "written meanwhile")])
    report = await store.reembed(
        tenant, "docs", to=Collection("docs", 4, "other"), embed=lambda ts: np.ones((len(ts), 4))
    )
    assert (report.rows, report.embedded) == (4, 4)


async def test_embedding_anew_keeps_what_was_stored_before_a_vector_was_refused(
    store: Any, tenant: str
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 3, "old"))
    await store.upsert(tenant, "docs", [Item(f"i{n}", GOOD, f"text {n}") for n in range(4)])
    to = Collection("docs", 2, "new")

    def embed(bad: str) -> Callable[[list[str]], Any]:
        return lambda texts: [[0.0, 0.0] if text == bad else [1.0, 0.0] for text in texts]

    with pytest.raises(InvalidArgumentError):
        await store.reembed(tenant, "docs", to=to, embed=embed("text 3"), batch_size=2)

    assert len(await store.list_collections(tenant)) == 2
    report = await store.reembed(tenant, "docs", to=to, embed=embed(""), batch_size=2)
    assert (report.rows, report.embedded) == (4, 2)
