"""Where a map's items, a question and its hits are on the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall.ui.drawing.groups import Look, looks_of
from pgrecall.ui.rendering import link, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pgrecall.models import CollectionMap

WIDTH, MOST_HEIGHT, LEAST_HEIGHT, EDGE = 640.0, 460.0, 220.0, 18.0
_NOTHING = 1e-290  # what is less has no room's share of it
_TITLE = 80  # characters of a name, or a value


@dataclass(frozen=True, slots=True)
class Point:
    """An item on the page.

    Attributes:
        x: From the left.
        y: From the top.
        address: Of its own page.
        title: Its id and value, in a line.
    """

    x: float
    y: float
    address: str
    title: str


@dataclass(frozen=True, slots=True)
class Group:
    """Items that look alike.

    Attributes:
        look: What they look like.
        points: Where they are.
        centre: The mean of their places on the map, in the map's own numbers, to hundredths.
        spread: The mean distance from there.
    """

    look: Look
    points: Sequence[Point]
    centre: tuple[float, float]
    spread: float


@dataclass(frozen=True, slots=True)
class Plane:
    """A map on the page.

    Attributes:
        width: Of the drawing.
        height: Of the drawing.
        groups: The items, by what they look like.
        question: Where the question is; None where it has no vector, or none was asked.
        hits: Where each hit is; None of one without a vector.
        count: Items that are drawn.
    """

    width: float
    height: float
    groups: Sequence[Group]
    question: tuple[float, float] | None
    hits: Sequence[tuple[float, float] | None]
    count: int


def plane_of(
    found: CollectionMap, question: NDArray[np.float64] | None, hits: Sequence[Any]
) -> Plane:
    """Lay a map out on the page, all of it with one scale: distances stay what they are.

    Args:
        found: The map.
        question: Where the question is on it.
        hits: Where each hit is on it, None of one without a vector.
    """
    looks, places = looks_of(found.values, len(found))
    drawn = [found.xy.reshape(-1, 2)]
    drawn += [np.reshape(one, (1, 2)) for one in (question, *hits) if one is not None]
    everything = np.concatenate(drawn)
    if not len(everything):
        everything = np.zeros((1, 2))
    low, high = everything.min(axis=0), everything.max(axis=0)
    extent, room = high - low, np.array([WIDTH, MOST_HEIGHT]) - 2 * EDGE
    varies = extent > _NOTHING
    scale = float(np.min(room[varies] / extent[varies])) if varies.any() else 0.0
    height = float(np.clip(extent[1] * scale + 2 * EDGE, LEAST_HEIGHT, MOST_HEIGHT))
    middle = low + extent / 2

    def on_page(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        # up is up: a page counts downwards
        placed: NDArray[np.float64] = (xy - middle) * scale * (1, -1) + (WIDTH / 2, height / 2)
        return placed.round(1)

    return Plane(
        width=WIDTH,
        height=round(height, 1),
        groups=_groups(found, looks, np.array(places, dtype=int), on_page(found.xy)),
        question=None if question is None else _pair(on_page(question)),
        hits=[None if hit is None else _pair(on_page(hit)) for hit in hits],
        count=len(found),
    )


def _groups(
    found: CollectionMap, looks: Sequence[Look], places: NDArray[np.int_], page: NDArray[np.float64]
) -> list[Group]:
    groups = []
    for number, look in enumerate(looks):
        chosen = np.flatnonzero(places == number)
        own = found.xy[chosen]
        centre = own.mean(axis=0) if len(own) else np.zeros(2)
        spread = float(np.linalg.norm(own - centre, axis=1).mean()) if len(own) else 0.0
        points = [
            Point(
                *_pair(page[n]),
                link("/item", c=found.collection, id=found.ids[n]),
                _title(found, n),
            )
            for n in chosen.tolist()
        ]
        groups.append(Group(look, points, _pair(centre.round(2) + 0.0), spread))  # no -0.0
    return groups


def _title(found: CollectionMap, place: int) -> str:
    named = plain(found.ids[place], _TITLE)
    if found.values is None:
        return named
    value = found.values[place]
    return f"{named}: {'nothing there' if value is None else plain(value, _TITLE)}"


def _pair(xy: NDArray[np.float64]) -> tuple[float, float]:
    x, y = xy.tolist()
    return x, y
