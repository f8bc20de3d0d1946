"""An embedding and a chat model for the LangChain tests: no network, the same every time."""

from __future__ import annotations

import asyncio
import re
import zlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from integration_tests.shared.calls import Calls
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from pgrecall.langchain import PgRecallVectorStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from langchain_core.messages import BaseMessage

DIMENSIONS = 64


class Words(Embeddings):
    """Texts that share words are near: each word adds a direction of its own.

    Attributes:
        calls: What was embedded, a call each, in order.
        loops: The event loops that async calls ran in.
    """

    def __init__(self, model: str = "", dimensions: int = DIMENSIONS) -> None:
        self.model = model
        self.dimensions = dimensions
        self.calls: list[list[str]] = []
        self.loops: set[int] = set()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.calls.append(list(texts))
        return [self.vector(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        self.loops.add(id(asyncio.get_running_loop()))
        await asyncio.sleep(0)
        return self.embed_documents(texts)

    async def aembed_query(self, text: str) -> list[float]:
        return (await self.aembed_documents([text]))[0]

    def vector(self, text: str) -> list[float]:
        """Give a text's vector without counting the call."""
        total = np.full(self.dimensions, 1e-3)
        for word in re.findall(r"\w+", text.lower()):
            total += np.random.default_rng(zlib.crc32(word.encode())).normal(size=self.dimensions)
        vector: list[float] = (total / np.linalg.norm(total)).tolist()
        return vector


class Mute(Words):
    """Texts without a word point nowhere."""

    def vector(self, text: str) -> list[float]:
        return super().vector(text) if re.search(r"\w", text) else [0.0] * self.dimensions


class Fixed(Embeddings):
    """Gives the vectors it was made with, by text."""

    def __init__(self, vectors: dict[str, list[float]]) -> None:
        self.vectors = vectors

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.vectors[text] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.vectors[text]


class Parrot(FakeListChatModel):
    """Answers with its list, and keeps what it was asked."""

    asked: list[str] = []  # noqa: RUF012  # pydantic copies it for each object

    def _call(self, messages: list[BaseMessage], *arguments: Any, **keywords: Any) -> str:
        self.asked.append("\n".join(str(message.content) for message in messages))
        return super()._call(messages, *arguments, **keywords)


@asynccontextmanager
async def making(kind: str, dsn: str, tenant: str) -> AsyncIterator[Callable[..., Calls]]:
    """Give a function that makes vector stores; all are closed at the end."""
    made: list[PgRecallVectorStore] = []

    def make(embedding: Embeddings | None = None, **keywords: Any) -> Calls:
        keywords = {"tenant": tenant, "store": dsn} | keywords
        made.append(PgRecallVectorStore(embedding or Words(), **keywords))
        return Calls(made[-1], kind)

    yield make
    for store in made:
        await store.aclose()


def document(text: str, id_: str | None = None, **metadata: Any) -> Document:
    """Make a document in one line."""
    return Document(id=id_, page_content=text, metadata=metadata)


def ids_of(documents: list[Document]) -> list[str | None]:
    """Give the documents' ids."""
    return [one.id for one in documents]
