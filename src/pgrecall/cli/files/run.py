"""Load a file into a collection: what the options ask for, step by step."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from pgrecall._operations.items.items import DEFAULT_BATCH
from pgrecall.cli.collections.indexes import build
from pgrecall.cli.files import columns as records
from pgrecall.cli.files import target as wanted
from pgrecall.cli.files.chunks import Pipeline
from pgrecall.cli.files.formats import BadRow, Row, Source
from pgrecall.cli.files.rejects import Rejects
from pgrecall.cli.shared import embedders
from pgrecall.cli.shared.output import messages, note, plural
from pgrecall.cli.shared.safe import clean
from pgrecall.errors import CollectionNotFoundError, InvalidArgumentError, PgRecallError
from pgrecall.models import Collection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import Any

    from pgrecall.cli.files.formats import Format
    from pgrecall.cli.files.rejects import Rejected
    from pgrecall.cli.files.target import IndexChoice
    from pgrecall.cli.shared.embedders import Model
    from pgrecall.indexes import Index
    from pgrecall.store import Store

# a vector that was dear is stored soon: an interruption loses this many at most
_SLOW_BATCH = 500
_STEP = 100  # rows between two looks of the progress bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the options of ``pgrecall load`` ask for; None leaves the choice to the file.

    ``settings`` are the fields of the collection that options name.
    """

    file: str
    format: Format | None
    tenant: str
    collection: str | None
    text: str | None
    id: str | None
    metadata: Sequence[str] | None
    vectors: str | None
    embed: str | None
    settings: Mapping[str, Any]
    index: IndexChoice | None
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
    model = None if pipeline.has_vectors else named or _usual_model(name, existing, source)
    pipeline.model = model
    rejects = pipeline.rejects
    asked = wanted.collection(
        name,
        _dimensions(existing, source, pipeline),
        existing,
        said=request.settings,
        model="" if model is None else model.name,
        manifest=source.manifest,
        where=source.name,
    )
    # what cannot be is told before every text is embedded
    wanted.index(request.index, source.manifest, existing or asked, wanted.INDEXED_ROWS)
    if existing is not None:
        existing = store.ensure_collection(tenant, asked)
    try:
        written = _store(store, tenant, asked, existing, source, pipeline)
    except KeyboardInterrupt:
        _tell_stored(store, tenant, name)
        raise
    seconds = time.perf_counter() - started
    count = store.count(tenant, name)
    collection = store.describe_collection(tenant, name) or asked
    index = wanted.index(request.index, source.manifest, collection, count)
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


def _dimensions(existing: Collection | None, source: Source, pipeline: Pipeline) -> int:
    if existing is not None and existing.dimensions:
        return existing.dimensions
    if source.manifest is not None and (pipeline.has_vectors or not source.has_rows):
        told: int = source.manifest.settings["dimensions"]
        return told
    return pipeline.dimensions()


def _store(
    store: Store,
    tenant: str,
    asked: Collection,
    existing: Collection | None,
    source: Source,
    pipeline: Pipeline,
) -> int:
    name, model = asked.name, pipeline.model
    is_slow = model is not None and model.is_slow
    is_new = existing is None or not store.count(tenant, name)
    with _progress(source, f"Loading {clean(name, lines=False)}") as advance:
        items = pipeline.items(store, tenant, existing or asked, is_new=is_new)
        items = _told(items, advance)
        if existing is None:
            # what is refused leaves nothing that would hold the next run to this one's mistake
            first = list(islice(items, _SLOW_BATCH if is_slow else DEFAULT_BATCH))
            items = chain(first, items)
            store.ensure_collection(tenant, asked)
        if is_slow:
            return store.upsert(tenant, name, items, batch_size=_SLOW_BATCH)
        return store.load(tenant, name, items)


def _tell_stored(store: Store, tenant: str, name: str) -> None:
    with suppress(PgRecallError):  # the server is why it was interrupted
        try:
            rows = store.count(tenant, name)
        except CollectionNotFoundError:
            rows = 0
        note(
            f"collection {name!r} holds {plural(rows, 'row')} now; the same command again goes on"
            " from there"
            if rows
            else f"nothing is stored in collection {name!r}"
        )


def _first_row(
    source: Source, rejects: Rejects
) -> tuple[Iterator[Row | BadRow], Mapping[str, Any]]:
    rows = source.rows()
    for row in rows:
        if isinstance(row, Row):
            return chain([row], rows), row.values
        rejects.add(row, row.reason)
    if not rejects.count and source.manifest is not None:
        return iter(()), {}  # the export of a collection without items
    raise (
        rejects.nothing_usable()
        if rejects.count
        else InvalidArgumentError(f"{source.name} holds no rows")
    )


def _columns(request: Request, source: Source, first: Mapping[str, Any]) -> records.Columns:
    text, id_, vectors, metadata = request.text, request.id, request.vectors, request.metadata
    if source.manifest is not None:
        # an export's columns are known; the first vector may be missing, and tells nothing
        text, id_, metadata = text or "text", id_ or "id", metadata or [records.METADATA]
        if source.manifest.has_vectors and request.embed is None:
            vectors = vectors or "embedding"
        if not first:
            return records.Columns(text, id_, vectors, tuple(metadata), typed=True)
    return records.choose(
        first,
        source.name,
        text=text,
        id_=id_,
        vector=vectors,
        metadata=metadata,
        embeds=request.embed is not None,
        typed=source.format != "csv",
        clean=request.clean,
    )


def _usual_model(name: str, existing: Collection | None, source: Source) -> Model:
    if existing is None and source.manifest is not None:
        # the file names the model, as a collection does: neither chooses what runs here
        existing = Collection(name, embedding_model=source.manifest.settings["embedding_model"])
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
