"""The text of a PDF, page by page, by pypdf."""

from __future__ import annotations

import io
import logging
import re
import shlex

from pgrecall._extras import needs
from pgrecall._values.conversions import cleaned
from pgrecall.errors import InvalidArgumentError

try:
    import pypdf
    from pypdf.errors import DependencyError
except ModuleNotFoundError:
    msg = needs("a PDF file", "pypdf", "pgrecall[documents]")
    raise InvalidArgumentError(msg) from None

# what it warns of while it mends a file is nothing that a reader of the command could do
logging.getLogger("pypdf").setLevel(logging.CRITICAL)

_BROKEN_WORD = re.compile(r"(?<=[^\W\d_])-\n(?=[^\W\d_])")
_BREAK = re.compile(r"(?<! ) *\n(?=[^\W\d_])")


def text_of(content: bytes, path: str) -> tuple[str, list[int], int]:
    """Read a PDF.

    Lines that go on in small letters are one: a PDF has lines where the paper ended.

    Returns:
        Its text; where each page begins in it; how many pages have no text.

    Raises:
        InvalidArgumentError: It is encrypted, broken, or has no text; the message says what would
            help.
    """
    try:
        found = _pages(content, path)
    except InvalidArgumentError:
        raise
    except DependencyError:
        raise InvalidArgumentError(
            f"{path!r} is encrypted by AES: pip install cryptography reads it"
        ) from None
    except Exception as error:  # noqa: BLE001  # whatever a broken file makes of its reader
        raise InvalidArgumentError(
            f"{path!r} is no PDF that can be read ({type(error).__name__}: {error}): where a viewer"
            " opens it, print it to a new PDF"
        ) from None
    text, starts = "", []
    for page in found:
        if text:
            text += " " if page[:1].islower() else "\n"
        starts.append(len(text))
        text += page
    if not text.strip():
        quoted = shlex.quote(path)
        raise InvalidArgumentError(
            f"{path!r} has pages and no text, as scans have: ocrmypdf {quoted} {quoted} adds it"
        )
    return text, starts, sum(not page for page in found)


def _pages(content: bytes, path: str) -> list[str]:
    reader = pypdf.PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        quoted = shlex.quote(path)
        raise InvalidArgumentError(
            f"{path!r} needs a password: qpdf --decrypt --password=... {quoted} open.pdf makes a"
            " copy that needs none"
        )
    return [_tidied(page.extract_text()) for page in reader.pages]


def _tidied(text: str) -> str:
    whole = _BROKEN_WORD.sub(lambda at: "" if _goes_on(text, at) else at[0], cleaned(text))
    return _BREAK.sub(lambda at: " " if _goes_on(whole, at) else at[0], whole).strip()


def _goes_on(text: str, at: re.Match[str]) -> bool:
    return text[at.end()].islower()
