"""What a made file is made from, and the making of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from twins.layout import ROOT, laid_out
from twins.sync import awaited_methods, synced

PACKAGE = ROOT / "src" / "pgrecall"


@dataclass(frozen=True)
class Twin:
    """A sync text that is made from an async one.

    Attributes:
        source: The hand-written file, from ``src/pgrecall`` on.
        made: The file that is made from it.
        names: What becomes of names, where the rules of ``names.py`` say something else; a name
            that shall stay is mapped to itself, and ``module.name`` stands for the two together.
        words: Words of comments and docstrings, and those that stand in their place: within a
            line of a comment, within a paragraph or an entry of a docstring.
        prefixed: Whether its awaited methods have an ``a`` in front (``aadd``), which goes from
            their names here and in every other twin that is prefixed.
        left_out: Functions and classes of the source that the made file does not have.
    """

    source: str
    made: str
    names: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    prefixed: bool = False
    left_out: frozenset[str] = frozenset()

    def methods(self) -> frozenset[str]:
        """Give the awaited methods of the source that have an ``a`` in front."""
        if not self.prefixed:
            return frozenset()
        return awaited_methods(_read(self.source), frozenset(self.names))

    def text(self, methods: Iterable[str]) -> str:
        """Make the text; ``methods`` are those of every twin that is prefixed."""
        made = synced(
            _read(self.source),
            names=self.names,
            words=self.words,
            methods=methods if self.prefixed else (),
            left_out=self.left_out,
        )
        return laid_out(header(self.source) + made, PACKAGE / self.made)


def header(source: str) -> str:
    """Give the first lines of a made file."""
    return (
        f"# Made by `make twins` (python -m twins) from src/pgrecall/{source}.\n"
        "# Do not edit: change that file, and make this one anew.\n\n"
    )


def made_texts(twins: Iterable[Twin]) -> dict[Path, str]:
    """Make every text: by the file that holds it."""
    twins = tuple(twins)
    methods = frozenset[str]().union(*(twin.methods() for twin in twins))
    return {PACKAGE / twin.made: twin.text(methods) for twin in twins}


def not_current(twins: Iterable[Twin]) -> list[Path]:
    """Give the made files that are not what their sources say."""
    return [
        path
        for path, text in made_texts(twins).items()
        if not path.is_file() or path.read_text("utf-8") != text
    ]


def _read(source: str) -> str:
    return (PACKAGE / source).read_text("utf-8")
