from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pgrecall.cli.shared import embedders
from pgrecall.demo import embedding
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Collection

if TYPE_CHECKING:
    from pathlib import Path

_MODULE = """
import asyncio
import numpy as np
calls = []
def lengths(texts):
    calls.append(len(texts))
    return [[len(text), 1.0] for text in texts]
def rows(texts):
    return np.ones((len(texts), 3))
def zero(texts):
    return [[0.0, 0.0]] * len(texts)
def few(texts):
    return [[1.0]]
def fails(texts):
    raise RuntimeError("no key")
async def later(texts):
    await asyncio.sleep(0)
    return lengths(texts)
number = 7
class Client:
    class inner:
        embed = staticmethod(lengths)
class Chain:
    asked = []
    def embed_documents(self, texts):
        return [[1.0, 0.0] for text in texts]
    def embed_query(self, text):
        self.asked.append(text)
        return [0.0, 1.0]
class Index:
    def get_text_embedding_batch(self, texts):
        return [[1.0, 0.0] for text in texts]
    async def get_query_embedding(self, text):
        return [0.0, 1.0]
class Half:
    def embed_query(self, text):
        return [0.0, 1.0]
class Broken(Chain):
    def embed_query(self, text):
        raise RuntimeError("no key")
chain, index, half, broken = Chain(), Index(), Half(), Broken()
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request) -> str:
    name = f"embed_{abs(hash(request.node.nodeid))}"
    (tmp_path / f"{name}.py").write_text(_MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return name


def test_a_function_is_called_in_batches(module: str) -> None:
    model = embedders.named(f"{module}:lengths")
    vectors = model.embed(["a" * place for place in range(1, 101)])
    assert [vector[0] for vector in vectors] == list(range(1, 101))
    assert __import__(module).calls == [64, 36]


@pytest.mark.parametrize("name", ["rows", "Client.inner.embed", "later"])
def test_arrays_dotted_names_and_async_functions_are_taken(module: str, name: str) -> None:
    assert len(embedders.named(f"{module}:{name}").embed(["a", "b"])) == 2


@pytest.mark.parametrize("name", ["chain", "index"])
def test_a_models_object_embeds_questions_by_its_own_method(module: str, name: str) -> None:
    model = embedders.named(f"{module}:{name}")
    assert [list(vector) for vector in model.embed(["a", "b"])] == [[1, 0], [1, 0]]
    assert [list(vector) for vector in model.embed_questions(["a", "b"])] == [[0, 1], [0, 1]]
    assert list(model.embed_one("a")) == [0, 1]


def test_a_pinned_model_embeds_questions_by_its_own_method_too(module: str) -> None:
    embedders.named(f"{module}:chain")
    model = embedders.of_collection(Collection("notes", 2, f"{module}:chain"))
    assert model is not None
    assert list(model.embed_one("which?")) == [0, 1]
    assert __import__(module).Chain.asked == ["which?"]


def test_a_function_embeds_questions_as_texts(module: str) -> None:
    model = embedders.named(f"{module}:lengths")
    assert [list(vector) for vector in model.embed_questions(["abc"])] == [[3, 1]]


def test_a_models_object_that_fails_on_a_question_is_told(module: str) -> None:
    model = embedders.named(f"{module}:broken")
    with pytest.raises(InvalidArgumentError, match=r":broken failed: RuntimeError: no key"):
        model.embed_one("a")


def test_an_async_function_is_called_from_several_threads(module: str) -> None:
    model = embedders.named(f"{module}:later")
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(model.embed_one, ["a" * place for place in range(1, 21)]))
    assert [vector[0] for vector in found] == list(range(1, 21))


def test_a_vector_of_zeros_is_none_and_no_question(module: str) -> None:
    model = embedders.named(f"{module}:zero")
    assert model.embed(["a"]) == [None]
    with pytest.raises(InvalidArgumentError, match="knows no word of the question 'a'"):
        model.embed_one("a")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("few", "gave 1 vectors for 2 texts"),
        ("fails", "failed: RuntimeError: no key"),
    ],
)
def test_a_function_that_fails_is_told(module: str, name: str, told: str) -> None:
    with pytest.raises(InvalidArgumentError, match=told):
        embedders.named(f"{module}:{name}").embed(["a", "b"])


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ("{}:nothing", "has no 'nothing'"),
        ("{}:number", "is no function but int"),
        ("{}:half", "is no function but Half"),
        ("{}:Chain", "Chain is a class: name an object of it"),
        ("{}_other:f", "there is no module .*, neither in this folder nor installed"),
        ("{}", "takes 'wordllama' or module:function"),
        ("os.path:", "takes 'wordllama' or module:function"),
    ],
)
def test_what_cannot_be_called_is_told(module: str, choice: str, told: str) -> None:
    with pytest.raises(InvalidArgumentError, match=told):
        embedders.named(choice.format(module))


def test_a_collection_brings_the_function_back_that_this_user_named(module: str) -> None:
    pinned = Collection("notes", 2, f"{module}:lengths")
    with pytest.raises(InvalidArgumentError, match="say once that you trust it with --embed"):
        embedders.of_collection(pinned)
    embedders.named(f"{module}:lengths")
    model = embedders.of_collection(pinned)
    assert model is not None
    assert model.embed_one("abc").tolist() == [3.0, 1.0]


@pytest.mark.parametrize("pin", ["", "text-embedding-3-small", "a b:c"])
def test_a_pin_that_is_no_function_brings_none(pin: str) -> None:
    assert embedders.of_collection(Collection("notes", 2, pin)) is None


def test_wordllama_is_found_by_both_its_names() -> None:
    by_pin = embedders.of_collection(Collection("notes", 256, embedding.MODEL))
    assert by_pin is not None
    by_option = embedders.named("wordllama")
    assert np.array_equal(by_pin.embed_one("copy a folder"), by_option.embed_one("copy a folder"))


def test_without_wordllama_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedders, "has_wordllama", lambda: False)
    with pytest.raises(InvalidArgumentError, match=r'pip install "pgrecall\[demo\]"'):
        embedders.named("wordllama")
