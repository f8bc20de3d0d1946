"""Check what a collection is asked to be, and whether one that exists is that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, get_args

from pgrecall._operations.collections.fields import FIELDS, KINDS, Kind
from pgrecall._operations.context import check_names
from pgrecall._statements.collections.declared import MOST_RANKED_BY
from pgrecall._statements.layout import MAX_IDENTIFIER_BYTES, own_table_name
from pgrecall._values.numbers import checked_between, checked_share, whole_number
from pgrecall._values.said import said_of
from pgrecall._values.strings import check_name
from pgrecall.errors import ALTER_COLLECTION, CollectionConflictError, InvalidArgumentError
from pgrecall.indexes import (
    Hot,
    Index,
    TextIndex,
    check_hot,
    check_index,
    checked_hot,
    hot_of,
    kinds_of,
    settled_index,
)
from pgrecall.languages import ByField
from pgrecall.models import Collection, Metric

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._statements.layout import Stored

MAX_DIMENSIONS = 16_000
"""pgvector's limit for vector and halfvec columns."""

MAX_QUALIFIED_BYTES = 4 * MAX_IDENTIFIER_BYTES + 5
"""A schema's and a table's name, where each letter of both is a quote that is written twice."""

_MAX_CONFIGURATION_BYTES = MAX_IDENTIFIER_BYTES * 2  # with a schema


def checked(context: Context, tenant: str, collection: Collection) -> Collection:
    """Settle what a collection is asked to be; asks no server.

    Raises:
        InvalidArgumentError: A field cannot be used.
    """
    if not isinstance(collection, Collection):
        msg = f"collection must be a pgrecall.Collection, not {type(collection).__name__}"
        raise InvalidArgumentError(msg)
    check_names(tenant, collection.name)
    _check_choices(collection)
    _check_text("embedding_model", collection.embedding_model)
    if collection.dimensions is not None:
        _check_dimensions(collection.dimensions)
    target_recall = collection.target_recall
    if target_recall is not None:
        target_recall = checked_share("target_recall", target_recall)
    ranked_by = {
        field: checked_between(field, value, 0, most)
        for field, most in MOST_RANKED_BY.items()
        if (value := getattr(collection, field)) is not None
    }
    text_search = _checked_text_search(collection.text_search)
    if collection.title is not None:
        check_name("title", collection.title, limit=None)
    table_name = collection.table_name
    if table_name is not None:
        check_name("table_name", table_name, limit=None)
        table_name = own_table_name(context.schema, table_name)
        # one that was adopted is described with its schema
        named = MAX_QUALIFIED_BYTES if "." in table_name else MAX_IDENTIFIER_BYTES
        check_name("table_name", table_name, limit=named)
    _check_is_local(collection)
    settled: dict[str, Any] = {
        "dimensions": whole_number(collection.dimensions),
        "index": settled_index(collection.index),
        "metric": None if collection.metric is None else Metric(collection.metric),
        "text_search": text_search,
        "fields": _checked_fields(collection.fields),
        "table_name": table_name,
        "target_recall": target_recall,
        **ranked_by,
    }
    said = _said(collection)
    # what says nothing is not said: the default holds
    unsaid = {key for key, value in said.items() if value is None and FIELDS[key].nothing}
    kept = {key: settled.get(key, value) for key, value in said.items() if key not in unsaid}
    return Collection(**kept)


def asked(collection: Collection) -> dict[str, Any]:
    """Give what is asked of a collection that exists: what was said, unless it says nothing."""
    said = _said(collection)
    return {
        field: value
        for field, value in said.items()
        if value is not None or not FIELDS[field].nothing
    }


def _said(collection: Collection) -> dict[str, Any]:
    """Give what was said of a collection; what a subclass adds is its user's own."""
    own = {field.name for field in fields(Collection)}
    return {field: value for field, value in said_of(collection).items() if field in own}


def _check_choices(collection: Collection) -> None:
    choices: list[tuple[str, object, tuple[object, ...]]] = [
        ("metric", collection.metric, (None, *(str(metric) for metric in Metric))),
        ("storage", collection.storage, ("vector", "halfvec")),
        ("distributed", collection.distributed, (False, True)),
    ]
    for field, value, allowed in choices:
        if value not in allowed:
            names = ", ".join(repr(choice) for choice in allowed if choice is not None)
            msg = f"{field}={value!r} is unknown; it can be {names}"
            raise InvalidArgumentError(msg)
    if collection.index is not None and not isinstance(collection.index, get_args(Index)):
        msg = f"index must be Hnsw(...), IvfFlat(...) or None, not {collection.index!r}"
        raise InvalidArgumentError(msg)
    if collection.text_index is not None and not isinstance(collection.text_index, TextIndex):
        msg = f"text_index must be Bm25() or None, not {collection.text_index!r}"
        raise InvalidArgumentError(msg)


def _check_text(what: str, text: object) -> None:
    if text != "":
        check_name(what, text, limit=None)


