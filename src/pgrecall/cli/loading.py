"""Load a file into a collection: what the options ask for, step by step."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from pgrecall._operations.items import DEFAULT_BATCH
from pgrecall._said import given
from pgrecall.cli import embedders, records
from pgrecall.cli.indexes import build
from pgrecall.cli.output import messages
from pgrecall.cli.pipeline import Pipeline
from pgrecall.cli.rejects import Rejects
from pgrecall.cli.sources import BadRow, Row, Source
from pgrecall.errors import InvalidArgumentError
from pgrecall.indexes import Hnsw, Index, IvfFlat, check_index
from pgrecall.models import Collection, Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import Any

    from pgrecall.cli.embedders import Model
    from pgrecall.cli.rejects import Rejected
    from pgrecall.cli.sources import Format
    from pgrecall.store import Store

IndexChoice = Literal["auto", "hnsw", "hnsw-half", "hnsw-binary", "ivfflat", "none"]

INDEXED_ROWS = 10_000
"""Rows from which ``auto`` builds an index."""

# a vector that was dear is stored soon: an interruption loses this many at most
_SLOW_BATCH = 500
_STEP = 100  # rows between two looks of the progress bar
_MOST_FULL, _MOST_HALF = 2_000, 4_000  # dimensions that HNSW holds as they are, and by half


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the options of ``pgrecall load`` ask for; None leaves the choice to the file."""

    file: str
    format: Format | None
    tenant: str
    collection: str | None
    text: str | None
    id: str | None
    metadata: Sequence[str] | None
    vectors: str | None
    embed: str | None
    pin: str | None
    metric: str | None
    index: IndexChoice
    fields: Mapping[str, str] | None
    language: str | None
    reject: Path | None
    stop_on_error: bool
    clean: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What a load did.

    Attributes:
        collection: As it is now.
        is_new: Whether the load made it.
        written: Rows stored.
        unchanged: Rows that were stored before, just so.
        rejected: Rows that could not be stored.
        told: The first of those, with reasons.
        line_word: What the file calls one of them.
        reject_path: The file that keeps them, if there are any.
        rows: Rows of the collection now.
        seconds: How long it took, the index apart.
        built: The index that was built at the end.
        index_seconds: How long that took.
    """

    collection: Collection
    is_new: bool
    written: int
    unchanged: int
    rejected: int
    told: Sequence[Rejected]
    line_word: str
    reject_path: Path | None
    rows: int
    seconds: float
    built: Index | None
    index_seconds: float


def run(request: Request, connect: Callable[[], AbstractContextManager[Store]]) -> Report:
    """Load a file; what can be checked before the server is asked is checked before.

    Raises:
        InvalidArgumentError: The file, an option or the model cannot be used.
        PgRecallError: The server refused; ``written`` counts the rows stored by then.
    """
    if request.vectors is not None and request.embed is not None:
        raise InvalidArgumentError("--vectors and --embed exclude one another")
    with closing(Source(request.file, request.format)) as source:
        path = request.reject or source.reject_path
        if path.exists() and path.resolve() == Path(request.file).resolve():
            raise InvalidArgumentError(f"--reject would overwrite {request.file!r} itself")
        with closing(Rejects(path, source, stop=request.stop_on_error)) as rejects:
            rows, first = _first_row(source, rejects)
            columns = _columns(request, source, first)
            named = embedders.named(request.embed) if request.embed is not None else None
            with connect() as store:
                pipeline = Pipeline(rejects, columns, rows)
                return _load(request, store, source, pipeline, named)


def _load(
    request: Request,
    store: Store,
    source: Source,
    pipeline: Pipeline,
    named: Model | None,
) -> Report:
    started, tenant = time.perf_counter(), request.tenant
    name = request.collection or source.stem
    existing = store.describe_collection(tenant, name)
    model = None if pipeline.has_vectors else named or _usual_model(existing)
    pipeline.model = model
    rejects = pipeline.rejects
    dimensions = (existing and existing.dimensions) or pipeline.dimensions()
    wanted = _wanted(request, name, dimensions, model)
    _check_index(request.index, existing or wanted)
    if existing is not None:
        existing = store.ensure_collection(tenant, wanted)
    is_slow = model is not None and model.is_slow
    is_new = existing is None or not store.count(tenant, name)
    with _progress(source, f"Loading {name}") as advance:
        items = pipeline.items(store, tenant, existing or wanted, is_new=is_new)
        items = _told(items, advance)
        if existing is None:
            # what is refused leaves nothing that would hold the next run to this one's mistake
            first = list(islice(items, _SLOW_BATCH if is_slow else DEFAULT_BATCH))
            items = chain(first, items)
            store.ensure_collection(tenant, wanted)
        if is_slow:
            written = store.upsert(tenant, name, items, batch_size=_SLOW_BATCH)
        else:
            written = store.load(tenant, name, items)
    seconds = time.perf_counter() - started
    count = store.count(tenant, name)
    collection = store.describe_collection(tenant, name) or wanted
    index = _index(request.index, count, collection)
    index_seconds = build(store, tenant, name, index) if index is not None else 0.0
    return Report(
        collection=store.describe_collection(tenant, name) or collection,
        is_new=existing is None,
        written=written,
        unchanged=pipeline.unchanged,
        rejected=rejects.count,
        told=rejects.told,
        line_word=source.line_word,
        reject_path=rejects.path if rejects.count else None,
        rows=count,
        seconds=seconds,
        built=index,
        index_seconds=index_seconds,
    )


def _first_row(
    source: Source, rejects: Rejects
) -> tuple[Iterator[Row | BadRow], Mapping[str, Any]]:
    rows = source.rows()
    for row in rows:
        if isinstance(row, Row):
            return chain([row], rows), row.values
        rejects.add(row, row.reason)
    raise (
        rejects.nothing_usable()
        if rejects.count
        else InvalidArgumentError(f"{source.name} holds no rows")
    )


def _columns(request: Request, source: Source, first: Mapping[str, Any]) -> records.Columns:
    return records.choose(
        first,
        source.name,
        text=request.text,
        id_=request.id,
        vector=request.vectors,
        metadata=request.metadata,
        embeds=request.embed is not None,
        typed=source.format != "csv",
        clean=request.clean,
    )


def _usual_model(existing: Collection | None) -> Model:
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


def _wanted(request: Request, name: str, dimensions: int, model: Model | None) -> Collection:
    return Collection(
        name,
        dimensions,
        given(request.pin if request.pin is not None or model is None else model.name),
        request.metric,
        text_search=None if request.language == "none" else given(request.language),
        fields=given(request.fields),
    )


def _check_index(choice: IndexChoice, collection: Collection) -> None:
    """Refuse an index before every text is embedded."""
    index = _index(choice, INDEXED_ROWS, collection)
    if index is not None:
        metric = str(collection.metric or Metric.COSINE)
        dimensions = collection.dimensions or 0
        check_index(index, dimensions=dimensions, metric=metric, storage=collection.storage)


def _index(choice: IndexChoice, rows: int, collection: Collection) -> Index | None:
    """Choose what to build at the end; None where nothing is asked for, or it is there."""
    there = collection.index
    if choice == "none" or (choice == "auto" and (there is not None or rows < INDEXED_ROWS)):
        return None
    wanted = _chosen(choice, collection.dimensions or 0)
    same = type(there) is type(wanted)
    if same and isinstance(there, Hnsw) and isinstance(wanted, Hnsw):
        same = there.quantization == wanted.quantization
    return None if same else wanted


def _chosen(choice: IndexChoice, dimensions: int) -> Index:
    if choice == "ivfflat":
        return IvfFlat()
    if choice == "hnsw-binary" or (choice == "auto" and dimensions > _MOST_HALF):
        return Hnsw(quantization="binary")
    if choice == "hnsw-half" or (choice == "auto" and dimensions > _MOST_FULL):
        return Hnsw(quantization="half")
    return Hnsw()


@contextmanager
def _progress(source: Source, what: str) -> Iterator[Callable[[int], object]]:
    out = messages()
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeElapsedColumn(),
        console=out,
        disable=not out.is_terminal,
    ) as progress:
        task = progress.add_task(what, total=source.size, rows=0)
        yield lambda rows: progress.update(task, completed=source.position, rows=rows)


def _told(items: Iterator[Any], advance: Callable[[int], object]) -> Iterator[Any]:
    count = 0
    for count, item in enumerate(items, start=1):
        yield item
        if count % _STEP == 0:
            advance(count)
    advance(count)
