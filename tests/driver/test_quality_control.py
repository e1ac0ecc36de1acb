"""When the report on the texts is written, and what the run says about it."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.workers import Workers
from driver import pipeline, publishing
from journal import Recorded
from machine.intents import RecordPrefilled, StartAttempt
from machine.row import attempts_of
from machine.run_events import QcReported, RunEnded
from machine.values import Author
from projections.prefill_qc import reported
from tests.driver.desk import Desk
from tests.driver.nights import Night
from tests.standins.ollama_server import Step


def read(desk: Desk) -> dict[str, Any]:
    """Return the report."""
    path = desk.root / "data" / "prefill_qc_last.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def of_run(desk: Desk, verb: str) -> list[Recorded]:
    """Return all events of the newest run of a verb."""
    run = desk.newest_run(verb)
    with desk.reading() as journal:
        return list(journal.by_run(run))


def said(desk: Desk, verb: str) -> list[QcReported]:
    """Return what the newest run of a verb said about the texts."""
    return [one.event for one in of_run(desk, verb) if isinstance(one.event, QcReported)]


def test_prefill_ends_with_a_report_and_an_event_that_says_the_same(desk: Desk) -> None:
    """And the run's log has a line for it."""
    desk.ingest(desk.photo("coffee"), desk.photo("rocket"))
    desk.work("prefill")
    found = read(desk)
    run = desk.newest_run("run")
    assert (run, 2, "en") == (found["run_id"], found["summary"]["row_count"], found["language"])
    assert 7 == found["limits"]["caption_words_min"]
    assert [reported(found)] == said(desk, "run")
    events = of_run(desk, "run")
    assert isinstance(events[-1].event, RunEnded)
    reports = [one.position for one in events if isinstance(one.event, QcReported)]
    assert found["position"] < reports[0]
    (log,) = (desk.root / "logs").rglob(f"*{run}*")
    lines = log.read_text(encoding="utf-8").splitlines()
    told = [line for line in lines if line.endswith(f"@{reports[0]}")]
    assert all("] [QC] " in line for line in told)
    assert told


def test_limits_and_language_are_those_of_the_settings(desk: Desk) -> None:
    """A person's own limits decide what is suspicious."""
    marker = desk.root / "photojournal.toml"
    text = marker.read_text(encoding="utf-8")
    own = 'language = "nl"\ncaption_words = [1, 2]\nbackoff_s = 0.01'
    marker.write_text(
        text.replace("[prefill]\nbackoff_s = 0.01", f"[prefill]\n{own}"), encoding="utf-8"
    )
    desk.ingest(desk.photo())
    desk.work("prefill")
    found = read(desk)
    assert ("nl", 1, 2) == (
        found["language"],
        found["limits"]["caption_words_min"],
        found["limits"]["caption_words_max"],
    )


@pytest.mark.parametrize(("language", "rules"), [("nl-BE", "Dutch"), ("fr", "neutral")])
def test_the_report_says_which_rules_judged(desk: Desk, language: str, rules: str) -> None:
    """A language without rules of its own is judged by fewer of them."""
    marker = desk.root / "photojournal.toml"
    text = marker.read_text(encoding="utf-8")
    own = text.replace("[prefill]", f'[prefill]\nlanguage = "{language}"')
    marker.write_text(own, encoding="utf-8")
    desk.work("prefill")
    assert (language, rules) == (read(desk)["language"], read(desk)["rules"])


def test_a_prefill_with_nothing_due_writes_the_report_and_begins_no_run(desk: Desk) -> None:
    """It names no run, for there is none in the journal."""
    desk.ingest(desk.photo("coffee"))
    desk.work("prefill")
    path = desk.root / "data" / "prefill_qc_last.json"
    path.unlink()
    desk.work("score", "resize")
    assert not path.exists()
    head = desk_head(desk)
    desk.work("prefill")
    found = read(desk)
    assert ("", 1, head) == (found["run_id"], found["summary"]["row_count"], found["position"])
    assert head == desk_head(desk)


def desk_head(desk: Desk) -> int:
    """Return the journal's last position."""
    with desk.reading() as journal:
        return journal.head.position


