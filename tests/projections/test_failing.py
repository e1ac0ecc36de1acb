"""Events that a projection cannot take, that cannot be read, or that were redacted."""

from pathlib import Path
from typing import ClassVar

from journal import Journal
from machine import intents as i
from machine.values import Labels
from projections.engine import ReadModels
from projections.photos_info import PhotosInfo
from projections.review_queue import ReviewQueue
from projections.run_log import Logs
from projections.runs import Runs
from projections.tables import Lines, Page
from tests.histories import Teller, write
from tests.projections.workspaces import history, settled, workspace


class _Stumbling(PhotosInfo):
    """Fails at one event."""

    stumbles_at: ClassVar[int] = 0

    def apply(self, page: Page, into: Lines) -> None:
        positions = [each.position for change in page.rows for each in change.events]
        if self.stumbles_at in positions:
            msg = "what is this?\nnever seen"
            raise ValueError(msg)
        super().apply(page, into)


def test_a_projection_that_fails_stays_behind_and_says_so(tmp_path: Path) -> None:
    """It stands right before the event that it cannot take; the others go on; then it follows."""
    facts = history(10)
    with workspace(tmp_path) as place:
        models = place.reopen((ReviewQueue(), _Stumbling(), Runs()))
        models.catch_up()
        _Stumbling.stumbles_at = next(
            number
            for number, fact in enumerate(facts, start=1)
            if number > 40 and fact.stream.startswith("row/")
        )
        write(place.journal, facts)
        for _ in range(2):
            queue, photos, runs = models.catch_up()
            assert (0, "") == (queue.behind, queue.error) == (runs.behind, runs.error)
            assert _Stumbling.stumbles_at - 1 == photos.position
            assert _Stumbling.stumbles_at == photos.failed_at
            assert "ValueError: what is this? never seen" == photos.error
        assert [] == models.check()
        models.rebuild()
        assert "never seen" in models.status()[1].error
        _Stumbling.stumbles_at = 0
        assert [(0, "")] * 3 == [(each.behind, each.error) for each in models.catch_up()]
        assert [] == models.check()


def test_a_new_workspace_with_a_failing_projection_gets_the_others(tmp_path: Path) -> None:
    """Made from nothing, the failing one goes as far as it can, too."""
    facts = history(11)
    _Stumbling.stumbles_at = next(
        number for number, fact in enumerate(facts, 1) if number > 40 and fact.stream == "row/1"
    )
    with workspace(tmp_path, facts) as place:
        queue, photos, _ = place.reopen((ReviewQueue(), _Stumbling(), Runs())).catch_up()
        assert (0, "") == (queue.behind, queue.error)
        assert _Stumbling.stumbles_at == photos.failed_at
        assert _Stumbling.stumbles_at - 1 == photos.position
    _Stumbling.stumbles_at = 0


def test_an_event_of_a_later_program_holds_the_projections_there(tmp_path: Path) -> None:
    """Up to the event that cannot be read everything is shown; the status names it."""
    from machine.events import EVENTS

    facts = history(12)
    unknown = next(n for n, fact in enumerate(facts, 1) if fact.event.tag == "Resized")
    known = {tag: event for tag, event in EVENTS.items() if tag != "Resized"}
    with (
        workspace(tmp_path, facts) as place,
        Journal.open(place.data / "journal.db", readonly=True, events=known) as older,
        ReadModels.open(tmp_path / "older.db", older) as models,
    ):
        for status in models.catch_up():
            assert unknown - 1 == status.position
            assert f"event {unknown} (Resized)" in status.error
        assert models.queue()


def test_a_redacted_text_leaves_the_read_models(tmp_path: Path) -> None:
    """Its bytes are in none of the files, and the lines are what a rebuild would make."""
    secret = "the house of a witness, number 17"
    teller = Teller()
    teller.start_run("run")
    teller.ingest(1, "20260501-1", Labels(category="Streets"))
    teller.start(1, "prefill")
    teller.finish(1, "prefill")
    teller.ask(1, i.EditText(caption=secret, by="Ann"))
    edited = len(teller.facts)
    teller.ask(1, i.EditText(caption="A house", by="Ann"))
    with workspace(tmp_path, teller.facts[:edited]) as place:
        settled(place.models)
        other = ReadModels.open(place.review, place.journal)
        settled(other)
        assert [secret] == [line["Caption"] for line in other.queue()]
        write(place.journal, teller.facts[edited:])
        settled(place.models)
        place.journal.redact(edited, "asked for", key="r/1", run_id="r", step=1, actor="Ann")
        settled(place.models)
        settled(other)
        other.close()
        assert [] == place.models.check()
        for path in place.data.glob("review.db*"):
            assert secret.encode() not in path.read_bytes()


def test_the_logs_go_as_far_as_the_journal_can_be_read(tmp_path: Path) -> None:
    """What came before an event of a later program is told; the rest when it can be read."""
    from machine.events import EVENTS

    facts = history(12)
    unknown = next(n for n, fact in enumerate(facts, 1) if fact.event.tag == "Resized")
    known = {tag: event for tag, event in EVENTS.items() if tag != "Resized"}
    log = tmp_path / "w" / "logs" / "latest_run.log"
    with workspace(tmp_path / "w", facts) as place:
        with Journal.open(place.data / "journal.db", readonly=True, events=known) as older:
            assert f"event {unknown} (Resized)" in Logs(place.root, older).catch_up()
            assert int(log.read_text().rpartition("@")[2]) < unknown
        assert "" == Logs(place.root, place.journal).catch_up()
        Logs(tmp_path / "again", place.journal).catch_up()
        assert (tmp_path / "again/logs/latest_run.log").read_text() == log.read_text()
