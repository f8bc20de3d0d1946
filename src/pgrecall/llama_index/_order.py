"""The order of keys, which jsonb does not keep and LlamaIndex's texts and hashes depend on."""

from __future__ import annotations

from typing import Any

from pgrecall._cache import cached


@cached(1 << 20)
def is_ordered(keys: tuple[str, ...]) -> bool:
    """Tell whether keys stand in the order in which jsonb keeps and gives them."""
    encoded = [key.encode(errors="surrogatepass") for key in keys]
    return encoded == sorted(encoded, key=lambda key: (len(key), key))


def order_of(value: Any) -> Any:
    """Give the order of a value's keys as nested keys; 0 where it is jsonb's own.

    The value nests no deeper than what is stored may.
    """
    if isinstance(value, dict):
        inner = {key: order_of(one) for key, one in value.items()}
        keys = tuple(key for key in value if isinstance(key, str))
        return inner if any(inner.values()) or not is_ordered(keys) else 0
    if isinstance(value, list):
        places = [order_of(one) for one in value]
        return places if any(places) else 0
    return 0


def in_order(value: Any, order: Any) -> Any:
    """Bring keys into the order noted, itself read from JSON text; others stand last.

    What was stored by others may nest at any depth: there is no call within a call.
    """
    result = [value]
    waiting: list[tuple[Any, Any, Any]] = [(result, 0, order)]
    while waiting:
        holder, place, noted = waiting.pop()
        one = holder[place]
        if isinstance(noted, dict) and isinstance(one, dict):
            known = {key: one[key] for key in noted if key in one}
            holder[place] = known | {key: inner for key, inner in one.items() if key not in known}
            waiting += [(holder[place], key, noted[key]) for key in known if noted[key]]
        elif isinstance(noted, list) and isinstance(one, list) and len(noted) == len(one):
            holder[place] = list(one)
            waiting += [(holder[place], number, inner) for number, inner in enumerate(noted)]
    return result[0]
