"""The Python that gives the same answer, to be copied."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from pgrecall.boosts import Boost, Decay
from pgrecall.filters import And, Condition, Not, Or
from pgrecall.fusion import Rrf, WeightedSum

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall.ui.asking.asked import Asked
    from pgrecall.ui.place import Embedder, Place

VERBS = {"vector": "search", "text": "search_text", "hybrid": "search_hybrid"}
"""The store's verb for each way of searching."""

_NAMED = (Boost, Decay, And, Condition, Not, Or, Rrf, WeightedSum)
_LONG = 80  # characters of a line that is not broken


def keywords(asked: Asked, way: str) -> dict[str, Any]:
    """Give the options of one way of searching."""
    given = dict(asked.options)
    if way != "text":
        given |= asked.by_vector
    if way == "hybrid" and asked.fusion is not None:
        given["fusion"] = asked.fusion
    if way == "vector" and "rerank" in given:
        given["rerank_text"] = asked.question
    return given


def call_text(
    place: Place, collection: str, asked: Asked, way: str, embedder: Embedder | None
) -> str:
    """Write the program whose ``matches`` are what one way of searching found."""
    given = keywords(asked, way)
    imports = {*place.opening.imports}
    values = list(_values(list(given.values())))
    if names := {type(value).__name__ for value in values}:
        # one line has what the package has
        imports = {line for line in imports if not line.startswith("from pgrecall import ")}
        imports.add(f"from pgrecall import {', '.join(sorted({*names, 'Store'}))}")
    if any("datetime." in repr(value) for value in values):
        imports.add("import datetime")
    lines = [f"question = {asked.question!r}"]
    if way != "text" and embedder is not None:
        imports |= set(embedder.python.imports)
        lines.append(f"vector = {embedder.python.call}")
    if "rerank" in given and place.reranker is not None:
        imports |= set(place.reranker.python.imports)
    words = _arguments(place, collection, way, given)
    body = ",\n".join(textwrap.indent(word, " " * 8) for word in words)
    lines += [
        f"with {place.opening.call} as store:",
        f"    matches = store.{VERBS[way]}(\n{body},\n    )",
    ]
    first = sorted(imports, key=lambda line: (line.startswith("from"), line))
    return "\n".join([*first, "", *lines, ""])


def _arguments(place: Place, collection: str, way: str, given: dict[str, Any]) -> Iterator[str]:
    yield repr(place.tenant)
    yield repr(collection)
    if way != "text":
        yield "vector"
    if way != "vector":
        yield "question"
    for name, value in given.items():
        if name == "rerank":
            yield f"rerank={place.reranker.python.call if place.reranker else 'rerank'}"
        elif name == "rerank_text":
            yield "rerank_text=question"
        else:
            yield f"{name}={_written(value)}"


def _written(value: object) -> str:
    """Write a value, a long list or mapping over several lines."""
    plain = repr(value)
    if len(plain) <= _LONG:
        return plain
    if isinstance(value, list) and value:
        inner = ",\n".join(textwrap.indent(_written(one), "    ") for one in value)
        return f"[\n{inner},\n]"
    if isinstance(value, dict) and value:
        pairs = (f"{key!r}: {_written(one)}" for key, one in value.items())
        return "{\n" + ",\n".join(textwrap.indent(pair, "    ") for pair in pairs) + ",\n}"
    return plain


def _values(found: Any) -> Iterator[Any]:
    """Give what stands in options and has a name of the package."""
    if isinstance(found, list | tuple):
        for one in found:
            yield from _values(one)
    elif isinstance(found, dict):
        yield from _values(list(found.values()))
    elif isinstance(found, _NAMED):
        yield found
        for name in ("filter", "parts", "part"):
            yield from _values(getattr(found, name, None))
