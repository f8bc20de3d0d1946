from __future__ import annotations

import math
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pgrecall import Boost, ByField, Collection, Decay, Hnsw, InvalidArgumentError, IvfFlat, Rrf
from pgrecall._operations.search.checks import CHECKS, CHECKS_THERE, check_kind, checked, served
from pgrecall._operations.search.conflicts import CONFLICTS, NEEDS, Conflict, Need
from pgrecall._operations.search.options import (
    KINDS,
    HybridOptions,
    NearOptions,
    SearchOptions,
    TextOptions,
    VectorOptions,
    WordsOptions,
    kinds_with,
    names_of,
)
from pgrecall._statements.layout import Server, Stored

ALL = sorted({name for options in KINDS.values() for name in names_of(options)})
STAGES = Path(__file__).parents[2] / "docs/explanation/search-stages.md"
CLASSES = (SearchOptions, NearOptions, WordsOptions, *KINDS.values())
LACKING: dict[str, dict[str, Any]] = {
    "index": {"index": None},
    "HNSW": {"index": IvfFlat()},
    "ByField": {"text_search": "german"},
}
"""Collections that lack what an option may need."""


def stored(index: Any = None, text_search: Any = "english") -> Stored:
    server = Server(180006, "0.8.6", "public", 1, 2)
    collection = Collection("docs", 2, "", "cosine", index=index, text_search=text_search)
    return Stored(1, "t", collection, "pgrecall", "items_1", server, {"lists": 1}, rows=1e6)


def test_every_option_is_checked() -> None:
    assert sorted(CHECKS) == ALL
    assert set(CHECKS_THERE) <= set(ALL)


@pytest.mark.parametrize("options", KINDS.values())
def test_options_as_they_are_by_default_are_right_and_not_copied(
    options: type[SearchOptions],
) -> None:
    default = options()

    assert checked(default) is default
    assert served(default, stored()) is default


@pytest.mark.parametrize("options", KINDS.values())
def test_each_default_is_what_its_check_gives(options: type[SearchOptions]) -> None:
    # so a search need not check what nobody gave
    for each in fields(options):
        assert CHECKS[each.name](each.default) is each.default
        assert all(
            getattr(kind(), each.name, each.default) is each.default for kind in KINDS.values()
        )