def test_a_report_comes_before_a_publication(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first row finds it there, about all that is due; the run says it once it has begun."""
    desk.ingest(desk.photo("coffee"), desk.photo("rocket"))
    desk.work()
    desk.approve(1, 2)
    seen: list[dict[str, Any]] = []
    publish_one = publishing._publish_one

    def looking(*args: Any) -> Any:
        seen.append(read(desk))
        return publish_one(*args)

    monkeypatch.setattr(publishing, "_publish_one", looking)
    desk.publish()
    run = desk.newest_run("publish")
    assert [run, run] == [one["run_id"] for one in seen]
    assert seen[0] == seen[1] == read(desk)
    assert 2 == seen[0]["summary"]["row_count"]
    assert [reported(seen[0])] == said(desk, "publish")


def test_a_report_never_begins_a_run(desk: Desk) -> None:
    """Nothing is published, so nothing is told; the file is there all the same."""
    desk.published("coffee")
    with desk.reading() as journal:
        head = journal.head.position
    sent, _ = desk.publish()
    assert ["nothing"] == [one.outcome for one in sent]
    with desk.reading() as journal:
        assert head == journal.head.position
    assert 0 == read(desk)["summary"]["row_count"]


def test_what_is_published_is_compared_with(desk: Desk) -> None:
    """From the published table, as it was read back."""
    desk.published("coffee")
    desk.ingest(desk.photo("rocket"))
    caption = desk.line(1)["Caption"]
    desk.write(2, caption)
    desk.work()
    with desk.program("edit", effects=False) as program:
        program.report_texts()
    found = read(desk)
    same = [one for one in found["groups"] if one["kind"] == "duplicate_caption_exact"]
    assert [([2], [1])] == [(one["ids"], one["published_ids"]) for one in same]
    assert [2] == [one["id"] for one in found["flagged"]]


def test_captions_that_a_person_repeats_mark_no_run(tmp_path: Path, workers: Workers) -> None:
    """The group is reported; that the model gives one text for all is not said."""
    with Night(tmp_path, workers) as night:
        first, second, third = night.bring(3)
        for row in (first, second):
            night.desk.write(row, "Fishing boats come home to the harbour at dusk.")
        night.caption(third)
        (event,) = said(night.desk, "run")
        assert (1, 0) == (event.caption_groups, event.identical_captions)
        assert "" == marked(night.desk)
        assert "one text for all" not in night.log()


def test_a_model_that_repeats_itself_marks_the_run_in_which_it_did(
    tmp_path: Path, workers: Workers
) -> None:
    """The photo that was refused the text of another one counts; a later run is not to blame."""
    with Night(tmp_path, workers, attempts=1) as night:
        first, second, third = night.bring(3)
        night.caption(first)
        night.server.script = {"*": Step(kind="echo")}
        night.caption(second)
        assert ["PrefillEcho"] == night.codes(second)
        assert [1] == [event.identical_captions for event in said(night.desk, "run")]
        assert "1 photo shares its caption" == marked(night.desk)
        assert "Identical captions for different photos: 1 photo that a model" in night.log()
        night.server.script.clear()
        night.caption(third)
        assert [0] == [event.identical_captions for event in said(night.desk, "run")]
        assert "" == marked(night.desk)


def test_equal_texts_count_for_the_run_that_had_the_newest_of_them_written(
    tmp_path: Path, workers: Workers
) -> None:
    """And for none that came after it, whatever it wrote besides."""
    with Night(tmp_path, workers) as night:
        first, second, third = night.bring(3)
        night.caption(first)
        text = night.desk.row(first).decided.prefill.text
        with night.desk.program("run") as program:
            start = StartAttempt(
                stage="prefill", recipe_digest="0", claimed_by=program.shell.run_id
            )
            program.shell.ask(second, start)
            claimed = attempts_of(program.shell.row(second), "prefill").open
            assert claimed is not None
            same = RecordPrefilled(
                attempt=claimed.attempt,
                input_digest=claimed.input_digest,
                recipe_digest="0",
                text=text,
                author=Author(kind="model", name="qwen2.5vl:3b"),
                grounded=True,
            )
            program.shell.ask(second, same)
            program.report_texts()
        assert [2] == [event.identical_captions for event in said(night.desk, "run")]
        assert "2 photos share captions" == marked(night.desk)
        night.caption(third)
        (event,) = said(night.desk, "run")
        assert (1, 0) == (event.caption_groups, event.identical_captions)


def marked(desk: Desk) -> str:
    """Return why to doubt the newest run."""
    with desk.program() as program:
        lines = program.models.query("SELECT marked FROM runs WHERE verb = 'run' ORDER BY run_id")
    return str(lines[-1]["marked"])


def test_a_report_that_cannot_be_written_is_a_warning(desk: Desk) -> None:
    """It informs: nothing stops for it, and nothing is said about what is not there."""
    desk.ingest(desk.photo())
    path = Path(desk.root / "data" / "prefill_qc_last.json")
    path.mkdir(parents=True)
    (path / "in the way").touch()
    with desk.program("run") as program:
        worked = pipeline.work(program, [1], ["prefill"], lambda _tallies: None)
    assert 1 == worked.tallies["prefill"].done
    assert any("report on the texts" in words for words in program.warnings)
    assert [] == said(desk, "run")
