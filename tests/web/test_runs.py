"""Runs, triage, plans and the way back, as the page asks for them."""

import threading
from pathlib import Path
from typing import Any

import pytest

from driver.galleries import lock_name
from journal import ProcessLock
from tests.commands.cli import Terminal
from tests.driver.desk import SAMPLES
from tests.web.test_jobs import begin, ended
from tests.web.visitor import Visitor, events_of
from web.job_orders import ROWS_MAX
from web.runs import Watching

UNKNOWN = "0198c5a0-0000-7000-8000-000000000000"


@pytest.fixture
def terminal(
    workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    """The same person at the command line."""
    return Terminal(workspace, capsys, monkeypatch)


def newest(page: Visitor, verb: str) -> dict[str, Any]:
    """Return the newest run of a verb, as the page shows it."""
    runs = page.get("/api/runs")["runs"]
    run = next(one["run_id"] for one in runs if one["verb"] == verb)
    shown: dict[str, Any] = page.get(f"/api/runs/{run}")
    return shown


def version_of(page: Visitor, row: int) -> int:
    """Return a row's newest version."""
    return len(events_of(page.root, f"row/{row}"))


def test_a_run_shows_what_its_events_say(page: Visitor, terminal: Terminal) -> None:
    """Counts, rows with what failed first, the log's end, and what explains it."""
    (page.root.parent / "half.jpg").write_bytes((SAMPLES / "rocket.jpg").read_bytes()[:20_000])
    terminal.type("run", page.root.parent / "half.jpg")
    run = newest(page, "run")
    assert ("failed rows", 10) == (run["outcome"], run["exit_code"])
    stages = {one["stage"]: one for one in run["progress"]}
    assert (1, 0, 1) == tuple(stages["prefill"][key] for key in ("done", "failed", "total"))
    assert (0, 1, 1) == tuple(stages["score"][key] for key in ("done", "failed", "total"))
    rows = page.get(f"/api/runs/{run['run_id']}/rows")
    assert {"quarantined"} == {one["outcome"] for one in rows[:2]}
    told = {one["code"]: one["meaning"] for one in rows[:2]}
    assert "the photo cannot be decoded" == told["ScoringUnreadable"]
    assert run["log_path"] == f"logs/runs/{run['run_id']}.log"
    assert any("[ERROR] id=8" in line for line in run["log"])
    assert f"photojournal triage --run {run['run_id']}" == run["triage"]
    for stage, failed in (("prefill", []), ("score", [8]), ("resize", [8]), ("publish", [])):
        assert failed == page.get("/api/rows", failed=stage)["ids"]


def test_triage_is_what_the_command_line_says(page: Visitor, terminal: Terminal) -> None:
    run = newest(page, "run")["run_id"]
    assert terminal.type("triage", "--run", run, "--json").json == page.get("/api/triage", run=run)
    assert terminal.type("triage", "--json").json == page.get("/api/triage")


def test_what_is_not_there_is_said(page: Visitor) -> None:
    for path in (f"/api/runs/{UNKNOWN}", f"/api/runs/{UNKNOWN}/rows", f"/api/jobs/{UNKNOWN}"):
        answer = page.ask(path)
        assert (404, "photojournal runs") == (answer.status_code, answer.json()["hint"])
    assert 404 == page.ask("/api/triage", run=UNKNOWN).status_code
    assert 404 == page.ask("/api/rows/99/history").status_code
    assert 404 == page.send("/api/plans/publish", {"rows": [1, 99]}).status_code
    for path in ("/api/runs/last", "/api/runs/..%2F..%2Fetc", "/api/rows/0/rollback-plan?to=1"):
        assert page.ask(path).status_code in (404, 422)


def test_the_plan_says_why_each_row_is_due_or_not(page: Visitor) -> None:
    """Without rows, those that may be due; looking appends nothing."""
    page.decide("approve", 1)
    before = page.head()
    plan = page.click("/api/plans/publish", {"rows": [1, 2]})
    told = {one["row"]: (one["due"], one["why"]) for one in plan["rows"]}
    assert {1: (True, "approved"), 2: (False, "it is Pending")} == told
    assert ("photojournal publish 1", str(page.root / "site")) == (plan["command"], plan["to"])
    assert all(one["size_bytes"] > 0 and one["paths"] for one in plan["rows"] if one["due"])
    due = page.click("/api/plans/publish", {})
    assert ("photojournal publish", [1]) == (due["command"], [one["row"] for one in due["rows"]])
    alone = page.click("/api/plans/publish", {"rows": [2]})
    assert "photojournal publish 2" == alone["command"]
    all_selected = page.click("/api/plans/publish", {"rows": [1, 2] * (ROWS_MAX // 2)})
    assert [1] == [one["row"] for one in all_selected["rows"] if one["due"]]
    assert before == page.head()


def test_a_row_is_told_with_the_versions_it_can_go_back_to(page: Visitor) -> None:
    page.decide("approve", 1)
    page.decide("reject", 1)
    history = page.get("/api/rows/1/history")
    assert list(range(1, version_of(page, 1) + 1)) == [one["version"] for one in history]
    approved = next(one for one in history if one["type"] == "Approved")
    edited = next(one for one in history if one["type"] == "TextEdited")
    assert ("anna", True) == (approved["actor"], approved["can_go_back"])
    assert "A cup of black coffee" in edited["texts"]["Caption"]["new"]
    assert (False, "Rejected") == (history[-1]["can_go_back"], history[-1]["type"])


def test_going_back_is_a_step_that_undo_takes_back(page: Visitor) -> None:
    page.decide("approve", 1)
    approved = version_of(page, 1)
    page.decide("reject", 1)
    plan = page.get("/api/rows/1/rollback-plan", to=approved)
    (row,) = plan["rows"]
    assert (["decision"], []) == (row["parts"], row["steps"])
    assert f"photojournal rollback 1 --to={approved}" == plan["command"]
    body = {"to": approved, "expect": row["version"], "reason": "too early"}
    done = page.click("/api/rows/1/rollback", body, key="one click")
    assert ("done", "Approved", None) == (done["outcome"], done["Review_Status"], done["job"])
    assert done == page.click("/api/rows/1/rollback", body, key="one click")
    (event,) = [one for one in events_of(page.root, "row/1") if one.type == "RolledBack"]
    assert (done["step"], "too early") == (
        f"{event.run_id}#{event.step}",
        getattr(event.event, "reason", ""),
    )
    page.click("/api/undo", {})
    assert ["rejected"] == page.decisions(1)


def test_a_plan_that_somebody_overtook_is_not_carried_out(page: Visitor) -> None:
    """Somebody decided meanwhile: the plan is to be seen again."""
    plan = page.get("/api/rows/1/rollback-plan", to=1)
    page.decide("pick", 1)
    before = page.head()
    body = {"to": 1, "expect": plan["rows"][0]["version"]}
    answer = page.send("/api/rows/1/rollback", body)
    assert 409 == answer.status_code
    assert "row 1 changed since the plan was made" in answer.json()["error"]
    assert before == page.head()


def test_whoever_publishes_second_is_told_to_wait(page: Visitor) -> None:
    """One publisher a gallery; the page shows that verb's own words and hint."""
    page.decide("approve", 1)
    workspace = page.program.workspace
    workspace.locks.mkdir(parents=True, exist_ok=True)
    lock = ProcessLock(workspace.locks / lock_name(workspace.config.publish))
    assert lock.try_acquire()
    try:
        done = ended(page, begin(page, "publish", 1))
    finally:
        lock.close()
    assert (2, "refused") == (done["exit_code"], done["words"])
    assert "wait for it to end: photojournal status" == done["hint"]
    assert any("another process is publishing to this gallery" in line for line in done["lines"])


def test_a_published_row_is_taken_down_and_brought_back_by_jobs(page: Visitor) -> None:
    """Each with its plan; what became of the row is told from the run's events."""
    page.decide("approve", 1)
    published = ended(page, begin(page, "publish", 1))
    assert "done" == published["state"], published["lines"]
    assert [(1, "publish", "done")] == [
        (one["row"], one["stage"], one["outcome"])
        for one in page.get(f"/api/runs/{published['run_id']}/rows")
    ]
    out = version_of(page, 1)
    plan = page.click("/api/plans/withdraw", {"rows": [1]})
    assert {"remove_file", "remove_record"} == {one["action"] for one in plan["rows"][0]["steps"]}
    down = ended(page, begin(page, "withdraw", 1, reason="a mistake"))
    assert ("done", []) == (down["state"], [*(page.root / "site").rglob("Harbour*.JPG")])
    (row,) = page.get("/api/rows/1/rollback-plan", to=out)["rows"]
    assert "put_file" in {one["action"] for one in row["steps"]}
    back = page.click("/api/rows/1/rollback", {"to": out, "expect": row["version"]})
    assert ("job", "rollback") == (back["outcome"], back["job"]["verb"])
    assert "done" == ended(page, back["job"])["state"]
    (line,) = page.get("/api/lines", ids=[1])["lines"]
    assert "Published" == line["Review_Status"]
    rolled = page.get("/api/plans/rollback", run=published["run_id"])["rows"]
    assert [1] == [one["row"] for one in rolled]


def test_an_account_of_a_run_is_changed_by_one_request_at_a_time(page: Visitor) -> None:
    """A page asks for a run and for its rows at once; each counts what came in since."""
    run = page.decide("pick", 1)["step"].partition("#")[0]
    journal, watching, second = page.program.journal, Watching(), threading.Event()

    def other() -> None:
        with watching.of(journal, run, page.head()):
            second.set()

    with watching.of(journal, run, 1):
        thread = threading.Thread(target=other)
        thread.start()
        assert not second.wait(0.2)
    assert second.wait(10)
    thread.join()
