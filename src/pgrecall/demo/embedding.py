"""The demo's embedding model, whose weights come inside its wheel."""

from __future__ import annotations

import importlib.util
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall._extras import needs
from pgrecall.demo.summary import summary
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pgrecall.models import Item

MODEL = "wordllama-l2-supercat-256"
"""The model's name, for ``Collection.embedding_model``."""

DIMENSIONS = 256
"""The length of its vectors."""

_WORD_BORDER = re.compile(r"[._]+|(?<=[a-z])(?=[A-Z])")
# how much an object's name, its summary and its whole text count: of the mixes tried on 25
# questions, this one had the answer among the first five most often
_WEIGHTS = 0.25, 0.5, 1.0


class Embedder:
    """Turns texts into unit vectors by wordllama, some 16,000 short texts a second on one core.

    Its weights are in the package's folder: nothing is downloaded. It compares words and little
    more; applications bring a model of their own.
    """

    def __init__(self) -> None:
        """Load the model.

        Raises:
            InvalidArgumentError: It is not installed: ``pip install "pgrecall[demo]"``.
        """
        self._model = _load()

    def questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts as they are; a text has the same vector in whatever company.

        Args:
            texts: Any, the empty one too.

        Returns:
            A row for each text: of unit length, or zero where the model knows no word of it.
        """
        # rows of like length together: the model pads a batch to its longest
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        rows = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        rows[order] = self._model.embed([texts[place] for place in order])
        return _unit(rows)

    def documents(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Embed items of the corpus by name, summary and text, so that short questions find them.

        Args:
            items: As ``corpus.collect`` gives them.

        Returns:
            A row for each item, as for questions.
        """
        parts = (
            [_WORD_BORDER.sub(" ", item.id) for item in items],
            [summary(item.text) for item in items],
            [item.text for item in items],
        )
        weighted = zip(_WEIGHTS, parts, strict=True)
        return _unit(sum(weight * self.questions(part) for weight, part in weighted))


def _unit(rows: Any) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return unit


def _load() -> Any:
    package = importlib.util.find_spec("wordllama")
    if package is None or package.origin is None:
        raise InvalidArgumentError(needs("the demo", "its embedding model", "pgrecall[demo]"))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    from wordllama import WordLlama  # noqa: PLC0415  # not installed with every extra

    # its import turns on INFO messages of the whole process
    root.handlers[:] = handlers
    root.setLevel(level)
    return WordLlama.load(cache_dir=Path(package.origin).parent, disable_download=True)
