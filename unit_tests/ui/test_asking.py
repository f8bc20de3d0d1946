"""What an address asks, what EXPLAIN says, and what is marked, without a server."""

from __future__ import annotations

import ast
import json
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.datastructures import QueryParams

from pgrecall import And, Condition, InvalidArgumentError, Rrf, WeightedSum
from pgrecall.ui.asking.answers import passage_of
from pgrecall.ui.asking.asked import Chosen, asked_in, read_chosen
from pgrecall.ui.asking.calls import VERBS, call_text
from pgrecall.ui.asking.marking import marked, words_of
from pgrecall.ui.asking.plans import read_plan
from pgrecall.ui.place import Python
from pgrecall.ui.rendering import link, name, shown

PLACE: Any = SimpleNamespace(reranker=None)
PLAN = """\
Limit  (cost=1.00..2.00 rows=10 width=36) (actual time=0.500..2.000 rows=10.00 loops=1)
  Buffers: shared hit=5
  CTE found
    ->  Index Scan on "odd (cost=" c  (cost=0..9 rows=5 width=8) (actual time=0..0.5 rows=2 loops=3)
          Index Cond: (x = 'a
  ->  Sort  (cost=3..4 rows=1 width=1)'::text)
          ->  Seq Scan on d  (cost=0.00..1.00 rows=1 width=4) (never executed)
  InitPlan 1
    ->  Result  (cost=0.00..0.01 rows=1 width=4) (actual time=0.001..0.002 rows=1 loops=1)
Planning:
  Buffers: shared hit=1
Planning Time: 0.250 ms
Execution Time: 2.500 ms
"""


def asked(**given: Any) -> Any:
    pairs = [
        (key, one)
        for key, value in given.items()
        for one in ([value] if isinstance(value, str) else value)
    ]
    return asked_in(QueryParams(pairs), PLACE)


def test_a_plan_becomes_a_tree_with_the_time_of_each_step_in_all() -> None:
    tree = read_plan(PLAN)
    (top,) = tree.steps
    assert (top.title, top.ms, top.rows) == ("Limit", 2.0, 10.0)
    found, plan = top.steps[0], top.steps[-1]
    assert found.label == "CTE found"
    assert (found.ms, found.rows, found.loops) == (1.5, 6.0, 3)
    # what a stored value has of a step is none, and leads no step astray
    assert [step.title for step in top.steps] == [found.title, "Seq Scan on d", "Result"]
    assert top.steps[1].ms is None
    assert plan.label == "InitPlan 1"
    assert (tree.planning, tree.execution) == (0.25, 2.5)
    assert tree.share(top) == 0.8
    assert tree.share(top.steps[1]) == 0


@pytest.mark.parametrize(
    "text", ["", "\n\n", "nothing of a plan", PLAN[:300], PLAN[::-1], "  ->  " * 99]
)
def test_what_is_no_plan_is_never_an_error(text: str) -> None:
    read_plan(text)


@pytest.mark.parametrize("begins", ["Filter: ", "->"])
@pytest.mark.parametrize("blank", [" ", "\t", "  (cost=1 "])
def test_a_long_value_in_a_plan_is_read_in_no_time(begins: str, blank: str) -> None:
    # by a pattern that tries every blank anew it takes an hour
    assert read_plan(f"{begins}{blank * (200_000 // len(blank))}x(cost=").steps == []


def test_a_vector_in_a_plan_is_left_out() -> None:
    vector = ",".join(["-0.0123"] * 50)
    tree = read_plan(
        f"Sort  (cost=1..2 rows=1 width=1)\n  Sort Key: ((e <=> '[{vector}]'::vector))"
    )
    assert tree.steps[0].details == ["Sort Key: ((e <=> '[...]'::vector))"]


def test_values_that_are_clicked_become_a_filter_that_keeps_their_types() -> None:
    one, other = Chosen(("a",), True), Chosen(("a",), 1)
    assert asked(f=[one.written(), other.written()]).options["filter"] == {
        "$and": [{"a": True}, {"a": 1}]
    }
    tags = Chosen(("tags",), "x", in_arrays=True)
    assert read_chosen(tags.written()) == tags
    assert asked(f=[tags.written()], filter='{"b": 2}').options["filter"] == {
        "$and": [{"$or": [{"tags": "x"}, {"tags": {"$any": ["x"]}}]}, {"b": 2}]
    }
    odd = Chosen(("$a", "b"), 1)
    assert asked(f=[odd.written()], filter='{"b": 2}').options["filter"] == And(
        Condition(("$a", "b"), "eq", 1), {"b": 2}
    )
    assert asked(f=Chosen(("id",), 1).written()).options["filter"] == Condition("id", "eq", 1)


