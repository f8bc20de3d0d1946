"""``pgrecall ui`` as somebody starts it, and ends it."""

from __future__ import annotations

import re
import signal
import stat
import time
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import httpx
import pytest
from integration_tests.cli.cli_runs import Cli, popen

PATIENCE = 60


def test_ctrl_c_closes_the_pages_and_the_browser_was_given_no_token(
    dsn: str, tenant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf "%s" "$1" > {told}.new; mv {told}.new {told}\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    server = popen(dsn, "ui", "--tenant", tenant)
    try:
        assert server.stderr is not None
        url = server.stderr.readline().removeprefix("pgrecall: serving ").strip()
        deadline = time.monotonic() + PATIENCE
        while not told.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        file = Path(unquote(urlsplit(told.read_text()).path))
        assert url not in told.read_text()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert f'content="0;url={url}"' in file.read_text()
        with httpx.Client() as client:
            entered = client.get(url)
            onward = re.search('content="0;url=([^"]*)"', entered.text)
            assert onward is not None
            assert "has no collection yet" in client.get(urljoin(url, onward[1])).text
            server.send_signal(signal.SIGINT)
            out, err = server.communicate(timeout=PATIENCE)
        assert (server.returncode, out) == (130, "")
        assert err == "pgrecall: interrupted; the pages are closed\n"
        assert not file.exists()
    finally:
        server.kill()
        server.communicate()


def test_what_cannot_be_served_is_told_in_one_line(dsn: str, tenant: str) -> None:
    cli = Cli(dsn, tenant)
    assert "127.0.0.1, localhost, ::1" in cli.told("ui", "--no-open", "--host", "::")
    assert "--embed" in cli.told("ui", "--no-open", "--embed", "nothing")
    assert "--rerank" in cli.told("ui", "--no-open", "--rerank", "nothing")
