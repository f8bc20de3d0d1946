"""``pgrecall size``: no server is asked."""

from __future__ import annotations

import json

import pytest
from integration_tests.shared.commands import Runner

from pgrecall import sizes
from pgrecall.cli.app import app

ASKED = ["size", "--rows", "1000000", "--dimensions", "1536"]


def test_it_prints_what_the_function_gives() -> None:
    done = Runner().invoke(app, [*ASKED, "--text-bytes", "500", "--json"])
    found = sizes.estimate(1_000_000, 1_536, text_bytes=500)
    assert json.loads(done.stdout) == {
        "table": found.table,
        "index": found.index,
        "others": found.others,
        "build_memory": found.build_memory,
        "disk": found.disk,
    }


def test_it_says_what_to_give_to_the_build() -> None:
    done = Runner().invoke(app, ASKED)
    assert done.exit_code == 0
    assert "--build-memory 7200MB" in " ".join(done.stdout.split())


def test_no_build_is_told_to_have_more_than_any_may() -> None:
    done = Runner().invoke(app, ["size", "-n", "1000000000", "-d", "1536"])
    assert "no build can have so much: 1024GB is the most" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--index", "ivfflat", "--quantization", "half"], "--quantization goes with"),
        (["--lists", "10"], "--lists goes with"),
    ],
)
def test_options_of_another_index_are_refused(more: list[str], told: str) -> None:
    done = Runner().invoke(app, [*ASKED, *more])
    assert done.exit_code == 2
    assert told in done.output
