"""The vector store's documents: added, fetched and deleted, sync and async alike."""

from __future__ import annotations

import copy
import re
import uuid
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from integration_tests.langchain.langchain_fakes import (
    DIMENSIONS,
    Calls,
    Words,
    document,
    ids_of,
    making,
)

from pgrecall import (
    ByField,
    CollectionConflictError,
    DimensionMismatchError,
    FilterError,
    InvalidArgumentError,
    Item,
    Store,
)
from pgrecall.langchain import PgRecallVectorStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

METADATA = {"n": 1, "f": 1.5, "b": True, "none": None, "l": [1, "a"], "o": {"x": {"y": "z"}}}


@pytest.fixture(params=["sync", "async"])
async def make(
    request: pytest.FixtureRequest, dsn: str, tenant: str
) -> AsyncIterator[Callable[..., Calls]]:
    async with making(request.param, dsn, tenant) as function:
        yield function


@pytest.fixture
def vectors(make: Callable[..., Calls]) -> Calls:
    return make()


async def test_documents_come_back_equal(vectors: Calls) -> None:
    added = [
        document("one text", "a", **METADATA),
        document(".", "b"),
        document("ünï", "c", **{"$k": 1}),
    ]

    await vectors.add_documents(added)

    assert await vectors.get_by_ids(["a", "b", "c"]) == added
    found = await vectors.similarity_search("one text", k=3)
    assert sorted(found, key=lambda one: one.id) == added
    assert type(found[0].metadata["n"]) is int


async def test_inputs_are_left_as_they_are(vectors: Calls) -> None:
    documents = [document("one", None, n=1), document("two", "b", n=[2])]
    metadatas, ids = [{"n": 1}, {"n": 2}], [None, "x"]
    before = copy.deepcopy((documents, metadatas, ids))

    await vectors.add_documents(documents)
    await vectors.add_texts(["one", "two"], metadatas, ids=ids)

    assert (documents, metadatas, ids) == before


async def test_generators_are_read_once_and_whole(vectors: Calls) -> None:
    added = await vectors.add_texts(
        (text for text in ["a", "b", "c"]),
        ({"n": number} for number in range(3)),
        ids=(id_ for id_ in "xyz"),
    )
    more = await vectors.add_documents(document(text, text) for text in ["d", "e"])

    assert (added, more) == (["x", "y", "z"], ["d", "e"])
    got = await vectors.get_by_ids(["x", "y", "z", "d", "e"])
    assert [one.page_content for one in got] == ["a", "b", "c", "d", "e"]
    assert [one.metadata for one in got[:3]] == [{"n": 0}, {"n": 1}, {"n": 2}]


async def test_ids_of_the_call_beat_those_of_the_documents(vectors: Calls) -> None:
    added = await vectors.add_documents(
        [document("one", "own"), document("two", "other")], ids=["x", "y"]
    )

    assert added == ["x", "y"]
    assert ids_of(await vectors.get_by_ids(["x", "y", "own", "other"])) == ["x", "y"]


async def test_a_document_without_an_id_gets_one_that_is_text(vectors: Calls) -> None:
    added = await vectors.add_documents(
        [document("one"), document("two", "own"), document("three")]
    )
    more = await vectors.add_documents([document("four"), document("five")], ids=[None, "x"])

    assert added[1] == "own"
    assert more[1] == "x"
    assert len({*added, *more}) == 5
    assert all(isinstance(id_, str) and id_ for id_ in [*added, *more])
    assert len(await vectors.get_by_ids([*added, *more])) == 5


async def test_no_metadata_is_empty_metadata(vectors: Calls) -> None:
    await vectors.add_texts(["one", "two"], [None, {"n": 1}], ids=["a", "b"])

    assert await vectors.get_by_ids(["a", "b"]) == [document("one", "a"), document("two", "b", n=1)]


async def test_of_a_repeated_id_the_last_text_stays(vectors: Calls) -> None:
    added = await vectors.add_texts(["first", "other", "last"], ids=["a", "b", "a"])

    assert added == ["a", "b", "a"]
    assert [one.page_content for one in await vectors.get_by_ids(["a", "b"])] == ["last", "other"]


