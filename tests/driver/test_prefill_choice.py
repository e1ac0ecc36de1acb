"""Which photos the model is asked about, in which order, and whose text counts in the end."""

from pathlib import Path

from msgspec.structs import replace
from PIL import Image

from adapters.workers import Workers
from machine.events import AttemptFailed, AttemptStarted, MetadataRead, Prefilled
from machine.evolve import evolve
from machine.intents import Pick, Reject, Relabel, Retry
from machine.row import input_digest
from machine.status import due_stages, stage_status
from machine.values import Metadata
from tests.driver.desk import HARBOUR
from tests.driver.nights import MODEL, SECOND, Night
from tests.standins.made_captions import said_about
from tests.standins.ollama_server import Call, Model, Step

OTHER = replace(HARBOUR, subject="Fishing boats")


# --- the order


def test_picked_photos_come_first_then_the_best_rated(tmp_path: Path, workers: Workers) -> None:
    """If the night is too short, it went to what is likely to be published."""
    with Night(tmp_path, workers) as night:
        rows = night.bring(12)
        night.desk.work("score")
        picked = rows[7:9]
        night.desk.ask(*picked, intents=[Pick()])
        rated = {line["id"]: line["QR"] for line in night.desk.queue()}
        assert len(set(rated.values())) > 6
        night.caption()
        best = sorted(rows, key=lambda row: (row not in picked, -rated[row], row))
        assert best == night.order()


def test_a_photo_that_is_rejected_while_the_run_goes_on_is_not_asked_about(
    tmp_path: Path, workers: Workers
) -> None:
    """It is nobody's failure either."""
    script = {"*": Step(kind="slow", first_s=0.1)}
    with Night(tmp_path, workers, served={"script": script}) as night:
        rows = night.bring(10)
        with night.beside(night.caption) as came:
            night.server.wait_until(lambda _server: len(night.asked()) >= 2)
            (answer,) = night.desk.ask(rows[-1], intents=[Reject()])
            assert "done" == answer.outcome
        tally = came[0].tallies["prefill"]
        assert (9, 1, 0) == (tally.done, tally.skipped, tally.failed)
        assert rows[:-1] == night.order()
        assert [] == night.of_row(rows[-1], AttemptStarted)


# --- whose text counts


def test_a_persons_text_is_not_replaced_by_a_later_answer(tmp_path: Path, workers: Workers) -> None:
    """Asked for again, or written while the model was at work: the answer becomes a suggestion."""
    script = {"*": Step(kind="slow", first_s=0.5)}
    with Night(tmp_path, workers) as night:
        first, second = night.bring(2)
        night.caption(first)
        night.desk.write(first, "Fishing boats come home to the harbour at dusk.")
        night.desk.ask(first, intents=[Retry(stage="prefill")])
        night.server.script = script
        with night.beside(night.caption):
            night.server.wait_until(lambda _server: bool(night.asked(second)))
            night.desk.write(second, "A quiet evening above the old harbour.")
        wanted = {
            first: "Fishing boats come home to the harbour at dusk.",
            second: "A quiet evening above the old harbour.",
        }
        for row, caption in wanted.items():
            part = night.desk.row(row).decided.prefill
            assert (caption, "human") == (part.text.caption, part.author and part.author.kind)
            assert night.of_row(row, Prefilled)[-1].applied != "applied"
            assert caption == night.desk.line(row)["Caption"]
        (offered,) = night.desk.row(first).decided.prefill.suggestions
        assert said_about(night.keys[first]).caption == offered.text.caption
        assert "model" == offered.author.kind
        assert 2 == len(night.asked(first))


def test_another_subject_makes_a_models_text_out_of_date(tmp_path: Path, workers: Workers) -> None:
    """It is asked again, with the new subject; what the camera wrote changes nothing."""
    with Night(tmp_path, workers) as night:
        first, second = night.bring(2)
        night.caption()
        night.desk.ask(first, intents=[Relabel(labels=OTHER)])
        assert {first: "stale", second: "done"} == night.statuses("prefill")
        night.caption()
        assert [first, second, first] == night.order()
        assert "Fishing boats" in prompt_of(night.asked(first)[1])
        assert {first: "done", second: "done"} == night.statuses("prefill")
        row = night.desk.row(second)
        read = MetadataRead(
            salt="0" * 32,
            metadata=Metadata(camera="Another One", iso=6400),
            embedded=row.decided.photo.embedded,
        )
        other = evolve(row, read)
        assert input_digest(row, "prefill") == input_digest(other, "prefill")
        assert "done" == stage_status(other, "prefill")
        with night.desk.program() as program:
            recipes = program.stage_work.recipes
        assert "prefill" not in due_stages(other, recipes, "2100-01-01T00:00:00.000000Z")


