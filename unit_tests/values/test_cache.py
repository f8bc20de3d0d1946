from __future__ import annotations

import sys
import threading
import tracemalloc
from typing import Any

import pytest

from pgrecall import filters
from pgrecall._cache import BoundedCache, approximate_bytes, cached
from pgrecall._operations.context import KNOWN_BYTES, SMALL_BYTES, Context
from pgrecall._operations.search.shares import Estimates, digest_of
from pgrecall._statements.layout import Server, Stored
from pgrecall.models import Collection


@pytest.fixture(autouse=True)
def _traced() -> Any:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def taken() -> int:
    return tracemalloc.get_traced_memory()[0]


def test_a_cache_takes_the_bytes_it_may_and_keeps_what_was_used_last() -> None:
    cache: BoundedCache[str, str] = BoundedCache(200_000)
    before = taken()
    for number in range(10_000):
        cache.put(f"key {number}", f"value {number}" * 20)
        assert cache.get("key 0") is not None
    assert cache.get("key 9999") == "value 9999" * 20
    assert cache.get("key 1") is None
    assert taken() - before < 250_000
    assert len(cache) > 100


def test_an_entry_that_is_too_large_is_not_kept_and_turns_out_no_other() -> None:
    cache: BoundedCache[str, str] = BoundedCache(100_000)
    cache.put("small", "value")
    assert cache.put("large", "x" * 50_000) == "x" * 50_000
    assert "large" not in cache
    assert "small" in cache
    cache.put("small", "x" * 50_000)
    assert cache.get("small") is None


def test_what_is_kept_elsewhere_too_does_not_count() -> None:
    cache: BoundedCache[int, Any] = BoundedCache(100_000, besides=(bytearray,))
    shared = bytearray(1_000_000)
    for number in range(100):
        cache.put(number, (number, {"shared": [shared]}))
    assert len(cache) > 50
    cache.put(0, "x" * 50_000)
    assert 0 not in cache


def test_a_value_that_takes_the_place_of_an_equal_one_is_not_counted_again() -> None:
    cache: BoundedCache[int, tuple[int, bytes]] = BoundedCache(100_000)
    cache.put(0, (0, b"x" * 5_000))
    before = taken()
    for number in range(1_000):
        assert cache.renew(0, (number, b"y"))[0] == number
    assert taken() - before < 10_000
    assert cache.get(0) == (999, b"y")
    assert cache.renew(1, (1, b"z")) == cache.get(1)


def test_what_the_registry_says_again_is_kept_with_what_was_made_of_it() -> None:
    context, server = Context("pgrecall"), Server(180_006, "0.8.6", "public", 1, 2)
    made = [
        Stored(1, "t", Collection("docs", 4), "pgrecall", "items_1", server, {key: 1})
        for key in ("a", "a", "b")
    ]
    assert context.remember(made[0]) is made[0]
    assert context.remember(made[1]) is made[0]
    assert context.remember(made[2]) is made[2]
    assert context.known("t", "docs") is made[2]


def test_one_key_put_again_and_again_turns_out_no_other() -> None:
    cache: BoundedCache[str, int] = BoundedCache(100_000)
    cache.put("other", 1)
    for number in range(10_000):
        cache.put("key", number)
    assert cache.get("other") == 1
    cache.pop("key")
    assert cache.get("key") is None
    cache.clear()
    assert len(cache) == 0


def test_threads_share_a_cache_and_its_bytes() -> None:
    cache: BoundedCache[int, str] = BoundedCache(200_000)
    wrong: list[Any] = []

    def work(own: int) -> None:
        for number in range(3_000):
            key = (number * 7 + own) % 1_000
            found = cache.get(key)
            if found is not None and found != f"{key}" * 50:
                wrong.append((key, found))
            cache.put(key, f"{key}" * 50)

    before = taken()
    threads = [threading.Thread(target=work, args=(own,)) for own in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert taken() - before < 400_000


def test_a_function_is_called_once_for_what_is_kept() -> None:
    calls = []

    @cached(100_000)
    def twice(text: str) -> str:
        calls.append(text)
        return text * 2

    assert [twice("a"), twice("a"), twice("b")] == ["aa", "aa", "bb"]
    assert calls == ["a", "b"]


def test_bytes_are_counted_in_what_a_value_holds() -> None:
    text = "x" * 10_000
    assert approximate_bytes(text) == sys.getsizeof(text)
    assert approximate_bytes([text, text, {"a": text}]) < 11_000
    assert approximate_bytes(Collection("a", embedding_model=text)) > 10_000
    circle: list[Any] = []
    circle.append(circle)
    assert approximate_bytes(circle) < 200


def test_many_plain_values_count_as_each_does_and_what_is_shared_once() -> None:
    texts = [f"text {number}" for number in range(1_000)]
    alone = sum(map(sys.getsizeof, texts))
    assert approximate_bytes(texts) == sys.getsizeof(texts) + alone
    assert approximate_bytes([tuple(texts), tuple(texts)]) < 1.3 * alone + 20_000
    assert approximate_bytes([texts, list(reversed(texts))]) < alone + 20_000


def test_no_more_is_counted_than_is_asked_about() -> None:
    rows = [[object()] for _ in range(100_000)]
    assert 1_000 < approximate_bytes(rows, most=1_000) < sys.getsizeof(rows) + 1_000


def test_filters_of_thousands_of_ids_leave_a_digest_each() -> None:
    estimates, before = Estimates(), taken()
    for number in range(20):
        ids = [f"{number}-{place}" for place in range(5_000)]
        digest = digest_of(filters.parse({"id": {"$in": ids}}))
        estimates.put(1, digest, 0.5)
        assert estimates.get(1, digest) == 0.5
        assert estimates.get(2, digest) is None
    del ids, digest
    assert len(estimates) == 20
    assert taken() - before < 100_000


def test_different_filters_have_different_digests_and_equal_ones_the_same() -> None:
    wanted = [{"a": 1}, {"a": "1"}, {"a": True}, {"b": 1}, {"$not": {"a": 1}}, {"a": {"$ne": 1}}]
    digests = {digest_of(filters.parse(one)) for one in wanted}
    assert len(digests) == len(wanted)
    assert {digest_of(filters.parse(one)) for one in wanted} == digests
    assert digest_of(None) == b""


def test_the_collections_that_were_met_take_the_bytes_they_may() -> None:
    context, server = Context("pgrecall"), Server(180000, "0.8.6", "public", 1, 2)
    before = taken()
    for number in range(200):
        collection = Collection(f"notes {number}", 384, f"model {number} " * 20_000)
        context.remember(Stored(number, "ada", collection, "pgrecall", f"items_{number}", server))
    assert taken() - before < KNOWN_BYTES + (4 << 20)
    assert context.known("ada", "notes 199") is not None


def test_facts_of_thousands_of_collections_take_the_bytes_they_may() -> None:
    context, before = Context("pgrecall"), taken()
    for number in range(5_000):
        context.told.put(number, True)
        context.calibrations.put(number, {"spread": 0.1, "spread_rows": 1.0})
    assert taken() - before < 3 * SMALL_BYTES
    assert 4_999 in context.told