async def test_adding_again_replaces_text_metadata_and_vector(vectors: Calls) -> None:
    await vectors.add_texts(["apples"], [{"old": 1}], ids=["a"])

    await vectors.add_texts(["pears"], [{"new": 2}], ids=["a"])

    [(found, score)] = await vectors.similarity_search_with_score("pears")
    assert found == document("pears", "a", new=2)
    assert score == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "keywords"),
    [
        ((["a", "b", "c"], [{}]), {}),
        ((["a"], [{}, {}]), {}),
        ((["a", "b"],), {"ids": ["x"]}),
        ((["a", "b"],), {"ids": []}),
        ((["a", "b"],), {"embeddings": [[1.0] * DIMENSIONS]}),
        (([], [{}]), {}),
    ],
)
async def test_unequal_lengths_are_refused_and_nothing_is_embedded_or_stored(
    vectors: Calls, arguments: Any, keywords: Any
) -> None:
    with pytest.raises(ValueError, match=r"as many as the texts"):
        await vectors.add_texts(*arguments, **keywords)

    assert vectors.target.embeddings.calls == []
    assert vectors.target.store.list_collections(vectors.target.tenant) == []


@pytest.mark.parametrize(
    ("texts", "keywords", "says"),
    [
        ("a string", {}, "texts must be a list"),
        (["a", 1], {}, "number 1 .* is int"),
        (["a", "b\0"], {"ids": ["x", "y"]}, "'y' holds NUL"),
        (["a", "\ud800"], {"ids": ["x", "y"]}, "'y' holds a lone surrogate"),
        (["a"], {"ids": [""]}, "must not be empty"),
        (["a"], {"ids": [1]}, "must be a string, not int"),
        (["a"], {"ids": "a"}, "ids must be a list"),
        (["a"], {"ids": ["x" * 2_001]}, "2,001 bytes"),
        (["a"], {"metadatas": [{"x": object()}]}, "is not JSON"),
        (["a"], {"metadatas": [{1: "x"}]}, "JSON keys are strings"),
        (["a"], {"metadatas": [{"x": float("nan")}]}, "is not JSON"),
        (["a"], {"metadatas": ["x"]}, "must be a mapping"),
        (["a"], {"metadatas": {"x": 1}}, "metadatas must be a list"),
        (["a"], {"batch_size": 0}, "batch_size must be"),
        (["a"], {"metadata": [{}]}, "did you mean 'metadatas'|unknown keyword argument 'metadata'"),
        (["a"], {"embedding": [[1.0]]}, "did you mean 'embeddings'"),
    ],
)
async def test_what_cannot_be_stored_is_told_before_an_embedding_is_paid_for(
    vectors: Calls, texts: Any, keywords: Any, says: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=says):
        await vectors.add_texts(texts, **keywords)

    assert vectors.target.embeddings.calls == []


async def test_documents_that_are_none_are_told(vectors: Calls) -> None:
    with pytest.raises(InvalidArgumentError, match=r"number 1 .* is str"):
        await vectors.add_documents([document("a"), "b"])
    with pytest.raises(InvalidArgumentError, match="unknown keyword argument 'filter'"):
        await vectors.add_documents([document("a")], filter={})


async def test_adding_nothing_creates_nothing(vectors: Calls) -> None:
    assert await vectors.add_texts([]) == []
    assert await vectors.add_documents([]) == []

    assert vectors.target.embeddings.calls == []
    assert vectors.target.store.list_collections(vectors.target.tenant) == []


async def test_vectors_of_ones_own_are_stored_and_nothing_is_embedded(vectors: Calls) -> None:
    embedding = vectors.target.embeddings
    first = await vectors.add_texts(["a"], ids=["a"], embeddings=[embedding.vector("apples")])
    matrix = np.array([embedding.vector("pears"), embedding.vector("plums")])
    second = await vectors.add_embeddings(["b", "c"], matrix, [{"n": 1}, {"n": 2}], ["b", "c"])
    third = await vectors.add_documents([document("d", "d")], embeddings=[embedding.vector("figs")])

    assert (first, second, third) == (["a"], ["b", "c"], ["d"])
    assert embedding.calls == []
    for word, id_ in [("apples", "a"), ("pears", "b"), ("plums", "c"), ("figs", "d")]:
        found = await vectors.similarity_search_by_vector(embedding.vector(word), k=1)
        assert ids_of(found) == [id_]


