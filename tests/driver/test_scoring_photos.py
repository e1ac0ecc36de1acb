"""Photos that harm the process with the models: each is known by name, its neighbours are done."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters import neural
from adapters.workers import Workers
from driver import pipeline
from machine.events import AttemptStarted, Quarantined, Scored
from machine.intents import Retry
from machine.status import stage_status
from tests.adapters import small_models
from tests.driver import moody, moody_models
from tests.driver.processes import wait_for
from tests.driver.scoring_desk import EMBEDDED, FULL, NETWORK, NIMA, ScoringDesk, moody_scoring

posix = pytest.mark.skipif(sys.platform == "win32", reason="dies by a POSIX signal")
GOOD = ("", "", "", "")


@pytest.fixture
def desk(
    tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ScoringDesk]:
    """A workspace with moody models."""
    with moody_scoring(tmp_path / "workspace", workers, monkeypatch) as one:
        yield one


# --- all is well


def test_the_models_stay_loaded_and_see_several_photos_at_once(desk: ScoringDesk) -> None:
    """One process, one load for all rows of a run; more photos are begun than there are cores."""
    desk.take(*[""] * 12)
    (desk.weights / "slow").write_text("0.1", encoding="utf-8")
    worked = desk.score()
    assert (12, "") == (worked.tallies["score"].done, worked.paused)
    calls = [*desk.asked("load"), *desk.asked()]
    assert 1 == len(desk.asked("load"))
    assert 1 == len({one["pid"] for one in calls})
    counts = [one["photos"] for one in desk.asked()]
    assert 12 == sum(counts)
    assert 4 == max(counts), "a batch as large as the process asked for"
    desk.check_complete(*range(1, 13))
    (checked,) = desk.checked()
    assert ("full", "cpu fp32", 4, {"moody": "1"}) == (
        checked.profile,
        checked.device,
        checked.batch,
        checked.versions,
    )
    desk.check()


def test_it_is_told_that_the_models_are_being_loaded(desk: ScoringDesk) -> None:
    """Until they are; a profile without models loads none."""
    said = list[str]()
    desk.take("", "")

    def score() -> list[str]:
        said.clear()
        with desk.program("score") as program:
            pipeline.work(
                program,
                desk.numbers(program),
                ("score",),
                lambda tallies: said.append(tallies["score"].waiting),
            )
        return list(dict.fromkeys(said))

    assert {"loading the models", ""} == set(score())
    assert "" == said[-1]
    desk.configure(EMBEDDED)
    assert [""] == score()


def test_a_photo_that_was_scored_is_not_shown_to_clip_again(desk: ScoringDesk) -> None:
    """Its embedding is kept; the head gives the same score. Other weights: it is shown again."""
    desk.take("", "")
    desk.score()
    assert [0] * len(desk.asked()) == [one["embeddings"] for one in desk.asked()]
    for _ in range(2):
        desk.ask(1, intents=[Retry(stage="score", reason="again")])
        desk.score()
        assert 1 == desk.asked()[-1]["embeddings"]
    first, *others = desk.of(Scored, 1)
    assert 2 == len(others)
    for other in others:
        assert first.embedding == other.embedding
        assert {one.metric: one.value for one in first.scores} == {
            one.metric: one.value for one in other.scores
        }
    assert first.embedding is not None
    with desk.program() as program:
        program.objects.path(first.embedding.sha256).unlink()
    desk.ask(1, intents=[Retry(stage="score", reason="its embedding is gone")])
    desk.score()
    assert 0 == desk.asked()[-1]["embeddings"]
    assert first.embedding == desk.of(Scored, 1)[-1].embedding
    (desk.weights / NETWORK).write_bytes(b"another network that fits as well")
    small_models.accept(desk.weights, "clip-vit-l-14-openai")
    with small_models.accepted(desk.weights):
        desk.ask(1, intents=[Retry(stage="score", reason="another network")])
        desk.score()
    assert 0 == desk.asked()[-1]["embeddings"]


# --- photos that harm


@posix
@pytest.mark.parametrize(
    ("mood", "code", "exit_code", "words"),
    [
        ("crash", "ScoringNativeCrash", -11, "killed by SIGSEGV (-11)"),
        ("killed", "ScoringOutOfMemory", -9, "killed by SIGKILL (-9)"),
        ("memory", "ScoringOutOfMemory", None, "a worker got no memory"),
    ],
)
def test_a_photo_on_which_the_models_die_is_tried_alone_and_set_aside(
    desk: ScoringDesk, mood: str, code: str, exit_code: int | None, words: str
) -> None:
    """With its exit code; what was measured of it is kept, its neighbours are charged nothing."""
    desk.take("", "", mood, "", "")
    worked = desk.score()
    assert ({3: code}, "") == (worked.failed, worked.paused)
    failed = desk.failures(3)
    assert [(code, True, exit_code, True), (code, True, exit_code, False)] == [
        (one.code, one.charged, one.exit_code, one.alone_next) for one in failed
    ]
    assert all(words in one.detail for one in failed)
    alone = [one.alone for one in desk.of(AttemptStarted, 3)]
    assert [False, True] == alone
    assert [code] == [one.code for one in desk.of(Quarantined)]
    partly = desk.partly(3)[-1]
    assert {code} == {one.code for one in partly.missing}
    assert {"nima_score", neural.CLIP} == {one.metric for one in partly.missing}
    line = desk.line(3)
    assert ("Quarantined", code) == (line["Review_Status"], line["QC_Status"])
    assert line["blur_score"] is not None
    assert [] == [one for number in (1, 2, 4, 5) for one in desk.failures(number)]
    desk.check_complete(1, 2, 4, 5)
    desk.check()
    tries = desk.tries()
    assert 0 == desk.score().tallies["score"].rows
    assert tries == desk.tries()


def test_a_photo_on_which_the_models_hang_costs_its_budget(desk: ScoringDesk) -> None:
    """A deadline for the batch, one for the photo alone; the neighbours are done."""
    desk.configure(FULL.replace("deadline_s = 20.0", "deadline_s = 1.0\nattempts = 1"))
    desk.take("", "hang", "")
    worked = desk.score()
    assert {2: "ScoringTimeout"} == worked.failed
    (failed,) = desk.failures(2)
    assert (True, 0) == (failed.charged, failed.budget_left)
    assert "no answer within 1 s" in failed.detail
    assert "quarantined" == desk.standing(2)
    desk.check_complete(1, 3)


def test_a_value_that_is_no_number_is_a_missing_score(desk: ScoringDesk) -> None:
    """The row's other scores are kept; nothing stands in for it."""
    desk.take("", "nan")
    worked = desk.score()
    assert {2: "ScoreIncomplete"} == worked.failed
    assert [2, 1, 0] == [one.budget_left for one in desk.failures(2)]
    assert {"nima_score: measured nan"} == {one.detail for one in desk.failures(2)}
    line = desk.line(2)
    assert ("ScoringFailed", None, None) == (line["QC_Status"], line["nima_score"], line["QR"])
    assert line["clip_aesthetic_score"] is not None
    assert 2 == sum(one["embeddings"] for one in desk.asked()), "CLIP saw the picture once"
    desk.check_complete(1)


