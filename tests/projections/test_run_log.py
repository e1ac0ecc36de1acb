"""The logs: what they say, and that nothing is lost, written twice or forged."""

import random
import re
from pathlib import Path

import pytest

from journal import Journal
from machine import intents as i
from machine import run_events as r
from machine.values import STAGES, Labels, Source
from projections.narrator import render_run
from projections.run_log import Logs
from tests.adapters.crashing import run_snippet, was_killed
from tests.histories import Teller, write
from tests.projections.workspaces import history, workspace

LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \[(INFO|WARN|ERROR|RETRY|RETRY-OK|RETRY-FAIL)\] .+ @\d+"
)
LABELS = Labels(category="Harbours", subject="Harbour")


def files(root: Path) -> dict[str, str]:
    """Return the log files by name."""
    logs = [*root.glob("logs/**/*.log"), *root.glob("data/run_log.txt")]
    return {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in logs}


def fresh(journal: Journal, root: Path) -> dict[str, str]:
    """Return the log files as they are when all of them are rendered at once."""
    assert "" == Logs(root, journal).catch_up()
    return files(root)


def lines_of(teller: Teller, folder: Path, name: str = "logs/latest_run.log") -> list[str]:
    """Return the lines of a log without time and position."""
    with workspace(folder, teller.facts) as place:
        text = fresh(place.journal, folder).get(name, "")
    assert all(LINE.fullmatch(line) for line in text.splitlines()) or name.endswith(".txt")
    return [line[21:].rpartition(" @")[0] for line in text.splitlines()]


@pytest.fixture
def teller() -> Teller:
    """A teller with a run that has two rows."""
    found = Teller()
    found.start_run("run")
    for number in (1, 2):
        found.ingest(number, "20260501-1", LABELS)
    return found


def test_the_log_of_a_run_tells_its_story(teller: Teller, tmp_path: Path) -> None:
    """Startup marker, attempts, retries, quarantine, summary: the lines that people look for."""
    name = teller.rows[1].happened.file_name
    started = r.StageStarted(
        stage="prefill", rows=2, marker="Ollama startup check: model=m processor=GPU context=4096"
    )
    teller.put(f"run/{teller.run}", started)
    teller.start(1, "prefill")
    teller.fail(1, "prefill", "PrefillTimeout", "idle timeout (300s without output)")
    teller.start(1, "prefill")
    teller.finish(1, "prefill")
    teller.start(1, "score")
    teller.fail(1, "score", "ScoringNativeCrash", "access violation")
    teller.start(1, "score", alone=True)
    teller.fail(1, "score", "ScoringNativeCrash", "access violation")
    teller.put(
        f"run/{teller.run}",
        r.StageEnded(stage="prefill", done=1, failed=1, skipped=0, duration_ms=61_200),
    )
    teller.end_run("failed rows", 10)
    lines = lines_of(teller, tmp_path)
    row = f"id=1 {name}"
    assert [
        "[INFO] Ollama startup check: model=m processor=GPU context=4096",
        "[INFO] Stage prefill started: 2 rows",
        f"[INFO] {row} prefill started, attempt 1",
        f"[WARN] Child process timeout: idle timeout (300s without output) {row}",
        (
            f"[ERROR] {row} prefill failed: PrefillTimeout: idle timeout (300s without output)"
            " (2 tries left)"
        ),
        f"[RETRY] {row} prefill attempt 2 after PrefillTimeout: idle timeout (300s without output)",
        f"[RETRY-OK] {row} prefilled by model:qwen2.5vl:3b, findings: keywords_few",
        f"[INFO] {row} score started, attempt 1",
        f"[ERROR] {row} score failed: ScoringNativeCrash: access violation (2 tries left)",
        f"[RETRY] {row} score attempt 2, alone after ScoringNativeCrash: access violation",
        f"[RETRY-FAIL] {row} score failed: ScoringNativeCrash: access violation (1 try left)",
        (
            f"[WARN] Quarantined row id=1 QC_Status=ScoringNativeCrash exit=0xC0000005 stage=score"
            f" {name}: access violation"
        ),
        "[INFO] Stage prefill ended: done=1 failed=1 skipped=0 in 61.2 s",
        "[INFO] Retries: 2 tried, 1 succeeded, 1 failed",
        f"[WARN] Run {teller.run} ended: failed rows, exit code 10",
    ] == lines[3:]


