"""Which indexes of an adopted table serve searches of it, and how these have to be written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrecall.indexes import Hnsw, IvfFlat

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pgrecall._statements.adopted.described import Relation, VectorIndex
    from pgrecall.indexes import Index
    from pgrecall.models import Metric

_M, _CONSTRUCTION, _LISTS = 16, 64, 100  # pgvector's, where nothing is said

_OPCLASS = re.compile(r"(vector|halfvec)_(cosine|l2|ip|l1)_ops")
_CAST = re.compile(r"\((.+)\)::([^()]+)\(([0-9]+)\)", re.DOTALL)
_CALL = re.compile(r'(?:.+\.)?"?binary_quantize"?\((.+)\)', re.DOTALL)
_QUOTED = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'')


@dataclass(frozen=True, slots=True)
class Serving:
    """An index that serves.

    Attributes:
        index: What it is.
        name: Its name.
        metric: What it compares by; None of one over bits, which serves all.
        embedding: The vector as the index has it, where that is not the column alone.
        is_partial: Whether it is of the rows alone that have a vector.
        schema: Its schema, where it is of a table that the adopted view reads.
    """

    index: Index
    name: str
    metric: str | None
    embedding: str | None
    is_partial: bool
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class Vectors:
    """The vectors of a table.

    Attributes:
        column: Their column.
        storage: ``vector`` or ``halfvec``; of an array what it is read as.
        dimensions: How long they are.
        is_plain: Whether the column alone is of that type and length.
    """

    column: str
    storage: str
    dimensions: int
    is_plain: bool


def best_index(relation: Relation, vectors: Vectors, metric: Metric | str) -> Serving | None:
    """Give the index that serves searches by a metric best, if one does."""
    found = [
        one for one in serving(relation, vectors) if one.metric is None or one.metric == str(metric)
    ]
    return min(found, key=_rank, default=None)


def metric_of(relation: Relation, vectors: Vectors) -> str | None:
    """Give the metric that an index is of: cosine, where several are of several."""
    found = [one.metric for one in sorted(serving(relation, vectors), key=_rank) if one.metric]
    return "cosine" if "cosine" in found else next(iter(found), None)


def serving(relation: Relation, vectors: Vectors) -> list[Serving]:
    """Give the indexes that serve, by any metric."""
    if not relation.indexes_cover:
        return []
    found = (_serving(one, vectors) for one in relation.vectors)
    return [one for one in found if one is not None]


def tokens_index(relation: Relation, text: Iterable[str], configuration: str) -> str | None:
    """Give the expression of an index whose tsvectors are of a text, by a configuration."""
    if not relation.indexes_cover:
        return None
    for one in relation.tokens:
        is_expression = unquoted(one.definition) not in relation.columns
        if is_expression and one.uses == set(text) and len(one.configurations) == 1:
            [named] = one.configurations
            # as the catalog writes it: with its schema, unless that is PostgreSQL's own
            if named == configuration or named.rpartition(".")[2] == configuration:
                return one.definition
    return None


def _rank(one: Serving) -> tuple[int, bool, int, str]:
    if isinstance(one.index, IvfFlat):
        return 3, one.is_partial, 0, one.name
    kind = [None, "half", "binary"].index(one.index.quantization)
    return kind, one.is_partial, -one.index.m, one.name


def _serving(one: VectorIndex, vectors: Vectors) -> Serving | None:
    bare = one.type.rpartition(".")[2].strip('"')
    if one.modifier != vectors.dimensions:
        return None
    metric = _OPCLASS.fullmatch(one.opclass)
    if bare == vectors.storage and metric is not None:
        quantization, inner = None, one.definition
    elif one.method == "hnsw" and bare == "halfvec" and metric is not None:
        quantization, inner = "half", _cast(one.definition)
    elif one.method == "hnsw" and one.opclass == "bit_hamming_ops":
        called = _CALL.fullmatch(stripped(_cast(one.definition)))
        quantization, inner = "binary", called[1] if called else ""
    else:
        return None
    embedding = _embedding(inner, vectors)
    if embedding is None or not _is_of_all(one, vectors, embedding):
        return None
    index = index_of(one.method, one.options, quantization)
    named = None if quantization == "binary" or metric is None else metric[2]
    return Serving(index, one.name, named, embedding or None, one.predicate is not None)


def index_of(method: str, options: Mapping[str, str], quantization: str | None) -> Index:
    """Give an index by what the catalog says of it.

    Args:
        method: ``hnsw`` or ``ivfflat``.
        options: What it was built with, where that was said.
        quantization: As ``Hnsw`` has it.
    """
    if method == "ivfflat":
        return IvfFlat(int(options.get("lists", _LISTS)))
    return Hnsw(
        int(options.get("m", _M)),
        int(options.get("ef_construction", _CONSTRUCTION)),
        quantization,  # type: ignore[arg-type]  # one of those that it can have
    )


def _embedding(expression: str, vectors: Vectors) -> str | None:
    """Give the vector as an expression has it: empty where it is the column; None of others."""
    expression = stripped(expression)
    if unquoted(expression) == vectors.column:
        return "" if vectors.is_plain else None
    cast = _CAST.fullmatch(expression)
    is_one = (
        cast is not None
        and unquoted(stripped(cast[1])) == vectors.column
        and cast[2].rpartition(".")[2].strip('"') == vectors.storage
        and int(cast[3]) == vectors.dimensions
    )
    return f"({expression})" if is_one else None


def _is_of_all(one: VectorIndex, vectors: Vectors, embedding: str) -> bool:
    """Tell whether every vector is in it: searches ask for what is not NULL."""
    if one.predicate is None:
        return True
    asked = stripped(one.predicate).removesuffix(" IS NOT NULL")
    return not embedding and asked != one.predicate and unquoted(stripped(asked)) == vectors.column


def _cast(expression: str) -> str:
    cast = _CAST.fullmatch(stripped(expression))
    return cast[1] if cast else ""


def stripped(expression: str) -> str:
    """Take off the parentheses that an expression stands in as a whole."""
    expression = expression.strip()
    while expression.startswith("(") and _closes_at_end(expression):
        expression = expression[1:-1].strip()
    return expression


def _closes_at_end(expression: str) -> bool:
    depth = 0
    masked = _QUOTED.sub(lambda quoted: "x" * len(quoted[0]), expression)
    for place, letter in enumerate(masked):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return place == len(masked) - 1
    return False


def unquoted(name: str) -> str:
    """Give the name that SQL writes so."""
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        return name[1:-1].replace('""', '"')
    return name
