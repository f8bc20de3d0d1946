"""Real short texts, as many as a machine has, and recombined ones up to a million.

Where ``PGRECALL_BENCH_TEXTS`` names tables (of columns between tabs, several files as in ``PATH``),
the last column's texts are among them: a list of packages with a summary of each is one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from common import DATA_VARIABLE, SEED, summaries

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXTS_VARIABLE = "PGRECALL_BENCH_TEXTS"
SOURCES = ("packages", "summaries", "documents")
"""The kinds of texts, in the order in which they are read."""
_LEAST, _MOST = 30, 400
_SHORT = 60
_WORDS, _PROSE = re.compile(r"[^\W\d_]+ ?"), 0.85
_FOLDERS = ("/usr/share/doc", "/usr/share/perl", "/usr/share/vim")
_ENDINGS = {".md", ".rst", ".txt", ".py", ".pod", ".pl", ".pm", ""}
_LONGEST_FILE = 2_000_000


class Texts:
    """Texts, each with the kind that it is of.

    Attributes:
        questions: Real ones that are left out of the others.
        texts: All others: those that were read, in an order of chance, then recombined ones.
        kinds: The place in ``SOURCES`` of each one's kind; of a recombined one, its first half's.
        real: How many are as they were read.
    """

    def __init__(self, count: int, questions: int) -> None:
        """Read and recombine so many, and leave out so many."""
        found: dict[str, int] = {}
        for kind, each in enumerate((packages(), summaries_of_set(), documents())):
            for text in each:
                # what is known, or too long, is not looked at: most of what is read
                if _LEAST <= len(text) <= _MOST and text not in found and is_prose(text):
                    found[text] = kind
        random = np.random.default_rng(SEED)
        words = list(found)
        every = [int(place) for place in random.permutation(len(words))]
        order = every[questions : questions + count]
        self.questions = [words[place] for place in every[:questions]]
        self.texts = [words[place] for place in order]
        self.kinds = [found[text] for text in self.texts]
        self.real = len(order)
        pairs = random.integers(0, self.real, (max(0, count - self.real), 2))
        for first, second in pairs.tolist():
            self.texts.append(f"{_half(self.texts[first])} {_half(self.texts[second], 1)}")
            self.kinds.append(self.kinds[first])

    @classmethod
    def kept(cls, path: Path, count: int, questions: int) -> Texts:
        """Read what was found before, or find it and keep it: the machine may have others then."""
        if path.exists():
            made = cls.__new__(cls)
            made.__dict__.update(json.loads(path.read_text(encoding="utf-8")))
            return made
        made = cls(count, questions)
        # whole or not at all: a run that is ended here begins it anew
        half = path.with_suffix(".part")
        half.write_text(json.dumps(vars(made)), encoding="utf-8")
        half.replace(path)
        return made

    def told(self) -> str:
        """Say what they are."""
        made = len(self.texts) - self.real
        return (
            f"{self.real:,} real texts of {_LEAST} to {_MOST} characters (descriptions of Debian"
            " packages, summaries of other packages, paragraphs of installed documentation and"
            f" sources), and {made:,} that are the first half of one and the second of another"
        )


def is_prose(text: str) -> bool:
    """Tell whether a text is mostly words, as code is not."""
    return sum(map(len, _WORDS.findall(text))) >= _PROSE * len(text)


def _half(text: str, which: int = 0) -> str:
    middle = text.find(" ", len(text) // 2)
    if middle < 0 or len(text) < _SHORT:
        return text
    return text[middle + 1 :] if which else text[:middle]


def packages() -> Iterator[str]:
    """Read the descriptions of Debian's packages, where there are such."""
    program = shutil.which("apt-cache")
    if program is None:
        return
    done = subprocess.run(  # the system's own program, with words of ours
        [program, "dumpavail"], capture_output=True, check=False, text=True, errors="replace"
    )
    name = ""
    for line in done.stdout.splitlines():
        if line.startswith("Package: "):
            name = line.removeprefix("Package: ")
        elif line.startswith("Description: "):
            yield f"{name}: {line.removeprefix('Description: ')}"


def summaries_of_set() -> Iterator[str]:
    """Read the summaries of the set of Python's packages, where its folder is named."""
    folder = os.environ.get(DATA_VARIABLE)
    if folder:
        for text in summaries(Path(folder) / "pypi50k" / "corpus.jsonl.gz", None):
            yield " ".join(text.split())
    for path in filter(None, os.environ.get(TEXTS_VARIABLE, "").split(os.pathsep)):
        with Path(path).open(encoding="utf-8", errors="ignore") as lines:
            for line in lines:
                yield " ".join(line.rstrip("\n").rpartition("\t")[2].replace("\0", "").split())


def documents() -> Iterator[str]:
    """Read the paragraphs of installed documentation and sources."""
    folders = [*map(Path, _FOLDERS), *(Path(sysconfig.get_path(w)) for w in ("stdlib", "purelib"))]
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in _ENDINGS and path.is_file() and path.stat().st_size < _LONGEST_FILE:
                text = path.read_text(encoding="utf-8", errors="ignore").replace("\0", "")
                for paragraph in re.split(r"\n\s*\n", text):
                    yield " ".join(paragraph.split())
