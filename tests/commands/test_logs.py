"""`logs`: what keeps a log of a run, who lets go of it, and what is left when it is gone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from driver.workspace import Workspace, create
from journal import Journal
from machine import intents as i
from machine import run_events as r
from machine.values import STAGES, Labels
from projections.run_log import Logs
from tests.commands.cli import Terminal
from tests.histories import Teller, write

LABELS = Labels(category="Harbours", subject="Harbour")

Seat = Callable[[Teller], Terminal]


@pytest.fixture
def seat(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Seat:
    """Sits a person down before a workspace with a history, its logs written."""

    def sit(teller: Teller) -> Terminal:
        workspace = create(tmp_path / "pictures")
        facts = teller.facts
        with Journal.open(workspace.journal, create=True, min_free_bytes=0) as journal:
            write(journal, facts)
            assert "" == Logs(workspace.root, journal).catch_up()
        return Terminal(Workspace(workspace.root).root, capsys, monkeypatch)

    return sit


def a_night() -> tuple[Teller, dict[str, str]]:
    """Return a history and its runs: all went well but two, and one is still open outside."""
    teller, runs = Teller(), dict[str, str]()

    def begin(name: str, verb: str = "run", **more: Any) -> None:
        teller.start_run(verb, **more)
        runs[name] = teller.run

    begin("good")
    checked = r.ModelChecked(stage="prefill", occasion="startup", model="m", processor="GPU 63%")
    teller.put(f"run/{teller.run}", checked)
    for number in (1, 2, 3):
        teller.ingest(number, "20260501-1", LABELS)
    teller.end_run()
    begin("failed")
    teller.start(1, "score")
    teller.fail(1, "score", "ScoringUnreadable", "cut off")
    teller.end_run("failed rows", 10)
    begin("bug")
    teller.end_run("bug", 70)
    begin("decided", "approve", effects=False)
    teller.end_run()
    begin("rehearsed", "publish", dry_run=True)
    teller.end_run()
    begin("other")
    for stage in STAGES:
        teller.start(2, stage)
        teller.finish(2, stage)
    teller.ask(2, i.Approve())
    teller.end_run()
    begin("open", "publish")
    teller.publish(2)
    teller.do_steps(2, 1)
    teller.end_run()
    begin("newest")
    teller.end_run()
    return teller, runs


def kept(terminal: Terminal, *words: str) -> dict[str, list[str]]:
    """Return what keeps each log, by run."""
    found = terminal.type("logs", "list", *words, "--json").json
    return {one["run_id"]: one["kept"] for one in found}


def log_of(terminal: Terminal, run: str) -> Path:
    """Return the path of a run's log."""
    return terminal.root / "logs" / "runs" / f"{run}.log"


def test_each_log_says_what_keeps_it(seat: Seat) -> None:
    """Failed runs, rows that are not right, the newest; decisions and dry runs have no log."""
    teller, runs = a_night()
    terminal = seat(teller)
    assert {
        runs["newest"]: ["newest"],
        runs["open"]: ["rows"],
        runs["other"]: ["rows"],
        runs["bug"]: ["failed"],
        runs["failed"]: ["failed", "rows"],
        runs["good"]: ["rows"],
    } == kept(terminal, "--keep", "1")
    said = terminal.type("logs")
    assert 0 == said.code
    assert "RUN-SHOWN  TIME  run  failed rows" in said.plain()
    assert "newest, failed, row 1 not right" in said.out
    assert "newest, rows 1, 2 not right" in said.out


def test_the_last_20_runs_keep_their_logs(seat: Seat) -> None:
    """Older ones that went well may go; the oldest goes first, and the plan says so before."""
    teller = Teller()
    runs = []
    for _ in range(23):
        teller.start_run("run")
        runs.append(teller.run)
        teller.end_run()
    terminal = seat(teller)
    planned = terminal.type("logs", "prune", "--dry-run", "--json").json
    assert runs[:3] == planned["prunable"]
    assert [] == planned["removed"]
    said = terminal.type("logs", "prune")
    assert 2 == said.code
    assert "--yes" in said.err
    assert all(log_of(terminal, run).exists() for run in runs)
    latest = (terminal.root / "logs" / "latest_run.log").read_bytes()
    said = terminal.type("logs", "prune", "--yes")
    assert "Kept: 20 logs (newest 20): photojournal logs" in said.lines
    assert (0, "Removed 3 logs") == (said.code, said.lines[-1].partition(",")[0])
    assert runs[3:] == [run for run in runs if log_of(terminal, run).exists()]
    assert latest == (terminal.root / "logs" / "latest_run.log").read_bytes()
    assert "Nothing changed" in terminal.type("logs", "prune").out


def test_the_log_of_a_dry_run_is_the_first_to_go(seat: Seat) -> None:
    """Whoever wrote it: it is marked, counts for nothing, and nothing keeps it."""
    teller, runs = a_night()
    terminal = seat(teller)
    log_of(terminal, runs["rehearsed"]).write_text("what would happen\n")
    assert "no: dry run" in terminal.type("logs").out
    terminal.type("logs", "unhold", runs["bug"])
    planned = terminal.type("logs", "prune", "--keep", "1", "--dry-run", "--json").json
    assert [runs["rehearsed"], runs["bug"]] == planned["prunable"]
    planned = terminal.type("logs", "prune", "--dry-run", "--json").json
    assert [runs["rehearsed"]] == planned["prunable"]


