"""Plots of matplotlib, which is imported by who asks for one; none is shown by itself.

What users stored stands in labels: it is cut, its formulas are no formulas, and nothing of it is
taken for an instruction.
"""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall._extras import needs
from pgrecall._notebooks import short

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from pgrecall.models.maps import CollectionMap
    from pgrecall.models.recall import RecallReport

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#000000")
"""Of Okabe and Ito's, which all eyes tell apart; the marks differ too."""
MARKS = "os^DvP"
_STAR = "#D55E00"
_OTHERS = "#999999"
_MOST_LETTERS = 30
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def new_axes(ax: Axes | None, width: float = 7.0, height: float = 4.5) -> Axes:
    """Give where to draw: on a new figure where the caller has none.

    Raises:
        ImportError: matplotlib is not installed.
    """
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt  # noqa: PLC0415  # few have it
    except ImportError as error:
        raise ImportError(needs("plot()", "matplotlib", "pgrecall[plots]")) from error
    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def label_of(value: object) -> str:
    """Write a value as matplotlib shows it to the letter."""
    text = value if isinstance(value, str) else short.value(value)
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    text = short.cut(text.strip(), _MOST_LETTERS).replace("$", r"\$")
    # one that begins so is left out of a legend
    return f" {text}" if text.startswith("_") else text or "(empty)"


def recall(report: RecallReport, ax: Axes | None, label: str | None) -> Axes:
    """Draw a report's recall with its interval over the time of a search."""
    ax = new_axes(ax)
    others = [line for line in ax.get_lines() if line.get_gid() == "exact"]
    before = len(ax.containers)
    colour, mark = COLOURS[before % len(COLOURS)], MARKS[before % len(MARKS)]
    if label is None:
        label = ", ".join(f"{name} {value}" for name, value in report.settings.items()) or "index"
    ends = [[max(0.0, report.recall - report.low)], [max(0.0, report.high - report.recall)]]
    ax.errorbar(
        [report.index_ms], [report.recall], ends, fmt=mark, color=colour, capsize=4,
        label=label_of(label),
    )  # fmt: skip
    if not others:
        ax.plot([report.exact_ms], [1.0], "D", color=_OTHERS, label="exact", gid="exact")
        if report.promise is not None:
            ax.axhline(
                report.promise.target, color=_OTHERS, linestyle="--", linewidth=1, label="asked for"
            )
    ax.set_xlabel("time of a search in milliseconds (median)")
    ax.set_ylabel(f"recall@{report.k} [95 %]")
    ax.set_xlim(left=0)
    ax.set_ylim(top=1.02)
    ax.grid(alpha=0.3)
    ax.legend(loc="lower right")
    return ax


def intervals(
    means: Mapping[str, Any],
    ax: Axes | None,
    title: str,
    label: str | None,
    *,
    zero: bool = False,
    places: Sequence[int] = (),
) -> Axes:
    """Draw means with their intervals, the first on top; below those that are there already.

    Args:
        means: By name.
        ax: Where to draw.
        title: What they are.
        label: What all of them are called, beside their names.
        zero: Whether to draw where no difference is.
        places: Places in the row of colours; by their order where none are given.
    """
    is_first = ax is None or not ax.has_data()
    ax = new_axes(ax, height=1.2 + 0.45 * len(means))
    names = [] if is_first else [one.get_text() for one in ax.get_yticklabels()]
    start = len(names)
    group = len({one.get_color() for one in ax.get_lines() if one.get_gid() == "interval"})
    places = places or range(start, start + len(means))
    for row, (name, one), place in zip(itertools.count(start), means.items(), places, strict=False):
        # of one evaluation each way has its own colour; of several, each evaluation
        colour = COLOURS[(place if is_first and label is None else group) % len(COLOURS)]
        # of one question no interval is known
        low, high = (one.value if end != end else end for end in (one.low, one.high))  # noqa: PLR0124  # NaN
        ax.plot([low, high], [row, row], color=colour, linewidth=3, gid="interval")
        ax.plot([one.value], [row], "o", color=colour, markersize=8)
        names.append(label_of(name if label is None else f"{name} ({label})"))
    if zero and is_first:
        ax.axvline(0, color=_OTHERS, linewidth=1)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_title(title)
    ax.locator_params(axis="x", nbins=5)
    ax.grid(axis="x", alpha=0.3)
    return ax


