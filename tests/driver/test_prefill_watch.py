"""The model is watched: what it runs on, whether it is there, whether it fails on everything."""

from pathlib import Path
from typing import Any

import pytest

from adapters.workers import Workers
from driver.pipeline import Worked
from machine.events import AttemptFailed, AttemptStarted, Prefilled
from machine.run_events import ModelChecked, StagePaused
from tests.driver.nights import MODEL, SECOND, Night
from tests.standins.ollama_server import Model, Request, Step

ROWS = 24
PLAIN_PX = (64, 64)
"""Size of the picture of ours that a model is tried with."""


class At:
    """Does something to the stand-in when the model is asked about the nth photo."""

    def __init__(self, nth: int, step: Step | None = None) -> None:
        """Take when, and what to answer before and after."""
        self.nth, self.step = nth, step
        self.act: Any = None
        self.seen = 0

    def __call__(self, request: Request) -> Step | None:
        """Count, act, answer."""
        self.seen += bool(request.image)
        if self.seen == self.nth and self.act:
            self.act()
        return self.step


def paused(worked: Worked) -> str:
    """Return the code for which captions were paused."""
    return worked.tallies["prefill"].paused


# --- what it runs on


def test_a_silent_fall_to_the_cpu_is_told_within_five_photos(
    tmp_path: Path, workers: Workers
) -> None:
    """In the journal and, as a warning, in the log; the work goes on."""
    script = At(12)
    with Night(tmp_path, workers, served={"script": script}) as night:
        script.act = night.server.go_to_cpu
        night.bring(ROWS)
        assert ROWS == night.caption().tallies["prefill"].done
        story = [one.event for one in night.everything()]
        checks = [one for one in story if isinstance(one, ModelChecked)]
        assert ["GPU", "CPU"] == [one.processor for one in checks]
        assert checks[1].occasion in ("slow", "changed")
        before = story[: story.index(checks[1])]
        texts = sum(isinstance(one, Prefilled) for one in before)
        assert 12 <= texts + 1 <= 12 + 5
        assert "[WARN] Ollama startup check: " in night.log().replace("  ", " ")
        assert f" occasion={checks[1].occasion}" in night.log()
        assert "processor=CPU" in night.log()


def test_a_fall_to_the_cpu_stops_the_captions_where_a_person_wants_that(
    tmp_path: Path, workers: Workers
) -> None:
    """No photo is charged; on the GPU again, the next run goes on."""
    script = At(6)
    with Night(tmp_path, workers, served={"script": script}, on_cpu="stop") as night:
        script.act = night.server.go_to_cpu
        rows = night.bring(ROWS)
        worked = night.caption()
        assert "PrefillOnCpu" == paused(worked)
        assert "the caption model runs on the CPU" in worked.paused
        assert "Check the GPU" in worked.hint
        assert 6 <= len(night.captioned()) <= 12
        assert {} == night.charged()
        before = night.versions()
        assert "PrefillOnCpu" == paused(night.caption()), "at once, at the next start"
        assert before == night.versions()
        night.server.set_vram(1.0)
        assert "" == paused(night.caption())
        assert rows == night.captioned()


def test_a_model_that_fits_the_gpu_in_part_is_told_as_such(
    tmp_path: Path, workers: Workers
) -> None:
    """It is neither on the CPU nor what one would like; only the CPU alone stops."""
    with Night(tmp_path, workers, on_cpu="stop") as night:
        night.server.set_vram(0.63)
        night.bring(2)
        assert 2 == night.caption().tallies["prefill"].done
        assert ["GPU 63%"] == [one.processor for one in night.told(ModelChecked)]
        assert "processor=GPU 63%" in night.log() or 'processor="GPU 63%"' in night.log()
        shares = [one.call.vram_share for one in night.told(Prefilled) if one.call]
        assert [0.63, 0.63] == [round(share or 0.0, 2) for share in shares]


