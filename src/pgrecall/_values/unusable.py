"""What is wrong with a value, and where in it: each layer makes its own error of that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgrecall.errors import Advice

_SHOWN_PARTS = 8  # of a path in a message
_SHOWN_LETTERS = 80  # of a key


class Unusable(ValueError):  # noqa: N818  # never seen outside: each layer makes its own error of it
    """A value that cannot be stored or asked for.

    Attributes:
        reason: What is wrong and what to write, to stand behind the value's name.
        path: Keys and places from the outermost value to it.
        advice: What ``reason`` ends with, where a call or an argument would help.
    """

    def __init__(self, reason: str, advice: Advice | None = None) -> None:
        """Begin at the value itself."""
        super().__init__(reason)
        self.reason = reason
        self.advice = advice
        self.path: list[str | int] = []

    def named(self, root: str) -> str:
        """Tell it by its place: ``metadata["a"][2] is ...``."""
        return f"{self.place(root)} {self.reason}"

    def told(self, what: str, root: str) -> str:
        """Tell it whole: ``the metadata of item 'x' is not JSON: metadata["a"][2] is ...``."""
        return f"{what} is not JSON: {self.named(root)}"

    def place(self, root: str) -> str:
        """Give the place, ``metadata["a"][2]``, the middle of a long one left out."""
        parts = [f"[{_quoted(part)}]" for part in reversed(self.path)]
        if len(parts) > _SHOWN_PARTS:
            parts[_SHOWN_PARTS // 2 : -_SHOWN_PARTS // 2] = ["[...]"]
        return root + "".join(parts)


class BadText(Unusable):
    """A string that PostgreSQL cannot hold.

    Attributes:
        fault: What it holds.
        why: Why that is one, and what helps.
    """

    def __init__(self, fault: str, why: str, advice: Advice | None) -> None:
        """Begin at the string itself."""
        why += f"; {advice}" if advice else ""
        super().__init__(fault + why, advice)
        self.fault = fault
        self.why = why

    def told(self, what: str, root: str) -> str:
        """Tell it whole: ``the metadata of item 'x' holds NUL at metadata["a"][2], ...``."""
        return f"{what} {self.fault} at {self.place(root)}{self.why}"


class TooDeep(Unusable):
    """A value that nests deeper than it may, or holds itself."""

    def __init__(self, max_depth: int) -> None:
        """Begin at the value that is one level too deep."""
        levels = f"{max_depth} levels of objects and lists"
        super().__init__(f"nests deeper than {levels}, or holds itself")

    def told(self, what: str, root: str) -> str:
        """Tell it whole: ``the metadata of item 'x' nests deeper than ...``."""
        return (
            f"{what} {self.reason}, at {self.place(root)}: flatten it, or keep the inner part as a"
            " string of JSON"
        )


def _quoted(part: str | int) -> str:
    if isinstance(part, int):
        return str(part)
    return json.dumps(part if len(part) <= _SHOWN_LETTERS else f"{part[:_SHOWN_LETTERS]}...")