def test_what_is_left_empty_asks_for_nothing() -> None:
    plain = asked(q=" words ", alpha="", k="", filter=" ", group="", half="3", rerank="1")
    assert (plain.question, plain.options, plain.by_vector) == ("words", {"limit": 10}, {})
    assert plain.fusion is None
    assert asked(fusion="rrf").fusion == Rrf()
    assert asked(fusion="sum", alpha="0").fusion == WeightedSum(0)
    assert asked(exact="0").by_vector == {"exact": False}


@pytest.mark.parametrize(
    "given",
    [
        {"n": "0"},
        {"n": "1.5"},
        {"n": "nan"},
        {"k": "inf", "fusion": "rrf"},
        {"f": "[]"},
        {"f": '[["a"], null]'},
        {"f": '[[], "a"]'},
        {"f": '[["a"], "b", false]'},
        {"filter": "[" * 100_000},
        {"group": '["a", 1]'},
        {"q": "x" * 20_001},
        {"f": ['[["a"], 1]'] * 51},
    ],
    ids=lambda given: str(given)[:60],
)
def test_what_cannot_be_read_is_told(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError) as raised:
        asked(**given)
    assert len(str(raised.value)) < 500


def test_words_are_marked_as_they_are_written_and_nothing_else_is_markup() -> None:
    text = "Copy <b>copied</b> it&co, COPY\x1b"
    assert words_of(text) == ["copy", "b", "copied", "it", "co"]
    assert str(marked(text, {"copy", "copied"})) == (
        "<mark>Copy</mark> &lt;b&gt;<mark>copied</mark>&lt;/b&gt; it&amp;co, <mark>COPY</mark>"
        '<span class="esc">\\x1b</span>'
    )


def test_tags_of_a_text_stay_beside_the_marks_of_its_words() -> None:
    snippet = "a <b><b>bold</b></b> <b>claim</b> </b> <b> that never closes"
    assert str(passage_of("", snippet)) == (
        "a &lt;b&gt;<mark>bold</mark>&lt;/b&gt; <mark>claim</mark> &lt;/b&gt; &lt;b&gt; that never"
        " closes"
    )


def test_values_are_shown_escaped_apart_and_cut() -> None:
    assert str(name("\u202e<i>" + "x" * 300, 5)).endswith("x…</bdi>")
    assert "\u202e" not in name("\u202e")
    assert str(shown({"a": "</script>"})) == "{&#34;a&#34;: &#34;&lt;/script&gt;&#34;}"
    assert link("/ask", c="a&b", q="", f=["1", "2"]) == "ask?c=a%26b&f=1&f=2"
    assert link("/item", id="\ud800") == "item?id=%3F"


NASTY = (
    "'); import os; os._exit(1) #",
    "\"\"\"'''\\",
    "\\",
    "line\nbreak\r\n\x00\x1b[31m\u2028\u202e",
    "{question} %s #{x} \N{LATIN SMALL LETTER A WITH RING ABOVE}\ud800",
)


@pytest.mark.parametrize("nasty", NASTY, ids=ascii)
def test_a_program_to_be_copied_has_what_was_asked_as_strings_alone(nasty: str) -> None:
    place: Any = SimpleNamespace(
        tenant=nasty, opening=Python((), f"Store(schema={nasty!r})"), reranker=None
    )
    wanted = asked(
        q=f"?{nasty}?", filter=json.dumps({nasty: [nasty]}), f=Chosen((nasty, "b"), nasty).written()
    )
    for way in VERBS:
        program = call_text(place, nasty, wanted, way, None)
        assert program.replace("\n", "").isprintable()
        parsed = list(ast.walk(ast.parse(program)))
        strings = [one.value for one in parsed if isinstance(one, ast.Constant)]
        assert strings.count(nasty) == 7
        called = {ast.unparse(one.func) for one in parsed if isinstance(one, ast.Call)}
        assert called == {"Store", f"store.{VERBS[way]}", "And", "Condition"}
