"""What pgrecall wants of other packages has a lowest version, and stands in the documentation."""

from __future__ import annotations

import re

import pytest
from packages.tools.projects import ROOT, metadata
from packaging.requirements import Requirement

FOR_WORK = {"dev", "docs", "notebooks", "all"}
_ROW = re.compile(r"^\| (`[\w-]+`|core) \| ([^|]+) \| ([^|]+) \|", re.MULTILINE)


def wanted() -> list[tuple[str, Requirement]]:
    """Each requirement of users, by the extra that has it."""
    project = metadata(ROOT)
    extras = {"core": project["dependencies"], **project["optional-dependencies"]}
    found = [
        (extra, Requirement(text))
        for extra, texts in extras.items()
        if extra not in FOR_WORK
        for text in texts
    ]
    return [(extra, one) for extra, one in found if one.name != "pgrecall"]


@pytest.mark.parametrize(("extra", "requirement"), wanted(), ids=str)
def test_a_requirement_has_a_lowest_version_and_the_page_has_its_bounds(
    extra: str, requirement: Requirement
) -> None:
    assert ">=" in {bound.operator for bound in requirement.specifier}
    page = (ROOT / "docs/explanation/dependencies.md").read_text()
    rows = [row for row in _ROW.findall(page) if row[0].strip("`") == extra]
    (allowed,) = [row[2] for row in rows if requirement.name in re.split(r"[^\w-]+", row[1])]
    told = set(re.split(r"[,;] ", allowed))
    assert {f"{one.operator} {one.version}" for one in requirement.specifier} <= told
