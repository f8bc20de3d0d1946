"""Chunks of documents into a collection: new ones stored, old ones kept, those gone removed."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgrecall.cli.documents.inputs import LeftOut
from pgrecall.cli.documents.reading import read
from pgrecall.cli.shared.wording import in_commands
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Change, Item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pgrecall.cli.documents.chunks import Chunk, Cutter
    from pgrecall.cli.documents.inputs import Input, Inputs
    from pgrecall.cli.documents.reading import Document
    from pgrecall.cli.shared.embedders import Model
    from pgrecall.models import FieldPath
    from pgrecall.store import Store

CHUNKS, FILES = 500, 200
"""What is compared with the collection together, at least: chunks of whole files, or files."""

_PLACES = ("source", "start", "end", "heading", "page")
_MANY = 1_000_000  # files of a collection that are looked through for those that are gone


@dataclass(slots=True)
class Documents:
    """What came of documents.

    Attributes:
        files: How many were read.
        written: Chunks stored, embedded anew.
        unchanged: Chunks that were there already.
        moved: Those of them that stand elsewhere in their file now.
        removed: Chunks that are no longer in their file.
        refused: Files that cannot be read.
        empty: Files without a word.
        textless: Pages without text, of files that have some.
        gone: Sources in a folder that was given whose files are no longer there.
        pruned: Whether their chunks were removed.
        doubles: Two names of what seems one file, the old one first.
    """

    files: int = 0
    written: int = 0
    unchanged: int = 0
    moved: int = 0
    removed: int = 0
    refused: list[LeftOut] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    textless: list[tuple[str, int]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    pruned: bool = False
    doubles: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _File:
    source: str
    chunks: Sequence[Chunk]


class Loading:
    """Brings documents into one collection.

    Of a file the new chunks are stored first, then the places of those that stay are set, then
    those go that it no longer has: whenever it ends, each passage is there, in its old form or its
    new one. The same load again completes it.
    """

    def __init__(
        self,
        store: Store,
        tenant: str,
        name: str,
        *,
        model: Model,
        cutter: Cutter,
        ensure: Callable[[int], object],
        is_new: bool,
        clean: bool,
        encoding: str | None,
        stop: bool,
    ) -> None:
        """Read and write nothing yet.

        Args:
            store: Where the collection is.
            tenant: Whose it is.
            name: Its name.
            model: What makes the vectors.
            cutter: What makes the chunks.
            ensure: Makes the collection, for vectors of a length, before the first is stored.
            is_new: Whether nothing is in it.
            clean: Whether NUL is taken out of texts.
            encoding: What texts are, where no mark tells; None is UTF-8.
            stop: Whether the first file that cannot be read is to stop the run.
        """
        self.done = Documents()
        self._store, self._tenant, self._name = store, tenant, name
        self._model, self._cutter, self._ensure = model, cutter, ensure
        self._is_new, self._clean, self._encoding, self._stop = is_new, clean, encoding, stop

    def load(self, inputs: Sequence[Input], advance: Callable[[int, int], object]) -> None:
        """Load documents.

        Args:
            inputs: The files.
            advance: Told how many files are done, and how many chunks they have.

        Raises:
            InvalidArgumentError: The model failed, or a file cannot be read and is to stop it.
        """
        chunks = 0
        for batch in self._batches(inputs):
            self._bring(batch)
            chunks += sum(len(one.chunks) for one in batch)
            advance(self.done.files + len(self.done.refused), chunks)

    def look_for_gone(self, found: Inputs, base: str, *, prune: bool) -> None:
        """Find out which files of the folders given are no longer there.

        Args:
            found: What was given.
            base: The folder that sources are named from.
            prune: Whether their chunks go.
        """
        if self._is_new or not found.folders:
            return
        here = {one.source for one in (*found.documents, *found.rows)}
        for source in self._sources():
            if source in here or not any(
                _lies_in(source, folder, base) for folder in found.folders
            ):
                continue
            if not _is_gone(os.path.join(base, source)):  # noqa: PTH118  # as it was given
                continue
            if ids := self._ids(source):
                self.done.gone.append(source)
                if prune:
                    self.done.removed += self._store.delete(self._tenant, self._name, ids)
        self.done.pruned = prune

    def look_for_doubles(self, found: Inputs) -> None:
        """Find out whether a file was loaded under another name before, from another folder."""
        if self._is_new or not self.done.written:
            return
        here = {one.source for one in found.documents}
        by_name: dict[str, list[str]] = {}
        for source in here:
            by_name.setdefault(source.rpartition("/")[2], []).append(source)
        for old in self._sources():
            for new in by_name.get(old.rpartition("/")[2], ()) if old not in here else ():
                if (f"/{old}".endswith(f"/{new}") or f"/{new}".endswith(f"/{old}")) and (
                    _digests(self._ids(old)) == _digests(self._ids(new))
                ):
                    self.done.doubles = old, new
                    return

    def _sources(self) -> list[str]:
        """Give what items say they are from, in order."""
        facets = self._store.facet(self._tenant, self._name, "source", limit=_MANY)
        return sorted(one.value for one in facets if isinstance(one.value, str))

    def _ids(self, source: str) -> list[str]:
        return [one.id for one in self._of([source]) if one.id.startswith(f"{source}#")]

    def _batches(self, inputs: Sequence[Input]) -> Iterator[list[_File]]:
        batch: list[_File] = []
        chunks = 0
        for one in inputs:
            try:
                document = read(one, self._encoding, clean=self._clean)
            except InvalidArgumentError as error:
                if self._stop or len(inputs) == 1:
                    raise
                self.done.refused.append(LeftOut(one.path, in_commands(error)))
                continue
            cut = self._cut(document, one)
            batch.append(_File(one.source, cut))
            chunks += len(cut)
            if chunks >= CHUNKS or len(batch) >= FILES:
                yield batch
                batch, chunks = [], 0
        if batch:
            yield batch

    def _cut(self, document: Document, input_: Input) -> list[Chunk]:
        self.done.files += 1
        chunks = self._cutter.chunks(document, input_.source)
        if not chunks:
            self.done.empty.append(input_.path)
        if document.textless:
            self.done.textless.append((input_.path, document.textless))
        return chunks

    def _bring(self, batch: Sequence[_File]) -> None:
        stored = {} if self._is_new else self._stored([one.source for one in batch])
        fresh: list[Chunk] = []
        moves: list[Change] = []
        for chunk in (chunk for one in batch for chunk in one.chunks):
            item = stored.pop(chunk.id, None)
            if item is None or item.text != chunk.text:
                fresh.append(chunk)
                continue
            self.done.unchanged += 1
            if move := _move(item, chunk):
                moves.append(move)
        for start in range(0, len(fresh), CHUNKS):
            self._write(fresh[start : start + CHUNKS])
        if moves:
            self.done.moved += self._store.update(self._tenant, self._name, moves)
        if stored:
            self.done.removed += self._store.delete(self._tenant, self._name, list(stored))

    def _write(self, chunks: Sequence[Chunk]) -> None:
        vectors = self._model.embed([chunk.text for chunk in chunks])
        first = next((vector for vector in vectors if vector is not None), None)
        self._ensure(len(self._model.embed_one("a word") if first is None else first))
        items = [
            Item(chunk.id, vector, chunk.text, chunk.metadata)
            for chunk, vector in zip(chunks, vectors, strict=True)
        ]
        self.done.written += self._store.upsert(self._tenant, self._name, items)

    def _stored(self, sources: Sequence[str]) -> dict[str, Item]:
        """Give the chunks of files; what only says that it is from one is nobody's to remove."""
        return {
            item.id: item
            for item in self._of(sources)
            if item.id.startswith(f"{(item.metadata or {})['source']}#")
        }

    def _of(self, sources: Sequence[str]) -> list[Item]:
        return self._store.list_items(
            self._tenant,
            self._name,
            filter={"source": {"$in": list(sources)}},
            limit=None,
            include_vectors=False,
        )


def _move(item: Item, chunk: Chunk) -> Change | None:
    """Say what is other about a chunk's place; what else an item's metadata hold stays."""
    there = item.metadata or {}
    if all(there.get(key) == chunk.metadata.get(key) for key in _PLACES):
        return None
    gone = [key for key in _PLACES if key in there and key not in chunk.metadata]
    moved: dict[FieldPath, Any] = dict(chunk.metadata.items())
    return Change(chunk.id, set=moved, remove=gone)


def _digests(ids: Sequence[str]) -> set[str]:
    return {id_.rpartition("#")[2] for id_ in ids}


def _is_gone(path: str) -> bool:
    """Tell whether a file is not there, and not only out of reach."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _lies_in(source: str, folder: str, base: str) -> bool:
    if folder:
        return source.startswith(folder)
    # of the folder that one is in; a name from elsewhere begins with a folder that is not here
    top, inside, _ = source.partition("/")
    return top not in {"", ".."} and (not inside or Path(base, top).is_dir())
