"""Attacks on the server: none changes anything, none learns anything."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from adapters.workers import Workers
from tests.web.visitor import HOST, PORT, Visitor
from web.guard import BODY_BYTES_MAX

CLICK = {"X-Photojournal": "1", "Idempotency-Key": "k", "Content-Type": "application/json"}
BODY = '{"rows": [1], "decision": "reject"}'
WRITES = ("/api/decisions", "/api/undo", "/api/redo", "/api/jobs", "/api/replace", "/api/rating")


def test_the_link_works_once_and_is_gone_from_the_address(watched: Visitor) -> None:
    stranger = TestClient(watched.app, base_url=watched.guard.base)
    used = stranger.get(watched.link)
    assert 403 == used.status_code
    assert "photojournal review" in used.text
    assert not stranger.cookies
    again = watched.client.get(watched.link)
    assert (200, "http://127.0.0.1:8420/") == (again.status_code, str(again.url))


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites(watched: Visitor) -> None:
    fresh = type(watched.guard)(PORT)
    client = TestClient(fresh.around(watched.app), base_url=fresh.base)
    answer = client.get(fresh.url, follow_redirects=False)
    assert (303, "/") == (answer.status_code, answer.headers["Location"])
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"photojournal-{PORT}=")
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))
    assert "token" not in answer.headers["Location"]


@pytest.mark.parametrize("path", ["/", "/api/rows", "/static/page.js", "/pictures/1/thumb"])
def test_nothing_is_told_without_the_cookie(watched: Visitor, path: str) -> None:
    for cookies in (
        {},
        {watched.guard.cookie_name: "guess"},
        {"photojournal-1": watched.guard.cookie},
    ):
        stranger = TestClient(watched.app, base_url=watched.guard.base, cookies=cookies)
        answer = stranger.get(path)
        assert 403 == answer.status_code
        assert str(watched.root) not in answer.text
    forged = TestClient(watched.app, base_url=watched.guard.base).get("/?token=" + "A" * 43)
    assert 403 == forged.status_code


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8420",
        "127.0.0.1",
        "127.0.0.1:80",
        "localhost.evil.example:8420",
        "[::1]:8420",
        "0.0.0.0:8420",
        "127.0.0.1:8420.evil.example",
    ],
)
def test_a_name_that_was_bent_to_this_machine_is_refused(watched: Visitor, host: str) -> None:
    """DNS rebinding: the browser believes that we are the other site."""
    head = watched.head()
    for path in ("/", "/api/rows", "/api/changes"):
        assert 403 == watched.client.get(path, headers={"Host": host}).status_code
    sent = watched.client.post("/api/decisions", content=BODY, headers={**CLICK, "Host": host})
    assert 403 == sent.status_code
    assert head == watched.head()


ELSEWHERE: list[dict[str, str]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:8000"},
    {"Origin": f"https://{HOST}"},
    {"Origin": f"http://localhost:{PORT}"},
    {"Origin": f"http://{HOST}@evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "cross-site"},
]


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_a_click_of_another_page_is_refused(watched: Visitor, headers: dict[str, str]) -> None:
    head = watched.head()
    for path in WRITES:
        sent = watched.client.post(path, content=BODY, headers={**CLICK, **headers})
        assert 403 == sent.status_code, path
    assert 403 == watched.client.get("/api/changes", headers=headers).status_code
    assert 403 == watched.client.get("/api/rows", headers=headers).status_code
    assert head == watched.head()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Photojournal": ""}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ({"Idempotency-Key": ""}, 422),
        ({"Idempotency-Key": "k" * 101}, 422),
    ],
)
def test_a_click_that_a_form_could_send_is_refused(
    watched: Visitor, headers: dict[str, str], status: int
) -> None:
    head = watched.head()
    sent = watched.client.post("/api/decisions", content=BODY, headers=CLICK | headers)
    assert status == sent.status_code
    assert head == watched.head()


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "HEAD"])
def test_no_other_method_does_anything(watched: Visitor, method: str) -> None:
    head = watched.head()
    sent = watched.client.request(method, "/api/decisions", headers=CLICK)
    assert sent.status_code in (403, 404, 405)
    assert "access-control-allow-origin" not in sent.headers
    assert head == watched.head()


def test_a_request_that_is_too_large_is_not_read(watched: Visitor) -> None:
    head = watched.head()
    long = "x" * 10_000_000
    for body in ({"rows": [1], "decision": "reject", "reason": long}, {"rows": [1] * 5_000_000}):
        assert 413 == watched.send("/api/decisions", body).status_code

    def pieces() -> Iterator[bytes]:
        for _ in range(BODY_BYTES_MAX // 50_000 + 2):
            yield b" " * 50_000

    sent = watched.client.post("/api/decisions", content=pieces(), headers=CLICK)
    assert 413 == sent.status_code
    assert head == watched.head()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        '{"rows": [1], "decision": "reject", "admin": true}',
        '{"rows": ["1; DROP TABLE events"], "decision": "reject"}',
        '{"rows": [], "decision": "reject"}',
        '{"rows": [0], "decision": "reject"}',
        '{"rows": [1e400], "decision": "reject"}',
        '{"rows": [9999999999999999999999], "decision": "reject"}',
        '{"rows": [1], "decision": "publish"}',
        '{"rows": [1], "decision": "reject", "reason": "' + "x" * 2_001 + '"}',
        '{"rows": [1], "decision": "reject", "reason": "\\ud800"}',
        "{" * 20_000,
    ],
)
def test_a_malformed_click_is_refused_and_changes_nothing(watched: Visitor, body: str) -> None:
    head = watched.head()
    sent = watched.client.post("/api/decisions", content=body.encode(), headers=CLICK)
    assert 400 <= sent.status_code < 500, sent.text
    assert sent.json()["error"]
    assert head == watched.head()


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/..\\app.py",
        "/pictures/../../etc/passwd",
        "/pictures/1/..%2f..%2f..%2fetc%2fpasswd",
        "/pictures/%2e%2e%2f1/thumb",
        "/pictures/1/journal.db",
        "/pictures/-1/thumb",
        "/pictures/1%00/thumb",
        "/pictures/99999999999999999999/thumb",
        "/api/rows/..%2f..%2fphotojournal.toml",
        "/api/rows/1%2f..%2f..",
        "/api/runs/..%2f..%2f..%2fetc%2fpasswd",
        "/api/jobs/..%2f..%2fphotojournal.toml",
        "/photojournal.toml",
        "/data/journal.db",
    ],
)
def test_no_path_leads_out_of_what_is_served(watched: Visitor, path: str) -> None:
    answer = watched.client.get(watched.guard.base.rstrip("/") + path)
    assert 400 <= answer.status_code < 500, answer.text[:200]
    assert "root:" not in answer.text
    assert "SQLite" not in answer.text
    assert "create_app" not in answer.text


def test_every_answer_forbids_what_a_browser_might_do_with_it(watched: Visitor) -> None:
    strict = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:"
    stranger = TestClient(watched.app, base_url=watched.guard.base)
    for client, path in [
        (watched.client, "/"),
        (watched.client, "/api/rows"),
        (watched.client, "/static/page.js"),
        (watched.client, "/pictures/1/thumb"),
        (watched.client, "/api/rows/99"),
        (watched.client, "/nothing"),
        (stranger, "/"),
    ]:
        headers = client.get(path).headers
        assert headers["Content-Security-Policy"].startswith(strict), path
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "nosniff" == headers["X-Content-Type-Options"]
        assert "no-referrer" == headers["Referrer-Policy"]
        assert "same-origin" == headers["Cross-Origin-Resource-Policy"]
        assert "server" not in headers


def test_the_page_has_no_script_of_its_own_and_asks_nobody_else(watched: Visitor) -> None:
    html = watched.ask("/").text
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"\son\w+=|\sstyle=|javascript:", html)
    assert not re.search(r"(?:src|href)=\"(?!/static/)", html)


def test_passwords_stand_in_no_answer(
    workspace: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "sesame-4711"
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", secret)
    page = Visitor(workspace, workers)
    said = page.decide("reject", 1, reason=f"because {secret}")
    answers: list[Any] = [said, page.get("/api/rows/1/history")]
    paths = ("/", "/api/status", "/api/rows", "/api/rows/1", "/api/runs", "/api/openapi.json")
    assert secret not in "".join([str(answers), *(page.ask(path).text for path in paths)])
    page.leave()
    assert secret.encode() not in (workspace / "data" / "journal.db").read_bytes()
