"""Tell which words of a text, or of an item, full text search has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._operations.context import resolve
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.search.conflicts import no_languages
from pgrecall._operations.search.text import check_searchable
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import one
from pgrecall._statements.items import words as statements
from pgrecall._values.strings import check_id, check_name, check_text, shown
from pgrecall.errors import InvalidArgumentError
from pgrecall.languages import ByField
from pgrecall.models import Rows, Token

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation


@traced("analyze_text")
def analyze_text(
    context: Context,
    tenant: str,
    name: str,
    text: str | None,
    *,
    id_: str | None,
    language: str | None,
) -> Operation[Rows[Token]]:
    """Give the words of a text, or of an item."""
    _check(text, id_, language)
    stored = yield from resolve(context, tenant, name, anew=id_ is None)
    check_searchable(stored)
    if language is not None and not isinstance(stored.collection.text_search, ByField):
        raise InvalidArgumentError(no_languages(stored))
    if id_ is None:
        statement = statements.of_text(stored, str(text), language)
    else:
        statement = statements.of_item(stored, str(id_))
    found = yield from on_collection(context, stored, one(statement, replica=True))
    if id_ is not None and not found.rows:
        raise InvalidArgumentError(f"collection {name!r} has no item {shown(id_)}")
    return Rows(
        Token(word, tuple(places or ()), in_title)
        for word, places, in_title in found.rows
        if word is not None
    )


def _check(text: object, id_: object, language: object) -> None:
    if (text is None) is (id_ is None):
        raise InvalidArgumentError("analyze_text takes a text, or the id of an item: one of both")
    if text is not None:
        check_text("text", text)
    if id_ is not None:
        check_id(id_)
        if language is not None:
            raise InvalidArgumentError("language is of a text: an item says its own")
    if language is not None:
        check_name("language", language, limit=None)
