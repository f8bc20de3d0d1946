"""Values as frames of pandas: every value as it was."""

from __future__ import annotations

import builtins
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pgrecall import CollectionMap, Facet, Field, Item, Match, Matches, RecallReport, Rows


def drawn(values: Any = None) -> CollectionMap:
    return CollectionMap(
        "docs", ["a", "b"], np.array([[1.0, 2], [3, 4]]), None if values is None else "f", values,
        (0.5, 0.2), np.zeros(3), np.zeros((2, 3)), False,
    )  # fmt: skip


REPORT = RecallReport(0.9, 0.8, 0.95, 10, 100, {"ef_search": 40}, 8.0, 1.0)


def test_matches_are_a_frame_with_a_column_for_each_key() -> None:
    found = Matches(
        [
            Match("a", 0.1, 0.9, "x", {"n": 2**60, "id": "own"}),
            Match("b", 0.2, 0.8, "y", {"tags": ["p", "q"]}),
        ]
    )
    frame = found.to_pandas()

    assert list(frame.columns) == [
        "id", "distance", "score", "text", "metadata.n", "metadata.id", "metadata.tags",
    ]  # fmt: skip
    assert frame["metadata.n"][0] == 2**60  # no float
    assert frame["metadata.n"].isna().tolist() == [False, True]
    assert frame["metadata.tags"][1] == ["p", "q"]
    assert frame["score"].tolist() == [0.9, 0.8]
    assert found.to_pandas(flat=False)["metadata"][1] == {"tags": ["p", "q"]}
    assert found[1:].to_pandas()["id"].tolist() == ["b"]


def test_nothing_is_a_frame_of_no_rows() -> None:
    assert list(Matches().to_pandas().columns) == ["id", "score", "text"]
    assert len(Rows().to_pandas()) == 0


def test_items_facets_and_fields_are_frames() -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    items = Rows([Item("a", np.ones(3, np.float32), "x", {"k": 1}, created_at=at), Item("b", None)])
    frame = items.to_pandas()

    assert list(frame.columns) == ["id", "vector", "text", "metadata.k", "created_at"]
    assert frame["vector"][0].tolist() == [1, 1, 1]
    assert frame["created_at"][0] == pd.Timestamp(at)
    facets = Rows([Facet(1, 5), Facet("1", 4), Facet(True, 1)]).to_pandas()
    assert facets["value"].tolist() == [1, "1", True]
    assert facets["count"].tolist() == [5, 4, 1]
    fields = Rows([Field(("a", "b"), ("text",), 0.5, ("x",))]).to_pandas()
    assert fields["path"][0] == ("a", "b")


@pytest.mark.parametrize(
    "values",
    [
        [1, None], [2**70, None], [2**60, 0.5], [True, None], ["a", None], [1, "1"], [None, None],
        [[1], None], [{"a": 1}, None], [0.5, 1], [[1, 2], [3, 4]], [float("nan"), 1],
    ],
)  # fmt: skip
def test_a_column_keeps_each_value(values: list[Any]) -> None:
    items = Rows([Item(str(n), None, "", {"f": value}) for n, value in enumerate(values)])

    for kept, value in zip(items.to_pandas()["metadata.f"], values, strict=True):
        if value is None or value != value:  # noqa: PLR0124  # NaN
            assert kept is None or pd.isna(kept)
        else:
            assert kept == value


def test_a_map_and_a_recall_report_are_frames() -> None:
    frame = drawn(["en", None]).to_pandas()

    assert frame.to_dict("list")["x"] == [1, 3]
    assert frame["value"].isna().tolist() == [False, True]
    assert list(drawn().to_pandas().columns) == ["id", "x", "y"]
    both = pd.concat([REPORT.to_pandas(), REPORT.to_pandas()], ignore_index=True)
    assert both["ef_search"].tolist() == [40, 40]
    assert both["recall"].tolist() == [0.9, 0.9]


def test_without_pandas_or_matplotlib_it_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = builtins.__import__

    def without(name: str, *given: Any, **options: Any) -> Any:
        if name.partition(".")[0] in {"pandas", "matplotlib"}:
            raise ImportError(name)
        return real(name, *given, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    for call in (Matches().to_pandas, REPORT.to_pandas, drawn().to_pandas):
        with pytest.raises(ImportError, match=r"to_pandas\(\) needs pandas: pip install"):
            call()
    for plot in (REPORT.plot, drawn().plot):
        with pytest.raises(ImportError, match=r'needs matplotlib: .* "pgrecall\[plots\]"'):
            plot()