def test_a_context_that_is_smaller_than_asked_is_a_warning(
    tmp_path: Path, workers: Workers
) -> None:
    """What is cut off at its beginning is the picture."""
    small = (Model(name=MODEL, context_length=2048),)
    with Night(tmp_path, workers, served={"models": small}) as night:
        night.bring(1)
        night.caption()
        (checked,) = night.told(ModelChecked)
        assert (2048, 4096) == (checked.context, checked.context_asked)
        assert ("context 2048 is smaller than [prefill] num_ctx = 4096",) == checked.warnings
        assert "[WARN] context 2048 is smaller" in night.log()


# --- whether it is there


@pytest.mark.parametrize(
    ("models", "code"),
    [
        ((Model(name=SECOND),), "PrefillModelMissing"),
        ((Model(name=MODEL, capabilities=("completion",)),), "PrefillModelBlind"),
    ],
)
def test_a_model_that_is_missing_or_cannot_see_pauses_before_the_first_photo(
    tmp_path: Path, workers: Workers, models: tuple[Model, ...], code: str
) -> None:
    """No photo is touched, and no picture is sent."""
    with Night(tmp_path, workers, served={"models": models}) as night:
        night.bring(3)
        before = night.versions()
        worked = night.caption()
        assert code == paused(worked)
        assert before == night.versions()
        assert [] == night.asked()
        if code == "PrefillModelMissing":
            assert SECOND in worked.paused, "what is installed is named"
            assert "ollama pull" in worked.hint
            night.server.add_model(MODEL)
            assert 3 == night.caption().tallies["prefill"].done


def test_a_model_that_is_removed_in_the_middle_pauses_and_charges_nobody(
    tmp_path: Path, workers: Workers
) -> None:
    """Back again, it goes on where it stopped."""
    with Night(
        tmp_path, workers, served={"script": {"*": Step(kind="slow", first_s=0.05)}}
    ) as night:
        rows = night.bring(10)
        with night.beside(night.caption) as came:
            night.server.wait_until(lambda _server: len(night.asked()) >= 4)
            night.server.remove_model(MODEL)
        assert "PrefillModelMissing" == paused(came[0])
        assert {} == night.charged()
        assert 3 <= len(night.captioned()) <= 5
        assert {"PrefillModelMissing"} == {one.code for one in night.told(AttemptFailed)}
        assert len(night.told(AttemptFailed)) <= 2
        night.server.add_model(MODEL)
        assert "" == paused(night.caption())
        assert rows == night.captioned()


def test_a_fallback_that_is_missing_is_a_warning_and_the_others_work(
    tmp_path: Path, workers: Workers
) -> None:
    """A photo that the first model fails has the tries of the models that are there."""
    script = {"*": Step(), "": Step()}
    with Night(
        tmp_path,
        workers,
        served={"script": script},
        attempts=2,
        fallback_models=["absent:1b", SECOND],
    ) as night:
        rows = night.bring(3)
        script[night.keys[2]] = Step(kind="empty")
        worked = night.caption()
        assert ("", {2: "PrefillEmpty"}) == (worked.paused, worked.failed)
        (checked,) = night.told(ModelChecked)
        (warning,) = checked.warnings
        assert warning.startswith("fallback model 'absent:1b' is not used: ")
        assert [MODEL, MODEL, SECOND, SECOND] == night.models(2)
        assert [1, 3] == night.captioned()
        assert rows == sorted(set(night.order()))


# --- whether it fails on everything


def test_a_model_that_dies_on_every_photo_stops_after_a_handful(
    tmp_path: Path, workers: Workers
) -> None:
    """A picture of nobody's shows that it is not the photos; they keep their tries."""
    script = {"*": Step(kind="error", status=500)}
    with Night(tmp_path, workers, served={"script": script}) as night:
        rows = night.bring(ROWS)
        before = night.versions()
        worked = night.caption()
        assert "PrefillModelFailing" == paused(worked)
        assert "the caption model fails on every photo" in worked.paused
        assert "a plain picture fails, too" in worked.paused
        charged = night.charged()
        assert 5 <= len(charged) <= 7
        assert {1} == set(charged.values())
        for row in set(rows) - set(charged):
            assert before[row] == night.desk.row(row).version
        assert [ROWS] == [one.rows_left for one in night.told(StagePaused)]
        assert {} == {
            row: one for row, one in night.statuses("prefill").items() if one == "quarantined"
        }
        script.clear()
        assert "" == paused(night.caption())
        assert rows == night.captioned()


