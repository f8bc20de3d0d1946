"""Nobody reads the pages but who has the token, on this machine, from the pages themselves."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import httpx
import pytest
from integration_tests.ui.serving import TOKEN

from pgrecall.ui.guard import room_of

if TYPE_CHECKING:
    from integration_tests.ui.serving import Served

PATHS = (
    "/",
    "/ask",
    "/static/ui.css",
    "/nowhere",
    f"/?token={TOKEN[:-1]}",
    "/?token=",
    "/?token=%00",
)


@pytest.mark.parametrize("path", PATHS)
def test_without_the_token_nothing_is_told(ui: Served, path: str) -> None:
    for cookies in ({}, {f"pgrecall_ui_{ui.port}": "wrong"}):
        answer = httpx.get(f"{ui.root}{path}", cookies=cookies)
        assert (answer.status_code, answer.text) == (403, "Forbidden\n")


def test_the_token_becomes_a_cookie_of_this_port_that_no_script_and_no_other_site_has(
    ui: Served,
) -> None:
    room = room_of(TOKEN)
    for path in (
        "//elsewhere.example/ask",
        "/elsewhere.example/ask",
        f"{room}/elsewhere.example/ask",
    ):
        address = f"http://127.0.0.1:{ui.port}{path}?token={TOKEN}&c=%3Cb%3E&q=a%26b"
        answer = httpx.get(address)
        assert answer.headers["set-cookie"] == (
            f"pgrecall_ui_{ui.port}={TOKEN}; HttpOnly; Path={room}/; SameSite=strict"
        )
        onward = f'content="0;url={room}/elsewhere.example/ask?c=%3Cb%3E&amp;q=a%26b"'
        assert onward in answer.text
        assert TOKEN not in answer.text


def test_nothing_is_read_beside_the_room_of_the_pages_whatever_cookie_comes(ui: Served) -> None:
    cookies = {f"pgrecall_ui_{ui.port}": TOKEN}
    for path in ("/", "/ask", "/static/ui.css", f"{room_of(TOKEN)}x/", f"{room_of('other')}/"):
        answer = httpx.get(f"http://127.0.0.1:{ui.port}{path}", cookies=cookies)
        assert (answer.status_code, answer.text) == (403, "Forbidden\n")


def test_cookies_of_others_on_this_machine_are_passed_by(ui: Served) -> None:
    ours = f"pgrecall_ui_{ui.port}"
    others = (
        f'state={{"a": [1, 2]}}; b=\xe9; @=; ; pgrecall_ui_1=x; {ours}=stale; {ours}={TOKEN}; =1'
    )
    answer = httpx.get(f"{ui.root}/", headers={b"cookie": others.encode("latin-1")})
    assert answer.status_code == 200


OTHERS = (
    {"host": "evil.example"},
    {"host": "127.0.0.1"},
    {"host": "127.0.0.1:1"},
    {"host": "localhost.evil.example:{port}"},
    {"origin": "http://evil.example"},
    {"origin": "http://localhost:1"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
)


@pytest.mark.parametrize("headers", OTHERS, ids=str)
def test_a_page_of_another_site_or_name_reads_nothing_though_the_cookie_comes_along(
    ui: Served, headers: dict[str, str]
) -> None:
    sent = {name: value.format(port=ui.port) for name, value in headers.items()}
    answer = ui.client.get("/", headers=sent)
    assert (answer.status_code, answer.text) == (403, "Forbidden\n")


def test_a_request_with_two_hosts_or_none_is_refused(ui: Served) -> None:
    first, cookie = f"GET {room_of(TOKEN)}/ HTTP/1.1", f"Cookie: pgrecall_ui_{ui.port}={TOKEN}"
    for hosts in ([], [f"Host: 127.0.0.1:{ui.port}", "Host: evil.example"]):
        asked = "\r\n".join([first, *hosts, cookie, "Connection: close", "", ""])
        with socket.create_connection(("127.0.0.1", ui.port)) as line:
            line.sendall(asked.encode())
            assert line.recv(12) in {b"HTTP/1.1 400", b"HTTP/1.1 403"}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_the_pages_are_read_alone(ui: Served, method: str) -> None:
    assert ui.client.request(method, "/").status_code == 405
    assert ui.client.head("/").status_code == 200


def test_every_answer_allows_nothing_from_elsewhere_no_frame_and_no_copy(ui: Served) -> None:
    answers = [
        ui.client.get("/"),
        ui.client.get("/static/ui.js"),
        ui.client.get("/nowhere"),
        ui.client.get("/ask", params={"c": "none"}),
        ui.client.get("/", headers={"host": "evil.example"}),
        ui.client.post("/"),
        ui.client.get(ui.entry),
    ]
    assert [each.status_code for each in answers] == [200, 200, 404, 404, 403, 405, 200]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"


def test_files_beside_the_static_ones_cannot_be_reached(ui: Served) -> None:
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fguard.py", "/static/"):
        assert ui.client.get(path).status_code in {403, 404, 405}