def test_pruned_to_nothing_the_evidence_stays(seat: Seat) -> None:
    """Held logs stay to the byte; `runs` still names the processor; `show` tells the rest again."""
    teller, runs = a_night()
    terminal = seat(teller)
    for name in ("good", "newest"):
        terminal.type("logs", "hold", runs[name])
    terminal.type("logs", "unhold", runs["newest"])
    before = {name: log_of(terminal, run) for name, run in runs.items()}
    texts = {name: path.read_bytes() for name, path in before.items() if path.exists()}
    assert 0 == terminal.type("logs", "prune", "--keep", "0", "--yes").code
    assert texts.keys() - {"newest"} == {name for name, path in before.items() if path.exists()}
    assert all(texts[name] == path.read_bytes() for name, path in before.items() if path.exists())
    by_run = {one["run_id"]: one for one in terminal.type("runs", "--json").json}
    assert ("GPU 63%", "held") == (
        by_run[runs["good"]]["processor"],
        by_run[runs["good"]]["log_hold"],
    )
    again = terminal.type("logs", "show", runs["newest"])
    assert texts["newest"].decode() == again.out
    first, *_ = terminal.type("logs", "show", runs["newest"], "--json").json
    assert ("INFO", len(teller.facts) - 1) == (first["marker"], first["position"])
    assert "1 log pruned or deleted" in terminal.type("logs").out


def test_a_failed_run_keeps_its_log_until_a_person_lets_go(seat: Seat) -> None:
    """That is noted with the person and the reason, and twice is once."""
    teller, runs = a_night()
    terminal = seat(teller)
    terminal.type("logs", "unhold", runs["bug"], "--dry-run")
    assert ["failed"] == kept(terminal, "--keep", "0")[runs["bug"]]
    said = terminal.type("logs", "unhold", runs["bug"], "--reason", "mended")
    assert (0, True) == (said.code, "is kept: newest" in said.out)
    assert [] == kept(terminal, "--keep", "0")[runs["bug"]]
    (event,) = terminal.type("events", "--type", "LogsReleased", "--json").json
    assert ("anna", "mended", f"run/{runs['bug']}") == (
        event["actor"],
        event["payload"]["reason"],
        event["stream"],
    )
    head = terminal.head()
    assert "Nothing changed" in terminal.type("logs", "unhold", runs["bug"]).out
    assert head == terminal.head()
    terminal.type("logs", "hold", runs["bug"])
    assert ["failed", "held"] == kept(terminal, "--keep", "0")[runs["bug"]]


def test_a_row_that_is_not_right_keeps_its_logs_whatever_a_person_says(seat: Seat) -> None:
    """Once the row is settled they may go."""
    teller, runs = a_night()
    terminal = seat(teller)
    said = terminal.type("logs", "unhold", runs["failed"])
    assert "is kept: newest, row 1 not right" in said.out
    assert "Hint: photojournal show 1" in said.out
    assert ["rows"] == kept(terminal, "--keep", "0")[runs["failed"]]
    terminal.type("reject", "1")
    assert [] == kept(terminal, "--keep", "0")[runs["failed"]]


def test_a_run_that_has_not_ended_keeps_its_log(seat: Seat) -> None:
    """It cannot be held or released either: its events are its own."""
    teller = Teller()
    teller.start_run("run")
    terminal = seat(teller)
    assert ["working"] == kept(terminal, "--keep", "0")[teller.run]
    said = terminal.type("logs", "hold", teller.run)
    assert (2, True) == (said.code, "has not ended: its log is kept meanwhile" in said.err)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["lst"], "photojournal logs list"),
        (["hold"], "photojournal logs"),
        (["prune", "last"], "photojournal logs --help"),
        (["show", "nope"], "photojournal runs"),
    ],
)
def test_what_cannot_be_meant_is_refused(seat: Seat, words: list[str], hint: str) -> None:
    """With what to type instead."""
    teller = Teller()
    teller.start_run("run")
    teller.end_run()
    said = seat(teller).type("logs", *words)
    assert (2, f"Hint: {hint}") == (said.code, said.err.splitlines()[-1])


def test_a_run_without_effects_has_no_log(seat: Seat) -> None:
    """Its events are shown by another verb."""
    teller, runs = a_night()
    said = seat(teller).type("logs", "show", runs["decided"])
    assert 2 == said.code
    assert f"Hint: photojournal events --run {runs['decided']}" in said.err


def test_a_log_that_cannot_be_removed_stops_no_other(seat: Seat) -> None:
    """Exit code 10, which one and why."""
    teller = Teller()
    runs = []
    for _ in range(2):
        teller.start_run("run")
        runs.append(teller.run)
        teller.end_run()
    terminal = seat(teller)
    log_of(terminal, runs[0]).unlink()
    log_of(terminal, runs[0]).mkdir()
    said = terminal.type("logs", "prune", "--keep", "0", "--yes")
    assert 10 == said.code
    assert f"{runs[0]}.log" in said.err
    assert not log_of(terminal, runs[1]).exists()


def test_holding_is_no_step_that_undo_takes_back(terminal: Terminal) -> None:
    """What is undone is the decision before it."""
    terminal.type("pick", "3")
    terminal.type("logs", "hold", "last")
    assert 0 == terminal.type("undo", "--yes").code
    assert "undecided" == terminal.type("queue", "3", "--json").json[0]["decision"]