def test_a_model_that_gives_no_json_for_any_photo_stops_after_a_handful(
    tmp_path: Path, workers: Workers
) -> None:
    """A plain picture fails, too, so it is none of the photos."""
    script = {"*": Step(kind="bad_json")}
    with Night(tmp_path, workers, served={"script": script}) as night:
        rows = night.bring(ROWS)
        worked = night.caption()
        assert "PrefillModelFailing" == paused(worked)
        assert "a plain picture fails, too" in worked.paused
        assert 5 <= len(night.charged()) <= 7
        assert {1} == set(night.charged().values())
        script.clear()
        assert "" == paused(night.caption())
        assert rows == night.captioned()


def test_a_model_whose_texts_are_all_refused_stops_after_twenty(
    tmp_path: Path, workers: Workers
) -> None:
    """It answers well about a plain picture, and of no photo by the rules."""

    def gossips(request: Request) -> Step | None:
        photo = request.image and request.size != PLAIN_PX
        return Step(kind="text", caption="Possibly a boat.") if photo else None

    with Night(tmp_path, workers, served={"script": gossips}) as night:
        rows = night.bring(ROWS)
        worked = night.caption()
        assert "PrefillModelFailing" == paused(worked)
        assert "20 photos in a row without a text, the last one: PrefillRefused" in worked.paused
        assert 20 <= len(night.charged()) <= 21
        assert {1} == set(night.charged().values())
        assert len(rows) == ROWS


def test_a_few_bad_photos_among_good_ones_stop_nothing(tmp_path: Path, workers: Workers) -> None:
    """Six photos that kill the runner, one after the other: the plain picture is answered."""
    script: dict[str, Step] = {}
    with Night(tmp_path, workers, served={"script": script}, attempts=1) as night:
        rows = night.bring(10)
        bad = rows[2:8]
        script |= {night.keys[row]: Step(kind="error", status=500) for row in bad}
        worked = night.caption()
        assert dict.fromkeys(bad, "PrefillServerError") == worked.failed
        assert "" == worked.paused
        assert [row for row in rows if row not in bad] == night.captioned()
        assert {"quarantined"} == {night.statuses("prefill")[row] for row in bad}


def test_a_model_that_lies_about_every_photo_makes_room_for_the_next_one(
    tmp_path: Path, workers: Workers
) -> None:
    """The night is not lost: the photos that are left go to the fallback model at once."""

    def lies(request: Request) -> Step | None:
        return Step(kind="bad_json") if request.image and request.model == MODEL else None

    served = {"script": lies, "models": (Model(name=MODEL), Model(name=SECOND))}
    with Night(tmp_path, workers, served=served, fallback_models=[SECOND]) as night:
        rows = night.bring(30)
        worked = night.caption()
        assert "" == paused(worked)
        assert rows == night.captioned()
        assert len([call for call in night.asked() if call.model == MODEL]) <= 22
        assert f"[WARN] model '{MODEL}' is not asked any more in this run: " in night.log()
        assert {MODEL} == {
            one.fallback_for for row in rows for one in night.of_row(row, AttemptStarted)[-1:]
        }


def test_a_text_of_an_earlier_run_is_not_taken_for_another_photo_either(
    tmp_path: Path, workers: Workers
) -> None:
    """After a restart the model still gives the last picture's text."""
    with Night(tmp_path, workers, attempts=1) as night:
        first, second = night.bring(2)
        night.caption(first)
        night.server.script = {"*": Step(kind="echo")}
        night.caption(second)
        assert ["PrefillEcho"] == night.codes(second)
