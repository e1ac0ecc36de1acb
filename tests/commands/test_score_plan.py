"""A profile that needs more: its plan, its one error where weights lack, what is left alone."""

import re
from pathlib import Path
from typing import Any

import pytest

from adapters import neural, weights
from tests.commands.cli import Said, Terminal
from tests.driver.desk import SAMPLES
from tests.standins import pyiqa_table

FILES = "ViT-L-14.pt, sac+logos+ava1-l14-linearMSE.pth, NIMA_InceptionV2_ava-b0c77c00.pth"
CLIP, NIMA, TOPIQ = "clip_aesthetic_score", "nima_score", "topiq_nr"
LEFT_ALONE = "1 approved and 1 published rows stay as they are"
AGAIN = "Measured again: 1 row, profile embedded -> full"
PLAN = f"""\
Workspace WORKSPACE
row  file_name  stage  why  change
  3  Harbour_at_dusk_Rotterdam_Travel_Photography_002.JPG  score\
  other settings  profile embedded -> full
{AGAIN}
Other settings, and left alone: {LEFT_ALONE};\
 to measure one again: photojournal retry ROW --stage score
Needed in {{folder}}: ViT-L-14.pt (932.8 MB, missing);\
 sac+logos+ava1-l14-linearMSE.pth (3.7 MB, missing);\
 NIMA_InceptionV2_ava-b0c77c00.pth (size not known, missing)
To fetch them: photojournal models pull
Dry run: nothing was changed.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the weights are not."""
    return tmp_path / "weights"