def test_another_subject_while_the_model_is_at_work_is_asked_about_again(
    tmp_path: Path, workers: Workers
) -> None:
    """In the same run; the answer to the old question does not become the photo's text."""
    script = {"*": Step(kind="slow", first_s=0.4)}
    with Night(tmp_path, workers, served={"script": script}) as night:
        (row,) = night.bring(1)
        with night.beside(night.caption):
            night.server.wait_until(lambda _server: bool(night.asked(row)))
            night.desk.ask(row, intents=[Relabel(labels=OTHER)])
        assert ["superseded", "applied"] == [one.applied for one in night.of_row(row, Prefilled)]
        before, after = (prompt_of(call) for call in night.asked(row))
        assert "Fishing boats" not in before
        assert "Fishing boats" in after
        assert {row: "done"} == night.statuses("prefill")
        assert {} == night.charged()


def test_other_limits_of_time_and_other_fallbacks_ask_for_no_text_again(
    tmp_path: Path, workers: Workers
) -> None:
    """They shape no text; another model does."""
    with Night(tmp_path, workers) as night:
        night.bring(2)
        night.caption()
        night.set(fallback_models=[SECOND], idle_timeout_s=9.0, first_token_timeout_s=9.0)
        night.caption()
        assert 2 == len(night.asked())
        night.set(model=SECOND, fallback_models=[])
        night.caption()
        assert [MODEL, MODEL, SECOND, SECOND] == [call.model for call in night.asked()]
        assert {"model:llava:7b"} == {line["text_author"] for line in night.desk.queue()}


def test_a_text_of_a_fallback_is_marked_as_its_own(tmp_path: Path, workers: Workers) -> None:
    """A person sees which model wrote it, and why it was asked at all."""
    script = {"*": [Step(kind="empty"), Step(kind="length")]}
    with Night(
        tmp_path, workers, served={"script": script}, attempts=2, fallback_models=[SECOND]
    ) as night:
        (row,) = night.bring(1)
        night.caption()
        started = [(one.model, one.fallback_for) for one in night.of_row(row, AttemptStarted)]
        assert [(MODEL, ""), (MODEL, ""), (SECOND, MODEL)] == started
        assert "model:llava:7b" == night.desk.line(row)["text_author"]
        (text,) = night.of_row(row, Prefilled)
        assert text.call is not None
        assert (SECOND, SECOND) == (text.author.name, text.call.model)
        failed = night.of_row(row, AttemptFailed)[0].call
        assert failed is not None
        assert text.author.model_digest != failed.model_digest
        (line,) = {one for one in night.log().splitlines() if "trying fallback" in one}
        assert "[RETRY]" in line
        assert MODEL in line.partition("trying")[0]
        assert SECOND in line.partition("trying")[2]
        assert "PrefillCutOff" in line.partition("trying")[0]


def test_a_model_that_a_person_named_for_a_row_is_asked_about_that_row(
    tmp_path: Path, workers: Workers
) -> None:
    """It stands in for nobody; the other rows stay with the first."""
    with Night(tmp_path, workers) as night:
        first, second = night.bring(2)
        night.caption()
        night.desk.ask(first, intents=[Retry(stage="prefill", model=SECOND, reason="too dull")])
        night.caption()
        assert [MODEL, SECOND] == night.models(first)
        assert [MODEL] == night.models(second)
        assert ["", ""] == [one.fallback_for for one in night.of_row(first, AttemptStarted)]
        assert "model:llava:7b" == night.desk.line(first)["text_author"]


def test_a_named_model_that_is_not_there_costs_only_the_row_it_was_named_for(
    tmp_path: Path, workers: Workers
) -> None:
    """A typing error of one person does not stop the stage."""
    with Night(tmp_path, workers) as night:
        first, *others = night.bring(4)
        night.desk.ask(first, intents=[Retry(stage="prefill", model="lava:7b")])
        worked = night.caption()
        assert ("", {}) == (worked.paused, worked.failed)
        (failed,) = night.of_row(first, AttemptFailed)
        assert ("PrefillNamedModel", False) == (failed.code, failed.charged)
        assert "lava:7b: the caption model is not installed" in failed.detail
        assert [first, *others] == night.captioned(), "the wish is over, the settings count again"


