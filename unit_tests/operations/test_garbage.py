"""What a hand or another client broke in a collection's settings fails nothing, nor misleads it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from unit_tests.operations.indexed import BINARY, NARROW, PIN, RERANKED, SERVER, stored

from pgrecall import Hnsw, Hot, IvfFlat
from pgrecall._operations.indexes.ageing import has_aged
from pgrecall._operations.search import calibration, effort, fusing, going_on, planning
from pgrecall._operations.search.kept_effort import pinned
from pgrecall._statements.collections import declared, registry
from pgrecall._statements.parts import HOT, parts_of
from pgrecall.models import K1, TARGET_RECALL, B

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall.indexes import Index

INFINITY = json.loads("1e400")
"""As jsonb keeps a number that none of Python's can be."""
NO_NUMBERS = [
    *(None, "", "x", "12", "nan", True, False, {}, {"a": 1}, [[]], [[1]], [["a", "b"]]),
    *(INFINITY, -INFINITY, math.nan, -1, -0.5, 10**400),
    *([[0, 0]], [[100, -5]], [[0.5, 0.0]], [[2.0, 0.5]], [[-0.5, 3.0]], [[1, 2, 3]]),
    *([[100, INFINITY]], [[100, 240.0], None], "[[100, 240.0]]"),
]
ODD = [
    *(0, 0.0, 1, 1.5, 10**30, 1e308, 5e-324, [], [[0.0, 1.0]], [[100, 1], [50, 2]]),
    *([[0.1, 6], [0.5, 1]], [[1.0, 0.5]], [[11, 1]], [[0.5, 1e-300]], [[0.5, 1e300]]),
]
"""What could be meant, in one place or another."""
INDEXES: list[Index] = [Hnsw(), BINARY, IvfFlat()]
DOCUMENT = PIN.settings(Hnsw())["measured"]


def shown(value: object) -> str:
    return "a huge number" if value == 10**400 else repr(value)[:24]


def usual(index: Index) -> dict[str, Any]:
    made = (RERANKED if index == BINARY else PIN).settings(index)
    return made | ({"lists": 100} if isinstance(index, IvfFlat) else {})


def broken_by(value: object, index: Index) -> Iterator[dict[str, Any]]:
    """Put a value in each place in turn."""
    of = usual(index)
    key = "probes" if isinstance(index, IvfFlat) else "ef_search"
    for one in (*of, "tuned_target", effort.WITHOUT_VECTORS, "lists", "rows_at_build"):
        yield of | {one: value}
    for one in of["measured"]:
        yield of | {"measured": of["measured"] | {one: value}}
    yield of | {key: value, "measured": of["measured"] | {"effort": value}}
    yield {"lists": 100, effort.WITHOUT_VECTORS: value}
    yield {"lists": 100, effort.OF_QUESTIONS: {"index": "hnsw", "factor": value}}
    yield {"lists": 100, effort.OF_QUESTIONS: value}


@pytest.mark.parametrize("index", INDEXES, ids=["hnsw", "binary", "ivfflat"])
@pytest.mark.parametrize("value", [*NO_NUMBERS, *ODD], ids=shown)
def test_whatever_stands_there_a_search_has_a_plan_within_the_limits(
    value: object, index: Index
) -> None:
    for settings in broken_by(value, index):
        made = stored(settings, index)
        most = effort.greatest(made)
        for limit in (1, 10, 11, 100, 3_000):
            for share, where in ((1.0, None), (0.5, NARROW), (0.02, NARROW), (None, NARROW)):
                assert 1 <= effort.default_effort(made, limit, share) <= most
                plan = planning.plan(made, limit, share, where)
                if plan.exact:
                    continue
                assert 1 <= plan.effort <= most
                further = going_on.further(made, plan, 40.0, share, where)
                for one in (plan, further, going_on.harder(made, plan)):
                    bounds = (one.near, one.trusted, one.bound, one.visited or 0) if one else ()
                    assert all(0 <= bound <= planning.MAX_VISITED for bound in bounds)


@pytest.mark.parametrize("index", INDEXES, ids=["hnsw", "binary", "ivfflat"])
@pytest.mark.parametrize("value", [*NO_NUMBERS, *ODD], ids=shown)
def test_whatever_stands_there_what_is_promised_and_due_is_told(
    value: object, index: Index
) -> None:
    for settings in broken_by(value, index):
        made = stored(settings, index)
        promise = effort.told(settings, made.collection)
        assert 0 < promise.target <= 1
        assert promise.recall is None or 0 <= promise.recall <= 1
        assert isinstance(effort.is_due(made.collection, settings, 50_000, 1_000), bool)
        assert isinstance(has_aged(settings, 1e5), bool)
        factor = effort.of_questions(settings, index)
        assert factor is None or 0 < factor < math.inf


@pytest.mark.parametrize("value", NO_NUMBERS, ids=shown)
@pytest.mark.parametrize("key", [key for key in DOCUMENT if key != "effort"])
def test_a_document_with_what_is_no_number_is_measured_again(key: str, value: object) -> None:
    settings = PIN.settings(Hnsw())
    settings["measured"] = settings["measured"] | {key: value}

    assert pinned(settings, Hnsw()) is None
    assert effort.default_effort(stored(settings), 10, 1.0) == 60  # which older clients read too
    assert effort.is_due(stored().collection, settings, 50_000, 1_000)


