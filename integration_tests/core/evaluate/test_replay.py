"""Searches of the log are asked again, and compared with what they found then."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.calls import ONE_STORE

from pgrecall import (
    Boost,
    Collection,
    Hnsw,
    InvalidArgumentError,
    Item,
    Store,
    WeightedSum,
    search_log,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = "docs"


@pytest.fixture
def watched(sync_store: Store, dsn: str, tenant: str) -> Iterator[Store]:
    """A store whose searches are logged when it is closed; its collection has apples and plums."""
    sync_store.ensure_collection(tenant, Collection(DOCS, 2, "model"))
    items = [
        Item(f"{n}", [1.0, n / 8], "an apple" if n % 2 else "a plum", {"n": n}) for n in range(8)
    ]
    sync_store.upsert(tenant, DOCS, items)
    with Store(dsn, on_search=search_log(sync_store), search_questions=True) as made:
        yield made


async def test_what_is_asked_as_it_was_finds_what_it_found_until_something_changes(
    store: Any, watched: Store, tenant: str
) -> None:
    watched.search(tenant, DOCS, [1, 0], limit=4)
    watched.search(tenant, DOCS, [1, 0], limit=2, filter={"n": {"$gte": 4}}, offset=1)
    watched.search_text(tenant, DOCS, "apple", limit=3)
    watched.search_hybrid(tenant, DOCS, [1, 1], "apple", limit=3, fusion=WeightedSum(0.1))
    watched.close()

    same = await store.replay(tenant, DOCS)
    assert list(same) == ["as then"]
    assert [one.mode for one in same.searches] == ["hybrid", "text", "vector", "vector"]
    assert same["as then"].overlap.value == same["as then"].same.value == 1
    assert same["as then"].moved.value == 0
    assert (same.left_out, same.missing) == ({}, 0)
    assert same.changed("as then") == []

    await store.create_index(tenant, DOCS, Hnsw())
    await store.delete(tenant, DOCS, ["0"])
    await store.upsert(tenant, DOCS, [Item("1", [1.0, 0.3], "an apple", {"n": 1})])
    other = await store.replay(tenant, DOCS, k=3)
    # 0 is gone, and 1 went from the second place to the third
    assert other.missing == 1
    assert other["as then"].per_search["overlap"].tolist() == [1, 1, 1, 1]
    assert other["as then"].per_search["same"].tolist()[-1] == 0
    assert other["as then"].per_search["moved"].tolist()[-1] > 0
    assert "not stored any more, and left out: 1" in str(other)
    assert json.loads(other.to_json())["modes"]["as then"]["overlap"]["value"] == 1


async def test_they_are_asked_in_other_ways_beside_with_their_own_filters(
    store: Any, watched: Store, tenant: str
) -> None:
    for alpha in (0.2, 0.4):
        watched.search_hybrid(
            tenant, DOCS, [1, 0], "plum", limit=2, filter={"n": {"$lt": 6}},
            fusion=WeightedSum(alpha),
        )  # fmt: skip
    watched.close()
    done: list[int] = []
    found = await store.bind(tenant, DOCS).replay(
        modes={
            "exact": {"mode": "vector", "exact": True},
            "vectors": {"fusion": WeightedSum(1.0)},
            "elsewhere": {"mode": "text", "filter": {"n": 7}},
        },
        progress=done.append,
    )
    assert list(found) == ["as then", "exact", "vectors", "elsewhere"]
    assert found["as then"].overlap.value == 1
    assert found["exact"].overlap == found["vectors"].overlap
    assert found["elsewhere"].overlap.value == 0
    assert [one.text for one in found.changed("elsewhere", 1)] == ["plum"]
    assert done == [2]


async def test_what_cannot_be_asked_again_is_left_out_and_counted(
    store: Any, watched: Store, sync_store: Store, dsn: str, tenant: str
) -> None:
    watched.search_text(tenant, DOCS, "apple")
    watched.search(tenant, DOCS, [1, 0], boosts=[Boost({"n": 1}, 2.0)])
    watched.search(tenant, DOCS, [1, 0])
    watched.search_near(tenant, DOCS, ["1"])
    with Store(dsn, on_search=search_log(sync_store)) as silent:
        silent.search_text(tenant, DOCS, "apple")
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "INSERT INTO pgrecall.log (tenant, kind, collection, document)"
            " VALUES (%s, 'search', 'docs', '[\"options\"]')",
            [tenant],
        )
    watched.close()

    found = await store.replay(tenant, DOCS, modes=["text"])
    assert len(found.searches) == 1
    assert {why.split()[0]: count for why, count in found.left_out.items()} == {
        "logged": 1, "written": 1, "by": 1, "with": 1, "without": 1,
    }  # fmt: skip
    by_both = await store.replay(
        tenant, DOCS, modes=["hybrid"], embed=lambda texts: [[1, 0]] * len(texts)
    )
    assert len(by_both.searches) == 1
    assert len((await store.replay(tenant, DOCS)).searches) == 2
    with pytest.raises(InvalidArgumentError, match="1 without a vector"):
        await store.replay(tenant, DOCS, modes=["hybrid"])


def _filtered(tested: object) -> dict[str, Any]:
    return {"options": {"filter": {"test": ["n", "eq", tested]}}}


@ONE_STORE
async def test_whatever_else_stands_in_the_log_is_left_out_and_stops_nothing(
    store: Any, watched: Store, dsn: str, tenant: str
) -> None:
    watched.search_text(tenant, DOCS, "apple")
    watched.close()
    odd: list[dict[str, Any]] = [
        {"ids": None},
        {"ids": [1, 2]},
        {"ids": [["a"]]},
        {"ids": {"a": 1}},
        {"limit": "3"},
        {"limit": 2.5},
        {"limit": 10**30},
        {"mode": ["text"]},
        {"mode": {}},
        {"text": 5},
        {"hash": 5},
        {"unsaid": 5},
        {"model": 5, "vector": "AAAAAA=="},
        _filtered({"decimal": "abc"}),
        _filtered({"microseconds": "x"}),
        _filtered({"microseconds": 10**40}),
        _filtered({"microseconds": -(10**17)}),
    ]
    with psycopg.connect(dsn) as connection:
        times = ("infinity", "-infinity", "200000-01-01", "0100-01-01 BC")
        for change, at in [*((one, None) for one in odd), *(({}, one) for one in times)]:
            connection.execute(
                "INSERT INTO pgrecall.log (tenant, kind, collection, document, at)"
                " SELECT tenant, kind, collection, document || %s::jsonb, coalesce(%s, at)"
                " FROM pgrecall.log WHERE tenant = %s ORDER BY id LIMIT 1",
                [json.dumps(change), at, tenant],
            )
    found = await store.replay(tenant, DOCS, modes=["text"])
    assert len(found.searches) == 1
    assert sum(found.left_out.values()) == len(odd) + len(times)
    assert "1 search of the log" in str(found)


@ONE_STORE
async def test_vectors_of_another_model_are_made_anew_or_left_out(
    store: Any, watched: Store, tenant: str
) -> None:
    watched.search_hybrid(tenant, DOCS, [1, 0], "apple")
    watched.close()
    new = Collection(DOCS, 3, "new")
    await store.reembed(tenant, DOCS, to=new, embed=lambda texts: [[1, 0, 1]] * len(texts))
    with pytest.raises(InvalidArgumentError, match="of the collection's model"):
        await store.replay(tenant, DOCS)
    found = await store.replay(tenant, DOCS, embed=lambda texts: [[1, 0, 1]] * len(texts))
    assert found["as then"].overlap.value == 1


@ONE_STORE
async def test_what_was_compared_stands_where_a_model_fails_in_the_middle(
    store: Any, watched: Store, tenant: str
) -> None:
    for n in range(3):
        watched.search(tenant, DOCS, [1, n / 4], limit=2)
        watched.search_text(tenant, DOCS, "apple", limit=2)
    watched.close()
    calls: list[int] = []

    def failing(_: str, texts: list[str]) -> list[int]:
        calls.append(len(texts))
        if len(calls) > 3:
            raise TimeoutError("the model is busy")
        return [0] * len(texts)

    # by vector alone nothing was asked in words, which a model reads
    modes = {"reranked": {"mode": "text", "rerank": failing}}
    found = await store.replay(tenant, DOCS, modes=modes)
    assert isinstance(found.failure, TimeoutError)
    assert (len(found.searches), len(found["reranked"].ms)) == (2, 2)
    assert "ended after 2 searches: TimeoutError: the model is busy" in str(found)
    assert json.loads(found.to_json())["failure"] == "TimeoutError"
    assert found.left_out == {"without words, which a mode needs": 3}
    with pytest.raises(TimeoutError):
        await store.replay(tenant, DOCS, modes=modes)

    def embed(texts: list[str]) -> list[list[float]]:
        raise EOFError(len(texts))

    with pytest.raises(EOFError):
        await store.replay(tenant, DOCS, modes=("vector",), embed=embed)
    by_vector = {"reranked": {"mode": "vector", "rerank": lambda _, texts: [0] * len(texts)}}
    again = await store.replay(
        tenant, DOCS, modes=by_vector, embed=lambda texts: [[1, 0]] * len(texts)
    )
    assert (len(again.searches), again.failure) == (3, None)


async def test_only_the_newest_of_the_tenant_s_own_are_asked(
    store: Any, watched: Store, tenant: str
) -> None:
    for n in range(3):
        watched.search_text(tenant, DOCS, f"apple {n}")
    watched.close()
    found = await store.replay(tenant, DOCS, most=2)
    assert [one.text for one in found.searches] == ["apple 2", "apple 1"]
    assert "apple" not in repr(found.searches[0])
    assert len((await store.replay(tenant, DOCS, since=found.searches[0].at)).searches) == 1
    other = f"{tenant}-other"
    await store.ensure_collection(other, Collection(DOCS, 2))
    with pytest.raises(InvalidArgumentError, match="it has none at all"):
        await store.replay(other, DOCS)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"k": 0}, "k must be"),
        ({"most": 0}, "most must be"),
        ({"since": "yesterday"}, "since must be a datetime or None, not str"),
        ({"modes": ["as then"]}, "there is no mode 'as then'"),
        ({"modes": {"as then": {}}}, "cannot be called 'as then'"),
        ({"modes": {"half": {"fusion": WeightedSum(2)}}}, "WeightedSum alpha"),
        ({"embed": 3}, "embed must be a function"),
    ],
)
@ONE_STORE
async def test_what_cannot_be_used_is_told_before_anything_is_asked(
    store: Any, tenant: str, given: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=told):
        await store.replay(tenant, DOCS, **given)


def test_times_without_a_zone_are_utc(sync_store: Store, watched: Store, tenant: str) -> None:
    watched.search_text(tenant, DOCS, "apple")
    watched.close()
    an_hour_ago = dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(hours=1)
    assert len(sync_store.replay(tenant, DOCS, since=an_hour_ago).searches) == 1
