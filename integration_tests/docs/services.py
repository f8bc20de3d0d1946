"""Stand-ins of services that embed texts: their APIs on loopback, with a small model behind."""

from __future__ import annotations

import base64
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall.demo import Embedder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "a-key-of-the-tests"
WIDTH = 768
"""Dimensions of every vector, where fewer are not asked for; its first 256 are the model's."""


@dataclass
class Services:
    """What was asked.

    Attributes:
        environment: Where the clients find the services.
        asked: The bodies of the requests, by path.
        refused: What a real service would have refused, and why.
    """

    environment: dict[str, str]
    asked: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


@contextmanager
def services() -> Iterator[Services]:
    """Run the stand-ins for the length of a test."""
    model = Embedder()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            services.asked.setdefault(self.path, []).append(body)
            try:
                answer = _ANSWERS[self.path](body, self.headers["Authorization"], model)
            except (KeyError, ValueError, AssertionError) as error:
                services.refused.append(f"{self.path}: {error!r}")
                self._send(400, {"error": {"message": repr(error)}})
            else:
                self._send(200, answer)

        def _send(self, status: int, answer: dict[str, Any]) -> None:
            sent = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        here = f"http://127.0.0.1:{server.server_port}"
        services = Services(
            {
                "OPENAI_BASE_URL": f"{here}/v1",
                "OPENAI_API_KEY": KEY,
                "CO_API_URL": here,
                "CO_API_KEY": KEY,
                "VOYAGE_URL": f"{here}/voyage",
                "VOYAGE_API_KEY": KEY,
                "OLLAMA_HOST": here,
            }
        )
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield services
        finally:
            server.shutdown()
            thread.join()


def _embedded(model: Embedder, texts: Any, width: int | None) -> list[list[float]]:
    texts = [texts] if isinstance(texts, str) else texts
    assert texts, "no texts"
    assert all(texts), "an empty text"
    made = np.zeros((len(texts), WIDTH), np.float32)
    found = model.questions(texts)
    made[:, : found.shape[1]] = found
    return [[float(number) for number in row[:width]] for row in made]


def _openai(body: dict[str, Any], authorization: str, model: Embedder) -> dict[str, Any]:
    assert authorization == f"Bearer {KEY}"
    vectors: list[Any] = _embedded(model, body["input"], body["dimensions"])
    if body.get("encoding_format") == "base64":
        packed = [np.asarray(vector, np.float32).tobytes() for vector in vectors]
        vectors = [base64.b64encode(one).decode() for one in packed]
    return _listed(body, vectors)


def _voyage(body: dict[str, Any], authorization: str, model: Embedder) -> dict[str, Any]:
    assert authorization == f"Bearer {KEY}"
    assert body["input_type"] in {"document", "query"}
    return _listed(body, _embedded(model, body["input"], body["output_dimension"]))


def _listed(body: dict[str, Any], vectors: list[Any]) -> dict[str, Any]:
    data = [
        {"object": "embedding", "index": place, "embedding": vector}
        for place, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return {"object": "list", "model": body["model"], "data": data, "usage": usage}


def _cohere(body: dict[str, Any], authorization: str, model: Embedder) -> dict[str, Any]:
    assert authorization == f"Bearer {KEY}"
    assert body["input_type"] in {"search_document", "search_query"}
    assert len(body["texts"]) <= 96
    assert body["embedding_types"] == ["float"]
    vectors = _embedded(model, body["texts"], body["output_dimension"])
    return {"id": "1", "embeddings": {"float": vectors}, "texts": body["texts"]}


def _ollama(body: dict[str, Any], _: str, model: Embedder) -> dict[str, Any]:
    texts = [text.split(": ", 1)[1] for text in body["input"]]
    return {"model": body["model"], "embeddings": _embedded(model, texts, None)}


_ANSWERS: dict[str, Callable[[dict[str, Any], str, Embedder], dict[str, Any]]] = {
    "/v1/embeddings": _openai,
    "/voyage/v1/embeddings": _voyage,
    "/v2/embed": _cohere,
    "/api/embed": _ollama,
}