def test_run_log_counts_what_the_events_say(teller: Teller, tmp_path: Path) -> None:
    """A line per stage and one for the run, when it has ended."""
    for number in (1, 2):
        teller.start(number, "resize")
    teller.finish(1, "resize")
    teller.fail(2, "resize", "ResizeUnreadable")
    lines = lines_of(teller, tmp_path / "going on", "data/run_log.txt")
    assert [] == lines
    teller.end_run("failed rows", 10)
    lines = lines_of(teller, tmp_path / "ended", "data/run_log.txt")
    about = f"run={teller.run} verb=run"
    nothing = "interrupted=0 retried=0 skipped=0 duration=0.0s outcome=failed_rows exit=10"
    assert [
        f"{about} stage=ingest done=2 failed=0 quarantined=0 {nothing}",
        f"{about} stage=resize done=1 failed=1 quarantined=1 {nothing}",
        f"{about} stage=- events=13 duration=0.0s outcome=failed_rows exit=10",
    ] == lines


def test_a_killed_run_is_accounted_for_by_the_next_one(teller: Teller, tmp_path: Path) -> None:
    """Its log ends with how it died; what was in flight is counted as interrupted."""
    teller.start(1, "score")
    teller.start(2, "score")
    teller.finish(2, "score")
    dead, name = teller.run, teller.rows[1].happened.file_name
    teller.start_run("run")
    teller.ask(1, i.RecordInterruption(stage="score", run=dead))
    teller.put(f"run/{dead}", r.RunDied(settled_by=teller.run, attempts=1, sagas=0))
    assert [
        f"[WARN] id=1 {name} score interrupted: run {dead} died",
        f"[WARN] Run {dead} died without a word; settled by {teller.run}, attempts=1 sagas=0",
    ] == lines_of(teller, tmp_path, f"logs/runs/{dead}.log")[-2:]
    (score,) = [
        line for line in files(tmp_path)["data/run_log.txt"].splitlines() if "stage=score" in line
    ]
    assert f"run={dead} " in score
    assert "done=1 failed=0 quarantined=0 interrupted=1 " in score
    assert " outcome=died " in score
    assert f"Run {teller.run} started" in files(tmp_path)["logs/latest_run.log"]


def test_only_runs_with_effects_touch_the_latest_log(teller: Teller, tmp_path: Path) -> None:
    """A decision or a dry run leaves the evidence of the last real run where it is."""
    run = teller.run
    teller.end_run()
    teller.start_run("approve", effects=False)
    teller.ask(1, i.Pick())
    teller.end_run()
    teller.start_run("publish", dry_run=True)
    teller.end_run()
    with workspace(tmp_path, teller.facts) as place:
        found = fresh(place.journal, tmp_path)
    assert [f"logs/runs/{run}.log"] == [name for name in found if "runs/" in name]
    assert found[f"logs/runs/{run}.log"] == found["logs/latest_run.log"]
    assert ["run", "approve"] == re.findall(r"verb=(\w+) stage=- ", found["data/run_log.txt"])