@pytest.fixture
def full(terminal: Terminal, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """The workspace with the profile `full`, all libraries and no weights."""
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_PROFILE", "full")
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_WEIGHTS", str(folder))
    monkeypatch.setattr(neural, "LIBRARIES", ())
    return terminal


@pytest.fixture
def partly(full: Terminal) -> Terminal:
    """The same with row 5, which was never scored before and now in part."""
    labels = ("--category", "Space", "--subject", "Rocket", "--location", "Cape Canaveral")
    assert 0 == full.type("ingest", SAMPLES / "rocket.jpg", *labels).code
    for stage in ("prefill", "resize", "score"):
        full.type(stage, "5")
    return full


def only_error(said: Said) -> tuple[str, str]:
    """Return the one error of a command, and its one hint."""
    lines = (said.out + said.err).splitlines()
    (error,) = [one for one in lines if one.startswith("Error: ")]
    (hint,) = [one for one in lines if one.startswith("Hint: ")]
    return error, hint


def test_a_dry_run_says_what_a_new_profile_comes_to(full: Terminal, folder: Path) -> None:
    """What changed, how many rows, what stays, what is needed; no time that nobody knows."""
    before = full.head(), full.files()
    said = full.type("score", "--dry-run")
    assert 0 == said.code
    assert PLAN.format(folder=folder) == said.plain(full.root)
    assert AGAIN in full.type("run", "--dry-run").lines
    assert before == (full.head(), full.files())


def test_the_plan_for_programs(full: Terminal) -> None:
    """A list with a field for what changed; the words stand on standard error."""
    said = full.type("score", "--dry-run", "--json")
    (due,) = said.json
    assert (3, "score", "other settings", "profile embedded -> full") == tuple(
        due[key] for key in ("row", "stage", "why", "change")
    )
    assert [CLIP, NIMA] == [one["metric"] for one in due["missing"]]
    assert due["estimate_ms"] is None
    assert AGAIN in said.err.splitlines()
    assert "" == full.type("prefill", "--dry-run", "--json").err


def test_where_everything_is_left_alone_it_says_why(full: Terminal) -> None:
    """Approved and published rows keep their scores; one of them is measured again if asked."""
    said = full.type("score", "1", "2", "--dry-run")
    assert ["Nothing is due.", LEFT_ALONE] == [
        said.lines[1],
        said.lines[2].removeprefix("Other settings, and left alone: ").partition(";")[0],
    ]
    full.type("retry", "1", "--stage", "score")
    due = full.type("score", "1", "--dry-run", "--json").json
    assert [(1, "due", "profile embedded -> full")] == [
        (one["row"], one["why"], one["change"]) for one in due
    ]


def test_missing_weights_are_one_error_with_one_way_out(full: Terminal, folder: Path) -> None:
    """Exit code 4, no line for each row; what can be measured is, and nothing is charged."""
    said = full.type("score")
    error, hint = only_error(said)
    assert 4 == said.code
    why = f"{FILES} are not in {folder}: photojournal models pull"
    assert f"Error: the stage is paused: {CLIP}, {NIMA} cannot be measured: {why}" == error
    assert hint.startswith("Hint: photojournal models pull (without a network: docs/models.md)")
    assert hint.endswith('or do without: [score] profile = "embedded"')
    assert f"{AGAIN}; {LEFT_ALONE}" in said.lines
    row = full.type("show", "3", "--json").json
    failed = {"status": "failed", "failed": "ScoreIncomplete"}
    assert failed.items() <= row["stages"]["score"].items()
    assert [CLIP, NIMA] == [one["metric"] for one in row["scores_lacking"]]
    assert row["next_action"].startswith("photojournal edit 3 "), "what it has counts on"
    assert ["Published", "Approved"] == [
        one["Review_Status"] for one in full.type("queue", "1", "2", "--json").json
    ]
    again = full.type("score")
    assert (4, error, hint) == (again.code, *only_error(again))
    assert AGAIN not in again.out, "nothing can be measured that was not"
    assert 2 == full.type("show", "3", "--json").json["stages"]["score"]["attempts"]


def test_a_row_that_was_measured_in_part_says_what_it_has_and_why_not_more(
    partly: Terminal, folder: Path
) -> None:
    """In `show`, `queue --missing-scores` and `status`."""
    full = partly
    shown = full.type("show", "5").plain(full.root).splitlines()
    assert "Failure  ScoreIncomplete: a required score is missing" in shown
    why = f"failed (NIMA_InceptionV2_ava-b0c77c00.pth is not in {folder}: photojournal models pull"
    assert f"Missing  {NIMA}: {why} nima-inception-resnet-v2-ava)" in shown
    assert any(
        re.match(r"blur_score  [\d.]+  0 to 10  higher  photojournal.s", one) for one in shown
    )
    reasons = {one["id"]: one["metrics_missing_why"] for one in missing(full)}
    assert f"{CLIP}, {NIMA}: not measured (profile embedded)" == reasons[1] == reasons[2]
    assert f"{NIMA}: {why}" in reasons[5]
    status = full.type("status").out
    assert "photojournal doctor says what is missing; then: photojournal score 5" in status


def missing(terminal: Terminal) -> list[dict[str, Any]]:
    """Return the rows that lack a score."""
    found: list[dict[str, Any]] = terminal.type("queue", "--missing-scores", "--json").json
    return found


def test_it_is_neither_approved_nor_published_in_part(partly: Terminal) -> None:
    """A row that was approved with complete scores of another profile is not held up."""
    full = partly
    said = full.type("approve", "5", "--yes")
    assert 2 == said.code
    assert "row 5 cannot be approved: score" in said.err
    plan = {one["row"]: one for one in full.type("publish", "--dry-run", "--json").json}
    assert (True, "approved") == (plan[2]["due"], plan[2]["why"])
    assert 5 not in plan or "is Error" in plan[5]["why"]


def test_without_the_libraries_the_error_says_what_to_install(
    full: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No import is tried to find that out."""
    monkeypatch.setattr(neural, "LIBRARIES", ("no_such_library",))
    said = full.type("score", "--json")
    error = said.json[0]
    assert (4, "ScoringDependency") == (said.code, error["paused"])
    error_line, hint = only_error(full.type("score"))
    assert "no_such_library not installed: pip install 'photojournal[score]'" in error_line
    assert "photojournal doctor" in hint
    missing_line = f"Missing for {CLIP}, {NIMA}: no_such_library not installed"
    planned = full.type("score", "--dry-run").out
    assert "To fetch them: photojournal models pull" in planned
    assert missing_line in planned


def test_a_further_metric_makes_rows_due_and_is_looked_for(
    terminal: Terminal, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that were scored before it was asked for are found, the left-alone ones too."""
    monkeypatch.setattr(neural, "LIBRARIES", ())
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_WEIGHTS", str(folder))
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_METRICS", f'["{TOPIQ}"]')
    later = f"{TOPIQ}: not measured (not in [score] metrics then)"
    assert [False, True, True, True] == [
        one["metrics_missing_why"].endswith(later) for one in missing(terminal)
    ]
    assert f"Measured again: 1 row, metrics + {TOPIQ}" in terminal.type("score", "--dry-run").lines
    error, hint = only_error(terminal.type("score"))
    lacks = f"cfanet_nr_koniq_res50-9a73138b.pth is not in {folder}: photojournal models pull"
    assert error.endswith(f"{TOPIQ} cannot be measured: {lacks}")
    assert hint.endswith("; or leave it out of [score] metrics")
    why = {one["id"]: one["metrics_missing_why"] for one in missing(terminal)}
    assert why[1].endswith(later)
    assert f"{TOPIQ}: failed (" in why[3]
    log = (terminal.root / "logs" / "latest_run.log").read_text(encoding="utf-8")
    assert "[WARN] [QC] Scores checked: rows=4 complete=2 failed=2 not_measured=2" in log
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_METRICS", "[]")
    assert [] == [one for one in missing(terminal) if later in one["metrics_missing_why"]]


def test_a_file_that_no_catalogue_has_is_to_be_copied(
    partly: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`models pull` would find nothing to fetch, so it is not named."""
    functions = {"load": "tests.commands.models_that_fail:lacks_files"}
    monkeypatch.setattr(neural, "FUNCTIONS", functions)
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_PROFILE", "embedded")
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_METRICS", '["musiq"]')
    said = partly.type("score")
    error, hint = only_error(said)
    assert 4 == said.code
    assert error.endswith("musiq cannot be measured: musiq needs f.pth: copy it to /w from /u")
    copy_it = "copy the file there (docs/models.md), then photojournal run"
    assert f"Hint: {copy_it}; or leave it out of [score] metrics" == hint


@pytest.mark.usefixtures("few_libraries")
def test_names_that_are_no_metrics_are_told_before_the_work(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the dry run, at the start and at the end; nothing is loaded to find out."""
    pyiqa_table.install(tmp_path / "pyiqa", monkeypatch)
    monkeypatch.setattr(neural, "LIBRARIES", ())
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_METRICS", '["musik"]')
    why = "has no metric 'musik'; near it: musiq"
    planned = terminal.type("score", "--dry-run")
    assert any(one.startswith("Missing for musik: pyiqa ") and why in one for one in planned.lines)
    said = terminal.type("score")
    assert said.err.startswith("Warning: nothing can be measured as musik: pyiqa ")
    error, hint = only_error(said)
    assert error.endswith(why)
    assert "Hint: mend [score] metrics in photojournal.toml: docs/metrics.md" == hint
    trials = {one["name"]: one for one in terminal.type("doctor", "--json").json}
    assert ("fail", "ok") == tuple(
        trials[name]["state"] for name in ("score metrics", "score packages")
    )


def test_status_names_the_way_out_of_a_pause(
    partly: Terminal, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`run` would end at once in the same way; once the weights are there, it is the next step."""
    assert "Next: photojournal models pull" == partly.type("status").lines[-1]
    folder.mkdir()
    for one in weights.needed_by([CLIP, NIMA]):
        with (folder / one.file).open("wb") as file:
            file.truncate(one.size_bytes or 1)
    assert "Next: photojournal run" == partly.type("status").lines[-1]
    monkeypatch.setattr(neural, "LIBRARIES", ("no_such_library",))
    assert "Next: photojournal doctor" == partly.type("status").lines[-1]
    monkeypatch.setattr(neural, "LIBRARIES", ())
    functions = {"load": "tests.commands.models_that_fail:lacks_files"}
    monkeypatch.setattr(neural, "FUNCTIONS", functions)
    assert 4 == partly.type("score").code
    assert "Next: photojournal doctor" == partly.type("status").lines[-1]
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_METRICS", '["musiq"]')
    assert "Next: photojournal run" == partly.type("status").lines[-1]


def test_status_counts_rows_of_another_profile(
    full: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not those that are left as they are, nor what was never scored."""
    said = "Settings  1 row was scored with another profile: photojournal score --dry-run"
    assert said in full.type("status").lines
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_PROFILE", "embedded")
    assert "another profile" not in full.type("status").out
