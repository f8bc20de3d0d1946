"""The handle of a store, by tokens: its verbs without the parameters that it is bound to."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Container, Iterator, Mapping

from twins.docstrings import changed, rewording
from twins.tokens import Source, matching

_EMPTY_ARGS = re.compile(r"\n\n *Args:\n(?=\n| *\"\"\")")


def bound(
    text: str,
    *,
    owner: str,
    head: str,
    bound_to: Mapping[str, str],
    words: Mapping[str, str],
    left_out: frozenset[str],
) -> str:
    """Make the text of a handle from that of its store; it is not laid out yet.

    Args:
        text: The store's text.
        owner: The store's class.
        head: The handle's class up to its first verb.
        bound_to: Parameters that the handle knows, where they are a ``str`` and come first, and how
            it calls them.
        words: Of docstrings: what stands there, and what then does.
        left_out: Functions and imported names that the handle does not have.

    Raises:
        ValueError: Something that is named is not in the text.
    """
    source = Source(Source(text).take_out(left_out))
    found: set[str] = set()
    [store] = [
        node
        for node in ast.parse(source.text).body
        if isinstance(node, ast.ClassDef) and node.name == owner
    ]
    verbs = [node for node in store.body if isinstance(node, ast.AsyncFunctionDef)]
    source.replace(
        source.at(store.lineno, 0), source.at(verbs[0].lineno, verbs[0].col_offset), head + "    "
    )
    _reword(source, source.at(1, 0), source.at(store.lineno, 0), rewording(words, found))
    for verb in verbs:
        start, end = source.at(verb.lineno, 0), source.at((verb.end_lineno or 0) + 1, 0)
        names = {name: bound_to[name] for name in _first(verb, bound_to)}
        _bind(source, start, end, names)
        _reword(source, start, end, _without_entries(names, rewording(words, found)))
    if missing := words.keys() - found:
        msg = f"no docstring says {min(missing)!r}"
        raise ValueError(msg)
    return source.edited()


def _first(verb: ast.AsyncFunctionDef, known: Container[str]) -> Iterator[str]:
    """The known parameters after ``self``: one that comes later is called so for another reason."""
    for each in verb.args.args[1:]:
        is_str = isinstance(each.annotation, ast.Name) and each.annotation.id == "str"
        if not (is_str and each.arg in known):
            return
        yield each.arg


def _bind(source: Source, start: int, end: int, names: Mapping[str, str]) -> None:
    tokens = [token for token in source.code() if start <= token.start < end]
    opening = next(at for at, token in enumerate(tokens) if token.text == "(")
    closing = matching(tokens, opening)
    for index, token in enumerate(tokens):
        if not token.is_name or token.text not in names:
            continue
        before = tokens[index - 1]
        if opening < index < closing:
            # with the comma before it, up to the end of its annotation
            source.replace(before.start, tokens[index + 2].end, "")
        elif before.text != "." and tokens[index + 1].text != "=":
            source.replace(token.start, token.end, names[token.text])


def _reword(source: Source, start: int, end: int, change: Callable[[str], str]) -> None:
    for index, token in enumerate(source.tokens):
        if start <= token.start < end and source.is_docstring(index):
            new = changed(token.text, token.column, change)
            if new != token.text:
                source.replace(token.start, token.end, _EMPTY_ARGS.sub("\n", new))


def _without_entries(
    names: Mapping[str, str], reworded: Callable[[str], str]
) -> Callable[[str], str]:
    def change(text: str) -> str:
        name, colon, _ = text.partition(": ")
        return "" if colon and name in names else reworded(text)

    return change