def _checked_text_search(text_search: object) -> str | ByField | None:
    """Give the configuration, or several by a field, with a mapping that nobody changes.

    Raises:
        InvalidArgumentError: It is neither.
    """
    if text_search is None:
        return None
    if not isinstance(text_search, ByField):
        check_name("text_search", text_search, limit=_MAX_CONFIGURATION_BYTES)
        return str(text_search)
    check_name("text_search: the field of ByField", text_search.field, limit=None)
    given: object = text_search.configurations
    if not isinstance(given, Mapping) or not given:
        kind = "an empty one" if isinstance(given, Mapping) else type(given).__name__
        msg = (
            f"text_search: ByField({text_search.field!r}, ...) takes a mapping such as"
            f' {{"de": "german", "en": "english"}}, not {kind}'
        )
        raise InvalidArgumentError(msg)
    for value, name in given.items():
        check_name(f"text_search: a value of {text_search.field!r} in ByField", value, limit=None)
        _check_configuration(f"the configuration of {value!r}", name)
    _check_configuration("otherwise", text_search.otherwise)
    return ByField(text_search.field, dict(given), otherwise=text_search.otherwise)


def _check_configuration(what: str, name: object) -> None:
    check_name(f"text_search: {what} in ByField", name, limit=_MAX_CONFIGURATION_BYTES)


def _check_dimensions(dimensions: object) -> None:
    whole = whole_number(dimensions)
    if whole is None or not 1 <= whole <= MAX_DIMENSIONS:
        msg = f"dimensions={dimensions!r} must be a whole number from 1 to {MAX_DIMENSIONS:,}"
        raise InvalidArgumentError(msg)


def check_indexes(
    collection: Collection, *, dimensions: int | None = None, metric: Metric | None = None
) -> None:
    """Raise InvalidArgumentError unless a collection can have the indexes that it is to have.

    Args:
        collection: The collection.
        dimensions: Of its vectors, where they are others than it says.
        metric: The same of its metric.
    """
    _check_is_local(collection)
    for field in ("title", "text_index"):
        value = getattr(collection, field)
        if value is not None and collection.text_search is None:
            msg = (
                f"{field}={value!r} is of a collection whose texts are searched, and this one has"
                f" text_search=None: name a configuration such as 'english', or say {field}=None"
            )
            raise InvalidArgumentError(msg)
    by = collection.text_search
    if isinstance(by, ByField):
        _check_languages(collection, by)
    wanted: dict[str, Any] = {
        "dimensions": dimensions or collection.dimensions or 0,
        "metric": str(metric or collection.metric or Metric.COSINE),
        "storage": collection.storage,
    }
    if collection.index is not None:
        check_index(collection.index, **wanted)
    check_hot(collection.fields, **wanted)


def _check_languages(collection: Collection, by: ByField) -> None:
    kind = kinds_of(collection.fields).get(by.field)
    if kind not in {None, "text"}:
        msg = (
            f"text_search goes by the texts under {by.field!r}, which fields declares as {kind!r}:"
            f" declare {by.field!r} as 'text', or not at all"
        )
        raise InvalidArgumentError(msg)
    if collection.text_index is not None:
        msg = (
            f"text_index={collection.text_index!r} reads every text by one configuration, and"
            f" text_search has one for each value of {by.field!r}: name one configuration such as"
            " 'english' or 'simple', or say text_index=None"
        )
        raise InvalidArgumentError(msg)


def _check_is_local(collection: Collection) -> None:
    if collection.distributed and collection.text_index is not None:
        msg = (
            f"text_index={collection.text_index!r} cannot be of a distributed collection, whose"
            " workers each know their own rows alone: leave text_index=None, or distributed=False"
        )
        raise InvalidArgumentError(msg)
    if not collection.distributed or not isinstance(collection.fields, Mapping):
        return
    for key in hot_of(collection.fields):
        msg = (
            f"fields[{key!r}] is Hot, which a distributed collection cannot have: declare a type"
            " alone, or leave distributed=False"
        )
        raise InvalidArgumentError(msg)


def _checked_fields(fields: Mapping[str, str | Hot] | None) -> dict[str, str | Hot] | None:
    if fields is None:
        return None
    if not isinstance(fields, Mapping):
        msg = f'fields must be a mapping such as {{"page": "number"}}, not {type(fields).__name__}'
        raise InvalidArgumentError(msg)
    settled = dict(fields)
    for key, kind in fields.items():
        check_name("a key of fields", key, limit=MAX_DIMENSIONS)
        if isinstance(kind, Hot):
            settled[key] = checked_hot(key, kind)
        elif kind not in KINDS:
            known = ", ".join(map(repr, KINDS))
            msg = f"fields[{key!r}]={kind!r} is unknown; it can be {known}, or Hot('text')"
            raise InvalidArgumentError(msg)
    return settled or None


def verify(stored: Stored, wanted: Mapping[str, Any]) -> None:
    """Raise CollectionConflictError unless a collection is as it is asked to be.

    Args:
        stored: The collection.
        wanted: What ``asked`` gives of what is wanted.
    """
    existing = stored.collection
    for field, want in wanted.items():
        if not FIELDS[field].held:
            continue
        own = field == "table_name" and stored.adopted is None
        have = stored.table_name if own else getattr(existing, field)
        if have != want:
            is_setting = FIELDS[field].kind is Kind.SETTING
            can = "alter_collection" in FIELDS[field].changed_by and (
                stored.adopted is None or is_setting
            )
            advice = ALTER_COLLECTION if can else None
            raise CollectionConflictError(field, have, want, existing.name, advice=advice)