async def test_vectors_without_texts_are_stored_found_updated_and_dropped(vectors: Calls) -> None:
    """The calls that mem0 makes of a store of its provider "langchain", in their order."""
    vector = vectors.target.embeddings.vector
    ids = ["4f1c", "9a2e"]
    payloads = [{"data": "likes apples", "user_id": "u"}, {"data": "likes pears", "user_id": "v"}]
    made = await vectors.add_embeddings(
        embeddings=[vector("apples"), vector("pears")], metadatas=payloads, ids=ids
    )
    assert made == ids

    async def found(word: str, **keywords: Any) -> list[tuple[str, dict[str, Any]]]:
        pairs = await vectors.similarity_search_with_score_by_vector(
            embedding=vector(word), k=2, **keywords
        )
        assert [score for _, score in pairs] == sorted((s for _, s in pairs), reverse=True)
        return [(one.id, one.metadata) for one, _ in pairs]

    assert (await found("pears"))[0] == ("9a2e", payloads[1])
    assert await found("pears", filter={"user_id": "u"}) == [("4f1c", payloads[0])]
    await vectors.delete(ids=["4f1c"])
    changed = {"data": "likes plums", "user_id": "u"}
    await vectors.add_embeddings(embeddings=[vector("plums")], metadatas=[changed], ids=["4f1c"])
    [stored] = await vectors.get_by_ids(["4f1c"])
    assert (stored.page_content, stored.metadata) == ("", changed)
    assert (await found("plums"))[0] == ("4f1c", changed)
    listed = vectors.target._collection.get(where=None, limit=10)
    assert listed == {
        "ids": ["9a2e", "4f1c"],
        "documents": ["", ""],
        "metadatas": [payloads[1], changed],
    }
    assert vectors.target._collection.get(where={"user_id": "u"}, limit=1)["ids"] == ["4f1c"]
    await vectors.delete_collection()
    assert vectors.target._collection.get(where={"user_id": "u"}, limit=1)["ids"] == []
    assert vectors.target.store.describe_collection(vectors.target.tenant, "docs") is None
    await vectors.delete_collection()  # of what is not there
    await vectors.add_embeddings(embeddings=[vector("figs")], metadatas=None, ids=["b77d"])
    assert [id_ for id_, _ in await found("figs")] == ["b77d"]


async def test_a_collection_with_other_pins_is_not_dropped(make: Callable[..., Calls]) -> None:
    await make(Words("words-1")).add_texts(["a"], ids=["a"])
    with pytest.raises(CollectionConflictError):
        await make(Words("words-2")).delete_collection()
    assert ids_of(await make(Words("words-1")).get_by_ids(["a"])) == ["a"]


async def test_vectors_without_vectors_are_told(vectors: Calls) -> None:
    with pytest.raises(InvalidArgumentError, match="add_embeddings needs embeddings"):
        await vectors.add_embeddings(["a"])
    with pytest.raises(InvalidArgumentError, match="embeddings must be a list"):
        await vectors.add_embeddings(embeddings=7)


async def test_a_document_is_named_by_its_place_where_the_caller_gave_no_id(
    vectors: Calls,
) -> None:
    good, bad = vectors.target.embeddings.vector("a"), [0.0] * DIMENSIONS
    for texts, keywords, says in [
        (["a", "b\0"], {}, "the text of document number 1 (from 0) holds NUL"),
        (
            ["a", "b"],
            {"metadatas": [{}, {"x": "\0"}]},
            "metadata of document number 1 (from 0) holds",
        ),
        (["a", "b"], {"embeddings": [good, bad]}, "vector of document number 1 (from 0) is zero"),
        (
            ["a", "b\0"],
            {"ids": [None, "y"]},
            "text of document number 1 (from 0) with id 'y' holds",
        ),
        (["a", "b"], {"ids": ["x", ""]}, "item number 1 (from 0): an item id must not be empty"),
    ]:
        with pytest.raises(InvalidArgumentError, match=re.escape(says)):
            await vectors.add_texts(texts, **keywords)


@pytest.mark.parametrize("embeddings", [[[1.0, 2.0], [1.0]], [1.0, 2.0], "ab", [None, [1.0]]])
async def test_vectors_of_ones_own_that_are_none_create_nothing(
    vectors: Calls, embeddings: Any
) -> None:
    with pytest.raises(InvalidArgumentError, match="embeddings must be"):
        await vectors.add_embeddings(["a", "b"], embeddings)

    assert vectors.target.store.list_collections(vectors.target.tenant) == []


async def test_an_embedding_that_gives_too_few_vectors_is_told(make: Callable[..., Calls]) -> None:
    class Short(Words):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return super().embed_documents(texts)[1:]

    with pytest.raises(InvalidArgumentError, match="there are 1 for 2 texts"):
        await make(Short()).add_texts(["a", "b"])


