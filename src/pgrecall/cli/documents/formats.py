"""What a file is, by its name, and who reads what is not read here."""

from __future__ import annotations

import shlex
from pathlib import PurePath
from typing import Literal, NamedTuple, get_args

from pgrecall.cli.files.packing import without_packing
from pgrecall.cli.files.row_file import ENDINGS
from pgrecall.cli.files.rows import Format
from pgrecall.errors import InvalidArgumentError

DocumentFormat = Literal["md", "txt", "pdf"]
_ROWS: dict[str, Format] = {one: one for one in get_args(Format)}

LoadFormat = Literal[Format, DocumentFormat]
"""What ``--format`` takes."""

_DOCUMENTS: dict[str, DocumentFormat] = {
    ".md": "md",
    ".markdown": "md",
    ".mdx": "md",
    ".txt": "txt",
    ".text": "txt",
    ".rst": "txt",
    ".pdf": "pdf",
}


class _Loader(NamedTuple):
    """A document loader of LangChain's, what pip installs for it, and LlamaIndex's reader."""

    name: str
    needs: str
    reader: str


_LOADERS = {
    ".docx": _Loader("Docx2txtLoader", "docx2txt", "DocxReader"),
    ".pptx": _Loader("UnstructuredPowerPointLoader", '"unstructured[pptx]"', "PptxReader"),
    ".epub": _Loader("UnstructuredEPubLoader", '"unstructured[epub]"', "EpubReader"),
    ".html": _Loader("BSHTMLLoader", "beautifulsoup4 lxml", "HTMLTagReader"),
    ".htm": _Loader("BSHTMLLoader", "beautifulsoup4 lxml", "HTMLTagReader"),
    ".odt": _Loader("UnstructuredODTLoader", '"unstructured[odt]"', "UnstructuredReader"),
    ".rtf": _Loader("UnstructuredRTFLoader", '"unstructured[rtf]"', "RTFReader"),
    ".xlsx": _Loader("UnstructuredExcelLoader", '"unstructured[xlsx]"', "PandasExcelReader"),
    ".eml": _Loader("UnstructuredEmailLoader", "unstructured", "UnstructuredReader"),
    ".ipynb": _Loader("NotebookLoader", "pandas", "IPYNBReader"),
    ".doc": _Loader("UnstructuredWordDocumentLoader", '"unstructured[doc]"', "UnstructuredReader"),
    ".ppt": _Loader("UnstructuredPowerPointLoader", '"unstructured[ppt]"', "UnstructuredReader"),
}


def format_of(path: str) -> LoadFormat | None:
    """Tell what a file is by its name; None where that does not tell."""
    ending = _ending(path)
    return _DOCUMENTS.get(ending) or ENDINGS.get(ending)


def is_document(format_: LoadFormat) -> bool:
    """Tell documents from files of rows."""
    return format_ in get_args(DocumentFormat)


def row_format(format_: LoadFormat) -> Format:
    """Give the format of a file of rows."""
    return _ROWS[format_]


class UnreadableError(InvalidArgumentError):
    """A file is of a format that is not read here.

    Attributes:
        lines: Lines of Python that make a text of it, and load that; none where nothing is known.
    """

    def __init__(self, path: str) -> None:
        """Say what reads the file at a path."""
        loader = _LOADERS.get(_ending(path))
        self.lines = () if loader is None else _lines(path, loader)
        super().__init__(
            f"{path!r} does not tell what it is: name it with --format"
            f" {'|'.join((*get_args(Format), *get_args(DocumentFormat)))}"
            if loader is None
            else f"{path!r} is not read here; LangChain's {loader.name} reads it, and LlamaIndex's"
            f" {loader.reader}: make a text of it, and load that"
        )


def reader_of(path: str) -> str | None:
    """Name LangChain's loader for a file that is not read here."""
    loader = _LOADERS.get(_ending(path))
    return None if loader is None else loader.name


def _lines(path: str, loader: _Loader) -> tuple[str, ...]:
    text = f"{path}.txt"
    return (
        f"# pip install langchain-community {loader.needs}",
        "from pathlib import Path",
        f"from langchain_community.document_loaders import {loader.name}",
        f"pages = {loader.name}({path!r}).load()",
        f'Path({text!r}).write_text("\\n\\n".join(page.page_content for page in pages))',
        f"# pgrecall load {shlex.quote(text)}",
    )


def _ending(path: str) -> str:
    return PurePath(without_packing(path)).suffix.lower()
