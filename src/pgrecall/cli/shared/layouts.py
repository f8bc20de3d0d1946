"""How a collection is kept, as commands are told it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pgrecall._operations.collections.fields import KINDS
from pgrecall.errors import InvalidArgumentError
from pgrecall.indexes import HOT_KINDS, Bm25, Hot, hot_of, kinds_of
from pgrecall.languages import ByField

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall.indexes import TextIndex

_HOT = "hot-"
_BY_FIELD, _OTHERWISE = "lang:de=german,en=english,otherwise=simple", "otherwise"
_BM25 = "bm25"

Storage = Literal["vector", "halfvec"]


def split_names(text: str) -> list[str]:
    """Read names with commas between."""
    return [name.strip() for name in text.split(",") if name.strip()]


def read_fields(text: str) -> dict[str, str | Hot]:
    """Read what ``--fields`` gives; ``hot-text`` is ``Hot("text")``.

    Raises:
        InvalidArgumentError: It cannot be read.
    """
    fields: dict[str, str | Hot] = {}
    for part in split_names(text):
        key, _, kind = part.rpartition(":")
        hot = kind.removeprefix(_HOT)
        if not key or (kind not in KINDS and (hot == kind or hot not in HOT_KINDS)):
            known = ", ".join(f"key:{one}" for one in (*KINDS, f"{_HOT}text"))
            raise InvalidArgumentError(
                f"--fields takes {known}, with commas between; {part!r} is none of them"
            )
        fields[key] = kind if hot == kind else Hot(hot)
    return fields


def read_text_search(text: str) -> str | ByField | None:
    """Read what ``--language`` gives: a configuration, none, or one for each value of a field.

    Raises:
        InvalidArgumentError: It cannot be read.
    """
    if text == "none":
        return None
    if "=" not in text:
        return text
    field, colon, listed = text.partition(":")
    pairs = [part.partition("=") for part in split_names(listed)]
    named = {value.strip(): name.strip() for value, _, name in pairs}
    if not field or not colon or not all(equals for _, equals, _ in pairs):
        raise InvalidArgumentError(
            f"--language takes a configuration, or one for each value of a key as in {_BY_FIELD};"
            f" {text!r} is neither"
        )
    otherwise = {"otherwise": named.pop(_OTHERWISE)} if _OTHERWISE in named else {}
    return ByField(field, named, **otherwise)


def text_search_text(text_search: str | ByField | None) -> str | None:
    """Write text search as ``--language`` takes it; None where there is none."""
    if not isinstance(text_search, ByField):
        return text_search
    pairs = [*sorted(text_search.configurations.items()), (_OTHERWISE, text_search.otherwise)]
    return f"{text_search.field}:{','.join(map('='.join, pairs))}"


def read_text_index(choice: str) -> TextIndex | None:
    """Read what ``--text-index`` gives."""
    return Bm25() if choice == _BM25 else None


def text_index_text(index: TextIndex | None) -> str:
    """Write a text index as ``--text-index`` takes it."""
    return "none" if index is None else _BM25


def fields_text(fields: Mapping[str, str | Hot] | None) -> dict[str, str]:
    """Write fields as ``--fields`` takes their types."""
    hot = hot_of(fields)
    return {key: _HOT + kind if key in hot else kind for key, kind in kinds_of(fields).items()}