def test_a_bug_in_the_models_leaves_its_traceback(desk: ScoringDesk) -> None:
    """The row has the last line, the crash file all of it."""
    desk.take("", "bug")
    worked = desk.score()
    assert {2: "ScoreIncomplete"} == worked.failed
    assert "KeyError: 'an ordinary bug'" in desk.failures(2)[0].detail
    crashes = (desk.root / "data" / "crash_runtime.log").read_text(encoding="utf-8")
    assert "in the process with the models" in crashes
    assert "moody_models.py" in crashes
    desk.check_complete(1)


@posix
def test_models_that_die_once_cost_nobody_anything(desk: ScoringDesk) -> None:
    """The batch is tried again photo by photo, and all are well."""
    desk.take(*GOOD)
    (desk.weights / "once").touch()
    (desk.weights / "slow load").write_text("1.0", encoding="utf-8")  # all four are there by then
    worked = desk.score()
    assert ({}, 4, "") == (worked.failed, worked.tallies["score"].done, worked.paused)
    assert [] == desk.failures()
    assert 2 == len(desk.asked("load"))
    desk.check_complete(1, 2, 3, 4)


@posix
def test_models_that_die_on_every_photo_are_no_photo_s_fault(desk: ScoringDesk) -> None:
    """They load, and then fail: after a few photos they are given up, and nobody is charged."""
    desk.take(*[""] * 6)
    weary = desk.weights / "weary"
    weary.touch()
    (desk.weights / "slow load").write_text("1.5", encoding="utf-8")
    worked = desk.score()
    words = "failed on each of 3 photos, the last time: killed by SIGSEGV (-11)"
    assert words in worked.paused
    assert {False} == {one.charged for one in desk.failures()}
    assert {0} == {desk.charged(number) for number in range(1, 7)}
    assert {"ScoringDependency"} == {one.code for one in desk.paused()}
    assert 6 == len({one for one in range(1, 7) if desk.partly(one)})
    assert len(desk.asked("load")) <= 5
    desk.check_honest()
    weary.unlink()
    assert 6 == desk.score().tallies["score"].done
    desk.check_complete(*range(1, 7))


