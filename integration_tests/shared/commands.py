"""Commands run in this process, which are put together once."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from typer import testing
from typer.main import get_command

_put_together = functools.cache(get_command)


class Runner(testing.CliRunner):
    """As Typer's own, which puts all commands together at each call: 40 ms, most of many a call."""

    def invoke(self, app: Any, *arguments: Any, **keywords: Any) -> Any:
        """Run one command line."""
        with pytest.MonkeyPatch.context() as patch:
            # where a version of Typer has no such name, calls take longer
            patch.setattr(testing, "_get_command", _put_together, raising=False)
            return super().invoke(app, *arguments, **keywords)
