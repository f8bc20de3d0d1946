"""What LangGraph's ``IndexConfig`` says, ``PostgresStore``'s keys among it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pgrecall._values.said import UNSAID
from pgrecall.errors import InvalidArgumentError
from pgrecall.indexes import Hnsw, IvfFlat

if TYPE_CHECKING:
    from pgrecall.indexes import Index
    from pgrecall.models import Metric

_METRICS = {"cosine": "cosine", "l2": "l2", "inner_product": "ip"}
_STORAGES = ("vector", "halfvec")
_KEYS = ("dims", "embed", "fields", "distance_type", "ann_index_config")
_OF_KIND = {
    "hnsw": {"m": "m", "ef_construction": "ef_construction"},
    "ivfflat": {"lists": "lists", "nlist": "lists"},
    "flat": {},
}


class Layout(NamedTuple):
    """How the vectors are kept, as far as it is said."""

    metric: Metric | str | None
    vector_index: Index | None
    storage: str


def layout_of(
    config: Mapping[str, Any] | None, metric: Metric | str | None, index: Index | None
) -> Layout:
    """Read ``distance_type`` and ``ann_index_config``, which ``PostgresStore`` has too.

    Args:
        config: The ``IndexConfig``; keys that begin with ``__`` are LangGraph's own notes.
        metric: What the caller says beside it, or None.
        index: The same, or ``UNSAID``.

    Raises:
        InvalidArgumentError: A key or a value is unknown, or the two say different things.
    """
    config = config or {}
    for key in config:
        if key not in _KEYS and not key.startswith("__"):
            raise InvalidArgumentError(f"index has no {key!r}: it takes {', '.join(_KEYS)}")
    said: str | None = None
    if (distance := config.get("distance_type")) is not None:
        said = _METRICS[_one_of("distance_type", distance, _METRICS)]
        if metric is not None and metric != said:
            msg = f"index says distance_type={distance!r}, and metric={metric!r} says another"
            raise InvalidArgumentError(msg)
    ann = dict(config.get("ann_index_config") or {})
    storage = _one_of("vector_type", ann.pop("vector_type", "vector"), _STORAGES)
    kept = storage if "vector_type" in (config.get("ann_index_config") or {}) else UNSAID
    if not ann:
        return Layout(metric or said, index, kept)
    if index is not UNSAID:
        msg = f"index says ann_index_config={ann!r}: give either that or vector_index"
        raise InvalidArgumentError(msg)
    return Layout(metric or said, _index_of(ann), kept)


def _index_of(ann: dict[str, Any]) -> Index | None:
    kind = _one_of("kind", ann.pop("kind", "hnsw"), _OF_KIND)
    names = _OF_KIND[kind]
    for name in ann:
        if name not in names:
            takes = ", ".join(["kind", "vector_type", *names])
            msg = f"ann_index_config of kind {kind!r} has no {name!r}: it takes {takes}"
            raise InvalidArgumentError(msg)
    arguments = {names[name]: value for name, value in ann.items()}
    if kind == "flat":
        return None
    return Hnsw(**arguments) if kind == "hnsw" else IvfFlat(**arguments)


def _one_of(what: str, value: object, known: Any) -> str:
    if not isinstance(value, str) or value not in known:
        msg = f"{what} must be one of {', '.join(map(repr, known))}, not {value!r}"
        raise InvalidArgumentError(msg)
    return value
