"""What to install where something is missing: one way of saying it."""

from __future__ import annotations


def needs(what: str, package: str, install: str) -> str:
    """Say which package something lacks, and how to get it.

    Args:
        what: What cannot work without it.
        package: The package, by the name that people know.
        install: What pip installs: ``"pgrecall[langchain]"``.
    """
    return f'{what} needs {package}: pip install "{install}"'
