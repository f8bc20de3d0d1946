"""Where in a table of somebody else's the parts of an item go, and what has no place there."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from pgrecall._values.ids import NoIdError, parts_of
from pgrecall._values.strings import name_of_item, shown
from pgrecall._values.typed import Typed, text_for, type_of
from pgrecall._values.unusable import Unusable
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping

_WHOLE = re.compile(r"(?:0|-?[1-9][0-9]*)").fullmatch


def _folded(text: str) -> str:
    """Leave out what collations may: case, accents, marks and forms of width."""
    parts = unicodedata.normalize("NFKD", text).casefold()
    return "".join(part for part in parts if part.isalnum())


class Slots(NamedTuple):
    """What a table has for the parts of an item.

    Attributes:
        table: The table, as messages name it.
        id: Columns of the id.
        lengths: How many characters each of them takes, where that is known.
        text: The column of the text; None where there is none that can be written.
        text_part: Which column of the id is the text, where one is.
        no_text: Why there is none: it follows the words "has no place for it: ".
        texts: How many columns the text is read from.
        text_is_nullable: Whether no text is NULL there.
        vector: Whether it has vectors.
        columns: Columns that keys of the metadata are written to.
        alone: Those of them that a statement has for all of its rows or for none: what a row gets
            without one is only the database's to say.
        refused: Keys whose columns cannot be written, with the reason.
        rest: Whether there is a column for all other keys.
    """

    table: str
    id: tuple[Typed, ...]
    lengths: tuple[int | None, ...]
    text: Typed | None
    text_part: int | None
    no_text: str
    texts: int
    text_is_nullable: bool
    vector: bool
    columns: Mapping[str, Typed]
    alone: frozenset[str]
    refused: Mapping[str, str]
    rest: bool

    @property
    def places(self) -> tuple[object, ...]:
        """What the encoding of items depends on: types apart whose texts are alike."""
        ids = tuple((one.name, one.kind) for one in self.id)
        columns = {(one.name, one.kind, one.is_array) for one in self.columns.values()}
        text = (self.text is None, self.text_is_nullable)
        return ids, text, self.vector, columns, self.alone, self.rest

    def id_of(self, id_: str) -> tuple[str, ...]:
        """Give an id as texts for the columns that it is made of.

        Raises:
            InvalidArgumentError: No row of the table can have it.
        """
        try:
            parts = parts_of(id_, [(column.name, column.type) for column in self.id])
        except NoIdError as error:
            raise self._no_id(id_, str(error)) from None
        for column, length, part in zip(self.id, self.lengths, parts, strict=True):
            # blanks too many would be cut off, and the row another's
            if length is not None and len(part) > length:
                raise self._no_id(id_, f"its {column.name} has {length} characters at most")
        if len(parts) > 1:
            canonical = json.dumps(json.loads(id_), ensure_ascii=False)
            if canonical != id_:
                raise self._no_id(id_, f"it would come back as {canonical!r}")
        return parts

    def alike(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """Give what is the same for ids that the table may take for the same, if not only then."""
        return tuple(
            part if column.is_exact else _folded(part)
            for column, part in zip(self.id, parts, strict=True)
        )

    def order_of(self, parts: tuple[str, ...]) -> tuple[Any, ...]:
        """Give what rows are locked in the order of: texts go by code points."""
        return tuple(
            int(part) if column.kind == "integer" else part
            for column, part in zip(self.id, parts, strict=True)
        )

    def _no_id(self, id_: str, why: str = "") -> InvalidArgumentError:
        types = ", ".join(type_of(column) for column in self.id)
        msg = f"id {shown(id_)} cannot be an id of {self.table}: {types}"
        return InvalidArgumentError(f"{msg} ({why})" if why else msg)

    def check_text(self, text: object, id_: str) -> None:
        """Raise InvalidArgumentError where a text has no place; that of the id has one there."""
        if self.text is None and text:
            if self.text_part is not None and text == self.id_of(id_)[self.text_part]:
                return
            msg = f"the text of {name_of_item(id_)}: {self.table} has no place for it: "
            raise InvalidArgumentError(msg + self.no_text)

    def check_vector(self, vector: object, id_: str) -> None:
        """Raise InvalidArgumentError where a vector has no place."""
        if not self.vector and vector is not None:
            msg = (
                f"the vector of {name_of_item(id_)}: {self.table} has no place for it: it was"
                " adopted without a column of vectors"
            )
            raise InvalidArgumentError(msg)

    def parted(
        self, metadata: Mapping[str, Any], id_: str, what: str, text: object = None
    ) -> tuple[dict[str, str | None], dict[str, Any]]:
        """Part metadata into texts for columns, and all that has no column.

        Args:
            metadata: It, with its own values.
            id_: The item's id.
            what: What a message calls the metadata.
            text: The item's text, where it is written too.

        Raises:
            InvalidArgumentError: A key has no place, or its column cannot hold its value.
        """
        typed: dict[str, str | None] = {}
        rest: dict[str, Any] = {}
        for key, value in metadata.items():
            column = self.columns.get(key) if isinstance(key, str) else None
            if column is not None:
                typed[key] = self.typed(column, value, what)
            elif isinstance(key, str) and key in self.refused:
                self.refuse(key, value, id_, what, text)
            elif self.rest:
                rest[key] = value
            elif value is not None:
                raise self.unknown(key, what)
        return typed, rest

    def typed(self, column: Typed, value: object, what: str) -> str | None:
        """Write the value of a column's key.

        Raises:
            InvalidArgumentError: The column cannot hold it.
        """
        try:
            return text_for(column, value)
        except Unusable as error:
            msg = (
                f"{what} cannot be kept in {self.table}: {error.place(f'key {shown(column.name)}')}"
                f" {error.reason}"
            )
            raise InvalidArgumentError(msg, advice=error.advice) from None

    def refuse(self, key: str, value: object, id_: str, what: str, text: object = None) -> None:
        """Raise InvalidArgumentError for a key whose column is not written.

        The id is no news there, nor is the text that is written beside it.
        """
        part = next((place for place, one in enumerate(self.id) if one.name == key), None)
        if value is None or (self.text is not None and key == self.text.name and value == text):
            return
        if part is not None:
            try:
                if text_for(self.id[part], value) == self.id_of(id_)[part]:
                    return
            except Unusable:
                pass
        msg = f"{what} cannot be kept in {self.table}: key {shown(key)} {self.refused[key]}"
        raise InvalidArgumentError(msg)

    def unknown(self, key: object, what: str) -> InvalidArgumentError:
        """Say that a key has no column."""
        named = shown(key) if isinstance(key, str) else repr(key)
        known = ", ".join(self.columns) or "none"
        return InvalidArgumentError(
            f"{what} cannot be kept in {self.table}: key {named} is no column of its metadata"
            f" ({known}), and no column was adopted for other keys (metadata_json)"
        )
