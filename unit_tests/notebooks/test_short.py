"""How matches and items are written where they are printed: what counts, in one line."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from pgrecall import Item, Match, Matches, RecallPromise, RecallReport, Rows
from pgrecall.evaluation import Evaluation, ModeReport, Question
from pgrecall.models import Explanation


def match(id_: str, **given: Any) -> Match:
    return Match(id_, 0.12345678, 0.87654321, "text", {"page": 1}, **given)


def test_a_match_is_written_without_what_it_has_not_and_rounded() -> None:
    assert repr(match("a")) == (
        "Match(id='a', distance=0.1235, score=0.8765, text='text', metadata={'page': 1})"
    )
    assert repr(Match("a", None, 12.345678, "", {}, np.arange(300, dtype=np.float32), 3)) == (
        "Match(id='a', score=12.3457, text='', metadata={},"
        " vector=[0.0, 1.0, 2.0, 3.0, ... 300 numbers], vector_rank=3)"
    )
    assert "group=0" in repr(match("a", group=0))


def test_reports_are_written_rounded_and_without_what_was_asked() -> None:
    promise = RecallPromise(0.98, 0.991234)
    report = RecallReport(0.987654, 0.9, 1.0, 10, 100, {"ef_search": 40}, 8.123456, 0.5, promise)

    assert repr(report) == (
        "RecallReport(recall=0.9877, low=0.9, high=1.0, k=10, sample=100,"
        " settings={'ef_search': 40}, exact_ms=8.1235, index_ms=0.5,"
        " promise=RecallPromise(target=0.98, recall=0.9912))"
    )
    values = {name: np.array([0.5, 1.0]) for name in ("ndcg", "recall", "mrr", "hit_rate")}
    modes = {"text": ModeReport("text", values, np.ones(2))}
    asked = [Question("a secret", ["a"])] * 2
    assert repr(Evaluation(k=10, questions=asked, modes=modes)) == (
        "Evaluation(k=10, 2 questions, ModeReport('text', ndcg=0.750 [0.500, 1.000]))"
    )


def test_an_item_is_written_with_the_beginning_of_its_vector() -> None:
    assert repr(Item("a", [0.123456, 1])) == "Item(id='a', vector=[0.1235, 1.0], text='')"
    assert repr(Item("a", None, "t")) == "Item(id='a', text='t')"
    assert repr(Item("a", np.zeros((0,)))) == "Item(id='a', vector=[], text='')"


@pytest.mark.parametrize(
    "vector", ["text", 3, [[1, 2], [3]], object(), np.zeros((2, 2)), [None], [10**400], {1: 2}]
)
def test_what_is_no_vector_is_written_all_the_same(vector: Any) -> None:
    assert len(repr(Item("a", vector))) < 300


def test_what_is_long_deep_or_huge_is_cut() -> None:
    deep: Any = "end"
    for _ in range(90):
        deep = {"k": [deep]}
    metadata = {"deep": deep, "int": 10**5_000, "list": list(range(10_000)), "s": "x" * 10_000}
    metadata |= {f"key {n}": n for n in range(1_000)}

    written = repr(Item("a" * 5_000, None, "t" * 1_000_000, metadata))

    assert len(written) < 1_500
    assert "<an integer of 16,610 bits>" in written
    assert written.index("deep") < written.index("list")  # keys as they come
    assert repr(Item("\x1b[31m\u202e", None)) == "Item(id='\\x1b[31m\\u202e', text='')"


@pytest.mark.parametrize(
    ("score", "shown"),
    [
        (0.000123456, "0.0001235"), (1e-9, "1e-09"), (1.0, "1.0"), (-3.14159265, "-3.1416"),
        (123456.789, "123456.789"), (1e30, "1e+30"), (float("nan"), "nan"), (float("inf"), "inf"),
        (3, "3"), (np.float64(0.5), "0.5"),
    ],
)  # fmt: skip
def test_scores_are_rounded_at_every_size(score: Any, shown: str) -> None:
    assert f"score={shown}," in repr(Match("a", None, score, "", {}))


def test_a_part_of_matches_is_matches_and_knows_how_they_were_found() -> None:
    made = Explanation("exact", "", 1, None, {}, "", "")
    found = Matches([match(id_) for id_ in "abc"])
    found.explanation = made

    others = [match("d")]
    for part in (found[:2], found.copy(), found + others, found + Matches(), found + found):
        assert type(part) is Matches
    assert found[:2].explanation is made
    assert found.copy().explanation is made
    assert (found + others).explanation is made
    assert (found + found[1:]).explanation is made
    assert (found + Matches()).explanation is None
    assert found.explanation is made
    assert [one.id for one in found[::-1]] == ["c", "b", "a"]
    assert type(found[0]) is Match
    assert type([one for one in found if one.id != "b"]) is list
    assert pickle.loads(pickle.dumps(found)).explanation == made  # noqa: S301  # made in this line
    with pytest.raises(TypeError):
        found + tuple(others)  # type: ignore[operator]  # as of every list
    with pytest.raises(IndexError):
        found[3]


def test_rows_are_a_list_in_every_other_way() -> None:
    rows = Rows([Item("a", None), Item("b", None)])

    assert rows == [Item("a", None), Item("b", None)]
    assert isinstance(rows, list)
    assert type(rows[1:]) is Rows
    assert repr(rows) == "[Item(id='a', text=''), Item(id='b', text='')]"
    assert sum([rows, rows], Rows()) == [*rows, *rows]


def test_a_terminal_of_ipython_shows_matches_as_any_list() -> None:
    # by this it takes a class of lists for one: then it breaks them into lines
    assert Matches.__repr__ is list.__repr__
