"""Plots: what is drawn, on whose axes, and that nothing stored is taken for a formula."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes

from pgrecall import CollectionMap, InvalidArgumentError, RecallPromise, RecallReport
from pgrecall.evaluation import Evaluation, ModeReport, Question


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    mpl.use("Agg")
    monkeypatch.setattr(plt, "show", lambda: pytest.fail("a plot showed itself"))
    yield
    plt.close("all")


def rendered(ax: Axes) -> None:
    """Draw it as a notebook does: what cannot be drawn fails then."""
    ax.figure.savefig(BytesIO(), format="png", dpi=30)


def labels(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def report(recall: float = 0.9, ef_search: int = 40) -> RecallReport:
    promise = RecallPromise(0.98)
    return RecallReport(
        recall, recall - 0.1, recall + 0.05, 10, 100, {"ef_search": ef_search}, 8.0, 1.0, promise
    )


def evaluation(*, questions: int = 30, add: float = 0.0) -> Evaluation:
    chance = np.random.default_rng(1)
    names = ("ndcg", "recall", "mrr", "hit_rate")
    modes = {
        mode: ModeReport(
            mode, {name: chance.random(questions) * 0.5 + add for name in names}, np.ones(questions)
        )
        for mode in ("vector", "text", "hybrid")
    }
    asked = [Question(str(n), ["a"], id=str(n)) for n in range(questions)]
    return Evaluation(k=10, questions=asked, modes=modes)


def drawn(values: Any, count: int | None = None, collection: str = "docs") -> CollectionMap:
    size = len(values) if count is None else count
    xy = np.random.default_rng(1).standard_normal((size, 2))
    axes = np.eye(2, 3)
    return CollectionMap(
        collection, [str(n) for n in range(size)], xy, None if values is None else "f", values,
        (0.5, 0.2), np.zeros(3), axes, False,
    )  # fmt: skip


def test_reports_are_compared_on_one_plot() -> None:
    ax = report().plot()
    same = report(0.99, 80).plot(ax, label="after tune")

    assert same is ax
    assert labels(ax) == ["exact", "asked for", "ef_search 40", "after tune"]
    assert ax.get_ylabel() == "recall@10 [95 %]"
    assert report(1.0).plot().get_ylim()[1] > 1


def test_an_evaluation_is_drawn_with_its_intervals() -> None:
    found = evaluation()
    ax = found.plot("recall")

    assert [one.get_text() for one in ax.get_yticklabels()] == ["vector", "text", "hybrid"]
    assert ax.get_title() == "recall@10 [95 %]"
    lines = [one.get_xdata() for one in ax.get_lines() if one.get_gid() == "interval"]
    assert [tuple(line) for line in lines] == [
        (found[mode].recall.low, found[mode].recall.high) for mode in found
    ]
    rendered(ax)


def test_ways_are_compared_with_one_of_them() -> None:
    ax = evaluation().plot(against="hybrid")

    names = [one.get_text() for one in ax.get_yticklabels()]
    assert names == ["vector - hybrid", "text - hybrid"]
    assert ax.get_title() == "difference in nDCG@10 [95 %]"
    with pytest.raises(KeyError, match="no mode 'none'"):
        evaluation().plot(against="none")
    with pytest.raises(InvalidArgumentError, match="measure must be one of"):
        evaluation().plot("precision")


def test_two_evaluations_are_compared_on_one_plot() -> None:
    ax = evaluation().plot(label="before")
    evaluation(add=0.3).plot(ax=ax, label="after")

    names = [one.get_text() for one in ax.get_yticklabels()]
    assert names[:2] == ["vector (before)", "text (before)"]
    assert names[3:] == ["vector (after)", "text (after)", "hybrid (after)"]
    colours = [one.get_color() for one in ax.get_lines() if one.get_gid() == "interval"]
    assert len(set(colours[:3])) == len(set(colours[3:])) == 1
    assert colours[0] != colours[3]


def test_what_changed_is_drawn_question_by_question() -> None:
    ax = evaluation(add=0.3).compare(evaluation()).plot("mrr")

    assert ax.get_title() == "now - before: MRR [95 %]"
    assert min(ax.get_lines()[0].get_xdata()) == pytest.approx(0.3)


def test_figures_go_where_the_caller_says() -> None:
    _, (left, right) = plt.subplots(1, 2)

    assert evaluation().plot(ax=left) is left
    assert report().plot(right) is right
    assert len(left.get_yticklabels()) == 3
    assert len(plt.get_fignums()) == 1


def test_one_question_has_a_mean_and_no_interval() -> None:
    rendered(evaluation(questions=1).plot(against="text"))


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (["en", "de", None, "en"], ["(none)", "f: en", "f: de"]),
        ([1, "1", True, 1.0], ["f: 1", "f: '1'", "f: True", "f: 1.0"]),
        ([True, False], ["f: True", "f: False"]),
        ([["a", "b"], {"k": 1}], ["f: ['a', 'b']", "f: {'k': 1}"]),
        ([None, None], ["(none)"]),
        ([str(n % 9) for n in range(90)], ["(others)", *(f"f: {n}" for n in range(6))]),
        (["_hidden", "$x^{$", "\u202e\x00a", "", "x" * 99], None),
    ],
)
def test_kinds_are_told_apart(values: list[Any], shown: list[str] | None) -> None:
    ax = drawn(values).plot()

    assert len(labels(ax)) == (5 if shown is None else len(shown))
    if shown is not None:
        assert [one.replace("'1'", "1") for one in labels(ax)] == [
            one.replace("'1'", "1") for one in shown
        ]
    else:
        rendered(ax)


@pytest.mark.parametrize(
    "values",
    [
        [*range(50), None],
        [n / 7 for n in range(50)],
        [10**400, *range(50)],
        [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(20)],
        [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)],
    ],
    ids=["integers", "floats", "huge", "times", "far times"],
)
def test_numbers_and_times_are_coloured_by_a_scale(values: list[Any]) -> None:
    ax = drawn(values).plot()

    assert len(ax.figure.axes) == 2
    assert ax.figure.axes[1].get_ylabel() == "f"
    assert labels(ax) == []
    rendered(ax)


@pytest.mark.parametrize("count", [0, 1])
def test_a_map_of_few_items_is_drawn_too(count: int) -> None:
    drawn(None, count).plot()
    rendered(drawn([None] * count, count).plot())


def test_questions_are_drawn_where_they_lie() -> None:
    ax = drawn(["a", "b"]).plot(questions=[1.0, 2.0, 0.0])

    assert labels(ax)[-1] == "question"
    assert ax.collections[-1].get_offsets().tolist() == [[1, 2]]
    assert labels(drawn(["a"]).plot(questions=np.ones((2, 3))))[-1] == "questions"


def test_a_hostile_name_is_shown_to_the_letter() -> None:
    ax = drawn(["a"], collection="$\\frac{$<script>\n\x00" + "x" * 1000).plot()

    rendered(ax)
    assert len(ax.get_title()) < 60
