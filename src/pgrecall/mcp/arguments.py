"""What tools are called with: read, checked, and told by name where it cannot be used."""

from __future__ import annotations

import json
import reprlib
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SHOWN = 80  # characters of what was given
_short = reprlib.Repr()  # of what may be as deep as the reader of JSON goes
_short.maxstring = _short.maxother = 2 * _SHOWN


def _read(value: object) -> object:
    # some clients write objects and lists as JSON in a string
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _listed(value: object) -> object:
    read = _read(value)
    return [value] if isinstance(value, str) and not isinstance(read, list) else read


Object = Annotated[dict[str, Any], BeforeValidator(_read)]
FieldName = Annotated[
    str | list[str],
    BeforeValidator(_read),
    Field(description="A metadata key, or the keys of a path into nested objects."),
]
Fields = Annotated[list[str | list[str]], BeforeValidator(_listed)]
Ids = Annotated[list[str], BeforeValidator(_listed), Field(min_length=1, max_length=100)]
Filter = Annotated[
    Object | None,
    Field(
        description='Which items, by metadata: {"lang": "en", "page": {"$gte": 5}}. Operators: $eq'
        " $ne $gt $gte $lt $lte $between $in $nin $exists $contains $any $all $like $ilike $and $or"
        ' $not. "id" is the item\'s id.'
    ),
]


class Arguments(BaseModel):
    """The arguments of one tool: those that it names and no other."""

    model_config = ConfigDict(extra="forbid")

    collection: str = Field("", description="Which collection.")

    @classmethod
    def read(cls, tool: str, given: Mapping[str, Any]) -> Self:
        """Check what was given.

        Raises:
            InvalidArgumentError: Something of it cannot be used; the message names each.
        """
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            faults = "; ".join(dict.fromkeys(cls._told(fault) for fault in error.errors()))
            raise InvalidArgumentError(
                f"{tool} cannot be called so: {faults}. It takes {', '.join(cls.model_fields)}"
            ) from None

    @classmethod
    def input_schema(cls, collections: Sequence[str]) -> dict[str, Any]:
        """Give the JSON schema of the arguments, with the collections that there are."""
        made: dict[str, Any] = _untitled(cls.model_json_schema())
        made["properties"]["collection"] |= {"enum": list(collections)}
        del made["properties"]["collection"]["default"]
        if len(collections) > 1:
            made["required"] = ["collection", *made.get("required", [])]
        return made

    @staticmethod
    def _told(fault: Any) -> str:
        place = ".".join(map(str, fault["loc"][:1]))
        if fault["type"] == "extra_forbidden":
            return f"there is no argument {_said(place)}"
        if fault["type"] == "missing":
            return f"{place} is missing"
        wanted = fault["msg"].lower().replace("dictionary", "object")
        return f"{place} is {_said(fault['input'])}: {wanted}"


def _said(value: object) -> str:
    text = _short.repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _untitled(schema: Any) -> Any:
    """Leave out titles, which say what the names say."""
    if isinstance(schema, list):
        return [_untitled(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _untitled(one) for name, one in value.items()}
        if key == "properties"
        else _untitled(value)
        for key, value in schema.items()
        if key != "title" or not isinstance(value, str)
    }
