"""Commands of pages that would serve until they are ended: what loads the application and ends."""

from __future__ import annotations

import shlex


def ending(words: list[str]) -> str | None:
    """Give what checks a server's options and loads its application; None for other commands."""
    match words:
        case ["gunicorn", *_]:
            return shlex.join([*words, "--check-config"])
        case ["celery", *_]:
            # its help comes after its application was loaded and its options were read
            return f"{shlex.join([*words, '--help'])} > celery.txt"
        case ["pgrecall", "ui", *_]:
            # its help comes after its options were read
            return f"{shlex.join([*words, '--help'])} > ui.txt"
        case _:
            return None
