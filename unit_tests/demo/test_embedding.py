from __future__ import annotations

import importlib.util
import logging
import subprocess
import sys

import numpy as np
import pytest

from pgrecall.demo import DIMENSIONS, Embedder
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Item


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


def test_vectors_have_unit_length_and_are_float32(embedder: Embedder) -> None:
    rows = embedder.questions(["copy a file", "parse a date", "x" * 5_000])
    assert (rows.dtype, rows.shape) == (np.float32, (3, DIMENSIONS))
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_text_has_the_same_vector_in_whatever_company(embedder: Embedder) -> None:
    texts = ["copy a file", "a", "parse a date " * 300, "", "list the folder"]
    together = embedder.questions(texts)
    for text, row in zip(texts, together, strict=True):
        assert embedder.questions([text])[0] == pytest.approx(row, abs=1e-5)


def test_a_text_without_words_has_a_zero_vector(embedder: Embedder) -> None:
    assert not embedder.questions([""]).any()


def test_a_document_is_near_the_question_it_answers(embedder: Embedder) -> None:
    near, far = embedder.documents(
        [
            Item("shutil.copytree", None, "shutil.copytree(src, dst)\n\nCopy a directory tree."),
            Item("math.sqrt", None, "math.sqrt(x, /)\n\nReturn the square root of x."),
        ]
    )
    (question,) = embedder.questions(["copy a directory tree"])
    assert question @ near > question @ far + 0.3


def test_loading_the_model_leaves_logging_alone() -> None:
    code = (
        "import logging\n"
        "from pgrecall.demo import Embedder\n"
        "Embedder()\n"
        "assert logging.getLogger().handlers == []\n"
        f"assert logging.getLogger().level == {logging.WARNING}\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603  # this Python


def test_a_missing_model_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(InvalidArgumentError, match=r'pip install "pgrecall\[demo\]"'):
        Embedder()
