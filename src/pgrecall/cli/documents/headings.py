"""The headings of Markdown, and where a piece of it may end."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate, zip_longest
from typing import NamedTuple

from markdown_it import MarkdownIt

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n(?:---|\.\.\.)(?:\n|\Z)", re.DOTALL)
_TITLE = re.compile(r"^title:(.*\S)", re.MULTILINE)
_LONGEST = 200  # characters of a heading that are kept
# blocks alone: what stands in a paragraph has no heading in it
_BLOCKS = MarkdownIt("commonmark").disable("inline")
_INLINE = MarkdownIt("commonmark")
_MARKED = re.compile(r"[*_`\[\]<&\\]")
SEPARATOR = " > "
"""Between the headings of a path."""


class Heading(NamedTuple):
    """A heading: where its line begins and ends, its level, and its words."""

    start: int
    end: int
    level: int
    title: str


class Outline:
    """The headings of a text of Markdown.

    Attributes:
        headings: In their order.
        blocks: Where the blocks begin that stand in no other.
    """

    def __init__(self, text: str) -> None:
        """Read the text."""
        self.headings: list[Heading] = []
        self.blocks: list[int] = []
        body = text
        if front := _FRONT_MATTER.match(text):
            # blanked: its lines would be read as a rule and a heading
            body = re.sub(r"[^\n]", " ", front[0]) + text[front.end() :]
            if title := _TITLE.search(front[1]):
                words = title[1].strip().strip("\"'")[:_LONGEST]
                self.headings.append(Heading(0, front.end(), 0, words))
        lines = [0, *accumulate(len(line) + 1 for line in body.split("\n"))]
        tokens = _BLOCKS.parse(body)
        for token, inside in zip_longest(tokens, tokens[1:]):
            if token.level or token.map is None:
                continue
            start, end = lines[token.map[0]], min(lines[token.map[1]], len(text))
            self.blocks.append(start)
            if token.type == "heading_open" and inside is not None:
                level = int(token.tag.removeprefix("h"))
                self.headings.append(Heading(start, end, level, _plain(inside.content)))
        self._starts = [heading.start for heading in self.headings]
        self._paths = _paths(self.headings)

    def path(self, place: int) -> str:
        """Give the headings that a place stands under, from the outermost on."""
        at = bisect_right(self._starts, place)
        return self._paths[at - 1] if at else ""

    def after_headings(self, start: int, end: int, text: str) -> int:
        """Give where a part of the text goes on after the headings that it begins with."""
        while True:
            while start < end and text[start].isspace():
                start += 1
            if start >= end:  # a file may have headings for pages
                return start
            at = bisect_right(self._starts, start)
            if not at or self.headings[at - 1].end <= start or self.headings[at - 1].level == 0:
                return start
            start = self.headings[at - 1].end


def _paths(headings: list[Heading]) -> list[str]:
    paths: list[str] = []
    above: list[Heading] = []
    for heading in headings:
        while above and above[-1].level >= heading.level:
            above.pop()
        if above and above[-1].title == heading.title:
            above.pop()  # the title of the front matter, once more
        above.append(heading)
        paths.append(SEPARATOR.join(one.title for one in above if one.title))
    return paths


def _plain(content: str) -> str:
    """Leave out of a heading what marks its words, and where its links lead."""
    words = content[: 4 * _LONGEST]
    if _MARKED.search(words):
        words = _words(words)
    return " ".join(words.split())[:_LONGEST]


def _words(content: str) -> str:
    tokens = _INLINE.parseInline(content)
    return "".join(
        " " if one.type in {"softbreak", "hardbreak"} else one.content
        for token in tokens
        for one in token.children or ()
        if one.type in {"text", "text_special", "code_inline", "softbreak", "hardbreak"}
    )