@pytest.mark.parametrize("value", [*NO_NUMBERS, [], 0, 1.5, 10**30], ids=shown)
def test_an_effort_that_is_no_number_is_that_of_the_formula_until_it_is_measured(
    value: object,
) -> None:
    settings = PIN.settings(Hnsw()) | {"ef_search": value}
    settings["measured"] = settings["measured"] | {"effort": value}

    assert effort.default_effort(stored(settings), 10, 1.0) == 100
    assert effort.is_due(stored().collection, settings, 50_000, 1_000)


@pytest.mark.parametrize("value", [*NO_NUMBERS, [], 0, 1.5, 10**30], ids=shown)
def test_without_a_number_of_lists_every_row_is_compared(value: object) -> None:
    made = stored(usual(IvfFlat()) | {"lists": value}, IvfFlat())

    assert planning.plan(made, 10, 1.0).exact


def test_a_number_is_read_as_whole_however_json_writes_it() -> None:
    settings = PIN.settings(Hnsw()) | {"ef_search": 60.0, "tuned_k": 10.0}

    assert pinned(settings, Hnsw()) == PIN


def test_what_was_read_is_not_taken_for_another_document_or_limit() -> None:
    settings = PIN.settings(Hnsw())
    assert pinned(settings, Hnsw()) == PIN

    wider = replace(PIN, limit=20)
    assert pinned(settings | {"tuned_k": 20}, Hnsw()) == wider
    assert pinned(settings, Hnsw()) == PIN
    other = settings | {"measured": settings["measured"] | {"recall": 0.99}}
    assert pinned(other, Hnsw()) == replace(PIN, recall=0.99)


def test_pairs_are_read_in_their_order_and_more_rows_take_no_less() -> None:
    settings = PIN.settings(Hnsw())
    settings["measured"] |= {"limits": [[200, 300], [100, 20]], "shares": [[0.1, 6], [0.5, 1.5]]}

    pin = pinned(settings, Hnsw())

    assert pin is not None
    assert pin.limits == ((100, 59), (200, 300))
    assert pin.shares == PIN.shares


@pytest.mark.parametrize("value", [*NO_NUMBERS, []], ids=shown)
def test_what_was_declared_is_as_usual_where_it_cannot_be_read(value: object) -> None:
    keys = ("target_recall", "k1", "b", "former_names", "text_index", "hot", "hot_fields")
    settings = json.dumps(dict.fromkeys(keys, value) | {"title": 7, "distributed": "no"})
    row = (7, "tenant", "docs", 3, "", "cosine", "vector", "simple", "{}", None, "items_7")

    read = registry.stored_from("pgrecall", SERVER, (*row, settings, False, 1.0, None, None))

    of = read.collection
    assert (of.target_recall, of.k1, of.b) == (TARGET_RECALL, K1, B)
    assert (of.title, of.distributed, of.text_index) == (None, False, None)
    assert not read.parts
    registry.rename(read, "notes", "items_8")


@pytest.mark.parametrize("settings", ["null", "[]", "7", '"x"'])
def test_settings_that_are_no_object_are_none(settings: str) -> None:
    row = (7, "tenant", "docs", 3, "", "cosine", "vector", "simple", "{}", None, "items_7")

    read = registry.stored_from("pgrecall", SERVER, (*row, settings, False, 1.0, None, None))

    assert read.settings == {}


def test_what_was_declared_within_its_range_is_read() -> None:
    read = declared.read({"target_recall": 0.9, "k1": 0, "b": 0.0, "title": "name"})

    assert (read["target_recall"], read["k1"], read["b"]) == (0.9, 0, 0)
    assert (read["title"], read["distributed"]) == ("name", False)


@pytest.mark.parametrize("value", NO_NUMBERS, ids=shown)
def test_an_index_of_a_hot_value_that_cannot_be_read_is_none(value: object) -> None:
    good = {"field": "lang", "kind": "text", "value": "de", "rows": 10, "effort": {}}
    good |= {"index": {"m": 16, "ef_construction": 64, "quantization": None}}
    fields = {"lang": Hot("text")}

    assert len(parts_of({HOT: {"one": good}}, fields)) == 1
    assert parts_of({HOT: {"one": good | {"rows": value}}}, fields) == []
    assert parts_of({HOT: {"one": good | {"index": good["index"] | {"m": value}}}}, fields) == []


@pytest.mark.parametrize("value", [*NO_NUMBERS, []], ids=shown)
def test_what_was_learned_of_fusing_is_left_where_it_cannot_be_read(value: object) -> None:
    made = stored(text_search="simple")
    kept = fusing.to_pin(made, fusing.Fusing(0.4, 50, 2.0))

    assert fusing.learned(replace(made, settings=kept)) == fusing.Fusing(0.4, 50, 2.0)
    for key in ("alpha", "candidates", "title_weight"):
        broken = {fusing.FUSION: kept[fusing.FUSION] | {key: value}}
        assert fusing.learned(replace(made, settings=broken)) is None


@pytest.mark.parametrize("value", NO_NUMBERS, ids=shown)
def test_a_spread_of_rows_that_are_no_number_is_old(value: object) -> None:
    assert calibration.is_old({"spread": 1.0, "spread_rows": value}, 1_000)
    assert not calibration.is_old({"spread": 1.0, "spread_rows": 1_000}, 1_000)