async def test_a_call_is_stored_whole_or_not_at_all(vectors: Calls) -> None:
    good = vectors.target.embeddings.vector("a")
    many = 6_000
    bad = [*[good] * (many - 1), [float("nan")] * DIMENSIONS]

    with pytest.raises(InvalidArgumentError, match="NaN"):
        await vectors.add_embeddings(["text"] * many, bad)

    assert vectors.target.store.list_collections(vectors.target.tenant) == []


async def test_in_batches_the_error_tells_what_is_stored(vectors: Calls) -> None:
    good = vectors.target.embeddings.vector("a")
    bad = [good, good, good, [float("inf")] * DIMENSIONS]

    with pytest.raises(InvalidArgumentError, match="'d' holds NaN or infinity") as told:
        await vectors.add_embeddings(["t"] * 4, bad, ids=["a", "b", "c", "d"], batch_size=2)

    assert told.value.written == 2
    assert vectors.target.store.list_ids(vectors.target.tenant, "docs") == ["a", "b"]


async def test_every_text_is_embedded_before_a_row_is_sent(make: Callable[..., Calls]) -> None:
    class Failing(Words):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            raise ConnectionError(f"no model for {len(texts)} texts")

    vectors = make(Failing())
    with pytest.raises(ConnectionError, match="no model for 3 texts"):
        await vectors.add_texts(["a", "b", "c"], batch_size=1)

    assert vectors.target.store.list_collections(vectors.target.tenant) == []


async def test_ids_that_are_not_there_are_left_out(vectors: Calls) -> None:
    assert await vectors.get_by_ids(["a"]) == []
    await vectors.add_texts(["one", "two"], ids=["a", "b"])

    assert await vectors.get_by_ids([]) == []
    odd = ["missing", "b", "", "\0", "\ud800", "x" * 5_000, "a"]
    assert ids_of(await vectors.get_by_ids(odd)) == ["b", "a"]


async def test_an_id_that_is_no_string_is_refused_by_every_verb(vectors: Calls) -> None:
    await vectors.add_texts(["one"], ids=["a"])
    odd = ["a", uuid.uuid4()]
    for verb in (vectors.get_by_ids, vectors.delete):
        with pytest.raises(InvalidArgumentError, match=r"number 1 \(from 0\).* UUID"):
            await verb(odd)
    with pytest.raises(InvalidArgumentError, match=r"number 1 \(from 0\).* UUID"):
        await vectors.add_texts(["one", "two"], ids=odd)
    assert ids_of(await vectors.get_by_ids(["a"])) == ["a"]


async def test_deleting_what_is_not_there_is_no_error(vectors: Calls) -> None:
    assert await vectors.delete(["a"]) is True
    await vectors.add_texts(["one", "two"], ids=["a", "b"])

    assert await vectors.delete(["a", "missing"]) is True
    assert await vectors.delete([]) is True
    assert await vectors.delete(ids=["a"]) is True
    assert ids_of(await vectors.get_by_ids(["a", "b"])) == ["b"]


async def test_delete_without_ids_removes_nothing_and_says_so(vectors: Calls) -> None:
    await vectors.add_texts(["one"], ids=["a"])

    for keywords in [{}, {"ids": None}, {"ids": ["a"], "filter": {"n": 1}}]:
        with pytest.raises(ValueError, match="ids or a filter"):
            await vectors.delete(**keywords)
    with pytest.raises(InvalidArgumentError, match="did you mean 'filter'"):
        await vectors.delete(filters={"n": 1})
    with pytest.raises(InvalidArgumentError, match="not one string"):
        await vectors.delete("a")
    assert ids_of(await vectors.get_by_ids(["a"])) == ["a"]


async def test_a_filter_deletes_what_it_matches(vectors: Calls) -> None:
    assert await vectors.delete(filter={"n": 1}) is True
    await vectors.add_texts(["a", "b", "c"], [{"n": 1}, {"n": 2}, {}], ids=["a", "b", "c"])

    assert await vectors.delete(filter={"n": {"$gte": 2}}) is True
    assert ids_of(await vectors.get_by_ids(["a", "b", "c"])) == ["a", "c"]
    assert await vectors.remove(filter={"n": 1}) == 1
    with pytest.raises(InvalidArgumentError, match="matches every document"):
        await vectors.delete(filter={})
    with pytest.raises(FilterError, match="bad"):
        await vectors.delete(filter={"n": {"$bad": 2}})
    assert ids_of(await vectors.get_by_ids(["c"])) == ["c"]


