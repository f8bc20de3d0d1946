"""Load a file into a collection: what the options ask for, step by step."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from pgrecall._operations.items.items import DEFAULT_BATCH
from pgrecall.cli.files.row_file import RowFile
from pgrecall.cli.files.rows import BadRow, Row
from pgrecall.cli.load import plan, target
from pgrecall.cli.load.columns import METADATA, FileColumns, choose_columns
from pgrecall.cli.load.pipeline import Pipeline
from pgrecall.cli.load.rejects import Rejects
from pgrecall.cli.load.report import LoadReport
from pgrecall.cli.shared import embedders
from pgrecall.cli.shared.building import build_index
from pgrecall.cli.shared.escaping import clean
from pgrecall.cli.shared.output import note, plural
from pgrecall.cli.shared.progress import ROWS, bars
from pgrecall.errors import CollectionNotFoundError, InvalidArgumentError, PgRecallError
from pgrecall.models import Collection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from typing import Any

    from pgrecall.cli.load.options import LoadOptions
    from pgrecall.cli.shared.embedders import Model
    from pgrecall.store import Store

# a vector that was dear is stored soon: an interruption loses this many at most
_SLOW_BATCH = 500
_STEP = 100  # rows between two looks of the progress bar


def load_file(
    options: LoadOptions, connect: Callable[[], AbstractContextManager[Store]]
) -> LoadReport:
    """Load a file; what can be checked before the server is asked is checked before.

    Raises:
        InvalidArgumentError: The file, an option or the model cannot be used.
        PgRecallError: The server refused; ``written`` counts the rows stored by then.
    """
    said = options.collection_fields()
    if options.vectors is not None and options.embed is not None:
        raise InvalidArgumentError("--vectors and --embed exclude one another")
    with closing(RowFile(options.file, options.format_, options.encoding)) as source:
        path = options.reject or source.reject_path
        if path.exists() and path.resolve() == Path(options.file).resolve():
            raise InvalidArgumentError(f"--reject would overwrite {options.file!r} itself")
        with closing(Rejects(path, source, stop=options.stop_on_error)) as rejects:
            rows, first = _first_row(source, rejects)
            columns = _columns(options, source, first)
            rows, seen = plan.look(rows, columns)
            named = embedders.named(options.embed) if options.embed is not None else None
            with connect() as store:
                pipeline = Pipeline(rejects, columns, rows)
                return _load(options, said, store, source, pipeline, named=named, seen=seen)


def _load(
    options: LoadOptions,
    said: Mapping[str, Any],
    store: Store,
    source: RowFile,
    pipeline: Pipeline,
    *,
    named: Model | None,
    seen: plan.Seen,
) -> LoadReport:
    started, tenant = time.perf_counter(), options.tenant
    name = options.collection or source.stem
    existing = store.describe_collection(tenant, name)
    model = None if pipeline.has_vectors else named or _usual_model(name, existing, source)
    pipeline.model = model
    rejects = pipeline.rejects
    asked = target.target_collection(
        name,
        _dimensions(existing, source, pipeline),
        existing,
        said=said,
        model="" if model is None else model.name,
        manifest=source.manifest,
        where=source.name,
    )
    # what cannot be is told before every text is embedded
    target.target_index(options.index, source.manifest, existing or asked, target.INDEXED_ROWS)
    if existing is not None:
        existing = store.ensure_collection(tenant, asked)
    if not options.as_json and source.manifest is None:
        plan.tell(source, seen, None if model is None else model.name)
    try:
        written = _store(store, tenant, asked, existing, source, pipeline)
    except KeyboardInterrupt:
        _tell_stored(store, tenant, name)
        raise
    seconds = time.perf_counter() - started
    count = store.count(tenant, name)
    collection = store.describe_collection(tenant, name) or asked
    index = target.target_index(options.index, source.manifest, collection, count)
    index_seconds = build_index(store, tenant, name, index) if index is not None else 0.0
    return LoadReport(
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


def _dimensions(existing: Collection | None, source: RowFile, pipeline: Pipeline) -> int:
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
    source: RowFile,
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
        # only an export's rows have times of their own
        return store.load(tenant, name, items, keep_times=pipeline.has_times)


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
    source: RowFile, rejects: Rejects
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


def _columns(options: LoadOptions, source: RowFile, first: Mapping[str, Any]) -> FileColumns:
    text, id_, vectors, metadata = (
        options.text,
        options.id_,
        options.vectors,
        options.metadata_columns(),
    )
    if source.manifest is not None:
        # an export's columns are known; the first vector may be missing, and tells nothing
        text, id_, metadata = text or "text", id_ or "id", metadata or [METADATA]
        if source.manifest.has_vectors and options.embed is None:
            vectors = vectors or "embedding"
        if not first:
            return FileColumns(text, id_, vectors, tuple(metadata), typed=True)
    chosen = choose_columns(
        first,
        source.name,
        text=text,
        id_=id_,
        vector=vectors,
        metadata=metadata,
        embeds=options.embed is not None,
        typed=source.format != "csv",
        clean=options.clean,
        types=options.types or (),
    )
    return replace(chosen, times=source.manifest is not None and source.manifest.has_times)


def _usual_model(name: str, existing: Collection | None, source: RowFile) -> Model:
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
def _progress(source: RowFile, what: str) -> Iterator[Callable[[int], object]]:
    with bars("percent", ROWS) as progress:
        task = progress.add_task(what, total=source.size, rows=0)
        yield lambda rows: progress.update(task, completed=source.position, rows=rows)


def _told(items: Iterator[Any], advance: Callable[[int], object]) -> Iterator[Any]:
    count = 0
    for count, item in enumerate(items, start=1):
        yield item
        if count % _STEP == 0:
            advance(count)
    advance(count)
