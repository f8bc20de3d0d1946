"""Models that turn texts into vectors: wordllama, or a function or an object of the user's."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall._extras import needs
from pgrecall._values.strings import check_text
from pgrecall.cli.shared import functions
from pgrecall.cli.shared.output import shortened
from pgrecall.demo import MODEL, Embedder
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pgrecall.models import Collection

WORDLLAMA = "wordllama"
_TRUSTED = "embedders.txt"
_MOST_SHOWN = 80  # characters of a question
_WORDLLAMA_BATCH, _FUNCTION_BATCH = 512, 64
_METHODS = (
    ("embed_documents", "embed_query"),
    ("get_text_embedding_batch", "get_query_embedding"),
)
"""What LangChain's and LlamaIndex's models call it: embedding texts that are kept, a question."""


class Model:
    """A function from texts to vectors, one from questions, and the name that a collection pins.

    Attributes:
        name: What ``embedding_model`` holds.
        batch: Texts a call.
        is_slow: Whether a vector is dear enough to be stored soon.
    """

    def __init__(
        self,
        name: str,
        function: Callable[[list[str]], Any],
        batch: int,
        questions: Callable[[list[str]], Any] | None = None,
    ) -> None:
        """Keep them; without a function for questions they are embedded as texts are."""
        self.name = name
        self.batch = batch
        self.is_slow = name != MODEL
        self._function = function
        self._questions = questions or function

    def embed(self, texts: Sequence[str]) -> list[Any]:
        """Embed texts that are to be found, a batch at a time.

        Returns:
            A vector for each; None where all its numbers are 0: it points nowhere.

        Raises:
            InvalidArgumentError: The function failed, or gave something else.
        """
        return self._embedded(self._function, texts)

    def embed_questions(self, texts: Sequence[str]) -> list[Any]:
        """Embed questions, which some models do in another way; else as ``embed``."""
        for text in texts:
            check_text(f"the question {shortened(text, _MOST_SHOWN)!r}", text)
        return self._embedded(self._questions, texts)

    def embed_one(self, text: str) -> Any:
        """Embed a question.

        Raises:
            InvalidArgumentError: As ``embed``, or the vector is zero.
        """
        vector = self.embed_questions([text])[0]
        if vector is None:
            raise InvalidArgumentError(f"the model knows no word of the question {text!r}")
        return vector

    def _embedded(self, function: Callable[[list[str]], Any], texts: Sequence[str]) -> list[Any]:
        found: list[Any] = []
        for start in range(0, len(texts), self.batch):
            found += self._call(function, list(texts[start : start + self.batch]))
        return found

    def _call(self, function: Callable[[list[str]], Any], texts: list[str]) -> list[Any]:
        given = function(texts)
        try:
            vectors = [None if vector is None else np.asarray(vector) for vector in given]
        except Exception as error:  # whatever a function of the user's gave
            told = f"{type(error).__name__}: {error}"
            raise InvalidArgumentError(f"{self.name} failed: {told}") from error
        if len(vectors) != len(texts):
            raise InvalidArgumentError(
                f"{self.name} gave {len(vectors)} vectors for {len(texts)} texts: one for each is"
                " needed"
            )
        return [vector if vector is not None and np.any(vector) else None for vector in vectors]


def named(choice: str) -> Model:
    """Load the model of ``--embed``, and remember that this user named it.

    Raises:
        InvalidArgumentError: It cannot be loaded.
    """
    if choice in {WORDLLAMA, MODEL}:
        return _wordllama()
    model = _users_own(choice)
    _trust(choice)
    return model


def of_collection(collection: Collection) -> Model | None:
    """Load the model that a collection pins; None where the pin names none that can be loaded.

    Raises:
        InvalidArgumentError: The pin names a function that this user never named: a database must
            not choose what runs here.
    """
    pin = collection.embedding_model
    if pin == MODEL:
        return _wordllama()
    if not functions.is_named(pin):
        return None
    if pin not in _trusted():
        raise InvalidArgumentError(
            f"collection {collection.name!r} was embedded by {pin!r}, which was not used here yet:"
            f" say once that you trust it with --embed {pin}"
        )
    return _users_own(pin)


def finding(embed: str | None) -> Callable[[Collection], Model | None]:
    """Give what finds a collection's model: what --embed names, else what it pins, loaded once."""
    if embed is not None:
        model = named(embed)
        return lambda _: model
    loaded: dict[str, Model | None] = {}

    def model_of(collection: Collection) -> Model | None:
        pin = collection.embedding_model
        if pin not in loaded:
            loaded[pin] = of_collection(collection)
        return loaded[pin]

    return model_of


def has_wordllama() -> bool:
    """Tell whether the bundled model is installed."""
    return importlib.util.find_spec("wordllama") is not None


def _wordllama() -> Model:
    if not has_wordllama():
        raise InvalidArgumentError(needs("--embed wordllama", "wordllama", "pgrecall[demo]"))
    model = Embedder()
    return Model(MODEL, model.questions, _WORDLLAMA_BATCH)


def _users_own(choice: str) -> Model:
    option, others = "--embed", f"{WORDLLAMA!r} or "
    found = functions.found(choice, option, others)
    for names in _METHODS:
        if all(hasattr(found, name) for name in names):
            return _model_of_object(found, names, choice)
    if not callable(found):
        raise InvalidArgumentError(
            f"{choice} is no function but {type(found).__name__}: name one that takes a list of"
            " texts, or an object with embed_documents() and embed_query()"
        )
    return Model(choice, functions.calling(found, choice), _FUNCTION_BATCH)


def _model_of_object(found: Any, names: tuple[str, str], choice: str) -> Model:
    if isinstance(found, type):
        raise InvalidArgumentError(
            f"{choice} is a class: name an object of it, which your module makes"
        )
    texts, question = (functions.calling(getattr(found, name), choice) for name in names)
    return Model(
        choice, texts, _FUNCTION_BATCH, lambda questions: [question(one) for one in questions]
    )


def _trust_file() -> Path:
    with warnings.catch_warnings():  # platformdirs warns about a runtime folder not asked for
        warnings.simplefilter("ignore")
        from platformdirs import user_config_path  # noqa: PLC0415  # slow to import

        return user_config_path("pgrecall") / _TRUSTED


def _trusted() -> set[str]:
    try:
        return set(_trust_file().read_text(encoding="utf-8").splitlines())
    except OSError:
        return set()


def _trust(choice: str) -> None:
    if choice in _trusted():
        return
    try:
        file = _trust_file()
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as lines:
            lines.write(f"{choice}\n")
    except OSError:
        return  # without a home, --embed is given each time