@posix
def test_models_that_die_on_every_photo_are_found_out_also_one_by_one(desk: ScoringDesk) -> None:
    """The first two photos are charged, since it might be them; then nobody is any more."""
    desk.take(*[""] * 4)
    (desk.weights / "weary").touch()
    with desk.program("run") as program:
        for number in (1, 2, 3, 4):
            row = program.shell.row(number)
            assert "due" == stage_status(row, "score")
            pipeline.work(program, [number], ["score"], lambda _tallies: None)
    assert [True, True, False, False] == [desk.charged(number) > 0 for number in range(1, 5)]


@posix
def test_models_that_die_on_everything_later_in_the_run_are_no_photo_s_fault(
    desk: ScoringDesk,
) -> None:
    """A photo that went well before tells: it is measured again, and fails as well."""
    desk.take(*[""] * 4)
    with desk.program("run") as program:
        pipeline.work(program, [1], ["score"], lambda _tallies: None)
        (desk.weights / "weary").touch()
        worked = pipeline.work(program, [2, 3, 4], ["score"], lambda _tallies: None)
    assert "the models fail on a photo that they have measured before" in worked.paused
    assert {0} == {desk.charged(number) for number in (1, 2, 3, 4)}
    desk.check_complete(1)
    desk.check_honest()


@posix
def test_photos_that_harm_do_not_keep_others_from_being_scored(desk: ScoringDesk) -> None:
    """Three of them come first and look like broken models; the next run takes the others first."""
    desk.take("crash", "crash", "crash")
    (desk.weights / "slow load").write_text("1.5", encoding="utf-8")
    desk.score()
    assert {0} == {desk.charged(number) for number in (1, 2, 3)}
    desk.take("", "", "")
    worked = desk.score()
    desk.check_complete(4, 5, 6)
    assert dict.fromkeys((1, 2, 3), "ScoringNativeCrash") == worked.failed
    assert {"quarantined"} == {desk.standing(number) for number in (1, 2, 3)}