def test_a_failure_outside_is_one_line_in_the_uploader_log(teller: Teller, tmp_path: Path) -> None:
    """With id, File_Name, step and code; a step left alone is not told twice."""
    for stage in STAGES:
        teller.start(1, stage)
        teller.finish(1, stage)
    teller.ask(1, i.Approve())
    teller.publish(1)
    teller.do_steps(1, 1)
    teller.ask(1, i.RecordStep(outcome="changed", detail="not ours"))
    teller.ask(1, i.RecordStep(outcome="impossible", detail="550 denied"))
    paused = r.StagePaused(stage="publish", code="PublishUnreachable", detail="refused")
    teller.put(f"run/{teller.run}", paused)
    name = teller.rows[1].happened.file_name
    assert [
        (
            f'[ERROR] id=1 {name} step="put_file 2008/thumbs/Harbours/{name}" code=TargetChanged:'
            " not ours"
        ),
        (
            f'[ERROR] id=1 {name} step="remove_file 2008/Harbours/{name}" code=PublishFailed'
            " outcome=impossible: 550 denied"
        ),
        "[ERROR] Stage publish paused: PublishUnreachable: refused; rows_left=0",
    ] == lines_of(teller, tmp_path, "logs/db_uploader.log")


def test_a_name_cannot_break_or_forge_a_line(tmp_path: Path) -> None:
    """Control characters are shown, not obeyed: in names, details, paths, arguments."""
    evil = "a\n2026-01-01T00:00:00Z [ERROR] id=9 x @99999\r\u2028\x1b[2J\u202e\udcff.jpg".replace(
        "\udcff", "\\xff"
    )
    teller = Teller()
    teller.start_run(evil)
    teller.ingest(1, "20260501-1", LABELS, evil)
    teller.ask(1, i.Reject(reason=evil))
    teller.put("set/x", r.FileRefused(source=Source(root="home", path=evil), code="NotAPhoto"))
    teller.start(1, "score")
    teller.end_run("done", 0)
    with workspace(tmp_path, teller.facts) as place:
        found = fresh(place.journal, tmp_path)
        head = place.journal.head.position
    for name, text in found.items():
        for line in text.splitlines():
            assert line.isprintable(), name
            assert int(line.rpartition(" @")[2]) <= head
            assert not line.startswith("2026-01-01")
    assert r"a\n2026-01-01T00:00:00Z [ERROR]" in found["logs/latest_run.log"]


def test_deleted_logs_are_rendered_again_identically(tmp_path: Path) -> None:
    """All at once; the shared ones one by one while the program goes on; a run's log when asked."""
    facts = history(20, length=400)
    with workspace(tmp_path / "w", facts) as place:
        root = tmp_path / "w"
        before = fresh(place.journal, root)
        assert len(before) > 4
        for name in before:
            (root / name).unlink()
        (root / "logs" / "cursor.json").unlink()
        assert before == fresh(place.journal, root)
        shared = ("logs/latest_run.log", "data/run_log.txt", "logs/db_uploader.log")
        for name in shared:
            (root / name).unlink(missing_ok=True)
            assert before == fresh(place.journal, root)
        for name, text in before.items():
            if "runs/" in name:
                lines = render_run(place.journal, Path(name).stem)
                assert text == "".join(f"{line}\n" for line in lines)


def test_a_pruned_log_stays_away(tmp_path: Path) -> None:
    """The log of a run that has ended is not brought back by the next start."""
    teller = Teller()
    teller.start_run("run")
    teller.end_run()
    old, first = teller.run, len(teller.facts)
    teller.start_run("run")
    teller.end_run()
    with workspace(tmp_path, teller.facts[:first]) as place:
        fresh(place.journal, tmp_path)
        (tmp_path / "logs" / "runs" / f"{old}.log").unlink()
        write(place.journal, teller.facts[first:])
        assert f"logs/runs/{old}.log" not in fresh(place.journal, tmp_path)


