"""Ask Python's own documentation in plain words, in a PostgreSQL of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall import embedded
from pgrecall.cli.demo import collection, report
from pgrecall.cli.shared.clock import Clock
from pgrecall.demo import Embedder
from pgrecall.errors import InvalidArgumentError
from pgrecall.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

QUESTIONS = (
    "copy a directory tree",
    "generate a secure random token for a URL",
    "merge sorted inputs into one",
)


def ask(
    questions: Sequence[str],
    *,
    limit: int,
    as_json: bool,
    rebuild: bool,
    path: Path | str | None,
) -> None:
    """Answer questions about Python's standard library, which the first run indexes.

    Raises:
        PgRecallError: Something is missing or cannot be used; the message says what to do.
    """
    if limit < 1:
        raise InvalidArgumentError(f"--limit is {limit}; it must be 1 or more")
    if any(not question.strip() for question in questions):
        raise InvalidArgumentError("a question is empty")
    clock = Clock()
    with clock.part("server"):
        dsn = embedded.start(path)
    with Store(dsn) as store:
        with clock.part("connect"):
            documents = collection.stored(store)
        with clock.part("model"):
            embedder = Embedder()
        if documents is None or rebuild:
            with clock.part("index"):
                documents = collection.build(store, embedder)
        answers = [_answer(store, embedder, text, limit) for text in questions or QUESTIONS]
    outcome = report.Outcome(documents, clock.milliseconds, answers)
    if as_json:
        report.print_json(outcome)
    else:
        report.print_tables(outcome)


def _answer(store: Store, embedder: Embedder, question: str, limit: int) -> report.Answer:
    clock = Clock()
    with clock.part("embed"):
        vector = embedder.questions([question])[0]
    if not vector.any():
        raise InvalidArgumentError(f"the model knows no word of the question {question!r}")
    with clock.part("search"):
        matches = store.search_hybrid(
            collection.TENANT, collection.COLLECTION, vector, question, limit=limit
        )
    return report.Answer(question, matches, clock.milliseconds)
