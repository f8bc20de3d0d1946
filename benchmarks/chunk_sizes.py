"""How long chunks should be: what is read of a search's answer before the one sentence is met.

The documents are this project's own pages, the model is the bundled one. A question is answered
where its sentence has been read whole, so that long chunks and short ones are compared by what a
reader, or a model with a window, goes through: characters, not chunks.
"""

from __future__ import annotations

import argparse
import re
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import TENANT, add_arguments, server, show, table

from pgrecall import Collection, Item, Store
from pgrecall.cli.documents.chunks import Cutter
from pgrecall.cli.documents.inputs import find
from pgrecall.cli.documents.reading import read
from pgrecall.cli.shared import embedders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall import Match
    from pgrecall.cli.documents.reading import Document
    from pgrecall.cli.shared.embedders import Model

DOCS = Path(__file__).parents[1] / "docs"
LEFT_OUT = ("reference", "how-to/documents.md")  # names alone, and the page that has the result
READ = (1_000, 2_000, 4_000, 8_000)
"""Characters that are read of an answer."""

SIZES = (300, 500, 800, 1_200, 2_000, 3_000)
FOUND = 100  # matches that are looked through

QUESTIONS = (
    (
        "in what order are rows locked so that concurrent writers do not deadlock",
        "Rows are locked in the order of their ids",
    ),
    ("which packages get imported that I did not ask for", "none is imported before it is used"),
    (
        "is a cosine similarity of 0.7 a good match",
        "What a good cosine similarity is depends on the embedding model",
    ),
    (
        "can two stores in one database with other schemas see each other",
        "Two stores with different schemas know nothing of each other",
    ),
    ("which version of pg_textsearch is safe to run", "Take 1.4.0 or newer"),
    ("are rows visible on a standby under the same policies", "Replicas** hold all rows too"),
    ("how much do title words count if the text repeats them", "its words count five times"),
    (
        "what happens to a batch when a constraint rejects one row of my own table",
        "What one refuses is told with the item",
    ),
    ("use the store in gunicorn workers that preload the app", "gunicorn with `--preload`"),
    (
        "where should the tenant's name come from in a web application",
        "the tenant comes from who is logged in",
    ),
    ("what does pg_dump save of the indexes", "The dump has the rows, the registry with every pin"),
    ("may a session's name be any string", "a session may be called by any string"),
    ("do text searches work when data is sharded", "run on every shard"),
    ("estimate disk and memory before creating a collection", "reckons disk and"),
    ("search from an async Django view", "`AsyncStore` searches from async code as everywhere"),
    (
        "old docker volume refuses the replica",
        "A volume that was made by another file does not let replicas in",
    ),
    ("danger of questions generated from the texts themselves", "uses that text's words"),
    (
        "get random items of a collection, different each time",
        "gives as many as you ask for whenever that many match",
    ),
    (
        "filter on a value inside a nested object",
        "A mapping without operators looks into a nested object",
    ),
    ("is deleted data really overwritten on disk", "writes the table anew"),
    (
        "find part of a file path or e-mail address by words",
        "Parts of paths, addresses, identifiers and compounds are found",
    ),
    (
        "how many candidates does each arm of a hybrid search bring",
        "Each arm brings 100 rows to choose from",
    ),
    ("use real users' questions when tuning the index", "let `tune` go by them"),
    ("what if an update filter is empty", "an empty filter is refused"),
    ("cache of langchain does not keep objects of my own class", "a serializer trusts it"),
    (
        "does langchain get k documents although a filter is given",
        "so `k` documents come back whenever that many match",
    ),
    (
        "what happens to indexes when a bulk load process is killed",
        "leaves the indexes aside that it had put aside",
    ),
    (
        "stable ids of llama index documents read from a folder",
        "SimpleDirectoryReader(filename_as_id=True)",
    ),
    (
        "how long may maintenance wait for a lock",
        "waits for a lock longer than a fifth of a second",
    ),
    (
        "passwords that expire after minutes on amazon rds",
        "Some providers hand out passwords that are good for minutes",
    ),
    ("how long does a pooled connection live at most", "A connection lives for an hour at most"),
    (
        "how does claude desktop talk to the server of the model context protocol",
        "The client starts the server and talks to it by standard input",
    ),
    ("copy every collection from another vector store at once", "`--all` copies every collection"),
    (
        "can I delete items while the embedding model is being changed",
        "a delete goes to the new collection by itself",
    ),
    ("what becomes of the old vectors after re-embedding", "The old collection is kept, read only"),
    (
        "see the query plan of a search and the reason for it",
        "runs a search a second time under `EXPLAIN ANALYZE`",
    ),
    ("keep a log of what people searched for", "keeps searches in a table for a while"),
    (
        "why do prepared statements fail behind a pooler in transaction mode",
        "each transaction may run on another server connection",
    ),
    ("read from a replica what I have just written", "a read waits up to a second for a replica"),
    (
        "why use a cross encoder after the search",
        "A reranker reads the question and a text together",
    ),
    (
        "can a tenant learn names of other tenants from the catalogs",
        "show everyone which tables there are",
    ),
    ("show collections of one tenant page by page", "--limit 2 --after"),
    (
        "what does a rollback do to a collection created in the same transaction",
        "A collection made in the transaction is unknown to the store until then",
    ),
    ("the connection died while committing: was it stored", "is it `OutcomeUnknownError`"),
    ("how do I deploy a new version to many workers without downtime", "roll the workers"),
    ("how should vectors be stored to need half the room", '`storage="halfvec"`** wherever'),
    ("range filters are slow on a metadata key", "an index where the key is declared"),
    ("next page shows the same result twice", "had one match twice"),
    ("what does a filter compare when arrays are in metadata", "are compared as they are stored"),
    (
        "give each agent its own memories with recency counted",
        "takes the same boosts over the metadata",
    ),
)
"""Questions, in words of their own, and a part of the sentence that answers each."""


