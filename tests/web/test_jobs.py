"""Jobs: the command line as processes that the page starts, and what no browser makes of them."""

import os
import signal
import socket
import time
from typing import Any

import pytest

from tests.web.visitor import Visitor, events_of
from web.job_orders import ROWS_TYPED, PublishOrder, RunOrder, as_typed, in_brief, words
from web.job_processes import RUNNING_MAX

LIMIT_S = 60.0
"""How long a job may take on a busy machine."""


def begin(page: Visitor, verb: str, *rows: int, key: str = "", **options: Any) -> dict[str, Any]:
    """Start a job."""
    order = {"verb": verb, "rows": rows, "options": options}
    job: dict[str, Any] = page.click("/api/jobs", order, key=key)
    return job


def until(page: Visitor, job: dict[str, Any], condition: Any) -> dict[str, Any]:
    """Return a job once something holds of it."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        now: dict[str, Any] = page.get(f"/api/jobs/{job['id']}")
        if condition(now):
            return now
        time.sleep(0.05)
    raise AssertionError(now)


def ended(page: Visitor, job: dict[str, Any]) -> dict[str, Any]:
    """Return a job at its end."""
    return until(page, job, lambda now: now["state"] != "running")


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A caption model whose service is away: a job waits for it until somebody stops it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    monkeypatch.setenv("PHOTOJOURNAL_PREFILL_CAPTIONER", "ollama")
    monkeypatch.setenv("PHOTOJOURNAL_PREFILL_HOST", f"http://127.0.0.1:{port}")


def waits(job: dict[str, Any]) -> bool:
    """Tell whether a job has said what it waits for."""
    return any("waits for" in line for line in job["lines"])


def test_a_job_is_the_verb_as_it_is_typed_and_tells_its_run(page: Visitor) -> None:
    """The same click twice is one job; who clicked is who did it."""
    job = begin(page, "prefill", 4, key="one click")
    assert job["id"] == begin(page, "prefill", 4, key="one click")["id"]
    assert "photojournal prefill 4" == job["command"]
    done = ended(page, job)
    assert ("done", 0, "done", "") == tuple(
        done[key] for key in ("state", "exit_code", "words", "hint")
    )
    assert any(line.startswith("prefill") for line in done["lines"])
    (prefilled,) = [one for one in events_of(page.root, "row/4") if one.type == "Prefilled"]
    assert (done["run_id"], "anna") == (prefilled.run_id, prefilled.actor)
    assert [done["id"]] == [one["id"] for one in page.get("/api/jobs")]
    shown = page.get(f"/api/runs/{done['run_id']}")
    assert (done["id"], "done") == (shown["job"], shown["outcome"])


def test_a_job_that_appended_nothing_is_no_later_run_of_the_same_words(page: Visitor) -> None:
    idle = ended(page, begin(page, "retry", 2, stage="score"))
    idle = idle if not idle["run_id"] else ended(page, begin(page, "prefill", 1))
    assert ("", "done") == (idle["run_id"], idle["state"])
    page.send("/api/jobs", {"verb": "retry", "rows": [1], "options": {"stage": "prefill"}})
    for job in page.get("/api/jobs"):
        ended(page, job)
    done = ended(page, begin(page, "prefill", 1))
    assert done["run_id"]
    assert done["id"] == page.get(f"/api/runs/{done['run_id']}")["job"]
    assert "" == page.get(f"/api/jobs/{idle['id']}")["run_id"]


def test_what_the_verb_refuses_is_told_with_its_hint(page: Visitor) -> None:
    done = ended(page, begin(page, "rollback", 1, to=999))
    assert ("failed", 2, "refused") == (done["state"], done["exit_code"], done["words"])
    assert "photojournal history 1" == done["hint"]
    assert any("row 1 has no version 999" in line for line in done["lines"])


@pytest.mark.usefixtures("away")
def test_a_job_that_is_stopped_ends_as_by_ctrl_c(page: Visitor) -> None:
    job = until(page, begin(page, "prefill", 4), waits)
    asked = page.send(f"/api/jobs/{job['id']}", {}, method="DELETE")
    assert asked.json()["stop_asked"]
    done = ended(page, job)
    assert ("failed", 130) == (done["state"], done["exit_code"])
    assert "stopped because somebody asked" in done["words"]
    assert any(line.startswith("Stopped. To go on: photojournal ") for line in done["lines"])


@pytest.mark.usefixtures("away")
def test_a_job_that_is_killed_is_told_so_with_the_way_on(page: Visitor) -> None:
    """No event says so; its run counts as dead, not as at work."""
    job = until(page, begin(page, "prefill", 4), waits)
    (process,) = [one for one in page.app.state.jobs.all() if one.id == job["id"]]
    os.kill(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    done = ended(page, job)
    assert "failed" == done["state"]
    assert done["words"].startswith("killed by SIGKILL")
    assert "photojournal repair" == done["hint"]
    assert "died" == page.get(f"/api/runs/{done['run_id']}")["outcome"]


@pytest.mark.usefixtures("away")
def test_a_server_that_ends_asks_its_jobs_to_stop_and_waits(page: Visitor) -> None:
    """The person at its terminal is told what is waited for; nothing new is begun."""
    job = until(page, begin(page, "prefill", 4), waits)
    said: list[str] = []
    page.app.state.jobs.close(said.append)
    assert "Stopping after the rows in flight: photojournal prefill 4" == said[0]
    assert said[1].startswith("photojournal prefill 4: stopped because somebody asked")
    (process,) = [one for one in page.app.state.jobs.all() if one.id == job["id"]]
    assert 130 == process.exit_code
    refused = page.send("/api/jobs", {"verb": "score", "rows": [4]})
    assert (400, "the page is being closed") == (refused.status_code, refused.json()["error"])


@pytest.mark.usefixtures("away")
def test_only_so_many_jobs_work_at_once(page: Visitor) -> None:
    for _ in range(RUNNING_MAX):
        begin(page, "prefill", 4)
    refused = page.send("/api/jobs", {"verb": "prefill", "rows": [4]})
    assert 503 == refused.status_code
    assert "photojournal prefill 4" in refused.json()["hint"]


@pytest.mark.parametrize(
    "order",
    [
        {"verb": "erase", "rows": [1], "options": {"reason": "x"}},
        {"verb": "doctor"},
        {"verb": "publish; rm -rf /", "rows": [1]},
        {"verb": "publish", "rows": ["1"]},
        {"verb": "publish", "rows": ["--force"]},
        {"verb": "publish", "rows": ["-"]},
        {"verb": "publish", "rows": [-1]},
        {"verb": "publish", "rows": [1.5]},
        {"verb": "publish", "rows": [True]},
        {"verb": "publish", "rows": [2**80]},
        {"verb": "publish", "rows": list(range(1, 20_002))},
        {"verb": "publish", "options": {"workspace": "/etc"}},
        {"verb": "publish", "options": {"force": True}},
        {"verb": "publish", "options": {"force": True, "reason": "all of them"}},
        {"verb": "publish", "options": {"force": "--yes", "reason": "x"}, "rows": [1]},
        {"verb": "withdraw", "rows": []},
        {"verb": "withdraw", "rows": [1], "options": {"reason": "two\nlines"}},
        {"verb": "withdraw", "rows": [1], "options": {"reason": "nul\x00"}},
        {"verb": "withdraw", "rows": [1], "options": {"reason": "x" * 501}},
        {"verb": "release", "rows": [1], "options": {"reason": "  "}},
        {"verb": "release", "options": {"reason": "all of them"}},
        {"verb": "retry", "rows": [1], "options": {"model": "--yes"}},
        {"verb": "retry", "rows": [1], "options": {"model": "../../etc/passwd\n"}},
        {"verb": "retry", "rows": [1], "options": {"stage": "publish"}},
        {"verb": "retry", "options": {"qc": "--set=20260101-1"}},
        {"verb": "run", "options": {"set_id": "20260101-1 --publish"}},
        {"verb": "run", "rows": [1]},
        {"verb": "run", "options": {"approve_at": 0}},
        {"verb": "rollback", "rows": [1], "options": {}},
        {"verb": "rollback", "rows": [1, 2], "options": {"to": 1}},
        {"verb": "rollback", "options": {"run": "last"}},
        {"verb": "rollback", "rows": [1], "options": {"run": "last", "to": 1}},
        {"verb": ["publish"], "rows": [1]},
        ["publish", "1"],
    ],
)
def test_what_is_not_in_the_table_starts_nothing(watched: Visitor, order: Any) -> None:
    answer = watched.send("/api/jobs", order)
    assert 422 == answer.status_code, answer.text
    assert {"error", "hint"} == set(answer.json())
    assert [] == watched.get("/api/jobs")


@pytest.mark.parametrize("reason", ["--run=last", "$(reboot) `id` ; | & * ?"])
def test_a_reason_is_a_value_whatever_it_looks_like(page: Visitor, reason: str) -> None:
    """It reaches the event as it was typed, and is no option."""
    done = ended(page, begin(page, "retry", 1, stage="score", reason=reason))
    assert "done" == done["state"], done["lines"]
    (retried,) = [one.event for one in events_of(page.root, "row/1") if one.type == "Retried"]
    assert reason == getattr(retried, "reason", None)


def test_a_password_is_not_repeated(page: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the command nor in what the verb prints."""
    monkeypatch.setenv("PHOTOJOURNAL_PUBLISH_FTP_PASSWORD", "correct-horse")
    again = Visitor(page.root)
    try:
        answer = again.send(
            "/api/jobs",
            {
                "verb": "retry",
                "rows": [1],
                "options": {"reason": "correct-horse", "stage": "score"},
            },
        )
        told = again.get("/api/jobs")
        ended(again, told[0])
        assert "correct-horse" not in answer.text + again.ask("/api/jobs").text
    finally:
        again.leave()


def test_many_rows_are_read_from_standard_input(page: Visitor) -> None:
    """A command line holds a few; what is shown says how many there are."""
    order = PublishOrder(verb="publish", rows=list(range(1, ROWS_TYPED + 2)))
    assert ["publish", "-"] == words(order)
    assert "publish 51 rows" == in_brief(order)
    assert as_typed(order).startswith("photojournal publish 1 2 3 4 5 6 7 8 9 10 ")
    done = ended(page, begin(page, "score", *range(1, 4), *[1] * ROWS_TYPED))
    assert ("done", True) == (done["state"], "Nothing changed." in done["lines"])
    assert "photojournal run" == as_typed(RunOrder(verb="run"))
