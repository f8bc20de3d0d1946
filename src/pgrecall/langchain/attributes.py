"""What a SelfQueryRetriever tells its model of a collection's metadata."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from pgrecall._extras import needs
from pgrecall._operations.context import resolve
from pgrecall._operations.items.explore import describe_fields
from pgrecall.models import Field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_classic.chains.query_constructor.schema import AttributeInfo

    from pgrecall._operations.work import Operation
    from pgrecall.langchain.vector_store import PgRecallVectorStore

_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_KINDS: dict[str, Callable[[Any], object]] = {
    "boolean": lambda one: isinstance(one, bool),
    "integer": lambda one: isinstance(one, int),
    "float": lambda one: isinstance(one, int | float),
    "date": lambda one: isinstance(one, str) and _DATE.match(one),
    "datetime": lambda one: isinstance(one, str) and _TIME.match(one),
    "string": lambda one: isinstance(one, str),
}
"""What LangChain calls the type of values of which this is true: the first that fits."""
_PLAIN = {"text": "string", "boolean": "boolean", "number": "float"}


def attribute_info(
    store: PgRecallVectorStore,
    *,
    descriptions: Mapping[str, str] | None = None,
    sample: int = 10_000,
) -> list[AttributeInfo]:
    """Describe a vector store's metadata for ``SelfQueryRetriever``, from what is stored.

    Args:
        store: The vector store.
        descriptions: What keys mean, in words for the model; those that are not here are told with
            the share of documents that have them, and all with examples.
        sample: Documents to look at, drawn at random.

    Returns:
        An ``AttributeInfo`` for each metadata key, those that most documents have first. Its type
        is the one that the collection declares in its ``fields``, else what its values are. Keys of
        nested objects are left out: a structured query cannot name them. None where there is no
        collection yet.

    Raises:
        InvalidArgumentError: ``sample`` cannot be used.
        ImportError: ``langchain-classic``, which has ``SelfQueryRetriever``, is not installed.
    """
    fields, declared = store._pair.run(_fields(store, sample))  # noqa: SLF001  # ours
    return _infos(fields, declared, descriptions)


async def aattribute_info(
    store: PgRecallVectorStore,
    *,
    descriptions: Mapping[str, str] | None = None,
    sample: int = 10_000,
) -> list[AttributeInfo]:
    """Describe a vector store's metadata for ``SelfQueryRetriever``, from what is stored.

    Args:
        store: As ``attribute_info``.
        descriptions: As ``attribute_info``.
        sample: As ``attribute_info``.

    Returns:
        As ``attribute_info``.

    Raises:
        InvalidArgumentError: ``sample`` cannot be used.
        ImportError: ``langchain-classic``, which has ``SelfQueryRetriever``, is not installed.
    """
    fields, declared = await store._pair.arun(_fields(store, sample))  # noqa: SLF001  # ours
    return _infos(fields, declared, descriptions)


_Found: TypeAlias = tuple[list[Field], Mapping[str, str]]
"""The fields that documents have, and the types of those that the collection declares."""


def _fields(store: PgRecallVectorStore, sample: int) -> Operation[_Found]:
    collection = store._collection  # noqa: SLF001  # ours
    nothing: _Found = ([], {})

    def read() -> Operation[_Found]:
        found = yield from describe_fields(*collection.place, sample=sample)
        stored = yield from resolve(*collection.place)
        return found, stored.fields

    return collection.reading(read, missing=nothing)


def _infos(
    fields: Sequence[Field], declared: Mapping[str, str], descriptions: Mapping[str, str] | None
) -> list[AttributeInfo]:
    try:
        from langchain_classic.chains.query_constructor.schema import (  # noqa: PLC0415  # only here
            AttributeInfo,
        )
    except ImportError as error:
        what = "pgrecall.langchain.attribute_info"
        raise ImportError(needs(what, "langchain-classic", "langchain-classic")) from error
    known = descriptions or {}
    return [
        AttributeInfo(
            name=field.path[0], type=kind, description=_description(field, known.get(field.path[0]))
        )
        for field in fields
        if len(field.path) == 1 and (kind := _type(field, declared.get(field.path[0]))) is not None
    ]


def _type(field: Field, declared: str | None) -> str | None:
    """Name a type as prompts of LangChain do; None for what has no values to compare."""
    if declared in ("datetime", "boolean"):
        return declared
    kinds = [kind for kind in field.types if kind != "null"]
    if not kinds or kinds[0] == "object":
        return None
    if kinds[0] == "array":
        kind = _type_of(field.examples)
        return "list" if kind is None else f"list[{kind}]"
    if kinds[0] == "boolean" or len(kinds) > 1:
        # its examples are of several types
        return _PLAIN[kinds[0]]
    return _type_of(field.examples) or _PLAIN[kinds[0]]


def _type_of(examples: Sequence[object]) -> str | None:
    for kind, is_of in _KINDS.items():
        if examples and all(map(is_of, examples)):
            return kind
    return None


def _description(field: Field, known: str | None) -> str:
    told = known or f"{field.share:.0%} of the documents have it"
    shown = ", ".join(repr(one) for one in field.examples)
    return f"{told}; for example {shown}" if shown else told
