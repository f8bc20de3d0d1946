"""Several languages in one collection: a text search configuration by a metadata key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

_KEYS = ("by", "configurations", "otherwise")


@dataclass(frozen=True, slots=True)
class ByField:
    """``text_search`` of a collection whose items are in several languages.

    An item's text is analysed by the configuration that its metadata asks for, and anew where an
    update changes that: ``ByField("lang", {"de": "german", "en": "english"})``. A question is asked
    in every language of the collection, or in one, by ``language`` of the searches.

    Attributes:
        field: A metadata key. Its values are texts, compared as they are: ``"DE"`` is not ``"de"``.
        configurations: The text search configuration of each value, as ``text_search`` takes one:
            ``"german"``, ``"unaccent:german"``, one of your own.
        otherwise: That of items with another value, none, or one that is no text. ``simple`` takes
            words as they are, in small letters.
    """

    field: str
    configurations: Mapping[str, str]
    _: KW_ONLY
    otherwise: str = "simple"

    @property
    def names(self) -> tuple[str, ...]:
        """Every configuration once, in an order that is always the same: ``otherwise`` first."""
        return (self.otherwise, *sorted({*self.configurations.values()} - {self.otherwise}))

    def of(self, language: str) -> str:
        """Name the configuration of items that have a value, and of questions in that language."""
        return self.configurations.get(language, self.otherwise)


def names_of(text_search: str | ByField | None) -> tuple[str, ...]:
    """Name every text search configuration of a collection."""
    if text_search is None:
        return ()
    return text_search.names if isinstance(text_search, ByField) else (text_search,)


def by_field_to_json(by: ByField) -> dict[str, Any]:
    """Write one for JSON: equal ones alike."""
    found = dict(sorted(by.configurations.items()))
    return dict(zip(_KEYS, (by.field, found, by.otherwise), strict=True))


def by_field_from_json(value: object) -> ByField | None:
    """Read what ``by_field_to_json`` wrote; None where it is something else."""
    if not isinstance(value, dict) or sorted(value) != sorted(_KEYS):
        return None
    field, configurations, otherwise = (value[key] for key in _KEYS)
    if not isinstance(configurations, dict) or not configurations:
        return None
    texts = (field, otherwise, *configurations.values())
    if not all(isinstance(text, str) for text in texts):
        return None
    return ByField(field, configurations, otherwise=otherwise)


def by_field_to_text(by: ByField) -> str:
    """Write one as one text, equal ones alike: the registry keeps it so."""
    return json.dumps(by_field_to_json(by), ensure_ascii=False)


def by_field_from_text(text: str) -> ByField | None:
    """Read what ``by_field_to_text`` wrote; None where it is the name of a configuration."""
    if not text.startswith("{"):
        return None
    try:
        return by_field_from_json(json.loads(text))
    except ValueError:
        return None