def documents() -> list[tuple[str, Document]]:
    """Read the pages."""
    found = find([str(DOCS)], None, DOCS).documents
    return [(one.source, read(one)) for one in found if not one.source.startswith(LEFT_OUT)]


def fill(store: Store, name: str, pages: Sequence[tuple[str, Document]], cutter: Cutter) -> int:
    """Load the pages, cut by a cutter, with headings and without; count the chunks."""
    model = embedders.named(embedders.WORDLLAMA)
    chunks = [chunk for source, page in pages for chunk in cutter.chunks(page, source)]
    vectors = model.embed([chunk.text for chunk in chunks])
    items = [
        Item(chunk.id, vector, chunk.text, chunk.metadata)
        for chunk, vector in zip(chunks, vectors, strict=True)
    ]
    for title in (None, "heading"):
        collection = f"{name} {title}"
        store.ensure_collection(TENANT, Collection(collection, len(vectors[0]), title=title))
        store.load(TENANT, collection, items)
    return len(chunks)


def reach(matches: Sequence[Match], answer: str) -> float:
    """Count the characters that are read until an answer was, in the order of the matches."""
    before = 0
    for match in matches:
        text = plain(match.text)
        at = text.find(answer)
        if at >= 0:
            return before + at + len(answer)
        before += len(text)
    return float("inf")


def plain(text: str) -> str:
    """Leave line breaks out."""
    return re.sub(r"\s+", " ", text)


def ask(store: Store, collection: str, mode: str, model: Model) -> list[float]:
    """Ask every question."""
    reached = []
    for question, answer in QUESTIONS:
        vector = model.embed_one(question)
        if mode == "hybrid":
            found = store.search_hybrid(TENANT, collection, vector, question, limit=FOUND)
        elif mode == "vector":
            found = store.search(TENANT, collection, vector, limit=FOUND)
        else:
            found = store.search_text(TENANT, collection, question, limit=FOUND)
        reached.append(reach(found, plain(answer)))
    return reached


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[300, 500, 800, 1_200, 2_000, 3_000]
    )
    add_arguments(parser)
    args = parser.parse_args()
    pages = documents()
    texts = plain(" ".join(page.text for _, page in pages))
    gone = [answer for _, answer in QUESTIONS if plain(answer) not in texts]
    model = embedders.named(embedders.WORDLLAMA)
    headings = [f"in {count:,}" for count in READ]
    results: dict[str, Any] = {}
    shown = table(
        "Questions answered", "chunk", "overlap", "chunks", "mode", "title", *headings, "median"
    )
    with server(args.dsn) as dsn, Store(dsn) as store:
        for size in args.sizes:
            for overlap in (0, size // 8):
                name = f"{size} {overlap}"
                count = fill(store, name, pages, Cutter(size, overlap))
                for mode in ("hybrid", "text", "vector"):
                    for title in ("heading", None):
                        if mode != "vector" or title is None:
                            reached = ask(store, f"{name} {title}", mode, model)
                            row = [sum(one <= most for one in reached) for most in READ]
                            row.append(round(statistics.median(reached)))
                            cells = (size, overlap, count, mode, title or "-", *row)
                            shown.add_row(*map(str, cells))
                            results[f"{name} {mode} {title}"] = row
    whole = sum(len(page.text) for _, page in pages)
    notes = [f"{len(QUESTIONS)} questions to {len(pages)} pages of {whole:,} characters."]
    if gone:
        notes.append(f"No longer there, and counted as not found: {gone}")
    show(results, [shown], notes, args)


if __name__ == "__main__":
    main()
