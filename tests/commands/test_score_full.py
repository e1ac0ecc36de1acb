"""The profile `full` as a person uses it, from weights to the site; small weights, real nets."""

import shutil
from pathlib import Path

import pytest

from adapters import neural
from tests.adapters import small_models
from tests.adapters.neural_tests import needs_torch
from tests.commands.cli import Terminal
from tests.driver.desk import SAMPLES

pytestmark = [needs_torch, pytest.mark.soak]

EXTRA = "entropy"
"""A metric of pyiqa that needs no file."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small weights for the profile."""
    made = tmp_path_factory.mktemp("weights")
    small_models.make_clip(made)
    small_models.make_nima(made)
    return made


def test_the_whole_way_with_all_scores(
    terminal: Terminal, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings, `doctor`, plan, scores, `show`, an estimate, review, publication."""
    monkeypatch.setattr(neural, "FUNCTIONS", small_models.FUNCTIONS)
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_PROFILE", "full")
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_METRICS", f'["{EXTRA}"]')
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_DEVICE", "cpu")
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_WEIGHTS", str(folder))
    with small_models.accepted(folder):
        _doctor_is_content(terminal)
        _all_are_scored(terminal)
        _what_was_measured_is_shown(terminal)
        _the_next_plan_knows_the_time(terminal, monkeypatch)
        _it_can_be_published(terminal)


def _doctor_is_content(terminal: Terminal) -> None:
    said = terminal.type("doctor", "--json")
    assert 0 == said.code, said.out
    ready = [one for one in said.json if one["name"] == "score models" and one["state"] == "ok"]
    assert ["clip_aesthetic_score", "nima_score", EXTRA] == [
        one["detail"].partition(":")[0] for one in ready
    ]


def _all_are_scored(terminal: Terminal) -> None:
    """Also those that are approved or published, since they were asked for."""
    assert 0 == terminal.type("retry", "1", "2", "--stage", "score").code
    planned = terminal.type("score", "--dry-run")
    assert f"Measured again: 3 rows, profile embedded -> full, metrics + {EXTRA}" in planned.lines
    assert "Time: " not in planned.out, "nobody knows it yet"
    said = terminal.type("score", "--json")
    assert (0, 3, 0) == (said.code, said.json[0]["done"], said.json[0]["failed"]), said.err
    log = (terminal.root / "logs" / "latest_run.log").read_text(encoding="utf-8")
    assert "Scorer startup check: profile=full device=cpu fp32" in log
    assert "[QC] Scores checked: rows=4 complete=3 failed=1 not_measured=0 profile=full" in log
    lines = terminal.type("queue", "--missing-scores", "--json").json
    assert [4] == [one["id"] for one in lines]


def _what_was_measured_is_shown(terminal: Terminal) -> None:
    row = terminal.type("show", "3", "--json").json
    assert not row["provisional"]
    assert ([], [], {}) == (row["scores_missing"], row["scores_lacking"], row["scores_missing_why"])
    scores = {one["metric"]: one for one in row["scores"]}
    assert set(row["scores_required"]) == set(scores)
    assert "cpu fp32" == scores["nima_score"]["device"]
    assert (299, 299) == (scores["nima_score"]["width_px"], scores["nima_score"]["height_px"])
    assert 64 == len(scores["clip_aesthetic_score"]["weights_sha256"])
    assert small_models.DIMENSION == row["embedding"]["dimensions"]
    text = terminal.type("show", "3").plain()
    assert "Profile  full\n" in text
    assert f"Embedding  {small_models.DIMENSION} numbers by open_clip" in text
    assert f"\n{EXTRA}  " in text
    assert "provisional" not in text


def _the_next_plan_knows_the_time(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as the newest photos took; with other settings nobody knows again."""
    assert 0 == terminal.type("ingest", SAMPLES / "flower.jpg").code
    words = " ms a photo on cpu fp32, as the newest 3 that were measured so)"
    (line,) = [one for one in terminal.type("score", "--dry-run").lines if "Time: " in one]
    assert line.endswith(words)
    (due,) = terminal.type("score", "--dry-run", "--json").json
    assert due["estimate_ms"] > 0
    assert [] == due["missing"]
    with monkeypatch.context() as patch:
        patch.setenv("PHOTOJOURNAL_SCORE_METRICS", '["entropy", "cpbd"]')
        assert "Time: " not in terminal.type("score", "--dry-run").out


def _it_can_be_published(terminal: Terminal) -> None:
    terminal.type("edit", "3", "--caption", "A temple in China", "--alt-text", "A temple, a pond")
    assert 0 == terminal.type("approve", "3").code
    said = terminal.type("publish", "3")
    assert 0 == said.code, said.out
    assert "Published" == terminal.type("show", "3", "--json").json["Review_Status"]
    assert "without" not in said.err


def test_damaged_weights_cost_their_own_metric_alone(
    terminal: Terminal, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The size fits, the bytes do not: found when they are loaded, said in one line."""
    spoilt = tmp_path / "spoilt"
    shutil.copytree(folder, spoilt)
    path = spoilt / "NIMA_InceptionV2_ava-b0c77c00.pth"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    monkeypatch.setattr(neural, "FUNCTIONS", small_models.FUNCTIONS)
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_PROFILE", "full")
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_DEVICE", "cpu")
    monkeypatch.setenv("PHOTOJOURNAL_SCORE_WEIGHTS", str(spoilt))
    with small_models.accepted(spoilt):
        said = terminal.type("score")
    assert 4 == said.code
    (error,) = [one for one in said.err.splitlines() if one.startswith("Error: ")]
    assert "nima_score cannot be measured: NIMA_InceptionV2_ava-b0c77c00.pth is damaged" in error
    assert "clip_aesthetic_score" not in error
    row = terminal.type("show", "3", "--json").json
    assert ["nima_score"] == [one["metric"] for one in row["scores_lacking"]]
    assert ["nima_score"] == [
        metric for metric, why in row["scores_missing_why"].items() if "wrong hash" in why
    ]
