"""Every text that is made: from which, and what is called otherwise in it."""

from __future__ import annotations

from twins.making import Twin

# files are named from src/pgrecall on
TWINS = (Twin("async_bound.py", "bound.py", words={"An asynchronous handle": "A handle"}),)