async def test_the_first_write_creates_the_collection_with_its_pins(
    make: Callable[..., Calls],
) -> None:
    vectors = make(Words("words-1"), metric="l2", fields={"page": "number"}, text_search="german")
    store, tenant = vectors.target.store, vectors.target.tenant
    assert await vectors.similarity_search("a") == []
    assert store.describe_collection(tenant, "docs") is None

    await vectors.add_texts(["a"])

    found = store.describe_collection(tenant, "docs")
    assert found is not None
    assert (found.dimensions, found.embedding_model, str(found.metric)) == (
        DIMENSIONS,
        "words-1",
        "l2",
    )
    assert (found.fields, found.text_search, found.index) == ({"page": "number"}, "german", None)


async def test_words_of_a_title_are_searched(make: Callable[..., Calls]) -> None:
    vectors = make(Words("words-1"), title="title")
    await vectors.add_texts(["a bee", "a gnu"], [{"title": "The yak"}, {}], ids=["a", "b"])

    assert ids_of(await vectors.similarity_search("yaks", search="text")) == ["a"]


async def test_words_are_asked_for_in_every_language_or_in_one(make: Callable[..., Calls]) -> None:
    vectors = make(Words("words-1"), text_search=ByField("lang", {"en": "english"}))
    await vectors.add_texts(["running", "runs"], [{"lang": "en"}, {}], ids=["a", "b"])

    asked = {"query": "runs", "search": "text"}
    assert ids_of(await vectors.similarity_search(**asked, language="en")) == ["a"]
    assert ids_of(await vectors.similarity_search(**asked, language="xx")) == ["b"]
    assert sorted(ids_of(await vectors.similarity_search(**asked))) == ["a", "b"]


async def test_reading_where_there_is_no_collection_embeds_nothing(vectors: Calls) -> None:
    assert await vectors.similarity_search("a") == []
    assert await vectors.similarity_search("a", search="hybrid") == []
    assert await vectors.similarity_search_with_score("a", search="text") == []
    assert await vectors.similarity_search_with_relevance_scores("a") == []
    assert await vectors.max_marginal_relevance_search("a") == []
    assert await vectors.similarity_search_by_vector([1.0, 2.0]) == []

    assert vectors.target.embeddings.calls == []
    assert vectors.target.store.list_collections(vectors.target.tenant) == []


@pytest.mark.parametrize(
    ("embedding", "keywords", "field"),
    [
        (Words("words-2"), {}, "embedding_model"),
        (Words(), {"embedding_model": "mine"}, "embedding_model"),
        (Words("words-1"), {"metric": "l2"}, "metric"),
        (Words("words-1"), {"storage": "halfvec"}, "storage"),
        (Words("words-1"), {"text_search": "german"}, "text_search"),
    ],
)
async def test_another_pin_conflicts_at_first_use_and_nothing_is_embedded(
    make: Callable[..., Calls], embedding: Words, keywords: Any, field: str
) -> None:
    await make(Words("words-1")).add_texts(["a"], ids=["a"])
    embedding.calls.clear()

    for use in ["similarity_search", "max_marginal_relevance_search"]:
        with pytest.raises(CollectionConflictError) as told:
            await getattr(make(embedding, **keywords), use)("a")
        assert told.value.field == field
    with pytest.raises(CollectionConflictError):
        await make(embedding, **keywords).add_texts(["a"])
    with pytest.raises(CollectionConflictError):
        await make(embedding, **keywords).delete(["a"])
    assert embedding.calls == []


async def test_a_model_without_a_name_reads_whatever_collection(make: Callable[..., Calls]) -> None:
    await make(Words("words-1")).add_texts(["a"], ids=["a"])

    assert ids_of(await make(Words()).similarity_search("a")) == ["a"]
    assert ids_of(await make(Words("words-2"), embedding_model="").similarity_search("a")) == ["a"]


async def test_another_dimension_is_told_and_stores_nothing(make: Callable[..., Calls]) -> None:
    await make().add_texts(["a"], ids=["a"])
    other = make(Words(dimensions=8))

    with pytest.raises(DimensionMismatchError):
        await other.add_texts(["b"])
    with pytest.raises(DimensionMismatchError):
        await other.similarity_search("a")
    assert ids_of(await make().similarity_search("a")) == ["a"]


async def test_a_collection_dropped_meanwhile_is_made_anew(vectors: Calls) -> None:
    await vectors.add_texts(["a"], ids=["a"])

    vectors.target.store.drop_collection(vectors.target.tenant, "docs")

    assert await vectors.similarity_search("a") == []
    assert await vectors.add_texts(["b"], ids=["b"]) == ["b"]
    assert ids_of(await vectors.similarity_search("a")) == ["b"]