def items(drawn: CollectionMap, ax: Axes | None, questions: Any) -> Axes:
    """Draw a map's items, coloured by their values, and questions among them."""
    stars = None if questions is None else np.atleast_2d(drawn.project(questions))
    ax = new_axes(ax, 7.0, 5.5)
    size = float(np.clip(10_000 / max(len(drawn), 1), 8, 40))
    if drawn.values is None:
        _dots(ax, drawn.xy, s=size, color=COLOURS[0], alpha=0.7)
    else:
        field = drawn.color_by
        name = label_of(field if isinstance(field, str) else ".".join(field or ()))
        _coloured(ax, drawn.xy, drawn.values, name, size)
    if stars is not None:
        name = "question" if len(stars) == 1 else "questions"
        star = {"marker": "*", "color": _STAR, "edgecolors": "white", "linewidths": 1, "zorder": 3}
        _dots(ax, stars, s=220, label=name, **star)
    if ax.get_legend_handles_labels()[1]:
        for handle in ax.legend(loc="best", fontsize="small").legend_handles:
            sizes = np.clip(handle.get_sizes(), 40, 120)  # type: ignore[union-attr]  # all are dots
            handle.set(sizes=sizes, alpha=1)  # type: ignore[union-attr]
    first, second = drawn.explained
    ax.set_xlabel(f"first axis ({first:.0%} of the variance)")
    ax.set_ylabel(f"second axis ({second:.0%})")
    ax.set_title(f"{len(drawn):,} items of {label_of(drawn.collection)}")
    ax.grid(alpha=0.2)
    return ax


def _coloured(ax: Axes, xy: Any, values: Sequence[Any], name: str, size: float) -> None:
    scale = _scale(values)
    if scale is None:
        _by_kind(ax, xy, values, name, size)
        return
    known = np.isfinite(scale)
    _dots(ax, xy[~known], s=size, color=_OTHERS, alpha=0.4)
    points = _dots(ax, xy[known], s=size, c=scale[known], cmap="cividis")
    bar = ax.figure.colorbar(points, ax=ax, label=name)
    if any(isinstance(value, datetime) for value in values):
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415  # few have it

        bar.locator = AutoDateLocator()  # type: ignore[no-untyped-call]
        bar.formatter = ConciseDateFormatter(bar.locator)  # type: ignore[no-untyped-call]
        bar.update_ticks()


def _scale(values: Sequence[Any]) -> Any:
    """Give values as numbers of a scale, NaN where there is none; None where they are kinds."""
    there = [value for value in values if value is not None]
    if there and all(isinstance(value, datetime) for value in there):
        return np.array([np.nan if one is None else _days(one) for one in values], dtype=float)
    are_numbers = all(isinstance(one, int | float) and type(one) is not bool for one in there)
    if not are_numbers or len(set(there)) <= len(COLOURS):  # as few as kinds have
        return None
    return np.array([np.nan if one is None else _float(one) for one in values], dtype=float)


def _days(time: datetime) -> float:
    """Give a time as matplotlib has it: days since 1970."""
    moment = time if time.tzinfo else time.replace(tzinfo=UTC)
    return (moment - _EPOCH).total_seconds() / 86_400


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:  # an integer beyond what a float holds
        return float("nan")


def _by_kind(ax: Axes, xy: Any, values: Sequence[Any], name: str, size: float) -> None:
    # an array is its elements together, in its order; 1, True and "1" are three kinds
    kinds = [
        None if value is None else (type(value).__name__, short.value(value)) for value in values
    ]
    counts = Counter(kind for kind in kinds if kind is not None)
    shown = [kind for kind, _ in counts.most_common(len(COLOURS))]
    of = {kind: value for kind, value in zip(kinds, values, strict=True) if kind in shown}
    place = np.array(
        [shown.index(kind) if kind in of and kind else -1 for kind in kinds], dtype=int
    )
    if (place < 0).any():
        rest = "others" if len(counts) > len(shown) else "none"
        _dots(ax, xy[place < 0], s=size, color=_OTHERS, alpha=0.4, label=f"({rest})")
    for number, kind in enumerate(shown):
        style = {"color": COLOURS[number], "marker": MARKS[number]}
        label = f"{name}: {label_of(of[kind])}"
        _dots(ax, xy[place == number], s=size, alpha=0.8, label=label, **style)


def _dots(ax: Axes, xy: Any, **style: Any) -> Any:
    return ax.scatter(xy[:, 0], xy[:, 1], **{"linewidths": 0, **style})
