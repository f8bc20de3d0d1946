"""What a collection is, in the words of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from pgrecall._values.json_text import to_text
from pgrecall.indexes import Hnsw
from pgrecall.languages import ByField
from pgrecall.ui.rendering import link, name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall.indexes import Index
    from pgrecall.models import Collection


def text_search(of: str | ByField | None) -> Markup:
    """Tell how texts are searched."""
    if of is None:
        return Markup('<span class="quiet">not searched</span>')
    if isinstance(of, ByField):
        return Markup("by {}").format(name(of.field, 60))
    return name(of, 80)


def index_details(index: Index | None) -> str:
    """Tell what an index was built with."""
    if isinstance(index, Hnsw):
        return f"m {index.m}, ef_construction {index.ef_construction}"
    return "" if index is None or index.lists is None else f"{index.lists:,} lists"


def ask_link(collection: Collection, path: Sequence[str], value: object) -> str:
    """Give the address of what has a value in a field."""
    return link("/ask", c=collection.name, f=to_text([list(path), value], default=str))
