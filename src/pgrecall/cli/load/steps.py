"""Load files into a collection: what the options ask for, step by step."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pgrecall.cli.documents import inputs
from pgrecall.cli.documents.chunks import Cutter
from pgrecall.cli.documents.inputs import Inputs, LeftOut
from pgrecall.cli.documents.loading import Documents, Loading
from pgrecall.cli.load import target
from pgrecall.cli.load.models import usual_model
from pgrecall.cli.load.report import LoadReport
from pgrecall.cli.load.rows import RowsLoad, RowsLoaded
from pgrecall.cli.shared import embedders
from pgrecall.cli.shared.building import build_index
from pgrecall.cli.shared.escaping import clean
from pgrecall.cli.shared.output import note, plural
from pgrecall.cli.shared.progress import bars
from pgrecall.cli.shared.wording import in_commands
from pgrecall.errors import CollectionNotFoundError, InvalidArgumentError, PgRecallError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from pgrecall.cli.files.manifest import Manifest
    from pgrecall.cli.load.options import LoadOptions
    from pgrecall.cli.shared.embedders import Model
    from pgrecall.models import Collection
    from pgrecall.store import Store

CHUNKS = "{task.fields[rows]:,} chunks"


def load_files(
    options: LoadOptions, connect: Callable[[], AbstractContextManager[Store]]
) -> LoadReport:
    """Load files; what can be checked before the server is asked is checked before.

    Raises:
        InvalidArgumentError: A file, an option or the model cannot be used.
        PgRecallError: The server refused; ``written`` counts the rows stored by then.
    """
    said = options.collection_fields()
    if options.vectors is not None and options.embed is not None:
        raise InvalidArgumentError("--vectors and --embed exclude one another")
    if options.base is not None and not options.base.is_dir():
        raise InvalidArgumentError(f"--base names a folder; {str(options.base)!r} is none")
    cutter = Cutter(options.chunk, options.overlap or 0)
    found = inputs.find(options.files, options.format_, options.base)
    name = options.collection or inputs.collection_name(options.files)
    _check(options, found)
    first = _first_rows(options, found)
    try:
        named = embedders.named(options.embed) if options.embed is not None else None
        with connect() as store:
            load = _Load(options, store, name, said, named, found)
            try:
                return load.run(first, cutter)
            except KeyboardInterrupt:
                _tell_stored(store, options.tenant, name)
                raise
    finally:
        if first is not None:
            first.close()


class _Load:
    def __init__(
        self,
        options: LoadOptions,
        store: Store,
        name: str,
        said: dict[str, Any],
        named: Model | None,
        found: Inputs,
    ) -> None:
        self._options, self._store, self._name = options, store, name
        self._said, self._named, self._found = said, named, found
        self._refused = list(found.refused)
        self._manifest: Manifest | None = None
        self._files: list[RowsLoaded] = []
        self._loading: Loading | None = None

    def run(self, first: RowsLoad | None, cutter: Cutter) -> LoadReport:
        """Load all files, and build the index behind them.

        Raises:
            PgRecallError: What failed; ``written`` counts what is stored of all files.
        """
        try:
            return self._run(first, cutter)
        except PgRecallError as error:
            error.written += sum(one.written for one in self._files)
            error.written += self._loading.done.written if self._loading is not None else 0
            raise

    def _run(self, first: RowsLoad | None, cutter: Cutter) -> LoadReport:
        started, store, tenant = time.perf_counter(), self._store, self._options.tenant
        existing = store.describe_collection(tenant, self._name)
        if existing is None and self._found.documents and (first is None or not first.manifest):
            # what a heading brings to a search is measured in docs/how-to/documents.md
            searches_text = self._said.get("text_search", True) is not None
            self._said = ({"title": "heading"} if searches_text else {}) | self._said
        rows = self._rows(first) if first is not None else self._files
        documents = self._documents(cutter) if self._found.documents else None
        collection = store.describe_collection(tenant, self._name)
        if collection is None or (not rows and documents is None):
            raise InvalidArgumentError(self._nothing(documents))
        seconds = time.perf_counter() - started
        count = store.count(tenant, self._name)
        index = target.target_index(self._options.index, self._manifest, collection, count)
        index_seconds, not_built = 0.0, None
        if index is not None:
            try:
                index_seconds = build_index(store, tenant, self._name, index)
            except PgRecallError as error:
                index, not_built = None, error
        # a server that went while it built cannot be asked, and the build's failure is to be told
        with suppress(*(() if not_built is None else (PgRecallError,))):
            collection = store.describe_collection(tenant, self._name) or collection
        return LoadReport(
            collection=collection,
            is_new=existing is None,
            files=rows,
            documents=documents,
            skipped=self._found.skipped,
            refused=[*self._refused, *(() if documents is None else documents.refused)],
            rows=count,
            seconds=seconds,
            built=index,
            index_seconds=index_seconds,
            not_built=not_built,
        )

    def _rows(self, first: RowsLoad) -> list[RowsLoaded]:
        done, rows = self._files, self._found.rows
        for input_ in rows:
            try:
                load = first if input_ is rows[0] else RowsLoad(self._options, input_, rows)
                try:
                    done.append(self._run_rows(load))
                finally:
                    load.close()
            except InvalidArgumentError as error:
                if self._options.stop_on_error or _is_one(self._found):
                    raise
                self._refused.append(LeftOut(input_.path, in_commands(error)))
        return done

    def _run_rows(self, load: RowsLoad) -> RowsLoaded:
        existing = self._store.describe_collection(self._options.tenant, self._name)
        done = load.run(self._store, self._name, existing, said=self._said, named=self._named)
        self._manifest = self._manifest or load.manifest
        return done

    def _documents(self, cutter: Cutter) -> Documents:
        options, store, tenant = self._options, self._store, self._options.tenant
        existing = store.describe_collection(tenant, self._name)
        model = self._named or usual_model(self._name, existing, None)
        collection: list[Collection] = []

        def ensure(dimensions: int) -> None:
            if not collection:
                asked = target.target_collection(
                    self._name,
                    dimensions,
                    existing,
                    said=self._said,
                    model=model.name,
                    manifest=None,
                    where="",
                )
                target.target_index(options.index, None, existing or asked, target.INDEXED_ROWS)
                collection.append(store.ensure_collection(tenant, asked))

        if existing is not None and existing.dimensions:
            ensure(existing.dimensions)
        loading = self._loading = Loading(
            store,
            tenant,
            self._name,
            model=model,
            cutter=cutter,
            ensure=ensure,
            is_new=existing is None or not store.count(tenant, self._name),
            clean=options.clean,
            encoding=options.encoding,
            stop=options.stop_on_error,
        )
        files = self._found.documents
        with bars("count", CHUNKS) as progress:
            shown = f"Loading {clean(self._name, lines=False)}"
            task = progress.add_task(shown, total=len(files), rows=0)
            loading.load(
                files, lambda done, chunks: progress.update(task, completed=done, rows=chunks)
            )
        loading.look_for_gone(self._found, str(options.base or ""), prune=options.prune)
        loading.look_for_doubles(self._found)
        return loading.done

    def _nothing(self, documents: Documents | None) -> str:
        refused: list[LeftOut] = [*self._refused, *(documents.refused if documents else ())]
        if refused:
            return refused[0].reason
        return f"{', '.join(map(repr, self._options.files))}: not a word of text is there"


def _check(options: LoadOptions, found: Inputs) -> None:
    if options.reject is not None and len(found.rows) > 1:
        raise InvalidArgumentError(
            "--reject names one file, and there are several to load: without it each has its own"
        )
    of_rows = (options.text, options.id_, options.metadata, options.vectors, options.types)
    if not found.rows and any(one is not None for one in of_rows):
        raise InvalidArgumentError(
            "--text, --id, --metadata, --vectors and --column are of rows; a document such as"
            f" {found.documents[0].path!r} has none"
        )
    of_documents = (options.chunk, options.overlap, options.base)
    if not found.documents and any(one is not None for one in of_documents):
        raise InvalidArgumentError(
            "--chunk, --overlap and --base are of documents; each row of a file such as"
            f" {found.rows[0].path!r} is an item as it is"
        )
    if options.prune and not found.folders:
        raise InvalidArgumentError("--prune goes by what folders have: name a folder")
    if options.stop_on_error and found.refused:
        raise InvalidArgumentError(found.refused[0].reason)


def _first_rows(options: LoadOptions, found: Inputs) -> RowsLoad | None:
    """Open the first file of rows that can be read; those before it are refused.

    Raises:
        InvalidArgumentError: None can be read, and there is nothing else to load.
    """
    first: InvalidArgumentError | None = None
    while found.rows:
        try:
            return RowsLoad(options, found.rows[0], found.rows)
        except InvalidArgumentError as error:
            if options.stop_on_error:
                raise
            first = first or error
            found.refused.append(LeftOut(found.rows.pop(0).path, in_commands(error)))
    if first is not None and not found.documents:
        raise first
    return None


def _is_one(found: Inputs) -> bool:
    return len(found.rows) + len(found.documents) + len(found.refused) == 1


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
