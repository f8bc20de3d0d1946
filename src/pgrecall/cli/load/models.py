"""What makes the vectors of a load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall.cli.shared import embedders
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Collection

if TYPE_CHECKING:
    from pgrecall.cli.files.manifest import Manifest
    from pgrecall.cli.shared.embedders import Model


def usual_model(name: str, existing: Collection | None, manifest: Manifest | None) -> Model:
    """Choose the model where no option names one: the collection's, the file's, the bundled one.

    Raises:
        InvalidArgumentError: None is known here.
    """
    if existing is None and manifest is not None:
        # the file names the model, as a collection does: neither chooses what runs here
        existing = Collection(name, embedding_model=manifest.settings["embedding_model"])
    if existing is not None:
        pinned = embedders.of_collection(existing)
        if pinned is not None:
            return pinned
        if existing.embedding_model:
            raise InvalidArgumentError(
                f"collection {existing.name!r} holds vectors of {existing.embedding_model!r}: name"
                " the function that makes them with --embed module:function --model"
                f" {existing.embedding_model}, or a column with --vectors"
            )
    if not embedders.has_wordllama():
        raise InvalidArgumentError(
            "nothing makes vectors: name a column with --vectors, a function of yours with --embed"
            ' module:function, or pip install "pgrecall[demo]" for a small model'
        )
    return embedders.named(embedders.WORDLLAMA)