def test_checked_options_are_of_their_own_types() -> None:
    asked = checked(VectorOptions(limit=7, filter={"page": 1}, explain=1))  # type: ignore[arg-type]

    assert asked.where is not None
    assert asked.where == checked(asked).where
    assert asked.explain is True


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (VectorOptions(limit=0), "limit"),
        (VectorOptions(limit=2**31), "limit"),
        (VectorOptions(exact="yes"), "exact"),  # type: ignore[arg-type]
        (TextOptions(syntax="sql"), "syntax"),
        (TextOptions(ranking=["bm25"]), "ranking"),  # type: ignore[arg-type]
        (TextOptions(language=""), "language"),
        (HybridOptions(language=7), "language"),  # type: ignore[arg-type]
        (HybridOptions(fusion="rrf"), "fusion"),  # type: ignore[arg-type]
        (HybridOptions(fusion=Rrf(vector_weight=0, text_weight=0)), "vector_weight"),
        (HybridOptions(candidates=0), "candidates"),
        (HybridOptions(text_candidates=10_001), "text_candidates"),
        (VectorOptions(candidates=10_001), "candidates"),
        (VectorOptions(offset=-1), "offset"),
        (VectorOptions(offset=2**31), "offset"),
        (VectorOptions(offset=True), "offset"),
        (TextOptions(min_score=math.nan), "min_score"),
        (TextOptions(min_score="high"), "min_score"),  # type: ignore[arg-type]
        (VectorOptions(group_by="doc", per_group=0), "per_group"),
        (VectorOptions(group_by=""), "is not a key"),
        (VectorOptions(group_by=7), "is not a field"),  # type: ignore[arg-type]
        (VectorOptions(group_by="$created_at"), "group_by"),
        (VectorOptions(lambda_mult=1.5), "lambda_mult"),
        (HybridOptions(lambda_mult=True), "lambda_mult"),
        (TextOptions(rerank="model"), "rerank must be a function"),  # type: ignore[arg-type]
        (TextOptions(rerank=len, rerank_candidates=10_001), "rerank_candidates"),
        (TextOptions(rerank=len, rerank_candidates=True), "rerank_candidates"),
        (VectorOptions(rerank=len, rerank_text=7), "rerank_text"),  # type: ignore[arg-type]
        (VectorOptions(rerank=len, rerank_text=["a", None]), "NoneType"),  # type: ignore[list-item]
        (VectorOptions(boosts=Boost({"a": 1}, 2)), "boosts"),  # type: ignore[arg-type]
        (VectorOptions(boosts=["new"]), "boosts"),  # type: ignore[list-item]
        (VectorOptions(boosts=[Boost({"a": 1}, 0)]), "factor"),
        (VectorOptions(boosts=[Boost({"a": 1}, math.inf)]), "factor"),
        (VectorOptions(boosts=[Boost({"a": [1]}, 2)]), "bare list"),
        (VectorOptions(boosts=[Decay("n", 0, origin=1)]), "half_life"),
        (VectorOptions(boosts=[Decay("n", timedelta(0))]), "half_life"),
        (VectorOptions(boosts=[Decay("n", 3)]), "origin"),
        (VectorOptions(boosts=[Decay("n", 3, origin=math.nan)]), "origin"),
        (VectorOptions(boosts=[Decay("n", timedelta(1), origin=3)]), "origin"),
        (VectorOptions(boosts=[Decay("$updated_at", 3, origin=1)]), "needs a timedelta"),
        (VectorOptions(boosts=[Decay("id", 3, origin=1)]), "id"),
        (VectorOptions(boosts=[Decay("n", 3, origin=1, floor=2)]), "floor"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_the_name_of_its_option(
    options: SearchOptions, named: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=named):
        checked(options)


@pytest.mark.parametrize("effort", [0, 1_001, 1.5, True])
def test_an_effort_is_checked_where_there_is_an_index_to_take_it(effort: Any) -> None:
    asked = checked(VectorOptions(ef_search=effort))

    with pytest.raises(InvalidArgumentError, match="has no index"):
        served(asked, stored())
    with pytest.raises(InvalidArgumentError, match="ef_search must be"):
        served(asked, stored(Hnsw()))


@pytest.mark.parametrize("conflict", CONFLICTS, ids=lambda one: f"{one.option}-{one.other}")
def test_options_that_cannot_be_combined_are_refused_by_both_their_names(
    conflict: Conflict,
) -> None:
    kinds = [KINDS[kind] for kind in kinds_with(conflict.option)]
    having = [kind for kind in kinds if conflict.concerns(kind)]
    assert having
    for kind in having:
        with pytest.raises(InvalidArgumentError) as raised:
            checked(kind(**conflict.refused))
        assert conflict.option in str(raised.value)
        assert conflict.other in str(raised.value)
        checked(kind(**conflict.works))


@pytest.mark.parametrize("need", NEEDS, ids=lambda one: f"{one.option}-{one.needed}")
def test_an_option_that_needs_what_a_collection_lacks_is_refused_by_both_names(need: Need) -> None:
    lacking = stored(**LACKING[need.needed])
    for kind in kinds_with(need.option):
        asked = checked(KINDS[kind](**need.refused))
        with pytest.raises(InvalidArgumentError) as raised:
            served(asked, lacking)
        assert need.option in str(raised.value)
        assert need.needed in str(raised.value)
        assert "'docs'" in str(raised.value)
        assert served(asked, stored(Hnsw(), ByField("lang", {"de": "german"}))) is asked


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("option", ALL)
def test_an_option_of_another_kind_of_search_is_refused_with_the_kind_that_has_it(
    kind: str, option: str
) -> None:
    if kind in kinds_with(option):
        check_kind(kind, [option])
        return
    with pytest.raises(InvalidArgumentError) as raised:
        check_kind(kind, [option])
    assert option in str(raised.value)
    assert f'this search is "{kind}"' in str(raised.value)
    for owner in kinds_with(option):
        assert f'search="{owner}"' in str(raised.value)


def test_arms_bring_a_hundred_rows_or_as_many_as_are_asked_for() -> None:
    assert HybridOptions().arms == (100, 100)
    assert HybridOptions(limit=500).arms == (500, 500)
    assert HybridOptions(candidates=30).arms == (30, 30)
    assert HybridOptions(candidates=30, text_candidates=5).arms == (30, 5)


@pytest.mark.parametrize(
    ("options", "reach", "pool"),
    [
        (VectorOptions(limit=10), 10, 10),
        (VectorOptions(limit=10, offset=0), 100, 100),
        (VectorOptions(limit=10, offset=90), 100, 100),
        (VectorOptions(limit=10, offset=91), 1_000, 1_000),
        (VectorOptions(limit=10, offset=20_000), 20_010, 20_010),
        (VectorOptions(limit=10, lambda_mult=0.5), 10, 100),
        (TextOptions(limit=30, boosts=(Boost({"a": 1}, 2),)), 30, 300),
        (TextOptions(limit=30, boosts=(Boost({"a": 1}, 2),), candidates=40), 30, 40),
        (HybridOptions(limit=10, offset=50), 100, 100),
        (HybridOptions(limit=30, lambda_mult=0.5), 30, 300),
        (HybridOptions(limit=3_000, lambda_mult=0.5), 3_000, 10_000),
    ],
)
def test_pages_reach_equally_far_and_what_is_chosen_from_is_ten_times_as_much(
    options: SearchOptions, reach: int, pool: int
) -> None:
    assert (options.reach, options.pool) == (reach, pool)


def test_an_arm_of_its_own_size_may_bring_fewer_than_the_limit() -> None:
    few = HybridOptions(limit=20, candidates=10)

    assert checked(replace(few, text_candidates=50)).arms == (10, 50)
    with pytest.raises(InvalidArgumentError, match="candidates=10 must be at least limit"):
        checked(few)


def test_an_option_stands_in_one_class_alone() -> None:
    own = [
        field.name
        for options in CLASSES
        for field in fields(options)
        if field.name in options.__annotations__
    ]

    assert sorted(own) == ALL


def rows_of(heading: str) -> list[str]:
    _, _, rest = STAGES.read_text().partition(heading)
    return [line for line in rest.split("\n#")[0].splitlines() if line.startswith("|")]


@pytest.mark.parametrize("option", ALL)
def test_the_page_on_stages_has_each_option_at_one_stage(option: str) -> None:
    assert sum(f"`{option}`" in row for row in rows_of("# The stages of a search")) == 1


@pytest.mark.parametrize("rule", [*CONFLICTS, *NEEDS], ids=lambda one: one.option)
def test_the_page_on_stages_has_what_cannot_be_combined(rule: Conflict | Need) -> None:
    other = rule.other if isinstance(rule, Conflict) else rule.needed

    assert any(rule.option in row and other in row for row in rows_of("## What cannot"))