def test_a_wish_that_cannot_be_granted_leaves_the_text_that_is_there(
    tmp_path: Path, workers: Workers
) -> None:
    """A row with a good caption stays ready for the review; the wish is answered once."""
    blind = Model(name="blind:1b", capabilities=("completion",))
    served = {"models": (Model(name=MODEL), blind)}
    with Night(tmp_path, workers, served=served) as night:
        (row,) = night.bring(1)
        night.caption()
        before = night.desk.row(row).decided.prefill.text
        night.desk.ask(row, intents=[Retry(stage="prefill", model="blind:1b")])
        worked = night.caption()
        assert ("", {row: "PrefillNamedModel"}) == (worked.paused, worked.failed)
        assert {} == night.charged()
        assert {row: "done"} == night.statuses("prefill")
        assert before == night.desk.row(row).decided.prefill.text
        assert 0 == night.caption().tallies["prefill"].rows


# --- asked again


def test_the_model_is_told_what_was_refused(tmp_path: Path, workers: Workers) -> None:
    """By rule, by shape; a fault of the service is no news to it."""
    script: dict[str, list[Step]] = {}
    with Night(tmp_path, workers, served={"script": script}) as night:
        refused, shapeless, broken = night.bring(3)
        script |= {
            night.keys[refused]: [Step(kind="text", places=["Atlantis"])],
            night.keys[shapeless]: [Step(kind="wrong_shape")],
            night.keys[broken]: [Step(kind="drop")],
        }
        night.caption()
        first, second = (prompt_of(call) for call in night.asked(refused))
        assert "Your previous answer was refused" not in first
        assert (
            "Your previous answer was refused: invented_location (Atlantis). Mend that." in second
        )
        second = prompt_of(night.asked(shapeless)[1])
        assert "Your previous answer was refused: Expected `array`, got `str`" in second
        once, again = night.asked(broken)
        assert prompt_of(again) == prompt_of(once)
        seeds = {call.request.options["seed"] for call in night.asked(refused) if call.request}
        assert 2 == len(seeds), "another try may differ"


def prompt_of(call: Call) -> str:
    """Return what the model was asked."""
    assert call.request is not None
    return call.request.prompt


def test_a_model_that_is_known_to_begin_late_is_waited_for_longer(
    tmp_path: Path, workers: Workers
) -> None:
    """Three times as long as this very model ever took, in the same run and in the next ones."""
    late, later = Step(kind="slow", first_s=0.6), Step(kind="slow", first_s=1.2)
    script = {"*": later}
    with Night(tmp_path, workers, served={"script": script}, first_token_timeout_s=0.9) as night:
        first, second, third, fourth = night.bring(4)
        script[night.keys[first]] = late
        night.caption(first, second)
        assert [first, second] == night.captioned()
        assert [] == night.told(AttemptFailed)
        night.set(first_token_timeout_s=0.2)
        night.caption(third)
        assert [] == night.told(AttemptFailed)
        night.server.remove_model(MODEL)
        night.server.add_model(MODEL, digest="f" * 64)
        night.set(attempts=1)
        assert {fourth: "PrefillFirstTokenTimeout"} == night.caption(fourth).failed
        assert "first token timeout (0.2s)" == night.told(AttemptFailed)[0].detail


def test_a_text_that_a_person_wrote_into_the_file_waits_for_no_model(
    tmp_path: Path, workers: Workers
) -> None:
    """The service is away; the photo with its own caption is done, the other one is as it was."""
    with Night(tmp_path, workers, wait_for_service=0.2) as night:
        (plain,) = night.bring(1)
        exif = Image.Exif()
        exif[0x010E] = "Two boats at the quay of the old harbour"
        exif[0x0131] = "Adobe Photoshop Lightroom 6.1"
        photo = night.desk.inbox / "told.jpg"
        Image.new("RGB", (96, 64), (40, 90, 120)).save(photo, exif=exif)
        (told,) = night.desk.ingest(photo).rows()
        night.server.stop()
        worked = night.caption(plain, told)
        assert "PrefillUnreachable" == worked.tallies["prefill"].paused
        found = [night.desk.line(row)["prefill_status"] for row in (plain, told)]
        assert ["due", "done"] == found
        assert "file" == getattr(night.desk.row(told).decided.prefill.author, "kind", "")


def test_a_fallback_model_in_a_cloud_is_warned_about_before_a_photo_is_sent(
    tmp_path: Path, workers: Workers
) -> None:
    """Pictures leave the house with it as with the first one."""
    away = Model(name=SECOND, remote_host="https://ollama.com")
    served = {"models": (Model(name=MODEL), away)}
    with Night(tmp_path, workers, served=served, fallback_models=[SECOND]) as night:
        night.bring(1)
        night.caption()
        words = f"[WARN] model '{SECOND}' runs in a cloud: pictures leave this machine"
        assert words in night.log()
