"""The order of keys, which jsonb does not keep and LlamaIndex's texts and hashes depend on."""

from __future__ import annotations

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1_000)
def is_ordered(keys: tuple[str, ...]) -> bool:
    """Tell whether keys stand in the order in which jsonb keeps and gives them."""
    encoded = [key.encode(errors="surrogatepass") for key in keys]
    return encoded == sorted(encoded, key=lambda key: (len(key), key))


def order_of(value: Any) -> Any:
    """Give the order of a value's keys as nested keys; 0 where it is jsonb's own."""
    if isinstance(value, dict):
        inner = {key: order_of(one) for key, one in value.items()}
        keys = tuple(key for key in value if isinstance(key, str))
        return inner if any(inner.values()) or not is_ordered(keys) else 0
    if isinstance(value, list):
        places = [order_of(one) for one in value]
        return places if any(places) else 0
    return 0


def in_order(value: Any, order: Any) -> Any:
    """Bring keys into the order noted, itself read from JSON text; others stand last."""
    if isinstance(order, dict) and isinstance(value, dict):
        known = {key: in_order(value[key], inner) for key, inner in order.items() if key in value}
        return known | {key: one for key, one in value.items() if key not in known}
    if isinstance(order, list) and isinstance(value, list) and len(order) == len(value):
        return [in_order(one, inner) for one, inner in zip(value, order, strict=True)]
    return value
