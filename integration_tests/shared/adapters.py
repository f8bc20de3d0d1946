"""The adapters, by pgrecall's own names or, for `make packages`, by those of a thin package."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


def adapters(module: str) -> ModuleType:
    """Give a module of adapters: the one of PGRECALL_TEST_ADAPTERS where that is set."""
    return importlib.import_module(os.environ.get("PGRECALL_TEST_ADAPTERS", module))
