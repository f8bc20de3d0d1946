"""What a page of `pgrecall ui` takes beside the searches that it shows.

The command serves a collection of real texts; a client asks for each page, and in turn for what the
page shows by the verbs alone: the three searches, as they are and explained.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
from common import TENANT, add_arguments, items, read_rows, server, show, table, verdict

from pgrecall import AsyncStore, Collection, Hnsw, Store
from pgrecall.demo import DIMENSIONS, MODEL, Embedder

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

NAME = "texts"
BAR = 200.0
"""Milliseconds that a page may take beside its searches."""

KIND = "library"
FIELDS = {"kind": "text", "year": "number"}
QUESTIONS: list[tuple[str, dict[str, Any] | None, dict[str, str]]] = [
    ("a question", None, {}),
    ("a question, a facet chosen", {"kind": KIND}, {"f": f'[["kind"],"{KIND}"]'}),
]
OTHERS = [
    ("collections", "/", ()),
    ("a collection", "/collection", (("c", NAME),)),
    ("an item", "/item", (("c", NAME), ("id", "{item}"), ("q", "{words}"))),
    ("a map of 2,000 items", "/map", (("c", NAME), ("q", "{words}"), ("by", "kind"))),
    ("reports", "/reports", (("c", NAME),)),
]
"""Other pages, and what their addresses say."""


def fill(dsn: str, count: int, embedder: Embedder) -> tuple[str, list[str], str]:
    """Make the collection; give where the texts are from, what is asked, and an item's id."""
    rows = read_rows(count)
    vectors = embedder.questions(rows.texts)
    with Store(dsn) as store:
        store.ensure_collection(TENANT, Collection(NAME, DIMENSIONS, MODEL, fields=FIELDS))
        given = items(rows, vectors)
        store.load(TENANT, NAME, [item for item in given if item.vector.any()])
        store.create_index(TENANT, NAME, Hnsw())
    asked = [" ".join(text.split()[:6]) for text in rows.texts[:200]]
    return rows.source, [words for words in asked if words.isascii()], rows.ids[0]


@contextmanager
def pages(dsn: str) -> Iterator[str]:
    """Start the command, and give the address that it prints."""
    command = [sys.executable, "-m", "pgrecall", "ui", "--no-open", "--tenant", TENANT]
    with subprocess.Popen([*command, "--dsn", dsn], stderr=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stderr or ():
                if "serving " in line:
                    yield line.split("serving ")[1].strip()
                    break
        finally:
            process.terminate()


async def took(call: Callable[[], Awaitable[Any]]) -> float:
    """Time one call in milliseconds."""
    start = time.perf_counter()
    answer = await call()
    passed = 1_000 * (time.perf_counter() - start)
    if isinstance(answer, httpx.Response):
        answer.raise_for_status()
    return passed


class Measured:
    """Times of pages and of what they show, by page."""

    def __init__(self) -> None:
        """Begin with none."""
        self.times: dict[str, dict[str, list[float]]] = {}

    def note(self, page: str, **milliseconds: float) -> None:
        """Add a page's time, ``of_page``, and those of its searches."""
        for what, one in milliseconds.items():
            self.times.setdefault(page, {}).setdefault(what, []).append(one)


async def searches(store: AsyncStore, vector: Any, words: str, **given: Any) -> None:
    """Do what the page of a question shows, side by side as it does."""
    await asyncio.gather(
        store.search(TENANT, NAME, vector, **given),
        store.search_text(TENANT, NAME, words, **given),
        store.search_hybrid(TENANT, NAME, vector, words, **given),
    )


async def measure(
    dsn: str, address: str, embedder: Embedder, asked: list[str], item: str
) -> dict[str, dict[str, list[float]]]:
    """Ask for each page by turns with what it shows."""
    measured = Measured()
    base, _, token = address.partition("/?")
    async with (
        AsyncStore(dsn) as store,
        httpx.AsyncClient(base_url=base, follow_redirects=True, timeout=60) as client,
    ):
        entered = await client.get(f"/?{token}")
        # the pages stand below a path of their own
        client.base_url = client.base_url.join(entered.text.split("0;url=")[1].split('"')[0])
        for number, words in enumerate(asked):
            [vector] = embedder.questions([words])
            for name, filter_, chosen in QUESTIONS:
                place = {"c": NAME, "q": words, **chosen}
                page = await took(partial(client.get, "/ask", params=place))
                asking = partial(searches, store, vector, words, filter=filter_)
                plain, explained = await took(asking), await took(partial(asking, explain=True))
                if number:  # the first loads the model, and opens connections
                    measured.note(name, of_page=page, plain=plain, explained=explained)
            if number % 5 == 1:
                for name, path, place in OTHERS:
                    values = {key: value.format(item=item, words=words) for key, value in place}
                    page = await took(partial(client.get, path, params=values))
                    measured.note(name, of_page=page)
    return measured.times


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--queries", type=int, default=60)
    add_arguments(parser)
    args = parser.parse_args()
    embedder = Embedder()
    with server(args.dsn) as dsn:
        source, asked, item = fill(dsn, args.rows, embedder)
        with pages(dsn) as address:
            found = asyncio.run(measure(dsn, address, embedder, asked[: args.queries], item))
    shown = table(
        "Pages of pgrecall ui",
        *("page", "p50 ms", "its searches", "explained", "beside them", f"under {BAR:.0f} ms"),
    )
    for name, times in found.items():
        pages_, plain = times["of_page"], times.get("plain")
        beside = [
            page - one for page, one in zip(pages_, plain or [0.0] * len(pages_), strict=True)
        ]
        shown.add_row(
            name,
            f"{statistics.median(pages_):.0f}",
            f"{statistics.median(plain):.0f}" if plain else "-",
            f"{statistics.median(times['explained']):.0f}" if plain else "-",
            f"{statistics.median(beside):.0f}",
            verdict(met=statistics.median(beside) < BAR),
        )
    show(found, [shown], [f"{args.rows:,}: {source}", "medians, by turns on one server"], args)


if __name__ == "__main__":
    main()