@posix
def test_a_photo_that_crashes_the_decoder_costs_its_own_row_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also under the profile with models; nothing of it can be measured."""
    with (
        Workers(1, functions=moody.FUNCTIONS) as two,
        moody_scoring(tmp_path / "workspace", two, monkeypatch) as desk,
    ):
        path = desk.inbox / "crash.jpg"
        path.write_bytes(moody_models.painted("", 7) + b"<crash>")
        desk.ingest(path)
        desk.take("", "")
        worked = desk.score()
        assert {1: "ScoringNativeCrash"} == worked.failed
        assert [-11, -11] == [one.exit_code for one in desk.failures(1)]
        assert [] == desk.partly()
        assert "quarantined" == desk.standing(1)
        desk.check_complete(2, 3)


# --- another profile


def test_rows_are_due_again_when_the_profile_grows(desk: ScoringDesk) -> None:
    """Before the approval they are scored anew; what is approved is left alone."""
    desk.configure(EMBEDDED)
    desk.take("", "")
    desk.work()
    assert ["done"] == [one.outcome for one in desk.approve(1)]
    desk.configure(FULL)
    worked = desk.score()
    assert 1 == worked.tallies["score"].done
    assert ["embedded", "full"] == [desk.line(number)["score_profile"] for number in (1, 2)]
    assert "Approved" == desk.status(1)
    assert 0 == desk.score().tallies["score"].rows


def test_complete_scores_of_a_smaller_profile_stay_while_weights_are_missing(
    desk: ScoringDesk,
) -> None:
    """It is said what fails, the rating stays, and on it the row can be approved."""
    desk.configure(EMBEDDED)
    desk.take("", "")
    desk.work()
    before = desk.row(1).decided.score
    whole = (desk.weights / NIMA).read_bytes()
    (desk.weights / NIMA).unlink()
    desk.configure(FULL)
    for _ in range(2):
        assert NIMA in desk.score().paused
        assert before == desk.row(1).decided.score
        assert ["suggested"] == [one.applied for one in desk.partly(1)]
        assert ("failed", "ScoringFailed") == (desk.standing(1), desk.line(1)["QC_Status"])
        assert "nima_score: failed" in desk.line(1)["metrics_missing_why"]
    assert (before.qr, "Pending") == (desk.line(1)["QR"], desk.status(1))
    assert "done" == desk.approve(2)[0].outcome
    desk.configure(EMBEDDED)
    assert 2 == desk.score().tallies["score"].done
    assert 0 == desk.score().tallies["score"].rows
    assert ("done", 0) == (desk.standing(1), desk.charged(1))
    (desk.weights / NIMA).write_bytes(whole)
    desk.configure(FULL)
    assert 1 == desk.score().tallies["score"].done
    desk.check_complete(1)
    desk.check()


# --- a bug of ours


def test_a_bug_in_our_own_thread_ends_the_run_and_charges_nobody(
    desk: ScoringDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is raised where the run can say so; nothing waits for ever."""
    monkeypatch.setattr(neural, "FUNCTIONS", {"load": "tests.driver.moody_models:nonsense"})
    desk.take("", "")
    with pytest.raises(Exception, match="JSON is malformed"):
        desk.score()
    monkeypatch.setattr(neural, "FUNCTIONS", moody_models.FUNCTIONS)
    assert 2 == desk.score().tallies["score"].done
    assert [] == desk.failures()
    desk.check()


def test_work_can_be_asked_for_twice_in_one_program(desk: ScoringDesk) -> None:
    """The models are loaded once for both."""
    desk.take("", "")
    with desk.program("run") as program:
        for number in (1, 2):
            pipeline.work(program, [number], ["score"], lambda _tallies: None)
    desk.check_complete(1, 2)
    assert 1 == len(desk.asked("load"))


def test_a_program_that_ends_does_not_wait_for_models_that_hang(desk: ScoringDesk) -> None:
    """Rows that were with them are interrupted, charged nothing, and done by the next run."""
    desk.take("hang", "")

    left: list[float] = []

    def leave(_tallies: object) -> None:
        if desk.asked():
            left.append(time.monotonic())
            raise KeyboardInterrupt

    def run() -> None:
        with desk.program("run") as program:
            pipeline.work(program, [1, 2], ["score"], leave)

    with pytest.raises(KeyboardInterrupt):
        run()
    assert time.monotonic() - left[0] < 10
    assert {"interrupted"} == {desk.standing(number) for number in (1, 2)}
    assert [] == desk.failures()
    (pid,) = {one["pid"] for one in desk.asked()}
    wait_for(lambda: not Path(f"/proc/{pid}").exists(), 10)
    assert 1 == desk.score(2).tallies["score"].done
    desk.check_complete(2)