async def test_documents_and_the_cores_items_are_the_same_rows(
    vectors: Calls, sync_store: Store
) -> None:
    await vectors.add_texts(["apples"], [{"n": 1}], ids=["a"])
    [item] = sync_store.get(vectors.target.tenant, "docs", ["a"])
    assert (item.text, item.metadata) == ("apples", {"n": 1})

    pears = vectors.target.embeddings.vector("pears")
    sync_store.upsert(vectors.target.tenant, "docs", [Item("b", pears, "pears", {"n": 2})])

    assert await vectors.similarity_search("pears", k=1) == [document("pears", "b", n=2)]


async def test_tenants_do_not_see_one_another(make: Callable[..., Calls], tenant: str) -> None:
    one, other = make(), make(tenant=f"{tenant}-other")
    await one.add_texts(["a"], ids=["a"])
    await other.add_texts(["b"], ids=["a"])

    assert [found.page_content for found in await one.similarity_search("a")] == ["a"]
    await other.delete(["a"])
    assert ids_of(await one.get_by_ids(["a"])) == ["a"]


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_made_from_documents_and_texts_with_their_ids(
    kind: str, dsn: str, tenant: str
) -> None:
    documents = [document("one", "a", n=1), document("two", None, n=2)]
    where = {"store": dsn, "tenant": tenant}
    cls = PgRecallVectorStore
    if kind == "async":
        first = await cls.afrom_documents(iter(documents), Words(), collection="x", **where)
        second = await cls.afrom_texts(["t"], Words(), [{"n": 3}], ids=["t"], **where)
        third = await cls.afrom_documents(documents, Words(), ids=["p", "q"], batch_size=1, **where)
    else:
        first = cls.from_documents(iter(documents), Words(), collection="x", **where)
        second = cls.from_texts(["t"], Words(), [{"n": 3}], ids=["t"], **where)
        third = cls.from_documents(documents, Words(), ids=["p", "q"], batch_size=1, **where)

    with first, second, third:
        assert first.get_by_ids(["a"]) == [documents[0]]
        assert first.store.count(tenant, "x") == 2
        assert second.get_by_ids(["t"]) == [document("t", "t", n=3)]
        assert ids_of(third.get_by_ids(["p", "q", "a"])) == ["p", "q"]


async def test_metadata_is_changed_by_ids_or_filter_and_nothing_is_embedded(
    vectors: Calls, make: Callable[..., Calls]
) -> None:
    assert await vectors.update_metadata(["a"], set={"n": 1}) == 0  # there is no collection
    await vectors.add_documents(
        [document("one text", "a", n=1, id="x"), document("another", "b", n=2, o={"k": 1})]
    )
    asked = Words()
    asked.embed_documents = asked.embed_query = None  # type: ignore[assignment,method-assign]
    changing = make(asked)

    assert await changing.update_metadata(iter(["a", "ghost", "a"]), set={"n": 5, "m": [1]}) == 1
    found = {"n": {"$lt": 5}}
    assert await changing.update_metadata(filter=found, set={("o", "l"): 2}, remove=["n"]) == 1
    assert await changing.update_metadata(filter={"id": "x"}, remove=iter(["id"])) == 1

    assert await vectors.get_by_ids(["a", "b"]) == [
        document("one text", "a", n=5, m=[1]),
        document("another", "b", o={"k": 1, "l": 2}),
    ]
    assert ids_of(await vectors.similarity_search("one text", k=1)) == ["a"]


async def test_a_change_of_metadata_without_a_choice_or_a_change_is_refused(vectors: Calls) -> None:
    await vectors.add_documents([document("one text", "a", n=1)])

    for arguments, words in (
        ({"set": {"n": 2}}, "takes ids or a filter"),
        ({"ids": ["a"], "filter": {"n": 1}, "set": {"n": 2}}, "takes ids or a filter"),
        ({"ids": "a", "set": {"n": 2}}, "not one string"),
        ({"filter": {}, "set": {"n": 2}}, "matches every document"),
        ({"ids": ["a"]}, "changes nothing"),
        ({"filter": {"n": 1}}, "changes nothing"),
        ({"ids": ["a"], "set": {("n", "m"): 2}}, "item 'a' has at field 'n'"),
    ):
        with pytest.raises(InvalidArgumentError, match=words):
            await vectors.update_metadata(**arguments)
    [found] = await vectors.get_by_ids(["a"])
    assert found.metadata == {"n": 1}
