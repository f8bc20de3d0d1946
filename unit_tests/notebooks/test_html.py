"""What a notebook shows of values: tables that nothing stored can break."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from pgrecall import (
    Collection,
    CollectionMap,
    Explanation,
    Facet,
    Field,
    Hnsw,
    Item,
    Match,
    Matches,
    RecallPromise,
    RecallReport,
    Rows,
)
from pgrecall.evaluation import Evaluation, ModeReport, Question

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='x",
    "</td></table><h1>",
    "</bdi></pre></details>",
    "&lt;script&gt;",
    "\u202eright to left\u2066",
    "\x00\x1b[31m\ud800\ufffe",
    "<b>never closed",
    "$\\frac{1}{$",
    "x" * 1_000_000,
    "עברית",
    "",
)
VOID = {"img", "br", "hr"}


class Reader(HTMLParser):
    """Reads a page as a browser does: what is open, and what was written in attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(value: Any) -> Reader:
    """Read what a value shows, and hold it to what every one of them must be."""
    written = value._repr_html_()
    written.encode()  # a message to a browser is UTF-8
    reader = Reader()
    reader.feed(written)
    reader.close()
    assert reader.open == []
    assert not set(reader.tags) - {
        "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "bdi", "mark", "details",
        "summary", "pre",
    }  # fmt: skip
    assert {name for name, _ in reader.attributes} <= {"style", "scope", "dir"}
    assert not any("color:" in str(said) for _, said in reader.attributes)  # the notebook's own
    assert len(written) < 150_000
    return reader


def hostile_values(text: str) -> list[Any]:
    plan: Any = {
        "plan": text,
        "reason": text,
        "rows": 3,
        "matching": None,
        "settings": {text: text},
    }
    return [
        Matches([Match(text, 0.5, 0.5, text, {text: text, "deep": [[[[[text]]]]]}, group=text)]),
        Matches([Match("a", 0.5, 0.5, text, {}, snippet=f"a <b>{text}</b> b")]),
        Rows([Item(text, np.ones(3, np.float32), text, {text: {text: text}})]),
        Rows([Facet(text, 3), Facet([text], 2), Facet({text: text}, 1), Facet(None, 1)]),
        Rows([Field((text, text), ("text",), 0.5, (text, [text]))]),
        Collection(text, 3, text, fields={text: "text"}, table_name=text),
        Explanation(**plan, sql=text, analyze=text),
        CollectionMap(
            text, [text], np.zeros((1, 2)), (text,), [text], (0.5, 0.2), np.zeros(3),
            np.zeros((2, 3)), False,
        ),
        evaluation(text),
        evaluation(text).compare(evaluation(text)),
    ]  # fmt: skip


def evaluation(name: str) -> Evaluation:
    values = {
        measure: np.array([0.0, 1.0, 0.5]) for measure in ("ndcg", "recall", "mrr", "hit_rate")
    }
    mode = ModeReport(name, values, np.array([1.0, 2.0, 3.0]))
    asked = [Question(name or "q", ["a"], id=str(n)) for n in range(3)]
    return Evaluation(
        k=10, questions=asked, modes={name: mode, "other": mode}, missing=1, missing_ids=[name]
    )


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_is_stored_becomes_html(text: str) -> None:
    for value in hostile_values(text):
        read(value)


def test_matches_are_a_table_of_what_any_of_them_has() -> None:
    found = Matches(
        [
            Match("a", 0.123456, 0.876544, "first", {"lang": "en", "page": 3}),
            Match("b", None, 0.5, "second", {}, text_rank=1),
        ]
    )
    reader = read(found)

    for shown in ("2 matches", "text_rank", "0.8765", "lang: 'en', page: 3", "first"):
        assert shown in reader.text
    for left_out in ("0.876544", "vector", "rerank_score", "None"):
        assert left_out not in reader.text
    assert ("scope", "row") in reader.attributes
    assert ("scope", "col") in reader.attributes
    assert "nothing was found" in read(Matches()).text


def test_a_snippet_stands_for_its_text_with_its_words_marked() -> None:
    found = Matches([Match("a", None, 1.0, "whole", {}, snippet="a <b>cat</b> & </b><b>dog")])
    written = found._repr_html_()

    # what does not close is of the text
    assert "a <mark>cat</mark> &amp; &lt;/b&gt;&lt;b&gt;dog" in written
    assert "whole" not in written


def test_many_rows_are_shown_by_the_first_ones() -> None:
    reader = read(Rows([Item(f"id-{n}", np.ones(300), "t" * 5_000) for n in range(2_000)]))

    assert "2,000 items" in reader.text
    assert "... and 1,950 more" in reader.text
    assert "[1.0, 1.0, 1.0, 1.0, ... 300 numbers]" in reader.text


def test_reports_are_tables_of_their_figures() -> None:
    promise = RecallPromise(0.98, 0.991, 40, 10, 12_000, datetime(2026, 1, 2, tzinfo=UTC))
    report = RecallReport(0.99123, 0.98, 0.997, 10, 100, {"ef_search": 40}, 8.123, 1.2, promise)

    told = read(report).text
    assert "recall@100.991 [0.980, 0.997]" in told
    assert "0.98 asked for, 0.991 measured at limit 10, effort 40, of 12,000 rows" in told
    assert "not measured yet" in read(RecallReport(1, 1, 1, 1, 1, {}, 1, 1, RecallPromise(1))).text

    told = read(Collection("docs", 3, index=Hnsw(m=8))).text
    assert "Collection docs" in told
    assert "Hnsw(m=8" in told
    assert "storage" not in told  # nobody said it

    both = evaluation("vector").compare(evaluation("vector"))
    assert "these questions do not tell whether it is better" in read(both).text
    told = read(evaluation("vector")).text
    assert "nDCG@10 [95 %]" in told
    assert "these questions do not tell which is better" in told


def test_an_explanation_has_its_statement_below() -> None:
    made = Explanation("hnsw", "because", 10, 5, {}, "SELECT 1 < 2", "Limit  (cost=0)")
    reader = read(made)

    assert reader.tags.count("details") == 2
    assert "SELECT 1 < 2" in reader.text
    assert "settings" not in reader.text
