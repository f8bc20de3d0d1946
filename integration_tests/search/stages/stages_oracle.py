"""What boosts, a least score, groups and pages make of a ranking, in plain Python."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pgrecall import Boost, Decay, Item, Match

DIMENSIONS = 6
WORDS = "apple bolt crane drum eagle flute grape hinge iron jade kite lemon".split()
QUERY = np.random.default_rng(11).standard_normal(DIMENSIONS).astype(np.float32)
TEXT = "the lemon on a kite of jade"
VALUES: tuple[Any, ...] = ("a", "b", "c", "1", 1, 1.0, True, None, [1], {"x": 1}, "ä %s")


def made_items(count: int, seed: int = 5) -> list[Item]:
    """Make items with ties, groups of many sizes, and values of every type or none."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(count):
        vector = np.round(random.standard_normal(DIMENSIONS), 1).astype(np.float32)
        if number % 7 == 0 and made:
            vector = made[-1].vector  # ties
        words = " ".join(random.choice(WORDS, size=random.integers(3, 12)))
        metadata: dict[str, Any] = {"n": number, "at": {"page": float(random.integers(0, 40))}}
        value = VALUES[random.integers(0, len(VALUES))] if number % 3 else f"doc {number % 50}"
        if number % 11:
            metadata["doc"] = value
        if number % 13 == 0:
            metadata["at"] = "nowhere"
        made.append(Item(f"{number:04d}", vector, words, metadata))
    return made


@dataclass
class Asked:
    """What is asked, as the search's keywords are."""

    limit: int = 10
    offset: int = 0
    min_score: float | None = None
    group_by: Any = None
    per_group: int = 1
    boosts: Sequence[Any] = ()
    candidates: int | None = None

    @property
    def keywords(self) -> dict[str, Any]:
        return dict(vars(self))


def group_key(match: Match, field: Any) -> tuple[Any, ...]:
    value: Any = match.metadata
    for key in (field,) if isinstance(field, str) else field:
        value = value.get(key) if isinstance(value, dict) else None
    if value is None:
        return ("id", match.id)
    return (isinstance(value, bool), json.dumps(value if value != 1 else int(value)))


def number_of(match: Match, field: Any) -> float | None:
    value: Any = match.metadata
    for key in (field,) if isinstance(field, str) else field:
        value = value.get(key) if isinstance(value, dict) else None
    return None if isinstance(value, bool) or not isinstance(value, int | float) else value


def factor(boost: Any, match: Match, holds: Callable[[Match], bool]) -> float:
    if isinstance(boost, Boost):
        return boost.factor if holds(match) else 1.0
    assert isinstance(boost, Decay)
    value = number_of(match, boost.field)
    if value is None:
        return boost.floor
    return max(boost.floor, 0.5 ** (abs(value - boost.origin) / boost.half_life))


def relevance(match: Match, kind: str, metric: str) -> float:
    if kind == "hybrid":
        return match.score
    if kind == "text":
        return match.score / (match.score + 12)
    assert match.distance is not None
    if metric == "cosine":
        return max(0.0, 1 - match.distance)
    if metric == "ip":
        return 1 / (1 + math.exp(match.distance))
    return 1 / (1 + match.distance)


def groups_of(ranked: Sequence[Any], asked: Asked) -> list[list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for one in ranked:
        groups.setdefault(group_key(one[0], asked.group_by), []).append(one)
    return [members[: asked.per_group] for members in groups.values()]


def up_to_groups(ranked: Sequence[Any], asked: Asked, pool: int) -> list[Any]:
    """Give the rows of a ranking that make so many groups."""
    seen: set[Any] = set()
    found = []
    for one in ranked:
        seen.add(group_key(one[0], asked.group_by))
        if len(seen) > pool:
            break
        found.append(one)
    return found


def expected(
    everything: Sequence[Match],
    asked: Asked,
    *,
    kind: str,
    metric: str = "cosine",
    holds: Callable[[Match], bool] = lambda _: True,
) -> list[tuple[str, float]]:
    """Give the ids and scores of a search, of all that match in the order of a plain one."""
    ranked: list[tuple[Match, float]] = [(match, match.score) for match in everything]
    if asked.boosts:
        pool = asked.candidates or max(100, 10 * (asked.offset + asked.limit))
        if asked.group_by is not None:
            ranked = up_to_groups(ranked, asked, pool)
        elif kind != "hybrid":
            ranked = ranked[:pool]
        ranked = [
            (
                match,
                relevance(match, kind, metric)
                * math.prod(factor(boost, match, holds) for boost in asked.boosts),
            )
            for match, _ in ranked
        ]
        ranked.sort(key=lambda one: (-one[1], one[0].id))
    if asked.min_score is not None:
        ranked = [one for one in ranked if one[1] >= asked.min_score]
    if asked.group_by is not None:
        groups = groups_of(ranked, asked)[asked.offset :][: asked.limit]
        page = [one for group in groups for one in group]
    else:
        page = ranked[asked.offset :][: asked.limit]
    return [(match.id, score) for match, score in page]
