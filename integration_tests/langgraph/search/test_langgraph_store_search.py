"""PgRecallStore with an index: what a value means finds it, and its vectors live as it does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest
from integration_tests.langgraph.search.memories import DIMENSIONS, Words, count, keys, words
from integration_tests.shared.calls import Calls
from integration_tests.shared.words import HOSTILE
from langgraph.store.base import PutOp, SearchOp

from pgrecall import (
    CollectionConflictError,
    DatabaseError,
    Decay,
    DimensionMismatchError,
    Hnsw,
    Store,
)
from pgrecall._adapters.pair import Pair
from pgrecall.langgraph import PgRecallStore

NOTES = {
    "fox": {"text": "the quick brown fox", "n": 1000, "kind": "animal"},
    "dog": {"text": "the lazy dog sleeps", "n": 30, "kind": "animal"},
    "tea": {"text": "green tea with lemon", "n": 7, "kind": "drink"},
    "cat": {"text": "a cat and a dog", "n": 40, "kind": "animal"},
}


async def add_notes(memory: Any, namespace: tuple[str, ...] = ("notes",)) -> None:
    for key, value in NOTES.items():
        await memory.put(namespace, key, value)


async def test_the_best_match_comes_first_with_its_cosine(memory: Any) -> None:
    await add_notes(memory)

    found = await memory.search(("notes",), query="lemon tea")

    assert keys(found)[0] == "tea"
    assert len(found) == 4
    embed = Words()
    wanted = np.dot(embed.vector("lemon tea"), embed.vector(NOTES["tea"]["text"]))  # type: ignore[arg-type]  # a text
    assert found[0].score == pytest.approx(float(wanted), abs=1e-5)
    assert [item.score for item in found] == sorted((i.score for i in found), reverse=True)
    assert found[0].value == NOTES["tea"]


async def test_prefix_and_filter_apply_before_the_limit(memory: Any) -> None:
    await add_notes(memory)
    await add_notes(memory, ("notes", "deep"))
    await add_notes(memory, ("notes2",))

    found = await memory.search(("notes",), query="dog", filter={"n": {"$gt": 100}}, limit=2)
    assert [(item.namespace, item.key) for item in found] == [
        (("notes",), "fox"),
        (("notes", "deep"), "fox"),
    ] or {item.key for item in found} == {"fox"}
    assert len(found) == 2
    assert keys(await memory.search(("notes2",), query="dog", filter={"kind": "drink"})) == ["tea"]
    assert await memory.search(("nowhere",), query="dog") == []
    assert len(await memory.search((), query="dog", limit=50)) == 12


async def test_offsets_page_through_what_a_query_finds(memory: Any) -> None:
    await memory.batch([PutOp(("p",), f"k{n:02d}", {"text": f"word{n} common"}) for n in range(45)])

    everything = await memory.search(("p",), query="common word3", limit=100)
    pages = [await memory.search(("p",), query="common word3", limit=10, offset=n) for n in (0, 30)]

    assert len(everything) == 45
    assert keys(pages[0]) == keys(everything[:10])
    assert keys(pages[1]) == keys(everything[30:40])
    assert await memory.search(("p",), query="common", limit=10, offset=45) == []


async def test_an_item_with_several_vectors_counts_once_by_its_best(make: Any) -> None:
    memory = make(index=words(fields=["title", "parts[*].text"]))
    for n in range(12):
        parts = [{"text": f"apple pie number {n} part {m}"} for m in range(5)]
        await memory.put(("p",), f"k{n:02d}", {"title": "apple pie", "parts": parts})

    found = await memory.search(("p",), query="apple pie", limit=10)

    assert len(set(keys(found))) == 10
    assert [item.score for item in found] == pytest.approx([1.0] * 10, abs=1e-4)


async def test_put_says_which_paths_are_embedded(make: Any, core: Store, tenant: str) -> None:
    memory = make()
    value = {"text": "apples", "other": "pears", "tags": ["red", "green"], "empty": ""}
    await memory.put(("p",), "default", value)
    await memory.put(("p",), "none", value, index=False)
    await memory.put(("p",), "paths", value, index=["other", "tags[*]", "missing", "empty"])

    ids = core.list_ids(tenant, "memory")
    stored = sorted(
        (i.metadata["key"], i.metadata["path"], i.text) for i in core.get(tenant, "memory", ids)
    )  # type: ignore[index]  # it is there
    assert stored == [
        ("default", "text", "apples"),
        ("paths", "other", "pears"),
        ("paths", "tags[*].0", "red"),
        ("paths", "tags[*].1", "green"),
    ]
    assert keys(await memory.search(("p",), query="pears"))[0] == "paths"


async def test_an_item_without_a_vector_comes_last_and_has_no_score(memory: Any) -> None:
    await add_notes(memory)
    await memory.put(("notes",), "plain", {"text": "dog"}, index=False)

    found = await memory.search(("notes",), query="dog")

    assert keys(found)[-1] == "plain"
    assert found[-1].score is None
    assert len(found) == 5
    assert keys(await memory.search(("notes",), query="dog", limit=4, offset=4)) == ["plain"]


async def test_without_fields_the_whole_value_is_embedded(make: Any) -> None:
    memory = make(index={"dims": DIMENSIONS, "embed": Words()})
    await memory.put(("p",), "a", {"deep": {"er": "lemon"}})
    await memory.put(("p",), "b", {"deep": {"er": "apple"}})

    assert keys(await memory.search(("p",), query="lemon", limit=1)) == ["a"]


async def test_writing_again_replaces_the_vectors(make: Any, core: Store, tenant: str) -> None:
    memory = make(index=words(fields=["tags[*]"]))
    await memory.put(("p",), "k", {"tags": ["lemon", "apple", "pear"]})
    assert count(core, tenant) == 3
    await memory.put(("p",), "k", {"tags": ["fox"]})
    assert count(core, tenant) == 1
    await memory.put(("p",), "k", {"tags": ["fox"]}, index=False)
    assert count(core, tenant) == 0


async def test_deleting_removes_the_vectors(memory: Any, core: Store, tenant: str) -> None:
    await add_notes(memory)
    await memory.delete(("notes",), "fox")

    assert count(core, tenant) == 3
    assert "fox" not in keys(await memory.search(("notes",), query="fox"))


def expire(dsn: str, tenant: str, names: list[str]) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "UPDATE pgrecall.entries SET expires_at = now() - interval '1 second'"
            " WHERE tenant = %s AND id = ANY(%s)",
            (tenant, names),
        )


async def test_maintenance_removes_what_has_expired_with_its_items(
    memory: Any, core: Store, tenant: str, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgrecall._operations.maintain.expired.BATCH", 2)
    for key, value in NOTES.items():
        await memory.put(("notes",), key, value, ttl=5)
    expire(dsn, tenant, ["fox", "tea", "cat"])

    (due,) = core.maintain(tenant, dry_run=True).findings
    assert (due.collection, due.task) == (None, "remove expired entries")
    assert due.what == "3 entries of space 'langgraph:memory' have expired and are still kept"
    assert count(core, tenant) == len(NOTES)

    (done,) = core.maintain(tenant).findings
    assert done.outcome == "done"
    assert count(core, tenant) == 1
    assert keys(await memory.search(("notes",), query="a dog")) == ["dog"]
    assert core.maintain(tenant).findings == ()


async def test_what_has_expired_takes_no_place_of_what_has_not(
    make: Any, core: Store, tenant: str, dsn: str
) -> None:
    memory = make(ttl={"default_ttl": 5})
    near = [PutOp(("p",), f"near{n:02d}", {"text": "lemon tea"}, ttl=5) for n in range(60)]
    far = [PutOp(("p",), f"far{n:02d}", {"text": f"lemon {n}"}) for n in range(20)]
    await memory.batch([*near, *far])
    expire(dsn, tenant, [op.key for op in near])

    found = await memory.search(("p",), query="lemon tea", limit=15)

    assert len(found) == 15
    assert {key[:3] for key in keys(found)} == {"far"}
    assert await memory.sweep_ttl() == 60
    assert count(core, tenant) == 20


async def test_a_search_refreshes_what_it_found(make: Any, dsn: str, tenant: str) -> None:
    memory = make(ttl={"default_ttl": 5})
    await add_notes(memory)

    def expiries() -> dict[str, Any]:
        with psycopg.connect(dsn) as connection:
            rows = connection.execute(
                "SELECT id, expires_at FROM pgrecall.entries WHERE tenant = %s", (tenant,)
            ).fetchall()
        return dict(rows)

    before = expiries()
    await memory.search(("notes",), query="tea", limit=1)
    after = expiries()

    assert [key for key in before if after[key] > before[key]] == ["tea"]


async def test_entry_and_vectors_are_written_together_or_not_at_all(
    make: Any, core: Store, tenant: str
) -> None:
    memory = make()
    await add_notes(memory)
    table = core.describe_collection(tenant, "memory").table_name  # type: ignore[union-attr]  # it is there
    with psycopg.connect(core._driver.settings.conninfo(), autocommit=True) as connection:
        connection.execute(f"ALTER TABLE {table} ADD CHECK (text <> 'refused')")  # type: ignore[arg-type]  # its own name
    with pytest.raises(DatabaseError):
        await memory.batch(
            [PutOp(("notes",), "new", {"text": "refused"}), PutOp(("notes",), "fox", None)]
        )

    assert await memory.get(("notes",), "new") is None
    assert (await memory.get(("notes",), "fox")).value == NOTES["fox"]
    assert count(core, tenant) == 4


async def test_vectors_of_another_length_are_refused_and_nothing_is_written(make: Any) -> None:
    memory = make(index=words(dims=3))
    with pytest.raises(DimensionMismatchError):
        await memory.put(("p",), "k", {"text": "apple"})

    assert await memory.get(("p",), "k") is None


async def test_before_anything_is_written_nothing_is_found_and_nothing_is_made(
    memory: Any, core: Store, tenant: str
) -> None:
    assert await memory.search(("p",), query="apple") == []
    assert await memory.sweep_ttl() == 0
    assert core.list_collections(tenant) == []


async def test_after_its_collection_was_dropped_values_stay_and_are_searched_again_when_written(
    memory: Any, core: Store, tenant: str
) -> None:
    await add_notes(memory)
    core.drop_collection(tenant, "memory")

    assert (await memory.get(("notes",), "fox")).value == NOTES["fox"]
    found = await memory.search(("notes",), query="fox")
    assert [item.score for item in found] == [None] * 4
    await memory.put(("notes",), "dog", NOTES["dog"])
    assert keys(await memory.search(("notes",), query="fox", limit=1)) == ["dog"]


async def test_a_batch_embeds_its_texts_in_one_call_each_once(make: Any) -> None:
    embed = Words()
    memory = make(index=words(embed=embed))
    await memory.batch(
        [
            *(PutOp(("p",), f"k{n}", {"text": f"text {n % 10}"}) for n in range(50)),
            SearchOp(("p",), query="text 1"),
            SearchOp(("p",), query="text 1"),
        ]
    )

    assert [len(call) for call in embed.calls] == [10]
    assert embed.async_calls == (2 if memory.kind == "async" else 0)
    assert len(await memory.search(("p",), limit=100)) == 50


async def test_a_plain_function_embeds(make: Any) -> None:
    embed = Words()
    memory = make(index=words(embed=embed.embed_documents))
    await add_notes(memory)

    assert keys(await memory.search(("notes",), query="lemon", limit=1)) == ["tea"]


async def test_an_async_function_embeds_for_async_callers(core: Store, tenant: str) -> None:
    embed = Words()
    memory = PgRecallStore(core, tenant=tenant, index=words(embed=embed.aembed_documents))
    await add_notes(Calls(memory, "async"))

    found = await memory.asearch(("notes",), query="lemon", limit=1)

    assert keys(found) == ["tea"]
    await Pair(core).async_store.close()


async def test_hybrid_finds_a_word_that_vectors_do_not_know(make: Any) -> None:
    blind = Words()
    blind.vector = lambda _: [1.0] * DIMENSIONS  # type: ignore[method-assign]  # texts are alike
    memory = make(index=words(embed=blind), search="hybrid")
    await add_notes(memory)

    found = await memory.search(("notes",), query="lemon", limit=2)

    assert keys(found)[0] == "tea"
    assert all(0 <= item.score <= 1 for item in found)
    assert len(await memory.search(("notes",), query="lemon", filter={"n": {"$lt": 50}})) == 3


async def test_text_finds_by_words_alone_and_embeds_no_query(make: Any) -> None:
    embed = Words()
    memory = make(index=words(embed=embed), search="text")
    await add_notes(memory)
    embed.embed_query = None  # type: ignore[assignment,method-assign]  # whoever calls it fails
    embed.aembed_query = None  # type: ignore[assignment,method-assign]  # the same

    assert keys(await memory.search(("notes",), query="sleeping dogs")) == ["dog", "cat"]
    assert await memory.search(("notes",), query="absent") == []
    assert len(await memory.search(("notes",))) == 4


async def test_another_embedding_model_than_the_memorys_is_told(
    make: Any, core: Store, tenant: str
) -> None:
    class Named(Words):
        model = "words-1"

    class Other(Words):
        model = "words-2"

    await make(index=words(embed=Named())).put(("a",), "k", {"text": "one"})

    found = core.describe_collection(tenant, "memory")
    assert found is not None
    assert found.embedding_model == "words-1"
    with pytest.raises(CollectionConflictError, match="words-1"):
        await make(index=words(embed=Other())).search(("a",), query="one")


async def test_an_approximate_index_serves_a_store(make: Any) -> None:
    memory = make(vector_index=Hnsw())
    await memory.batch([PutOp(("p",), f"k{n}", {"text": f"word{n}"}) for n in range(300)])

    assert keys(await memory.search(("p",), query="word123", limit=1)) == ["k123"]


# a filter asks for keys that begin with $ in another way
@pytest.mark.parametrize("label", [word for word in HOSTILE if word[0] != "$"])
async def test_a_hostile_namespace_is_searched_alone(memory: Any, label: str) -> None:
    await memory.put(("users", label), label, {"text": "apple", label: label})
    await memory.put(("users", "x"), "x", {"text": "apple"})

    assert keys(await memory.search(("users", label), query="apple")) == [label]
    assert keys(await memory.search(("users",), query="apple", filter={label: label})) == [label]


async def test_two_users_find_their_own_memories_alone(memory: Any) -> None:
    for user in ("ann", "bob"):
        await memory.put(("memories", user), "drink", {"text": f"{user} likes green tea"})

    for user in ("ann", "bob"):
        found = await memory.search(("memories", user), query="what tea?")
        assert [item.value["text"] for item in found] == [f"{user} likes green tea"]


async def test_a_search_and_a_listing_know_one_creation_of_what_was_written_again(
    make: Any, core: Store, tenant: str, dsn: str
) -> None:
    memory = make(boosts=[Decay("$created_at", timedelta(days=1))])
    plain = make()
    await memory.put(("notes",), "old", {"text": "green tea"})
    await memory.put(("notes",), "new", {"text": "green tea"})
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "UPDATE pgrecall.entries SET created_at = now() - interval '1 day'"
            " WHERE tenant = %s AND id = 'old'",
            (tenant,),
        )
    await memory.put(("notes",), "old", {"text": "green tea", "seen": 2})

    before = {"$created_at": {"$lt": datetime.now(UTC) - timedelta(hours=1)}}
    assert keys(await memory.search(("notes",), filter=before)) == ["old"]
    [found] = await memory.search(("notes",), query="green tea", filter=before)
    [whole] = await plain.search(("notes",), query="green tea", filter=before)
    assert (found.key, found.score) == ("old", pytest.approx(whole.score / 2, rel=0.01))
    [item] = core.list_items(tenant, "memory", filter=before)
    assert item.created_at == found.created_at
    assert item.updated_at == found.updated_at
