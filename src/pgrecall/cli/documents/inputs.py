"""The files that a load is given: by name, by pattern, and by folder."""

from __future__ import annotations

import glob
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pgrecall.cli.documents.formats import (
    LoadFormat,
    UnreadableError,
    format_of,
    is_document,
    reader_of,
)
from pgrecall.cli.files.row_file import STDIN
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HIDDEN = "hidden"
_NOT_REGULAR = "no regular file"
_GENERATED = frozenset({"node_modules", "__pycache__"})
_LONGEST = 1_900  # bytes of a source: the ids of its chunks begin with it
_REJECTED = ".rejected."  # what a load itself wrote beside a file of rows


@dataclass(frozen=True, slots=True)
class Input:
    """A file to load.

    Attributes:
        path: Where it is.
        source: What its chunks say they are from.
        format: What it is.
    """

    path: str
    source: str
    format: LoadFormat


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or folder that is not loaded, and why."""

    path: str
    reason: str


@dataclass(slots=True)
class Inputs:
    """What was found.

    Attributes:
        rows: Files of rows.
        documents: Documents.
        skipped: What a folder or pattern has beside, which is nobody's mistake.
        refused: Files that were named and cannot be read.
        folders: What the sources begin with that lie in a folder that was given.
    """

    rows: list[Input] = field(default_factory=list)
    documents: list[Input] = field(default_factory=list)
    skipped: list[LeftOut] = field(default_factory=list)
    refused: list[LeftOut] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)


def find(paths: Sequence[str], format_: LoadFormat | None, base: Path | None) -> Inputs:
    """Find the files that are meant.

    A folder gives the documents in it, at any depth, or, where it has none, its files of rows. What
    is hidden there and links to folders are left out. A file whose name has the letters of a
    pattern is that file.

    Args:
        paths: Files, folders and patterns.
        format_: What files are that were named, or met by a pattern; None goes by their names.
        base: The folder that sources are named from; None is as they are given.

    Raises:
        InvalidArgumentError: A file is not there, or there is nothing to load.
    """
    if STDIN in paths:
        return _standard_input(paths, format_)
    finder = _Finder(format_, base)
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112  # as it was given: a Path drops what ends it
            finder.add_folder(path)
        elif os.path.lexists(path):
            finder.add(path, by="name")
        elif glob.has_magic(path):
            finder.add_pattern(path)
        else:
            raise InvalidArgumentError(f"there is no file {path!r}")
    found = finder.found
    if not found.rows and not found.documents:
        raise _nothing(paths, found)
    return found


def collection_name(paths: Sequence[str]) -> str:
    """Give the collection's name where none is said: the file's, or the folder's.

    Raises:
        InvalidArgumentError: Several files have no folder in common that could name it.
    """
    if list(paths) == [STDIN]:
        return "stdin"
    one = Path(paths[0])
    if len(paths) == 1 and not one.is_dir() and not glob.has_magic(paths[0]):
        name = _readable(one.name.partition(".")[0] or one.name)
    else:
        folders = {_fixed_part(path).resolve() for path in paths}
        # that of the folder one is in is a name that nobody wrote
        unsaid = Path.cwd() in folders and not one.is_dir()
        name = _readable(folders.pop().name) if len(folders) == 1 and not unsaid else ""
    if not name:
        raise InvalidArgumentError(
            "several files have no one name: --collection says where they go"
        )
    return name


class _Finder:
    def __init__(self, format_: LoadFormat | None, base: Path | None) -> None:
        self.found = Inputs()
        self._format = format_
        self._base = base
        self._seen: set[str] = set()

    def add(self, path: str, *, by: Literal["name", "pattern"]) -> None:
        format_ = self._format or format_of(path)
        if format_ is not None:
            self._take(path, format_)
        elif by == "name":
            self.found.refused.append(LeftOut(path, str(UnreadableError(path))))
        else:
            self._skip_unknown(path)

    def add_pattern(self, pattern: str) -> None:
        matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207  # as it was given
        if not matches:
            raise InvalidArgumentError(f"no file matches {pattern!r}")
        for path in matches:
            if not os.path.isdir(path):  # noqa: PTH112  # as it was given
                self._add_met(path)
            elif "**" not in pattern:  # which meets what is in a folder, too
                self.add_folder(path)

    def _add_met(self, path: str) -> None:
        if _is_regular(path):
            self.add(path, by="pattern")
        else:  # to open a pipe would be to wait
            self._skip(path, _NOT_REGULAR)

    def add_folder(self, path: str) -> None:
        source = self._source(path)
        self.found.folders.append("" if source == "." else f"{source.removesuffix('/')}/")
        rows: list[tuple[str, LoadFormat]] = []
        before = len(self.found.documents)
        for one in self._files(path):
            format_ = format_of(one)
            if format_ is None:
                self._skip_unknown(one)
            elif is_document(format_):
                self._take(one, format_)
            elif _REJECTED in Path(one).name:
                self._skip(one, "rejected rows of another load")
            else:
                rows.append((one, format_))
        for one, format_ in rows:
            if len(self.found.documents) == before:
                self._take(one, format_)
            else:
                self._skip(one, "rows among documents: name the file to load it, too")

    def _files(self, folder: str) -> Iterator[str]:
        """Give the files of a folder and of those in it, in the order of their names."""

        def refuse(error: OSError) -> None:
            self._skip(str(error.filename), f"cannot be opened: {error.strerror}")

        for here, folders, files in os.walk(folder, onerror=refuse):
            for name in sorted(folders):
                path = os.path.join(here, name)  # noqa: PTH118  # as the folder was given
                if name.startswith("."):
                    self._skip(path, _HIDDEN)
                elif name in _GENERATED:
                    self._skip(path, "generated")
                elif os.path.islink(path):  # noqa: PTH114  # one that leads here has no end
                    self._skip(path, "a link to a folder")
                else:
                    continue
                folders.remove(name)
            folders.sort()
            for name in sorted(files):
                path = os.path.join(here, name)  # noqa: PTH118  # as the folder was given
                if name.startswith("."):
                    self._skip(path, _HIDDEN)
                elif not _is_regular(path):
                    self._skip(path, _NOT_REGULAR)
                else:
                    yield path

    def _take(self, path: str, format_: LoadFormat) -> None:
        real = os.path.realpath(path)
        if real in self._seen:
            return  # a folder and a file in it were named, or a link
        self._seen.add(real)
        taken = Input(path, self._source(path), format_)
        if len(taken.source.encode()) > _LONGEST:
            self.found.refused.append(LeftOut(path, f"{path!r} is too long a path to be an id"))
            return
        (self.found.documents if is_document(format_) else self.found.rows).append(taken)

    def _source(self, path: str) -> str:
        base = self._base
        named = os.path.normpath(path) if base is None else os.path.relpath(path, base)
        return _readable(named).replace(os.sep, "/")

    def _skip_unknown(self, path: str) -> None:
        reader = reader_of(path)
        told = "of no format that is read here"
        self._skip(
            path, f"LangChain's {reader} reads it: load it alone for how" if reader else told
        )

    def _skip(self, path: str, reason: str) -> None:
        self.found.skipped.append(LeftOut(path, reason))


def _standard_input(paths: Sequence[str], format_: LoadFormat | None) -> Inputs:
    if len(paths) > 1:
        raise InvalidArgumentError("- is standard input, and is loaded alone")
    chosen: LoadFormat = format_ or "jsonl"
    if is_document(chosen):
        raise InvalidArgumentError(f"standard input is read as rows, not as {chosen}: name a file")
    return Inputs(rows=[Input(STDIN, STDIN, chosen)])


def _nothing(paths: Sequence[str], found: Inputs) -> InvalidArgumentError:
    if found.refused:
        first_refused = found.refused[0]
        if format_of(first_refused.path) is None:
            return UnreadableError(first_refused.path)
        return InvalidArgumentError(first_refused.reason)
    told = ""
    if found.skipped:
        first = found.skipped[0]
        more = f", and {len(found.skipped) - 1:,} more" if len(found.skipped) > 1 else ""
        told = f"; left out: {first.path} ({first.reason}){more}"
    return InvalidArgumentError(
        f"{', '.join(map(repr, paths))}: no Markdown, text, PDF or file of rows is there{told}"
    )


def _fixed_part(path: str) -> Path:
    """Give a folder, that of a file, or what a pattern leaves no choice of."""
    folder = Path(path) if Path(path).is_dir() else Path(path).parent
    while glob.has_magic(str(folder)):
        folder = folder.parent
    return folder


def _readable(name: str) -> str:
    """Give a name as text; what is no UTF-8 as it is written in a shell."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _is_regular(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116  # as the folder was given
    except OSError:
        return False
