"""Calls of LangGraph's store that wait to go together."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest
from langgraph.store.base import GetOp, ListNamespacesOp, PutOp, SearchOp
from langgraph.store.memory import InMemoryStore

from pgrecall import Decay
from pgrecall._adapters.query import AdapterQuery
from pgrecall._pools import forks
from pgrecall.langgraph import _calls
from pgrecall.langgraph._batch import Batch, Search, distinct
from pgrecall.langgraph._gathering import _LOOPS
from pgrecall.langgraph._queueing import _LANES, _Waiting

PUT, GET, LIST = PutOp(("a",), "k", {"n": 1}), GetOp(("a",), "k"), ListNamespacesOp()
FOUND, ASKED = SearchOp(("a",)), SearchOp(("a",), query="tea")


def batch(*ops: Any) -> Batch:
    return Batch.of(ops, None)


@pytest.mark.parametrize(
    ("ops", "lane"),
    [
        ([PUT, PUT], "writes"),
        ([GET, LIST, FOUND], "reads"),
        ([GET, ASKED], "searches"),
        ([GET, PUT], "mixed"),
        ([], None),
    ],
    ids=str,
)
def test_calls_that_all_read_or_all_write_go_together(ops: list[Any], lane: str | None) -> None:
    assert _calls.lane_of(batch(*ops), AdapterQuery.of("vector")) == lane


def test_a_search_that_a_model_reranks_runs_by_itself() -> None:
    asked = AdapterQuery.of("vector", rerank=lambda _, texts: [0] * len(texts))

    assert _calls.lane_of(batch(ASKED), asked) is None
    assert _calls.lane_of(batch(FOUND), asked) == "reads"


def test_so_many_operations_go_together_and_one_call_whole_whatever_it_has() -> None:
    calls = [_Waiting(batch(*[GET] * count)) for count in (1_500, 400, 1, 600, 2)]
    calls[2].leave()
    waiting = deque(calls)

    assert _calls.taken(waiting) == [calls[0]]
    assert _calls.taken(waiting) == [calls[1], calls[3]]
    assert _calls.taken(waiting) == [calls[4]]
    assert _calls.taken(waiting) == []


def test_what_reads_and_writes_goes_by_itself_in_its_turn() -> None:
    calls = [_Waiting(batch(*ops)) for ops in ([PUT], [PUT], [GET, PUT], [PUT, GET], [PUT])]
    waiting = deque(calls)

    groups = [_calls.taken(waiting) for _ in range(5)]

    assert groups == [calls[:2], [calls[2]], [calls[3]], [calls[4]], []]


def test_batches_of_several_calls_are_one_in_the_order_of_the_calls() -> None:
    again = PutOp(("a",), "k", None)
    made = Batch.together([batch(PUT, GET), batch(LIST), batch(again, FOUND)])

    assert made.count == 5
    assert [place for place, _ in made.gets + made.lists + made.searches] == [1, 2, 4]
    assert (made.puts, made.removed) == ([], [(("a",), "k")])


def test_only_the_very_same_reads_are_one() -> None:
    def found(filter_: Any) -> SearchOp:
        return SearchOp(("a",), filter=filter_)

    faded = Search(ASKED, (Decay("n", 1, origin=0),))
    asked = [found({"n": 1}), found({"n": True}), found({"n": 1.0}), found({"n": 1}), faded, faded]

    assert [places for _, places in distinct(enumerate(map(search, asked)))] == [
        [0, 3],
        [1],
        [2],
        [4],
        [5],
    ]


def search(op: Any) -> Search:
    return op if isinstance(op, Search) else Search(op)


def test_a_child_waits_for_nothing_that_its_parent_runs() -> None:
    assert {_LANES, _LOOPS} <= set(forks._MET)
    made = _calls.PerStore[list[int]](list)
    store = InMemoryStore()
    made.of(store).append(1)
    assert made.of(store) == [1]

    made.renew()

    assert made.of(store) == []
