"""One way of calling both APIs: every call gives something to await."""

from __future__ import annotations

from typing import Any

import pytest


class Calls:
    """Lets one async test call an object's sync methods, or their async twins.

    Attributes:
        target: The object.
        kind: ``sync``, or ``async`` where the twins are called; each by the name of its sync twin.
    """

    def __init__(self, target: Any, kind: str = "sync") -> None:
        self.target = target
        self.kind = kind

    def __getattr__(self, name: str) -> Any:
        if self.kind == "async":
            twin = getattr(self.target, f"a{name}", None)
            # LlamaIndex has two names for them
            return twin if twin is not None else getattr(self.target, f"async_{name}")
        member = getattr(self.target, name)
        if name in {"bind", "on"}:
            return lambda *names, **keywords: Calls(member(*names, **keywords))
        if not callable(member):
            return member

        async def call(*arguments: Any, **keywords: Any) -> Any:
            return member(*arguments, **keywords)

        return call

    def __repr__(self) -> str:
        return repr(self.target)


ONE_STORE = pytest.mark.parametrize("store", ["sync"], indirect=True)
"""For a test of what no driver has a part in: the sync store alone, where `store` is either."""