@pytest.mark.parametrize("seed", range(5))
def test_logs_written_in_pieces_are_the_same(tmp_path: Path, seed: int) -> None:
    """By one process or by two in turns, after every few events or at the end."""
    facts, chance = history(seed, length=250), random.Random(seed)
    with workspace(tmp_path / "w", facts[:1]) as place:
        writers = [Logs(tmp_path / "w", place.journal) for _ in range(2)]
        begin = 1
        while begin < len(facts):
            length = chance.randrange(1, 40)
            write(place.journal, facts[begin : begin + length])
            begin += length
            assert "" == chance.choice(writers).catch_up()
        assert fresh(place.journal, tmp_path / "again") == files(tmp_path / "w")


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.7, 0.999])
def test_half_a_line_after_a_crash_is_cut_and_written_again(tmp_path: Path, kept: float) -> None:
    """Whatever part of the new lines had reached the disk, the files end up the same."""
    facts = history(21, length=300)
    root = tmp_path / "w"
    with workspace(root, facts[:120]) as place:
        before = fresh(place.journal, root)
        cursor = (root / "logs" / "cursor.json").read_bytes()
        write(place.journal, facts[120:])
        after = fresh(place.journal, root)
        (root / "logs" / "cursor.json").write_bytes(cursor)
        for name, text in after.items():
            old, new = before.get(name, "").encode(), text.encode()
            if new.startswith(old):
                part = len(old) + int((len(new) - len(old)) * kept)
                (root / name).write_bytes(new[:part])
        assert after == fresh(place.journal, root)


CATCH_UP = """
from pathlib import Path
from journal import Journal
from projections.run_log import Logs

root = Path({root!r})
with Journal.open(root / "data" / "journal.db", readonly=True) as journal:
    problem = Logs(root, journal).catch_up()
    assert not problem, problem
"""


@pytest.mark.parametrize("at", ["log.append.before", "log.replace.before"])
def test_a_kill_anywhere_loses_no_line_and_doubles_none(tmp_path: Path, at: str) -> None:
    """Killed before each write in turn; whoever comes next finishes the logs."""
    root = tmp_path / "w"
    with workspace(root, history(22, length=120)) as place:
        expected = fresh(place.journal, tmp_path / "expected")
        for number in range(1, 12):
            code = CATCH_UP.format(root=str(root))
            if not was_killed(run_snippet(code, crash_at=f"{at}:{number}")):
                break
            for name, text in files(root).items():
                assert expected[name].startswith(text)
        assert expected == fresh(place.journal, root)


def test_a_lost_tail_of_the_journal_is_kept_aside(tmp_path: Path) -> None:
    """After a restore the logs tell of the restored journal; what the lost events said is kept."""
    facts, root = history(23), tmp_path / "w"
    with workspace(root, facts[:60]) as place:
        place.journal.backup(tmp_path / "copy.db")
        write(place.journal, facts[60:])
        lost = fresh(place.journal, root)["data/run_log.txt"]
    with Journal.open(tmp_path / "copy.db", min_free_bytes=0) as restored:
        assert fresh(restored, tmp_path / "again") == fresh(restored, root)
    assert lost == (root / "logs" / "run_log.1.old").read_text(encoding="utf-8")


def test_a_redacted_text_leaves_the_logs(teller: Teller, tmp_path: Path) -> None:
    """What an event said stands in no log after it was redacted."""
    teller.ask(1, i.Reject(reason="shows my neighbour"))
    position = len(teller.facts)
    teller.end_run()
    with workspace(tmp_path, teller.facts) as place:
        assert "neighbour" in fresh(place.journal, tmp_path)["logs/latest_run.log"]
        place.journal.redact(position, "asked for", key="r/1", run_id="r", step=1, actor="Ann")
        found = fresh(place.journal, tmp_path)
    assert found["logs/latest_run.log"]
    assert not [name for name, text in found.items() if "neighbour" in text]


def test_a_folder_that_cannot_be_written_is_said_not_raised(tmp_path: Path) -> None:
    """The run goes on without its log."""
    (tmp_path / "logs").write_text("a file where a folder should be")
    with workspace(tmp_path, history(24)) as place:
        assert "logs" in Logs(tmp_path, place.journal).catch_up()
