"""What the README points to exists; test_first_screen.py runs its blocks."""

from __future__ import annotations

import re

from integration_tests.docs.blocks import ROOT

README = ROOT / "README.md"


def test_every_file_that_the_readme_links_to_exists() -> None:
    for target in set(_links(README.read_text())):
        assert (ROOT / target).exists(), target


def _links(text: str) -> list[str]:
    found = re.findall(r"\]\(([^)#]+)\)|(?:src|href)=\"([^\"#]+)\"", text)
    return [one or other for one, other in found if "://" not in (one or other)]
