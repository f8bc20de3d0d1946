"""The models that the pages ask, and how Python calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall.cli.shared import embedders, functions
from pgrecall.demo import MODEL
from pgrecall.ui.place import Python, Reranker

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall.cli.shared.embedders import Model
    from pgrecall.models import Collection
    from pgrecall.ui.place import Embedder


class _Asked:
    """A model, with what Python calls it by."""

    def __init__(self, model: Model) -> None:
        """Keep it."""
        self._model = model
        self.name = model.name

    @property
    def python(self) -> Python:
        """How Python makes it and calls it."""
        if self.name == MODEL:
            return Python(
                ("from pgrecall.demo import Embedder",), "Embedder().questions([question])[0]"
            )
        return _called(self.name, "({}([question]))[0]")

    def embed_one(self, text: str) -> Any:
        """Give a question's vector."""
        return self._model.embed_one(text)


def asked_by(embed: str | None) -> Callable[[Collection], Embedder | None]:
    """Give what finds a collection's model, as ``pgrecall search`` does."""
    find = embedders.finding(embed)

    def model_of(collection: Collection) -> Embedder | None:
        model = find(collection)
        return None if model is None else _Asked(model)

    return model_of


def reranker(rerank: str | None) -> Reranker | None:
    """Load the function that ``--rerank`` names."""
    if rerank is None:
        return None
    return Reranker(functions.imported(rerank, "--rerank"), _called(rerank, "{}"))


def _called(choice: str, form: str) -> Python:
    module, _, name = choice.partition(":")
    return Python((f"import {module}",), form.format(f"{module}.{name}"))
