"""When the report on the texts is written, and what the run says about it."""

import json
from pathlib import Path
from typing import Any

import pytest

from driver import pipeline
from journal import Recorded
from machine.run_events import QcReported, RunEnded
from projections.prefill_qc import reported
from tests.driver.desk import Desk


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


def test_a_report_comes_before_a_publication(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first row finds it there, about all that is due; the run says it once it has begun."""
    desk.ingest(desk.photo("coffee"), desk.photo("rocket"))
    desk.work()
    desk.approve(1, 2)
    seen: list[dict[str, Any]] = []
    publish_one = pipeline._publish_one

    def looking(*args: Any) -> None:
        seen.append(read(desk))
        publish_one(*args)

    monkeypatch.setattr(pipeline, "_publish_one", looking)
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
