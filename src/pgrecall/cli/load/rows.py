"""A file of rows into a collection."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgrecall._operations.items.items import DEFAULT_BATCH
from pgrecall.cli.documents.formats import row_format
from pgrecall.cli.files.row_file import RowFile, reject_path
from pgrecall.cli.files.rows import BadRow, Row
from pgrecall.cli.load import plan, target
from pgrecall.cli.load.columns import METADATA, FileColumns, choose_columns
from pgrecall.cli.load.models import usual_model
from pgrecall.cli.load.pipeline import Pipeline
from pgrecall.cli.load.rejects import Rejects
from pgrecall.cli.shared.escaping import clean
from pgrecall.cli.shared.output import note
from pgrecall.cli.shared.progress import ROWS, bars
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pgrecall.cli.documents.inputs import Input
    from pgrecall.cli.files.manifest import Manifest
    from pgrecall.cli.load.options import LoadOptions
    from pgrecall.cli.load.rejects import Rejected
    from pgrecall.cli.shared.embedders import Model
    from pgrecall.models import Collection
    from pgrecall.store import Store

# a vector that was dear is stored soon: an interruption loses this many at most
_SLOW_BATCH = 500
_STEP = 100  # rows between two looks of the progress bar


@dataclass(frozen=True, slots=True)
class RowsLoaded:
    """What came of a file of rows.

    Attributes:
        file: How messages name it.
        written: Rows stored.
        unchanged: Rows that were stored before, just so.
        rejected: Rows that could not be stored.
        told: The first of those, with reasons.
        line_word: What the file calls one of them.
        reject_path: The file that keeps them, if there are any.
    """

    file: str
    written: int
    unchanged: int
    rejected: int
    told: Sequence[Rejected]
    line_word: str
    reject_path: Path | None


class RowsLoad:
    """Loads one file of rows; what can be checked before the server is asked is checked first."""

    def __init__(self, options: LoadOptions, input_: Input, every: Sequence[Input]) -> None:
        """Open the file and read its first row.

        Args:
            options: What the load is asked for.
            input_: The file.
            every: All files of rows that are loaded together.

        Raises:
            InvalidArgumentError: The file, or an option, cannot be used.
        """
        self._options = options
        self._source = RowFile(input_.path, row_format(input_.format), options.encoding)
        self._rejects: Rejects | None = None
        try:
            path = _reject_path(options, input_, every)
            self._rejects = Rejects(path, self._source, stop=options.stop_on_error)
            rows, first = _first_row(self._source, self._rejects)
            columns = _columns(options, self._source, first)
            rows, self._seen = plan.look(rows, columns)
            self._pipeline = Pipeline(self._rejects, columns, rows)
        except BaseException:
            self.close()
            raise

    @property
    def manifest(self) -> Manifest | None:
        """What an export says of its collection."""
        return self._source.manifest

    def close(self) -> None:
        """Close what is open."""
        self._source.close()
        if self._rejects is not None:
            self._rejects.close()

    def run(
        self,
        store: Store,
        name: str,
        existing: Collection | None,
        *,
        said: Mapping[str, Any],
        named: Model | None,
    ) -> RowsLoaded:
        """Load the rows into a collection, which is made where it is missing.

        Args:
            store: Where it is.
            name: Its name.
            existing: What is there.
            said: The fields of it that options name.
            named: The model of ``--embed``.

        Raises:
            InvalidArgumentError: No row can be used, or the model failed.
        """
        options, source, pipeline = self._options, self._source, self._pipeline
        tenant = options.tenant
        model = None
        if not pipeline.has_vectors:
            try:
                model = named or usual_model(name, existing, source.manifest)
            except InvalidArgumentError:
                for hint in self._seen.vector_hints():
                    note(hint)
                raise
        pipeline.model = model
        asked = target.target_collection(
            name,
            self._dimensions(existing),
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
            plan.tell(source, self._seen, None if model is None else model.name)
        written = self._store(store, asked, existing)
        rejects = pipeline.rejects
        return RowsLoaded(
            file=source.name,
            written=written,
            unchanged=pipeline.unchanged,
            rejected=rejects.count,
            told=rejects.told,
            line_word=source.line_word,
            reject_path=rejects.path if rejects.count else None,
        )

    def _dimensions(self, existing: Collection | None) -> int:
        source = self._source
        if existing is not None and existing.dimensions:
            return existing.dimensions
        if source.manifest is not None and (self._pipeline.has_vectors or not source.has_rows):
            told: int = source.manifest.settings["dimensions"]
            return told
        return self._pipeline.dimensions()

    def _store(self, store: Store, asked: Collection, existing: Collection | None) -> int:
        tenant, name, model = self._options.tenant, asked.name, self._pipeline.model
        is_slow = model is not None and model.is_slow
        is_new = existing is None or not store.count(tenant, name)
        with _progress(self._source, f"Loading {clean(name, lines=False)}") as advance:
            items = self._pipeline.items(store, tenant, existing or asked, is_new=is_new)
            items = _told(items, advance)
            if existing is None:
                # what is refused leaves nothing that would hold the next run to this one's mistake
                first = list(islice(items, _SLOW_BATCH if is_slow else DEFAULT_BATCH))
                items = chain(first, items)
                store.ensure_collection(tenant, asked)
            if is_slow:
                return store.upsert(tenant, name, items, batch_size=_SLOW_BATCH)
            # only an export's rows have times of their own
            return store.load(tenant, name, items, keep_times=self._pipeline.has_times)


def _reject_path(options: LoadOptions, input_: Input, every: Sequence[Input]) -> Path:
    reject = options.reject or _usual_reject_path(input_, every)
    if reject.exists() and reject.resolve() == Path(input_.path).resolve():
        raise InvalidArgumentError(f"--reject would overwrite {input_.path!r} itself")
    return reject


def _usual_reject_path(input_: Input, every: Sequence[Input]) -> Path:
    others = [one for one in every if one is not input_]
    taken = [reject_path(one.path, row_format(one.format)) for one in others]  # by a.json
    taken += [Path(one.path) for one in others]  # by rows that were rejected, and mended
    mine = reject_path(input_.path, row_format(input_.format))
    if mine not in taken:
        return mine
    return reject_path(input_.path, row_format(input_.format), whole=True)


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
