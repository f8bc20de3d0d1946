"""The sync twin of an async text, by tokens: comments, docstrings and layout stay."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterable, Mapping

from twins.docstrings import changed, rewording
from twins.names import IDENTIFIER, Renaming, in_text, renaming, without_a
from twins.tokens import Source, Token, matching

_CONDITION = re.compile(r"^( *)if True:  # ASYNC$")
_F_STRING = re.compile(r"""^(?:[fF][rR]?|[rR][fF])["']""")


def awaited_methods(text: str, kept: frozenset[str] = frozenset()) -> frozenset[str]:
    """Give the methods of a text that are awaited and have an ``a`` in front: ``aadd``."""
    words = [token.text for token in Source(text).code()]
    return frozenset(
        name
        for first, second, name in zip(words, words[1:], words[2:], strict=False)
        if (first, second) == ("async", "def") and without_a(name) != name and name not in kept
    )


def synced(
    text: str,
    *,
    names: Mapping[str, str],
    words: Mapping[str, str],
    methods: Iterable[str] = (),
    left_out: frozenset[str] = frozenset(),
) -> str:
    """Make the sync text of an async one; it is not laid out yet.

    Args:
        text: The async text.
        names: What becomes of a name, where the rules say something else; ``a.b`` is two names.
        words: Of comments and docstrings: what stands there, and what then does.
        methods: Names that have an ``a`` in front, which goes.
        left_out: Functions and classes that the twin does not have.

    Raises:
        ValueError: Something that is named is not in the text.
    """
    text = Source(_without_conditions(text)).take_out(left_out)
    renamed = renaming(names, methods)
    source = Source(text)
    _take_out_awaiting(source)
    _rename(source, renamed, {name for name in names if "." in name})
    found: set[str] = set()
    _reword(source, renamed, words, found)
    if missing := words.keys() - found:
        msg = f"no comment or docstring says {min(missing)!r}"
        raise ValueError(msg)
    return source.edited()


def _take_out_awaiting(source: Source) -> None:
    tokens = source.code()
    for index, token in enumerate(tokens):
        if token.is_name and token.text in {"async", "await"}:
            source.replace(token.start, tokens[index + 1].start, "")
        if token.text == "(" and tokens[index + 1].text == "await":
            closing = matching(tokens, index)
            if not tokens[index - 1].is_value and _is_primary(tokens[index + 2 : closing]):
                # the brackets are there for await alone
                source.replace(token.start, tokens[index + 2].start, "")
                source.replace(tokens[closing].start, tokens[closing].end, "")
        if token.is_name and token.text in {"Awaitable", "Coroutine"}:
            _unwrap(source, tokens, index)


def _is_primary(tokens: list[Token]) -> bool:
    """Whether tokens are a name with attributes, calls and subscripts."""
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.text in {"(", "["} and index:
            index = matching(tokens, index)
        elif token.text != "." and not token.is_value:
            return False
        index += 1
    return True


def _unwrap(source: Source, tokens: list[Token], index: int) -> None:
    """``Awaitable[X]`` and ``Coroutine[Any, Any, X]`` become ``X``."""
    if tokens[index + 1].text != "[":
        return
    closing = matching(tokens, index + 1)
    first = index + 2
    if tokens[index].text == "Coroutine":
        commas, at = 0, first
        while commas < 2:  # noqa: PLR2004  # what it yields and is sent
            at = matching(tokens, at) if tokens[at].text in "([{" else at
            commas += tokens[at].text == ","
            at += 1
        first = at
    source.replace(tokens[index].start, tokens[first].start, "")
    source.replace(tokens[closing].start, tokens[closing].end, "")


def _rename(source: Source, renamed: Renaming, dotted: set[str]) -> None:
    tokens = source.code()
    inside = -1
    for index, token in enumerate(tokens):
        if token.kind == tokenize.STRING:
            new = token.text
            if _F_STRING.match(token.text):
                new = _fields_renamed(token.text, renamed)
            elif [each.text for each in tokens[index - 2 : index]] == ["cast", "("]:
                # a type in quotes
                new = in_text(token.text, renamed)
            if new != token.text:
                source.replace(token.start, token.end, new)
            continue
        if not token.is_name or index <= inside:
            continue
        pair = "".join(each.text for each in tokens[index : index + 3])
        if pair in dotted:
            source.replace(token.start, tokens[index + 2].end, renamed(pair))
            inside = index + 2
        elif (new := renamed(token.text)) != token.text:
            source.replace(token.start, token.end, new)


def _fields_renamed(text: str, renamed: Renaming) -> str:
    """An f-string with the names in its fields as they are called in the twin."""
    made, depth, at = "", 0, 0
    while at < len(text):
        if text[at : at + 2] in {"{{", "}}"} and not depth:
            made, at = made + text[at : at + 2], at + 2
            continue
        found = IDENTIFIER.match(text, at) if depth else None
        if found:
            word = found[0]
            at = found.end()
            if word == "await":
                at += len(text[at:]) - len(text[at:].lstrip())
            else:
                made += renamed(word)
            continue
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        made, at = made + text[at], at + 1
    return made


def _reword(source: Source, renamed: Renaming, words: Mapping[str, str], found: set[str]) -> None:
    reworded = rewording(words, found)

    def change(text: str) -> str:
        return in_text(reworded(text), renamed)

    for index, token in enumerate(source.tokens):
        new = token.text
        if token.kind == tokenize.COMMENT:
            new = change(token.text)
        elif source.is_docstring(index):
            new = changed(token.text, token.column, change)
        if new != token.text:
            source.replace(token.start, token.end, new)


def _without_conditions(text: str) -> str:
    """Keep the ``else`` of ``if True:  # ASYNC``, a step to the left."""
    lines = text.split("\n")
    inside = _inside_strings(text)
    made: list[str] = []
    at = 0
    while at < len(lines):
        begun = _CONDITION.match(lines[at])
        if begun is None:
            made.append(lines[at])
            at += 1
            continue
        indent = begun[1]
        at = _end_of_block(lines, at + 1, len(indent), inside)
        if at < len(lines) and lines[at].startswith(f"{indent}else:"):
            end = _end_of_block(lines, at + 1, len(indent), inside)
            made += [
                lines[each] if each in inside else lines[each].removeprefix("    ")
                for each in range(at + 1, end)
            ]
            at = end
    return "\n".join(made)


def _end_of_block(lines: list[str], at: int, indent: int, inside: set[int]) -> int:
    while at < len(lines) and (
        at in inside or not lines[at].strip() or len(lines[at]) - len(lines[at].lstrip()) > indent
    ):
        at += 1
    while at and not lines[at - 1].strip():
        at -= 1
    return at


def _inside_strings(text: str) -> set[int]:
    """The lines that begin within a string."""
    inside: set[int] = set()
    for token in Source(text).tokens:
        if token.kind == tokenize.STRING:
            first = text.count("\n", 0, token.start)
            inside.update(range(first + 1, first + 1 + token.text.count("\n")))
    return inside
