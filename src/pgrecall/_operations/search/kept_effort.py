"""What a collection's settings say of its index's effort, as far as it can be read.

Clients of several versions write them, and hands. What a later one says otherwise, and what is no
number that an index could have, counts as never measured.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from pgrecall._cache import BoundedCache
from pgrecall._operations.search.pin import MANY_ROWS, Pin
from pgrecall._values.kept_numbers import (
    ABOVE_ZERO,
    MOST_ROWS,
    number,
    number_of,
    pairs,
    whole,
    whole_of,
)
from pgrecall.indexes import MAX_LISTS, IvfFlat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall.indexes import Index

MOST_LIMIT = 10_000
"""The greatest limit at which an effort is measured."""
_MOST = MAX_LISTS
"""The greatest effort of any index; no factor is greater, nor less than one divided by it."""
_WANTED = 100 * _MOST
"""What a target that no effort meets is taken to need, at most."""
_NARROWEST = 1e-6
_END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


class _Read(NamedTuple):
    told: dict[str, Any]
    of: tuple[object, object]
    pin: Pin | None


_READ: BoundedCache[int, _Read] = BoundedCache(1 << 20)
"""A search asks several times: what was read of a document is kept as long as it is the same."""


def pinned(settings: Mapping[str, Any], index: Index | None) -> Pin | None:
    """Read what was measured; None where nothing was, or an effort was pinned otherwise since."""
    told = settings.get("measured")
    effort = settings.get(_key(index))
    if effort is None or not isinstance(told, dict) or told.get("effort") != effort:
        return None
    of = (effort, settings.get("tuned_k"))
    kept = _READ.get(id(told))
    # who keeps it keeps its number from any other
    if kept is None or kept.told is not told or kept.of != of:
        kept = _READ.put(id(told), _Read(told, of, _read(told, *of)))
    return kept.pin


def _read(told: Mapping[str, Any], effort: object, tuned_k: object) -> Pin | None:
    try:
        of, limit = whole(effort, 1, _MOST), whole(tuned_k, 1, MOST_LIMIT)
        wider = pairs(told["limits"], (limit + 1, MOST_LIMIT), (1, _WANTED))
        narrower = pairs(told["shares"], (_NARROWEST, 1), (1 / _MOST, _WANTED))
        around = _around(told)
        return Pin(
            number(told["target"], ABOVE_ZERO, 1),
            number(told["recall"], 0, 1),
            of,
            limit,
            number(told["rows"], 0, MOST_ROWS),
            number(told["at"], 0, _END_OF_TIME),
            whole(told["sample"], 0, MOST_ROWS),
            number(told["ease"], 1 / _MOST, _MOST),
            # more rows take no less effort, which is rounded up
            tuple((int(many), max(of - 1.0, more)) for many, more in sorted(wider)),
            tuple(sorted(narrower, reverse=True)),
            told.get("reranked") is True,
            told.get("hurried") is True or _is_of_an_older_one(told),
            number(told.get("filled", 1.0), 0, 1),
            around,
        )
    except (KeyError, ValueError):
        return None


def _around(told: Mapping[str, Any]) -> tuple[int, float] | None:
    """Read how far around rows questions were drawn; None where they were not."""
    kept = told.get("around", [])
    if kept == []:
        return None
    [(reach, stretch)] = pairs([kept], (1, _MOST), (1 / _MOST, _MOST))
    return int(reach), stretch


def _is_of_an_older_one(told: Mapping[str, Any]) -> bool:
    """Tell whether a client measured it that mirrors rows, however many there are."""
    is_older = "around" not in told and told.get("reranked") is not True
    return is_older and number(told["rows"], 0, MOST_ROWS) >= MANY_ROWS


def effort_of(settings: Mapping[str, Any], index: Index | None) -> int | None:
    """Read the effort, whoever pinned it; None where none was."""
    return whole_of(settings, _key(index), 1, _MOST)


def is_older(settings: Mapping[str, Any]) -> bool:
    """Tell whether an older client's ``tune`` pinned an effort.

    It says it without a document, or leaves that of another effort.
    """
    told = settings.get("measured")
    found = [whole_of(settings, key, 1, _MOST) for key in ("ef_search", "probes")]
    kept = [one for one in found if one is not None]
    return bool(kept) and (not isinstance(told, dict) or told.get("effort") not in kept)


def limit_of(settings: Mapping[str, Any]) -> int:
    """Read for how many rows the effort is; 0 where that is not known."""
    return whole_of(settings, "tuned_k", 1, MOST_LIMIT) or 0


def lists_of(settings: Mapping[str, Any]) -> int | None:
    """Read how many lists an IVFFlat index has; None where nobody built one."""
    return whole_of(settings, "lists", 1, MAX_LISTS)


def tuned_target(settings: Mapping[str, Any]) -> float | None:
    """Read what ``tune`` was asked for; None where it was not."""
    return number_of(settings, "tuned_target", ABOVE_ZERO, 1)


def factor_of(told: Mapping[str, Any]) -> float | None:
    """Read how much more effort a caller's own questions take; None where that is not known."""
    return number_of(told, "factor", 1 / _MOST, _MOST)


def _key(index: Index | None) -> str:
    return "probes" if isinstance(index, IvfFlat) else "ef_search"
