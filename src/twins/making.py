"""What a made file is made from, and the making of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from twins.handles import bound
from twins.layout import ROOT, laid_out
from twins.sync import awaited_methods, synced

PACKAGE = ROOT / "src" / "pgrecall"

Read = Callable[[str], str]

_FUTURE = "from __future__ import annotations\n"
_HEADER = re.compile(r"# Made by `make twins`.*\n#.*\n\n")


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

    def methods(self, read: Read) -> frozenset[str]:
        """Give the awaited methods of the source that have an ``a`` in front."""
        if not self.prefixed:
            return frozenset()
        return awaited_methods(read(self.source), frozenset(self.names))

    def text(self, read: Read, methods: Iterable[str]) -> str:
        """Make the text; ``methods`` are those of every twin that is prefixed."""
        return synced(
            read(self.source),
            names=self.names,
            words=self.words,
            methods=methods if self.prefixed else (),
            left_out=self.left_out,
        )


@dataclass(frozen=True)
class Handle:
    """A handle that is made from an async store: its verbs without some parameters.

    Attributes:
        source: The hand-written file, from ``src/pgrecall`` on.
        made: The file that is made from it.
        owner: The store's class.
        head: The handle's class up to its first verb.
        imports: What the head needs imported.
        bound_to: Parameters that the handle knows where they come first, and how it calls them.
        words: Words of docstrings, and those that stand in their place.
        left_out: Functions and imported names that the handle does not have.
    """

    source: str
    made: str
    owner: str
    head: str
    imports: str
    bound_to: Mapping[str, str]
    words: Mapping[str, str]
    left_out: frozenset[str]

    def methods(self, read: Read) -> frozenset[str]:  # noqa: ARG002  # as a Twin's
        """Give none: a handle's verbs are called as the store's."""
        return frozenset()

    def text(self, read: Read, methods: Iterable[str]) -> str:  # noqa: ARG002  # as a Twin's
        """Make the text."""
        made = bound(
            read(self.source),
            owner=self.owner,
            head=self.head,
            bound_to=self.bound_to,
            words=self.words,
            left_out=self.left_out,
        )
        return made.replace(_FUTURE, _FUTURE + self.imports, 1)


def header(source: str) -> str:
    """Give the first lines of a made file."""
    return (
        f"# Made by `make twins` (python -m twins) from src/pgrecall/{source}.\n"
        "# Do not edit: change that file, and make this one anew.\n\n"
    )


def made_texts(twins: Iterable[Twin | Handle]) -> dict[Path, str]:
    """Make every text, by the file that holds it; one may be made from another before it."""
    twins = tuple(twins)
    made: dict[str, str] = {}

    def read(source: str) -> str:
        text = made.get(source) or (PACKAGE / source).read_text("utf-8")
        return _HEADER.sub("", text)

    methods = frozenset[str]().union(*(twin.methods(read) for twin in twins))
    for twin in twins:
        text = header(twin.source) + twin.text(read, methods)
        made[twin.made] = laid_out(text, PACKAGE / twin.made)
    return {PACKAGE / name: text for name, text in made.items()}


def not_current(twins: Iterable[Twin | Handle]) -> list[Path]:
    """Give the made files that are not what their sources say."""
    return [
        path
        for path, text in made_texts(twins).items()
        if not path.is_file() or path.read_text("utf-8") != text
    ]
